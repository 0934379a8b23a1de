//! What holds whatever happens and whenever: random inputs against a second, simpler account of the rules.

use proptest::prelude::*;

use super::*;

/// One input after a wait in milliseconds, with the randomness that goes with it.
type Step = (u64, f64, Input);

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => Just(Input::Opened),
        3 => Just(Input::Bytes),
        3 => (0_u64..100).prop_map(|id| Input::Event { id: Some(id) }),
        3 => (0_u64..100).prop_map(heartbeat),
        1 => (0_u64..100_000).prop_map(|delay_ms| Input::Retry { delay_ms }),
        1 => (0_u64..100).prop_map(|first| Input::Reset { first }),
        1 => (0_u64..100, 0_u64..100).prop_map(|(from, to)| Input::Gap { from, to }),
        4 => Just(ended()),
        3 => Just(Input::Lost { cause: Cause::HttpStatus { code: 502 } }),
        2 => Just(overflow()),
        1 => Just(refused()),
        6 => Just(Input::Tick),
        3 => Just(Input::WentOffline),
        2 => Just(Input::WentOnline),
        2 => Just(Input::Shown),
        1 => Just(Input::Hidden),
        1 => Just(Input::RetryAsked),
        1 => Just(Input::TokenChanged),
    ]
}

fn any_wait() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..500, 0_u64..6_000, 0_u64..40_000, 0_u64..120_000]
}

/// A few inputs in a row that belong together, so that long lives and long outages occur at all.
fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let repeated = |times: u64, wait: u64, random: f64, inputs: &[Input]| {
        let round = inputs.iter().cloned().enumerate();
        let round: Vec<_> = round.map(|(n, input)| (if n == 0 { wait } else { 0 }, random, input)).collect();
        (0..times).flat_map(|_| round.clone()).collect::<Vec<_>>()
    };
    prop_oneof![
        6 => (any_wait(), 0.0..=1.0_f64, any_input()).prop_map(|step| vec![step]),
        1 => (1_u64..8, 0.0..=1.0_f64).prop_map(move |(times, random)| {
            repeated(times, 15_000, random, &[heartbeat(0), Input::Tick])
        }),
        1 => (1_u64..50, 0.0..=1.0_f64).prop_map(move |(times, random)| {
            repeated(times, 1_000, random, &[Input::Tick])
        }),
        1 => (1_u64..8, 0.0..=1.0_f64).prop_map(move |(times, random)| {
            repeated(times, 31_000, random, &[Input::Tick, ended()])
        }),
    ]
}

/// The rules once more, from the outside: from inputs and actions alone.
struct Account {
    timing: Timing,
    now: u64,
    connected_ms: u64,
    /// The server's answer, its heartbeats, and whether a minute has been stable.
    open: Option<(u64, bool, bool)>,
    under_way: bool,
    heard_ms: u64,
    first_delay_ms: u64,
    /// The least that the first delay was since the last try.
    least_delay_ms: u64,
    tries: u32,
    failures: u32,
    overflowed: bool,
    /// Since when the browser says, uncontradicted, that there is no network.
    offline_ms: Option<u64>,
    needs_no_network: bool,
}

impl Account {
    fn new(needs_no_network: bool) -> Self {
        let timing = Timing::default();
        Self {
            timing,
            now: START,
            connected_ms: START,
            open: None,
            under_way: true,
            heard_ms: START,
            first_delay_ms: timing.first_delay_ms,
            least_delay_ms: timing.first_delay_ms,
            tries: 0,
            failures: 0,
            overflowed: false,
            offline_ms: None,
            needs_no_network,
        }
    }

    fn patience(&self) -> Patience {
        if self.open.is_some_and(|(_, beats, _)| beats) { self.timing.beating } else { self.timing.beatless }
    }

    fn silent_ms(&self) -> u64 {
        self.now - self.heard_ms
    }

    /// Whether who looks at the page finds a connection that must be dead.
    fn slept(&self) -> bool {
        match self.open {
            Some(_) => self.silent_ms() >= self.patience().silence_ms,
            None if self.under_way => {
                self.now - self.heard_ms.max(self.connected_ms) >= self.timing.answer_ms
            }
            None => self.silent_ms() >= self.timing.beating.silence_ms,
        }
    }

