//! Checklists as JSON and as Markdown, and what persons confirmed of them.
//!
//! Invariants: keys stand in the order of their bytes, and a SHA-256 over the checklist alone stands beside it, as with
//! reports; what a person typed cannot break out of its cell.

use std::{collections::BTreeMap, fmt::Write as _};

use aurora_domain::{
    Ts,
    golive::{Decision, Finding, Item, List, Standing},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::report::{escape, sha256, sorted, time};

/// Who confirmed an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Who.
    pub name: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What there is to say of it; may be empty.
    #[serde(default)]
    pub note: String,
}

/// What was confirmed, by item.
pub type Confirmations = BTreeMap<String, Confirmed>;

/// Reads back what [`to_text`] wrote; nothing where that is something else.
pub fn from_text(text: &str) -> Confirmations {
    serde_json::from_str(text).unwrap_or_default()
}

/// What was confirmed as text.
pub fn to_text(confirmations: &Confirmations) -> String {
    // Texts under text keys are all there is, which serde_json does not refuse.
    serde_json::to_string(confirmations).unwrap_or_default()
}

/// A checklist as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Checklist<'a> {
    /// Which.
    pub list: List,
    /// The session that it was judged by; empty where it is not known.
    pub session: &'a str,
    /// Its items.
    pub judged: &'a [(&'static Item, Finding)],
    /// What persons confirmed.
    pub confirmations: &'a Confirmations,
    /// What follows.
    pub decision: Decision,
}

impl Checklist<'_> {
    /// As JSON, with its hash and when it was made. Ends with a newline.
    pub fn document(&self, generated_at: Ts) -> String {
        let body = sorted(&json!({
            "checklist": self.list.key(),
            "decision": self.decision.name(),
            "guide": self.list.guide(),
            "items": self.judged.iter().map(|(item, finding)| self.item(item, finding)).collect::<Vec<_>>(),
            "session": self.session,
        }));
        let hash = sha256(&body.to_string());
        let whole = json!({ "checklist": body, "generated_at": time(generated_at), "sha256": hash });
        // As in `to_text`.
        serde_json::to_string_pretty(&sorted(&whole)).unwrap_or_default() + "\n"
    }

    fn item(&self, item: &Item, finding: &Finding) -> Value {
        let confirmed = self.confirmations.get(item.key).filter(|_| finding.standing == Standing::Unknown);
        json!({
            "confirmed": confirmed.map(|by| {
                json!({ "at": time(Ts::from_millis(by.at_ms)), "name": by.name, "note": by.note })
            }),
            "evidence": finding.evidence,
            "key": item.key,
            "standing": words(item, finding.standing),
            "stop_condition": item.is_stop,
            "text": item.text,
        })
    }

    /// For people.
    pub fn markdown(&self, generated_at: Ts) -> String {
        let mut text = format!("# {}: {}\n\n", self.list.guide(), self.decision.name());
        let of = if self.session.is_empty() { "no session" } else { self.session };
        let _ = writeln!(text, "Judged at {} by {}.", time(generated_at), escape(of));
        for section in self.list.sections() {
            let _ = writeln!(text, "\n## {}\n\n| | Item | Known by |\n|---|---|---|", section.title);
            for item in section.items {
                let Some((_, finding)) = self.judged.iter().find(|(own, _)| own.key == item.key) else {
                    continue;
                };
                let (standing, by) = self.known_by(item, finding);
                let _ = writeln!(text, "| {standing} | {} | {} |", escape(item.text), escape(&by));
            }
        }
        text
    }

    fn known_by(&self, item: &Item, finding: &Finding) -> (&'static str, String) {
        match self.confirmations.get(item.key) {
            Some(by) if finding.standing == Standing::Unknown => {
                let note = if by.note.is_empty() { String::new() } else { format!(": {}", by.note) };
                ("confirmed", format!("{}, {}{note}", by.name, time(Ts::from_millis(by.at_ms))))
            }
            _ => (words(item, finding.standing), finding.evidence.clone()),
        }
    }
}

/// How an item stands, in a word or two.
pub const fn words(item: &Item, standing: Standing) -> &'static str {
    match (standing, item.is_stop) {
        (Standing::Met, true) => "does not hold",
        (Standing::Met, false) => "met",
        (Standing::Missed, true) => "holds: stop",
        (Standing::Missed, false) => "missed",
        (Standing::Unknown, _) => "open",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aurora_domain::{
        State,
        golive::{Facts, decide, judge},
    };

    const AT: Ts = Ts(1_795_197_000_000_000_000);

    fn confirmed(note: &str) -> Confirmations {
        let by = Confirmed { name: "Ada".to_owned(), at_ms: 1_795_197_000_000, note: note.to_owned() };
        [("canary-soak".to_owned(), by.clone()), ("canary-rules".to_owned(), by)].into()
    }

    fn with<T>(confirmations: &Confirmations, look: impl FnOnce(Checklist<'_>) -> T) -> T {
        let judged = judge(List::Canary, &State::new(AT), &Facts::default());
        let decision = decide(&judged, |key| confirmations.contains_key(key));
        look(Checklist { list: List::Canary, session: "s", judged: &judged, confirmations, decision })
    }

    #[test]
    fn a_document_says_who_confirmed_what_and_hashes_that() {
        let text = with(&confirmed("seven days"), |list| list.document(AT));
        let whole: Value = serde_json::from_str(&text).unwrap();
        let items = whole["checklist"]["items"].as_array().unwrap();
        let item = |key: &str| items.iter().find(|item| item["key"] == key).unwrap();
        assert_eq!(item("canary-soak")["confirmed"]["name"], "Ada");
        assert_eq!(item("canary-soak")["confirmed"]["at"], "2026-11-20T17:50:00Z");
        assert_eq!(item("canary-rules")["standing"], "missed");
        assert_eq!(item("canary-rules")["confirmed"], Value::Null, "what is missed cannot be confirmed");
        assert_eq!(whole["checklist"]["decision"], "no-go");
        assert_eq!(whole["sha256"], sha256(&whole["checklist"].to_string()));
    }

    #[test]
    fn what_a_person_typed_stays_in_its_cell() {
        let text = with(&confirmed("a | b\n<script>"), |list| list.markdown(AT));
        assert!(text.contains("| confirmed | The staging soak was green for 7 days | Ada, 2026-11-20T17:50:00Z: a \\| b \\<script> |"), "{text}");
        assert!(text.contains("| missed | Alert rules are in force | 0 are judged in this page |"), "{text}");
    }

    #[test]
    fn confirmations_are_read_back_and_something_else_is_none() {
        assert_eq!(from_text(&to_text(&confirmed("x"))), confirmed("x"));
        assert_eq!(from_text("[1]"), Confirmations::new());
    }
}
