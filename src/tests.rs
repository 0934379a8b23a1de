//! The page in a browser: what it holds on to, and a place to mount parts of it in.

use std::{any::Any, cell::Cell, ops::RangeInclusive, rc::Rc};

use aurora_domain::{SideKey, link::Input};
use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

use crate::{
    address,
    browser::{self, Interval},
    charts::{Look, Range},
    components::link_banner::LinkBanner,
    config::{self, Settings},
    held::held,
    page::{Page, View},
    reach::Reach,
    store::{Driver, Handle, Slice, Store},
    support::{next_task, until},
    transport::{self, Fetch},
    views::{LiveView, Notices, judgement},
};

wasm_bindgen_test_configure!(run_in_browser);

/// A mounted part of the page; dropping it unmounts it.
pub(crate) struct Mounted {
    place: HtmlElement,
    root: Option<Box<dyn Any>>,
}

impl Mounted {
    /// Mounts what `make` returns into a place of its own.
    pub(crate) fn new<V: IntoView + 'static>(make: impl FnOnce() -> V + 'static) -> Self {
        let place: HtmlElement = document().create_element("div").expect("an element").unchecked_into();
        document().body().expect("a body").append_child(&place).expect("a place");
        let root = Box::new(mount_to(place.clone(), make));
        Self { place, root: Some(root) }
    }

    /// The first element that matches, where there is one.
    pub(crate) fn find(&self, selector: &str) -> Option<Element> {
        self.place.query_selector(selector).expect("a selector")
    }

    /// The first element that matches.
    #[track_caller]
    pub(crate) fn get(&self, selector: &str) -> Element {
        self.find(selector).unwrap_or_else(|| panic!("{selector} in {}", self.place.inner_html()))
    }

    /// The text of the first element that matches, empty where there is none.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.find(selector).and_then(|element| element.text_content()).unwrap_or_default()
    }

    /// Clicks on the first element that matches.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        self.get(selector).unchecked_into::<HtmlElement>().click();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(self.root.take());
        self.place.remove();
    }
}

/// What the root puts together, with a driver of its own.
fn page() -> impl IntoView {
    let store = Handle::new(Store::new(browser::now_ms()));
    StoredValue::new_local(Driver::start(store, Box::new(Fetch), Settings::default()));
    let now = RwSignal::new(browser::now_ms());
    StoredValue::new_local(Interval::new(1000, move || {
        now.try_set(browser::now_ms());
    }));
    let status = store.select(&[Slice::Link], |store| store.status().clone());
    let stale = Memo::new(move |_| !status.get().is_live());
    let page = Page::new();
    view! {
        <LinkBanner status now_ms=now on_retry=Callback::new(|()| ()) on_settings=Callback::new(|()| ()) />
        <Notices store />
        <LiveView store page stale judged=judgement(store, page) look=Look::new(Range::Last(300), Signal::stored(0)) />
    }
}

#[wasm_bindgen_test]
async fn a_page_that_is_unmounted_leaves_nothing_behind() {
    let before = held();
    for _ in 0..20 {
        let page = Mounted::new(page);
        until("the charts observe their size", || !held().ends_with(" 0 observers")).await;
        assert!(page.find("canvas").is_some());
        drop(page);
        next_task().await;
        assert_eq!(held(), before);
    }
    assert!(document().query_selector("canvas").expect("a selector").is_none());
}

/// The page's notices over a store that has read `streams`, one connection each, from a server without snapshots.
fn notices(streams: &[String]) -> Mounted {
    notices_beside(streams, Rc::default())
}

/// The same beside a verdict that is in view while the signal says so.
fn notices_beside(streams: &[String], in_view: Rc<Cell<Option<RwSignal<bool>>>>) -> Mounted {
    let streams = streams.to_vec();
    Mounted::new(move || {
        let judged = RwSignal::new(false);
        in_view.set(Some(judged));
        let mut store = Store::new(browser::now_ms());
        store.start_connection();
        store.deliver(transport::Signal::NoSnapshot);
        store.flush(f64::INFINITY);
        for stream in &streams {
            store.handle_link(Input::RetryAsked);
            store.start_connection();
            store.deliver(transport::Signal::Opened);
            store.deliver(transport::Signal::Bytes(stream.as_bytes().to_vec()));
            store.flush(f64::INFINITY);
        }
        view! { <Notices store=Handle::new(store) judged /> }
    })
}

