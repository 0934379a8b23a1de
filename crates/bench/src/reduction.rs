//! From the bytes of a stream to the state, with the page's own parts and nothing else.

use aurora_domain::{Source, State, Ts};
use aurora_wire::{
    decode,
    sse::{Decoder, Item},
};

/// A stream being reduced.
#[derive(Debug)]
pub struct Reduction {
    decoder: Decoder,
    state: State,
}

impl Default for Reduction {
    fn default() -> Self {
        Self { decoder: Decoder::default(), state: State::new(Ts(0)) }
    }
}

impl Reduction {
    /// Takes in a chunk of the stream, cut anywhere.
    pub fn feed(&mut self, chunk: &[u8]) {
        let state = &mut self.state;
        self.decoder.feed(chunk, |item| {
            if let Item::Message(message) = item
                && let Some(source) = Source::from_name(message.kind)
            {
                apply(state, source, message.data);
            }
        });
    }

    /// What came of it.
    pub fn state(&self) -> &State {
        &self.state
    }
}

/// One line into the state, whose time follows the newest event, as in a page that is catching up.
pub fn apply(state: &mut State, source: Source, line: &[u8]) {
    match decode(source, 0, line) {
        Ok(event) => {
            if let Some(ts) = event.ts {
                state.advance(ts);
            }
            state.apply(&event);
        }
        Err(_) => {
            state.reject();
        }
    }
}
