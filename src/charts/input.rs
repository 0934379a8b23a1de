//! What pointers, the wheel and keys do on a chart.
//!
//! Invariants: small steps add up although each is rounded to whole seconds; a key or a wheel that does nothing here is left
//! to the page.

use leptos::{
    ev::{KeyboardEvent, PointerEvent, WheelEvent},
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    chart::Parts,
    geometry::Geometry,
    gesture::{Gesture, Wish},
    look::Range,
};

impl Parts {
    /// Shows a stretch; small steps add up although each is rounded to whole seconds.
    pub(super) fn show(self, from: f64, to: f64) {
        self.look.zoom(from, to, self.plot.with_untracked(|plot| plot.now));
        self.wanted.set_value(Some((self.look.range.get_untracked(), (from, to))));
    }

    /// The geometry to start a step from: what was last asked for, as long as it is still what is shown.
    pub(super) fn current(self) -> Option<Geometry> {
        let geometry = self.geometry()?;
        let range = self.look.range.get_untracked();
        let known = self.wanted.get_value().filter(|(of, _)| *of == range);
        Some(match (known, range) {
            (Some((_, (from, to))), _) => Geometry { from, to, ..geometry },
            // Not painted yet.
            (None, Range::Fixed { from, to }) => Geometry { from: from as f64, to: to as f64, ..geometry },
            (None, Range::Last(_)) => geometry,
        })
    }

    pub(super) fn do_wish(self, wish: Wish) {
        self.choice.set(match wish {
            Wish::Choose(one, other) => self.geometry().map(|Geometry { left, right, .. }| {
                (one.min(other).clamp(left, right), one.max(other).clamp(left, right))
            }),
            _ => None,
        });
        match wish {
            Wish::None => {}
            Wish::Point(x) | Wish::Choose(_, x) => self.point(x),
            Wish::ZoomTo(one, other) => {
                if let Some(geometry) = self.geometry() {
                    self.show(geometry.time_inside(one.min(other)), geometry.time_inside(one.max(other)));
                }
            }
            Wish::Show(from, to) => self.show(from, to),
        }
    }

    pub(super) fn down(self, event: &PointerEvent) {
        let Some(geometry) = self.current().filter(|_| event.button() < 2) else { return };
        let x = f64::from(event.offset_x());
        let touch = event.pointer_type() == "touch";
        let moves = event.shift_key() || event.button() == 1;
        if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            // A pointer that is already gone cannot be captured, and needs not to be.
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        self.is_pointed.set(true);
        let wish = self
            .gesture
            .try_update_value(|gesture| gesture.down(event.pointer_id(), x, touch, moves, geometry));
        self.do_wish(wish.unwrap_or(Wish::None));
    }

    pub(super) fn moved(self, event: &PointerEvent) {
        let Some(geometry) = self.current() else { return };
        let x = f64::from(event.offset_x());
        self.is_pointed.set(true);
        self.pointer.set_value(Some(x));
        let wish = self.gesture.try_update_value(|gesture| gesture.moved(event.pointer_id(), x, geometry));
        self.do_wish(wish.unwrap_or(Wish::None));
    }

    pub(super) fn up(self, event: &PointerEvent) {
        let wish = self.gesture.try_update_value(|gesture| gesture.up(event.pointer_id()));
        self.do_wish(wish.unwrap_or(Wish::None));
    }

    pub(super) fn cancel(self) {
        self.gesture.update_value(Gesture::cancel);
        self.choice.set(None);
    }

    pub(super) fn leave(self) {
        self.pointer.set_value(None);
        self.is_pointed.set(false);
        self.look.cursor.set(None);
    }

    pub(super) fn wheel(self, event: &WheelEvent) {
        // With Ctrl it is a pinch of a trackpad, which never scrolls.
        if self.look.page_scrolls() && !event.ctrl_key() {
            return;
        }
        let Some(geometry) = self.current() else { return };
        event.prevent_default();
        let lines = if event.delta_mode() == 0 { 1.0 } else { 16.0 };
        let (across, down) = (event.delta_x() * lines, event.delta_y() * lines);
        let (from, to) = if event.shift_key() || across.abs() > down.abs() {
            let moved = if across == 0.0 { down } else { across };
            geometry.moved(moved / (geometry.right - geometry.left))
        } else {
            let pace = if event.ctrl_key() { 0.01 } else { 0.002 };
            geometry.scaled(f64::from(event.offset_x()), (down * pace).clamp(-1.0, 1.0).exp())
        };
        self.show(from, to);
    }

    pub(super) fn key(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let Some(geometry) = self.current() else { return };
        let middle = || {
            let at = self.look.cursor.get_untracked().unwrap_or(geometry.to);
            geometry.left
                + (at - geometry.from) / (geometry.to - geometry.from) * (geometry.right - geometry.left)
        };
        let shifted = event.shift_key();
        match event.key().as_str() {
            "ArrowLeft" if shifted => self.show_stretch(geometry.moved(-0.25)),
            "ArrowRight" if shifted => self.show_stretch(geometry.moved(0.25)),
            "ArrowLeft" | "ArrowDown" => self.step(-1),
            "ArrowRight" | "ArrowUp" => self.step(1),
            "PageDown" => self.step(-10),
            "PageUp" => self.step(10),
            "Home" => self.step(i64::MIN),
            "End" => self.step(i64::MAX),
            "+" | "=" => self.show_stretch(geometry.scaled(middle(), 0.5)),
            "-" | "_" => self.show_stretch(geometry.scaled(middle(), 2.0)),
            "0" => drop(self.look.reset()),
            // Where there is nothing to go back from, the key is somebody else's.
            "Escape" => {
                if !self.look.reset() {
                    return;
                }
                event.stop_propagation();
            }
            _ => return,
        }
        event.prevent_default();
    }

    pub(super) fn show_stretch(self, (from, to): (f64, f64)) {
        self.show(from, to);
    }

    /// Moves the cursor by so many buckets, as far as there are any.
    pub(super) fn step(self, buckets: i64) {
        self.pointer.set_value(None);
        self.is_pointed.set(true);
        let time = self.plot.with_untracked(|plot| {
            let last = i64::from(plot.window.buckets).max(1) - 1;
            let known = self.look.cursor.get_untracked().and_then(|time| plot.window.bucket_at(time));
            let bucket = match known.and_then(|bucket| i64::try_from(bucket).ok()) {
                Some(bucket) => bucket.saturating_add(buckets).clamp(0, last),
                None if buckets == i64::MIN => 0,
                None => last,
            };
            let (from, to) = (plot.shown.0 as f64, plot.shown.1 as f64);
            plot.window.middle(usize::try_from(bucket).unwrap_or(0)).clamp(from, to)
        });
        self.look.cursor.set(Some(time));
    }
}
