//! Quantiles, least and greatest of every window, filter and bucket against sorting every sample.

use aurora_domain::{Buckets, Code, Filter, LatencyKind, LatencySummary, Resolution, SideKey, Span, State};
use proptest::prelude::*;

use crate::stream::{START, Step, streams, take};

/// A gate's latency as it was recorded.
struct Sample {
    second: i64,
    ms: f64,
    filter: Filter,
}

fn nearest_rank(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}

fn check(found: Option<LatencySummary>, mut exact: Vec<f64>) -> Result<(), TestCaseError> {
    exact.sort_by(f64::total_cmp);
    let Some(found) = found else {
        prop_assert!(exact.is_empty(), "no data for {} samples", exact.len());
        return Ok(());
    };
    prop_assert_eq!(found.count, exact.len() as u64);
    prop_assert_eq!((found.min_ms, found.max_ms), (exact[0], exact[exact.len() - 1]));
    for (percent, ms) in [(50, found.p50_ms), (90, found.p90_ms), (95, found.p95_ms), (99, found.p99_ms)] {
        let exact = nearest_rank(&exact, percent);
        // Above the last bin only the greatest value is known.
        let within = (ms - exact).abs() <= exact * 0.01 + 1e-6 || exact >= 16_777_216.0;
        prop_assert!(within, "p{}: {} for {}", percent, ms, exact);
    }
    Ok(())
}

fn sample(state: &State, step: &Step) -> Option<Sample> {
    let Step::Apply(event) = step else { return None };
    let ms = event.numbers.latency_ms.filter(|ms| event.code == Code::SlaCheck && *ms >= 0.0)?;
    let at = event.ts.filter(|ts| *ts <= state.now().plus_seconds(5)).unwrap_or(state.now());
    let named = event.order_id.is_none() && event.intent_id.is_none();
    // Which order or intent was named with what is the other tests' matter: here each sample names its own.
    named.then(|| Sample {
        second: at.second(),
        ms,
        filter: Filter {
            symbol: Some(
                event
                    .symbol
                    .as_ref()
                    .map_or(state.scopes().symbol("unknown"), |name| state.scopes().symbol(name)),
            ),
            side: Some(SideKey::from(event.side)),
        },
    })
}

fn select(samples: &[Sample], filter: Filter, seconds: impl Fn(i64) -> bool) -> Vec<f64> {
    let matches = |sample: &&Sample| {
        seconds(sample.second)
            && filter.symbol.is_none_or(|symbol| sample.filter.symbol == Some(symbol))
            && filter.side.is_none_or(|side| sample.filter.side == Some(side))
    };
    samples.iter().filter(matches).map(|sample| sample.ms).collect()
}

fn check_all(state: &State, samples: &[Sample]) -> Result<(), TestCaseError> {
    let end = state.now().second();
    let kind = LatencyKind::Sla;
    let mut filters = vec![Filter::ALL, Filter { symbol: None, side: Some(SideKey::Sell) }];
    filters.extend(
        state.scopes().symbols().into_iter().map(|symbol| Filter { symbol: Some(symbol), side: None }),
    );
    for filter in filters {
        let latency = state.latency_in(filter);
        check(latency.summary(kind, Span::Session), select(samples, filter, |_| true))?;
        for seconds in [60, 300, 900, 77] {
            let window = end - i64::from(seconds) + 1..=end;
            let exact = select(samples, filter, |second| window.contains(&second));
            check(latency.summary(kind, Span::Seconds(seconds)), exact)?;
        }
        for resolution in Resolution::ALL {
            let step = i64::from(resolution.step_seconds());
            let from = end - i64::from(resolution.kept_seconds()) + 1;
            for point in latency.series(kind, Buckets::new(resolution, from, end)) {
                let bucket = point.second..(point.second + step).min(end + 1);
                check(point.summary, select(samples, filter, |second| bucket.contains(&second)))?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn quantiles_are_within_one_percent_at_any_time(steps in streams(300, 3), first in any::<bool>()) {
        let mut state = State::new(START);
        let mut samples: Vec<Sample> = Vec::new();
        for (turn, mut step) in steps.into_iter().enumerate() {
            if let Step::Apply(event) = &mut step {
                event.code = Code::SlaCheck;
                (event.order_id, event.intent_id) = (None, None);
            }
            take(&mut state, &step);
            // What the charts have already let go is compared no more.
            let end = state.now().second();
            if let Some(sample) = sample(&state, &step) {
                let session_only = sample.second.div_euclid(60) * 60 + 59 <= end - 86_400;
                samples.push(Sample { second: if session_only { i64::MIN } else { sample.second }, ..sample });
            }
            for sample in &mut samples {
                if sample.second != i64::MIN && sample.second.div_euclid(60) * 60 + 59 <= end - 86_400 {
                    sample.second = i64::MIN;
                }
            }
            if turn % 250 == if first { 0 } else { 100 } {
                check_all(&state, &samples)?;
            }
        }
        check_all(&state, &samples)?;
    }
}
