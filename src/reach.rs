//! What figures reach over: a window that the core keeps, a longer stretch up to now, or any stretch of the past.
//!
//! Invariant: windows and the session are exact; other stretches are read from chart buckets, so what is older than
//! fifteen minutes is taken in whole minutes, which are rounded outwards.

use aurora_domain::{
    Buckets, DenyClass, Filter, LatencyKind, LatencySummary, Outcome, Outcomes, Span, State, Ts, format,
    orders::ratio, reason::ReasonCount, routes::Routes,
};

use crate::store::Slice;

/// How far back figures reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// A window, or the session.
    Span(Span),
    /// The last so many seconds, more than the windows hold: up to 86,400.
    Last(u32),
    /// From one second to before another, Unix time.
    Between { from: i64, to: i64 },
}

impl Reach {
    /// What the reader can choose with one press, and its label.
    pub(crate) const CHOICES: [(Reach, &str); 7] = [
        (Reach::Span(Span::MINUTE), "1 min"),
        (Reach::Span(Span::FIVE_MINUTES), "5 min"),
        (Reach::Span(Span::FIFTEEN_MINUTES), "15 min"),
        (Reach::Last(3_600), "1 h"),
        (Reach::Last(10_800), "3 h"),
        (Reach::Last(86_400), "24 h"),
        (Reach::Span(Span::Session), "Session"),
    ];

    /// The window that the core keeps for it; `None` where it has to be summed up.
    pub(crate) fn span(self) -> Option<Span> {
        match self {
            Reach::Span(span) => Some(span),
            Reach::Last(_) | Reach::Between { .. } => None,
        }
    }

    /// What figures over it are told of: windows with every frame; what has to be summed up, with charts and tables.
    pub(crate) fn slices(self) -> &'static [Slice] {
        if self.span().is_some() { &[Slice::Orders, Slice::Session] } else { &[Slice::Details] }
    }

    /// In the address: `300`, `session`, or `FROM-TO`.
    pub(crate) fn key(self) -> String {
        match self {
            Reach::Span(Span::Session) => "session".to_owned(),
            Reach::Span(Span::Seconds(seconds)) | Reach::Last(seconds) => seconds.to_string(),
            Reach::Between { from, to } => format!("{from}-{to}"),
        }
    }

    /// What [`Reach::key`] wrote; `None` for anything else.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        if key == "session" {
            return Some(Reach::Span(Span::Session));
        }
        if let Some((from, to)) = key.split_once('-') {
            let (from, to) = (from.parse().ok()?, to.parse().ok()?);
            return (from < to).then_some(Reach::Between { from, to });
        }
        Some(Self::of_seconds(key.parse().ok()?))
    }

    /// The last `seconds`, between one and a day.
    pub(crate) fn of_seconds(seconds: u32) -> Self {
        match seconds.clamp(1, 86_400) {
            seconds if seconds <= Span::LONGEST_SECONDS => Reach::Span(Span::Seconds(seconds)),
            seconds => Reach::Last(seconds),
        }
    }

    /// Its words, `offset_minutes` east of UTC.
    pub(crate) fn words(self, offset_minutes: i32) -> String {
        match self {
            Reach::Span(Span::Session) => "session".to_owned(),
            Reach::Span(Span::Seconds(seconds)) | Reach::Last(seconds) => {
                format!("last {}", format::age(u64::from(seconds)))
            }
            Reach::Between { from, to } => {
                let clock =
                    |second: i64| format::clock(Ts(second.saturating_mul(1_000_000_000)), offset_minutes);
                format!("{} to {}", clock(from), clock(to))
            }
        }
    }

    /// One bucket that holds all of it; `None` for a window that the core keeps.
    fn bucket(self, now: Ts) -> Option<Buckets> {
        let (from, to) = match self {
            Reach::Span(_) => return None,
            Reach::Last(seconds) => (now.second() + 1 - i64::from(seconds), now.second() + 1),
            Reach::Between { from, to } => (from, to),
        };
        let (from, length) = if now.second() - from < i64::from(Span::LONGEST_SECONDS) {
            // Whole tens of seconds would be read from coarser buckets than there are.
            let length = to - from;
            (from, length + i64::from(length % 10 == 0))
        } else {
            let from = from.div_euclid(60) * 60;
            (from, (to - from + 59).div_euclid(60) * 60)
        };
        let step = u32::try_from(length.clamp(1, 86_460)).unwrap_or(86_460);
        Some(Buckets::with_step(step, from, from))
    }
}

/// Counts of every outcome.
pub(crate) fn outcomes(state: &State, reach: Reach, filter: Filter) -> Outcomes {
    let orders = state.orders_in(filter);
    match (reach.span(), reach.bucket(state.now())) {
        (Some(span), _) => orders.outcomes(span),
        (None, Some(bucket)) => {
            orders.series(bucket).into_iter().next().map(|point| point.outcomes).unwrap_or_default()
        }
        (None, None) => Outcomes::default(),
    }
}

