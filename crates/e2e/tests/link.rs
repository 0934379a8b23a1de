//! What a person sees while something on the way from the feed to the page breaks, and that every event is counted
//! once when it is whole again.

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::http;
use aurora_e2e::process::Process;
use aurora_e2e::stack::Stack;
use aurora_e2e::token;
use aurora_e2e::totals::Totals;

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
    grows(&stack).await?;
    Ok((stack, writer))
}

/// Waits until more events are counted than now.
async fn grows(stack: &Stack) -> Result<()> {
    let before = Totals::of_page(&stack.browser).await?.events();
    let more = async |page: &Browser| Ok((Totals::of_page(page).await?.events() > before).then_some(()));
    stack.until(&format!("more than {before} events are counted"), more).await
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
async fn every_event_counts_once_over_an_upgrade_of_the_feed() -> Result<()> {
    let stop = async |stack: &mut Stack| {
        let status = stack.feed()?.stop()?;
        ensure!(status.success(), "asked to end, the feed ends with {status}");
        Ok(())
    };
    let upgrade = async |stack: &mut Stack| {
        let new = stack.folder().join("aurora-feed-new");
        std::fs::copy(aurora_e2e::places::feed()?, &new)?;
        stack.service.program = Some(new);
        stack.start_feed()
    };
    check("", stop, upgrade).await
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
    check("", kill, forget).await
}

#[tokio::test]
async fn every_event_counts_once_over_a_restart_of_nginx() -> Result<()> {
    let stop = async |stack: &mut Stack| stack.nginx.stop();
    check("cannot be reached", stop, async |stack| stack.nginx.start_again()).await
}

#[tokio::test]
async fn every_event_counts_once_over_a_network_that_was_cut() -> Result<()> {
    let cut = async |stack: &mut Stack| {
        stack.browser.run(WATCH_NETWORK, vec![]).await?;
        stack.browser.set_offline(true).await
    };
    let join = async |stack: &mut Stack| {
        stack.browser.set_offline(false).await?;
        let seen = stack.browser.run("return window.network.join();", vec![]).await?;
        ensure!(seen == "offline,online", "the browser told the page: {seen}");
        Ok(())
    };
    check("offline", cut, join).await
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

/// Without frames the page must keep up all the same, and be current when it is looked at.
#[tokio::test]
async fn a_hidden_page_keeps_up() -> Result<()> {
    let (stack, mut writer) = live().await?;
    stack.browser.hide().await?;
    let frames = "window.frames_seen = 0;
        (function count() { requestAnimationFrame(() => { window.frames_seen += 1; count(); }); })();";
    stack.browser.run(frames, vec![]).await?;
    for _ in 0..5 {
        grows(&stack).await?;
    }
    stack.adds_up(&mut writer).await?;
    let frames = stack.browser.run("return window.frames_seen;", vec![]).await?;
    ensure!(frames.as_u64().is_some_and(|frames| frames < 2), "a hidden page had {frames} frames");
    stack.browser.show().await?;
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;
    stack.console_is_quiet().await
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
