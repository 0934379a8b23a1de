//! The order against that of all lines sorted, for real sessions and for logs in every disorder.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "lengths and counts of a test are small"
)]

use std::{fs, io::Read as _, path::Path};

use aurora_domain::{Source, State, Ts};
use proptest::prelude::*;

use super::*;
use crate::{
    decode,
    session::{self, Piece, Splitter},
    snapshot,
};

/// Every line sorted, as `aurora-feed summarize` does it.
fn sorted(parts: &[(Part, Vec<u8>)], until: Option<Ts>) -> (State, u64) {
    let mut lines: Vec<(Key, Option<String>)> = Vec::new();
    let mut last = [None; 5];
    for (index, (part, bytes)) in parts.iter().enumerate() {
        let mut splitter = Splitter::default();
        let mut pieces: Vec<(u64, Option<String>)> = Vec::new();
        let mut emit = |at: session::Located<'_>| match at.piece {
            Piece::Line(line) if line.trim().is_empty() => {}
            Piece::Line(line) => pieces.push((at.line_no, Some(line.to_owned()))),
            _ => pieces.push((at.line_no, None)),
        };
        splitter.push(bytes, &mut emit);
        if !part.unfinished {
            splitter.finish(&mut emit);
        }
        let mut nul = 0;
        for (number, text) in pieces {
            let event = text.as_ref().map(|text| decode(part.source, number, text.as_bytes()));
            let is_rejected = !matches!(event, Some(Ok(_)));
            let last = &mut last[part.source as usize];
            if let Some(Ok(event)) = &event {
                *last = event.ts.or(*last);
            }
            let key = Key { at: *last, source: part.source, part: index as u32, number };
            if is_rejected && text.is_some() && nul == number {
                continue; // broken text behind NUL bytes counts once
            }
            nul = if text.is_none() { number } else { nul };
            lines.push((key, text.filter(|_| !is_rejected)));
        }
    }
    lines.sort_by_key(|(key, _)| *key);
    let first = lines.iter().find_map(|(key, _)| key.at).unwrap_or(Ts(0));
    let mut state = State::new(first);
    let mut count = 0;
    for (key, text) in lines {
        if until.is_some() && key.at > until {
            break;
        }
        count += 1;
        match text {
            None => state.reject(),
            Some(text) => {
                if let Some(at) = key.at {
                    state.advance(at);
                }
                state.apply(&decode(key.source, key.number, text.as_bytes()).unwrap())
            }
        };
    }
    (state, count)
}

/// The same by a merge that is handed `chunk` bytes at a time and pauses often, with positions to go back to.
struct Replay<'p> {
    parts: &'p [(Part, Vec<u8>)],
    chunk: usize,
    merge: Merge,
    state: State,
    kept: Vec<(Position, State)>,
    late: usize,
}

impl<'p> Replay<'p> {
    fn new(parts: &'p [(Part, Vec<u8>)], chunk: usize) -> Self {
        let merge = Merge::new(parts.iter().map(|(part, _)| *part).collect());
        let state = State::new(Ts(0));
        let kept = vec![(merge.position(), state.clone())];
        Self { parts, chunk, merge, state, kept, late: 0 }
    }

    fn run(&mut self, until: Option<Ts>) -> Step {
        loop {
            let mut budget = 4;
            let mut go_on = || {
                budget -= 1;
                budget > 0
            };
            match self.merge.run(&mut self.state, until, &mut go_on, &mut |_| ()) {
                Step::Needs(want) => {
                    let end = self.merge.parts()[want.part].bytes as usize;
                    let bytes = &self.parts[want.part].1[want.offset as usize..end];
                    let bytes = &bytes[..bytes.len().min(self.chunk)];
                    self.merge.supply(want.log, bytes.len(), |room| room.copy_from_slice(bytes));
                }
                Step::Paused => self.kept.push((self.merge.position(), self.state.clone())),
                Step::Late(key) => {
                    self.late += 1;
                    self.kept.retain(|(position, _)| position.precedes(&key));
                    let (position, state) = self.kept.last().unwrap();
                    self.merge.restore(position);
                    self.state = state.clone();
                }
                step => return step,
            }
        }
    }

    fn go_back(&mut self, to: Ts) {
        let before = |at: Option<Ts>| at.is_none_or(|at| at <= to);
        let (position, state) = self.kept.iter().rev().find(|(position, _)| before(position.at())).unwrap();
        self.merge.restore(position);
        self.state = state.clone();
    }
}

fn bytes(state: &State) -> Vec<u8> {
    snapshot::save(state, 0)
}

fn check(parts: &[(Part, Vec<u8>)], chunk: usize) -> usize {
    let (expected, count) = sorted(parts, None);
    let mut replay = Replay::new(parts, chunk);
    assert_eq!(replay.run(None), Step::Ended);
    assert_eq!(replay.merge.lines(), count);
    assert!(bytes(&replay.state) == bytes(&expected), "the states differ, in chunks of {chunk}");
    let rejected = expected.session().rejected();
    assert_eq!(replay.merge.account().rejected_total(), rejected);
    replay.late
}

