//! Rules judged by a running feed, over real sockets: what they answer, a file that breaks, a restart, the token.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use aurora_feed::{Config, auth::Token, rules::RuleChoice, tell::Receivers};
use serde_json::{Value, json};

use crate::support::{Client, DEADLINE, Feed, Session};

/// A feed's configuration that judges often.
fn config(session: &Session) -> Config {
    Config { rules_interval: Duration::from_millis(20), ..crate::support::config(session.root()) }
}

/// A feed that judges `choice` often.
fn with(session: &Session, choice: RuleChoice) -> Feed {
    Feed::with(Config { rules: choice, ..config(session) })
}

/// A file of one own rule.
fn own(session: &Session, expr: &str) -> PathBuf {
    let path = session.path("own.yaml");
    let rule = format!(
        "groups:\n- name: own\n  rules:\n  - alert: Denials\n    expr: '{expr}'\n    labels: {{severity: warning}}\n    \
         annotations: {{summary: '{{{{ $value }}}} denials'}}\n"
    );
    fs::write(&path, rule).unwrap();
    path
}

fn only(file: PathBuf) -> RuleChoice {
    RuleChoice { shipped: Vec::new(), files: vec![file] }
}

fn deny(session: &Session) {
    session.append("orders_denied.jsonl", "{\"deny_reason\":\"SPREAD\"}\n");
}

/// Waits until the alert of a name is there in that state.
fn wait_for(feed: &Client, list: &str, name: &str, state: &str) -> Value {
    let is_it = |alert: &Value| alert["labels"]["alertname"] == name && alert["state"] == state;
    let find =
        |answer: &Value| answer["data"][list].as_array().unwrap().iter().find(|alert| is_it(alert)).cloned();
    find(&feed.wait_at("/alerts", name, |answer| find(answer).is_some())).unwrap()
}

