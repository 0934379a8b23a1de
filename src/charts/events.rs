//! The chart of events: how many lines the logs of the session gain per second.

use aurora_charts::Unit;
use aurora_domain::State;

use super::{Ask, Plot, Series, Shape};

/// Events per second in each bucket, of all symbols and sides.
pub(crate) fn event_plot(state: &State, ask: Ask) -> Plot {
    let plot = Plot::new(state, ask, Unit::PerSecond, Shape::Lines);
    let first = state.session().first().map(aurora_domain::Ts::second);
    let step = i64::from(plot.window.step);
    // Before the session and after its time there is nothing to count, which is not zero.
    let known = |start: i64| start <= plot.now && first.is_some_and(|first| start + step > first);
    let counts = state.event_series(plot.window.buckets());
    let rate = |(start, count): (i64, u64)| if known(start) { count as f64 / step as f64 } else { f64::NAN };
    let values = plot.window.starts().zip(counts).map(rate).collect();
    Plot {
        series: vec![Series { name: "events".into(), slot: 1, values }],
        words: "Line chart of events per second over time".into(),
        empty: "No events in this span".into(),
        ..plot
    }
}
