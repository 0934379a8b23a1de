//! The rule engine beside Prometheus: rules made at random over series made at random, judged by both.
//!
//! Each scenario is written as a unit test of rules whose expectations are what the engine says, pending and firing, with
//! labels and annotations; `promtool test rules` must find nothing else. Where promtool is not installed nothing is
//! compared, and the output says so.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking, helpers too")]

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _, io::ErrorKind, path::Path, process::Command};

use aurora_domain::{
    Ts,
    rules::{AlertState, Engine, Labels, Sample},
};
use aurora_wire::rules::{File, FileGroup, FileRule, Rules};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::{Value, json};

const STEPS: usize = 60;
const STEP_SECONDS: i64 = 15;
const RULES: usize = 90;

struct Random(Pcg64Mcg);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }
}

/// A series: its metric, its labels, and its values; `None` where an observation lacks it.
struct Series {
    metric: &'static str,
    labels: Vec<(&'static str, &'static str)>,
    values: Vec<Option<f64>>,
}

/// What is observed: every series, or nothing at all at steps where nobody looked.
struct Scenario {
    series: Vec<Series>,
    observed: Vec<bool>,
}

impl Scenario {
    fn new(random: &mut Random) -> Self {
        let observed = (0..STEPS).map(|step| step == 0 || !random.one_in(8)).collect();
        let named: [(&str, &[(&str, &str)]); 9] = [
            ("gauge", &[("x", "1"), ("kind", "ack")]),
            ("gauge", &[("x", "2"), ("kind", "ack")]),
            ("gauge", &[("x", "3"), ("kind", "policy")]),
            ("other", &[("x", "1")]),
            ("other", &[("x", "2")]),
            ("single", &[]),
            ("count_total", &[("x", "1"), ("kind", "ack")]),
            ("count_total", &[("x", "2"), ("kind", "query")]),
            ("late_total", &[]),
        ];
        let series = named.map(|(metric, labels)| Series {
            metric,
            labels: labels.to_vec(),
            values: values(random, metric),
        });
        Self { series: series.into(), observed }
    }

    fn labels_of(series: &Series) -> Labels {
        Labels::new(series.labels.iter().copied())
    }

    /// The series in promtool's notation: a series that an observation lacks is stale from then on.
    fn notation(&self) -> Vec<Value> {
        let written = self.series.iter().map(|series| {
            let mut text = String::new();
            let mut there = false;
            for (value, observed) in series.values.iter().zip(&self.observed) {
                match (value, observed) {
                    (Some(value), true) if value.is_nan() => text.push_str("NaN "),
                    (Some(value), true) => write!(text, "{value} ").unwrap_or_default(),
                    (None, true) if there => text.push_str("stale "),
                    _ => text.push_str("_ "),
                }
                there = if *observed { value.is_some() } else { there };
            }
            let labels: Vec<String> =
                series.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            json!({ "series": format!("{}{{{}}}", series.metric, labels.join(",")), "values": text.trim_end() })
        });
        written.collect()
    }

    fn step(&self, engine: &mut Engine, step: usize) {
        let now = Ts(0).plus_seconds(seconds(step));
        if !self.observed[step] {
            engine.evaluate(now);
            return;
        }
        let present = self.series.iter().filter_map(|series| Some((series, series.values[step]?)));
        let samples: Vec<Sample> = present
            .map(|(series, value)| Sample {
                metric: Cow::Borrowed(series.metric),
                labels: Self::labels_of(series),
                value,
            })
            .collect();
        engine.observe(now, &samples);
    }
}

fn seconds(step: usize) -> i64 {
    i64::try_from(step).unwrap_or(0) * STEP_SECONDS
}

fn values(random: &mut Random, metric: &str) -> Vec<Option<f64>> {
    let counter = metric.ends_with("_total");
    let (mut level, mut gone) = (f64::from(u32::try_from(random.below(20)).unwrap_or(0)), false);
    (0..STEPS)
        .map(|step| {
            if random.one_in(15) {
                gone = !gone;
            }
            if counter && random.one_in(12) {
                level = 0.0;
            }
            if counter {
                level += random.pick(&[0.0, 0.0, 1.0, 2.5, 7.0]);
            } else if random.one_in(2) {
                level = random.pick(&[0.0, 1.0, 2.0, 3.5, -4.0, 10.0, f64::NAN]);
            }
            let late = metric == "late_total" && step < STEPS / 3;
            (!gone && !late).then_some(level)
        })
        .collect()
}

