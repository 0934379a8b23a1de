//! The page without a mouse: every stop of every view is reached and seen, and everything that a view is for is done by keys
//! alone. After each step the focus is where a person sees it.

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::keyboard::{self, key, press, press_with, tab_to};
use aurora_e2e::scene::{self, Course, Site};
use aurora_e2e::still::Conduct;

const DIALOG: &str = "document.querySelector('dialog[open]')";
const NO_DIALOG: &str = "!document.querySelector('dialog[open]')";

/// Waits for `condition`, and that the focus is where a person sees it.
async fn then(page: &Browser, condition: &str) -> Result<()> {
    scene::until(page, condition).await?;
    scene::rest(page).await?;
    keyboard::is_seen(page).await.with_context(|| format!("once {condition}")).map(drop)
}

fn screen(view: &str) -> String {
    format!("document.querySelector('main').dataset.screen === '{view}'")
}

fn shown(css: &str) -> String {
    format!("document.querySelector(\"{css}\")?.checkVisibility() === true")
}

fn not_shown(css: &str) -> String {
    format!("document.querySelector(\"{css}\")?.checkVisibility() !== true")
}

async fn visit(course: Course, width: u32) -> Result<(Site, Browser)> {
    let site = Site::start(course)?;
    let page = Browser::start(width, 900, site.folder()).await?;
    scene::without_motion(&page).await?;
    site.visit(&page, "").await?;
    Ok((site, page))
}

/// Tab reaches everything of every view and dialog; what is wrong, by where it is.
async fn stops(site: &Site, page: &Browser) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut walk = async |what: &str| -> Result<()> {
        let found = keyboard::walk(page).await.with_context(|| what.to_owned())?;
        wrong.extend(found.into_iter().map(|line| format!("{what}: {line}")));
        Ok(())
    };
    for view in ["live", "charts", "events", "sessions", "alerts", "objectives", "golive"] {
        site.visit(page, &format!("view={view}")).await?;
        walk(view).await?;
    }
    site.visit(page, "view=events").await?;
    press(page, &['/']).await?;
    then(page, "document.activeElement.id === 'events-search'").await?;
    press(page, &[key::ENTER]).await?;
    then(page, "document.activeElement.id === 'events-grid'").await?;
    press(page, &[key::UP]).await?;
    then(page, &shown(".event-row.active")).await?;
    press(page, &[key::ENTER]).await?;
    then(page, &shown("[data-panel='beside']")).await?;
    walk("a line of the events").await?;
    for (opens, dialog) in [(',', "settings"), ('?', "help"), ('k', "palette")] {
        site.visit(page, "").await?;
        press(page, &[opens]).await?;
        scene::until(page, DIALOG).await?;
        walk(dialog).await?;
    }
    Ok(wrong)
}

