//! What only records of one code tell, out of a record's keys.
//!
//! Numbers stand in the record, in its details, or one level below them in the object of their code, as numbers or as
//! text; where a number is missing or no number, it stays `None`.

use aurora_domain::{
    Code, Source,
    detail::{COST_COMPONENTS, Costs, Detail, Fill, Position, Query, RISK_WIDTH},
};

use crate::{decode::Rules, facts::Fact, fields::Key, layout::Notes};

impl<N: Notes> Rules<'_, '_, N> {
    /// The detail of the event, whose other facts are read already.
    pub(crate) fn detail(&mut self) {
        match self.event.source {
            Source::Events => self.detail_of_code(),
            Source::Trades => self.fill(false),
            _ => {}
        }
    }

    fn detail_of_code(&mut self) {
        match self.event.code {
            Code::PosttradeLog | Code::Partial => self.fill(false),
            Code::Fill => self.fill(true),
            Code::Ack if self.event.immediate_fill => self.fill(true),
            Code::OrderStatus => {
                if !self.costs() {
                    self.fill(false);
                }
            }
            Code::Tca => {
                if !self.costs() {
                    self.begin(Detail::None);
                }
            }
            Code::Position => self.position(),
            Code::Reward => {
                self.begin(Detail::Reward { pnl: None });
                self.number(0, &[Key::Pnl]);
            }
            Code::AlphaScore => {
                self.begin(Detail::Alpha { score: None });
                self.number(0, &[Key::Score]);
            }
            Code::SprtH0 | Code::SprtH1 | Code::SprtContinue | Code::SprtUpdate => {
                self.begin(Detail::Boundaries { upper: None, lower: None });
                self.number(0, &[Key::LogA]);
                self.number(1, &[Key::LogB]);
            }
            Code::Query => self.query(),
            Code::MarketTicker => {
                self.begin(Detail::Ticker { price: None });
                self.number(0, &[Key::Price, Key::Last]);
            }
            Code::HealthLatency => {
                self.begin(Detail::Health { value_ms: None, threshold_ms: None });
                self.number(0, &[Key::LatencyMs, Key::Value]);
                self.number(1, &[Key::ThresholdMs, Key::LmaxMs]);
            }
            Code::PolicyDecision => {
                self.one(Fact::Verdict, Key::Decision);
            }
            Code::OrderDeny => {
                self.one(Fact::Stage, Key::Stage);
            }
            code => self.risk(code),
        }
    }

    /// The first of `keys` that is a number, as the one at `place` of the detail.
    fn number(&mut self, place: u8, keys: &[Key]) -> bool {
        keys.iter().any(|key| self.deep(Fact::Number(place), *key))
    }

    /// `whole`: the record says that the order is filled, so that its quantity is what is filled.
    fn fill(&mut self, whole: bool) {
        self.begin(Detail::Fill(Fill::default()));
        if !self.number(0, &[Key::Filled, Key::FillQty]) && whole {
            self.number(0, &[Key::Qty]);
        }
        self.number(1, &[Key::Average, Key::AvgPrice]);
        self.number(2, &[Key::Price]);
        self.number(3, &[Key::Fee]);
    }

    /// False where the record tells of none.
    fn costs(&mut self) -> bool {
        self.begin(Detail::Costs(Costs::default()));
        let mut any = false;
        for (place, key) in (0..).zip(COSTS) {
            any |= self.number(place, &[key]);
        }
        any
    }

    fn position(&mut self) {
        self.begin(Detail::Position(Position::default()));
        self.number(0, &[Key::PositionQty, Key::Qty]);
        self.number(1, &[Key::AvgPrice, Key::EntryPrice]);
        self.number(2, &[Key::RealizedPnl]);
        self.number(3, &[Key::UnrealizedPnl]);
        self.number(4, &[Key::Fees]);
    }

    /// How a query ended: `success`, else whether there is an error, else the code's last part.
    fn query(&mut self) {
        let last = self.event.code_text.rsplit('.').next().unwrap_or_default();
        let by_code = match last {
            "COMPLETED" | "COMPLETE" | "SUCCESS" | "SUCCEEDED" | "DONE" => Some(true),
            "FAILED" | "FAILURE" | "ERROR" | "TIMEOUT" => Some(false),
            _ => None,
        };
        let ended = !matches!(last, "START" | "STARTED" | "BEGIN" | "RECEIVED" | "SUBMITTED");
        let success = if self.has(Key::ErrorType) { Some(false) } else { by_code };
        self.begin(Detail::Query(Query { ended, success, cache_hit: None }));
        self.one(Fact::Success, Key::Success);
        self.one(Fact::CacheHit, Key::CacheHit);
    }

    fn risk(&mut self, code: Code) {
        let keys = risk_keys(code);
        if keys.is_empty() {
            return;
        }
        self.begin(Detail::Risk([None; RISK_WIDTH]));
        for (place, key) in (0..).zip(keys) {
            self.deep(Fact::Gauge(place), *key);
        }
    }
}

