//! What is taken, as a tree, and what is refused, where.

use super::*;

/// The tree with every pair of parentheses.
fn show(expr: &Expr) -> String {
    match expr {
        Expr::Number(number) => number.to_string(),
        Expr::Selector(selector) => selector.metric.to_string(),
        Expr::Overtime { function, selector, range_ms } => {
            format!("{function:?}({}, {range_ms})", selector.metric)
        }
        Expr::Absent { of, labels } => {
            format!("absent({}, {:?})", show(of), labels.iter().collect::<Vec<_>>())
        }
        Expr::Negated(of) => format!("-{}", show(of)),
        Expr::Binary(binary) => {
            let op = match binary.op {
                Op::Arithmetic(op) => format!("{op:?}"),
                Op::Comparison { comparison, bool } => {
                    format!("{}{}", comparison.sign(), if bool { "bool" } else { "" })
                }
                Op::Set(op) => format!("{op:?}"),
            };
            let matching = match &binary.matching {
                Matching::Ignoring(names) if names.is_empty() => String::new(),
                matching => format!("{matching:?}"),
            };
            format!("({} {op}{matching} {})", show(&binary.left), show(&binary.right))
        }
    }
}

fn check(source: &str, expected: &str) {
    assert_eq!(
        parse(source).map(|expr| show(&expr)).map_err(|refusal| refusal.to_string()),
        Ok(expected.to_owned())
    );
}

fn refused(source: &str, line: usize, column: usize, words: &str) {
    let refusal = parse(source).map(|expr| show(&expr)).unwrap_err();
    assert_eq!((refusal.line, refusal.column), (line, column), "{source}: {refusal}");
    assert!(refusal.to_string().contains(words), "{source}: {refusal}");
}

#[test]
fn operators_bind_as_in_prometheus() {
    check("a + b * c - d", "((a Add (b Multiply c)) Subtract d)");
    check("a ^ b ^ c", "(a Power (b Power c))");
    check("-a ^ 2 * b", "(-(a Power 2) Multiply b)");
    check("2 ^ -1 * 3", "((2 Power -1) Multiply 3)");
    check("-1", "-1");
    check("+a - -b", "(a Subtract -b)");
    check("a == b + 1 and c or d unless e", "(((a == (b Add 1)) And c) Or (d Unless e))");
    check("a > 1 < 5", "((a > 1) < 5)");
    check("(a or b) and c", "((a Or b) And c)");
    check("a % 2 >= bool 1", "((a Modulo 2) >=bool 1)");
    check("a AND on(x, y) b", "(a AndOn([\"x\", \"y\"]) b)");
    check("a / ignoring(x) b", "(a DivideIgnoring([\"x\"]) b)");
    check("a + on() b", "(a AddOn([]) b)");
}

#[test]
fn numbers_functions_and_ranges_are_read() {
    check("1.5e3 + .5 + 0x1F", "((1500 Add 0.5) Add 31)");
    check("a == +Inf or a != NaN", "((a == inf) Or (a != NaN))");
    check("increase(a:b[1h30m]) / rate(c[5m])", "(Increase(a:b, 5400000) Divide Rate(c, 300000))");
    check("avg_over_time(a[15m]) > max_over_time(b[90s])", "(Average(a, 900000) > Maximum(b, 90000))");
    check("absent(a{x=\"1\",y=~\"2\",z=\"3\",z!=\"4\"})", "absent(a, [(\"x\", \"1\"), (\"z\", \"3\")])");
    check("absent(a > 1)", "absent((a > 1), [])");
    check("a # why\n > 1", "(a > 1)");
    check("rate", "rate");
}

