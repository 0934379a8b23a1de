//! The summary for people: one table per part, "no data" where there is none.
//!
//! Invariant: text from the logs cannot break out of its cell.

mod slices;

use std::fmt::Write as _;

use aurora_domain::{
    Ts,
    format::{self, date_time_utc},
};

use super::report::{Latency, Report};

const NO_DATA: &str = "no data";

/// The report as Markdown.
pub(super) fn print(report: &Report) -> String {
    let mut text = format!("# Session {}\n\n", escape(&report.session.name));
    table(&mut text, ["Session", ""], &session(report));
    heading(&mut text, "Orders");
    table(&mut text, ["Outcome", "Count", "By writer"], &orders(report));
    heading(&mut text, "Rates");
    table(&mut text, ["Rate", "Value"], &rates(report));
    heading(&mut text, "Denials by reason");
    let reasons: Vec<_> = report
        .deny_reasons
        .iter()
        .map(|by| [escape(&by.reason), by.class.to_owned(), count(by.count)])
        .collect();
    table(&mut text, ["Reason", "Class", "Count"], &reasons);
    heading(&mut text, "Latency");
    table(&mut text, ["Kind", "Count", "p50", "p90", "p95", "p99", "Largest"], &latency(report));
    heading(&mut text, "Routes");
    table(&mut text, ["Route", "Count"], &routes(report));
    slices::print(&mut text, report);
    heading(&mut text, "Governance");
    table(&mut text, ["Figure", "Last logged"], &governance(report));
    heading(&mut text, "Transitions");
    table(&mut text, ["At", "From", "To", "Reason"], &transitions(report));
    heading(&mut text, "Protection");
    table(&mut text, ["Figure", "Last logged"], &protection(report));
    heading(&mut text, "Unknown codes");
    let unknown: Vec<_> =
        report.session.unknown_codes.0.iter().map(|(code, events)| [escape(code), count(*events)]).collect();
    table(&mut text, ["Code", "Events"], &unknown);
    heading(&mut text, "Files");
    let files: Vec<_> =
        report.session.files.iter().map(|file| [escape(&file.file), count(file.lines)]).collect();
    table(&mut text, ["File", "Lines"], &files);
    unreadable(&mut text, report);
    text
}

fn session(report: &Report) -> Vec<[String; 2]> {
    let session = &report.session;
    let time = |ts: Option<i64>| or_no_data(ts, |ts| date_time_utc(Ts(ts)));
    vec![
        row("Directory", escape(&session.dir)),
        row("First event", time(session.first_ts_ns)),
        row("Last event", time(session.last_ts_ns)),
        row("Lines", count(session.lines)),
        row("Events", count(session.events)),
        row("Malformed lines", count(session.malformed)),
        row("Oversized lines", count(session.oversized)),
        row("Lines that are not UTF-8", count(session.not_utf8)),
        row("Events without a code", count(session.uncoded)),
        row("Events with an unknown code", count(session.unknown)),
        row("Skewed events", count(session.skewed)),
        row("Closing summary written", yes_no(session.summarised)),
        row("Counts", if report.approximate { "approximate" } else { "exact" }.to_owned()),
    ]
}

fn orders(report: &Report) -> Vec<[String; 3]> {
    let by_outcome = report.orders.0.iter();
    by_outcome
        .map(|(outcome, total)| {
            let writers = report.orders_by_writer.get(outcome).map_or(&[][..], |writers| &writers.0);
            let mut each: Vec<String> =
                writers.iter().map(|(writer, own)| format!("{writer}: {}", count(*own))).collect();
            if report.writers_differ.contains(outcome) {
                each.push("**writers differ**".to_owned());
            }
            [outcome.replace('_', " "), count(*total), each.join("; ")]
        })
        .collect()
}

fn rates(report: &Report) -> Vec<[String; 2]> {
    let mut rows = vec![
        row("Fill rate", or_no_data(report.fill_rate, format::percent)),
        row("Deny rate", or_no_data(report.deny_rate, format::percent)),
    ];
    for (class, rate) in &report.deny_rate_by_class.0 {
        rows.push([format!("Deny rate, {class}"), or_no_data(*rate, format::percent)]);
    }
    let pending = &report.pending;
    rows.push(row("Pending orders", count(pending.count)));
    rows.push(row(
        "Oldest pending order",
        or_no_data(pending.oldest_age_seconds, |age| format!("{age:.1} s")),
    ));
    rows.push(row("Orders with unknown outcome", count(pending.unknown)));
    if pending.dropped > 0 {
        rows.push(row("Orders not followed", count(pending.dropped)));
    }
    rows
}

fn latency(report: &Report) -> Vec<[String; 7]> {
    let figures = |latency: &Latency| {
        let Latency { count: samples, p50_ms, p90_ms, p95_ms, p99_ms, max_ms } = *latency;
        let [p50, p90, p95, p99, max] = [p50_ms, p90_ms, p95_ms, p99_ms, max_ms].map(format::millis);
        [count(samples), p50, p90, p95, p99, max]
    };
    let by_kind = report.latency.0.iter();
    by_kind
        .map(|(kind, latency)| {
            let none = || std::array::from_fn(|_| NO_DATA.to_owned());
            let [samples, p50, p90, p95, p99, max] = latency.as_ref().map_or_else(none, figures);
            [kind.replace('_', " "), samples, p50, p90, p95, p99, max]
        })
        .collect()
}

