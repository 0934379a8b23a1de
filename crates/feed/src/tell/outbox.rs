//! What waits for one receiver, and when it may be tried: order, retries, rate, circuit breaker.
//!
//! Invariants: the clock is an argument and only grows. Of a message four tries follow each other, after 100, 200 and
//! 400 ms; it then waits 5 s and is tried so again, until it is an hour old. No more than [`PER_MINUTE`] tries lie in any
//! minute. After [`FAILURES`] failed tries in a row nothing is tried for [`OPEN_FOR`], then one, and so on. What comes
//! first goes first; at most [`WAITING`] wait, and then the oldest is dropped.

use std::{collections::VecDeque, time::Duration};

/// Tries that follow a failed one at once.
const RETRIES: u32 = 3;
/// The pause before the first of them; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Tries within a minute, at most.
const PER_MINUTE: usize = 60;
const MINUTE: Duration = Duration::from_mins(1);
/// So many failed tries in a row open the breaker.
const FAILURES: u32 = 5;
/// For so long.
const OPEN_FOR: Duration = Duration::from_mins(1);
/// Messages that wait, at most.
const WAITING: usize = 1_000;
/// A message that is this old is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(1);

/// What became of messages and tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Messages that arrived.
    pub(super) sent: u64,
    /// Messages that the receiver does not take.
    pub(super) refused: u64,
    /// Messages that were too old before they arrived.
    pub(super) given_up: u64,
    /// Messages that there was no room for.
    pub(super) dropped: u64,
    /// Tries that failed.
    pub(super) failures: u64,
}

/// A message, and what was tried of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting<M> {
    pub(super) message: M,
    since: Duration,
    tries: u32,
    /// A newer one of its kind makes it superfluous.
    replaceable: bool,
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<M> {
    /// Try this one, and report with [`Outbox::report`].
    Try(Waiting<M>),
    /// Nothing before this time.
    At(Duration),
    /// Nothing.
    Nothing,
}

/// How a try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It arrived.
    Sent,
    /// It did not, and may another time.
    Failed,
    /// It never will.
    Refused,
}

/// Messages for one receiver.
#[derive(Debug)]
pub(super) struct Outbox<M> {
    waiting: VecDeque<Waiting<M>>,
    /// Tries within the last minute.
    tried: VecDeque<Duration>,
    /// Failed tries in a row.
    failed: u32,
    not_before: Duration,
    counts: Counts,
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            tried: VecDeque::new(),
            failed: 0,
            not_before: Duration::ZERO,
            counts: Counts::default(),
        }
    }
}

