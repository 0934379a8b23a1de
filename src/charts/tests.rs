//! Charts on real canvases: what is painted when, what stands beside the pointer, and what pointers and keys do.

mod plots;

use aurora_charts::Unit;
use aurora_domain::{Ts, format};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement};

use super::{
    Chart, Look, Plot, Range, Series, Shape, Source,
    look::{Marker, MarkerKind},
    plot::Window,
};
use crate::{
    store::Missing,
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
    let series = |name: &'static str, slot, values| Series { name: name.into(), slot, values };
    let series = vec![series("high", 1, values), series("low", 2, low)];
    let end = start + i64::from(BUCKETS);
    let window = Window { start, buckets: BUCKETS, step: 1 };
    Plot { window, shown: (start, end), series, ..Plot::at(end - 1, Range::Last(60), unit, shape) }
}

struct Shown {
    page: Mounted,
    plot: RwSignal<Plot>,
    colors: RwSignal<u32>,
    markers: RwSignal<Vec<Marker>>,
    look: Look,
}

const SIZE: &str = ".chart-plot { position: relative; width: 400px; height: 200px }
    canvas { position: absolute; inset: 0; display: block; width: 400px; height: 200px }
    .chart-hit { position: absolute; inset: 0 } [hidden] { display: none }";

fn chart(owner: &Owner, plot: Plot, style: &'static str) -> Shown {
    charts(owner, vec![plot], style)
}

/// A chart of each plot, sharing a look; the first one's data can be changed.
fn charts(owner: &Owner, plots: Vec<Plot>, style: &'static str) -> Shown {
    owner.with(|| {
        let colors = RwSignal::new(0_u32);
        let markers = RwSignal::new(Vec::new());
        let look = Look { markers: markers.into(), ..Look::new(Range::Last(60), colors.into()) };
        let plots: Vec<RwSignal<Plot>> = plots.into_iter().map(RwSignal::new).collect();
        let plot = plots[0];
        let page = Mounted::new(move || {
            let one = |(plot, name): (RwSignal<Plot>, &'static str)| {
                let read = move |ask: super::Ask| {
                    let plot = plot.get_untracked();
                    match ask.range {
                        Range::Last(_) => plot,
                        Range::Fixed { from, to } => Plot { shown: (from, to), ..plot },
                    }
                };
                let source = Source::new(move || plot.track(), || {}, read);
                view! { <Chart look name title=format!("Chart {name}") source /> }
            };
            let all = plots.into_iter().zip(["one", "two", "three"]).map(one).collect_view();
            view! { <style>{style}</style>{all} }
        });
        Shown { page, plot, colors, markers, look }
    })
}

impl Shown {
    fn axes(&self) -> Element {
        self.page.get("canvas:first-of-type")
    }

    fn data(&self) -> Element {
        self.page.get("canvas:last-of-type")
    }

    fn hit(&self) -> Element {
        self.page.get(".chart-hit")
    }

    async fn painted(&self) {
        until("the chart is painted", || pixels(&self.axes()) > 0.0 && pixels(&self.data()) > 0.0).await;
        settled(&self.data()).await;
        // Other tests scroll the page, and a wheel that does goes on doing so.
        until("the page rests", || !self.look.page_scrolls()).await;
    }

    fn point(&self, kind: &str, x: f64) {
        self.point_with(kind, x, "");
    }

    /// A pointer event at `x` of the first chart, with further properties.
    fn point_with(&self, kind: &str, x: f64, more: &str) {
        let body = format!(
            "const box = a.getBoundingClientRect();
             a.dispatchEvent(new PointerEvent('{kind}', {{clientX: box.left + b, clientY: box.top + 50, bubbles: true, \
             cancelable: true, pointerId: 1, pointerType: 'mouse', button: 0, {more}}}))"
        );
        run(&body, &[&self.hit(), &x.into()]);
    }

