//! The registry over real directories, scanned by hand.

use std::{
    fs,
    io::Write as _,
    time::{Instant, SystemTime},
};

use super::*;

const LOG: &str = "aurora_events.jsonl";

struct Bench {
    root: tempfile::TempDir,
    registry: Registry,
    config: Config,
    journals: tempfile::TempDir,
}

impl Bench {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let (root, journals) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut config =
            Config { poll_interval: Duration::from_millis(1), open_sessions: 2, ..Config::new(root.path()) };
        change(&mut config);
        let registry = registry(&config, journals.path());
        Self { root, registry, config, journals }
    }

    /// Another one over the same sessions and journals.
    fn other(&self) -> Registry {
        registry(&self.config, self.journals.path())
    }

    /// Appends a line to a session whose last write is then so many seconds ago.
    fn write(&self, session: &str, age_s: u64) {
        let dir = self.root.path().join(session);
        fs::create_dir_all(&dir).unwrap();
        let mut file = fs::OpenOptions::new().append(true).create(true).open(dir.join(LOG)).unwrap();
        writeln!(file, "{{\"event_code\":\"TEST\",\"session\":\"{session}\"}}").unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age_s)).unwrap();
    }

    fn open(&self) -> Vec<String> {
        self.registry.lock().open.keys().cloned().collect()
    }

    fn default(&self) -> Option<String> {
        self.registry.default.borrow().as_ref().map(|session| session.name().to_owned())
    }

    fn check(&self, default: Option<&str>, open: &[&str]) {
        self.registry.scan();
        assert_eq!(
            (self.default().as_deref(), self.open()),
            (default, open.iter().map(|name| (*name).to_owned()).collect())
        );
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.registry.close();
        assert!(self.registry.join(), "a session's thread panicked");
    }
}

fn registry(config: &Config, journals: &Path) -> Registry {
    Registry::new(config, journals.to_path_buf(), Arc::new(Totals::new()), Redactor::new().unwrap())
}

fn wait(what: &str, mut met: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !met() {
        assert!(Instant::now() < deadline, "{what} did not come true");
        std::thread::yield_now();
    }
}

#[test]
fn all_that_grow_are_followed_and_the_newest_is_the_default() {
    let bench = Bench::new(|_| ());
    bench.check(None, &[]);
    assert_eq!(bench.registry.condition(None).0, Condition::Waiting);
    bench.write("20261120-100000", 5);
    bench.write("20261120-110000", 9);
    bench.write("20261119-100000", 5_000);
    bench.check(Some("20261120-110000"), &["20261120-100000", "20261120-110000"]);
    let both = ["20261120-100000", "20261120-110000"].map(|name| bench.registry.find(Some(name)).unwrap());
    for session in both {
        wait("the line is published", || session.status().counts().lines == 1);
    }
    assert_eq!(bench.registry.condition(Some(&bench.registry.find(None).unwrap())).0, Condition::Ok);
}

#[test]
fn a_session_that_begins_becomes_the_default_and_the_one_before_goes_on() {
    let bench = Bench::new(|_| ());
    bench.write("20261120-100000", 5);
    bench.check(Some("20261120-100000"), &["20261120-100000"]);
    let mut newest = bench.registry.newest();
    newest.mark_unchanged();
    bench.write("20261120-110000", 0);
    bench.check(Some("20261120-110000"), &["20261120-100000", "20261120-110000"]);
    assert!(newest.has_changed().unwrap());
    newest.mark_unchanged();
    bench.write("20261120-100000", 0);
    bench.check(Some("20261120-110000"), &["20261120-100000", "20261120-110000"]);
    assert!(!newest.has_changed().unwrap());
}

#[test]
fn a_session_that_begins_and_cannot_be_opened_becomes_the_default_once_it_can() {
    let bench = Bench::new(|_| ());
    bench.write("a", 0);
    bench.check(Some("a"), &["a"]);
    bench.write("b", 0);
    let other = bench.other();
    other.scan();
    for _ in 0..3 {
        bench.check(Some("a"), &["a"]);
        assert_eq!(bench.registry.condition(None).0, Condition::Waiting);
        let (condition, why) = bench.registry.condition(Some(&bench.registry.find(None).unwrap()));
        assert_eq!(condition, Condition::Degraded);
        assert!(why.unwrap().contains('b'));
    }
    other.close();
    assert!(other.join());
    bench.check(Some("b"), &["a", "b"]);
    assert_eq!(bench.registry.condition(Some(&bench.registry.find(None).unwrap())).0, Condition::Ok);
}

