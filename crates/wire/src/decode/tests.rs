//! How lines are read: the conformance vectors, and what they do not cover.

use aurora_domain::{
    BreakerState, LatencyKind, Outcome, OutcomeSet, Route, Side, Span, State, Ts, outcome::reported_by,
    reason::DenyClass,
};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The contract's, so that they are where the tests run.
const VECTORS: &str = include_str!("../../tests/vectors/lines.json");

fn check_vector(vector: &Value) {
    let name = vector["name"].as_str().unwrap();
    let source = Source::from_name(vector["file"].as_str().unwrap()).unwrap();
    let line = vector["line"].as_str().unwrap();
    let expect = vector["expect"].as_object().unwrap();
    let decoded = decode(source, 7, line.as_bytes());
    let general = decode_with_serde(source, line.as_bytes());
    assert_eq!(
        decoded.as_ref().map_err(|rejected| &rejected.reason),
        general.as_ref(),
        "{name}: both readers"
    );
    if expect.get("rejected") == Some(&Value::Bool(true)) {
        assert_eq!(decoded.expect_err(name).line, 7, "{name}");
        return;
    }
    let event = decoded.unwrap_or_else(|rejected| panic!("{name}: {rejected}"));
    for (fact, expected) in expect {
        assert_eq!(&fact_of(&event, fact), expected, "{name}: {fact}");
    }
}

/// The named fact of an event, as the vectors write it.
fn fact_of(event: &Event<'_>, fact: &str) -> Value {
    match fact {
        "shape" => event.shape.letter().to_string().into(),
        "code" => event.code_text.as_ref().into(),
        "ts_ns" => event.ts.map(|ts| ts.0).into(),
        "order_id" => event.order_id.as_deref().into(),
        "run_id" => event.run_id.as_deref().into(),
        "symbol" => event.symbol.as_deref().into(),
        "side" => event.side.map(|side| if side == Side::Buy { "buy" } else { "sell" }).into(),
        "known" => (event.code != Code::Other).into(),
        "reason" => event.reason.as_deref().into(),
        "deny_class" => DenyClass::of(event.reason.as_deref(), event.exchange_reason).name().into(),
        "outcomes" => outcomes_of(event),
        "route" => event.route.map(|route| format!("{route:?}").to_lowercase()).into(),
        "breaker" => event.breaker.map(BreakerState::name).into(),
        "bid" => event.numbers.bid.into(),
        "ask" => event.numbers.ask.into(),
        "ack_ms" => ack_ms(event),
        other => panic!("the vectors judge {other:?}, which this test does not know"),
    }
}

/// What an order log line implies counts as its outcome in the vectors; an event's own report does.
fn outcomes_of(event: &Event<'_>) -> Value {
    let reported: OutcomeSet = reported_by(event);
    reported.iter().map(Outcome::name).collect::<Vec<_>>().into()
}

/// The acknowledgement's round trip, to the two digits that the histogram keeps.
fn ack_ms(event: &Event<'_>) -> Value {
    let mut state = State::new(event.ts.unwrap_or(Ts(0)));
    state.apply(event);
    let summary = state.latency().summary(LatencyKind::Ack, Span::Session).expect("a round trip");
    ((summary.max_ms * 1e6).round() / 1e6).into()
}

#[test]
fn conformance_vectors_read_as_the_contract_says() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 20);
    vectors.iter().for_each(check_vector);
}

fn event_of(line: &str) -> Event<'_> {
    decode(Source::Events, 1, line.as_bytes()).unwrap_or_else(|rejected| panic!("{rejected}"))
}

