//! Judging in the feed, with figures and a clock that the test gives.

mod courses;

use aurora_domain::rules::AlertState;

use super::*;
use crate::rules::RuleChoice;

const NOW_NS: u64 = 1_795_196_697_000_000_000;

fn choice(expr: &str) -> (tempfile::TempDir, RuleChoice) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.yaml");
    let rule = format!("groups: [{{name: own, rules: [{{alert: A, expr: '{expr}', for: 2s}}]}}]");
    std::fs::write(&path, rule).unwrap();
    (dir, RuleChoice { shipped: Vec::new(), files: vec![path] })
}

fn judge(expr: &str) -> Judge {
    let (_dir, choice) = choice(expr);
    Judge::new(choice.read().unwrap(), NOW_NS)
}

/// Judges at that second, when so many streams are open.
fn look(judge: &mut Judge, second: u64, clients: f64) {
    let now_ns = NOW_NS + second * 1_000_000_000;
    judge.look(now_ns, |samples| samples.gauge("aurora_sse_clients", "Streams that are open.", clients));
}

fn metric(judge: &Judge, name: &str) -> Option<f64> {
    let mut out = crate::exposition::Exposition::default();
    judge.expose(&mut out);
    let text = out.finish();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn alerts_and_judgements_are_counted() {
    let mut judge = judge("aurora_sse_clients == 0");
    for second in 0..3 {
        look(&mut judge, second, 0.0);
    }
    assert_eq!(metric(&judge, "aurora_rules"), Some(1.0));
    assert_eq!(metric(&judge, "aurora_rules_evaluations_total"), Some(3.0));
    assert_eq!(metric(&judge, "aurora_alerts{state=\"firing\"}"), Some(1.0));
    assert_eq!(metric(&judge, "aurora_rules_failures_total"), Some(0.0));
    look(&mut judge, 2, 0.0);
    assert_eq!(metric(&judge, "aurora_rules_dropped_total{what=\"observations\"}"), Some(1.0));
}

#[test]
fn rules_may_ask_for_the_figures_about_rules() {
    let mut judge = judge("aurora_rules_reload_successful == 0");
    look(&mut judge, 0, 1.0);
    assert_eq!(judge.alerts().len(), 0);
    judge.set_trouble("broken".to_owned());
    look(&mut judge, 1, 1.0);
    assert_eq!(judge.count(AlertState::Pending), 1);
}

#[test]
fn a_rule_that_cannot_be_judged_is_said() {
    let mut judge = judge("a == on(x) b");
    judge.look(NOW_NS, |samples| {
        let mut family = samples.family("b", crate::exposition::Kind::Gauge, "B.");
        family.sample(&[("y", "1")], 1.0);
        family.sample(&[("y", "2")], 1.0);
        samples.gauge("a", "A.", 1.0);
    });
    let alerting = Alerting::new(judge, Vec::new());
    let status = alerting.status();
    assert_eq!((&status["rules"], &status["error"]), (&serde_json::json!(1), &Value::Null));
    assert_eq!(status["failing"][0]["rule"], "A");
    let rule = &alerting.rules()["data"]["groups"][0]["rules"][0];
    assert_eq!(rule["health"], "err");
    assert!(rule["lastError"].as_str().unwrap().contains("on one side"), "{rule}");
}
