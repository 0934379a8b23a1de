//! The bounds of a state that whoever makes it chooses.
//!
//! Invariant: a state's limits never change; they are stored with it, because what was forgotten depends on them.

use crate::parts::{Broken, Loading, Parts, Sink, Source};

/// How much a state remembers. What goes beyond is counted in [`crate::forgotten::Forgotten`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many order ids are counted exactly, for each writer. Each takes 25 to 31 bytes once there are many.
    pub order_ids: usize,
}

impl Limits {
    /// The most order ids that a state can be made to remember.
    pub const MOST_ORDER_IDS: usize = 1 << 24;

    /// The nearest limits that a state can have.
    #[must_use]
    pub fn clamped(self) -> Self {
        let Self { order_ids } = self;
        Self { order_ids: order_ids.clamp(1, Self::MOST_ORDER_IDS) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { order_ids: crate::orders::Orders::ID_LIMIT }
    }
}

/// Loaded before what they bound.
impl Parts for Limits {
    fn save(&self, to: &mut impl Sink) {
        let Self { order_ids } = self;
        order_ids.save(to);
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let limits = Self { order_ids: Parts::load(from)? };
        if limits != limits.clamped() {
            return Err(Broken::new("no state remembers that many"));
        }
        from.order_ids = limits.order_ids;
        Ok(limits)
    }
}
