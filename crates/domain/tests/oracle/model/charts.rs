//! Chart series in every resolution, and minutes: what counts, grouped by the time that it counts at.

use std::collections::{BTreeMap, BTreeSet};

use aurora_domain::{DenyClass, LatencyKind, Outcome, Route, Source, Ts, figure::QueryCount, routes::Routes};

use super::{
    Oracle, Seen,
    latency::{Sample, average, exact},
    orders::class_of,
};
use crate::figures::{self, FILTERS, Figures, charts};

impl Oracle {
    pub(crate) fn chart_figures(&self, number: usize, all: &mut Figures) {
        let (resolution, filter) = charts::turn(number);
        let step = i64::from(resolution.step_seconds());
        let end = self.now.second();
        let (from, _) = charts::kept(resolution, end);
        let first = from.div_euclid(step) * step;
        all.push(("charts.points".to_owned(), ((end - first) / step + 1).to_string()));
        let bucket = |at: Ts| {
            let second = at.second();
            (first..=end).contains(&second).then(|| second.div_euclid(step) * step)
        };
        let passes = |seen: &Seen| filter.is_none_or(|place| seen.scope.passes(FILTERS[place]));
        let mut outcomes: BTreeMap<i64, [u64; Outcome::COUNT]> = BTreeMap::new();
        for outcome in Outcome::ALL {
            for seen in self.spoken(outcome).into_iter().filter(|seen| passes(seen)) {
                if let Some(bucket) = bucket(seen.at) {
                    outcomes.entry(bucket).or_default()[outcome.index()] += 1;
                }
            }
        }
        for (second, counts) in outcomes {
            let text = figures::counts_text(|outcome| counts[outcome.index()]);
            all.push((format!("charts.outcomes.{second}"), text));
        }
        let mut events: BTreeMap<i64, u64> = BTreeMap::new();
        for bucket in self.seen.iter().filter_map(|seen| bucket(seen.at)) {
            *events.entry(bucket).or_default() += 1;
        }
        all.extend(
            events.into_iter().map(|(second, count)| (format!("charts.events.{second}"), count.to_string())),
        );
        let mut routes: BTreeMap<i64, Vec<&Seen>> = BTreeMap::new();
        for seen in self.spoken_routes().into_iter().filter(|seen| passes(seen)) {
            if let Some(bucket) = bucket(seen.at) {
                routes.entry(bucket).or_default().push(seen);
            }
        }
        for (second, decisions) in routes {
            let [maker, taker, deny, cancel] = route_counts(&decisions);
            let routes = Routes { maker, taker, deny, cancel };
            all.push((format!("charts.routes.{second}"), format!("{routes:?}")));
        }
        for kind in LatencyKind::ALL {
            let mut samples: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for sample in self.spoken_samples(kind) {
                if filter.is_none_or(|place| sample.scope.passes(FILTERS[place]))
                    && let Some(bucket) = bucket(sample.at)
                {
                    samples.entry(bucket).or_default().push(sample.ms);
                }
            }
            let counts: Vec<_> = samples
                .iter()
                .map(|(second, durations)| {
                    (format!("charts.{}.cells.{second}", kind.name()), durations.len().to_string())
                })
                .collect();
            for (second, durations) in samples {
                figures::summary(&format!("charts.{}.{second}", kind.name()), exact(durations), all);
            }
            all.extend(counts);
        }
    }

    /// Every minute in which anything was counted, and all of them together.
    pub(crate) fn minute_figures(&self, all: &mut Figures) {
        let samples = LatencyKind::ALL.map(|kind| self.spoken_samples(kind));
        // A minute is there as soon as any candidate counts in it.
        let mut minutes: BTreeSet<i64> = self.seen.iter().map(|seen| minute_of(seen.at)).collect();
        minutes.extend(self.rejections.iter().map(|at| minute_of(*at)));
        for minute in minutes {
            let of = self.minute(&samples, |at| minute_of(at) == minute);
            charts::minute(&format!("minute {minute}"), &of, all);
        }
        charts::minute("minutes", &self.minute(&samples, |_| true), all);
    }

    fn minute(&self, samples: &[Vec<Sample>], passes: impl Fn(Ts) -> bool) -> charts::Minute {
        let within =
            |records: Vec<&'_ Seen>| records.into_iter().filter(|seen| passes(seen.at)).count() as u64;
        let denials: Vec<&Seen> =
            self.spoken(Outcome::Denied).into_iter().filter(|seen| passes(seen.at)).collect();
        let routes: Vec<&Seen> = self.spoken_routes().into_iter().filter(|seen| passes(seen.at)).collect();
        let durations: Vec<Vec<f64>> = samples
            .iter()
            .map(|of| of.iter().filter(|sample| passes(sample.at)).map(|sample| sample.ms).collect())
            .collect();
        let explained = self.explained(&passes);
        charts::Minute {
            outcomes: Outcome::ALL.map(|outcome| within(self.spoken(outcome))),
            denied: DenyClass::ALL
                .map(|class| denials.iter().filter(|seen| class_of(seen) == class).count() as u64),
            routes: route_counts(&routes),
            durations: std::array::from_fn(|kind| exact(durations[kind].clone())),
            averages: std::array::from_fn(|kind| average(&durations[kind])),
            queries: QueryCount::ALL.map(|count| within(self.queries(count))),
            intents: [explained.intents, explained.explained],
            provenance: self.provenance(&passes),
            events: Source::ALL
                .map(|source| within(self.seen.iter().filter(|seen| seen.event.source == source).collect())),
            rejected: self.rejections.iter().filter(|at| passes(**at)).count() as u64,
        }
    }
}

fn minute_of(at: Ts) -> i64 {
    at.second().div_euclid(60)
}

fn route_counts(decisions: &[&Seen]) -> [u64; 4] {
    Route::ALL.map(|route| decisions.iter().filter(|seen| seen.event.route == Some(route)).count() as u64)
}
