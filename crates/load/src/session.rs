//! Owns the lines of a generated session.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;

use crate::server::feed_program;

/// What the generator is told to write of a session, in lines a second. More than four fifths of them are events.
const RATE: u32 = 3_000;

/// The first `lines` event lines of a session that `aurora-feed simulate` writes.
///
/// # Errors
/// When the feed is not built, and when it writes fewer.
pub(crate) fn generate(lines: u32) -> Result<Bytes> {
    let folder = tempfile::tempdir()?;
    let seconds = lines.div_ceil(RATE) * 5 / 4 + 2;
    let status = Command::new(feed_program()?)
        .args(["simulate", "--scenario", "calm", "--seed", "1", "--as-fast-as-possible"])
        .args(["--rate", &RATE.to_string(), "--duration", &seconds.to_string(), "--session-dir"])
        .arg(folder.path())
        .env("AURORA_LOG_LEVEL", "warn")
        .status()?;
    if !status.success() {
        bail!("the generator failed: {status}");
    }
    let mut bytes = fs::read(folder.path().join("aurora_events.jsonl"))?;
    let last = usize::try_from(lines)?.saturating_sub(1);
    let end = memchr::memchr_iter(b'\n', &bytes).nth(last);
    bytes.truncate(end.with_context(|| format!("the generator wrote fewer than {lines} events"))? + 1);
    Ok(bytes.into())
}
