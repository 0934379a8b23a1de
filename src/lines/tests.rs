//! The ring's bounds, order and numbers.

use aurora_domain::{SideKey, Source, Ts, scope::Scopes};
use aurora_wire::decode;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{Field, Limits, Lines};

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
