//! The oracle: CONTRACT.md section 2 by brute force. It keeps every event for ever and counts anew for each figure.
//!
//! Where the contract is silent it follows docs/definitions.md and the documentation of the public types.

mod charts;
mod explanation;
mod fills;
mod funnel;
mod gauges;
mod latency;
mod orders;
mod routes;
mod trade;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use aurora_domain::{
    Code, Event, Side, Source, Span, Ts, detail::Detail, scope::SideKey, time::NANOS_PER_SECOND,
};

use crate::{
    figures::{Figures, SPANS},
    stream::Op,
};

/// An event with the time that it counts at.
pub(crate) struct Seen {
    pub(crate) event: Event<'static>,
    pub(crate) at: Ts,
    skewed: bool,
    scope: Scope,
}

/// What an event is about, as far as it or an earlier event of its order or intent names it.
#[derive(Clone, Copy, Default)]
struct Scope {
    symbol: Option<&'static str>,
    side: Option<Side>,
}

impl Scope {
    fn or(self, other: Scope) -> Scope {
        Scope { symbol: self.symbol.or(other.symbol), side: self.side.or(other.side) }
    }

    /// Whether one of `figures::FILTERS` lets it through.
    fn passes(self, (symbol, side): (Option<&str>, Option<SideKey>)) -> bool {
        let own = match self.side {
            Some(Side::Buy) => SideKey::Buy,
            Some(Side::Sell) => SideKey::Sell,
            None => SideKey::Unknown,
        };
        symbol.is_none_or(|symbol| symbol == self.symbol.unwrap_or("unknown"))
            && side.is_none_or(|side| side == own)
    }
}

/// An id within its run.
type Key = (Option<String>, String);

impl Seen {
    /// The order's id within its run.
    fn order(&self) -> Option<(Option<&str>, &str)> {
        Some((self.event.run_id.as_deref(), self.event.order_id.as_deref()?))
    }

    /// Whether it is of a family, and without what the codes of that family tell.
    fn tells_nothing(&self) -> bool {
        let Event { numbers, breaker, route, armed, halted, .. } = &self.event;
        match self.event.code {
            Code::Breaker => breaker.is_none(),
            Code::Route => route.is_none(),
            Code::SprtUpdate => (numbers.llr, numbers.samples) == (None, None),
            Code::Cvar => {
                matches!(self.event.detail, Detail::Risk([None, None, None, None, None, None, None]))
            }
            Code::AlphaScore => self.event.detail == Detail::Alpha { score: None },
            Code::Aurora => (*armed, *halted, numbers.cooloff_until) == (None, None, None),
            _ => false,
        }
    }

    /// The intent's id within its run.
    fn intent(&self) -> Option<(Option<&str>, &str)> {
        Some((self.event.run_id.as_deref(), self.event.intent_id.as_deref()?))
    }
}

/// Everything that happened.
pub(crate) struct Oracle {
    now: Ts,
    seen: Vec<Seen>,
    named: HashMap<Key, Scope>,
    /// The run that was named last.
    last_run: Option<String>,
    rejections: Vec<Ts>,
}

impl Oracle {
    pub(crate) fn new(now: Ts) -> Self {
        Self { now, seen: Vec::new(), named: HashMap::new(), last_run: None, rejections: Vec::new() }
    }

    pub(crate) fn take(&mut self, op: &Op) {
        match op {
            Op::Advance(to) => self.now = self.now.max(*to),
            Op::Reject => self.rejections.push(self.now),
            Op::Apply(event) => self.see(event.as_ref().clone()),
        }
    }

    fn see(&mut self, event: Event<'static>) {
        let ahead = event.ts.map_or(0, |ts| ts.0 - self.now.0);
        let skewed = ahead > 5 * NANOS_PER_SECOND;
        let at = event.ts.filter(|_| !skewed).unwrap_or(self.now);
        let scope = self.scope(&event);
        self.seen.push(Seen { event, at, skewed, scope });
    }

