//! What is kept in a session's journal beside its events: where files stand, the state of the figures, minutes.
//!
//! Invariants: a file's position is committed with the lines that it settles; the state with the minutes that were
//! taken out of it. So what is read back is what was published, once. What another version of the feed kept and this
//! one cannot read is said, and made again from the events that are retained.

use aurora_domain::{State, Ts, minutes::Minute};
use aurora_wire::{
    minutes, snapshot,
    sse::{Decoder, Item, Message},
};
use tracing::{info, warn};

use crate::{
    clock,
    hub::Hub,
    journal::{JournalError, Note, Read},
    metrics::{Checkpoint, Metrics},
    session::Source,
    tail::{Change, Position},
};

/// For how long minutes are kept: 30 days.
const MINUTES_KEPT: i64 = 30 * 24 * 60;

/// How many minutes are deleted in one transaction, at most.
const DELETED_AT_ONCE: i64 = 5_000;

/// How much is read back at a time, in bytes.
const READ_BYTES: usize = 1 << 20;

const FILES: &str = "file/";
const STATE: &str = "state";
const REJECTED: &str = "meta/rejected";
/// The minute up to which older ones were deleted.
const DELETED: &str = "meta/deleted";

/// The note of a change of the tail's ledger.
pub(crate) fn position_note(change: &Change) -> Note {
    match change {
        Change::Set(position) => {
            Note { key: format!("{FILES}{}", position.number), value: Some(position.encode()) }
        }
        Change::Remove(number) => Note { key: format!("{FILES}{number}"), value: None },
    }
}

/// The note of how many lines were rejected in all.
pub(crate) fn rejected_note(count: u64) -> Note {
    Note { key: REJECTED.to_owned(), value: Some(count.to_le_bytes().to_vec()) }
}

/// The note of the state.
pub(crate) fn state_note(bytes: Vec<u8>) -> Note {
    Note { key: STATE.to_owned(), value: Some(bytes) }
}

/// Where the files of the session stood. What cannot be read is said and left out.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn positions(hub: &Hub) -> Result<Vec<Position>, JournalError> {
    let read = |bytes: &[u8]| Position::decode(bytes).map_err(|error| warn!("{error}")).ok();
    Ok(hub.notes(FILES)?.iter().filter_map(|(_, bytes)| read(bytes)).collect())
}

/// Brings the figures to where the journal ends: from the state that was kept, where there is one, and the events
/// after it. Stops early where the session is closed meanwhile. Returns how many ids those are.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn restore(hub: &Hub, metrics: &Metrics) -> Result<u64, JournalError> {
    let extent = hub.extent();
    let mut after = extent.first.saturating_sub(1);
    metrics.restore(State::new(Ts(i64::try_from(clock::unix_nanos()).unwrap_or(i64::MAX))), after);
    if let Some(kept) = kept_state(hub)? {
        if kept.as_of > extent.head || kept.as_of < after {
            warn!(
                as_of = kept.as_of,
                first = extent.first,
                head = extent.head,
                "the figures that were kept do not meet the events that are retained: what is between is not counted"
            );
        }
        if kept.as_of <= extent.head {
            after = after.max(kept.as_of);
            metrics.restore(kept.state, kept.as_of);
        }
    } else if extent.first > extent.session_first {
        warn!(
            first = extent.first,
            session_first = extent.session_first,
            "no figures were kept, and the first events are no longer retained: they are not counted"
        );
    }
    let began = after;
    replay(hub, metrics, after)?;
    let rejected = hub.notes(REJECTED)?.into_iter().find_map(|(_, value)| number(&value)).unwrap_or(0);
    let missing = rejected.saturating_sub(metrics.rejected());
    // Ids that were skipped belong to no event.
    metrics.take_in(&[], missing, hub.extent().head, clock::unix_nanos());
    let replayed = extent.head.saturating_sub(began);
    if replayed > 0 {
        info!(events = replayed, "figures were made again from the journal");
    }
    Ok(replayed)
}

