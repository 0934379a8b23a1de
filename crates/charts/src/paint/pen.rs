//! The few marks that charts are made of, with a backend's errors turned into ours.

use crate::error::ChartError;
use crate::model::Color;
use plotters::style::text_anchor::Pos;
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};
use std::error::Error;

/// A backend, and what is being painted on it.
pub(super) struct Pen<'a, B: DrawingBackend> {
    backend: &'a mut B,
    part: &'static str,
}

impl<'a, B: DrawingBackend> Pen<'a, B> {
    pub(super) fn new(backend: &'a mut B, part: &'static str) -> Self {
        Self { backend, part }
    }

    /// Fills from `from` (inside) to `to` (outside).
    pub(super) fn fill(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        color: Color,
    ) -> Result<(), ChartError> {
        let drawn = self.backend.draw_rect(from, to, &color.plotters(), true);
        self.checked(drawn)
    }

    /// One stroke through `path`, `width` device pixels wide.
    pub(super) fn stroke(
        &mut self,
        path: &[BackendCoord],
        color: Color,
        width: i32,
    ) -> Result<(), ChartError> {
        let style = ShapeStyle { color: color.plotters(), filled: false, stroke_width: width.unsigned_abs() };
        let drawn = self.backend.draw_path(path.iter().copied(), &style);
        self.checked(drawn)
    }

    /// Fills the outline `path`.
    pub(super) fn polygon(&mut self, path: Vec<BackendCoord>, color: Color) -> Result<(), ChartError> {
        let drawn = self.backend.fill_polygon(path, &color.plotters());
        self.checked(drawn)
    }

    /// Writes `text` with its `anchor` at `at`.
    pub(super) fn text(
        &mut self,
        text: &str,
        at: BackendCoord,
        style: &TextStyle<'_>,
    ) -> Result<(), ChartError> {
        let drawn = self.backend.draw_text(text, style, at);
        self.checked(drawn)
    }

    fn checked<E: Error + Send + Sync>(
        &self,
        drawn: Result<(), DrawingErrorKind<E>>,
    ) -> Result<(), ChartError> {
        drawn.map_err(|error| ChartError::Backend { part: self.part, message: error.to_string() })
    }
}

/// Text of `size` device pixels in a CSS font family.
pub(super) fn text_style(family: &str, size: f64, color: Color, pos: Pos) -> TextStyle<'_> {
    let font = FontDesc::new(FontFamily::from(family), size, FontStyle::Normal);
    TextStyle { font, color: color.plotters().to_backend_color(), pos }
}
