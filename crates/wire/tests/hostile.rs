//! Bytes that nobody wrote: never a panic, and never more memory than a bound that grows with their number.

#[cfg(test)]
#[path = "stored/example.rs"]
mod example;

use std::sync::{Mutex, PoisonError};

use aurora_wire::{LoadError, minutes, snapshot};
use peak_alloc::PeakAlloc;
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use xxhash_rust::xxh3::xxh3_64;

use example::state;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const HEADER: usize = 28;

/// What a state takes that has every ring, table and histogram, and nothing in them.
const EMPTY_BYTES: usize = 16 << 20;
/// What a byte may become: a reference to a key makes an entry of a table and of its index.
const BYTES_PER_BYTE: usize = 200;

#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u8),
    Set(usize, u8),
    Remove(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize, usize),
    Cut(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = || any::<usize>();
    let change = prop_oneof![
        4 => (at(), 0..8_u32).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        4 => (at(), prop_oneof![Just(0), Just(0xff), Just(0x7f), Just(0x80), any::<u8>()])
            .prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => (at(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (at(), vec(prop_oneof![Just(0xff), any::<u8>()], 1..12)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (at(), 1..40_usize, 1..2_000_usize).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        1 => at().prop_map(Change::Cut),
    ];
    vec(change, 1..5)
}

fn changed(body: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut body = body.to_vec();
    for change in changes {
        let length = body.len().max(1);
        match change {
            Change::Flip(at, bit) => body.iter_mut().skip(at % length).take(1).for_each(|byte| *byte ^= bit),
            Change::Set(at, set) => body.iter_mut().skip(at % length).take(1).for_each(|byte| *byte = *set),
            Change::Remove(at, count) => {
                let at = (at % length).min(body.len());
                body.drain(at..(at + count).min(body.len()));
            }
            Change::Insert(at, bytes) => {
                let at = (at % length).min(body.len());
                body.splice(at..at, bytes.iter().copied());
            }
            Change::Repeat(at, count, times) => {
                let at = (at % length).min(body.len());
                let part: Vec<u8> = body.iter().copied().skip(at).take(*count).collect();
                let part = part.repeat(*times);
                body.splice(at..at, part);
            }
            Change::Cut(at) => body.truncate(at % length),
        }
    }
    body
}

/// A frame around `body` as it should be, so that the body is what is judged.
fn framed(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = kind.iter().copied().take(12).collect();
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(xxh3_64(body).to_le_bytes());
    bytes.extend(body);
    bytes
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    if let Ok(loaded) = snapshot::load(bytes) {
        // What is let through is a state that can be stored and used.
        let mut state = loaded.state;
        if let Err(error) = snapshot::load(&snapshot::save(&state, 0)) {
            return Err(TestCaseError::fail(format!("it cannot be loaded again: {error}")));
        }
        for number in 0..40 {
            state.apply(&example::event(number));
        }
        state.advance(state.now().plus_seconds(2_000));
        snapshot::save(&state, 0);
    }
    drop(minutes::load(bytes));
    let grown = MEMORY.peak_usage().saturating_sub(before);
    let bound = EMPTY_BYTES + bytes.len() * BYTES_PER_BYTE;
    prop_assert!(grown <= bound, "{grown} bytes for {}, more than {bound}", bytes.len());
    Ok(())
}

/// Memory is counted for the whole process, so one test at a time.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn damaged_bytes_are_refused_without_panic_and_in_bounded_memory() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut example = state(600);
    let small = snapshot::save(&state(0), 1);
    let snapshot = snapshot::save(&example, 9);
    let stored = minutes::save(&example.drain_minutes(None), &example.speakers(), 9);
    let run = |name: &str, strategy: BoxedStrategy<Vec<u8>>| {
        let config =
            ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() };
        let result = TestRunner::new(config).run(&strategy, |bytes| check(&bytes));
        assert!(
            result.is_ok(),
            "{name}: {}",
            result.unwrap_err().to_string().chars().take(2_000).collect::<String>()
        );
    };
    run("random bytes", vec(any::<u8>(), 0..400).boxed());
    for (name, kind) in [("snapshot", &snapshot), ("empty snapshot", &small), ("minutes", &stored)] {
        let header = kind[..HEADER].to_vec();
        let kept = header.clone();
        run(name, vec(any::<u8>(), 0..400).prop_map(move |body| framed(&kept, &body)).boxed());
        let body = kind[HEADER..].to_vec();
        let damaged = changes().prop_map(move |changes| framed(&header, &changed(&body, &changes)));
        run(name, damaged.boxed());
    }
}

/// A list that claims to be as long as can be, in few bytes, at many places where a number may stand.
#[test]
fn a_claimed_length_is_not_believed() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let good = snapshot::save(&state(50), 1);
    for at in (HEADER..good.len()).step_by(5) {
        let mut body = good[HEADER..].to_vec();
        body.splice(at - HEADER..=at - HEADER, [0xff, 0xff, 0xff, 0xff, 0x0f]);
        let bytes = framed(&good, &body);
        check(&bytes).unwrap();
        if let Err(error) = snapshot::load(&bytes) {
            assert!(matches!(error, LoadError::Damaged { .. }), "{error}");
        }
    }
}