fn check_gone_back_to(older: &str, newest: &str) {
    let bench = Bench::new(|_| ());
    bench.write(older, 0);
    bench.check(Some(older), &[older]);
    bench.write(newest, 0);
    bench.check(Some(newest), &[older, newest]);
    let (there, away) = (bench.root.path().join(newest), bench.journals.path().join("away"));
    fs::rename(&there, &away).unwrap();
    bench.check(Some(older), &[older, newest]);
    fs::rename(&away, &there).unwrap();
    bench.check(Some(newest), &[older, newest]);
}

#[test]
fn the_newest_session_is_the_default_again_when_its_directory_is_back() {
    check_gone_back_to("20261120-100000", "20261120-110000");
    check_gone_back_to("a", "b");
}

#[test]
fn an_older_session_is_opened_on_request_and_closed_when_nobody_uses_it() {
    let bench = Bench::new(|config| config.close_unused_after = Duration::ZERO);
    bench.write("now", 0);
    bench.write("old", 5_000);
    bench.check(Some("now"), &["now"]);
    let old = bench.registry.find(Some("old")).unwrap();
    wait("the line is published", || old.status().counts().lines == 1);
    let client = old.hub().subscribe(0);
    bench.check(Some("now"), &["now", "old"]);
    drop(client);
    bench.check(Some("now"), &["now"]);
    let head = old.hub().extent().head;
    let again = bench.registry.find(Some("old")).unwrap();
    assert_eq!(again.hub().extent().head, head, "it goes on with its journal");
}

#[test]
fn the_bound_on_open_sessions_closes_the_least_used_and_then_refuses() {
    let bench = Bench::new(|_| ());
    bench.write("now", 0);
    for old in ["a", "b", "c"] {
        bench.write(old, 5_000);
    }
    bench.registry.scan();
    let a = bench.registry.find(Some("a")).unwrap();
    let b = bench.registry.find(Some("b")).unwrap();
    let client = a.hub().subscribe(0);
    bench.registry.find(Some("c")).unwrap();
    assert_eq!(bench.open(), ["a", "c", "now"], "b was unused");
    drop(b);
    let c = bench.registry.find(Some("c")).unwrap();
    let other = c.hub().subscribe(0);
    assert_eq!(bench.registry.find(Some("b")).err(), Some(SessionError::TooMany { limit: 2 }));
    bench.check(Some("now"), &["a", "c", "now"]);
    drop((client, other));
    assert!(bench.registry.find(Some("b")).is_ok());
}

#[test]
fn what_grows_takes_the_place_of_what_nobody_uses() {
    let bench = Bench::new(|_| ());
    bench.write("20261120-100000", 0);
    bench.write("old", 5_000);
    bench.write("older", 6_000);
    bench.registry.scan();
    for name in ["old", "older"] {
        bench.registry.find(Some(name)).unwrap();
    }
    bench.write("20261119-090000", 0);
    bench.registry.scan();
    assert!(bench.open().contains(&"20261119-090000".to_owned()), "{:?}", bench.open());
    assert_eq!(bench.open().len(), 3);
}

#[test]
fn what_grows_beyond_the_bound_is_counted() {
    let bench = Bench::new(|_| ());
    for hour in 10..15 {
        bench.write(&format!("20261120-{hour}0000"), 0);
    }
    bench.check(Some("20261120-140000"), &["20261120-120000", "20261120-130000", "20261120-140000"]);
    assert_eq!(bench.registry.counts(), SessionCounts { found: 5, open: 3, unfollowed: 2 });
}

#[test]
fn ids_of_two_sessions_never_meet() {
    let bench = Bench::new(|_| ());
    bench.write("20261120-100000", 0);
    bench.write("20261120-110000", 0);
    bench.registry.scan();
    let [one, two] =
        ["20261120-100000", "20261120-110000"].map(|name| bench.registry.find(Some(name)).unwrap());
    wait("both are published", || one.status().counts().lines + two.status().counts().lines == 2);
    let (one, two) = (one.hub().extent(), two.hub().extent());
    assert!(one.head < two.session_first || two.head < one.session_first, "{one:?} {two:?}");
}

