//! Charts on real canvases: what is painted when, and what stands beside the pointer.

use aurora_charts::Unit;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Element;

use super::{ChartCanvas, Plot, Series, Shape, Window};
use crate::{
    support::{number, run, until},
    tests::Mounted,
};

/// A midnight, so that a bucket's time is its place.
const MIDNIGHT: i64 = 1_795_132_800;
const BUCKETS: u32 = 60;

/// A minute of one-second buckets, each with what `value` gives for its place.
fn plot(shape: Shape, start: i64, value: impl Fn(u32) -> f64) -> Plot {
    let values: Vec<f64> = (0..BUCKETS).map(value).collect();
    let low = values.iter().map(|value| value / 2.0).collect();
    let unit = if shape == Shape::Lines { Unit::Milliseconds } else { Unit::PerSecond };
    let series = vec![Series { name: "high", slot: 1, values }, Series { name: "low", slot: 2, values: low }];
    Plot { window: Window { start, buckets: BUCKETS, step: 1 }, unit, shape, series, gaps: Vec::new() }
}

struct Chart {
    shown: Mounted,
    plot: RwSignal<Plot>,
    colors: RwSignal<u32>,
}

const SIZE: &str = "canvas { display: block; width: 400px; height: 200px }";

fn chart(owner: &Owner, plot: Plot, style: &'static str) -> Chart {
    owner.with(|| {
        let (plot, colors) = (RwSignal::new(plot), RwSignal::new(0_u32));
        let shown = Mounted::new(move || view! { <style>{style}</style><ChartCanvas plot colors /> });
        Chart { shown, plot, colors }
    })
}

impl Chart {
    fn axes(&self) -> Element {
        self.shown.get("canvas:first-of-type")
    }

    fn data(&self) -> Element {
        self.shown.get("canvas:last-of-type")
    }

    async fn painted(&self) {
        until("the chart is painted", || pixels(&self.axes()) > 0.0 && pixels(&self.data()) > 0.0).await;
        settled(&self.data()).await;
    }

    fn point(&self, kind: &str, x: f64) {
        let body = format!(
            "const box = a.getBoundingClientRect();
             a.dispatchEvent(new PointerEvent('{kind}', {{clientX: box.left + b, clientY: box.top + 50, bubbles: true}}))"
        );
        run(&body, &[&self.data(), &x.into()]);
    }

    fn tip(&self) -> String {
        self.shown.text(".chart-tip")
    }
}

/// Pixels that something was painted on.
fn pixels(canvas: &Element) -> f64 {
    let body = "if (!a.width || !a.height) return 0;
        const {data} = a.getContext('2d').getImageData(0, 0, a.width, a.height);
        let painted = 0;
        for (let at = 3; at < data.length; at += 4) painted += data[at] > 0;
        return painted";
    number(body, &[canvas])
}

/// The colour of the pixel in the corner, which no chart paints on.
fn corner(canvas: &Element) -> String {
    let body = "return [...a.getContext('2d').getImageData(0, 0, 1, 1).data].join()";
    run(body, &[canvas]).as_string().expect("a colour")
}

fn mark_corner(canvas: &Element) {
    run("const c = a.getContext('2d'); c.fillStyle = '#f0f'; c.fillRect(0, 0, 1, 1)", &[canvas]);
}

const MARK: &str = "255,0,255,255";
const EMPTY: &str = "0,0,0,0";

/// Two frames: the size observer has told of the first size, and what follows from it is painted.
async fn settled(canvas: &Element) {
    let count =
        "a.frames = 0; const next = () => { if ((a.frames += 1) <= 3) requestAnimationFrame(next) }; next()";
    run(count, &[canvas]);
    until("two frames", || number("return a.frames", &[canvas]) > 3.0).await;
}

async fn check_painted(shape: Shape) {
    let owner = Owner::new();
    let chart = chart(&owner, plot(shape, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    let dpr = number("return devicePixelRatio", &[]);
    assert!((number("return a.width", &[&chart.data()]) - 400.0 * dpr).abs() < 1.5);
}

#[wasm_bindgen_test]
async fn data_and_axes_are_painted() {
    check_painted(Shape::Lines).await;
    check_painted(Shape::Stack).await;
}

#[wasm_bindgen_test]
async fn new_data_in_the_same_range_leaves_the_axes_alone() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Stack, MIDNIGHT, |at| f64::from(at % 7 + 1)), SIZE);
    chart.painted().await;
    [chart.axes(), chart.data()].iter().for_each(mark_corner);
    let before = pixels(&chart.data());
    chart.plot.set(plot(Shape::Stack, MIDNIGHT, |at| if at == 6 { 7.0 } else { 1.0 }));
    until("the data is painted anew", || corner(&chart.data()) == EMPTY).await;
    assert!(pixels(&chart.data()) < before);
    assert_eq!(corner(&chart.axes()), MARK);

    chart.plot.set(plot(Shape::Stack, MIDNIGHT + 5, |at| f64::from(at % 7 + 1)));
    until("the axes move with time", || corner(&chart.axes()) == EMPTY).await;
}

