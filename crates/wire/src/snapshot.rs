//! The whole state in bytes, and the state that behaves the same made of them.
//!
//! Invariant: [`VERSION`] rises with every change of what is stored, or how, in here, in [`crate::stored`] or in any
//! `parts!` of `aurora-domain`; a test holds a fingerprint of each version.

use aurora_domain::{
    State,
    parts::{Sink as _, Source as _},
};

use crate::stored::{Format, Frame, LoadError};

/// The version of the layout. Others are not read: what they were made of is read again.
pub const VERSION: u32 = 2;

const FORMAT: Format = Format { name: "snapshot", magic: *b"AURORAss", version: VERSION };

/// A state, and what it is the state of.
#[derive(Debug)]
pub struct Snapshot {
    /// The id of the last event that it has taken in.
    pub as_of: u64,
    /// The state.
    pub state: State,
}

/// `state` in bytes, as it is after the event with the id `as_of`. Equal states give equal bytes.
pub fn save(state: &State, as_of: u64) -> Vec<u8> {
    FORMAT.save(|writer| {
        writer.unsigned(as_of);
        state.save(writer);
    })
}

/// A state that is being saved in steps: [`save`] for whoever must not work long at a time.
pub struct Saving {
    frame: Frame,
    step: usize,
}

impl Saving {
    /// Begins to save, with room for `room` bytes: as many as the last time.
    pub fn new(as_of: u64, room: usize) -> Self {
        let mut frame = FORMAT.open(room);
        frame.fill(|writer| writer.unsigned(as_of));
        Self { frame, step: 0 }
    }

    /// Saves as long as `go_on` says so, which is asked after every step, and returns whether all of it is saved. `state` must
    /// be the same one, unchanged, in every call.
    pub fn run(&mut self, state: &State, go_on: &mut dyn FnMut() -> bool) -> bool {
        let steps = state.steps();
        while self.step < steps {
            self.frame.fill(|writer| state.save_step(self.step, writer));
            self.step += 1;
            if !go_on() {
                break;
            }
        }
        self.step >= steps
    }

    /// The bytes so far.
    pub fn length(&self) -> usize {
        self.frame.length()
    }

    /// What [`save`] gives, once all of it is saved.
    pub fn finish(self) -> Vec<u8> {
        self.frame.close()
    }
}

/// The inverse of [`save`]: the state behaves as the one that was saved, for every later event.
///
/// # Errors
/// [`LoadError`] where the bytes are no snapshot, one of another version, or damaged.
pub fn load(bytes: &[u8]) -> Result<Snapshot, LoadError> {
    FORMAT.load(bytes, |reader| {
        let as_of = reader.unsigned()?;
        Ok(Snapshot { as_of, state: State::load(reader)? })
    })
}
