//! The page's root: its few settings, the store's driver, and the frame around the view.

use aurora_domain::{Span, format, link::Status};
use leptos::{mount::mount_to_body, prelude::*};
use wasm_bindgen_futures::spawn_local;

use crate::{
    browser::{self, Interval, Listener},
    charts::{Look, Range, markers},
    components::{
        footer::Footer, header::Header, link_banner::LinkBanner, settings_dialog::SettingsDialog,
        theme::Theme,
    },
    config::{self, Settings},
    store::{Clock, Driver, Handle, Slice, Store, derive},
    transport::Streams,
    views::{LiveView, Notices},
};

/// A triangle with an exclamation mark, of another shape and colour than the page's icon.
const TROUBLE_ICON: &str = concat!(
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E",
    "%3Cpath d='M16 2 31 30H1z' fill='%23d33'/%3E%3Cpath d='M16 12v9m0 3v3' stroke='%23fff' stroke-width='3.5'/%3E%3C/svg%3E"
);

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Puts the page into the document's body, in place of what stood there while it loaded.
pub fn start() {
    console_error_panic_hook::set_once();
    config::take_token_from_address();
    spawn_local(async {
        let settings = config::load().await;
        mount_to_body(move || view! { <App settings /> });
        if let Some(boot) = document().get_element_by_id("boot") {
            boot.remove();
        }
    });
}

#[component]
fn App(settings: Settings) -> impl IntoView {
    let store = Handle::new(Store::new(browser::now_ms()));
    let stream_url = settings.stream_url.clone();
    let config_problem = settings.problem.clone();
    let driver = StoredValue::new_local(Driver::start(store, Box::new(Streams), settings));
    let retry = Callback::new(move |()| driver.with_value(Driver::retry));
    let token_changed = Callback::new(move |()| driver.with_value(Driver::token_changed));
    let span = RwSignal::new(Span::FIVE_MINUTES);
    let theme = RwSignal::new(Theme::stored());
    let markers = store.select(&[Slice::Details], |store| markers(store.state()));
    let look = Look { markers: markers.into(), ..Look::new(Range::Last(300), colors(theme)) };
    let settings_open = RwSignal::new(false);
    let status = store.select(&[Slice::Link], |store| store.status().clone());
    let stale = Memo::new(move |_| status.with(|status| !status.is_live()));
    let instead = store.select(&[Slice::Session, Slice::Link, Slice::Feed], |store| {
        let recorded = (store.clock() == Clock::Recorded).then_some("Recorded");
        let waiting = store.feed_says("waiting").map(|_| "Waiting");
        recorded.or(waiting).filter(|_| store.status().is_live())
    });
    let session = store.select(&[Slice::Feed], |store| {
        store.heartbeat().and_then(|feed| feed.session.clone()).unwrap_or_default()
    });
    let as_of = store.select(&[Slice::Session, Slice::Link], |store| {
        let state = store.state();
        if state.session().events() == 0 {
            String::new()
        } else {
            format!("{} UTC", format::clock(state.now(), 0))
        }
    });
    // A log that is known to have ended, or not to have begun, is no silent bot.
    let banner_status =
        store.select(&[Slice::Session, Slice::Link, Slice::Feed], |store| match store.status() {
            Status::Silent { .. } if nothing_to_come(store) => Status::Live,
            status => status.clone(),
        });
    let open_settings = Callback::new(move |()| settings_open.set(true));
    mark_follows(status);
    let renewed = Listener::new("hashchange", move || {
        if config::take_token_from_address() {
            token_changed.run(());
        }
    });
    StoredValue::new_local(renewed);
    view! {
        <Header
            session status instead as_of span
            on_span=Callback::new(move |chosen: Span| {
                span.set(chosen);
                look.range.set(Range::Last(chosen.seconds().unwrap_or(Span::LONGEST_SECONDS)));
            })
            theme
            on_theme=choose(theme)
            on_settings=open_settings
        />
        <LinkBanner status=banner_status now_ms=seconds() on_retry=retry on_settings=open_settings />
        <Notices store config_problem />
        <LiveView store span stale look />
        <Footer version=VERSION text="Figures are UTC. Percentiles are within 1 %." />
        <SettingsView status open=settings_open theme stream_url token_changed />
    }
}

