//! The path of the sequential test between its bounds.
//!
//! Between two records the ratio stands where it was: each bucket has the value at its end.

use aurora_charts::Unit;
use aurora_domain::State;

use super::{Ask, Limit, Plot, Series, Shape};

/// The log-likelihood ratio at the end of each bucket, with the bounds at which the test ends.
pub(crate) fn sprt_plot(state: &State, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::Number, Shape::Lines);
    let governance = state.governance();
    let mut path =
        governance.path().filter_map(|point| Some((point.at.0 as f64 / 1e9, point.llr?))).peekable();
    let (mut last, step, now) = (f64::NAN, i64::from(plot.window.step), plot.now as f64);
    let value = |start: i64| {
        while let Some((_, llr)) = path.next_if(|(at, _)| *at < (start + step) as f64) {
            last = llr;
        }
        // What is to come is not known.
        if start as f64 > now { f64::NAN } else { last }
    };
    let values = plot.window.starts().map(value).collect();
    let bounds = governance.boundaries;
    let limit = |value: Option<f64>, label| Some(Limit { value: value?, label, always: true });
    let limits = [limit(bounds.upper, "accept H1"), limit(bounds.lower, "accept H0")];
    Plot {
        series: vec![Series { name: "LLR".into(), slot: 1, values }],
        limits: limits.into_iter().flatten().collect(),
        words: "Line chart of the sequential test's log-likelihood ratio between its bounds over time".into(),
        empty: "No sequential test in this span".into(),
        ..plot
    }
}
