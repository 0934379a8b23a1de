//! What all charts of the page share: the stretch of time, the time pointed at, colours, markers and the filter.
//!
//! Invariants: a stretch that was zoomed to lasts from [`Range::SHORTEST`] to [`Range::LONGEST`] seconds and does not
//! begin after the state's time; the way back is always to the stretch that followed time.

use aurora_domain::Filter;
use leptos::prelude::*;

use super::queue::Queue;
use crate::browser::{self, Listener};

/// A wheel that scrolled the page goes on scrolling it for so long, whatever comes under the pointer.
const SCROLLS_MS: f64 = 400.0;

/// The stretch of time that all charts show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// So many seconds, 60 to 86,400, up to the state's time.
    Last(u32),
    /// Unix seconds; the second at `to` is not part of it.
    Fixed {
        /// The first second.
        from: i64,
        /// The second after the last.
        to: i64,
    },
}

impl Range {
    /// The shortest stretch to zoom to, in seconds.
    pub(crate) const SHORTEST: f64 = 10.0;
    /// The longest one: what the state keeps.
    pub(crate) const LONGEST: f64 = 86_400.0;

    /// Its first second and the one after its last, where the state's time is `now`.
    pub(crate) fn ends(self, now: i64) -> (i64, i64) {
        match self {
            Self::Last(seconds) => (now + 1 - i64::from(seconds.max(1)), now + 1),
            Self::Fixed { from, to } => (from, to.max(from + 1)),
        }
    }
}

/// What an event is marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkerKind {
    /// Another configuration.
    Configuration,
    /// Another mode of the governor.
    Governance,
    /// An operator's act.
    Operator,
    /// Trading halted, resumed, armed or disarmed.
    Halt,
    /// The circuit breaker changed.
    Breaker,
    /// An alert began or ended.
    #[expect(dead_code, reason = "nothing in the page tells of alerts")]
    Alert,
}

impl MarkerKind {
    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "Configuration",
            Self::Governance => "Governance",
            Self::Operator => "Operator",
            Self::Halt => "Trading",
            Self::Breaker => "Breaker",
            Self::Alert => "Alert",
        }
    }
}

/// A moment to be seen in every chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Marker {
    /// Unix time in seconds.
    pub(crate) at: f64,
    /// What kind of moment.
    pub(crate) kind: MarkerKind,
    /// What happened.
    pub(crate) text: String,
}

/// What all charts share.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// The stretch of time.
    pub(crate) range: RwSignal<Range>,
    /// Unix seconds under the pointer or the keyboard's cursor, in whichever chart.
    pub(crate) cursor: RwSignal<Option<f64>>,
    /// A number that changes when the page's colours do.
    pub(crate) colors: Signal<u32>,
    /// Minutes that shown times are ahead of UTC.
    pub(crate) utc_offset_min: Signal<i32>,
    /// Moments to mark.
    pub(crate) markers: Signal<Vec<Marker>>,
    /// What is counted.
    pub(crate) filter: Signal<Filter>,
    /// Where to go back to.
    pub(crate) home: RwSignal<Range>,
    /// When the page was last scrolled, by its steady clock.
    pub(crate) scrolled_ms: StoredValue<f64>,
    /// Whose turn it is to be redrawn.
    pub(crate) queue: Queue,
}

impl Look {
    /// Charts over `range`, in UTC, without markers, of everything. What differs is set by struct update.
    pub(crate) fn new(range: Range, colors: Signal<u32>) -> Self {
        let home = if let Range::Last(_) = range { range } else { Range::Last(900) };
        let scrolled_ms = StoredValue::new(f64::NEG_INFINITY);
        let listener = Listener::new("scroll", move || {
            scrolled_ms.try_set_value(browser::monotonic_ms());
        });
        StoredValue::new_local(listener);
        Self {
            range: RwSignal::new(range),
            cursor: RwSignal::new(None),
            colors,
            utc_offset_min: Signal::stored(0),
            markers: Signal::stored(Vec::new()),
            filter: Signal::stored(Filter::ALL),
            home: RwSignal::new(home),
            scrolled_ms,
            queue: Queue::new(),
        }
    }

    /// Whether the wheel is busy scrolling the page.
    pub(super) fn page_scrolls(self) -> bool {
        browser::monotonic_ms() - self.scrolled_ms.get_value() < SCROLLS_MS
    }

    /// Shows the stretch nearest to `from` to `to` that can be shown, where the state's time is `now`.
    pub(crate) fn zoom(self, from: f64, to: f64, now: i64) {
        if !(from.is_finite() && to.is_finite()) {
            return;
        }
        let range = self.range.get_untracked();
        if let Range::Last(_) = range {
            self.home.set(range);
        }
        let fixed = fixed(from, to, now);
        if fixed != range {
            self.range.set(fixed);
        }
    }

    /// Goes back to the stretch that follows time, and points at nothing. False where that changes nothing.
    pub(crate) fn reset(self) -> bool {
        let (home, zoomed) =
            (self.home.get_untracked(), matches!(self.range.get_untracked(), Range::Fixed { .. }));
        let pointed = self.cursor.get_untracked().is_some();
        if zoomed {
            self.range.set(home);
        }
        if pointed {
            self.cursor.set(None);
        }
        zoomed || pointed
    }
}

/// Whole seconds around `from` to `to` within the bounds of a stretch.
#[expect(clippy::cast_possible_truncation, reason = "Unix seconds, which `as` saturates")]
fn fixed(from: f64, to: f64, now: i64) -> Range {
    let (from, to) = (from.min(to), from.max(to));
    let seconds = (to - from).clamp(Range::SHORTEST, Range::LONGEST).round();
    let middle = f64::midpoint(from, to);
    // A page that has seen no time yet has no future either.
    let latest = if now > 0 { (now + 1) as f64 - seconds } else { f64::MAX };
    let earliest = (latest - Range::LONGEST).max(0.0);
    let from = (middle - seconds / 2.0).round().min(latest).max(earliest.min(latest));
    Range::Fixed { from: from as i64, to: (from + seconds) as i64 }
}