/// A heartbeat at the newest of `ids`, and an event under each, so many seconds ago.
fn stream(ids: RangeInclusive<u64>, seconds_ago: u64) -> String {
    let time_ns = (browser::now_ms() - seconds_ago * 1_000) * 1_000_000;
    let heartbeat = format!("event: heartbeat\ndata: {{\"head\":{}}}\n\n", ids.end());
    let events = ids.map(|id| {
        format!("id: {id}\nevent: aurora_events\ndata: {{\"event_code\":\"A\",\"ts_ns\":{time_ns}}}\n\n")
    });
    heartbeat + &events.collect::<String>()
}

#[wasm_bindgen_test]
fn a_history_that_comes_again_and_ids_that_begin_anew_are_said() {
    let first = stream(5..=8, 60);
    let quiet = notices(std::slice::from_ref(&first));
    assert!(quiet.find("[data-notice]").is_none());
    let again = notices(&[first.clone(), first.clone()]);
    let said = again.text("[data-notice='repeated']");
    assert!(said.contains("The last 4 events") && said.contains("reload the page"), "{said}");
    let anew = notices(&[first, stream(1..=3, 5)]);
    let said = anew.text("[data-notice='renumbered']");
    assert!(said.contains("The page began again with what the server has"), "{said}");
    assert!(anew.find("[data-notice='repeated']").is_none());
}

/// A heartbeat of a feed that waits for a session.
const WAITING: &str =
    "event: heartbeat\ndata: {\"head\":0,\"status\":\"waiting\",\"message\":\"no session logs yet\"}\n\n";

#[wasm_bindgen_test]
async fn why_there_is_no_session_is_said_once() {
    let in_view = Rc::new(Cell::new(None));
    let page = notices_beside(&[WAITING.to_owned()], Rc::clone(&in_view));
    let said = page.text("[data-notice='waiting']");
    assert!(said.contains("no session logs yet"), "{said}");
    in_view.get().expect("it is mounted").set(true);
    until("the verdict says it", || page.find("[data-notice='waiting']").is_none()).await;
}

/// The choices of a page whose address is followed, and how often a token came.
fn following() -> (Mounted, Page, RwSignal<u32>) {
    let made = Rc::new(Cell::new(None));
    let given = Rc::clone(&made);
    let mounted = Mounted::new(move || {
        let (page, came) = (Page::new(), RwSignal::new(0));
        address::follow(page, Callback::new(move |()| came.update(|came| *came += 1)));
        given.set(Some((page, came)));
    });
    let (page, came) = made.get().expect("it is mounted");
    (mounted, page, came)
}

#[wasm_bindgen_test]
async fn a_token_in_a_link_is_taken_before_the_address_is_written_again() {
    let (mounted, page, came) = following();
    page.view.set(View::Charts);
    until("the view is in the address", || browser::fragment().contains("view=charts")).await;
    let location = window().location();
    location.set_hash("token=s3cret").expect("an address");
    until("it is taken", || came.get_untracked() == 1).await;
    assert_eq!(page.view.get_untracked(), View::Charts, "a token alone changes no choice");
    location.set_hash("view=events&token=s3cret").expect("an address");
    until("it is taken again", || came.get_untracked() == 2).await;
    until("the link's view is shown", || page.view.get_untracked() == View::Events).await;
    until("the address is written", || browser::fragment().contains("view=events&reach=")).await;
    assert!(!browser::fragment().contains("s3cret"));
    assert_eq!(config::token().as_deref(), Some("s3cret"));
    config::set_token(None);
    drop(mounted);
    browser::set_fragment("", false);
}

#[wasm_bindgen_test]
async fn a_link_shows_what_it_was_copied_from() {
    let (mounted, page, _) = following();
    window()
        .location()
        .set_hash("view=events&reach=3600&symbol=SOLUSDT&side=sell&query=code%3AORDER%20-x&wall=1")
        .expect("an address");
    until("the view", || page.view.get_untracked() == View::Events).await;
    assert_eq!(page.reach.get_untracked(), Reach::Last(3_600));
    assert_eq!(page.symbol.get_untracked(), "SOLUSDT");
    assert_eq!(page.side.get_untracked(), Some(SideKey::Sell));
    assert_eq!(page.query.get_untracked(), "code:ORDER -x");
    assert!(page.wall.get_untracked());
    page.query.set(String::new());
    until("what is not chosen is left out", || !browser::fragment().contains("query")).await;
    drop(mounted);
    browser::set_fragment("", false);
}