impl<M> Outbox<M> {
    /// Adds a message. One that is `replaceable` takes the place of those before it that are.
    pub(super) fn push(&mut self, message: M, replaceable: bool, now: Duration) {
        if replaceable {
            self.waiting.retain(|waiting| !waiting.replaceable);
        }
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
            self.counts.dropped += 1;
        }
        self.waiting.push_back(Waiting { message, since: now, tries: 0, replaceable });
    }

    /// What there is to do at `now`. A message that is to be tried is taken out until it is reported.
    pub(super) fn next(&mut self, now: Duration) -> Next<M> {
        while self.waiting.front().is_some_and(|first| now.saturating_sub(first.since) >= GIVEN_UP_AFTER) {
            self.waiting.pop_front();
            self.counts.given_up += 1;
        }
        if self.waiting.is_empty() {
            return Next::Nothing;
        }
        while self.tried.front().is_some_and(|at| now.saturating_sub(*at) >= MINUTE) {
            self.tried.pop_front();
        }
        let room = match self.tried.front() {
            Some(first) if self.tried.len() >= PER_MINUTE => *first + MINUTE,
            _ => now,
        };
        let due = self.not_before.max(room);
        if due > now {
            return Next::At(due);
        }
        self.tried.push_back(now);
        self.waiting.pop_front().map_or(Next::Nothing, Next::Try)
    }

    /// How the try of `waiting` went that ended at `now`.
    pub(super) fn report(&mut self, mut waiting: Waiting<M>, outcome: Outcome, now: Duration) {
        match outcome {
            Outcome::Sent => self.counts.sent += 1,
            Outcome::Refused => self.counts.refused += 1,
            Outcome::Failed => {
                self.counts.failures += 1;
                self.failed = self.failed.saturating_add(1);
                let pause = match waiting.tries % (RETRIES + 1) {
                    RETRIES => LONGEST_PAUSE,
                    retry => (FIRST_PAUSE * 2_u32.pow(retry)).min(LONGEST_PAUSE),
                };
                self.not_before = now + if self.failed >= FAILURES { OPEN_FOR } else { pause };
                waiting.tries = waiting.tries.saturating_add(1);
                self.put_back(waiting);
                return;
            }
        }
        (self.failed, self.not_before) = (0, now);
    }

    fn put_back(&mut self, waiting: Waiting<M>) {
        if waiting.replaceable && self.waiting.iter().any(|other| other.replaceable) {
            return;
        }
        if self.waiting.len() >= WAITING {
            self.counts.dropped += 1;
        } else {
            self.waiting.push_front(waiting);
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the breaker is closed.
    pub(super) fn is_available(&self) -> bool {
        self.failed < FAILURES
    }

    /// Whether the last try failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failed > 0
    }

    /// What became of messages so far.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Tries what is there until `until`, each try taking no time: when, and which.
    fn run(
        outbox: &mut Outbox<u32>,
        from: Duration,
        until: Duration,
        mut goes: impl FnMut(u32, Duration) -> Outcome,
    ) -> Vec<(Duration, u32)> {
        let (mut now, mut tries) = (from, Vec::new());
        while now <= until {
            match outbox.next(now) {
                Next::Nothing => break,
                Next::At(at) => now = at,
                Next::Try(waiting) => {
                    tries.push((now, waiting.message));
                    let outcome = goes(waiting.message, now);
                    outbox.report(waiting, outcome, now);
                }
            }
        }
        tries
    }

    fn times(tries: &[(Duration, u32)]) -> Vec<u128> {
        tries.iter().map(|(at, _)| at.as_millis()).collect()
    }

    #[test]
    fn a_try_that_fails_is_followed_by_three_and_then_by_the_breaker() {
        let mut outbox = Outbox::default();
        outbox.push(1, false, ms(0));
        let tries = run(&mut outbox, ms(0), ms(130_000), |_, _| Outcome::Failed);
        assert_eq!(times(&tries), [0, 100, 300, 700, 5_700, 65_700, 125_700]);
        assert!(!outbox.is_available());
        let tries = run(&mut outbox, ms(130_000), ms(200_000), |_, _| Outcome::Sent);
        assert_eq!(times(&tries), [185_700]);
        assert!(outbox.is_available() && !outbox.is_failing());
        let counts = outbox.counts();
        assert_eq!((counts.sent, counts.failures, outbox.len()), (1, 7, 0));
    }

    #[test]
    fn what_the_receiver_refuses_is_not_tried_again() {
        let mut outbox = Outbox::default();
        outbox.push(1, false, ms(0));
        outbox.push(2, false, ms(0));
        let goes = |message, _| if message == 1 { Outcome::Refused } else { Outcome::Sent };
        assert_eq!(run(&mut outbox, ms(0), ms(10_000), goes), [(ms(0), 1), (ms(0), 2)]);
        assert_eq!((outbox.counts().refused, outbox.counts().sent), (1, 1));
    }

    #[test]
    fn sixty_tries_fit_into_any_minute() {
        let mut outbox = Outbox::default();
        for message in 0..150 {
            outbox.push(message, false, ms(0));
        }
        let tries = run(&mut outbox, ms(500), ms(600_000), |_, _| Outcome::Sent);
        let at = |millis: u64| tries.iter().filter(|(at, _)| *at == ms(millis)).count();
        assert_eq!((at(500), at(60_500), at(120_500)), (60, 60, 30));
        assert!(tries.iter().map(|(_, message)| *message).eq(0..150), "in their order");
    }

    #[test]
    fn the_oldest_give_way_when_there_is_no_more_room() {
        let mut outbox = Outbox::default();
        for message in 0..1_002 {
            outbox.push(message, false, ms(0));
        }
        assert_eq!((outbox.len(), outbox.counts().dropped), (1_000, 2));
        assert!(matches!(outbox.next(ms(0)), Next::Try(Waiting { message: 2, .. })));
    }

    #[test]
    fn a_message_is_given_up_after_an_hour() {
        let mut outbox = Outbox::default();
        outbox.push(1, false, ms(0));
        outbox.push(2, false, ms(3_000_000));
        assert!(matches!(outbox.next(ms(3_600_000)), Next::Try(Waiting { message: 2, .. })));
        assert_eq!(outbox.counts().given_up, 1);
    }

    #[test]
    fn a_replaceable_message_gives_way_to_a_newer_one_also_while_it_is_tried() {
        let mut outbox = Outbox::default();
        outbox.push(1, true, ms(0));
        outbox.push(2, false, ms(0));
        outbox.push(3, true, ms(0));
        assert_eq!(outbox.len(), 2);
        let Next::Try(two) = outbox.next(ms(0)) else { panic!("it waits") };
        outbox.report(two, Outcome::Sent, ms(0));
        let Next::Try(three) = outbox.next(ms(0)) else { panic!("it waits") };
        outbox.push(4, true, ms(0));
        outbox.report(three, Outcome::Failed, ms(0));
        assert!(matches!(outbox.next(ms(100)), Next::Try(Waiting { message: 4, .. })));
        assert_eq!(outbox.counts().dropped, 0);
    }

    proptest! {
        /// Whatever fails, tries keep to the rate, nothing is sent twice, and nothing is lost within the hour.
        #[test]
        fn limits_hold_whatever_fails(outcomes in prop::collection::vec(0_u8..3, 1..400), messages in 1_u32..100) {
            let mut outbox = Outbox::default();
            for message in 0..messages {
                outbox.push(message, false, ms(0));
            }
            let mut fates = outcomes.into_iter().map(|fate| match fate {
                0 => Outcome::Sent,
                1 => Outcome::Failed,
                _ => Outcome::Refused,
            });
            let mut ended = Vec::new();
            let tries = run(&mut outbox, ms(0), ms(3_000_000), |message, _| {
                let outcome = fates.next().unwrap_or(Outcome::Sent);
                if outcome != Outcome::Failed {
                    ended.push(message);
                }
                outcome
            });
            for window in tries.windows(PER_MINUTE + 1) {
                prop_assert!(window[PER_MINUTE].0 >= window[0].0 + MINUTE);
            }
            prop_assert!(ended.is_sorted_by(|left, right| left < right));
            prop_assert_eq!(ended.len() + outbox.len(), messages as usize);
        }
    }
}
