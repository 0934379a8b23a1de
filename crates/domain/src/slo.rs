//! Objectives of the session that goes on: error budgets of the last 24 hours, the colours of the leading figures, and the targets of
//! the service.
//!
//! A sample of a budget is a minute: good where its figure is on the right side of the target. A minute without data is no sample.
//! Reports ([`crate::report`]) count orders instead, over any window; this is what can be told at any moment from what charts keep.
//! Invariants: no data is `None`, never zero or met; a burn rate of 1 spends the budget in exactly its own time.

use crate::{
    Buckets, LatencyKind, Outcome, Resolution, Span, State, latency::LatencySummary, report::Comparison,
};

/// Minutes that a budget is about: a day, as long as minutes are kept.
pub const MINUTES: i64 = 24 * 60;

/// Hours over which burn rates are told, each with the rate from which on it asks for somebody (Google, The Site Reliability
/// Workbook, chapter 5). A rate of 1 over 72 hours, the last of them, is told by reports.
pub const BURN: [(i64, f64); 3] = [(1, 14.4), (6, 6.0), (24, 3.0)];

/// What a minute is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// filled ÷ submitted.
    FillRate,
    /// The 95th percentile of acknowledgements, ms.
    AckP95,
    /// The 99th percentile of policy decisions, ms.
    PolicyP99,
}

/// An objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    /// What people call it.
    pub name: &'static str,
    /// What is judged.
    pub figure: Figure,
    /// The least or greatest good value.
    pub target: f64,
    /// Which of both.
    pub comparison: Comparison,
    /// The share of minutes that have to be good, 0 to 1.
    pub share: f64,
}

/// ga-deployment-plan.md, Technical KPIs.
pub const SLOS: [Slo; 4] = [
    Slo {
        name: "Fill rate, most minutes",
        figure: Figure::FillRate,
        target: 0.8,
        comparison: Comparison::AtLeast,
        share: 0.95,
    },
    Slo {
        name: "Fill rate, typical minute",
        figure: Figure::FillRate,
        target: 0.85,
        comparison: Comparison::AtLeast,
        share: 0.5,
    },
    Slo {
        name: "Acknowledgement p95",
        figure: Figure::AckP95,
        target: 350.0,
        comparison: Comparison::AtMost,
        share: 0.95,
    },
    Slo {
        name: "Policy decision p99",
        figure: Figure::PolicyP99,
        target: 25.0,
        comparison: Comparison::AtMost,
        share: 0.99,
    },
];

/// How a budget stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// Minutes with data.
    pub samples: u64,
    /// Those that were bad.
    pub bad: u64,
    /// How many might have been.
    pub allowed: f64,
    /// The rates over [`BURN`]; `None` without a minute that has data.
    pub burn: [Option<f64>; BURN.len()],
}

impl Budget {
    /// What is left of the budget, of 1; below 0 where more is spent than there was. `None` without data.
    pub fn left(&self) -> Option<f64> {
        (self.samples > 0).then(|| 1.0 - self.bad as f64 / self.allowed)
    }

    /// Hours until nothing is left, if it goes on as in the last hour: 0 where nothing is left, `None` where nothing is being
    /// spent, or there is no data.
    pub fn exhausted_in_hours(&self) -> Option<f64> {
        let left = self.left()?;
        let rate = self.burn.first().copied().flatten()?;
        if left <= 0.0 {
            return Some(0.0);
        }
        // At a rate of 1 the whole budget lasts for the time that it is of.
        (rate > 0.0).then(|| left * (MINUTES / 60) as f64 / rate)
    }

    /// The first of [`BURN`] whose rate asks for somebody.
    pub fn alarming(&self) -> Option<(i64, f64)> {
        let over = BURN
            .into_iter()
            .zip(self.burn)
            .find(|((_, limit), rate)| rate.is_some_and(|rate| rate >= *limit));
        over.map(|(burn, _)| burn)
    }
}

impl Slo {
    /// Whether a value is good.
    pub fn holds(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast => value >= self.target,
            Comparison::AtMost => value <= self.target,
        }
    }

    /// The budget of minutes, each with its value; the last one is the newest.
    pub fn budget(&self, minutes: &[Option<f64>]) -> Budget {
        let tally = |minutes: &[Option<f64>]| {
            let known = minutes.iter().flatten();
            known.fold((0_u64, 0_u64), |(samples, bad), value| {
                (samples + 1, bad + u64::from(!self.holds(*value)))
            })
        };
        let may_be_bad = 1.0 - self.share;
        let rate = |hours: i64| {
            let length = usize::try_from(hours * 60).unwrap_or(0);
            let (samples, bad) =
                tally(minutes.get(minutes.len().saturating_sub(length)..).unwrap_or_default());
            (samples > 0).then(|| bad as f64 / samples as f64 / may_be_bad)
        };
        let (samples, bad) = tally(minutes);
        Budget {
            samples,
            bad,
            allowed: may_be_bad * samples as f64,
            burn: BURN.map(|(hours, _)| rate(hours)),
        }
    }
}