#[tokio::test]
async fn tab_reaches_everything_and_the_focus_is_always_seen() -> Result<()> {
    let (site, page) = visit(Course::Storm, 1440).await?;
    let mut wrong = stops(&site, &page).await?;
    scene::set_screen(&page, 320, 700).await?;
    wrong.extend(stops(&site, &page).await?.into_iter().map(|line| format!("on a phone, {line}")));
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn views_filters_and_reach_are_chosen_by_keys() -> Result<()> {
    let (_site, page) = visit(Course::Calm, 1440).await?;
    press(&page, &[key::TAB]).await?;
    ensure!(keyboard::is_at(&page, ".skip").await?, "the first stop skips to the figures");
    press(&page, &[key::ENTER]).await?;
    then(&page, "document.activeElement.id === 'main'").await?;
    for (pressed, view) in
        [('2', "charts"), ('3', "events"), ('4', "sessions"), ('5', "alerts"), ('1', "live")]
    {
        press(&page, &[pressed]).await?;
        then(&page, &screen(view)).await?;
    }
    page.client().refresh().await?;
    scene::until(&page, &shown("[data-view='charts']")).await?;
    tab_to(&page, "[data-view='charts']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &screen("charts")).await?;
    tab_to(&page, ".chart-hit").await?; // an element of a view that goes away
    press(&page, &['3']).await?;
    then(&page, &screen("events")).await?;
    press(&page, &['1', 'f']).await?;
    then(&page, "document.activeElement.matches(\"[data-filter='symbol']\")").await?;
    press(&page, &['S']).await?;
    then(&page, "document.querySelector(\"[data-filter='symbol']\").value === 'SOLUSDT'").await?;
    press(&page, &[key::TAB, key::RIGHT]).await?;
    then(&page, "document.querySelectorAll(\"[name='side']\")[1].checked").await?;
    press(&page, &['x']).await?;
    then(&page, "location.hash.includes('symbol') === false && document.querySelectorAll(\"[name='side']\")[0].checked")
        .await?;
    let reach = |at: usize| format!("document.querySelectorAll(\"[name='span']\")[{at}].checked");
    press(&page, &['[']).await?;
    then(&page, &reach(0)).await?;
    press(&page, &[']', ']']).await?;
    then(&page, &reach(2)).await?;
    press_with(&page, key::SHIFT, key::TAB).await?;
    tab_to(&page, "[name='span']").await?;
    press(&page, &[key::LEFT]).await?;
    then(&page, &reach(1)).await
}

#[tokio::test]
async fn charts_are_read_and_zoomed_by_keys() -> Result<()> {
    let (site, page) = visit(Course::Calm, 1440).await?;
    site.visit(&page, "view=charts").await?;
    let zoomed = shown("[data-tool='live']");
    tab_to(&page, ".chart-hit").await?;
    press(&page, &[key::END, key::LEFT]).await?;
    then(&page, &shown(".chart-tip")).await?;
    press(&page, &['+']).await?;
    then(&page, &zoomed).await?;
    press(&page, &['0']).await?;
    then(&page, &not_shown("[data-tool='live']")).await?;
    press(&page, &['+']).await?;
    then(&page, &zoomed).await?;
    press(&page, &[key::ESCAPE]).await?;
    then(&page, &not_shown("[data-tool='live']")).await?;
    press(&page, &['+']).await?;
    tab_to(&page, "[data-tool='live']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &not_shown("[data-tool='live']")).await?;
    site.visit(&page, "view=charts").await?;
    tab_to(&page, ".legend button").await?;
    press(&page, &[' ']).await?;
    then(&page, "document.activeElement.getAttribute('aria-pressed') === 'false'").await?;
    tab_to(&page, "[data-tool='data']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &shown(".chart-table")).await?;
    tab_to(&page, ".chart-table").await?;
    tab_to(&page, "[data-tool='scale']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, "document.activeElement.matches('[data-tool=scale]')").await
}

#[tokio::test]
async fn a_line_and_its_order_are_found_by_keys() -> Result<()> {
    let (_site, page) = visit(Course::Calm, 1440).await?;
    press(&page, &['/']).await?;
    then(&page, "document.activeElement.id === 'events-search'").await?;
    keyboard::write(&page, "code:ORDER.ACK").await?;
    scene::until(&page, "document.querySelector(\"[data-count='matches']\").innerText.includes(' of ')")
        .await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, "document.activeElement.id === 'events-grid'").await?;
    press(&page, &[key::UP, key::UP, key::DOWN, key::HOME]).await?;
    then(&page, &shown(".event-row.active")).await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &shown("[data-detail='facts']")).await?;
    tab_to(&page, "[data-action='timeline']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &shown("[data-step]")).await?;
    tab_to(&page, "[data-step] button").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &shown("[data-detail='facts']")).await?;
    press(&page, &[key::ESCAPE]).await?;
    then(&page, &not_shown("[data-panel='beside']")).await?;
    ensure!(keyboard::is_at(&page, "#events-grid").await?, "the focus does not go back to the table");
    press_with(&page, key::SHIFT, key::TAB).await?;
    keyboard::is_seen(&page).await.map(drop)
}

#[tokio::test]
async fn a_recording_is_opened_played_and_closed_by_keys() -> Result<()> {
    let (_site, page) = visit(Course::Calm, 1440).await?;
    press(&page, &['4']).await?;
    scene::until(&page, &shown("[data-action='open-session']")).await?;
    tab_to(&page, "[data-action='open-session']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &shown("[data-playback]")).await?;
    let playhead = "document.querySelector('[data-playhead]').innerText";
    let end = page.run(&format!("return {playhead};"), vec![]).await?;
    tab_to(&page, "[data-slider]").await?;
    press(&page, &[key::LEFT, key::LEFT]).await?;
    then(&page, &format!("{playhead} !== {end}")).await?;
    press(&page, &[key::HOME]).await?;
    then(&page, &format!("{playhead}.includes('17:50:00')")).await?;
    press_with(&page, key::SHIFT, key::TAB).await?;
    tab_to(&page, "[data-action='play']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &format!("!{playhead}.includes('17:50:00')")).await?;
    press(&page, &[key::ENTER]).await?;
    tab_to(&page, "[data-action='close-shown']").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &not_shown("[data-playback]")).await
}

#[tokio::test]
async fn dialogs_open_serve_and_close_by_keys() -> Result<()> {
    let (_site, page) = visit(Course::Calm, 1440).await?;
    tab_to(&page, "[data-view='live']").await?;
    let back = "document.activeElement.matches(\"[data-view='live']\")";
    press(&page, &[',']).await?;
    then(&page, DIALOG).await?;
    tab_to(&page, "[data-setting='shortcuts']").await?;
    press(&page, &[' ', ' ']).await?;
    tab_to(&page, "[name='theme-words']").await?;
    press(&page, &[key::RIGHT]).await?;
    then(&page, "document.documentElement.dataset.theme !== undefined").await?;
    press(&page, &[key::ESCAPE]).await?;
    then(&page, &format!("{NO_DIALOG} && {back}")).await?;
    press(&page, &['?']).await?;
    then(&page, DIALOG).await?;
    press(&page, &[key::ESCAPE]).await?;
    then(&page, &format!("{NO_DIALOG} && {back}")).await?;
    press_with(&page, key::CONTROL, 'k').await?;
    then(&page, "document.activeElement.matches('.palette')").await?;
    keyboard::write(&page, "go to ch").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &format!("{NO_DIALOG} && {}", screen("charts"))).await?;
    press(&page, &['w']).await?;
    then(&page, "document.documentElement.dataset.wall !== undefined").await?;
    press(&page, &[key::ESCAPE]).await?;
    then(&page, "document.documentElement.dataset.wall === undefined").await?;
    press(&page, &['p']).await?;
    scene::until(&page, &shown("[data-notice='paused']")).await?;
    tab_to(&page, "[data-notice='paused'] button").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &not_shown("[data-notice='paused']")).await
}

#[tokio::test]
async fn a_token_is_entered_and_a_broken_link_tried_again_by_keys() -> Result<()> {
    let (site, page) = visit(Course::Calm, 1440).await?;
    let live = "document.querySelector('[data-link-state]').dataset.linkState === 'live'";
    site.still.conduct(Conduct::WantsToken);
    then(&page, "document.activeElement.matches('dialog[open] #token')").await?;
    site.still.conduct(Conduct::Answers);
    keyboard::write(&page, "a-token").await?;
    press(&page, &[key::ENTER]).await?;
    then(&page, &format!("{NO_DIALOG} && {live}")).await?;
    site.still.conduct(Conduct::IsGone);
    scene::until(&page, &shown("[data-banner='link'] button")).await?;
    tab_to(&page, "[data-banner='link'] button").await?;
    site.still.conduct(Conduct::Answers);
    press(&page, &[key::ENTER]).await?;
    then(&page, live).await
}
