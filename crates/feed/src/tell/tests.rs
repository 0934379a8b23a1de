//! Receivers over real sockets: what they are sent, and what becomes of it where they do not take it.

mod alertmanager;
mod bodies;
mod server;
mod settings;
mod tls;

use std::{borrow::Cow, time::Duration};

use aurora_domain::{
    Ts,
    rules::{Engine, Group, Labels, Rule, RuleText, Sample},
};
use serde_json::Value;

use self::server::Server;
use super::*;
use crate::exposition::Exposition;

/// How long anything may take before a test fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// Says something past the capture of a passing test's output, such as that it was skipped.
fn say(what: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{what}\n").as_bytes()).unwrap();
}

fn at(second: i64) -> Ts {
    Ts(1_795_196_697_000_000_000).plus_seconds(second)
}

/// What is secret in these tests.
const SECRET: &str = "hunter2";

fn parse(yaml: &str) -> Receivers {
    let env = |name: &str| match name {
        "SECRET" => Some(SECRET.to_owned()),
        _ => name.strip_prefix("URL_").map(|port| format!("http://127.0.0.1:{port}/{SECRET}")),
    };
    Receivers::parse(yaml, &env).unwrap()
}

/// An alert of each name fires while it is switched on.
struct Scene {
    engine: Engine,
    telling: Telling,
}

impl Scene {
    /// Alerts `Page` (critical), `Note` (warning) and `Watchdog`, told to these receivers.
    fn new(yaml: &str) -> Self {
        let rule = |alert: &str, severity: &str| {
            let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
            let text = RuleText {
                alert: alert.to_owned(),
                expr: format!("{} > 0", alert.to_lowercase()),
                labels: vec![pair("severity", severity)],
                annotations: vec![pair("summary", "{{ $value }} & <more>"), pair("description", "Look.")],
                ..RuleText::default()
            };
            Rule::new(text).unwrap()
        };
        let rules = vec![rule("Page", "critical"), rule("Note", "warning"), rule("Watchdog", "none")];
        let group = Group { name: "g".to_owned(), interval_ms: None, rules };
        Self { engine: Engine::new(vec![group]), telling: Telling::start(parse(yaml)).unwrap() }
    }

    /// Those alerts fire at that second.
    fn look(&mut self, second: i64, firing: &[&'static str]) {
        let sample = |metric: &&'static str| Sample {
            metric: Cow::Borrowed(*metric),
            labels: Labels::NONE,
            value: 2.5,
        };
        let samples: Vec<Sample> = firing.iter().map(sample).collect();
        self.engine.observe(at(second), &samples);
        self.telling.look(at(second), self.engine.alerts(), Some("20261120-180000"));
    }

    fn metrics(&self) -> String {
        let mut out = Exposition::default();
        expose(&self.telling.desks(), &mut out);
        out.finish()
    }

    /// Waits until the metrics have that line.
    fn wait_for(&self, line: &str) {
        let deadline = std::time::Instant::now() + DEADLINE;
        while !self.metrics().lines().any(|found| found == line) {
            assert!(std::time::Instant::now() < deadline, "{line} is not in {}", self.metrics());
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

fn webhook(server: &Server, more: &str) -> String {
    format!(
        "group_wait: 0s\nreceivers:\n- {{name: hook, kind: webhook, url: 'http://{}/in'{more}}}",
        server.address
    )
}

#[test]
fn a_message_that_fails_is_sent_again_until_it_arrives() {
    let server = Server::start(&[500, 429, 200]);
    let mut scene = Scene::new(&webhook(&server, ""));
    scene.look(0, &["page"]);
    let requests = server.wait_for(3);
    assert!(requests.iter().all(|request| request.body == requests[0].body));
    scene.wait_for("aurora_notifications_total{receiver=\"hook\",outcome=\"sent\"} 1");
    assert!(scene.metrics().contains("aurora_notification_failures_total{receiver=\"hook\"} 2"));
    scene.telling.close();
}

#[test]
fn a_message_that_is_refused_is_not_sent_again() {
    let server = Server::start(&[400, 302, 200]);
    let mut scene = Scene::new(&webhook(&server, ""));
    scene.look(0, &["page"]);
    scene.look(1, &[]);
    scene.look(2, &["page"]);
    let bodies: Vec<Value> = server.wait_for(3).iter().map(server::Request::json).collect();
    let statuses: Vec<_> = bodies.iter().map(|body| body["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["firing", "resolved", "firing"], "each went once");
    scene.wait_for("aurora_notifications_total{receiver=\"hook\",outcome=\"refused\"} 2");
    scene.wait_for("aurora_notifications_total{receiver=\"hook\",outcome=\"sent\"} 1");
    assert!(scene.metrics().contains("aurora_notification_failures_total{receiver=\"hook\"} 0"));
    scene.telling.close();
}

#[test]
fn a_receiver_that_does_not_answer_holds_nobody_up_and_secrets_stay_secret() {
    let silent = Server::silent();
    let server = Server::start(&[]);
    let mut scene = Scene::new(&format!(
        "group_wait: 0s\nreceivers:\n- {{name: stuck, kind: slack, url_env: URL_{}, severities: [critical]}}\n\
         - {{name: gone, kind: webhook, url_env: URL_1, token_env: SECRET}}\n\
         - {{name: well, kind: webhook, url: 'http://{}'}}",
        silent.address.port(),
        server.address
    ));
    scene.look(0, &["page"]);
    server.wait_for(1);
    scene.wait_for("aurora_receiver_available{receiver=\"stuck\"} 1");
    silent.wait_for(1);
    scene.wait_for("aurora_notification_failures_total{receiver=\"gone\"} 4");
    let said = status(&scene.telling.desks()).to_string() + &scene.metrics();
    assert!(said.contains("cannot be connected to") || said.contains("connection failed"), "{said}");
    assert!(!said.contains(SECRET) && !said.contains("127.0.0.1"), "{said}");
}

#[test]
fn what_waits_is_sent_when_the_feed_ends() {
    let server = Server::start(&[]);
    let mut scene = Scene::new(&webhook(&server, "").replace("0s", "1h"));
    scene.look(0, &["page"]);
    scene.look(1, &[]);
    scene.telling.close();
    let requests = server.wait_for(1);
    let alerts = requests[0].json()["alerts"].as_array().unwrap().len();
    assert_eq!((requests.len(), alerts), (1, 2));
}
