//! One JSON value as the decoder keeps it: borrowed where the line allows, and readable as what is wanted.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// A scalar; arrays and objects are recognised and skipped.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Scalar<'a> {
    /// Absent or `null`: the two mean the same in these logs.
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// An integer above the range of [`Scalar::Int`].
    Large(u64),
    Float(f64),
    Text(Cow<'a, str>),
    /// An array or an object.
    Nested,
}

impl<'a> Scalar<'a> {
    #[inline]
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Scalar::Null)
    }

    /// A number, also where it was written as a string. Only finite ones.
    #[inline]
    pub(crate) fn number(&self) -> Option<f64> {
        let number = match self {
            Scalar::Null | Scalar::Bool(_) | Scalar::Nested => return None,
            Scalar::Int(int) => *int as f64,
            Scalar::Large(int) => *int as f64,
            Scalar::Float(float) => *float,
            Scalar::Text(text) => parsed(text)?,
        };
        number.is_finite().then_some(number)
    }

    /// An integer, exact; a float only where it is whole.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and within the range that i64 shares with f64"
    )]
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Scalar::Int(int) => Some(*int),
            Scalar::Float(float) if float.fract() == 0.0 && float.abs() < 9.2e18 => Some(*float as i64),
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A flag, also as a word or as 1 and 0.
    #[inline]
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Scalar::Bool(flag) => Some(*flag),
            Scalar::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Scalar::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => match self.integer()? {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
        }
    }

    /// Text as it stands; `None` where it is empty or no text.
    #[inline]
    pub(crate) fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    /// The same, where it is only looked at.
    #[inline]
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// An identifier: text, or a number as it would be written.
    #[inline]
    pub(crate) fn id(&self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Null => None,
            Scalar::Int(int) => Some(Cow::Owned(int.to_string())),
            Scalar::Large(int) => Some(Cow::Owned(int.to_string())),
            Scalar::Float(float) => Some(Cow::Owned(float.to_string())),
            _ => self.text(),
        }
    }
}

fn parsed(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// The visitor methods for everything but an object, whose result is a [`Scalar`].
macro_rules! visit_scalars {
    () => {
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok(Scalar::Bool(value))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Scalar::Int(value))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Int))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok(Scalar::Float(value))
        }

        fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
            Ok(Scalar::Text(value.into()))
        }

        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok(Scalar::Text(value.to_owned().into()))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Scalar::Null)
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok(Scalar::Nested)
        }
    };
}
pub(crate) use visit_scalars;

/// Reads any JSON value into a [`Scalar`].
impl<'de: 'a, 'a> serde::Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    visit_scalars!();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }
}
