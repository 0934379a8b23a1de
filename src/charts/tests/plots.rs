//! What charts show of a state, and which stretch of time.

use aurora_domain::{
    Code, Event, Filter, LatencyKind, Shape as Dialect, Source as File, State, Ts, detail::Detail,
};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::charts::{
    Ask, Look, Plot, Range, event_plot, heat_plot, latency_plot, markers, plot::Window, reason_plot,
    sprt_plot,
};

const NOW: i64 = 1_795_196_640;

fn ask(range: Range) -> Ask {
    Ask { range, filter: Filter::ALL }
}

/// An event so many seconds before now.
fn event(ago: i64, file: File, text: &'static str) -> Event<'static> {
    let mut event = Event::bare(file, Dialect::Canonical, Code::read(text), text);
    event.ts = Some(Ts::from_millis((NOW - ago) * 1000));
    event
}

fn state(events: impl IntoIterator<Item = Event<'static>>) -> State {
    let mut state = State::new(Ts::from_millis(NOW * 1000));
    for event in events {
        state.apply(&event);
    }
    state
}

fn check_window(range: Range, step: u32, start: i64, end: i64) {
    let window = Window::of(range, NOW);
    assert_eq!((window.step, window.start - NOW, window.end() - NOW), (step, start, end), "{range:?}");
    assert!(window.buckets <= 121, "{window:?}");
}

#[wasm_bindgen_test]
fn a_stretch_is_shown_in_buckets_as_fine_as_the_state_still_has() {
    check_window(Range::Last(60), 1, -59, 1);
    check_window(Range::Last(300), 5, -295, 5);
    check_window(Range::Last(900), 10, -890, 10);
    check_window(Range::Last(3600), 30, -3570, 30);
    check_window(Range::Last(86_400), 900, -86_340, 60);
    let fixed = |from: i64, to: i64| Range::Fixed { from: NOW + from, to: NOW + to };
    check_window(fixed(-33, -3), 1, -33, -3);
    check_window(fixed(-1003, -971), 10, -1010, -970);
    check_window(fixed(-20_010, -19_990), 60, -20_040, -19_980);
}

#[wasm_bindgen_test]
fn zooming_stays_within_what_can_be_shown() {
    let owner = Owner::new();
    owner.with(|| {
        let look = Look::new(Range::Last(300), Signal::stored(0));
        let shown = |from: f64, to: f64| {
            look.zoom(NOW as f64 + from, NOW as f64 + to, NOW);
            match look.range.get_untracked() {
                Range::Fixed { from, to } => (from - NOW, to - NOW),
                Range::Last(seconds) => (-i64::from(seconds), 0),
            }
        };
        assert_eq!(shown(-100.0, -40.0), (-100, -40));
        assert_eq!(shown(-40.0, -100.0), (-100, -40));
        assert_eq!(shown(-50.0, -50.0), (-55, -45), "never shorter than ten seconds");
        assert_eq!(shown(-10.0, 50.0), (-59, 1), "nothing is to come");
        assert_eq!(shown(-200_000.0, 0.0).1 - shown(-200_000.0, 0.0).0, 86_400, "never longer than a day");
        assert_eq!(
            shown(f64::NAN, 0.0).1 - shown(f64::NAN, 0.0).0,
            86_400,
            "what is no time changes nothing"
        );
        assert!(look.reset());
        assert_eq!(look.range.get_untracked(), Range::Last(300));
        assert!(!look.reset());
    });
}

fn values<'a>(plot: &'a Plot, name: &str) -> &'a [f64] {
    let series = plot.series.iter().find(|series| series.name == name);
    &series.unwrap_or_else(|| panic!("{name} in {:?}", plot.series)).values
}

