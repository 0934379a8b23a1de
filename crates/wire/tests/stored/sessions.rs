//! Recorded sessions, stopped and taken up again.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use aurora_domain::{
    Filter, LatencyKind, Outcome, Source, Span, State, Ts,
    series::{Buckets, Resolution},
};
use aurora_wire::{decode, snapshot};

/// At how many places each session is stopped.
const STOPS: usize = 12;

struct Line {
    source: Source,
    bytes: Vec<u8>,
}

fn lines_of(folder: &Path) -> Vec<Line> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(source) = name.split_once(".jsonl").and_then(|(kind, _)| Source::from_name(kind)) else {
            continue;
        };
        let mut bytes = fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut plain = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
            bytes = plain;
        }
        let texts = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.extend(texts.map(|line| Line { source, bytes: line.to_vec() }));
    }
    lines
}

fn take(state: &mut State, line: &Line) {
    match decode(line.source, 0, &line.bytes) {
        Ok(event) => {
            state.advance(event.ts.unwrap_or(Ts(0)));
            state.apply(&event);
        }
        Err(_) => {
            state.reject();
        }
    }
}

/// A good part of what is shown.
fn figures(state: &State) -> String {
    let end = state.now().second();
    let spans = [Span::MINUTE, Span::FIVE_MINUTES, Span::FIFTEEN_MINUTES, Span::Session].map(|span| {
        let latencies = LatencyKind::ALL.map(|kind| state.latency().summary(kind, span));
        let trade = state.trade_by_symbol(span);
        (state.orders().outcomes(span), latencies, state.funnel(span), state.explained(span), trade)
    });
    let charts = Resolution::ALL.map(|resolution| {
        let buckets = Buckets::new(resolution, end - i64::from(resolution.kept_seconds()), end);
        let filled: u64 =
            state.orders().series(buckets).iter().map(|point| point.outcomes.get(Outcome::Filled)).sum();
        (
            filled,
            state
                .latency()
                .series(LatencyKind::Ack, buckets)
                .iter()
                .filter_map(|point| point.summary)
                .count(),
        )
    });
    let whole = (
        state.orders().deny_reasons(Span::Session),
        state.orders().pending(state.now()),
        state.drop_outs(Span::Session),
    );
    let others = (state.protection().counts(Span::Session), state.governance(), state.risk().gauges());
    format!("{spans:?} {charts:?} {whole:?} {others:?} {:?}", state.reasons_in(Span::Session, Filter::ALL))
}

#[test]
fn a_recorded_session_goes_on_after_any_stop() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/sessions");
    let Ok(folders) = fs::read_dir(root) else {
        println!("skipped: there are no recorded sessions beside the project");
        return;
    };
    for folder in folders.map(|folder| folder.unwrap().path()).filter(|path| path.is_dir()) {
        let lines = lines_of(&folder);
        let (mut whole, mut stopped) = (State::new(Ts(0)), State::new(Ts(0)));
        let every = (lines.len() / STOPS).max(1);
        for (place, line) in lines.iter().enumerate() {
            take(&mut whole, line);
            take(&mut stopped, line);
            if place % every == every / 2 {
                stopped = snapshot::load(&snapshot::save(&stopped, 0)).unwrap().state;
            }
        }
        assert_eq!(figures(&whole), figures(&stopped), "{}", folder.display());
        let (whole, stopped) = (snapshot::save(&whole, 0), snapshot::save(&stopped, 0));
        assert!(whole == stopped, "{}: the bytes differ", folder.display());
        println!("{}: {} lines, {} bytes", folder.display(), lines.len(), whole.len());
    }
}