fn kept_state(hub: &Hub) -> Result<Option<snapshot::Snapshot>, JournalError> {
    let Some((_, bytes)) = hub.notes(STATE)?.into_iter().find(|(key, _)| key == STATE) else {
        return Ok(None);
    };
    let loaded = snapshot::load(&bytes).map_err(|error| {
        warn!("the figures that were kept cannot be read ({error}): they are made again from the journal's events");
    });
    Ok(loaded.ok())
}

fn replay(hub: &Hub, metrics: &Metrics, mut after: u64) -> Result<(), JournalError> {
    let now_ns = clock::unix_nanos();
    let mut decoder = Decoder::default();
    while !hub.is_closed() {
        match hub.read_after(after, READ_BYTES)? {
            Read::Frames { bytes, last } => {
                decoder.feed(&bytes, |item| {
                    if let Item::Message(message) = item {
                        observe(metrics, message, now_ns);
                    }
                });
                after = last;
            }
            Read::UpToDate | Read::Gone => break,
        }
    }
    Ok(())
}

fn observe(metrics: &Metrics, message: Message<'_>, now_ns: u64) {
    let source = Source::from_name(message.kind);
    let line = std::str::from_utf8(message.data).ok();
    if let (Some(source), Some(line), Ok(id)) = (source, line, message.id.parse()) {
        // What was published was an object when it was published.
        metrics.observe(source, id, line, now_ns).ok();
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// The notes of a checkpoint: the state, its minutes merged with what is stored of them, and the deletion of minutes
/// that are too old.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn checkpoint_notes(
    hub: &Hub,
    checkpoint: Checkpoint,
    now_ns: u64,
) -> Result<Vec<Note>, JournalError> {
    let Checkpoint { as_of, minutes, speakers, state } = checkpoint;
    let now_minute = i64::try_from(now_ns / 60_000_000_000).unwrap_or(i64::MAX);
    let oldest = now_minute.saturating_sub(MINUTES_KEPT);
    let mut notes = vec![state_note(state)];
    for mut minute in minutes {
        if minute.minute < oldest {
            continue;
        }
        let key = minute_key(minute.minute);
        for stored in stored_minutes(hub, &key)? {
            if stored.minute == minute.minute {
                minute.aggregate.merge(&stored.aggregate);
            }
        }
        notes.push(Note { key, value: Some(minutes::save([&minute], &speakers, as_of)) });
    }
    notes.extend(deletions(hub, oldest)?);
    Ok(notes)
}

fn minute_key(minute: i64) -> String {
    format!("minute/{minute}")
}

fn stored_minutes(hub: &Hub, key: &str) -> Result<Vec<Minute>, JournalError> {
    let Some((_, bytes)) = hub.notes(key)?.into_iter().find(|(found, _)| found == key) else {
        return Ok(Vec::new());
    };
    let stored = minutes::load(&bytes).map_err(|error| {
        warn!(key, "what was kept of a minute cannot be read ({error}): it is written anew");
    });
    Ok(stored.map(|stored| stored.minutes).unwrap_or_default())
}

fn deletions(hub: &Hub, oldest: i64) -> Result<Vec<Note>, JournalError> {
    let deleted = hub.notes(DELETED)?.into_iter().find_map(|(_, value)| number(&value));
    let deleted = deleted.and_then(|deleted| i64::try_from(deleted).ok()).unwrap_or(oldest);
    let until = oldest.min(deleted.saturating_add(DELETED_AT_ONCE));
    let mut notes: Vec<Note> =
        (deleted..until).map(|minute| Note { key: minute_key(minute), value: None }).collect();
    let until = u64::try_from(until).unwrap_or(0);
    notes.push(Note { key: DELETED.to_owned(), value: Some(until.to_le_bytes().to_vec()) });
    Ok(notes)
}
