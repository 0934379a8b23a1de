//! Times, from integers, floats, numbers in strings and ISO 8601, exact to the nanosecond.

use aurora_domain::{
    Ts,
    time::{NANOS_PER_MILLI, NANOS_PER_SECOND},
};

use crate::scalar::Scalar;

/// A number of seconds, milliseconds, microseconds or nanoseconds, by magnitude, or ISO 8601.
pub(crate) fn read(value: &Scalar<'_>) -> Option<Ts> {
    match value {
        Scalar::Int(int) => Some(from_integer(*int)),
        Scalar::Float(float) => from_float(*float),
        Scalar::Text(text) => {
            let text = text.trim();
            match text.parse() {
                Ok(int) => Some(from_integer(int)),
                Err(_) => text.parse().ok().and_then(from_float).or_else(|| from_iso(text)),
            }
        }
        Scalar::Null | Scalar::Bool(_) | Scalar::Large(_) | Scalar::Nested => None,
    }
}

/// A time as people and programs write it: ISO 8601, or a number by its magnitude.
pub fn parse(text: &str) -> Option<Ts> {
    read(&Scalar::Text(text.into()))
}

/// Nanoseconds in the unit that a number of this magnitude is in.
fn unit(magnitude: f64) -> i64 {
    if magnitude > 1e18 {
        1
    } else if magnitude > 1e15 {
        1_000
    } else if magnitude > 1e12 {
        NANOS_PER_MILLI
    } else {
        NANOS_PER_SECOND
    }
}

fn from_integer(int: i64) -> Ts {
    Ts(int.saturating_mul(unit(int as f64)))
}

/// Whole part and fraction are scaled apart: their product in one double would be off by up to 128 ns.
#[expect(clippy::cast_possible_truncation, reason = "checked to lie within the range of i64")]
fn from_float(float: f64) -> Option<Ts> {
    if !float.is_finite() || float.abs() >= 9.2e18 {
        return None;
    }
    let unit = unit(float);
    let whole = (float.trunc() as i64).checked_mul(unit)?;
    let part = (float.fract() * unit as f64).round() as i64;
    Some(Ts(whole.checked_add(part)?))
}

/// `2025-09-07T10:00:00.123456+00:00`, with `T` or a space, a fraction or none, and `Z`, an offset or nothing (UTC).
fn from_iso(text: &str) -> Option<Ts> {
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if !(1678..2262).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (clock, offset_seconds) = split_offset(clock.trim())?;
    let (seconds, nanos) = clock_of(clock)?;
    let total = days_from_civil(year, month, day) * 86_400 + seconds - offset_seconds;
    Some(Ts(total.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos)?))
}

/// Splits `10:00:00.5+02:00` into the clock and its offset in seconds.
fn split_offset(clock: &str) -> Option<(&str, i64)> {
    if let Some(utc) = clock.strip_suffix(['Z', 'z']) {
        return Some((utc, 0));
    }
    let Some(at) = clock.find(['+', '-']) else { return Some((clock, 0)) };
    let (clock, offset) = clock.split_at(at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    Some((clock, sign * (hours * 3600 + minutes * 60)))
}

/// Seconds of the day, and nanoseconds.
fn clock_of(clock: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let mut parts = whole.splitn(3, ':').map(str::parse::<i64>);
    let (hours, minutes) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let seconds = parts.next().unwrap_or(Ok(0)).ok()?;
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) || !(0..=60).contains(&seconds) {
        return None;
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    Some((hours * 3600 + minutes * 60 + seconds, nanos.parse().ok()?))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, by counting years from March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

    use super::*;

    fn check(text: &str, nanos: Option<i64>) {
        let value: Scalar<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(read(&value), nanos.map(Ts), "{text}");
    }

    #[test]
    fn magnitude_gives_the_unit() {
        check("1756757303", Some(1_756_757_303_000_000_000));
        check("1756757303.25", Some(1_756_757_303_250_000_000));
        check("1756757303117", Some(1_756_757_303_117_000_000));
        check("1756757303117001", Some(1_756_757_303_117_001_000));
        check("1795196697811694080", Some(1_795_196_697_811_694_080));
        check("\"1795196697811694081\"", Some(1_795_196_697_811_694_081));
        check("\"1756757303.25\"", Some(1_756_757_303_250_000_000));
    }

    #[test]
    fn what_is_no_time_gives_none() {
        for text in
            ["null", "true", "\"\"", "\"unknown\"", "\"2025-13-01T00:00:00Z\"", "1e300", "[]", "\"NaN\""]
        {
            check(text, None);
        }
    }

    #[test]
    fn iso_times_without_an_offset_are_utc() {
        check("\"2025-09-07 10:00:00\"", Some(1_757_239_200_000_000_000));
        check("\"2025-09-07T10:00\"", Some(1_757_239_200_000_000_000));
    }

    proptest! {
        #[test]
        fn iso_times_read_back(
            nanos in 0_i64..4_000_000_000_000_000_000, offset_minutes in -14 * 60..14 * 60_i32,
        ) {
            let offset = UtcOffset::from_whole_seconds(offset_minutes * 60).unwrap();
            let there = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanos)).unwrap().to_offset(offset);
            prop_assert_eq!(from_iso(&there.format(&Rfc3339).unwrap()), Some(Ts(nanos)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = from_iso(&text);
        }
    }
}
