//! What an expression gives at one time.
//!
//! Invariant: the elements of a vector differ in their labels, also without their metrics: selectors and functions are
//! of one metric each, one-to-one results differ in the labels that pair them, and `or` takes no element over whose
//! labels are all there. So dropping a metric's name never makes two elements the same.

use std::{fmt, sync::Arc};

use super::{
    ast::{Binary, Comparison, Expr, Op},
    history::History,
    labels::Labels,
    over_time::over_time,
    vectors,
};

/// One element of a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The metric, where it still has one.
    pub metric: Option<Arc<str>>,
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Vec<Element>),
}

/// Why an expression gives nothing at this time. Alerts stay as they are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// Several elements on one side have the labels that pair them.
    SeveralOnOneSide,
    /// Two elements have the same labels once those of the rule are set.
    SameLabels,
}

impl fmt::Display for EvalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            EvalError::SeveralOnOneSide => {
                "several series on one side of an operator have the same labels to be matched: name more labels in `on`"
            }
            EvalError::SameLabels => {
                "two alerts have the same labels once those of the rule are set: leave one that tells them apart"
            }
        })
    }
}

impl std::error::Error for EvalError {}

/// The elements that `expr` gives at `now_ms`; a scalar is one without labels.
pub(super) fn evaluate(expr: &Expr, history: &History, now_ms: i64) -> Result<Vec<Element>, EvalError> {
    Ok(match value(expr, history, now_ms)? {
        Value::Vector(elements) => elements,
        Value::Scalar(value) => vec![Element { metric: None, labels: Labels::NONE, value }],
    })
}

fn value(expr: &Expr, history: &History, now_ms: i64) -> Result<Value, EvalError> {
    Ok(Value::Vector(match expr {
        Expr::Number(number) => return Ok(Value::Scalar(*number)),
        Expr::Selector(selector) => history
            .select(selector)
            .filter_map(|series| {
                let value = series.value(now_ms)?;
                Some(Element { metric: Some(selector.metric.clone()), labels: series.labels.clone(), value })
            })
            .collect(),
        Expr::Overtime { function, selector, range_ms } => history
            .select(selector)
            .filter_map(|series| {
                let value = over_time(*function, series.range(now_ms, *range_ms), now_ms, *range_ms)?;
                Some(Element { metric: None, labels: series.labels.clone(), value })
            })
            .collect(),
        Expr::Absent { of, labels } => match value(of, history, now_ms)? {
            Value::Vector(elements) if elements.is_empty() => {
                vec![Element { metric: None, labels: labels.clone(), value: 1.0 }]
            }
            _ => Vec::new(),
        },
        Expr::Negated(of) => match value(of, history, now_ms)? {
            Value::Scalar(number) => return Ok(Value::Scalar(-number)),
            Value::Vector(mut elements) => {
                for element in &mut elements {
                    (element.metric, element.value) = (None, -element.value);
                }
                elements
            }
        },
        Expr::Binary(binary) => {
            let (left, right) =
                (value(&binary.left, history, now_ms)?, value(&binary.right, history, now_ms)?);
            return apply(binary, left, right);
        }
    }))
}

fn apply(binary: &Binary, left: Value, right: Value) -> Result<Value, EvalError> {
    Ok(Value::Vector(match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            return Ok(Value::Scalar(scalars(binary.op, left, right)));
        }
        (Value::Vector(left), Value::Scalar(right)) => with_scalar(binary.op, left, |value| (value, right)),
        (Value::Scalar(left), Value::Vector(right)) => with_scalar(binary.op, right, |value| (left, value)),
        (Value::Vector(left), Value::Vector(right)) => match binary.op {
            Op::Set(set) => vectors::join(set, &binary.matching, left, right),
            op => vectors::pairwise(op, &binary.matching, left, &right)?,
        },
    }))
}

fn scalars(op: Op, left: f64, right: f64) -> f64 {
    match op {
        Op::Arithmetic(arithmetic) => arithmetic.of(left, right),
        Op::Comparison { comparison, .. } => truth(comparison, left, right),
        Op::Set(_) => f64::NAN,
    }
}

/// Each element with a number; `sides` puts the element's value on its side.
fn with_scalar(op: Op, mut elements: Vec<Element>, sides: impl Fn(f64) -> (f64, f64)) -> Vec<Element> {
    elements.retain_mut(|element| {
        let (left, right) = sides(element.value);
        let Some(value) = result(op, left, right) else { return false };
        if !keeps_value(op) {
            (element.metric, element.value) = (None, value);
        }
        true
    });
    elements
}

/// Whether elements that stay are as before.
pub(super) fn keeps_value(op: Op) -> bool {
    matches!(op, Op::Comparison { bool: false, .. } | Op::Set(_))
}

/// What `op` gives; `None` where a comparison does not hold and so lets the element go.
pub(super) fn result(op: Op, left: f64, right: f64) -> Option<f64> {
    match op {
        Op::Arithmetic(arithmetic) => Some(arithmetic.of(left, right)),
        Op::Comparison { comparison, bool: true } => Some(truth(comparison, left, right)),
        Op::Comparison { comparison, bool: false } => comparison.holds(left, right).then_some(left),
        Op::Set(_) => None,
    }
}

fn truth(comparison: Comparison, left: f64, right: f64) -> f64 {
    f64::from(u8::from(comparison.holds(left, right)))
}

#[cfg(test)]
mod tests;
