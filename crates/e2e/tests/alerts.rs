//! An alert from a line in the log to the reader: pending, firing, told, understood, taken on, silenced, remembered, over.

use std::io::Write as _;
use std::time::SystemTime;

use anyhow::{Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::stack::Stack;
use fantoccini::Locator;
use serde_json::{Value, json};

const ALERT: &str = "CircuitBreakerOpen";
/// Keeps what the page tells the desktop and how many sounds it begins.
const LISTEN: &str = "window.told = []; window.sounds = 0;
    const Told = window.Notification;
    window.Notification = class extends Told {
        constructor(title, options) { super(title, options); window.told.push(`${title}: ${options.body}`); }
    };
    const Sound = window.AudioContext;
    window.AudioContext = class extends Sound { constructor() { super(); window.sounds += 1; } };";

/// Writes an event of now into the session's log.
fn write(stack: &Stack, code: &str, details: &Value) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    let line =
        json!({ "ts_ns": i64::try_from(now)?, "run_id": "r-1", "event_code": code, "details": details });
    let log = stack.session_dir().join("aurora_events.jsonl");
    Ok(writeln!(std::fs::File::options().append(true).open(log)?, "{line}")?)
}

/// Says that the breaker is in `state`.
fn breaker(stack: &Stack, state: &str) -> Result<()> {
    write(stack, "EXCHANGE.CB.STATE", &json!({ "state": state }))
}

/// Waits until `condition` is true in the page, while the log goes on.
async fn until(stack: &Stack, what: &str, condition: &str) -> Result<()> {
    let script = format!("return Boolean({condition});");
    let holds = async |page: &Browser| {
        write(stack, "MARKET.TICKER", &json!({}))?;
        Ok((page.run(&script, vec![]).await? == true).then_some(()))
    };
    stack.until(what, holds).await
}

/// A reader's own click, which browsers ask for before they play a sound.
async fn click(stack: &Stack, css: &str) -> Result<()> {
    Ok(stack.browser.client().find(Locator::Css(css)).await?.click().await?)
}

fn card(more: &str) -> String {
    format!("document.querySelector(\".alert-card[data-alert='{ALERT}']{more}\")")
}

fn episode(more: &str) -> String {
    format!("document.querySelector(\"[data-episode='{ALERT}']{more}\")")
}

/// The reader asks to be told in every way.
async fn ask_to_be_told(stack: &Stack) -> Result<()> {
    let origin = stack.nginx.url();
    let granted = json!({ "permissions": ["notifications"], "origin": origin.trim_end_matches('/') });
    stack.browser.devtools("Browser.grantPermissions", granted).await?;
    // Before the page's own scripts, here and after each reload.
    let listen = json!({ "source": LISTEN });
    stack.browser.devtools("Page.addScriptToEvaluateOnNewDocument", listen).await?;
    stack.browser.client().refresh().await?;
    let live = "document.querySelector('[data-link-state]')?.dataset.linkState === 'live'";
    until(stack, "the page is live", live).await?;
    click(stack, "[data-action='settings']").await?;
    for way in ["alert-desktop", "alert-sound", "alert-tab"] {
        let setting = format!("[data-setting='{way}']");
        let off = format!("document.querySelector(\"{setting}\").checked === false");
        until(stack, "nothing is told before it is asked for", &off).await?;
        click(stack, &setting).await?;
    }
    until(stack, "a sound is tried", "window.sounds === 1").await?;
    stack.browser.screenshot("alerts-settings").await?;
    click(stack, "dialog[open] .panel-head .btn").await?;
    stack.browser.run("location.hash = 'view=alerts';", vec![]).await.map(drop)
}

async fn it_fires_and_is_told(stack: &Stack) -> Result<()> {
    breaker(stack, "OPEN")?;
    until(stack, "it is pending", &card("[data-state='pending']")).await?;
    until(stack, "it fires", &card("[data-state='firing']")).await?;
    until(stack, "it is told once", "window.told.length === 1").await?;
    let told = stack.browser.run("return window.told[0];", vec![]).await?;
    let told = told.as_str().unwrap_or_default();
    ensure!(told.starts_with("CircuitBreakerOpen fires: The circuit breaker is open."), "told was {told}");
    until(stack, "it is heard", "window.sounds === 2").await?;
    until(stack, "it stands in the title", "document.title === '(1 alert) Aurora Live'").await
}

async fn its_runbook_opens(stack: &Stack) -> Result<()> {
    click(stack, &format!(".alert-card[data-alert='{ALERT}'] [data-action='runbook']")).await?;
    until(
        stack,
        "the runbook's commands are there",
        "document.querySelector(\"[data-panel='runbook'] pre\")",
    )
    .await?;
    let text = stack.browser.text_of("[data-panel='runbook']").await?;
    for section in
        ["What it means", "Checks", "Causes and fixes", "Escalation", "/status | jq '.circuit_breaker'"]
    {
        ensure!(text.contains(section), "no `{section}` in {text}");
    }
    until(stack, "a link brings it along", "location.hash.includes('runbook=CircuitBreakerOpen.md')").await?;
    stack.browser.screenshot("alerts").await
}

