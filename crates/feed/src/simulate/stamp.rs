//! Time arithmetic: nanoseconds since the Unix epoch, as the bot's double-precision clock yields them.

use time::OffsetDateTime;

pub(super) const SECOND: u64 = 1_000_000_000;

/// Milliseconds as nanoseconds; negative and non-finite durations are zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and durations are small"
)]
pub(super) fn ms(milliseconds: f64) -> u64 {
    (milliseconds * 1e6) as u64
}

/// The nearest multiple of 256 ns: what a double can hold of today's nanoseconds.
pub(super) fn clock(ns: u64) -> u64 {
    (ns.saturating_add(128) / 256) * 256
}

/// The time in whole milliseconds.
pub(super) fn whole_ms(ns: u64) -> u64 {
    ns / 1_000_000
}

/// The time as the API's order logger writes it: whole milliseconds through a double.
pub(super) fn clock_ms(ns: u64) -> u64 {
    clock(whole_ms(ns) * 1_000_000)
}

fn date_time(ns: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `YYYYMMDD?HHMMSS` in UTC with the given separator: a run id with `-`, a rotated part with `.`.
pub(super) fn compact(ns: u64, separator: char) -> String {
    let (date, time) = (date_time(ns).date(), date_time(ns).time());
    let month = u8::from(date.month());
    format!(
        "{:04}{month:02}{:02}{separator}{:02}{:02}{:02}",
        date.year(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// ISO 8601 with microseconds and offset, as Python's `isoformat` writes it.
pub(super) fn iso(ns: u64) -> String {
    let (date, time) = (date_time(ns).date(), date_time(ns).time());
    let month = u8::from(date.month());
    format!(
        "{:04}-{month:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00",
        date.year(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.microsecond()
    )
}