#[test]
fn ids_of_sessions_that_other_processes_opened_do_not_meet_either() {
    let bench = Bench::new(|_| ());
    bench.write("now", 0);
    for old in ["one", "two"] {
        bench.write(old, 5_000);
    }
    bench.registry.scan();
    let one = bench.registry.find(Some("one")).unwrap();
    wait("the line is published", || one.status().counts().lines == 1);
    let head = one.hub().extent().head;
    drop(one);
    bench.registry.close();
    assert!(bench.registry.join());
    let other = bench.other();
    other.scan();
    let two = other.find(Some("two")).unwrap();
    assert!(two.hub().extent().first > head, "an id of one is an id of the other");
    drop(two);
    other.close();
    assert!(other.join());
}

fn check_refused(name: &str, expected: SessionError) {
    let bench = Bench::new(|_| ());
    bench.write("now", 0);
    fs::create_dir(bench.root.path().join("empty")).unwrap();
    bench.registry.scan();
    assert_eq!(bench.registry.find(Some(name)).err(), Some(expected));
}

#[test]
fn only_names_of_sessions_are_found() {
    for name in ["..", "../now", "now/..", "/tmp", ""] {
        check_refused(name, SessionError::BadName);
    }
    for name in ["empty", "none", "now "] {
        check_refused(name, SessionError::Unknown { name: name.to_owned() });
    }
}

#[test]
fn a_directory_that_goes_is_said_and_comes_back() {
    let bench = Bench::new(|_| ());
    bench.write("a", 0);
    bench.write("b", 5_000);
    bench.check(Some("a"), &["a"]);
    let session = bench.registry.find(None).unwrap();
    wait("it is read", || session.status().counts().lines == 1);
    fs::rename(bench.root.path().join("a"), bench.root.path().join(".a")).unwrap();
    fs::rename(bench.root.path().join(".a").join(LOG), bench.root.path().join("kept")).unwrap();
    bench.check(Some("a"), &["a"]);
    let (condition, message) = bench.registry.condition(Some(&session));
    assert_eq!(condition, Condition::Degraded);
    assert!(message.unwrap().contains("is not there"));
    bench.write("a", 0);
    bench.check(Some("a"), &["a"]);
    assert_eq!(bench.registry.condition(Some(&session)).0, Condition::Ok);
}

#[test]
fn a_directory_of_logs_is_the_one_session_and_has_its_name() {
    let bench = Bench::new(|_| ());
    fs::write(bench.root.path().join(LOG), "{}\n").unwrap();
    bench.registry.scan();
    let name = bench.root.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(bench.default().as_deref(), Some(name));
    assert_eq!(bench.registry.find(Some(name)).unwrap().dir(), bench.root.path());
}

#[test]
fn the_list_says_what_is_known_of_each() {
    let bench = Bench::new(|_| ());
    bench.write("now", 1);
    bench.write("old", 5_000);
    bench.write("older", 6_000);
    bench.registry.scan();
    for name in ["now", "old"] {
        let session = bench.registry.find(Some(name)).unwrap();
        wait("it is read", || session.status().counts().lines == 1 && !session.status().is_reading_history());
    }
    let list = serde_json::to_value(bench.registry.list()).unwrap();
    assert_eq!((&list["default"], &list["open_limit"]), (&"now".into(), &2.into()));
    let [now, old, older] = &list["sessions"].as_array().unwrap()[..] else { panic!("{list:#}") };
    assert_eq!(
        (&now["name"], &now["state"], &now["default"]),
        (&"now".into(), &"growing".into(), &true.into())
    );
    assert!(now["bytes"].as_u64().unwrap() > 0 && now["verdict"]["headline"].is_string(), "{now:#}");
    assert_eq!((&old["state"], &old["default"]), (&"ended".into(), &false.into()));
    assert_eq!((&older["state"], &older["verdict"]), (&"not_opened".into(), &serde_json::Value::Null));
    assert_eq!(older["verdict_missing"], "not opened");
}

#[test]
fn a_closed_registry_opens_nothing_and_ends_what_was_open() {
    let bench = Bench::new(|_| ());
    bench.write("now", 0);
    bench.write("old", 5_000);
    bench.registry.scan();
    bench.registry.close();
    bench.registry.scan();
    assert!(bench.open().is_empty());
    assert!(bench.registry.find(Some("old")).is_err());
    assert!(*bench.registry.closing().borrow());
}
