//! Facts about the session as a whole: how much was read, from when to when, and what was not understood.

use crate::{
    code::Code,
    detail::Detail,
    event::{Event, Source},
    maps::ByName,
    parts::parts,
    time::Ts,
};

/// The code of an object that names none.
pub const UNCODED: &str = "uncoded";

/// Counts and times of everything that was applied.
#[derive(Clone, Debug, Default)]
pub struct Session {
    events: u64,
    first: Option<Ts>,
    last: Option<Ts>,
    skewed: u64,
    uncoded: u64,
    unknown: ByName<u64>,
    unknown_total: u64,
    rejected: u64,
    summarised: bool,
}

parts!(Session {
    events,
    first,
    last,
    skewed,
    uncoded,
    unknown: within(Session::UNKNOWN_LIMIT),
    unknown_total,
    rejected,
    summarised,
});

impl Session {
    /// How many different unknown codes are named.
    pub const UNKNOWN_LIMIT: usize = 256;

    pub(crate) fn apply(&mut self, event: &Event<'_>, skewed: bool) {
        self.events += 1;
        self.skewed += u64::from(skewed);
        if let Some(ts) = event.ts.filter(|_| !skewed) {
            self.first = Some(self.first.map_or(ts, |first| first.min(ts)));
            self.last = Some(self.last.map_or(ts, |last| last.max(ts)));
        }
        self.summarised |= event.code == Code::SummaryGenerated;
        if event.source != Source::Events {
            return; // Lines of the order logs have no code: the file says what they are.
        }
        if event.code_text == UNCODED {
            self.uncoded += 1;
        } else if !is_read(event) {
            self.count_unknown(&event.code_text);
        }
    }

    fn count_unknown(&mut self, code: &str) {
        self.unknown_total += 1;
        if let Some(count) = self.unknown.get_mut(code) {
            *count += 1;
        } else if self.unknown.len() < Self::UNKNOWN_LIMIT {
            self.unknown.insert(code.into(), 1);
        }
    }

    pub(crate) fn reject(&mut self) {
        self.rejected += 1;
    }

    /// Events applied.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The earliest time that an event gave which was not [skewed](Self::skewed).
    pub fn first(&self) -> Option<Ts> {
        self.first
    }

    /// The latest time that an event gave which was not [skewed](Self::skewed).
    pub fn last(&self) -> Option<Ts> {
        self.last
    }

    /// Events that were more than five seconds ahead of the feed's time, and were counted at that time.
    pub fn skewed(&self) -> u64 {
        self.skewed
    }

    /// Objects without any code in the event log.
    pub fn uncoded(&self) -> u64 {
        self.uncoded
    }

    /// Lines that could not be read.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Events with a code that feeds no figure, and events of a known family that tell nothing of its kind, such as
    /// a circuit breaker's without a state that can be read.
    pub fn unknown_total(&self) -> u64 {
        self.unknown_total
    }

    /// Those codes with their counts, most frequent first; beyond [`Session::UNKNOWN_LIMIT`] only the total grows.
    pub fn unknown_codes(&self) -> Vec<(String, u64)> {
        let mut codes: Vec<_> = self.unknown.iter().map(|(code, count)| (code.to_string(), *count)).collect();
        crate::sorting::by(&mut codes, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        codes
    }

    /// Whether the bot has written its closing summary.
    pub fn summarised(&self) -> bool {
        self.summarised
    }
}

/// Whether some figure reads `event`: its code is one of its own, or it tells what the codes of its family tell.
pub(crate) fn is_read(event: &Event<'_>) -> bool {
    match event.code {
        Code::Other => false,
        Code::Breaker => event.breaker.is_some(),
        Code::Route => event.route.is_some(),
        Code::SprtUpdate => event.numbers.llr.is_some() || event.numbers.samples.is_some(),
        Code::Cvar => matches!(event.detail, Detail::Risk(gauges) if gauges.iter().any(Option::is_some)),
        Code::AlphaScore => matches!(event.detail, Detail::Alpha { score: Some(_) }),
        Code::Aurora => {
            event.armed.is_some() || event.halted.is_some() || event.numbers.cooloff_until.is_some()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BreakerState, Shape};

    fn check(event: &Event<'_>, unknown: &[&str]) {
        let mut session = Session::default();
        session.apply(event, false);
        let names: Vec<String> = session.unknown_codes().into_iter().map(|(code, _)| code).collect();
        assert_eq!(names, unknown, "{}", event.code_text);
        assert_eq!(session.unknown_total(), unknown.len() as u64);
    }

    fn log(text: &str) -> Event<'_> {
        Event::bare(Source::Events, Shape::Canonical, Code::read(text), text)
    }

    #[test]
    fn a_code_that_no_figure_reads_is_named() {
        for text in
            ["CVAR.BREACH", "RISK.LIMIT", "GOVERNANCE.BUDGET", "DIAG.X", "WS.DISCONNECT", "AURORA.PANIC"]
        {
            check(&log(text), &[text]);
        }
        for text in ["CVAR.GATE", "AURORA.DISARM", "OPS.RESET", "IDEM.HIT", UNCODED] {
            check(&log(text), &[]);
        }
    }

    #[test]
    fn a_family_that_tells_nothing_of_its_kind_is_named() {
        for text in ["CIRCUIT_BREAKER.STATE", "ROUTE.SELECTED", "GOVERNANCE.SPRT.UPDATE", "GOVERNANCE.ALPHA"]
        {
            check(&log(text), &[text]);
        }
        check(&Event { breaker: Some(BreakerState::Open), ..log("CIRCUIT_BREAKER.TRIP") }, &[]);
        check(&Event { route: Some(crate::Route::Maker), ..log("ROUTE.SELECTED") }, &[]);
        check(&Event { halted: Some(true), ..log("AURORA.PANIC") }, &[]);
        check(&Event { detail: Detail::Alpha { score: Some(0.5) }, ..log("GOVERNANCE.ALPHA") }, &[]);
    }
}
