//! The runbook that is open beside the alerts, and what opens one.

use aurora_wire::runbook::{Block, shipped};
use leptos::{html, prelude::*};
use wasm_bindgen_futures::spawn_local;

use crate::{
    browser,
    components::{
        icon::{Glyph, Icon},
        markdown::Markdown,
    },
    page::Page,
    runbook,
};

/// What opens the runbook that a rule refers to: here where it is shipped, elsewhere where it is a link, else nothing.
pub(super) fn opener(page: Page, reference: &str) -> Option<AnyView> {
    let reference = reference.to_owned();
    if let Some((name, anchor)) = shipped(&reference) {
        let to = if anchor.is_empty() { format!("{name}.md") } else { format!("{name}.md#{anchor}") };
        let open = move |_| page.runbook.set(to.clone());
        return Some(
            view! { <button class="btn" data-action="runbook" on:click=open>"Runbook"</button> }.into_any(),
        );
    }
    let is_web = reference.starts_with("https://") || reference.starts_with("http://");
    is_web.then(|| {
        view! { <a class="btn" href=reference target="_blank" rel="noopener noreferrer">"Runbook (other page)"</a> }.into_any()
    })
}

/// The open runbook. Takes the focus when it opens.
#[component]
pub(super) fn RunbookPanel(page: Page) -> impl IntoView {
    let read = RwSignal::new(None::<(String, Result<Vec<Block>, String>)>);
    let close = NodeRef::<html::Button>::new();
    Effect::new(move |_| {
        let reference = page.runbook.get();
        if reference.is_empty() {
            return;
        }
        spawn_local(async move {
            let text = runbook::read(&reference).await;
            // Another one may have been opened meanwhile, or the view left.
            if page.runbook.try_get_untracked().is_some_and(|wanted| wanted == reference) {
                read.try_set(Some((reference, text)));
            }
        });
    });
    Effect::new(move |_| {
        if let Some(close) = close.get() {
            // Where it cannot have the focus, the reader clicks.
            let _ = close.focus();
        }
    });
    let said = RwSignal::new("");
    let title = move || {
        page.runbook.with(|reference| shipped(reference).map(|(name, _)| name.to_owned()).unwrap_or_default())
    };
    let body = move || match read.get() {
        None => view! { <p class="empty">"Loading…"</p> }.into_any(),
        Some((_, Err(why))) => view! { <p class="note" data-tone="warn" role="alert">{why}</p> }.into_any(),
        Some((reference, Ok(blocks))) => {
            let on_link = Callback::new(move |to: String| page.runbook.set(to));
            let on_copy = Callback::new(move |text| copy(text, said));
            view! { <Markdown blocks anchor=runbook::anchor(&reference) on_link on_copy /> }.into_any()
        }
    };
    view! {
        <section class="panel w5 runbook" data-panel="runbook" aria-labelledby="runbook-title">
            <header class="panel-head">
                <h2 id="runbook-title">"Runbook: " {title}</h2>
                <button class="btn" node_ref=close title="Close" data-action="close-runbook" on:click=move |_| page.runbook.set(String::new())>
                    <Icon glyph=Glyph::Close />
                    <span class="sr">"Close the runbook"</span>
                </button>
            </header>
            <p class="sub" role="status">{move || said.get()}</p>
            {body}
        </section>
    }
}

/// Copies, and says what became of it.
fn copy(text: String, said: RwSignal<&'static str>) {
    const REFUSED: &str = "The browser does not let the page copy: select the commands and copy them.";
    spawn_local(async move {
        said.try_set(if browser::copy(&text).await { "Copied." } else { REFUSED });
    });
}
