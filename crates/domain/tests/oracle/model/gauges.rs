//! Market, risk, service, operations, governance, protection: what was reported last, and how often.

use std::collections::{BTreeMap, BTreeSet};

use aurora_domain::{
    BreakerState, Code, Ts,
    detail::Detail,
    figure::QueryCount,
    governance::{SprtPoint, Transition},
    latest::Latest,
    market::{Book, Quote},
    protection::Health,
    risk::{Gauge, gauges_of},
};

use super::{Oracle, Seen};
use crate::figures::{Figures, SPANS, slices};

/// The value of the latest time; of equal times the one that came last.
fn latest<T>(values: impl Iterator<Item = (Ts, T)>) -> Option<Latest<T>> {
    values.max_by_key(|(at, _)| *at).map(|(at, value)| Latest { value, at })
}

/// Without records that came after one of a later time.
fn in_time<'a>(records: &[&'a Seen]) -> Vec<&'a Seen> {
    let late = |place: usize| records[..place].iter().any(|earlier| earlier.at > records[place].at);
    (0..records.len()).filter(|place| !late(*place)).map(|place| records[place]).collect()
}

/// The last of the values that are there.
fn last<T>(values: impl DoubleEndedIterator<Item = Option<T>>) -> Option<T> {
    values.rev().find_map(|value| value)
}

fn price(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite() && *number > 0.0)
}

impl Oracle {
    fn of_code(&self, codes: &[Code]) -> Vec<&Seen> {
        self.seen.iter().filter(|seen| codes.contains(&seen.event.code)).collect()
    }

    /// Codes of some records and how often each comes in a span, those that came in the session at all.
    fn code_figures(&self, name: &str, records: &[&Seen], all: &mut Figures) {
        let codes: BTreeSet<&str> = records.iter().map(|seen| &*seen.event.code_text).collect();
        for span in SPANS {
            let count = |code: &str| {
                let of_code = records.iter().filter(|seen| seen.event.code_text == code);
                of_code.filter(|seen| self.within(seen.at, span)).count()
            };
            let counts: Vec<(String, usize)> =
                codes.iter().map(|code| ((*code).to_owned(), count(code))).collect();
            all.push((format!("{name}.{span:?}"), format!("{counts:?}")));
        }
    }

    pub(super) fn gauge_figures(&self, all: &mut Figures) {
        self.market_figures(all);
        self.risk_figures(all);
        self.service_figures(all);
        self.operation_figures(all);
        self.governance_figures(all);
        self.protection_figures(all);
    }

    pub(super) fn quotes(&self) -> BTreeMap<&str, Quote> {
        let mut by_symbol: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
        for seen in self.of_code(&[Code::MarketBook, Code::MarketTicker]) {
            if let Some(symbol) = seen.event.symbol.as_deref() {
                by_symbol.entry(symbol).or_default().push(seen);
            }
        }
        let quote = |records: Vec<&Seen>| Quote {
            book: latest(records.iter().filter(|seen| seen.event.code == Code::MarketBook).filter_map(
                |seen| {
                    let (bid, ask) = (price(seen.event.numbers.bid)?, price(seen.event.numbers.ask)?);
                    Some((seen.at, Book { bid, ask }))
                },
            )),
            price: latest(records.iter().filter_map(|seen| match seen.event.detail {
                Detail::Ticker { price: reported } => Some((seen.at, price(reported)?)),
                _ => None,
            })),
        };
        let quotes = by_symbol.into_iter().map(|(symbol, records)| (symbol, quote(records)));
        quotes.filter(|(_, quote)| *quote != Quote::default()).collect()
    }

    fn market_figures(&self, all: &mut Figures) {
        let quotes: Vec<(&str, Quote)> = self.quotes().into_iter().collect();
        all.push(("market".to_owned(), format!("{quotes:?}")));
        for span in SPANS {
            let connects = self.of_code(&[Code::WsConnect]).into_iter().filter(self.over(span)).count();
            all.push((format!("connects.{span:?}"), connects.to_string()));
        }
    }

    fn risk_figures(&self, all: &mut Figures) {
        let mut gauges = Vec::new();
        for code in [
            Code::KellyApplied,
            Code::LambdaUpdate,
            Code::CvarGate,
            Code::CvarFit,
            Code::CvarShift,
            Code::SizingDecision,
            Code::RiskUpdate,
        ] {
            let codes = if code == Code::CvarGate { vec![code, Code::Cvar] } else { vec![code] };
            for (place, name) in gauges_of(code).iter().enumerate() {
                let values = self.of_code(&codes).into_iter().filter_map(|seen| match seen.event.detail {
                    Detail::Risk(numbers) => {
                        Some((seen.at, numbers[place].filter(|number| number.is_finite())?))
                    }
                    _ => None,
                });
                gauges.extend(latest(values).map(|latest| Gauge { name, latest }));
            }
        }
        all.push(("risk".to_owned(), format!("{gauges:?}")));
    }

