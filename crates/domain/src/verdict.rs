//! The one sentence at the top of the page: all well, or what is wrong.
//!
//! Ordered by what matters first: a figure that is not live cannot be well, then what stops trading, then what
//! slows it.

use crate::{BreakerState, LatencyKind, Outcome, Span, State, format, link::Status};

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Act.
    Bad,
    /// Cannot be judged.
    Unknown,
}

/// A judgement in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How good it is.
    pub tone: Tone,
    /// At most five words.
    pub headline: String,
    /// Why, and what to look at first.
    pub sentence: String,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The connection.
    pub link: &'a Status,
    /// The session ended long before the page was opened.
    pub recorded: bool,
    /// The feed waits for a session, in its own words.
    pub waiting: Option<&'a str>,
    /// The session.
    pub state: &'a State,
    /// Over which span rates and latencies are judged.
    pub span: Span,
    /// What it is judged against.
    pub thresholds: Thresholds,
}

/// What is judged against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Decision p90 above this many milliseconds is slow.
    pub decision_p90_ms: f64,
    /// A deny rate above this, from 0 to 1, is high.
    pub deny_rate: f64,
}

impl Default for Thresholds {
    /// Those of the go-live guide's alerts.
    fn default() -> Self {
        Self { decision_p90_ms: 50.0, deny_rate: 0.5 }
    }
}

/// Judges the session.
pub fn judge(facts: &Facts<'_>) -> Verdict {
    not_live(facts)
        .or_else(|| stopped(facts.state))
        .or_else(|| impaired(facts))
        .unwrap_or_else(|| well(facts))
}

fn verdict(tone: Tone, headline: &str, sentence: impl Into<String>) -> Verdict {
    Verdict { tone, headline: headline.to_owned(), sentence: sentence.into() }
}

fn not_live(facts: &Facts<'_>) -> Option<Verdict> {
    let last = facts.state.session().last();
    Some(match facts.link {
        Status::Connecting => verdict(Tone::Unknown, "Connecting", "The first figures are on their way."),
        Status::CatchingUp { .. } => {
            verdict(Tone::Unknown, "Catching up", "History is arriving; figures are not current yet.")
        }
        Status::Stale { .. } => frozen("The connection is open, but nothing arrives.", facts),
        Status::Reconnecting { .. } | Status::Offline { .. } | Status::Unauthorized { .. } => {
            frozen("No connection to the feed.", facts)
        }
        _ if facts.waiting.is_some() => {
            verdict(Tone::Unknown, "No session yet", facts.waiting.unwrap_or_default())
        }
        _ if facts.recorded => {
            let ended = format::or_no_data(last, format::date_time_utc);
            verdict(
                Tone::Unknown,
                "Recorded session",
                format!("Not live: figures are as of its last event, {ended}."),
            )
        }
        Status::Silent { .. } if facts.state.session().summarised() => {
            verdict(Tone::Unknown, "Session ended", "The bot has written its summary and stopped.")
        }
        Status::Silent { .. } => verdict(
            Tone::Warn,
            "The log is silent",
            "The feed is alive but the bot has written nothing for a minute or more. Is the bot running?",
        ),
        Status::Live => return None,
    })
}

/// Why figures stand still, and as of when.
fn frozen(why: &str, facts: &Facts<'_>) -> Verdict {
    let as_of = facts.state.session().last().map(|_| facts.state.now());
    let as_of = as_of.map(|now| format!(" Figures are as of {}.", format::date_time_utc(now)));
    verdict(Tone::Bad, "Not live", format!("{why}{}", as_of.unwrap_or_default()))
}

fn stopped(state: &State) -> Option<Verdict> {
    let protection = state.protection();
    if protection.halted == Some(true) {
        return Some(verdict(Tone::Bad, "Trading is halted", "The bot reported a halt and no resume since."));
    }
    match protection.breaker {
        Some((BreakerState::Open, since)) => Some(verdict(
            Tone::Bad,
            "Circuit breaker open",
            format!("No order passes since {}.", format::date_time_utc(since)),
        )),
        Some((BreakerState::HalfOpen, _)) => Some(verdict(
            Tone::Warn,
            "Circuit breaker half open",
            "A probe order decides whether trading resumes.",
        )),
        _ => None,
    }
}

