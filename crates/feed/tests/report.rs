//! `aurora-feed report` and `verify-report`: what they say of hand-made and real sessions, and that it can be made again.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking, helpers too")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    slice,
};

use serde_json::Value;

/// A whole minute.
const START: i64 = 1_795_197_000;

struct Sessions(tempfile::TempDir);

impl Sessions {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A session with one order every twenty seconds for `minutes`, from `start` minutes on; `filled` says which are.
    fn write(&self, name: &str, (start, minutes): (i64, i64), filled: impl Fn(i64) -> bool) -> PathBuf {
        let mut text = String::new();
        for order in 0..minutes * 3 {
            let ts_ns = (START + start * 60 + order * 20) * 1_000_000_000;
            let mut event = |ms: i64, code: &str, details: &str| {
                let ts_ns = ts_ns + ms * 1_000_000;
                let _ = writeln!(
                    text,
                    r#"{{"ts_ns":{ts_ns},"run_id":"r","event_code":"{code}","oid":"{name}-{order}","details":{{{details}}}}}"#
                );
            };
            event(0, "ORDER.SUBMIT", "");
            event(20, "ORDER.ACK", r#""latency_ms":20"#);
            if filled(order / 3) {
                event(40, "ORDER.FILL", "");
            }
            event(50, "POLICY.DECISION", r#""observability":{"latency_ms":3}"#);
        }
        let dir = self.0.path().join(name);
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("aurora_events.jsonl"), text).unwrap();
        dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn run(command: &str, args: &[&str], dirs: &[PathBuf]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aurora-feed")).arg(command).args(args).args(dirs).output().unwrap()
}

fn report(args: &[&str], dirs: &[PathBuf]) -> (i32, Value) {
    let output = run("report", args, dirs);
    let text = String::from_utf8(output.stdout).unwrap();
    let whole: Value = serde_json::from_str(&text)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
        .unwrap();
    (output.status.code().unwrap(), whole["report"].clone())
}

fn objective<'r>(report: &'r Value, metric: &str) -> &'r Value {
    report["objectives"].as_array().unwrap().iter().find(|own| own["metric"] == metric).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_good_session_passes_and_names_its_first_and_last_event() {
    let sessions = Sessions::new();
    let dir = sessions.write("good", (0, 30), |_| true);
    let (code, report) = report(&[], &[dir]);
    assert_eq!((code, &report["overall"]), (0, &"pass".into()), "{report}");
    assert_eq!(report["compliance_rate"], 1.0);
    assert_eq!(
        report["first_event"],
        serde_json::json!({"session": "good", "file": "aurora_events.jsonl", "line": 1})
    );
    assert_eq!(report["last_event"]["line"], 30 * 3 * 4);
    assert_eq!(report["window"]["start"], "2026-11-20T17:50:00Z");
    assert_eq!(
        (&report["window"]["seconds"], &report["window"]["covered_seconds"]),
        (&1_800.into(), &1_800.into())
    );
    assert_eq!(objective(&report, "latency.policy.p99")["samples"], 90);
}

#[test]
fn orders_that_stop_filling_are_a_breach_at_their_second_and_roll_back() {
    let sessions = Sessions::new();
    // 300 s of window have to fall below 0.75 before the fifteen minutes begin.
    let dir = sessions.write("dry", (0, 60), |minute| minute < 20);
    let (code, report) = report(&[], &[dir]);
    assert_eq!((code, &report["overall"]), (2, &"fail".into()));
    assert_eq!(objective(&report, "fill_rate.p95")["value"], 0.0);
    let rollback = report["rollback"].as_array().unwrap();
    let when =
        |name: &str| rollback.iter().find(|own| own["criterion"] == name).unwrap()["breached_at"].clone();
    // Of 15 orders in 300 s the fourth without a fill makes it less than 0.75: submitted at 20:01:00, seen a second later.
    assert_eq!(when("RollbackFillRate"), "2026-11-20T18:26:01Z");
    let incidents = report["incidents"].as_array().unwrap();
    let own = incidents.iter().find(|own| own["alert"] == "RollbackFillRate").unwrap();
    assert_eq!((&own["severity"], &own["resolved_at"]), (&"critical".into(), &Value::Null));
}

#[test]
fn a_part_of_the_window_is_said_to_be_one() {
    let sessions = Sessions::new();
    let dirs = [sessions.write("one", (0, 20), |_| true), sessions.write("two", (60, 40), |_| true)];
    let (code, report) = report(&["--hours", "3"], &dirs);
    assert_eq!((code, &report["overall"]), (3, &"inconclusive".into()));
    assert_eq!(report["reasons"], serde_json::json!(["1 h of 3 h are covered"]));
    assert_eq!(report["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(objective(&report, "fill_rate.p50")["samples"], 60);
}

#[test]
fn silence_is_an_incident_and_its_end_is_told() {
    let sessions = Sessions::new();
    let dir = sessions.write("gap", (0, 5), |_| true);
    let file = dir.join("aurora_events.jsonl");
    let first = fs::read_to_string(&file).unwrap();
    let second = {
        let other = Sessions::new();
        let dir = other.write("gap2", (15, 5), |_| true);
        fs::read_to_string(dir.join("aurora_events.jsonl")).unwrap()
    };
    fs::write(&file, first + &second).unwrap();
    let (code, report) = report(&[], &[dir]);
    assert_eq!(code, 2);
    let incidents = report["incidents"].as_array().unwrap();
    let told: Vec<_> =
        incidents.iter().map(|own| (&own["alert"], &own["fired_at"], &own["resolved_at"])).collect();
    // The last event before it is of 17:54:40.05, the first after it of 18:05:00.
    assert_eq!(told, [(&"LogSilent".into(), &"2026-11-20T17:55:41Z".into(), &"2026-11-20T18:05:01Z".into())]);
}

#[test]
fn a_report_is_verified_and_a_changed_one_or_another_session_is_not() {
    let sessions = Sessions::new();
    let (one, other) =
        (sessions.write("one", (0, 10), |_| true), sessions.write("other", (0, 10), |_| false));
    let path = sessions.path("report.json");
    let made = run("report", &["--output", path.to_str().unwrap()], slice::from_ref(&one));
    assert!(made.status.success() && made.stdout.is_empty(), "{}", stderr(&made));
    let verify = |dir: &Path| run("verify-report", &[path.to_str().unwrap()], &[dir.to_path_buf()]);
    assert!(verify(&one).status.success());
    let wrong = verify(&other);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stderr(&wrong).contains("its hash is right, but the sessions give another report"),
        "{}",
        stderr(&wrong)
    );
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(r#""samples": 30"#, r#""samples": 31"#)).unwrap();
    assert!(stderr(&verify(&one)).contains("does not match its hash"), "{}", stderr(&verify(&one)));
}

#[test]
fn what_cannot_be_judged_is_said() {
    let sessions = Sessions::new();
    let dir = sessions.write("one", (0, 2), |_| true);
    let complaint = |args: &[&str], dirs: &[PathBuf]| {
        let output = run("report", args, dirs);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        stderr(&output)
    };
    assert!(complaint(&[], &[dir.clone(), dir.clone()]).contains("was passed twice"));
    assert!(complaint(&["--start", "noon"], slice::from_ref(&dir)).contains("--start noon: this is no time"));
    let before = complaint(&["--end", "2026-11-20T17:00:00Z"], slice::from_ref(&dir));
    assert!(before.contains("the window ends before it begins"), "{before}");
    assert!(complaint(&[], &[sessions.path("none")]).contains("does not exist"));
    let timeless = sessions.path("timeless");
    fs::create_dir(&timeless).unwrap();
    fs::write(timeless.join("aurora_events.jsonl"), "{\"event_code\":\"ORDER.SUBMIT\"}\n").unwrap();
    assert!(complaint(&[], &[timeless]).contains("no event with a time"));
}

#[test]
fn real_sessions_give_the_same_report_each_time() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sessions");
    let Ok(entries) = fs::read_dir(&shared) else {
        eprintln!("skipped: {} is not there", shared.display());
        return;
    };
    let sessions = Sessions::new();
    let mut judged = 0;
    for dir in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let path = sessions.path("report.json");
        let made = run("report", &["--output", path.to_str().unwrap()], slice::from_ref(&dir));
        assert_ne!(made.status.code(), Some(1), "{}: {}", dir.display(), stderr(&made));
        let verified = run("verify-report", &[path.to_str().unwrap()], slice::from_ref(&dir));
        assert!(verified.status.success(), "{}: {}", dir.display(), stderr(&verified));
        judged += 1;
    }
    assert!(judged > 0);
}

#[test]
fn gpg_signs_a_report_beside_it() {
    let sessions = Sessions::new();
    let dir = sessions.write("one", (0, 2), |_| true);
    let (path, home) = (sessions.path("report.json"), sessions.path("keys"));
    fs::create_dir(&home).unwrap();
    let gpg = |args: &[&str]| Command::new("gpg").env("GNUPGHOME", &home).args(args).output();
    let key = gpg(&[
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "release@example.org",
        "ed25519",
        "sign",
        "never",
    ]);
    let Ok(key) = key else {
        eprintln!("skipped: gpg is not installed");
        return;
    };
    assert!(key.status.success(), "{}", stderr(&key));
    let made = |key: &str| {
        Command::new(env!("CARGO_BIN_EXE_aurora-feed"))
            .env("GNUPGHOME", &home)
            .args(["report", "--output", path.to_str().unwrap(), "--sign", key])
            .arg(&dir)
            .output()
            .unwrap()
    };
    let signed = made("release@example.org");
    assert!(signed.status.success(), "{}", stderr(&signed));
    let verified = gpg(&["--verify", &format!("{}.asc", path.display()), path.to_str().unwrap()]).unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));
    let nobody = made("nobody@example.org");
    assert!(
        nobody.status.code() == Some(1) && stderr(&nobody).contains("gpg did not sign"),
        "{}",
        stderr(&nobody)
    );
    // A daemon that outlives the test would hold its folder.
    let _ = Command::new("gpgconf").env("GNUPGHOME", &home).args(["--kill", "all"]).output();
}
