//! The journal in memory, bounded by events and by bytes.
//!
//! Invariants: it holds whole segments, one per appended batch, and drops the oldest until both bounds hold
//! (always keeping the newest). Readers share the segments' bytes, so a client costs no copy while it is
//! close to the head.

use std::{
    collections::VecDeque,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use bytes::{Bytes, BytesMut};

use super::{Extent, Frames, Journal, Read};

/// A read that gets less than this from one segment goes on into the next ones, in bytes.
const COALESCE_BELOW: usize = 16 << 10;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events, at most.
    pub events: usize,
    /// Encoded bytes, at most.
    pub bytes: usize,
}

impl Default for Limits {
    /// 1,000,000 events and 256 MiB.
    fn default() -> Self {
        Self { events: 1_000_000, bytes: 256 << 20 }
    }
}

/// A [`Journal`] that ends with the process.
pub(crate) struct MemoryJournal {
    limits: Limits,
    inner: RwLock<Inner>,
}

struct Inner {
    segments: VecDeque<Segment>,
    events: usize,
    bytes: usize,
    head: u64,
    session_first: u64,
}

struct Segment {
    frames: Frames,
    published_ns: u64,
}

impl MemoryJournal {
    /// An empty journal whose first id will be `first`.
    pub(crate) fn new(limits: Limits, first: u64) -> Self {
        let first = first.max(1);
        let inner =
            Inner { segments: VecDeque::new(), events: 0, bytes: 0, head: first - 1, session_first: first };
        Self { limits, inner: RwLock::new(inner) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn extent(&self) -> Extent {
        let inner = self.read();
        Extent { first: inner.first(), head: inner.head, session_first: inner.session_first }
    }

    fn append(&self, frames: Frames, published_ns: u64) {
        let mut inner = self.write();
        debug_assert_eq!(frames.first, inner.head + 1, "ids grow by one");
        inner.head += frames.len() as u64;
        inner.events += frames.len();
        inner.bytes += frames.bytes.len();
        inner.segments.push_back(Segment { frames, published_ns });
        while inner.segments.len() > 1
            && (inner.events > self.limits.events || inner.bytes > self.limits.bytes)
        {
            inner.drop_oldest();
        }
    }

    fn begin_session(&self) {
        let mut inner = self.write();
        if inner.head >= inner.session_first {
            // One id is left out, so that a reader which had read everything is behind and notices.
            inner.head += 1;
        }
        inner.session_first = inner.head + 1;
        inner.segments.clear();
        (inner.events, inner.bytes) = (0, 0);
    }

    fn read_after(&self, id: u64, max_bytes: usize) -> Read {
        let inner = self.read();
        if id > inner.head || id + 1 < inner.first() {
            return Read::Gone;
        }
        let at = inner.segments.partition_point(|segment| segment.last() <= id);
        let mut segments = inner.segments.iter().skip(at);
        let Some((mut bytes, mut last)) = segments.next().and_then(|segment| segment.after(id, max_bytes))
        else {
            return Read::UpToDate;
        };
        if bytes.len() < COALESCE_BELOW {
            let mut joined = BytesMut::from(bytes.as_ref());
            for segment in segments {
                let room = max_bytes.saturating_sub(joined.len());
                if segment.frames.bytes.len() > room {
                    break;
                }
                joined.extend_from_slice(&segment.frames.bytes);
                last = segment.last();
            }
            bytes = joined.freeze();
        }
        Read::Frames { bytes, last }
    }

    fn published_since(&self, since_ns: u64) -> u64 {
        let inner = self.read();
        let at = inner.segments.partition_point(|segment| segment.published_ns < since_ns);
        inner.segments.get(at).map_or(inner.head, |segment| segment.frames.first - 1)
    }
}

impl Inner {
    fn first(&self) -> u64 {
        self.segments.front().map_or(self.head + 1, |segment| segment.frames.first)
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.segments.pop_front() {
            self.events -= oldest.frames.len();
            self.bytes -= oldest.frames.bytes.len();
        }
    }
}

impl Segment {
    fn last(&self) -> u64 {
        self.frames.first + self.frames.len() as u64 - 1
    }

    /// Whole frames after `id`, at least one, and the last one's id; `None` where there are none.
    fn after(&self, id: u64, max_bytes: usize) -> Option<(Bytes, u64)> {
        let ends = &self.frames.ends;
        let skip = usize::try_from((id + 1).saturating_sub(self.frames.first)).ok()?;
        let start = if skip == 0 { 0 } else { *ends.get(skip - 1)? as usize };
        let fit = ends.partition_point(|end| *end as usize <= start + max_bytes).max(skip + 1);
        let end = *ends.get(fit - 1)? as usize;
        Some((self.frames.bytes.slice(start..end), self.frames.first + fit as u64 - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::FrameWriter, *};

    fn append(journal: &MemoryJournal, count: usize, published_ns: u64) {
        let mut writer = FrameWriter::new(journal.extent().head + 1);
        for _ in 0..count {
            writer.push("orders", "{}");
        }
        journal.append(writer.finish().unwrap(), published_ns);
    }

    fn journal(events: usize, batches: &[usize]) -> MemoryJournal {
        let journal = MemoryJournal::new(Limits { events, bytes: usize::MAX }, 100);
        for (index, count) in batches.iter().enumerate() {
            append(&journal, *count, 1_000 * (index as u64 + 1));
        }
        journal
    }

    /// All ids that a reader gets after `id`, reading `max_bytes` at a time.
    fn ids(journal: &MemoryJournal, mut id: u64, max_bytes: usize) -> Option<Vec<u64>> {
        let mut out = Vec::new();
        loop {
            match journal.read_after(id, max_bytes) {
                Read::UpToDate => return Some(out),
                Read::Gone => return None,
                Read::Frames { bytes, last } => {
                    let text = std::str::from_utf8(&bytes).unwrap();
                    assert!(text.ends_with("\n\n"), "whole frames only");
                    out.extend(
                        text.lines()
                            .filter_map(|line| line.strip_prefix("id: "))
                            .map(|id| id.parse::<u64>().unwrap()),
                    );
                    assert_eq!(out.last(), Some(&last));
                    id = last;
                }
            }
        }
    }

    #[test]
    fn every_read_size_gives_every_event_once() {
        let journal = journal(100, &[3, 1, 4]);
        for max_bytes in [0, 1, 40, 80, 100_000] {
            assert_eq!(ids(&journal, 99, max_bytes), Some((100..=107).collect()), "{max_bytes}");
            assert_eq!(ids(&journal, 101, max_bytes), Some((102..=107).collect()), "{max_bytes}");
        }
        assert_eq!(ids(&journal, 107, 100), Some(vec![]));
    }

    #[test]
    fn what_is_not_retained_is_gone_and_so_is_the_future() {
        let journal = journal(5, &[3, 3, 2]);
        assert_eq!(journal.extent(), Extent { first: 103, head: 107, session_first: 100 });
        assert_eq!(ids(&journal, 101, 100), None);
        assert_eq!(ids(&journal, 102, 100), Some((103..=107).collect()));
        assert_eq!(ids(&journal, 108, 100), None);
    }

    #[test]
    fn an_empty_journal_is_up_to_date_at_its_start() {
        let journal = journal(5, &[]);
        assert_eq!(journal.extent(), Extent { first: 100, head: 99, session_first: 100 });
        assert_eq!(ids(&journal, 99, 100), Some(vec![]));
        assert_eq!(ids(&journal, 98, 100), None);
    }

    #[test]
    fn a_window_begins_at_the_first_event_published_in_it() {
        let journal = journal(100, &[3, 1, 4]);
        assert_eq!(journal.published_since(0), 99);
        assert_eq!(journal.published_since(2_000), 102);
        assert_eq!(journal.published_since(2_001), 103);
        assert_eq!(journal.published_since(9_000), 107);
    }

    #[test]
    fn the_byte_bound_drops_the_oldest_and_keeps_the_newest() {
        let journal = MemoryJournal::new(Limits { events: 100, bytes: 10 }, 1);
        append(&journal, 2, 1);
        append(&journal, 2, 2);
        assert_eq!(journal.extent().first, 3);
    }

    #[test]
    fn a_session_begins_with_nothing_of_the_one_before() {
        let journal = journal(100, &[3]);
        journal.begin_session();
        assert_eq!(journal.extent(), Extent { first: 104, head: 103, session_first: 104 });
        assert_eq!(ids(&journal, 102, 100), None, "who had read everything is behind");
        append(&journal, 1, 9_000);
        assert_eq!(ids(&journal, 103, 100), Some(vec![104]));
    }

    #[test]
    fn the_first_session_of_a_fresh_journal_begins_at_its_first_id() {
        let journal = journal(100, &[]);
        journal.begin_session();
        assert_eq!(journal.extent(), Extent { first: 100, head: 99, session_first: 100 });
    }
}
