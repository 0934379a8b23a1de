//! The wall clock, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

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

/// A time in Unix nanoseconds as RFC 3339 has it: UTC, milliseconds.
pub(crate) fn rfc3339(ns: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_196_697_042_999_999), "2026-11-20T17:44:57.042Z");
    }
}
