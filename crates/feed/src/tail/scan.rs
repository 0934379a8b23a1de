//! Going through the names of a session: what each file is, what is new, what is gone.
//!
//! Invariants: live names are opened before the directory is listed, and a listing counts only when it is
//! the same before and after. Held files are compared with what was read of them before and after contents
//! are compared. Where anything moved meanwhile nothing is concluded, and the next poll looks again. A file
//! counts as gone only while everything that could hold it can be read.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::ErrorKind,
    sync::Arc,
    time::Duration,
};

use super::{
    batch::{Batch, Change},
    disk::{self, ARCHIVE, Look},
    follow::{Follow, Listing, Live, live_name, tell},
    notice::{Listener, Notice},
    policy::{Claim, Held, ProbeError, Seen, assign, is_due, is_packed, stem},
    position::{HEAD_BYTES, Position, Print, Stage},
    probe::Contents,
    reader::{Gzip, Plain},
};
use crate::session::{
    Source,
    name::{self, LogName, PartName},
};

/// How long a file has to be away until it is forgotten; an archive may be on a disk that comes back.
const GONE_AFTER: Duration = Duration::from_hours(24);

/// What a scan has found out so far.
#[derive(Default)]
struct Findings {
    files: Vec<Seen>,
    looks: BTreeMap<String, Look>,
    /// What is wrong, by file.
    troubles: BTreeMap<String, String>,
    /// Logs with a file that cannot be read: of those nothing counts as gone.
    unreadable: BTreeSet<Source>,
    /// Logs with a live file that may not be opened.
    blocked: BTreeSet<Source>,
}

/// Something moved during the scan.
struct Moved;

impl<L: Listener> Follow<L> {
    /// Goes through the session. True where it has to be looked at again.
    pub(super) fn scan(&mut self, now: Duration, before: Listing, out: &mut Vec<Batch>) -> bool {
        let outcome = self
            .find_out(&Arc::new(before))
            .and_then(|(listing, findings, claims)| self.apply(now, listing, findings, &claims, out));
        if outcome.is_err() {
            self.scanned = None;
        }
        outcome.is_err()
    }

    fn find_out(&mut self, before: &Arc<Listing>) -> Result<(Arc<Listing>, Findings, Vec<Claim>), Moved> {
        let mut findings = Findings::default();
        self.check_held()?;
        self.open_live(before, &mut findings);
        let listing = Arc::new(self.look_around().ok_or(Moved)?);
        self.note_beside(&listing);
        if listing != *before {
            return Err(Moved);
        }
        self.see(&listing, &mut findings)?;
        let claims = self.compare(&mut findings)?;
        self.check_held()?;
        Ok((listing, findings, claims))
    }

    /// Lets go of held files that no longer hold what was read of them.
    fn check_held(&mut self) -> Result<(), Moved> {
        let mut moved = false;
        for source in Source::ALL {
            if self.live.get(&source).is_some_and(|live| !live.open.is_intact()) {
                self.over_live(source);
                moved = true;
            }
        }
        while let Some(index) = self.leaving.iter().position(|leaving| !leaving.open.is_intact()) {
            let leaving = self.leaving.remove(index);
            self.over(&leaving.open);
            moved = true;
        }
        if moved { Err(Moved) } else { Ok(()) }
    }

    /// Opens live files that are not held. `before` was listed earlier, so its parts are older than what has
    /// a live name now.
    fn open_live(&mut self, before: &Arc<Listing>, findings: &mut Findings) {
        for source in Source::ALL {
            if self.live.contains_key(&source) {
                continue;
            }
            let path = self.dir.join(live_name(source));
            match Plain::open(source, &path) {
                Ok(open) => {
                    let held = self.leaving.iter().position(|leaving| leaving.open.id == open.id);
                    let open = held.map_or(open, |index| self.leaving.remove(index).open);
                    self.live.insert(source, Live { open, lost: false, beside: Arc::clone(before) });
                }
                Err(error) if disk::is_absent(&error) => {}
                Err(error) => {
                    let message = format!(
                        "cannot read {}: {error}; check that it is a file that this user may read",
                        path.display()
                    );
                    findings.troubles.insert(live_name(source), message);
                    if error.kind() != ErrorKind::InvalidInput {
                        findings.blocked.insert(source);
                    }
                    findings.unreadable.insert(source);
                }
            }
        }
    }

    /// Notes what stands beside held files that have their live names.
    fn note_beside(&mut self, listing: &Arc<Listing>) {
        for (source, live) in &mut self.live {
            if listing.holds(&live_name(*source), live.open.id.inode) {
                live.beside = Arc::clone(listing);
            }
        }
    }

