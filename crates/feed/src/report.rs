//! Reports over recorded sessions: made, written, signed, and made again to see whether they are true.
//!
//! Invariants: events are taken in the order of time, log and line (CONTRACT.md section 5); a report is written whole or not
//! at all; one that was made of files that could not be read to their end does not exist.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use aurora_domain::{
    Ts,
    report::{Course, GA, Overall, Recorder, Report, Window},
    rules::Group,
};
use aurora_wire::{
    decode,
    report::{ReportError, canonical, document, markdown, read, shipped_groups},
    timestamp,
};

use crate::{
    cli::{ReportArgs, VerifyReportArgs},
    clock,
    rules::{self, RuleFileError},
    session::ReadError,
    summarize::{Format, Input, SummarizeError, check},
};

/// The largest report that is read back, in bytes.
const MAX_REPORT_BYTES: u64 = 64 << 20;

/// Why there is no report, or why it is not true.
#[derive(Debug, thiserror::Error)]
pub enum ReportFailure {
    /// A session cannot be read, in whole or in part.
    #[error(transparent)]
    Session(#[from] SummarizeError),
    /// A time on the command line is none.
    #[error("--{flag} {text}: this is no time; pass one such as 2026-11-21T18:00:00Z, or seconds since 1970")]
    Time {
        /// Which flag.
        flag: &'static str,
        /// What was passed.
        text: String,
    },
    /// The window is empty.
    #[error(
        "the window ends before it begins: pass an --end that is later than --start and than the first event"
    )]
    Window,
    /// No event has a time.
    #[error(
        "no event with a time in {}: there is nothing to judge; check that the bot logged ts_ns",
        names(dirs)
    )]
    Empty {
        /// The sessions.
        dirs: Vec<PathBuf>,
    },
    /// Two directories have one name.
    #[error("{} was passed twice, or two sessions have its name: pass each session once", dir.display())]
    Twice {
        /// The second of them.
        dir: PathBuf,
    },
    /// Rule files are refused.
    #[error(transparent)]
    Rules(#[from] RuleFileError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The document is none, or was changed.
    #[error("{}: {source}", path.display())]
    Document {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: ReportError,
    },
    /// The sessions give another report.
    #[error(
        "{}: its hash is right, but the sessions give another report; the first difference is at byte {at}: \
         it says `{said}`, they give `{found}`. Pass the sessions and the --rules that it was made of",
        path.display()
    )]
    Differs {
        /// Which document.
        path: PathBuf,
        /// Where in the canonical form.
        at: usize,
        /// What stands there.
        said: String,
        /// What should.
        found: String,
    },
    /// gpg did not sign.
    #[error("gpg did not sign {}: {why}", path.display())]
    Sign {
        /// The report.
        path: PathBuf,
        /// What it said.
        why: String,
    },
}

/// A report, printed.
#[derive(Debug)]
pub struct Made {
    /// As it is written.
    pub text: String,
    /// What it says.
    pub overall: Overall,
}

/// Makes a report of the sessions.
///
/// # Errors
/// What cannot be read, or what is wrong with the window.
pub fn make(args: &ReportArgs) -> Result<Made, ReportFailure> {
    let course = course(&args.dirs, &groups(&args.rules)?)?;
    let whole = course.whole().ok_or_else(|| ReportFailure::Empty { dirs: args.dirs.clone() })?;
    let start = minute("start", args.start.as_deref())?.unwrap_or(whole.start);
    let end = match args.hours {
        Some(hours) => start + i64::from(hours) * 60,
        None => minute("end", args.end.as_deref())?.unwrap_or(whole.end),
    };
    if end <= start {
        return Err(ReportFailure::Window);
    }
    let report = Report::of(&course, Window { start, end }, &GA);
    let text = match args.format {
        Format::Json => document(&report, Ts(i64::try_from(clock::unix_nanos()).unwrap_or(i64::MAX))),
        Format::Markdown => markdown(&report),
    };
    Ok(Made { text, overall: report.overall })
}