const COSTS: [Key; COST_COMPONENTS] =
    [Key::SlipBps, Key::RawEdgeBps, Key::FeesBps, Key::SlippageBps, Key::AdverseBps, Key::LatencyBps];

/// The keys of the gauges that a code reports, in the order of `aurora_domain::risk::gauges_of`.
fn risk_keys(code: Code) -> &'static [Key] {
    match code {
        Code::KellyApplied => &[Key::FRaw, Key::FPort, Key::Multiplier, Key::FFinal, Key::QtyFinal],
        Code::LambdaUpdate => &[Key::Cal, Key::Reg, Key::Liq, Key::Dd, Key::Lat, Key::Multiplier],
        Code::CvarGate | Code::Cvar => &[Key::CvarCurr, Key::Delta, Key::Limit, Key::Allow],
        Code::CvarFit => &[Key::FitU, Key::FitXi, Key::FitBeta, Key::FitExceedances, Key::FitN],
        Code::CvarShift => {
            &[Key::Gamma, Key::QBefore, Key::QAfter, Key::CvarCurrUsd, Key::CvarLimitUsd, Key::DeltaCvarUsd]
        }
        Code::SizingDecision => {
            &[Key::PCal, Key::Rr, Key::FRaw, Key::FClipped, Key::NotionalTarget, Key::Qty, Key::Px]
        }
        Code::RiskUpdate => &[Key::DdDayPct, Key::MaxConcurrent, Key::SizeScale],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use aurora_domain::{
        Event,
        detail::{RiskNumbers, Stage, Verdict},
        risk::gauges_of,
    };

    use super::*;
    use crate::decode;

    fn event_of(source: Source, line: &str) -> Event<'_> {
        decode(source, 1, line.as_bytes()).unwrap_or_else(|rejected| panic!("{rejected}"))
    }

    /// The detail is the same in every shape that holds `code` and `details`, and in the record itself.
    fn check(code: &str, details: &str, expected: Detail) {
        let canonical =
            format!(r#"{{"ts_ns":1,"run_id":"r","event_code":"{code}","oid":null,"details":{{{details}}}}}"#);
        let lines = [
            format!(r#"{{"event_code":"{code}","ts_ns":1,"details":{{{details}}}}}"#),
            format!(r#"{{"ts":1,"type":"{code}","payload":{canonical}}}"#),
            format!(r#"{{"ts":"2025-09-07T10:00:00Z","level":"INFO","code":"{code}","ctx":{{{details}}}}}"#),
            canonical,
        ];
        for line in lines {
            assert_eq!(event_of(Source::Events, &line).detail, expected, "{line}");
        }
        if !details.contains('{') {
            let loose = format!(r#"{{"event_code":"{code}","ts_ns":1,{details}}}"#);
            assert_eq!(event_of(Source::Events, &loose).detail, expected, "{loose}");
        }
    }

    #[test]
    fn fills_give_quantity_price_and_fee() {
        let fill = |quantity, average, price, fee| Detail::Fill(Fill { quantity, average, price, fee });
        let details = r#""filled":"0.5","average":100.5,"price":"101","fee":0.2,"qty":2"#;
        check("POSTTRADE.LOG", details, fill(Some(0.5), Some(100.5), Some(101.0), Some(0.2)));
        check("POSTTRADE.LOG", r#""status":"open","qty":2"#, fill(None, None, None, None));
        check("ORDER.PARTIAL", r#""fill_qty":0.5,"qty":2"#, fill(Some(0.5), None, None, None));
        check("ORDER.FILL", r#""price":"101","qty":2"#, fill(Some(2.0), None, Some(101.0), None));
        let row =
            r#"{"ts":1,"symbol":"SOLUSDT","qty":4.5,"price":184,"filled":4.5,"average":183.9,"fee":0.4}"#;
        let expected = fill(Some(4.5), Some(183.9), Some(184.0), Some(0.4));
        assert_eq!(event_of(Source::Trades, row).detail, expected);
        assert_eq!(event_of(Source::Success, row).detail, Detail::None);
    }

    #[test]
    fn costs_stand_in_the_details_and_in_their_breakdown() {
        let components = [Some(1.5), Some(9.0), Some(-2.0), None, None, Some(-0.5)];
        let details = r#""slip_bps":1.5,"status":"filled","tca_breakdown":{"raw_edge_bps":"9","fees_bps":-2,"latency_bps":-0.5}"#;
        check("ORDER.STATUS(SIM)", details, Detail::Costs(Costs { components }));
        check("TCA.FILL", r#""status":"filled""#, Detail::None);
    }

    #[test]
    fn a_position_is_the_accounts_own_word() {
        let position = Position {
            quantity: Some(-3.0),
            average_price: Some(10.0),
            realised: Some(1.0),
            unrealised: Some(-2.0),
            fees: None,
        };
        let details = r#""position_qty":-3,"avg_price":10,"realized_pnl":"1.0","unrealized_pnl":-2"#;
        check("POSITION.UPDATE", details, Detail::Position(position));
        check("REWARD.TP", r#""pnl":"-0.25""#, Detail::Reward { pnl: Some(-0.25) });
    }

    #[test]
    fn a_test_has_its_boundaries() {
        let details = r#""llr":1.5,"boundaries":{"log_A":2.5,"log_B":"-1.5"}"#;
        check("SPRT.DECISION_H1", details, Detail::Boundaries { upper: Some(2.5), lower: Some(-1.5) });
    }

    #[test]
    fn an_update_of_the_test_has_its_boundaries_and_the_edge_its_score() {
        let details = r#""llr":1.5,"boundaries":{"log_A":2.5}"#;
        check("GOVERNANCE.SPRT.UPDATE", details, Detail::Boundaries { upper: Some(2.5), lower: None });
        check("GOVERNANCE.ALPHA", r#""score":"0.75""#, Detail::Alpha { score: Some(0.75) });
        check("GOVERNANCE.ALPHA", r#""x":1"#, Detail::Alpha { score: None });
    }

    #[test]
    fn a_query_ends_as_it_says_or_as_its_code_says() {
        let query = |success, cache_hit| Detail::Query(Query { ended: true, success, cache_hit });
        check("QUERY.COMPLETED", r#""success":true,"cache_hit":"false""#, query(Some(true), Some(false)));
        check("QUERY.COMPLETED", r#""error_type":"timeout""#, query(Some(false), None));
        check("QUERY.FAILED", r#""error_type":null"#, query(Some(false), None));
        check("QUERY.RESULT", r#""latency_ms":5"#, query(None, None));
        check("QUERY.STARTED", r#""x":1"#, Detail::Query(Query::default()));
    }

    #[test]
    fn health_is_held_against_its_threshold() {
        let health = |threshold_ms| Detail::Health { value_ms: Some(31.0), threshold_ms };
        check("HEALTH.LATENCY_HIGH", r#""latency_ms":31.0,"lmax_ms":30.0"#, health(Some(30.0)));
        check("HEALTH.LATENCY_P90_HIGH", r#""latency_ms":"31","threshold_ms":40"#, health(Some(40.0)));
        check("HEALTH.LATENCY_HIGH", r#""value":31"#, health(None));
    }

    #[test]
    fn a_verdict_and_a_stage_are_read_from_words() {
        for word in ["skip_open", "NO_OP", "DENY"] {
            check("POLICY.DECISION", &format!(r#""decision":"{word}""#), Detail::Policy(Verdict::Refused));
        }
        check("POLICY.DECISION", r#""decision":"EXECUTE""#, Detail::Policy(Verdict::Passed));
        check("POLICY.DECISION", r#""route":"maker""#, Detail::None);
        for (word, stage) in [
            ("sla_edge", Stage::Routing),
            ("decide", Stage::Routing),
            ("sizing", Stage::Sizing),
            ("sla", Stage::Submission),
            ("policy", Stage::Gate),
        ] {
            check("ORDER.DENY", &format!(r#""stage":"{word}""#), Detail::Denial(stage));
        }
        check("ORDER.DENY", r#""stage":"elsewhere""#, Detail::None);
    }

    #[test]
    fn risk_gauges_are_read_in_the_order_that_names_them() {
        let risk = |known: &[f64]| {
            let mut numbers: RiskNumbers = [None; RISK_WIDTH];
            for (slot, number) in numbers.iter_mut().zip(known) {
                *slot = Some(*number);
            }
            Detail::Risk(numbers)
        };
        check(
            "CVAR.GATE",
            r#""cvar_curr":36.5,"delta":1,"limit":500,"allow":true"#,
            risk(&[36.5, 1.0, 500.0, 1.0]),
        );
        check(
            "RISK.UPDATE",
            r#""risk":{"dd_day_pct":10,"max_concurrent":5,"size_scale":0.25}"#,
            risk(&[10.0, 5.0, 0.25]),
        );
        let kelly = r#""f_raw":0.5,"f_port":0.4,"M":0.8,"f_final":0.3,"qty_final":"5.25""#;
        check("KELLY.APPLIED", kelly, risk(&[0.5, 0.4, 0.8, 0.3, 5.25]));
        for code in [
            Code::KellyApplied,
            Code::LambdaUpdate,
            Code::CvarGate,
            Code::CvarFit,
            Code::CvarShift,
            Code::SizingDecision,
            Code::RiskUpdate,
            Code::Fill,
        ] {
            assert_eq!(risk_keys(code).len(), gauges_of(code).len(), "{code:?}");
        }
    }

    #[test]
    fn ids_that_link_and_names_that_label_are_read() {
        let line = r#"{"event_code":"ORDER.SUBMIT","oid":"1","cid":"c1","details":{"trace_id":"t"}}"#;
        let event = event_of(Source::Events, line);
        assert_eq!(
            (event.order_id.as_deref(), event.client_id.as_deref(), event.traced),
            (Some("1"), Some("c1"), true)
        );
        let line = r#"{"event_code":"GOVERNANCE.TRANSITION","details":{"from":"live","to":"shadow"}}"#;
        let event = event_of(Source::Events, line);
        assert_eq!((event.label.as_deref(), event.mode.as_deref()), (Some("live"), Some("shadow")));
    }
}
