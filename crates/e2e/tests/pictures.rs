//! What every view looks like: calm, in a storm, without a connection, without a session, without data, and with very long
//! names, from a narrow phone to a wall.
//!
//! Each picture is taken after two loads and has to be the same, and is compared with the fingerprint that a person has
//! looked at, in `pictures.txt`; nothing may leave the screen, lie on other text or be cut off. After a change that is meant,
//! look at the pictures (`AURORA_E2E_OUTPUT`, else target/e2e-screenshots) and renew the fingerprints with
//! `AURORA_PICTURES=renew cargo test -p aurora-e2e --test pictures`. With `AURORA_PICTURES_ONLY=storm-live` only pictures of
//! such names are taken, once, and nothing is compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use aurora_e2e::browser::Browser;
use aurora_e2e::picture::{self, Kept, Picture};
use aurora_e2e::scene::{self, Course, Site};
use aurora_e2e::still::Conduct;
use aurora_e2e::{layout, places};
use serde_json::json;

/// Width and height of the screens, in CSS pixels.
const SCREENS: [(u32, u32); 6] =
    [(320, 700), (390, 844), (768, 1024), (1440, 900), (2560, 1440), (3840, 2160)];
const VIEWS: [&str; 4] = ["live", "charts", "events", "sessions"];
/// Countdowns, what the banner says of tries, and what a few milliseconds may change: ages, the rate of a session of ten events, intents that are older than
/// ten seconds.
const MOVING: &str =
    ".note-time, [data-banner='link'] p, [data-panel='market'] .sub, [data-metric='events.rate'],
    [data-panel='explanations'] .rows > div:first-child";
/// What a fingerprint depends on beside the page: the browser, and the fonts of this machine.
const PROBE: &str = "const pen = document.createElement('canvas').getContext('2d');
    const width = font => { pen.font = font; return pen.measureText('Hamburgefonstiv 0123456789 %').width.toFixed(2); };
    return `Chromium ${/Chrome\\/(\\d+)/.exec(navigator.userAgent)[1]}, fonts ${width('16px system-ui')} ${width('16px monospace')}`;";

/// A view in some dress.
#[derive(Clone, Debug)]
struct Pose {
    view: &'static str,
    screen: (u32, u32),
    dark: bool,
    wall: bool,
    /// Whether there is a picture of it; else only where things stand is judged.
    pictured: bool,
}

impl Pose {
    fn fragment(&self) -> String {
        let (theme, wall) =
            (if self.dark { "dark" } else { "light" }, if self.wall { "&wall=1" } else { "" });
        format!("view={}&theme={theme}{wall}", self.view)
    }

    fn name(&self, state: &str) -> String {
        let theme = if self.dark { "dark" } else { "light" };
        let wall = if self.wall { "-wall" } else { "" };
        format!("{state}-{}-{}-{theme}{wall}", self.view, self.screen.0)
    }

    /// Every pose of a state. All are judged; pictured are all views at 1440 pixels, a storm also on small and large screens,
    /// long names also on a phone.
    fn of(state: &str) -> Vec<Self> {
        let mut all = Vec::new();
        // What a screen does to a layout shows where there is most to lay out.
        let is_full = ["storm", "long"].contains(&state);
        let screens = SCREENS.into_iter().filter(|screen| is_full || [320, 1440, 3840].contains(&screen.0));
        for screen in screens {
            for view in VIEWS {
                let dark = state == "storm";
                let pictured = match (state, screen.0) {
                    (_, 1440) | ("storm", 320 | 768) | ("long", 320) => true,
                    ("storm", _) => view == "live",
                    _ => false,
                };
                all.push(Self { view, screen, dark, wall: false, pictured });
            }
            if let ("calm" | "stale", 3840) | ("storm", 2560) = (state, screen.0) {
                all.push(Self { view: "live", screen, dark: state != "calm", wall: true, pictured: true });
            }
        }
        all
    }
}

/// One browser, and what it saw.
struct Look {
    page: Browser,
    wrong: Vec<String>,
    kept: BTreeMap<String, Kept>,
}

impl Look {
    /// Every pose of a site's session, once. The first time pictures are kept, the second time compared.
    async fn at(&mut self, site: &Site, state: &str) -> Result<()> {
        site.still.conduct(Conduct::Answers);
        site.visit(&self.page, "").await?;
        if state == "stale" {
            site.still.conduct(Conduct::IsGone);
            // From the second try on the banner says the same each time.
            let known = "document.querySelector(\"[data-banner='link']\")?.textContent.includes('502')";
            scene::until(&self.page, known).await?;
        }
        for pose in Pose::of(state) {
            let name = pose.name(state);
            if only().is_some_and(|part| !name.contains(&part)) {
                continue;
            }
            let known = self.kept.get(&name).cloned();
            if known.is_some() && !pose.pictured {
                continue;
            }
            scene::set_screen(&self.page, pose.screen.0, pose.screen.1).await?;
            scene::go(&self.page, &pose.fragment()).await?;
            self.settles(&pose).await?;
            let again = format!("{name}-again");
            match known {
                Some(kept) => {
                    let said = Picture::differs_from(&kept, &self.page, &again, MOVING).await?;
                    if said.is_empty() {
                        std::fs::remove_file(places::screenshots()?.join(format!("{again}.png")))?;
                    } else {
                        self.wrong.push(format!("{name} differs when it is loaded again: {said}"));
                    }
                }
                None => self.first(&name, pose.pictured).await?,
            }
        }
        Ok(())
    }

