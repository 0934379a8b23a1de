//! A long queue that grows piece by piece.
//!
//! A `VecDeque` doubles: up to half of it is room for nothing, and what it grew out of is a hole that WebAssembly's memory
//! keeps. Invariant: every piece but the last is full, and nothing that is in the queue is ever moved but within the first
//! piece of a short one.

use std::{collections::VecDeque, ops::Range};

/// Items of a piece.
const PIECE: usize = 1024;

/// A queue.
#[derive(Clone, Debug)]
pub(crate) struct Pieces<T> {
    pieces: VecDeque<Vec<T>>,
    /// Items at the beginning of the first piece that have left.
    left: usize,
}

impl<T> Pieces<T> {
    pub(crate) fn new() -> Self {
        Self { pieces: VecDeque::new(), left: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        let last = self.pieces.back().map_or(0, Vec::len);
        self.pieces.len().saturating_sub(1) * PIECE + last - self.left
    }

    pub(crate) fn get(&self, position: usize) -> Option<&T> {
        let place = position + self.left;
        self.pieces.get(place / PIECE)?.get(place % PIECE)
    }

    pub(crate) fn get_mut(&mut self, position: usize) -> Option<&mut T> {
        let place = position + self.left;
        self.pieces.get_mut(place / PIECE)?.get_mut(place % PIECE)
    }

    /// The items at `positions`, as far as there are any.
    pub(crate) fn range(&self, positions: Range<usize>) -> impl Iterator<Item = &T> {
        positions.map_while(|position| self.get(position))
    }

    pub(crate) fn push_back(&mut self, item: T) {
        if self.pieces.back().is_none_or(|last| last.len() == PIECE) {
            // A short queue takes no more than it needs.
            let room = if self.pieces.is_empty() { 0 } else { PIECE };
            self.pieces.push_back(Vec::with_capacity(room));
        }
        if let Some(last) = self.pieces.back_mut() {
            last.push(item);
        }
    }

    /// Lets the first item go, where there is one.
    pub(crate) fn drop_front(&mut self) {
        if self.len() == 0 {
            return;
        }
        self.left += 1;
        if self.left == PIECE {
            self.left = 0;
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_queue(acts in prop::collection::vec((0..3_usize, 1..900_usize), 1..40)) {
            let (mut pieces, mut queue, mut next) = (Pieces::new(), VecDeque::new(), 0_u64);
            for (act, times) in acts {
                for _ in 0..times {
                    if act == 0 {
                        pieces.drop_front();
                        queue.pop_front();
                    } else {
                        pieces.push_back(next);
                        queue.push_back(next);
                        next += 1;
                    }
                }
                prop_assert_eq!(pieces.len(), queue.len());
                if let Some(item) = pieces.get_mut(times) {
                    *item += 1;
                    queue[times] += 1;
                }
                prop_assert!(pieces.range(0..queue.len() + 5).eq(queue.iter()));
                prop_assert_eq!(pieces.get(queue.len()), None);
            }
        }
    }

    #[test]
    fn it_never_has_room_for_more_than_a_piece_beyond_what_is_in_it() {
        let mut pieces = Pieces::new();
        for number in 0..100_000_u32 {
            pieces.push_back(number);
            if number % 3 == 0 {
                pieces.drop_front();
            }
            let room: usize = pieces.pieces.iter().map(Vec::capacity).sum();
            assert!(room <= pieces.len() + 2 * PIECE, "{room} for {}", pieces.len());
        }
    }
}
