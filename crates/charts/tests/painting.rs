//! What reaches the backend when a chart is painted, on 600 x 200 CSS pixels at pixel ratio 2.
#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its chart has failed")]

mod recorder;

use aurora_charts::{
    AutoRange, Band, ChartError, Color, Gap, Heat, Layout, Line, Mark, Point, Sign, Spec, Stacked, Theme,
    Threshold, TimeRange, Unit, YRange, paint_axes, paint_band, paint_gaps, paint_heat, paint_lines,
    paint_marks, paint_stacked, paint_thresholds,
};
use proptest::prelude::*;
use recorder::{Call, Recorder};

const START: f64 = 1_795_219_200.0;
const BLUE: Color = Color::rgb(0, 0, 255);
const RED: Color = Color::rgb(255, 0, 0);

fn spec() -> Spec {
    Spec {
        width_css: 600.0,
        height_css: 200.0,
        dpr: 2.0,
        font_px: 11.0,
        min_left_css: 0.0,
        x: TimeRange::new(START, START + 300.0).unwrap(),
        y: YRange::linear(0.0, 100.0).unwrap(),
        unit: Unit::Milliseconds,
        utc_offset_min: 0,
    }
}

fn layout() -> Layout {
    Layout::new(spec()).unwrap()
}

fn theme() -> Theme {
    let gray = Color::rgb(128, 128, 128);
    Theme { text: gray, grid: gray, axis: gray, gap: gray, font_family: "Inter, sans-serif".to_owned() }
}

fn points(samples: &[(f64, f64)]) -> Vec<Point> {
    samples.iter().map(|(seconds, y)| Point::new(START + seconds, *y)).collect()
}

fn paint(points: &[Point]) -> Recorder {
    let mut recorder = Recorder::default();
    paint_lines(&mut recorder, &layout(), &[Line { color: BLUE, width: 1.5, points }]).unwrap();
    recorder
}

fn paint_bars(start: f64, bucket_seconds: f64, values: &[f64]) -> Recorder {
    let (mut recorder, colors) = (Recorder::default(), [BLUE, RED]);
    let stacked = Stacked { start, bucket_seconds, colors: &colors, values };
    paint_stacked(&mut recorder, &layout(), &stacked).unwrap();
    recorder
}

fn check_inside_plot(recorder: &Recorder) {
    let plot = layout().plot();
    for coord in recorder.calls.iter().flat_map(Call::coords) {
        assert!(plot.contains(coord), "{coord:?} outside {plot:?}");
    }
}

/// Height of the rows that a polygon spans.
fn height(call: &Call) -> i32 {
    let rows: Vec<i32> = call.coords().iter().map(|(_, y)| *y).collect();
    rows.iter().max().unwrap() - rows.iter().min().unwrap()
}

#[test]
fn an_unbroken_line_is_one_path() {
    let recorder = paint(&points(&[(0.0, 10.0), (100.0, 50.0), (200.0, 30.0), (300.0, 100.0)]));
    let (layout, plot) = (layout(), layout().plot());
    let expected = [(0.0, 10.0), (100.0, 50.0), (200.0, 30.0), (300.0, 100.0)]
        .map(|(seconds, value)| (layout.column(START + seconds), layout.row(value)));
    assert_eq!(expected[3], (plot.right, plot.top));
    assert_eq!(recorder.calls, [Call::Path { coords: expected.to_vec(), rgb: BLUE.rgb, width: 3 }]);
}

#[test]
fn a_gap_splits_the_line() {
    let gap = f64::NAN;
    let recorder = paint(&points(&[(0.0, 1.0), (50.0, 2.0), (100.0, gap), (150.0, 3.0), (200.0, 4.0)]));
    let lengths: Vec<usize> = recorder.paths().iter().map(|path| path.len()).collect();
    assert_eq!(lengths, [2, 2]);
}

#[test]
fn a_sample_that_stands_alone_is_a_dot() {
    let recorder = paint(&points(&[(10.0, f64::NAN), (150.0, 50.0), (290.0, f64::NAN)]));
    let (x, y) = (layout().column(START + 150.0), layout().row(50.0));
    assert_eq!(recorder.calls, [Call::Fill { from: (x - 3, y - 3), to: (x + 3, y + 3), rgb: BLUE.rgb }]);
}

