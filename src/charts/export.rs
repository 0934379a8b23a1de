//! A chart as a file: its picture with title and legend, or its data as comma-separated values.
//!
//! Invariants: a picture has the size of the canvases and a head above them, on the card's background; a text that a
//! spreadsheet would take for a formula is not one.

use std::fmt::Write as _;

use aurora_charts::{Color, Unit};
use aurora_domain::{Ts, format};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};

use super::{Plot, Series, chart::today, colors::Colors, painter::context};
use crate::browser;

/// Height of the head in CSS pixels: title and legend.
const HEAD: f64 = 48.0;

/// Saves both canvases, one over the other, as a PNG file.
pub(super) fn save_png<'a>(
    canvases: [&HtmlCanvasElement; 2],
    colors: &Colors,
    name: &str,
    title: &str,
    shown: impl Iterator<Item = &'a Series>,
) {
    match picture(canvases, colors, title, shown).map(|picture| picture.to_data_url()) {
        Some(Ok(address)) => save(&address, &format!("{name}-{}.png", today())),
        _ => leptos::logging::warn!(
            "the chart {name} could not be saved: the browser refused a canvas of its size"
        ),
    }
}

fn picture<'a>(
    canvases: [&HtmlCanvasElement; 2],
    colors: &Colors,
    title: &str,
    shown: impl Iterator<Item = &'a Series>,
) -> Option<HtmlCanvasElement> {
    let dpr = browser::window()?.device_pixel_ratio();
    let picture: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let [axes, data] = canvases;
    picture.set_width(axes.width());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred pixels")]
    let head = (HEAD * dpr).round() as u32;
    picture.set_height(axes.height() + head);
    let context = context(&picture)?;
    context.set_fill_style_str(&colors.surface);
    context.fill_rect(0.0, 0.0, f64::from(picture.width()), f64::from(picture.height()));
    write_head(&context, colors, title, shown, dpr);
    for canvas in [axes, data] {
        context.draw_image_with_html_canvas_element(canvas, 0.0, f64::from(head)).ok()?;
    }
    Some(picture)
}

fn write_head<'a>(
    context: &CanvasRenderingContext2d,
    colors: &Colors,
    title: &str,
    shown: impl Iterator<Item = &'a Series>,
    dpr: f64,
) {
    let size = colors.font_px * dpr;
    let family = &colors.theme.font_family;
    context.set_fill_style_str(&css(colors.theme.text));
    context.set_font(&format!("600 {}px {family}", size * 1.2));
    // Text that the browser cannot write is missing from the picture, which is better than no picture.
    let _ = context.fill_text(title, 12.0 * dpr, 18.0 * dpr);
    context.set_font(&format!("{size}px {family}"));
    let (mut x, y) = (12.0 * dpr, 38.0 * dpr);
    for series in shown {
        context.set_fill_style_str(&css(colors.slot(series.slot)));
        context.fill_rect(x, y - size * 0.75, size * 0.75, size * 0.75);
        context.set_fill_style_str(&css(colors.theme.text));
        let _ = context.fill_text(&series.name, x + size, y);
        let width = context.measure_text(&series.name).map_or(0.0, |text| text.width());
        x += width + size * 2.5;
    }
}

fn css(color: Color) -> String {
    let (red, green, blue) = color.rgb;
    format!("rgba({red},{green},{blue},{})", color.alpha)
}

/// Saves the data as comma-separated values.
pub(super) fn save_csv(plot: &Plot, name: &str) {
    let encoded: String = js_sys::encode_uri_component(&csv(plot)).into();
    save(&format!("data:text/csv;charset=utf-8,{encoded}"), &format!("{name}-{}.csv", today()));
}

/// A line for each bucket: when it begins, then each series' value, then each band's count. Nothing where there is no data.
pub(super) fn csv(plot: &Plot) -> String {
    let unit = match plot.unit {
        Unit::Milliseconds => " (ms)",
        Unit::PerSecond => " (1/s)",
        _ => "",
    };
    let mut text = "time".to_owned();
    for series in &plot.series {
        let _ = write!(text, ",{}", field(&format!("{}{unit}", series.name)));
    }
    let bands = plot.cells.as_ref().map_or(0, |cells| cells.edges.len().saturating_sub(1));
    if let Some(cells) = &plot.cells {
        for edges in cells.edges.windows(2) {
            if let [low, high] = edges {
                let _ = write!(text, ",{low:.4} to {high:.4}{unit}");
            }
        }
    }
    for (bucket, start) in plot.window.starts().enumerate() {
        let time = format::date_time_utc(Ts::from_millis(start.saturating_mul(1000)));
        let _ = write!(text, "\r\n{}", time.replace(" UTC", "Z").replace(' ', "T"));
        for series in &plot.series {
            match series.values.get(bucket).filter(|value| value.is_finite()) {
                Some(value) => {
                    let _ = write!(text, ",{value}");
                }
                None => text.push(','),
            }
        }
        if let Some(cells) = &plot.cells {
            for count in cells.counts.iter().skip(bucket * bands).take(bands) {
                let _ = write!(text, ",{count}");
            }
        }
    }
    text.push_str("\r\n");
    text
}

/// A text as a field.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Hands a file to the reader.
fn save(address: &str, file: &str) {
    let Ok(link) = document().create_element("a") else { return };
    let set = link.set_attribute("href", address).and_then(|()| link.set_attribute("download", file));
    if let (Ok(()), Ok(link)) = (set, link.dyn_into::<HtmlElement>()) {
        link.click();
    }
}