fn part(source: Source, text: &[u8]) -> (Part, Vec<u8>) {
    (Part { source, bytes: text.len() as u64, unfinished: false }, text.to_vec())
}

fn line(ms: i64) -> String {
    format!("{{\"ts_ns\":{},\"event_code\":\"ORDER.SUBMIT\",\"cid\":\"c{ms}\"}}\n", ms * 1_000_000)
}

/// The parts of a recorded session in reading order, unpacked.
fn recorded(dir: &Path) -> Vec<(Part, Vec<u8>)> {
    let names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let gathered = session::gather(&names);
    let members = &gathered.sessions[0].parts;
    members
        .iter()
        .map(|member| {
            let mut bytes = fs::read(dir.join(&names[member.place])).unwrap();
            if member.gz {
                let mut unpacked = Vec::new();
                flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).unwrap();
                bytes = unpacked;
            }
            let part = Part { source: member.source, bytes: bytes.len() as u64, unfinished: member.live };
            (part, bytes)
        })
        .collect()
}

#[test]
fn recorded_sessions_have_the_state_of_their_lines_sorted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sessions");
    let Ok(folders) = fs::read_dir(root) else { return };
    for folder in folders.map(|folder| folder.unwrap().path()).filter(|path| path.is_dir()) {
        let late = check(&recorded(&folder), 1 << 20);
        assert!(late < Merge::LOGS, "{}", folder.display());
    }
}

#[test]
fn a_state_at_any_time_is_that_of_a_fresh_reading_up_to_it() {
    let text = |from: i64| (0..4000).map(|at| line(from + at * 10)).collect::<String>();
    let parts = [part(Source::Events, text(0).as_bytes()), part(Source::Denied, text(5).as_bytes())];
    let mut replay = Replay::new(&parts, 10_000);
    replay.run(None);
    for ms in [39_995, 0, 20_001, 20_000, 7, 31_234] {
        let at = Ts(ms * 1_000_000);
        replay.go_back(at);
        assert_eq!(replay.run(Some(at)), if ms == 39_995 { Step::Ended } else { Step::Reached });
        let (expected, count) = sorted(&parts, Some(at));
        assert_eq!(replay.merge.lines(), count, "at {ms}");
        assert!(bytes(&replay.state) == bytes(&expected), "at {ms}");
    }
}

/// How many lines are taken in, and of how many bytes, before it is asked whether to go on.
fn between_two_looks(text: &str) -> (usize, usize) {
    let parts = [part(Source::Events, text.as_bytes())];
    let mut merge = Merge::new(vec![parts[0].0]);
    let mut state = State::new(Ts(0));
    let mut most = (0, 0);
    loop {
        let (mut lines, mut bytes) = (0, 0);
        let step = merge.run(&mut state, None, &mut || false, &mut |line| {
            lines += 1;
            bytes += line.text.len();
        });
        most = (most.0.max(lines), most.1.max(bytes));
        match step {
            Step::Needs(want) => {
                let rest = &text.as_bytes()[want.offset as usize..];
                merge.supply(want.log, rest.len(), |room| room.copy_from_slice(rest));
            }
            Step::Paused => {}
            step => {
                assert_eq!(step, Step::Ended);
                return most;
            }
        }
    }
}

#[test]
fn whoever_reads_is_asked_again_and_again_whether_to_go_on() {
    let short: String = (0..5000).map(line).collect();
    let (lines, _) = between_two_looks(&short);
    assert!((1..=64).contains(&lines), "{lines} lines in one go");
    let filled = format!("\",\"filler\":\"{}\"}}\n", "x".repeat(500_000));
    let long: String = (0..40).map(|ms| line(ms).replace("\"}\n", &filled)).collect();
    let (lines, bytes) = between_two_looks(&long);
    assert!(lines >= 1 && bytes < 1 << 20, "{lines} lines of {bytes} bytes in one go");
}

#[test]
fn what_is_read_ahead_is_what_will_be_asked_for() {
    let text = |from: i64, lines: i64| (from..from + lines).map(line).collect::<String>().into_bytes();
    let parts: Vec<(Part, Vec<u8>)> = vec![
        part(Source::Events, &text(0, 3000)),
        part(Source::Denied, &text(0, 1100)),
        part(Source::Events, b""),
        part(Source::Events, &text(3000, 1501)),
    ];
    let mut merge = Merge::new(parts.iter().map(|(part, _)| *part).collect());
    let mut state = State::new(Ts(0));
    let mut expected = [None, None];
    let mut asked = 0;
    while let Step::Needs(want) = merge.run(&mut state, None, &mut || true, &mut |_| ()) {
        let slot = usize::from(parts[want.part].0.source != Source::Events);
        assert!(expected[slot].is_none_or(|expected| expected == Some(want)), "{want:?} after {expected:?}");
        let bytes = &parts[want.part].1[want.offset as usize..];
        let bytes = &bytes[..bytes.len().min(10_000)];
        expected[slot] = Some(merge.bytes_after(want, bytes.len() as u64));
        merge.supply(want.log, bytes.len(), |room| room.copy_from_slice(bytes));
        assert_eq!(merge.next_bytes(want.log), expected[slot].flatten());
        asked += 1;
    }
    assert_eq!(expected, [Some(None), Some(None)], "nothing is left");
    assert!(asked > 30);
}

