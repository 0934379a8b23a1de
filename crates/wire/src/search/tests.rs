//! What queries ask for, and what is wrong with those that cannot be asked.

use proptest::prelude::*;

use super::*;

const LINE: &str = r#"{"event_code":"ORDER.DENY","reason":"Low Fill","text":"Größe 12:30"}"#;

fn record() -> Record<'static> {
    Record {
        source: Source::Denied,
        is_read: true,
        side: SideKey::Buy,
        code: b"ORDER.DENY",
        symbol: b"SOLUSDT",
        reason: b"LOW_PFILL.DENY",
        ids: [b"7", b"c-7", b""],
        line: LINE.as_bytes(),
    }
}

#[track_caller]
fn check(query: &str, expected: bool) {
    let found = Query::parse(query).map(|query| query.matches(&record()));
    assert_eq!(found, Ok(expected), "{query}");
}

#[test]
fn an_empty_query_asks_for_every_line() {
    check("", true);
    check(" \t ", true);
    assert!(Query::parse(" ").is_ok_and(|query| query.is_empty()));
}

#[test]
fn a_word_is_text_anywhere_in_the_line_in_any_case() {
    for query in ["order.deny", "ORDER.deny", "{", "}", "größe", "12:30", "low fill", "\"low fill\"", LINE]
    {
        check(query, true);
    }
    for query in ["order.denyx", "\"fill low\"", "GRÖSSE", "GRÖßE", "\"low  fill\""] {
        check(query, false);
    }
}

#[test]
fn all_terms_must_hold() {
    check("order fill file:denied", true);
    check("order fill file:failed", false);
    check("order nothing", false);
}

#[test]
fn a_dash_excludes() {
    check("-order", false);
    check("-nothing", true);
    check("-file:denied", false);
    check("-file:failed order", true);
    check("-\"low fill\"", false);
    check("a-b", false);
    check("\"-order\"", false);
    check("-", false);
}

#[test]
fn files_are_asked_for_by_any_of_their_names() {
    for query in ["file:denied", "file:orders_denied", "FILE:Orders_Denied.jsonl"] {
        check(query, true);
    }
    check("file:events", false);
    check("file:orders", false);
}

#[test]
fn a_code_is_asked_for_by_its_beginning_in_any_spelling() {
    for query in ["code:ORDER", "code:order_deny", "code:order.d", "code:ORDER*"] {
        check(query, true);
    }
    check("code:DENY", false);
    check("code:MARKET,order_deny", true);
    check("code:MARKET,QUERY", false);
}

#[test]
fn symbol_reason_and_order_are_asked_for_whole_or_by_a_beginning_with_a_star() {
    for query in
        ["symbol:solusdt", "symbol:BINANCE:SOL/USDT", "symbol:sol*", "reason:low_pfill.deny", "reason:low*"]
    {
        check(query, true);
    }
    for query in
        ["order:7", "order:c-7", "order:C-*", "side:buy", "reason:LOW_PFILL.DENY:0.2", "-is:unreadable"]
    {
        check(query, true);
    }
    for query in
        ["symbol:sol", "reason:low", "order:c-", "order:\"c-*\"", "side:sell", "side:none", "is:unreadable"]
    {
        check(query, false);
    }
}

#[track_caller]
fn check_problem(query: &str, expected: &str) {
    assert_eq!(
        Query::parse(query).map_err(|problem| problem.to_string()),
        Err(expected.to_owned()),
        "{query}"
    );
}

#[test]
fn problems_say_what_to_do() {
    check_problem(
        "colour:red",
        "There is no filter \"colour:\". Use file:, code:, outcome:, symbol:, side:, reason:, order: or is:, or put the text into quotes.",
    );
    check_problem("code:", "\"code:\" needs a value after the colon, without a space.");
    check_problem(
        "file:x",
        "\"file:\" does not know \"x\". Use events, success, denied, failed or trades, or the file's own name.",
    );
    check_problem("side:up", "\"side:\" does not know \"up\". Use buy, sell or none.");
    check_problem("is:red", "\"is:\" does not know \"red\". Use unreadable.");
    check_problem("\"low", "A quote is open: close it with \".");
}

#[test]
fn a_term_that_is_made_asks_for_its_value() {
    for value in ["LOW", "low fill", "12*", "a:b", "-x", ""] {
        let made = term("order", value);
        let asked = Query::parse(&made)
            .map(|query| query.matches(&Record { ids: [value.as_bytes(), b"", b""], ..record() }));
        let expected =
            if value.is_empty() { Err(Problem::NoValue { key: "order".to_owned() }) } else { Ok(true) };
        assert_eq!(asked, expected, "{made}");
    }
}

proptest! {
    #[test]
    fn text_is_found_as_a_plain_search_finds_it(line in "[abAB\"x ]{0,40}", text in "[abAB\"x ]{0,6}") {
        let plain = line.to_ascii_lowercase().contains(&text.to_ascii_lowercase());
        prop_assert_eq!(Needle::new(&text).is_in(line.as_bytes()), plain);
    }

    #[test]
    fn any_bytes_are_searched(line: Vec<u8>, text: String) {
        let small = text.to_ascii_lowercase().into_bytes();
        let plain = small.is_empty() || line.to_ascii_lowercase().windows(small.len()).any(|there| there == small);
        prop_assert_eq!(Needle::new(&text).is_in(&line), plain);
    }

    #[test]
    fn no_query_panics(text: String) {
        let _ = Query::parse(&text).map(|query| query.matches(&record()));
    }
}

#[test]
fn an_outcome_is_what_its_codes_and_its_file_report() {
    check("outcome:denied", true);
    check("outcome:submitted", false);
    let reports = |query: &str, source, code: &'static [u8]| {
        Query::parse(query).is_ok_and(|query| query.matches(&Record { source, code, ..record() }))
    };
    assert!(reports("outcome:acked", Source::Success, b""));
    assert!(reports("outcome:acked", Source::Events, b"ORDER.ACK"));
    assert!(!reports("outcome:acked", Source::Denied, b"ORDER.ACK"), "a denied order was not acknowledged");
    check_problem(
        "outcome:lost",
        "\"outcome:\" does not know \"lost\". Use submitted, acked, partially_filled, filled, canceled, rejected, expired, denied or failed.",
    );
}
