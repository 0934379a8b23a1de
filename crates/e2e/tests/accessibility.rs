//! axe-core on every view and dialog, in both themes, on a wide screen and on a narrow one, and with a broken connection.

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::axe::Axe;
use aurora_e2e::browser::Browser;
use aurora_e2e::scene::{self, Course, Site};
use aurora_e2e::still::Conduct;

const WIDE: (u32, u32) = (1440, 900);
const NARROW: (u32, u32) = (320, 700);
/// Everything that opens in place is open.
const OPEN_TABLES: &str =
    "document.querySelectorAll(\"[data-tool='data']\").forEach(button => button.click());
    document.querySelectorAll('details').forEach(details => details.open = true);";
/// The reader comes back after two minutes.
const COMES_BACK: &str = "let hidden = true; const now = Date.now;
    Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
    const tell = () => document.dispatchEvent(new Event('visibilitychange'));
    tell(); hidden = false; Date.now = () => now() + 120000; tell(); Date.now = now;";

/// One browser that checks what it is shown and remembers what it found.
struct Check {
    page: Browser,
    axe: Axe,
    found: Vec<String>,
    looked: usize,
}

impl Check {
    /// Checks the page as it is: in the light theme on a wide screen, and in the dark one on a narrow one.
    async fn look(&mut self, what: &str) -> Result<()> {
        for (theme, (width, height)) in [("light", WIDE), ("dark", NARROW)] {
            scene::set_screen(&self.page, width, height).await?;
            self.page
                .run("document.documentElement.dataset.theme = arguments[0];", vec![theme.into()])
                .await?;
            scene::rest(&self.page).await?;
            let found = self.axe.violations(&self.page).await?;
            self.looked += 1;
            self.found.extend(found.into_iter().map(|line| format!("{what}, {width} px, {theme}: {line}")));
        }
        scene::set_screen(&self.page, WIDE.0, WIDE.1).await
    }

    async fn click(&self, css: &str, until: &str) -> Result<()> {
        self.page.run("document.querySelector(arguments[0]).click();", vec![css.into()]).await?;
        scene::until(&self.page, until).await
    }
}

#[tokio::test]
async fn axe_finds_no_violation_on_any_view_or_dialog_in_either_theme() -> Result<()> {
    let Some(axe) = Axe::find()? else {
        // Past the capture of a passing test's output: a check that was skipped must not look like one that was made.
        writeln!(
            std::io::stderr(),
            "skipped: axe-core is not installed; `cargo xtask test` does that where npm is"
        )?;
        return Ok(());
    };
    let storm = Site::start(Course::Storm)?;
    let page = Browser::start(WIDE.0, WIDE.1, storm.folder()).await?;
    scene::without_motion(&page).await?;
    let mut check = Check { page, axe, found: Vec::new(), looked: 0 };
    let done = everything(&mut check, &storm).await;
    done.with_context(|| format!("having found {}", check.found.join("\n")))?;
    ensure!(check.looked > 50, "only {} looks were taken", check.looked);
    ensure!(check.found.is_empty(), "axe-core found in {} looks:\n{}", check.looked, check.found.join("\n"));
    Ok(())
}

async fn everything(check: &mut Check, storm: &Site) -> Result<()> {
    views(check, storm).await?;
    alerts(check, storm).await?;
    checklists(check, storm).await?;
    dialogs(check, storm).await?;
    sessions(check, storm).await?;
    for course in [Course::Empty, Course::LongNames] {
        let site = Site::start(course)?;
        site.visit(&check.page, "").await?;
        for view in ["live", "charts", "events", "sessions", "alerts", "objectives", "golive"] {
            scene::go(&check.page, &format!("view={view}")).await?;
            check.look(&format!("{view} of the {} session", course.name())).await?;
        }
    }
    broken(check, storm).await
}

/// The view of alerts with all that opens in it.
async fn alerts(check: &mut Check, site: &Site) -> Result<()> {
    site.visit(&check.page, "view=alerts&runbook=FillRate.md%23rollbackfillrate").await?;
    scene::until(&check.page, "document.querySelector(\"[data-panel='runbook'] pre\")").await?;
    check.click("[data-action='adjust']:not([hidden])", "document.querySelector('[data-preview]')").await?;
    let silence = ".alert-card [data-action='silence']:not([hidden])";
    scene::until(&check.page, &format!("document.querySelector(\"{silence}\")")).await?;
    check.click(silence, "document.querySelector('.silence-form')").await?;
    check.look("Alerts with a runbook and both forms").await
}