    fn wheel(&self, x: f64, more: &str) {
        let body = format!(
            "const box = a.getBoundingClientRect();
             a.dispatchEvent(new WheelEvent('wheel', {{clientX: box.left + b, clientY: box.top + 50, bubbles: true, \
             cancelable: true, {more}}}))"
        );
        run(&body, &[&self.hit(), &x.into()]);
    }

    fn press(&self, key: &str, shift: bool) {
        let body = "a.dispatchEvent(new KeyboardEvent('keydown', {key: b.slice(1), shiftKey: b[0] === 's', bubbles: true, cancelable: true}))";
        let key = format!("{}{key}", if shift { 's' } else { ' ' });
        run(body, &[&self.hit(), &key.as_str().into()]);
    }

    fn tip(&self) -> String {
        self.page.text(".chart-tip")
    }

    /// First and last second shown.
    fn range(&self) -> (i64, i64) {
        match self.look.range.get_untracked() {
            Range::Fixed { from, to } => (from - MIDNIGHT, to - MIDNIGHT),
            Range::Last(_) => (0, 60),
        }
    }

    fn is_zoomed(&self) -> bool {
        matches!(self.look.range.get_untracked(), Range::Fixed { .. })
    }
}

/// CSS pixels of a second of the window, as long as all of it is shown.
fn x(second: f64) -> f64 {
    // Left of the plot are five times the font's size, right of it two and a half digits.
    let font = 11.0;
    let (left, right) = (font * 5.0, 400.0 - font * 0.58 * 2.5 - 2.0);
    left + second / 60.0 * (right - left)
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
    until("the tip goes", || chart.page.find(".chart-tip, .chart-cursor:not([hidden])").is_none()).await;
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
    let left = chart.page.get(".chart-cursor").get_attribute("style");
    let old = chart.tip();
    chart.plot.set(plot(Shape::Lines, MIDNIGHT + MOVED, value));
    until("the tip moves on", || chart.tip() != old).await;
    settled(&chart.data()).await;
    assert_eq!(bucket_of(&chart.tip(), MIDNIGHT + MOVED), before);
    assert_eq!(chart.page.get(".chart-cursor").get_attribute("style"), left);
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
    let chart = chart(
        &owner,
        plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)),
        "canvas { display: none } .chart-hit { width: 400px; height: 200px }",
    );
    settled(&chart.data()).await;
    chart.point("pointermove", 0.0);
    chart.plot.set(plot(Shape::Lines, MIDNIGHT + 1, |at| f64::from(at + 1)));
    settled(&chart.data()).await;
    assert_eq!(warnings(), "");
    chart.page.get("style").set_text_content(Some(SIZE));
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

fn mark_all(chart: &Shown) {
    [chart.axes(), chart.data()].iter().for_each(mark_corner);
}

#[wasm_bindgen_test]
async fn pointing_moves_the_cursor_of_every_chart_and_paints_nothing() {
    let owner = Owner::new();
    let plots = vec![
        plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 100)),
        plot(Shape::Stack, MIDNIGHT, |at| f64::from(at + 1)),
    ];
    let chart = charts(&owner, plots, SIZE);
    chart.painted().await;
    mark_all(&chart);
    chart.point("pointermove", x(30.5));
    let other = |selector: &str| chart.page.get(&format!("[data-chart=two] {selector}"));
    until("both cursors", || {
        !chart.page.get(".chart-cursor").has_attribute("hidden")
            && !other(".chart-cursor").has_attribute("hidden")
    })
    .await;
    until("values at the cursor", || chart.page.text("[data-chart=one] .legend").contains("high130 ms"))
        .await;
    assert!(
        chart.page.text("[data-chart=two] .legend").contains("high31.0 /s"),
        "{}",
        chart.page.text("[data-chart=two] .legend")
    );
    assert_eq!(chart.page.text("[data-chart=two] .chart-tip"), "", "the tip stands at the pointer only");
    let style = |element: &Element| element.get_attribute("style");
    assert_eq!(style(&chart.page.get(".chart-cursor")), style(&other(".chart-cursor")));
    settled(&chart.data()).await;
    assert_eq!((corner(&chart.axes()), corner(&chart.data())), (MARK.to_owned(), MARK.to_owned()));
}

