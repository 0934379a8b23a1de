//! Owns the counting of a feed's events by their ids.

use anyhow::{Result, bail};

use crate::stamps::digits;

/// Reads the ids of one stream.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// How many events came.
    pub(crate) count: u64,
    /// Id of the first event.
    pub(crate) first: Option<u64>,
    rest: Vec<u8>,
}

impl Ids {
    /// Counts the events whose `id:` line `chunk` ends. What is cut at its end waits for the next chunk.
    ///
    /// # Errors
    /// When an id is not the one after the last, and when the feed says `reset`.
    pub(crate) fn read(&mut self, chunk: &[u8]) -> Result<()> {
        self.rest.extend_from_slice(chunk);
        let whole = memchr::memrchr(b'\n', &self.rest).map_or(0, |end| end + 1);
        let (lines, _) = self.rest.split_at(whole);
        for line in lines.split(|byte| *byte == b'\n') {
            if let Some(id) = line.strip_prefix(b"id: ") {
                let (id, _) = digits(id);
                let due = *self.first.get_or_insert(id) + self.count;
                if id != due {
                    bail!("id {id} came where {due} was due");
                }
                self.count += 1;
            } else if line == b"event: reset" {
                bail!("the feed said reset");
            }
        }
        self.rest.drain(..whole);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, expected: Option<u64>) {
        for cut in [1, 3, 1_000] {
            let mut ids = Ids::default();
            let read = stream.as_bytes().chunks(cut).try_for_each(|chunk| ids.read(chunk));
            assert_eq!(read.ok().map(|()| ids.count), expected, "{stream} cut at {cut}");
        }
    }

    #[test]
    fn events_with_an_id_are_counted_and_heartbeats_are_not() {
        check(
            "retry: 3000\n\nid: 41\nevent: a\ndata: id: 9\n\nevent: heartbeat\ndata: {}\n\nid: 42\ndata: x\n\n",
            Some(2),
        );
    }

    #[test]
    fn gaps_repetitions_and_resets_are_errors() {
        check("id: 1\ndata: x\n\nid: 3\ndata: x\n\n", None);
        check("id: 1\ndata: x\n\nid: 1\ndata: x\n\n", None);
        check("event: reset\ndata: {}\n\nid: 1\ndata: x\n\n", None);
    }
}
