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

#[cfg(test)]
mod tests {
    use super::{
        super::{AlertState, Group, Rule, RuleText},
        *,
    };
    use crate::{Code, Event, Shape, Source, Ts};

    const NOW: Ts = Ts(1_795_196_697_000_000_000);

    fn engine(expr: &str) -> Engine {
        let text = RuleText { alert: "A".to_owned(), expr: expr.to_owned(), ..RuleText::default() };
        let rules = vec![Rule::new(text).unwrap()];
        Engine::new(vec![Group { name: "g".to_owned(), interval_ms: None, rules }])
    }

    #[test]
    fn rules_judge_the_figures_of_the_state_and_what_is_given_besides() {
        let mut state = State::new(NOW);
        let mut event = Event::bare(Source::Events, Shape::Canonical, Code::OrderDeny, "ORDER.DENY");
        event.ts = Some(NOW);
        state.apply(&event);
        let mut engine = engine("aurora_deny_rate > 0.5 and on() aurora_sse_clients == 1");
        let mut samples = Samples::new(&engine);
        samples.state(&state, Span::FIVE_MINUTES);
        samples.gauge("aurora_sse_clients", "Streams that are open.", 1.0);
        samples.gauge("aurora_uptime_seconds", "No rule asks for it.", 1.0);
        let samples = samples.into_vec();
        let seen: Vec<_> = samples.iter().map(|sample| (&*sample.metric, sample.value)).collect();
        assert_eq!(seen, [("aurora_deny_rate", 1.0), ("aurora_sse_clients", 1.0)]);
        engine.observe(NOW, &samples);
        assert_eq!(engine.alerts()[0].state, AlertState::Firing);
    }

    #[test]
    fn no_data_is_no_sample() {
        let engine = engine("absent(aurora_fill_rate)");
        let mut samples = Samples::new(&engine);
        samples.state(&State::new(NOW), Span::FIVE_MINUTES);
        assert_eq!(samples.into_vec(), []);
    }
}
