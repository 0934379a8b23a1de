//! Saving and loading the whole state after fifteen minutes of 1,000 generated lines a second.
#![expect(clippy::expect_used, reason = "a benchmark without its lines has nothing to measure")]
#![expect(clippy::print_stdout, reason = "the size is a result as well")]

use std::hint::black_box;

use aurora_bench::{
    lines::{self, FULL_WINDOW_COUNT, FULL_WINDOW_RATE},
    reduction::apply,
};
use aurora_domain::{State, Ts};
use aurora_wire::snapshot;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn full_window(criterion: &mut Criterion) {
    let mut state = State::new(Ts(0));
    let lines = lines::generated_at(FULL_WINDOW_RATE, FULL_WINDOW_COUNT, 1);
    for line in lines.expect("the generator does not end") {
        apply(&mut state, line.source, &line.bytes);
    }
    let bytes = snapshot::save(&state, 0);
    println!("a snapshot of {FULL_WINDOW_COUNT} events has {} bytes", bytes.len());
    let mut group = criterion.benchmark_group("snapshot");
    group.sample_size(20).throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("save", |bencher| bencher.iter(|| snapshot::save(black_box(&state), 0)));
    group.bench_function("load", |bencher| bencher.iter(|| snapshot::load(black_box(&bytes))));
    group.finish();
}

criterion_group!(benches, full_window);
criterion_main!(benches);