    async fn first(&mut self, name: &str, pictured: bool) -> Result<()> {
        let faults = layout::faults(&self.page).await?;
        self.wrong.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
        if pictured {
            let kept = Picture::of_still_page(&self.page, name, MOVING).await?;
            self.kept.insert(name.to_owned(), kept);
        }
        Ok(())
    }

    /// What a view asks for is there.
    async fn settles(&self, pose: &Pose) -> Result<()> {
        let there = match pose.view {
            "sessions" => "!document.body.innerText.includes('Asking the feed')",
            "events" => "!document.body.innerText.includes('so far')",
            _ => "true",
        };
        scene::until(&self.page, there).await
    }
}

fn only() -> Option<String> {
    std::env::var("AURORA_PICTURES_ONLY").ok()
}

fn fingerprints() -> PathBuf {
    places::root().join("crates/e2e/tests/pictures.txt")
}

/// Compares with what was kept, or keeps it.
fn judge(look: &mut Look, here: &str) -> Result<()> {
    let file = fingerprints();
    if std::env::var("AURORA_PICTURES").is_ok_and(|wish| wish == "renew") {
        let mut text = format!("# {here}\n");
        for (name, kept) in &look.kept {
            writeln!(text, "{name} {}", kept.fingerprint)?;
        }
        return Ok(std::fs::write(file, text)?);
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let (head, rest) = text.split_once('\n').context("no fingerprints")?;
    if head != format!("# {here}") {
        // Past the capture of a passing test's output.
        writeln!(
            std::io::stderr(),
            "not compared with fingerprints: they are of {head}, and this is {here}"
        )?;
        return Ok(());
    }
    let known: BTreeMap<&str, &str> = rest.lines().filter_map(|line| line.split_once(' ')).collect();
    for (name, kept) in &look.kept {
        match known.get(name.as_str()) {
            None => look.wrong.push(format!("{name} has no fingerprint yet")),
            Some(before) => {
                let said = picture::difference(before, &kept.fingerprint);
                if !said.is_empty() {
                    look.wrong.push(format!("{name} looks different: {said}"));
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_view_looks_as_it_was_looked_at_in_every_state_and_on_every_screen() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let page = Browser::start(1440, 900, folder.path()).await?;
    scene::without_motion(&page).await?;
    let mut look = Look { page, wrong: Vec::new(), kept: BTreeMap::new() };
    for course in Course::ALL {
        let site = Site::start(course)?;
        let states: &[&str] = if course == Course::Calm { &["calm", "stale"] } else { &[course.name()] };
        for state in states {
            look.at(&site, state).await?;
            if only().is_none() {
                look.at(&site, state).await?;
            }
        }
    }
    let here = look.page.run(PROBE, vec![]).await?;
    if only().is_none() {
        judge(&mut look, here.as_str().context("no browser")?)?;
    }
    ensure!(look.wrong.is_empty(), "{} faults:\n{}", look.wrong.len(), look.wrong.join("\n"));
    Ok(())
}

/// On paper there is nothing to press, and nothing is cut off.
#[tokio::test]
async fn a_printed_page_is_whole_and_without_controls() -> Result<()> {
    const CONTROLS: [&str; 6] = [".controls", ".nav", ".tools", ".chart-tools", ".skip", ".events-bar"];
    let site = Site::start(Course::Storm)?;
    let page = Browser::start(794, 1123, site.folder()).await?; // A4 at 96 dots per inch
    scene::without_motion(&page).await?;
    site.visit(&page, "").await?;
    page.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await?;
    scene::rest(&page).await?;
    for view in VIEWS {
        scene::go(&page, &format!("view={view}")).await?;
        for control in CONTROLS {
            ensure!(!page.is_visible(control).await?, "{control} is printed with {view}");
        }
        ensure!(view != "events" || page.is_visible("[data-seq]").await?, "no line is printed");
        let faults = layout::faults(&page).await?;
        ensure!(faults.is_empty(), "{view} on paper: {}", faults.join("; "));
        Picture::of_still_page(&page, &format!("print-{view}"), MOVING).await?;
    }
    Ok(())
}
