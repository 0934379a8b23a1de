//! Lines → `Event`, `Event` → `State`, and both, on generated and on recorded lines; beside the general parser alone.
#![expect(clippy::expect_used, reason = "a benchmark without its lines has nothing to measure")]

use std::hint::black_box;

use aurora_bench::{
    lines::{self, Line},
    reduction::{Reduction, apply},
};
use aurora_domain::{Event, State, Ts};
use aurora_wire::{decode, decode::decode_with_serde};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};

const COUNT: usize = 20_000;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn both_kinds(criterion: &mut Criterion) {
    let generated = lines::generated(COUNT, 1).expect("the generator does not end");
    measure(criterion, "generated", &generated);
    let recorded = lines::recorded().expect("recorded sessions are readable");
    if !recorded.is_empty() {
        // Every kind of line in its own share, and no more of them than of generated ones.
        let step = recorded.len().div_ceil(COUNT);
        let some: Vec<Line> = recorded.into_iter().step_by(step).collect();
        measure(criterion, "recorded", &some);
    }
}

fn measure(criterion: &mut Criterion, name: &str, lines: &[Line]) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).throughput(Throughput::Elements(lines.len() as u64));
    to_event(&mut group, lines);
    to_state(&mut group, lines);
    group.finish();
}

fn to_event(group: &mut Group<'_>, lines: &[Line]) {
    group.bench_function("lines to event", |bencher| {
        bencher.iter(|| {
            for line in lines {
                black_box(decode(line.source, 0, &line.bytes)).ok();
            }
        });
    });
    group.bench_function("lines to event, general parser", |bencher| {
        bencher.iter(|| {
            for line in lines {
                black_box(decode_with_serde(line.source, &line.bytes)).ok();
            }
        });
    });
}

fn to_state(group: &mut Group<'_>, lines: &[Line]) {
    let events: Vec<Event<'_>> =
        lines.iter().filter_map(|line| decode(line.source, 0, &line.bytes).ok()).collect();
    group.bench_function("event to state", |bencher| {
        bencher.iter(|| {
            let mut state = State::new(Ts(0));
            for event in &events {
                if let Some(ts) = event.ts {
                    state.advance(ts);
                }
                state.apply(event);
            }
            state
        });
    });
    group.bench_function("lines to state", |bencher| {
        bencher.iter(|| {
            let mut state = State::new(Ts(0));
            for line in lines {
                apply(&mut state, line.source, &line.bytes);
            }
            state
        });
    });
    let stream = lines::stream(lines, lines.len());
    group.bench_function("stream to state", |bencher| {
        bencher.iter(|| {
            let mut reduction = Reduction::default();
            stream.chunks(64 << 10).for_each(|chunk| reduction.feed(chunk));
            reduction
        });
    });
}

criterion_group!(benches, both_kinds);
criterion_main!(benches);
