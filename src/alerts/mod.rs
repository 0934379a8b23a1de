//! Alerts in the page: what fires, who is told of it and in which way, what was silenced, acknowledged, and what fired before.
//!
//! Invariants: rules are judged here by the same engine and over the same figures as in the feed ([`judge`]); what is told is decided
//! by [`aurora_domain::telling`]; a silenced alert is told to nobody and stays visible; nothing is told in any way that the
//! reader has not asked for. Silences and thresholds belong to this device, and so does the history.

mod chosen;
mod database;
mod history;
mod judge;
mod model;
mod silence;
mod sound;
mod tell;

use std::rc::Rc;

use aurora_domain::{
    Ts,
    rules::{Group, Stretch},
    telling::News,
};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    browser,
    config::Settings,
    store::{Clock, Handle, Slice},
};
use database::Database;
use judge::Judge;

pub(crate) use chosen::{Change, GROUPS, Rules};
pub(crate) use history::Episode;
pub(crate) use judge::Course;
pub(crate) use model::{Listed, Shown, Standing};
pub(crate) use silence::Silence;
pub(crate) use tell::Ways;

/// All of it. Cheap to copy; lives as long as the reactive owner that it is made in.
#[derive(Clone, Copy)]
pub(crate) struct Alerting {
    /// What is firing and pending, firing ones first.
    pub(crate) shown: RwSignal<Vec<Shown>>,
    /// Silences that have not ended.
    pub(crate) silences: RwSignal<Vec<Silence>>,
    /// What fired, the oldest first.
    pub(crate) history: RwSignal<Vec<Episode>>,
    /// Which rules are in force.
    pub(crate) rules: RwSignal<Rules>,
    /// How the reader wants to be told.
    pub(crate) ways: RwSignal<Ways>,
    /// Why the reader is not told in a way that was asked for; empty where nothing is in the way.
    pub(crate) mute: RwSignal<&'static str>,
    /// Whether the history outlives the page; unknown while it is being opened.
    pub(crate) is_kept: RwSignal<Option<bool>>,
    /// When rules were last judged.
    pub(crate) judged: RwSignal<Option<Ts>>,
    judge: StoredValue<Judge, LocalStorage>,
    database: StoredValue<Option<Rc<Database>>, LocalStorage>,
    player: StoredValue<sound::Player, LocalStorage>,
}

impl Alerting {
    /// Judges what `store` has, once a second while it is live.
    pub(crate) fn start(store: Handle, settings: &Settings) -> Self {
        let rules = Rules::of(settings);
        let judge = Judge::new(rules.in_force());
        let alerting = Self {
            shown: RwSignal::new(Vec::new()),
            silences: RwSignal::new(silence::read(now_ms())),
            history: RwSignal::new(Vec::new()),
            rules: RwSignal::new(rules),
            ways: RwSignal::new(Ways::stored()),
            mute: RwSignal::new(""),
            is_kept: RwSignal::new(None),
            judged: RwSignal::new(None),
            judge: StoredValue::new_local(judge),
            database: StoredValue::new_local(None),
            player: StoredValue::new_local(sound::Player::default()),
        };
        alerting.remember();
        let second = store.select(&[Slice::Session, Slice::Link], |store| {
            let current = store.status().is_live() && store.live_clock() == Clock::Live;
            current.then(|| store.live_state().now().second())
        });
        Effect::new(move |_| {
            if second.get().is_some() && alerting.is_kept.get().is_some() {
                alerting.look(store);
            }
        });
        Effect::new(move |before: Option<Rules>| {
            let rules = alerting.rules.get();
            if before.is_some_and(|before| before != rules) {
                alerting.judge.update_value(|judge| judge.replace(rules.in_force()));
                alerting.show();
            }
            rules
        });
        alerting
    }

    /// Reads the history; rules are judged from then on, so that what fired before is not told again.
    fn remember(self) {
        spawn_local(async move {
            let opened = match Database::open().await {
                Ok(database) => database.all().await.ok().map(|texts| (database, texts)),
                Err(_) => None,
            };
            let known = opened.as_ref().map(|(_, texts)| history::read(texts, now_ms())).unwrap_or_default();
            if let Some((database, texts)) = &opened {
                for id in history::surplus(texts, &known) {
                    database.delete(&id);
                }
            }
            self.judge.try_update_value(|judge| judge.remember(known.clone()));
            self.history.try_set(known);
            let is_kept = opened.is_some();
            self.database.try_set_value(opened.map(|(database, _)| Rc::new(database)));
            self.is_kept.try_set(Some(is_kept));
        });
    }

    fn look(self, store: Handle) {
        self.end_silences();
        let silenced = self.silences.with_untracked(|all| silence::keys(all));
        let mut news = Vec::new();
        let mut changed = Vec::new();
        self.judge.update_value(|judge| {
            let now = store.read(|store| judge.observe(store));
            self.judged.set(Some(now));
            news = judge.news(now, &silenced);
            changed = judge.step_history(now);
        });
        self.keep(&changed);
        self.show();
        self.tell(&news);
    }

