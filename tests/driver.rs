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
    config,
    store::{Driver, Handle, Slice, Store},
    transport::{Connection, Request, Signal, Sink, Transport},
};
use aurora_domain::link::{Cause, Status};
use held::held;
use leptos::{mount::mount_to, prelude::*};
use support::{next_task, run, until};
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

fn page() -> Page {
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
            result.set(Some((handle, Driver::start(handle, Box::new(script)))));
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
        handle.track(slices);
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

#[wasm_bindgen_test]
async fn views_are_told_of_each_change_of_the_link() {
    let page = page();
    page.go_live().await;
    happens_to_the_window("offline");
    page.told("offline", |status| matches!(status, Status::Offline { .. })).await;
    assert_eq!(page.script.closed.get(), 1);
    happens_to_the_window("online");
    page.told("connecting", |status| *status == Status::Connecting).await;
    assert_eq!(page.script.connections(), 2);
    page.script.deliver(Signal::Lost(Cause::Unreachable));
    page.told("reconnecting", |status| matches!(status, Status::Reconnecting { .. })).await;
    page.driver.retry();
    let tries_now = |status: &Status| matches!(status, Status::Reconnecting { next_at_ms, .. } if *next_at_ms <= now_ms());
    page.told("trying now", tries_now).await;
    page.script.deliver(Signal::Refused("why".to_owned()));
    page.told("unauthorized", |status| matches!(status, Status::Unauthorized { .. })).await;
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
