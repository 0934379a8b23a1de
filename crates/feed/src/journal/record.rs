//! The journal's own record: where it ends, what it holds, how its last process ended.
//!
//! Invariant: it is written in every transaction, so it is true of exactly what is committed with it.

use super::{Extent, Limits, error::Failure};

/// Version of what is stored; a file of a higher one is set aside.
const VERSION: u32 = 1;

/// Identifies a boot of the machine; all zero where that is not known.
pub(super) type Boot = [u8; 16];

/// What is known of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Id of the oldest retained event; `head + 1` where there is none.
    pub(super) first: u64,
    /// Id before the next one.
    pub(super) head: u64,
    /// Id of the newest retained event; what was there before, where there is none.
    pub(super) last: u64,
    /// First id of the session.
    pub(super) session_first: u64,
    /// Retained events.
    pub(super) events: u64,
    /// Their encoded bytes.
    pub(super) bytes: u64,
    /// When the oldest retained event was published.
    pub(super) oldest_ns: u64,
    /// When the newest one was.
    pub(super) newest_ns: u64,
    /// Counts transactions.
    pub(super) sequence: u64,
    /// Checksum of what the last transaction appended.
    pub(super) digest: u32,
    /// The process that wrote it closed it.
    pub(super) closed: bool,
    /// When that process ran.
    pub(super) boot: Boot,
}

impl Record {
    /// Of a journal that begins with id `next`.
    pub(super) fn fresh(next: u64, boot: Boot) -> Self {
        let next = next.max(1);
        Self {
            first: next,
            head: next - 1,
            last: next - 1,
            session_first: next,
            events: 0,
            bytes: 0,
            oldest_ns: 0,
            newest_ns: 0,
            sequence: 0,
            digest: 0,
            closed: false,
            boot,
        }
    }

    pub(super) fn extent(&self) -> Extent {
        Extent { first: self.first, head: self.head, session_first: self.session_first }
    }

    /// The next id will be `next`, where that is further on.
    pub(super) fn skip_to(&mut self, next: u64) {
        if next > self.head + 1 {
            if self.events == 0 {
                self.first = next;
            }
            self.head = next - 1;
        }
    }

    /// Events published before this are to go, as far as limits of number and size do not say more.
    pub(super) fn cut_ns(&self, limits: &Limits) -> u64 {
        if self.events > limits.events || self.bytes > limits.bytes {
            return u64::MAX;
        }
        before(self.newest_ns, limits.age_seconds)
    }

    /// Events published from here on stay, whatever the limits.
    pub(super) fn window_ns(&self, limits: &Limits) -> u64 {
        before(self.newest_ns, limits.window_seconds)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = VERSION.to_le_bytes().to_vec();
        let numbers = [
            self.first,
            self.head,
            self.last,
            self.session_first,
            self.events,
            self.bytes,
            self.oldest_ns,
            self.newest_ns,
            self.sequence,
            u64::from(self.digest),
            u64::from(self.closed),
        ];
        out.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
        out.extend_from_slice(&self.boot);
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    pub(super) fn decode(stored: &[u8]) -> Result<Self, Failure> {
        let damaged = || Failure::damaged("its record makes no sense");
        let version =
            stored.first_chunk::<4>().map(|version| u32::from_le_bytes(*version)).ok_or_else(damaged)?;
        if version > VERSION {
            let what = format!("a newer aurora-feed wrote it (format {version}; this one reads {VERSION})");
            return Err(Failure::Damaged(what));
        }
        let (body, sum) = stored.split_last_chunk::<4>().ok_or_else(damaged)?;
        if version != VERSION || crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err(damaged());
        }
        let (numbers, boot) = body.get(4..).and_then(<[u8]>::split_last_chunk::<16>).ok_or_else(damaged)?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let numbers: Vec<u64> = numbers.iter().copied().map(u64::from_le_bytes).collect();
        let &[
            first,
            head,
            last,
            session_first,
            events,
            bytes,
            oldest_ns,
            newest_ns,
            sequence,
            digest,
            closed,
        ] = numbers.as_slice()
        else {
            return Err(damaged());
        };
        let digest = u32::try_from(digest).map_err(|_| damaged())?;
        let record = Self {
            first,
            head,
            last,
            session_first,
            events,
            bytes,
            oldest_ns,
            newest_ns,
            sequence,
            digest,
            closed: closed != 0,
            boot: *boot,
        };
        if first == 0 || head == u64::MAX || first > head + 1 || last > head || session_first > head + 1 {
            return Err(damaged());
        }
        Ok(record)
    }
}

fn before(ns: u64, seconds: u64) -> u64 {
    ns.saturating_sub(seconds.saturating_mul(1_000_000_000))
}
