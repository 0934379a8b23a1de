//! The lines that were found, as a file: the original lines, or the columns.
//!
//! Invariants: a few milliseconds of work a frame, however many lines there are; what falls out of the table meanwhile
//! is counted and said; the file's address is given up ten seconds after the browser was told to save it.

use std::time::Duration;

use aurora_domain::{Ts, format};
use js_sys::{Array, Uint8Array};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::{
    model::{Model, slice},
    row,
};
use crate::{
    browser,
    lines::{Field, Line, Lines},
    store::{Pump, Slice, derive},
};

/// How much is handed to the browser at a time, in bytes.
const PART_BYTES: usize = 1 << 20;
/// Lines between two looks at the clock.
const STRIDE: usize = 16;
/// By then the browser has taken the file.
const KEPT: Duration = Duration::from_secs(10);

const COLUMNS: &str = "time_utc,ts_ns,id,file,code,symbol,side,order,client_order,intent,run,reason,rest\r\n";

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The lines as they were written.
    Jsonl,
    /// A table, as RFC 4180 has it.
    Csv,
}

impl Form {
    fn extension(self) -> &'static str {
        match self {
            Form::Jsonl => "jsonl",
            Form::Csv => "csv",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Form::Jsonl => "application/x-ndjson",
            Form::Csv => "text/csv",
        }
    }
}

/// How a file stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    Nothing,
    Making {
        lines: usize,
        of: usize,
    },
    Saved {
        name: String,
        lines: usize,
        fell_out: usize,
    },
    Failed,
}

/// A file in the making.
struct Making {
    form: Form,
    lines: Vec<u64>,
    next: usize,
    written: usize,
    buffer: Vec<u8>,
    parts: Array,
}

impl Making {
    fn new(form: Form, lines: Vec<u64>) -> Self {
        let buffer = if form == Form::Csv { COLUMNS.as_bytes().to_vec() } else { Vec::new() };
        Self { form, lines, next: 0, written: 0, buffer, parts: Array::new() }
    }

    /// Writes for as long as `go_on` says so. Whether all is written.
    fn step(&mut self, lines: &Lines, mut go_on: impl FnMut() -> bool) -> bool {
        while let Some(seq) = self.lines.get(self.next) {
            if let Some(line) = lines.get(*seq) {
                match self.form {
                    Form::Jsonl => write_original(&mut self.buffer, &line),
                    Form::Csv => write_row(&mut self.buffer, &line),
                }
                self.written += 1;
            }
            self.next += 1;
            if self.buffer.len() >= PART_BYTES {
                self.hand_over();
            }
            if self.next.is_multiple_of(STRIDE) && !go_on() {
                return false;
            }
        }
        self.hand_over();
        true
    }

    fn hand_over(&mut self) {
        self.parts.push(&Uint8Array::from(self.buffer.as_slice()));
        self.buffer.clear();
    }

    /// Has the browser save it as `name`.
    fn save(&self, name: &str) -> Result<Saved, JsValue> {
        let options = BlobPropertyBag::new();
        options.set_type(self.form.media_type());
        let blob = Blob::new_with_u8_array_sequence_and_options(&self.parts, &options)?;
        let saved = Saved { url: Url::create_object_url_with_blob(&blob)?, release: None };
        let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
        anchor.set_href(&saved.url);
        anchor.set_download(name);
        anchor.click();
        Ok(saved)
    }
}

/// The address of a file that the browser is saving; dropping it gives it up.
struct Saved {
    url: String,
    release: Option<TimeoutHandle>,
}

impl Drop for Saved {
    fn drop(&mut self) {
        // An address that is unknown by now is given up already.
        let _ = Url::revoke_object_url(&self.url);
        if let Some(release) = self.release.take() {
            release.clear();
        }
    }
}

/// The line as it was written; a line break in it would make it two.
fn write_original(to: &mut Vec<u8>, line: &Line<'_>) {
    to.extend(line.raw.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    to.push(b'\n');
}

fn write_row(to: &mut Vec<u8>, line: &Line<'_>) {
    let [_, file, code, symbol, side, _, reason, rest] = row::cells(line);
    let [order, client, intent, run] =
        [Field::Order, Field::Client, Field::Intent, Field::Run].map(|field| line.text(field));
    let nanos = line.ts.map(|ts| ts.0.to_string()).unwrap_or_default();
    let id = line.id.map(|id| id.to_string()).unwrap_or_default();
    let time = line.ts.map(date_time).unwrap_or_default();
    let values =
        [&*time, &nanos, &id, &file, &code, &symbol, &side, order, client, intent, run, &reason, &rest];
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            to.push(b',');
        }
        write_value(to, value);
    }
    to.extend_from_slice(b"\r\n");
}

