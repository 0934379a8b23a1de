//! The frame: what is refused before anything of the body is read, and the fingerprints of layouts.

use aurora_domain::{Filter, LatencyKind, Span, State};
use aurora_wire::{LoadError, minutes, snapshot};
use xxhash_rust::xxh3::xxh3_64;

use crate::example::{START, state};

/// Every version of the snapshot's layout with the fingerprint of the example in it.
///
/// Where the test below fails and the layout changed: raise [`snapshot::VERSION`] and add a line. Where only what is counted
/// changed, and not one part of it, replace the last fingerprint.
const SNAPSHOTS: [(u32, u64); 2] = [(1, 0xd814_d00b_9ab0_ec2f), (2, 0xd05e_5aeb_9f98_9b93)];
/// The same for minutes.
const MINUTES: [(u32, u64); 1] = [(1, 0x7df2_11fd_a6a9_9c23)];

fn check_fingerprint(versions: &[(u32, u64)], version: u32, bytes: &[u8]) {
    let found = xxh3_64(bytes);
    assert_eq!(
        versions.last(),
        Some(&(version, found)),
        "the layout changed: found {found:#018x}; see SNAPSHOTS above"
    );
    assert!(versions.is_sorted_by(|one, next| one.0 < next.0));
}

#[test]
fn the_layout_changes_with_its_version_only() {
    let mut state = state(600);
    check_fingerprint(&SNAPSHOTS, snapshot::VERSION, &snapshot::save(&state, 7));
    let waiting = state.drain_minutes(None);
    check_fingerprint(&MINUTES, minutes::VERSION, &minutes::save(&waiting, &state.speakers(), 7));
}

#[test]
fn the_example_has_something_in_every_part() {
    let state = state(600);
    let (protection, governance) = (state.protection(), state.governance());
    let counts = [
        ("denials", state.orders().deny_reasons(Span::Session).len()),
        ("latencies", LatencyKind::ALL.iter().filter_map(|kind| state.latency().speaker(*kind)).count() / 6),
        ("symbols", state.scopes().symbols().len()),
        ("minutes", state.minutes().waiting()),
        ("breaker", protection.breaker_history().len()),
        ("guards", protection.counts(Span::Session).len()),
        ("health", protection.health().len()),
        ("tests", governance.path().len()),
        ("scores", usize::from(governance.alpha_score.is_some())),
        ("transitions", governance.transitions().len()),
        ("steps", state.funnel(Span::Session).iter().filter(|(_, reached)| reached.is_some()).count() / 7),
        ("drop-outs", state.drop_outs(Span::Session).len()),
        ("reasons", state.reasons_in(Span::Session, Filter::ALL).len()),
        ("money", state.trade_by_symbol(Span::Session).iter().filter(|of| of.realised.is_some()).count()),
        ("quotes", state.market().quotes().iter().filter(|(_, quote)| quote.book.is_some()).count()),
        ("risk", state.risk().gauges().len()),
        ("operators", usize::from(state.operations().config().is_some())),
        ("acts", state.operations().acts().len()),
        ("armings", protection.armings().len()),
        ("unknown", state.session().unknown_codes().len()),
    ];
    for (part, count) in counts {
        assert!(count > 0, "nothing in {part}");
    }
    let queries = state.service().queries(Span::Session);
    assert!(queries.count > 0 && state.service().http_requests(Span::Session) > 0);
    assert!(state.orders().pending(state.now()).unknown > 0 && state.routes().maker > 0);
    assert!(
        state.explained(Span::Session).explained > 0 && state.provenance(Span::Session).ratio().is_some()
    );
}

fn check_refused(bytes: &[u8], expected: &LoadError) {
    assert_eq!(snapshot::load(bytes).err().as_ref(), Some(expected));
}

#[test]
fn what_is_no_snapshot_is_told_apart_from_what_is_damaged() {
    let name = "snapshot";
    let good = snapshot::save(&State::new(START), 1);
    check_refused(b"", &LoadError::OtherKind { name });
    check_refused(b"{\"id\":1,\"source\":\"x\"}", &LoadError::OtherKind { name });
    check_refused(
        &minutes::save([].iter(), &State::new(START).speakers(), 1),
        &LoadError::OtherKind { name },
    );
    let mut other = good.clone();
    other[8] = 9;
    check_refused(&other, &LoadError::Version { name, found: 9, reads: snapshot::VERSION });
    let length = good.len() as u64;
    check_refused(&good[..40], &LoadError::Length { name, found: 40, expected: length });
    check_refused(&good[..20], &LoadError::Length { name, found: 20, expected: 28 });
    let longer = [good.as_slice(), b"x"].concat();
    check_refused(&longer, &LoadError::Length { name, found: length + 1, expected: length });
    let mut flipped = good;
    flipped[50] ^= 4;
    check_refused(&flipped, &LoadError::Checksum { name });
}

#[test]
fn errors_say_what_it_is_and_what_to_do() {
    let error = LoadError::Version { name: "snapshot", found: 2, reads: 1 };
    assert_eq!(
        error.to_string(),
        "this snapshot has version 2, and this program reads version 1: make a new one"
    );
}
