//! A report for people.
//!
//! Invariant: text from the logs cannot break out of its cell.

use std::fmt::Write as _;

use aurora_domain::{
    format,
    report::{Judged, Overall, Report},
};

use super::{canonical, ends, minute, sha256, time};

/// The report as Markdown, with the hash of its canonical form.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("# Objectives and canary: {}\n\n", report.overall.name());
    let (start, end) = (minute(report.window.start), minute(report.window.end));
    let _ = writeln!(text, "From {start} to {end}: {} by sessions.\n", report.coverage());
    let rate = report.compliance_rate.map_or_else(|| "no data".to_owned(), format::percent);
    let _ = writeln!(text, "Objectives met: {rate}.\n");
    list(
        &mut text,
        "Why",
        &report.reasons,
        if report.overall == Overall::Pass { "Every objective was met." } else { "" },
    );
    let rows: Vec<_> = report.objectives.iter().map(objective).collect();
    heading(&mut text, "Objectives");
    table(
        &mut text,
        ["Objective", "Target", "Value", "Samples", "Met", "Budget spent", "Burn 1h, 6h, 24h, 72h"],
        &rows,
    );
    let rows: Vec<_> =
        report.rollback.iter().map(|met| [escape(&met.criterion), time(met.breached_at)]).collect();
    heading(&mut text, "Rollback criteria that were met");
    table(&mut text, ["Criterion", "First at"], &rows);
    heading(&mut text, "Incidents");
    table(&mut text, ["Alert", "Severity", "Session", "From", "To", "What"], &incidents(report));
    heading(&mut text, "Checkpoints");
    let rows: Vec<_> = report
        .checkpoints
        .iter()
        .map(|point| {
            [format!("{} h", point.hours), point.overall.name().to_owned(), escape(&point.reasons.join("; "))]
        })
        .collect();
    table(&mut text, ["After", "Verdict", "Why"], &rows);
    heading(&mut text, "Sessions");
    let rows: Vec<_> = report
        .sessions
        .iter()
        .map(|own| [escape(&own.name), format::count(own.events), format::count(own.rejected)])
        .collect();
    table(&mut text, ["Session", "Events", "Lines that could not be read"], &rows);
    let (first, last) = ends(report);
    for (name, place) in [("First", first), ("Last", last)] {
        if let Some(place) = place {
            let _ = writeln!(
                text,
                "{name} event: {}, {}, line {}.",
                escape(&place.session),
                escape(&place.file),
                place.line
            );
        }
    }
    let _ = writeln!(text, "\nSHA-256 of the report: `{}`", sha256(&canonical(report)));
    text
}

fn objective(judged: &Judged) -> [String; 7] {
    let objective = &judged.objective;
    let value = |value| objective.measure.text(value);
    let met = match judged.met {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "no data",
    };
    let rates = judged.budget.burn_rates.iter();
    let burn: Vec<String> = rates.map(|burn| format::or_no_data(burn.rate, format::number)).collect();
    [
        objective.name.to_owned(),
        format!("{} {}", objective.comparison.words(), value(objective.target)),
        judged.value.map_or_else(|| "no data".to_owned(), value),
        format::count(judged.samples),
        met.to_owned(),
        format!("{} of {}", format::count(judged.budget.spent), format::number(judged.budget.total)),
        burn.join(", "),
    ]
}

fn incidents(report: &Report) -> Vec<[String; 6]> {
    let row = |incident: &aurora_domain::report::Incident| {
        [
            escape(&incident.alert),
            escape(&incident.severity),
            escape(&incident.session),
            time(incident.fired_at),
            incident.resolved_at.map_or_else(|| "still firing".to_owned(), time),
            escape(&incident.summary),
        ]
    };
    report.incidents.iter().map(row).collect()
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "## {title}\n");
}

fn list(text: &mut String, title: &str, lines: &[String], else_: &str) {
    heading(text, title);
    for line in lines {
        let _ = writeln!(text, "- {}", escape(line));
    }
    let _ = writeln!(text, "{else_}");
}

fn table<const N: usize>(text: &mut String, heads: [&str; N], rows: &[[String; N]]) {
    if rows.is_empty() {
        text.push_str("None.\n\n");
        return;
    }
    let _ = writeln!(text, "| {} |\n|{}", heads.join(" | "), "---|".repeat(N));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
}

pub(crate) fn escape(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.collect::<String>().replace('\\', "\\\\").replace('|', "\\|").replace('<', "\\<")
}
