//! The tables of a report. Each says in words that it is empty.

use aurora_domain::{
    format,
    report::{Judged, Measure, Place, Report},
};
use leptos::prelude::*;

use super::tone as tone_of;
use crate::{
    components::{icon::Icon, tone::Tone},
    page::Page,
};

/// Rows of incidents that are shown; the files have all.
const INCIDENTS: usize = 200;

/// Each objective: target, value, whether it was met, budget, burn rates.
pub(super) fn objectives(report: &Report) -> impl IntoView + use<> {
    let rows = report.objectives.iter().map(objective).collect_view();
    let burned = report.objectives.first().map(|judged| {
        let rates = judged.budget.burn_rates.iter();
        rates
            .map(|burn| view! { <th scope="col" class="num">{format!("Burn {}", burn.over)}</th> })
            .collect_view()
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Objectives">
            <table class="report-table" data-report="objectives">
                <thead><tr>
                    <th scope="col">"Objective"</th><th scope="col">"Met"</th><th scope="col" class="num">"Value"</th><th scope="col">"Target"</th>
                    <th scope="col" class="num">"Samples"</th><th scope="col" class="num">"Budget spent"</th><th scope="col" class="num">"Budget"</th>{burned}
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn objective(judged: &Judged) -> impl IntoView + use<> {
    let objective = &judged.objective;
    let (tone, met) = match judged.met {
        Some(true) => (Tone::Good, "met"),
        Some(false) => (Tone::Bad, "missed"),
        None => (Tone::Unknown, "no data"),
    };
    let value =
        judged.value.map_or_else(|| format::NO_DATA.to_owned(), |value| objective.measure.text(value));
    let raw = judged.value.map(|value| value.to_string()).unwrap_or_default();
    let target = format!("{} {}", objective.comparison.words(), objective.measure.text(objective.target));
    let why = judged
        .value
        .is_none()
        .then(|| view! { <span class="report-why">{missing(objective.measure)}</span> });
    let rates = judged.budget.burn_rates.iter();
    let rates = rates
        .map(|burn| view! { <td class="num">{format::or_no_data(burn.rate, format::number)}</td> })
        .collect_view();
    view! {
        <tr data-objective=objective.metric data-tone=tone.key()>
            <th scope="row">{objective.name}{why}</th>
            <td><span class="report-met"><Icon glyph=tone.glyph() />{met}</span></td>
            <td class="num" data-value=raw>{value}</td>
            <td>{target}</td>
            <td class="num">{format::count(judged.samples)}</td>
            <td class="num">{format::count(judged.budget.spent)}</td>
            <td class="num">{format::number(judged.budget.total)}</td>
            {rates}
        </tr>
    }
}

/// Why there is no value.
const fn missing(measure: Measure) -> &'static str {
    match measure {
        Measure::FillRate => "no order was submitted, or nothing in the logs tells of fills",
        Measure::Latency(_) => "no line says how long one took",
        Measure::Provenance => "no record of a submitted order could say where it comes from",
        Measure::Incidents => "no session covers any of the window",
    }
}

/// Criteria, each with the time at which it was met first.
pub(super) fn rollbacks(report: &Report, page: Page) -> impl IntoView + use<> {
    let rows = report.rollback.iter().map(|met| {
        let at = met.breached_at;
        view! {
            <tr data-criterion=met.criterion.clone()>
                <th scope="row">{met.criterion.clone()}</th>
                <td>{move || page.zone.get().date_time(at)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <p hidden=!report.rollback.is_empty()>"None was met."</p>
        <div class="scroll" tabindex="0" role="group" aria-label="Rollback criteria" hidden=report.rollback.is_empty()>
            <table class="report-table" data-report="rollback">
                <thead><tr><th scope="col">"Criterion"</th><th scope="col">"First at"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// Alerts that ought to have woken somebody.
pub(super) fn incidents(report: &Report, page: Page) -> impl IntoView + use<> {
    let rows = report.incidents.iter().take(INCIDENTS).map(|incident| {
        let (from, to) = (incident.fired_at, incident.resolved_at);
        let tone = if incident.severity == "critical" { Tone::Bad } else { Tone::Warn };
        let to = move || to.map_or_else(|| "still firing".to_owned(), |at| page.zone.get().date_time(at));
        view! {
            <tr data-incident=incident.alert.clone() data-tone=tone.key()>
                <th scope="row">{incident.alert.clone()}</th>
                <td><span class="report-met"><Icon glyph=tone.glyph() />{incident.severity.clone()}</span></td>
                <td>{move || page.zone.get().date_time(from)}</td>
                <td>{to}</td>
                <td>{incident.session.clone()}</td>
                <td class="report-text">{incident.summary.clone()}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let more = report.incidents.len().saturating_sub(INCIDENTS) as u64;
    view! {
        <p hidden=!report.incidents.is_empty()>"None."</p>
        <div class="scroll" tabindex="0" role="group" aria-label="Incidents" hidden=report.incidents.is_empty()>
            <table class="report-table" data-report="incidents">
                <thead><tr>
                    <th scope="col">"Alert"</th><th scope="col">"Severity"</th><th scope="col">"From"</th>
                    <th scope="col">"To"</th><th scope="col">"Session"</th><th scope="col">"What"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p hidden=more == 0>{format!("and {} more: the files name all of them", format::count(more))}</p>
    }
}

/// How it stood after 24, 48 and 72 hours.
pub(super) fn checkpoints(report: &Report) -> impl IntoView + use<> {
    let rows = report.checkpoints.iter().map(|point| {
        let tone = tone_of(point.overall);
        let why = if point.reasons.is_empty() {
            "every objective was met".to_owned()
        } else {
            point.reasons.join("; ")
        };
        view! {
            <tr data-checkpoint=point.hours.to_string() data-tone=tone.key()>
                <th scope="row">{format!("{} h", point.hours)}</th>
                <td><span class="report-met"><Icon glyph=tone.glyph() />{point.overall.name()}</span></td>
                <td class="report-text">{why}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <p hidden=!report.checkpoints.is_empty()>"None was reached: the first is after 24 hours."</p>
        <div class="scroll" tabindex="0" role="group" aria-label="Checkpoints" hidden=report.checkpoints.is_empty()>
            <table class="report-table" data-report="checkpoints">
                <thead><tr><th scope="col">"After"</th><th scope="col">"Verdict"</th><th scope="col">"Why"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// The sessions, with their first and last events.
pub(super) fn sessions(report: &Report) -> impl IntoView + use<> {
    let rows = report.sessions.iter().map(|own| {
        view! {
            <tr>
                <th scope="row">{own.name.clone()}</th>
                <td class="num">{format::count(own.events)}</td>
                <td class="num">{format::count(own.rejected)}</td>
                <td>{place(&own.first)}</td>
                <td>{place(&own.last)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <p hidden=!report.sessions.is_empty()>"No session has an event in the window."</p>
        <div class="scroll" tabindex="0" role="group" aria-label="Sessions" hidden=report.sessions.is_empty()>
            <table class="report-table" data-report="sessions">
                <thead><tr>
                    <th scope="col">"Session"</th><th scope="col" class="num">"Events"</th><th scope="col" class="num">"Lines not read"</th>
                    <th scope="col">"First event"</th><th scope="col">"Last event"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn place(place: &Place) -> String {
    format!("{}, line {}", place.file, place.line)
}
