//! What a person sees while something on the way from the feed to the page breaks, and that every event is counted
//! once when it is whole again.

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::http;
use aurora_e2e::process::Process;
use aurora_e2e::stack::Stack;
use aurora_e2e::token;
use aurora_e2e::totals::Totals;
use fantoccini::Locator;

/// Events a second.
const RATE: u32 = 50;
/// Kept by the page: which way its network went.
const WATCH_NETWORK: &str = "window.network = [];
    for (const kind of ['online', 'offline'])
        window.addEventListener(kind, () => window.network.push(kind));";

/// A page that is live on a session that grows.
async fn live() -> Result<(Stack, Process)> {
    let (stack, writer) = Stack::start_on_session(1440, 900, RATE).await?;
    stack.recovers().await?;
    stack.grows().await?;
    Ok((stack, writer))
}

/// In front of a live page, breaks something, waits until the banner holds `words`, mends it, and waits until the banner
/// is gone and the totals equal the summary.
async fn check(
    words: &str,
    breaks: impl AsyncFnOnce(&mut Stack) -> Result<()>,
    mends: impl AsyncFnOnce(&mut Stack) -> Result<()>,
) -> Result<()> {
    let (mut stack, mut writer) = live().await?;
    breaks(&mut stack).await?;
    stack.says(words).await?;
    mends(&mut stack).await?;
    stack.recovers().await?;
    stack.says_aloud("Live").await?;
    stack.adds_up(&mut writer).await?;
    stack.console_is_quiet().await
}

#[tokio::test]
async fn every_event_counts_once_over_a_killed_feed() -> Result<()> {
    let kill = async |stack: &mut Stack| {
        stack.kill_feed();
        let answer = http::get(stack.nginx.port(), "/healthz")?;
        ensure!(answer.status == 502, "nginx in front of a dead feed answers {answer:?}");
        Ok(())
    };
    check("502", kill, async |stack| stack.start_feed()).await
}

#[tokio::test]
async fn every_event_counts_once_over_a_restart_of_the_feed() -> Result<()> {
    let stop = async |stack: &mut Stack| {
        let status = stack.feed()?.stop()?;
        ensure!(status.success(), "asked to end, the feed ends with {status}");
        Ok(())
    };
    check("502", stop, async |stack| stack.start_feed()).await
}

#[tokio::test]
async fn every_event_counts_once_over_a_lost_journal() -> Result<()> {
    let kill = async |stack: &mut Stack| {
        stack.kill_feed();
        Ok(())
    };
    let forget = async |stack: &mut Stack| {
        std::fs::remove_dir_all(stack.service.journal_dir()).context("no journal to lose")?;
        stack.start_feed()
    };
    check("502", kill, forget).await
}

#[tokio::test]
async fn every_event_counts_once_over_a_restart_of_nginx() -> Result<()> {
    let stop = async |stack: &mut Stack| stack.nginx.stop();
    check("cannot be reached", stop, async |stack| stack.nginx.start_again()).await
}

/// A page that is live under a name that does not look as if it led to this computer.
async fn live_elsewhere() -> Result<(Stack, Process)> {
    let (stack, writer) = live().await?;
    stack.open_elsewhere().await?;
    stack.recovers().await?;
    stack.browser.run(WATCH_NETWORK, vec![]).await?;
    Ok((stack, writer))
}

/// What the browser has told the page of its network.
async fn network(page: &Browser) -> Result<String> {
    Ok(page.run("return window.network.join();", vec![]).await?.as_str().unwrap_or_default().to_owned())
}

/// No new request gets through, and on what is open no byte.
#[tokio::test]
async fn every_event_counts_once_over_a_network_that_was_cut() -> Result<()> {
    let (mut stack, mut writer) = live_elsewhere().await?;
    stack.nginx.process().pause()?;
    stack.browser.set_offline(true).await?;
    stack.says("offline").await?;
    stack.nginx.process().resume();
    stack.browser.set_offline(false).await?;
    stack.recovers().await?;
    let told = network(&stack.browser).await?;
    ensure!(told == "offline,online", "the browser told the page: {told}");
    stack.adds_up(&mut writer).await?;
    stack.console_is_quiet().await
}