#[wasm_bindgen_test]
async fn dragging_zooms_every_chart_and_a_double_click_goes_back() {
    let owner = Owner::new();
    let plots = vec![
        plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)),
        plot(Shape::Stack, MIDNIGHT, |at| f64::from(at + 1)),
    ];
    let chart = charts(&owner, plots, SIZE);
    chart.painted().await;
    mark_corner(&chart.page.get("[data-chart=two] canvas"));
    chart.point("pointerdown", x(20.0));
    chart.point("pointermove", x(40.0));
    until("the choice is shown", || !chart.page.get(".chart-choice").has_attribute("hidden")).await;
    assert!(!chart.is_zoomed());
    chart.point("pointerup", x(40.0));
    assert_eq!(chart.range(), (20, 40));
    until("the other chart's axes follow", || corner(&chart.page.get("[data-chart=two] canvas")) == EMPTY)
        .await;
    until("the choice is gone", || chart.page.get(".chart-choice").has_attribute("hidden")).await;
    chart.point("dblclick", x(30.0));
    assert!(!chart.is_zoomed());
    assert_eq!(chart.look.range.get_untracked(), Range::Last(60));
}

#[wasm_bindgen_test]
async fn a_click_does_not_zoom() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    chart.point("pointerdown", 200.0);
    chart.point("pointermove", 202.0);
    chart.point("pointerup", 202.0);
    assert!(!chart.is_zoomed());
}

#[wasm_bindgen_test]
async fn the_wheel_zooms_at_the_pointer_and_with_shift_moves_time() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    chart.wheel(x(15.0), "deltaY: -200");
    let (from, to) = chart.range();
    assert!(to - from < 60 && from > 0, "{from} to {to}");
    let share = (15.0 - from as f64) / (to - from) as f64;
    assert!((share - 0.25).abs() < 0.05, "the time at the pointer stays there: {share}");
    chart.wheel(x(15.0), "deltaY: -60, shiftKey: true");
    let (moved, moved_to) = chart.range();
    assert!(moved < from && moved_to - moved == to - from, "{moved} to {moved_to}");
}

#[wasm_bindgen_test]
async fn small_steps_of_the_wheel_add_up() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    for _ in 0..100 {
        chart.wheel(x(30.0), "deltaY: -2");
    }
    let (from, to) = chart.range();
    assert!((38..=42).contains(&(to - from)), "100 steps of 0.4 % are a third: {from} to {to}");
}

#[wasm_bindgen_test]
async fn shift_and_drag_moves_time_with_the_pointer() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    chart.point_with("pointerdown", x(10.0), "shiftKey: true");
    chart.point_with("pointermove", x(30.0), "shiftKey: true");
    chart.point_with("pointerup", x(30.0), "shiftKey: true");
    assert_eq!(chart.range(), (-20, 40));
}

#[wasm_bindgen_test]
async fn two_fingers_stretch_time_and_one_points() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    let finger = |id: u32| format!("pointerType: 'touch', pointerId: {id}");
    chart.point_with("pointerdown", x(20.0), &finger(1));
    chart.point_with("pointermove", x(22.0), &finger(1));
    assert!(!chart.is_zoomed());
    until("a tip", || !chart.tip().is_empty()).await;
    chart.point_with("pointermove", x(20.0), &finger(1));
    chart.point_with("pointerdown", x(40.0), &finger(2));
    chart.point_with("pointermove", x(50.0), &finger(2));
    chart.point_with("pointermove", x(10.0), &finger(1));
    // What was 20 s apart is 40 s apart now: half as much time is shown, around the same middle.
    assert_eq!(chart.range(), (15, 45));
    chart.point_with("pointerup", x(10.0), &finger(1));
    chart.point_with("pointerup", x(50.0), &finger(2));
    assert_eq!(chart.range(), (15, 45));
}

