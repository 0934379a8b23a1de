//! The newest blocks in memory, so that clients near the head are served without the disk.
//!
//! Invariants: its blocks follow one another without a gap and end at the newest one; it is bounded in bytes, but
//! always keeps the newest block. Readers share the blocks' bytes.

use std::collections::VecDeque;

use super::{
    Read,
    block::{Block, gather},
};

/// Blocks up to so many bytes are kept.
const RING_BYTES: usize = 8 << 20;

/// Bookkeeping of a frame and of a block, beside its bytes.
const FRAME_COST: usize = 4;
const BLOCK_COST: usize = 96;

/// The newest blocks.
#[derive(Debug, Default)]
pub(super) struct Ring {
    blocks: VecDeque<Block>,
    bytes: usize,
}

impl Ring {
    pub(super) fn push(&mut self, block: Block) {
        self.bytes += cost(&block);
        self.blocks.push_back(block);
        while self.bytes > RING_BYTES && self.blocks.len() > 1 {
            self.pop();
        }
    }

    /// Forgets blocks that are no longer retained.
    pub(super) fn retain_from(&mut self, first: u64) {
        while self.blocks.front().is_some_and(|block| block.frames.first < first) {
            self.pop();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What follows `id`, where that is in here.
    pub(super) fn read_after(&self, id: u64, max_bytes: usize) -> Option<Read> {
        if id + 1 < self.blocks.front()?.frames.first {
            return None;
        }
        let at = self.blocks.partition_point(|block| block.last() <= id);
        let (bytes, last) = gather(self.blocks.range(at..).map(Ok), id, max_bytes).ok()??;
        Some(Read::Frames { bytes, last })
    }

    /// The id after which everything was published at or after that time, where an older block is in here too.
    pub(super) fn published_since(&self, since_ns: u64) -> Option<u64> {
        let at = self.blocks.partition_point(|block| block.published_ns < since_ns);
        self.blocks.get(at.checked_sub(1)?).map(Block::last)
    }

    fn pop(&mut self) {
        if let Some(block) = self.blocks.pop_front() {
            self.bytes -= cost(&block);
        }
    }
}

fn cost(block: &Block) -> usize {
    BLOCK_COST + FRAME_COST * block.frames.len() + block.frames.bytes.len()
}
