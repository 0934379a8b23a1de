//! What each kind of receiver is sent, and when.

use serde_json::json;

use super::*;

#[test]
fn slack_is_told_once_of_what_comes_together() {
    let server = Server::start(&[]);
    let yaml = "group_wait: 5s\nexternal_url: https://aurora.example.org/\nlabels: {instance: bot-1}\nreceivers:\n\
                - {name: channel, kind: slack, url_env: URL_PORT, severities: [critical, warning]}";
    let mut scene = Scene::new(&yaml.replace("PORT", &server.address.port().to_string()));
    scene.look(0, &["page", "watchdog"]);
    scene.look(3, &["page", "note", "watchdog"]);
    for second in 4..40 {
        scene.look(second, &["page", "note", "watchdog"]);
    }
    scene.look(40, &["watchdog"]);
    scene.look(45, &["watchdog"]);
    let requests = server.wait_for(2);
    assert!(requests[0].head.starts_with(&format!("POST /{SECRET} ")), "{}", requests[0].head);
    let first = requests[0].json();
    let text = first["text"].as_str().unwrap();
    for word in [
        "2 firing, 0 resolved",
        "20261120-180000",
        "instance=bot-1",
        "<https://aurora.example.org/|dashboard>",
    ] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    let attachment = &first["attachments"][0];
    assert_eq!(attachment["title"], "firing: Page (critical)");
    assert_eq!(attachment["text"], "2.5 &amp; &lt;more&gt;\nLook.");
    assert_eq!((&attachment["color"], &attachment["ts"]), (&json!("#d00000"), &json!(at(0).second())));
    assert_eq!(first["attachments"][1]["title"], "firing: Note (warning)");
    let second = requests[1].json();
    assert!(second["text"].as_str().unwrap().contains("0 firing, 2 resolved"), "{second}");
    assert_eq!(second["attachments"].as_array().unwrap().len(), 2);
    scene.telling.close();
    assert_eq!(server.wait_for(2).len(), 2, "nothing was repeated while it fired");
}

#[test]
fn pagerduty_gets_one_incident_for_an_alert_and_its_end() {
    let server = Server::start(&[202, 202]);
    let mut scene = Scene::new(&format!(
        "receivers:\n- {{name: on-call, kind: pagerduty, url: 'http://{}/v2/enqueue', key_env: SECRET}}",
        server.address
    ));
    scene.look(0, &["page", "note", "watchdog"]);
    scene.look(60, &["page", "note", "watchdog"]);
    scene.look(61, &["note", "watchdog"]);
    let requests = server.wait_for(2);
    let [trigger, resolve] = [requests[0].json(), requests[1].json()];
    assert!(requests[0].head.starts_with("POST /v2/enqueue "));
    for (event, action) in [(&trigger, "trigger"), (&resolve, "resolve")] {
        assert_eq!((&event["event_action"], &event["routing_key"]), (&json!(action), &json!(SECRET)));
    }
    assert_eq!(trigger["dedup_key"], resolve["dedup_key"]);
    let payload = &trigger["payload"];
    assert_eq!(payload["summary"], "Page: 2.5 & <more>");
    assert_eq!((&payload["severity"], &payload["class"]), (&json!("critical"), &json!("Page")));
    assert_eq!(payload["timestamp"], "2026-11-20T17:44:57.000Z");
    assert!(!payload["source"].as_str().unwrap().is_empty());
    scene.telling.close();
    assert_eq!(server.wait_for(2).len(), 2, "the warning goes to nobody's pager");
}

#[test]
fn pagerduty_is_told_again_after_a_restart_and_others_are_not() {
    let (pager, hook) = (Server::start(&[]), Server::start(&[]));
    let yaml = format!(
        "group_wait: 0s\nreceivers:\n- {{name: on-call, kind: pagerduty, url: 'http://{}', key_env: SECRET}}\n\
         - {{name: hook, kind: webhook, url: 'http://{}'}}",
        pager.address, hook.address
    );
    let mut before = Scene::new(&yaml);
    before.look(0, &["page"]);
    before.telling.close();
    let mut after = Scene::new(&yaml);
    after.engine.restore(before.engine.keep(), at(0), at(5));
    after.telling.resume(at(5), after.engine.alerts());
    after.look(6, &["page"]);
    after.look(7, &[]);
    after.telling.close();
    let actions = |server: &Server, name: &str, count| -> Vec<Value> {
        server.wait_for(count).iter().map(|request| request.json()[name].clone()).collect()
    };
    assert_eq!(actions(&pager, "event_action", 3), ["trigger", "trigger", "resolve"]);
    assert_eq!(actions(&hook, "status", 2), ["firing", "resolved"]);
}

