//! What a recording's reading stands on: where it is in the files, what is kept of the way, and which lines are held.
//!
//! Invariants: the state changes in [`Engine::slice`], [`Engine::go_to`] and [`Engine::go_back`] only, each of which leaves it as
//! a fresh reading up to the same place would; lines that are held are those that were taken in last, without a gap, up to where
//! the state stands.

use aurora_domain::{State, Ts};
use aurora_wire::{
    recording::{Key, Line, Merge, Step},
    snapshot,
};

use super::{
    ahead::Ahead,
    course::Course,
    given::Problem,
    kept::{Kept, Snapshot},
};
use crate::{browser, lines::Lines, store::Store};

/// Lines between two snapshots, at least.
pub(super) const STRIDE: u64 = if cfg!(test) { 1 << 10 } else { 1 << 16 };
/// What snapshots may take of the time that lines take.
const KEEP_SHARE: f64 = 0.1;
/// So many lines before the playhead are held at least, where they are wanted.
const LINES_BEFORE: u64 = if cfg!(test) { 500 } else { 20_000 };

pub(super) struct Engine {
    pub(super) merge: Merge,
    pub(super) course: Course,
    pub(super) kept: Kept,
    pub(super) ahead: Ahead,
    pub(super) problems: Vec<Problem>,
    /// Time that went into lines and into snapshots, in milliseconds.
    pub(super) spent: (f64, f64),
    /// Whether lines are held as they are taken in.
    lines: bool,
}

impl Engine {
    pub(super) fn new(merge: Merge) -> Self {
        Self {
            kept: Kept::new(merge.position()),
            merge,
            course: Course::default(),
            ahead: Ahead::default(),
            problems: Vec::new(),
            spent: (0.0, 0.0),
            lines: false,
        }
    }

    /// Takes lines in up to `until`, or all, as long as `go_on` says so. The first reading follows the course.
    pub(super) fn slice(
        &mut self,
        store: &mut Store,
        until: Option<Ts>,
        is_first: bool,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Step {
        let began = browser::monotonic_ms();
        let Self { merge, course, .. } = self;
        let (state, lines) = store.recording_mut();
        let step = if is_first {
            merge.run(state, until, go_on, &mut |line| course.take(&line))
        } else if self.lines {
            merge.run(state, until, go_on, &mut |line| hold(lines, &line))
        } else {
            merge.run(state, until, go_on, &mut |_| ())
        };
        self.spent.0 += browser::monotonic_ms() - began;
        step
    }

    /// Whether it is time for another snapshot.
    pub(super) fn is_due(&self) -> bool {
        let is_far =
            self.kept.last().is_some_and(|last| self.merge.lines() >= last.position.lines() + STRIDE);
        is_far && self.spent.1 <= self.spent.0 * KEEP_SHARE
    }

    /// Whether no snapshot is near.
    pub(super) fn is_far(&self) -> bool {
        !self.kept.is_near(self.merge.lines(), STRIDE)
    }

    /// A snapshot of `state`, as it is here, without the state's bytes.
    pub(super) fn snapshot(&self, state: &State) -> Snapshot {
        Snapshot {
            position: self.merge.position(),
            now: Some(state.now()),
            state: Box::default(),
            course: self.course.clone(),
        }
    }

    /// To the newest snapshot before `key`.
    pub(super) fn go_back(&mut self, key: &Key, store: &mut Store) {
        self.kept.retain_before(key);
        let Self { merge, course, kept, ahead, .. } = self;
        let Some(last) = kept.last() else { return };
        *course = last.course.clone();
        restore(last, merge, ahead, store);
    }

    /// Where the lines up to `at` are nearest: from here on, or from a snapshot.
    pub(super) fn go_to(&mut self, at: Ts, store: &mut Store) {
        let here = (self.merge.at().is_some() && store.state().now() <= at).then(|| self.merge.lines());
        let Self { merge, kept, ahead, lines, .. } = self;
        let Some(nearest) = kept.nearest(at) else { return };
        let from = if *lines { kept.lines_before(nearest, LINES_BEFORE).unwrap_or(nearest) } else { nearest };
        if here.is_none_or(|here| here < from.position.lines()) {
            restore(from, merge, ahead, store);
        }
    }

    /// Holds lines from now on, or no longer. Whoever asks for them goes to a time again, for there are none yet.
    pub(super) fn hold_lines(&mut self, hold: bool, store: &mut Store) {
        self.lines = hold;
        store.recording_mut().1.clear();
        if hold {
            // From the beginning, or from a snapshot that is nearer: not from here, where nothing is held.
            let Self { merge, kept, ahead, .. } = self;
            if let Some(beginning) = kept.first() {
                restore(beginning, merge, ahead, store);
            }
        }
    }
}

/// Goes to a snapshot. No line is held there.
fn restore(to: &Snapshot, merge: &mut Merge, ahead: &mut Ahead, store: &mut Store) {
    merge.restore(&to.position);
    ahead.clear();
    let (state, lines) = store.recording_mut();
    lines.clear();
    // At the beginning the reading makes the state. What was saved here can be loaded here.
    if let Ok(snapshot) = snapshot::load(&to.state) {
        *state = snapshot.state;
    }
}

/// One that could not be read has no text any more; it is named in the account.
fn hold(lines: &mut Lines, line: &Line<'_>) {
    if let Some(event) = line.event {
        lines.push(None, line.key.source, line.text, Some(event), line.scopes);
    }
}