#[test]
fn a_log_that_goes_far_back_is_read_in_order_all_the_same() {
    let run = |from: i64| (from..from + 2000).map(line).collect::<String>();
    let text = run(5_000_000) + &run(1_000_000) + &run(3_000_000);
    let parts = [part(Source::Events, text.as_bytes()), part(Source::Success, run(2_000_000).as_bytes())];
    assert!(check(&parts, 50_000) >= 1);
}

#[test]
fn a_log_without_any_order_is_refused() {
    let times = (0..200_i64).rev().flat_map(|block| (0..700).map(move |at| block * 700 + at));
    let text: String = times.map(line).collect();
    let parts = [part(Source::Events, text.as_bytes())];
    assert_eq!(Replay::new(&parts, 1 << 16).run(None), Step::Disordered { part: 0 });
}

#[test]
fn broken_lines_are_counted_as_the_feed_counts_them() {
    let mut text = b"\0\0".to_vec();
    text.extend_from_slice(line(5).as_bytes());
    text.extend_from_slice(b"\0broken\n\n  \nbroken\n\xff\xfe\n\0\n");
    text.extend(std::iter::repeat_n(b'x', crate::MAX_LINE_BYTES + 5));
    text.extend_from_slice(b"\n");
    text.extend_from_slice(line(7).as_bytes());
    text.extend(std::iter::repeat_n(b'y', 3 * crate::MAX_LINE_BYTES));
    text.extend_from_slice(b"\nlast without a newline");
    for chunk in [10_000, 1 << 16, 1 << 23] {
        let parts = [part(Source::Events, &text)];
        check(&parts, chunk);
        let mut replay = Replay::new(&parts, chunk);
        replay.run(None);
        let account = replay.merge.account();
        assert_eq!((account.malformed, account.oversized, account.not_utf8), (5, 2, 1), "{chunk}");
        assert_eq!(account.lines, [9]);
        assert_eq!(account.rejected.len(), 8);
        let numbers: Vec<u64> = account.rejected.iter().map(|line| line.line).collect();
        assert_eq!(numbers, [1, 2, 5, 6, 7, 8, 10, 11]);
    }
}

#[test]
fn the_last_line_of_a_file_that_may_grow_waits_for_its_end() {
    let (mut open, bytes) = part(Source::Events, (line(1) + line(2).trim_end()).as_bytes());
    for (unfinished, expected) in [(true, 1), (false, 2)] {
        open.unfinished = unfinished;
        let parts = [(open, bytes.clone())];
        check(&parts, 1000);
        let mut replay = Replay::new(&parts, 10);
        replay.run(None);
        assert_eq!(replay.merge.account().lines_total(), expected);
    }
}

#[test]
fn a_recording_without_any_line_ends() {
    assert_eq!(Replay::new(&[], 1).run(None), Step::Ended);
    let empty = [part(Source::Events, b""), part(Source::Events, b"\n\n")];
    assert_eq!(Replay::new(&empty, 1).run(None), Step::Ended);
}

#[test]
fn a_part_that_breaks_off_ends_there() {
    let text = line(1) + &line(2) + &line(3);
    let parts = [part(Source::Events, text.as_bytes()), part(Source::Events, line(4).as_bytes())];
    let mut replay = Replay::new(&parts, 1 << 20);
    replay.merge.break_off(0, (line(1).len() + 5) as u64);
    assert_eq!(replay.run(None), Step::Ended);
    assert_eq!(replay.merge.account().lines, [1, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_disorder_gives_the_order_of_sorting(
        logs in prop::collection::vec(
            (0..5_usize, prop::collection::vec((0..2000_i64, 0..8_u8), 0..700), any::<bool>()), 0..4),
        chunk in 500..20_000_usize,
    ) {
        let parts: Vec<(Part, Vec<u8>)> = logs.iter().enumerate().map(|(index, (source, lines, jumps))| {
            let mut text = Vec::new();
            for (place, (jitter, kind)) in lines.iter().enumerate() {
                let drift = if *jumps { -(place as i64) } else { place as i64 };
                let ms = 1_000_000 + index as i64 * 100 + drift * 20 + jitter;
                text.extend_from_slice(match kind {
                    0 => "{\"event_code\":\"ORDER.ACK\"}\n".to_owned(),
                    1 => "broken\n".to_owned(),
                    _ => line(ms),
                }.as_bytes());
            }
            part(Source::ALL[*source], &text)
        }).collect();
        check(&parts, chunk);
    }
}
