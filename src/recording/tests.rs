//! Recordings in a browser: opening, reading, going to any time, and closing.

use aurora_domain::{Source, State, Ts};
use aurora_wire::{decode, recording::Part, snapshot};
use js_sys::{Array, Function};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Blob, ReadableWritablePair};

use super::{
    given::{Given, Taken},
    library::{Library, Shown},
    pieces,
    player::Player,
    session::{self, Files, Found, PartFile},
    slices::{SLICE_MS, Slices},
};
use crate::support::until;

const START_NS: i64 = 1_795_197_000_000_000_000;

fn blob(text: &str) -> Blob {
    Blob::new_with_str_sequence(&Array::of1(&text.into())).expect("a blob")
}

fn line(number: i64) -> String {
    let at = START_NS + number * 250_000_000;
    format!("{{\"ts_ns\":{at},\"event_code\":\"ORDER.SUBMIT\",\"cid\":\"c{number}\",\"run_id\":\"r\"}}\n")
}

fn lines(count: i64) -> String {
    (0..count).map(line).collect()
}

fn given(path: &str, blob: Blob) -> Given {
    Given { path: path.to_owned(), blob }
}

async fn found(files: Vec<Given>) -> Found {
    session::find(Taken { files, problems: Vec::new() }, &|_| true).await
}

fn files(text: &str) -> Files {
    let part = Part { source: Source::Events, bytes: text.len() as u64, unfinished: false };
    let path = "aurora_events.jsonl".to_owned();
    let parts = vec![PartFile { path, blob: blob(text), part }];
    Files { name: "test".to_owned(), parts, incomplete: Vec::new() }
}

/// The state after every line up to `until`.
fn fresh(text: &str, until: Option<Ts>) -> State {
    let mut state: Option<State> = None;
    for (number, line) in text.lines().enumerate() {
        let event = decode(Source::Events, number as u64, line.as_bytes()).expect("an event");
        let at = event.ts.expect("a time");
        if until.is_some_and(|until| at > until) {
            break;
        }
        let state = state.get_or_insert_with(|| State::new(at));
        state.advance(at);
        state.apply(&event);
    }
    let mut state = state.expect("lines");
    state.advance(until.unwrap_or(state.now()));
    state
}

fn bytes(player: Player) -> Vec<u8> {
    player.store.read(|store| snapshot::save(store.state(), 0))
}

async fn read(player: Player) {
    until("the recording is read", || player.progress.with_untracked(|progress| progress.ready.is_some()))
        .await;
}

/// Compresses through the browser.
async fn packed(text: &str, format: &str) -> Blob {
    let made: Function = js_sys::Reflect::get(&js_sys::global(), &"CompressionStream".into())
        .expect("a compressor")
        .unchecked_into();
    let pair: ReadableWritablePair = js_sys::Reflect::construct(&made, &Array::of1(&format.into()))
        .expect("a compressor")
        .unchecked_into();
    let stream = blob(text).stream().pipe_through(&pair);
    let response = crate::support::run("return new Response(a).blob()", &[&stream.into()]);
    let promise: js_sys::Promise = response.into();
    wasm_bindgen_futures::JsFuture::from(promise).await.expect("bytes").unchecked_into()
}

/// The lowest bytes of a length.
fn low<const N: usize>(length: usize) -> [u8; N] {
    std::array::from_fn(|at| length.to_le_bytes()[at])
}

/// An archive with one file, packed by `method`.
async fn archive(name: &str, data: Blob, method: u16, flags: u16) -> Blob {
    let data = pieces::bytes(&data, 0, pieces::length(&data)).await.expect("bytes");
    let (size, length) = (low::<4>(data.len()), low::<2>(name.len()));
    let fields = [&[20, 0], &flags.to_le_bytes()[..], &method.to_le_bytes(), &[0; 8], &size, &size, &length];
    let mut zip = [b"PK\x03\x04", &fields.concat()[..], &[0, 0], name.as_bytes(), &data].concat();
    let start = low::<4>(zip.len());
    let list = [b"PK\x01\x02\x14\x00", &fields.concat()[..], &[0; 16], name.as_bytes()].concat();
    let list_length = low::<4>(list.len());
    zip.extend(list);
    zip.extend([b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &list_length[..], &start, &[0, 0]].concat());
    let array = js_sys::Uint8Array::from(zip.as_slice());
    Blob::new_with_buffer_source_sequence(&Array::of1(&array.into())).expect("a blob")
}

