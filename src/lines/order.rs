//! An order's whole life: every line that names it, by any of its ids.
//!
//! A line that names two ids links them. Ids are those of one run; a line without a run may be of any. Whenever another
//! id is learned, earlier lines are looked at again. Invariant: at most [`Trail::MAX_IDS`] ids and [`Trail::MAX_LINES`]
//! lines are followed; what is beyond is counted.

use super::{Field, Line, Lines};

const IDS: [Field; 3] = [Field::Order, Field::Client, Field::Intent];
/// Lines that are looked at between two looks at the clock.
const STRIDE: u64 = 256;

/// The lines of one order.
#[derive(Debug)]
pub struct Trail {
    begin: u64,
    ids: Vec<Box<[u8]>>,
    run: Option<Box<[u8]>>,
    /// Where the run is not known: that of the nearest line of the order, and how far it is away.
    nearest_run: Option<(u64, Box<[u8]>)>,
    learned: bool,
    lines: Vec<u64>,
    beyond: u64,
    next: u64,
}

impl Trail {
    /// So many ids of one order are followed.
    pub const MAX_IDS: usize = 32;
    /// So many of its lines.
    pub const MAX_LINES: usize = 1_000;

    /// The order that `line` is about; `None` where it names none.
    pub fn of(line: &Line<'_>, lines: &Lines) -> Option<Self> {
        let run = Some(line.bytes(Field::Run)).filter(|run| !run.is_empty());
        let mut trail = Self {
            begin: line.seq,
            ids: Vec::new(),
            run: run.map(Box::from),
            nearest_run: None,
            learned: false,
            lines: Vec::new(),
            beyond: 0,
            next: lines.first(),
        };
        trail.learn(line);
        trail.learned = false;
        (!trail.ids.is_empty()).then_some(trail)
    }

    /// Looks at lines for as long as `go_on` says so. Whether all were looked at.
    pub fn step(&mut self, lines: &Lines, mut go_on: impl FnMut() -> bool) -> bool {
        self.lines.retain(|seq| *seq >= lines.first());
        self.next = self.next.max(lines.first());
        loop {
            while self.next < lines.next() {
                if let Some(line) = lines.get(self.next) {
                    self.look_at(&line);
                }
                self.next += 1;
                if self.next.is_multiple_of(STRIDE) && !go_on() {
                    return false;
                }
            }
            if self.run.is_none() {
                self.run = self.nearest_run.take().map(|(_, run)| run);
                self.learned |= self.run.is_some();
            }
            if !std::mem::take(&mut self.learned) {
                return true;
            }
            self.lines.clear();
            self.beyond = 0;
            self.next = lines.first();
        }
    }

    fn look_at(&mut self, line: &Line<'_>) {
        let names = |field: Field| {
            let id = line.bytes(field);
            !id.is_empty() && self.ids.iter().any(|known| **known == *id)
        };
        if !IDS.into_iter().any(names) {
            return;
        }
        let run = line.bytes(Field::Run);
        match &self.run {
            Some(own) if !run.is_empty() && **own != *run => return,
            None if !run.is_empty() => {
                let distance = line.seq.abs_diff(self.begin);
                if self.nearest_run.as_ref().is_none_or(|(nearest, _)| distance < *nearest) {
                    self.nearest_run = Some((distance, run.into()));
                }
            }
            _ => self.learn(line),
        }
        if self.lines.len() < Self::MAX_LINES {
            self.lines.push(line.seq);
        } else {
            self.beyond += 1;
        }
    }

    fn learn(&mut self, line: &Line<'_>) {
        for id in IDS.map(|field| line.bytes(field)) {
            let is_new = !id.is_empty() && self.ids.iter().all(|known| **known != *id);
            if is_new && self.ids.len() < Self::MAX_IDS {
                self.ids.push(id.into());
                self.learned = true;
            }
        }
    }

    /// Its lines so far, in the order of their times; a line without one stays behind the line before it.
    pub fn lines(&self, lines: &Lines) -> Vec<u64> {
        let mut timed = Vec::with_capacity(self.lines.len());
        let mut last = None;
        for seq in &self.lines {
            last = lines.get(*seq).and_then(|line| line.ts).or(last);
            timed.push((last, *seq));
        }
        timed.sort_unstable();
        timed.into_iter().map(|(_, seq)| seq).collect()
    }

    /// The ids that it goes by.
    pub fn ids(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        self.ids.iter().map(|id| String::from_utf8_lossy(id))
    }

    /// How many of its lines are not followed.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }
}
