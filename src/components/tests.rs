//! What people meet: the link's banner, the settings, and figures.

use std::{cell::RefCell, rc::Rc};

use aurora_domain::link::{Breaker, Cause, Status};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlInputElement;

use super::{
    figure::{Figure, FigureText},
    link_banner::LinkBanner,
    link_chip::LinkSaid,
    settings_dialog::SettingsDialog,
    theme::Theme,
};
use crate::{
    commands,
    config::{Held, Keep},
    support::{next_task, run, until},
    tests::Mounted,
};

const SINCE_MS: u64 = 1_795_284_207_000;

type Heard<T> = Rc<RefCell<Vec<T>>>;

/// A callback and what it was called with.
fn heard<T: 'static>() -> (Heard<T>, Callback<T>) {
    let heard = Heard::default();
    let kept = StoredValue::new_local(Rc::clone(&heard));
    (heard, Callback::new(move |value| kept.with_value(|kept| kept.borrow_mut().push(value))))
}

fn reconnecting() -> Status {
    let next_at_ms = SINCE_MS + 12_000;
    Status::Reconnecting {
        attempt: 3,
        next_at_ms,
        since_ms: SINCE_MS,
        cause: Cause::HttpStatus { code: 502 },
        breaker: Breaker::Closed,
        resumes: true,
    }
}

struct Banner {
    shown: Mounted,
    status: RwSignal<Status>,
    now_ms: RwSignal<u64>,
    retries: Heard<()>,
    settings: Heard<()>,
}

/// Signals and callbacks live in an owner of their own, which the test keeps.
fn banner(owner: &Owner, status: Status) -> Banner {
    owner.with(|| {
        let (status, now_ms) = (RwSignal::new(status), RwSignal::new(SINCE_MS));
        let ((retries, on_retry), (settings, on_settings)) = (heard(), heard());
        let shown = Mounted::new(move || view! { <LinkBanner status now_ms on_retry on_settings /> });
        Banner { shown, status, now_ms, retries, settings }
    })
}

fn check_banner(status: &Status, role: Option<&str>, title: &str, button: &str) {
    let owner = Owner::new();
    let Banner { shown, .. } = banner(&owner, status.clone());
    let note = shown.find(".note");
    assert_eq!(note.and_then(|note| note.get_attribute("role")).as_deref(), role, "{status:?}");
    assert_eq!(shown.text("strong"), title);
    assert_eq!(shown.text("button"), button);
    assert_eq!(shown.find("[data-banner='link']").is_some(), role == Some("alert"));
}

#[wasm_bindgen_test]
fn the_banner_says_what_is_wrong_with_the_link_and_what_to_do() {
    check_banner(&Status::Connecting, None, "", "");
    check_banner(&Status::CatchingUp { remaining: 5 }, None, "", "");
    check_banner(&Status::Live, None, "", "");
    let since_ms = SINCE_MS;
    check_banner(&reconnecting(), Some("alert"), "The feed answers with HTTP 502", "Retry now");
    check_banner(&Status::Stale { since_ms }, Some("alert"), "Nothing arrives from the feed", "Retry now");
    check_banner(&Status::Offline { since_ms }, Some("alert"), "This computer is offline", "Retry now");
    let message = "token is wrong".to_owned();
    check_banner(
        &Status::Unauthorized { since_ms, message },
        Some("alert"),
        "The feed asks for a token",
        "Enter token",
    );
    let owner = Owner::new();
    let silent = banner(&owner, Status::Silent { since_ms });
    assert_eq!(silent.shown.get("[data-notice='link']").get_attribute("role").as_deref(), Some("status"));
    assert!(!silent.shown.text("strong").is_empty());
}

#[wasm_bindgen_test]
async fn the_banner_counts_down_without_being_announced_again() {
    let owner = Owner::new();
    let Banner { shown, now_ms, .. } = banner(&owner, reconnecting());
    let alert = shown.get("[role='alert']");
    assert!(shown.text("[role='timer']").contains("in 12 s"), "{}", shown.text("[role='timer']"));
    now_ms.set(SINCE_MS + 1_000);
    until("a second less", || shown.text("[role='timer']").contains("in 11 s")).await;
    assert!(
        alert.is_same_node(Some(&shown.get("[role='alert']"))),
        "a new alert would be read aloud every second"
    );
    assert_eq!(shown.get("[role='timer']").get_attribute("aria-live").as_deref(), Some("off"));
}

#[wasm_bindgen_test]
async fn the_banner_asks_for_what_its_button_says_and_goes_when_the_link_is_well() {
    let owner = Owner::new();
    let Banner { shown, status, retries, settings, .. } = banner(&owner, reconnecting());
    shown.click("button");
    assert_eq!((retries.borrow().len(), settings.borrow().len()), (1, 0));
    status.set(Status::Unauthorized { since_ms: SINCE_MS, message: String::new() });
    until("the token's button", || shown.text("button") == "Enter token").await;
    shown.click("button");
    assert_eq!((retries.borrow().len(), settings.borrow().len()), (1, 1));
    status.set(Status::Live);
    until("no banner", || shown.find(".note").is_none()).await;
}

