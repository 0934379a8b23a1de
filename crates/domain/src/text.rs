//! How long the texts are that the state keeps: reasons, codes, symbols, modes, names.
//!
//! Invariant: no text that the state keeps is longer than [`KEPT_BYTES`]. Texts of an event are cut before anything
//! is looked up, counted or judged by them, so texts that are equal as far as they are kept count together. Ids are
//! never kept, only their hashes, so they are taken whole.

use std::borrow::Cow;

use crate::event::Event;

/// How many bytes of a text are kept at most.
pub const KEPT_BYTES: usize = 128;

/// The beginning of `text` that is kept: all of it, or whole characters of at most [`KEPT_BYTES`] bytes.
pub fn kept(text: &str) -> &str {
    text.get(..text.floor_char_boundary(KEPT_BYTES)).unwrap_or(text)
}

/// `event` with its texts as they are kept; `None` where none of them is longer.
pub(crate) fn shortened<'e>(event: &'e Event<'_>) -> Option<Event<'e>> {
    let Event { code_text, symbol, reason, mode, label, .. } = event;
    let texts = [symbol, reason, mode, label].into_iter().flatten().chain([code_text]);
    if texts.into_iter().all(|text| text.len() <= KEPT_BYTES) {
        return None;
    }
    let cut = |text: &'e Option<Cow<'_, str>>| text.as_deref().map(|text| Cow::Borrowed(kept(text)));
    Some(Event {
        code_text: Cow::Borrowed(kept(code_text)),
        symbol: cut(symbol),
        reason: cut(reason),
        mode: cut(mode),
        label: cut(label),
        ..event.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Shape, Source};

    #[test]
    fn texts_are_cut_between_characters() {
        let ascii = "x".repeat(KEPT_BYTES);
        assert_eq!(kept(&ascii), ascii);
        assert_eq!(kept(&format!("{ascii}y")), ascii);
        assert_eq!(kept(&"€".repeat(100)), "€".repeat(KEPT_BYTES / 3));
        assert_eq!(kept(""), "");
    }

    #[test]
    fn every_text_of_an_event_is_cut_and_its_ids_are_not() {
        let long = "é".repeat(1_000);
        let mut event = Event::bare(Source::Events, Shape::Flat, Code::Other, "short");
        let ids = [&mut event.order_id, &mut event.client_id, &mut event.intent_id, &mut event.run_id];
        for id in ids {
            *id = Some(Cow::Borrowed(long.as_str()));
        }
        assert_eq!(shortened(&event), None);
        let mut expected = event.clone();
        let half = Cow::Borrowed(kept(&long));
        for (text, cut) in [
            (&mut event.symbol, &mut expected.symbol),
            (&mut event.reason, &mut expected.reason),
            (&mut event.mode, &mut expected.mode),
            (&mut event.label, &mut expected.label),
        ] {
            (*text, *cut) = (Some(Cow::Borrowed(long.as_str())), Some(half.clone()));
        }
        (event.code_text, expected.code_text) = (Cow::Borrowed(long.as_str()), half);
        assert_eq!(shortened(&event), Some(expected));
    }
}
