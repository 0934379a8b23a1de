//! Owns the list of the most frequent reasons, as bars.

use aurora_domain::format;
use leptos::prelude::*;

/// A reason and how often it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReasonCount {
    /// As logged, cut at the first colon.
    pub(crate) code: String,
    /// Who said no: `skip`, `guard` or `exchange`.
    pub(crate) class: &'static str,
    pub(crate) count: u64,
}

/// Reasons as given, longest bar first: the caller sorts and cuts the list.
#[component]
pub(crate) fn ReasonList(
    #[prop(into)] reasons: Signal<Vec<ReasonCount>>,
    /// The events of a reason are asked for.
    on_reason: Callback<String>,
    /// What stands where there is none.
    #[prop(default = "Nothing was refused in this span.")]
    empty: &'static str,
) -> impl IntoView {
    let longest =
        Memo::new(move |_| reasons.with(|all| all.iter().map(|reason| reason.count).max().unwrap_or(0)));
    let rows = move || {
        let longest = longest.get().max(1);
        reasons.get().into_iter().map(|reason| row(reason, longest, on_reason)).collect_view()
    };
    view! {
        <Show when=move || longest.get() != 0 fallback=move || view! { <p class="empty">{empty}</p> }>
            <ol class="reasons">{rows}</ol>
        </Show>
    }
}

fn row(
    ReasonCount { code, class, count }: ReasonCount,
    longest: u64,
    on_reason: Callback<String>,
) -> impl IntoView {
    let width = format!("{:.2}%", count as f64 / longest as f64 * 100.0);
    let (name, tip, asked) = (code.clone(), code.clone(), code.clone());
    view! {
        <li data-reason=name data-class=class data-value=count.to_string() title=tip>
            <button class="link reason-code" on:click=move |_| on_reason.run(asked.clone())>{code}</button>
            <span class="reason-class">{class}</span>
            <span class="num">{format::count(count)}</span>
            <div class="bar" aria-hidden="true"><i style:width=width></i></div>
        </li>
    }
}
