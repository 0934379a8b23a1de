//! Lines read by their layout: a writer's lines differ in their values only, so what was learned from one line reads
//! the next without looking at keys.
//!
//! A layout is everything in a line but its values, byte by byte, and with it the record's code. Layouts are kept in a
//! tree, by their common beginnings; at each end are plans: which value became which fact of the event, in the order in
//! which the rules asked. A plan is valid for a line of the same layout as long as every question has the same answer,
//! which is checked; on any difference the line is read anew by the reader that knows no layouts.
//!
//! Invariants: what is read here is what would be read anew from the same bytes; what was learned makes lines quicker
//! and never different. What is kept is bounded by [`tree::MAX_NODES`] and [`MAX_BYTES`], and so is the work for
//! layouts that never come again, by [`Layouts::credit`].

mod plan;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use std::cell::RefCell;

use aurora_domain::{Code, Event, Shape, Source, session::UNCODED};

use self::{
    plan::Plan,
    tree::{Element, Tree},
    walk::Found,
};
use crate::fast::{Kind, Trace};

pub(crate) use plan::{Notes, Offers};

/// Longer lines are not learned from.
const MAX_BYTES: usize = 4 << 10;
/// A line may have so many values that are kept.
const MAX_FOUND: usize = 64;
/// Lines of one layout whose rules ask differently: so many ways are kept.
const MAX_PLANS: usize = 4;
/// So many layouts are learned at once.
const MAX_CREDIT: u32 = 512;
/// So many lines earn the right to learn another.
const LINES_FOR_ONE: u32 = 32;

thread_local! {
    /// What was learned is a memory of this thread's lines and no part of any result.
    static LAYOUTS: RefCell<Layouts> = const { RefCell::new(Layouts::new()) };
}

/// Makes `event`, which is bare and uncoded, that of `line`, if the line's layout is known; otherwise the event is of
/// no use.
#[inline]
pub(crate) fn read<'a>(source: Source, line: &'a [u8], event: &mut Event<'a>) -> bool {
    let read = |layouts: &RefCell<Layouts>| {
        layouts.try_borrow_mut().is_ok_and(|mut layouts| layouts.read(source, line, event).is_some())
    };
    LAYOUTS.try_with(read).unwrap_or(false)
}

/// Whether [`learn`] would learn from a line like this.
pub(crate) fn wants(line: &[u8]) -> bool {
    let wants = |layouts: &RefCell<Layouts>| layouts.try_borrow().is_ok_and(|layouts| layouts.wants(line));
    LAYOUTS.try_with(wants).unwrap_or(false)
}

/// Learns the layout of `line`, in which `trace` found values, of which `offers` tells what became of them in `event`.
pub(crate) fn learn(line: &[u8], trace: &Trace, offers: &Offers, event: &Event<'_>) {
    let learn = |layouts: &RefCell<Layouts>| {
        if let Ok(mut layouts) = layouts.try_borrow_mut() {
            layouts.learn(line, trace, offers, event);
        }
    };
    // A thread that is ending has no more lines to read.
    let _ = LAYOUTS.try_with(learn);
}

/// What was learned.
struct Layouts {
    tree: Tree,
    /// For each end in the tree, the plans of its lines.
    plans: Vec<Vec<Plan>>,
    /// How many layouts may be learned.
    credit: u32,
    /// Read since the last credit.
    lines: u32,
    /// The values of the line being read; kept for its memory.
    found: Vec<Found>,
}

impl Layouts {
    const fn new() -> Self {
        Self { tree: Tree::new(), plans: Vec::new(), credit: MAX_CREDIT, lines: 0, found: Vec::new() }
    }

    fn read<'a>(&mut self, source: Source, line: &'a [u8], event: &mut Event<'a>) -> Option<()> {
        self.lines += 1;
        if self.lines == LINES_FOR_ONE {
            self.lines = 0;
            self.credit = MAX_CREDIT.min(self.credit + 1);
        }
        let text = std::str::from_utf8(line).ok()?;
        self.found.clear();
        let end = self.tree.walk(source, line, &mut self.found)?;
        let (first, others) = self.plans.get(end)?.split_first()?;
        if first.make(text, &self.found, event).is_none() {
            others.iter().find(|plan| {
                *event = Event::bare(source, Shape::Legacy, Code::Other, UNCODED);
                plan.make(text, &self.found, event).is_some()
            })?;
        }
        Some(())
    }

    fn wants(&self, line: &[u8]) -> bool {
        self.credit > 0 && line.len() <= MAX_BYTES && !line.contains(&b'\\')
    }

    fn learn(&mut self, line: &[u8], trace: &Trace, offers: &Offers, event: &Event<'_>) {
        self.credit = self.credit.saturating_sub(1);
        let Some(plan) = Plan::of(trace, offers, event) else { return };
        if self.tree.is_full() {
            self.tree = Tree::new();
            self.plans.clear();
        }
        let elements = elements(line, trace);
        let Some(end) = self.tree.insert(event.source, &elements, self.plans.len()) else { return };
        match self.plans.get_mut(end) {
            Some(plans) => {
                plans.truncate(MAX_PLANS - 1);
                plans.insert(0, plan);
            }
            None => self.plans.push(vec![plan]),
        }
    }
}

/// A line as a layout sees it.
fn elements<'l>(line: &'l [u8], trace: &Trace) -> Vec<Element<'l>> {
    let mut elements = Vec::with_capacity(trace.holes.len() * 2 + 1);
    let mut at = 0;
    for hole in &trace.holes {
        elements.push(Element::Literal(line.get(at..hole.start).unwrap_or_default()));
        elements.push(Element::Value(hole.kind, hole.place.is_some()));
        at = if hole.kind == Kind::Code { hole.start } else { hole.end };
    }
    elements.push(Element::Literal(line.get(at..).unwrap_or_default()));
    elements
}