    /// Looks at every file of the session, in reading order.
    fn see(&mut self, listing: &Listing, findings: &mut Findings) -> Result<(), Moved> {
        let mut names: Vec<_> = listing
            .entries
            .iter()
            .filter_map(|(name, _)| {
                let (archived, base) = match name.split_once('/') {
                    Some((ARCHIVE, base)) => (true, base),
                    _ => (false, name.as_str()),
                };
                let log = name::parse(base)?;
                let live = !archived && log.part == PartName::Live && !log.gz;
                Some((name, log, live, archived))
            })
            .collect();
        // A part that stands plain and gzipped is being compressed: the plain one is whole.
        let plain: HashSet<&str> =
            names.iter().filter(|(_, log, ..)| !log.gz).map(|(name, log, ..)| key(name, log.part)).collect();
        names.retain(|(name, log, ..)| !log.gz || !plain.contains(key(name, log.part)));
        // A part's name says when it was rotated, wherever it is kept; what an archive holds under other names
        // is older than everything.
        let is_oldest = |log: &LogName, archived| archived && !matches!(log.part, PartName::Rotated { .. });
        names.sort_by(|(_, left, _, left_archived), (_, right, _, right_archived)| {
            let oldest = (is_oldest(right, *right_archived)).cmp(&is_oldest(left, *left_archived));
            oldest.then_with(|| name::reading_order(left, right))
        });
        for (name, log, live, _) in names {
            if live {
                continue;
            }
            let path = self.dir.join(name);
            match disk::look(&path) {
                Ok(Some(look)) => {
                    findings.looks.insert(name.clone(), look);
                    findings.files.push(Seen {
                        name: name.clone(),
                        log,
                        live,
                        id: look.id,
                        len: look.len,
                        extent: look.extent(),
                    });
                }
                // A link that leads nowhere is listed and is not there.
                Ok(None) if path.is_symlink() => {}
                Ok(None) => return Err(Moved),
                Err(error) => {
                    findings
                        .troubles
                        .insert(name.clone(), format!("cannot read {}: {error}", path.display()));
                    findings.unreadable.insert(log.source);
                }
            }
        }
        for (source, live) in &mut self.live {
            let name = live_name(*source);
            let Some(log) = name::parse(&name) else { continue };
            let at_name = disk::look(&self.dir.join(&name)).ok().flatten();
            live.lost = at_name.is_none_or(|look| look.id != live.open.id);
            if live.lost && live.open.number.is_some() {
                continue;
            }
            let Ok(look) = live.open.look() else { return Err(Moved) };
            findings.files.push(Seen {
                name,
                log,
                live: true,
                id: look.id,
                len: look.len,
                extent: look.extent(),
            });
        }
        Ok(())
    }

    fn compare(&mut self, findings: &mut Findings) -> Result<Vec<Claim>, Moved> {
        let open: Vec<&Plain> = self
            .live
            .values()
            .map(|live| &live.open)
            .chain(self.leaving.iter().map(|leaving| &leaving.open))
            .collect();
        let held: Vec<Held> =
            open.iter().map(|open| Held { id: open.id, source: open.source, number: open.number }).collect();
        let mut probe = Contents::new(&self.dir, open, &mut self.buffer);
        let claims = match assign(&self.ledger, &held, &findings.files, &findings.blocked, &mut probe) {
            Ok(claims) => claims,
            Err(ProbeError::Changed | ProbeError::Unreadable) => return Err(Moved),
        };
        for (name, error) in probe.failures {
            let path = self.dir.join(&name);
            let hint = if error.kind() == ErrorKind::PermissionDenied {
                "; make it readable for this user"
            } else {
                ""
            };
            findings.troubles.insert(name, format!("cannot read {}: {error}{hint}", path.display()));
        }
        for (file, claim) in findings.files.iter().zip(&claims) {
            if *claim == Claim::Unreadable {
                findings.unreadable.insert(file.log.source);
            }
        }
        Ok(claims)
    }

