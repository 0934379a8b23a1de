//! What repeated wrong tokens cost their sender.
//!
//! Invariants: no clock inside; a right token is never asked about, so it is never slowed; memory is bounded,
//! and where the table is full the address that has been quiet longest is forgotten.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use crate::net::address::bucket;

/// Wrong tokens that are answered at once.
const FREE: u32 = 3;

/// The first delay; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// Wrong tokens that are answered after a delay, the last after 4 s.
const DELAYED: u32 = 5;

/// After which each further one is refused.
pub(crate) const LAST_DELAY: Duration = Duration::from_secs(4);

/// How long an address must send no wrong token for its failures to be forgotten.
const FORGET: Duration = Duration::from_mins(1);

/// Addresses that are remembered.
const ADDRESSES: usize = 4096;

/// How a wrong token is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With the plain refusal, after this time.
    After(Duration),
    /// With the advice to come back after this time.
    TooMany(Duration),
}

/// Counts wrong tokens by client address.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    failures: HashMap<IpAddr, Failures>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: Duration,
}

impl Throttle {
    /// Counts a wrong token of `client`. `now` is any clock that only grows.
    pub(crate) fn wrong(&mut self, client: IpAddr, now: Duration) -> Verdict {
        let client = bucket(client);
        if self.failures.len() >= ADDRESSES && !self.failures.contains_key(&client) {
            self.forget_quietest();
        }
        let failures = self.failures.entry(client).or_default();
        if now.saturating_sub(failures.last) >= FORGET {
            failures.count = 0;
        }
        failures.last = now;
        failures.count = failures.count.saturating_add(1);
        match failures.count.checked_sub(FREE + 1) {
            None => Verdict::After(Duration::ZERO),
            Some(doublings) if doublings < DELAYED => Verdict::After(FIRST_DELAY * (1 << doublings)),
            Some(_) => Verdict::TooMany(FORGET),
        }
    }

    fn forget_quietest(&mut self) {
        let quietest = self.failures.iter().min_by_key(|(_, failures)| failures.last);
        if let Some(address) = quietest.map(|(address, _)| *address) {
            self.failures.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::{prop, proptest};

    use super::*;

    const NOW: Duration = Duration::from_hours(1);

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn wrong_tokens_are_free_then_slow_then_too_many() {
        let mut throttle = Throttle::default();
        let after = |milliseconds| Verdict::After(Duration::from_millis(milliseconds));
        let expected = [0, 0, 0, 250, 500, 1000, 2000, 4000].map(after);
        assert_eq!(expected.map(|_| throttle.wrong(address(1), NOW)), expected);
        for _ in 0..100 {
            assert_eq!(throttle.wrong(address(1), NOW), Verdict::TooMany(FORGET));
        }
        assert_eq!(throttle.wrong(address(2), NOW), after(0), "another address is not slowed");
    }

    #[test]
    fn a_quiet_minute_is_forgotten_and_a_busy_one_is_not() {
        let mut throttle = Throttle::default();
        for _ in 0..9 {
            throttle.wrong(address(1), NOW);
        }
        let almost = NOW + FORGET.saturating_sub(Duration::from_millis(1));
        assert_eq!(throttle.wrong(address(1), almost), Verdict::TooMany(FORGET));
        assert_eq!(throttle.wrong(address(1), almost + FORGET), Verdict::After(Duration::ZERO));
    }

    #[test]
    fn the_table_is_bounded_and_keeps_the_busiest() {
        let mut throttle = Throttle::default();
        for n in 0..20_000 {
            let now = NOW + Duration::from_micros(u64::from(n));
            throttle.wrong(address(n), now);
            throttle.wrong(address(u32::MAX), now);
        }
        assert_eq!(throttle.failures.len(), ADDRESSES);
        assert!(matches!(throttle.wrong(address(u32::MAX), NOW + FORGET / 2), Verdict::TooMany(_)));
    }

    proptest! {
        #[test]
        fn more_failures_never_cost_less(gaps in prop::collection::vec(0_u64..59_000, 1..40)) {
            let mut throttle = Throttle::default();
            let (mut now, mut before) = (NOW, Duration::ZERO);
            for gap in gaps {
                now += Duration::from_millis(gap);
                let cost = match throttle.wrong(address(7), now) {
                    Verdict::After(delay) => delay,
                    Verdict::TooMany(wait) => wait,
                };
                assert!(cost >= before);
                before = cost;
            }
        }
    }
}
