//! Files with bytes changed at random: never a panic that gets out, never wrong data.

use std::fmt::Write as _;

use rand_pcg::{
    Pcg64,
    rand_core::{Rng as _, SeedableRng as _},
};

use super::*;

fn written(path: &Path) -> DurableJournal {
    let journal = open(path, ALL);
    for at in 0..60 {
        let notes = [note(&format!("file/{}", at % 7), &at.to_string()), note("state", &"s".repeat(3_000))];
        journal.append(frames(journal.extent().head + 1, 1 + at % 40, 100), at as u64, &notes).unwrap();
    }
    journal
}

fn damage(bytes: &mut Vec<u8>, rng: &mut Pcg64) {
    // Half of the time where most structure is.
    let end = if rng.next_u32().is_multiple_of(2) { bytes.len() } else { bytes.len().min(60_000) };
    let at = rng.next_u32() as usize % end;
    match rng.next_u32() % 8 {
        0 => bytes.truncate(at),
        1 => bytes[at..(at + 512).min(end)].fill(0),
        2 => bytes.splice(at..(at + 4_096).min(end), vec![0xAA; 4_096]).for_each(drop),
        _ => {
            for _ in 0..=rng.next_u32() % 4 {
                let at = (at + rng.next_u32() as usize % 64).min(end - 1);
                bytes[at] ^= 1 << (rng.next_u32() % 8);
            }
        }
    }
}

/// Either what was written, or an error; then the next events can be written and read.
fn check(journal: &DurableJournal, first: u64, expected: &[(u64, String)], notes: &[(String, Vec<u8>)]) {
    let mut id = first - 1;
    let mut seen = 0;
    while let Ok(Read::Frames { bytes, last }) = journal.read_after(id, 1_000) {
        let upto = seen + usize::try_from(last - id).unwrap();
        let mut text = String::new();
        for (id, line) in &expected[seen..upto] {
            write!(text, "id: {id}\nevent: orders\ndata: {line}\n\n").unwrap();
        }
        assert_eq!(bytes, text.as_bytes());
        (id, seen) = (last, upto);
    }
    if let Ok(found) = journal.notes("") {
        assert!(found == notes || found.is_empty(), "{found:?}");
    }
    for _ in 0..2 {
        let mut left = 3;
        while let Err(error) = journal.append(frames(journal.extent().head + 1, 3, 10), 9_000, &[]) {
            left -= 1;
            assert!(left > 0, "{error}");
        }
    }
    let head = journal.extent().head;
    assert!(head > expected.last().unwrap().0);
    assert_eq!(ids(journal, head - 3, 0), Some((head - 2..=head).collect()));
}

fn check_damaged(seed: u64, rounds: u32, while_open: bool) {
    let mut rng = Pcg64::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let original = dir.path().join("original");
    let journal = written(&original);
    let (first, expected) =
        (journal.extent().first, replay(&journal, journal.extent().first - 1, 1).unwrap());
    let notes = journal.notes("").unwrap();
    drop(journal);
    let original = fs::read(original).unwrap();
    let mut aside = 0;
    for round in 0..rounds {
        let path = dir.path().join(format!("{round}.journal"));
        let mut bytes = original.clone();
        damage(&mut bytes, &mut rng);
        if while_open {
            fs::write(&path, &original).unwrap();
            fs::write(path.with_extension("journal.ids"), "2000000\n").unwrap();
            let journal = open(&path, ALL);
            fs::write(&path, &bytes).unwrap();
            check(&journal, first, &expected, &notes);
        } else {
            fs::write(&path, &bytes).unwrap();
            fs::write(path.with_extension("journal.ids"), "2000000\n").unwrap();
            let journal = open(&path, ALL);
            if set_aside(&path).is_empty() {
                assert_eq!(replay(&journal, first - 1, 10_000).as_ref(), Some(&expected), "round {round}");
            }
            check(&journal, first, &expected, &notes);
        }
        aside += set_aside(&path).len();
        for entry in fs::read_dir(dir.path()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
    assert!(aside > rounds as usize / 10, "only {aside} of {rounds} were found damaged");
}

#[test]
fn a_file_damaged_while_closed_is_right_or_set_aside() {
    check_damaged(1, 400, false);
}

#[test]
fn a_file_damaged_while_open_is_right_or_an_error() {
    check_damaged(2, 400, true);
}