/// The value of `figure` in each of the last [`MINUTES`] that have ended.
pub fn minutes(state: &State, figure: Figure) -> Vec<Option<f64>> {
    let ended = state.now().second().div_euclid(60) - 1;
    let buckets = Buckets::new(Resolution::Minute, (ended - MINUTES + 1) * 60, ended * 60);
    let latency = |kind, read: fn(&LatencySummary) -> f64| {
        let points = state.latency().series(kind, buckets);
        points.iter().map(|point| point.summary.as_ref().map(read)).collect()
    };
    match figure {
        Figure::FillRate if !state.speakers().tells(Outcome::Filled) => {
            buckets.starts().map(|_| None).collect()
        }
        Figure::FillRate => {
            let points = state.orders().series(buckets);
            let rate = |outcomes: crate::Outcomes| {
                let submitted = outcomes.get(Outcome::Submitted);
                (submitted > 0).then(|| outcomes.get(Outcome::Filled) as f64 / submitted as f64)
            };
            points.into_iter().map(|point| rate(point.outcomes)).collect()
        }
        Figure::AckP95 => latency(LatencyKind::Ack, |summary| summary.p95_ms),
        Figure::PolicyP99 => latency(LatencyKind::Policy, |summary| summary.p99_ms),
    }
}

/// What a figure ought to be, and from where on somebody ought to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// What people call it.
    pub name: &'static str,
    /// The metric.
    pub metric: &'static str,
    /// Good up to here.
    pub target: f64,
    /// Bad beyond this.
    pub alert: f64,
    /// On which side values are good.
    pub comparison: Comparison,
    /// Whether it is in milliseconds, and no ratio.
    pub is_ms: bool,
}

/// A target with its present value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// What ought to be.
    pub target: Target,
    /// What is; `None` without data.
    pub now: Option<f64>,
}

/// On which side of its thresholds a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// The target is met.
    Green,
    /// It is not, and nobody is called for that.
    Yellow,
    /// Beyond the alert threshold.
    Red,
}

impl Measured {
    /// `None` without data.
    pub fn colour(&self) -> Option<Colour> {
        let value = self.now?;
        let Target { target, alert, .. } = self.target;
        let (is_good, is_bad) = match self.target.comparison {
            Comparison::AtLeast => (value >= target, value < alert),
            Comparison::AtMost => (value <= target, value > alert),
        };
        Some(match (is_good, is_bad) {
            (true, _) => Colour::Green,
            (false, false) => Colour::Yellow,
            (false, true) => Colour::Red,
        })
    }
}

const fn least(name: &'static str, metric: &'static str, (target, alert): (f64, f64)) -> Target {
    Target { name, metric, target, alert, comparison: Comparison::AtLeast, is_ms: false }
}

const fn most(name: &'static str, metric: &'static str, (target, alert): (f64, f64), is_ms: bool) -> Target {
    Target { name, metric, target, alert, comparison: Comparison::AtMost, is_ms }
}

/// The leading figures over five minutes, with the colours of ga-deployment-plan.md: yellow and red as CONTRACT.md section 4 has them.
pub fn leading(state: &State) -> [Measured; 5] {
    let span = Span::FIVE_MINUTES;
    let latency =
        |kind, read: fn(&LatencySummary) -> f64| state.latency().summary(kind, span).as_ref().map(read);
    [
        (least("Fill rate", "fill_rate", (0.85, 0.8)), state.orders().fill_rate(span)),
        (
            most("Acknowledgement p50", "latency.ack.p50", (280.0, 280.0), true),
            latency(LatencyKind::Ack, |own| own.p50_ms),
        ),
        (
            most("Acknowledgement p95", "latency.ack.p95", (300.0, 350.0), true),
            latency(LatencyKind::Ack, |own| own.p95_ms),
        ),
        (least("Provenance", "provenance.coverage", (0.95, 0.9)), state.provenance(span).ratio()),
        (
            most("Policy decision p99", "latency.policy.p99", (20.0, 25.0), true),
            latency(LatencyKind::Policy, |own| own.p99_ms),
        ),
    ]
    .map(|(target, now)| Measured { target, now })
}

/// The targets of the service since the session began (production-deployment-guide.md, SLO/SLA).
pub fn service(state: &State) -> [Measured; 4] {
    let queries = state.service().queries(Span::Session);
    let p95 = state.latency().summary(LatencyKind::Query, Span::Session).map(|own| own.p95_ms);
    [
        (least("Availability", "service.success_rate", (0.999, 0.995)), queries.success_rate()),
        (most("Query p95", "latency.query.p95", (500.0, 1_000.0), true), p95),
        (most("Error rate", "service.error_rate", (0.01, 0.05), false), queries.error_rate()),
        (least("Cache hits", "service.cache_hit_rate", (0.3, 0.2)), queries.cache_hit_rate()),
    ]
    .map(|(target, now)| Measured { target, now })
}

#[cfg(test)]
mod tests;