fn selector(random: &mut Random) -> String {
    random
        .pick(&[
            "gauge",
            "gauge{kind=\"ack\"}",
            "gauge{x=~\"1|3\"}",
            "gauge{x!~\"2.*\",kind!=\"policy\"}",
            "other",
            "single",
            "count_total",
            "count_total{kind=~\".+e.+\"}",
            "late_total",
            "never",
        ])
        .to_owned()
}

fn vector(random: &mut Random, depth: u32) -> String {
    if depth == 0 || random.one_in(5) {
        if random.one_in(2) {
            return selector(random);
        }
        let function = random.pick(&["increase", "rate", "avg_over_time", "max_over_time"]);
        let range = random.pick(&["15s", "40s", "1m", "2m30s", "10m"]);
        return format!("{function}({}[{range}])", selector(random));
    }
    let left = vector(random, depth - 1);
    match random.below(9) {
        0 => format!("({left} {} {})", random.pick(&["+", "-", "*", "/", "%", "^"]), number(random)),
        1 => format!("({} {} {left})", number(random), random.pick(&["-", "/", "^", ">", "<= bool"])),
        2 | 3 => {
            format!(
                "({left} {} {})",
                random.pick(&[">", "<", ">=", "!=", "==", "> bool", "== bool"]),
                number(random)
            )
        }
        4 | 5 => {
            let right = vector(random, depth - 1);
            let op = random.pick(&["+", "-", "/", ">", "<=", "< bool", "!="]);
            format!(
                "({left} {op} {} {right})",
                random.pick(&["", "on(x)", "ignoring(kind)", "on(x, kind)", "on()"])
            )
        }
        6 => {
            let right = vector(random, depth - 1);
            let op = random.pick(&["and", "or", "unless"]);
            format!("({left} {op} {} {right})", random.pick(&["", "on(x)", "ignoring(kind)", "on()"]))
        }
        7 => format!("-{left}"),
        _ => format!("absent({left})"),
    }
}

fn number(random: &mut Random) -> &'static str {
    random.pick(&["0", "1", "2.5", "10", "-1", "0.1", "(2 * 3)"])
}

/// Expressions that chance seldom makes.
const NAMED: [&str; 14] = [
    "1",
    "-1 ^ 2",
    "2 > bool 1",
    "0 / 0",
    "absent((never{x=\"1\"}))",
    "absent(never{x=\"1\",x=\"1\",y=\"2\",z=~\"3\"})",
    "absent(never{x=\"1\",x!=\"2\",y=\"\"})",
    "gauge{none=\"\"}",
    "gauge{none=~\".*\",x=~\"(1|2)\"}",
    "gauge > on() single",
    "gauge == on(x) other",
    "gauge * ignoring(kind, x) single",
    "single ^ single ^ 2 - -single % 3",
    "gauge > 1 < 5 unless other or single",
];

fn rule(random: &mut Random, index: usize) -> FileRule {
    let depth = u32::try_from(random.below(4)).unwrap_or(0);
    let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let expr = NAMED.get(index).map_or_else(|| vector(random, depth), |expr| (*expr).to_owned());
    let mut annotations =
        BTreeMap::from([text("exact", "{{ $value | printf \"%.9g\" }} of {{ $labels.x }}")]);
    // Powers differ from Prometheus' in the last of their digits, which decides how halves are rounded.
    if !expr.contains('^') {
        annotations.extend([
            text("short", "{{ $value | humanize }}, {{ humanizePercentage $value }}"),
            text("long", "{{ $value | humanizeDuration }}, {{ printf \"%.2f%%\" $value }}, {{ $value }}"),
        ]);
    }
    FileRule {
        alert: format!("Rule{index}"),
        expr,
        hold_for: random.pick(&["", "15s", "40s", "1m"]).to_owned(),
        keep_firing_for: random.pick(&["", "", "30s", "2m"]).to_owned(),
        labels: BTreeMap::from([text("severity", "critical"), text("kind_is", "of {{ $labels.kind }}")]),
        annotations,
    }
}

fn compiled(rules: Vec<FileRule>) -> Rules {
    let file = File { groups: vec![FileGroup { name: "g".to_owned(), rules, interval: None }] };
    Rules::try_from(file).unwrap()
}

