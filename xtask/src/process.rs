//! Owns child processes: running one to its end, and a long-running one that is stopped with everything it started.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a stopped process may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(50);

/// The cargo that started this program.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` with its output visible, and fails when it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs `command` and returns what it wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.with_context(|| cannot_start(command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(command), output.status, said.trim());
    }
    Ok(output.stdout)
}

/// Like [`output`], as text.
pub(crate) fn output_text(command: &mut Command) -> Result<String> {
    let bytes = output(command)?;
    String::from_utf8(bytes).with_context(|| format!("`{}` wrote something that is not text", line(command)))
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    command.get_args().fold(program, |line, arg| format!("{line} {}", arg.to_string_lossy()))
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

/// A process and all it started, in a process group of their own; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts `command`.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.stdin(Stdio::null()).spawn().with_context(|| cannot_start(command))?;
        Ok(Self { child })
    }

    /// The exit status, if the process has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask whether a process has ended")
    }

    /// Asks the whole group to end, and kills what has not after a few seconds.
    fn stop(&mut self) {
        self.signal(false);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(POLL);
        }
        self.signal(true);
        drop(self.child.wait());
    }

    #[cfg(unix)]
    fn signal(&self, kill: bool) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = if kill { Signal::KILL } else { Signal::TERM };
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended already, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _kill: bool) {
        drop(self.child.kill());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = run(Command::new("cargo").arg("--no-such-flag")).unwrap_err().to_string();
        assert!(error.starts_with("`cargo --no-such-flag` failed"), "{error}");
        let error = run(&mut Command::new("no-such-program-at-all")).unwrap_err().to_string();
        assert_eq!(error, "cannot start `no-such-program-at-all`");
    }

    #[cfg(unix)]
    #[test]
    fn dropping_a_group_ends_its_grandchildren() {
        let dir = tempfile::tempdir().unwrap();
        let pid_file = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > '{}'; wait", pid_file.display());
        let group = Group::spawn(Command::new("sh").args(["-c", &script])).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let pid = loop {
            match std::fs::read_to_string(&pid_file).unwrap_or_default().trim().parse::<i32>() {
                Ok(pid) => break rustix::process::Pid::from_raw(pid).unwrap(),
                Err(_) => assert!(Instant::now() < deadline, "the child never wrote its process id"),
            }
            std::thread::sleep(POLL);
        };
        drop(group);
        while is_running(pid) {
            assert!(Instant::now() < deadline, "the grandchild is still running");
            std::thread::sleep(POLL);
        }
    }

    /// A zombie that nobody has collected yet is not running.
    #[cfg(unix)]
    fn is_running(pid: rustix::process::Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        let zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
        !zombie && rustix::process::test_kill_process(pid).is_ok()
    }
}
