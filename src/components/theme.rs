//! Owns the choice of colours: what the reader chose, where it is kept, and the control for it.
//!
//! Invariant: the document's `data-theme` is absent exactly where the system decides. `boot.js` reads the
//! same key before the first paint.

use super::icon::Glyph;
use super::segmented::{Choice, Segmented};
use crate::preferences;
use leptos::prelude::*;

/// The colours that the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the operating system says.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// What was chosen on an earlier visit; the system's where nothing was or storage is closed to us.
    pub(crate) fn stored() -> Self {
        match preferences::get("theme").as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Its name; `None` where the system decides.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// Paints the page in these colours.
    pub(crate) fn paint(self) {
        preferences::set_root("data-theme", self.name());
    }

    /// Paints the page in these colours and keeps the choice where the browser lets us.
    pub(crate) fn apply(self) {
        self.paint();
        preferences::set("theme", self.name());
    }
}

/// System, light or dark. `name` must be unique in the page; `words` shows names instead of icons.
#[component]
pub(crate) fn ThemeChoice(
    name: &'static str,
    #[prop(into)] theme: Signal<Theme>,
    on_theme: Callback<Theme>,
    #[prop(optional)] words: bool,
) -> impl IntoView {
    let choices = [
        (Theme::System, "System", Glyph::Screen),
        (Theme::Light, "Light", Glyph::Sun),
        (Theme::Dark, "Dark", Glyph::Moon),
    ]
    .into_iter()
    .map(|(value, label, glyph)| Choice { value, label, glyph: (!words).then_some(glyph) })
    .collect();
    view! { <Segmented legend="Colours" name=name choices selected=theme on_select=on_theme /> }
}
