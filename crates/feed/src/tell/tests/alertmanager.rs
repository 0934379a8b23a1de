//! A real Alertmanager takes what it is sent. Where it is not installed nothing is tried, and the output says so.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Instant, SystemTime},
};

use super::*;

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// An Alertmanager on a free port that tells nobody; `None` where it is not installed.
fn start(folder: &Path) -> Option<(Running, SocketAddr)> {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::fs::write(folder.join("am.yml"), "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        .unwrap();
    for program in ["prometheus-alertmanager", "alertmanager"] {
        let started = Command::new(program)
            .current_dir(folder)
            .args(["--config.file=am.yml", "--storage.path=data", "--cluster.listen-address="])
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            started => return Some((Running(started.unwrap()), address)),
        }
    }
    None
}

/// What it answers; `None` while it does not.
fn get(address: SocketAddr, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// Waits until what it answers satisfies a condition.
fn wait_for(address: SocketAddr, path: &str, met: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = get(address, path);
        if let Some(answer) = answer.as_ref().filter(|answer| met(answer)) {
            return answer.clone();
        }
        assert!(Instant::now() < deadline, "{path}: {answer:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn named<'a>(alerts: &'a Value, name: &str) -> Option<&'a Value> {
    alerts.as_array()?.iter().find(|alert| alert["labels"]["alertname"] == name)
}

#[test]
fn a_real_alertmanager_takes_alerts_that_fire_and_that_end() {
    let folder = tempfile::tempdir().unwrap();
    let Some((_running, address)) = start(folder.path()) else {
        say("SKIPPED: no Alertmanager is installed (Debian package prometheus-alertmanager)");
        return;
    };
    wait_for(address, "/api/v2/status", |_| true);
    let mut scene = Scene::new(&format!(
        "labels: {{instance: bot-1}}\nexternal_url: https://aurora.example.org/\n\
         receivers: [{{name: am, kind: alertmanager, url: 'http://{address}'}}]"
    ));
    // Its clock decides what has ended, so the scene is now.
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(unix).unwrap() - at(0).second();
    scene.look(now - 60, &["page", "watchdog"]);
    let alerts = wait_for(address, "/api/v2/alerts", |alerts| named(alerts, "Page").is_some());
    let page = named(&alerts, "Page").unwrap();
    assert_eq!(
        (&page["labels"]["instance"], &page["labels"]["severity"]),
        (&"bot-1".into(), &"critical".into())
    );
    assert_eq!(page["annotations"]["summary"], "2.5 & <more>");
    assert_eq!(page["status"]["state"], "active");
    assert_eq!(page["generatorURL"], "https://aurora.example.org/");
    assert!(named(&alerts, "Watchdog").is_some());
    scene.look(now - 1, &["watchdog"]);
    // Without `active=false` only what has not ended is listed.
    let left = wait_for(address, "/api/v2/alerts", |alerts| named(alerts, "Page").is_none());
    assert!(named(&left, "Watchdog").is_some(), "{left}");
    scene.wait_for("aurora_notifications_total{receiver=\"am\",outcome=\"refused\"} 0");
    scene.telling.close();
}