/// Writes a report to `path`, whole or not at all, and signs it with the key `sign` of gpg: a detached armored signature in
/// `path` with `.asc` behind it.
///
/// # Errors
/// Which file cannot be written, or why gpg does not sign.
pub fn write(path: &Path, text: &str, sign: Option<&str>) -> Result<(), ReportFailure> {
    let failed = |source| ReportFailure::File { path: path.to_path_buf(), source };
    let beside = with_end(path, ".part");
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })?;
    let Some(key) = sign else { return Ok(()) };
    let signature = with_end(path, ".asc");
    let mut gpg = Command::new("gpg");
    gpg.args(["--batch", "--yes", "--armor", "--detach-sign", "--local-user", key, "--output"]);
    let unsigned = |why: String| ReportFailure::Sign { path: path.to_path_buf(), why };
    match gpg.arg(&signature).arg("--").arg(path).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(unsigned(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        Err(error) => Err(unsigned(format!("{error}; install gnupg, or leave --sign out"))),
    }
}

/// Whether a report is what its sessions give.
///
/// # Errors
/// That it was changed, or where it differs.
pub fn verify(args: &VerifyReportArgs) -> Result<(), ReportFailure> {
    let path = || args.report.clone();
    let unread = |source| ReportFailure::File { path: path(), source };
    if fs::metadata(&args.report).map_err(unread)?.len() > MAX_REPORT_BYTES {
        return Err(unread(io::Error::other("over 64 MiB: this is no report")));
    }
    let text = fs::read_to_string(&args.report).map_err(unread)?;
    let held = read(&text).map_err(|source| ReportFailure::Document { path: path(), source })?;
    let course = course(&args.dirs, &groups(&args.rules)?)?;
    let found = canonical(&Report::of(&course, held.window, &GA));
    if found == held.canonical {
        return Ok(());
    }
    let at = found.bytes().zip(held.canonical.bytes()).take_while(|(one, other)| one == other).count();
    let near = |text: &str| text.chars().skip(at.saturating_sub(30)).take(90).collect();
    Err(ReportFailure::Differs { path: path(), at, said: near(&held.canonical), found: near(&found) })
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// The rules by which incidents are told: those of `files`, or the shipped ones but for those of a testnet.
fn groups(files: &[PathBuf]) -> Result<Vec<Group>, ReportFailure> {
    if !files.is_empty() {
        return Ok(rules::read(files)?.into_groups());
    }
    Ok(shipped_groups())
}

fn minute(flag: &'static str, text: Option<&str>) -> Result<Option<i64>, ReportFailure> {
    let Some(text) = text else { return Ok(None) };
    let at = timestamp::parse(text).ok_or_else(|| ReportFailure::Time { flag, text: text.to_owned() })?;
    Ok(Some(at.second().div_euclid(60)))
}

/// What happened in the sessions.
fn course(dirs: &[PathBuf], groups: &[Group]) -> Result<Course, ReportFailure> {
    let mut course = Course::default();
    let mut names = Vec::new();
    for dir in dirs {
        let name = name(dir);
        if names.contains(&name) {
            return Err(ReportFailure::Twice { dir: dir.clone() });
        }
        record(dir, &name, groups, &mut course)?;
        names.push(name);
    }
    Ok(course)
}

fn record(dir: &Path, name: &str, groups: &[Group], course: &mut Course) -> Result<(), ReportFailure> {
    check(dir)?;
    let failed = |source: ReadError| ReportFailure::Session(SummarizeError::from(source));
    let (input, lines) = Input::read(dir).map_err(failed)?;
    if !input.incomplete.is_empty() {
        return Err(SummarizeError::Incomplete { files: input.incomplete }.into());
    }
    let mut recorder = Recorder::new(name, groups);
    for line in lines {
        let file = input.files.get(line.part).map_or("", |file| &file.file);
        match decode(line.source, line.number, line.text.as_bytes()) {
            Ok(event) => recorder.line((file, line.number), line.at, &event),
            Err(_undecodable) => recorder.reject(1),
        }
    }
    recorder.reject(input.rejected_total());
    recorder.finish(course);
    Ok(())
}

/// The name of a session: that of its directory.
fn name(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    whole.file_name().map_or_else(|| whole.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn names(dirs: &[PathBuf]) -> String {
    dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ")
}
