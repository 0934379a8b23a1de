//! Alerts kept on disk over a restart.
//!
//! Invariants: the file is always whole, for a new one is renamed over the old; one that cannot be read is as good as none
//! and is said; one that cannot be written is said once and judging goes on.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use aurora_domain::{
    Ts,
    rules::{AlertState, Kept, Labels},
};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

/// The form of the file.
const VERSION: u32 = 1;

/// How often it is written where alerts are pending and nothing changes: so much of their time a crash costs at most.
const REFRESH: Duration = Duration::from_secs(15);

/// What is read back.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// When it was written, Unix nanoseconds.
    pub(super) at_ns: u64,
    pub(super) alerts: Vec<Kept>,
}

/// The file.
#[derive(Debug)]
pub(super) struct Keeper {
    path: PathBuf,
    written: Option<(Instant, Vec<Shape>)>,
    failing: bool,
}

/// What of an alert has to change for it to be written again.
type Shape = (Labels, AlertState, Ts);

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    at_ns: u64,
    alerts: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    group: String,
    rule: String,
    #[serde(default)]
    nth: usize,
    state: State,
    since_ns: i64,
    active_at_ns: i64,
    keep_firing_since_ns: Option<i64>,
    /// As text, for JSON has no infinity.
    value: String,
    labels: BTreeMap<String, String>,
    annotations: Vec<(String, String)>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Pending,
    Firing,
    Resolved,
}

impl Keeper {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, written: None, failing: false }
    }

    /// What was kept, if anything.
    pub(super) fn read(&self) -> Found {
        match read(&self.path) {
            Ok(file) => Found {
                at_ns: file.at_ns,
                alerts: file.alerts.into_iter().filter_map(Entry::into_kept).collect(),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::default(),
            Err(error) => {
                warn!(file = %self.path.display(), "the alerts of before cannot be read: {error}; they begin anew");
                Found::default()
            }
        }
    }

    /// Keeps `alerts` as they are at `now_ns` where they are others than before, or it is time again.
    pub(super) fn keep(&mut self, alerts: &[Kept], now_ns: u64) {
        let shapes: Vec<Shape> =
            alerts.iter().map(|alert| (alert.labels.clone(), alert.state, alert.since)).collect();
        let pending = alerts.iter().any(|alert| alert.state == AlertState::Pending);
        let current = self
            .written
            .as_ref()
            .is_some_and(|(at, written)| *written == shapes && (!pending || at.elapsed() < REFRESH));
        if !current {
            self.write(alerts, now_ns);
            self.written = Some((Instant::now(), shapes));
        }
    }

    /// Keeps `alerts` as they are at `now_ns`.
    pub(super) fn write(&mut self, alerts: &[Kept], now_ns: u64) {
        let file = File { version: VERSION, at_ns: now_ns, alerts: alerts.iter().map(Entry::of).collect() };
        match write(&self.path, &file) {
            Ok(()) if self.failing => {
                info!(file = %self.path.display(), "alerts can be kept again");
                self.failing = false;
            }
            Err(error) if !self.failing => {
                warn!(
                    file = %self.path.display(),
                    "alerts cannot be kept: {error}; after a restart they begin anew"
                );
                self.failing = true;
            }
            Ok(()) | Err(_) => {}
        }
    }
}

fn read(path: &Path) -> io::Result<File> {
    let file: File = serde_json::from_slice(&fs::read(path)?)?;
    if file.version == VERSION {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has version {}, not {VERSION}", file.version)))
}

fn write(path: &Path, file: &File) -> io::Result<()> {
    let fresh = path.with_extension("json.new");
    fs::write(&fresh, serde_json::to_vec(file)?)?;
    fs::rename(&fresh, path)
}

impl Entry {
    fn of(kept: &Kept) -> Self {
        let texts = kept.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            group: kept.group.clone(),
            rule: kept.rule.clone(),
            nth: kept.nth,
            state: match kept.state {
                AlertState::Pending => State::Pending,
                AlertState::Firing => State::Firing,
                AlertState::Resolved => State::Resolved,
            },
            since_ns: kept.since.0,
            active_at_ns: kept.active_at.0,
            keep_firing_since_ns: kept.keep_firing_since.map(|at| at.0),
            value: kept.value.to_string(),
            labels: texts.collect(),
            annotations: kept.annotations.clone(),
        }
    }

    /// `None` for a value that is no number, which nothing here writes.
    fn into_kept(self) -> Option<Kept> {
        Some(Kept {
            group: self.group,
            rule: self.rule,
            nth: self.nth,
            state: match self.state {
                State::Pending => AlertState::Pending,
                State::Firing => AlertState::Firing,
                State::Resolved => AlertState::Resolved,
            },
            since: Ts(self.since_ns),
            active_at: Ts(self.active_at_ns),
            keep_firing_since: self.keep_firing_since_ns.map(Ts),
            value: self.value.parse().ok()?,
            labels: Labels::new(self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
            annotations: self.annotations,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(value: f64) -> Kept {
        Kept {
            group: "g".to_owned(),
            rule: "A".to_owned(),
            nth: 1,
            state: AlertState::Firing,
            since: Ts(30),
            active_at: Ts(10),
            keep_firing_since: Some(Ts(20)),
            value,
            labels: Labels::new([("alertname", "A"), ("x", "ü\"\n")]),
            annotations: vec![("summary".to_owned(), "why".to_owned())],
        }
    }

    #[test]
    fn alerts_are_read_back_as_they_were_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::new(dir.path().join("alerts.json"));
        assert_eq!(keeper.read().alerts, []);
        for value in [0.25, f64::INFINITY, -1e300] {
            keeper.write(&[kept(value)], 77);
            let found = keeper.read();
            assert_eq!((found.at_ns, found.alerts), (77, vec![kept(value)]));
        }
    }

    #[test]
    fn what_is_unchanged_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.json");
        let mut keeper = Keeper::new(path.clone());
        keeper.keep(&[kept(1.0)], 1);
        keeper.keep(&[kept(2.0)], 2);
        assert_eq!(keeper.read().at_ns, 1, "its value is no change");
        keeper.keep(&[], 3);
        assert_eq!(keeper.read().at_ns, 3);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.json");
        for text in ["", "{\"version\":2,\"at_ns\":1,\"alerts\":[]}"] {
            fs::write(&path, text).unwrap();
            assert_eq!(Keeper::new(path.clone()).read().alerts, []);
        }
    }
}
