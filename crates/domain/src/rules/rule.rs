//! Groups of rules: what is written, and what is judged.

use std::fmt;

use super::{
    ast::{Binary, Comparison, Expr, Op, SetOp},
    duration::parse_duration_ms,
    parser::parse,
    refusal::Refusal,
    template::Template,
};

/// A rule as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleText {
    /// Its name.
    pub alert: String,
    /// When it holds.
    pub expr: String,
    /// How long it has to hold before it fires; empty for not at all.
    pub hold_for: String,
    /// How long it goes on firing when it holds no more; empty for not at all.
    pub keep_firing_for: String,
    /// Labels of its alerts; values may be templates.
    pub labels: Vec<(String, String)>,
    /// Texts of its alerts; values may be templates.
    pub annotations: Vec<(String, String)>,
}

/// A rule that is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    text: RuleText,
    expr: Expr,
    measured: Option<Expr>,
    hold_for_ms: i64,
    keep_firing_for_ms: i64,
    labels: Vec<(Box<str>, Template)>,
    annotations: Vec<(Box<str>, Template)>,
}

/// Rules that are judged together, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Least time between two judgements in milliseconds; `None` for every observation.
    pub interval_ms: Option<i64>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// The part of a rule that something is said of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its name.
    Alert,
    /// Its expression.
    Expr,
    /// `for`
    For,
    /// `keep_firing_for`
    KeepFiringFor,
    /// This label.
    Label(String),
    /// This annotation.
    Annotation(String),
}

/// A rule that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule's name.
    pub alert: String,
    /// Which part of it.
    pub place: Place,
    /// The text of that part.
    pub text: String,
    /// Why, and where in the text.
    pub refusal: Refusal,
}

/// What the value is held against: a number on the right of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// How.
    pub comparison: Comparison,
    /// The number.
    pub value: f64,
}

impl Rule {
    /// Reads `text`.
    ///
    /// # Errors
    /// The first part that cannot be taken, and why.
    pub fn new(text: RuleText) -> Result<Self, Box<Refused>> {
        let refused = |place: Place, part: &str, refusal: Refusal| {
            Box::new(Refused { alert: text.alert.clone(), place, text: part.to_owned(), refusal })
        };
        if text.alert.is_empty() {
            return Err(refused(Place::Alert, "", Refusal::new("", 0, "an alert needs a name", "")));
        }
        let expr = parse(&text.expr).map_err(|why| refused(Place::Expr, &text.expr, why))?;
        let hold_for_ms = duration(&text.hold_for).map_err(|why| refused(Place::For, &text.hold_for, why))?;
        let keep_firing_for_ms = duration(&text.keep_firing_for)
            .map_err(|why| refused(Place::KeepFiringFor, &text.keep_firing_for, why))?;
        let labels = templates(&text.labels, true)
            .map_err(|(name, text, why)| refused(Place::Label(name), text, why))?;
        let annotations = templates(&text.annotations, false)
            .map_err(|(name, text, why)| refused(Place::Annotation(name), text, why))?;
        let measured = uncompared(&expr);
        Ok(Self { text, expr, measured, hold_for_ms, keep_firing_for_ms, labels, annotations })
    }

    /// Its name.
    pub fn alert(&self) -> &str {
        &self.text.alert
    }

    /// As it is written.
    pub fn text(&self) -> &RuleText {
        &self.text
    }

    /// When it holds.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// How long it has to hold before it fires, in milliseconds.
    pub fn hold_for_ms(&self) -> i64 {
        self.hold_for_ms
    }

    /// How long it goes on firing when it holds no more, in milliseconds.
    pub fn keep_firing_for_ms(&self) -> i64 {
        self.keep_firing_for_ms
    }

    /// What its value is held against, where the expression is one comparison of something with a number, `unless` or
    /// `and` something else.
    pub fn threshold(&self) -> Option<Threshold> {
        compared(&self.expr)
    }

