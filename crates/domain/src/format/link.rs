//! Owns the words for the state of the link: what happened, what is being done, what the reader can do.
//!
//! Invariants: [`words`] depends on the status alone, so a screen reader is not told anew every second;
//! everything that counts down is in [`timing`].

use super::{age, clock, count};
use crate::link::{Breaker, Cause, Gap, Status, UNSENDABLE_TOKEN};
use crate::time::Ts;

/// What the reader can do about the state of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Try again now instead of waiting.
    Retry,
    /// Open the settings and enter a token.
    EnterToken,
}

/// What is said about a link that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// True where figures are frozen; false where the link works and only the bot is silent.
    pub urgent: bool,
    /// What happened, in a few words.
    pub title: String,
    /// What that means and what to do.
    pub sentence: String,
    /// What the button beside it does.
    pub action: Option<Action>,
}

/// The state's name as the page's markup carries it.
pub const fn key(status: &Status) -> &'static str {
    match status {
        Status::Connecting => "connecting",
        Status::CatchingUp { .. } => "catching-up",
        Status::Live => "live",
        Status::Silent { .. } => "silent",
        Status::Stale { .. } => "stale",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Unauthorized { .. } => "unauthorized",
        Status::Offline { .. } => "offline",
    }
}

/// The state in a word or two, for a chip.
pub fn label(status: &Status) -> String {
    match status {
        Status::Connecting => "Connecting".to_owned(),
        Status::CatchingUp { remaining } => format!("{} behind", count(*remaining)),
        Status::Live => "Live".to_owned(),
        Status::Silent { .. } => "Silent".to_owned(),
        Status::Stale { .. } => "Stale".to_owned(),
        Status::Reconnecting { .. } => "Reconnecting".to_owned(),
        Status::Unauthorized { .. } => "Token needed".to_owned(),
        Status::Offline { .. } => "Offline".to_owned(),
    }
}

const RARELY: &str = " It failed several times in a row, so the page now tries only every half minute.";

/// What to say about the link; nothing while it connects, catches up or is live.
pub fn words(status: &Status) -> Option<Words> {
    match status {
        Status::Connecting | Status::CatchingUp { .. } | Status::Live => None,
        Status::Silent { .. } => Some(Words {
            urgent: false,
            title: "The bot is silent".to_owned(),
            sentence: "The feed is alive, but no new event has been logged. \
                       If the bot should be trading, check that its process runs and writes to the session directory."
                .to_owned(),
            action: None,
        }),
        Status::Stale { .. } => Some(Words {
            urgent: true,
            title: "Nothing arrives from the feed".to_owned(),
            sentence: "The connection is open, but not even a heartbeat comes through, so figures may be old. \
                       If that stays so, the page opens a new connection by itself."
                .to_owned(),
            action: Some(Action::Retry),
        }),
        Status::Reconnecting { cause, breaker, resumes, .. } => {
            let (title, mut sentence) = reconnecting(cause, *resumes);
            // The same while a probe waits and while it runs: a screen reader is told once.
            if *breaker != Breaker::Closed {
                sentence.push_str(RARELY);
            }
            Some(Words { urgent: true, title, sentence, action: Some(Action::Retry) })
        }
        Status::Unauthorized { message, .. } => Some(Words {
            urgent: true,
            title: "The feed asks for a token".to_owned(),
            sentence: unauthorized(message),
            action: Some(Action::EnterToken),
        }),
        Status::Offline { .. } => Some(Words {
            urgent: true,
            title: "This computer is offline".to_owned(),
            sentence: "The browser reports no network. The stream resumes where it stopped as soon as there is one."
                .to_owned(),
            action: Some(Action::Retry),
        }),
    }
}

/// Since when and, where one is planned, when the next attempt is. Times of day are UTC.
pub fn timing(status: &Status, now_ms: u64) -> String {
    match status {
        Status::Connecting | Status::CatchingUp { .. } | Status::Live => String::new(),
        Status::Silent { since_ms }
        | Status::Stale { since_ms }
        | Status::Unauthorized { since_ms, .. }
        | Status::Offline { since_ms } => since(*since_ms, now_ms),
        Status::Reconnecting { attempt, next_at_ms, since_ms, .. } => {
            let left_ms = next_at_ms.saturating_sub(now_ms);
            let next = if left_ms == 0 {
                format!("Trying now (attempt {attempt})")
            } else {
                format!("Next attempt in {} (attempt {attempt})", age(left_ms.div_ceil(1_000)))
            };
            format!("{next} · {}", since(*since_ms, now_ms))
        }
    }
}

/// What to say about events that can no longer be had, `total` times in all; nothing where none are missing. `gaps` are
/// the newest of them, oldest first. Times of day are UTC.
pub fn missing(gaps: &[Gap], total: u64) -> Option<Words> {
    let newest = gaps.last()?;
    let before = match total.saturating_sub(1) {
        0 => String::new(),
        1 => " It happened once before since the page was opened.".to_owned(),
        times => format!(" It happened {} times before since the page was opened.", count(times)),
    };
    Some(Words {
        urgent: false,
        title: "Some events are missing".to_owned(),
        sentence: format!(
            "Between {} and {} UTC the page missed events that the feed no longer has (ids {} to {}): \
             figures over that time lack them.{before}",
            time_of_day(newest.since_ms),
            time_of_day(newest.until_ms),
            newest.from,
            newest.to,
        ),
        action: None,
    })
}

