//! The journal beside a model that keeps everything in plain lists.

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*};

use super::*;

#[derive(Clone, Debug)]
enum Action {
    Append {
        count: usize,
        bytes: usize,
        seconds: u64,
        notes: Vec<(u8, Option<u8>)>,
    },
    /// Writes fail after so many bytes, then the disk has room again.
    Full {
        room: u64,
    },
    Close,
    Kill,
}

fn action() -> impl Strategy<Value = Action> {
    let notes = vec((0..5u8, option::of(any::<u8>())), 0..4);
    prop_oneof![
        8 => (0..40usize, 0..3_000usize, 0..30u64, notes)
            .prop_map(|(count, bytes, seconds, notes)| Action::Append { count, bytes, seconds, notes }),
        1 => (1..1_200usize, 0..3u64)
            .prop_map(|(count, seconds)| Action::Append { count, bytes: 10, seconds, notes: Vec::new() }),
        2 => (0..80_000u64).prop_map(|room| Action::Full { room }),
        1 => Just(Action::Close),
        1 => Just(Action::Kill),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let or_all = |some: std::ops::Range<u64>| prop_oneof![Just(u64::MAX), some];
    (or_all(0..500), or_all(0..200_000), or_all(0..200), 0..100u64).prop_map(
        |(events, bytes, age_seconds, window_seconds)| Limits { events, bytes, age_seconds, window_seconds },
    )
}

struct Model {
    /// Id, line and time of publication in seconds of every event of the session.
    events: Vec<(u64, String, u64)>,
    notes: BTreeMap<String, Vec<u8>>,
    now: u64,
    room: Option<u64>,
}

impl Model {
    fn append(&mut self, journal: &DurableJournal, count: usize, bytes: usize, changes: &[(u8, Option<u8>)]) {
        let first = journal.extent().head + 1;
        let changes: Vec<Note> = changes
            .iter()
            .map(|(key, value)| Note {
                key: format!("file/{key}"),
                value: value.map(|value| vec![value; 90]),
            })
            .collect();
        if let Some(room) = self.room.take() {
            journal.surroundings.faults.leave(room);
        }
        let published_ns = self.now * 1_000_000_000;
        while let Err(error) = journal.append(frames(first, count, bytes), published_ns, &changes) {
            assert!(matches!(error, JournalError::Io { .. }), "{error}");
            self.check(journal);
            journal.surroundings.faults.leave(u64::MAX);
        }
        journal.surroundings.faults.leave(u64::MAX);
        self.events.extend((first..).take(count).map(|id| (id, line(id, bytes), self.now)));
        for Note { key, value } in changes {
            match value {
                Some(value) => self.notes.insert(key, value),
                None => self.notes.remove(&key),
            };
        }
    }

    fn check(&self, journal: &DurableJournal) {
        let Extent { first, head, session_first } = journal.extent();
        let at = self.events.partition_point(|(id, ..)| *id < first);
        let (dropped, kept) = self.events.split_at(at);
        if let Some((id, ..)) = self.events.last() {
            assert_eq!((head, session_first), (*id, self.events[0].0));
        }
        if let Some(Read::Frames { .. }) = Some(journal.read_after(first - 1, 1).unwrap()) {
            assert_eq!(kept[0].0, first);
        }
        for max_bytes in [1, 2_000, 64 << 10] {
            let found = replay(journal, first - 1, max_bytes).unwrap();
            assert!(
                found.iter().map(|(id, line)| (id, line)).eq(kept.iter().map(|(id, line, _)| (id, line)))
            );
        }
        if !dropped.is_empty() {
            assert_eq!(journal.read_after(first.saturating_sub(2), 1).unwrap(), Read::Gone);
        }
        let notes: BTreeMap<_, _> = journal.notes("").unwrap().into_iter().collect();
        assert_eq!(notes, self.notes);
        self.check_since(journal, kept);
        self.check_limits(&journal.limits, dropped, kept);
    }

    fn check_since(&self, journal: &DurableJournal, kept: &[(u64, String, u64)]) {
        for since in [0, self.now / 2, self.now, self.now + 1] {
            let expected =
                kept.iter().find(|(.., at)| *at >= since).map_or(journal.extent().head, |(id, ..)| id - 1);
            assert_eq!(journal.published_since(since * 1_000_000_000).unwrap(), expected, "since {since}");
        }
    }

    /// What was dropped had to go, and what stays may.
    fn check_limits(&self, limits: &Limits, dropped: &[(u64, String, u64)], kept: &[(u64, String, u64)]) {
        let Some((.., newest)) = self.events.last() else { return };
        let window = newest.saturating_sub(limits.window_seconds);
        assert!(dropped.iter().all(|(.., at)| *at < window), "something of the window was dropped");
        let over = |events: usize, old: Option<&(u64, String, u64)>| {
            let age = newest.saturating_sub(limits.age_seconds);
            events as u64 > limits.events || old.is_some_and(|(.., at)| *at < age)
        };
        let droppable = kept.first().is_some_and(|(.., at)| *at < window);
        assert!(!(droppable && over(kept.len(), kept.first())), "more is kept than the limits say");
        if limits.bytes == u64::MAX && !dropped.is_empty() {
            assert!(over(kept.len() + 512, dropped.last()), "more was dropped than the limits say");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn it_holds_what_the_model_holds(limits in limits(), actions in vec(action(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.journal");
        let mut journal = open(&path, limits);
        let mut model = Model { events: Vec::new(), notes: BTreeMap::new(), now: 1_000, room: None };
        for action in actions {
            match action {
                Action::Append { count, bytes, seconds, notes } => {
                    model.now += seconds;
                    model.append(&journal, count, bytes, &notes);
                }
                Action::Full { room } => model.room = Some(room),
                Action::Close => {
                    drop(journal);
                    journal = open(&path, limits);
                }
                Action::Kill => {
                    journal.surroundings.faults.leave(0);
                    drop(journal);
                    journal = open(&path, limits);
                }
            }
            model.check(&journal);
        }
        prop_assert_eq!(set_aside(&path), Vec::<PathBuf>::new());
    }
}
