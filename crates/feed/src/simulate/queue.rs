//! The event queue of the simulation: what happens next, ordered by time and, at one time, by when it was planned.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::files::SessionFile;
use super::market::Fill;
use super::totals::Mark;

/// A line to be written, without its newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) file: SessionFile,
    pub(super) bytes: Vec<u8>,
    pub(super) mark: Option<Mark>,
}

/// What is due.
#[derive(Debug)]
pub(super) enum Task {
    /// Write a line.
    Line(Line),
    /// The strategy has an intent.
    Intent,
    /// The bot reports something that belongs to no order.
    Pulse,
    /// A second has passed: protection and health are looked at.
    Second,
    /// A fill reaches the book-keeping of positions.
    Settle(Box<Fill>),
    /// A damaged line gets into a file.
    Damage,
    /// The rest of a half-written line arrives.
    Complete(SessionFile),
}

#[derive(Debug)]
struct Entry {
    at_ns: u64,
    order: u64,
    task: Task,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ns, self.order).cmp(&(other.at_ns, other.order))
    }
}

/// Tasks by time.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    planned: u64,
    lines: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at_ns: u64, task: Task) {
        self.lines += u64::from(matches!(task, Task::Line(_)));
        self.planned += 1;
        self.heap.push(Reverse(Entry { at_ns, order: self.planned, task }));
    }

    /// Time of the next task.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(entry)| entry.at_ns)
    }

    pub(super) fn pop(&mut self) -> Option<(u64, Task)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at_ns, entry.task))
    }

    /// Lines ever planned, written or not.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }
}