/// A value in quotes where it needs them. One that a spreadsheet would take for a formula begins with an apostrophe.
fn write_value(to: &mut Vec<u8>, value: &str) {
    let is_formula = value.starts_with(['=', '+', '@', '\t', '\r'])
        || (value.starts_with('-') && value.parse::<f64>().is_err());
    let quoted = is_formula || value.contains(['"', ',', '\n', '\r']);
    if quoted {
        to.push(b'"');
    }
    if is_formula {
        to.push(b'\'');
    }
    for byte in value.bytes() {
        if byte == b'"' {
            to.push(b'"');
        }
        to.push(byte);
    }
    if quoted {
        to.push(b'"');
    }
}

/// `2026-11-21 18:03:27.123`
fn date_time(ts: Ts) -> String {
    let text = format::date_time_utc(ts);
    format!("{}.{:03}", text.trim_end_matches(" UTC"), ts.millis().rem_euclid(1_000))
}

/// `aurora-SESSION-20261121-180327.csv`; what has no place in a file name is a dash.
fn file_name(session: &str, now: Ts, form: Form) -> String {
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "._".contains(letter) { letter } else { '-' };
    let session: String = session.chars().take(60).map(plain).collect();
    let time: String = format::date_time_utc(now)
        .chars()
        .filter_map(
            |letter| if letter == ' ' { Some('-') } else { letter.is_ascii_digit().then_some(letter) },
        )
        .collect();
    let dash = if session.is_empty() { "" } else { "-" };
    format!("aurora{dash}{session}-{}.{}", time.trim_end_matches('-'), form.extension())
}

/// The buttons, and what became of the last file.
#[component]
pub(super) fn Export(model: Model) -> impl IntoView {
    let stands = RwSignal::new(Stands::Nothing);
    let making = StoredValue::new_local(None::<Making>);
    let saved = StoredValue::new_local(None::<Saved>);
    let session = model.store.select(&[Slice::Feed], |store| {
        store.heartbeat().and_then(|feed| feed.session.clone()).unwrap_or_default()
    });
    let pump = StoredValue::new_local(None::<Pump>);
    let request = move || pump.with_value(|pump| pump.as_ref().map(Pump::request).unwrap_or_default());
    let go_on = move || {
        let mut done = true;
        making.update_value(|making| {
            let Some(current) = making else { return };
            done = model.store.read(|store| current.step(store.lines(), slice()));
            if !done {
                stands.set(Stands::Making { lines: current.next, of: current.lines.len() });
                return;
            }
            let now = Ts::from_millis(i64::try_from(browser::now_ms()).unwrap_or_default());
            let name = file_name(&session.get_untracked(), now, current.form);
            stands.set(match current.save(&name) {
                Ok(mut file) => {
                    let release = set_timeout_with_handle(
                        move || {
                            saved.try_set_value(None);
                        },
                        KEPT,
                    );
                    file.release = release.ok();
                    saved.set_value(Some(file));
                    Stands::Saved {
                        name,
                        lines: current.written,
                        fell_out: current.lines.len() - current.written,
                    }
                }
                Err(_) => Stands::Failed,
            });
            *making = None;
        });
        if !done {
            request();
        }
    };
    pump.set_value(Some(Pump::new(go_on)));
    let start = move |form| {
        let lines = model.with_found(|found| found.iter().collect());
        making.set_value(Some(Making::new(form, lines)));
        request();
    };
    let none = move || model.summary.get().matches == 0;
    view! {
        <span class="row" role="group" aria-label="Export what was found">
            <button class="btn" data-action="jsonl" disabled=none on:click=move |_| start(Form::Jsonl)>"Export JSONL"</button>
            <button class="btn" data-action="csv" disabled=none on:click=move |_| start(Form::Csv)>"Export CSV"</button>
            <span role="status" data-export="">{derive(move || words(&stands.get()))}</span>
        </span>
    }
}

fn words(stands: &Stands) -> String {
    let count = |count: &usize| format::count(*count as u64);
    match stands {
        Stands::Nothing => String::new(),
        Stands::Making { lines, of } => format!("Writing: {} of {}", count(lines), count(of)),
        Stands::Saved { name, lines, fell_out: 0 } => format!("{name}: {} lines", count(lines)),
        Stands::Saved { name, lines, fell_out } => {
            format!("{name}: {} lines; {} fell out of the table meanwhile", count(lines), count(fell_out))
        }
        Stands::Failed => "The browser would not make the file: it may be too large.".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod checks {
    //! What the screen's tests check of single pieces.

    use aurora_domain::Ts;

    use super::{Form, file_name, write_value};

    /// A value as it stands in a table.
    pub(in super::super) fn value(text: &str) -> String {
        let mut to = Vec::new();
        write_value(&mut to, text);
        String::from_utf8(to).expect("text")
    }

    /// The name of a file of a session, at the second of 2026-11-20 17:45:00.
    pub(in super::super) fn name(session: &str) -> String {
        file_name(session, Ts(1_795_196_700_000_000_000), Form::Csv)
    }
}
