//! When a file rotates and what the rotated part is called.

use super::files::{PerFile, SessionFile};
use super::stamp;

/// How large files get before the bot rotates them, and how large they are.
#[derive(Debug)]
pub(super) struct Rotation {
    /// Growth of rates above the usual one, so that parts cover some seconds at any rate.
    scale: f64,
    sizes: PerFile<u64>,
    parts: PerFile<u64>,
}

impl Rotation {
    /// For a session that writes `rate` lines per second.
    pub(super) fn new(rate: f64) -> Self {
        Self { scale: (rate / 100.0).max(1.0), sizes: PerFile::default(), parts: PerFile::default() }
    }

    /// The bot's small size: 400 kB of events, 120 kB of anything else, at rates up to 100 lines/s.
    fn limit_bytes(&self, file: SessionFile) -> f64 {
        self.scale * if file == SessionFile::Events { 400_000.0 } else { 120_000.0 }
    }

    pub(super) fn grow(&mut self, file: SessionFile, bytes: u64) {
        *self.sizes.get_mut(file) += bytes;
    }

    /// The name of the part that `file` becomes now, when it has grown past its limit.
    pub(super) fn due(&mut self, file: SessionFile, at_ns: u64) -> Option<String> {
        if (*self.sizes.get(file) as f64) < self.limit_bytes(file) {
            return None;
        }
        *self.sizes.get_mut(file) = 0;
        let part = self.parts.get_mut(file);
        *part += 1;
        Some(format!("{}.{}.part{part}.jsonl", file.name(), stamp::compact(at_ns, '.')))
    }
}
