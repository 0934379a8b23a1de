//! Outcomes per bucket as stacked bars: one polygon per outcome.
//!
//! Invariants: what is drawn of a bucket is at least a CSS pixel high, so one denial among thousands of fills stays
//! visible, room being left for it at the top; a bar never reaches above the plot; where several buckets share a pixel column the one with the largest
//! total is drawn, so a burst never disappears between its neighbours.

use super::outline::{Bar, outline};
use super::pen::Pen;
use crate::error::ChartError;
use crate::layout::Layout;
use crate::model::{Stacked, is_drawn, total};
use plotters_backend::DrawingBackend;

/// Narrowest bar in CSS pixels that is set apart from its neighbour.
const SPACED_FROM: f64 = 3.0;

/// Paints one bar per bucket in view.
///
/// # Errors
/// [`ChartError::Backend`] with the backend's message.
pub fn paint_stacked<B: DrawingBackend>(
    backend: &mut B,
    layout: &Layout,
    stacked: &Stacked<'_>,
) -> Result<(), ChartError> {
    let mut pen = Pen::new(backend, "bars");
    let mut stacks = stacks(layout, stacked);
    for (outcome, color) in stacked.colors.iter().enumerate() {
        let bars: Vec<Bar> = stacks.iter_mut().filter_map(|stack| stack.segment(layout, outcome)).collect();
        if !bars.is_empty() {
            pen.polygon(outline(&bars), *color)?;
        }
    }
    Ok(())
}

/// The bar of one bucket, drawn so far from the bottom up to `top` and `sum`.
struct Stack<'a> {
    left: i32,
    right: i32,
    values: &'a [f64],
    sum: f64,
    top: i32,
}

impl Stack<'_> {
    fn segment(&mut self, layout: &Layout, outcome: usize) -> Option<Bar> {
        let value = self.values.get(outcome).copied().filter(|value| is_drawn(*value))?;
        self.sum += value;
        let (bottom, least) = (self.top, layout.device(1.0));
        let above = self.values.iter().skip(outcome + 1).filter(|value| is_drawn(**value));
        let highest = above.fold(layout.plot().top, |top, _| top + least);
        self.top = layout.row(self.sum).min(bottom - least).max(highest);
        (self.top < bottom).then_some(Bar { left: self.left, right: self.right, top: self.top, bottom })
    }
}

/// The buckets in view, from left to right, one per pixel column at most.
fn stacks<'a>(layout: &Layout, stacked: &Stacked<'a>) -> Vec<Stack<'a>> {
    let x = layout.spec().x;
    let mut stacks: Vec<Stack<'a>> = Vec::new();
    for (start, values) in stacked.buckets() {
        let end = start + stacked.bucket_seconds;
        if end <= x.start() || start >= x.end() || total(values) <= 0.0 {
            continue;
        }
        let stack = stack(layout, start, end, values);
        match stacks.last_mut().filter(|last| last.right > stack.left) {
            Some(last) if total(last.values) >= total(values) => {}
            Some(last) => *last = stack,
            None => stacks.push(stack),
        }
    }
    stacks
}

fn stack<'a>(layout: &Layout, start: f64, end: f64, values: &'a [f64]) -> Stack<'a> {
    let plot = layout.plot();
    let (left, right) = (layout.column(start), layout.column(end));
    let space = if right - left >= layout.device(SPACED_FROM) { layout.device(1.0) } else { 0 };
    let left = left.min(plot.right - 1);
    Stack { left, right: (right - space).max(left + 1), values, sum: 0.0, top: plot.bottom }
}