/// Whether the session has ended, or has not begun.
fn nothing_to_come(store: &Store) -> bool {
    store.clock() == Clock::Recorded
        || store.state().session().summarised()
        || store.feed_says("waiting").is_some()
}

/// The dialog with what it changes.
#[component]
fn SettingsView(
    status: Memo<Status>,
    open: RwSignal<bool>,
    theme: RwSignal<Theme>,
    stream_url: String,
    token_changed: Callback<()>,
) -> impl IntoView {
    opens_for_a_token(status, open);
    let has_token = RwSignal::new(config::token().is_some());
    let set = move |token: Option<String>| {
        config::set_token(token.as_deref());
        has_token.set(token.is_some());
        open.set(false);
        token_changed.run(());
    };
    let server_message = derive(move || match status.get() {
        Status::Unauthorized { message, .. } => message,
        _ => String::new(),
    });
    view! {
        <SettingsDialog
            open
            on_close=Callback::new(move |()| open.set(false))
            stream_url
            has_token
            server_message
            on_save=Callback::new(move |token| set(Some(token)))
            on_clear=Callback::new(move |()| set(None))
            theme
            on_theme=choose(theme)
            version=VERSION
        />
    }
}

fn choose(theme: RwSignal<Theme>) -> Callback<Theme> {
    Callback::new(move |chosen: Theme| {
        chosen.apply();
        theme.set(chosen);
    })
}

/// The page's own clock in milliseconds, once a second: for countdowns.
fn seconds() -> Signal<u64> {
    let now = RwSignal::new(browser::now_ms());
    let interval = Interval::new(1000, move || {
        now.try_set(browser::now_ms());
    });
    StoredValue::new_local(interval);
    now.into()
}

/// A number that changes whenever the page's colours may have.
fn colors(theme: RwSignal<Theme>) -> Signal<u32> {
    let system = RwSignal::new(0_u32);
    let listener = browser::media("(prefers-color-scheme: dark)").and_then(|query| {
        Listener::to(query.into(), "change", move || {
            system.try_update(|changes| *changes += 1);
        })
    });
    StoredValue::new_local(listener);
    derive(move || system.get() * 3 + theme.get() as u32)
}

/// A server that asks for a token gets the dialog, once each time that it begins to ask.
fn opens_for_a_token(status: Memo<Status>, open: RwSignal<bool>) {
    let asks = Memo::new(move |_| status.with(|status| matches!(status, Status::Unauthorized { .. })));
    Effect::new(move |_| {
        if asks.get() {
            open.set(true);
        }
    });
}

/// Trouble stands in the tab's title and icon, where it is seen without the page.
fn mark_follows(status: Memo<Status>) {
    let mark = Memo::new(move |_| {
        status.with(|status| match status {
            Status::Reconnecting { .. } | Status::Offline { .. } | Status::Stale { .. } => "(not live) ",
            Status::Unauthorized { .. } => "(needs a token) ",
            _ => "",
        })
    });
    let icon = document().query_selector("link[rel='icon']").ok().flatten();
    let well = icon.as_ref().and_then(|icon| icon.get_attribute("href"));
    Effect::new(move |_| {
        let mark = mark.get();
        document().set_title(&format!("{mark}Aurora Live"));
        let href = if mark.is_empty() { well.as_deref() } else { Some(TROUBLE_ICON) };
        if let (Some(icon), Some(href)) = (&icon, href) {
            // An icon that cannot be changed stays; the title says it too.
            let _ = icon.set_attribute("href", href);
        }
    });
}
