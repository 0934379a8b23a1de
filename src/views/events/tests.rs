//! The screen of events over a real store, fed by a transport that the test speaks through.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::EventsView;
use crate::{
    browser,
    config::Settings,
    page::Page,
    store::{Driver, Handle, Store},
    support::{next_task, run, until},
    tests::Mounted,
    transport::{Connection, Request, Signal, Sink, Transport},
};

/// The way to the page's sink, once it has connected.
type Way = Rc<RefCell<Option<Weak<dyn Sink>>>>;

struct Spoken(Way);
struct Held(#[expect(dead_code, reason = "it is held for as long as the connection is")] Rc<dyn Sink>);

impl Connection for Held {}

impl Transport for Spoken {
    fn open(&self, _request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        self.0.replace(Some(Rc::downgrade(&sink)));
        sink.deliver(Signal::Opened);
        Box::new(Held(sink))
    }

    fn snapshot(&self, _request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        let later = Rc::clone(&sink);
        wasm_bindgen_futures::spawn_local(async move { later.deliver(Signal::NoSnapshot) });
        Box::new(Held(sink))
    }
}

/// The screen, what its page has chosen, and the way to feed it.
struct Screen {
    mounted: Mounted,
    store: Handle,
    page: Page,
    way: Way,
    next_id: std::cell::Cell<u64>,
}

const GRID: &str = "#events-grid";
const SEARCH: &str = "#events-search";

impl Screen {
    async fn new() -> Self {
        let way = Way::default();
        let kept = Rc::new(RefCell::new(None));
        let mounted = Mounted::new({
            let (way, kept) = (Rc::clone(&way), Rc::clone(&kept));
            move || {
                let store = Handle::new(Store::new(browser::now_ms()));
                let transport = Box::new(Spoken(way));
                StoredValue::new_local(Driver::start(store, transport, Settings::default()));
                let page = Page::new();
                kept.replace(Some((store, page)));
                // As high as ten rows of 28 pixels and a head.
                let style = "<style>.events-grid { height: 308px; overflow-y: auto; position: relative }
                    .event-row { height: 28px } .events-head { position: sticky; top: 0 } .events-rows { box-sizing: border-box }</style>";
                view! { <div inner_html=style></div><EventsView store page /> }
            }
        });
        let (store, page) = kept.take().expect("mounting makes it");
        until("the page connects", || way.borrow().is_some()).await;
        Self { mounted, store, page, way, next_id: std::cell::Cell::new(1) }
    }

    /// Delivers lines as events of the stream.
    fn feed(&self, lines: impl IntoIterator<Item = String>) {
        let mut text = String::new();
        for line in lines {
            let id = self.next_id.replace(self.next_id.get() + 1);
            text += &message(id, &line);
        }
        let sink = self.way.borrow().as_ref().and_then(Weak::upgrade).expect("it is connected");
        sink.deliver(Signal::Bytes(text.into_bytes()));
    }

    /// Feeds lines numbered so, and waits until the table has them.
    async fn fed(&self, numbers: std::ops::Range<u64>) {
        self.feed(numbers.map(line));
        let held = self.next_id.get() - 1;
        self.until_count("held", &format!("{} lines", aurora_domain::format::count(held))).await;
    }

    async fn until_count(&self, which: &str, beginning: &str) {
        let selector = format!("[data-count='{which}']");
        until(&format!("{which}: {beginning}"), || self.mounted.text(&selector).starts_with(beginning)).await;
    }

    async fn search(&self, text: &str, count: &str) {
        let search: HtmlInputElement = self.mounted.get(SEARCH).unchecked_into();
        search.set_value(text);
        run("a.dispatchEvent(new Event('input', {bubbles: true}))", &[&search]);
        self.until_count("matches", count).await;
    }

    fn grid(&self) -> HtmlElement {
        self.mounted.get(GRID).unchecked_into()
    }

    fn rows(&self) -> Vec<Element> {
        let rows: js_sys::Array = run("return [...a.querySelectorAll('[data-seq]')]", &[&self.grid()]).into();
        rows.iter().map(JsCast::unchecked_into).collect()
    }

    /// The numbers of the rows that can be seen, whole or in part.
    fn seen(&self) -> Vec<u64> {
        const SEEN: &str = "const box = a.getBoundingClientRect(), top = box.top + 28;
            return [...a.querySelectorAll('[data-seq]')].filter(row => {
                const at = row.getBoundingClientRect();
                return at.bottom > top + 1 && at.top < box.bottom - 1;
            }).map(row => +row.querySelector('[data-cell=order]').textContent.slice(2)).join()";
        let seen = run(SEEN, &[&self.grid()]).as_string().expect("text");
        seen.split(',').filter_map(|number| number.parse().ok()).collect()
    }

    async fn until_seen(&self, what: &str, expected: std::ops::RangeInclusive<u64>) {
        let expected: Vec<u64> = expected.collect();
        let mut last = Vec::new();
        let begun = browser::monotonic_ms();
        while browser::monotonic_ms() - begun < 5_000.0 {
            last = self.seen();
            if last == expected {
                return;
            }
            next_task().await;
        }
        assert_eq!(last, expected, "{what}");
    }

    fn press(&self, selector: &str, key: &str) {
        let key = JsValue::from_str(key);
        let press =
            "a.dispatchEvent(new KeyboardEvent('keydown', {key: b, bubbles: true, cancelable: true}))";
        run(press, &[&self.mounted.get(selector), &key]);
    }

    fn scroll(&self, top: i32) {
        self.grid().set_scroll_top(top);
    }
}

/// A line about order `o-NUMBER`, filled where the number ends in 5.
fn line(number: u64) -> String {
    let ts = 1_795_196_700_000_000_000 + number * 1_000_000;
    let code = if number % 10 == 5 { "ORDER.FILL" } else { "ORDER.ACK" };
    format!(
        r#"{{"event_code":"{code}","ts_ns":{ts},"order_id":"o-{number}","details":{{"latency_ms":{number}.5}}}}"#
    )
}

/// An event of the stream.
fn message(id: u64, line: &str) -> String {
    format!("id: {id}\nevent: aurora_events\ndata: {line}\n\n")
}

fn focused() -> String {
    document().active_element().map(|element| element.id()).unwrap_or_default()
}

#[wasm_bindgen_test]
async fn only_the_rows_that_can_be_seen_are_in_the_document() {
    let screen = Screen::new().await;
    screen.fed(1..5_001).await;
    screen.until_seen("the end", 4_991..=5_000).await;
    assert!((10..=30).contains(&screen.rows().len()), "{} rows", screen.rows().len());
    assert_eq!(screen.grid().get_attribute("aria-rowcount").as_deref(), Some("5001"));
    let last = screen.rows().pop().expect("a row");
    assert_eq!(last.get_attribute("aria-rowindex").as_deref(), Some("5001"));
    assert_eq!(screen.grid().scroll_height(), 5_001 * 28);
    let cells: Vec<String> = run("return [...a.children].map(cell => cell.textContent).join('|')", &[&last])
        .as_string()
        .expect("text")
        .split('|')
        .map(str::to_owned)
        .collect();
    assert_eq!(cells[1..], ["events", "ORDER.ACK", "", "", "o-5000", "", "latency_ms 5000.5"]);
    assert_eq!(cells[0], "17:45:05.000");
}

#[wasm_bindgen_test]
async fn the_table_stays_on_its_lines_while_new_ones_come_unless_it_follows() {
    let screen = Screen::new().await;
    screen.fed(1..1_001).await;
    screen.until_seen("the end", 991..=1_000).await;
    screen.fed(1_001..1_501).await;
    screen.until_seen("the new end", 1_491..=1_500).await;
    screen.scroll(28 * 100);
    screen.until_seen("where it was scrolled to", 101..=110).await;
    screen.fed(1_501..2_001).await;
    screen.until_seen("the same lines", 101..=110).await;
    assert_eq!(
        screen.mounted.get("[data-action=follow]").get_attribute("aria-pressed").as_deref(),
        Some("false")
    );
    screen.mounted.click("[data-action=follow]");
    screen.until_seen("the end again", 1_991..=2_000).await;
    screen.mounted.click("[data-action=follow]");
    screen.fed(2_001..2_101).await;
    screen.until_seen("where it stood", 1_991..=2_000).await;
    screen.scroll(28 * 5_000);
    screen.until_seen("scrolled to the end", 2_091..=2_100).await;
    screen.fed(2_101..2_201).await;
    screen.until_seen("following again", 2_191..=2_200).await;
}

#[wasm_bindgen_test]
async fn a_search_shows_what_matches_and_goes_on_with_new_lines() {
    let screen = Screen::new().await;
    screen.fed(1..1_001).await;
    screen.search("code:ORDER.FILL -o-995", "99 of 1,000 lines").await;
    until("the rows", || screen.seen().last() == Some(&985)).await;
    screen.fed(1_001..1_011).await;
    screen.until_count("matches", "100 of 1,010 lines").await;
    until("the new row", || screen.seen().last() == Some(&1_005)).await;
    screen.search("file:nothing", "100 of").await;
    until("the problem", || screen.mounted.text("#events-problem").contains("does not know \"nothing\""))
        .await;
    assert_eq!(screen.mounted.get(SEARCH).get_attribute("aria-invalid").as_deref(), Some("true"));
    screen.search("zzz", "0 of 1,010 lines").await;
    until("why there is nothing", || screen.mounted.text(".events-none").starts_with("No line matches"))
        .await;
    screen.search("", "1,010 lines").await;
    until("no problem", || screen.mounted.text("#events-problem").trim().is_empty()).await;
}

#[wasm_bindgen_test]
async fn the_pages_filter_by_symbol_and_side_holds_here_too() {
    let screen = Screen::new().await;
    screen.feed([
        r#"{"event_code":"ORDER.SUBMIT","ts_ns":1795196700000000000,"symbol":"SOLUSDT","side":"BUY","oid":"o-1"}"#.to_owned(),
        r#"{"event_code":"ORDER.SUBMIT","ts_ns":1795196700000000000,"symbol":"BTCUSDT","side":"SELL","oid":"o-2"}"#.to_owned(),
        r#"{"event_code":"ORDER.ACK","ts_ns":1795196700000000000,"oid":"o-1"}"#.to_owned(),
    ]);
    screen.until_count("matches", "3 lines").await;
    screen.page.symbol.set("SOLUSDT".to_owned());
    screen.until_count("matches", "2 of 3 lines").await;
    screen.page.symbol.set(String::new());
    screen.page.side.set(Some(aurora_domain::SideKey::Sell));
    screen.until_count("matches", "1 of 3 lines").await;
}

#[wasm_bindgen_test]
async fn the_table_is_used_by_keyboard_alone() {
    let screen = Screen::new().await;
    screen.fed(1..1_001).await;
    screen.until_seen("the end", 991..=1_000).await;
    screen.press("[data-view='events']", "/");
    assert_eq!(focused(), "events-search");
    screen.press(SEARCH, "ArrowDown");
    assert_eq!(focused(), "events-grid");
    let active = async |number: u64| {
        let what = format!("{number} is active");
        until(&what, || {
            let id = screen.grid().get_attribute("aria-activedescendant").unwrap_or_default();
            screen.mounted.find(&format!("#{}", if id.is_empty() { "none" } else { &id })).is_some_and(
                |row| {
                    row.text_content().is_some_and(|text| text.contains(&format!("o-{number}l")))
                        && screen.seen().contains(&number)
                },
            )
        })
        .await;
    };
    for (key, number) in [
        ("ArrowUp", 1_000),
        ("ArrowUp", 999),
        ("PageUp", 989),
        ("ArrowDown", 990),
        ("Home", 1),
        ("ArrowUp", 1),
        ("PageDown", 11),
        ("ArrowDown", 12),
        ("End", 1_000),
    ] {
        screen.press(GRID, key);
        active(number).await;
    }
    screen.press(GRID, "ArrowUp");
    active(999).await;
    screen.press(GRID, "Enter");
    until("the detail", || screen.mounted.text("[data-detail=raw]") == line(999)).await;
    until("the focus in it", || {
        document().active_element().is_some_and(|it| it.has_attribute("data-action"))
    })
    .await;
    screen.fed(1_001..1_101).await;
    assert_eq!(screen.seen().last(), Some(&1_000), "the table stays where a line was opened");
    screen.press("[data-panel=beside]", "Escape");
    until("it is closed", || screen.mounted.find("[data-panel=beside]").is_none()).await;
    until("the focus is back", || focused() == "events-grid").await;
    active(999).await;
}

#[wasm_bindgen_test]
async fn a_line_is_shown_whole_and_as_text_alone() {
    let screen = Screen::new().await;
    let evil = r#"{"event_code":"X.Y","ts_ns":1795196700123456789,"order_id":"<b>7</b>","reason":"<img src=x onerror='window.broken=1'>","n":1.50}"#;
    screen.feed([evil.to_owned(), "not JSON <i>at all</i>".to_owned()]);
    screen.until_count("matches", "2 lines").await;
    until("the rows", || screen.rows().len() == 2).await;
    run("a.click()", &[&screen.rows()[0]]);
    until("the detail", || screen.mounted.text("[data-detail=raw]") == evil).await;
    assert!(screen.mounted.text("[data-detail=pretty]").contains("\n  \"n\": 1.50\n"));
    assert!(screen.mounted.text("[data-detail=facts]").contains("2026-11-20 17:45:00.123456789 UTC"));
    assert!(screen.mounted.text("[data-detail=values]").contains("n1.50"));
    run("a.click()", &[&screen.rows()[1]]);
    until("the other", || screen.mounted.text("[data-detail=raw]") == "not JSON <i>at all</i>").await;
    assert!(screen.mounted.text("[data-panel=beside]").contains("Malformed JSON"));
    assert!(screen.mounted.find("section img, section b, section i").is_none());
    run("a.click()", &[&screen.rows()[0]]);
    until("back", || screen.mounted.text("[data-detail=raw]") == evil).await;
    screen.mounted.click("[data-filter=code]");
    screen.until_count("matches", "1 of 2 lines").await;
    assert_eq!(screen.page.query.get_untracked(), "code:X.Y");
}

#[wasm_bindgen_test]
async fn a_value_is_made_a_filter_by_clicking() {
    let screen = Screen::new().await;
    screen.fed(1..101).await;
    until("the codes", || screen.mounted.text("[data-facet=code]").contains("ORDER.ACK 90")).await;
    assert!(screen.mounted.text("[data-facet=file]").contains("events 100"));
    screen.mounted.click("[data-facet=code] .facet-value:last-of-type");
    screen.until_count("matches", "10 of 100 lines").await;
    screen.mounted.click("[data-facet=file] .facet-value");
    until("both", || screen.page.query.get_untracked() == "code:ORDER.FILL file:events").await;
    until("their counts", || screen.mounted.text("[data-facet=code]") == "CodeORDER.FILL 10").await;
}

/// Lines of an order's life, out of order and among others.
fn life() -> Vec<String> {
    let begin = 1_795_196_700_000_000_000_u64;
    let at = |ms: u64, code: &str, rest: &str| {
        format!(r#"{{"ts_ns":{},"run_id":"r","event_code":"{code}",{rest}}}"#, begin + ms * 1_000_000)
    };
    vec![
        at(0, "ORDER.INTENT.RECEIVED", r#""details":{"intent_id":"i1"}"#),
        at(50, "ORDER.ACK", r#""oid":"9","cid":"c1","details":{"latency_ms":38}"#),
        at(1, "MARKET.TICKER", r#""symbol":"SOLUSDT""#),
        at(10, "ORDER.SUBMIT", r#""cid":"c1","details":{"intent_id":"i1"}"#),
        at(250, "ORDER.FILL", r#""oid":"9""#),
    ]
}

#[wasm_bindgen_test]
async fn an_orders_timeline_links_its_lines_and_goes_on() {
    let screen = Screen::new().await;
    screen.feed(life());
    screen.until_count("matches", "5 lines").await;
    until("the rows", || screen.rows().len() == 5).await;
    run("a.click()", &[&screen.rows()[3]]);
    until("the detail", || screen.mounted.find("[data-action=timeline]").is_some()).await;
    screen.mounted.click("[data-action=timeline]");
    let summary = "[data-timeline=summary]";
    until("its end", || screen.mounted.text(summary) == "It was filled after 250 ms. 4 lines over 250 ms.")
        .await;
    let steps = || {
        let read = "return [...a.querySelectorAll('.timeline li')].map(step => step.querySelector('button').textContent + ' '
            + step.querySelector('b').textContent + ' ' + step.querySelector('.step-axis').style.getPropertyValue('--at')).join()";
        run(read, &[&screen.mounted.get("[data-view='events']")]).as_string().expect("text")
    };
    let expected = "ORDER.INTENT.RECEIVED  0.00%,ORDER.SUBMIT +10.0 ms 4.00%,ORDER.ACK +40.0 ms 20.00%,ORDER.FILL +200 ms 100.00%";
    assert_eq!(steps(), expected);
    assert!(screen.mounted.text(".timeline li:nth-child(3)").contains("latency 38.0 ms"));
    assert!(screen.mounted.text("[data-timeline=ids]").contains('9'));
    screen.feed([life()[4].replace("ORDER.FILL", "REWARD.X")]);
    until("another line", || screen.mounted.text(summary).contains("5 lines over")).await;
    screen.mounted.click(".timeline li:nth-child(2) button");
    until("its line", || screen.mounted.text("[data-detail=raw]") == life()[3]).await;
}

/// What the browser was last told to save: its name and contents.
async fn saved() -> (String, String) {
    let promise: js_sys::Promise = run("return window.savedBlob.text()", &[]).into();
    let text =
        wasm_bindgen_futures::JsFuture::from(promise).await.expect("a file").as_string().expect("text");
    (run("return window.savedName", &[]).as_string().expect("a name"), text)
}

const CATCH_FILES: &str = "
    const make = window.realMake ??= URL.createObjectURL.bind(URL);
    const revoke = window.realRevoke ??= URL.revokeObjectURL.bind(URL);
    window.savedBlob = window.savedName = undefined;
    window.urls = new Set();
    URL.createObjectURL = blob => { window.savedBlob = blob; const url = make(blob); window.urls.add(url); return url };
    URL.revokeObjectURL = url => { window.urls.delete(url); revoke(url) };
    HTMLAnchorElement.prototype.click = function () { window.savedName = this.download }";

#[wasm_bindgen_test]
async fn what_was_found_is_exported_as_lines_and_as_a_table() {
    run(CATCH_FILES, &[]);
    let screen = Screen::new().await;
    screen.fed(1..3_001).await;
    screen.search("code:ORDER.FILL", "300 of 3,000 lines").await;
    screen.mounted.click("[data-action=jsonl]");
    until("the file", || screen.mounted.text("[data-export]").ends_with(".jsonl: 300 lines")).await;
    let (name, text) = saved().await;
    assert!(name.starts_with("aurora-2026"), "{name}");
    let expected: String = (0..300).map(|tens| line(tens * 10 + 5) + "\n").collect();
    assert!(text == expected, "{} bytes", text.len());
    screen.mounted.click("[data-action=csv]");
    until("the table", || screen.mounted.text("[data-export]").ends_with(".csv: 300 lines")).await;
    let (_, text) = saved().await;
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 301);
    assert_eq!(rows[0], "time_utc,ts_ns,id,file,code,symbol,side,order,client_order,intent,run,reason,rest");
    let first = "2026-11-20 17:45:00.005,1795196700005000000,5,events,ORDER.FILL,,,o-5,,,,,latency_ms 5.5";
    assert_eq!(rows[1], first);
    let held = || run("return String(window.urls.size)", &[]).as_string().expect("a number");
    assert_eq!(held(), "1", "the file before was given up");
    drop(screen);
    until("nothing is held", || held() == "0").await;
}

#[wasm_bindgen_test]
fn values_and_names_of_exported_tables_mean_nothing_else() {
    use super::export::checks::{name, value};
    for (text, expected) in [
        ("plain", "plain"),
        ("a,b", "\"a,b\""),
        ("say \"x\"", "\"say \"\"x\"\"\""),
        ("two\nlines", "\"two\nlines\""),
        ("=1+1", "\"'=1+1\""),
        ("-5.25", "-5.25"),
        ("-cmd", "\"'-cmd\""),
    ] {
        assert_eq!(value(text), expected);
    }
    assert_eq!(name("run/1 \"x\""), "aurora-run-1--x--20261120-174500.csv");
    assert_eq!(name(""), "aurora-20261120-174500.csv");
}

/// The feed's history as a stream: a heartbeat and the lines of `ids`.
fn history(ids: std::ops::Range<u64>) -> String {
    let mut text = "event: heartbeat\ndata: {\"head\":1010,\"first\":1,\"session_first\":1}\n\n".to_owned();
    for id in ids {
        text += &message(id, &line(id));
    }
    text
}

/// Answers the next request with an event stream.
fn answer(text: &str) {
    let body = "const real = window.fetch;
        window.fetch = request => { window.fetch = real; window.seen = request;
            return Promise.resolve(new Response(a, {headers: {'content-type': 'text/event-stream'}})) }";
    run(body, &[&JsValue::from_str(text)]);
}

#[wasm_bindgen_test]
async fn earlier_lines_are_loaded_before_the_first_one_without_being_counted_again() {
    let screen = Screen::new().await;
    screen.next_id.set(1_001);
    screen.feed((1_001..1_011).map(line));
    screen.until_count("held", "10 lines").await;
    screen.until_seen("all", 1_001..=1_010).await;
    screen.scroll(0);
    answer(&history(501..1_006));
    screen.mounted.click("[data-action=earlier]");
    until("they are here", || screen.mounted.text("[data-past]") == "500 earlier lines were added.").await;
    screen.until_count("held", "510 lines since 2026-11-20 17:45:00").await;
    let asked =
        run("return window.seen.headers.get('last-event-id') + ' ' + new URL(window.seen.url).pathname", &[]);
    assert_eq!(asked.as_string().as_deref(), Some("0 /sse"));
    assert_eq!(screen.grid().get_attribute("aria-rowcount").as_deref(), Some("511"));
    let counted = screen.store.read(|store| store.state().session().events());
    assert_eq!(counted, 10, "the reducer saw no line again");
    screen.search("o-501", "1 of 510 lines").await;
    answer(&history(501..506));
    screen.mounted.click("[data-action=earlier]");
    until("there are no more", || screen.mounted.text("[data-past]") == "The feed has no earlier lines.")
        .await;
}

#[wasm_bindgen_test]
async fn loading_earlier_lines_can_be_cancelled_and_says_what_went_wrong() {
    let screen = Screen::new().await;
    screen.next_id.set(1_001);
    screen.feed((1_001..1_011).map(line));
    screen.until_count("held", "10 lines").await;
    let open = "const real = window.fetch;
        window.fetch = request => { window.fetch = real; window.seen = request;
            const body = new ReadableStream({start(controller) { controller.enqueue(new TextEncoder().encode(a)) }});
            return Promise.resolve(new Response(body, {headers: {'content-type': 'text/event-stream'}})) }";
    run(open, &[&JsValue::from_str(&history(901..951))]);
    screen.mounted.click("[data-action=earlier]");
    until("it reads", || screen.mounted.text("[data-past]") == "Reading earlier lines: 50 of at most 1,000")
        .await;
    screen.mounted.click("[data-action=cancel-earlier]");
    until("it does not", || screen.mounted.text("[data-past]").is_empty()).await;
    assert_eq!(run("return window.seen.signal.aborted", &[]).as_bool(), Some(true));
    screen.until_count("held", "10 lines").await;
    answer(&history(901..951));
    screen.mounted.click("[data-action=earlier]");
    let expected = "Earlier lines could not be loaded: the stream ended before they were here. Try again.";
    until("what went wrong", || screen.mounted.text("[data-past]") == expected).await;
    screen.until_count("held", "10 lines").await;
}

#[wasm_bindgen_test]
async fn heartbeats_that_follow_each_other_at_once_do_not_end_the_history() {
    let screen = Screen::new().await;
    screen.next_id.set(1_001);
    screen.feed((1_001..1_011).map(line));
    screen.until_count("held", "10 lines").await;
    let heartbeat = history(0..0);
    answer(&(history(501..506) + &heartbeat + &heartbeat + &heartbeat + &history(506..1_001)));
    screen.mounted.click("[data-action=earlier]");
    until("all are here", || screen.mounted.text("[data-past]") == "500 earlier lines were added.").await;
}

#[wasm_bindgen_test]
async fn nothing_comes_before_an_event_of_id_zero() {
    let screen = Screen::new().await;
    screen.next_id.set(0);
    screen.feed((0..10).map(line));
    screen.until_count("held", "10 lines").await;
    assert_eq!(screen.store.read(Store::earlier), None);
}

#[wasm_bindgen_test]
async fn a_screen_that_is_left_leaves_nothing_behind() {
    let before = crate::held::held();
    for _ in 0..3 {
        let screen = Screen::new().await;
        screen.fed(1..101).await;
        until("the rows", || !screen.rows().is_empty()).await;
        drop(screen);
        next_task().await;
        assert_eq!(crate::held::held(), before);
    }
}
