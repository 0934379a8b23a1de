//! Blocks: runs of frames as they stand in the store, and reading across them.
//!
//! Invariants: a stored block's checksum covers its ids, its time, its frames and where they end; one whose checksum
//! or lengths do not fit is damaged, and nothing of it is used. A block names the event that it follows, so that one
//! that is missing is noticed.

use bytes::{Bytes, BytesMut};

use super::{Frames, error::Failure};

/// Encoded frames of a block, at most, unless one frame alone is larger: with its head it fits a 64 KiB page.
const BLOCK_BYTES: usize = 60 << 10;

/// Frames of a block, at most.
const BLOCK_FRAMES: usize = 512;

/// A read that gets less than this from one block goes on into the next ones, in bytes.
const COALESCE_BELOW: usize = 16 << 10;

/// Checksum, time, the event before, and count.
const HEAD_BYTES: usize = 4 + 8 + 8 + 4;

/// Frames published together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) frames: Frames,
    pub(super) published_ns: u64,
    /// Id of the event before.
    pub(super) follows: u64,
}

impl Block {
    /// Blocks of a batch that follows the event of that id.
    pub(super) fn split(frames: Frames, published_ns: u64, mut follows: u64) -> Vec<Self> {
        let mut blocks = Vec::new();
        for frames in frames.split(BLOCK_BYTES, BLOCK_FRAMES) {
            let block = Self { frames, published_ns, follows };
            follows = block.last();
            blocks.push(block);
        }
        blocks
    }

    /// Id of the last frame.
    pub(super) fn last(&self) -> u64 {
        self.frames.first + self.frames.len() as u64 - 1
    }

    /// As it is stored under its first id.
    pub(super) fn encode(&self) -> Vec<u8> {
        let frames = &self.frames;
        let mut out = Vec::with_capacity(HEAD_BYTES + 4 * frames.len() + frames.bytes.len());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.published_ns.to_le_bytes());
        out.extend_from_slice(&self.follows.to_le_bytes());
        out.extend_from_slice(&u32::try_from(frames.len()).unwrap_or(u32::MAX).to_le_bytes());
        for end in &frames.ends {
            out.extend_from_slice(&end.to_le_bytes());
        }
        out.extend_from_slice(&frames.bytes);
        let sum = checksum(frames.first, out.get(4..).unwrap_or_default());
        out.splice(..4, sum.to_le_bytes());
        out
    }

    /// From the store.
    pub(super) fn decode(first: u64, stored: &[u8]) -> Result<Self, Failure> {
        let damaged = || Failure::Damaged(format!("the events from id {first} on do not fit their checksum"));
        let (sum, rest) = stored.split_first_chunk::<4>().ok_or_else(damaged)?;
        if u32::from_le_bytes(*sum) != checksum(first, rest) {
            return Err(damaged());
        }
        let (published_ns, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (follows, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let count = u32::from_le_bytes(*count) as usize;
        let (ends, bytes) = rest.split_at_checked(count.saturating_mul(4)).ok_or_else(damaged)?;
        let (ends, _) = ends.as_chunks::<4>();
        let ends: Vec<u32> = ends.iter().copied().map(u32::from_le_bytes).collect();
        if ends.last().map(|end| *end as usize) != Some(bytes.len()) || !ends.is_sorted() {
            return Err(damaged());
        }
        let frames = Frames { first, bytes: Bytes::copy_from_slice(bytes), ends };
        let (published_ns, follows) = (u64::from_le_bytes(*published_ns), u64::from_le_bytes(*follows));
        Ok(Self { frames, published_ns, follows })
    }

    /// An error where events between `id` and this block are missing.
    pub(super) fn must_follow(&self, id: u64) -> Result<(), Failure> {
        if self.follows == id {
            return Ok(());
        }
        Err(Failure::Damaged(format!("events between ids {id} and {} are missing", self.frames.first)))
    }

    /// Whole frames after `id`, at least one, and the last one's id; `None` where there are none.
    fn after(&self, id: u64, max_bytes: usize) -> Option<(Bytes, u64)> {
        let ends = &self.frames.ends;
        let skip = usize::try_from((id + 1).saturating_sub(self.frames.first)).ok()?;
        let start = if skip == 0 { 0 } else { *ends.get(skip - 1)? as usize };
        let room = start.saturating_add(max_bytes);
        let fit = ends.partition_point(|end| *end as usize <= room).max(skip + 1);
        let end = *ends.get(fit - 1)? as usize;
        Some((self.frames.bytes.slice(start..end), self.frames.first + fit as u64 - 1))
    }
}

fn checksum(first: u64, rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&first.to_le_bytes());
    hasher.update(rest);
    hasher.finalize()
}

/// Whole frames after `id` from blocks in order, the first of which has some; small ones are joined.
pub(super) fn gather<B: AsRef<Block>>(
    mut blocks: impl Iterator<Item = Result<B, Failure>>,
    id: u64,
    max_bytes: usize,
) -> Result<Option<(Bytes, u64)>, Failure> {
    let Some(block) = blocks.next().transpose()? else { return Ok(None) };
    let Some((bytes, mut last)) = block.as_ref().after(id, max_bytes) else { return Ok(None) };
    if bytes.len() >= COALESCE_BELOW || last != block.as_ref().last() {
        return Ok(Some((bytes, last)));
    }
    let mut joined = BytesMut::from(bytes.as_ref());
    while joined.len() < COALESCE_BELOW {
        let Some(block) = blocks.next().transpose()? else { break };
        let block = block.as_ref();
        block.must_follow(last)?;
        if block.frames.bytes.len() > max_bytes.saturating_sub(joined.len()) {
            break;
        }
        joined.extend_from_slice(&block.frames.bytes);
        last = block.last();
    }
    Ok(Some((joined.freeze(), last)))
}

impl AsRef<Block> for Block {
    fn as_ref(&self) -> &Block {
        self
    }
}
