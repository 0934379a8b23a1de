//! The parts that a state consists of, one after the other in a fixed order, and a state made of such parts again.
//!
//! How parts are stored is not known here: a [`Sink`] takes them, a [`Source`] gives them back. Invariants: a state
//! made of its own parts behaves like the one that they were taken from, to the bit; what follows from other
//! parts is no part (indexes, running sums, ends of windows); equal states give equal parts, whatever the order in which
//! a hash map holds them; parts that no state can have are refused before anything is made of them that is
//! larger than what the source still holds, or than the limits of the state.
//!
//! What has many parts can also be saved in steps, so that whoever must not work long at a time can do something else between two
//! of them. Invariants: the steps one after the other give the very parts that saving at once gives; a step gives at most
//! [`collections::STEP`] items of a collection of ids.
//!
//! `parts!` names every field of a struct, so one that was added and is not named does not compile. Whoever changes
//! which parts there are, or their order, changes what is stored: see `VERSION` in the snapshot's format.

mod collections;
mod values;

use std::ops::Range;

pub(crate) use self::collections::{Within, items_of, steps_of};
use crate::scope::ScopeId;

/// What takes the parts of a state.
pub trait Sink {
    /// A number or count, mostly small.
    fn unsigned(&mut self, value: u64);
    /// A number that may be negative, mostly near zero.
    fn signed(&mut self, value: i64);
    /// A point in time in nanoseconds, mostly near the one before it.
    fn time(&mut self, nanos: i64);
    /// A floating-point number, to the bit.
    fn double(&mut self, value: f64);
    /// A hash of an id; the same one is often a part of several things.
    fn key(&mut self, key: u128);
    /// A text.
    fn text(&mut self, text: &str);
}

/// What gives the parts of a state back, in the order in which a [`Sink`] took them.
pub trait Source {
    /// The next part, which was an unsigned number.
    ///
    /// # Errors
    /// [`Broken`], as all others, where there is none or it is none of this kind.
    fn unsigned(&mut self) -> Result<u64, Broken>;
    /// The next part, which was a signed number.
    ///
    /// # Errors
    /// [`Broken`]
    fn signed(&mut self) -> Result<i64, Broken>;
    /// The next part, which was a point in time.
    ///
    /// # Errors
    /// [`Broken`]
    fn time(&mut self) -> Result<i64, Broken>;
    /// The next part, which was a floating-point number.
    ///
    /// # Errors
    /// [`Broken`]
    fn double(&mut self) -> Result<f64, Broken>;
    /// The next part, which was a key.
    ///
    /// # Errors
    /// [`Broken`]
    fn key(&mut self) -> Result<u128, Broken>;
    /// The next part, which was a text.
    ///
    /// # Errors
    /// [`Broken`]
    fn text(&mut self) -> Result<&str, Broken>;
    /// No more parts than this can still come.
    fn left(&self) -> usize;
}

/// Parts that no state has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where: type and field; empty where that is not known.
    pub part: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Broken {
    /// Something is wrong, in a part that is not named yet.
    pub const fn new(why: &'static str) -> Self {
        Self { part: "", why }
    }

    /// Names the part, where no smaller one is named already.
    #[must_use]
    pub(crate) fn within(self, part: &'static str) -> Self {
        if self.part.is_empty() { Self { part, ..self } } else { self }
    }
}

/// A source, and what later parts depend on of those before them.
#[derive(Debug)]
pub(crate) struct Loading<'s, S> {
    source: &'s mut S,
    /// The second that all windows end with.
    pub(crate) end: i64,
    /// How many symbols have a name.
    pub(crate) symbols: usize,
    /// How many pairs of symbol and side there are.
    pub(crate) scopes: usize,
    /// How many keys of counts a scope has.
    pub(crate) width: u32,
    /// How many order ids a writer's ledger remembers.
    pub(crate) order_ids: usize,
    /// Whether counts are of [`ScopeId::FOLDED`], and of nothing else.
    pub(crate) folded: bool,
}

impl<'s, S: Source> Loading<'s, S> {
    pub(crate) fn new(source: &'s mut S) -> Self {
        Self { source, end: 0, symbols: 0, scopes: 0, width: 0, order_ids: 0, folded: false }
    }

    pub(crate) fn source(&mut self) -> &mut S {
        self.source
    }

