//! Buckets of every age, and what is done where there is no room for them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    durations::{Duration, Durations},
    rolling::AHEAD_SECONDS,
    scope::ScopeId,
};

fn count(tiers: &Tiers<Durations>, start: i64, step: u32) -> u64 {
    let mut count = 0;
    tiers.visit(start, step, |bucket| bucket.for_each(|_, _, times| count += times));
    count
}

proptest! {
    #[test]
    fn every_bucket_of_every_resolution_holds_what_happened_in_it(
        steps in prop::collection::vec(
            (prop_oneof![0_i64..20, 0_i64..2_000, 0_i64..40_000], prop_oneof![-8_i64..30, 0_i64..100_000]),
            1..80,
        ),
    ) {
        let mut tiers: Tiers<Durations> = Tiers::new(1_000_000, Durations::WIDTH);
        let mut end = 1_000_000;
        let mut all = Vec::new();
        for (forward, back) in steps {
            end += forward;
            tiers.advance(end);
            let at = end - back;
            let kept = tiers.record(at, Duration::new(ScopeId::FIRST, 1.0).unwrap());
            let minute_end = at.div_euclid(60) * 60 + 59;
            prop_assert_eq!(kept, back >= -AHEAD_SECONDS && minute_end > end - 86_400);
            if kept {
                all.push(at);
            }
        }
        for resolution in Resolution::ALL {
            let (step, keep) = (resolution.step_seconds(), i64::from(resolution.kept_seconds()));
            for start in Buckets::new(resolution, end - keep + 1, end).starts() {
                let inside = start..(start + i64::from(step)).min(end + 1);
                let expected = all.iter().filter(|at| inside.contains(at)).count() as u64;
                prop_assert_eq!(count(&tiers, start, step), expected, "{:?} at {}", resolution, start);
            }
        }
        let bytes: usize = tiers.tens.values().chain(tiers.minutes.values()).map(size_of).sum();
        prop_assert_eq!(tiers.room.bytes, bytes);
    }
}

#[test]
fn buckets_begin_with_those_that_are_kept() {
    let starts = |step| Buckets::with_step(step, 31, 62).starts().collect::<Vec<_>>();
    assert_eq!((starts(15), starts(20)), (vec![31, 46, 61], vec![30, 50]));
    assert_eq!(Buckets::new(Resolution::Second, 0, i64::MAX - 1).starts().count(), 10_000);
}

#[test]
fn a_step_is_read_from_what_is_kept_the_longest() {
    for (step, resolution) in [
        (1, Resolution::Second),
        (15, Resolution::Second),
        (30, Resolution::TenSeconds),
        (300, Resolution::Minute),
        (0, Resolution::Second),
    ] {
        assert_eq!(Resolution::of_step(step), resolution, "{step}");
    }
}

#[test]
fn coarse_buckets_beyond_their_room_go_oldest_first_and_are_counted() {
    let mut tiers: Tiers<Durations> = Tiers::new(0, Durations::WIDTH).with_room(20_000);
    for hour in 0..20 {
        tiers.advance(hour * 3_600);
        // A new bin each time: nothing packs.
        for step in 0..1_000 {
            let duration = Duration::new(ScopeId::FIRST, 1.02_f64.powi(step)).unwrap();
            tiers.record(hour * 3_600, duration);
        }
    }
    assert!(tiers.room.bytes <= 20_000 && tiers.dropped() > 0, "{} bytes", tiers.room.bytes);
    assert_eq!(count(&tiers, 18 * 3_600, 60), 1_000, "the latest is there");
    assert_eq!(count(&tiers, 0, 60), 0, "the first went early");
}

/// What a bucket holds by scope, and in all.
fn counts_of(tiers: &Tiers<Durations>, start: i64, step: u32) -> (BTreeMap<u8, u64>, u64) {
    let (mut by_scope, mut all) = (BTreeMap::new(), 0);
    tiers.visit(start, step, |bucket| {
        bucket.for_each(|scope, _, times| {
            *by_scope.entry(scope.index()).or_default() += times;
            all += times;
        });
    });
    (by_scope, all)
}

