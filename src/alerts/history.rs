//! What fired and when: one episode from the time that an alert fires until it ends.
//!
//! Invariants: at most [`LIMIT`] episodes of at most [`DAYS`] days; of one alert at most one is open. An episode that was open when
//! the page was left goes on where its alert fires or is pending again, and has ended where it is not.

use std::collections::BTreeSet;

use aurora_domain::{
    Ts,
    rules::{Alert, AlertState},
};
use serde_json::{Value, json};

use super::model;

/// How many episodes are kept at most; the oldest give way.
pub(super) const LIMIT: usize = 1_000;
/// For how many days.
pub(super) const DAYS: i64 = 30;
/// Two tabs judge the same; what they see of one alert within so many milliseconds is one episode.
const SAME_MS: i64 = 5_000;

/// An alert from when it fired on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Episode {
    /// The alert: [`model::key`].
    pub(crate) key: String,
    /// Its rule's name.
    pub(crate) name: String,
    /// `critical`, `warning`, …
    pub(crate) severity: String,
    /// What was wrong.
    pub(crate) summary: String,
    /// When it fired, in Unix milliseconds.
    pub(crate) fired_ms: i64,
    /// When it ended.
    pub(crate) ended_ms: Option<i64>,
    /// Whether it ended while no page judged, at some time before `ended_ms`.
    pub(crate) ended_unseen: bool,
    /// When somebody took it on.
    pub(crate) acknowledged_ms: Option<i64>,
}

impl Episode {
    fn begin(alert: &Alert) -> Self {
        Self {
            key: model::key(&alert.labels),
            name: alert.name.clone(),
            severity: alert.severity().to_owned(),
            summary: alert.annotation("summary").to_owned(),
            fired_ms: alert.since.millis(),
            ended_ms: None,
            ended_unseen: false,
            acknowledged_ms: None,
        }
    }

    /// Under which it is kept. Ids sort by time.
    pub(crate) fn id(&self) -> String {
        format!("{:015} {}", self.fired_ms, self.key)
    }

    /// As it is kept.
    pub(super) fn to_json(&self) -> String {
        json!({
            "key": self.key, "name": self.name, "severity": self.severity, "summary": self.summary,
            "fired_ms": self.fired_ms, "ended_ms": self.ended_ms, "ended_unseen": self.ended_unseen,
            "acknowledged_ms": self.acknowledged_ms,
        })
        .to_string()
    }

    fn of_json(text: &str) -> Option<Self> {
        let kept: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| Some(kept.get(name)?.as_str()?.to_owned());
        let time = |name: &str| kept.get(name).and_then(Value::as_i64);
        Some(Self {
            key: text("key")?,
            name: text("name")?,
            severity: text("severity")?,
            summary: text("summary")?,
            fired_ms: time("fired_ms")?,
            ended_ms: time("ended_ms"),
            ended_unseen: kept.get("ended_unseen").and_then(Value::as_bool).unwrap_or(false),
            acknowledged_ms: time("acknowledged_ms"),
        })
    }
}

/// Those of `texts` that can be read and are not too many or too old, the oldest first.
pub(super) fn read(texts: &[String], now_ms: i64) -> Vec<Episode> {
    let mut all: Vec<Episode> = texts.iter().filter_map(|text| Episode::of_json(text)).collect();
    all.sort_by_key(Episode::id);
    let mut once: Vec<Episode> = Vec::with_capacity(all.len());
    for episode in all {
        let is_known =
            |known: &&mut Episode| known.key == episode.key && episode.fired_ms - known.fired_ms <= SAME_MS;
        match once.iter_mut().rev().find(is_known) {
            // The tab that lived longer knows the end.
            Some(known) => known.ended_ms = known.ended_ms.max(episode.ended_ms),
            None => once.push(episode),
        }
    }
    let mut history = History::new(once);
    history.bound(now_ms);
    history.episodes
}

/// The ids of those of `texts` that were left out of `known`.
pub(super) fn surplus(texts: &[String], known: &[Episode]) -> Vec<String> {
    let kept: BTreeSet<String> = known.iter().map(Episode::id).collect();
    let ids = texts.iter().filter_map(|text| Some(Episode::of_json(text)?.id()));
    ids.filter(|id| !kept.contains(id)).collect()
}

/// All episodes.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// The oldest first.
    episodes: Vec<Episode>,
    /// Alerts whose open episode is of an earlier page, and that have not fired in this one.
    earlier: BTreeSet<String>,
}

