//! Reading, windows, retention, sessions, notes, and files that cannot be used.

use super::*;

fn journal(limits: Limits, batches: &[usize]) -> DurableJournal {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let path = dir.path().join("test.journal");
    let surroundings = Surroundings { now_us: || 100, dir: Some(dir), ..surroundings() };
    let journal = DurableJournal::open(&path, limits, surroundings).unwrap();
    for (index, count) in batches.iter().enumerate() {
        append(&journal, *count, 1_000 * (index as u64 + 1));
    }
    journal
}

/// The same with nothing left in memory.
fn from_disk(journal: DurableJournal) -> DurableJournal {
    let (path, limits, surroundings) = (journal.path.clone(), journal.limits, journal.surroundings.clone());
    drop(journal);
    DurableJournal::open(&path, limits, surroundings).unwrap()
}

fn check_everywhere(limits: Limits, batches: &[usize], check: impl Fn(&DurableJournal)) {
    let journal = journal(limits, batches);
    check(&journal);
    check(&from_disk(journal));
}

#[test]
fn every_read_size_gives_every_event_once() {
    check_everywhere(ALL, &[3, 1, 4], |journal| {
        for max_bytes in [0, 1, 40, 80, 100_000] {
            assert_eq!(ids(journal, 99, max_bytes), Some((100..=107).collect()), "{max_bytes}");
            assert_eq!(ids(journal, 101, max_bytes), Some((102..=107).collect()), "{max_bytes}");
        }
        assert_eq!(ids(journal, 107, 100), Some(vec![]));
    });
}

#[test]
fn large_batches_are_read_as_they_were_written() {
    let journal = journal(ALL, &[]);
    journal.append(frames(100, 2_000, 300), 1, &[]).unwrap();
    journal.append(frames(2_100, 1, 900_000), 2, &[]).unwrap();
    for journal in [journal].into_iter().flat_map(|journal| [from_disk(journal)]) {
        let found = replay(&journal, 99, 64 << 10).unwrap();
        let mut expected: Vec<_> = (100..2_100).map(|id| (id, line(id, 300))).collect();
        expected.push((2_100, line(2_100, 900_000)));
        assert!(found == expected, "what was read differs from what was written");
    }
}

#[test]
fn what_is_not_retained_is_gone_and_so_is_the_future() {
    check_everywhere(Limits { events: 5, ..ALL }, &[3, 3, 2], |journal| {
        assert_eq!(journal.extent(), Extent { first: 103, head: 107, session_first: 100 });
        assert_eq!(ids(journal, 101, 100), None);
        assert_eq!(ids(journal, 102, 100), Some((103..=107).collect()));
        assert_eq!(ids(journal, 108, 100), None);
        assert_eq!(ids(journal, u64::MAX, 100), None);
        assert_eq!(ids(journal, 0, 100), None);
    });
}

#[test]
fn an_empty_journal_is_up_to_date_at_its_start() {
    let journal = journal(ALL, &[]);
    assert_eq!(journal.extent(), Extent { first: 100, head: 99, session_first: 100 });
    assert_eq!((ids(&journal, 99, 100), ids(&journal, 98, 100)), (Some(vec![]), None));
    assert_eq!(journal.published_since(0).unwrap(), 99);
}

#[test]
fn a_window_begins_at_the_first_event_published_in_it() {
    check_everywhere(ALL, &[3, 1, 4], |journal| {
        let found: Vec<u64> = [0, 1_000, 1_001, 2_000, 2_001, 9_000]
            .map(|since| journal.published_since(since).unwrap())
            .into();
        assert_eq!(found, [99, 99, 102, 102, 103, 107]);
    });
}

fn check_retained(limits: Limits, published_s: &[u64], first: u64) {
    let journal = journal(limits, &[]);
    for second in published_s {
        append(&journal, 1, second * 1_000_000_000);
    }
    assert_eq!(journal.extent().first, first, "{limits:?}");
    assert_eq!(from_disk(journal).extent().first, first, "{limits:?}");
}

#[test]
fn age_size_and_count_drop_the_oldest_and_the_window_stays() {
    let published = [10, 20, 30, 40, 50, 60];
    check_retained(ALL, &published, 100);
    check_retained(Limits { events: 2, ..ALL }, &published, 104);
    check_retained(Limits { bytes: 150, ..ALL }, &published, 103);
    check_retained(Limits { bytes: 0, ..ALL }, &published, 105);
    check_retained(Limits { age_seconds: 25, ..ALL }, &published, 103);
    check_retained(Limits { events: 2, window_seconds: 30, ..ALL }, &published, 102);
    check_retained(Limits { bytes: 0, age_seconds: 0, window_seconds: 60, ..ALL }, &published, 100);
}

#[test]
fn dropped_events_leave_room_that_is_used_again() {
    let journal = journal(Limits { bytes: 4 << 20, ..ALL }, &[]);
    let write = |batches: u64| {
        for at in 0..batches {
            let first = journal.extent().head + 1;
            journal.append(frames(first, 200, 400), first + at, &[]).unwrap();
        }
        fs::metadata(&journal.path).unwrap().len()
    };
    let once = write(200);
    assert_eq!(write(600), once, "the file grows though what it holds does not");
    assert!(once < 16 << 20, "{once} bytes for 4 MiB");
}