/// Whether what `selector` finds has the focus.
fn has_focus(selector: &str) -> bool {
    let found = document().query_selector(selector).expect("a selector");
    found.is_some() && document().active_element() == found
}

#[wasm_bindgen_test]
async fn the_focus_on_the_banners_button_goes_to_the_next_one_or_to_the_figures() {
    let owner = Owner::new();
    let _main = Mounted::new(|| view! { <main id="main" tabindex="-1"></main> });
    let Banner { shown, status, .. } = banner(&owner, Status::Stale { since_ms: SINCE_MS });
    commands::focus(".note button");
    assert!(has_focus(".note button"));
    status.set(reconnecting());
    until("the next banner", || shown.text("strong").contains("502")).await;
    until("its button has the focus", || has_focus(".note button")).await;
    status.set(Status::Live);
    until("the figures have the focus", || has_focus("main")).await;
    status.set(reconnecting());
    until("a banner", || shown.find(".note").is_some()).await;
    next_task().await;
    assert!(has_focus("main"), "it takes the focus from nothing else");
}

#[wasm_bindgen_test]
async fn that_the_link_broke_and_is_well_again_is_said_aloud_and_nothing_else() {
    let owner = Owner::new();
    let (shown, status) = owner.with(|| {
        let status = RwSignal::new(Status::Connecting);
        (Mounted::new(move || view! { <LinkSaid status instead=None /> }), status)
    });
    let region = shown.get("[role='status'][data-said='link'].sr");
    let said = || shown.text("[data-said]");
    for (now, expected) in [
        (Status::Connecting, ""),
        (Status::CatchingUp { remaining: 3 }, ""),
        (Status::Live, ""),
        (Status::Stale { since_ms: SINCE_MS }, "Stale"),
        (reconnecting(), "Stale"),
        (Status::CatchingUp { remaining: 9 }, "Stale"),
        (Status::Live, "Live"),
        (Status::Silent { since_ms: SINCE_MS }, "Live"),
        (reconnecting(), "Reconnecting"),
        (Status::Silent { since_ms: SINCE_MS }, "Silent"),
    ] {
        status.set(now.clone());
        next_task().await;
        next_task().await;
        assert_eq!(said(), expected, "{now:?}");
    }
    assert!(region.is_same_node(Some(&shown.get("[data-said]"))), "the region itself stays");
}

struct Dialog {
    shown: Mounted,
    open: RwSignal<bool>,
    token: RwSignal<(Held, Keep)>,
    kept: Heard<Keep>,
    saved: Heard<String>,
    cleared: Heard<()>,
    closed: Heard<()>,
    themes: Heard<Theme>,
}

fn dialog(owner: &Owner) -> Dialog {
    owner.with(|| {
        let (open, token) = (RwSignal::new(false), RwSignal::new((Held::Nowhere, Keep::Tab)));
        let (kept, on_keep) = heard();
        let ((saved, on_save), (cleared, on_clear)) = (heard(), heard());
        let ((closed, on_close), (themes, on_theme)) = (heard(), heard());
        let shown = Mounted::new(move || {
            view! {
                <SettingsDialog
                    open on_close token on_save on_clear on_keep on_theme
                    stream_url="https://feed.example/sse".to_owned()
                    server_message="token is wrong".to_owned()
                    theme=Theme::System
                    version="1.2.3"
                />
            }
        });
        Dialog { shown, open, token, kept, saved, cleared, closed, themes }
    })
}

impl Dialog {
    fn input(&self) -> HtmlInputElement {
        self.shown.get("#token").unchecked_into()
    }

    fn submit(&self, text: &str) {
        self.input().set_value(text);
        run("a.requestSubmit()", &[&self.shown.get("form")]);
    }

    fn is_open(&self) -> bool {
        self.shown.get("dialog").has_attribute("open")
    }
}

#[wasm_bindgen_test]
async fn a_token_is_trimmed_handed_over_and_nowhere_left() {
    let owner = Owner::new();
    let dialog = dialog(&owner);
    dialog.open.set(true);
    until("the dialog opens", || dialog.is_open()).await;
    dialog.submit("  s3cret \t");
    assert_eq!(*dialog.saved.borrow(), ["s3cret"]);
    assert_eq!(dialog.input().value(), "");
    next_task().await;
    assert!(!dialog.shown.get("dialog").outer_html().contains("s3cret"));
    dialog.submit("   ");
    assert_eq!(dialog.saved.borrow().len(), 1, "blanks are no token");
}

#[wasm_bindgen_test]
async fn a_token_is_hidden_until_the_reader_wants_to_see_it() {
    let owner = Owner::new();
    let dialog = dialog(&owner);
    assert_eq!(dialog.input().type_(), "password");
    dialog.shown.click("button[aria-pressed]");
    until("it is shown", || dialog.input().type_() == "text").await;
    dialog.open.set(true);
    until("the dialog opens", || dialog.is_open()).await;
    dialog.submit("s3cret");
    until("it is hidden again", || dialog.input().type_() == "password").await;
}

