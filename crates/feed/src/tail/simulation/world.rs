//! Real files, and what was written to them: every token that was ever appended, where it stands now, and
//! which tokens a destructive action took away before they were handed out.
//!
//! Invariants: tokens are unique and of one length, so each line that is handed out says where it was
//! written. A generation is what one file holds between its creation (or truncation) and its end; every file
//! holds a prefix of one. Nothing here knows how the tail works.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

use super::random::Random;
use crate::session::Source;

/// Length of a token in bytes.
pub(super) const TOKEN_BYTES: usize = 64;

/// What a file consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Token(u64),
    Newline,
}

/// What was written to one file between its creation and its end.
#[derive(Debug, Default)]
pub(super) struct Generation {
    pub(super) items: Vec<Item>,
    /// Indices that were handed out, and of those the ones that were committed.
    pub(super) handed: BTreeSet<usize>,
    pub(super) committed: BTreeSet<usize>,
    /// Indices that were destroyed before they were handed out.
    pub(super) excused: BTreeSet<usize>,
    /// From which index on everything was written after something newer was handed out.
    pub(super) late_from: Option<usize>,
    /// Whether it was copied, and that may not be committed yet.
    pub(super) copy_pending: bool,
    /// Whether a file of it could not be read then.
    pub(super) incomparable: bool,
    /// Whether its end was cut by a truncation, so that its last line may be cut too.
    pub(super) truncated: bool,
    /// Those of them that were lost when the tail knew of the file: it has to say so.
    pub(super) owed: BTreeSet<usize>,
}

/// A file and how much of which generation it holds.
#[derive(Clone, Debug)]
pub(super) struct Carrier {
    pub(super) generation: usize,
    pub(super) items: usize,
    pub(super) inode: u64,
    pub(super) gz: bool,
    pub(super) rotated_at: Duration,
    /// A gzip of it is being written, so its writers have let go.
    pub(super) closing: bool,
}

/// One log of the session.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) source: Source,
    pub(super) generations: Vec<Generation>,
    /// Files by their names in the session.
    pub(super) files: BTreeMap<String, Carrier>,
    /// Deleted files that the tail holds: generation and length.
    pub(super) unlinked: Vec<(usize, usize)>,
    /// Inodes of live files that the tail held when it was last idle.
    pub(super) held: BTreeSet<u64>,
    /// Names of its files then.
    pub(super) rested: BTreeSet<String>,
    /// Generations of which a file could not be read at some time since the tail last came to rest.
    pub(super) hidden: BTreeSet<usize>,
    /// A copy was made, and the truncation is still to come.
    pub(super) copied: bool,
}

/// A session directory.
pub(super) struct World {
    pub(super) dir: PathBuf,
    aside: PathBuf,
    pub(super) logs: Vec<Log>,
    pub(super) tokens: BTreeMap<u64, (usize, usize, usize)>,
    /// Inodes that cannot be opened.
    pub(super) forbidden: BTreeSet<u64>,
    pub(super) now: Duration,
    pub(super) away: bool,
    pub(super) archive_away: bool,
    part: u64,
    pub(super) trace: Vec<String>,
}

