//! Points in time, in integer nanoseconds: a double has lost them above 2^53.

/// Nanoseconds since the Unix epoch, UTC. Comparable and exact; the range is the years 1678 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ts(pub i64);

/// Nanoseconds in one second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Nanoseconds in one millisecond.
pub const NANOS_PER_MILLI: i64 = 1_000_000;

impl Ts {
    /// From milliseconds since the epoch, saturating at the ends of the range.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// Whole milliseconds since the epoch, rounded towards the past.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(NANOS_PER_MILLI)
    }

    /// The whole second that this point lies in.
    pub fn second(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// This point moved by `seconds`, saturating.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(NANOS_PER_SECOND)))
    }

    /// Milliseconds from `earlier` to this point; negative where `earlier` is later.
    pub fn millis_since(self, earlier: Ts) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / NANOS_PER_MILLI as f64
    }

    /// Seconds from `earlier` to this point; negative where `earlier` is later.
    pub fn seconds_since(self, earlier: Ts) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / NANOS_PER_SECOND as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_towards_the_past_before_the_epoch_too() {
        assert_eq!(Ts(1_999_999_999).second(), 1);
        assert_eq!(Ts(-1).second(), -1);
    }

    #[test]
    fn nanoseconds_above_two_to_the_53_stay_exact() {
        let earlier = Ts(1_795_196_697_800_000_000);
        let later = Ts(1_795_196_697_838_200_000);
        assert!((later.millis_since(earlier) - 38.2).abs() < 1e-9);
    }
}
