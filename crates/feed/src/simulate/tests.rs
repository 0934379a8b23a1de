//! The generator against what it promises: determinism, shapes, lifecycles, rates, scenarios, and what lands on disk.

mod disk;
mod life;
mod marks;
mod pure;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Action, PerFile, Plan, Scenario, SessionFile, TimedAction, Totals, plan};

const SECOND: u64 = 1_000_000_000;
const START_NS: u64 = 1_795_197_000 * SECOND;

/// A finished session as the files would hold it, rotation left out.
struct Session {
    actions: Vec<TimedAction>,
    content: PerFile<Vec<u8>>,
    totals: Totals,
    events: OnceCell<Vec<Value>>,
}

fn session(seed: u64, scenario: Scenario, rate: f64, seconds: u64) -> Session {
    let mut plan: Plan = plan(seed, scenario, rate, START_NS);
    let end_ns = START_NS + seconds * SECOND;
    let mut actions: Vec<_> = std::iter::from_fn(|| plan.next_until(end_ns)).collect();
    actions.extend(plan.finish(end_ns));
    let mut content: PerFile<Vec<u8>> = PerFile::default();
    for timed in &actions {
        if let Action::Append { file, bytes } = &timed.action {
            content.get_mut(*file).extend_from_slice(bytes);
        }
    }
    Session { actions, content, totals: plan.totals().clone(), events: OnceCell::new() }
}

impl Session {
    /// The lines of a file; fails when the last one is not finished.
    fn lines(&self, file: SessionFile) -> Vec<&[u8]> {
        let content = self.content.get(file);
        if content.is_empty() {
            return Vec::new();
        }
        content.strip_suffix(b"\n").expect("the last line is finished").split(|byte| *byte == b'\n').collect()
    }

    /// The lines of a file that are JSON objects.
    fn records(&self, file: SessionFile) -> Vec<Value> {
        self.lines(file)
            .into_iter()
            .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
            .filter(Value::is_object)
            .collect()
    }

    fn all_events(&self) -> &[Value] {
        self.events.get_or_init(|| self.records(SessionFile::Events))
    }

    /// Events with a code, in file order.
    fn events(&self, code: &str) -> Vec<&Value> {
        self.all_events().iter().filter(|event| event["event_code"] == code).collect()
    }

    /// The canonical events of each order, by exchange id.
    fn orders(&self) -> BTreeMap<&str, Vec<&Value>> {
        let mut orders: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for event in self.all_events() {
            if let Some(oid) = event["oid"].as_str() {
                orders.entry(oid).or_default().push(event);
            }
        }
        orders
    }
}

fn at_ns(record: &Value) -> u64 {
    record["ts_ns"].as_u64().expect("a time in nanoseconds")
}