impl World {
    pub(super) fn new(root: &Path) -> Self {
        let dir = root.join("session");
        fs::create_dir_all(&dir).unwrap();
        let logs = [Source::Events, Source::Denied]
            .map(|source| Log {
                source,
                generations: Vec::new(),
                files: BTreeMap::new(),
                unlinked: Vec::new(),
                held: BTreeSet::new(),
                rested: BTreeSet::new(),
                hidden: BTreeSet::new(),
                copied: false,
            })
            .into();
        Self {
            dir,
            aside: root.join("aside"),
            logs,
            tokens: BTreeMap::new(),
            forbidden: BTreeSet::new(),
            now: Duration::ZERO,
            away: false,
            archive_away: false,
            part: 0,
            trace: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, what: String) {
        self.trace.push(what);
    }

    fn live(&self, log: usize) -> String {
        format!("{}.jsonl", self.logs[log].source.name())
    }

    /// Where a name is now: the directory, or where it was moved to.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        match name.strip_prefix("archive/") {
            Some(base) if self.archive_away => self.aside.join("archive").join(base),
            _ if self.away => self.aside.join("session").join(name),
            _ => self.dir.join(name),
        }
    }

    fn token(&mut self, log: usize, generation: usize) -> u64 {
        let id = self.tokens.len() as u64 + 1;
        self.tokens.insert(id, (log, generation, self.logs[log].generations[generation].items.len()));
        id
    }

    /// Appends items of this shape (true for a token, false for a newline) to a file.
    pub(super) fn append(&mut self, log: usize, name: &str, shape: &[bool]) {
        if !self.logs[log].files.contains_key(name) {
            let path = self.path(name);
            fs::File::create(&path).unwrap();
            let generation = self.begin(log);
            let carrier = self.carrier(&path, generation, 0, false);
            self.logs[log].files.insert(name.to_owned(), carrier);
        }
        let generation = self.logs[log].files[name].generation;
        let mut bytes = Vec::new();
        // Files do not begin alike: the first line of each is its own.
        let is_empty = self.logs[log].generations[generation].items.is_empty();
        let shape: Vec<bool> =
            shape.iter().enumerate().map(|(at, token)| *token || (at == 0 && is_empty)).collect();
        let (this_and_older, newer) = self.logs[log].generations.split_at_mut(generation + 1);
        if newer.iter().any(|newer| !newer.handed.is_empty()) {
            let this = &mut this_and_older[generation];
            this.late_from.get_or_insert(this.items.len());
        }
        for is_token in &shape {
            let item = if *is_token { Item::Token(self.token(log, generation)) } else { Item::Newline };
            self.logs[log].generations[generation].items.push(item);
            bytes.extend(encode(item));
        }
        let mut file = OpenOptions::new().append(true).open(self.path(name)).unwrap();
        file.write_all(&bytes).unwrap();
        let items = self.logs[log].generations[generation].items.len();
        self.logs[log].files.get_mut(name).unwrap().items = items;
        self.say(format!("append {} of {shape:?} to {name} (generation {generation})", shape.len()));
    }

    fn begin(&mut self, log: usize) -> usize {
        self.logs[log].generations.push(Generation::default());
        self.logs[log].generations.len() - 1
    }

    fn carrier(&self, path: &Path, generation: usize, items: usize, gz: bool) -> Carrier {
        let inode = fs::metadata(path).unwrap().ino();
        Carrier { generation, items, inode, gz, rotated_at: self.now, closing: false }
    }

    fn part_name(&mut self, log: usize) -> String {
        self.part += 1;
        let stamp = self.part / 7;
        let hms = format!("{:02}{:02}{:02}", stamp / 3600, stamp / 60 % 60, stamp % 60);
        format!("{}.20261120.{hms}.part{}.jsonl", self.live(log), 1 + self.part)
    }

    pub(super) fn has_live(&self, log: usize) -> bool {
        self.logs[log].files.contains_key(&self.live(log))
    }

    pub(super) fn live_name(&self, log: usize) -> String {
        self.live(log)
    }

    pub(super) fn rotate(&mut self, log: usize) {
        let (live, part) = (self.live(log), self.part_name(log));
        fs::rename(self.path(&live), self.path(&part)).unwrap();
        let mut carrier = self.logs[log].files.remove(&live).unwrap();
        carrier.rotated_at = self.now;
        self.say(format!("rotate {live} to {part}"));
        self.logs[log].files.insert(part, carrier);
    }

    /// Compresses a part in three steps: a half-written gzip, the whole one, the plain one gone.
    pub(super) fn compress(&mut self, log: usize, name: &str, step: u64) {
        let path = self.path(name);
        let gz = format!("{name}.gz");
        let plain = fs::read(&path).unwrap();
        let bytes = gzipped(&plain);
        let half = if step == 0 { bytes.len() / 2 } else { bytes.len() };
        fs::write(self.path(&gz), &bytes[..half]).unwrap();
        self.logs[log].files.get_mut(name).unwrap().closing = true;
        if step == 2 {
            let carrier = self.logs[log].files.remove(name).unwrap();
            let zipped = self.carrier(&self.path(&gz), carrier.generation, carrier.items, true);
            self.logs[log].files.insert(gz, zipped);
            fs::remove_file(path).unwrap();
        }
        self.say(format!("gzip {name}, step {step}"));
    }

    pub(super) fn archive(&mut self, log: usize, name: &str) {
        let to = format!("archive/{name}");
        fs::create_dir_all(self.path("archive/x").parent().unwrap()).unwrap();
        fs::rename(self.path(name), self.path(&to)).unwrap();
        // A gzip of it that was begun is left behind; its name says that it is the same part.
        let carrier = self.logs[log].files.remove(name).unwrap();
        self.logs[log].files.insert(to, carrier);
        self.say(format!("move {name} to archive/"));
    }

    /// Notes what cannot be read now.
    pub(super) fn note_hidden(&mut self) {
        for log in &mut self.logs {
            let hidden = log.files.iter().filter(|(name, at)| {
                let is_away = self.away || (self.archive_away && name.starts_with("archive/"));
                is_away || self.forbidden.contains(&at.inode)
            });
            for (_, at) in hidden {
                log.hidden.insert(at.generation);
                let generation = &mut log.generations[at.generation];
                generation.incomparable |= generation.copy_pending;
            }
        }
    }

    /// Ends the live generation in its own file.
    fn restart(&mut self, log: usize, fresh_file: bool) {
        let live = self.live(log);
        let path = self.path(&live);
        let old = self.logs[log].files[&live].clone();
        let generation = self.begin(log);
        if fresh_file {
            self.unlink(log, &old);
            let carrier = self.carrier(&path, generation, 0, false);
            self.logs[log].files.insert(live, carrier);
        } else {
            self.logs[log].generations[old.generation].truncated = true;
            let carrier = self.logs[log].files.get_mut(&live).unwrap();
            (carrier.generation, carrier.items) = (generation, 0);
        }
    }

    pub(super) fn truncate(&mut self, log: usize) {
        let live = self.live(log);
        OpenOptions::new().write(true).truncate(true).open(self.path(&live)).unwrap();
        self.restart(log, false);
        self.logs[log].copied = false;
        self.say(format!("truncate {live}"));
        self.excuse();
    }

    pub(super) fn copy(&mut self, log: usize) {
        let (live, part) = (self.live(log), self.part_name(log));
        fs::copy(self.path(&live), self.path(&part)).unwrap();
        let of = self.logs[log].files[&live].clone();
        let mut carrier = self.carrier(&self.path(&part), of.generation, of.items, false);
        carrier.closing = true;
        self.logs[log].files.insert(part.clone(), carrier);
        self.logs[log].copied = true;
        self.logs[log].generations[of.generation].copy_pending = true;
        self.say(format!("copy {live} to {part}"));
    }

    /// Copies the live file over a part that was copied or rotated before, which keeps its inode, as `cp` and logrotate's
    /// `copytruncate` to one name do.
    pub(super) fn copy_over(&mut self, log: usize, part: &str) {
        let live = self.live(log);
        let gz = self.logs[log].files[part].gz;
        let bytes = fs::read(self.path(&live)).unwrap();
        fs::write(self.path(part), if gz { gzipped(&bytes) } else { bytes }).unwrap();
        let of = self.logs[log].files[&live].clone();
        let mut carrier = self.carrier(&self.path(part), of.generation, of.items, gz);
        carrier.closing = true;
        let old = self.logs[log].files.insert(part.to_owned(), carrier).unwrap();
        self.logs[log].generations[old.generation].truncated = true;
        self.logs[log].copied = true;
        self.logs[log].generations[of.generation].copy_pending = true;
        self.say(format!("copy {live} over {part}"));
        self.excuse();
    }

    /// The part with the newest name, where a copy may be written over it: not before the tail has
    /// seen it under that name and read of it. What is written over an empty part cannot be told from what is appended to it.
    pub(super) fn newest_part(&self, log: usize) -> Option<String> {
        let number = |name: &str| name.split(".part").nth(1)?.split('.').next()?.parse::<u64>().ok();
        let newest = self.logs[log].files.iter().max_by_key(|(name, _)| number(name))?;
        let (name, at) = newest;
        let is_read = !self.logs[log].generations[at.generation].handed.is_empty();
        let is_known = is_read && self.logs[log].rested.contains(name);
        (number(name).is_some() && is_known && at.items > 0 && (at.gz || !at.closing)).then(|| name.clone())
    }

    /// Writes other content of the same size, in place or as another file that takes the name.
    pub(super) fn replace(&mut self, log: usize, in_place: bool) {
        let live = self.live(log);
        let old = self.logs[log].files[&live].clone();
        let shape: Vec<bool> = self.logs[log].generations[old.generation].items[..old.items]
            .iter()
            .map(|item| *item != Item::Newline)
            .collect();
        if in_place {
            OpenOptions::new().write(true).truncate(true).open(self.path(&live)).unwrap();
        } else {
            fs::write(self.path("next"), "").unwrap();
            fs::rename(self.path("next"), self.path(&live)).unwrap();
        }
        self.restart(log, !in_place);
        self.append(log, &live, &shape);
        self.say(format!("replace {live}, in place: {in_place}"));
        self.excuse();
    }

    pub(super) fn delete(&mut self, log: usize, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
        let carrier = self.logs[log].files.remove(name).unwrap();
        self.unlink(log, &carrier);
        let gz = self.path(&format!("{name}.gz"));
        if !self.logs[log].files.contains_key(&format!("{name}.gz")) {
            fs::remove_file(gz).ok();
        }
        self.say(format!("delete {name}"));
        self.excuse();
    }

    fn unlink(&mut self, log: usize, carrier: &Carrier) {
        let log = &mut self.logs[log];
        if log.held.contains(&carrier.inode) {
            log.unlinked.push((carrier.generation, carrier.items));
        }
    }

    /// Deletes the directory and makes it anew.
    pub(super) fn recreate(&mut self) {
        for log in 0..self.logs.len() {
            let files = std::mem::take(&mut self.logs[log].files);
            for carrier in files.values() {
                self.unlink(log, carrier);
            }
            self.logs[log].copied = false;
        }
        fs::remove_dir_all(&self.dir).unwrap();
        fs::create_dir(&self.dir).unwrap();
        self.say("delete the directory and make it anew".to_owned());
        self.excuse();
    }

    pub(super) fn move_away(&mut self, away: bool) {
        fs::create_dir_all(&self.aside).unwrap();
        let (from, to) = (self.dir.clone(), self.aside.join("session"));
        let (from, to) = if away { (from, to) } else { (to, from) };
        fs::rename(from, to).unwrap();
        self.away = away;
        self.say(format!("directory away: {away}"));
    }

    pub(super) fn move_archive_away(&mut self, away: bool) {
        fs::create_dir_all(&self.aside).unwrap();
        let (from, to) = (self.dir.join("archive"), self.aside.join("archive"));
        let (from, to) = if away { (from, to) } else { (to, from) };
        if from.exists() {
            fs::rename(from, to).unwrap();
            self.archive_away = away;
            self.say(format!("archive away: {away}"));
        }
    }

    /// Marks what is on no disk and in no descriptor any more and was not handed out.
    pub(super) fn excuse(&mut self) {
        for log in &mut self.logs {
            let mut reach = vec![0; log.generations.len()];
            for carrier in log.files.values() {
                reach[carrier.generation] = reach[carrier.generation].max(carrier.items);
            }
            for (generation, items) in &log.unlinked {
                reach[*generation] = reach[*generation].max(*items);
            }
            let live = log.files.get(&format!("{}.jsonl", log.source.name()));
            let is_followed = live.is_some_and(|at| log.held.contains(&at.inode));
            for (generation, reach) in log.generations.iter_mut().zip(reach) {
                for index in reach..generation.items.len() {
                    let is_token = matches!(generation.items[index], Item::Token(_));
                    if is_token && !generation.handed.contains(&index) && generation.excused.insert(index) {
                        // After a restart the loss of what a copy did not get shows in nothing.
                        if !generation.committed.is_empty() && (reach == 0 || is_followed) {
                            generation.owed.insert(index);
                        }
                    }
                }
            }
        }
    }

    /// A plain or gzipped part that `pick` is happy with.
    pub(super) fn some_part(
        &self,
        log: usize,
        random: &mut Random,
        pick: impl Fn(&str, &Carrier) -> bool,
    ) -> Option<String> {
        let live = self.live(log);
        let parts: Vec<&String> = self.logs[log]
            .files
            .iter()
            .filter(|(name, carrier)| **name != live && pick(name, carrier))
            .map(|(name, _)| name)
            .collect();
        if parts.is_empty() {
            return None;
        }
        Some(parts[random.index(parts.len())].clone())
    }
}

/// The token with this number: fixed length, no two alike in any part.
fn encode(item: Item) -> Vec<u8> {
    match item {
        Item::Newline => b"\n".to_vec(),
        Item::Token(id) => {
            let mut random = Random::new(id);
            let (one, two, three) = (random.next(), random.next(), random.next());
            format!("{id:016x}{one:016x}{two:016x}{three:016x}").into_bytes()
        }
    }
}

fn gzipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
