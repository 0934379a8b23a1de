//! Numbers as Go writes them, which templates of annotations rely on.

/// `%g`: `digits` significant ones, or with `None` as many as it takes; with an exponent below 1e-4 and from
/// 10^`digits` (a million for `None`) on.
pub(super) fn general(value: f64, digits: Option<usize>) -> String {
    if let Some(word) = no_number(value) {
        return word.to_owned();
    }
    let scientific = match digits {
        Some(digits) => format!("{:.*e}", digits.max(1) - 1, value),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let limit = digits.map_or(6, |digits| i32::try_from(digits.max(1)).unwrap_or(i32::MAX));
    if exponent < -4 || exponent >= limit {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    let significant = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let decimals = i32::try_from(significant).unwrap_or(0) - 1 - exponent;
    let rounded: f64 = scientific.parse().unwrap_or(value);
    fixed(rounded, usize::try_from(decimals).unwrap_or(0))
}

/// `%f` with so many decimals.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    no_number(value).map_or_else(|| format!("{value:.decimals$}"), str::to_owned)
}

fn no_number(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

/// Four significant digits and a prefix of thousands: `1.235k`, `12m`.
pub(super) fn humanize(value: f64) -> String {
    let (scaled, prefix) = scale(value);
    general(scaled, Some(4)) + prefix
}

/// A share as percent with four significant digits: `12.35%`.
pub(super) fn percentage(value: f64) -> String {
    general(value * 100.0, Some(4)) + "%"
}

/// A duration in seconds: `1d 2h 3m 4s`, `1.5s`, `12ms`.
pub(super) fn duration(value: f64) -> String {
    if !value.is_finite() {
        return general(value, Some(4));
    }
    if value.abs() < 1.0 {
        let (scaled, prefix) = scale(value);
        return general(scaled, Some(4)) + prefix + "s";
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole seconds are what is shown; the cast saturates"
    )]
    let whole = value.abs() as i64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    let sign = if value < 0.0 { "-" } else { "" };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", general(value.abs(), Some(4))),
        (0, 0, _) => format!("{sign}{minutes}m {seconds}s"),
        (0, ..) => format!("{sign}{hours}h {minutes}m {seconds}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {seconds}s"),
    }
}

/// `value` with the prefix of thousands that brings it near 1.
fn scale(value: f64) -> (f64, &'static str) {
    let (mut scaled, mut prefix) = (value, "");
    if value == 0.0 || !value.is_finite() {
        return (value, "");
    }
    if value.abs() >= 1.0 {
        for larger in ["k", "M", "G", "T", "P", "E", "Z", "Y"] {
            if scaled.abs() < 1_000.0 {
                break;
            }
            (scaled, prefix) = (scaled / 1_000.0, larger);
        }
    } else {
        for smaller in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if scaled.abs() >= 1.0 {
                break;
            }
            (scaled, prefix) = (scaled * 1_000.0, smaller);
        }
    }
    (scaled, prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: fn(f64) -> String, cases: &[(f64, &str)]) {
        for (value, expected) in cases {
            assert_eq!(write(*value), *expected, "{value}");
        }
    }

    #[test]
    fn general_numbers_are_as_short_as_they_can_be() {
        check(
            |value| general(value, None),
            &[
                (0.0, "0"),
                (1.0, "1"),
                (0.1, "0.1"),
                (-12.5, "-12.5"),
                (1e-5, "1e-05"),
                (0.0001, "0.0001"),
                (1_234_567.0, "1.234567e+06"),
                (123_456.0, "123456"),
                (f64::NAN, "NaN"),
                (f64::NEG_INFINITY, "-Inf"),
            ],
        );
        check(
            |value| general(value, Some(4)),
            &[
                (1234.0, "1234"),
                (12345.0, "1.234e+04"),
                (99999.0, "1e+05"),
                (9999.9, "1e+04"),
                (0.5, "0.5"),
                (100.0, "100"),
                (0.000_123_45, "0.0001234"),
            ],
        );
    }

    #[test]
    fn humane_numbers_have_prefixes_and_units() {
        check(humanize, &[(0.0, "0"), (1234.5, "1.234k"), (0.012, "12m"), (999.0, "999"), (-5e6, "-5M")]);
        check(percentage, &[(0.5, "50%"), (0.12345, "12.35%"), (f64::INFINITY, "+Inf%")]);
        check(
            duration,
            &[
                (0.0, "0s"),
                (0.0015, "1.5ms"),
                (59.5, "59.5s"),
                (61.0, "1m 1s"),
                (3_600.0, "1h 0m 0s"),
                (-90_061.0, "-1d 1h 1m 1s"),
                (f64::NAN, "NaN"),
            ],
        );
    }
}