    /// A length of at most `limit`, and of no more than can still come.
    pub(crate) fn length(&mut self, limit: usize) -> Result<usize, Broken> {
        let length = usize::try_from(self.source.unsigned()?).unwrap_or(usize::MAX);
        if length > limit {
            return Err(Broken::new("it is longer than it may be"));
        }
        if length > self.source.left() {
            return Err(Broken::new("it ends too early"));
        }
        Ok(length)
    }

    /// The keys of the scopes that there can be, `width` for each.
    pub(crate) fn keys(&self, width: u32) -> Range<u32> {
        if self.folded {
            let first = ScopeId::FOLDED.first_key(width);
            return first..first + width;
        }
        0..u32::try_from(self.scopes).unwrap_or(0) * width
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> Result<usize, Broken> {
        let number = self.source.unsigned()?;
        let number = usize::try_from(number).ok().filter(|number| *number < limit);
        number.ok_or(Broken::new("there is nothing of this number"))
    }
}

/// What has parts. Each value is at least one part, so that a source knows how many there can still be.
pub(crate) trait Parts: Sized {
    /// Gives all parts, in order.
    fn save(&self, to: &mut impl Sink);
    /// Makes a value of parts, taken in the same order.
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken>;
    /// In how many steps it can be saved as it is now, at least one.
    fn steps(&self) -> usize {
        1
    }
    /// Gives the parts of one step, from 0; nothing where there is no such step.
    fn save_step(&self, step: usize, to: &mut impl Sink) {
        if step == 0 {
            self.save(to);
        }
    }
}

/// Implements [`Parts`] for a struct of which every field is named, in the order of its parts. With `stepwise` before its
/// name it is saved in the steps of its fields one after the other, otherwise in one.
///
/// | field | its parts |
/// |---|---|
/// | `name` | its own |
/// | `name: within(limit)` | those of a collection of at most `limit` |
/// | `name: of(module)` | what `module::save` and `module::load` say |
/// | `name: maybe(module)` | those of what may be missing, each as the module says |
/// | `name: is(value)` | none: it has this value in every state |
/// | `end: window` | none: all windows end with the same second |
/// | `name: limit` | none: the limit of order ids, stored with the state |
/// | `name: order_ids` | those of a collection of at most as many as that limit says |
macro_rules! parts {
    (newtype $type:ty) => {
        impl $crate::parts::Parts for $type {
            fn save(&self, to: &mut impl $crate::parts::Sink) {
                let Self(inner) = self;
                $crate::parts::Parts::save(inner, to);
            }
            fn load<S: $crate::parts::Source>(
                from: &mut $crate::parts::Loading<'_, S>,
            ) -> Result<Self, $crate::parts::Broken> {
                Ok(Self($crate::parts::Parts::load(from).map_err(|broken| broken.within(stringify!($type)))?))
            }
        }
    };
    (stepwise $type:ident { $($field:ident $(: $kind:ident $(($($argument:tt)*))?)?),+ $(,)? }) => {
        $crate::parts::parts!(@impl $type { $($field $(: $kind $(($($argument)*))?)?),+ } {
            fn steps(&self) -> usize {
                let Self { $($field),+ } = self;
                0 $( + $crate::parts::parts!(@steps $field $(, $kind $(($($argument)*))?)?) )+
            }
            fn save_step(&self, mut step: usize, to: &mut impl $crate::parts::Sink) {
                let Self { $($field),+ } = self;
                $(
                    let steps = $crate::parts::parts!(@steps $field $(, $kind $(($($argument)*))?)?);
                    if step < steps {
                        $crate::parts::parts!(@step step, to, $field $(, $kind $(($($argument)*))?)?);
                        return;
                    }
                    step -= steps;
                )+
                let _ = step;
            }
        });
    };
    ($type:ident { $($field:ident $(: $kind:ident $(($($argument:tt)*))?)?),+ $(,)? }) => {
        $crate::parts::parts!(@impl $type { $($field $(: $kind $(($($argument)*))?)?),+ } {});
    };
    (@impl $type:ident { $($field:ident $(: $kind:ident $(($($argument:tt)*))?)?),+ } { $($steps:tt)* }) => {
        impl $crate::parts::Parts for $type {
            $($steps)*
            fn save(&self, to: &mut impl $crate::parts::Sink) {
                let Self { $($field),+ } = self;
                $( $crate::parts::parts!(@save to, $field $(, $kind $(($($argument)*))?)?); )+
            }
            fn load<S: $crate::parts::Source>(
                from: &mut $crate::parts::Loading<'_, S>,
            ) -> Result<Self, $crate::parts::Broken> {
                $(
                    let $field = $crate::parts::parts!(@load from $(, $kind $(($($argument)*))?)?).map_err(
                        |broken: $crate::parts::Broken| {
                            broken.within(concat!(stringify!($type), ".", stringify!($field)))
                        },
                    )?;
                )+
                Ok(Self { $($field),+ })
            }
        }
    };
    (@save $to:ident, $field:ident) => { $crate::parts::Parts::save($field, $to) };
    (@save $to:ident, $field:ident, within($limit:expr)) => { $crate::parts::Within::save($field, $to) };
    (@save $to:ident, $field:ident, of($module:ident)) => { $module::save($field, $to) };
    (@save $to:ident, $field:ident, maybe($module:ident)) => {
        $crate::parts::Parts::save(&$field.is_some(), $to);
        if let Some(value) = $field {
            $module::save(value, $to);
        }
    };
    (@save $to:ident, $field:ident, is($value:expr)) => { let _ = $field; };
    (@save $to:ident, $field:ident, window) => { let _ = $field; };
    (@save $to:ident, $field:ident, limit) => { let _ = $field; };
    (@save $to:ident, $field:ident, order_ids) => { $crate::parts::Within::save($field, $to) };
    (@steps $field:ident) => { $crate::parts::Parts::steps($field) };
    (@steps $field:ident, within($limit:expr)) => { $crate::parts::Within::steps($field) };
    (@steps $field:ident, order_ids) => { $crate::parts::Within::steps($field) };
    (@steps $field:ident, $kind:ident $(($($argument:tt)*))?) => {{
        let _ = $field;
        1
    }};
    (@step $step:ident, $to:ident, $field:ident) => { $crate::parts::Parts::save_step($field, $step, $to) };
    (@step $step:ident, $to:ident, $field:ident, within($limit:expr)) => {
        $crate::parts::Within::save_step($field, $step, $to)
    };
    (@step $step:ident, $to:ident, $field:ident, order_ids) => {
        $crate::parts::Within::save_step($field, $step, $to)
    };
    (@step $step:ident, $to:ident, $field:ident, $kind:ident $(($($argument:tt)*))?) => {
        $crate::parts::parts!(@save $to, $field, $kind $(($($argument)*))?)
    };
    (@load $from:ident) => { $crate::parts::Parts::load($from) };
    (@load $from:ident, within($limit:expr)) => { $crate::parts::Within::load($from, $limit) };
    (@load $from:ident, of($module:ident)) => { $module::load($from) };
    (@load $from:ident, maybe($module:ident)) => {
        <bool as $crate::parts::Parts>::load($from)
            .and_then(|is_some| is_some.then(|| $module::load($from)).transpose())
    };
    (@load $from:ident, is($value:expr)) => { Ok($value) };
    (@load $from:ident, window) => { Ok($from.end) };
    (@load $from:ident, limit) => { Ok($from.order_ids) };
    (@load $from:ident, order_ids) => {{
        let limit = $from.order_ids;
        $crate::parts::Within::load($from, limit)
    }};
}

/// Implements [`Parts`] for an enum without fields: one number each.
macro_rules! choices {
    ($type:ident { $($variant:ident = $number:literal),+ $(,)? }) => {
        impl $crate::parts::Parts for $type {
            fn save(&self, to: &mut impl $crate::parts::Sink) {
                to.unsigned(match self { $( Self::$variant => $number, )+ });
            }
            fn load<S: $crate::parts::Source>(
                from: &mut $crate::parts::Loading<'_, S>,
            ) -> Result<Self, $crate::parts::Broken> {
                match from.source().unsigned()? {
                    $( $number => Ok(Self::$variant), )+
                    _ => Err($crate::parts::Broken {
                        part: stringify!($type),
                        why: "there is nothing of this number",
                    }),
                }
            }
        }
    };
}

pub(crate) use {choices, parts};

#[cfg(test)]
mod tests;
