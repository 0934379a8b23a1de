//! Which file on disk is which file of the ledger, from what is known and what is seen.
//!
//! Invariants: pure but for the [`Probe`], which answers questions about contents. A file is known by its
//! identity *and* its content: either alone has a case where it lies (inodes are used again, copies are
//! equal). Each file of the ledger is at most one file on disk. Where content is the only evidence and there
//! is less than [`EVIDENCE_BYTES`] of it, a file counts as new: rather repeated than lost.

use std::collections::{BTreeMap, BTreeSet};

use super::position::{Extent, FileId, HEAD_BYTES, Position, Stage};
use crate::session::{Source, name::LogName, name::PartName};

/// How much equal content tells a copy from a file that merely begins alike, in bytes.
pub(crate) const EVIDENCE_BYTES: u64 = 64;

/// A file of the session, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its name, relative to the session's directory.
    pub(crate) name: String,
    /// What the name says.
    pub(crate) log: LogName,
    /// Whether it has the name that its writer appends to.
    pub(crate) live: bool,
    /// Its identity.
    pub(crate) id: FileId,
    /// Its length in bytes.
    pub(crate) len: u64,
    /// By which a write shows.
    pub(crate) extent: Extent,
}

/// A file that is held open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its identity.
    pub(crate) id: FileId,
    /// The log that it belongs to.
    pub(crate) source: Source,
    /// Its number; `None` for one that was just opened under its live name.
    pub(crate) number: Option<u64>,
}

/// What a file on disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The file of this number.
    Known(u64),
    /// A copy of the file of this number, or of the one that has the live name: nothing of its own to read.
    Copy(Option<u64>),
    /// Another name of a file that was just opened.
    Held,
    /// Nothing that is known.
    New,
    /// It cannot be read, so that cannot be told.
    Unreadable,
}

/// Why a question about a file's content has no answer.
#[derive(Debug)]
pub(crate) enum ProbeError {
    /// The file is no longer what was seen: everything has to be looked at again.
    Changed,
    /// It cannot be read; that was said.
    Unreadable,
}

/// Answers about contents.
pub(crate) trait Probe {
    /// Whether a file holds what was read under a position, with `deep` up to its offset, else at its
    /// beginning.
    fn is(&mut self, file: &Seen, known: &Position, deep: bool) -> Result<bool, ProbeError>;

    /// Whether a file's bytes are the beginning of a held file.
    fn copies(&mut self, file: &Seen, held: &Held) -> Result<bool, ProbeError>;
}

/// The files of the ledger, by number.
pub(crate) type Ledger = BTreeMap<u64, Position>;

/// Tells for each file what it is, in the order in which they were seen. `blocked` are logs with a live file
/// that cannot be opened: an unknown part of one may be a copy of it, so it has to wait.
///
/// # Errors
/// [`ProbeError::Changed`] where files changed meanwhile: nothing is known then.
pub(crate) fn assign(
    ledger: &Ledger,
    held: &[Held],
    files: &[Seen],
    blocked: &BTreeSet<Source>,
    probe: &mut impl Probe,
) -> Result<Vec<Claim>, ProbeError> {
    let claims = vec![None; files.len()];
    let taken = held.iter().filter_map(|held| held.number).collect();
    let mut round = Round { ledger, held, files, claims, taken };
    round.by_descriptor();
    round.each(probe, Round::by_identity)?;
    round.each(probe, Round::by_name)?;
    round.each(probe, Round::by_held_content)?;
    round.each(probe, |_, file, _| Ok(blocked.contains(&file.log.source).then_some(Claim::Unreadable)))?;
    round.each(probe, Round::by_content)?;
    round.each(probe, Round::by_copy)?;
    round.each(probe, Round::by_note)?;
    round.each(probe, |round, file, _| Ok(round.by_bare_name(file)))?;
    Ok(round.claims.into_iter().map(|claim| claim.unwrap_or(Claim::New)).collect())
}

/// Whether there may be something to read of a known file that is not held.
pub(crate) fn is_due(position: &Position, file: &Seen) -> bool {
    match position.stage {
        Stage::Reading | Stage::Missed => true,
        Stage::Finished if file.log.gz => file.extent != position.extent,
        Stage::Finished => file.len > position.offset,
        Stage::Copy { .. } => false,
    }
}