#[tokio::test]
async fn bytes_that_keep_arriving_count_for_more_than_the_browsers_word() -> Result<()> {
    let (stack, mut writer) = live_elsewhere().await?;
    stack.watch_link().await?;
    stack.browser.set_offline(true).await?;
    let over = async |_: &Browser| {
        let states = stack.link_states().await?;
        Ok((states.iter().any(|state| state == "offline")
            && states.last().is_some_and(|state| state == "live"))
        .then_some(()))
    };
    stack.until("the link was offline, and is live again", over).await?;
    stack.grows().await?;
    let told = network(&stack.browser).await?;
    ensure!(told == "offline", "the browser told the page: {told}");
    stack.browser.set_offline(false).await?;
    stack.adds_up(&mut writer).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn a_feed_on_this_computer_needs_no_network() -> Result<()> {
    let (stack, mut writer) = live().await?;
    stack.browser.run(WATCH_NETWORK, vec![]).await?;
    stack.watch_link().await?;
    stack.browser.set_offline(true).await?;
    let told = async |page: &Browser| Ok((network(page).await? == "offline").then_some(()));
    stack.until("the browser tells the page", told).await?;
    for _ in 0..3 {
        stack.grows().await?;
    }
    stack.browser.set_offline(false).await?;
    stack.was_never_interrupted().await?;
    stack.adds_up(&mut writer).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn every_event_counts_once_over_a_connection_that_was_open_but_silent() -> Result<()> {
    let hold = async |stack: &mut Stack| {
        stack.feed()?.pause()?;
        let not_live = async |page: &Browser| {
            let state = page.link_state().await?;
            Ok(state.filter(|state| state != "live" && state != "silent"))
        };
        stack.until("the link is not called live", not_live).await.map(drop)
    };
    let release = async |stack: &mut Stack| {
        stack.feed()?.resume();
        Ok(())
    };
    check("Nothing arrived", hold, release).await
}

/// The browser stops a page that was hidden for long: timers, and for good the streams that were open.
#[tokio::test]
async fn a_frozen_page_catches_up() -> Result<()> {
    let (stack, mut writer) = live().await?;
    let before = Totals::of_session(&stack.session_dir())?.events();
    stack.browser.set_frozen(true).await?;
    let grown = async |_: &Browser| {
        Ok((Totals::of_session(&stack.session_dir())?.events() > before + 200).then_some(()))
    };
    stack.until("much was written while the page stood still", grown).await?;
    stack.browser.set_frozen(false).await?;
    stack.browser.show().await?;
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;
    stack.console_is_quiet().await
}

#[tokio::test]
async fn a_token_is_asked_for_with_the_servers_reason_and_again_when_it_is_revoked() -> Result<()> {
    let stack = Stack::start_as(1440, 900, |mut service| {
        let file = service.folder.join("token");
        token::write(&file, "first-token")?;
        service.token_file = Some(file);
        Ok(service)
    })
    .await?;
    let mut writer = stack.simulate(RATE)?;
    token::enter(&stack, "token is missing", "not-the-token").await?;
    token::enter(&stack, "token is wrong", "first-token").await?;
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;

    token::write(stack.service.token_file.as_deref().context("no token file")?, "second-token")?;
    token::enter(&stack, "token is wrong", "second-token").await?;
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;
    let address = stack.browser.client().current_url().await?;
    ensure!(!address.as_str().contains("token"), "the address bar shows {address}");
    ensure!(!stack.browser.text().await?.contains("second-token"), "the page shows the token");
    stack.console_is_quiet().await
}

#[tokio::test]
async fn a_token_that_is_kept_on_the_device_serves_every_tab_until_it_is_cleared() -> Result<()> {
    const KEEP: &str = "[data-choice='token-keep'] label:last-child";
    const CLEAR: &str = "dialog[open] form .row:last-child button[type='button']";
    let stack = Stack::start_as(1440, 900, |mut service| {
        let file = service.folder.join("token");
        token::write(&file, "the-token")?;
        service.token_file = Some(file);
        Ok(service)
    })
    .await?;
    let mut writer = stack.simulate(RATE)?;
    let open = async |page: &Browser| Ok(page.is_visible(KEEP).await?.then_some(()));
    stack.until("the dialog is open", open).await?;
    let client = stack.browser.client();
    client.find(Locator::Css(KEEP)).await?.click().await?;
    token::enter(&stack, "token is missing", "the-token").await?;
    stack.recovers().await?;

    let first = client.window().await?;
    let second = client.new_window(true).await?.handle;
    client.switch_to_window(second).await?;
    stack.open().await?;
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;
    client.find(Locator::Css("[data-action='settings']")).await?.click().await?;
    ensure!(stack.browser.text_of("#token-state").await?.contains("on this device"), "it is not said");
    client.find(Locator::Css(CLEAR)).await?.click().await?;
    stack.says("token is missing").await?;
    client.switch_to_window(first).await?;
    stack.says("token is missing").await?;
    stack.console_is_quiet().await
}
