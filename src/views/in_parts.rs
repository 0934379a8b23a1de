//! A screen that is put together over several frames, from the top down, so that no task makes all of it.
//!
//! Invariants: each frame makes one part, below those that are there; room is kept for what is missing, so that nothing that is
//! seen moves; where there are no frames, because nobody looks, all parts are made at once.

use leptos::prelude::*;

use crate::{browser, store::Pump};

/// Makes a part of a screen.
pub(super) type Part = Box<dyn FnOnce() -> AnyView>;

/// A part of what `make` returns.
pub(super) fn part<V: IntoView + 'static>(make: impl FnOnce() -> V + 'static) -> Part {
    Box::new(move || make().into_any())
}

/// What a screen keeps free below its last part: more than a window shows, so that its end is not seen to move.
const ROOM: &str = "150vh";

/// `parts` below each other: the first one at once, then another one in each frame. `data-unfinished` stands below them until all
/// are there.
#[component]
pub(super) fn InParts(parts: Vec<Part>) -> impl IntoView {
    let count = parts.len();
    let shown = RwSignal::new(if browser::is_hidden() { count } else { 1 });
    let pump = StoredValue::new_local(Pump::new(move || {
        shown.try_update(|shown| *shown = if browser::is_hidden() { count } else { *shown + 1 });
    }));
    // What was made is in the document by then.
    Effect::new(move |_| {
        if shown.get() < count {
            pump.with_value(Pump::request);
        }
    });
    let views = parts.into_iter().enumerate().map(|(index, make)| {
        let is_shown = Memo::new(move |_| shown.get() > index);
        let make = StoredValue::new_local(Some(make));
        let taken = move || make.try_update_value(Option::take).flatten();
        move || is_shown.get().then(taken).flatten().map(untrack)
    });
    let is_unfinished = Memo::new(move |_| shown.get() < count);
    view! {
        {views.collect_view()}
        {move || is_unfinished.get().then(|| view! { <i data-unfinished aria-hidden="true" style:min-height=ROOM></i> })}
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::{
        support::{next_task, until},
        tests::Mounted,
    };

    type Made = Rc<RefCell<Vec<usize>>>;

    /// A screen of so many parts, and which of them were made.
    fn screen(count: usize) -> (Mounted, Made) {
        let made = Made::default();
        let noted = Rc::clone(&made);
        let one = move |number: usize| {
            let noted = Rc::clone(&noted);
            part(move || {
                noted.borrow_mut().push(number);
                view! { <p>{number.to_string()}</p> }
            })
        };
        let screen = Mounted::new(move || view! { <InParts parts=(0..count).map(one).collect() /> });
        (screen, made)
    }

    #[wasm_bindgen_test]
    async fn parts_come_one_after_the_other_below_each_other() {
        let (screen, made) = screen(5);
        assert_eq!(*made.borrow(), [0], "the first one is there at once, and no other");
        assert!(screen.find("[data-unfinished]").is_some(), "room is kept for the others");
        until("all are there", || screen.find("[data-unfinished]").is_none()).await;
        assert_eq!(*made.borrow(), [0, 1, 2, 3, 4], "each is made once");
        let text: String = (1..=5).map(|place| screen.text(&format!("p:nth-of-type({place})"))).collect();
        assert_eq!(text, "01234");
    }

    #[wasm_bindgen_test]
    async fn a_screen_that_is_left_makes_no_more_of_itself() {
        let (screen, made) = screen(1_000);
        until("some are there", || made.borrow().len() > 2).await;
        drop(screen);
        let before = made.borrow().len();
        assert!(before < 1_000);
        for _ in 0..3 {
            next_task().await;
        }
        assert_eq!(made.borrow().len(), before);
    }
}
