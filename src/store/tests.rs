//! That views hear of a flush once, however much it changed, and that a pause ends with what it held.

use std::{cell::RefCell, rc::Rc};

use aurora_domain::Span;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{Flushed, Handle, Slice, Store};
use crate::{
    app, browser,
    support::{next_task, until},
    tests::Mounted,
    transport::Signal,
};

#[wasm_bindgen_test]
async fn a_flush_of_many_events_runs_an_effect_once() {
    const EVENTS: u64 = 1_000;
    let seen = Rc::new(RefCell::new(Vec::new()));
    let handle = Rc::new(RefCell::new(None));
    let _root = Mounted::new({
        let (seen, kept) = (Rc::clone(&seen), Rc::clone(&handle));
        move || {
            let handle = Handle::new(Store::new(browser::now_ms()));
            let events = handle.select(&[Slice::Orders, Slice::Session, Slice::Link], |store| {
                store.state().events(Span::Session)
            });
            Effect::new(move |_| seen.borrow_mut().push(events.get()));
            kept.replace(Some(handle));
        }
    });
    let handle = handle.take().expect("mounting makes it");
    until("the effect's first run", || *seen.borrow() == [0]).await;
    handle.write(|store| {
        store.deliver(Signal::NoSnapshot);
        store.flush(f64::INFINITY);
        store.deliver(Signal::Opened);
    });
    for id in 1..=EVENTS {
        let text = format!("id: {id}\nevent: orders_denied\ndata: {{\"deny_reason\":\"X\"}}\n\n");
        handle.write(|store| store.deliver(Signal::Bytes(text.into_bytes())));
    }
    next_task().await;
    assert_eq!(*seen.borrow(), [0], "nothing is told before the flush");
    let flushed = handle.write(|store| store.flush(f64::INFINITY));
    handle.announce(&flushed);
    next_task().await;
    next_task().await;
    assert_eq!(*seen.borrow(), [0, EVENTS]);
}

#[wasm_bindgen_test]
async fn details_are_told_a_part_in_each_frame_and_all_of_them_again_after_news() {
    const READERS: usize = 24;
    let runs = Rc::new(RefCell::new([0_u32; READERS]));
    let made = Rc::new(RefCell::new(None));
    let _root = Mounted::new({
        let (runs, made) = (Rc::clone(&runs), Rc::clone(&made));
        move || {
            let handle = Handle::new(Store::new(browser::now_ms()));
            for reader in 0..READERS {
                let (runs, turn) = (Rc::clone(&runs), handle.turn());
                Effect::new(move |_| {
                    handle.track(&[Slice::Details], turn);
                    runs.borrow_mut()[reader] += 1;
                });
            }
            made.replace(Some(handle));
        }
    });
    let handle = made.take().expect("mounting makes it");
    until("the effects' first runs", || *runs.borrow() == [1; READERS]).await;
    let quiet = Flushed { details: false, ..handle.write(|store| store.flush(f64::INFINITY)) };
    let news = Flushed { details: true, ..quiet };
    let told = |runs: &[u32; READERS]| runs.iter().filter(|runs| **runs > 1).count();
    let mut waiting = handle.announce(&news);
    next_task().await;
    next_task().await;
    let first = told(&runs.borrow());
    assert!(first > 0 && first < READERS / 2, "{first} of {READERS} in the first frame");
    // News in the middle of a round: whoever was told before it is told again.
    waiting |= handle.announce(&news);
    let mut frames = 2;
    while waiting && frames < 100 {
        waiting = handle.announce(&quiet);
        next_task().await;
        next_task().await;
        frames += 1;
    }
    assert!(!waiting, "it ends");
    assert_eq!(*runs.borrow(), [3; READERS]);
}

#[wasm_bindgen_test]
async fn a_page_that_begins_again_is_no_longer_paused() {
    let made = Rc::new(RefCell::new(None));
    let kept = Rc::clone(&made);
    let _root = Mounted::new(move || {
        let (store, paused) = (Handle::new(Store::new(browser::now_ms())), RwSignal::new(false));
        app::pauses(store, paused);
        kept.replace(Some((store, paused)));
    });
    let (store, paused) = made.take().expect("mounting makes both");
    paused.set(true);
    until("the store is held", || store.read(Store::is_paused)).await;
    next_task().await;
    assert!(paused.get_untracked(), "it stays so");
    store.write(|store| store.deliver(Signal::NoSnapshot));
    let flushed = store.write(|store| store.flush(f64::INFINITY));
    store.announce(&flushed);
    until("the choice follows", || !paused.get_untracked()).await;
    paused.set(true);
    until("it can be paused again", || store.read(Store::is_paused)).await;
}
