//! A sink that keeps what it is given, and a `fetch` that answers from the test.

use std::cell::{Cell, RefCell};

use aurora_dashboard::transport::{Signal, Sink};

use crate::support::run;

/// Keeps what it is given.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) signals: RefCell<Vec<Signal>>,
    pub(crate) full: Cell<bool>,
    pub(crate) asked: Cell<u32>,
}

impl Sink for Kept {
    fn deliver(&self, signal: Signal) {
        self.signals.borrow_mut().push(signal);
    }

    fn has_room(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        !self.full.get()
    }
}

/// Answers the next request with `answer`, an expression, and keeps the request as `seen`.
pub(crate) fn answer_once(answer: &str) {
    let body = format!(
        "const real = window.fetch;
         window.fetch = request => {{ window.fetch = real; window.seen = request; return Promise.resolve({answer}) }}"
    );
    run(&body, &[]);
}

/// What an expression says of the `request` that was seen last.
pub(crate) fn seen(expression: &str) -> Option<String> {
    run(&format!("const request = window.seen; return {expression}"), &[]).as_string()
}
