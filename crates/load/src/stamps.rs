//! Owns the lines that are sent, and how their numbers and times are read back from a stream.
//!
//! Invariant: the time in a line is when it was due, not when it was sent. So a server or a publisher that holds up the
//! next line pays for it in that line's latency (no coordinated omission). Both ends read the same monotonic clock, in
//! one process.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail};

const DUE: &[u8] = b"\"due_us\":";
const NUMBER: &[u8] = b",\"number\":";
/// What a line of a bot carries beside; about as long as one.
const REST: &str = "\"run_id\":\"load\",\"event_code\":\"ORDER.ACK\",\"symbol\":\"SOLUSDT\",\"side\":\"buy\",\
    \"order_type\":\"limit\",\"price\":142.17,\"qty\":0.7,\"details\":{\"latency_ms\":12.5,\"fill_type\":\"none\",\
    \"note\":\"a line of usual length, so that what is measured is what operators have\"}";

/// Time since this process first asked.
pub(crate) fn now() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Line `number`, which is due at `due` by [`now`].
pub(crate) fn line(number: u64, due: Duration) -> String {
    let ts_ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let due_us = due.as_micros();
    format!("{{\"ts_ns\":{ts_ns},\"cid\":\"load-{number}\",{REST},\"due_us\":{due_us},\"number\":{number}}}")
}

/// Reads the stamps of one stream.
#[derive(Debug)]
pub(crate) struct Stamps {
    /// The number of the next line.
    pub(crate) next: u64,
    rest: Vec<u8>,
}

impl Stamps {
    /// For a stream whose first line is number `next`.
    pub(crate) fn from(next: u64) -> Self {
        Self { next, rest: Vec::new() }
    }

    /// Gives the number and the due time of each line that `chunk` ends. What is cut at its end waits for the next.
    ///
    /// # Errors
    /// When a line is missing, repeated or out of order.
    pub(crate) fn read(&mut self, chunk: &[u8], mut found: impl FnMut(u64, Duration)) -> Result<()> {
        self.rest.extend_from_slice(chunk);
        let whole = memchr::memrchr(b'\n', &self.rest).map_or(0, |end| end + 1);
        let (lines, _) = self.rest.split_at(whole);
        for at in memchr::memmem::find_iter(lines, DUE) {
            let (due_us, rest) = digits(lines.get(at + DUE.len()..).unwrap_or_default());
            let rest = rest.strip_prefix(NUMBER).context("a line came without its number")?;
            let (number, _) = digits(rest);
            if number != self.next {
                bail!("line {number} came where line {} was due", self.next);
            }
            self.next += 1;
            found(number, Duration::from_micros(due_us));
        }
        self.rest.drain(..whole);
        Ok(())
    }
}

/// The number that `bytes` begin with, and what follows it.
pub(crate) fn digits(bytes: &[u8]) -> (u64, &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (digits, rest) = bytes.split_at(end);
    let number = digits.iter().fold(0_u64, |number, digit| number.wrapping_mul(10) + u64::from(digit - b'0'));
    (number, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_numbers(numbers: &[u64], cut: usize) -> Result<Vec<(u64, Duration)>> {
        let frame =
            |number: &u64| format!("id: 7\ndata: {}\n\n", line(*number, Duration::from_micros(40 + number)));
        let stream = numbers.iter().map(frame).collect::<Vec<_>>().concat();
        let (mut stamps, mut found) = (Stamps::from(0), Vec::new());
        for chunk in stream.as_bytes().chunks(cut) {
            stamps.read(chunk, |number, due| found.push((number, due)))?;
        }
        Ok(found)
    }

    #[test]
    fn stamps_come_back_wherever_the_stream_is_cut() {
        let expected: Vec<_> = (0..3).map(|number| (number, Duration::from_micros(40 + number))).collect();
        for cut in [1, 2, 7, 300, 10_000] {
            assert_eq!(check_numbers(&[0, 1, 2], cut).unwrap(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_missing_and_a_repeated_line_are_errors() {
        assert!(check_numbers(&[0, 2], 10_000).is_err());
        assert!(check_numbers(&[0, 1, 1], 10_000).is_err());
    }
}