    fn apply(
        &mut self,
        now: Duration,
        listing: Arc<Listing>,
        mut findings: Findings,
        claims: &[Claim],
        out: &mut Vec<Batch>,
    ) -> Result<(), Moved> {
        let files = std::mem::take(&mut findings.files);
        self.damaged.retain(|name, (look, _)| findings.looks.get(name) == Some(look));
        let known: Vec<u64> = self.ledger.keys().copied().collect();
        let mut postponed = false;
        for (index, (file, claim)) in files.iter().zip(claims).enumerate() {
            match *claim {
                Claim::Held | Claim::Unreadable | Claim::Copy(_) => {}
                Claim::Known(number) => self.recognise(number, file, &files, out)?,
                Claim::New if !file.live && self.is_too_new(index, &files, claims) => postponed = true,
                Claim::New => self.add(file),
            }
        }
        for (file, claim) in files.iter().zip(claims) {
            if let Claim::Copy(of) = claim {
                self.note_copy(file, *of, out);
            }
        }
        let is_missed = |number: &u64| !self.is_noted_copy(*number, &files, claims);
        let known: Vec<u64> = known.into_iter().filter(is_missed).collect();
        self.note_missing(now, &known, listing.has_archive, &findings.unreadable, claims, out);
        self.note_troubles(findings.troubles);
        if self.listing.is_none() {
            self.listener.notice(Notice::Started { parts: self.backlog.len() });
        }
        (self.listing, self.scanned) = (Some(listing), Some(now));
        self.truncated.clear();
        self.stale = false;
        if postponed { Err(Moved) } else { Ok(()) }
    }

    /// Whether a new part has to wait for a file that lost its live name and is not read to its end.
    fn is_too_new(&self, index: usize, files: &[Seen], claims: &[Claim]) -> bool {
        let Some(file) = files.get(index) else { return false };
        let Some(live) = self.live.get(&file.log.source).filter(|live| live.lost) else { return false };
        // A part that was read and holds something else now was written over, by something newer.
        let is_rewritten =
            |known: &Position| known.id == file.id && known.name == file.name && known.offset > 0;
        if live.beside.has_part(&file.name) && !self.ledger.values().any(is_rewritten) {
            return false;
        }
        let became = files.iter().zip(claims).position(|(file, claim)| {
            let number = live.open.number;
            let is_it =
                file.id == live.open.id || number.is_some_and(|number| *claim == Claim::Known(number));
            let copies_it = file.log.source == live.open.source && *claim == Claim::Copy(number);
            !file.live && (is_it || copies_it)
        });
        // What stands before it or a copy of it is older. Where neither is there, a part may be newer, or a copy
        // of what has the live name now.
        became.is_none_or(|became| index > became)
    }

    fn recognise(
        &mut self,
        number: u64,
        file: &Seen,
        files: &[Seen],
        out: &mut Vec<Batch>,
    ) -> Result<(), Moved> {
        let Some(position) = self.ledger.get_mut(&number) else { return Err(Moved) };
        let was = position.id;
        // The file that was read is there and holds something else, and what was read is elsewhere.
        let is_cut = was != file.id && files.iter().any(|other| other.id == was);
        if is_cut && self.truncated.insert(number) {
            let (file, read) = (position.name.clone(), position.offset);
            self.listener.notice(Notice::Truncated { file, read });
        }
        let keeps_name = files.iter().any(|other| other.name == position.name && other.id == file.id);
        if is_packed(position, file) {
            position.extent = file.extent;
        }
        if !keeps_name {
            (position.name, position.id) = (file.name.clone(), file.id);
            if position.offset > 0 {
                tell(position.source, &self.dir, Change::Set(position.clone()), out);
            }
        }
        if position.stage == Stage::Finished && !is_due(position, file) {
            // It was compared, however it came to be written to.
            position.extent = file.extent;
        }
        if self.truncated.remove(&number) && !file.live {
            let (file, offset) = (file.name.clone(), position.offset);
            self.listener.notice(Notice::Continued { file, offset });
        }
        if file.live {
            let Some(live) = self.live.get_mut(&file.log.source) else { return Err(Moved) };
            if live.open.number.is_none() {
                if !live.open.resume(position).unwrap_or(false) {
                    return Err(Moved);
                }
                self.listener.position(&file.name, live.open.cursor.read());
            }
        } else if !self.is_held(number) {
            self.enqueue(number, file);
        }
        Ok(())
    }

    fn is_held(&self, number: u64) -> bool {
        let leaving = self.leaving.iter().map(|leaving| &leaving.open);
        self.live.values().map(|live| &live.open).chain(leaving).any(|open| open.number == Some(number))
    }

