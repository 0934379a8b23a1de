//! What the machine has left: memory, disk and processor, for `/health`, `/metrics` and the log.
//!
//! Invariants: figures come from `/proc` and `statvfs`; one that the system does not give is `None`, never a zero.
//! Memory is the whole machine's and not that of a container's limit. A shortage is said once when it begins and once
//! when it ends.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use tracing::{info, warn};

/// Above this share of memory in use the log says so.
const MEMORY_HIGH: f64 = 0.80;
/// Below this share of free disk the log says so.
const DISK_LOW: f64 = 0.10;
/// How far a figure must be back before a shortage counts as over.
const MARGIN: f64 = 0.02;
/// The processor's load is measured over at least this long.
const CPU_OVER: Duration = Duration::from_secs(5);

/// Memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Memory {
    /// Bytes of this process in memory.
    pub(crate) process_rss_bytes: Option<u64>,
    /// Bytes that the machine has.
    pub(crate) total_bytes: Option<u64>,
    /// Bytes that could be had without swapping.
    pub(crate) available_bytes: Option<u64>,
    /// Share of the machine's memory that is in use, in percent.
    pub(crate) used_percent: Option<f64>,
}

/// The file system that a directory is on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Disk {
    /// The directory, or the nearest one above it that exists.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) total_bytes: u64,
    /// Bytes that an ordinary user may still write.
    pub(crate) free_bytes: u64,
    /// Share that is free, in percent of what an ordinary user may use.
    pub(crate) free_percent: Option<f64>,
}

/// The processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Cpu {
    /// Seconds that this process has used, on all processors together.
    pub(crate) process_seconds: Option<f64>,
    /// Share of all processors' time in use lately, in percent; `None` until it has been measured.
    pub(crate) used_percent: Option<f64>,
}

/// The machine in a few figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Glance {
    /// As in [`Memory`].
    pub(crate) process_rss_bytes: Option<u64>,
    /// As in [`Memory`].
    pub(crate) memory_used_percent: Option<f64>,
    /// As in [`Cpu`].
    pub(crate) cpu_used_percent: Option<f64>,
    /// As in [`Disk`], of the fullest one.
    pub(crate) disk_free_percent: Option<f64>,
}

/// Reads them.
pub(crate) struct System {
    glance: Mutex<Option<(Instant, Glance)>>,
    load: Mutex<Load>,
    low: Mutex<Low>,
}

/// The processor's counters when they were last read, and what followed from them.
struct Load {
    read: Instant,
    ticks: Option<Ticks>,
    used: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    all: u64,
    idle: u64,
}

/// Which shortages have been said.
#[derive(Debug, Default)]
struct Low {
    memory: bool,
    disks: Vec<PathBuf>,
}

impl System {
    pub(crate) fn new() -> Self {
        let load = Load { read: Instant::now(), ticks: ticks(), used: None };
        Self { glance: Mutex::default(), load: Mutex::new(load), low: Mutex::default() }
    }

    /// The processor now.
    pub(crate) fn cpu(&self) -> Cpu {
        let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        if load.read.elapsed() >= CPU_OVER {
            let now = ticks();
            load.used = load.ticks.zip(now).and_then(|(before, now)| used(before, now));
            (load.ticks, load.read) = (now, Instant::now());
        }
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Cpu {
            process_seconds: process_ticks(&stat)
                .map(|ticks| ticks as f64 / rustix::param::clock_ticks_per_second() as f64),
            used_percent: load.used.map(|used| 100.0 * used),
        }
    }

    /// The machine as it was within the last seconds, however many ask.
    pub(crate) fn glance<'a>(&self, dirs: impl Iterator<Item = &'a Path>) -> Glance {
        let mut last = self.glance.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, glance)) = &*last
            && at.elapsed() < CPU_OVER
        {
            return *glance;
        }
        let memory = memory();
        let free = dirs.filter_map(|dir| disk(dir)?.free_percent);
        let glance = Glance {
            process_rss_bytes: memory.process_rss_bytes,
            memory_used_percent: memory.used_percent,
            cpu_used_percent: self.cpu().used_percent,
            disk_free_percent: free.min_by(f64::total_cmp),
        };
        *last = Some((Instant::now(), glance));
        glance
    }

    /// Says in the log when memory or a disk becomes scarce, and when it no longer is.
    pub(crate) fn warn_of_shortage(&self, dirs: &[&Path]) {
        let mut low = self.low.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(percent) = memory().used_percent {
            let is_low = scarce(low.memory, 1.0 - percent / 100.0, 1.0 - MEMORY_HIGH);
            if is_low && !low.memory {
                warn!("memory: {percent:.0} % of this machine's memory is in use");
            } else if low.memory && !is_low {
                info!("memory: {percent:.0} % in use, enough again");
            }
            low.memory = is_low;
        }
        for disk in dirs.iter().filter_map(|dir| disk(dir)) {
            let Some(percent) = disk.free_percent else { continue };
            let was_low = low.disks.contains(&disk.path);
            let is_low = scarce(was_low, percent / 100.0, DISK_LOW);
            if is_low && !was_low {
                warn!(path = %disk.path.display(), "disk: {percent:.0} % free");
                low.disks.push(disk.path);
            } else if was_low && !is_low {
                info!(path = %disk.path.display(), "disk: {percent:.0} % free, enough again");
                low.disks.retain(|path| *path != disk.path);
            }
        }
    }
}

