//! One objective, its value over a window, and what is left of its error budget.
//!
//! Each objective is a share of samples that may be bad: with a quantile q, (1 − q) of them; the budget is that share of the
//! samples that there were. A burn rate is the share of bad samples in the last hours over that share: at 1 the budget
//! is spent when its time is, at 14.4 within a fiftieth of a month (Google, The Site Reliability Workbook, chapter 5).

use super::{Course, Window};
use crate::{LatencyKind, format};

/// Hours over which burn rates are told, and their names.
const BURN_HOURS: [(&str, i64); 4] = [("1h", 1), ("6h", 6), ("24h", 24), ("72h", 72)];

/// What samples an objective is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Minutes in which orders were submitted: filled ÷ submitted of each.
    FillRate,
    /// Durations in milliseconds.
    Latency(LatencyKind),
    /// Records of submitted orders: whether they say where they come from.
    Provenance,
    /// Incidents; none may happen.
    Incidents,
}

impl Measure {
    /// A value of it, as people write it.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::FillRate | Self::Provenance => format::percent(value),
            Self::Latency(_) => format::millis(value),
            Self::Incidents => format::number(value),
        }
    }
}

/// On which side of the target values are good. The target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// At or above it.
    AtLeast,
    /// At or below it.
    AtMost,
}

impl Comparison {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::AtMost => "at most",
        }
    }

    fn holds(self, value: f64, target: f64) -> bool {
        match self {
            Self::AtLeast => value >= target,
            Self::AtMost => value <= target,
        }
    }
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// What people call it.
    pub name: &'static str,
    /// The metric, with its quantile.
    pub metric: &'static str,
    /// What is measured.
    pub measure: Measure,
    /// The share of samples that has to be good, 0 to 1.
    pub share: f64,
    /// The least or greatest good value: a ratio, milliseconds, or a count.
    pub target: f64,
    /// Which of both.
    pub comparison: Comparison,
}

/// The objectives of a canary (ga-deployment-plan.md, Technical KPIs and Canary Success Criteria).
pub const GA: [Objective; 7] = [
    Objective {
        name: "Fill rate, typical minute",
        metric: "fill_rate.p50",
        measure: Measure::FillRate,
        share: 0.5,
        target: 0.85,
        comparison: Comparison::AtLeast,
    },
    Objective {
        name: "Fill rate, 95 % of minutes",
        metric: "fill_rate.p95",
        measure: Measure::FillRate,
        share: 0.95,
        target: 0.8,
        comparison: Comparison::AtLeast,
    },
    Objective {
        name: "Acknowledgement, median",
        metric: "latency.ack.p50",
        measure: Measure::Latency(LatencyKind::Ack),
        share: 0.5,
        target: 280.0,
        comparison: Comparison::AtMost,
    },
    Objective {
        name: "Acknowledgement, p95",
        metric: "latency.ack.p95",
        measure: Measure::Latency(LatencyKind::Ack),
        share: 0.95,
        target: 350.0,
        comparison: Comparison::AtMost,
    },
    Objective {
        name: "Provenance",
        metric: "provenance.coverage",
        measure: Measure::Provenance,
        share: 0.95,
        target: 0.95,
        comparison: Comparison::AtLeast,
    },
    Objective {
        name: "Policy decision, p99",
        metric: "latency.policy.p99",
        measure: Measure::Latency(LatencyKind::Policy),
        share: 0.99,
        target: 25.0,
        comparison: Comparison::AtMost,
    },
    Objective {
        name: "Incidents",
        metric: "incidents",
        measure: Measure::Incidents,
        share: 1.0,
        target: 0.0,
        comparison: Comparison::AtMost,
    },
];

/// The share of bad samples in the last hours, over the share that may be bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnRate {
    /// The stretch: `1h`, `6h`, `24h` or `72h`, ending with the window.
    pub over: &'static str,
    /// The rate; `None` without samples in the stretch, or where none may be bad.
    pub rate: Option<f64>,
}

/// How many samples may be bad.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// How many may be.
    pub total: f64,
    /// How many are.
    pub spent: u64,
    /// How fast it is spent.
    pub burn_rates: Vec<BurnRate>,
}

/// An objective and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The objective.
    pub objective: Objective,
    /// What was reached; `None` without samples.
    pub value: Option<f64>,
    /// How many samples there are.
    pub samples: u64,
    /// Whether it was met; `None` without samples.
    pub met: Option<bool>,
    /// What may go wrong and did.
    pub budget: Budget,
}

/// The samples of some stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    value: Option<f64>,
    samples: u64,
    bad: u64,
}

impl Objective {
    pub(super) fn judge(self, course: &Course, window: Window, incidents: usize) -> Judged {
        let all = self.tally(course, window, incidents);
        let may_be_bad = 1.0 - self.share;
        let burn_rate = |hours| {
            let tally = self.tally(course, window.last_hours(hours), incidents);
            let share = (tally.samples > 0).then(|| tally.bad as f64 / tally.samples as f64);
            share.filter(|_| self.measure != Measure::Incidents).map(|share| share / may_be_bad)
        };
        Judged {
            objective: self,
            value: all.value,
            samples: all.samples,
            met: all.value.map(|value| self.comparison.holds(value, self.target)),
            budget: Budget {
                total: may_be_bad * all.samples as f64,
                spent: all.bad,
                burn_rates: BURN_HOURS
                    .map(|(over, hours)| BurnRate { over, rate: burn_rate(hours) })
                    .to_vec(),
            },
        }
    }

    fn tally(&self, course: &Course, window: Window, incidents: usize) -> Tally {
        match self.measure {
            Measure::FillRate => self.of_minutes(course.fill_rates(window)),
            Measure::Latency(kind) => {
                let durations = course.durations(window, kind);
                let quantile = durations.summary().map(|summary| match self.share {
                    share if share >= 0.99 => summary.p99_ms,
                    share if share >= 0.95 => summary.p95_ms,
                    share if share >= 0.9 => summary.p90_ms,
                    _ => summary.p50_ms,
                });
                Tally { value: quantile, samples: durations.count(), bad: durations.above(self.target) }
            }
            Measure::Provenance => {
                let (records, complete) = course.provenance(window);
                let value = (records > 0).then(|| complete as f64 / records as f64);
                Tally { value, samples: records, bad: records.saturating_sub(complete) }
            }
            // That there was none is known of a stretch that was covered.
            Measure::Incidents => {
                let known = course.covered_minutes(window) > 0 || incidents > 0;
                let count = incidents as u64;
                Tally { value: known.then_some(count as f64), samples: count, bad: count }
            }
        }
    }

    /// The value that `share` of the minutes reach or exceed.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    fn of_minutes(&self, mut rates: Vec<f64>) -> Tally {
        rates.sort_by(|one, other| other.total_cmp(one));
        let rank = (self.share * rates.len() as f64).ceil() as usize;
        let bad = rates.iter().filter(|rate| !self.comparison.holds(**rate, self.target)).count();
        Tally {
            value: rates.get(rank.saturating_sub(1)).copied(),
            samples: rates.len() as u64,
            bad: bad as u64,
        }
    }
}
