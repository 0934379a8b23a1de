//! Reading parts: those that wait, and files in their grace period.
//!
//! Invariants: a plain part that was read to its end is held for [`GRACE`] after it last grew, because a
//! writer may still hold it; then its last line counts as it is. A gzipped part is finished at its end. A
//! part that cannot be read holds nothing up: it is said and tried again when it changed.

use std::{collections::BTreeSet, io, time::Duration};

use super::{
    batch::Batch,
    disk,
    follow::{Follow, Leaving, Reading, Target, finish, settle},
    notice::Listener,
    policy::is_due,
    position::Extent,
    reader::{Got, Gzip, Plain},
};

/// How long a rotated file is still read for after it last grew.
const GRACE: Duration = Duration::from_secs(2);

/// How many files of one log may be held after they were read, at most; the oldest is let go first.
const LEAVING_MAX: usize = 8;

impl<L: Listener> Follow<L> {
    /// Reads on in files that lost their names. The first flag says that one had something, the second that
    /// it may have more at once.
    pub(super) fn poll_leaving(&mut self, now: Duration, out: &mut Vec<Batch>) -> (bool, bool) {
        let (mut progressed, mut draining) = (false, BTreeSet::new());
        let mut index = 0;
        while let Some(leaving) = self.leaving.get_mut(index) {
            if draining.contains(&leaving.open.source) {
                // An older file of the log may have more.
                index += 1;
                continue;
            }
            match leaving.open.read(&mut self.buffer) {
                Ok(Got::Chunk { batch, full }) => {
                    leaving.until = now + GRACE;
                    progressed = true;
                    draining.extend(full.then_some(leaving.open.source));
                    let open = &leaving.open;
                    settle(&mut self.ledger, open.number, &open.cursor, batch, out);
                    index += 1;
                }
                Ok(Got::Over) => {
                    let leaving = self.leaving.remove(index);
                    self.over(&leaving.open);
                    progressed = true;
                }
                Ok(Got::Nothing) if now < leaving.until || self.is_away() => index += 1,
                // A descriptor that cannot be read any more gives nothing: what was read of it is settled.
                Ok(Got::Nothing) | Err(_) => {
                    let leaving = self.leaving.remove(index);
                    self.let_go(leaving.open, out);
                    progressed = true;
                }
            }
        }
        (progressed, !draining.is_empty())
    }

    /// Whether the directory is gone, so that a file without a name may come back with it.
    fn is_away(&self) -> bool {
        !matches!(disk::list(&self.dir, ""), Ok(Some(_)))
    }

    /// Begins a file's grace period.
    pub(super) fn leave(&mut self, open: Plain, now: Duration, out: &mut Vec<Batch>) {
        let source = open.source;
        self.leaving.push(Leaving { open, until: now + GRACE });
        let held = self.leaving.iter().filter(|leaving| leaving.open.source == source).count();
        let oldest = self.leaving.iter().position(|leaving| leaving.open.source == source);
        if let Some(oldest) = oldest.filter(|_| held > LEAVING_MAX) {
            let leaving = self.leaving.remove(oldest);
            self.let_go(leaving.open, out);
        }
    }

    fn let_go(&mut self, mut open: Plain, out: &mut Vec<Batch>) {
        if let Ok((batch, look)) = open.finish() {
            finish(&mut self.ledger, open.number, &open.cursor, batch, look, out);
        }
    }

    /// Reads the next chunk of the parts that wait. True while there are some.
    pub(super) fn poll_backlog(&mut self, now: Duration, out: &mut Vec<Batch>) -> bool {
        if self.reading.is_none() {
            let Some(target) = self.backlog.pop_front() else { return false };
            self.reading = self.open_part(&target);
            return true;
        }
        match self.reading.take() {
            Some(Reading::Plain(plain, compared)) => self.read_plain(plain, compared, now, out),
            Some(Reading::Gzip(gzip, number)) => self.read_gzip(gzip, number, out),
            None => {}
        }
        true
    }