/// Memory now.
pub(crate) fn memory() -> Memory {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let (total_bytes, available_bytes) = (kibibytes(&info, "MemTotal:"), kibibytes(&info, "MemAvailable:"));
    let used = total_bytes.zip(available_bytes).filter(|(total, _)| *total > 0);
    let own = fs::read_to_string("/proc/self/status").unwrap_or_default();
    Memory {
        process_rss_bytes: kibibytes(&own, "VmRSS:"),
        total_bytes,
        available_bytes,
        used_percent: used.map(|(total, free)| 100.0 * (1.0 - free as f64 / total as f64)),
    }
}

/// The file system of `dir`, or of the nearest directory above it that exists.
pub(crate) fn disk(dir: &Path) -> Option<Disk> {
    let absolute = std::path::absolute(dir).ok()?;
    let (path, stat) = absolute.ancestors().find_map(|path| Some((path, rustix::fs::statvfs(path).ok()?)))?;
    let usable = stat.f_blocks.saturating_sub(stat.f_bfree).saturating_add(stat.f_bavail);
    Some(Disk {
        path: path.to_path_buf(),
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        free_percent: (usable > 0).then(|| 100.0 * stat.f_bavail as f64 / usable as f64),
    })
}

/// Whether `free` counts as scarce below `limit`, having been so before or not.
fn scarce(before: bool, free: f64, limit: f64) -> bool {
    free < if before { limit + MARGIN } else { limit }
}

/// The number of a line such as `MemTotal:  16384 kB`, in bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// User and system time of `/proc/self/stat`: the 14th and 15th field, counted behind the name in parentheses.
fn process_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

fn ticks() -> Option<Ticks> {
    machine_ticks(&fs::read_to_string("/proc/stat").ok()?)
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. Guests are in user already.
fn machine_ticks(stat: &str) -> Option<Ticks> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let counts: Vec<u64> = fields.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let idle = counts.get(3)? + counts.get(4).copied().unwrap_or(0);
    Some(Ticks { all: counts.iter().sum(), idle })
}

fn used(before: Ticks, now: Ticks) -> Option<f64> {
    let all = now.all.checked_sub(before.all).filter(|all| *all > 0)?;
    let idle = now.idle.saturating_sub(before.idle).min(all);
    Some(1.0 - idle as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_lines_are_read_in_bytes() {
        let text = "MemTotal:       16384 kB\nMemFree:   1 kB\nMemAvailable:    4096 kB\n";
        assert_eq!(kibibytes(text, "MemTotal:"), Some(16 << 20));
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(4 << 20));
        assert_eq!(kibibytes(text, "SwapTotal:"), None);
        assert_eq!(kibibytes("MemTotal: many kB", "MemTotal:"), None);
    }

    #[test]
    fn process_time_is_found_behind_any_name() {
        let stat = "42 (a) name (x) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1";
        assert_eq!(process_ticks(stat), Some(300));
        assert_eq!(process_ticks("42 (a) S 1"), None);
        assert_eq!(process_ticks(""), None);
    }

    #[test]
    fn load_is_the_share_of_time_that_was_not_idle() {
        let before = machine_ticks("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3").unwrap();
        let now = machine_ticks("cpu  200 0 100 750 150 0 0 0 9 9\n").unwrap();
        assert_eq!(before, Ticks { all: 1000, idle: 800 });
        assert_eq!(used(before, now), Some(0.5));
        assert_eq!(used(now, now), None, "no time has passed");
        assert_eq!(machine_ticks("nothing"), None);
    }

    #[test]
    fn a_shortage_ends_a_little_above_where_it_began() {
        assert!(scarce(false, 0.09, DISK_LOW) && !scarce(false, 0.11, DISK_LOW));
        assert!(scarce(true, 0.11, DISK_LOW) && !scarce(true, 0.13, DISK_LOW));
    }

    #[test]
    fn this_machine_has_memory_a_disk_and_a_processor() {
        let system = System::new();
        let memory = memory();
        assert!(memory.process_rss_bytes.unwrap() > 0);
        assert!((0.0..=100.0).contains(&memory.used_percent.unwrap()));
        assert!(system.cpu().process_seconds.unwrap() >= 0.0);
        let dir = tempfile::tempdir().unwrap();
        let disk = disk(&dir.path().join("not/there/yet")).unwrap();
        assert_eq!(disk.path, dir.path());
        assert!(disk.free_bytes <= disk.total_bytes && disk.total_bytes > 0);
    }
}