    /// Makes what is shown follow the judge.
    fn show(self) {
        let shown =
            self.judge.with_value(|judge| self.silences.with_untracked(|silences| judge.shown(silences)));
        if self.shown.with_untracked(|known| *known != shown) {
            self.shown.set(shown);
        }
    }

    /// Keeps episodes that are new or have changed, and forgets those that there is no room for.
    fn keep(self, changed: &[Episode]) {
        if changed.is_empty() {
            return;
        }
        let (all, gone) =
            self.judge.try_update_value(|judge| judge.bound_history(now_ms())).unwrap_or_default();
        self.history.set(all);
        self.database.with_value(|database| {
            let Some(database) = database else { return };
            for episode in changed {
                database.put(&episode.id(), &episode.to_json());
            }
            for id in gone {
                database.delete(&id);
            }
        });
    }

    fn tell(self, news: &[News]) {
        let Some(said) = tell::said(news) else { return };
        let ways = self.ways.get_untracked();
        if ways.desktop {
            browser::notify(&said.title, &said.text, "aurora-alerts");
        }
        if let Some(urgency) = said.urgency.filter(|_| ways.sound) {
            self.play(urgency);
        }
    }

    /// Plays the sound once.
    pub(crate) fn play(self, urgency: sound::Urgency) {
        let played = self.player.try_update_value(|player| player.play(urgency)).unwrap_or(Ok(()));
        self.mute.set(played.err().unwrap_or_default());
    }

    /// Plays the sound of a critical alert, so that the reader knows it.
    pub(crate) fn try_sound(self) {
        self.play(sound::Urgency::Critical);
    }

    /// How many alerts fire that are neither silenced nor acknowledged. Reactive.
    pub(crate) fn unattended(self) -> usize {
        let is_unattended = |alert: &&Shown| {
            alert.standing == Standing::Firing && alert.silence.is_none() && alert.acknowledged.is_none()
        };
        self.shown.with(|shown| shown.iter().filter(is_unattended).count())
    }

    /// Silences the alert `key` for so many minutes.
    pub(crate) fn silence(self, key: &str, minutes: u32, reason: &str) {
        let Some(alert) = self.find(key) else { return };
        let silence = Silence::new(key, &alert.name, reason, now_ms(), minutes);
        self.silences.update(|all| silence::add(all, silence));
        self.silences_changed();
    }

    /// Ends the silence of `key`.
    pub(crate) fn end_silence(self, key: &str) {
        self.silences.update(|all| all.retain(|silence| silence.key != key));
        self.silences_changed();
    }

    fn end_silences(self) {
        let now_ms = now_ms();
        if self.silences.with_untracked(|all| all.iter().any(|silence| silence.until_ms <= now_ms)) {
            self.silences.update(|all| all.retain(|silence| silence.until_ms > now_ms));
            self.silences_changed();
        }
    }

    fn silences_changed(self) {
        self.silences.with_untracked(|all| silence::write(all));
        self.show();
    }

    /// Somebody has taken the alert `key` on.
    pub(crate) fn acknowledge(self, key: &str) {
        let changed = self.judge.try_update_value(|judge| judge.acknowledge(key)).flatten();
        self.keep(changed.as_slice());
        self.show();
    }

    /// Forgets what has ended.
    pub(crate) fn clear_history(self) {
        let gone = self.judge.try_update_value(Judge::clear_history).unwrap_or_default();
        self.history.update(|all| all.retain(|episode| episode.ended_ms.is_none()));
        self.database.with_value(|database| {
            for id in gone {
                if let Some(database) = database {
                    database.delete(&id);
                }
            }
        });
    }

    /// The alert of that key, if it is firing or pending.
    pub(crate) fn find(self, key: &str) -> Option<Shown> {
        self.shown.with_untracked(|all| all.iter().find(|alert| alert.key == key).cloned())
    }

    /// All rules in force and how they stand. Reactive: made anew at each judgement.
    pub(crate) fn listed(self) -> Vec<Listed> {
        self.judged.track();
        self.rules.track();
        self.judge.with_value(Judge::listed)
    }

    /// The recent course of what the rule at `place` measures, for a series with some of `labels`. Reactive.
    pub(crate) fn course(self, place: (usize, usize), labels: &[(String, String)]) -> Course {
        self.judged.track();
        self.judge.with_value(|judge| judge.course(place, labels))
    }

    /// What would have fired with other settings, and over how many seconds that is known.
    pub(crate) fn rehearse(
        self,
        place: (usize, usize),
        threshold: f64,
        hold_for: &str,
    ) -> (Vec<Stretch>, i64) {
        self.judge.with_value(|judge| judge.rehearse(place, threshold, hold_for))
    }

    /// How many rules are in force.
    pub(crate) fn rules_in_force(self) -> u64 {
        self.in_force().iter().map(|group| group.rules.len() as u64).sum()
    }

    /// The groups in force, with the reader's thresholds.
    pub(crate) fn in_force(self) -> Vec<Group> {
        self.rules.with_untracked(Rules::in_force)
    }
}

/// This machine's clock in Unix milliseconds.
fn now_ms() -> i64 {
    i64::try_from(browser::now_ms()).unwrap_or(i64::MAX)
}
