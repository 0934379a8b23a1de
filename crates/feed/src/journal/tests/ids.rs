//! Ids are never given out twice, and a disk that fails loses nothing.

use rand_pcg::{
    Pcg64,
    rand_core::{Rng as _, SeedableRng as _},
};

use super::*;

fn append_some(journal: &DurableJournal, rng: &mut Pcg64, given: &mut Vec<(u64, u64)>) {
    for _ in 0..rng.next_u32() % 4 {
        let (first, count) = (journal.extent().head + 1, 1 + rng.next_u32() as usize % 20);
        match journal.append(frames(first, count, 0), 0, &[]) {
            Ok(()) => given.push((first, first + count as u64 - 1)),
            Err(JournalError::Begun { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn ids_never_repeat_over_a_thousand_ends_and_beginnings() {
    let mut rng = Pcg64::seed_from_u64(7);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.journal");
    let mut given: Vec<(u64, u64)> = Vec::new();
    for round in 0..1_000 {
        // A clock that is right, stands, or was set back; the same boot, another, or one that is not known.
        let now_us: fn() -> u64 = [|| 5_000_000, || 9_000_000, || 0][rng.next_u32() as usize % 3];
        let boot = [[1; 16], [2; 16], [0; 16]][rng.next_u32() as usize % 3];
        let journal =
            DurableJournal::open(&path, ALL, Surroundings { now_us, boot, ..surroundings() }).unwrap();
        append_some(&journal, &mut rng, &mut given);
        match rng.next_u32() % 5 {
            // Closed, killed, found damaged while open, and while closed, and taken away.
            0 => drop(journal),
            1 => kill(journal),
            2 => {
                *journal.damage() = Some("as a test".to_owned());
                append_some(&journal, &mut rng, &mut given);
                append_some(&journal, &mut rng, &mut given);
            }
            3 => {
                drop(journal);
                fs::write(&path, "overwritten").unwrap();
            }
            _ => {
                drop(journal);
                fs::remove_file(&path).unwrap();
            }
        }
        for aside in set_aside(&path) {
            fs::remove_file(aside).unwrap();
        }
        assert!(given.is_sorted_by(|a, b| a.1 < b.0), "round {round}: an id was given out twice");
    }
    assert!(given.len() > 1_000, "{}", given.len());
}

/// Ends as a killed process does: nothing more is written.
fn kill(journal: DurableJournal) {
    journal.surroundings.faults.leave(0);
    drop(journal);
}

#[test]
fn after_a_power_loss_ids_skip_ahead_and_those_between_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.journal");
    let journal = open(&path, ALL);
    append(&journal, 3, 1);
    kill(journal);
    let again = open(&path, ALL);
    assert_eq!(again.extent().head, 1_002, "in the same boot ids go on");
    kill(again);
    let later = || Surroundings { now_us: || 2_000, boot: [2; 16], ..surroundings() };
    let journal = DurableJournal::open(&path, ALL, later()).unwrap();
    let head = journal.extent().head;
    assert!(head >= 1_999, "{head}");
    assert_eq!(ids(&journal, 1_002, 0), Some(vec![]), "who had everything goes on");
    append(&journal, 2, 2);
    let kept = [1_000, 1_001, 1_002, head + 1, head + 2];
    let check = |journal: &DurableJournal| {
        assert_eq!(ids(journal, 999, 0), Some(kept.to_vec()));
        assert_eq!(ids(journal, 1_002, 0), Some(kept[3..].to_vec()));
        assert_eq!(ids(journal, head, 0), Some(kept[3..].to_vec()));
        assert_eq!((ids(journal, 1_003, 0), ids(journal, head - 1, 0)), (None, None), "never given out");
        assert_eq!(journal.published_since(2).unwrap(), head);
    };
    check(&journal);
    drop(journal);
    check(&DurableJournal::open(&path, ALL, later()).unwrap());
}

#[test]
fn a_full_disk_is_said_readers_go_on_and_so_does_the_journal() {
    let mut rng = Pcg64::seed_from_u64(11);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.journal");
    let journal = open(&path, ALL);
    append(&journal, 3, 1);
    let mut refusals = 0;
    for round in 0..300 {
        journal.surroundings.faults.leave(u64::from(rng.next_u32() % 50_000));
        let head = journal.extent().head;
        let batch = frames(head + 1, 5, 500);
        let position = [note("position", &round.to_string())];
        while let Err(error) = journal.append(batch.clone(), round, &position) {
            assert!(matches!(error, JournalError::Io { .. }), "{error}");
            assert!(error.to_string().contains("free space"), "{error}");
            assert_eq!(journal.extent().head, head, "nothing is published");
            refusals += 1;
            if refusals % 3 > 0 {
                journal.surroundings.faults.leave(u64::MAX);
                let before = replay(&journal, 999, 64 << 10);
                assert_eq!(
                    before.map(|found| found.len() as u64),
                    Some(head - 999),
                    "readers keep what is there"
                );
            }
        }
        assert_eq!(journal.extent().head, head + 5);
    }
    assert!(refusals > 100, "{refusals}");
    journal.surroundings.faults.leave(u64::MAX);
    drop(journal);
    let journal = open(&path, ALL);
    let found = replay(&journal, 999, 64 << 10).unwrap();
    assert!(found.iter().map(|(id, _)| *id).eq(1_000..1_000 + 3 + 300 * 5), "each once");
    assert_eq!(journal.notes("").unwrap(), [("position".to_owned(), b"299".to_vec())]);
    assert_eq!(set_aside(&path), Vec::<PathBuf>::new());
}

#[test]
fn a_reserve_of_ids_that_cannot_be_written_is_an_error_until_it_can() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("test.journal");
    let journal = open(&path, ALL);
    fs::create_dir(root.path().join("test.journal.ids.new")).unwrap();
    let refused = journal.append(frames(1_000, 1, 0), 1, &[]).unwrap_err();
    assert!(matches!(refused, JournalError::Io { .. }), "{refused}");
    fs::remove_dir(root.path().join("test.journal.ids.new")).unwrap();
    append(&journal, 1, 1);
    assert_eq!(ids(&journal, 999, 0), Some(vec![1_000]));
}

#[test]
fn a_journal_in_memory_begins_above_what_is_known_and_touches_nothing_on_disk() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("test.journal");
    append(&open(&path, ALL), 3, 1);
    let before = fs::read(&path).unwrap();
    let journal = DurableJournal::in_memory(&path, ALL, &surroundings()).unwrap();
    let first = journal.extent().session_first;
    assert!(first > 1_002, "{first} was given out");
    append(&journal, 2, 1);
    journal.append(None, 1, &[note("a", "b")]).unwrap();
    assert_eq!(ids(&journal, first - 1, 0), Some(vec![first, first + 1]));
    assert_eq!(journal.notes("").unwrap(), [("a".to_owned(), b"b".to_vec())]);
    *journal.damage() = Some("as a test".to_owned());
    let begun = journal.append(frames(first + 2, 1, 0), 1, &[]).unwrap_err();
    assert!(matches!(begun, JournalError::Begun { next, .. } if next > first + 1), "{begun}");
    drop(journal);
    assert!(fs::read(&path).unwrap() == before && set_aside(&path).is_empty());
}

#[test]
fn a_journal_in_memory_keeps_its_bytes_even_of_a_replay_window() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("test.journal");
    let limits = Limits { bytes: 10_000, window_seconds: 900, ..ALL };
    let journal = DurableJournal::in_memory(&path, limits, &surroundings()).unwrap();
    for published_ns in 1..100 {
        journal.append(frames(journal.extent().head + 1, 1, 1_000), published_ns, &[]).unwrap();
    }
    assert!(journal.figures().bytes < 12_000, "{}", journal.figures().bytes);
    assert!(journal.extent().first > journal.extent().session_first);
}

#[test]
fn a_journal_that_goes_on_can_be_told_to_skip_ahead() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("test.journal");
    append(&open(&path, ALL), 3, 1);
    let journal = DurableJournal::open(&path, ALL, surroundings().beyond(5_000)).unwrap();
    append(&journal, 1, 2);
    let next = journal.extent().head;
    assert!(next > 5_000, "{next}");
    assert_eq!(ids(&journal, 1_002, 0), Some(vec![next]), "one who had everything misses nothing");
    assert_eq!(ids(&journal, 4_000, 0), None, "and ids in between were never given out");
}
