//! Owns a choice of one out of a few, as a row of native radio buttons.

use super::icon::{Glyph, Icon};
use leptos::prelude::*;

/// One thing to choose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<T> {
    /// What is handed to the callback.
    pub(crate) value: T,
    /// Its name; where there is a glyph, the name is for screen readers and the tooltip.
    pub(crate) label: &'static str,
    /// Shown instead of the name.
    pub(crate) glyph: Option<Glyph>,
}

/// A radio group. `name` must be unique in the page.
#[component]
pub(crate) fn Segmented<T>(
    legend: &'static str,
    name: &'static str,
    choices: Vec<Choice<T>>,
    #[prop(into)] selected: Signal<T>,
    #[prop(into)] on_select: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let buttons = choices
        .into_iter()
        .map(|Choice { value, label, glyph }| {
            view! {
                <label title=glyph.map(|_| label)>
                    <input
                        class="sr"
                        type="radio"
                        name=name
                        prop:checked=move || selected.get() == value
                        on:change=move |_| on_select.run(value)
                    />
                    <span>
                        {glyph.map(|glyph| view! { <Icon glyph /> })}
                        <span class:sr=glyph.is_some()>{label}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="seg" role="radiogroup" aria-label=legend data-choice=name>
            {buttons}
        </div>
    }
}
