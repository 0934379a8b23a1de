//! The ring's bounds, order and numbers.

use aurora_domain::{Filter, SideKey, Source, State, Ts, scope::Scopes};
use aurora_wire::{decode, search::Query};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    Field, Limits, Lines,
    found::{Asked, Found},
    order::Trail,
};

/// Adds a line that tells of order `number` at second `number`.
fn push(lines: &mut Lines, number: u64) -> u64 {
    let ts = number * 1_000_000_000;
    let line = format!(r#"{{"event_code":"ORDER.ACK","ts_ns":{ts},"order_id":"o-{number}"}}"#);
    push_line(lines, number, &line)
}

fn push_line(lines: &mut Lines, id: u64, line: &str) -> u64 {
    let decoded = decode(Source::Events, id, line.as_bytes());
    lines.push(Some(id), Source::Events, line.as_bytes(), decoded.as_ref().ok(), &Scopes::default())
}

/// A ring with the lines of `numbers`.
fn filled(limits: Limits, numbers: std::ops::Range<u64>) -> Lines {
    let mut lines = Lines::new(limits);
    for number in numbers {
        push(&mut lines, number);
    }
    lines
}

/// The ring holds the lines of `numbers`, in order and with consecutive numbers.
#[track_caller]
fn check(lines: &Lines, numbers: std::ops::Range<u64>, dropped: u64) {
    let held: Vec<u64> = (lines.first()..lines.next())
        .map(|seq| {
            let line = lines.get(seq).expect("a line that is held");
            let id = line.id.expect("its id");
            assert_eq!(line.seq, seq);
            assert_eq!(line.text(Field::Order), format!("o-{id}"));
            assert_eq!(line.ts, Some(Ts(i64::try_from(id).expect("small") * 1_000_000_000)));
            assert!(line.original().ends_with(&format!("\"o-{id}\"}}")), "{}", line.original());
            id
        })
        .collect();
    assert_eq!(held, numbers.collect::<Vec<_>>());
    assert_eq!((lines.len(), lines.dropped()), (held.len(), dropped));
    assert!(lines.get(lines.first() - 1).is_none() && lines.get(lines.next()).is_none());
}

const SMALL: Limits = Limits { lines: 1_500, bytes: 96 << 20 };

#[wasm_bindgen_test]
fn the_newest_lines_are_held_and_the_others_counted() {
    check(&filled(SMALL, 0..0), 0..0, 0);
    check(&filled(SMALL, 0..1_500), 0..1_500, 0);
    check(&filled(SMALL, 0..9_000), 7_500..9_000, 7_500);
}

#[wasm_bindgen_test]
fn memory_stays_within_its_bound_and_the_newest_line_is_always_held() {
    let limits = Limits { lines: 1_000_000, bytes: 2 << 20 };
    let mut lines = Lines::new(limits);
    for number in 0..40_000 {
        push(&mut lines, number);
        assert!(lines.bytes() <= limits.bytes, "{} bytes", lines.bytes());
    }
    let first = lines.dropped();
    assert!((5_000..39_000).contains(&first), "{first} fell out");
    check(&lines, first..40_000, first);
    let long = format!(r#"{{"event_code":"X","order_id":"o-1","text":"{}"}}"#, "y".repeat(3 << 20));
    let seq = push_line(&mut lines, 1, &long);
    assert_eq!((lines.len(), lines.get(seq).map(|line| line.raw.len())), (1, Some(long.len())));
    push(&mut lines, 2);
    check(&lines, 2..3, 40_001);
}

#[wasm_bindgen_test]
fn earlier_lines_come_before_the_ones_that_are_here_which_keep_their_numbers() {
    let mut lines = filled(SMALL, 1_000..1_100);
    let (first, seq) = (lines.first(), lines.first() + 50);
    assert_eq!(lines.prepend(filled(SMALL, 700..1_000)), 300);
    check(&lines, 700..1_100, 0);
    assert_eq!(lines.first(), first - 300);
    assert_eq!(lines.get(seq).and_then(|line| line.id), Some(1_050));
    assert_eq!(lines.prepend(filled(SMALL, 0..0)), 0);
    push(&mut lines, 1_100);
    check(&lines, 700..1_101, 0);
}

#[wasm_bindgen_test]
fn earlier_lines_fill_the_room_that_there_is() {
    let mut lines = filled(SMALL, 3_000..4_000);
    assert_eq!(lines.prepend(filled(SMALL, 1_000..3_000)), 500);
    check(&lines, 2_500..4_000, 1_500);
    assert_eq!(lines.prepend(filled(SMALL, 2_490..2_500)), 0);
    push(&mut lines, 4_000);
    check(&lines, 2_501..4_001, 1_511);
}

#[wasm_bindgen_test]
fn a_ring_that_is_emptied_never_gives_a_number_twice() {
    let mut lines = filled(SMALL, 0..10);
    let next = lines.next();
    lines.clear();
    check(&lines, 0..0, 0);
    assert_eq!(push(&mut lines, 3), next);
}

#[wasm_bindgen_test]
fn texts_are_kept_in_their_one_spelling_wherever_they_stand() {
    let mut lines = Lines::default();
    let line = r#"{"event_code":"order_ack","symbol":"BINANCE:SOL/USDT","side":"SELL","run_id":"r1","oid":"7","cid":"c\u0031","details":{"intent_id":"i1","reason":"spread_bps_too_wide:12"}}"#;
    let seq = push_line(&mut lines, 5, line);
    push(&mut lines, 6);
    let kept = lines.get(seq).expect("it is here");
    let texts = Field::ALL.map(|field| kept.text(field));
    assert_eq!(texts, ["ORDER.ACK", "SOLUSDT", "7", "c1", "i1", "r1", "spread_bps_too_wide"]);
    assert_eq!((kept.original().as_ref(), kept.side, kept.is_read), (line, SideKey::Sell, true));
}

#[wasm_bindgen_test]
fn a_line_that_could_not_be_read_is_kept_and_says_so() {
    let mut lines = Lines::default();
    let seq = push_line(&mut lines, 1, "no JSON");
    let line = lines.get(seq).expect("it is here");
    assert_eq!((line.is_read, line.ts, line.original().as_ref()), (false, None, "no JSON"));
    assert!(Field::ALL.into_iter().all(|field| line.text(field).is_empty()));
}

/// The ids of the lines that are found, in slices that end after so many looks at the clock.
fn find(lines: &Lines, found: &mut Found, looks: usize) -> Vec<u64> {
    let mut asked = 0_usize;
    let mut go_on = || {
        asked += 1;
        !asked.is_multiple_of(looks + 1)
    };
    while !found.step(lines, &mut go_on) {}
    found.iter().filter_map(|seq| lines.get(seq)?.id).collect()
}

fn asked(query: &str) -> Asked {
    Asked { query: Query::parse(query).expect("a query"), ..Asked::default() }
}

#[wasm_bindgen_test]
fn a_search_in_slices_finds_every_line_once_and_in_order() {
    let mut lines = filled(SMALL, 1_000..2_400);
    let expected: Vec<u64> = (1_000..2_400).filter(|id| id % 10 == 7).collect();
    for looks in [0, 1, 5, 1_000] {
        let mut found = Found::new(asked("7\"}"), &lines);
        assert_eq!(find(&lines, &mut found, looks), expected, "{looks} looks");
        assert_eq!(found.looked_at(), 1_400);
    }
    let mut found = Found::new(asked("7\"}"), &lines);
    assert!(!found.step(&lines, || false), "a slice ends");
    assert!((1..1_400).contains(&found.looked_at()));
    for number in 2_400..2_700 {
        push(&mut lines, number);
    }
    lines.prepend(filled(SMALL, 900..1_000));
    let expected: Vec<u64> = (1_200..2_700).filter(|id| id % 10 == 7).collect();
    assert_eq!(find(&lines, &mut found, 0), expected, "after lines came and went");
    assert_eq!(found.place_of(lines.first() + 7), 0);
    assert_eq!(found.place_of(lines.first() + 8), 1);
}

#[wasm_bindgen_test]
fn earlier_lines_are_found_before_those_that_were_found() {
    let mut lines = filled(SMALL, 500..600);
    let mut found = Found::new(asked("code:ORDER.ACK"), &lines);
    assert_eq!(find(&lines, &mut found, 9).len(), 100);
    lines.prepend(filled(SMALL, 400..500));
    assert_eq!(find(&lines, &mut found, 9), (400..600).collect::<Vec<_>>());
    lines.clear();
    assert!(find(&lines, &mut found, 9).is_empty());
}

#[wasm_bindgen_test]
fn a_line_is_of_the_symbol_and_side_that_are_known_of_its_order() {
    let mut state = State::new(Ts(0));
    let mut lines = Lines::default();
    for (id, line) in [
        r#"{"event_code":"ORDER.SUBMIT","oid":"1","symbol":"SOL/USDT","side":"BUY"}"#,
        r#"{"event_code":"ORDER.ACK","oid":"1"}"#,
        r#"{"event_code":"ORDER.ACK","oid":"2"}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let event = decode(Source::Events, 0, line.as_bytes()).expect("a line");
        state.apply(&event);
        lines.push(Some(id as u64), Source::Events, line.as_bytes(), Some(&event), state.scopes());
    }
    let filter = Filter { symbol: Some(state.scopes().symbol("SOLUSDT")), side: Some(SideKey::Buy) };
    let mut found = Found::new(Asked { filter, ..Asked::default() }, &lines);
    assert_eq!(find(&lines, &mut found, 9), [0, 1]);
    assert_eq!(find(&lines, &mut Found::new(asked("symbol:SOLUSDT"), &lines), 9), [0, 1]);
}

/// The ids of the lines of the order that line `of` of `texts` is about.
fn trail(texts: &[&str], of: usize) -> Vec<u64> {
    let mut lines = Lines::default();
    for (id, text) in texts.iter().enumerate() {
        push_line(&mut lines, id as u64, text);
    }
    let line = lines.get(lines.first() + of as u64).expect("that line");
    let Some(mut trail) = Trail::of(&line, &lines) else { return Vec::new() };
    while !trail.step(&lines, || false) {}
    trail.lines(&lines).into_iter().filter_map(|seq| lines.get(seq)?.id).collect()
}

#[wasm_bindgen_test]
fn an_order_is_followed_through_every_id_that_a_line_links() {
    const TEXTS: [&str; 7] = [
        r#"{"event_code":"ORDER.INTENT.RECEIVED","run_id":"r","ts_ns":1,"details":{"intent_id":"i1"}}"#,
        r#"{"event_code":"ORDER.ACK","run_id":"r","ts_ns":3,"oid":"9","cid":"c1"}"#,
        r#"{"event_code":"ORDER.SUBMIT","run_id":"r","ts_ns":2,"cid":"c1","details":{"intent_id":"i1"}}"#,
        r#"{"event_code":"ORDER.FILL","run_id":"r","ts_ns":4,"oid":"9"}"#,
        r#"{"event_code":"ORDER.FILL","ts_ns":5,"details":{"order_id":"9"}}"#,
        r#"{"event_code":"MARKET.TICKER","run_id":"r","ts_ns":5}"#,
        r#"{"event_code":"ORDER.FILL","run_id":"other","ts_ns":4,"oid":"9"}"#,
    ];
    for of in [0, 1, 2, 3, 4] {
        assert_eq!(trail(&TEXTS, of), [0, 2, 1, 3, 4], "from line {of}");
    }
    assert_eq!(trail(&TEXTS, 6), [6, 4], "the same id in another run");
    assert!(trail(&TEXTS, 5).is_empty());
}
