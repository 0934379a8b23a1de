//! The parser of rules beside promql-parser: what it takes means the same there, and what is refused there is refused.
//!
//! Expressions are made at random: well-formed ones of the subset, which must be taken, and words in any order, of which
//! most are not.

use aurora_domain::rules::{self, Binary, Expr, Matching, Op, Overtime, Selector, SetOp, Test};
use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{self as reference, LabelModifier, VectorMatchCardinality},
};
use proptest::{prelude::*, sample::select};

/// Our tree as text with all parentheses.
fn ours(expr: &Expr) -> String {
    match expr {
        Expr::Number(number) => number_text(*number),
        Expr::Selector(selector) => selector_text(selector),
        Expr::Overtime { function, selector, range_ms } => {
            let name = match function {
                Overtime::Increase => "increase",
                Overtime::Rate => "rate",
                Overtime::Average => "avg_over_time",
                Overtime::Maximum => "max_over_time",
            };
            format!("{name}({}[{range_ms}])", selector_text(selector))
        }
        Expr::Absent { of, .. } => format!("absent({})", ours(of)),
        Expr::Negated(of) => format!("-({})", ours(of)),
        Expr::Binary(binary) => binary_text(binary),
    }
}

fn binary_text(binary: &Binary) -> String {
    let (sign, bool) = match binary.op {
        Op::Arithmetic(arithmetic) => (format!("{arithmetic:?}"), false),
        Op::Comparison { comparison, bool } => (comparison.sign().to_owned(), bool),
        Op::Set(SetOp::And) => ("and".to_owned(), false),
        Op::Set(SetOp::Or) => ("or".to_owned(), false),
        Op::Set(SetOp::Unless) => ("unless".to_owned(), false),
    };
    let (on, names) = match &binary.matching {
        Matching::On(names) => (true, names),
        Matching::Ignoring(names) => (false, names),
    };
    let mut names: Vec<&str> = names.iter().map(|name| &**name).collect();
    joined(&ours(&binary.left), &sign, bool, on, &mut names, &ours(&binary.right))
}

fn joined(left: &str, sign: &str, bool: bool, on: bool, names: &mut Vec<&str>, right: &str) -> String {
    names.sort_unstable();
    names.dedup();
    format!("({left} {sign} bool={bool} on={on}{names:?} {right})")
}

fn number_text(number: f64) -> String {
    format!("{:?}", if number.is_nan() { f64::NAN } else { number })
}

fn selector_text(selector: &Selector) -> String {
    let mut tests: Vec<String> = selector
        .matchers
        .iter()
        .map(|matcher| {
            let (sign, value) = match &matcher.test {
                Test::Equal(value) => ("=", &**value),
                Test::NotEqual(value) => ("!=", &**value),
                Test::Matches(pattern) => ("=~", pattern.source()),
                Test::MatchesNot(pattern) => ("!~", pattern.source()),
            };
            format!("{}{sign}{value:?}", matcher.label)
        })
        .collect();
    tests.sort();
    format!("{}{tests:?}", selector.metric)
}

/// Its tree in the same text; what the subset does not have as it stands.
fn theirs(expr: &reference::Expr) -> String {
    match expr {
        reference::Expr::NumberLiteral(number) => number_text(number.val),
        reference::Expr::Paren(paren) => theirs(&paren.expr),
        reference::Expr::Unary(unary) => {
            let of = theirs(&unary.expr);
            of.parse::<f64>().map_or_else(|_| format!("-({of})"), |number| number_text(-number))
        }
        reference::Expr::VectorSelector(selector) => their_selector(selector),
        reference::Expr::MatrixSelector(matrix) => {
            format!("{}[{}]", their_selector(&matrix.vs), matrix.range.as_millis())
        }
        reference::Expr::Call(call) => {
            let args: Vec<String> = call.args.args.iter().map(|arg| theirs(arg)).collect();
            format!("{}({})", call.func.name, args.join(", "))
        }
        reference::Expr::Binary(binary) => their_binary(binary),
        other => format!("{other:?}"),
    }
}

fn their_binary(binary: &reference::BinaryExpr) -> String {
    let sign = match binary.op.to_string().as_str() {
        "+" => "Add".to_owned(),
        "-" => "Subtract".to_owned(),
        "*" => "Multiply".to_owned(),
        "/" => "Divide".to_owned(),
        "%" => "Modulo".to_owned(),
        "^" => "Power".to_owned(),
        other => other.to_owned(),
    };
    let modifier = binary.modifier.as_ref();
    let bool = modifier.is_some_and(|modifier| modifier.return_bool);
    let grouped = modifier.is_some_and(|modifier| {
        !matches!(modifier.card, VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany)
    });
    let sign = if grouped { format!("grouped {sign}") } else { sign };
    let (on, names) = match modifier.and_then(|modifier| modifier.matching.as_ref()) {
        Some(LabelModifier::Include(names)) => (true, names.labels.as_slice()),
        Some(LabelModifier::Exclude(names)) => (false, names.labels.as_slice()),
        None => (false, [].as_slice()),
    };
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    joined(&theirs(&binary.lhs), &sign, bool, on, &mut names, &theirs(&binary.rhs))
}

fn their_selector(selector: &reference::VectorSelector) -> String {
    let test = |matcher: &Matcher| {
        let sign = match &matcher.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Re(_) => "=~",
            MatchOp::NotRe(_) => "!~",
        };
        format!("{}{sign}{:?}", matcher.name, matcher.value)
    };
    let mut tests: Vec<String> = selector.matchers.matchers.iter().map(test).collect();
    tests.sort();
    let rest = if selector.offset.is_some() || selector.at.is_some() { "moved" } else { "" };
    format!("{}{tests:?}{rest}", selector.name.as_deref().unwrap_or_default())
}

