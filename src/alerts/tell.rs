//! How the reader is told of alerts: in which ways, and in which words.
//!
//! Invariant: every way is off until the reader asks for it.

use aurora_domain::telling::{News, Turn};

use super::sound::Urgency;
use crate::preferences;

/// How many alerts are named; the rest is counted.
const NAMED: usize = 5;

/// The ways that the reader asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// A notification of the desktop.
    pub(crate) desktop: bool,
    /// A sound.
    pub(crate) sound: bool,
    /// The tab's title and icon.
    pub(crate) tab: bool,
}

impl Ways {
    /// What was chosen on an earlier visit.
    pub(super) fn stored() -> Self {
        let on = |name: &str| preferences::get(name).as_deref() == Some("on");
        Self { desktop: on("alert-desktop"), sound: on("alert-sound"), tab: on("alert-tab") }
    }

    /// Keeps the choice.
    pub(crate) fn store(self) {
        for (name, on) in
            [("alert-desktop", self.desktop), ("alert-sound", self.sound), ("alert-tab", self.tab)]
        {
            preferences::set(name, on.then_some("on"));
        }
    }
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) title: String,
    pub(super) text: String,
    /// Of the sound; none where alerts only ended.
    pub(super) urgency: Option<Urgency>,
}

/// All news of one moment as one message; nothing where there is none.
pub(super) fn said(news: &[News]) -> Option<Said> {
    let of = |turn: Turn| news.iter().filter(|news| news.turn == turn).collect::<Vec<_>>();
    let (fires, flaps, ends) = (of(Turn::Fires), of(Turn::Flaps), of(Turn::Ends));
    let titles = [
        heading(&fires, "fires", "fire"),
        heading(&flaps, "flaps", "flap"),
        heading(&ends, "ended", "ended"),
    ];
    let titles: Vec<String> = titles.into_iter().flatten().collect();
    if titles.is_empty() {
        return None;
    }
    let mut lines: Vec<String> =
        fires.iter().chain(&flaps).chain(&ends).take(NAMED).map(|news| line(news)).collect();
    if news.len() > NAMED {
        lines.push(format!("and {} more", news.len() - NAMED));
    }
    let is_critical = |news: &&News| news.turn != Turn::Ends && news.alert.severity() == "critical";
    let urgency = match (fires.len() + flaps.len(), news.iter().any(|news| is_critical(&news))) {
        (0, _) => None,
        (_, true) => Some(Urgency::Critical),
        (_, false) => Some(Urgency::Ordinary),
    };
    Some(Said { title: titles.join(", "), text: lines.join("\n"), urgency })
}

fn heading(news: &[&News], one: &str, several: &str) -> Option<String> {
    match news {
        [] => None,
        [news] => Some(format!("{} {one}", news.alert.name)),
        all => Some(format!("{} alerts {several}", all.len())),
    }
}

fn line(news: &News) -> String {
    let alert = &news.alert;
    let more = match news.turn {
        Turn::Fires => alert.annotation("description"),
        Turn::Flaps => "begins and ends so often that it is not told each time.",
        Turn::Ends => return format!("{}: over.", alert.annotation("summary")),
    };
    format!("{}. {more}", alert.annotation("summary"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aurora_domain::{
        Ts,
        rules::{Engine, Group, Rule, RuleText},
    };
    use wasm_bindgen_test::wasm_bindgen_test;

    fn news(turn: Turn, name: &str, severity: &str) -> News {
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let text = RuleText {
            alert: name.to_owned(),
            expr: "1".to_owned(),
            labels: vec![pair("severity", severity)],
            annotations: vec![pair("summary", "It stands"), pair("description", "For long.")],
            ..RuleText::default()
        };
        let rules = vec![Rule::new(text).expect("a rule")];
        let mut engine = Engine::new(vec![Group { name: "g".to_owned(), interval_ms: None, rules }]);
        engine.observe(Ts(1_795_196_697_000_000_000), &[]);
        News { turn, at: Ts(1_795_196_697_000_000_000), alert: engine.alerts()[0].clone() }
    }

    fn check(news: &[News], title: &str, text: &str, urgency: Option<Urgency>) {
        let expected = Said { title: title.to_owned(), text: text.to_owned(), urgency };
        assert_eq!(said(news), Some(expected));
    }

    #[wasm_bindgen_test]
    fn what_happens_at_once_is_one_message() {
        let fires = news(Turn::Fires, "A", "warning");
        check(std::slice::from_ref(&fires), "A fires", "It stands. For long.", Some(Urgency::Ordinary));
        let both = [news(Turn::Ends, "B", "critical"), fires.clone()];
        check(&both, "A fires, B ended", "It stands. For long.\nIt stands: over.", Some(Urgency::Ordinary));
        check(&both[..1], "B ended", "It stands: over.", None);
        let storm: Vec<News> = (0..7).map(|_| news(Turn::Fires, "C", "critical")).collect();
        let told = said(&storm).expect("news");
        assert_eq!((told.title.as_str(), told.urgency), ("7 alerts fire", Some(Urgency::Critical)));
        assert!(told.text.ends_with("\nand 2 more"), "{}", told.text);
        assert_eq!(said(&[]), None);
    }

    #[wasm_bindgen_test]
    fn every_way_is_off_until_it_is_asked_for_and_stays_as_chosen() {
        assert_eq!(Ways::stored(), Ways::default());
        let ways = Ways { sound: true, ..Ways::default() };
        ways.store();
        assert_eq!(Ways::stored(), ways);
        Ways::default().store();
    }
}
