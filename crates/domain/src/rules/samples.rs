//! One observation: values of series at one time.
//!
//! Invariant: what a session's state says comes from [`metrics::expose`], so rules judge what `/metrics` shows.

use std::borrow::Cow;

use super::{engine::Engine, labels::Labels};
use crate::{
    Span, State,
    metrics::{self, Kind, Sink},
};

/// One value of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name, as `/metrics` has it.
    pub metric: Cow<'static, str>,
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// Collects the samples that rules ask for.
#[derive(Clone, Debug)]
pub struct Samples<'e> {
    engine: &'e Engine,
    metric: &'static str,
    taken: Vec<Sample>,
}

impl<'e> Samples<'e> {
    /// For the rules of `engine`; nothing yet.
    pub fn new(engine: &'e Engine) -> Self {
        Self { engine, metric: "", taken: Vec::new() }
    }

    /// The figures of a session, over `span` where they are over a window. Those that the caller knows besides, such as
    /// clients, memory and disk, are given through [`Sink`].
    pub fn state(&mut self, state: &State, span: Span) {
        metrics::expose(state, span, self);
    }

    /// What was collected, for [`Engine::observe`].
    pub fn into_vec(self) -> Vec<Sample> {
        self.taken
    }
}

impl Sink for Samples<'_> {
    #[inline]
    fn begin(&mut self, name: &'static str, _: Kind, _: &'static str) -> bool {
        self.metric = name;
        self.engine.wants(name)
    }

    fn put(&mut self, labels: &[(&str, &str)], value: f64) {
        let labels = Labels::new(labels.iter().copied());
        self.taken.push(Sample { metric: Cow::Borrowed(self.metric), labels, value });
    }
}
