//! The tail under test, the journal that it is committed to, and what a client that always resumes gets.
//!
//! Invariants: a batch is committed whole, lines and positions together, in order; what was handed out and
//! not committed is gone with a kill. Positions pass through their bytes, as in a store.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use super::world::{Carrier, Item, Log, TOKEN_BYTES, World};
use crate::tail::{
    batch::{Batch, Change},
    follow::Follow,
    notice::{Listener, Notice},
    position::{HEAD_BYTES, Position},
};

/// A violation, in words.
pub(super) type Broken = String;

/// Collects what the tail says.
#[derive(Clone, Default)]
pub(super) struct Ears(pub(super) Arc<Mutex<Vec<Notice>>>);

impl Listener for Ears {
    fn notice(&self, notice: Notice) {
        self.0.lock().unwrap().push(notice);
    }

    fn position(&self, _: &str, _: u64) {}

    fn reading_history(&self, _: bool) {}
}

/// Tokens of one batch, as (log, generation, index), and the changes that go with them.
struct Handed {
    tokens: Vec<(usize, usize, usize)>,
    changes: Vec<Change>,
}

/// The tail and its journal.
pub(super) struct Client {
    pub(super) follow: Follow<Ears>,
    pub(super) ears: Ears,
    chunk: usize,
    pending: VecDeque<Handed>,
    notes: BTreeMap<u64, Vec<u8>>,
    said: usize,
}

impl Client {
    /// A tail that reads so many bytes at a time.
    pub(super) fn new(world: &World, chunk: usize) -> Self {
        let ears = Ears::default();
        let follow = Follow::new(world.dir.clone(), Vec::new(), ears.clone()).with_chunk(chunk);
        Self { chunk, follow, ears, pending: VecDeque::new(), notes: BTreeMap::new(), said: 0 }
    }

    /// Notes what was handed out.
    pub(super) fn take(&mut self, world: &mut World, batches: Vec<Batch>) -> Result<(), Broken> {
        let said: Vec<Notice> = self.ears.0.lock().unwrap().iter().skip(self.said).cloned().collect();
        self.said += said.len();
        world.trace.extend(said.iter().map(|notice| format!("  said {notice:?}")));
        for batch in batches {
            let mut tokens = Vec::new();
            for (_, line) in batch.lines() {
                tokens.extend(read(world, line)?);
            }
            if let Some(fault) = batch.faults.first() {
                return Err(format!("a fault that nobody wrote: {fault:?}"));
            }
            world.say(format!("  handed out {tokens:?}{}", describe(&batch.changes)));
            self.pending.push_back(Handed { tokens, changes: batch.changes });
        }
        Ok(())
    }

    /// Commits the first batches.
    pub(super) fn commit(&mut self, world: &mut World, count: usize) {
        for handed in self.pending.drain(..count.min(self.pending.len())) {
            for (log, generation, index) in handed.tokens {
                world.logs[log].generations[generation].committed.insert(index);
            }
            for change in handed.changes {
                match change {
                    Change::Set(position) => self.notes.insert(position.number, position.encode()),
                    Change::Remove(number) => self.notes.remove(&number),
                };
            }
        }
        world.say(format!("commit at most {count}"));
    }

    /// Ends the tail as kill -9 does, and starts another one from what was committed.
    pub(super) fn kill(&mut self, world: &mut World) {
        self.pending.clear();
        for log in &mut world.logs {
            log.held.clear();
            log.unlinked.clear();
            for (index, generation) in log.generations.iter_mut().enumerate() {
                if log.files.values().any(|at| at.generation == index) {
                    generation.owed.clear();
                }
                generation.handed.clone_from(&generation.committed);
            }
        }
        let known = self.notes.values().map(|bytes| Position::decode(bytes).unwrap()).collect();
        self.follow = Follow::new(world.dir.clone(), known, self.ears.clone()).with_chunk(self.chunk);
        world.say("kill".to_owned());
        world.excuse();
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What is kept: number, name and stage of each file.
    pub(super) fn notes(&self) -> Vec<String> {
        let positions = self.notes.values().map(|bytes| Position::decode(bytes).unwrap());
        positions.map(|at| format!("{} {} at {}, {:?}", at.number, at.name, at.offset, at.stage)).collect()
    }

    /// How often a loss was said.
    pub(super) fn losses(&self) -> usize {
        let notices = self.ears.0.lock().unwrap();
        notices
            .iter()
            .filter(|notice| matches!(notice, Notice::Truncated { .. } | Notice::Missed { .. }))
            .count()
    }
}

fn describe(changes: &[Change]) -> String {
    let changes = changes.iter().map(|change| match change {
        Change::Set(at) => format!("; {} {} to {}, {:?}", at.number, at.name, at.offset, at.stage),
        Change::Remove(number) => format!("; {number} removed"),
    });
    changes.collect()
}

/// The tokens of a line that was handed out, checked against what was written and what came before.
fn read(world: &mut World, line: &str) -> Result<Vec<(usize, usize, usize)>, Broken> {
    let mut places = Vec::new();
    for token in line.as_bytes().chunks(TOKEN_BYTES) {
        let id = token.get(..16).and_then(|id| u64::from_str_radix(std::str::from_utf8(id).ok()?, 16).ok());
        let place = id.and_then(|id| world.tokens.get(&id)).copied();
        places.push(place.ok_or_else(|| format!("handed out what nobody wrote: {line}"))?);
    }
    let Some((log, generation, first)) = places.first().copied() else { return Ok(places) };
    let written = &world.logs[log].generations[generation];
    let consecutive = places.iter().enumerate().all(|(step, at)| *at == (log, generation, first + step));
    let begins = first == 0 || written.items[first - 1] == Item::Newline;
    if !consecutive || !begins {
        return Err(format!("handed out a piece that is no line: {places:?}"));
    }
    let end = first + places.len();
    let is_wrong = |_: &&usize| !may_repeat(&world.logs[log], generation);
    if let Some(before) = written.handed.range(first..).next().filter(is_wrong) {
        let what = if written.handed.contains(&first) { "repeated" } else { "out of order" };
        return Err(format!("{what}: {places:?}, after index {before}"));
    }
    let ends = written.items.get(end) == Some(&Item::Newline);
    let name = world.live_name(log);
    let written = &mut world.logs[log].generations[generation];
    written.handed.extend(first..end);
    let is_live = world.logs[log].files.get(&name).is_some_and(|carrier| carrier.generation == generation);
    if !ends && is_live {
        return Err(format!("handed out an unfinished line of a live file: {places:?}"));
    }
    Ok(places)
}

/// Whether a copy cannot be told from another file: it could not be compared with its original before that was
/// truncated, and its content is no evidence.
fn may_repeat(log: &Log, generation: usize) -> bool {
    let of = &log.generations[generation];
    let bytes = |at: &Carrier| -> usize {
        of.items[..at.items].iter().map(|item| if *item == Item::Newline { 1 } else { TOKEN_BYTES }).sum()
    };
    let is_weak = |at: &Carrier| at.generation == generation && (at.gz || bytes(at) < HEAD_BYTES);
    of.truncated && of.incomparable && log.files.values().any(is_weak)
}