#[wasm_bindgen_test]
async fn a_token_can_be_cleared_where_there_is_one() {
    const CLEAR: &str = "form .row:last-child button[type='button']";
    let owner = Owner::new();
    let dialog = dialog(&owner);
    assert_eq!(dialog.shown.text(CLEAR), "Clear token");
    dialog.shown.click(CLEAR);
    assert!(dialog.cleared.borrow().is_empty(), "there is nothing to clear");
    dialog.token.set((Held::Tab, Keep::Tab));
    until("the token is known", || dialog.shown.find("[data-token-state='set']").is_some()).await;
    dialog.shown.click(CLEAR);
    assert_eq!(dialog.cleared.borrow().len(), 1);
}

#[wasm_bindgen_test]
async fn for_how_long_a_token_is_kept_is_chosen_and_said() {
    const STATE: &str = "#token-state";
    let owner = Owner::new();
    let dialog = dialog(&owner);
    let checked = || {
        run(
            "return a.querySelector('[name=token-keep]:checked').closest('label').innerText",
            &[&dialog.shown.get("form")],
        )
    };
    assert_eq!(checked().as_string().as_deref().map(str::trim), Some("This tab"));
    assert!(
        dialog
            .shown
            .text(STATE)
            .starts_with("No token is set. This tab: it stays here until the tab is closed")
    );
    run("a.querySelectorAll('[name=token-keep]')[1].click()", &[&dialog.shown.get("form")]);
    assert_eq!(*dialog.kept.borrow(), [Keep::Device]);
    dialog.token.set((Held::Device, Keep::Device));
    until("it is said", || dialog.shown.text(STATE).starts_with("A token is set on this device.")).await;
    assert!(dialog.shown.text(STATE).contains("until it is cleared, for all tabs"));
    assert_eq!(checked().as_string().as_deref().map(str::trim), Some("This device"));
    dialog.token.set((Held::Page, Keep::Tab));
    until("it is said", || dialog.shown.text(STATE).contains("the browser stores nothing")).await;
}

#[wasm_bindgen_test]
async fn the_dialog_opens_closes_and_tells_of_it() {
    let owner = Owner::new();
    let dialog = dialog(&owner);
    assert!(!dialog.is_open());
    dialog.open.set(true);
    until("the dialog opens", || dialog.is_open()).await;
    // What Esc does.
    run("a.close()", &[&dialog.shown.get("dialog")]);
    until("closing is told", || !dialog.closed.borrow().is_empty()).await;
    dialog.open.set(false);
    dialog.shown.click("button[title='Close']");
    assert!(dialog.closed.borrow().len() >= 2);
    assert_eq!(dialog.shown.text("[role='alert']"), "token is wrong");
    assert_eq!(dialog.shown.text("[data-stream-url]"), "https://feed.example/sse");
}

#[wasm_bindgen_test]
fn colours_are_chosen_in_the_dialog() {
    let owner = Owner::new();
    let dialog = dialog(&owner);
    run("a.querySelectorAll('input[name=theme-words]')[2].click()", &[&dialog.shown.get("dialog")]);
    assert_eq!(*dialog.themes.borrow(), [Theme::Dark]);
}

fn check_figure(figure: Figure, value: &str, shown: &str, spoken: &str) {
    let mounted = Mounted::new(move || view! { <FigureText metric="m" scope="window" figure /> });
    let attribute = |name| mounted.get("[data-metric='m'][data-scope='window']").get_attribute(name);
    assert_eq!(attribute("data-value").as_deref(), Some(value));
    assert_eq!((mounted.text(".num") + &mounted.text(".unit")).as_str(), shown);
    assert_eq!(mounted.text(".sr"), spoken);
    assert_eq!(mounted.get(".num").has_attribute("aria-hidden"), !spoken.is_empty());
}

#[wasm_bindgen_test]
fn a_figure_is_readable_for_people_and_machines() {
    check_figure(Figure::count(1_234_567), "1234567", "1,234,567", "");
    check_figure(Figure::count(0), "0", "0", "");
    check_figure(Figure::ratio(Some(0.8534)), "0.8534", "85.3%", "");
    check_figure(Figure::ratio(Some(0.0)), "0", "0.0%", "");
    check_figure(Figure::millis(Some(0.4215)), "0.4215", "0.42ms", "");
    check_figure(Figure::per_second(Some(12.34)), "12.34", "12.3/s", "");
}

#[wasm_bindgen_test]
fn a_figure_without_data_says_so() {
    check_figure(Figure::ratio(None), "", "—", "no data");
    check_figure(Figure::millis(Some(f64::NAN)), "", "—", "no data");
    check_figure(Figure::per_second(Some(f64::INFINITY)), "", "—", "no data");
}
