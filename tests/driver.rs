//! The driver with a transport that does what the test says: connecting, flushing, telling views, and ending.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

#[path = "support/held.rs"]
mod held;
mod support;

use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::Rc,
};

use aurora_dashboard::{
    config::{self, Settings},
    store::{Driver, Handle, Slice, Store},
    transport::{Connection, Event, Request, Signal, Sink, Transport},
};
use aurora_domain::link::{Cause, Status};
use aurora_wire::snapshot;
use held::held;
use leptos::{mount::mount_to, prelude::*};
use support::{next_task, run, until};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds of this century")]
fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// What the driver asked of the transport.
#[derive(Clone, Default)]
struct Script {
    opened: Rc<RefCell<Vec<Opened>>>,
    closed: Rc<Cell<usize>>,
}

type Opened = (Request, Rc<dyn Sink>);

struct Open(Rc<Cell<usize>>);

impl Connection for Open {}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

impl Transport for Script {
    fn snapshot(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        self.open(request, sink)
    }

    fn open(&self, request: &Request, sink: Rc<dyn Sink>) -> Box<dyn Connection> {
        self.opened.borrow_mut().push((request.clone(), sink));
        Box::new(Open(Rc::clone(&self.closed)))
    }
}

impl Script {
    fn connections(&self) -> usize {
        self.opened.borrow().len()
    }

    fn last_request(&self) -> Request {
        self.opened.borrow().last().expect("a connection").0.clone()
    }

    fn sink(&self) -> Rc<dyn Sink> {
        Rc::clone(&self.opened.borrow().last().expect("a connection").1)
    }

    fn deliver(&self, signal: Signal) {
        self.sink().deliver(signal);
    }

    fn send(&self, text: &str) {
        self.deliver(Signal::Bytes(text.as_bytes().to_vec()));
    }
}

/// A driver with its store, in a reactive owner of its own, and what an effect saw of them.
struct Page {
    script: Script,
    handle: Handle,
    driver: Driver,
    statuses: Rc<RefCell<Vec<Status>>>,
    counts: Rc<RefCell<Vec<u64>>>,
    /// Ends the owner when it is dropped.
    root: Box<dyn Any>,
}

/// A page whose server has no snapshots.
fn page() -> Page {
    page_with(None)
}

fn page_with(snapshot_url: Option<&str>) -> Page {
    page_of("sse", snapshot_url)
}

fn page_of(stream_url: &str, snapshot_url: Option<&str>) -> Page {
    let (stream_url, snapshot_url) = (stream_url.to_owned(), snapshot_url.map(str::to_owned));
    let settings = Settings { stream_url, snapshot_url, ..Settings::default() };
    let script = Script::default();
    let (statuses, counts) = (Rc::default(), Rc::default());
    let result = Rc::new(Cell::new(None));
    let make = {
        let (script, statuses, counts, result) =
            (script.clone(), Rc::clone(&statuses), Rc::clone(&counts), Rc::clone(&result));
        move || {
            let handle = Handle::new(Store::new(now_ms()));
            follow(handle, &[Slice::Link], &statuses, |store| store.status().clone());
            follow(handle, &[Slice::Session], &counts, |store| store.state().session().events());
            result.set(Some((handle, Driver::start(handle, Box::new(script), settings))));
        }
    };
    let root = Box::new(mount_to(document().body().expect("a body"), make));
    let (handle, driver) = result.take().expect("mounting makes both");
    Page { script, handle, driver, statuses, counts, root }
}

/// Keeps what an effect reads each time that it runs.
fn follow<T: 'static>(
    handle: Handle,
    slices: &'static [Slice],
    seen: &Rc<RefCell<Vec<T>>>,
    read: impl Fn(&Store) -> T + 'static,
) {
    let seen = Rc::clone(seen);
    Effect::new(move |_| {
        handle.track(slices, 0);
        seen.borrow_mut().push(handle.read(&read));
    });
}

impl Page {
    /// Opens the connection with a feed that is at its head.
    async fn go_live(&self) {
        self.script.deliver(Signal::Opened);
        self.script.send("event: heartbeat\ndata: {\"head\":0}\n\n");
        self.told("live", |status| *status == Status::Live).await;
    }

    /// Waits until views know a status.
    async fn told(&self, what: &str, is: impl Fn(&Status) -> bool) {
        until(what, || self.statuses.borrow().last().is_some_and(&is)).await;
    }
}

fn event(id: u64) -> String {
    format!("id: {id}\nevent: aurora_events\ndata: {{\"event_code\":\"ORDER.SUBMIT\"}}\n\n")
}

fn happens_to_the_window(kind: &str) {
    run("window.dispatchEvent(new Event(a))", &[&kind.into()]);
}