/// Every coarse bucket with its first second.
fn coarse(tiers: &Tiers<Durations>) -> impl Iterator<Item = (i64, &Durations)> {
    let minutes = tiers.minutes.iter().map(|(at, bucket)| (at * MINUTE, bucket));
    minutes.chain(tiers.tens.iter().map(|(at, bucket)| (at * TEN, bucket)))
}

fn is_folded(bucket: &Durations) -> bool {
    let mut folded = true;
    bucket.for_each(|scope, _, _| folded &= scope == ScopeId::FOLDED);
    folded
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn folding_loses_no_item_and_only_scopes_of_old_buckets(
        items in prop::collection::vec(
            (
                prop_oneof![40 => Just(0_i64), 4 => 1..30_i64, 1 => 1..9_000_i64],
                prop_oneof![-5_i64..900, 0..20_000_i64],
                0_u8..40,
                prop_oneof![4 => Just(1.0_f64), 1 => 0.1..9e3_f64],
            ),
            200..800,
        ),
        room in 8_000..40_000_usize,
    ) {
        let mut tiers: Tiers<Durations> = Tiers::new(1_000_000, Durations::WIDTH).with_room(room);
        let (mut end, mut all) = (1_000_000, Vec::new());
        for (forward, back, scope, ms) in items {
            end += forward;
            tiers.advance(end);
            let duration = Duration::new(ScopeId::from_index(scope), ms).unwrap();
            if tiers.record(end - back, duration) {
                all.push((end - back, scope));
            }
            prop_assert!(tiers.room.bytes <= room);
        }
        for (start, bucket) in coarse(&tiers) {
            prop_assert_eq!(is_folded(bucket), start < tiers.room.folded_before, "at {}", start);
        }
        prop_assert_eq!(tiers.room.bytes, coarse(&tiers).map(|(_, bucket)| size_of(bucket)).sum::<usize>());
        for resolution in Resolution::ALL {
            let (step, keep) = (resolution.step_seconds(), i64::from(resolution.kept_seconds()));
            let mut expected: BTreeMap<i64, BTreeMap<u8, u64>> = BTreeMap::new();
            for (at, scope) in all.iter().filter(|(at, _)| *at <= end) {
                let start = at.div_euclid(i64::from(step)) * i64::from(step);
                *expected.entry(start).or_default().entry(*scope).or_default() += 1;
            }
            for start in Buckets::new(resolution, end - keep + 1, end).starts() {
                let expected = expected.remove(&start).unwrap_or_default();
                let (found, total) = counts_of(&tiers, start, step);
                if tiers.dropped() == 0 {
                    prop_assert_eq!(total, expected.values().sum::<u64>(), "{:?} at {}", resolution, start);
                }
                // A minute that begins before may hold tens that came into it later.
                let folded = start < tiers.room.folded_before;
                prop_assert!(folded || found == expected, "{:?} at {}", resolution, start);
                prop_assert!((0..40).all(|scope| found.get(&scope) <= expected.get(&scope)));
            }
        }
    }
}

/// Bits that look random.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^ (bits >> 31)
}

/// A third of 200 events a second measures something, of 20 symbols with two sides, over 24 hours.
#[test]
fn a_day_of_200_events_a_second_and_20_symbols_is_whole_without_a_filter() {
    let mut tiers: Tiers<Durations> = Tiers::new(0, Durations::WIDTH);
    let (seconds, per_second) = (MINUTES_KEPT, 66);
    for at in 0..seconds {
        tiers.advance(at);
        for number in 0..per_second {
            let bits = mixed((at * per_second + number).unsigned_abs());
            let ms = ((bits >> 40) % 6_000) as f64 / 1_000.0;
            let scope = ScopeId::from_index((bits % 40) as u8);
            tiers.record(at, Duration::new(scope, ms.exp()).unwrap());
        }
    }
    let full = 60 * per_second.unsigned_abs();
    let whole = Buckets::new(Resolution::Minute, 0, seconds - 1).starts();
    let short = whole.filter(|start| count(&tiers, *start, 60) != full).count();
    assert_eq!((short, tiers.dropped()), (0, 0), "{} bytes", tiers.room.bytes);
    assert!(tiers.folded() > 0 && tiers.room.bytes <= COARSE_BYTES, "{} bytes", tiers.room.bytes);
    println!("{} of 1440 + 1080 buckets folded, {} bytes", tiers.folded(), tiers.room.bytes);
}