async fn views(check: &mut Check, site: &Site) -> Result<()> {
    site.visit(&check.page, "").await?;
    check.page.run(OPEN_TABLES, vec![]).await?;
    check.look("Live with the data of its charts").await?;
    scene::go(&check.page, "wall=1").await?;
    check.look("Live on a wall").await?;
    scene::go(&check.page, "view=charts").await?;
    check.look("Charts").await?;
    scene::go(&check.page, "view=events&query=wrong%3Akey").await?;
    check.look("Events with a search that cannot be read").await?;
    scene::go(&check.page, "view=events&query=code%3AORDER").await?;
    check.click("[data-seq]", "document.querySelector(\"[data-action='timeline']\")").await?;
    check.page.run(OPEN_TABLES, vec![]).await?;
    check.look("Events with a line").await?;
    check.click("[data-action='timeline']", "document.querySelector('[data-step]')").await?;
    check.look("Events with an order's timeline").await
}

async fn checklists(check: &mut Check, site: &Site) -> Result<()> {
    site.visit(&check.page, "").await?;
    for list in ["", "&checklist=testnet", "&checklist=canary"] {
        scene::go(&check.page, &format!("view=golive{list}")).await?;
        check.look(&format!("the checklist{list}")).await?;
    }
    let names = "const field = document.querySelector('[data-golive-name]');
        field.value = 'Ada'; field.dispatchEvent(new Event('input', { bubbles: true }));";
    check.page.run(names, vec![]).await?;
    check.click("[data-action='confirm']", "document.querySelector(\"[data-standing='confirmed']\")").await?;
    check.click("[data-action='make-checklist']", "document.querySelector('[data-save]')").await?;
    check.look("a checklist with a confirmation, written down").await
}

async fn dialogs(check: &mut Check, site: &Site) -> Result<()> {
    for dialog in ["settings", "help", "palette"] {
        site.visit(&check.page, "").await?;
        let opener = format!("[data-action='{dialog}']");
        check.click(&opener, "document.querySelector('dialog[open]')").await?;
        check.look(dialog).await?;
    }
    site.visit(&check.page, "").await?;
    check.page.run(COMES_BACK, vec![]).await?;
    scene::until(&check.page, "!document.querySelector(\"[data-notice='away']\").hidden").await?;
    check
        .click("[data-action='pause']", "!document.querySelector(\"[data-notice='paused']\").hidden")
        .await?;
    check.look("what happened while away, on a page that is paused").await
}

async fn sessions(check: &mut Check, site: &Site) -> Result<()> {
    site.visit(&check.page, "view=sessions").await?;
    let listed = "document.querySelector(\"[data-action='open-session']\")";
    scene::until(&check.page, listed).await?;
    check.look("Sessions").await?;
    let ready =
        |count: u32| format!("document.querySelectorAll(\"tr[data-ready='true']\").length === {count}");
    check.click("[data-action='open-session']", &ready(1)).await?;
    scene::pick(&check.page, &[site.session_dir().join("aurora_events.jsonl")]).await?;
    scene::until(&check.page, &ready(2)).await?;
    scene::until(&check.page, "document.querySelector('[data-playback]')").await?;
    check.page.run(OPEN_TABLES, vec![]).await?;
    check.look("a recording").await?;
    let report = "[data-choice='recorded'] label:nth-of-type(3) input";
    check.click(report, "document.querySelector('[data-overall]')").await?;
    check.look("the report of a recording").await?;
    let tick = "document.querySelectorAll('tr[data-recording] input').forEach(box => box.click());";
    check.page.run(tick, vec![]).await?;
    check.click("[data-action='compare']", "document.querySelector('[data-compare]')").await?;
    check.look("two recordings side by side").await
}

async fn broken(check: &mut Check, site: &Site) -> Result<()> {
    let state =
        |state: &str| format!("document.querySelector('[data-link-state]').dataset.linkState === '{state}'");
    site.visit(&check.page, "").await?;
    site.still.conduct(Conduct::IsGone);
    scene::until(&check.page, &state("reconnecting")).await?;
    for view in ["live", "charts", "events", "sessions", "alerts", "objectives", "golive"] {
        scene::go(&check.page, &format!("view={view}")).await?;
        check.look(&format!("{view} without a connection")).await?;
    }
    site.still.conduct(Conduct::WantsToken);
    scene::until(&check.page, "document.querySelector('dialog[open] #token')").await?;
    check.look("the page that asks for a token").await
}