struct Round<'a> {
    ledger: &'a Ledger,
    held: &'a [Held],
    files: &'a [Seen],
    claims: Vec<Option<Claim>>,
    taken: BTreeSet<u64>,
}

type Answer = Result<Option<Claim>, ProbeError>;

impl Round<'_> {
    /// Asks `rule` about every file that is not accounted for yet.
    fn each<P: Probe>(
        &mut self,
        probe: &mut P,
        rule: impl Fn(&Self, &Seen, &mut P) -> Answer,
    ) -> Result<(), ProbeError> {
        for (index, file) in self.files.iter().enumerate() {
            if self.claims.get(index).is_none_or(Option::is_some) {
                continue;
            }
            let claim = match rule(self, file, probe) {
                Err(ProbeError::Unreadable) => Some(Claim::Unreadable),
                outcome => outcome?,
            };
            if let Some(Claim::Known(number)) = claim {
                self.taken.insert(number);
            }
            if let Some(slot) = self.claims.get_mut(index) {
                *slot = claim;
            }
        }
        Ok(())
    }

    fn by_descriptor(&mut self) {
        for (claim, file) in self.claims.iter_mut().zip(self.files) {
            let held = self.held.iter().find(|held| held.id == file.id);
            *claim = held.and_then(|held| match held.number {
                Some(number) => Some(Claim::Known(number)),
                // Just opened under its live name: that is told by the file seen there.
                None if file.live => None,
                None => Some(Claim::Held),
            });
        }
    }

    /// Files of the ledger that are neither held nor found yet, newest first.
    fn free(&self, file: &Seen) -> impl Iterator<Item = &Position> {
        let source = file.log.source;
        self.ledger
            .values()
            .rev()
            .filter(|known| !matches!(known.stage, Stage::Copy { .. }))
            .filter(move |known| known.source == source && !self.taken.contains(&known.number))
    }

    fn by_identity(&self, file: &Seen, probe: &mut impl Probe) -> Answer {
        for known in self.free(file).filter(|known| known.id == file.id && known.offset > 0) {
            let trusted = known.stage == Stage::Finished
                && known.id.birth_ns.is_some()
                && known.name == file.name
                && known.extent == file.extent;
            if trusted || probe.is(file, known, true)? {
                return Ok(Some(Claim::Known(known.number)));
            }
        }
        Ok(None)
    }

    /// A file of which nothing was read has no content to be known by: it comes after all that have.
    fn by_bare_name(&self, file: &Seen) -> Option<Claim> {
        let is_it = |known: &&Position| known.id == file.id || is_same_part(known, file);
        let known = self.free(file).filter(|known| known.offset == 0).find(is_it)?;
        Some(Claim::Known(known.number))
    }

    /// The same part under its own name: gzipped, moved, or on another device.
    fn by_name(&self, file: &Seen, probe: &mut impl Probe) -> Answer {
        for known in self.free(file).filter(|known| known.offset > 0) {
            let same_name = if file.live {
                known.name == file.name && known.offset >= EVIDENCE_BYTES
            } else {
                is_same_part(known, file)
            };
            if same_name && probe.is(file, known, !is_packed(known, file))? {
                return Ok(Some(Claim::Known(known.number)));
            }
        }
        Ok(None)
    }

    /// What an open file became under a name that it was not seen under, or a copy of it.
    fn by_held_content(&self, file: &Seen, probe: &mut impl Probe) -> Answer {
        if file.live {
            return Ok(None);
        }
        for held in self.held.iter().filter(|held| held.source == file.log.source) {
            let listed = self.files.iter().any(|file| file.id == held.id);
            if (listed && !file.log.gz && file.len < EVIDENCE_BYTES) || !probe.copies(file, held)? {
                continue;
            }
            let claim = match held.number {
                Some(number) if !listed => Claim::Known(number),
                number => Claim::Copy(number),
            };
            return Ok(Some(claim));
        }
        Ok(None)
    }

    /// A file that lost its name and its inode: gzipped after a rotation, or copied before a truncation.
    fn by_content(&self, file: &Seen, probe: &mut impl Probe) -> Answer {
        if file.live {
            return Ok(None);
        }
        for known in self.free(file).filter(|known| known.offset >= EVIDENCE_BYTES) {
            if probe.is(file, known, true)? {
                let is_hidden = self.is_hidden(known);
                return Ok(Some(if is_hidden { Claim::Unreadable } else { Claim::Known(known.number) }));
            }
            if is_shorter(file, known) && probe.is(file, known, false)? {
                return Ok(Some(Claim::Copy(Some(known.number))));
            }
        }
        Ok(None)
    }

    /// Whether the file is there under its identity and cannot be read.
    fn is_hidden(&self, known: &Position) -> bool {
        let mut files = self.files.iter().zip(&self.claims);
        files.any(|(file, claim)| file.id == known.id && *claim == Some(Claim::Unreadable))
    }

    /// A second copy of a file that was found.
    fn by_copy(&self, file: &Seen, probe: &mut impl Probe) -> Answer {
        if file.live {
            return Ok(None);
        }
        let found = self.ledger.values().filter(|known| {
            known.source == file.log.source
                && self.taken.contains(&known.number)
                && known.offset >= EVIDENCE_BYTES
                && (file.log.gz || file.len == known.offset || is_shorter(file, known))
        });
        for known in found {
            if probe.is(file, known, !is_shorter(file, known))? {
                return Ok(Some(Claim::Copy(Some(known.number))));
            }
        }
        Ok(None)
    }

    /// What was found to be a copy while it could be compared with the original.
    fn by_note(&self, file: &Seen, probe: &mut impl Probe) -> Answer {
        let Some(of) = self.noted(file, probe)? else { return Ok(None) };
        let copy = Claim::Copy(Some(of));
        let Some(original) = self.ledger.get(&of) else { return Ok(Some(copy)) };
        let mut seen = self.files.iter().zip(&self.claims);
        let is_live = seen.any(|(file, claim)| file.live && *claim == Some(Claim::Known(of)));
        let was_unread = original.offset == 0 && self.taken.contains(&of);
        if was_unread || is_live || self.held.iter().any(|held| held.number == Some(of)) {
            // It was compared just now and is no copy any more: the original was rewritten before it was read.
            return Ok(None);
        }
        if self.taken.contains(&of) {
            return Ok(Some(copy));
        }
        let goes_on = original.offset == 0 || probe.is(file, original, true)?;
        Ok(Some(if goes_on { Claim::Known(of) } else { copy }))
    }

    /// What a part was noted to be a copy of, if it still begins as it did then.
    fn noted(&self, file: &Seen, probe: &mut impl Probe) -> Result<Option<u64>, ProbeError> {
        let notes = self.ledger.values().filter(|known| stem(&known.name) == stem(&file.name));
        for note in notes.filter(|known| known.source == file.log.source && !file.live) {
            if let Stage::Copy { of } = note.stage
                && probe.is(file, note, false)?
            {
                return Ok(Some(of));
            }
        }
        Ok(None)
    }
}

/// Whether a file has the name that a part was given when it was rotated.
fn is_same_part(known: &Position, file: &Seen) -> bool {
    matches!(file.log.part, PartName::Rotated { .. }) && stem(&known.name) == stem(&file.name)
}

/// Whether a finished part was but moved or gzipped since: its beginning tells that, and reading all of it only tells it
/// again.
pub(crate) fn is_packed(known: &Position, file: &Seen) -> bool {
    known.stage == Stage::Finished
        && file.log.gz
        && known.name != file.name
        && stem(&known.name) == stem(&file.name)
}

/// Whether a file can only be told from the beginning of a known one by its whole head.
fn is_shorter(file: &Seen, known: &Position) -> bool {
    !file.log.gz && file.len < known.offset && known.head.len as usize == HEAD_BYTES
}

/// A part's name without its folder and compression.
pub(crate) fn stem(name: &str) -> &str {
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    name.strip_suffix(".gz").unwrap_or(name)
}

#[cfg(test)]
mod tests;