#[wasm_bindgen_test]
async fn the_first_connection_asks_for_all_that_is_retained_and_the_next_for_what_is_missing() {
    config::set_token(Some("s3cret"));
    let page = page();
    let first = page.script.last_request();
    assert!(first.url.starts_with(config::STREAM_URL) && first.url.contains("window="), "{}", first.url);
    assert_eq!((first.token.as_deref(), first.last_event_id), (Some("s3cret"), None));

    page.go_live().await;
    page.script.send(&(event(1) + &event(2)));
    until("both are counted", || page.counts.borrow().last() == Some(&2)).await;
    config::set_token(None);
    page.driver.retry();
    let next = page.script.last_request();
    assert_eq!(
        (next.url.as_str(), next.token, next.last_event_id.as_deref()),
        (config::STREAM_URL, None, Some("2"))
    );
    assert_eq!((page.script.connections(), page.script.closed.get()), (2, 1));
}

fn state_of(events: u64) -> Vec<u8> {
    let mut store = Store::new(now_ms());
    store.deliver(Signal::NoSnapshot);
    store.flush(f64::INFINITY);
    store.deliver(Signal::Opened);
    store.deliver(Signal::Bytes((1..=events).map(event).collect::<String>().into_bytes()));
    store.flush(f64::INFINITY);
    snapshot::save(store.state(), events)
}

#[wasm_bindgen_test]
async fn the_snapshot_is_asked_for_first_and_the_stream_goes_on_after_it() {
    let page = page_with(Some("snapshot?session=x"));
    assert_eq!(page.script.last_request().url, "snapshot?session=x");
    page.script.deliver(Signal::Snapshot(state_of(3)));
    until("the stream is opened", || page.script.connections() == 2).await;
    let stream = page.script.last_request();
    assert_eq!((stream.url.as_str(), stream.last_event_id.as_deref()), (config::STREAM_URL, Some("3")));
    until("its events are shown", || page.counts.borrow().last() == Some(&3)).await;
    page.script.deliver(Signal::Opened);
    page.script.send("event: heartbeat\ndata: {\"head\":3}\n\n");
    page.told("live", |status| *status == Status::Live).await;
}

fn message(id: u64) -> Signal {
    let data = r#"{"event_code":"ORDER.SUBMIT"}"#.to_owned();
    Signal::Message(Event { kind: "aurora_events".to_owned(), id: Some(id.to_string()), data })
}

#[wasm_bindgen_test]
async fn a_stream_that_runs_hot_is_read_in_bytes_from_where_it_was() {
    const EVENTS: u64 = 2_500;
    let page = page();
    page.go_live().await;
    assert!(!page.script.last_request().hot);
    let opened = page.script.connections();
    for id in 1..=EVENTS {
        page.script.deliver(message(id));
    }
    until("another connection", || page.script.connections() > opened).await;
    let request = page.script.last_request();
    let after: u64 = request.last_event_id.map_or(0, |id| id.parse().expect("an id"));
    assert!(request.hot && after <= EVENTS, "{after}");
    page.script.deliver(Signal::Opened);
    page.script.send(&(after + 1..=EVENTS).map(event).collect::<String>());
    until("all are counted", || page.counts.borrow().last() == Some(&EVENTS)).await;
}

#[wasm_bindgen_test]
async fn a_stream_without_ids_is_not_opened_again_however_hot_it_runs() {
    const EVENTS: u64 = 2_500;
    let page = page();
    page.go_live().await;
    let opened = page.script.connections();
    let data = r#"{"event_code":"ORDER.SUBMIT"}"#;
    for _ in 0..EVENTS {
        let event = Event { kind: "message".to_owned(), id: None, data: data.to_owned() };
        page.script.deliver(Signal::Message(event));
    }
    until("all are counted", || page.counts.borrow().last() == Some(&EVENTS)).await;
    assert!(page.counts.borrow().is_sorted(), "what was counted stays");
    assert_eq!(page.script.connections(), opened);
}

#[wasm_bindgen_test]
async fn a_page_that_nobody_sees_is_kept_up_by_what_arrives() {
    let page = page();
    page.go_live().await;
    // No frames and no timers: as a browser leaves a hidden page after some minutes.
    run(
        "window.kept = [window.requestAnimationFrame, window.setTimeout, window.setInterval];
         window.requestAnimationFrame = window.setTimeout = () => 1;
         Object.defineProperty(document, 'hidden', {value: true, configurable: true})",
        &[],
    );
    let began = js_sys::Date::now();
    let mut id = 0;
    while page.handle.read(|store| store.state().session().events()) == 0 {
        assert!(js_sys::Date::now() - began < 20_000.0, "nothing is looked at");
        id += 1;
        page.script.send(&event(id));
        microtask().await;
    }
    run("[window.requestAnimationFrame, window.setTimeout] = window.kept; delete document.hidden", &[]);
    until("views know", || page.counts.borrow().last() > Some(&0)).await;
}

