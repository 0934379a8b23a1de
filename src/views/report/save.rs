//! A report as files: links to what the browser keeps of it, which saves without a server.

use aurora_domain::{Ts, format, report::Report};
use aurora_wire::report::{canonical, document, markdown, sha256};
use leptos::prelude::*;

use crate::browser::{self, ObjectUrl};

/// The same report as JSON and as Markdown, and its hash. `name` says what it is about in the files' names.
pub(crate) fn save(report: &Report, name: &str) -> impl IntoView + use<> {
    let stem = stem(name, report.window.start);
    let made = Ts::from_millis(i64::try_from(browser::now_ms()).unwrap_or(i64::MAX));
    let json = link(&document(report, made), "application/json", format!("{stem}.json"), "JSON");
    let text = link(&markdown(report), "text/markdown", format!("{stem}.md"), "Markdown");
    let hash = sha256(&canonical(report));
    view! {
        <div class="pick" data-report="files">
            {json}
            {text}
            <p>"SHA-256 "<code class="report-hash">{hash}</code></p>
        </div>
    }
}

fn link(text: &str, media_type: &str, file: String, form: &'static str) -> impl IntoView + use<> {
    let url = ObjectUrl::of_text(text, media_type);
    let address = url.as_ref().map(|url| url.address().to_owned());
    StoredValue::new_local(url);
    let words = if address.is_some() { "Save as " } else { "No room to save as " };
    view! { <a class="btn" data-save=form href=address download=file>{words}{form}</a> }
}

/// `report-NAME-20261121-1803`; what has no place in a file's name is a dash.
fn stem(name: &str, start: i64) -> String {
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "._".contains(letter) { letter } else { '-' };
    let name: String = name.chars().take(60).map(plain).collect();
    let time = format::date_time_utc(super::minute(start));
    let digits: String = time.chars().filter(char::is_ascii_digit).take(12).collect();
    let (day, clock) = digits.split_at(digits.len().min(8));
    format!("report-{name}-{day}-{clock}")
}
