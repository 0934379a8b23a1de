//! Lines as a crash, a full disk or a confused writer leaves them.

use super::files::SessionFile;
use super::flat;
use super::json::Object;
use super::queue::Line;
use super::random::Random;
use super::totals::Mark;

/// Length of an oversized line, bytes: above the limit of 1 MiB.
pub(super) const OVERSIZED_BYTES: usize = (1 << 20) + 4_096;

/// Share of lines that are written in two pieces while the scenario lasts.
pub(super) const SPLIT_SHARE: f64 = 0.004;

/// A damaged line for a random file. Damaged lines come on top of the real ones and replace none.
pub(super) fn damaged(random: &mut Random, at_ns: u64) -> Line {
    let file = random.weighted(&[
        (SessionFile::Events, 6.0),
        (SessionFile::Denied, 1.0),
        (SessionFile::Success, 1.0),
    ]);
    let whole = flat::event("ORDER.ACK", at_ns, Object::new().text("client_oid", "aurora_cut")).close();
    let (bytes, mark) = match random.below(6) {
        0 => (cut(&whole, random), Mark::Malformed),
        1 => (b"Traceback (most recent call last):".to_vec(), Mark::Malformed),
        2 => (b"[1, 2, 3]".to_vec(), Mark::Malformed),
        3 => (vec![0; 64 + capped(random.below(4_000))], Mark::Malformed),
        4 => {
            let mut bytes = vec![0; 32 + capped(random.below(256))];
            bytes.extend(cut(&whole, random));
            (bytes, Mark::Malformed)
        }
        _ => (not_utf8(at_ns), Mark::InvalidUtf8),
    };
    Line { file: file.unwrap_or(SessionFile::Events), bytes, mark: Some(mark) }
}

/// A well-formed event that is over the limit of a line.
pub(super) fn oversized(at_ns: u64) -> Line {
    let blob = "x".repeat(OVERSIZED_BYTES);
    let object = flat::event("DIAG.STATE.DUMP", at_ns, Object::new().text("blob", &blob));
    Line { file: SessionFile::Events, bytes: object.close().into_bytes(), mark: Some(Mark::Oversized) }
}

/// Where to split a line of `length` bytes: after at least one byte, with at least one left.
pub(super) fn split_at(random: &mut Random, length: usize) -> usize {
    1 + capped(random.below(length.saturating_sub(2).max(1) as u64))
}

fn cut(whole: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = whole.as_bytes().to_vec();
    bytes.truncate(split_at(random, whole.len()));
    bytes
}

fn not_utf8(at_ns: u64) -> Vec<u8> {
    let mut bytes =
        flat::event("DIAG.NOTE", at_ns, Object::new().text("text", "price in ")).close().into_bytes();
    let text_end = bytes.len().saturating_sub(3);
    bytes.splice(text_end..text_end, [0xff, 0xfe, 0x80]);
    bytes
}

fn capped(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
