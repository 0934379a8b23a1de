//! Slices of work between which the browser has its turn.
//!
//! Invariant: whoever asks [`Slices::turn`] before each piece of work, and works on only while [`Slices::go_on`] says so, never
//! keeps the page from input and frames for longer than a slice, or [`Slices::turn_for`] than it was told, and one piece.

use std::cell::Cell;

use super::turn::turn;
use crate::browser;

/// The longest that work goes on without a turn for the browser, in milliseconds.
pub(crate) const SLICE_MS: f64 = 12.0;
/// The same while a recording is read for the first time: nothing but its progress moves, and each pause makes lines be read twice.
pub(crate) const READING_MS: f64 = 24.0;

/// The present slice, by the page's steady clock.
#[derive(Default)]
pub(super) struct Slices {
    end: Cell<f64>,
}

impl Slices {
    /// Whether there is time left.
    pub(super) fn go_on(&self) -> bool {
        browser::monotonic_ms() < self.end.get()
    }

    /// Where no time is left, lets the browser have its turn and begins another slice; whether it did.
    pub(super) async fn turn(&self) -> bool {
        self.turn_for(SLICE_MS).await
    }

    /// The same with a slice of so many milliseconds.
    pub(super) async fn turn_for(&self, slice_ms: f64) -> bool {
        if self.go_on() {
            return false;
        }
        turn().await;
        self.end.set(browser::monotonic_ms() + slice_ms);
        true
    }
}