#[test]
fn an_empty_series_paints_nothing() {
    assert_eq!(paint(&[]).calls, []);
    assert_eq!(paint(&points(&[(10.0, f64::NAN), (20.0, f64::INFINITY)])).calls, []);
    assert_eq!(paint(&points(&[(-20.0, 1.0), (-10.0, 1.0)])).calls, []);
    assert_eq!(paint_bars(START, 5.0, &[]).calls, []);
    assert_eq!(paint_bars(START, 5.0, &[0.0, f64::NAN, -3.0, 0.0]).calls, []);
}

#[test]
fn a_million_samples_become_four_per_column_at_most() {
    let samples: Vec<(f64, f64)> =
        (0..1_000_000).map(|i| (f64::from(i) * 0.0003, f64::from(i % 9973 * 31 % 101))).collect();
    let recorder = paint(&points(&samples));
    let plot = layout().plot();
    assert_eq!(recorder.paths().len(), 1);
    assert!(recorder.paths()[0].len() <= 4 * usize::try_from(plot.right - plot.left + 1).unwrap());
}

#[test]
fn a_bucket_is_stacked_from_the_bottom_in_the_order_of_its_outcomes() {
    let recorder = paint_bars(START, 60.0, &[20.0, 30.0]);
    let layout = layout();
    let (left, right) = (layout.column(START), layout.column(START + 60.0) - 2);
    let block = |from: f64, to: f64| {
        let (bottom, top) = (layout.row(from), layout.row(to));
        vec![(left, bottom), (left, top), (right, top), (right, bottom), (right, bottom), (left, bottom)]
    };
    let blue = Call::Polygon { coords: block(0.0, 20.0), rgb: BLUE.rgb };
    let red = Call::Polygon { coords: block(20.0, 50.0), rgb: RED.rgb };
    assert_eq!(recorder.calls, [blue, red]);
}

#[test]
fn all_buckets_of_one_outcome_are_one_polygon() {
    let values: Vec<f64> = (0..60).flat_map(|bucket| [f64::from(bucket), 5.0]).collect();
    assert_eq!(paint_bars(START, 5.0, &values).calls.len(), 2);
}

#[test]
fn one_denial_among_thousands_of_fills_is_visible() {
    for fills in [10.0, 99.99] {
        let recorder = paint_bars(START, 60.0, &[fills, 0.01]);
        let red = recorder.calls.last().unwrap();
        assert!(matches!(red, Call::Polygon { rgb, .. } if *rgb == RED.rgb));
        assert_eq!(height(red), 2);
        check_inside_plot(&recorder);
    }
}

#[test]
fn a_burst_among_buckets_narrower_than_a_pixel_is_visible() {
    let mut values = vec![1.0; 60_000];
    values[30_000] = 80.0;
    let recorder = paint_bars(START, 0.01, &values);
    let rows = layout().row(0.0) - layout().row(80.0);
    assert_eq!(height(&recorder.calls[0]), rows);
    check_inside_plot(&recorder);
}

#[test]
fn a_minute_of_live_redraws_changes_the_axes_once_a_second() {
    let mut range = AutoRange::new(spec().y);
    let mut specs: Vec<Spec> = (0..3600)
        .map(|frame| {
            let x = TimeRange::live(START + f64::from(frame) / 60.0, 300.0, 1.0).unwrap();
            Spec { x, y: range.update([5.0, 40.0 + f64::from(frame % 7)]), ..spec() }
        })
        .collect();
    specs.dedup();
    assert_eq!(specs.len(), 61);
}

#[test]
fn axes_show_every_tick_once_in_the_font_asked_for() {
    let mut recorder = Recorder::default();
    paint_axes(&mut recorder, &layout(), &theme()).unwrap();
    let expected = [
        "0", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms", "00:00", "00:01", "00:02", "00:03", "00:04",
        "00:05",
    ];
    assert_eq!(recorder.texts(), expected);
    let fonts = |call: &Call| match call {
        Call::Text { size, family, .. } => (*size - 22.0).abs() < 1e-9 && family == "Inter, sans-serif",
        call => matches!(call, Call::Fill { .. }),
    };
    assert!(recorder.calls.iter().all(fonts), "{:?}", recorder.calls);
}

