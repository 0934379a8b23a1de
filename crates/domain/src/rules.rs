//! Alerts by Prometheus' rules: reading an expression, judging it over a history of samples, and what state each alert is in.
//!
//! Invariants: `now` is an argument, and time only goes forward. An expression is inside the subset or it is refused
//! with its place; none is read loosely. What is judged is judged as Prometheus 2.42 does (docs/rules.md has the
//! subset and where later versions differ). Series, points and alerts are bounded, and what a bound dropped is
//! counted in [`Dropped`].

mod alert;
mod ast;
mod course;
mod duration;
mod engine;
mod evaluate;
mod history;
mod labels;
mod number;
mod over_time;
mod parser;
mod pattern;
mod refusal;
mod rule;
mod samples;
mod template;
mod token;
mod vectors;

pub use alert::{Alert, AlertState, Kept, RESOLVED_RETENTION_SECONDS};
pub use ast::{Arithmetic, Binary, Comparison, Expr, Matcher, Matching, Op, Overtime, Selector, SetOp, Test};
pub use course::{COURSE_SECONDS, Course, Courses, MAX_COURSES, Stretch};
pub use duration::parse_duration_ms;
pub use engine::{Dropped, Engine, Failure, MAX_ALERTS, PENDING_OUTAGE_SECONDS};
pub use evaluate::{Element, EvalError};
pub use history::{LOOKBACK_MS, MAX_POINTS, MAX_SERIES};
pub use labels::Labels;
pub use parser::{MAX_NODES, MAX_RANGE_MS, parse};
pub use pattern::Pattern;
pub use refusal::Refusal;
pub use rule::{Group, Place, Refused, Rule, RuleText, Threshold};
pub use samples::{Sample, Samples};
pub use template::Template;
