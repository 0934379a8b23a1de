//! One line beside the table: what was read of it, all its values, and the line itself.
//!
//! Invariant: what is shown was copied when the line was opened, so it stays when the line falls out of the table.

use aurora_domain::{Ts, format};
use aurora_wire::{decode, outline};
use leptos::{html, prelude::*};
use wasm_bindgen_futures::spawn_local;

use super::{Beside, model::Model, row};
use crate::{
    browser,
    components::icon::{Glyph, Icon},
    lines::{Field, Line},
};

/// What is said of a line: a name, what stands there, and the filter that finds more like it.
#[derive(Clone, Debug, PartialEq)]
struct Fact {
    name: &'static str,
    text: String,
    filter: Option<&'static str>,
}

/// A line, copied.
#[derive(Clone, Debug, PartialEq)]
struct Detail {
    title: String,
    facts: Vec<Fact>,
    values: Vec<(String, String)>,
    /// Why it could not be read.
    problem: Option<String>,
    raw: String,
    pretty: String,
    has_order: bool,
}

impl Detail {
    fn of(line: &Line<'_>) -> Self {
        let raw = line.original().into_owned();
        let text = |field| line.text(field).to_owned();
        let fact = |name, text, filter| Fact { name, text, filter };
        let facts = [
            fact("Time", line.ts.map_or_else(|| format::NO_DATA.to_owned(), exact), None),
            fact("File", row::file(line.source).to_owned(), Some("file")),
            fact("Code", text(Field::Code), Some("code")),
            fact("Symbol", text(Field::Symbol), Some("symbol")),
            fact("Side", row::side(line.side).to_owned(), Some("side")),
            fact("Order", text(Field::Order), Some("order")),
            fact("Client order", text(Field::Client), Some("order")),
            fact("Intent", text(Field::Intent), Some("order")),
            fact("Reason", text(Field::Reason), Some("reason")),
            fact("Run", text(Field::Run), None),
            fact("Event id", line.id.map(|id| id.to_string()).unwrap_or_default(), None),
        ];
        let ids = [Field::Order, Field::Client, Field::Intent];
        let values =
            outline::values(&raw).into_iter().map(|value| (value.path, value.text.into_owned())).collect();
        let problem = decode(line.source, line.id.unwrap_or_default(), line.raw)
            .err()
            .map(|rejected| rejected.reason.to_string());
        Self {
            title: if line.is_read { text(Field::Code) } else { "Unreadable line".to_owned() },
            facts: facts.into_iter().filter(|fact| !fact.text.is_empty()).collect(),
            values,
            problem,
            pretty: outline::pretty(&raw),
            raw,
            has_order: ids.into_iter().any(|field| !line.text(field).is_empty()),
        }
    }
}

/// `2026-11-21 18:03:27.123456789 UTC`
fn exact(ts: Ts) -> String {
    let text = format::date_time_utc(ts);
    format!("{}.{:09} UTC", text.trim_end_matches(" UTC"), ts.0.rem_euclid(1_000_000_000))
}

#[component]
pub(super) fn DetailPanel(model: Model, seq: u64) -> impl IntoView {
    let detail = model.read(|_, lines| lines.get(seq).map(|line| Detail::of(&line)));
    match detail {
        None => view! {
            <Side model title="Event".to_owned()>
                <p class="empty">"This line has fallen out of the table."</p>
            </Side>
        }
        .into_any(),
        Some(detail) => {
            let title = detail.title.clone();
            view! { <Side model title>{content(model, seq, detail)}</Side> }.into_any()
        }
    }
}

fn content(model: Model, seq: u64, detail: Detail) -> impl IntoView {
    let copied = RwSignal::new("");
    let raw = StoredValue::new(detail.raw.clone());
    let facts = detail.facts.into_iter().map(|fact| fact_view(model, fact)).collect_view();
    let values = detail
        .values
        .into_iter()
        .map(|(path, text)| view! { <dt>{path}</dt><dd><code>{text}</code></dd> })
        .collect_view();
    view! {
        {detail.problem.map(|problem| view! {
            <p class="note" data-tone="bad">{format!("This line could not be read and counts nowhere. {problem}")}</p>
        })}
        <div class="row">
            <button class="btn" data-action="copy" on:click=move |_| copy(raw.get_value(), copied)>"Copy line"</button>
            {detail.has_order.then(|| view! {
                <button class="btn" data-action="timeline" on:click=move |_| model.beside.set(Beside::Timeline(seq))>
                    "Order timeline"
                </button>
            })}
            <span class="sub" role="status">{move || copied.get()}</span>
        </div>
        <dl data-detail="facts">{facts}</dl>
        <h3>"Line"</h3>
        <pre data-detail="pretty" tabindex="0" role="region" aria-label="The line, one value a line">{detail.pretty}</pre>
        <details>
            <summary>"As it was written"</summary>
            <pre class="raw" data-detail="raw" tabindex="0" role="region" aria-label="The line as it was written">{detail.raw}</pre>
        </details>
        <details>
            <summary>"All values"</summary>
            <dl data-detail="values">{values}</dl>
        </details>
    }
}

fn fact_view(model: Model, Fact { name, text, filter }: Fact) -> impl IntoView {
    let value = match filter {
        None => view! { <span>{text}</span> }.into_any(),
        Some(key) => {
            let title = format!("Show only {key}: {text}");
            let asked = text.clone();
            view! {
                <button class="link" data-filter=key title=title on:click=move |_| model.add_filter(key, &asked)>
                    {text}
                </button>
            }
            .into_any()
        }
    };
    view! { <dt>{name}</dt><dd>{value}</dd> }
}

/// Copies, and says what became of it.
fn copy(text: String, said: RwSignal<&'static str>) {
    const REFUSED: &str = "The browser does not let the page copy: select the line below and copy it.";
    spawn_local(async move {
        said.try_set(if browser::copy(&text).await { "Copied." } else { REFUSED });
    });
}

/// The frame of what stands beside the table. Takes the focus.
#[component]
pub(super) fn Side(model: Model, title: String, children: Children) -> impl IntoView {
    let close = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        if let Some(close) = close.get() {
            // Where it cannot have the focus, the reader clicks.
            let _ = close.focus();
        }
    });
    view! {
        <section class="panel events-beside" aria-labelledby="events-beside-title" data-panel="beside">
            <header class="panel-head">
                <h2 id="events-beside-title">{title}</h2>
                <button class="btn" node_ref=close title="Close" data-action="close" on:click=move |_| model.close()>
                    <Icon glyph=Glyph::Close />
                    <span class="sr">"Close"</span>
                </button>
            </header>
            {children()}
        </section>
    }
}
