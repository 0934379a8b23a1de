//! Owns the keyboard: pressing keys as the driver does for a person, and judging where the focus is after each.

use anyhow::{Result, bail};
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use serde_json::Value;

use crate::browser::Browser;

/// Keys without a letter, as webdriver names them.
pub mod key {
    #![expect(missing_docs, reason = "the names of keys")]
    pub const BACKSPACE: char = '\u{E003}';
    pub const TAB: char = '\u{E004}';
    pub const ENTER: char = '\u{E007}';
    pub const SHIFT: char = '\u{E008}';
    pub const CONTROL: char = '\u{E009}';
    pub const ESCAPE: char = '\u{E00C}';
    pub const END: char = '\u{E010}';
    pub const HOME: char = '\u{E011}';
    pub const LEFT: char = '\u{E012}';
    pub const UP: char = '\u{E013}';
    pub const RIGHT: char = '\u{E014}';
    pub const DOWN: char = '\u{E015}';
}

const FOCUS: &str = include_str!("focus.js");
/// What a person without a mouse has to be able to reach in the page as it is.
const UNREACHED: &str = "const within = document.querySelector('dialog[open]') ?? document;
    const all = within.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]');
    const stops = element => !element.disabled && element.tabIndex >= 0
        && (element.getClientRects().length > 0) && element.checkVisibility({ visibilityProperty: true })
        && !(element.type === 'radio' && !element.checked);
    return Array.from(all).filter(stops).filter(element => !window.reached?.has(element))
        .map(element => element.outerHTML.slice(0, 160));";
/// No screen has more.
const MOST_STOPS: usize = 400;

/// Where the focus is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Focus {
    /// The element, for a person; empty where the focus is lost.
    pub name: String,
    /// What is wrong with it; empty where nothing is.
    pub problem: String,
    /// Whether it was there before, since the page was loaded.
    pub again: bool,
}

/// Presses and releases each of `keys`.
///
/// # Errors
/// When the driver refuses.
pub async fn press(page: &Browser, keys: &[char]) -> Result<()> {
    let actions = keys.iter().fold(KeyActions::new("keyboard".to_owned()), |actions, key| {
        actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key })
    });
    Ok(page.client().perform_actions(actions).await?)
}

/// Presses `key` while `held` is held.
///
/// # Errors
/// When the driver refuses.
pub async fn press_with(page: &Browser, held: char, key: char) -> Result<()> {
    let actions = KeyActions::new("keyboard".to_owned())
        .then(KeyAction::Down { value: held })
        .then(KeyAction::Down { value: key })
        .then(KeyAction::Up { value: key })
        .then(KeyAction::Up { value: held });
    Ok(page.client().perform_actions(actions).await?)
}

/// Types `text`.
///
/// # Errors
/// When the driver refuses.
pub async fn write(page: &Browser, text: &str) -> Result<()> {
    press(page, &text.chars().collect::<Vec<_>>()).await
}

/// Where the focus is, and what is wrong with that.
///
/// # Errors
/// When the page cannot be asked.
pub async fn focus(page: &Browser) -> Result<Focus> {
    let found = page.run(FOCUS, vec![]).await?;
    let text = |name| found.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Focus {
        name: text("name"),
        problem: text("problem"),
        again: found.get("again") == Some(&true.into()),
    })
}

/// Fails unless the focus is where a person sees it.
///
/// # Errors
/// When it is lost, has no ring, is out of sight or is covered.
pub async fn is_seen(page: &Browser) -> Result<Focus> {
    let focus = focus(page).await?;
    if !focus.problem.is_empty() {
        bail!("the keyboard is at `{}`: {}", focus.name, focus.problem);
    }
    Ok(focus)
}

/// Presses Tab until the focus is where it was before, and says what was wrong on the way: stops that a person does not
/// see, and what has no stop.
///
/// # Errors
/// When the page cannot be asked, or has no end.
pub async fn walk(page: &Browser) -> Result<Vec<String>> {
    page.run("window.reached = new Set();", vec![]).await?;
    let mut wrong = Vec::new();
    let mut was_outside = focus(page).await?.name.is_empty();
    for _ in 0..MOST_STOPS {
        press(page, &[key::TAB]).await?;
        let focus = focus(page).await?;
        // After the last stop the browser itself has the focus for one press.
        let is_outside = focus.name.is_empty();
        if is_outside && !was_outside {
            was_outside = true;
            continue;
        }
        was_outside = is_outside;
        if focus.again {
            let missed = page.run(UNREACHED, vec![]).await?;
            let missed = missed.as_array().cloned().unwrap_or_default();
            wrong.extend(missed.iter().map(|element| format!("Tab never reaches {element}")));
            return Ok(wrong);
        }
        if !focus.problem.is_empty() {
            wrong.push(format!("{}: {}", focus.name, focus.problem));
        }
    }
    bail!("Tab finds no end; it is at {}", focus(page).await?.name)
}

/// Presses Tab until the focus is on what `css` selects.
///
/// # Errors
/// When it never gets there, and when a person would not see it there.
pub async fn tab_to(page: &Browser, css: &str) -> Result<()> {
    for _ in 0..MOST_STOPS {
        if is_at(page, css).await? {
            return is_seen(page).await.map(drop);
        }
        press(page, &[key::TAB]).await?;
    }
    bail!("Tab never reaches {css}; it is at {}", focus(page).await?.name)
}

/// Whether what `css` selects has the focus.
///
/// # Errors
/// When the page cannot be asked.
pub async fn is_at(page: &Browser, css: &str) -> Result<bool> {
    let script = "return document.activeElement?.matches(arguments[0]) ?? false;";
    Ok(page.run(script, vec![css.into()]).await? == true)
}
