//! Owns the line icons, drawn on a 16 × 16 grid in the colour of the text around them.

use leptos::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    Check,
    Triangle,
    Octagon,
    Question,
    Info,
    Sliders,
    Sun,
    Moon,
    Screen,
    Close,
    Search,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Check => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5 8.3l2.1 2.1L11 6",
            Self::Triangle => "M8 2l6.8 12H1.2zM8 6.4v3.4M8 11.8v.1",
            Self::Octagon => {
                "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"
            }
            Self::Question => {
                "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.4v.1"
            }
            Self::Info => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 7.2v4M8 4.8v.1",
            Self::Sliders => {
                "M2 4.5h6.8M12.2 4.5H14M2 11.5h1.8M7.2 11.5H14M10.5 2.8a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4M5.5 9.8a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4"
            }
            Self::Sun => {
                "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1"
            }
            Self::Moon => "M13.5 9.6A6 6 0 1 1 6.4 2.5a5 5 0 0 0 7.1 7.1z",
            Self::Screen => "M2 3h12v8H2zM5.5 13.8h5M8 11v2.8",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Search => "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.4 10.4L14 14",
        }
    }
}

/// One icon; decoration only, so whatever it means is also said in words.
#[component]
pub(crate) fn Icon(#[prop(into)] glyph: Signal<Glyph>) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=move || glyph.get().path() />
        </svg>
    }
}
