//! How streams are decoded: the conformance vectors, bounds, and any cut.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The contract's, so that they are where the tests run.
const VECTORS: &str = include_str!("../../tests/vectors/sse.json");

#[derive(Debug, Default, PartialEq)]
struct Heard {
    events: Vec<(String, String, String)>,
    retry_ms: Option<u64>,
    oversized: u32,
    last_event_id: String,
}

fn hear(input: &[u8], chunk_bytes: usize) -> Heard {
    let mut decoder = Decoder::default();
    let mut heard = Heard::default();
    for chunk in input.chunks(chunk_bytes.max(1)) {
        decoder.feed(chunk, |item| match item {
            Item::Message(message) => heard.events.push((
                message.kind.to_owned(),
                String::from_utf8_lossy(message.data).into_owned(),
                message.id.to_owned(),
            )),
            Item::Retry(delay) => heard.retry_ms = Some(delay),
            Item::Oversized => heard.oversized += 1,
        });
    }
    heard.last_event_id = decoder.last_event_id().to_owned();
    heard
}

fn check_vector(vector: &Value, chunk_bytes: usize) {
    let name = vector["name"].as_str().unwrap();
    let heard = hear(vector["input"].as_str().unwrap().as_bytes(), chunk_bytes);
    let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    let expected: Vec<_> = vector["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (text(event, "type"), text(event, "data"), text(event, "id")))
        .collect();
    assert_eq!(heard.events, expected, "{name} in chunks of {chunk_bytes}");
    if let Some(retry) = vector.get("retry_ms") {
        assert_eq!(heard.retry_ms, retry.as_u64(), "{name}");
    }
    if let Some(id) = vector.get("last_event_id") {
        assert_eq!(Some(heard.last_event_id.as_str()), id.as_str(), "{name}");
    }
}

#[test]
fn conformance_vectors_pass_whole_byte_by_byte_and_in_threes() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 20);
    for vector in vectors {
        for chunk_bytes in [usize::MAX, 1, 3] {
            check_vector(vector, chunk_bytes);
        }
    }
}

#[test]
fn an_id_outlives_the_connection() {
    let mut decoder = Decoder::resuming("41");
    let mut ids = Vec::new();
    decoder.feed(b"data: x\n\nid: 42\ndata: y\n\n", |item| {
        if let Item::Message(message) = item {
            ids.push(message.id.to_owned());
        }
    });
    assert_eq!(ids, ["41", "42"]);
}

#[test]
fn an_event_that_is_too_large_is_skipped_and_said_and_the_next_one_is_whole() {
    let mut input = b"id: 1\ndata: ".to_vec();
    input.resize(input.len() + Decoder::MAX_EVENT_BYTES + 1, b'x');
    input.extend_from_slice(b"\n\nid: 2\ndata: fine\n\n");
    for chunk_bytes in [usize::MAX, 65_536] {
        let heard = hear(&input, chunk_bytes);
        assert_eq!(heard.oversized, 1, "chunks of {chunk_bytes}");
        assert_eq!(heard.events, [("message".to_owned(), "fine".to_owned(), "2".to_owned())]);
    }
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_changes_nothing(
        lines in prop::collection::vec(prop_oneof![
            Just("data: a"), Just("data:b"), Just("id: 7"), Just("event: x"), Just(""), Just(""), Just(": c"),
            Just("retry: 10"), Just("data: …"), Just("\u{feff}data: 1"),
        ], 0..20),
        endings in prop::collection::vec(prop_oneof![Just("\n"), Just("\r"), Just("\r\n")], 20),
        chunk_bytes in 1_usize..7,
    ) {
        let input: String = lines.iter().zip(&endings).flat_map(|(line, ending)| [*line, *ending]).collect();
        prop_assert_eq!(hear(input.as_bytes(), chunk_bytes), hear(input.as_bytes(), usize::MAX));
    }
}