    /// What is held against [`Rule::threshold`]: the expression without that comparison.
    pub fn measured(&self) -> Option<&Expr> {
        self.measured.as_ref()
    }

    /// As it would be written with another threshold; `None` where it has none, or `value` is not finite.
    pub fn with_threshold(&self, value: f64) -> Option<RuleText> {
        let threshold = compared(&self.expr)?;
        if threshold.value.to_bits() == value.to_bits() {
            return Some(self.text.clone());
        }
        let text = &self.text.expr;
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        // Which of its numbers it is, is seen by what the expression says once it is another one.
        let starts = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at);
        let tried = starts.filter_map(|start| {
            let (before, rest) = text.split_at(start);
            if !value.is_finite() || before.ends_with(is_number) {
                return None;
            }
            let after = rest.trim_start_matches(is_number);
            let before = if threshold.value < 0.0 { before.trim_end().trim_end_matches('-') } else { before };
            Some(RuleText { expr: format!("{before}{value}{after}"), ..self.text.clone() })
        });
        let mut fitting = tried.filter(|tried| {
            let wanted = Threshold { comparison: threshold.comparison, value };
            parse(&tried.expr)
                .is_ok_and(|expr| compared(&expr) == Some(wanted) && uncompared(&expr) == self.measured)
        });
        fitting.next()
    }

    pub(super) fn label_templates(&self) -> &[(Box<str>, Template)] {
        &self.labels
    }

    pub(super) fn annotation_templates(&self) -> &[(Box<str>, Template)] {
        &self.annotations
    }
}

/// How something is compared with a number, and with which.
fn compared(expr: &Expr) -> Option<Threshold> {
    let Expr::Binary(binary) = expr else { return None };
    match (&binary.op, &binary.right) {
        (Op::Comparison { comparison, bool: false }, Expr::Number(value)) => {
            Some(Threshold { comparison: *comparison, value: *value })
        }
        (Op::Set(SetOp::And | SetOp::Unless), _) => compared(&binary.left),
        _ => None,
    }
}

/// The expression without that comparison. A comparison changes no labels, so `and` and `unless` pair the same elements.
fn uncompared(expr: &Expr) -> Option<Expr> {
    let Expr::Binary(binary) = expr else { return None };
    match (&binary.op, &binary.right) {
        (Op::Comparison { bool: false, .. }, Expr::Number(_)) => Some(binary.left.clone()),
        (Op::Set(SetOp::And | SetOp::Unless), _) => {
            let left = uncompared(&binary.left)?;
            Some(Expr::Binary(Box::new(Binary { left, ..(**binary).clone() })))
        }
        _ => None,
    }
}

/// Reads a duration; none is 0.
fn duration(text: &str) -> Result<i64, Refusal> {
    if text.is_empty() {
        return Ok(0);
    }
    parse_duration_ms(text)
        .ok_or_else(|| Refusal::new(text, 0, "this is no duration, as `90s`, `5m` or `1h30m` are", text))
}

type Templates = Vec<(Box<str>, Template)>;