fn time_of_day(at_ms: u64) -> String {
    clock(Ts::from_millis(i64::try_from(at_ms).unwrap_or(i64::MAX)), 0)
}

fn since(since_ms: u64, now_ms: u64) -> String {
    format!("since {} UTC ({})", time_of_day(since_ms), age(now_ms.saturating_sub(since_ms) / 1_000))
}

fn unauthorized(message: &str) -> String {
    match message.trim().trim_end_matches('.') {
        "" => "Enter the token that aurora-feed was started with; nothing is tried until then.".to_owned(),
        UNSENDABLE_TOKEN => {
            "The one that was entered has letters that no request can carry, so it was not sent. \
             Enter the token that aurora-feed was started with."
                .to_owned()
        }
        reason => format!("It answered: {reason}. Enter the token that aurora-feed was started with."),
    }
}

const RESUMES: &str = "The page resumes after the last event it has; none is lost.";
const READS_AGAIN: &str = "There is no id to resume after, so the page reads again all that the server has.";

fn reconnecting(cause: &Cause, resumes: bool) -> (String, String) {
    let next = if resumes { RESUMES } else { READS_AGAIN };
    let (title, sentence) = match cause {
        Cause::Unreachable => (
            "The feed cannot be reached".to_owned(),
            "No answer from the stream URL. Check that aurora-feed runs and that this computer reaches it."
                .to_owned(),
        ),
        Cause::Ended => (
            "The feed ended the stream".to_owned(),
            format!("Usually it is restarting. {next}"),
        ),
        Cause::Offline => ("There was no network".to_owned(), format!("The page opens the stream again. {next}")),
        Cause::HttpStatus { code } => (format!("The feed answers with HTTP {code}"), http(*code).to_owned()),
        Cause::NotAnEventStream { content_type } => {
            ("The stream URL is not an event stream".to_owned(), not_an_event_stream(content_type))
        }
        Cause::Redirected => (
            "The stream URL redirects elsewhere".to_owned(),
            "With a token the page follows no redirect, for that would hand the token to whatever it points to. \
             Point sse_url in config.json, or AURORA_SSE_URL, straight at the stream's own address: \
             often https instead of http, or a slash more or less at its end."
                .to_owned(),
        ),
        Cause::Silence { seconds } => (
            format!("Nothing arrived for {}", age(u64::from(*seconds))),
            "Not even a heartbeat, so the connection is taken for dead and opened anew.".to_owned(),
        ),
        Cause::Overflow => (
            "More arrived than the page can take in".to_owned(),
            format!(
                "It closed the stream itself. {next} \
                 If this comes back, this computer is too busy for the feed's pace: close other tabs."
            ),
        ),
    };
    (title, sentence)
}

const fn http(code: u16) -> &'static str {
    match code {
        502..=504 => "The proxy is up, the feed behind it is not. Check that aurora-feed runs.",
        401 => "It asked for a token. The page tries again with the one that it has now.",
        403 => {
            "It does not answer under this name or through this proxy, or a proxy lets this computer not in: see their logs. Pass --allow-host or --trusted-proxy, or set a token."
        }
        404 => "There is no stream at this address. Check AURORA_SSE_URL, or the proxy's /sse.",
        429 => "Too many connections or attempts from this address. The page keeps trying, more slowly.",
        _ => "Check the feed's log and the proxy in front of it.",
    }
}

