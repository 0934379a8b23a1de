//! The rows of a session, each with what its keys say by the rules of CONTRACT.md section 1.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

/// The logs in reading order.
const LOGS: [&str; 5] = ["aurora_events", "orders_success", "orders_denied", "orders_failed", "orders"];

/// One line.
pub(crate) struct Row {
    pub(crate) log: &'static str,
    pub(crate) shape: char,
    pub(crate) at: i64,
    pub(crate) code: Option<String>,
    record: Map<String, Value>,
}

/// All lines in order of time.
pub(crate) struct Rows {
    pub(crate) all: Vec<Row>,
    pub(crate) lines: usize,
    pub(crate) files: Vec<Value>,
}

impl Rows {
    pub(crate) fn of(&self, log: &str) -> impl Iterator<Item = &Row> {
        self.all.iter().filter(move |row| row.log == log)
    }

    pub(crate) fn coded(&self, codes: &[&str]) -> Vec<&Row> {
        self.all.iter().filter(|row| row.is(codes)).collect()
    }

    pub(crate) fn end(&self) -> i64 {
        self.all.iter().map(|row| row.at).max().unwrap_or(0)
    }
}

impl Row {
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        self.log == "aurora_events" && self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// The code's text, empty where there is none.
    pub(crate) fn text_code(&self) -> &str {
        self.code.as_deref().unwrap_or("")
    }

    /// In the record first, then in its details.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let own = self.record.get(key).filter(|value| !value.is_null());
        own.or_else(|| self.record.get("details")?.get(key).filter(|value| !value.is_null()))
    }

    /// A number below `holder`, in the record or in its details.
    pub(crate) fn below(&self, holder: &str, key: &str) -> Option<&Value> {
        self.get(holder)?.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.get(key).and_then(number)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn word(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// An id within its run.
    fn id_of(&self, keys: &[&str]) -> Option<String> {
        let id = keys.iter().find_map(|key| self.word(key))?;
        Some(format!("{}\u{0}{id}", self.word("run_id").unwrap_or_default()))
    }

    pub(crate) fn order(&self) -> Option<String> {
        let keys = ["oid", "order_id", "client_oid", "cid", "client_order_id", "orderId", "intent_id"];
        self.id_of(&keys)
    }

    pub(crate) fn intent(&self) -> Option<String> {
        self.id_of(&["intent_id"])
    }

    pub(crate) fn names_its_run(&self) -> bool {
        self.word("run_id").is_some() || self.get("trace_id").is_some()
    }

    pub(crate) fn reason(&self) -> Option<String> {
        let keys = ["why_code", "why", "reason_code", "deny_reason", "reason", "code"];
        let found = keys.iter().find_map(|key| self.word(key))?;
        let cut = found.split(':').next().unwrap().trim().to_owned();
        (!cut.is_empty()).then_some(cut)
    }

    pub(crate) fn symbol(&self) -> Option<String> {
        let kept = self.text("symbol")?.chars().filter(char::is_ascii_alphanumeric);
        Some(kept.collect::<String>().to_ascii_uppercase())
    }

    /// 1 for buy, −1 for sell.
    pub(crate) fn sign(&self) -> Option<f64> {
        match self.text("side")?.to_ascii_lowercase().as_str() {
            "buy" => Some(1.0),
            "sell" => Some(-1.0),
            _ => None,
        }
    }

    /// `orders.jsonl` counts nothing.
    pub(crate) fn writer(&self) -> Option<(bool, char)> {
        (self.log != "orders").then_some((self.log != "aurora_events", self.shape))
    }
}

/// Also where it is written as text.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// How often each name comes.
pub(crate) fn tally<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.as_ref().to_owned()).or_default() += 1;
    }
    counts
}

/// The files of a log: rotated parts by time and number, then the live one.
fn files_of(dir: &Path, log: &str) -> Vec<PathBuf> {
    let mut files: Vec<(bool, String, u32, PathBuf)> = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            [own, "jsonl"] if *own == log => files.push((true, String::new(), 0, path)),
            [own, "jsonl", date, clock, part, "jsonl", ..] if *own == log => {
                let number = part.strip_prefix("part").unwrap().parse().unwrap();
                files.push((false, format!("{date}{clock}"), number, path.clone()));
            }
            _ => {}
        }
    }
    files.sort();
    files.into_iter().map(|(.., path)| path).collect()
}

pub(crate) fn read(dir: &Path) -> Rows {
    let mut rows = Rows { all: Vec::new(), lines: 0, files: Vec::new() };
    for log in LOGS {
        for path in files_of(dir, log) {
            let bytes = fs::read(&path).unwrap();
            let mut text = String::new();
            if path.extension().is_some_and(|extension| extension == "gz") {
                flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
            } else {
                text = String::from_utf8(bytes).unwrap();
            }
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            rows.all.extend(lines.iter().map(|line| row(log, serde_json::from_str(line).unwrap())));
            rows.lines += lines.len();
            let name = path.file_name().unwrap().to_str().unwrap();
            rows.files.push(json!({"file": name, "lines": lines.len()}));
        }
    }
    rows.all.sort_by_key(|row| row.at);
    rows.files.sort_by_key(Value::to_string);
    rows
}

fn row(log: &'static str, mut record: Map<String, Value>) -> Row {
    let wrapped = record.get("payload").and_then(Value::as_object).filter(|of| of.contains_key("event_code"));
    let shape = match (log, wrapped.is_some(), record.contains_key("run_id")) {
        ("aurora_events", true, _) => 'W',
        (_, _, true) => 'C',
        ("aurora_events", ..) if !record.contains_key("event_code") => 'L',
        ("orders", ..) => 'L',
        _ => 'F',
    };
    if let Some(inner) = wrapped {
        record = inner.clone();
    }
    let codes = ["event_code", "event", "type", "code", "event_type"];
    let code = codes.iter().find_map(|key| record.get(*key)?.as_str());
    let code = code.map(|code| code.to_ascii_uppercase().replacen("ORDER_", "ORDER.", 1));
    let at = match record.get("ts_ns").and_then(Value::as_i64) {
        Some(nanos) => nanos,
        // Rows of `orders.jsonl` have whole milliseconds.
        None => record["ts"].as_i64().unwrap() * 1_000_000,
    };
    Row { log, shape, at, code, record }
}
