//! Keeps a log readable when the same thing goes wrong a thousand times a second.
//!
//! Invariant: no clock inside; what was held back is counted and handed out with the next line that passes.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many lines of one kind pass per [`PERIOD`].
const BURST: u32 = 5;

/// The period of [`BURST`].
const PERIOD: Duration = Duration::from_secs(10);

/// Decides line by line.
#[derive(Debug, Default)]
pub(crate) struct LogRate {
    period_began: Duration,
    passed: u32,
    held_back: u64,
}

impl LogRate {
    /// `Some(n)` where a line may be logged, n lines having been held back since the last one that passed.
    /// `now` is any clock that only grows.
    pub(crate) fn pass(&mut self, now: Duration) -> Option<u64> {
        if now.saturating_sub(self.period_began) >= PERIOD {
            self.period_began = now;
            self.passed = 0;
        }
        if self.passed == BURST {
            self.held_back += 1;
            return None;
        }
        self.passed += 1;
        Some(std::mem::take(&mut self.held_back))
    }
}

/// A [`LogRate`] that several threads ask, with a clock of its own.
#[derive(Debug)]
pub(crate) struct SharedLogRate {
    started: Instant,
    rate: Mutex<LogRate>,
}

impl Default for SharedLogRate {
    fn default() -> Self {
        Self { started: Instant::now(), rate: Mutex::default() }
    }
}

impl SharedLogRate {
    /// As [`LogRate::pass`], now.
    pub(crate) fn pass(&self) -> Option<u64> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner).pass(self.started.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_is_counted() {
        let mut rate = LogRate::default();
        let now = Duration::from_secs(100);
        let passed = (0..12).filter(|_| rate.pass(now).is_some()).count();
        assert_eq!(passed, 5);
        assert_eq!(rate.pass(now + PERIOD), Some(7));
        assert_eq!(rate.pass(now + PERIOD), Some(0));
    }
}
