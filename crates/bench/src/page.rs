//! What the page calls: a reduction that takes chunks, and what came of it in words.

use aurora_domain::{LatencyKind, Outcome, Span};
use aurora_wire::snapshot;
use wasm_bindgen::prelude::wasm_bindgen;

/// A stream being reduced.
#[wasm_bindgen]
#[derive(Default)]
pub struct Reduction(crate::reduction::Reduction);

#[wasm_bindgen]
impl Reduction {
    /// Nothing read yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a chunk of the stream, cut anywhere.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.0.feed(chunk);
    }

    /// How many events were applied.
    pub fn events(&self) -> f64 {
        self.0.state().session().events() as f64
    }

    /// How many lines could not be read.
    pub fn rejected(&self) -> f64 {
        self.0.state().session().rejected() as f64
    }

    /// The state as a snapshot.
    pub fn save(&self) -> Vec<u8> {
        snapshot::save(self.0.state(), 0)
    }

    /// How many events the state of a snapshot has; 0 for what is none.
    pub fn load(bytes: &[u8]) -> f64 {
        snapshot::load(bytes).map_or(0.0, |loaded| loaded.state.session().events() as f64)
    }

    /// A few figures of the session, so that a person can see that the work was done.
    pub fn summary(&self) -> String {
        let state = self.0.state();
        let outcomes = state.orders().outcomes(Span::Session);
        let decision = state.latency().summary(LatencyKind::Decision, Span::Session);
        format!(
            "submitted {}, filled {}, denied {}, decision p99 {:.2} ms",
            outcomes.get(Outcome::Submitted),
            outcomes.get(Outcome::Filled),
            outcomes.get(Outcome::Denied),
            decision.map_or(0.0, |summary| summary.p99_ms),
        )
    }
}
