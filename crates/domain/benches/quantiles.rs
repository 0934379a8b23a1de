//! Quantiles: a duration counted, and four quantiles read, in a histogram and in a sliding window.

use std::hint::black_box;

use aurora_domain::{Code, Event, LatencyKind, Shape, Source, Span, State, Ts, histogram::Histogram};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const START: Ts = Ts(1_795_196_697_000_000_000);
const FRACTIONS: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// Durations from 0.1 ms to about ten seconds, spread over the whole range by a fixed rule.
fn durations(count: u32) -> Vec<f64> {
    (0..count).map(|i| 0.1 * 1.012_f64.powf(f64::from(i.wrapping_mul(2_654_435_761) % 1_000))).collect()
}

fn histogram(criterion: &mut Criterion) {
    let durations = durations(10_000);
    let mut group = criterion.benchmark_group("histogram");
    group.throughput(Throughput::Elements(10_000));
    let mut histogram = Histogram::default();
    group.bench_function("insert", |bencher| {
        bencher.iter(|| {
            for ms in &durations {
                black_box(histogram.record(*ms));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("read four quantiles", |bencher| {
        bencher.iter(|| black_box(histogram.quantiles(black_box(FRACTIONS))));
    });
    group.finish();
}

/// 300 seconds of 1,000 decisions each, and then what the page asks for at every frame.
fn window(criterion: &mut Criterion) {
    let durations = durations(1_000);
    let mut state = State::new(START);
    let mut event = Event::bare(Source::Events, Shape::Canonical, Code::Other, "BENCH");
    let mut group = criterion.benchmark_group("sliding window");
    for second in 0..300_i32 {
        let at = START.plus_seconds(i64::from(second));
        state.advance(at);
        event.ts = Some(at);
        for ms in &durations {
            event.numbers.decision_ms = Some(*ms);
            state.apply(&event);
        }
    }
    group.bench_function("read four quantiles of 300,000 durations", |bencher| {
        bencher.iter(|| {
            black_box(state.latency().summary(LatencyKind::Decision, black_box(Span::FIVE_MINUTES)))
        });
    });
    group.finish();
}

criterion_group!(benches, histogram, window);
criterion_main!(benches);