/// Lets what was spawned run, without a timer.
async fn microtask() {
    let resolved = js_sys::Promise::resolve(&JsValue::NULL);
    wasm_bindgen_futures::JsFuture::from(resolved).await.expect("nothing to fail");
}

#[wasm_bindgen_test]
async fn views_are_told_of_each_change_of_the_link() {
    let page = page_of("https://feed.example/sse", None);
    page.go_live().await;
    page.script.send("retry: 100\n\n");
    happens_to_the_window("offline");
    page.told("offline", |status| matches!(status, Status::Offline { .. })).await;
    assert_eq!(page.script.closed.get(), 0, "it stays open: bytes may prove the browser wrong");
    happens_to_the_window("online");
    until("a second connection", || page.script.connections() == 2).await;
    assert_eq!(page.script.closed.get(), 1);
    page.script.deliver(Signal::Lost(Cause::Unreachable));
    page.told("reconnecting", |status| matches!(status, Status::Reconnecting { .. })).await;
    page.driver.retry();
    let tries_now = |status: &Status| matches!(status, Status::Reconnecting { next_at_ms, .. } if *next_at_ms <= now_ms());
    page.told("trying now", tries_now).await;
    page.script.deliver(Signal::Refused("why".to_owned()));
    page.told("unauthorized", |status| matches!(status, Status::Unauthorized { .. })).await;
}

#[wasm_bindgen_test]
async fn a_stream_from_this_computer_needs_no_network() {
    let page = page();
    page.go_live().await;
    happens_to_the_window("offline");
    page.script.send(&event(1));
    until("the event is counted", || page.counts.borrow().last() == Some(&1)).await;
    assert_eq!(page.script.closed.get(), 0);
    let statuses = page.statuses.borrow();
    assert!(!statuses.iter().any(|status| matches!(status, Status::Offline { .. })), "{statuses:?}");
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_tried_again_by_itself() {
    let page = page();
    page.script.deliver(Signal::Opened);
    page.script.send("retry: 100\n\n");
    page.script.deliver(Signal::Lost(Cause::Ended));
    until("a second connection", || page.script.connections() == 2).await;
    assert_eq!(page.script.closed.get(), 1);
}

#[wasm_bindgen_test]
async fn events_between_two_frames_are_told_of_at_once() {
    const EVENTS: u64 = 1_000;
    let page = page();
    page.go_live().await;
    let before = page.counts.borrow().len();
    (1..=EVENTS).for_each(|id| page.script.send(&event(id)));
    let counted = page.handle.read(|store| store.state().session().events());
    assert_eq!(counted, 0, "nothing is looked at before the frame");
    until("all are counted", || page.counts.borrow().last() == Some(&EVENTS)).await;
    // Unoptimised code may need more than one frame's budget for all of them.
    let told = page.counts.borrow().len() - before;
    assert!(told <= 20, "{EVENTS} events were told of in {told} pieces");
}

#[wasm_bindgen_test]
async fn a_page_that_is_gone_is_not_written_to() {
    let Page { script, handle, driver, statuses, root, .. } = page();
    until("the effects' first run", || !statuses.borrow().is_empty()).await;
    drop(driver);
    assert_eq!(script.closed.get(), 1, "the connection ends with its driver");
    let told = statuses.borrow().len();
    script.deliver(Signal::Opened);
    assert!(script.sink().has_room(), "what nobody reads need not wait");
    happens_to_the_window("offline");
    next_task().await;
    assert_eq!(
        (statuses.borrow().len(), handle.read(|store| store.status().clone())),
        (told, Status::Connecting)
    );
    drop(root);
}

#[wasm_bindgen_test]
async fn a_driver_may_outlive_the_root_that_it_was_made_in() {
    let Page { script, driver, root, .. } = page();
    script.send(&event(1));
    drop(root);
    script.send(&event(2));
    assert!(script.sink().has_room());
    happens_to_the_window("online");
    for _ in 0..5 {
        next_task().await;
    }
    drop(driver);
    assert_eq!((script.connections(), script.closed.get()), (1, 1));
}

#[wasm_bindgen_test]
fn a_driver_that_is_dropped_leaves_nothing_behind() {
    let before = held();
    for _ in 0..20 {
        let page = page();
        page.script.send(&event(1));
        assert_ne!(held(), before, "a running driver holds something");
        drop(page.driver);
        assert_eq!((held(), page.script.closed.get()), (before.clone(), 1));
    }
}
