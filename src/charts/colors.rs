//! The page's colours, read from its custom properties, as the chart crate wants them.

use aurora_charts::{Color, Theme};
use wasm_bindgen::JsCast;
use web_sys::{CssStyleDeclaration, HtmlElement};

use crate::browser;

/// Colours and font of the current theme.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Colors {
    pub(crate) theme: Theme,
    /// Size of the axes' text in CSS pixels: the type scale's smallest step.
    pub(crate) font_px: f64,
    /// Of a value that matters.
    pub(crate) warn: Color,
    /// Of what went wrong.
    pub(crate) bad: Color,
    /// What a chart lies on, as CSS writes it.
    pub(crate) surface: String,
    palette: [Color; 6],
}

const FALLBACK: Color = Color::rgb(128, 128, 128);

impl Colors {
    /// Reads them from the document.
    pub(crate) fn read() -> Self {
        let style = root_style();
        let get = |name: &str| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
            value.as_deref().and_then(parse).unwrap_or(FALLBACK)
        };
        let font_family = style.as_ref().and_then(|style| style.get_property_value("font-family").ok());
        Self {
            theme: Theme {
                text: get("--chart-text"),
                grid: get("--chart-grid"),
                axis: get("--chart-axis"),
                gap: get("--chart-axis").with_alpha(0.35),
                font_family: font_family
                    .filter(|font| !font.is_empty())
                    .unwrap_or_else(|| "sans-serif".to_owned()),
            },
            font_px: root_font_px() * 0.6875,
            warn: get("--warn"),
            bad: get("--bad"),
            surface: style
                .as_ref()
                .and_then(|style| style.get_property_value("--surface").ok())
                .unwrap_or_default(),
            palette: [1, 2, 3, 4, 5, 6].map(|slot| get(&format!("--chart-{slot}"))),
        }
    }

    /// The colour of a palette slot from 1 to 6.
    pub(crate) fn slot(&self, slot: u8) -> Color {
        let at = usize::from(slot).saturating_sub(1);
        self.palette.get(at).copied().unwrap_or(FALLBACK)
    }
}

fn root_font_px() -> f64 {
    let style = browser::window().and_then(|window| {
        let root = window.document()?.document_element()?;
        window.get_computed_style(&root).ok().flatten()
    });
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    size.and_then(|size| size.strip_suffix("px")?.parse().ok()).unwrap_or(16.0)
}

fn root_style() -> Option<CssStyleDeclaration> {
    let window = browser::window()?;
    let body: HtmlElement = window.document()?.body()?.unchecked_into();
    window.get_computed_style(&body).ok().flatten()
}

/// `#rgb` or `#rrggbb`.
fn parse(text: &str) -> Option<Color> {
    let digits = text.trim().strip_prefix('#')?;
    let wide: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    let number = u32::from_str_radix(&wide, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some(Color::rgb(red, green, blue))
}
