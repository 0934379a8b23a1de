//! Pieces of files that are being read before they are asked for, so that lines need not wait for them.
//!
//! Invariant: of each log at most [`Ahead::PIECES`] pieces of [`Ahead::PIECE_BYTES`] are under way, in the order in which they
//! will be asked for.

use aurora_wire::recording::{Merge, Want};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::{pieces, session::PartFile};

/// A piece that is being read.
struct Piece {
    want: Want,
    bytes: u64,
    reading: JsFuture,
}

/// What is being read of all logs.
#[derive(Default)]
pub(super) struct Ahead(Vec<Piece>);

impl Ahead {
    /// How much of a file is read at once. Browsers name every piece to another process and wait for its answer, which takes
    /// milliseconds on a busy machine: few large pieces are quicker than many small ones.
    pub(super) const PIECE_BYTES: u64 = 4 << 20;
    /// Pieces of one log that are under way.
    pub(super) const PIECES: usize = 3;

    /// The piece that `want` names: begun now, where it was not.
    pub(super) fn take(&mut self, want: Want, parts: &[PartFile]) -> Result<JsFuture, JsValue> {
        let place = self.0.iter().position(|piece| piece.want == want);
        let found = place.map(|place| self.0.remove(place));
        found.map_or_else(|| begin(want, parts), Ok).map(|piece| piece.reading)
    }

    /// Reads on what `merge` will ask for next of a log.
    pub(super) fn read_on(&mut self, log: usize, merge: &Merge, parts: &[PartFile]) {
        let mut next = merge.next_bytes(log);
        for _ in 0..Self::PIECES {
            let Some(want) = next else { return };
            let known = self.0.iter().find(|piece| piece.want == want).map(|piece| piece.bytes);
            let bytes = known.or_else(|| {
                // One that cannot be begun now is said to be unreadable when it is asked for.
                let piece = begin(want, parts).ok()?;
                let bytes = piece.bytes;
                self.0.push(piece);
                Some(bytes)
            });
            next = bytes.and_then(|bytes| merge.bytes_after(want, bytes));
        }
    }

    /// Forgets everything: the reading goes on somewhere else.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn begin(want: Want, parts: &[PartFile]) -> Result<Piece, JsValue> {
    let part = parts.get(want.part).ok_or(JsValue::NULL)?;
    let end = (want.offset + Ahead::PIECE_BYTES).min(part.part.bytes);
    let reading = pieces::read(&part.blob, want.offset, end)?;
    Ok(Piece { want, bytes: end - want.offset, reading })
}
