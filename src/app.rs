//! The page's root: its few settings, the store's driver, and the frame around the view.

use aurora_domain::{
    Span, format,
    link::Status,
    verdict::{Tone as Judged, Verdict as Judgement},
};
use leptos::{mount::mount_to_body, prelude::*};
use wasm_bindgen_futures::spawn_local;

use crate::{
    address,
    alerts::Alerting,
    browser::{self, Interval, Listener},
    charts::{Look, Range, markers},
    commands::{self, Context},
    components::{
        footer::Footer, header::Header, link_banner::LinkBanner, link_chip::LinkSaid,
        settings_dialog::SettingsDialog, theme::Theme,
    },
    config::{self, Held, Keep, Settings},
    focus,
    page::{Overlay, Page, View},
    preferences,
    reach::Reach,
    recording::library::Library,
    store::{Clock, Driver, Handle, Slice, Store, derive},
    transport::Streams,
    views::{
        Alerts, AlertsView, Away, ChartsView, Controls, DropTarget, EventsView, GoLiveView, HelpSheet,
        LiveView, Notices, ObjectivesView, Palette, Preferences, SessionsView, judgement,
    },
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
    let alerting = Alerting::start(store, &settings);
    let driver = StoredValue::new_local(Driver::start(store, Box::new(Streams), settings));
    let retry = Callback::new(move |()| driver.with_value(Driver::retry));
    let token_changed = Callback::new(move |()| driver.with_value(Driver::token_changed));
    let page = Page::new();
    let paused = RwSignal::new(false);
    let context = Context { page, paused, retry };
    let token = RwSignal::new(token_state());
    let token_came = Callback::new(move |()| {
        token.set(token_state());
        token_changed.run(());
    });
    address::follow(page, token_came);
    commands::listen(context);
    focus::keep();
    page.density.get_untracked().apply();
    Effect::new(move |_| preferences::set_root("data-wall", page.wall.get().then_some("")));
    let library = Library::new();
    pauses(store, paused);
    let status = store.select(&[Slice::Link], |store| store.status().clone());
    let stale = Memo::new(move |_| paused.get() || status.with(|status| !status.is_live()));
    let judged = judgement(store, page);
    let instead = store.select(&[Slice::Session, Slice::Link, Slice::Feed], |store| {
        let recorded = (store.clock() == Clock::Recorded).then_some("Recorded");
        let waiting = store.feed_says("waiting").map(|_| "Waiting");
        recorded.or(waiting).filter(|_| store.status().is_live())
    });
    let session = store.select(&[Slice::Feed], |store| {
        store.heartbeat().and_then(|feed| feed.session.clone()).unwrap_or_default()
    });
    let as_of = store.select(&[Slice::Session, Slice::Link], move |store| {
        let (state, zone) = (store.state(), page.zone.get());
        if state.session().events() == 0 {
            String::new()
        } else {
            format!("{} {}", format::clock(state.now(), zone.offset_minutes()), zone.suffix())
        }
    });
    // A log that is known to have ended, or not to have begun, is no silent bot.
    let banner_status =
        store.select(&[Slice::Session, Slice::Link, Slice::Feed], |store| match store.status() {
            Status::Silent { .. } if nothing_to_come(store) => Status::Live,
            status => status.clone(),
        });
    let open_settings = Callback::new(move |()| page.overlay.set(Some(Overlay::Settings)));
    let session_url = StoredValue::new(stream_url.clone());
    mark_follows(status, alerting);
    tell_desktop(judged);
    StoredValue::new_local(follow_token(token, token_changed));
    let look = look(store, page);
    // Chosen once more it stays as it is.
    let view = Memo::new(move |_| page.view.get());
    let screen = move || match view.get() {
        View::Events => view! { <EventsView store page stale /> }.into_any(),
        View::Charts => view! { <ChartsView store page look stale /> }.into_any(),
        View::Sessions => view! { <SessionsView library page stream_url=session_url /> }.into_any(),
        View::Alerts => view! { <AlertsView alerting page stale /> }.into_any(),
        View::Objectives => view! { <ObjectivesView store stale /> }.into_any(),
        View::GoLive => view! { <GoLiveView store page rules=alerting.rules_in_force() stale /> }.into_any(),
        View::Live => view! { <LiveView store page stale judged look /> }.into_any(),
    };
    view! {
        <a class="skip" href="#main" on:click=|event| { event.prevent_default(); commands::focus("main"); }>"Skip to the figures"</a>
        <Header page session status instead as_of />
        <LinkSaid status instead />
        <LinkBanner status=banner_status now_ms=seconds() on_retry=retry on_settings=open_settings />
        <Paused as_of paused />
        <Away store page />
        <Notices store config_problem judged=derive(move || view.get() == View::Live) />
        <Controls store page paused />
        <main id="main" tabindex="-1" data-screen=move || page.view.get().key()>
            <Alerts alerting page stale />
            {screen}
        </main>
        <DropTarget library page />
        <Footer version=VERSION text="Percentiles are within 1 %." />
        <SettingsView status page alerting stream_url token token_changed />
        <HelpSheet context />
        <Palette context />
    }
}

