//! When to try again: delays, the count of tries, and the breaker.
//!
//! Invariants: a delay is 0.5 to 1 times the backoff, which doubles from the first delay to the longest; only a
//! connection that lasted, or another token, starts the counts over.

use super::types::{Breaker, Cause};

/// So many failures in a row open the breaker.
pub const FAILURES_THAT_OPEN: u32 = 5;
const SHORTEST_FIRST_DELAY_MS: u64 = 100;

/// For how long nothing may arrive on an open connection, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After this the figures count as not current.
    pub stale_ms: u64,
    /// After this the connection counts as broken. At least `stale_ms`.
    pub silence_ms: u64,
}

/// Delays and timeouts, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The first delay; the server's `retry:` replaces it.
    pub first_delay_ms: u64,
    /// The longest delay.
    pub longest_delay_ms: u64,
    /// A connection that was open for so long, with bytes arriving, starts again with the first delay.
    pub stable_after_ms: u64,
    /// A try that has no answer after this is given up.
    pub answer_ms: u64,
    /// Where heartbeats have arrived on the connection: one and a half, and two and a half of them.
    pub beating: Patience,
    /// Where the server has sent no heartbeat on the connection.
    pub beatless: Patience,
    /// Without an event for so long a link is called silent.
    pub quiet_ms: u64,
    /// A server that has sent no heartbeat for so long sends none: what has arrived counts as current.
    pub headless_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            first_delay_ms: 3_000,
            longest_delay_ms: 30_000,
            stable_after_ms: 60_000,
            answer_ms: 37_500,
            beating: Patience { stale_ms: 22_500, silence_ms: 37_500 },
            beatless: Patience { stale_ms: 36_000, silence_ms: 60_000 },
            quiet_ms: 60_000,
            headless_ms: 5_000,
        }
    }
}

/// How a try or a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// There was no answer, or not for long.
    Failed,
    /// It was open, and nothing came that would have shown whether it still was.
    Quiet,
    /// It had lasted.
    Lasted,
}

/// What is known of the tries since the connection was last stable.
#[derive(Clone, Debug)]
pub(super) struct Retries {
    first_delay_ms: u64,
    longest_delay_ms: u64,
    attempt: u32,
    failures: u32,
    overflowed: bool,
    tried_ms: u64,
}

impl Retries {
    /// Counts for a first try at `now_ms`.
    pub(super) const fn new(timing: &Timing, now_ms: u64) -> Self {
        Self {
            first_delay_ms: timing.first_delay_ms,
            longest_delay_ms: timing.longest_delay_ms,
            attempt: 0,
            failures: 0,
            overflowed: false,
            tried_ms: now_ms,
        }
    }

    /// Which try the coming one, or the one under way, is: from 1.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt.max(1)
    }

    /// The longest delay, in milliseconds.
    pub(super) const fn longest_delay_ms(&self) -> u64 {
        self.longest_delay_ms
    }

    /// The server names the first delay.
    pub(super) fn set_first_delay(&mut self, delay_ms: u64) {
        self.first_delay_ms = delay_ms.clamp(SHORTEST_FIRST_DELAY_MS, self.longest_delay_ms);
    }

    /// A try starts.
    pub(super) fn started(&mut self, now_ms: u64) {
        self.tried_ms = now_ms;
    }

    /// When a try may start that neither a person nor a delay asked for.
    pub(super) const fn unasked_from_ms(&self) -> u64 {
        self.tried_ms.saturating_add(self.first_delay_ms)
    }

    /// A connection proved stable, or the token changed: nothing counts any more.
    pub(super) fn start_over(&mut self) {
        self.attempt = 0;
        self.failures = 0;
        self.overflowed = false;
    }

    /// A try failed or a connection was lost. Returns the delay in milliseconds; `None` where the next try need not wait.
    pub(super) fn lost(&mut self, end: End, cause: &Cause, random: f64) -> Option<u64> {
        if end == End::Quiet {
            self.attempt = 0;
        }
        self.attempt = self.attempt.saturating_add(1);
        self.failures = self.failures.saturating_add(u32::from(end == End::Failed));
        let at_once = *cause == Cause::Overflow && !self.overflowed && !self.is_tripped();
        self.overflowed |= *cause == Cause::Overflow;
        (!at_once).then(|| self.delay_ms(random))
    }

    /// The breaker, where `trying` says that a connection is open or being made.
    pub(super) const fn breaker(&self, trying: bool) -> Breaker {
        match (self.is_tripped(), trying) {
            (false, _) => Breaker::Closed,
            (true, false) => Breaker::Open,
            (true, true) => Breaker::HalfOpen,
        }
    }

    /// The page's clock was set back to `now_ms`.
    pub(super) fn set_back(&mut self, now_ms: u64) {
        self.tried_ms = self.tried_ms.min(now_ms);
    }

    const fn is_tripped(&self) -> bool {
        self.failures >= FAILURES_THAT_OPEN
    }

    /// The first delay doubled with each attempt up to the longest, which is also a probe's, times a random half to one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between zero and the longest delay"
    )]
    fn delay_ms(&self, random: f64) -> u64 {
        let doublings = self.attempt.saturating_sub(1).min(20);
        let backoff = self.first_delay_ms.saturating_mul(1 << doublings).min(self.longest_delay_ms);
        let full = if self.is_tripped() { self.longest_delay_ms } else { backoff };
        let spread = if random.is_nan() { 1.0 } else { random.clamp(0.0, 1.0) };
        (full as f64 * (0.5 + 0.5 * spread)).ceil() as u64
    }
}
