//! The five smoke tests of the go-live guide, against the real parts.
//!
//! Where the guide and the contract differ, the contract decides: lines that a rotation leaves in `NAME.jsonl.old` are
//! the session's own.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::http;
use aurora_e2e::process::Process;
use aurora_e2e::stack::{BANNER, Stack};
use aurora_e2e::totals::Totals;
use serde_json::{Value, json};

const RATE: u32 = 50;
const LOG: &str = "aurora_events.jsonl";
const CHIP_WORD: &str = "[data-link-state] .chip-word";
async fn live() -> Result<(Stack, Process)> {
    let (stack, writer) = Stack::start_on_session(1440, 900, RATE).await?;
    stack.recovers().await?;
    stack.grows().await?;
    Ok((stack, writer))
}

/// What the feed says about itself, as seen through nginx.
fn health(stack: &Stack) -> Result<Value> {
    let answer = http::get(stack.nginx.port(), "/health")?;
    ensure!(answer.status == 200, "/health answers {answer:?}");
    answer.json()
}

fn figure(health: &Value, pointer: &str) -> Result<u64> {
    health.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("no {pointer} in {health}"))
}

/// Waits until `/health` has `expected` at `pointer`.
async fn healthy(stack: &Stack, pointer: &str, expected: u64) -> Result<()> {
    let what = format!("{pointer} in /health is {expected}");
    stack.until(&what, async |_| Ok((figure(&health(stack)?, pointer)? == expected).then_some(()))).await
}

fn append(file: &Path, text: &[u8]) -> Result<()> {
    Ok(std::fs::File::options().create(true).append(true).open(file)?.write_all(text)?)
}

#[tokio::test]
async fn smoke_1_the_stream_is_open_figures_move_and_no_banner_is_there() -> Result<()> {
    let (stack, mut writer) = live().await?;
    healthy(&stack, "/sse_clients", 1).await?;
    stack.grows().await?;
    ensure!(!stack.browser.is_visible(BANNER).await?, "a banner is there");
    ensure!(!stack.browser.text().await?.to_lowercase().contains("reconnecting"), "the page says so");
    stack.adds_up(&mut writer).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn smoke_2_the_stream_goes_on_over_a_rotation_by_hand() -> Result<()> {
    let (stack, mut writer) = live().await?;
    stack.watch_link().await?;
    let log = stack.session_dir().join(LOG);
    let unknown = Totals::of_page(&stack.browser).await?.unknown();
    writer.pause()?; // between the two commands a writer that opens its log anew could make the file first
    std::fs::rename(&log, stack.session_dir().join(format!("{LOG}.old")))?;
    std::fs::write(&log, "{\"test\": \"rotation\"}\n")?;
    writer.resume();
    let seen = async |page: &Browser| Ok((Totals::of_page(page).await?.unknown() > unknown).then_some(()));
    stack.until("the first line of the new file is counted", seen).await?;
    stack.grows().await?;
    stack.adds_up(&mut writer).await?;
    stack.was_never_interrupted().await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn smoke_3_lines_that_cannot_be_read_are_counted_and_harm_nothing() -> Result<()> {
    let (stack, mut writer) = live().await?;
    stack.watch_link().await?;
    let before = health(&stack)?;
    let log = stack.session_dir().join(LOG);
    append(&log, b"{\"incomplete\": json\n")?;
    append(&log, format!("oversized line content{}\n", "x".repeat(2_000_000)).as_bytes())?;
    for counter in ["malformed_lines", "oversized_lines"] {
        let pointer = format!("/tailer_stats/{counter}");
        healthy(&stack, &pointer, figure(&before, &pointer)? + 1).await?;
    }
    stack.grows().await?;
    stack.adds_up(&mut writer).await?;
    stack.was_never_interrupted().await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn smoke_4_a_killed_feed_is_said_and_the_stream_resumes_after_the_last_event() -> Result<()> {
    let (mut stack, mut writer) = live().await?;
    stack.kill_feed();
    stack.says("").await?;
    let said = async |page: &Browser| {
        let word = page.text_of(CHIP_WORD).await?;
        Ok((word == "Reconnecting" && page.link_state().await?.as_deref() == Some("reconnecting"))
            .then_some(()))
    };
    stack.until("the chip says Reconnecting", said).await?;
    stack.start_feed()?;
    stack.recovers().await?;
    stack.adds_up(&mut writer).await?;
    stack.grows().await?;
    stack.console_is_quiet().await
}

#[tokio::test]
async fn smoke_5_healthz_answers_and_a_closed_dashboard_is_no_client_any_more() -> Result<()> {
    let (stack, _writer) = live().await?;
    let answer = http::get(stack.nginx.port(), "/healthz")?;
    ensure!(answer.status == 200 && answer.json()? == json!({ "status": "ok" }), "{answer:?}");
    healthy(&stack, "/client_count", 1).await?;
    stack.console_is_clean().await?;
    let client = stack.browser.client();
    let other = client.new_window(true).await?.handle; // without a window the browser would end
    client.close_window().await?;
    client.switch_to_window(other).await?;
    healthy(&stack, "/client_count", 0).await
}