    /// Remembers that a file is a copy, for when the original can no longer be compared.
    fn note_copy(&mut self, file: &Seen, of: Option<u64>, out: &mut Vec<Batch>) {
        let live = || self.live.get(&file.log.source).and_then(|live| live.open.number);
        let Some(of) = of.or_else(live) else { return };
        let mut notes = self.ledger.values().filter(|known| stem(&known.name) == stem(&file.name));
        let head = if file.log.gz {
            Gzip::open(file.log.source, &self.dir.join(&file.name)).map(|mut gzip| gzip.head())
        } else {
            Plain::open(file.log.source, &self.dir.join(&file.name))
                .and_then(|plain| plain.bytes(0, HEAD_BYTES))
        };
        // What cannot be read now is compared again by the next scan.
        let Some(head) = head.ok().filter(|head| !head.is_empty()).map(|head| Print::of(&head)) else {
            return;
        };
        if !notes.any(|known| known.stage == Stage::Copy { of } && known.head == head) {
            // A note is only worth something together with what it is about.
            if let Some(original) = self.ledger.get(&of) {
                tell(file.log.source, &self.dir, Change::Set(original.clone()), out);
            }
            let number = self.next_number();
            let mut position = Position::new(number, file.log.source, file.name.clone(), file.id);
            (position.stage, position.head) = (Stage::Copy { of }, head);
            self.ledger.insert(number, position.clone());
            tell(file.log.source, &self.dir, Change::Set(position), out);
        }
    }

    /// Whether this is the note of a copy that is there and still nothing but a copy.
    fn is_noted_copy(&self, number: u64, files: &[Seen], claims: &[Claim]) -> bool {
        let Some(known) = self.ledger.get(&number) else { return false };
        let Stage::Copy { of } = known.stage else { return false };
        let mut copies = files.iter().zip(claims).filter(|(_, claim)| **claim == Claim::Copy(Some(of)));
        copies.any(|(file, _)| stem(&file.name) == stem(&known.name))
    }

    fn next_number(&self) -> u64 {
        self.ledger.last_key_value().map_or(1, |(last, _)| last + 1)
    }

    /// Takes a new file into the ledger.
    fn add(&mut self, file: &Seen) {
        let number = self.next_number();
        self.ledger.insert(number, Position::new(number, file.log.source, file.name.clone(), file.id));
        if !file.live {
            self.enqueue(number, file);
        } else if let Some(live) = self.live.get_mut(&file.log.source) {
            live.open.number = Some(number);
            self.listener.notice(Notice::Found { file: file.name.clone() });
            self.listener.position(&file.name, 0);
        }
    }

    fn note_missing(
        &mut self,
        now: Duration,
        known: &[u64],
        has_archive: bool,
        unreadable: &BTreeSet<Source>,
        claims: &[Claim],
        out: &mut Vec<Batch>,
    ) {
        let claimed: BTreeSet<u64> = claims
            .iter()
            .filter_map(|claim| if let Claim::Known(number) = claim { Some(*number) } else { None })
            .collect();
        let missing: Vec<u64> = known
            .iter()
            .filter_map(|number| self.ledger.get(number))
            .filter(|known| !unreadable.contains(&known.source))
            .map(|known| known.number)
            .filter(|number| !claimed.contains(number) && !self.is_held(*number))
            .collect();
        self.absent.retain(|number, _| missing.contains(number));
        for number in missing {
            let since = *self.absent.entry(number).or_insert(now);
            let Some(position) = self.ledger.get_mut(&number) else { continue };
            let source = position.source;
            let is_away = !has_archive && position.name.starts_with("archive/");
            let is_over = now.saturating_sub(since) >= GONE_AFTER;
            let is_missed = position.stage == Stage::Reading && (is_over || !is_away);
            if is_missed {
                position.stage = Stage::Missed;
                let (file, read) = (position.name.clone(), position.offset);
                if !self.truncated.contains(&number) {
                    self.listener.notice(Notice::Missed { file, read });
                }
            }
            let change = if is_over { Change::Remove(number) } else { Change::Set(position.clone()) };
            if is_over {
                self.ledger.remove(&number);
                self.absent.remove(&number);
            }
            if is_over || is_missed {
                tell(source, &self.dir, change, out);
            }
        }
    }

    fn note_troubles(&mut self, mut found: BTreeMap<String, String>) {
        let damaged = self.damaged.iter().map(|(name, (_, message))| (name.clone(), message.clone()));
        found.extend(damaged);
        let waiting: BTreeSet<&String> =
            self.backlog.iter().filter_map(|target| Some(&self.ledger.get(&target.number)?.name)).collect();
        let over: Vec<String> = self
            .troubles
            .keys()
            .filter(|name| !found.contains_key(*name) && !waiting.contains(name) && !name.ends_with(READING))
            .cloned()
            .collect();
        for name in over {
            self.clear(&name);
        }
        for (name, message) in found {
            self.trouble(&name, message);
        }
    }
}

/// Marks troubles of files that are held, which a scan does not see.
pub(super) const READING: &str = " (reading)";

/// What a part that is being compressed shares with its gzip.
fn key(name: &str, part: PartName) -> &str {
    match part {
        PartName::Rotated { .. } => stem(name),
        PartName::Old | PartName::Live => name.strip_suffix(".gz").unwrap_or(name),
    }
}
