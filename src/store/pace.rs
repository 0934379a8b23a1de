//! How often readers are told of what came in: with each frame, or less often where nobody could follow that or the browser
//! cannot keep up with it.
//!
//! A change of figures costs style, layout and paint of the page, which is more than the script that makes it. Invariants: while
//! lines are few and frames come in time readers are told in each of them; where they come late, in every [`FEWEST`]th at the
//! least.

/// Milliseconds between two frames from which on the second is late: one and a half at 60 Hz.
const LATE_MS: f64 = 25.0;
/// A longer time between two frames is no lateness: nothing was to be drawn, or nobody looked.
const IDLE_MS: f64 = 250.0;
/// The share of late frames that is forgotten with each frame: what was two seconds ago counts for an eighth.
const FORGOTTEN: f64 = 1.0 / 60.0;
/// From these shares of late frames on readers are told in every second frame, and in every [`FEWEST`]th.
const STRAINED: [f64; 2] = [0.05, 0.2];
/// Lines in a frame from which on readers are told in every second one: some 5,000 a second, of which nobody follows each.
const MANY: f64 = 80.0;
/// Frames from one telling to the next, at most.
const FEWEST: u32 = 3;

/// The frames so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    last_ms: Option<f64>,
    late: f64,
    /// Lines in all, and in a frame of late.
    lines: u64,
    in_frame: f64,
    untold: u32,
    /// Whether readers are told less often than in each frame.
    pub(super) is_sparing: bool,
}

impl Pace {
    /// A frame at `now_ms` of a steady clock, `lines` of the session having been read before it. Whether readers are to be told
    /// in it.
    pub(super) fn frame(&mut self, now_ms: f64, lines: u64) -> bool {
        let since = self.last_ms.replace(now_ms).map_or(0.0, |last_ms| now_ms - last_ms);
        if since < IDLE_MS {
            let late = f64::from(u8::from(since > LATE_MS));
            self.late += (late - self.late) * FORGOTTEN;
        }
        let read = lines.saturating_sub(std::mem::replace(&mut self.lines, lines));
        self.in_frame += (read as f64 - self.in_frame) * FORGOTTEN;
        self.untold += 1;
        let late = STRAINED.into_iter().filter(|share| self.late > *share).count();
        let every = 1 + late.max(usize::from(self.in_frame > MANY));
        self.is_sparing = every > 1;
        let tell = self.untold >= FEWEST || self.untold as usize >= every;
        if tell {
            self.untold = 0;
        }
        tell
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// How many of the last 60 of `frames` told, `apart_ms` apart each, with `lines` in each.
    fn told(pace: &mut Pace, apart_ms: f64, lines: u64, frames: u32) -> usize {
        let (mut now_ms, mut read) = (pace.last_ms.unwrap_or(0.0), pace.lines);
        let mut tell = Vec::new();
        for _ in 0..frames {
            now_ms += apart_ms;
            read += lines;
            tell.push(pace.frame(now_ms, read));
        }
        tell.iter().rev().take(60).filter(|tell| **tell).count()
    }

    #[wasm_bindgen_test]
    fn readers_are_told_less_often_while_frames_come_late_and_with_each_frame_after_that() {
        let mut pace = Pace::default();
        assert_eq!(told(&mut pace, 16.7, 1, 600), 60);
        assert_eq!(told(&mut pace, 33.4, 1, 600), 20);
        assert_eq!(told(&mut pace, 16.7, 1, 600), 60);
        assert_eq!(told(&mut pace, 1_000.0, 1, 60), 60, "a page with little to do is not late");
    }

    #[wasm_bindgen_test]
    fn readers_are_told_in_every_second_frame_while_lines_are_too_many_to_follow() {
        let mut pace = Pace::default();
        assert_eq!(told(&mut pace, 16.7, 17, 600), 60, "a thousand a second");
        assert_eq!(told(&mut pace, 16.7, 170, 600), 30, "ten thousand");
        assert_eq!(told(&mut pace, 16.7, 17, 600), 60);
    }
}