#[test]
fn the_shipped_rules_are_judged_and_answered_as_prometheus_does() {
    let session = Session::new();
    deny(&session);
    let feed = Feed::start(&session);
    let watchdog = wait_for(&feed, "alerts", "Watchdog", "firing");
    assert_eq!((&watchdog["value"], &watchdog["labels"]["severity"]), (&json!("1e0"), &json!("none")));
    let pending = wait_for(&feed, "alerts", "DenyRateHigh", "pending");
    assert!(pending["annotations"]["description"].as_str().unwrap().starts_with("100%"), "{pending}");
    let rules = feed.json("/api/v1/rules");
    assert_eq!(rules["status"], "success");
    let groups = rules["data"]["groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[0]["name"], &groups[0]["file"]), (1, &json!("p3d"), &json!("shipped")));
    let rule =
        groups[0]["rules"].as_array().unwrap().iter().find(|rule| rule["name"] == "DenyRateHigh").unwrap();
    for (name, expected) in [
        ("type", json!("alerting")),
        ("query", json!("aurora_deny_rate > 0.5")),
        ("duration", json!(600.0)),
        ("state", json!("pending")),
        ("health", json!("ok")),
        ("lastError", json!("")),
    ] {
        assert_eq!(rule[name], expected, "{name}");
    }
    assert_eq!(rule["alerts"][0]["state"], "pending");
    assert!(feed.get("/metrics").body.contains("aurora_alerts{state=\"pending\"}"));
}

#[test]
fn the_rule_file_is_to_be_had_as_the_page_reads_it() {
    let session = Session::new();
    let feed = Feed::start(&session);
    let file = aurora_wire::rules::Rules::from_json(&feed.get("/rules?format=file").body).unwrap();
    assert_eq!(file.groups()[0].name, "p3d");
    let refused = feed.get("/rules?format=xml");
    assert!(refused.status() == 400 && refused.body.contains("format=xml"), "{}", refused.body);
}

#[test]
fn a_file_that_breaks_leaves_the_last_good_one_in_force_and_is_said() {
    let session = Session::new();
    let feed = with(&session, only(own(&session, "aurora_denials_total > 0")));
    deny(&session);
    let firing = wait_for(&feed, "alerts", "Denials", "firing");
    assert_eq!(firing["annotations"]["summary"], "1 denials");
    own(&session, "aurora_denials_total >");
    let status = feed.wait_at("/status", "the trouble", |status| !status["rules"]["error"].is_null());
    let said = status["rules"]["error"].as_str().unwrap();
    for word in ["own.yaml", "rule `Denials`", "`aurora_denials_total >`", "at 1:23", "stay in force"] {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    assert_eq!(feed.health()["status"], "degraded");
    assert!(feed.get("/metrics").body.contains("aurora_rules_reload_successful 0"));
    wait_for(&feed, "alerts", "Denials", "firing");
    own(&session, "aurora_denials_total > 7");
    wait_for(&feed, "resolved", "Denials", "resolved");
    feed.wait_for("health", |health| health["status"] == "ok");
    assert!(feed.get("/metrics").body.contains("aurora_rules_reload_successful 1"));
}

#[test]
fn a_rule_file_that_is_broken_at_the_start_keeps_the_feed_from_starting() {
    let session = Session::new();
    let mut feed = with(&session, only(own(&session, "sum(x) > 1")));
    let said = feed.stop().unwrap_err().to_string();
    assert!(said.contains("rule `Denials`") && said.contains("at 1:1"), "{said}");
}

#[test]
fn alerts_go_on_over_a_restart() {
    let session = Session::new();
    deny(&session);
    let choice = || only(own(&session, "aurora_denials_total > 0"));
    let mut feed = with(&session, choice());
    let before = wait_for(&feed, "alerts", "Denials", "firing");
    feed.stop().unwrap();
    let feed = with(&session, choice());
    let after = wait_for(&feed, "alerts", "Denials", "firing");
    assert_eq!(after, before, "the same alert, since the same time");
}

/// A webhook that takes everything, and the bodies that it was sent.
fn hook() -> (SocketAddr, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, bodies) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_lowercase();
                length =
                    lower.strip_prefix("content-length:").map_or(length, |text| text.trim().parse().unwrap());
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            reader.get_mut().write_all(answer).unwrap();
            if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (address, bodies)
}

#[test]
fn a_receiver_is_told_of_an_alert_once_and_of_its_end_also_over_a_restart() {
    let (address, bodies) = hook();
    let session = Session::new();
    let file = session.path("receivers.yaml");
    let yaml =
        format!("group_wait: 0s\nreceivers: [{{name: hook, kind: webhook, url: 'http://{address}/'}}]");
    fs::write(&file, yaml).unwrap();
    let start = || {
        let rules = only(own(&session, "aurora_denials_total > 0"));
        Feed::with(Config { rules, receivers: Receivers::read(&file).unwrap(), ..config(&session) })
    };
    let told = || {
        let body = bodies.recv_timeout(DEADLINE).unwrap();
        let alert = &body["alerts"][0];
        (
            body["status"].clone(),
            alert["labels"]["alertname"].clone(),
            alert["annotations"]["summary"].clone(),
        )
    };
    let mut feed = start();
    deny(&session);
    assert_eq!(told(), (json!("firing"), json!("Denials"), json!("1 denials")));
    feed.wait_at("/status", "it arrived", |status| status["receivers"][0]["sent"] == 1);
    feed.stop().unwrap();
    let feed = start();
    wait_for(&feed, "alerts", "Denials", "firing");
    own(&session, "aurora_denials_total > 7");
    assert_eq!(told(), (json!("resolved"), json!("Denials"), json!("1 denials")), "nothing came in between");
    let metrics = feed.get("/metrics").body;
    assert!(metrics.contains("aurora_receiver_available{receiver=\"hook\"} 1"), "{metrics}");
}

#[test]
fn rules_and_alerts_are_for_those_with_the_token() {
    let session = Session::new();
    let feed = Feed::with(Config { token: Some(Token::new("s3cret")), ..config(&session) });
    for path in ["/rules", "/alerts", "/api/v1/rules", "/api/v1/alerts"] {
        assert_eq!(feed.get(path).status(), 401, "{path}");
        assert_eq!(feed.get_with(path, &[("Authorization", "Bearer s3cret")]).status(), 200, "{path}");
    }
}
