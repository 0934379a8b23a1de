//! The receivers' file: what it may say, and what is refused.

use super::*;

fn refused(yaml: &str) -> String {
    let env = |name: &str| (name == "SECRET").then(|| SECRET.to_owned());
    Receivers::parse(yaml, &env).unwrap_err()
}

fn check_refused(receiver: &str, words: &[&str]) {
    let said = refused(&format!("receivers: [{{name: x, {receiver}}}]"));
    for word in words {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn what_is_wrong_with_a_receiver_is_said_without_its_secrets() {
    check_refused("kind: slack, url: 'https://hooks.example.org/hunter2'", &["\"x\"", "url_file", "secret"]);
    check_refused("kind: slack", &["needs an address"]);
    check_refused("kind: pagerduty", &["key_file"]);
    check_refused("kind: pagerduty, key: hunter2", &["unknown field `key`"]);
    check_refused("kind: pagerduty, key_env: NONE", &["NONE"]);
    check_refused("kind: webhook, url: 'ftp://a/'", &["https://"]);
    check_refused("kind: webhook, url: 'https://me:hunter2@a/'", &["user name"]);
    check_refused("kind: webhook, url: 'http://a.example/', token_env: SECRET", &["unencrypted"]);
    check_refused("kind: webhook, url: 'http://127.0.0.1/', resend: 1m", &["resend"]);
    check_refused("kind: alertmanager, url: 'http://a/', watchdog: 1m", &["watchdog"]);
    check_refused("kind: alertmanager, url: 'http://a/', resend: 0s", &["resend \"0s\""]);
    check_refused("kind: alertmanager, url: 'http://a/', url_env: SECRET", &["one of url"]);
    check_refused("kind: email", &["unknown variant `email`"]);
}

#[test]
fn names_are_unique_and_unknown_settings_are_refused() {
    let twice = "receivers:\n- {name: a, kind: webhook, url: 'http://b/'}\n- {name: a, kind: webhook, url: 'http://b/'}";
    assert!(refused(twice).contains("receiver \"a\": each needs a name of its own"));
    assert!(refused("receivers: []\nretries: 5").contains("unknown field `retries`"));
    assert!(refused("receivers: []\ngroup_wait: 3").contains("group_wait \"3\""));
}

#[test]
fn the_file_in_deploy_is_read() {
    let env = |name: &str| (name == "AURORA_SWITCH_URL").then(|| "https://switch.example.org/1".to_owned());
    let yaml = include_str!("../../../../../deploy/receivers.yaml");
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    place("pagerduty-key", SECRET);
    place("slack-url", "https://hooks.example.org/services/x");
    let yaml = yaml.replace("/etc/aurora", dir.path().to_str().unwrap());
    let found = Receivers::parse(&yaml, &env);
    // A machine without any certificates cannot speak to others, which is what is said then.
    match found {
        Ok(receivers) => assert!(!receivers.is_empty() && !format!("{receivers:?}").contains(SECRET)),
        Err(said) => assert!(said.contains("ca-certificates"), "{said}"),
    }
}
