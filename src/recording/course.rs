//! The course of a recording in a few hundred numbers: how many events when, and what to find on the way.
//!
//! Invariants: at most 512 buckets, which widen as the recording gets longer; at most [`Course::MARKERS`] markers,
//! what is beyond is counted.

use aurora_domain::{BreakerState, Ts};
use aurora_wire::recording::Line;

/// Events over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Density {
    /// The second that the first bucket begins with.
    start: i64,
    /// Seconds of a bucket.
    width: i64,
    counts: Vec<u32>,
}

impl Density {
    /// The most buckets.
    const LIMIT: i64 = 512;

    fn count(&mut self, second: i64) {
        if self.counts.is_empty() {
            (self.start, self.width) = (second, 1);
        }
        while (second - self.start) / self.width >= Self::LIMIT {
            self.counts = self.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.width *= 2;
        }
        // Lines come in order; one from before the first time counts with it.
        let bucket = usize::try_from((second - self.start) / self.width).unwrap_or(0);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// Each bucket's begin and end as parts of the time from `first` to `last`, and its count as a part of the largest.
    pub(crate) fn bars(&self, first: Ts, last: Ts) -> Vec<(f64, f64, f64)> {
        let length = last.seconds_since(first).max(1e-9);
        let most = f64::from(self.counts.iter().copied().max().unwrap_or(1).max(1));
        let place = |second: i64| {
            (Ts::from_millis(second.saturating_mul(1000)).seconds_since(first) / length).clamp(0.0, 1.0)
        };
        let at = |bucket: usize| self.start + self.width * i64::try_from(bucket).unwrap_or(0);
        let counts = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counts
            .map(|(bucket, count)| (place(at(bucket)), place(at(bucket + 1)), f64::from(*count) / most))
            .collect()
    }
}

/// What a marker stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// When.
    pub(crate) at: Ts,
    /// What, in words.
    pub(crate) words: String,
    /// Whether it is trouble.
    pub(crate) is_trouble: bool,
}

/// What a reading gathers beside the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// Events over time.
    pub(crate) density: Density,
    /// Halts, breaker changes, and what else changed, oldest first.
    pub(crate) markers: Vec<Marker>,
    /// Markers that there was no room for.
    pub(crate) more_markers: u64,
    breaker: Option<BreakerState>,
    halted: Option<bool>,
}

impl Course {
    /// The most markers.
    pub(crate) const MARKERS: usize = 200;

    /// Takes a line in.
    pub(crate) fn take(&mut self, line: &Line<'_>) {
        let Some(at) = line.key.at else { return };
        self.density.count(at.second());
        let Some(event) = line.event else { return };
        if event.breaker.is_some() && event.breaker != self.breaker {
            let known = std::mem::replace(&mut self.breaker, event.breaker);
            let state = self.breaker.map_or("", BreakerState::name);
            // That it is closed at the beginning is no change.
            if known.is_some() || self.breaker != Some(BreakerState::Closed) {
                let is_trouble = self.breaker != Some(BreakerState::Closed);
                self.mark(at, format!("circuit breaker {state}"), is_trouble);
            }
        }
        if event.halted.is_some() && event.halted != self.halted {
            let known = std::mem::replace(&mut self.halted, event.halted);
            match (known, self.halted) {
                (_, Some(true)) => self.mark(at, "trading halted".to_owned(), true),
                (Some(true), _) => self.mark(at, "trading resumed".to_owned(), false),
                _ => {}
            }
        }
    }

    fn mark(&mut self, at: Ts, words: String, is_trouble: bool) {
        if self.markers.len() < Self::MARKERS {
            self.markers.push(Marker { at, words, is_trouble });
        } else {
            self.more_markers += 1;
        }
    }
}
