//! Sums over sliding windows: one slot a second, with a running sum for each usual span.
//!
//! A window of W seconds at second `end` covers the whole seconds `(end − W, end]`. Slots reach
//! [`AHEAD_SECONDS`] into the future, so that an event whose clock runs a little ahead is counted when the
//! window gets there. Invariant: each running sum is the sum of the slots in its window.

use std::fmt::Debug;

use crate::{
    parts::{Broken, Loading, Parts, Sink, Source},
    span::Span,
};

/// How far ahead of the window's end an event may lie, in seconds.
pub const AHEAD_SECONDS: i64 = 5;

const KEPT_SECONDS: i64 = Span::LONGEST_SECONDS as i64;
const SLOTS: i64 = KEPT_SECONDS + AHEAD_SECONDS;

/// Places of the ring: no fewer than slots, and a power of two, so that a second's place is its low bits.
const PLACES: i64 = 1024;
const _: () = assert!(PLACES >= SLOTS && PLACES.count_ones() == 1);

/// The spans that have a running sum; any other is summed up when asked for.
const RUNNING: [u32; 3] = [60, 300, 900];

/// What a slot of one second holds.
pub trait Slot: Default + Clone + Debug {
    /// What slots add up to.
    type Sum: Default + Clone + Debug;
    /// What is recorded.
    type Item: Copy;

    /// Takes an item in.
    fn record(&mut self, item: Self::Item);
    /// Whether nothing was recorded.
    fn is_empty(&self) -> bool;
    /// Takes an item into a sum.
    fn record_sum(sum: &mut Self::Sum, item: Self::Item);
    /// Adds a whole slot to a sum.
    fn add_to(&self, sum: &mut Self::Sum);
    /// Takes a whole slot out of a sum that holds it.
    fn take_from(&self, sum: &mut Self::Sum);
}

impl Slot for u32 {
    type Sum = u64;
    type Item = ();

    fn record(&mut self, (): ()) {
        *self = self.saturating_add(1);
    }
    fn is_empty(&self) -> bool {
        *self == 0
    }
    fn record_sum(sum: &mut u64, (): ()) {
        *sum += 1;
    }
    fn add_to(&self, sum: &mut u64) {
        *sum += u64::from(*self);
    }
    fn take_from(&self, sum: &mut u64) {
        *sum -= u64::from(*self);
    }
}

/// A ring of one-second slots with running sums.
#[derive(Clone, Debug)]
pub struct Rolling<S: Slot> {
    slots: Vec<S>,
    end: i64,
    sums: [S::Sum; RUNNING.len()],
}

impl<S: Slot> Rolling<S> {
    /// An empty ring whose windows end with the second `end`.
    pub fn new(end: i64) -> Self {
        let slots = (0..PLACES).map(|_| S::default()).collect();
        Self { slots, end, sums: Default::default() }
    }

    /// Moves the windows' end to the second `end`; never back.
    pub fn advance(&mut self, end: i64) {
        self.advance_with(end, |_, _| {});
    }

    /// As [`Rolling::advance`], and hands every second that is no longer kept over to `leave`, oldest first.
    pub fn advance_with(&mut self, end: i64, mut leave: impl FnMut(i64, S)) {
        if end - self.end >= SLOTS {
            for second in self.end - KEPT_SECONDS + 1..=self.end + AHEAD_SECONDS {
                if let Some(slot) = slot_at_mut(&mut self.slots, second) {
                    leave(second, std::mem::take(slot));
                }
            }
            self.sums = Default::default();
            self.end = end;
        }
        while self.end < end {
            self.step(&mut leave);
        }
    }

    fn step(&mut self, leave: &mut impl FnMut(i64, S)) {
        self.end += 1;
        let end = self.end;
        for (sum, seconds) in self.sums.iter_mut().zip(RUNNING) {
            if let Some(slot) = slot_at(&self.slots, end) {
                slot.add_to(sum);
            }
            if let Some(slot) = slot_at(&self.slots, end - i64::from(seconds)) {
                slot.take_from(sum);
            }
        }
        if let Some(slot) = slot_at_mut(&mut self.slots, end - KEPT_SECONDS) {
            leave(end - KEPT_SECONDS, std::mem::take(slot));
        }
    }

    /// Records an item in the second `at`. Returns false where that second is no longer kept.
    pub fn record(&mut self, at: i64, item: S::Item) -> bool {
        let age = self.end - at;
        if !(-AHEAD_SECONDS..KEPT_SECONDS).contains(&age) {
            return false;
        }
        if let Some(slot) = slot_at_mut(&mut self.slots, at) {
            slot.record(item);
        }
        for (sum, seconds) in self.sums.iter_mut().zip(RUNNING) {
            if (0..i64::from(seconds)).contains(&age) {
                S::record_sum(sum, item);
            }
        }
        true
    }

    /// The running sum over the last `seconds` seconds; `None` where that is not a usual span.
    pub fn running(&self, seconds: u32) -> Option<&S::Sum> {
        self.sums.iter().zip(RUNNING).find(|(_, running)| *running == seconds).map(|(sum, _)| sum)
    }

    /// The slots of the last `seconds` seconds, oldest first.
    pub fn window(&self, seconds: u32) -> impl Iterator<Item = &S> {
        let seconds = i64::from(seconds.min(Span::LONGEST_SECONDS));
        (self.end - seconds + 1..=self.end).filter_map(|at| self.slot(at))
    }