#[test]
fn notes_are_listed_by_prefix_replaced_and_deleted() {
    let journal = journal(ALL, &[]);
    assert_eq!(journal.notes("").unwrap(), []);
    let batch = [note("file/2", "b"), note("state", "s"), note("file/1", "a"), note("fila", "x")];
    journal.append(frames(100, 1, 0), 1, &batch).unwrap();
    let delete = Note { key: "file/2".to_owned(), value: None };
    journal.append(None, 2, &[note("file/1", "c"), delete, note("file/30", "d")]).unwrap();
    let journal = from_disk(journal);
    let found = journal.notes("file/").unwrap();
    let expected = [("file/1", "c"), ("file/30", "d")];
    assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())));
    assert_eq!((journal.notes("").unwrap().len(), journal.notes("z").unwrap().len()), (4, 0));
    assert_eq!(journal.extent().head, 100, "notes take no id");
}

#[test]
fn a_batch_that_does_not_go_on_at_the_head_is_refused() {
    let journal = journal(ALL, &[3]);
    let refused = journal.append(frames(102, 1, 0), 1, &[note("a", "b")]).unwrap_err();
    assert!(matches!(refused, JournalError::Renumber { next: 103, found: 102 }), "{refused}");
    assert_eq!((journal.extent().head, journal.notes("").unwrap().len()), (102, 0));
}

#[test]
fn a_journal_in_use_is_said_and_left_alone() {
    let journal = journal(ALL, &[3]);
    let refused = DurableJournal::open(&journal.path, ALL, surroundings()).map(drop).unwrap_err();
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
    append(&journal, 1, 9_000);
    assert_eq!(ids(&journal, 99, 0), Some((100..104).collect()));
}

/// Opens what stands in a file and returns the journal's path, first id and what was set aside.
fn opened(content: impl FnOnce(&Path)) -> (tempfile::TempDir, u64, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.journal");
    content(&path);
    let journal = open(&path, ALL);
    append(&journal, 1, 1);
    let first = journal.extent().session_first;
    assert_eq!(ids(&journal, first - 1, 0), Some(vec![first]));
    drop(journal);
    assert_eq!(open(&path, ALL).extent().head, first, "the fresh one lasts");
    let aside = set_aside(&path);
    (dir, first, aside)
}

fn check_set_aside(content: &[u8]) {
    let (_dir, _, aside) = opened(|path| fs::write(path, content).unwrap());
    assert_eq!(aside.len(), 1);
    assert!(fs::read(&aside[0]).unwrap() == content, "what was set aside was changed");
}

#[test]
fn foreign_files_are_set_aside_unchanged() {
    check_set_aside(b"not a journal");
    check_set_aside(&[0; 10_000]);
    check_set_aside("{\"a\":1}\n".repeat(10_000).as_bytes());
    let (_dir, first, aside) = opened(|path| fs::write(path, "").unwrap());
    assert_eq!((first, aside.len()), (1_000, 0), "an empty file is a journal that was never begun");
}

#[test]
fn another_programs_store_and_a_newer_version_are_set_aside() {
    let (_dir, _, aside) = opened(|path| {
        let db = redb::Database::create(path).unwrap();
        let txn = db.begin_write().unwrap();
        txn.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
        txn.commit().unwrap();
    });
    assert_eq!(aside.len(), 1);
    let (_dir, _, aside) = opened(|path| {
        append(&open(path, ALL), 1, 1);
        let db = redb::Database::create(path).unwrap();
        let txn = db.begin_write().unwrap();
        let table = redb::TableDefinition::<&str, &[u8]>::new("aurora-journal");
        txn.open_table(table).unwrap().insert("record", [2, 0, 0, 0, 7].as_slice()).unwrap();
        txn.commit().unwrap();
    });
    assert_eq!(aside.len(), 1);
}

#[test]
fn a_directory_in_its_place_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let refused = DurableJournal::open(dir.path(), ALL, surroundings()).map(drop).unwrap_err().to_string();
    assert!(refused.contains("cannot open the journal") && refused.contains("permissions"), "{refused}");
}

#[test]
fn files_set_aside_in_the_same_second_are_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.journal");
    for _ in 0..3 {
        fs::write(&path, "foreign").unwrap();
        drop(open(&path, ALL));
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(set_aside(&path).len(), 3);
}

#[test]
fn readers_and_the_writer_do_not_disturb_each_other() {
    let journal = journal(Limits { events: 3_000, ..ALL }, &[]);
    std::thread::scope(|scope| {
        let reader = || {
            let (mut id, mut seen) = (99, 0);
            while id < 20_099 {
                match journal.read_after(id, 4_096).unwrap() {
                    Read::Frames { bytes, last } => {
                        let text = std::str::from_utf8(&bytes).unwrap();
                        assert!(text.starts_with(&format!("id: {}\n", id + 1)), "after {id}: {text}");
                        (id, seen) = (last, seen + 1);
                    }
                    Read::UpToDate => std::thread::yield_now(),
                    // Behind what is retained: it begins again there, as a client would.
                    Read::Gone => id = id.max(journal.extent().first - 1),
                }
            }
            assert!(seen > 0);
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        for at in 0..2_000 {
            append(&journal, 10, at);
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
}