    /// The records that a count of queries is of.
    pub(super) fn queries(&self, count: QueryCount) -> Vec<&Seen> {
        let says = |seen: &&Seen| match seen.event.detail {
            Detail::Query(query) if query.ended => match count {
                QueryCount::Ended => true,
                QueryCount::Succeeded => query.success == Some(true),
                QueryCount::Failed => query.success == Some(false),
                QueryCount::CacheHits => query.cache_hit == Some(true),
                QueryCount::CacheKnown => query.cache_hit.is_some(),
                QueryCount::Http => false,
            },
            _ => count == QueryCount::Http && seen.event.code == Code::Http,
        };
        self.seen.iter().filter(says).collect()
    }

    fn service_figures(&self, all: &mut Figures) {
        for span in SPANS {
            let count = |count| self.queries(count).into_iter().filter(self.over(span)).count() as u64;
            let [ended, succeeded, failed, hits, known, http] = QueryCount::ALL.map(count);
            let micros: Vec<f64> = self
                .queries(QueryCount::Ended)
                .into_iter()
                .filter(self.over(span))
                .filter_map(|seen| seen.event.numbers.latency_ms)
                .filter(|ms| (0.0..=86_400_000.0).contains(ms))
                .map(|ms| (ms * 1e3).round())
                .collect();
            let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
            let average =
                (!micros.is_empty()).then(|| micros.iter().sum::<f64>() / micros.len() as f64 / 1e3);
            let rates = [
                ratio(succeeded, succeeded + failed),
                ratio(failed, succeeded + failed),
                ratio(hits, known),
                average,
            ];
            let counts = [ended, succeeded, failed, hits, known];
            all.push(slices::queries_text(span, counts, rates));
            all.push((format!("http.{span:?}"), http.to_string()));
        }
    }

    fn operation_figures(&self, all: &mut Figures) {
        let acts: Vec<&Seen> = self
            .seen
            .iter()
            .filter(|seen| {
                seen.event.code_text.starts_with("OPS.") || seen.event.code == Code::ConfigSwitched
            })
            .collect();
        self.code_figures("operations", &acts, all);
        let code = |seen: &&Seen| (seen.at, Box::<str>::from(&*seen.event.code_text));
        all.push(("operations.last".to_owned(), format!("{:?}", latest(acts.iter().map(code)))));
        let name = |seen: &&Seen| {
            let label = seen.event.label.as_deref().filter(|_| seen.event.code == Code::ConfigSwitched)?;
            Some((seen.at, Box::<str>::from(label)))
        };
        all.push(("operations.config".to_owned(), format!("{:?}", latest(acts.iter().filter_map(name)))));
    }