    /// What the event names, else what its order was last known by, else its intent; remembered for both.
    fn scope(&mut self, event: &Event<'static>) -> Scope {
        let symbol = match &event.symbol {
            Some(Cow::Borrowed(symbol)) => Some(*symbol),
            _ => None,
        };
        let mut scope = Scope { symbol, side: event.side };
        let run = event.run_id.as_ref().map(ToString::to_string);
        self.last_run = run.clone().or(self.last_run.take());
        let other = if run.is_some() { None } else { self.last_run.clone() };
        let named: Vec<String> =
            [&event.order_id, &event.intent_id].into_iter().flatten().map(ToString::to_string).collect();
        for id in &named {
            for run in [&run, &other] {
                scope = scope.or(self.named.get(&(run.clone(), id.clone())).copied().unwrap_or_default());
            }
        }
        let ids = named.into_iter().map(|id| (run.clone(), id));
        self.named.extend(ids.into_iter().map(|id| (id, scope)));
        scope
    }

    /// Whether the second of `at` lies in `span` now.
    fn within(&self, at: Ts, span: Span) -> bool {
        let end = self.now.second();
        match span {
            Span::Session => true,
            Span::Seconds(seconds) => {
                let begin = end - i64::from(seconds.min(900));
                begin < at.second() && at.second() <= end
            }
        }
    }

    /// First seconds of a chart's buckets: those of 1, 10 or 60 seconds are whole ones since the epoch, and any other
    /// begins with the widest of them that it is a multiple of.
    fn buckets(&self, back: i64, step: u32) -> Vec<i64> {
        let end = self.now.second();
        let whole = [60, 10, 1].into_iter().find(|whole| i64::from(step) % whole == 0).unwrap();
        let first = (end - back).div_euclid(whole) * whole;
        (first..=end).step_by(step as usize).collect()
    }

    /// Whether the second of `at` lies in the bucket, and not ahead of the windows' end.
    fn in_bucket(&self, at: Ts, first: i64, step: u32) -> bool {
        (first..first + i64::from(step)).contains(&at.second()) && at.second() <= self.now.second()
    }

    /// All judged figures, by the names of `figures::figures`.
    pub(crate) fn figures(&self) -> Figures {
        let mut all = Figures::new();
        for span in SPANS {
            let events = self.seen.iter().filter(|seen| self.within(seen.at, span)).count();
            all.push((format!("events.{span:?}"), events.to_string()));
        }
        self.order_figures(&mut all);
        self.latency_figures(&mut all);
        self.route_figures(&mut all);
        self.funnel_figures(&mut all);
        self.explanation_figures(&mut all);
        self.trade_figures(&mut all);
        self.gauge_figures(&mut all);
        self.session_figures(&mut all);
        all
    }

    fn session_figures(&self, all: &mut Figures) {
        let times = || self.seen.iter().filter(|seen| !seen.skewed).filter_map(|seen| seen.event.ts);
        let log = || self.seen.iter().filter(|seen| seen.event.source == Source::Events);
        let uncoded = log().filter(|seen| seen.event.code_text == "uncoded").count();
        let mut unknown: BTreeMap<&str, u64> = BTreeMap::new();
        let is_unread = |seen: &&Seen| {
            let unheard_of = ["DIAG.", "GOVERNANCE.BUDGET"];
            seen.tells_nothing() || unheard_of.iter().any(|start| seen.event.code_text.starts_with(start))
        };
        for seen in log().filter(is_unread) {
            *unknown.entry(&seen.event.code_text).or_default() += 1;
        }
        let mut unknown: Vec<_> = unknown.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
        unknown.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let unknown_total: u64 = unknown.iter().map(|(_, count)| count).sum();
        let summarised = self.seen.iter().any(|seen| seen.event.code == Code::SummaryGenerated);
        let mut add = |name: &str, value: String| all.push((format!("session.{name}"), value));
        add("now", self.now.0.to_string());
        add("events", self.seen.len().to_string());
        add("first", format!("{:?}", times().min()));
        add("last", format!("{:?}", times().max()));
        add("skewed", self.seen.iter().filter(|seen| seen.skewed).count().to_string());
        add("uncoded", uncoded.to_string());
        add("rejected", self.rejections.len().to_string());
        add("unknown", format!("{unknown_total} {unknown:?}"));
        add("summarised", summarised.to_string());
    }
}
