//! Queries to the service: how many, how they ended, how long they took.
//!
//! A `QUERY.*` record counts as a query unless it only says that one began. Invariants: durations are summed in whole
//! microseconds, so windows never drift; a query that does not say how it ended counts, and in no rate.

use crate::{
    code::Code,
    detail::{Detail, Query},
    event::Event,
    figure::{Figure, QueryCount},
    minutes::Minutes,
    orders::ratio,
    parts::parts,
    rolling::{Rolling, Slot},
    span::Span,
    tally::Tally,
    time::Ts,
};

/// Queries of one second or span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queries {
    /// Queries that ended.
    pub count: u64,
    /// Those that say that they succeeded.
    pub succeeded: u64,
    /// Those that say that they failed.
    pub failed: u64,
    /// Those that the cache answered.
    pub cache_hits: u64,
    /// Those that say whether the cache answered.
    pub cache_known: u64,
    timed: u64,
    micros: u64,
}

parts!(Queries { count, succeeded, failed, cache_hits, cache_known, timed, micros });

impl Queries {
    /// succeeded ÷ queries that say how they ended, 0 to 1.
    pub fn success_rate(self) -> Option<f64> {
        ratio(self.succeeded, self.succeeded + self.failed)
    }

    /// failed ÷ queries that say how they ended, 0 to 1.
    pub fn error_rate(self) -> Option<f64> {
        ratio(self.failed, self.succeeded + self.failed)
    }

    /// Cache hits ÷ queries that say whether the cache answered, 0 to 1.
    pub fn cache_hit_rate(self) -> Option<f64> {
        ratio(self.cache_hits, self.cache_known)
    }

    /// Mean duration in milliseconds.
    pub fn average_ms(self) -> Option<f64> {
        (self.timed > 0).then(|| self.micros as f64 / self.timed as f64 / 1e3)
    }

    fn of(self, count: QueryCount) -> u64 {
        match count {
            QueryCount::Ended => self.count,
            QueryCount::Succeeded => self.succeeded,
            QueryCount::Failed => self.failed,
            QueryCount::CacheHits => self.cache_hits,
            QueryCount::CacheKnown => self.cache_known,
            QueryCount::Http => 0,
        }
    }

    fn add(&mut self, other: Queries) {
        self.each(other, |a, b| *a += b);
    }

    fn each(&mut self, other: Queries, combine: impl Fn(&mut u64, u64)) {
        combine(&mut self.count, other.count);
        combine(&mut self.succeeded, other.succeeded);
        combine(&mut self.failed, other.failed);
        combine(&mut self.cache_hits, other.cache_hits);
        combine(&mut self.cache_known, other.cache_known);
        combine(&mut self.timed, other.timed);
        combine(&mut self.micros, other.micros);
    }
}

/// The queries of one second.
#[derive(Clone, Copy, Debug, Default)]
struct Second(Queries);

parts!(newtype Second);

impl Slot for Second {
    type Sum = Queries;
    type Item = Queries;

    fn record(&mut self, query: Queries) {
        self.0.add(query);
    }
    fn is_empty(&self) -> bool {
        self.0 == Queries::default()
    }
    fn record_sum(sum: &mut Queries, query: Queries) {
        sum.add(query);
    }
    fn add_to(&self, sum: &mut Queries) {
        sum.add(self.0);
    }
    fn take_from(&self, sum: &mut Queries) {
        sum.each(self.0, |a, b| *a -= b);
    }
}

/// The service as its queries tell.
#[derive(Clone, Debug)]
pub struct Service {
    end: i64,
    session: Queries,
    rolling: Option<Box<Rolling<Second>>>,
    http: Tally,
}

parts!(Service { end: window, session, rolling, http });

