//! Whether to go live: the checklists of the guides, what the session and its stream say to each item, and the decision.
//!
//! Invariants: what can be judged is judged, and nobody can tick it away; what cannot be judged, or not yet, is a person's to
//! confirm; missing data is unknown, and neither met nor missed; a stop condition that holds decides alone.

mod evidence;
mod items;

pub use evidence::Facts;
pub use items::{Item, List, Section};

use crate::State;

/// How an item stands by what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is as it should be.
    Met,
    /// It is not.
    Missed,
    /// Nothing here can tell, or not yet.
    Unknown,
}

/// An item with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub standing: Standing,
    /// What that is known by, or why it is not; empty where only a person can know.
    pub evidence: String,
}

/// What follows from all items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Every item is met or confirmed.
    Go,
    /// Nothing speaks against it, but so many items are open.
    Open(usize),
    /// So many items are missed, stop conditions included.
    NoGo(usize),
}

impl Decision {
    /// As documents write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Open(_) => "open",
            Self::NoGo(_) => "no-go",
        }
    }
}

/// What is known of every item of `list`, in its order.
pub fn judge(list: List, state: &State, facts: &Facts) -> Vec<(&'static Item, Finding)> {
    let items = list.sections().iter().flat_map(|section| section.items);
    items.map(|item| (item, item.judge(state, facts))).collect()
}

/// Decides; `is_confirmed` says by an item's key whether a person has confirmed it.
pub fn decide(judged: &[(&'static Item, Finding)], is_confirmed: impl Fn(&str) -> bool) -> Decision {
    let missed = judged.iter().filter(|(_, finding)| finding.standing == Standing::Missed).count();
    let open = judged
        .iter()
        .filter(|(item, finding)| finding.standing == Standing::Unknown && !is_confirmed(item.key));
    match (missed, open.count()) {
        (0, 0) => Decision::Go,
        (0, open) => Decision::Open(open),
        (missed, _) => Decision::NoGo(missed),
    }
}

#[cfg(test)]
mod tests;
