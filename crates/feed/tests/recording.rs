//! What the page reads of a session's files has the state that `aurora-feed summarize` makes of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, helpers too")]

use std::{fs, io::Read as _, path::Path, sync::atomic::AtomicBool};

use aurora_domain::{State, Ts};
use aurora_feed::{
    simulate::{self, Scenario},
    summarize::reduce,
};
use aurora_wire::{
    recording::{Merge, Part, Position, Step},
    session::gather,
    snapshot,
};

/// Every file below `dir` with its path there, as a page is handed them.
fn files(dir: &Path, within: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{within}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), &path));
        } else {
            found.push((path, fs::read(entry.path()).unwrap()));
        }
    }
    found
}

fn unpacked(gz: bool, bytes: &[u8]) -> Vec<u8> {
    if !gz {
        return bytes.to_vec();
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// Reads as the page does, in small pieces, and counts what could not be read.
fn as_the_page(dir: &Path) -> (State, u64, u64) {
    let files = files(dir, "session");
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let gathered = gather(&paths);
    let session = &gathered.sessions[0];
    let texts: Vec<Vec<u8>> =
        session.parts.iter().map(|part| unpacked(part.gz, &files[part.place].1)).collect();
    let parts = session.parts.iter().zip(&texts);
    let parts: Vec<Part> = parts
        .map(|(part, text)| Part { source: part.source, bytes: text.len() as u64, unfinished: part.live })
        .collect();
    let mut merge = Merge::new(parts);
    let mut state = State::new(Ts(0));
    let mut kept: Vec<(Position, State)> = vec![(merge.position(), state.clone())];
    loop {
        match merge.run(&mut state, None, &mut || true, &mut |_| ()) {
            Step::Needs(want) => {
                let rest = &texts[want.part][usize::try_from(want.offset).unwrap()..];
                let piece = &rest[..rest.len().min(100_000)];
                merge.supply(want.log, piece.len(), |room| room.copy_from_slice(piece));
                kept.push((merge.position(), state.clone()));
            }
            Step::Late(key) => {
                kept.retain(|(position, _)| position.precedes(&key));
                let (position, then) = kept.last().unwrap();
                merge.restore(position);
                state = then.clone();
            }
            step => {
                assert_eq!(step, Step::Ended);
                let account = merge.account();
                return (state, account.lines_total(), account.rejected_total());
            }
        }
    }
}

fn check(dir: &Path) {
    let reduced = reduce(dir).unwrap();
    let (state, lines, rejected) = as_the_page(dir);
    assert_eq!(lines, reduced.input.lines(), "{}", dir.display());
    assert_eq!(rejected, reduced.input.rejected_total(), "{}", dir.display());
    assert!(snapshot::save(&state, 0) == snapshot::save(&reduced.state, 0), "{}", dir.display());
}

#[test]
fn recorded_sessions_are_read_as_summarize_reads_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sessions");
    let Ok(folders) = fs::read_dir(root) else { return };
    for folder in folders.map(|folder| folder.unwrap().path()).filter(|path| path.is_dir()) {
        check(&folder);
    }
}

#[test]
fn generated_sessions_with_broken_lines_and_rotations_are_read_as_summarize_reads_them() {
    for scenario in [Scenario::CorruptLines, Scenario::Rotation] {
        let dir = tempfile::tempdir().unwrap();
        let args = simulate::Args {
            session_dir: dir.path().to_owned(),
            rate: 40.0,
            seed: Some(7),
            scenario,
            duration: 200,
            start: Some(1_795_197_000),
            as_fast_as_possible: true,
        };
        simulate::run(&args, &AtomicBool::new(false)).unwrap();
        check(dir.path());
    }
}
