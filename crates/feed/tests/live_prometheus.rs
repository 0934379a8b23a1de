//! The shipped rules judged by a running Prometheus that scrapes, and by the engine, over the same figures.
//!
//! A small server gives fixed figures as `/metrics`; Prometheus scrapes it every second and must come to the alerts that
//! the engine has, pending and firing, before any longer `for` passes. Where Prometheus is not installed nothing is
//! compared, and the output says so.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking, helpers too")]

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::Write as _,
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aurora_domain::{
    Ts,
    rules::{AlertState, Engine, Labels, Sample},
};
use serde_json::Value;

type Series = (&'static str, &'static [(&'static str, &'static str)], f64);

/// Figures over which some rules of each group hold and some do not.
const FIGURES: [Series; 19] = [
    ("aurora_sse_clients", &[], 0.0),
    ("aurora_tailer_malformed_lines_total", &[], 5.0),
    ("aurora_latency_ms", &[("kind", "decision"), ("quantile", "0.9")], 80.0),
    ("aurora_latency_ms", &[("kind", "ack"), ("quantile", "0.5")], 281.0),
    ("aurora_latency_ms", &[("kind", "ack"), ("quantile", "0.95")], 401.0),
    ("aurora_latency_ms", &[("kind", "policy"), ("quantile", "0.95")], 2500.0),
    ("aurora_deny_rate", &[], 0.75),
    ("aurora_deny_class_rate", &[("class", "guard")], 0.25),
    ("aurora_circuit_breaker_state", &[], 0.0),
    ("aurora_last_event_age_seconds", &[], 75.0),
    ("aurora_session_summarised", &[], 0.0),
    ("aurora_memory_used_ratio", &[], 0.95),
    ("aurora_disk_free_ratio", &[("dir", "session")], 0.05),
    ("aurora_disk_free_ratio", &[("dir", "journal")], 0.5),
    ("aurora_window_orders", &[("outcome", "submitted")], 40.0),
    ("aurora_window_orders", &[("outcome", "rejected")], 3.0),
    ("aurora_window_orders", &[("outcome", "failed")], 1.0),
    ("aurora_fill_rate", &[], 0.0),
    ("aurora_provenance_coverage", &[], 0.93),
];

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/rules").canonicalize().unwrap()
}

/// Serves the figures for as long as the test runs.
fn serve() -> SocketAddr {
    let mut text = String::new();
    for (metric, labels, value) in FIGURES {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        writeln!(text, "{metric}{{{}}} {value}", labels.join(",")).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // A request is shorter than this, and whatever it says the answer is the same.
            let Ok(_) = stream.read(&mut [0_u8; 4_096]) else { continue };
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close";
            write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len()).ok();
        }
    });
    address
}

/// Prometheus on a free port; `None` where it is not installed.
fn prometheus(folder: &Path, figures: SocketAddr) -> Option<(Running, SocketAddr)> {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{}/*.yaml']\n\
         scrape_configs: [{{job_name: feed, static_configs: [{{targets: ['{figures}']}}]}}]\n",
        rules().display()
    );
    std::fs::write(folder.join("prometheus.yml"), config).unwrap();
    let started = Command::new("prometheus")
        .current_dir(folder)
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        started => Some((Running(started.unwrap()), address)),
    }
}

/// Alerts by what tells them apart, and whether each fires.
type Alerts = BTreeMap<Vec<(String, String)>, bool>;

/// What Prometheus says now; `None` while it does not answer.
fn said(address: SocketAddr) -> Option<Alerts> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET /api/v1/alerts HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
    let alerts = body["data"]["alerts"].as_array()?.iter().map(|alert| {
        let labels = alert["labels"].as_object().into_iter().flatten();
        let labels = labels
            .filter(|(name, _)| !["instance", "job"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        (labels.collect(), alert["state"] == "firing")
    });
    Some(alerts.collect())
}

fn judged() -> Alerts {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(rules()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    let mut engine = Engine::new(aurora_feed::rules::read(&files).unwrap().into_groups());
    let samples = FIGURES.map(|(metric, labels, value)| Sample {
        metric: Cow::Borrowed(metric),
        labels: Labels::new(labels.iter().copied()),
        value,
    });
    for second in 0..10 {
        engine.observe(Ts(1_795_196_697_000_000_000).plus_seconds(second), &samples);
    }
    let alerts = engine.alerts().iter().map(|alert| {
        let labels = alert.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        (labels.collect(), alert.state == AlertState::Firing)
    });
    alerts.collect()
}

#[test]
fn a_running_prometheus_comes_to_the_same_alerts() {
    let expected = judged();
    let firing = expected.values().filter(|firing| **firing).count();
    assert!(firing > 10 && expected.len() - firing > 5, "{expected:?}");
    let folder = tempfile::tempdir().unwrap();
    let Some((_running, address)) = prometheus(folder.path(), serve()) else {
        println!("prometheus is not installed (Debian: prometheus); nothing was compared");
        return;
    };
    let deadline = Instant::now() + Duration::from_secs(50);
    let mut last = None;
    while last.as_ref() != Some(&expected) {
        assert!(Instant::now() < deadline, "Prometheus says {last:#?}, the engine {expected:#?}");
        std::thread::sleep(Duration::from_millis(200));
        last = said(address).or(last);
    }
}
