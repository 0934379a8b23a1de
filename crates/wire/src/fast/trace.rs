//! Where a line's values stand, noted while it is read: what a layout is made from.

use crate::fields::Place;

/// How a value's end is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string without escapes; the hole is between its quotes.
    Text,
    Number,
    /// `true` or `false`.
    Flag,
    /// An array, with all that is in it.
    List,
    /// A string that belongs to the layout, because the rules go by what it says.
    Code,
}

/// A value of a line. Nulls and the beginnings and ends of objects are none: they belong to the layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hole {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where it is stored; `None` where nobody reads it.
    pub(crate) place: Option<Place>,
}

/// The values of one line, in their order.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) holes: Vec<Hole>,
    /// Something that a layout cannot say: an escape, or a payload inside a payload.
    pub(crate) is_odd: bool,
}

impl Trace {
    pub(super) fn note(&mut self, hole: Hole) {
        let says_code = hole.kind == Kind::Text && hole.place.is_some_and(Place::may_hold_code);
        self.holes.push(Hole { kind: if says_code { Kind::Code } else { hole.kind }, ..hole });
    }
}
