//! A report as people read it: the verdict and why, objectives with their budgets, what happened, and what was judged.

mod save;
mod tables;

use aurora_domain::{
    Ts, format,
    report::{Overall, Report, Window},
};
use leptos::prelude::*;

use crate::{
    components::{icon::Icon, panel::Panel, tone::Tone},
    page::Page,
};

pub(crate) use save::save;

/// All of it.
pub(crate) fn show(report: &Report, page: Page) -> impl IntoView + use<> {
    let reasons: Vec<String> = report.reasons.clone();
    let rate = report.compliance_rate.map_or_else(|| format::NO_DATA.to_owned(), format::percent);
    let rate = format!("{rate} of the objectives that have data were met");
    let is_clean = reasons.is_empty();
    let overall = overall(report, page);
    let objectives = tables::objectives(report);
    let rollbacks = tables::rollbacks(report, page);
    let incidents = tables::incidents(report, page);
    let checkpoints = tables::checkpoints(report);
    let sessions = tables::sessions(report);
    view! {
        {overall}
        <Panel title="Why" aside=Signal::stored(rate)>
            <ul class="report-reasons" data-report="reasons">
                {reasons.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view()}
            </ul>
            <p hidden=!is_clean>"Every objective was met, no rollback criterion was, and sessions cover the window."</p>
        </Panel>
        <Panel title="Objectives" aside=Signal::stored("burn rate 1: the budget lasts exactly as long as its window".to_owned())>
            {objectives}
        </Panel>
        <Panel title="Rollback criteria that were met">
            {rollbacks}
        </Panel>
        <Panel title="Incidents">
            {incidents}
        </Panel>
        <Panel title="Checkpoints">
            {checkpoints}
        </Panel>
        <Panel title="What was judged">
            {sessions}
        </Panel>
    }
}

/// The verdict in words, with what it is about.
fn overall(report: &Report, page: Page) -> impl IntoView + use<> {
    let tone = tone(report.overall);
    let Window { start, end } = report.window;
    let said = sentence(report);
    let coverage = report.coverage();
    let stretch = move || {
        let zone = page.zone.get();
        format!(
            "From {} to {}: {coverage} by sessions.",
            zone.date_time(minute(start)),
            zone.date_time(minute(end))
        )
    };
    view! {
        <section class="verdict report-verdict" aria-label="Verdict of the report" data-tone=tone.key() data-overall=report.overall.name()>
            <Icon glyph=tone.glyph() />
            <h3>{headline(report.overall)}</h3>
            <p>{said}" "<span data-report="coverage">{stretch}</span></p>
        </section>
    }
}

pub(crate) const fn tone(overall: Overall) -> Tone {
    match overall {
        Overall::Pass => Tone::Good,
        Overall::Fail => Tone::Bad,
        Overall::Inconclusive => Tone::Unknown,
    }
}

const fn headline(overall: Overall) -> &'static str {
    match overall {
        Overall::Pass => "Passed",
        Overall::Fail => "Failed",
        Overall::Inconclusive => "Inconclusive",
    }
}

fn sentence(report: &Report) -> String {
    let count = |met: Option<bool>| report.objectives.iter().filter(|judged| judged.met == met).count();
    let (missed, unknown) = (count(Some(false)), count(None));
    let mut parts = vec![format!("{} of {} objectives were met", count(Some(true)), report.objectives.len())];
    for (number, words) in [(missed, "missed"), (unknown, "without data")] {
        if number > 0 {
            parts.push(format!("{number} {words}"));
        }
    }
    match report.rollback.len() {
        0 => {}
        1 => parts.push("1 rollback criterion was met".to_owned()),
        more => parts.push(format!("{more} rollback criteria were met")),
    }
    parts.join(", ") + "."
}

/// The time that a minute since the epoch begins at.
fn minute(minute: i64) -> Ts {
    Ts(minute.saturating_mul(60_000_000_000))
}