async fn it_is_taken_on_and_silenced(stack: &Stack) -> Result<()> {
    let of = |action: &str| format!(".alert-card[data-alert='{ALERT}'] [data-action='{action}']");
    click(stack, &of("acknowledge")).await?;
    let taken = format!("{}.textContent === 'acknowledged'", card(" [data-due]"));
    until(stack, "somebody has taken it on", &taken).await?;
    until(stack, "the title calls nobody any more", "document.title === 'Aurora Live'").await?;
    click(stack, &of("silence")).await?;
    let reason = stack.browser.client().find(Locator::Css("[data-silence-reason]")).await?;
    reason.send_keys("the exchange is being repaired").await?;
    click(stack, ".silence-form .primary").await?;
    until(stack, "it is silenced", &card("[data-silenced]")).await?;
    let said = stack.browser.text_of(".alert-card [data-silence]").await?;
    ensure!(
        said.contains("Silenced until") && said.contains("the exchange is being repaired"),
        "it says {said}"
    );
    // Others may be about to fire.
    let elsewhere = &format!("[data-panel='alerts'] [data-alert='{ALERT}']");
    stack.browser.run("location.hash = 'view=live';", vec![]).await?;
    until(stack, "another view", "document.querySelector('main').dataset.screen === 'live'").await?;
    ensure!(!stack.browser.is_visible(elsewhere).await?, "a silenced alert stands at the top of the page");
    stack.browser.run("location.hash = 'view=alerts';", vec![]).await.map(drop)
}

/// The same alert goes on after a reload: one episode, still silenced, told to nobody.
async fn it_is_remembered(stack: &Stack) -> Result<()> {
    stack.browser.client().refresh().await?;
    until(stack, "what fired is there", &episode("[data-ended='false']")).await?;
    until(stack, "it fires again and is silenced", &card("[data-state='firing'][data-silenced]")).await?;
    let episodes =
        stack.browser.run("return document.querySelectorAll('[data-episode]').length;", vec![]).await?;
    ensure!(episodes == 1, "{episodes} episodes of one alert");
    breaker(stack, "CLOSED")?;
    until(stack, "it ends", &episode("[data-ended='true']")).await?;
    until(stack, "nothing is left of it", &format!("!{}", card(""))).await?;
    let told = stack.browser.run("return window.told.length;", vec![]).await?;
    ensure!(told == 0, "a silenced alert was told {told} times");
    stack.browser.client().refresh().await?;
    until(stack, "its end is remembered", &episode("[data-ended='true']")).await
}

#[tokio::test]
async fn an_alert_is_told_understood_taken_on_silenced_and_remembered() -> Result<()> {
    let (stack, mut writer) = Stack::start_on_session(1440, 900, 20).await?;
    stack.recovers().await?;
    writer.pause()?; // it tells of a breaker that is closed
    ask_to_be_told(&stack).await?;
    it_fires_and_is_told(&stack).await?;
    its_runbook_opens(&stack).await?;
    it_is_taken_on_and_silenced(&stack).await?;
    it_is_remembered(&stack).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn a_threshold_is_tried_used_and_kept_on_a_phone_without_scrolling_sideways() -> Result<()> {
    let (stack, _writer) = Stack::start_on_session(320, 700, 20).await?;
    stack.recovers().await?;
    stack.browser.run("location.hash = 'view=alerts&runbook=DiskLow.md';", vec![]).await?;
    let rule = "[data-rule='DiskLow']";
    let value = format!("/%/.test(document.querySelector(\"{rule} [data-rule-now]\")?.textContent)");
    until(&stack, "the disk is measured", &value).await?;
    let clicks = "document.querySelector(arguments[0]).click();";
    stack.browser.run(clicks, vec![format!("{rule} [data-action='adjust']").into()]).await?;
    let set = "const input = document.querySelector(\"[data-adjust='threshold']\"); input.value = '0.999';
        input.dispatchEvent(new Event('input', { bubbles: true }));";
    stack.browser.run(set, vec![]).await?;
    let preview = "document.querySelector('[data-preview]').textContent.startsWith('It would have fired once over the last')";
    until(&stack, "the preview shows that it would have fired", preview).await?;
    let beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    until(&stack, "nothing is beyond the screen's edge", &format!("{beyond} === 0")).await?;
    stack.browser.screenshot("alerts-phone").await?;
    stack.browser.run(clicks, vec![".adjust-form .primary".into()]).await?;
    let fires = "document.querySelector(\".alert-card[data-alert='DiskLow'][data-state='firing']\")";
    until(&stack, "it fires by the reader's threshold", fires).await?;
    stack.browser.client().refresh().await?;
    until(&stack, "the threshold is kept", fires).await?;
    stack.console_is_clean().await
}