#[wasm_bindgen_test]
async fn a_state_at_any_time_is_that_of_a_fresh_reading() {
    let owner = Owner::new();
    let text = lines(2000);
    let player = owner.with(|| Player::open(files(&text)));
    read(player).await;
    assert!(bytes(player) == snapshot::save(&fresh(&text, None), 0));
    for ms in [400_000, 0, 99_900, 499_750, 100_000] {
        let at = Ts(START_NS + ms * 1_000_000);
        player.seek(at);
        until("the playhead is there", || !player.seeking.get_untracked()).await;
        assert_eq!(player.playhead.get_untracked(), at);
        assert!(bytes(player) == snapshot::save(&fresh(&text, Some(at)), 0), "after {ms} ms");
    }
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn snapshots_on_the_way_are_bounded_and_change_nothing() {
    let owner = Owner::new();
    let text = lines(6_000);
    let player = owner.with(|| Player::open(files(&text)));
    read(player).await;
    assert!(player.kept_bytes() <= 96 << 20);
    for seconds in [800, 700, 1_200] {
        let at = Ts(START_NS + seconds * 1_000_000_000);
        player.seek(at);
        until("the playhead is there", || !player.seeking.get_untracked()).await;
        assert!(bytes(player) == snapshot::save(&fresh(&text, Some(at)), 0), "after {seconds} s");
    }
    assert!(player.kept_bytes() > 0, "a seek that went far leaves a snapshot");
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn windows_end_at_the_playhead_between_two_lines_too() {
    let owner = Owner::new();
    let text = lines(400);
    let player = owner.with(|| Player::open(files(&text)));
    read(player).await;
    // All between the same two lines, forwards and back.
    for ms in [50_010, 50_240, 50_030, 50_000, 50_249] {
        let at = Ts(START_NS + ms * 1_000_000);
        player.seek(at);
        until("the playhead is there", || !player.seeking.get_untracked()).await;
        assert_eq!(player.store.read(|store| store.state().now()), at);
        assert!(bytes(player) == snapshot::save(&fresh(&text, Some(at)), 0), "after {ms} ms");
    }
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn the_lines_before_the_playhead_are_held_where_they_are_wanted() {
    let owner = Owner::new();
    let text = lines(4_000);
    let player = owner.with(|| Player::open(files(&text)));
    read(player).await;
    let held = || {
        player.store.read(|store| {
            let lines = store.lines();
            let raw = |seq| lines.get(seq).map(|line| line.original().into_owned() + "\n");
            let all: Vec<String> = (lines.first()..lines.next()).filter_map(raw).collect();
            all
        })
    };
    assert!(held().is_empty(), "nobody asked for them");
    player.hold_lines(true);
    for lines in [4_000, 2_500, 2_501, 10, 3_000] {
        player.seek(Ts(START_NS + (lines - 1) * 250_000_000));
        until("the playhead is there", || !player.seeking.get_untracked()).await;
        let held = held();
        assert_eq!(held.last(), Some(&line(lines - 1)));
        let count = i64::try_from(held.len()).expect("no more lines than there are");
        assert!(count >= 500.min(lines), "{count} lines before the line {lines}");
        assert!(
            held == (lines - count..lines).map(line).collect::<Vec<_>>(),
            "a gap before the line {lines}"
        );
    }
    player.hold_lines(false);
    assert!(held().is_empty());
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn a_slice_ends_by_the_clock_and_what_waits_goes_first() {
    let slices = Slices::default();
    assert!(!slices.go_on(), "work begins with a turn");
    assert!(slices.turn().await);
    assert!(slices.go_on() && !slices.turn().await, "within a slice nobody waits");
    let ends = crate::browser::monotonic_ms() + 10.0 * SLICE_MS;
    while slices.go_on() {
        assert!(crate::browser::monotonic_ms() < ends, "the slice does not end");
    }
    let served = std::rc::Rc::new(std::cell::Cell::new(false));
    let serve = std::rc::Rc::clone(&served);
    wasm_bindgen_futures::spawn_local(async move {
        super::turn::turn().await;
        serve.set(true);
    });
    // What was spawned asks for its turn now, before the slice does.
    let now = js_sys::Promise::resolve(&wasm_bindgen::JsValue::NULL);
    wasm_bindgen_futures::JsFuture::from(now).await.expect("a promise");
    assert!(slices.turn().await);
    assert!(served.get(), "the work went on before what waited");
}

#[wasm_bindgen_test]
async fn a_newer_seek_ends_an_older_one() {
    let owner = Owner::new();
    let text = lines(2000);
    let player = owner.with(|| Player::open(files(&text)));
    read(player).await;
    let last = Ts(START_NS + 77_000_000_000);
    for seconds in [300, 10, 200] {
        player.seek(Ts(START_NS + seconds * 1_000_000_000));
    }
    player.seek(last);
    until("the playhead is there", || !player.seeking.get_untracked()).await;
    assert_eq!(player.playhead.get_untracked(), last);
    assert!(bytes(player) == snapshot::save(&fresh(&text, Some(last)), 0));
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn a_recording_may_be_closed_while_it_is_read() {
    let owner = Owner::new();
    let library = owner.with(Library::new);
    let id = library.open(files(&lines(5_000))).expect("room");
    library.shown.set(Shown::One(id));
    library.close(id);
    assert!(library.opened.with_untracked(Vec::is_empty));
    assert_eq!(library.shown.get_untracked(), Shown::List);
    let next = library.open(files(&lines(10))).expect("room");
    let player = library.find(next).expect("the next one").player;
    read(player).await;
    assert_eq!(player.account().lines_total(), 10);
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn no_more_recordings_are_open_than_may_be() {
    let owner = Owner::new();
    let library = owner.with(Library::new);
    let ids: Vec<u32> = (0..Library::LIMIT).filter_map(|_| library.open(files(&lines(3)))).collect();
    assert_eq!(ids.len(), Library::LIMIT);
    assert_eq!(library.open(files(&lines(3))), None);
    assert!(library.problems.with_untracked(|problems| problems[0].reason.contains("close one")));
    library.close(ids[0]);
    assert!(library.open(files(&lines(3))).is_some(), "there is room again");
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn compressed_parts_and_archives_are_read_like_plain_files() {
    let text = lines(500);
    let gz = packed(&text, "gzip").await;
    let deflated = packed(&text, "deflate-raw").await;
    let inside = "20261120-100000/aurora_events.jsonl";
    for file in [
        given("s/aurora_events.jsonl.gz", gz.clone()),
        given("s.zip", archive(inside, blob(&text), 0, 0).await),
        given("s.zip", archive(inside, deflated, 8, 0).await),
        given("s.ZIP", archive("orders/aurora_events.jsonl.gz", gz, 0, 0).await),
    ] {
        let found = found(vec![file]).await;
        assert_eq!(found.problems, []);
        let owner = Owner::new();
        let player = owner.with(|| Player::open(found.sessions[0].clone()));
        read(player).await;
        assert!(bytes(player) == snapshot::save(&fresh(&text, None), 0));
        owner.cleanup();
    }
}

/// One file after the other.
fn joined(blobs: &[&Blob]) -> Blob {
    Blob::new_with_blob_sequence(&blobs.iter().copied().collect::<Array>()).expect("a blob")
}

#[wasm_bindgen_test]
async fn a_gzip_of_several_members_is_read_to_its_end() {
    let text = lines(900);
    let at = [0, line(0).len() * 2 + 7, text.len() / 2, text.len()];
    let mut members = Vec::new();
    for part in at.windows(2) {
        members.push(packed(&text[part[0]..part[1]], "gzip").await);
    }
    members.insert(1, packed("", "gzip").await);
    let file = joined(&members.iter().collect::<Vec<_>>());
    let found = found(vec![given("s/aurora_events.jsonl.gz", file)]).await;
    assert_eq!(found.problems, []);
    let unpacked = pieces::bytes(&found.sessions[0].parts[0].blob, 0, text.len() as u64 + 1).await;
    assert!(unpacked.expect("bytes") == text.as_bytes());
}

#[wasm_bindgen_test]
async fn a_member_that_is_damaged_ends_the_file_and_is_said() {
    let (good, bad) = (packed(&lines(50), "gzip").await, packed(&lines(5_000), "gzip").await);
    let cut = pieces::slice(&bad, 0, pieces::length(&bad) / 2).expect("a slice");
    let file = joined(&[&good, &cut, &good]);
    let found = found(vec![given("s/aurora_events.jsonl.gz", file)]).await;
    assert_eq!(found.problems.len(), 1);
    assert!(found.problems[0].reason.contains("breaks off"), "{:?}", found.problems);
    assert!(found.sessions[0].parts[0].part.bytes >= lines(50).len() as u64);
    assert!(found.sessions[0].parts[0].part.unfinished);
}

#[wasm_bindgen_test]
async fn what_only_looks_like_a_member_inside_of_one_is_read_over() {
    // The header of a member stands in the name field of this one, which its begin says it has.
    let text = lines(20);
    let whole = packed(&text, "gzip").await;
    let mut bytes = pieces::bytes(&whole, 0, pieces::length(&whole)).await.expect("bytes");
    bytes[3] |= 8;
    let name = [0x1f, 0x8b, 8, 1, 1, 1, 1, 1, 2, 3, 0];
    bytes.splice(10..10, name);
    let array = js_sys::Uint8Array::from(bytes.as_slice());
    let file = Blob::new_with_buffer_source_sequence(&Array::of1(&array.into())).expect("a blob");
    let found = found(vec![given("s/aurora_events.jsonl.gz", file)]).await;
    assert_eq!(found.problems, []);
    assert_eq!(found.sessions[0].parts[0].part.bytes, text.len() as u64);
}

#[wasm_bindgen_test]
async fn what_cannot_be_read_is_named_with_the_reason() {
    let whole = packed(&lines(20_000), "gzip").await;
    let cut = pieces::slice(&whole, 0, pieces::length(&whole) / 2).expect("a slice");
    let found = found(vec![
        given("secret.zip", archive("aurora_events.jsonl", blob("x"), 0, 1).await),
        given("none.zip", blob("no zip")),
        given("notes.txt", blob("mine")),
        given("aurora_events.jsonl.lock", blob("")),
        given("s/aurora_events.jsonl.gz", cut),
        given("s/orders.jsonl", blob("{}\n")),
    ])
    .await;
    let said = |path: &str| {
        let problem = found.problems.iter().find(|problem| problem.path.starts_with(path));
        problem.map(|problem| problem.reason.clone()).unwrap_or_default()
    };
    assert!(said("secret").contains("encrypted"), "{:?}", found.problems);
    assert!(said("none.zip").contains("no zip archive"), "{:?}", found.problems);
    assert!(said("notes.txt").contains("no session log"), "{:?}", found.problems);
    assert!(said("s/aurora_events.jsonl.gz").contains("breaks off"), "{:?}", found.problems);
    assert_eq!(found.problems.len(), 4, "{:?}", found.problems);
    assert_eq!(found.sessions.iter().map(|session| session.parts.len()).collect::<Vec<_>>(), [2]);
}

#[wasm_bindgen_test]
async fn a_file_that_shrinks_while_it_is_read_is_said() {
    let owner = Owner::new();
    let text = lines(10);
    let mut short = files(&text);
    short.parts[0].part.bytes += 100;
    let player = owner.with(|| Player::open(short));
    read(player).await;
    assert_eq!(player.account().lines_total(), 10);
    assert_eq!(player.problems().len(), 1);
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn nothing_to_read_is_said() {
    let found = found(vec![]).await;
    assert!(found.sessions.is_empty());
    assert_eq!(found.problems.len(), 1);
}