impl Service {
    pub(crate) fn new(end: i64) -> Self {
        Self { end, session: Queries::default(), rolling: None, http: Tally::default() }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        if let Some(rolling) = &mut self.rolling {
            rolling.advance(end);
        }
        self.http.advance(end);
    }

    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts, minutes: &mut Minutes) -> bool {
        (event.code == Code::Http || matches!(event.detail, Detail::Query(_)))
            && self.take(event, at, minutes)
    }

    fn take(&mut self, event: &Event<'_>, at: Ts, minutes: &mut Minutes) -> bool {
        if event.code == Code::Http {
            self.http.count(self.end, at.second());
            minutes.count(Figure::query(QueryCount::Http), at.second());
            return true;
        }
        let Detail::Query(query @ Query { ended: true, .. }) = event.detail else { return false };
        let one = queries_of(query, event.numbers.latency_ms);
        self.session.add(one);
        for count in QueryCount::ALL.into_iter().filter(|count| one.of(*count) > 0) {
            minutes.count(Figure::query(count), at.second());
        }
        let end = self.end;
        self.rolling.get_or_insert_with(|| Box::new(Rolling::new(end))).record(at.second(), one);
        true
    }

    /// Queries over `span`. Their quantiles are [`crate::LatencyKind::Query`].
    pub fn queries(&self, span: Span) -> Queries {
        match (span.seconds(), &self.rolling) {
            (Some(seconds), Some(rolling)) => rolling.sum(seconds, |sum| *sum),
            (Some(_), None) => Queries::default(),
            (None, _) => self.session,
        }
    }

    /// `HTTP.*` records over `span`.
    pub fn http_requests(&self, span: Span) -> u64 {
        self.http.over(span)
    }
}

/// A duration counts from zero to a day.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie within a day")]
fn queries_of(query: Query, latency_ms: Option<f64>) -> Queries {
    let micros =
        latency_ms.filter(|ms| (0.0..=86_400_000.0).contains(ms)).map(|ms| (ms * 1e3).round() as u64);
    Queries {
        count: 1,
        succeeded: u64::from(query.success == Some(true)),
        failed: u64::from(query.success == Some(false)),
        cache_hits: u64::from(query.cache_hit == Some(true)),
        cache_known: u64::from(query.cache_hit.is_some()),
        timed: u64::from(micros.is_some()),
        micros: micros.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    fn query(success: Option<bool>, cache_hit: Option<bool>, ms: Option<f64>) -> Event<'static> {
        let mut event = Event::bare(Source::Events, Shape::Canonical, Code::Query, "QUERY.COMPLETED");
        event.detail = Detail::Query(Query { ended: true, success, cache_hit });
        event.numbers.latency_ms = ms;
        event
    }

    /// Success rate, error rate, cache hit rate, average.
    fn check(events: &[Event<'_>], count: u64, rates: [Option<f64>; 4]) {
        let mut service = Service::new(0);
        for event in events {
            service.apply(event, Ts(0), &mut Minutes::default());
        }
        for span in [Span::MINUTE, Span::Session] {
            let queries = service.queries(span);
            let asked = [
                queries.success_rate(),
                queries.error_rate(),
                queries.cache_hit_rate(),
                queries.average_ms(),
            ];
            assert_eq!((queries.count, asked), (count, rates), "{span:?}");
        }
    }

    #[test]
    fn without_queries_there_is_no_data() {
        check(&[], 0, [None; 4]);
    }

    #[test]
    fn rates_are_of_those_that_say() {
        let events = [
            query(Some(true), Some(true), Some(1.0)),
            query(Some(true), Some(false), Some(4.0)),
            query(Some(true), None, Some(-1.0)),
            query(Some(false), None, None),
            query(None, None, Some(2.5)),
        ];
        check(&events, 5, [Some(0.75), Some(0.25), Some(0.5), Some(2.5)]);
    }

    #[test]
    fn a_query_that_only_begins_does_not_count() {
        let mut begun = query(None, None, None);
        begun.detail = Detail::Query(Query { ended: false, ..Query::default() });
        check(&[begun], 0, [None; 4]);
    }

    #[test]
    fn queries_leave_the_window_exactly() {
        let mut service = Service::new(0);
        for at in 0..90 {
            service.advance(at);
            let event = query(Some(at % 2 == 0), None, Some(0.1));
            service.apply(&event, Ts::from_millis(at * 1000), &mut Minutes::default());
        }
        let minute = service.queries(Span::MINUTE);
        assert_eq!((minute.count, minute.succeeded, minute.average_ms()), (60, 30, Some(0.1)));
        service.advance(10_000);
        assert_eq!(service.queries(Span::MINUTE), Queries::default());
    }
}
