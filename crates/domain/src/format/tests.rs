//! How values are written, one table for each kind.

use super::*;

const AT_18_03_27: Ts = Ts(1_795_284_207_000_000_000);

#[track_caller]
fn check(shown: impl AsRef<str>, expected: &str) {
    assert_eq!(shown.as_ref(), expected);
}

#[test]
fn counts_are_grouped_by_three() {
    check(count(0), "0");
    check(count(999), "999");
    check(count(1_000), "1,000");
    check(count(12_345), "12,345");
    check(count(u64::MAX), "18,446,744,073,709,551,615");
}

#[test]
fn durations_keep_three_significant_digits() {
    check(millis(0.0), "0.00 ms");
    check(millis(0.42), "0.42 ms");
    check(millis(9.996), "10.0 ms");
    check(millis(12.34), "12.3 ms");
    check(millis(99.96), "100 ms");
    check(millis(999.4), "999 ms");
    check(millis(999.6), "1.00 s");
    check(millis(1_200.0), "1.20 s");
    check(millis(75_000.0), "75.0 s");
    check(millis(750_000.0), "12.5 min");
    check(millis(-12.34), "-12.3 ms");
}

#[test]
fn what_is_not_a_number_is_no_data() {
    check(millis(f64::NAN), NO_DATA);
    check(percent(f64::INFINITY), NO_DATA);
    check(per_second(f64::INFINITY), NO_DATA);
    check(or_no_data(None::<u64>, count), NO_DATA);
    check(or_no_data(Some(1_500), count), "1,500");
}

#[test]
fn almost_all_and_almost_none_are_not_rounded_to_all_and_none() {
    check(percent(0.0), "0.0 %");
    check(percent(1.0), "100.0 %");
    check(percent(0.99999), "99.9 %");
    check(percent(0.00001), "0.1 %");
    check(percent(0.853), "85.3 %");
}

#[test]
fn rates_lose_decimals_as_they_grow() {
    check(per_second(0.25), "0.25 /s");
    check(per_second(12.34), "12.3 /s");
    check(per_second(1_234.4), "1,234 /s");
    check(per_second(-1.0), "0.00 /s");
}

#[test]
fn sizes_use_binary_units() {
    check(bytes(512), "512 B");
    check(bytes(1_536), "1.5 KiB");
    check(bytes(20 << 20), "20.0 MiB");
}

#[test]
fn ages_use_their_largest_unit() {
    check(age(4), "4 s");
    check(age(200), "3 min");
    check(age(54_000), "15 h");
    check(age(47 * 3_600), "47 h");
    check(age(6 * 86_400), "6 d");
}

#[test]
fn clock_times_honour_the_offset_across_midnight() {
    check(clock(AT_18_03_27, 0), "18:03:27");
    check(clock(AT_18_03_27, 330), "23:33:27");
    check(clock(AT_18_03_27, 480), "02:03:27");
    check(clock(Ts(0), -60), "23:00:00");
    check(clock(Ts(-1), 0), "23:59:59");
}

#[test]
fn dates_are_right_on_leap_days_and_before_the_epoch() {
    check(date_time_utc(AT_18_03_27), "2026-11-21 18:03:27 UTC");
    check(date_time_utc(Ts(951_782_400_000_000_000)), "2000-02-29 00:00:00 UTC");
    check(date_time_utc(Ts(-1)), "1969-12-31 23:59:59 UTC");
    check(date_time(AT_18_03_27, 6 * 60), "2026-11-22 00:03:27");
    check(date_time(AT_18_03_27, -90), "2026-11-21 16:33:27");
}

#[test]
fn numbers_of_any_magnitude_keep_five_digits() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (0.0125, "0.0125"),
        (0.000_012_345_6, "0.00001235"),
        (-3.5, "-3.5"),
        (184.234_56, "184.23"),
        (9.999_999, "10"),
        (1_234_567.8, "1,234,568"),
        (-12_345.6, "-12,346"),
        (2.5e18, "2.5000e18"),
        (f64::NAN, "—"),
        (f64::INFINITY, "—"),
    ] {
        assert_eq!(number(value), text, "{value}");
    }
}