#[wasm_bindgen_test]
async fn keys_move_the_cursor_and_say_where_it_is() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 100)), SIZE);
    chart.painted().await;
    let said = || chart.hit().get_attribute("aria-valuetext").unwrap_or_default();
    chart.press("Home", false);
    until("the first", || said() == "00:00:00 UTC, high 100 ms, low 50.0 ms").await;
    chart.press("ArrowRight", false);
    until("the second", || said().starts_with("00:00:01 UTC, high 101 ms")).await;
    chart.press("End", false);
    until("the last", || said().starts_with("00:00:59 UTC")).await;
    chart.press("PageDown", false);
    until("ten before", || said().starts_with("00:00:49 UTC")).await;
    assert_eq!(chart.hit().get_attribute("aria-valuenow"), Some((MIDNIGHT + 49).to_string()));
    assert!(chart.tip().contains("00:00:49"), "a sighted reader sees it too: {}", chart.tip());
    chart.press("Escape", false);
    until("nothing pointed at", || said() == "latest").await;
}

#[wasm_bindgen_test]
async fn keys_zoom_move_time_and_go_back() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    chart.press("+", false);
    let (from, to) = chart.range();
    assert_eq!((to - from, to), (30, 60));
    chart.press("ArrowLeft", true);
    let (moved, moved_to) = chart.range();
    assert!(moved < from && moved_to - moved == 30, "{moved} to {moved_to}");
    chart.press("-", false);
    assert_eq!(chart.range().1 - chart.range().0, 60);
    chart.press("0", false);
    assert!(!chart.is_zoomed());
}

#[wasm_bindgen_test]
async fn a_legend_entry_switches_its_series() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    let before = pixels(&chart.data());
    let pressed = || chart.page.get(".legend button").get_attribute("aria-pressed");
    assert_eq!(pressed().as_deref(), Some("true"));
    chart.page.click(".legend button");
    until("one line is gone", || pixels(&chart.data()) < before * 0.8).await;
    assert_eq!(pressed().as_deref(), Some("false"));
    chart.page.click(".legend button");
    until("it is back", || (pixels(&chart.data()) - before).abs() < 1.0).await;
}

#[wasm_bindgen_test]
async fn the_axis_can_be_logarithmic_where_there_are_lines() {
    let owner = Owner::new();
    let lines = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    lines.painted().await;
    mark_all(&lines);
    lines.page.click("[data-tool=scale]");
    until("other axes and data", || corner(&lines.axes()) == EMPTY && corner(&lines.data()) == EMPTY).await;
    assert_eq!(lines.page.get("[data-tool=scale]").get_attribute("aria-pressed").as_deref(), Some("true"));
    let bars = chart(&owner, plot(Shape::Stack, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    bars.painted().await;
    until("no choice of scale", || bars.page.get("[data-tool=scale]").has_attribute("hidden")).await;
}

#[wasm_bindgen_test]
async fn a_marker_is_painted_and_said() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |_| 1.0), SIZE);
    chart.painted().await;
    let before = pixels(&chart.data());
    let text = "live.yaml".to_owned();
    chart.markers.set(vec![Marker { at: MIDNIGHT as f64 + 20.5, kind: MarkerKind::Configuration, text }]);
    until("a line from top to bottom", || pixels(&chart.data()) > before + 100.0).await;
    chart.point("pointermove", x(20.5));
    until("its words", || chart.tip().contains("Configuration: live.yaml")).await;
}

