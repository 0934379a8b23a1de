//! Owns how a value is written for a reader: counts, durations, ratios, ages, clock times.
//!
//! Invariants: every function is pure and total; a value that does not exist or is not finite is
//! written as [`NO_DATA`], never as zero; digits keep their number of decimals within one magnitude,
//! so that a changing figure does not change its width.
//!
//! Must not know: locales, clocks, the page.

pub mod link;

use crate::time::Ts;

/// What stands where there is no value.
pub const NO_DATA: &str = "—";

const SECONDS_PER_DAY: i64 = 86_400;

/// An optional value through its formatter, or [`NO_DATA`].
pub fn or_no_data<T>(value: Option<T>, format: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| NO_DATA.to_owned(), format)
}

/// A count with a comma between groups of three: `1234567` is `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in milliseconds as number and unit, with three significant digits:
/// `0.42 ms`, `12.3 ms`, `123 ms`, `1.20 s`, `75.0 s`, `12.5 min`. Negative values keep their sign.
pub fn millis_parts(ms: f64) -> (String, &'static str) {
    let size = ms.abs();
    if !ms.is_finite() {
        (NO_DATA.to_owned(), "")
    } else if size < 9.995 {
        (format!("{ms:.2}"), "ms")
    } else if size < 99.95 {
        (format!("{ms:.1}"), "ms")
    } else if size < 999.5 {
        (format!("{ms:.0}"), "ms")
    } else if size < 9_995.0 {
        (format!("{:.2}", ms / 1e3), "s")
    } else if size < 99_950.0 {
        (format!("{:.1}", ms / 1e3), "s")
    } else {
        (format!("{:.1}", ms / 60e3), "min")
    }
}

/// [`millis_parts`] as one text.
pub fn millis(ms: f64) -> String {
    joined(millis_parts(ms))
}

/// A ratio in `0.0..=1.0` as a number of percent with one decimal, without the sign: `0.853` is `85.3`.
/// What is not quite everything never reads `100.0`, and what is not quite nothing never reads `0.0`.
pub fn percent_number(ratio: f64) -> String {
    if !ratio.is_finite() {
        return NO_DATA.to_owned();
    }
    let percent = ratio * 100.0;
    let shown = if ratio < 1.0 && percent >= 99.95 {
        99.9
    } else if ratio > 0.0 && percent < 0.05 {
        0.1
    } else {
        percent
    };
    format!("{shown:.1}")
}

/// [`percent_number`] with its sign: `85.3 %`.
pub fn percent(ratio: f64) -> String {
    with_unit(percent_number(ratio), "%")
}

/// Happenings per second: `0.25 /s`, `12.3 /s`, `1,234 /s`.
pub fn per_second(rate: f64) -> String {
    with_unit(rate_number(rate), "/s")
}

/// The number of [`per_second`] without its unit. Rates below zero do not exist and count as zero.
pub fn rate_number(rate: f64) -> String {
    let rate = rate.max(0.0);
    if !rate.is_finite() {
        NO_DATA.to_owned()
    } else if rate < 9.995 {
        format!("{rate:.2}")
    } else if rate < 99.95 {
        format!("{rate:.1}")
    } else {
        count(whole(rate))
    }
}

/// A number of any magnitude in five digits, at most eight of them behind the point: `0.0125`, `-3.5`, `184.23`,
/// `1,234,567`. Zeros at the end are left out.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return NO_DATA.to_owned();
    }
    if size >= 1e15 {
        return format!("{value:.4e}");
    }
    let mut decimals = 4_usize;
    let mut bound = 10.0;
    while size >= bound && decimals > 0 {
        (decimals, bound) = (decimals - 1, bound * 10.0);
    }
    bound = 0.1;
    while size > 0.0 && size < bound * 10.0 && decimals < 8 {
        (decimals, bound) = (decimals + 1, bound / 10.0);
    }
    let text = format!("{size:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let zero = fraction.is_empty() && whole == "0";
    let sign = if value < 0.0 && !zero { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A number of bytes in binary units: `512 B`, `1.5 KiB`, `20.0 MiB`.
pub fn bytes(value: u64) -> String {
    let mut size = value as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    if unit == "B" { format!("{value} B") } else { format!("{size:.1} {unit}") }
}

/// How long ago or how long, in its largest whole unit: `4 s`, `3 min`, `15 h`, `6 d`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Time of day `HH:MM:SS`, `offset_minutes` east of UTC.
pub fn clock(at: Ts, offset_minutes: i32) -> String {
    let seconds = at.second() + i64::from(offset_minutes) * 60;
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// Date and time in UTC: `2026-11-21 18:03:27 UTC`.
pub fn date_time_utc(at: Ts) -> String {
    format!("{} UTC", date_time(at, 0))
}

/// Date and time `offset_minutes` east of UTC, without the zone's name: `2026-11-21 18:03:27`.
pub fn date_time(at: Ts, offset_minutes: i32) -> String {
    let seconds = at.second() + i64::from(offset_minutes) * 60;
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    format!("{year:04}-{month:02}-{day:02} {}", clock(at, offset_minutes))
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar
/// (Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1)
}

fn joined((number, unit): (String, &str)) -> String {
    with_unit(number, unit)
}

fn with_unit(number: String, unit: &str) -> String {
    if number == NO_DATA { number } else { format!("{number} {unit}") }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller passes finite values of at least zero; the cast saturates"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests;