#[test]
fn the_records_own_key_comes_before_its_details() {
    let event =
        event_of(r#"{"event_code":"ORDER.ACK","cid":"own","details":{"cid":"inner","order_id":"o1"}}"#);
    assert_eq!(event.order_id.as_deref(), Some("o1"), "order_id comes before cid, wherever it stands");
    let event = event_of(r#"{"event_code":"ORDER.ACK","symbol":null,"details":{"symbol":"doge-usdt"}}"#);
    assert_eq!(event.symbol.as_deref(), Some("DOGEUSDT"));
}

#[test]
fn a_legacy_code_is_not_its_own_reason() {
    let event = event_of(r#"{"code":"ORDER.DENY","ctx":{"reason":"cooldown:3"}}"#);
    assert_eq!(event.reason.as_deref(), Some("cooldown"));
    assert_eq!(event_of(r#"{"code":"ORDER.DENY"}"#).reason, None);
    let event = event_of(r#"{"event_code":"ORDER.DENY","details":{"code":"LOW_PFILL.DENY"}}"#);
    assert_eq!(event.reason.as_deref(), Some("LOW_PFILL.DENY"));
}

#[test]
fn arming_is_read_from_the_nested_state() {
    let event = event_of(
        r#"{"event_code":"AURORA.ESCALATION","details":{"state":{"armed":true,"halted":false,"cooloff_until":17.5}}}"#,
    );
    assert_eq!((event.armed, event.halted), (Some(true), Some(false)));
    assert_eq!(event.numbers.cooloff_until, Some(Ts(17_500_000_000)));
}

fn check_cool_off(until: &str, expected: Option<i64>) {
    let line = format!(r#"{{"event_code":"AURORA.COOL_OFF","details":{{"until":{until}}}}}"#);
    assert_eq!(both(&line).numbers.cooloff_until, expected.map(Ts), "{until}");
}

#[test]
fn a_cool_off_ends_at_a_time_of_any_spelling() {
    for until in [
        "1795200000",
        "1795200000000",
        "1795200000000000000",
        "1795200000.0",
        "\"1795200000\"",
        "\"2026-11-20T18:40:00Z\"",
    ] {
        check_cool_off(until, Some(1_795_200_000_000_000_000));
    }
    check_cool_off("0", Some(0));
    check_cool_off("\"soon\"", None);
    check_cool_off("true", None);
}

/// What both readers make of `line`, three times, so that its layout is known.
fn both(line: &str) -> Event<'_> {
    let general = decode_with_serde(Source::Events, line.as_bytes()).unwrap();
    for _ in 0..3 {
        assert_eq!(event_of(line), general, "{line}");
    }
    general
}

fn check_breaker(code: &str, details: &str, expected: Option<BreakerState>) {
    let line = format!(r#"{{"event_code":"{code}","details":{{{details}}}}}"#);
    let event = both(&line);
    assert_eq!((event.code, event.breaker), (Code::Breaker, expected), "{line}");
}

#[test]
fn every_code_of_the_breaker_tells_its_state() {
    use BreakerState::{Closed, HalfOpen, Open};
    check_breaker("CIRCUIT_BREAKER.TRIP", r#""state":"OPEN""#, Some(Open));
    check_breaker("CIRCUIT_BREAKER.CHANGED", r#""state":1"#, Some(HalfOpen));
    check_breaker("CIRCUIT_BREAKER.OPEN", r#""state":"closed""#, Some(Closed));
    for (code, state) in [
        ("CIRCUIT_BREAKER.TRIPPED", Some(Open)),
        ("EXCHANGE.CB.OPEN", Some(Open)),
        ("EXCHANGE.CB.HALF-OPEN", Some(HalfOpen)),
        ("CIRCUIT_BREAKER.CLOSED", Some(Closed)),
        ("CIRCUIT_BREAKER.STATE", None),
    ] {
        check_breaker(code, "", state);
        check_breaker(code, r#""state":"?""#, state);
    }
}

fn check_route(code: &str, details: &str, expected: Option<Route>) {
    let line = format!(r#"{{"event_code":"{code}","details":{{{details}}}}}"#);
    assert_eq!(both(&line).route, expected, "{line}");
}

#[test]
fn every_code_of_a_route_tells_it() {
    check_route("ROUTE.SELECTED", r#""route":"maker""#, Some(Route::Maker));
    check_route("ORDER.ROUTE.DECISION", r#""route":"taker""#, Some(Route::Taker));
    check_route("ORDER.ROUTE.DECISION", r#""route":"?""#, None);
    check_route("ROUTE.DENIED", "", Some(Route::Deny));
    check_route("ROUTE.CANCELED", "", Some(Route::Cancel));
    check_route("ROUTE.SELECTED", "", None);
    check_route("ORDER.FILL", r#""route":"maker""#, None);
}

#[test]
fn flags_may_be_numbers_and_words() {
    for (flag, expected) in [
        ("true", Some(true)),
        ("0", Some(false)),
        ("1", Some(true)),
        ("1.0", Some(true)),
        ("\"False\"", Some(false)),
        ("\"1\"", Some(true)),
        ("2", None),
        ("\"yes\"", None),
    ] {
        let line =
            format!(r#"{{"event_code":"AURORA.ARM_STATE","armed":{flag},"details":{{"halted":{flag}}}}}"#);
        let event = both(&line);
        assert_eq!((event.armed, event.halted), (expected, expected), "{line}");
    }
}

#[test]
fn a_known_layout_asks_each_value_anew() {
    for armed in ["1", "0", "2", "1"] {
        both(&format!(r#"{{"event_code":"AURORA.ARM_STATE","armed":{armed},"x":"flags"}}"#));
    }
    for state in ["OPEN", "?", "CLOSED", "HALF_OPEN", ""] {
        both(&format!(r#"{{"event_code":"CIRCUIT_BREAKER.TRIP","state":"{state}","x":"words"}}"#));
    }
    for route in ["maker", "?", "taker", ""] {
        both(&format!(r#"{{"event_code":"ROUTE.DENIED","route":"{route}"}}"#));
    }
    for until in ["5", "0", "1795200000000", "99999999999999999999"] {
        both(&format!(r#"{{"event_code":"AURORA.COOL_OFF","until":{until}}}"#));
    }
}

#[test]
fn orders_of_long_numbers_are_told_apart() {
    let mut state = State::new(Ts(0));
    for number in 0..500_u64 {
        let id = 12_345_678_901_234_567_000 + number;
        let line = format!(r#"{{"event_code":"ORDER.SUBMIT","oid":{id},"ts_ns":1}}"#);
        let event = both(&line);
        assert_eq!(event.order_id.as_deref(), Some(&*id.to_string()));
        state.apply(&event);
    }
    assert_eq!(state.orders().outcomes(Span::Session).get(Outcome::Submitted), 500);
}

#[test]
fn a_record_with_a_code_of_its_own_is_no_wrapper() {
    let line = r#"{"event_code":"ORDER.FILL","oid":"z","payload":{"event_code":"ORDER.REJECT","oid":"y"}}"#;
    let event = both(line);
    assert_eq!((event.code, event.order_id.as_deref(), event.shape), (Code::Fill, Some("z"), Shape::Flat));
    for own in ["null", "\"\""] {
        let line = line.replace("\"ORDER.FILL\"", own);
        let event = both(&line);
        assert_eq!(
            (event.code, event.order_id.as_deref(), event.shape),
            (Code::Reject, Some("y"), Shape::Wrapped)
        );
    }
}

fn check_symbol(text: &str, expected: &str) {
    let line = format!(r#"{{"event_code":"ORDER.FILL","symbol":"{text}"}}"#);
    assert_eq!(both(&line).symbol.as_deref(), Some(expected), "{text}");
}

#[test]
fn a_symbol_has_one_spelling() {
    for text in [
        "SOLUSDT",
        "sol-usdt",
        "SOL/USDT",
        "SOL/USDT:USDT",
        "BINANCE:SOLUSDT",
        "BINANCE:SOL/USDT",
        "BINANCE:SOL/USDT:USDT",
        "BINANCE:SOLUSDT:USDT",
        "SOLUSDT:USDT",
        "SOL-USDT:usdt",
        "SOLUSDT:SOL",
    ] {
        check_symbol(text, "SOLUSDT");
    }
    check_symbol("USDT:SOLUSDT", "SOLUSDT");
    check_symbol("SOLUSDT:", "SOLUSDT");
}

#[test]
fn a_code_may_be_a_number_where_no_word_is_one() {
    let event = both(r#"{"type":1102,"oid":"a"}"#);
    assert_eq!((&*event.code_text, event.code, event.reason.as_deref()), ("1102", Code::Other, None));
    let event = both(r#"{"event_code":7,"code":"ORDER.FILL"}"#);
    assert_eq!(event.code, Code::Fill);
    let event = both(r#"{"event_code":"ORDER.REJECT","code":-2019}"#);
    assert_eq!((event.code, event.reason.as_deref()), (Code::Reject, Some("-2019")));
    let failed = decode(Source::Failed, 1, br#"{"code":-2019}"#).unwrap();
    assert_eq!((&*failed.code_text, failed.reason.as_deref()), (UNCODED, Some("-2019")));
}

#[test]
fn loose_keys_stand_for_those_in_the_details() {
    let event = event_of(r#"{"event_code":"POLICY.DECISION","ts_ns":1,"observability":{"latency_ms":12.5}}"#);
    assert_eq!(event.numbers.policy_latency_ms, Some(12.5));
    let event =
        event_of(r#"{"event_code":"AURORA.ARM_STATE","ts_ns":1,"state":{"armed":true,"halted":true}}"#);
    assert_eq!((event.armed, event.halted), (Some(true), Some(true)));
}

#[test]
fn a_coded_record_without_a_run_is_flat_unless_it_tells_its_time_otherwise() {
    let shape = |line| event_of(line).shape;
    assert_eq!(shape(r#"{"event_code":"ORDER.DENY","details":{}}"#), Shape::Flat);
    assert_eq!(shape(r#"{"event_code":"ORDER.DENY","ts_ns":1}"#), Shape::Flat);
    assert_eq!(shape(r#"{"event_code":"ORDER.DENY","ts_ms":1}"#), Shape::Legacy);
}

#[test]
fn the_policys_latency_stands_in_its_observability() {
    let event = event_of(
        r#"{"event_code":"POLICY.DECISION","details":{"route":"Maker","observability":{"latency_ms":"5.5","x":[{}]}}}"#,
    );
    assert_eq!((event.route, event.numbers.policy_latency_ms), (Some(Route::Maker), Some(5.5)));
}

#[test]
fn numbers_of_unexpected_kinds_are_absent_and_not_fatal() {
    let event = event_of(
        r#"{"event_code":"SLA.CHECK","latency_ms":{"p50":1},"side":7,"details":"text","ts_ns":true}"#,
    );
    assert_eq!((event.numbers.latency_ms, event.side, event.ts), (None, None, None));
}

#[test]
fn a_long_line_is_oversized() {
    let line = vec![b' '; MAX_LINE_BYTES + 1];
    let rejected = decode(Source::Success, 3, &line).unwrap_err();
    assert_eq!(rejected.reason, Reason::Oversized { bytes: MAX_LINE_BYTES + 1 });
    assert_eq!(rejected.to_string(), "orders_success line 3: oversized: 1048577 bytes, more than 1 MiB");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(Source::Events, 1, &line);
    }

    #[test]
    fn no_json_object_is_rejected(
        keys in prop::collection::vec(prop_oneof![
            Just("event_code"), Just("ts_ns"), Just("details"), Just("payload"), Just("oid"), Just("status"),
            Just("observability"), Just("state"), Just("latency_ms"), Just("code"), Just("x"),
        ], 0..6),
        values in prop::collection::vec(prop_oneof![
            Just("null"), Just("1"), Just("-1.5e300"), Just("\"a\\u0000b\""), Just("[1,{}]"), Just("true"),
            Just("{\"state\":{\"armed\":1},\"observability\":[]}"), Just("{\"event_code\":\"X\"}"),
        ], 6),
    ) {
        let pairs: Vec<String> = keys.iter().zip(&values).map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let line = format!("{{{}}}", pairs.join(","));
        prop_assert!(decode(Source::Events, 1, line.as_bytes()).is_ok(), "{}", line);
    }
}