fn routes(report: &Report) -> Vec<[String; 2]> {
    let routes = &report.routes;
    vec![
        row("Maker", count(routes.maker)),
        row("Taker", count(routes.taker)),
        row("Deny", count(routes.deny)),
        row("Cancel", count(routes.cancel)),
        row("Taker share", or_no_data(routes.taker_share, format::percent)),
    ]
}

fn governance(report: &Report) -> Vec<[String; 2]> {
    let governance = &report.governance;
    let number = |value: Option<f64>| or_no_data(value, |value| value.to_string());
    vec![
        row("Alpha spent", number(governance.alpha_spent)),
        row("Alpha budget", number(governance.alpha_budget)),
        row("Alpha score", number(governance.alpha_score)),
        row("Log-likelihood ratio", number(governance.llr)),
        row("Samples", or_no_data(governance.samples, count)),
        row("Decision", or_no_data(governance.decision, str::to_owned)),
        row("Mode", or_no_data(governance.mode.as_deref(), escape)),
        row("Upper bound", number(governance.log_a)),
        row("Lower bound", number(governance.log_b)),
        row("Records of the test", count(governance.tests)),
        row("Null hypothesis kept", count(governance.accepted_h0)),
        row("Alternative taken", count(governance.accepted_h1)),
        row("Evaluations", count(governance.evaluations)),
        row("Transitions", count(governance.transition_count)),
    ]
}

fn transitions(report: &Report) -> Vec<[String; 4]> {
    let name = |name: &Option<String>| or_no_data(name.as_deref(), escape);
    let transitions = report.governance.transitions.iter();
    transitions
        .map(|by| [date_time_utc(Ts(by.ts_ns)), name(&by.from), name(&by.to), name(&by.reason)])
        .collect()
}

fn protection(report: &Report) -> Vec<[String; 2]> {
    let protection = &report.protection;
    let breaker = protection.breaker.as_ref();
    let mut rows = vec![
        row("Circuit breaker", or_no_data(breaker, |breaker| breaker.state.to_owned())),
        row("In that state since", or_no_data(breaker, |breaker| date_time_utc(Ts(breaker.since_ts_ns)))),
        row("Armed", or_no_data(protection.armed, yes_no)),
        row("Halted", or_no_data(protection.halted, yes_no)),
        row("Cools off until", or_no_data(protection.cooloff_until_ts_ns, |ts| date_time_utc(Ts(ts)))),
        row("Breaker states", count(protection.breaker_changes)),
    ];
    rows.extend(protection.counts.0.iter().map(|(code, by)| [escape(code), count(*by)]));
    rows.extend(protection.health.0.iter().map(|(code, health)| {
        let value = or_no_data(health.value_ms, format::millis);
        let limit = or_no_data(health.threshold_ms, format::millis);
        [format!("{}, last", escape(code)), format!("{value}, threshold {limit}")]
    }));
    rows
}

/// Only where there is something that could not be read.
fn unreadable(text: &mut String, report: &Report) {
    let rejected = &report.rejected_lines;
    if rejected.count > 0 {
        heading(text, &format!("Lines that could not be read: {}", count(rejected.count)));
        let rows: Vec<_> = rejected
            .first
            .iter()
            .map(|at| [escape(&at.file), at.line.to_string(), escape(&at.reason)])
            .collect();
        table(text, ["File", "Line", "Reason"], &rows);
    }
    let files = &report.session.incomplete_files;
    if !files.is_empty() {
        heading(text, "Files that break off: the totals are incomplete");
        let rows: Vec<_> =
            files.iter().map(|at| [escape(&at.file), count(at.lines), escape(&at.error)]).collect();
        table(text, ["File", "Last line read", "Error"], &rows);
    }
}

fn heading(text: &mut String, title: &str) {
    text.push_str("\n## ");
    text.push_str(title);
    text.push_str("\n\n");
}

/// A table, or a line that says that there is nothing to put in it.
fn table<const N: usize>(text: &mut String, head: [&str; N], rows: &[[String; N]]) {
    if rows.is_empty() {
        text.push_str("none\n");
        return;
    }
    let line = |text: &mut String, cells: &str| {
        let _infallible = writeln!(text, "| {cells} |");
    };
    line(text, &head.join(" | "));
    line(text, &["---"; N].join(" | "));
    for row in rows {
        line(text, &row.join(" | "));
    }
}

fn row(name: &str, value: String) -> [String; 2] {
    [name.to_owned(), value]
}

fn count(value: u64) -> String {
    format::count(value)
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn or_no_data<T>(value: Option<T>, print: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| NO_DATA.to_owned(), print)
}

/// Text from outside as one line that Markdown takes literally where it matters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '<' | '>' | '[' | ']' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_in_its_cell() {
        assert_eq!(escape("a|b\nc`d\u{1b}[0m"), "a\\|b c\\`d \\[0m");
        assert_eq!(escape("WHY_NEGATIVE_EDGE"), "WHY_NEGATIVE_EDGE");
    }

    #[test]
    fn an_empty_table_says_so() {
        let mut text = String::new();
        table(&mut text, ["A", "B"], &[]);
        assert_eq!(text, "none\n");
    }
}