#[wasm_bindgen_test]
fn the_heat_map_has_every_duration_in_its_band() {
    let decision = |ago: i64, ms: f64| {
        let mut event = event(ago, File::Events, "POLICY.DECISION");
        event.numbers.decision_ms = Some(ms);
        event
    };
    let state = state([decision(3, 1.0), decision(3, 1.0), decision(3, 40.0), decision(1, 5.0)]);
    let plot = heat_plot(&state, LatencyKind::Decision, ask(Range::Last(60)));
    let cells = plot.cells.as_ref().expect("cells");
    let bands = cells.edges.len() - 1;
    let count = |bucket: usize, ms: f64| {
        let band = cells.edges.windows(2).position(|edges| edges[0] <= ms && ms < edges[1]).expect("a band");
        cells.counts[bucket * bands + band]
    };
    assert_eq!(cells.counts.len(), bands * 60);
    assert_eq!((count(56, 1.0), count(56, 40.0), count(58, 5.0)), (2, 1, 1));
    assert_eq!(cells.counts.iter().sum::<u32>(), 4);
    assert!(values(&plot, "p99")[56] > 39.0 && values(&plot, "p50")[55].is_nan());
    assert!(heat_plot(&state, LatencyKind::Ack, ask(Range::Last(60))).cells.is_none());
    let lines = latency_plot(&state, LatencyKind::Decision, ask(Range::Last(60)));
    assert_eq!(values(&lines, "p99")[56].to_bits(), values(&plot, "p99")[56].to_bits());
}

#[wasm_bindgen_test]
fn the_commonest_reasons_stand_apart_and_the_rest_is_one() {
    let reasons = ["a", "b", "c", "d", "e", "f", "g"];
    let denials = reasons.into_iter().enumerate().flat_map(|(rank, reason)| {
        let denial = Event { reason: Some(reason.into()), ..event(2, File::Denied, "ORDER.DENY") };
        std::iter::repeat_n(denial, 10 - rank)
    });
    let plot = reason_plot(&state(denials), ask(Range::Last(60)));
    let names: Vec<&str> = plot.series.iter().map(|series| &*series.name).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "2 others"]);
    assert_eq!((values(&plot, "a")[57], values(&plot, "2 others")[57]), (10.0, 9.0));
    let mut slots: Vec<u8> = plot.series.iter().map(|series| series.slot).collect();
    slots.sort_unstable();
    assert_eq!(slots, [1, 2, 3, 4, 5, 6], "each has a colour of its own");
}

#[wasm_bindgen_test]
fn the_test_stands_between_its_records_and_has_its_bounds() {
    let record = |ago: i64, llr: f64| {
        let mut event = event(ago, File::Events, "SPRT.CONTINUE");
        event.numbers.llr = Some(llr);
        event.detail = Detail::Boundaries { upper: Some(2.75), lower: Some(-1.5) };
        event
    };
    let plot = sprt_plot(&state([record(100, 0.25), record(30, 1.0), record(30, 1.5)]), ask(Range::Last(60)));
    let path = values(&plot, "LLR");
    assert_eq!((path[0], path[28], path[29], path[59]), (0.25, 0.25, 1.5, 1.5));
    let limits: Vec<(f64, bool)> = plot.limits.iter().map(|limit| (limit.value, limit.always)).collect();
    assert_eq!(limits, [(2.75, true), (-1.5, true)]);
}

#[wasm_bindgen_test]
fn events_are_none_before_the_session_and_zero_within_it() {
    let lines = [event(10, File::Events, "ORDER.SUBMIT"), event(5, File::Events, "ORDER.ACK")];
    let plot = event_plot(&state(lines), ask(Range::Last(60)));
    let rates = values(&plot, "events");
    assert!(rates[48].is_nan());
    assert_eq!((rates[49], rates[50], rates[54], rates[59]), (1.0, 0.0, 1.0, 0.0));
    assert!(!event_plot(&state([]), ask(Range::Last(60))).has_data());
}

#[wasm_bindgen_test]
fn what_was_switched_is_marked() {
    let switched = Event { label: Some("live.yaml".into()), ..event(5, File::Events, "CONFIG.SWITCHED") };
    let marked = markers(&state([switched, event(9, File::Events, "AURORA.HALT")]));
    let told: Vec<(f64, &str)> =
        marked.iter().map(|marker| (marker.at - NOW as f64, &*marker.text)).collect();
    assert_eq!(told, [(-9.0, "trading halted"), (-5.0, "switched to live.yaml")]);
}