#[test]
fn webhooks_get_the_form_of_alertmanagers_own() {
    let server = Server::start(&[]);
    let mut scene = Scene::new(&webhook(&server, ", token_env: SECRET"));
    scene.look(0, &["note"]);
    scene.look(9, &[]);
    let requests = server.wait_for(2);
    assert!(requests[0].head.contains(&format!("authorization: Bearer {SECRET}\n")), "{}", requests[0].head);
    assert!(requests[0].head.contains("content-type: application/json\n"));
    let [fires, ends] = [requests[0].json(), requests[1].json()];
    assert_eq!(
        (&fires["version"], &fires["status"], &fires["receiver"]),
        (&json!("4"), &json!("firing"), &json!("hook"))
    );
    let alert = &fires["alerts"][0];
    assert_eq!(alert["labels"], json!({ "alertname": "Note", "severity": "warning" }));
    assert_eq!(alert["annotations"]["session"], "20261120-180000");
    assert_eq!((&alert["startsAt"], &alert["value"]), (&json!("2026-11-20T17:44:57.000Z"), &json!("2.5")));
    let ended = &ends["alerts"][0];
    assert_eq!((&ends["status"], &ended["status"]), (&json!("resolved"), &json!("resolved")));
    assert_eq!(ended["endsAt"], "2026-11-20T17:45:06.000Z");
    assert_eq!(alert["fingerprint"], ended["fingerprint"]);
    scene.telling.close();
}

#[test]
fn a_flapping_alert_is_told_once_as_such() {
    let server = Server::start(&[]);
    let mut scene = Scene::new(&webhook(&server, ""));
    for second in 0..60 {
        scene.look(second, if second % 2 == 0 { &["note"] } else { &[] });
    }
    assert_eq!(scene.telling.flapping(), 1);
    scene.look(400, &[]);
    scene.telling.close();
    let said: Vec<_> = server
        .wait_for(6)
        .iter()
        .map(|request| (request.json()["status"].clone(), request.json()["alerts"][0]["flapping"].clone()))
        .collect();
    let expected = [("firing", false), ("resolved", false), ("firing", false), ("resolved", false)];
    let expected = expected.into_iter().chain([("firing", true), ("resolved", false)]);
    assert_eq!(said, expected.map(|(status, flaps)| (json!(status), json!(flaps))).collect::<Vec<_>>());
}

#[test]
fn the_sign_of_life_is_repeated_as_asked_and_stops_with_its_alert() {
    let server = Server::start(&[]);
    let mut scene = Scene::new(&webhook(&server, ", severities: [], watchdog: 1m"));
    for second in 0..=120 {
        scene.look(second, &["watchdog", "page"]);
        // Each sign goes before the next one would take its place.
        server.wait_for(usize::try_from(second / 60).unwrap() + 1);
    }
    for second in 121..300 {
        scene.look(second, &["page"]);
    }
    scene.telling.close();
    let names: Vec<_> = server
        .wait_for(3)
        .iter()
        .map(|request| request.json()["alerts"][0]["labels"]["alertname"].clone())
        .collect();
    assert_eq!(names, ["Watchdog", "Watchdog", "Watchdog"]);
}

#[test]
fn an_alertmanager_has_all_alerts_at_each_change_and_each_minute() {
    let server = Server::start(&[]);
    let mut scene = Scene::new(&format!(
        "receivers:\n- {{name: am, kind: alertmanager, url: 'http://{}/prefix/'}}",
        server.address
    ));
    let mut sent = 0;
    for second in 0..=90 {
        let firing: &[&str] = if (10..20).contains(&second) { &["watchdog", "note"] } else { &["watchdog"] };
        scene.look(second, firing);
        sent += usize::from([0, 10, 20, 80].contains(&second));
        server.wait_for(sent);
    }
    scene.telling.close();
    let requests = server.wait_for(4);
    assert_eq!(requests.len(), 4);
    assert!(requests[0].head.starts_with("POST /prefix/api/v2/alerts "), "{}", requests[0].head);
    let ends = |request: usize, name: &str| {
        let alerts = requests[request].json();
        let found =
            alerts.as_array().unwrap().iter().find(|alert| alert["labels"]["alertname"] == name).cloned();
        found.map(|alert| alert["endsAt"].as_str().unwrap().to_owned())
    };
    assert_eq!(ends(0, "Note"), None);
    assert_eq!(
        ends(1, "Note").unwrap(),
        "2026-11-20T17:49:07.000Z",
        "four minutes on, unless it is sent again"
    );
    assert_eq!(ends(2, "Note").unwrap(), "2026-11-20T17:45:17.000Z", "when it ended");
    assert_eq!(ends(3, "Watchdog").unwrap(), "2026-11-20T17:50:17.000Z");
}
