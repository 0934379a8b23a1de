//! The wall clock, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch; 0 for a clock that stands before it.
pub(crate) fn unix_nanos() -> u64 {
    nanos_of(SystemTime::now())
}

/// A time as nanoseconds since the Unix epoch; 0 for times before it.
pub(crate) fn nanos_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_nanos()).ok())
        .unwrap_or_default()
}
