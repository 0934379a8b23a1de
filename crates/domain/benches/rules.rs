//! Rules: what a second of traffic costs with 200 of them, from the state's figures to alerts.

use std::hint::black_box;

use aurora_domain::{
    Code, Event, Shape, Source, Span, State, Ts,
    metrics::Sink,
    rules::{Engine, Group, Rule, RuleText, Sample, Samples},
};
use aurora_wire::rules::{Rules, SHIPPED};
use criterion::{Criterion, criterion_group, criterion_main};

const START: Ts = Ts(1_795_196_697_000_000_000);
const RULES: usize = 200;

/// Two hundred rules: the shipped ones again and again, each time with windows over the figures besides.
fn groups() -> Vec<Group> {
    let shipped = Rules::from_json(SHIPPED).map(Rules::into_groups).unwrap_or_default();
    let over_windows = [
        "increase(aurora_denials_total[15m]) > 100",
        "rate(aurora_orders_total{outcome=~\"denied|rejected\"}[5m]) > 2",
        "avg_over_time(aurora_latency_ms{kind=\"decision\"}[15m]) > 50",
        "max_over_time(aurora_deny_rate[10m]) > 0.9 and on() aurora_window_events > 0",
    ];
    let windows = over_windows.into_iter().filter_map(|expr| {
        let text = RuleText { alert: "Window".to_owned(), expr: expr.to_owned(), ..RuleText::default() };
        Rule::new(text).ok()
    });
    let all: Vec<Rule> = shipped.into_iter().flat_map(|group| group.rules).chain(windows).collect();
    let rules = all.into_iter().cycle().take(RULES).collect();
    vec![Group { name: "all".to_owned(), interval_ms: None, rules }]
}

/// A state in which much is counted: decisions, denials with reasons, codes.
fn second(state: &mut State, at: Ts) {
    state.advance(at);
    for number in 0..50_u32 {
        let mut event = Event::bare(Source::Events, Shape::Canonical, Code::OrderDeny, "ORDER.DENY");
        event.ts = Some(at);
        event.numbers.decision_ms = Some(f64::from(number) * 2.0);
        event.reason = Some(format!("REASON_{}", number % 25).into());
        state.apply(&event);
    }
}

fn samples(engine: &Engine, state: &State, second: u32) -> Vec<Sample> {
    let mut samples = Samples::new(engine);
    samples.state(state, Span::FIVE_MINUTES);
    samples.gauge("aurora_sse_clients", "", 1.0);
    samples.gauge("aurora_last_event_age_seconds", "", 0.5);
    samples.gauge("aurora_memory_used_ratio", "", 0.5);
    samples.gauge("aurora_cpu_used_ratio", "", 0.5);
    samples.counter("aurora_tailer_malformed_lines_total", "", u64::from(second / 100));
    samples.counter("aurora_tailer_oversized_lines_total", "", 0);
    samples.into_vec()
}

/// A quarter of an hour at one observation a second, then one second more, again and again.
fn observe(criterion: &mut Criterion) {
    let mut engine = Engine::new(groups());
    let mut state = State::new(START);
    let mut now = 0_u32;
    for _ in 0..1_000 {
        now += 1;
        let at = START.plus_seconds(i64::from(now));
        second(&mut state, at);
        let samples = samples(&engine, &state, now);
        engine.observe(at, &samples);
    }
    let mut group = criterion.benchmark_group("200 rules, a second");
    group.bench_function("samples of the state", |bencher| {
        bencher.iter(|| black_box(samples(&engine, black_box(&state), now)));
    });
    let taken = samples(&engine, &state, now);
    group.bench_function("judged", |bencher| {
        bencher.iter(|| {
            now += 1;
            engine.observe(START.plus_seconds(i64::from(now)), black_box(&taken));
            black_box(engine.alerts().len())
        });
    });
    group.finish();
}

criterion_group!(benches, observe);
criterion_main!(benches);
