//! Slices of work between which the browser has its turn.
//!
//! Invariant: whoever asks [`Slices::turn`] before each piece of work, and works on only while [`Slices::go_on`] says so, never
//! keeps the page from input and frames for longer than a slice and one piece.

use std::cell::Cell;

use super::turn::turn;
use crate::browser;

/// The longest that work goes on without a turn for the browser, in milliseconds.
pub(crate) const SLICE_MS: f64 = 12.0;

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
        if self.go_on() {
            return false;
        }
        turn().await;
        self.end.set(browser::monotonic_ms() + SLICE_MS);
        true
    }
}
