//! Publishing into a journal that fails, and what a restart makes of what was kept.

use std::{path::PathBuf, time::SystemTime};

use aurora_wire::minutes;
use serde_json::{Value, json};

use super::*;
use crate::{
    hub::StreamLimits,
    journal::{DurableJournal, Journal as _, Limits, Read, Surroundings, leave_room, spoil},
    session::{Located, Piece},
    tail::{Change, Position, Stop, a_position},
};

/// A minute that is not over 30 days ago, and the time in it.
fn minute(back: u64) -> (u64, u64) {
    let minute = clock::unix_nanos() / 60_000_000_000 - back;
    (minute, minute * 60_000_000_000)
}

struct Bench {
    dir: tempfile::TempDir,
    journal: Arc<DurableJournal>,
    hub: Arc<Hub>,
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    stop: Stop,
    publisher: Publisher,
}

impl Bench {
    fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap())
    }

    fn over(dir: tempfile::TempDir) -> Self {
        let path: PathBuf = dir.path().join("test.journal");
        let limits = Limits { window_seconds: 0, ..Limits::default() };
        let journal = Arc::new(DurableJournal::open(&path, limits, Surroundings::real()).unwrap());
        let hub = Arc::new(Hub::new(Arc::clone(&journal) as _, StreamLimits::default()));
        let status = Arc::new(Status::new(dir.path()));
        let metrics = Arc::new(Metrics::new(300));
        let bell = Arc::new(Bell::default());
        let publisher = Publisher::new(
            Arc::clone(&hub),
            Arc::clone(&status),
            Arc::clone(&metrics),
            Arc::new(Totals::new()),
            Arc::new(Redactor::new().unwrap()),
            Arc::clone(&bell),
        );
        kept::restore(&hub, &metrics).unwrap();
        Self { dir, journal, hub, status, metrics, stop: Stop(bell), publisher }
    }

    /// Ends without keeping anything more, and begins again.
    fn restart(self) -> Self {
        let Self { dir, journal, hub, publisher, .. } = self;
        drop((publisher, hub));
        drop(Arc::into_inner(journal).unwrap());
        Self::over(dir)
    }

    fn publish(&mut self, lines: &[String]) {
        self.publisher.publish(&[batch(lines, 1)], true).unwrap();
    }

    fn orders(&self) -> Value {
        self.metrics.current(clock::unix_nanos())["session"]["orders"].clone()
    }

    /// Ids that are retained.
    fn ids(&self) -> u64 {
        let extent = self.hub.extent();
        extent.head + 1 - extent.first
    }
}

