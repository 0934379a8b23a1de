//! What a scenario does to the market, the bot and the files at a moment: a pure function of the time since the start.

use super::args::Scenario;

/// Length of one round of every scenario, seconds.
const CYCLE_S: f64 = 180.0;

/// The scenarios that `Mixed` goes through.
const ROUND: [Scenario; 6] = [
    Scenario::LatencySpike,
    Scenario::DenyStorm,
    Scenario::BreakerTrip,
    Scenario::Rotation,
    Scenario::CorruptLines,
    Scenario::Calm,
];

/// State of the circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Breaker {
    #[default]
    Closed,
    Open,
    HalfOpen,
}

impl Breaker {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Open => "OPEN",
            Self::HalfOpen => "HALF_OPEN",
        }
    }

    /// The number that the exchange adapter reports: 0 closed, 1 half-open, 2 open.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
        }
    }
}

/// What happens to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    Sound,
    /// They rotate at the small size.
    Rotating,
    /// Lines get damaged.
    Corrupted,
}

/// What holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Conditions {
    /// Share of intents that a gate denies.
    pub(super) deny_share: f64,
    /// Whether a storm shifts the denials towards the guards.
    pub(super) storm: bool,
    /// Factor on decision and acknowledgement latency.
    pub(super) latency_factor: f64,
    /// Factor on the number of intents.
    pub(super) intensity: f64,
    /// Share of submitted orders that the exchange rejects.
    pub(super) reject_share: f64,
    /// Share of queries that fail.
    pub(super) error_share: f64,
    pub(super) breaker: Breaker,
    /// Whether trading is halted by the escalation.
    pub(super) halted: bool,
    pub(super) files: Files,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            deny_share: 0.35,
            storm: false,
            latency_factor: 1.0,
            intensity: 1.0,
            reject_share: 0.015,
            error_share: 0.004,
            breaker: Breaker::Closed,
            halted: false,
            files: Files::Sound,
        }
    }
}

impl Conditions {
    /// What `scenario` brings `elapsed_s` seconds after the start.
    pub(super) fn at(scenario: Scenario, elapsed_s: f64) -> Self {
        let mut rest = elapsed_s.max(0.0);
        let scenario = match scenario {
            Scenario::Mixed => {
                rest = libm::fmod(rest, CYCLE_S * ROUND.len() as f64);
                let ends = (1_u8..).map(|n| f64::from(n) * CYCLE_S);
                ROUND
                    .into_iter()
                    .zip(ends)
                    .find(|(_, end)| rest < *end)
                    .map_or(Scenario::Calm, |(now, _)| now)
            }
            one => one,
        };
        Self::within(scenario, libm::fmod(rest, CYCLE_S))
    }

    fn within(scenario: Scenario, second: f64) -> Self {
        let calm = Self::default();
        let eventful = (30.0..90.0).contains(&second);
        match scenario {
            Scenario::LatencySpike if eventful => Self { latency_factor: 8.0, ..calm },
            Scenario::DenyStorm if eventful => {
                let burst = libm::fmod(second, 10.0) < 5.0;
                Self { deny_share: 0.85, storm: true, intensity: if burst { 2.2 } else { 0.6 }, ..calm }
            }
            Scenario::BreakerTrip => Self::breaker_trip(second),
            Scenario::Rotation => Self { files: Files::Rotating, ..calm },
            Scenario::CorruptLines => Self { files: Files::Corrupted, ..calm },
            _ => calm,
        }
    }

    /// Errors rise at 30 s; open from 45 s for 40 s, half-open for 10 s.
    fn breaker_trip(second: f64) -> Self {
        let calm = Self::default();
        let failing = Self { reject_share: 0.45, error_share: 0.35, latency_factor: 2.5, ..calm };
        match second {
            30.0..45.0 => failing,
            45.0..85.0 => Self { breaker: Breaker::Open, halted: second >= 50.0, deny_share: 1.0, ..failing },
            85.0..95.0 => Self { breaker: Breaker::HalfOpen, deny_share: 0.7, reject_share: 0.05, ..calm },
            _ => calm,
        }
    }
}