/// Holds what readers see while the page is paused. Where the page begins again the store lets go of it, and the choice
/// follows.
pub(crate) fn pauses(store: Handle, paused: RwSignal<bool>) {
    Effect::new(move |before: Option<bool>| {
        let paused = paused.get();
        if before.unwrap_or(false) != paused {
            store.set_paused(paused);
        }
        paused
    });
    let held = store.select(&[Slice::Session], Store::is_paused);
    Effect::new(move |before: Option<bool>| {
        let held = held.get();
        if before.unwrap_or(false) && !held {
            paused.set(false);
        }
        held
    });
}

/// What charts share. They show what figures reach over, and what is zoomed to in them is what figures reach over.
pub(crate) fn look(store: Handle, page: Page) -> Look {
    let markers = store.select(&[Slice::Details], |store| markers(store.state()));
    let filter = store.select(&[Slice::Details], move |store| page.chosen(store.state()).filter);
    let look = Look {
        markers: markers.into(),
        filter: filter.into(),
        utc_offset_min: derive(move || page.zone.get().offset_minutes()),
        ..Look::new(range_of(store, page.reach.get_untracked()), colors(page.theme))
    };
    Effect::new(move |_| {
        let range = range_of(store, page.reach.get());
        if look.range.get_untracked() != range {
            look.range.set(range);
        }
    });
    Effect::new(move |_| match look.range.get() {
        Range::Fixed { from, to } => {
            let reach = Reach::Between { from, to };
            if page.reach.get_untracked() != reach {
                page.reach.set(reach);
            }
        }
        Range::Last(_) if matches!(page.reach.get_untracked(), Reach::Between { .. }) => {
            page.reach.set(page.home.get_value());
        }
        Range::Last(_) => page.home.set_value(page.reach.get_untracked()),
    });
    look
}

/// The stretch of a chart for what figures reach over; the session as far back as charts are kept.
fn range_of(store: Handle, reach: Reach) -> Range {
    match reach {
        Reach::Between { from, to } => Range::Fixed { from, to },
        Reach::Last(seconds) | Reach::Span(Span::Seconds(seconds)) => Range::Last(seconds.max(60)),
        Reach::Span(Span::Session) => {
            let state_seconds = store.read(|store| {
                let state = store.state();
                state.session().first().map_or(0.0, |first| state.now().seconds_since(first))
            });
            Range::Last(if state_seconds > 10_800.0 {
                86_400
            } else if state_seconds > 900.0 {
                10_800
            } else {
                900
            })
        }
    }
}

/// Says that the page stands still on purpose.
#[component]
fn Paused(as_of: Memo<String>, paused: RwSignal<bool>) -> impl IntoView {
    view! {
        <section class="note" data-tone="warn" data-notice="paused" role="status" hidden=move || !paused.get()>
            <p>
                <strong>"Paused. "</strong>
                {move || format!("Figures are as of {} and do not move; what comes is counted meanwhile. Verdict and alerts go on.", as_of.get())}
            </p>
            <button class="btn primary" on:click=move |_| paused.set(false)>"Resume"</button>
        </section>
    }
}