    fn governance_figures(&self, all: &mut Figures) {
        let mut add = |name: &str, value: String| all.push((format!("governance.{name}"), value));
        let ledger = in_time(&self.of_code(&[Code::AlphaLedger]));
        let of_ledger = |number: fn(&Seen) -> Option<f64>| last(ledger.iter().map(|seen| number(seen)));
        let (spent, budget) = (
            of_ledger(|seen| seen.event.numbers.alpha_spent),
            of_ledger(|seen| seen.event.numbers.alpha_budget),
        );
        add("ledger", format!("{:?}", (spent, budget)));
        let scores =
            self.of_code(&[Code::AlphaScore]).into_iter().filter_map(|seen| match seen.event.detail {
                Detail::Alpha { score } => Some((seen.at, score?)),
                _ => None,
            });
        add("alpha_score", format!("{:?}", latest(scores).map(|score| score.value)));
        let mut tests = self.of_code(&[Code::SprtH0, Code::SprtH1, Code::SprtContinue, Code::SprtUpdate]);
        tests.retain(|seen| !seen.tells_nothing());
        let decision = |seen: &Seen| {
            let ends = |end: &str| seen.event.code_text.ends_with(end);
            if ends("_H0") {
                "accept H0"
            } else if ends("_H1") {
                "accept H1"
            } else {
                "continue"
            }
        };
        let accepted = |end: &str| tests.iter().filter(|seen| decision(seen) == end).count();
        add("tests", format!("{:?}", (tests.len(), (accepted("accept H0"), accepted("accept H1")))));
        let mut path: Vec<SprtPoint> = tests
            .iter()
            .map(|seen| SprtPoint {
                at: seen.at,
                llr: seen.event.numbers.llr,
                samples: seen.event.numbers.samples,
                decision: decision(seen),
            })
            .collect();
        path.sort_by_key(|point| point.at);
        add("path", format!("{path:?}"));
        let tests = in_time(&tests);
        let of_test = |number: fn(&Seen) -> Option<f64>| last(tests.iter().map(|seen| number(seen)));
        let (llr, samples) =
            (of_test(|seen| seen.event.numbers.llr), of_test(|seen| seen.event.numbers.samples));
        add("test", format!("{:?}", (llr, samples, tests.last().map(|seen| decision(seen)))));
        let bound = |upper: bool| {
            last(tests.iter().map(|seen| match seen.event.detail {
                Detail::Boundaries { upper: high, lower: low } => {
                    if upper {
                        high
                    } else {
                        low
                    }
                }
                _ => None,
            }))
        };
        add("boundaries", format!("{:?}", (bound(true), bound(false))));
        let modes = self.of_code(&[Code::GovernanceEval, Code::GovernanceTransition]);
        let mode = latest(modes.iter().filter_map(|seen| Some((seen.at, seen.event.mode.as_deref()?))));
        add("mode", format!("{:?}", mode.map(|mode| mode.value)));
        add("evaluations", self.of_code(&[Code::GovernanceEval]).len().to_string());
        let transitions = self.of_code(&[Code::GovernanceTransition]);
        add("transition_total", transitions.len().to_string());
        let mut transitions: Vec<Transition> = transitions
            .into_iter()
            .map(|seen| Transition {
                at: seen.at,
                from: seen.event.label.as_deref().map(Into::into),
                to: seen.event.mode.as_deref().map(Into::into),
                reason: seen.event.reason.as_deref().map(Into::into),
            })
            .collect();
        transitions.sort_by_key(|transition| transition.at);
        add("transitions", format!("{transitions:?}"));
    }

    fn protection_figures(&self, all: &mut Figures) {
        let arming =
            [Code::Halt, Code::Resume, Code::ArmState, Code::Arm, Code::Disarm, Code::CoolOff, Code::Aurora];
        let guards = [Code::HealthLatency, Code::SpreadGuard, Code::Trap, Code::Idem, Code::HealthError];
        let mut counted = self.of_code(&[&arming[..], &guards[..]].concat());
        counted.retain(|seen| !seen.tells_nothing());
        self.code_figures("protection", &counted, all);
        let mut add = |name: &str, value: String| all.push((format!("protection.{name}"), value));
        let mut breaker = self.of_code(&[Code::Breaker]);
        breaker.retain(|seen| seen.event.breaker.is_some());
        let mut changes: Vec<(BreakerState, Ts)> =
            in_time(&breaker).into_iter().map(|seen| (seen.event.breaker.unwrap(), seen.at)).collect();
        changes.dedup_by_key(|(state, _)| *state);
        add("breaker", format!("{:?}", changes.last()));
        add("breaker_changes", changes.len().to_string());
        add("breaker_history", format!("{changes:?}"));
        let mut arming = self.of_code(&arming);
        arming.retain(|seen| !seen.tells_nothing());
        let arming = in_time(&arming);
        let armed = |seen: &&Seen| match seen.event.code {
            Code::Arm => seen.event.armed.or(Some(true)),
            Code::Disarm => seen.event.armed.or(Some(false)),
            _ => seen.event.armed,
        };
        add("armed", format!("{:?}", last(arming.iter().map(armed))));
        let halted = |seen: &&Seen| match seen.event.code {
            Code::Halt => Some(true),
            Code::Resume => Some(false),
            _ => seen.event.halted,
        };
        add("halted", format!("{:?}", last(arming.iter().map(halted))));
        // Zero says that the bot cools off no more.
        let until = last(arming.iter().map(|seen| seen.event.numbers.cooloff_until));
        let until = until.filter(|until| until.0 > 0);
        add("cooloff_until", format!("{until:?}"));
        let health = self.of_code(&[Code::HealthLatency]);
        let codes: BTreeSet<&str> = health.iter().map(|seen| &*seen.event.code_text).collect();
        let gauge = |code: &str| {
            latest(health.iter().filter(|seen| seen.event.code_text == code).filter_map(|seen| {
                match seen.event.detail {
                    Detail::Health { value_ms, threshold_ms } => {
                        Some((seen.at, Health { value_ms, threshold_ms }))
                    }
                    _ => None,
                }
            }))
        };
        let gauges: Vec<(&str, Latest<Health>)> =
            codes.into_iter().filter_map(|code| Some((code, gauge(code)?))).collect();
        add("health", format!("{gauges:?}"));
    }
}