#[test]
fn matchers_are_read() {
    let Expr::Selector(selector) = parse(r#"m{a="1", b!="2",c=~"x|y",d!~".*z",on="",}"#).unwrap() else {
        panic!()
    };
    let pattern = |source| Pattern::new(source).unwrap();
    let tests: Vec<_> =
        selector.matchers.into_iter().map(|matcher| (matcher.label.to_string(), matcher.test)).collect();
    assert_eq!(
        tests,
        [
            ("a".to_owned(), Test::Equal("1".into())),
            ("b".to_owned(), Test::NotEqual("2".into())),
            ("c".to_owned(), Test::Matches(pattern("x|y"))),
            ("d".to_owned(), Test::MatchesNot(pattern(".*z"))),
            ("on".to_owned(), Test::Equal("".into())),
        ]
    );
}

#[test]
fn what_is_not_of_the_subset_is_refused_at_its_place() {
    refused("sum(a)", 1, 1, "aggregations");
    refused("a > sum by (x) (b)", 1, 5, "aggregations");
    refused(
        "histogram_quantile(0.9, a)",
        1,
        1,
        "which has increase, rate, avg_over_time, max_over_time and absent: `histogram_quantile`",
    );
    refused("vector(1)", 1, 1, "not part of the subset");
    refused("a offset 5m", 1, 3, "offset");
    refused("rate(a[5m] offset 5m)", 1, 12, "offset");
    refused("a @ 5", 1, 3, "now");
    refused("rate(a[5m:1m])", 1, 10, "subqueries");
    refused("a[5m]", 1, 2, "a range stands only");
    refused("rate(a[5m])[5m]", 1, 12, "a range stands only");
    refused("a * on(x) group_left b", 1, 11, "one-to-one");
    refused("a atan2 b", 1, 3, "not part");
    refused("{x=\"1\"}", 1, 1, "begins with the metric's name");
    refused("a{__name__=\"b\"}", 1, 3, "before the braces");
    refused("a{x=~\"[0-9]+\"}", 1, 7, "patterns here");
    refused("ALERTS", 1, 1, "no series");
    refused("increase(a[2d])", 1, 12, "at most a day");
}

#[test]
fn what_prometheus_refuses_is_refused() {
    refused("", 1, 1, "too early");
    refused("a >", 1, 4, "too early");
    refused("a b", 1, 3, "operator is missing");
    refused("(a", 1, 3, "too early");
    refused("a)", 1, 2, "operator is missing");
    refused("1 > 2", 1, 3, "needs `bool`");
    refused("a + bool 2", 1, 5, "only after a comparison");
    refused("a and 1", 1, 7, "between vectors");
    refused("1 or a", 1, 1, "between vectors");
    refused("a +\non(x) 1", 2, 1, "only between two vectors");
    refused("rate(a)", 1, 7, "a range");
    refused("rate(5)", 1, 6, "a metric with a range");
    refused("rate(a[0s])", 1, 8, "above zero");
    refused("rate(a[5])", 1, 8, "above zero");
    refused("absent(1)", 1, 8, "not a number");
    refused("\"a\"", 1, 1, "a text is not a value");
    refused("a = 1", 1, 3, "`==`");
    refused("010", 1, 1, "no number");
    refused("1e999", 1, 1, "no number");
    refused("5m", 1, 1, "a duration stands only");
    refused("a{x}", 1, 4, "a label is tested");
    refused("a{x=1}", 1, 5, "in quotes");
    refused("a{x=\"1\" y=\"2\"}", 1, 9, "a comma or `}`");
    refused("a{,}", 1, 3, "a label's name is missing");
    refused("on > 1", 1, 1, "before this word");
}

#[test]
fn nesting_length_and_size_are_bounded() {
    let deep = "(".repeat(10_000) + "a";
    assert!(parse(&deep).unwrap_err().to_string().contains("8192 bytes"));
    let deep = "(".repeat(60) + "a" + &")".repeat(60);
    assert!(parse(&deep).unwrap_err().to_string().contains("48 deep"));
    let deep = "-".repeat(60) + "a";
    assert!(parse(&deep).unwrap_err().to_string().contains("48 deep"));
    let long = "a+".repeat(256) + "a";
    assert!(parse(&long).unwrap_err().to_string().contains("256 parts"));
    assert!(parse(&("(".repeat(40) + "a" + &")".repeat(40))).is_ok());
}
