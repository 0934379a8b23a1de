//! What there is to tell of alerts: that one fires, that it no longer does, and that one keeps going to and fro.
//!
//! Invariants: `now` is an argument. What fires is told once and not again while it fires; what was told to fire is told
//! to have ended, also where its rule is gone. An alert that changes [`FLAPPING_CHANGES`] times within
//! [`FLAPPING_WINDOW_SECONDS`] flaps: that is told once, and nothing more until it has stayed as it is for
//! [`FLAPPING_QUIET_SECONDS`]. Two rules whose alerts have the same labels are one alert here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    Ts,
    rules::{Alert, AlertState, Labels},
};

/// So many changes, of an alert that begins to fire or ends, make it flap.
pub const FLAPPING_CHANGES: usize = 5;
/// Within so many seconds.
pub const FLAPPING_WINDOW_SECONDS: i64 = 900;
/// An alert that has not changed for so many seconds no longer flaps.
pub const FLAPPING_QUIET_SECONDS: i64 = 300;

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It fires.
    Fires,
    /// It fires, and has begun and ended so often lately that it is not told each time.
    Flaps,
    /// It fires no more.
    Ends,
}

/// Something to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// What became of it.
    pub turn: Turn,
    /// When.
    pub at: Ts,
    /// The alert; where it ended, as it was last known.
    pub alert: Alert,
}

/// Knows what was told.
#[derive(Clone, Debug, Default)]
pub struct Teller {
    known: BTreeMap<Labels, Known>,
}

/// What is known of one alert.
#[derive(Clone, Debug)]
struct Known {
    alert: Alert,
    fires: bool,
    /// Told to fire, and not told to have ended.
    told: bool,
    flaps: bool,
    /// When it changed, the newest last.
    changes: VecDeque<Ts>,
}

impl Teller {
    /// What is to be told at `now` of `alerts`, which are all that there are.
    pub fn look(&mut self, now: Ts, alerts: &[Alert]) -> Vec<News> {
        let firing = alerts.iter().filter(|alert| alert.state == AlertState::Firing);
        let mut seen = BTreeSet::new();
        for alert in firing.filter(|alert| seen.insert(&alert.labels)) {
            match self.known.get_mut(&alert.labels) {
                Some(known) => known.alert.clone_from(alert),
                None => drop(self.known.insert(alert.labels.clone(), Known::new(alert))),
            }
        }
        let mut news = Vec::new();
        self.known.retain(|labels, known| {
            if let Some(turn) = known.change(now, seen.contains(labels)) {
                news.push(News { turn, at: now, alert: known.alert.clone() });
            }
            known.fires || known.told || !known.changes.is_empty()
        });
        news
    }

    /// Those of these alerts that fire were told before, by an earlier one that knew them.
    pub fn assume_told(&mut self, alerts: &[Alert]) {
        for alert in alerts.iter().filter(|alert| alert.state == AlertState::Firing) {
            let known = Known { fires: true, told: true, ..Known::new(alert) };
            self.known.insert(alert.labels.clone(), known);
        }
    }

    /// What was told to fire and not to have ended.
    pub fn told(&self) -> impl Iterator<Item = &Alert> {
        self.known.values().filter(|known| known.told).map(|known| &known.alert)
    }

    /// How many alerts flap.
    pub fn flapping(&self) -> usize {
        self.known.values().filter(|known| known.flaps).count()
    }
}

impl Known {
    fn new(alert: &Alert) -> Self {
        Self { alert: alert.clone(), fires: false, told: false, flaps: false, changes: VecDeque::new() }
    }

    /// It fires now or not: what is to be told.
    fn change(&mut self, now: Ts, fires: bool) -> Option<Turn> {
        let since = |at: Ts| now.second() - at.second();
        if self.fires != fires {
            self.fires = fires;
            self.changes.push_back(now);
        }
        while self.changes.front().is_some_and(|at| since(*at) > FLAPPING_WINDOW_SECONDS) {
            self.changes.pop_front();
        }
        if self.changes.len() > FLAPPING_CHANGES {
            self.changes.pop_front();
        }
        let quiet = self.changes.back().is_none_or(|at| since(*at) >= FLAPPING_QUIET_SECONDS);
        if self.flaps && !quiet {
            return None;
        }
        self.flaps = !quiet && self.changes.len() >= FLAPPING_CHANGES;
        let turn = match (self.flaps, self.told, fires) {
            (true, ..) => Turn::Flaps,
            (false, false, true) => Turn::Fires,
            (false, true, false) => Turn::Ends,
            (false, ..) => return None,
        };
        self.told = turn != Turn::Ends;
        Some(turn)
    }
}

#[cfg(test)]
mod tests;