fn not_an_event_stream(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let what = match kind {
        "" => "something without a content type".to_owned(),
        "text/html" => "a web page (text/html)".to_owned(),
        other => other.to_owned(),
    };
    format!("It answers with {what} instead of text/event-stream: check AURORA_SSE_URL, or the proxy's /sse.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: u64 = 1_795_284_207_000;

    fn broken(cause: Cause) -> Status {
        shut(cause, Breaker::Closed)
    }

    fn shut(cause: Cause, breaker: Breaker) -> Status {
        let next_at_ms = SINCE + 12_000;
        Status::Reconnecting { attempt: 3, next_at_ms, since_ms: SINCE, cause, breaker, resumes: true }
    }

    #[track_caller]
    fn check(status: &Status, expected: &str) {
        let shown =
            words(status).map(|words| format!("{} | {}", words.title, words.sentence)).unwrap_or_default();
        assert!(shown.contains(expected), "{shown:?} should contain {expected:?}");
    }

    #[test]
    fn a_working_link_says_nothing() {
        for status in [Status::Connecting, Status::CatchingUp { remaining: 7 }, Status::Live] {
            assert_eq!(words(&status), None);
            assert_eq!(timing(&status, SINCE), "");
        }
    }

    #[test]
    fn each_cause_says_what_to_check() {
        check(&broken(Cause::Unreachable), "aurora-feed runs");
        check(&broken(Cause::Ended), "none is lost");
        check(&broken(Cause::HttpStatus { code: 502 }), "HTTP 502 | The proxy is up");
        check(&broken(Cause::HttpStatus { code: 404 }), "AURORA_SSE_URL");
        check(&broken(Cause::Silence { seconds: 38 }), "Nothing arrived for 38 s");
        check(
            &broken(Cause::Overflow),
            "the page can take in | It closed the stream itself. The page resumes",
        );
        check(&broken(Cause::Offline), "There was no network | The page opens the stream again");
        check(&broken(Cause::HttpStatus { code: 401 }), "tries again with the one that it has now");
        check(&broken(Cause::HttpStatus { code: 403 }), "a proxy");
        let html = Cause::NotAnEventStream { content_type: "text/html; charset=utf-8".to_owned() };
        check(&broken(Cause::Redirected), "The stream URL redirects elsewhere | With a token");
        check(&broken(Cause::Redirected), "sse_url in config.json, or AURORA_SSE_URL, straight at");
        check(&broken(html), "a web page (text/html) instead of text/event-stream: check AURORA_SSE_URL");
    }

    #[test]
    fn nothing_is_promised_of_a_stream_that_cannot_go_on_where_it_was() {
        for cause in [Cause::Ended, Cause::Overflow, Cause::Offline] {
            let mut status = broken(cause);
            if let Status::Reconnecting { resumes, .. } = &mut status {
                *resumes = false;
            }
            check(&status, "reads again all that the server has");
            let sentence = words(&status).map(|words| words.sentence).unwrap_or_default();
            assert!(!sentence.contains("none is lost") && !sentence.contains("resumes"), "{sentence}");
        }
    }

    #[test]
    fn rare_tries_are_said_in_plain_words_and_once() {
        check(&shut(Cause::Unreachable, Breaker::Open), "tries only every half minute");
        let [closed, open, half_open] = [Breaker::Closed, Breaker::Open, Breaker::HalfOpen]
            .map(|breaker| words(&shut(Cause::Unreachable, breaker)));
        assert_ne!(closed, open);
        assert_eq!(open, half_open, "a probe is no news");
    }

    #[test]
    fn a_stale_link_is_an_alarm_that_says_since_when() {
        let stale = Status::Stale { since_ms: SINCE };
        check(&stale, "Nothing arrives from the feed | The connection is open");
        let said = words(&stale).map(|words| (words.urgent, words.action));
        assert_eq!(said, Some((true, Some(Action::Retry))));
        assert_eq!(timing(&stale, SINCE + 25_000), "since 18:03:27 UTC (25 s)");
        assert_eq!((key(&stale), label(&stale).as_str()), ("stale", "Stale"));
    }

    #[test]
    fn a_gap_says_what_is_missing_and_how_often() {
        let gap = Gap { from: 12, to: 40, since_ms: SINCE, until_ms: SINCE + 90_000 };
        let sentence = |count| missing(&[gap], count).map(|words| words.sentence).unwrap_or_default();
        assert_eq!(missing(&[], 0), None);
        assert!(
            sentence(1).starts_with("Between 18:03:27 and 18:04:57 UTC the page missed events"),
            "{}",
            sentence(1)
        );
        assert!(
            sentence(1).ends_with("(ids 12 to 40): figures over that time lack them."),
            "{}",
            sentence(1)
        );
        assert!(sentence(2).ends_with("once before since the page was opened."), "{}", sentence(2));
        assert!(
            sentence(1_500).ends_with("1,499 times before since the page was opened."),
            "{}",
            sentence(1_500)
        );
        assert_eq!(missing(&[gap], 1).map(|words| words.urgent), Some(false));
    }

    #[test]
    fn the_servers_reason_is_passed_on() {
        let status = Status::Unauthorized { since_ms: SINCE, message: "token is wrong.".to_owned() };
        check(&status, "It answered: token is wrong. Enter");
        for (message, expected) in [("", "Enter the token"), (UNSENDABLE_TOKEN, "it was not sent. Enter")] {
            let status = Status::Unauthorized { since_ms: SINCE, message: message.to_owned() };
            check(&status, expected);
            let sentence = words(&status).map(|words| words.sentence).unwrap_or_default();
            assert!(!sentence.contains("answered"), "the server said nothing: {sentence}");
        }
    }

    #[test]
    fn silence_of_the_bot_is_not_an_alarm() {
        assert_eq!(words(&Status::Silent { since_ms: SINCE }).map(|words| words.urgent), Some(false));
        assert_eq!(words(&Status::Offline { since_ms: SINCE }).map(|words| words.urgent), Some(true));
    }

    #[test]
    fn the_countdown_rounds_up_and_ends_in_trying_now() {
        let status = broken(Cause::Ended);
        let at = |after_ms| timing(&status, SINCE + after_ms);
        assert_eq!(at(8_100), "Next attempt in 4 s (attempt 3) · since 18:03:27 UTC (8 s)");
        assert_eq!(at(12_000), "Trying now (attempt 3) · since 18:03:27 UTC (12 s)");
        assert_eq!(at(13_000), "Trying now (attempt 3) · since 18:03:27 UTC (13 s)");
    }
}