impl History {
    /// Goes on from what is known.
    pub(super) fn new(episodes: Vec<Episode>) -> Self {
        let open = episodes.iter().filter(|episode| episode.ended_ms.is_none());
        let earlier = open.map(|episode| episode.key.clone()).collect();
        Self { episodes, earlier }
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> &[Episode] {
        &self.episodes
    }

    /// Those of `alerts` that fire as they did in an earlier page.
    pub(super) fn come_again(&self, alerts: &[Alert]) -> Vec<Alert> {
        let is_known = |alert: &&Alert| {
            alert.state == AlertState::Firing && self.earlier.contains(&model::key(&alert.labels))
        };
        alerts.iter().filter(is_known).cloned().collect()
    }

    /// The episodes that begin or end at `now`, when `alerts` are all that there are.
    pub(super) fn step(&mut self, now: Ts, alerts: &[Alert]) -> Vec<Episode> {
        let (mut firing, mut pending) = (BTreeSet::new(), BTreeSet::new());
        let mut changed = Vec::new();
        for alert in alerts.iter().filter(|alert| !model::is_watchdog(alert)) {
            let key = model::key(&alert.labels);
            match alert.state {
                AlertState::Firing => {
                    self.earlier.remove(&key);
                    if self.open(&key).is_none() {
                        let episode = Episode::begin(alert);
                        self.episodes.push(episode.clone());
                        changed.push(episode);
                    }
                    firing.insert(key);
                }
                AlertState::Pending => drop(pending.insert(key)),
                AlertState::Resolved => {}
            }
        }
        for episode in self.episodes.iter_mut().filter(|episode| episode.ended_ms.is_none()) {
            let is_earlier = self.earlier.contains(&episode.key);
            if firing.contains(&episode.key) || (is_earlier && pending.contains(&episode.key)) {
                continue;
            }
            self.earlier.remove(&episode.key);
            episode.ended_ms = Some(now.millis().max(episode.fired_ms));
            episode.ended_unseen = is_earlier;
            changed.push(episode.clone());
        }
        changed
    }

    fn open(&mut self, key: &str) -> Option<&mut Episode> {
        self.episodes.iter_mut().rev().find(|episode| episode.key == key && episode.ended_ms.is_none())
    }

    /// When somebody took on what is open of an alert.
    pub(super) fn acknowledged(&self, key: &str) -> Option<i64> {
        let open = |episode: &&Episode| episode.key == key && episode.ended_ms.is_none();
        self.episodes.iter().rev().find(open)?.acknowledged_ms
    }

    /// Somebody has taken an alert on.
    pub(super) fn acknowledge(&mut self, key: &str, now_ms: i64) -> Option<Episode> {
        let episode = self.open(key)?;
        episode.acknowledged_ms.get_or_insert(now_ms);
        Some(episode.clone())
    }

    /// Forgets what is too old or too much, and returns its ids.
    pub(super) fn bound(&mut self, now_ms: i64) -> Vec<String> {
        let oldest_ms = now_ms - DAYS * 86_400_000;
        let old = self.episodes.iter().take_while(|episode| episode.fired_ms < oldest_ms).count();
        let gone = old.max(self.episodes.len().saturating_sub(LIMIT));
        self.episodes.drain(..gone).map(|episode| episode.id()).collect()
    }

    /// Forgets what has ended, and returns the ids.
    pub(super) fn clear(&mut self) -> Vec<String> {
        let (open, ended) =
            std::mem::take(&mut self.episodes).into_iter().partition(|episode| episode.ended_ms.is_none());
        self.episodes = open;
        let ended: Vec<Episode> = ended;
        ended.iter().map(Episode::id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn episode(name: &str, fired_ms: i64, ended_ms: Option<i64>) -> Episode {
        Episode {
            key: format!("alertname={name:?}"),
            name: name.to_owned(),
            severity: "critical".to_owned(),
            summary: "It is \"wrong\"".to_owned(),
            fired_ms,
            ended_ms,
            ended_unseen: false,
            acknowledged_ms: Some(5),
        }
    }

    fn names(episodes: &[Episode]) -> Vec<(&str, i64)> {
        episodes.iter().map(|episode| (episode.name.as_str(), episode.fired_ms)).collect()
    }

    #[wasm_bindgen_test]
    fn an_episode_is_read_as_it_was_kept_and_what_is_none_is_left_out() {
        let kept = [episode("B", 9_000, Some(9_500)), episode("A", 1_000, None)];
        let mut texts: Vec<String> = kept.iter().map(Episode::to_json).collect();
        texts.push("{}".to_owned());
        assert_eq!(read(&texts, 10_000), [kept[1].clone(), kept[0].clone()]);
    }

    #[wasm_bindgen_test]
    fn what_two_tabs_saw_is_one_episode() {
        let texts = [episode("A", 1_000, None), episode("A", 2_000, Some(8_000)), episode("A", 20_000, None)];
        let texts: Vec<String> = texts.iter().map(Episode::to_json).collect();
        let known = read(&texts, 30_000);
        assert_eq!(names(&known), [("A", 1_000), ("A", 20_000)]);
        assert_eq!(known[0].ended_ms, Some(8_000));
        assert_eq!(surplus(&texts, &known), [episode("A", 2_000, None).id()]);
    }

    #[wasm_bindgen_test]
    fn the_history_is_bounded_by_count_and_by_age() {
        let month_ms = DAYS * 86_400_000;
        let many: Vec<Episode> =
            (0..1_100).map(|at| episode(&format!("A{at}"), month_ms + at * 10_000, Some(0))).collect();
        let texts: Vec<String> = many.iter().map(Episode::to_json).collect();
        let known = read(&texts, 2 * month_ms);
        assert_eq!((known.len(), known[0].name.as_str()), (LIMIT, "A100"));
        assert_eq!(surplus(&texts, &known).len(), 100);
        assert_eq!(read(&texts, 2 * month_ms + 1_099 * 10_000).len(), 1, "as old as it may be");
    }
}