/// The rules that can be judged at every step: promtool refuses a whole test for one that cannot.
fn judged(scenario: &Scenario, rules: Vec<FileRule>) -> Vec<FileRule> {
    let mut engine = Engine::new(compiled(rules.clone()).into_groups());
    let mut failed = std::collections::BTreeSet::new();
    for step in 0..STEPS {
        scenario.step(&mut engine, step);
        failed.extend(engine.failures().iter().map(|failure| failure.rule.1));
    }
    rules.into_iter().enumerate().filter(|(index, _)| !failed.contains(index)).map(|(_, rule)| rule).collect()
}

/// What the engine says at each step, in promtool's notation: firing alerts by rule, and pending ones as series.
fn expectations(scenario: &Scenario, rules: &Rules) -> (Vec<Value>, Vec<Value>, usize) {
    let mut engine = Engine::new(rules.groups().to_vec());
    let (mut firing, mut pending, mut count) = (Vec::new(), Vec::new(), 0);
    for step in 0..STEPS {
        scenario.step(&mut engine, step);
        let time = format!("{}s", seconds(step));
        for rule in &rules.file().groups[0].rules {
            let alerts = engine.alerts().iter().filter(|alert| alert.name == rule.alert);
            let expected: Vec<Value> = alerts
                .filter(|alert| alert.state == AlertState::Firing)
                .map(|alert| {
                    let labels: BTreeMap<_, _> =
                        alert.labels.iter().filter(|(name, _)| *name != "alertname").collect();
                    let annotations: BTreeMap<_, _> = alert.annotations.iter().cloned().collect();
                    json!({ "exp_labels": labels, "exp_annotations": annotations })
                })
                .collect();
            count += expected.len();
            firing.push(json!({ "eval_time": time, "alertname": rule.alert, "exp_alerts": expected }));
        }
        let samples: Vec<Value> = engine
            .alerts()
            .iter()
            .filter(|alert| alert.state == AlertState::Pending)
            .map(|alert| {
                let mut labels = "ALERTS{alertstate=\"pending\"".to_owned();
                for (name, value) in alert.labels.iter() {
                    write!(labels, ",{name}={value:?}").unwrap_or_default();
                }
                json!({ "labels": labels + "}", "value": 1 })
            })
            .collect();
        count += samples.len();
        pending.push(
            json!({ "expr": "ALERTS{alertstate=\"pending\"}", "eval_time": time, "exp_samples": samples }),
        );
    }
    (firing, pending, count)
}

/// What promtool finds; `None` where it is not installed.
fn promtool(folder: &Path, rules: &Rules, test: &Value) -> Option<Result<(), String>> {
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("rules.json", rules.file().to_json());
    write("test.json", test.to_string());
    match Command::new("promtool").current_dir(folder).args(["test", "rules", "test.json"]).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(Err(error.to_string())),
        Ok(output) if output.status.success() => Some(Ok(())),
        Ok(output) => Some(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// Compares one scenario. False where there is no promtool.
fn check(seed: u64) -> bool {
    let mut random = Random(Pcg64Mcg::seed_from_u64(seed));
    let scenario = Scenario::new(&mut random);
    let rules = (0..RULES).map(|index| rule(&mut random, index)).collect();
    let rules = compiled(judged(&scenario, rules));
    let (firing, pending, count) = expectations(&scenario, &rules);
    assert!(count > 1_000, "a scenario in which hardly anything happens says little: {count}");
    let interval = format!("{STEP_SECONDS}s");
    let test = json!({
        "rule_files": ["rules.json"],
        "evaluation_interval": interval,
        "tests": [{
            "interval": interval,
            "input_series": scenario.notation(),
            "alert_rule_test": firing,
            "promql_expr_test": pending,
        }],
    });
    let folder = tempfile::tempdir().unwrap();
    let found = promtool(folder.path(), &rules, &test);
    if let Some(Err(said)) = &found {
        let beginning: String = said.chars().take(4_000).collect();
        assert_eq!(beginning, "", "seed {seed}: promtool sees other alerts");
    }
    found.is_some()
}

#[test]
fn alerts_are_those_of_prometheus_at_every_step() {
    if !(1..=5).all(check) {
        println!("promtool is not installed (Debian: prometheus); nothing was compared");
    }
}
