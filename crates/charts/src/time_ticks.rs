//! Where the grid lines of the time axis stand and how they are labelled.
//!
//! Invariants: ticks stand on whole steps of local time, so they keep their place on the clock while a live range
//! moves on; a label tells seconds exactly where the step is below a minute.

use crate::scale::TimeRange;
use time::OffsetDateTime;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// Room between two labels, in characters.
const SPACING_CHARS: f64 = 5.0;

/// Steps in seconds that people read time in.
const STEPS: [f64; 20] = [
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    7.0 * DAY,
];

/// Ticks of `range` at `utc_offset_min` from UTC with their labels, as close as labels can stand where one
/// character is as wide as `char_seconds` of the axis.
pub(crate) fn time_ticks(range: &TimeRange, utc_offset_min: i32, char_seconds: f64) -> Vec<(f64, String)> {
    let step = step(char_seconds);
    let offset = f64::from(utc_offset_min) * MINUTE;
    let first = ((range.start() + offset) / step).ceil() * step;
    std::iter::successors(Some(first), |local| Some(local + step))
        .take_while(|local| *local <= range.end() + offset)
        .map(|local| (local - offset, label(local, step)))
        .collect()
}

fn step(char_seconds: f64) -> f64 {
    let needed = |step: f64| (label_chars(step) + SPACING_CHARS) * char_seconds;
    let week = 7.0 * DAY;
    let fitting = STEPS.into_iter().find(|step| *step >= needed(*step));
    fitting.unwrap_or_else(|| (needed(week) / week).ceil() * week)
}

/// `local` is seconds since 1970 on the local clock.
fn label(local: f64, step: f64) -> String {
    // Beyond the calendar there is nothing to say; ranges end before it.
    #[expect(clippy::cast_possible_truncation, reason = "ticks are whole seconds within the calendar")]
    let Ok(clock) = OffsetDateTime::from_unix_timestamp(local as i64) else {
        return String::new();
    };
    let (hour, minute, second) = clock.to_hms();
    if step < MINUTE {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else if step >= HOUR && local.rem_euclid(DAY) == 0.0 {
        format!("{:02}-{:02}", u8::from(clock.month()), clock.day())
    } else {
        format!("{hour:02}:{minute:02}")
    }
}

/// Characters in the longest label where ticks are `step` seconds apart.
fn label_chars(step: f64) -> f64 {
    if step < MINUTE { 8.0 } else { 5.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-21 00:00:00 UTC
    const MIDNIGHT: f64 = 1_795_219_200.0;

    fn check(from: f64, to: f64, utc_offset_min: i32, char_seconds: f64, expected: &[&str]) {
        let range = TimeRange::new(MIDNIGHT + from, MIDNIGHT + to).unwrap();
        let ticks = time_ticks(&range, utc_offset_min, char_seconds);
        let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn steps_below_a_minute_show_seconds() {
        check(1.0, 32.0, 0, 0.7, &["00:00:10", "00:00:20", "00:00:30"]);
    }

    #[test]
    fn steps_of_minutes_and_hours_show_minutes() {
        check(10.0, 300.0, 0, 5.0, &["00:01", "00:02", "00:03", "00:04", "00:05"]);
        check(HOUR, 5.0 * HOUR, 0, HOUR / 11.0, &["01:00", "02:00", "03:00", "04:00", "05:00"]);
    }

    #[test]
    fn ticks_stand_on_the_local_clock() {
        check(0.0, 6.0 * HOUR, 330, 2.0 * HOUR / 11.0, &["06:00", "08:00", "10:00"]);
        check(0.0, 2.0 * HOUR, -90, HOUR / 11.0, &["23:00", "11-21"]);
    }

    #[test]
    fn midnight_is_a_date_and_so_are_days() {
        check(-8.0 * HOUR, 8.0 * HOUR, 0, 6.0 * HOUR / 11.0, &["18:00", "11-21", "06:00"]);
        check(0.0, 3.0 * DAY, 0, DAY / 11.0, &["11-21", "11-22", "11-23", "11-24"]);
    }

    proptest! {
        #[test]
        fn ticks_ascend_inside_the_range_and_keep_their_distance(
            start in 0.0..4e9f64,
            seconds in 1.0..1e8f64,
            offset in -14 * 60..14 * 60i32,
            chars in 10.0..200.0f64,
        ) {
            let range = TimeRange::new(start, start + seconds).unwrap();
            let char_seconds = seconds / chars;
            let ticks = time_ticks(&range, offset, char_seconds);
            let distance = 10.0 * char_seconds;
            prop_assert!(ticks.iter().all(|(time, _)| (range.start()..=range.end()).contains(time)));
            prop_assert!(ticks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= distance * 0.999));
            prop_assert!(ticks.iter().all(|(_, label)| !label.is_empty()));
        }
    }
}
