//! Moments that explain what charts show: what was switched, armed, halted, opened, and by whom.
//!
//! Invariants: in order of time; bounded, because each source is; what the bounds dropped is counted by
//! [`dropped`].

use crate::{
    BreakerState, State, governance::Governance, operations::Operations, protection::Protection, time::Ts,
};

/// What kind of moment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MomentKind {
    /// Another configuration.
    Configuration,
    /// Another mode of the governor.
    Governance,
    /// An operator's act.
    Operator,
    /// Trading armed, disarmed, halted or resumed.
    Arming,
    /// The circuit breaker changed.
    Breaker,
}

/// A moment and what happened in it, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Ts,
    /// What kind.
    pub kind: MomentKind,
    /// What happened.
    pub text: String,
}

/// All that the state still knows of.
pub(crate) fn of(state: &State) -> Vec<Moment> {
    let mut all = Vec::new();
    acts(state.operations(), &mut all);
    transitions(state.governance(), &mut all);
    armings(state.protection(), &mut all);
    breaker(state.protection(), &mut all);
    crate::sorting::by_key(&mut all, |moment| moment.at);
    all
}

/// How many moments are no longer known.
pub(crate) fn dropped(state: &State) -> u64 {
    let (operations, governance) = (state.operations(), state.governance());
    let protection = state.protection();
    let kept = [
        (operations.act_total(), operations.acts().len()),
        (governance.transition_total(), governance.transitions().len()),
        (protection.arming_changes(), protection.armings().len()),
        (protection.breaker_changes(), protection.breaker_history().len()),
    ];
    kept.into_iter().map(|(total, kept)| total.saturating_sub(kept as u64)).sum()
}

fn acts(operations: &Operations, all: &mut Vec<Moment>) {
    for act in operations.acts() {
        let is_switch = &*act.code == "CONFIG.SWITCHED";
        let (kind, text) = match act.label.as_deref() {
            Some(label) if is_switch => (MomentKind::Configuration, format!("switched to {label}")),
            None if is_switch => (MomentKind::Configuration, "switched".to_owned()),
            Some(label) => (MomentKind::Operator, format!("{} {label}", act.code)),
            None => (MomentKind::Operator, act.code.to_string()),
        };
        all.push(Moment { at: act.at, kind, text });
    }
}

fn transitions(governance: &Governance, all: &mut Vec<Moment>) {
    for transition in governance.transitions() {
        let mode = |mode: &Option<Box<str>>| mode.as_deref().unwrap_or("unknown").to_owned();
        let mut text = format!("{} to {}", mode(&transition.from), mode(&transition.to));
        if let Some(reason) = &transition.reason {
            text.push_str(": ");
            text.push_str(reason);
        }
        all.push(Moment { at: transition.at, kind: MomentKind::Governance, text });
    }
}

fn armings(protection: &Protection, all: &mut Vec<Moment>) {
    let mut before = (None, None);
    for change in protection.armings() {
        let word = |now: Option<bool>, before: Option<bool>, yes: &'static str, no: &'static str| {
            now.filter(|_| now != before).map(|now| if now { yes } else { no })
        };
        let halted = word(change.halted, before.1, "trading halted", "trading resumed");
        let armed = word(change.armed, before.0, "armed", "disarmed");
        let words: Vec<&str> = halted.into_iter().chain(armed).collect();
        if !words.is_empty() {
            all.push(Moment { at: change.at, kind: MomentKind::Arming, text: words.join(", ") });
        }
        before = (change.armed, change.halted);
    }
}

fn breaker(protection: &Protection, all: &mut Vec<Moment>) {
    for (state, at) in protection.breaker_history() {
        let text = match state {
            BreakerState::Closed => "breaker closed",
            BreakerState::HalfOpen => "breaker half open",
            BreakerState::Open => "breaker open",
        };
        all.push(Moment { at, kind: MomentKind::Breaker, text: text.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Event, Shape, Source};

    fn log(at: i64, text: &'static str) -> Event<'static> {
        let mut event = Event::bare(Source::Events, Shape::Canonical, Code::read(text), text);
        event.ts = Some(Ts(at * 1_000_000_000));
        event
    }

    #[test]
    fn moments_are_told_in_order_of_time() {
        let mut state = State::new(Ts(100_000_000_000));
        let switched = Event { label: Some("live.yaml".into()), ..log(7, "CONFIG.SWITCHED") };
        let transition = Event {
            label: Some("shadow".into()),
            mode: Some("canary".into()),
            reason: Some("green".into()),
            ..log(3, "GOVERNANCE.TRANSITION")
        };
        let opened = Event { breaker: Some(BreakerState::Open), ..log(5, "CIRCUIT_BREAKER.STATE") };
        for event in [
            switched,
            log(4, "AURORA.HALT"),
            transition,
            opened,
            log(9, "OPS.TOKEN_ROTATE"),
            log(8, "AURORA.RESUME"),
        ] {
            state.apply(&event);
        }
        let told: Vec<(i64, MomentKind, String)> = state
            .moments()
            .into_iter()
            .map(|moment| (moment.at.second(), moment.kind, moment.text))
            .collect();
        let expected = [
            (3, MomentKind::Governance, "shadow to canary: green"),
            (4, MomentKind::Arming, "trading halted"),
            (5, MomentKind::Breaker, "breaker open"),
            (7, MomentKind::Configuration, "switched to live.yaml"),
            (8, MomentKind::Arming, "trading resumed"),
            (9, MomentKind::Operator, "OPS.TOKEN_ROTATE"),
        ];
        assert_eq!(told, expected.map(|(at, kind, text)| (at, kind, text.to_owned())));
        assert_eq!(state.forgotten().moments, 0);
    }

    #[test]
    fn moments_beyond_the_bounds_are_counted() {
        let mut state = State::new(Ts(10_000_000_000_000));
        for at in 0..200 {
            state.apply(&log(at, "OPS.TOKEN_ROTATE"));
        }
        assert_eq!((state.moments().len(), state.forgotten().moments), (Operations::ACT_LIMIT, 72));
    }
}
