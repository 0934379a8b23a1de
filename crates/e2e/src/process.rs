//! Owns child processes: output to a log file, a process group of their own, killed on drop.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

/// Lines of a log that a failure shows.
const TAIL: usize = 40;
/// How long a program may take to end when it is asked to.
const STOP_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A running program.
#[derive(Debug)]
pub struct Process {
    child: std::process::Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, sending what it writes to `folder/NAME.log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(command: &mut Command, name: &str, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log)?;
        std::os::unix::process::CommandExt::process_group(command, 0);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("cannot start {name}: {command:?}"))?;
        Ok(Self { child, name: name.to_owned(), log })
    }

    /// Fails, with what it wrote, when the program has ended.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn must_run(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended ({status}):\n{}", self.name, self.tail());
        }
        Ok(())
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        drop(self.child.wait());
    }

    /// Asks it to end, as `kill` does, and waits until it has.
    ///
    /// # Errors
    /// When it has not ended within half a minute.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + STOP_DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("{} does not end when asked to:\n{}", self.name, self.tail());
            }
            std::thread::sleep(POLL);
        }
    }

    /// Holds it, as `kill -STOP` does, and returns when it stands still: sockets stay open, nothing answers.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pause(&mut self) -> Result<()> {
        self.must_run()?;
        self.signal(Signal::STOP);
        let state = waitpid(self.pid(), WaitOptions::UNTRACED)?;
        if !state.is_some_and(|(_, state)| state.stopped()) {
            bail!("{} ended instead of standing still:\n{}", self.name, self.tail());
        }
        Ok(())
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Its process id, which is its group's too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The end of what it wrote.
    #[must_use]
    pub fn tail(&self) -> String {
        tail(&self.log)
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.pid() {
            let _ = kill_process_group(group, signal); // it may have ended by itself
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The end of the log file at `path`; empty where there is none.
#[must_use]
pub fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default().join("\n")
}