#[wasm_bindgen_test]
async fn moments_whose_signs_would_lie_on_each_other_share_one() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |_| 1.0), SIZE);
    chart.painted().await;
    let before = pixels(&chart.data());
    let at = |seconds: f64, kind, number: u32| Marker {
        at: MIDNIGHT as f64 + seconds,
        kind,
        text: format!("act {number}"),
    };
    let alone = at(50.5, MarkerKind::Operator, 0);
    chart.markers.set(vec![alone.clone()]);
    until("one sign", || pixels(&chart.data()) > before + 100.0).await;
    let one = pixels(&chart.data()) - before;
    assert!(chart.page.find(".chart-count").is_none(), "one is not counted");
    let halt = at(10.5, MarkerKind::Halt, 1);
    let storm = (2..11).map(|number| at(10.5 + f64::from(number) / 100.0, MarkerKind::Breaker, number));
    chart.markers.set([halt].into_iter().chain(storm).chain([alone]).collect());
    until("how many they are", || chart.page.text(".chart-count") == "10").await;
    settled(&chart.data()).await;
    let both = pixels(&chart.data()) - before;
    assert!(both < one * 2.5, "ten moments are drawn as one: {both} pixels where one has {one}");
    let places = "return a.querySelectorAll('.chart-count').length";
    let place = chart.page.get(".chart-plot");
    assert_eq!(number(places, &[&place]).to_string(), "1");
    chart.point("pointermove", x(10.5));
    until("the first of them and how many more", || {
        let tip = chart.tip();
        tip.contains("Trading: act 1") && tip.contains("act 6") && tip.contains("and 4 more")
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_stack_of_nothing_has_no_figures() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Stack, MIDNIGHT, |_| 0.0), SIZE);
    until("it says so", || chart.page.text(".legend b") == format::NO_DATA).await;
    chart.plot.update(|plot| plot.series[0].values[10] = 2.0);
    until("zero is a figure beside others", || chart.page.text(".legend b").starts_with("0.00")).await;
}

#[wasm_bindgen_test]
async fn the_table_is_made_when_it_is_opened() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 100)), SIZE);
    chart.painted().await;
    assert!(chart.page.find("table").is_none());
    chart.page.click("[data-tool=data]");
    until("a table", || chart.page.find("table").is_some()).await;
    assert_eq!(
        number("return a.querySelectorAll('tbody tr').length", &[&chart.page.get("table")]).to_string(),
        BUCKETS.to_string()
    );
    assert_eq!(chart.page.text("tbody tr:last-child"), "00:00:00 UTC100 ms50.0 ms");
    assert!(chart.page.text("caption").contains("Chart one"));
    assert_eq!(chart.page.get("[data-tool=data]").get_attribute("aria-expanded").as_deref(), Some("true"));
    chart.page.click("[data-tool=data]");
    until("no table", || chart.page.find("table").is_none()).await;
}

#[wasm_bindgen_test]
async fn an_earlier_session_is_a_band_behind_the_data() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |_| 50.0), SIZE);
    chart.painted().await;
    let before = pixels(&chart.data());
    let usual = |value: f64| vec![value; BUCKETS as usize];
    let ghost = vec![usual(10.0), usual(40.0)];
    chart.plot.update(|plot| plot.ghost = ghost);
    until("an area", || pixels(&chart.data()) > before + 1000.0).await;
}

/// Keeps what is handed to the reader as a file, in place of saving it.
const CATCH: &str = "
    window.saved = [];
    HTMLAnchorElement.prototype.click = function () { saved.push([this.download, this.href]) }";

fn saved(part: usize) -> String {
    run(&format!("return saved.length ? saved[saved.length - 1][{part}] : ''"), &[])
        .as_string()
        .expect("a text")
}

