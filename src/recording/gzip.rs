//! Gzip files of one member or several, through the browser's own decompressor, which takes one member at a time.
//!
//! Invariants: members are unpacked in order; where one is damaged, what came before it counts, and what could be unpacked of it,
//! and the break is said; a place that only looks like the begin of a member costs another try, of which each member has at most
//! [`TRIES`].

use aurora_wire::gzip::Members;
use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::Blob;

use super::{
    pieces,
    unpack::{self, Format, Unpacked},
};

/// How much is looked through at once.
const PIECE_BYTES: u64 = 8 << 20;
/// How many places are taken for a member's end.
const TRIES: usize = 8;

/// Unpacks `blob`. `came` is told of each piece's length and says whether to go on.
pub(super) async fn unpack(blob: &Blob, came: &dyn Fn(u64) -> bool) -> Result<Unpacked, JsValue> {
    let bounds = bounds(blob).await?;
    let (blobs, mut bytes) = (Array::new(), 0);
    let (mut rest, mut broken) = (bounds.as_slice(), None);
    while rest.len() > 1 && broken.is_none() && came(0) {
        let (member, members) = member(blob, rest, came).await?;
        rest = rest.get(members..).unwrap_or_default();
        bytes += pieces::length(&member.blob);
        blobs.push(&member.blob);
        broken = member.broken.or_else(|| unpack::too_long(bytes));
    }
    Ok(Unpacked { blob: Blob::new_with_blob_sequence(&blobs)?, broken })
}

/// Where members may begin, and the end. Most files have one, at their beginning.
async fn bounds(blob: &Blob) -> Result<Vec<u64>, JsValue> {
    let (mut members, length) = (Members::default(), pieces::length(blob));
    let mut at = 0;
    while at < length {
        let end = (at + PIECE_BYTES).min(length);
        members.push(&pieces::bytes(blob, at, end).await?);
        at = end;
    }
    let later = members.found().iter().copied().filter(|begin| *begin > 0);
    Ok([0].into_iter().chain(later).chain([length]).collect())
}

/// The member at the first of `bounds`, and how many of them it reaches over. A broken one is taken to the first of them.
async fn member(
    blob: &Blob,
    bounds: &[u64],
    came: &dyn Fn(u64) -> bool,
) -> Result<(Unpacked, usize), JsValue> {
    let begin = bounds.first().copied().unwrap_or(0);
    let mut shortest = None;
    for (place, end) in bounds.iter().enumerate().skip(1).take(TRIES) {
        let unpacked = unpack::unpack(&pieces::slice(blob, begin, *end)?, Format::Gzip, came).await?;
        if unpacked.broken.is_none() {
            return Ok((unpacked, place));
        }
        shortest.get_or_insert(unpacked);
    }
    shortest.map(|broken| (broken, bounds.len())).ok_or(JsValue::NULL)
}
