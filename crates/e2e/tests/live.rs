//! What a person in front of the page sees, from a line appended to a file to a number on the screen.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use aurora_e2e::stack::Stack;
use aurora_e2e::totals::OUTCOMES;
use aurora_e2e::{feed, places, session};

const SUBMITTED: &str = "orders.submitted";

/// Waits until the page shows more than `than`, and returns what it shows.
async fn more_submitted(stack: &Stack, than: f64) -> Result<f64> {
    let what = format!("{SUBMITTED} is above {than}");
    stack.until(&what, async |page| Ok(page.session_total(SUBMITTED).await?.filter(|now| *now > than))).await
}

#[tokio::test]
async fn numbers_change_while_the_session_is_being_written() -> Result<()> {
    let stack = Stack::start(1440, 900).await?;
    let _writer = stack.simulate(50)?;
    let first = more_submitted(&stack, 0.0).await?;
    more_submitted(&stack, first).await?;
    stack.browser.screenshot("live-wide").await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn a_page_without_a_session_is_connected_and_says_once_that_it_waits() -> Result<()> {
    let stack = Stack::start(1440, 900).await?;
    let waits = async |page: &aurora_e2e::browser::Browser| {
        Ok((page.text().await?.matches("No session yet").count() == 1).then_some(()))
    };
    stack.until("the page says that it waits", waits).await?;
    stack.recovers().await?;
    stack.browser.screenshot("empty").await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn a_narrow_phone_shows_the_page_without_scrolling_sideways() -> Result<()> {
    let stack = Stack::start(320, 700).await?;
    let _writer = stack.simulate(50)?;
    more_submitted(&stack, 0.0).await?;
    let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
    assert_eq!(stack.browser.run(script, vec![]).await?, 0, "pixels beyond the screen's edge");
    stack.browser.screenshot("phone").await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn a_killed_feed_is_said_and_its_return_brings_the_numbers_back_without_a_reload() -> Result<()> {
    let mut stack = Stack::start(1440, 900).await?;
    let _writer = stack.simulate(50)?;
    let before = more_submitted(&stack, 0.0).await?;
    stack.kill_feed();
    stack.says("").await?;
    stack.browser.screenshot("reconnecting").await?;
    stack.start_feed()?;
    stack.recovers().await?;
    more_submitted(&stack, before).await?;
    stack.console_is_quiet().await
}

/// Replays a recorded session in front of an open page and compares every outcome with `summarize`, and those named in
/// `exact` with the number that is known.
async fn check_totals(name: &str, exact: &[(&str, u64)]) -> Result<()> {
    let Some(recorded) = places::recorded_session(name) else {
        // Past the capture of a passing test's output: a skipped comparison must not look like one that was made.
        writeln!(std::io::stderr(), "skipped: the recorded session {name} is not on this machine")?;
        return Ok(());
    };
    let stack = Stack::start(1440, 900).await?;
    session::replay(&recorded, &stack.session_dir())?;
    let summary = feed::summarize(&recorded)?;
    for (metric, number) in exact {
        assert_eq!(feed::figure(&summary, metric)?, Some(*number), "{metric} in the summary of {name}");
    }
    for metric in OUTCOMES {
        let wanted = feed::figure(&summary, metric)?;
        let what = format!("{metric} of {name} is {wanted:?}");
        let equal = async |page: &aurora_e2e::browser::Browser| {
            let shown = page.session_total(metric).await?;
            Ok((shown == wanted.map(|count| count as f64)).then_some(()))
        };
        stack.until(&what, equal).await.with_context(|| format!("{metric} of {name}"))?;
    }
    stack.browser.screenshot(&format!("totals-{name}")).await?;
    stack.console_is_clean().await
}

#[tokio::test]
async fn totals_of_a_rotated_session_equal_its_summary() -> Result<()> {
    let exact = [("orders.submitted", 1750), ("orders.filled", 1557), ("orders.rejected", 193)];
    check_totals("master-api-rotating", &exact).await
}

#[tokio::test]
async fn totals_of_a_session_with_each_denial_in_three_places_equal_its_summary() -> Result<()> {
    let exact = [("orders.submitted", 5), ("orders.filled", 3), ("orders.denied", 1974)];
    check_totals("master-paper-bio-churn-rt", &exact).await
}
