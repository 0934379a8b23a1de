//! Owns the choice of colours: what the reader chose, where it is kept, and the control for it.
//!
//! Invariant: the document's `data-theme` is absent exactly where the system decides. `boot.js` reads the
//! same key before the first paint.

use super::icon::Glyph;
use super::segmented::{Choice, Segmented};
use leptos::prelude::*;

const STORAGE_KEY: &str = "aurora.theme";
const ATTRIBUTE: &str = "data-theme";

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
        let kept = window()
            .local_storage()
            .ok()
            .flatten()
            .and_then(|kept| kept.get_item(STORAGE_KEY).ok().flatten());
        match kept.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Paints the page in these colours and keeps the choice where the browser lets us.
    pub(crate) fn apply(self) {
        let name = match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        };
        if let Some(root) = document().document_element() {
            let _painted = match name {
                Some(name) => root.set_attribute(ATTRIBUTE, name),
                None => root.remove_attribute(ATTRIBUTE),
            };
        }
        if let Ok(Some(storage)) = window().local_storage() {
            let _kept = match name {
                Some(name) => storage.set_item(STORAGE_KEY, name),
                None => storage.remove_item(STORAGE_KEY),
            };
        }
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