/// Tells the desktop, where the reader asked for it, when the verdict turns bad.
fn tell_desktop(judged: Memo<Judgement>) {
    Effect::new(move |before: Option<Option<String>>| {
        let bad = judged.with(|judged| (judged.tone == Judged::Bad).then(|| judged.headline.clone()));
        // The first verdict is what the reader sees anyway.
        let news = bad.clone().filter(|_| before.as_ref().is_some_and(|before| *before != bad));
        if let Some(headline) = news.filter(|_| preferences::has_notifications()) {
            let sentence = judged.with_untracked(|judged| judged.sentence.clone());
            browser::notify(&headline, &sentence, "aurora-verdict");
        }
        bad
    });
}

/// Whether the session has ended, or has not begun.
fn nothing_to_come(store: &Store) -> bool {
    store.live_clock() == Clock::Recorded
        || store.live_state().session().summarised()
        || store.feed_says("waiting").is_some()
}

fn token_state() -> (Held, Keep) {
    (config::held(), config::keep())
}

/// Another tab may change the token that tabs share.
fn follow_token(token: RwSignal<(Held, Keep)>, changed: Callback<()>) -> Option<Listener> {
    Listener::new("storage", move || {
        token.set(token_state());
        if config::token_is_another() {
            changed.run(());
        }
    })
}

/// The dialog with what it changes.
#[component]
fn SettingsView(
    status: Memo<Status>,
    page: Page,
    alerting: Alerting,
    stream_url: String,
    token: RwSignal<(Held, Keep)>,
    token_changed: Callback<()>,
) -> impl IntoView {
    let open = derive(move || page.overlay.get() == Some(Overlay::Settings));
    let close = move || {
        if page.overlay.get_untracked() == Some(Overlay::Settings) {
            page.overlay.set(None);
        }
    };
    opens_for_a_token(status, page);
    let set = move |entered: Option<String>| {
        config::set_token(entered.as_deref());
        token.set(token_state());
        close();
        token_changed.run(());
    };
    let server_message = derive(move || match status.get() {
        Status::Unauthorized { message, .. } if message.is_empty() => {
            "The server wants a token, or another one.".to_owned()
        }
        Status::Unauthorized { message, .. } => message,
        _ => String::new(),
    });
    view! {
        <SettingsDialog
            open
            on_close=Callback::new(move |()| close())
            stream_url
            token
            server_message
            on_save=Callback::new(move |entered| set(Some(entered)))
            on_clear=Callback::new(move |()| set(None))
            on_keep=Callback::new(move |keep| {
                config::choose_keep(keep);
                token.set(token_state());
            })
            theme=page.theme
            on_theme=choose(page.theme)
            version=VERSION
        >
            <Preferences page alerting />
        </SettingsDialog>
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
fn opens_for_a_token(status: Memo<Status>, page: Page) {
    let asks = Memo::new(move |_| status.with(|status| matches!(status, Status::Unauthorized { .. })));
    Effect::new(move |_| {
        if asks.get() {
            page.overlay.set(Some(Overlay::Settings));
        }
    });
}

/// Trouble stands in the tab's title and icon, where it is seen without the page: that of the link always, alerts where the
/// reader asked for it.
fn mark_follows(status: Memo<Status>, alerting: Alerting) {
    let mark = Memo::new(move |_| {
        let link = status.with(|status| match status {
            Status::Reconnecting { .. } | Status::Offline { .. } | Status::Stale { .. } => "(not live) ",
            Status::Unauthorized { .. } => "(needs a token) ",
            _ => "",
        });
        match if alerting.ways.get().tab && link.is_empty() { alerting.unattended() } else { 0 } {
            0 => link.to_owned(),
            1 => "(1 alert) ".to_owned(),
            count => format!("({count} alerts) "),
        }
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