/// Reads texts under names that labels can have; `labels` may not set what tells alerts apart already.
fn templates(texts: &[(String, String)], labels: bool) -> Result<Templates, (String, &str, Refusal)> {
    texts
        .iter()
        .map(|(name, text)| {
            let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            let named = begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let why = if !named {
                Some("names have letters, digits and `_`, and begin with no digit")
            } else if labels && name == "__name__" {
                Some("the label `__name__` cannot be set")
            } else {
                None
            };
            let template = match why {
                Some(why) => Err(Refusal::new(name, 0, why, name)),
                None => Template::new(text),
            };
            template
                .map(|template| (name.as_str().into(), template))
                .map_err(|why| (name.clone(), text.as_str(), why))
        })
        .collect()
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Alert => out.write_str("alert"),
            Place::Expr => out.write_str("expr"),
            Place::For => out.write_str("for"),
            Place::KeepFiringFor => out.write_str("keep_firing_for"),
            Place::Label(name) => write!(out, "label {name}"),
            Place::Annotation(name) => write!(out, "annotation {name}"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rule `{}`, {} `{}`, at {}", self.alert, self.place, self.text, self.refusal)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> RuleText {
        RuleText { alert: "A".to_owned(), expr: "x > 1".to_owned(), ..RuleText::default() }
    }

    fn check(change: impl FnOnce(&mut RuleText), place: &Place, words: &str) {
        let mut text = text();
        change(&mut text);
        let refused = Rule::new(text).unwrap_err();
        assert_eq!(&refused.place, place);
        assert!(refused.to_string().contains(words), "{refused}");
    }

    #[test]
    fn a_refused_rule_is_named_with_its_part_and_place() {
        check(|text| text.alert.clear(), &Place::Alert, "an alert needs a name");
        check(
            |text| "x >".clone_into(&mut text.expr),
            &Place::Expr,
            "rule `A`, expr `x >`, at 1:4: the expression ends",
        );
        check(|text| "5".clone_into(&mut text.hold_for), &Place::For, "for `5`, at 1:1: this is no duration");
        check(|text| "m".clone_into(&mut text.keep_firing_for), &Place::KeepFiringFor, "keep_firing_for `m`");
        let pair = |name: &str, text: &str| vec![(name.to_owned(), text.to_owned())];
        check(
            |text| text.labels = pair("__name__", "x"),
            &Place::Label("__name__".to_owned()),
            "cannot be set",
        );
        check(|text| text.labels = pair("a-b", "x"), &Place::Label("a-b".to_owned()), "label a-b");
        check(
            |text| text.annotations = pair("summary", "{{ nope }}"),
            &Place::Annotation("summary".to_owned()),
            "annotation summary `{{ nope }}`, at 1:3",
        );
    }

    #[test]
    fn a_threshold_is_known_where_it_is_one_number() {
        let threshold =
            |expr: &str| Rule::new(RuleText { expr: expr.to_owned(), ..text() }).unwrap().threshold();
        let found = threshold("rate(x[5m]) / y >= -1").unwrap();
        assert_eq!((found.comparison, found.value), (Comparison::GreaterOrEqual, -1.0));
        assert_eq!(threshold("x > 60 unless y == 1").map(|found| found.value), Some(60.0));
        assert_eq!(threshold("x > y"), None);
        assert_eq!(threshold("x > bool 1"), None);
        assert_eq!(threshold("x > 1 or y > 1"), None);
    }

    #[test]
    fn another_threshold_changes_that_number_alone() {
        let check = |expr: &str, value: f64, expected: Option<&str>| {
            let rule = Rule::new(RuleText { expr: expr.to_owned(), ..text() }).unwrap();
            let changed = rule.with_threshold(value).map(|text| text.expr);
            assert_eq!(changed.as_deref(), expected, "{expr}");
        };
        check("x > 0.5", 0.25, Some("x > 0.25"));
        check("x > 60 unless y == 1", 90.0, Some("x > 90 unless y == 1"));
        check("x > 1 unless y == 1", 2.0, Some("x > 2 unless y == 1"));
        check("increase(x5[5m]) > 0", 3.0, Some("increase(x5[5m]) > 3"));
        check(
            "(x or ignoring(kind) y{q=\"0.95\"}) > 0.95",
            1.5,
            Some("(x or ignoring(kind) y{q=\"0.95\"}) > 1.5"),
        );
        check("x * 2 >= 2", 4.0, Some("x * 2 >= 4"));
        check("x > -1", 4.0, Some("x > 4"));
        check("x > 4", -1.5, Some("x > -1.5"));
        check("x == 2", 2.0, Some("x == 2"));
        check("absent(x)", 1.0, None);
        check("x > 1", f64::NAN, None);
    }
}