    fn breaker(&self) -> Breaker {
        match (self.failures >= 5, self.under_way) {
            (false, _) => Breaker::Closed,
            (true, true) => Breaker::HalfOpen,
            (true, false) => Breaker::Open,
        }
    }

    fn start_over(&mut self) {
        (self.tries, self.failures, self.overflowed) = (0, 0, false);
    }

    /// Time passes, which may make a minute stable.
    fn wait(&mut self, wait_ms: u64) {
        self.now += wait_ms;
        let fresh = self.silent_ms() < self.patience().stale_ms;
        if let Some((opened_ms, _, stable)) = &mut self.open
            && self.now - *opened_ms >= 60_000
            && fresh
            && !*stable
        {
            *stable = true;
            self.start_over();
        }
    }

    /// The connection ends: the link must wait for `low..=high` milliseconds; `None` where it must not wait at all.
    fn lose(&mut self, overflow: bool, silence: bool) -> Option<(u64, u64)> {
        let stable = self.open.is_some_and(|(_, _, stable)| stable);
        let quiet = silence && self.open.is_some_and(|(_, beats, stable)| !beats && !stable);
        self.tries = if quiet { 1 } else { self.tries + 1 };
        self.failures += u32::from(!stable && !quiet);
        self.close();
        let at_once = overflow && !self.overflowed && self.failures < 5;
        self.overflowed |= overflow;
        if self.offline_ms.is_some() {
            return Some((0, u64::MAX));
        }
        let doubled = self.first_delay_ms.saturating_mul(2_u64.saturating_pow(self.tries - 1)).min(30_000);
        let backoff = if self.failures >= 5 { 30_000 } else { doubled };
        (!at_once).then_some((backoff / 2, backoff))
    }

    fn close(&mut self) {
        self.open = None;
        self.under_way = false;
    }

    fn hear(&mut self, input: &Input, status: &Status) {
        self.take(input, status);
        self.offline_ms = self.offline_ms.filter(|since_ms| self.heard_ms <= since_ms + 1_000);
    }

    fn take(&mut self, input: &Input, status: &Status) {
        match input {
            Input::WentOffline if !self.needs_no_network => {
                let waits = matches!(status, Status::Unauthorized { .. } | Status::Offline { .. });
                self.offline_ms = self.offline_ms.or((!waits).then_some(self.now));
            }
            Input::WentOnline => self.offline_ms = None,
            Input::Opened if self.under_way && self.open.is_none() => {
                self.open = Some((self.now, false, false));
                self.heard_ms = self.now;
            }
            Input::Bytes | Input::Event { .. } | Input::Reset { .. } => self.heard_ms = self.now,
            Input::Heartbeat { .. } => {
                self.heard_ms = self.now;
                if let Some((_, beats, _)) = &mut self.open {
                    *beats = true;
                }
            }
            Input::Retry { delay_ms } => {
                self.heard_ms = self.now;
                self.first_delay_ms = (*delay_ms).clamp(100, 30_000);
                self.least_delay_ms = self.least_delay_ms.min(self.first_delay_ms);
            }
            Input::TokenChanged => self.start_over(),
            _ => {}
        }
    }
}

fn delay_of(link: &Link, now: u64) -> Option<u64> {
    match link.status() {
        Status::Reconnecting { next_at_ms, .. } => Some(next_at_ms.saturating_sub(now)),
        _ => None,
    }
}