#[test]
fn a_threshold_is_drawn_only_inside_the_range() {
    let mut recorder = Recorder::default();
    let at = |value, label| Threshold { value, color: RED, label };
    let thresholds = [at(50.0, "p90 objective"), at(500.0, "far"), at(f64::NAN, "none")];
    paint_thresholds(&mut recorder, &layout(), &theme(), &thresholds).unwrap();
    assert_eq!(recorder.texts(), ["p90 objective"]);
    check_inside_plot(&recorder);
}

#[test]
fn gaps_are_shaded_and_hatched_where_they_are_in_view() {
    let mut recorder = Recorder::default();
    let gap = |start: f64, end: f64| Gap { start: START + start, end: START + end };
    let gaps = [gap(-50.0, 30.0), gap(400.0, 500.0), gap(280.0, 290.0), gap(20.0, 10.0)];
    paint_gaps(&mut recorder, &layout(), &theme(), &gaps).unwrap();
    assert_eq!(recorder.paths().len(), 2);
    assert_eq!(recorder.calls.len(), 4);
    check_inside_plot(&recorder);
}

#[test]
fn a_gap_that_is_narrower_than_a_pixel_is_seen() {
    for at in [0.0, 100.0, 300.0] {
        let mut recorder = Recorder::default();
        let time = START + at;
        paint_gaps(&mut recorder, &layout(), &theme(), &[Gap { start: time, end: time }]).unwrap();
        assert!(!recorder.calls.is_empty(), "{at}");
        check_inside_plot(&recorder);
    }
}

#[test]
fn data_is_painted_without_text() {
    let mut recorder = paint(&points(&[(0.0, 1.0), (100.0, 99.0)]));
    recorder.calls.extend(paint_bars(START, 60.0, &[20.0, 30.0]).calls);
    paint_gaps(&mut recorder, &layout(), &theme(), &[Gap { start: START, end: START + 9.0 }]).unwrap();
    assert_eq!(recorder.texts(), [""; 0]);
}

#[test]
fn a_refusing_backend_is_reported_with_its_words() {
    let mut recorder = Recorder { refusing: true, ..Recorder::default() };
    let error = paint_axes(&mut recorder, &layout(), &theme()).unwrap_err();
    assert!(matches!(&error, ChartError::Backend { part: "axes", .. }));
    assert_eq!(error.to_string(), "painting axes failed: Drawing backend error: the canvas is gone");
}

proptest! {
    #[test]
    fn nothing_is_drawn_outside_the_plot(
        samples in prop::collection::vec((-200.0..500.0f64, prop_oneof![any::<f64>(), -50.0..150.0f64]), 0..200),
        start in -400.0..400.0f64,
        bucket_seconds in 0.1..200.0f64,
        values in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..60.0f64], 0..200),
    ) {
        let mut samples = samples;
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        check_inside_plot(&paint(&points(&samples)));
        check_inside_plot(&paint_bars(START + start, bucket_seconds, &values));
    }
}

fn polygons(recorder: &Recorder) -> Vec<&[(i32, i32)]> {
    let polygons = recorder.calls.iter().filter_map(|call| match call {
        Call::Polygon { coords, .. } => Some(coords.as_slice()),
        _ => None,
    });
    polygons.collect()
}

fn paint_cells(heat: &Heat<'_>) -> Recorder {
    let mut recorder = Recorder::default();
    paint_heat(&mut recorder, &layout(), heat).unwrap();
    recorder
}

