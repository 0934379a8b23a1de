//! What pointers on a chart ask for: a choice of time with one, moving and stretching time with two or with Shift.
//!
//! Coordinates are CSS pixels from the canvas' left edge. Invariants: what was under a pointer when it went down stays
//! under it while time is moved; a touch of one finger points, because a page has to be scrolled with it.

use super::geometry::Geometry;

/// A drag shorter than this many CSS pixels is a click.
const CLICK: f64 = 4.0;
/// Fingers closer than this have no distance to speak of.
const NEAREST: f64 = 12.0;

/// What to do about a pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wish {
    /// Nothing.
    None,
    /// Point at this place.
    Point(f64),
    /// Show that what lies between is chosen.
    Choose(f64, f64),
    /// Show the times between these places.
    ZoomTo(f64, f64),
    /// Show these times, in Unix seconds.
    Show(f64, f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    id: i32,
    x: f64,
    /// Unix seconds under it when time was taken hold of.
    time: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Doing {
    #[default]
    Nothing,
    /// From this place.
    Choosing(f64),
    Moving,
}

/// The pointers that are down on a chart.
#[derive(Debug, Default)]
pub(super) struct Gesture {
    held: Vec<Held>,
    doing: Doing,
}

impl Gesture {
    /// A pointer went down at `x`; `moves` says that it takes hold of time rather than choosing some.
    pub(super) fn down(&mut self, id: i32, x: f64, touch: bool, moves: bool, geometry: Geometry) -> Wish {
        self.held.retain(|held| held.id != id);
        self.held.push(Held { id, x, time: geometry.time(x) });
        self.held.truncate(2);
        for held in &mut self.held {
            held.time = geometry.time(held.x);
        }
        self.doing = match self.held.len() {
            2 => Doing::Moving,
            _ if moves => Doing::Moving,
            _ if touch => Doing::Nothing,
            _ => Doing::Choosing(x),
        };
        Wish::Point(x)
    }

    /// A pointer is at `x` now, whether it is down or not.
    pub(super) fn moved(&mut self, id: i32, x: f64, geometry: Geometry) -> Wish {
        let Some(held) = self.held.iter_mut().find(|held| held.id == id) else {
            return if self.held.is_empty() { Wish::Point(x) } else { Wish::None };
        };
        held.x = x;
        match self.doing {
            Doing::Nothing => Wish::Point(x),
            Doing::Choosing(from) => Wish::Choose(from, x),
            Doing::Moving => self.shown(geometry),
        }
    }

    /// A pointer went up.
    pub(super) fn up(&mut self, id: i32) -> Wish {
        let Some(place) = self.held.iter().position(|held| held.id == id) else { return Wish::None };
        let held = self.held.remove(place);
        match std::mem::take(&mut self.doing) {
            Doing::Choosing(from) if (held.x - from).abs() >= CLICK => Wish::ZoomTo(from, held.x),
            _ => Wish::Point(held.x),
        }
    }

    /// The browser took the pointers away.
    pub(super) fn cancel(&mut self) {
        *self = Self::default();
    }

    /// The times that keep what was under the pointers under them.
    fn shown(&self, geometry: Geometry) -> Wish {
        let Geometry { left, right, from, to } = geometry;
        let (anchor, pace) = match self.held.as_slice() {
            [one] => (*one, (to - from) / (right - left)),
            [one, other] if (other.x - one.x).abs() >= NEAREST => {
                (*one, (other.time - one.time) / (other.x - one.x))
            }
            _ => return Wish::None,
        };
        if pace <= 0.0 {
            return Wish::None;
        }
        let from = anchor.time - (anchor.x - left) * pace;
        Wish::Show(from, from + (right - left) * pace)
    }
}