/// Takes one step and compares.
fn step(link: &mut Link, account: &mut Account, (wait, random, input): Step) -> Result<(), TestCaseError> {
    account.wait(wait);
    let now = account.now;
    let asked = matches!(input, Input::RetryAsked | Input::TokenChanged);
    let overflow = input == overflow();
    let slept = input == Input::Shown && account.slept();
    let was_under_way = account.under_way;
    let waits_for = link.status().clone();
    let had_stream = account.open.is_some();
    let was_offline = account.offline_ms.is_some();
    account.hear(&input, &waits_for);
    let action = link.handle(now, random, input.clone());
    if input == Input::WentOffline && (had_stream || account.needs_no_network) {
        prop_assert_eq!(action, Action::None, "the browser's word drops a stream that may work");
    }
    let is_renewed = input == Input::WentOnline && was_offline;

    let was_lost = matches!(input, Input::Lost { .. });
    let gave_up = input == Input::Tick && action == Action::Disconnect;
    let mut at_once = false;
    if was_under_way && (was_lost || gave_up || (slept && action == Action::Connect)) {
        let delay = account.lose(overflow, !was_lost);
        at_once = delay.is_none();
        prop_assert_eq!(at_once, action == Action::Connect && overflow);
        if account.offline_ms.is_some() {
            prop_assert!(matches!(link.status(), Status::Offline { .. }), "it tries without a network");
        } else if let (Some((low, high)), false) = (delay, slept) {
            let waits = delay_of(link, now);
            prop_assert!(
                waits.is_some_and(|waits| (low..=high).contains(&waits)),
                "{waits:?} in {low}..={high}"
            );
        }
    }
    if action == Action::Disconnect {
        account.close();
    }
    if action == Action::Connect {
        let network = input == Input::WentOnline;
        let is_wanted = match waits_for {
            Status::Unauthorized { .. } => asked,
            Status::Offline { .. } => asked || network,
            _ => true,
        };
        prop_assert!(is_wanted, "{input:?} is not what it waits for");
        let is_instead = asked || at_once || slept || is_renewed;
        prop_assert!(!was_under_way || is_instead, "two tries at once after {input:?}");
        let apart = now - account.connected_ms;
        prop_assert!(
            asked || at_once || slept || apart >= account.least_delay_ms / 2,
            "{apart} ms after the try before, which is too soon"
        );
        (account.under_way, account.open, account.offline_ms) = (true, None, None);
        (account.connected_ms, account.least_delay_ms) = (now, account.first_delay_ms);
    }
    let had_trouble = matches!(
        waits_for,
        Status::Reconnecting { .. }
            | Status::Stale { .. }
            | Status::Offline { .. }
            | Status::Unauthorized { .. }
    );
    prop_assert!(
        !had_trouble || *link.status() != Status::Connecting,
        "a try alone hides that {waits_for:?} is not mended"
    );
    compare(link, account)
}

fn compare(link: &Link, account: &Account) -> Result<(), TestCaseError> {
    let status = link.status();
    prop_assert_eq!(link.breaker(), account.breaker(), "{:?}", status);
    if let Status::Reconnecting { breaker, next_at_ms, attempt, .. } = status {
        prop_assert_eq!(*breaker, account.breaker());
        prop_assert!(*next_at_ms <= account.now + 30_000 && *attempt >= 1);
    }
    let is_fresh = account.silent_ms() < account.patience().stale_ms;
    if status.is_live() {
        prop_assert!(account.open.is_some(), "live without a connection");
        prop_assert!(is_fresh, "live after {} ms of silence", account.silent_ms());
    }
    let (is_open, is_offline) = (account.open.is_some(), account.offline_ms.is_some());
    prop_assert_eq!(matches!(status, Status::Stale { .. }), is_open && !is_fresh && !is_offline);
    if is_open {
        prop_assert_eq!(matches!(status, Status::Offline { .. }), is_offline);
    }
    let says_offline = matches!(status, Status::Offline { .. });
    prop_assert!(!(account.needs_no_network && says_offline), "a server on this computer is never offline");
    prop_assert!(link.gaps().len() <= GAPS_KEPT && link.gap_count() >= link.gaps().len() as u64);
    Ok(())
}

/// Lets an hour pass in which nothing happens at all, and says whether the link tried.
fn tries_within_an_hour(link: &mut Link, now: u64) -> bool {
    (1..=3_600).any(|second| link.handle(now + second * 1_000, 0.5, Input::Tick) == Action::Connect)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_rules_hold_for_all_inputs_at_all_times(
        steps in prop::collection::vec(any_steps(), 0..40),
        needs_no_network in any::<bool>(),
    ) {
        let (mut link, mut account) = (link(), Account::new(needs_no_network));
        if needs_no_network {
            link.needs_no_network();
        }
        for each in steps.into_iter().flatten() {
            let described = format!("{each:?}");
            if let Err(error) = step(&mut link, &mut account, each) {
                return Err(TestCaseError::fail(format!("{error} at {described}: {link:?}")));
            }
        }
        let waits = matches!(link.status(), Status::Unauthorized { .. } | Status::Offline { .. });
        prop_assert_eq!(tries_within_an_hour(&mut link, account.now), !waits, "{:?}", link.status());
        if waits {
            prop_assert_eq!(link.handle(account.now + 3_600_000, 0.5, Input::RetryAsked), Action::Connect);
        }
    }
}