/// filled ÷ submitted; `None` where nothing was submitted or no log ever reports a fill.
pub(crate) fn fill_rate(state: &State, all: &Outcomes) -> Option<f64> {
    state.orders().speaker(Outcome::Filled)?;
    ratio(all.get(Outcome::Filled), all.get(Outcome::Submitted))
}

/// denied ÷ (denied + submitted); `None` where both are zero.
pub(crate) fn deny_rate(all: &Outcomes) -> Option<f64> {
    let denied = all.get(Outcome::Denied);
    ratio(denied, denied + all.get(Outcome::Submitted))
}

/// Quantiles of one kind of latency.
pub(crate) fn latency(
    state: &State,
    kind: LatencyKind,
    reach: Reach,
    filter: Filter,
) -> Option<LatencySummary> {
    let view = state.latency_in(filter);
    match reach.span() {
        Some(span) => view.summary(kind, span),
        None => view.series(kind, reach.bucket(state.now())?).into_iter().next()?.summary,
    }
}

/// Which way orders went.
pub(crate) fn routes(state: &State, reach: Reach, filter: Filter) -> Routes {
    match (reach.span(), reach.bucket(state.now())) {
        (Some(span), _) => state.routes_over(span, filter),
        (None, Some(bucket)) => state
            .route_series(bucket, filter)
            .into_iter()
            .next()
            .map(|point| point.routes)
            .unwrap_or_default(),
        (None, None) => Routes::default(),
    }
}

/// Denials of each class, in the order of [`DenyClass::ALL`].
pub(crate) fn denied_by_class(state: &State, reach: Reach, filter: Filter) -> [u64; DenyClass::ALL.len()] {
    if let Some(span) = reach.span() {
        return DenyClass::ALL.map(|class| state.orders_in(filter).denied_of(class, span));
    }
    let reasons = deny_reasons(state, reach, filter);
    DenyClass::ALL
        .map(|class| reasons.iter().filter(|reason| reason.class == class).map(|reason| reason.count).sum())
}

/// Why orders were denied, most frequent first.
pub(crate) fn deny_reasons(state: &State, reach: Reach, filter: Filter) -> Vec<ReasonCount> {
    let orders = state.orders_in(filter);
    let Some(bucket) = reach.bucket(state.now()) else {
        return orders.deny_reasons(reach.span().unwrap_or(Span::Session));
    };
    let mut all: Vec<ReasonCount> = orders
        .deny_reason_series(bucket)
        .into_iter()
        .map(|points| ReasonCount { count: points.counts.iter().sum(), ..points.reason })
        .filter(|reason| reason.count > 0)
        .collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use aurora_domain::{Code, Event, Shape, Source};
    use wasm_bindgen_test::wasm_bindgen_test;

    const NOW: i64 = 1_795_196_697;

    fn submit(at: i64) -> Event<'static> {
        let bare = Event::bare(Source::Events, Shape::Canonical, Code::Submit, "ORDER.SUBMIT");
        Event { ts: Some(Ts(at * 1_000_000_000)), ..bare }
    }

    fn submitted(reach: Reach) -> u64 {
        let mut state = State::new(Ts((NOW - 20_000) * 1_000_000_000));
        for at in [NOW - 15_000, NOW - 3_000, NOW - 1_000, NOW - 100, NOW] {
            state.advance(Ts(at * 1_000_000_000));
            state.apply(&submit(at));
        }
        outcomes(&state, reach, Filter::ALL).get(Outcome::Submitted)
    }

    #[wasm_bindgen_test]
    fn longer_stretches_are_summed_up_from_buckets() {
        for (key, count) in [("60", 1), ("900", 2), ("3600", 4), ("86400", 5), ("session", 5)] {
            assert_eq!(submitted(Reach::of_key(key).unwrap()), count, "{key}");
        }
    }

    #[wasm_bindgen_test]
    fn a_stretch_of_the_past_leaves_out_what_is_outside() {
        let between = |from, to| submitted(Reach::Between { from: NOW + from, to: NOW + to });
        assert_eq!((between(-150, -50), between(-100, -99), between(-99, 0)), (1, 1, 0));
        assert_eq!((between(-3_060, -900), between(-20_000, 1)), (2, 5));
    }

    #[wasm_bindgen_test]
    fn what_the_address_says_is_read_back() {
        for (reach, _) in Reach::CHOICES {
            assert_eq!(Reach::of_key(&reach.key()), Some(reach));
        }
        let between = Reach::Between { from: NOW, to: NOW + 60 };
        assert_eq!(Reach::of_key(&between.key()), Some(between));
        for key in ["", "5-", "9-9", "9-3", "x", "-1"] {
            assert_eq!(Reach::of_key(key), None, "{key}");
        }
    }
}