#[wasm_bindgen_test]
async fn other_colours_repaint_the_axes() {
    let reds = |canvas: &Element| {
        let body = "const {data} = a.getContext('2d').getImageData(0, 0, a.width, a.height);
            let reds = 0;
            for (let at = 0; at < data.length; at += 4) reds += data[at] > 200 && data[at + 1] < 60 && data[at + 3] > 200;
            return reds";
        number(body, &[canvas])
    };
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    mark_corner(&chart.axes());
    assert!(reds(&chart.axes()) < 2.0);
    let body = document().body().expect("a body");
    let style = |value| {
        for name in ["--chart-text", "--chart-axis", "--chart-1"] {
            run(&format!("a.style.setProperty('{name}', b)"), &[&body, &value]);
        }
    };
    style("#f00".into());
    chart.colors.set(1);
    until("red axes and data", || reds(&chart.axes()) > 10.0 && reds(&chart.data()) > 10.0).await;
    assert_eq!(corner(&chart.axes()), EMPTY);
    style("".into());
}

/// The bucket that the tip's time names.
fn bucket_of(tip: &str, start: i64) -> u32 {
    let text = tip.split(" UTC").next().unwrap_or_default();
    let parts: Vec<i64> = text.split(':').filter_map(|part| part.parse().ok()).collect();
    let &[hours, minutes, seconds] = parts.as_slice() else { panic!("no time in {tip:?}") };
    u32::try_from(MIDNIGHT + hours * 3600 + minutes * 60 + seconds - start).expect("a bucket of the window")
}

async fn check_tip(shape: Shape, unit: &str) {
    let owner = Owner::new();
    let chart = chart(&owner, plot(shape, MIDNIGHT, |at| f64::from(at + 100)), SIZE);
    chart.painted().await;
    assert_eq!(chart.tip(), "");
    let mut last = 0;
    for x in [120.0, 250.0, 380.0] {
        chart.point("pointermove", x);
        until("another bucket", || !chart.tip().is_empty() && bucket_of(&chart.tip(), MIDNIGHT) > last).await;
        last = bucket_of(&chart.tip(), MIDNIGHT);
        let value = format!("high{} {unit}", last + 100);
        assert!(chart.tip().contains(&value), "{} should contain {value}", chart.tip());
    }
    assert!(last > 45, "near the right edge is near the end: {last}");
    chart.point("pointerleave", 380.0);
    until("the tip goes", || chart.shown.find(".chart-tip, .chart-cursor").is_none()).await;
}

#[wasm_bindgen_test]
async fn the_pointer_shows_the_values_of_its_bucket() {
    check_tip(Shape::Lines, "ms").await;
    check_tip(Shape::Stack, "/s").await;
}

#[wasm_bindgen_test]
async fn a_resting_pointer_stays_at_its_place_while_time_moves() {
    const MOVED: i64 = 20;
    let owner = Owner::new();
    let value = |at: u32| f64::from(at + 100);
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, value), SIZE);
    chart.painted().await;
    chart.point("pointermove", 250.0);
    until("a tip", || !chart.tip().is_empty()).await;
    let before = bucket_of(&chart.tip(), MIDNIGHT);
    let left = chart.shown.get(".chart-cursor").get_attribute("style");
    let old = chart.tip();
    chart.plot.set(plot(Shape::Lines, MIDNIGHT + MOVED, value));
    until("the tip moves on", || chart.tip() != old).await;
    settled(&chart.data()).await;
    assert_eq!(bucket_of(&chart.tip(), MIDNIGHT + MOVED), before);
    assert_eq!(chart.shown.get(".chart-cursor").get_attribute("style"), left);
}

/// Keeps warnings and errors of the console, which still shows them.
const LISTEN: &str = "
    const {warn, error} = console;
    window.spoken = {warn, error, heard: []};
    console.warn = text => { spoken.heard.push(text); warn(text) };
    console.error = text => { spoken.heard.push(text); error(text) }";

fn warnings() -> String {
    run("return spoken.heard.join()", &[]).as_string().expect("a text")
}

#[wasm_bindgen_test]
async fn a_chart_without_size_waits_quietly_until_it_has_one() {
    run(LISTEN, &[]);
    let owner = Owner::new();
    let chart =
        chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), "canvas { display: none }");
    settled(&chart.data()).await;
    chart.point("pointermove", 0.0);
    chart.plot.set(plot(Shape::Lines, MIDNIGHT + 1, |at| f64::from(at + 1)));
    settled(&chart.data()).await;
    assert_eq!(warnings(), "");
    chart.shown.get("style").set_text_content(Some(SIZE));
    chart.painted().await;
    assert_eq!(warnings(), "");
    run("console.warn = spoken.warn; console.error = spoken.error", &[]);
}

#[wasm_bindgen_test]
async fn a_chart_without_data_has_axes_and_nothing_else() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |_| f64::NAN), SIZE);
    until("axes", || pixels(&chart.axes()) > 0.0).await;
    settled(&chart.data()).await;
    let lines = number(
        "const {data} = a.getContext('2d').getImageData(0, 0, a.width, a.height);
         let opaque = 0;
         for (let at = 3; at < data.length; at += 4) opaque += data[at] > 200;
         return opaque",
        &[&chart.data()],
    );
    assert!(lines < 1.0, "{lines} pixels of lines that do not exist");
    chart.point("pointermove", 250.0);
    until("a tip or none", || chart.tip().is_empty() || chart.tip().contains('—')).await;
}