fn denied(ts_ns: u64) -> String {
    format!(r#"{{"deny_reason":"SPREAD","ts_ns":{ts_ns}}}"#)
}

/// Lines of the file of that number, and where it stands after them.
fn batch(lines: &[String], number: u64) -> Batch {
    let mut batch = Batch::new(Source::Denied, Path::new("orders_denied.jsonl").into(), SystemTime::now());
    for (line_no, line) in (1..).zip(lines) {
        batch.push(Located { line_no, offset: line_no * 100, piece: Piece::Line(line) });
    }
    batch.changes.push(Change::Set(a_position(number, lines.len() as u64)));
    batch
}

fn wait(what: &str, mut met: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !met() {
        assert!(Instant::now() < deadline, "{what} did not come true");
        std::thread::yield_now();
    }
}

fn known(hub: &Hub) -> Vec<Position> {
    kept::positions(hub).unwrap()
}

#[test]
fn what_a_full_disk_holds_up_is_said_and_counts_once_when_there_is_room() {
    let bench = Bench::new();
    let (journal, hub, status) =
        (Arc::clone(&bench.journal), Arc::clone(&bench.hub), Arc::clone(&bench.status));
    let (metrics, head) = (Arc::clone(&bench.metrics), hub.extent().head);
    leave_room(&journal, 0);
    let mut publisher = bench.publisher;
    let publishing = std::thread::spawn(move || {
        publisher.publish(&[batch(&[denied(minute(1).1), "no object".to_owned()], 1)], true)
    });
    wait("trouble", || status.condition().1.is_some_and(|message| message.contains("free space")));
    assert_eq!((hub.extent().head, metrics.as_of(), metrics.rejected()), (head, head, 0));
    assert_eq!((status.counts(), known(&hub)), (Counts::default(), vec![]));
    leave_room(&journal, u64::MAX);
    publishing.join().unwrap().unwrap();
    assert_eq!((hub.extent().head, metrics.as_of(), metrics.rejected()), (head + 1, head + 1, 1));
    assert_eq!(metrics.current(clock::unix_nanos())["session"]["orders"]["denied"], json!(1));
    assert_eq!(status.counts(), Counts { lines: 1, malformed: 1, oversized: 0 });
    assert_eq!((known(&hub).len(), status.condition().1), (1, None));
}

#[test]
fn what_waited_for_the_journal_was_published_when_it_could_be_and_its_readers_were_not_behind() {
    let bench = Bench::new();
    let (journal, status) = (Arc::clone(&bench.journal), Arc::clone(&bench.status));
    let head = bench.hub.extent().head;
    leave_room(&journal, 0);
    let mut publisher = bench.publisher;
    let publishing = std::thread::spawn(move || publisher.publish(&[batch(&[denied(minute(1).1)], 1)], true));
    wait("trouble", || status.condition().1.is_some());
    let began_ns = clock::unix_nanos();
    wait("a long outage", || clock::unix_nanos() > began_ns + 1_000_000_000);
    leave_room(&journal, u64::MAX);
    publishing.join().unwrap().unwrap();
    assert_eq!(journal.published_since(began_ns).unwrap(), head);
}

#[test]
fn closing_ends_a_publisher_that_waits_for_room() {
    let bench = Bench::new();
    leave_room(&bench.journal, 0);
    let (status, mut publisher) = (Arc::clone(&bench.status), bench.publisher);
    let publishing = std::thread::spawn(move || publisher.publish(&[batch(&[denied(minute(1).1)], 1)], true));
    wait("trouble", || status.condition().1.is_some());
    drop(bench.stop);
    assert_eq!(publishing.join().unwrap(), Err(Interrupted::Stopped));
}

#[test]
fn a_journal_that_is_begun_anew_asks_for_the_session_to_be_read_again() {
    let mut bench = Bench::new();
    bench.publish(&[denied(minute(1).1), "no object".to_owned()]);
    let before = bench.hub.extent().head;
    spoil(&bench.journal);
    let lines = batch(&[denied(minute(1).1)], 2);
    assert_eq!(bench.publisher.publish(&[lines], true), Err(Interrupted::Begun));
    assert!(bench.hub.extent().first > before, "an id would be given out twice");
    assert_eq!((bench.ids(), known(&bench.hub)), (0, vec![]), "nothing is known of what was before");
    kept::restore(&bench.hub, &bench.metrics).unwrap();
    assert_eq!((&bench.orders()["denied"], bench.metrics.rejected()), (&json!(0), 0));
}

#[test]
fn figures_survive_a_restart_with_and_without_a_state_that_was_kept() {
    let mut bench = Bench::new();
    let mut expected = 0;
    for round in 0..4 {
        bench.publish(&[denied(minute(1).1), "no object".to_owned(), denied(minute(2).1)]);
        if round % 2 == 1 {
            bench.publisher.checkpoint().unwrap();
            bench.publish(&[denied(minute(1).1)]);
            expected += 1;
        }
        expected += 2;
        let (orders, head) = (bench.orders(), bench.hub.extent().head);
        bench = bench.restart();
        assert_eq!((bench.orders(), bench.metrics.as_of()), (orders.clone(), head));
        assert_eq!((&orders["denied"], bench.metrics.rejected()), (&json!(expected), round + 1));
    }
}

#[test]
fn what_is_read_back_is_what_was_published_redacted() {
    let mut bench = Bench::new();
    bench.publish(&[r#"{"deny_reason":"X","api_key":"secret"}"#.to_owned()]);
    let first = bench.hub.extent().first;
    let Read::Frames { bytes, .. } = bench.hub.read_after(first - 1, 1 << 20).unwrap() else { panic!() };
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.contains("orders_denied") && !text.contains("secret"), "{text}");
}

/// Denials that are stored of a minute.
fn stored(bench: &Bench, minute: u64) -> Option<u64> {
    let notes = bench.hub.notes(&format!("minute/{minute}")).unwrap();
    let stored = minutes::load(&notes.first()?.1).unwrap();
    assert_eq!(stored.minutes.len(), 1);
    Some(stored.minutes[0].aggregate.spoken(&stored.speakers).outcomes.get(aurora_domain::Outcome::Denied))
}

#[test]
fn minutes_are_kept_amended_and_survive_a_restart_once() {
    let mut bench = Bench::new();
    let ((one, at_one), (two, at_two)) = (minute(10), minute(9));
    bench.publish(&[denied(at_one), denied(at_one), denied(at_two)]);
    bench.publisher.checkpoint().unwrap();
    assert_eq!((stored(&bench, one), stored(&bench, two)), (Some(2), Some(1)));
    bench.publish(&[denied(at_one)]);
    let mut bench = bench.restart();
    bench.publisher.checkpoint().unwrap();
    bench.publisher.checkpoint().unwrap();
    assert_eq!((stored(&bench, one), stored(&bench, two)), (Some(3), Some(1)));
}

#[test]
fn minutes_over_30_days_old_are_not_kept_and_are_deleted() {
    let mut bench = Bench::new();
    let (old, at_old) = minute(30 * 24 * 60 + 5);
    let (young, at_young) = minute(30 * 24 * 60 - 5);
    bench.publish(&[denied(at_old), denied(at_young)]);
    bench.publisher.checkpoint().unwrap();
    assert_eq!((stored(&bench, old), stored(&bench, young)), (None, Some(1)));
    let later_ns = clock::unix_nanos() + 10 * 60_000_000_000;
    let notes = kept::checkpoint_notes(&bench.hub, bench.metrics.checkpoint(later_ns), later_ns).unwrap();
    bench.hub.publish(None, later_ns, &notes, || ()).unwrap();
    assert_eq!(stored(&bench, young), None);
}