#[wasm_bindgen_test]
async fn the_picture_has_both_canvases_a_head_and_a_background() {
    run(CATCH, &[]);
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    chart.painted().await;
    let body = document().body().expect("a body");
    run("a.style.setProperty('--surface', '#fff'); a.style.setProperty('--chart-1', '#00f')", &[&body]);
    chart.colors.set(1);
    settled(&chart.data()).await;
    chart.page.click("[data-tool=png]");
    assert!(saved(0).starts_with("one-") && saved(0).rsplit('.').next() == Some("png"), "{}", saved(0));
    let image = document().create_element("img").expect("an image");
    run("a.src = b", &[&image, &saved(1).as_str().into()]);
    until("the picture is read", || number("return a.complete ? a.naturalWidth : 0", &[&image]) > 0.0).await;
    let looked = "const c = document.createElement('canvas');
        [c.width, c.height] = [a.naturalWidth, a.naturalHeight];
        const g = c.getContext('2d');
        g.drawImage(a, 0, 0);
        const {data} = g.getImageData(0, 0, c.width, c.height);
        let [clear, blue, white] = [0, 0, 0];
        for (let at = 0; at < data.length; at += 4) {
            clear += data[at + 3] < 255;
            blue += data[at] < 60 && data[at + 2] > 200;
            white += data[at] > 250 && data[at + 2] > 250;
        }";
    let count = |what: &str| number(&format!("{looked} return {what}"), &[&image]);
    assert!((count("c.width") - number("return a.width", &[&chart.axes()])).abs() < 0.5);
    assert!(count("c.height") > number("return a.height", &[&chart.axes()]) + 20.0);
    assert_eq!(count("clear").to_string(), "0", "a background everywhere");
    assert!(count("blue") > 100.0 && count("white") > 1000.0);
    run("a.style.removeProperty('--surface'); a.style.removeProperty('--chart-1')", &[&body]);
}

#[wasm_bindgen_test]
async fn the_values_are_saved_with_their_times_and_names() {
    run(CATCH, &[]);
    let owner = Owner::new();
    let mut plot = plot(Shape::Lines, MIDNIGHT, |at| if at == 1 { f64::NAN } else { f64::from(at) });
    plot.series[1].name = "=SUM(\"A1\")".into();
    let chart = chart(&owner, plot, SIZE);
    chart.painted().await;
    chart.page.click("[data-tool=csv]");
    assert!(saved(0).rsplit('.').next() == Some("csv"), "{}", saved(0));
    let text = run(
        "return decodeURIComponent(b.split(',').slice(1).join(','))",
        &[&chart.hit(), &saved(1).as_str().into()],
    );
    let text = text.as_string().expect("a text");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "time,\"high (ms)\",\"'=SUM(\"\"A1\"\") (ms)\"");
    assert_eq!(
        (lines[1], lines[2], lines[3]),
        ("2026-11-20T00:00:00Z,0,0", "2026-11-20T00:00:01Z,,", "2026-11-20T00:00:02Z,2,1")
    );
    assert_eq!(lines.len(), 1 + BUCKETS as usize + 1);
}

#[wasm_bindgen_test]
async fn a_chart_can_be_reached_and_is_explained() {
    let owner = Owner::new();
    let chart = chart(&owner, plot(Shape::Lines, MIDNIGHT, |at| f64::from(at + 1)), SIZE);
    let hit = chart.hit();
    hit.unchecked_ref::<HtmlElement>().focus().expect("focus");
    assert_eq!(document().active_element().as_ref(), Some(&hit));
    let help = hit.get_attribute("aria-describedby").expect("a description");
    assert!(chart.page.text(&format!("#{help}")).contains("Plus and minus zoom"));
}

/// The words for missing events of a plot where those between these seconds after midnight are; `None` for an end that
/// is not known yet.
fn missing_in_words(gaps: &[(i64, Option<i64>)]) -> String {
    let at = |second: i64| Ts::from_millis((MIDNIGHT + second) * 1_000);
    let missing: Vec<_> = gaps
        .iter()
        .map(|(start, end)| Missing { from: 1, to: 2, start: at(*start), end: end.map(at) })
        .collect();
    plot(Shape::Lines, MIDNIGHT, |_| 1.0).with_gaps(&missing).gaps_in_words(0)
}

#[wasm_bindgen_test]
fn the_words_for_a_chart_say_when_events_are_missing() {
    assert_eq!(missing_in_words(&[(-90, Some(-60))]), "", "before the chart begins");
    assert_eq!(missing_in_words(&[(10, Some(40))]), " Events are missing from 00:00:10 to 00:00:40.");
    assert_eq!(missing_in_words(&[(10, None)]), " Events are missing since 00:00:10.");
    let many: Vec<_> = (0..5).map(|n| (n * 10, Some(n * 10 + 5))).collect();
    assert!(missing_in_words(&many).ends_with("from 00:00:20 to 00:00:25, and 2 times before."));
}
