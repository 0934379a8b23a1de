//! What the lines of a recording are taken into.

use aurora_domain::{Changes, Event, State, Ts};

use super::{merge::Line, order::Key};

/// Takes lines in their order.
pub trait Taking {
    /// The recording begins; `first` is the first time that is found in it.
    fn begin(&mut self, first: Ts);

    /// Does what has to be done before the line at `key` is taken, as far as `go_on` lets it; whether all of it is done. Asked
    /// again until it is.
    fn is_ready(&mut self, key: &Key, go_on: &mut dyn FnMut() -> bool) -> bool;

    /// Takes a line.
    fn take(&mut self, key: Key, text: &[u8], event: &Event<'_>);

    /// Counts one that could not be read.
    fn reject(&mut self, key: Key);
}

/// A state, and whoever looks at each line.
pub(super) struct Played<'r> {
    pub(super) state: &'r mut State,
    pub(super) observe: &'r mut dyn FnMut(Line<'_>),
}

impl Taking for Played<'_> {
    fn begin(&mut self, first: Ts) {
        *self.state = State::new(first);
    }

    fn is_ready(&mut self, _: &Key, _: &mut dyn FnMut() -> bool) -> bool {
        true
    }

    fn take(&mut self, key: Key, text: &[u8], event: &Event<'_>) {
        let mut changes = key.at.map_or(Changes::NONE, |at| self.state.advance(at));
        changes |= self.state.apply(event);
        (self.observe)(Line { key, text, event: Some(event), changes, scopes: self.state.scopes() });
    }

    fn reject(&mut self, key: Key) {
        let changes = self.state.reject();
        (self.observe)(Line { key, text: &[], event: None, changes, scopes: self.state.scopes() });
    }
}
