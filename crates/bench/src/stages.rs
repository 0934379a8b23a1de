//! The stages of a reduction one by one, as criterion measures them natively; each gives the milliseconds that it took.

use std::hint::black_box;

use aurora_domain::{Event, Source, State, Ts, histogram::Histogram};
use aurora_wire::{
    decode,
    decode::decode_with_serde,
    sse::{Decoder, Item},
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::reduction::apply;

const FRACTIONS: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

#[wasm_bindgen]
extern "C" {
    /// The page's clock, in milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Lines of a stream.
#[wasm_bindgen]
pub struct Stages {
    lines: Vec<(Source, Vec<u8>)>,
}

#[wasm_bindgen]
impl Stages {
    /// The first `limit` lines of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(stream: &[u8], limit: usize) -> Self {
        let mut lines = Vec::new();
        Decoder::default().feed(stream, |item| {
            if let Item::Message(message) = item
                && let Some(source) = Source::from_name(message.kind)
                && lines.len() < limit
            {
                lines.push((source, message.data.to_vec()));
            }
        });
        Self { lines }
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Lines to events.
    pub fn to_event(&self) -> f64 {
        let start = now();
        for (source, line) in &self.lines {
            black_box(decode(*source, 0, line)).ok();
        }
        now() - start
    }

    /// Lines to events by the general parser.
    pub fn to_event_general(&self) -> f64 {
        let start = now();
        for (source, line) in &self.lines {
            black_box(decode_with_serde(*source, line)).ok();
        }
        now() - start
    }

    /// Events to a state.
    pub fn to_state(&self) -> f64 {
        let events: Vec<Event<'_>> =
            self.lines.iter().filter_map(|(source, line)| decode(*source, 0, line).ok()).collect();
        let start = now();
        let mut state = State::new(Ts(0));
        for event in &events {
            if let Some(ts) = event.ts {
                state.advance(ts);
            }
            state.apply(event);
        }
        black_box(&state);
        now() - start
    }

    /// Lines to a state.
    pub fn both(&self) -> f64 {
        let start = now();
        let mut state = State::new(Ts(0));
        for (source, line) in &self.lines {
            apply(&mut state, *source, line);
        }
        black_box(&state);
        now() - start
    }
}

/// `count` durations into a histogram.
#[wasm_bindgen]
pub fn quantile_insert(count: u32) -> f64 {
    let durations = durations();
    let mut histogram = Histogram::default();
    let start = now();
    for ms in durations.iter().cycle().take(count as usize) {
        black_box(histogram.record(*ms));
    }
    now() - start
}

/// Four quantiles of a histogram, `count` times.
#[wasm_bindgen]
pub fn quantile_read(count: u32) -> f64 {
    let mut histogram = Histogram::default();
    for ms in durations() {
        histogram.record(ms);
    }
    let start = now();
    for _ in 0..count {
        black_box(histogram.quantiles(black_box(FRACTIONS)));
    }
    now() - start
}

/// Durations from 0.1 ms to about ten seconds, spread over the whole range by a fixed rule.
fn durations() -> Vec<f64> {
    (0..10_000_u32).map(|i| 0.1 * 1.012_f64.powf(f64::from(i.wrapping_mul(2_654_435_761) % 1_000))).collect()
}
