//! Durations as rule files write them: `90s`, `5m`, `1h30m`.

/// Units from the longest to the shortest, in milliseconds. A year has 365 days.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration, in milliseconds: whole numbers with a unit each, longer units first, no unit twice; or `0`.
/// `None` for anything else, and for what does not fit.
pub fn parse_duration_ms(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let (mut rest, mut total, mut next_unit) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(letters)?;
        let index = UNITS.iter().position(|(name, _)| *name == unit).filter(|index| *index >= next_unit)?;
        let (_, millis) = UNITS.get(index)?;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(*millis)?)?;
        (rest, next_unit) = (tail, index + 1);
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_prometheus() {
        for (text, millis) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1m500ms", Some(60_500)),
            ("2w", Some(1_209_600_000)),
            ("1y", Some(31_536_000_000)),
            ("", None),
            ("5", None),
            ("m", None),
            ("5M", None),
            ("1.5m", None),
            ("30m1h", None),
            ("1m1m", None),
            ("-1m", None),
            ("1m ", None),
            ("99999999999999999999s", None),
            ("9999999999999y", None),
        ] {
            assert_eq!(parse_duration_ms(text), millis, "{text:?}");
        }
    }
}
