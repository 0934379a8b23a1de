//! What expressions give over a few series of three seconds.

use super::{super::history::Point, super::parser::parse, *};

/// A metric, its labels, and its values at 1 s, 2 s, 3 s; `_` for none.
type Written = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const SERIES: &[Written] = &[
    ("a", &[("x", "1"), ("y", "p")], "1 2 3"),
    ("a", &[("x", "2"), ("y", "p")], "4 5 6"),
    ("b", &[("x", "1")], "10 10 10"),
    ("b", &[("x", "3")], "30 30 30"),
    ("gone", &[], "7 7 _"),
    ("c", &[("x", "1")], "1 1 1"),
    ("odd", &[], "NaN NaN NaN"),
];

/// What `source` gives at 3 s, sorted, one element a line.
fn given(source: &str) -> Result<String, EvalError> {
    let expr = parse(source).map_err(|refusal| panic!("{source}: {refusal}")).unwrap();
    let mut history = History::default();
    expr.selectors(&mut |selector, range_ms| history.keep(selector, range_ms));
    for (second, at_ms) in [1_000, 2_000, 3_000].into_iter().enumerate() {
        for (metric, labels, values) in SERIES {
            let value = values.split(' ').nth(second).unwrap();
            if let Ok(value) = value.parse() {
                history.append(metric, &Labels::new(labels.iter().copied()), Point { at_ms, value });
            }
        }
        history.end_observation(at_ms);
    }
    let mut lines: Vec<String> = evaluate(&expr, &history, 3_000)?
        .into_iter()
        .map(|element| {
            let labels: Vec<String> =
                element.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!(
                "{}{{{}}} {}",
                element.metric.as_deref().unwrap_or_default(),
                labels.join(","),
                element.value
            )
        })
        .collect();
    lines.sort();
    Ok(lines.join("; "))
}

fn check(source: &str, expected: &str) {
    assert_eq!(given(source), Ok(expected.to_owned()), "{source}");
}

#[test]
fn selectors_give_what_is_not_stale() {
    check("a", "a{x=1,y=p} 3; a{x=2,y=p} 6");
    check("a{x=\"2\"}", "a{x=2,y=p} 6");
    check("a{z=\"\",x!~\"2|3\"}", "a{x=1,y=p} 3");
    check("gone", "");
    check("gone or b{x=\"1\"}", "b{x=1} 10");
    check("none", "");
}

#[test]
fn arithmetic_drops_the_metric_and_comparisons_keep_it() {
    check("a + 1", "{x=1,y=p} 4; {x=2,y=p} 7");
    check("2 ^ a", "{x=1,y=p} 8; {x=2,y=p} 64");
    check("-a % 4", "{x=1,y=p} -3; {x=2,y=p} -2");
    check("a > 3", "a{x=2,y=p} 6");
    check("3 < a", "a{x=2,y=p} 6");
    check("a > bool 3", "{x=1,y=p} 0; {x=2,y=p} 1");
    check("1 + 2 * 3", "{} 7");
    check("1 > bool 2", "{} 0");
    check("a / 0", "{x=1,y=p} inf; {x=2,y=p} inf");
}

#[test]
fn what_is_no_number_differs_from_everything() {
    check("odd == odd", "");
    check("odd != odd", "odd{} NaN");
    check("odd > 0 or odd <= 0", "");
    check("odd > bool 0", "{} 0");
}

#[test]
fn vectors_are_matched_one_to_one() {
    check("a + b", "");
    check("a + on(x) b", "{x=1} 13");
    check("a + ignoring(y) b", "{x=1} 13");
    check("a < on(x) b", "{x=1} 3");
    check("a < ignoring(y) b", "a{x=1} 3");
    check("a < bool ignoring(y) b", "{x=1} 1");
    check("a + a", "{x=1,y=p} 6; {x=2,y=p} 12");
    check("a > none", "");
    assert_eq!(given("a + on(y) a"), Err(EvalError::SeveralOnOneSide));
    assert_eq!(
        given("a + on() b{x=\"1\"}"),
        Err(EvalError::SeveralOnOneSide),
        "both on the left find the one"
    );
    check("a > on() (b{x=\"1\"} - 6)", "{} 6");
}

#[test]
fn sets_keep_elements_as_they_are() {
    check("a and on(x) b", "a{x=1,y=p} 3");
    check("a unless on(x) b", "a{x=2,y=p} 6");
    check("b or on(x) a", "a{x=2,y=p} 6; b{x=1} 10; b{x=3} 30");
    check("a and on() (b > 100)", "");
    check("a or none", "a{x=1,y=p} 3; a{x=2,y=p} 6");
}

#[test]
fn metrics_with_the_same_labels_never_meet_in_one_vector() {
    check("b{x=\"1\"} or c", "b{x=1} 10");
    check("-(b{x=\"1\"} or on(x) c)", "{x=1} -10");
    check("-(b{x=\"1\"} or on() c)", "{x=1} -10");
}

#[test]
fn absent_is_one_where_there_is_nothing() {
    check("absent(gone)", "{} 1");
    check("absent(none{x=\"1\",y=~\"a|b\"})", "{x=1} 1");
    check("absent(a)", "");
    check("absent(a > 100)", "{} 1");
    check("absent(gone + gone)", "{} 1");
}

#[test]
fn functions_of_ranges_drop_the_metric() {
    check("increase(a[2s])", "{x=1,y=p} 2; {x=2,y=p} 2");
    check("rate(a{x=\"1\"}[2s])", "{x=1,y=p} 1");
    check("avg_over_time(a[2s])", "{x=1,y=p} 2; {x=2,y=p} 5");
    check("max_over_time(gone[2s])", "{} 7");
    check("increase(none[2s])", "");
}