    /// Calls `read` with the sum over the last `seconds` seconds.
    pub fn sum<R>(&self, seconds: u32, read: impl FnOnce(&S::Sum) -> R) -> R {
        if let Some(sum) = self.running(seconds) {
            return read(sum);
        }
        let mut sum = S::Sum::default();
        for slot in self.window(seconds) {
            slot.add_to(&mut sum);
        }
        read(&sum)
    }

    /// The second that windows end with.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Mutable access to the slot of one second that is kept, ahead of the windows' end or not; sums do not follow.
    pub(crate) fn slot_mut(&mut self, at: i64) -> Option<&mut S> {
        let kept = (-AHEAD_SECONDS..KEPT_SECONDS).contains(&(self.end - at));
        kept.then(|| slot_at_mut(&mut self.slots, at)).flatten()
    }

    /// The slot of one second, where it is kept and not ahead of the windows' end.
    pub fn slot(&self, at: i64) -> Option<&S> {
        (0..KEPT_SECONDS).contains(&(self.end - at)).then(|| slot_at(&self.slots, at)).flatten()
    }
}

/// The seconds in which something was recorded, each with the number of empty ones before it.
impl<S: Slot + Parts> Parts for Rolling<S> {
    fn save(&self, to: &mut impl Sink) {
        let Self { slots, end, sums: _ } = self;
        let seconds = end - KEPT_SECONDS + 1..=end + AHEAD_SECONDS;
        let slots = seconds.map(|at| slot_at(slots, at));
        let used: Vec<(u64, &S)> = (0..)
            .zip(slots)
            .filter_map(|(place, slot)| Some((place, slot.filter(|slot| !slot.is_empty())?)))
            .collect();
        to.unsigned(used.len() as u64);
        let mut next = 0;
        for (place, slot) in used {
            to.unsigned(place - next);
            slot.save(to);
            next = place + 1;
        }
    }

    fn load<F: Source>(from: &mut Loading<'_, F>) -> Result<Self, Broken> {
        let end = from.end;
        let mut ring = Self::new(end);
        let mut at = end - KEPT_SECONDS + 1;
        for _ in 0..from.length(ring.slots.len())? {
            at += i64::try_from(from.below(ring.slots.len())?).unwrap_or(SLOTS);
            let slot = S::load(from)?;
            if at > end + AHEAD_SECONDS || slot.is_empty() {
                return Err(Broken::new("a second is out of place or empty"));
            }
            if let Some(free) = slot_at_mut(&mut ring.slots, at) {
                *free = slot;
            }
            at += 1;
        }
        for (sum, seconds) in ring.sums.iter_mut().zip(RUNNING) {
            let window = end - i64::from(seconds) + 1..=end;
            for slot in window.filter_map(|at| slot_at(&ring.slots, at)) {
                slot.add_to(sum);
            }
        }
        Ok(ring)
    }
}

#[expect(clippy::cast_sign_loss, reason = "only the low bits are wanted")]
fn position(at: i64) -> usize {
    (at & (PLACES - 1)) as usize
}

fn slot_at<S>(slots: &[S], at: i64) -> Option<&S> {
    slots.get(position(at))
}

fn slot_at_mut<S>(slots: &mut [S], at: i64) -> Option<&mut S> {
    slots.get_mut(position(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keeps every event and counts: what the ring must agree with.
    fn brute_force(events: &[(i64, i64)], end: i64, seconds: i64) -> u64 {
        // An event is in the ring if its second was kept when it came.
        let counted = events.iter().filter(|(end_then, at)| {
            (-AHEAD_SECONDS..KEPT_SECONDS).contains(&(end_then - at)) && (0..seconds).contains(&(end - at))
        });
        counted.count() as u64
    }

    proptest! {
        #[test]
        fn windows_agree_with_counting_everything(
            steps in prop::collection::vec((0_i64..400, -20_i64..1000), 1..200),
            odd_span in 1_u32..=900,
        ) {
            let mut ring: Rolling<u32> = Rolling::new(10_000);
            let mut end = 10_000;
            let mut events = Vec::new();
            for (forward, back) in steps {
                end += forward;
                ring.advance(end);
                let at = end - back;
                let kept = ring.record(at, ());
                prop_assert_eq!(kept, (-AHEAD_SECONDS..KEPT_SECONDS).contains(&back));
                events.push((end, at));
                for seconds in [60, 300, 900, odd_span] {
                    let expected = brute_force(&events, end, i64::from(seconds));
                    prop_assert_eq!(ring.sum(seconds, |sum| *sum), expected, "{} s", seconds);
                }
            }
        }
    }

    #[test]
    fn a_window_that_ends_after_the_last_event_empties() {
        let mut ring: Rolling<u32> = Rolling::new(0);
        assert!(ring.record(0, ()));
        ring.advance(59);
        assert_eq!(ring.sum(60, |sum| *sum), 1);
        ring.advance(60);
        assert_eq!(ring.sum(60, |sum| *sum), 0);
        assert_eq!(ring.sum(300, |sum| *sum), 1);
        ring.advance(1_000_000);
        assert_eq!(ring.sum(900, |sum| *sum), 0);
    }
}