#[test]
fn cells_are_one_polygon_per_colour_and_empty_ones_are_none() {
    let (edges, ramp) = ([10.0, 20.0, 40.0], [BLUE, RED]);
    let heat = Heat {
        start: START,
        bucket_seconds: 60.0,
        edges: &edges,
        counts: &[1, 0, 0, 1000, 1, 0],
        ramp: &ramp,
    };
    let recorder = paint_cells(&heat);
    let colors: Vec<_> = recorder
        .calls
        .iter()
        .map(|call| match call {
            Call::Polygon { rgb, .. } => *rgb,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(colors, [BLUE.rgb, RED.rgb], "the rare ones first");
    let layout = layout();
    let most = polygons(&recorder)[1];
    let columns: Vec<i32> = most.iter().map(|(x, _)| *x).collect();
    let rows: Vec<i32> = most.iter().map(|(_, y)| *y).collect();
    let extent = |values: &[i32]| (*values.iter().min().unwrap(), *values.iter().max().unwrap());
    assert_eq!(extent(&columns), (layout.column(START + 60.0), layout.column(START + 120.0)));
    assert_eq!(extent(&rows), (layout.row(40.0), layout.row(20.0)));
    check_inside_plot(&recorder);
    assert_eq!(paint_cells(&Heat { counts: &[0; 6], ..heat }).calls, []);
    assert_eq!(paint_cells(&Heat { start: START - 500.0, ..heat }).calls, []);
}

#[test]
fn more_frequent_cells_are_never_paler() {
    let levels: Vec<_> = [0, 1, 2, 10, 100, 999, 1000].map(|count| Heat::level(count, 1000, 6)).to_vec();
    assert_eq!(levels[0], None);
    assert!(levels.is_sorted(), "{levels:?}");
    assert_eq!((levels[6], Heat::level(1, 1, 6)), (Some(5), Some(5)));
}

#[test]
fn a_band_is_one_polygon_per_stretch() {
    let lower = points(&[(0.0, 10.0), (100.0, 20.0), (150.0, f64::NAN), (200.0, 10.0), (300.0, 10.0)]);
    let upper = points(&[(0.0, 30.0), (100.0, 40.0), (150.0, 40.0), (200.0, 60.0), (300.0, 70.0)]);
    let mut recorder = Recorder::default();
    let layout = layout();
    paint_band(&mut recorder, &layout, &Band { color: BLUE, lower: &lower, upper: &upper }).unwrap();
    let at = |seconds: f64, value: f64| (layout.column(START + seconds), layout.row(value));
    assert_eq!(
        polygons(&recorder),
        [
            [at(0.0, 30.0), at(100.0, 40.0), at(100.0, 20.0), at(0.0, 10.0)],
            [at(200.0, 60.0), at(300.0, 70.0), at(300.0, 10.0), at(200.0, 10.0)],
        ]
    );
}

const SIGNS: [Sign; 6] =
    [Sign::Triangle, Sign::Diamond, Sign::Square, Sign::Octagon, Sign::Cross, Sign::House];

#[test]
fn a_mark_is_a_line_with_a_sign_of_its_own_shape() {
    let signs: Vec<Vec<(i32, i32)>> = SIGNS
        .into_iter()
        .map(|sign| {
            let mut recorder = Recorder::default();
            let mark = Mark { at: START + 150.0, sign, color: RED };
            paint_marks(&mut recorder, &layout(), &[mark]).unwrap();
            check_inside_plot(&recorder);
            let (plot, column) = (layout().plot(), layout().column(START + 150.0));
            let line = Call::Fill { from: (column, plot.top), to: (column + 2, plot.bottom), rgb: RED.rgb };
            assert_eq!(recorder.calls[0], line);
            polygons(&recorder)[0].to_vec()
        })
        .collect();
    for (place, sign) in signs.iter().enumerate() {
        assert!(!signs[place + 1..].contains(sign), "two signs look the same");
    }
}

proptest! {
    #[test]
    fn marks_stay_inside_the_plot_and_are_painted_where_they_can_be_seen(seconds in -100.0..400.0f64, sign in 0..6usize) {
        let mut recorder = Recorder::default();
        let mark = Mark { at: START + seconds, sign: SIGNS[sign], color: RED };
        paint_marks(&mut recorder, &layout(), &[mark]).unwrap();
        check_inside_plot(&recorder);
        prop_assert_eq!(recorder.calls.len(), if (0.0..=300.0).contains(&seconds) { 2 } else { 0 });
    }

    #[test]
    fn cells_stay_inside_the_plot(
        start in -500.0..500.0f64, bucket_seconds in 0.1..100.0f64, low in 0.1..200.0f64, counts in prop::collection::vec(0..50u32, 0..80),
    ) {
        let edges: Vec<f64> = (0..5).map(|band| low * 1.2f64.powi(band)).collect();
        let heat = Heat { start: START + start, bucket_seconds, edges: &edges, counts: &counts, ramp: &[BLUE, RED] };
        check_inside_plot(&paint_cells(&heat));
    }
}