fn impaired(facts: &Facts<'_>) -> Option<Verdict> {
    let decision = facts.state.latency().summary(LatencyKind::Decision, facts.span);
    if let Some(slow) = decision.filter(|summary| summary.p90_ms > facts.thresholds.decision_p90_ms) {
        let (p90, limit) = (format::millis(slow.p90_ms), format::millis(facts.thresholds.decision_p90_ms));
        return Some(verdict(Tone::Warn, "Decisions are slow", format!("p90 is {p90}, above {limit}.")));
    }
    let denied =
        facts.state.orders().deny_rate(facts.span).filter(|rate| *rate > facts.thresholds.deny_rate)?;
    let reasons = facts.state.orders().deny_reasons(facts.span);
    let most = reasons.first().map(|first| format!(" Most often: {}.", first.reason)).unwrap_or_default();
    Some(verdict(Tone::Warn, "Most orders are denied", format!("{} denied.{most}", format::percent(denied))))
}

fn well(facts: &Facts<'_>) -> Verdict {
    let outcomes = facts.state.orders().outcomes(facts.span);
    let submitted = outcomes.get(Outcome::Submitted);
    if facts.state.session().events() == 0 {
        return verdict(
            Tone::Unknown,
            "No events yet",
            "The feed is connected; the bot has written nothing.",
        );
    }
    let filled = facts.state.orders().fill_rate(facts.span);
    let filled = filled.map_or(String::new(), |rate| format!(", {} filled", format::percent(rate)));
    verdict(Tone::Good, "All well", format!("{} orders submitted{filled}.", format::count(submitted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Event, Shape, Source, Ts};

    const NOW: Ts = Ts(1_795_196_697_000_000_000);

    fn check(link: &Status, events: &[Event<'_>], tone: Tone, headline: &str) {
        let mut state = State::new(NOW);
        for event in events {
            state.apply(event);
        }
        let facts = Facts {
            link,
            recorded: false,
            waiting: None,
            state: &state,
            span: Span::MINUTE,
            thresholds: Thresholds::default(),
        };
        let judged = judge(&facts);
        assert_eq!((judged.tone, judged.headline.as_str()), (tone, headline), "{}", judged.sentence);
    }

    fn log(code: Code) -> Event<'static> {
        Event::bare(Source::Events, Shape::Canonical, code, "ORDER.X")
    }

    fn breaker(state: BreakerState) -> Event<'static> {
        Event { breaker: Some(state), ..log(Code::Breaker) }
    }

    #[test]
    fn a_calm_session_is_well() {
        check(&Status::Live, &[log(Code::Submit), log(Code::Fill)], Tone::Good, "All well");
    }

    #[test]
    fn a_broken_link_is_never_well() {
        let offline = Status::Offline { since_ms: 0 };
        check(&offline, &[log(Code::Submit)], Tone::Bad, "Not live");
        check(&Status::Stale { since_ms: 0 }, &[log(Code::Submit)], Tone::Bad, "Not live");
        check(&Status::CatchingUp { remaining: 5 }, &[log(Code::Submit)], Tone::Unknown, "Catching up");
    }

    #[test]
    fn what_stops_trading_comes_before_what_slows_it() {
        let mut slow = log(Code::RouterDecision);
        slow.numbers.latency_ms = Some(80.0);
        check(&Status::Live, &[slow.clone()], Tone::Warn, "Decisions are slow");
        check(&Status::Live, &[slow, breaker(BreakerState::Open)], Tone::Bad, "Circuit breaker open");
        let events = [breaker(BreakerState::Open), breaker(BreakerState::Closed), log(Code::Submit)];
        check(&Status::Live, &events, Tone::Good, "All well");
        check(&Status::Live, &[log(Code::Halt)], Tone::Bad, "Trading is halted");
    }

    #[test]
    fn denials_of_more_than_half_are_said() {
        let events = [log(Code::Submit), log(Code::OrderDeny), log(Code::OrderDeny)];
        check(&Status::Live, &events, Tone::Warn, "Most orders are denied");
    }

    #[test]
    fn silence_and_emptiness_are_not_all_well() {
        check(&Status::Silent { since_ms: 0 }, &[log(Code::Submit)], Tone::Warn, "The log is silent");
        check(&Status::Live, &[], Tone::Unknown, "No events yet");
    }
}
