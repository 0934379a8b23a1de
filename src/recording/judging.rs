//! What a recording gives for a report: all its lines once more, in their order, through a recorder.
//!
//! Invariants: the bytes are those of `aurora-feed report` for the same files, because recorder, order and rules are; nothing of it
//! touches the state that is shown; each slice of work is as short as any; what could not be read to its end gives no report.

use std::{rc::Rc, sync::Arc};

use aurora_domain::report::{Course, Recorder};
use aurora_wire::{
    recording::{Merge, Step, Want},
    report::{Recorded, shipped_groups},
};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    ahead::Ahead, pieces, player::Player, reading::Reading, session::PartFile, slices::Slices, turn::turn,
};

/// How far that is.
#[derive(Clone, Debug, Default)]
pub(crate) enum Judging {
    /// Nobody asked for it.
    #[default]
    Unasked,
    /// This share of all lines is read, 0 to 1.
    Reading(f64),
    /// All of it is.
    Done(Arc<Course>),
    /// There is none, and why.
    Failed(String),
}

impl Player {
    /// Begins to make what a report needs, where nobody did before. The session has to be read to its end.
    pub(crate) fn judge(self) {
        if !matches!(self.judging.get_untracked(), Judging::Unasked) {
            return;
        }
        let Some(reading) = self.reading() else { return };
        self.judging.set(Judging::Reading(0.0));
        spawn_local(async move {
            let told = |share| self.judging.try_set(Judging::Reading(share)).is_none();
            let end = match judge(&reading, &told).await {
                Ok(Some(course)) => Judging::Done(Arc::new(course)),
                // The recording was closed.
                Ok(None) => return,
                Err(why) => Judging::Failed(why),
            };
            self.judging.try_set(end);
        });
    }
}

/// The course of the recording; `None` where `told`, who hears of the share that is read, wants no more.
async fn judge(reading: &Rc<Reading>, told: &dyn Fn(f64) -> bool) -> Result<Option<Course>, String> {
    let (merge, lines) = whole(reading)?;
    let files = reading.parts.iter().map(|part| inside(&part.path)).collect();
    let recorded = Recorded { recorder: Recorder::new(&reading.name, &shipped_groups()), files };
    let mut way = Way { merge, recorded, ahead: Ahead::default(), slices: Slices::default() };
    loop {
        if way.slices.turn().await && !told(way.merge.lines() as f64 / lines.max(1) as f64) {
            return Ok(None);
        }
        let Way { merge, recorded, slices, .. } = &mut way;
        match merge.run_into(recorded, None, &mut || slices.go_on()) {
            Step::Needs(want) => way.supply(want, &reading.parts).await?,
            Step::Paused => {}
            Step::Reached | Step::Ended => break,
            Step::Late(_) | Step::Disordered { .. } => return Err(CHANGED.to_owned()),
        }
    }
    // Putting it together is a piece of work of its own.
    turn().await;
    let mut course = Course::default();
    way.recorded.recorder.finish(&mut course);
    course.whole().map(|_| Some(course)).ok_or_else(|| NO_TIMES.to_owned())
}

const CHANGED: &str = "its files are not what they were when it was opened: close it and open it again";
const NO_TIMES: &str = "none of its events has a time: check that the bot logged ts_ns";

/// All lines from the beginning, and how many, where the first reading found all files whole.
fn whole(reading: &Reading) -> Result<(Merge, u64), String> {
    let engine = reading.engine.borrow();
    let broken = engine.problems.first().map(|problem| &problem.path).or(reading.incomplete.first());
    match broken {
        Some(path) => {
            Err(format!("{path} cannot be read to its end, and a report is made of whole files only"))
        }
        None => Ok((engine.merge.anew(), engine.merge.account().lines_total())),
    }
}

/// Where the reading for a report stands.
struct Way {
    merge: Merge,
    recorded: Recorded,
    ahead: Ahead,
    slices: Slices,
}

impl Way {
    async fn supply(&mut self, want: Want, parts: &[PartFile]) -> Result<(), String> {
        let failed = |error| format!("{CHANGED} ({})", pieces::message(&error));
        let read = self.ahead.take(want, parts).map_err(failed)?.await.map_err(failed)?;
        let array = pieces::array(read).map_err(failed)?;
        if array.length() == 0 {
            return Err(CHANGED.to_owned());
        }
        self.merge.supply(want.log, array.length() as usize, |room| array.copy_to(room));
        self.ahead.read_on(want.log, &self.merge, parts);
        Ok(())
    }
}

/// The path of a session's file inside its directory.
fn inside(path: &str) -> String {
    let mut names = path.rsplit('/');
    let name = names.next().unwrap_or_default();
    match names.next() {
        Some("archive") => format!("archive/{name}"),
        _ => name.to_owned(),
    }
}
