//! A page that nobody looks at for long: without frames, and with timers that come once a minute.
//!
//! By hand: `AURORA_HIDDEN_SECONDS` says for how long (default 1860), `AURORA_HIDDEN_RATE` how many events a second are
//! written meanwhile (default 300).

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::memory::Memory;
use aurora_e2e::stack::Stack;
use aurora_e2e::totals::Totals;
use serde_json::Value;

const SHORT: Duration = Duration::from_secs(40);
const SHORT_RATE: u32 = 500;
/// Timers of a page that was loaded when it was hidden become rare after a minute.
const PATIENCE: Duration = Duration::from_mins(3);
/// Between two looks at the page.
const POLL: Duration = Duration::from_secs(1);
/// What the page's process may grow by: some times what may wait in it, and far less than what arrives in half an hour.
const GROWTH_BYTES: u64 = 128 << 20;

/// Kept by the page: frames, when timers came, and what it showed when it was looked at again, and from then on.
const WATCH: &str = "window.watch = { frames: 0, timers: [], shown: null };
    (function count() { requestAnimationFrame(() => { watch.frames += 1; count(); }); })();
    setInterval(() => watch.timers.push(performance.now()), 250);
    const events = () => +document.querySelector(`[data-metric='session.events'][data-scope='session']`).dataset.value;
    const state = () => document.querySelector('[data-link-state]').dataset.linkState;
    document.addEventListener('visibilitychange', () => {
        if (document.visibilityState !== 'visible') return;
        const since = performance.now();
        watch.shown = { since, frame: null, seen: [] };
        const look = () => {
            const at = performance.now() - since;
            watch.shown.frame ??= { at, state: state(), events: events() };
            const last = watch.shown.seen.at(-1);
            if (last?.[1] !== events()) watch.shown.seen.push([at, events()]);
            if (at < 5000) requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });";

fn setting(name: &str, default: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is no number: {text}")),
        Err(_) => Ok(default),
    }
}

fn say(what: &str) -> Result<()> {
    // Past the capture of a test's output: whoever waits for half an hour wants to see it now.
    Ok(writeln!(std::io::stderr(), "{what}")?)
}

/// When the page's timers came, in milliseconds, and that clock now.
async fn timers(page: &Browser) -> Result<(Vec<f64>, f64)> {
    let found = page.run("return [watch.timers, performance.now()];", vec![]).await?;
    let times = found.get(0).and_then(Value::as_array).context("the page keeps no times")?;
    let now = found.get(1).and_then(Value::as_f64).context("the page has no clock")?;
    Ok((times.iter().filter_map(Value::as_f64).collect(), now))
}

/// Waits until the page's timers have become rare: none for five seconds.
async fn timers_are_rare(stack: &Stack) -> Result<f64> {
    let rare = async |page: &Browser| {
        let (times, now) = timers(page).await?;
        Ok(times.last().filter(|last| now - **last > 5_000.0).map(|_| now))
    };
    stack.until("timers of the hidden page become rare", rare).await
}

/// Hides the page for so long while events flow, and looks at it again. A page that is `opened_behind` was never looked at
/// before: a tab in the background.
async fn check(opened_behind: bool, hidden: Duration, rate: u32) -> Result<()> {
    let (mut stack, mut writer) = Stack::start_on_session(1440, 900, rate).await?;
    stack.patience = PATIENCE;
    if opened_behind {
        stack.browser.hide().await?;
        stack.open_elsewhere().await?;
    }
    stack.recovers().await?;
    stack.grows().await?;
    stack.watch_link().await?;
    stack.browser.run(WATCH, vec![]).await?;
    let before = Memory::of_page(&stack.browser).await?;
    if !opened_behind {
        stack.browser.hide().await?;
    }
    let (began, frames) = (Instant::now(), stack.browser.run("return watch.frames;", vec![]).await?);
    let rare_ms = timers_are_rare(&stack).await?;
    while began.elapsed() < hidden {
        stack.grows().await?;
        tokio::time::sleep(POLL).await;
    }
    let (times, now_ms) = timers(&stack.browser).await?;
    let came = times.iter().filter(|at| **at > rare_ms).count();
    ensure!((came as f64) < (now_ms - rare_ms) / 15_000.0 + 2.0, "timers were not rare: {came} came");
    let totals = stack.adds_up(&mut writer).await?;
    stack.browser.wait_for("document.visibilityState === 'hidden'").await?;
    let frames_after = stack.browser.run("return watch.frames;", vec![]).await?;
    let drawn = frames_after.as_u64().zip(frames.as_u64()).map(|(after, before)| after - before);
    ensure!(drawn.is_some_and(|drawn| drawn < 2), "a hidden page had {drawn:?} frames");
    let after = Memory::of_page(&stack.browser).await?;
    let seconds = began.elapsed().as_secs();
    say(&format!("hidden for {seconds} s with {came} timers: {totals}\nbefore: {before}\nafter:  {after}"))?;

    stack.grows().await?;
    writer.pause()?;
    stack.browser.show().await?;
    let frame = stack.browser.wait_for("!!watch.shown?.frame").await;
    frame.context("the page is shown and has no frame")?;
    let session = Totals::of_session(&stack.session_dir())?;
    let whole = async |page: &Browser| Ok((Totals::of_page(page).await? == session).then_some(()));
    stack.until(&format!("the page shows what the session holds: {session}"), whole).await?;
    writer.resume();
    let shown = stack.browser.run("return watch.shown;", vec![]).await?;
    say(&format!("shown again, first frame and figures after it (ms, events): {shown}"))?;
    ensure!(shown.pointer("/frame/state").is_some_and(|state| state == "live"), "its first frame: {shown}");
    stack.was_never_interrupted().await?;
    let grown = after.process_bytes.saturating_sub(before.process_bytes);
    ensure!(grown < GROWTH_BYTES, "the page's process grew by {grown} bytes");
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn a_page_in_the_background_keeps_up_and_is_live_at_once_when_it_is_shown() -> Result<()> {
    check(true, SHORT, SHORT_RATE).await
}

#[tokio::test]
#[ignore = "runs for as long as AURORA_HIDDEN_SECONDS says, 31 minutes by default"]
async fn a_page_that_was_hidden_for_half_an_hour_is_live_at_once_when_it_is_shown() -> Result<()> {
    let seconds = setting("AURORA_HIDDEN_SECONDS", 1_860)?;
    let rate = u32::try_from(setting("AURORA_HIDDEN_RATE", 300)?)?;
    check(false, Duration::from_secs(seconds), rate).await
}
