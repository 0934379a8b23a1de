//! Owns the choice of how far back the figures reach.

use super::segmented::{Choice, Segmented};
use aurora_domain::Span;
use leptos::prelude::*;

const CHOICES: [(Span, &str); 4] = [
    (Span::MINUTE, "1 min"),
    (Span::FIVE_MINUTES, "5 min"),
    (Span::FIFTEEN_MINUTES, "15 min"),
    (Span::Session, "Session"),
];

/// One minute, five, fifteen, or since the session began.
#[component]
pub(crate) fn SpanSelector(#[prop(into)] span: Signal<Span>, on_span: Callback<Span>) -> impl IntoView {
    let choices = CHOICES.into_iter().map(|(value, label)| Choice { value, label, glyph: None }).collect();
    view! { <Segmented legend="Figures reach back" name="span" choices selected=span on_select=on_span /> }
}