    fn open_part(&mut self, target: &Target) -> Option<Reading> {
        let position = self.ledger.get(&target.number)?;
        let (name, path) = (position.name.clone(), self.dir.join(&position.name));
        let outcome = if target.gz {
            Gzip::open(position.source, &path).and_then(|mut gzip| {
                let same = gzip.look.id == position.id && gzip.resume(position, &mut self.buffer)?;
                Ok(same.then(|| Reading::Gzip(Box::new(gzip), target.number)))
            })
        } else {
            Plain::open(position.source, &path).and_then(|mut plain| {
                let same = plain.id == position.id && plain.resume(position)?;
                Ok(same.then(|| Reading::Plain(Box::new(plain), target.extent)))
            })
        };
        match outcome {
            Ok(Some(reading)) => {
                self.clear(&name);
                return Some(reading);
            }
            // Renamed, replaced or deleted since it was looked at: what follows may not come before it.
            Ok(None) => self.look_again(),
            Err(error) if disk::is_absent(&error) => self.look_again(),
            Err(error) => self.part_failed(&name, &error),
        }
        None
    }

    fn look_again(&mut self) {
        self.backlog.clear();
        self.stale = true;
    }

    /// `compared` is what the part was like when it was compared with what is known.
    fn read_plain(&mut self, mut plain: Box<Plain>, compared: Extent, now: Duration, out: &mut Vec<Batch>) {
        let is_first = plain.cursor.read() == 0;
        match plain.read(&mut self.buffer) {
            Ok(Got::Chunk { .. }) if is_first && self.is_rewritten(&plain, compared) => self.look_again(),
            Ok(Got::Chunk { batch, .. }) => {
                settle(&mut self.ledger, plain.number, &plain.cursor, batch, out);
                self.reading = Some(Reading::Plain(plain, compared));
            }
            Ok(Got::Nothing) => self.leave(*plain, now, out),
            Ok(Got::Over) => self.over(&plain),
            Err(error) => {
                let name = plain.number.and_then(|number| self.ledger.get(&number)).map(|at| at.name.clone());
                self.part_failed(&name.unwrap_or_default(), &error);
            }
        }
    }

    /// Whether what was read first may be a copy of something that is known, written over the part after it was compared.
    /// Once: the next comparison tells, and a part may grow for ever.
    fn is_rewritten(&mut self, plain: &Plain, compared: Extent) -> bool {
        let is_same = plain.look().is_ok_and(|look| look.extent() == compared);
        !is_same && plain.number.is_some_and(|number| self.rewritten.insert(number))
    }

    fn read_gzip(&mut self, mut gzip: Box<Gzip>, number: u64, out: &mut Vec<Batch>) {
        match gzip.read(&mut self.buffer) {
            Ok(Got::Chunk { batch, .. }) => {
                settle(&mut self.ledger, Some(number), &gzip.cursor, batch, out);
                self.reading = Some(Reading::Gzip(gzip, number));
            }
            Ok(Got::Nothing | Got::Over) => {
                let batch = gzip.finish();
                finish(&mut self.ledger, Some(number), &gzip.cursor, batch, gzip.look, out);
            }
            Err(error) => {
                let name = self.ledger.get(&number).map(|at| at.name.clone()).unwrap_or_default();
                self.part_failed(&name, &error);
            }
        }
    }

    fn part_failed(&mut self, name: &str, error: &io::Error) {
        let path = self.dir.join(name);
        let message = format!("cannot read {}: {error}; the rest of this part is missing", path.display());
        // A damaged gzip is no better until it changes; anything else may be better at any time.
        let is_damaged = matches!(
            error.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
        );
        if let Ok(Some(look)) = disk::look(&path)
            && is_damaged
        {
            self.damaged.insert(name.to_owned(), (look, message.clone()));
        }
        self.trouble(name, message);
    }

    /// Puts a known part in line, where there may be something to read of it.
    pub(super) fn enqueue(&mut self, number: u64, file: &super::policy::Seen) {
        let is_due = self.ledger.get(&number).is_some_and(|position| is_due(position, file));
        let is_damaged = self.damaged.contains_key(&file.name);
        if is_due && !is_damaged {
            self.backlog.push_back(Target { number, gz: file.log.gz, extent: file.extent });
        }
    }
}
