//! Where time lies on a chart: the sides of its plot and the times there.

/// Sides of a plot in CSS pixels from the canvas' left edge, and the Unix seconds at them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Geometry {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Geometry {
    /// Unix seconds at `x`, going on at the same pace outside the plot.
    pub(super) fn time(self, x: f64) -> f64 {
        self.from + (x - self.left) / (self.right - self.left) * (self.to - self.from)
    }

    /// Unix seconds at the place of the plot nearest to `x`.
    pub(super) fn time_inside(self, x: f64) -> f64 {
        self.time(x.clamp(self.left, self.right))
    }

    /// Seconds that a CSS pixel is wide.
    pub(super) fn seconds_per_px(self) -> f64 {
        (self.to - self.from) / (self.right - self.left)
    }

    /// Where Unix time `time` in seconds is; none outside the plot.
    pub(super) fn x(self, time: f64) -> Option<f64> {
        let inside = (self.from..=self.to).contains(&time);
        inside.then(|| self.left + (time - self.from) / self.seconds_per_px())
    }

    /// Whether `x` is in the plot.
    pub(super) fn contains(self, x: f64) -> bool {
        (self.left..=self.right).contains(&x)
    }

    /// The stretch `factor` times as long, with the time at `x` where it is.
    pub(super) fn scaled(self, x: f64, factor: f64) -> (f64, f64) {
        let fixed = self.time_inside(x);
        (fixed - (fixed - self.from) * factor, fixed + (self.to - fixed) * factor)
    }

    /// The stretch moved on by a share of its length.
    pub(super) fn moved(self, share: f64) -> (f64, f64) {
        let seconds = (self.to - self.from) * share;
        (self.from + seconds, self.to + seconds)
    }
}
