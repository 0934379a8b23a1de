//! Owns what is asked of the system: limits of this process, and memory and processor time of processes.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process and its descendants take of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Resident memory in bytes; what processes share counts for each.
    pub(crate) resident_bytes: u64,
    /// Processor time since they began.
    pub(crate) processor: Duration,
}

/// Processor time that a server and this process take over a time, in cores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    /// The server with its descendants.
    pub(crate) server: f64,
    /// This process: clients and publisher.
    pub(crate) tool: f64,
}

/// Measures [`Cores`].
pub(crate) struct Meter {
    server: u32,
    begun: Instant,
    before: [Duration; 2],
}

/// What `/proc/PID/stat` says, as far as it is needed.
struct Stat {
    process: u32,
    parent: u32,
    ticks: u64,
    pages: u64,
}

impl Meter {
    /// Begins; `server` is a child of this process, and its only one.
    ///
    /// # Errors
    /// When the system does not say what a process takes.
    pub(crate) fn start(server: u32) -> Result<Self> {
        Ok(Self { server, before: processor(server)?, begun: Instant::now() })
    }

    /// What was taken since the beginning.
    ///
    /// # Errors
    /// As [`Meter::start`].
    pub(crate) fn stop(self) -> Result<Cores> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let [server, tool] = processor(self.server)?;
        let [server_before, tool_before] = self.before;
        Ok(Cores {
            server: server.saturating_sub(server_before).as_secs_f64() / seconds,
            tool: tool.saturating_sub(tool_before).as_secs_f64() / seconds,
        })
    }
}

/// Of a server and of this process without it.
fn processor(server: u32) -> Result<[Duration; 2]> {
    let server = usage(server)?.processor;
    Ok([server, usage(std::process::id())?.processor.saturating_sub(server)])
}

/// Allows as many open files as the system lets this process, and what it starts, have.
pub(crate) fn raise_open_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .context("cannot raise the limit of open files")
}

/// How many files this process may have open; `u64::MAX` where there is no limit.
pub(crate) fn open_files() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Cores, kernel and load of the machine, in a sentence.
pub(crate) fn describe() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let load = fs::read_to_string("/proc/loadavg").context("cannot read the load average")?;
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let (kernel, files) = (kernel.trim(), open_files());
    Ok(format!(
        "{cores} cores, Linux {kernel}, {files} open files; load average before: {load} (near 0 on a quiet machine)."
    ))
}

/// What `process` and its descendants take now.
pub(crate) fn usage(process: u32) -> Result<Usage> {
    let all = processes()?;
    let mut family = vec![process];
    let (mut pages, mut ticks, mut next) = (0, 0, 0);
    while let Some(member) = family.get(next).copied() {
        next += 1;
        for stat in &all {
            if stat.parent == member {
                family.push(stat.process);
            }
            if stat.process == member {
                pages += stat.pages;
                ticks += stat.ticks;
            }
        }
    }
    let page_bytes = u64::try_from(rustix::param::page_size())?;
    let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
    Ok(Usage { resident_bytes: pages * page_bytes, processor: Duration::from_secs_f64(seconds) })
}

fn processes() -> Result<Vec<Stat>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("cannot list /proc")? {
        let Ok(process) = entry?.file_name().to_string_lossy().parse() else { continue };
        // A process may end between the listing and this.
        if let Ok(text) = fs::read_to_string(format!("/proc/{process}/stat")) {
            found.push(read(process, &text).with_context(|| format!("/proc/{process}/stat reads {text}"))?);
        }
    }
    Ok(found)
}

/// The program's name stands in parentheses and may hold anything; fields are counted from behind it.
fn read(process: u32, text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        process,
        parent: u32::try_from(number(1)?).ok()?,
        ticks: number(11)? + number(12)?,
        pages: number(21)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let text = "7 (a ) b) S 3 7 7 0 -1 4194304 115 0 0 0 40 2 0 0 20 0 1 0 3007107 3133440 407 18446744073709551615";
        let stat = read(7, text).unwrap();
        assert_eq!((stat.parent, stat.ticks, stat.pages), (3, 42, 407));
    }

    #[test]
    fn a_child_is_known_by_its_parent_and_takes_memory() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = processes().unwrap().into_iter().find(|stat| stat.process == child.id());
        let taken = usage(child.id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.unwrap().parent, std::process::id());
        assert!(taken.resident_bytes > 0);
    }
}
