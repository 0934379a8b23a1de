//! One observation: values of series at one time.

use std::borrow::Cow;

use super::labels::Labels;

/// One value of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name, as `/metrics` has it.
    pub metric: Cow<'static, str>,
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}
