//! The tree of an expression.
//!
//! Invariants: made by the parser only, so operands have the types that their operators take, and a tree has at most
//! [`MAX_NODES`](super::MAX_NODES) nodes.

use std::sync::Arc;

use super::{labels::Labels, pattern::Pattern};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A scalar.
    Number(f64),
    /// The series of a metric, as they are now.
    Selector(Selector),
    /// A function of a range of each series.
    Overtime {
        /// Which one.
        function: Overtime,
        /// Of these series.
        selector: Selector,
        /// How far back, in milliseconds; positive.
        range_ms: i64,
    },
    /// One element where `of` has none.
    Absent {
        /// What is looked for.
        of: Box<Expr>,
        /// The labels of that element: what the selector asks for with `=`.
        labels: Labels,
    },
    /// `-x`.
    Negated(Box<Expr>),
    /// Two operands.
    Binary(Box<Binary>),
}

/// An operator and what it is between.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: Op,
    /// Which labels pair elements of two vectors.
    pub matching: Matching,
    /// On the left.
    pub left: Expr,
    /// On the right.
    pub right: Expr,
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Gives a number.
    Arithmetic(Arithmetic),
    /// Keeps elements, or with `bool` gives 0 or 1.
    Comparison {
        /// Which one.
        comparison: Comparison,
        /// Whether it gives 0 or 1.
        bool: bool,
    },
    /// Between two vectors as sets.
    Set(SetOp),
}

/// What gives a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`, with the sign of the left side.
    Modulo,
    /// `^`
    Power,
}

/// What compares. With a value that is not a number, only `!=` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What joins sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOp {
    /// Those on the left that have a partner on the right.
    And,
    /// Those on the left, and those on the right without a partner.
    Or,
    /// Those on the left that have none.
    Unless,
}

/// Which labels have to be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// These.
    On(Vec<Box<str>>),
    /// All but the metric's name and these.
    Ignoring(Vec<Box<str>>),
}

/// A function of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overtime {
    /// By how much a counter grew.
    Increase,
    /// How much a second.
    Rate,
    /// The mean.
    Average,
    /// The largest.
    Maximum,
}

/// The series of one metric that pass all tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The metric's name.
    pub metric: Arc<str>,
    /// What its labels have to be.
    pub matchers: Vec<Matcher>,
}

/// A test of one label. A label that is missing is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    /// The label's name.
    pub label: Box<str>,
    /// What it has to be.
    pub test: Test,
}

/// What a label has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `=`
    Equal(Box<str>),
    /// `!=`
    NotEqual(Box<str>),
    /// `=~`
    Matches(Pattern),
    /// `!~`
    MatchesNot(Pattern),
}

impl Selector {
    /// Whether `labels` pass all tests.
    pub(super) fn selects(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| {
            let value = labels.get(&matcher.label);
            match &matcher.test {
                Test::Equal(wanted) => *value == **wanted,
                Test::NotEqual(other) => *value != **other,
                Test::Matches(pattern) => pattern.matches(value),
                Test::MatchesNot(pattern) => !pattern.matches(value),
            }
        })
    }
}

impl Expr {
    /// Whether it gives one number, and not a vector.
    pub fn is_scalar(&self) -> bool {
        match self {
            Expr::Number(_) => true,
            Expr::Negated(of) => of.is_scalar(),
            Expr::Binary(binary) => binary.left.is_scalar() && binary.right.is_scalar(),
            Expr::Selector(_) | Expr::Overtime { .. } | Expr::Absent { .. } => false,
        }
    }

    /// Calls `look` with each selector and its range in milliseconds, 0 where it asks for now.
    pub(crate) fn selectors(&self, look: &mut dyn FnMut(&Selector, i64)) {
        match self {
            Expr::Number(_) => {}
            Expr::Selector(selector) => look(selector, 0),
            Expr::Overtime { selector, range_ms, .. } => look(selector, *range_ms),
            Expr::Absent { of, .. } | Expr::Negated(of) => of.selectors(look),
            Expr::Binary(binary) => {
                binary.left.selectors(look);
                binary.right.selectors(look);
            }
        }
    }
}

impl Comparison {
    /// Whether it holds.
    pub fn holds(self, left: f64, right: f64) -> bool {
        #[expect(clippy::float_cmp, reason = "PromQL's == and != are exact")]
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
        }
    }

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

impl Arithmetic {
    /// The result.
    pub(super) fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::Modulo => left % right,
            Arithmetic::Power => left.powf(right),
        }
    }
}