/// What is taken here is taken there and means the same.
fn agrees(source: &str) -> Result<bool, TestCaseError> {
    let Ok(tree) = rules::parse(source) else { return Ok(false) };
    match reference::parse(source) {
        Ok(other) => prop_assert_eq!(ours(&tree), theirs(&other), "{}", source),
        Err(why) => prop_assert!(false, "taken here, refused there: {source}: {why}"),
    }
    Ok(true)
}

fn selector() -> impl Strategy<Value = String> {
    let matcher = (
        select(vec!["x", "kind", "on", "_y2"]),
        prop_oneof![
            (select(vec!["=", "!="]), select(vec!["\"a\"", "'b c'", "\"\"", "`d e`", "\"q\\\"\\n\""])),
            (
                select(vec!["=~", "!~"]),
                select(vec!["\"a|b\"", "\"(a|b.*)\"", "\".+\"", "'5..'", "\"a\\\\.b\""])
            ),
        ],
    )
        .prop_map(|(label, (sign, value))| format!("{label}{sign}{value}"));
    let matchers = proptest::collection::vec(matcher, 0..3);
    (select(vec!["m", "a:b", "aurora_x_total", "rate"]), matchers, any::<bool>()).prop_map(
        |(metric, matchers, braces)| match (matchers.is_empty(), braces) {
            (true, false) => metric.to_owned(),
            (true, true) => format!("{metric}{{}}"),
            (false, trailing) => {
                format!("{metric}{{{}{}}}", matchers.join(", "), if trailing { "," } else { "" })
            }
        },
    )
}

fn scalar() -> impl Strategy<Value = String> {
    let leaf = select(vec!["1", "0.5", ".25", "1e3", "2E-2", "0x1F", "Inf", "NaN", "-1", "+2"])
        .prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), select(vec!["+", "-", "*", "/", "%", "^", "== bool", ">bool"]), inner.clone())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.prop_map(|inner| format!("-{inner}")),
        ]
    })
}

fn vector() -> impl Strategy<Value = String> {
    let over_time = (
        select(vec!["increase", "rate", "avg_over_time", "max_over_time"]),
        selector(),
        select(vec!["[5m]", "[1h30m]", " [ 90s ] ", "[1d]", "[500ms]"]),
    )
        .prop_map(|(function, selector, range)| format!("{function}({selector}{range})"));
    let leaf = prop_oneof![3 => selector(), 1 => over_time];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let modifier = select(vec!["", " on(x)", " ignoring (kind, x)", " on()", " ON(_y2)"]);
        prop_oneof![
            (inner.clone(), select(vec!["+", "-", "*", "/", "%", "^", "==", "!=", "<= bool", "<"]), scalar())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            (scalar(), select(vec!["+", "^", ">", "!=bool"]), inner.clone())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            (
                inner.clone(),
                select(vec!["+", "*", "^", ">", ">= bool", "and", "or", "unless", "OR"]),
                modifier,
                inner.clone()
            )
                .prop_map(|(left, op, modifier, right)| format!("{left} {op}{modifier} {right}")),
            inner.clone().prop_map(|inner| format!("absent({inner})")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.prop_map(|inner| format!("-{inner}")),
        ]
    })
}

/// Words in any order; many make no expression, and some one outside of the subset.
fn words() -> impl Strategy<Value = String> {
    let word = select(vec![
        "m",
        "x",
        "1",
        "010",
        "1.",
        "5m",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "[5m]",
        "[5m:1m]",
        ",",
        "=",
        "==",
        "=~",
        "!=",
        "\"a\"",
        "'b'",
        "+",
        "-",
        "*",
        "/",
        "^",
        "%",
        "<",
        ">",
        "bool",
        "and",
        "or",
        "unless",
        "on(x)",
        "ignoring(x)",
        "group_left",
        "offset 5m",
        "@ 5",
        "sum",
        "sum(m)",
        "rate(",
        "rate(m[5m])",
        "absent(",
        "absent(m)",
        "vector(1)",
        "inf",
        "nan",
        "m{x=\"1\"}",
        "m{x=~\"[a]\"}",
        "# end",
        "\n",
        "by (x)",
        "atan2",
        "a:b",
        "1e",
        "0x",
        "1_000",
    ]);
    proptest::collection::vec(word, 1..7).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn expressions_of_the_subset_are_taken_and_mean_the_same(source in vector()) {
        // Operators may bind other than they were put together, so two numbers may stand on both sides of a comparison
        // without `bool`: both refuse that. One on a side of `on()` the reference takes and lets `on()` go; here it is refused.
        let taken = agrees(&source)?;
        prop_assert!(
            taken || reference::parse(&source).is_err() || source.contains("on()"),
            "refused here, taken there: {}: {:?}", source, rules::parse(&source)
        );
    }

    #[test]
    fn numbers_mean_the_same(source in scalar()) {
        let taken = agrees(&source)?;
        prop_assert!(taken || reference::parse(&source).is_err(), "refused here, taken there: {source}");
    }

    #[test]
    fn words_in_any_order_are_refused_where_the_reference_refuses_them(source in words()) {
        agrees(&source)?;
    }
}

#[test]
fn what_is_outside_of_the_subset_is_refused_though_it_is_promql() {
    for source in [
        "sum(m)",
        "m offset 5m",
        "m @ 5",
        "m[5m]",
        "rate(m[5m:1m])",
        "a * on(x) group_left b",
        "vector(1)",
        "{x=\"1\"}",
        "m{x=~\"[a-z]+\"}",
        "a atan2 b",
        "\"text\"",
        "time()",
    ] {
        assert!(reference::parse(source).is_ok(), "{source}");
        assert!(rules::parse(source).is_err(), "{source}");
    }
}
