//! Owns a runbook as the page shows it: headings, texts, steps, and commands that can be copied.
//!
//! Invariant: every part becomes text in elements that are made here; nothing is taken for markup.

use aurora_wire::runbook::{Block, Span};
use leptos::prelude::*;

/// A runbook. `anchor` is the lower-case heading of the alert that it was opened for.
#[component]
pub(crate) fn Markdown(
    blocks: Vec<Block>,
    #[prop(into)] anchor: Signal<String>,
    /// A link to another runbook was followed.
    on_link: Callback<String>,
    /// Commands are to be copied.
    on_copy: Callback<String>,
) -> impl IntoView {
    let shown = blocks.into_iter().map(|block| one(block, anchor, on_link, on_copy)).collect_view();
    view! { <div class="runbook-text">{shown}</div> }
}

fn one(
    block: Block,
    anchor: Signal<String>,
    on_link: Callback<String>,
    on_copy: Callback<String>,
) -> AnyView {
    match block {
        Block::Heading(1, text) => view! { <p class="runbook-title"><strong>{text}</strong></p> }.into_any(),
        Block::Heading(2, text) => view! { <h3>{text}</h3> }.into_any(),
        Block::Heading(_, text) => {
            let is_here = anchor.with_untracked(|anchor| text.to_lowercase() == *anchor);
            let said = is_here.then(|| view! { <span class="aside">"this alert"</span> });
            view! { <h4 data-here=is_here.then_some("")>{text} " " {said}</h4> }.into_any()
        }
        Block::Text(spans) => view! { <p>{inline(spans, on_link)}</p> }.into_any(),
        Block::Step(number, spans) => {
            view! { <p class="step"><b class="num">{format!("{number}.")}</b> <span>{inline(spans, on_link)}</span></p> }
                .into_any()
        }
        Block::Item(spans) => view! { <p class="item">{inline(spans, on_link)}</p> }.into_any(),
        Block::Code(code) => {
            let copied = code.clone();
            view! {
                <div class="commands-block">
                    <pre><code>{code}</code></pre>
                    <button class="btn" data-action="copy-commands" on:click=move |_| on_copy.run(copied.clone())>"Copy"</button>
                </div>
            }
            .into_any()
        }
    }
}

fn inline(spans: Vec<Span>, on_link: Callback<String>) -> impl IntoView {
    let one = move |span: Span| match span {
        Span::Plain(text) => text.into_any(),
        Span::Code(text) => view! { <code>{text}</code> }.into_any(),
        Span::Strong(text) => view! { <strong>{text}</strong> }.into_any(),
        Span::Link(text, to) => {
            view! { <button class="link" on:click=move |_| on_link.run(to.clone())>{text}</button> }
                .into_any()
        }
    };
    spans.into_iter().map(one).collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Mounted;
    use aurora_wire::runbook::blocks;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn what_stands_in_a_runbook_is_text_and_no_markup() {
        let text = "# <b>T</b>\n\n### Mine\n\n1. <img src=x onerror=alert(1)> `a < b`\n\n```bash\n<script>x</script>\n```\n";
        let nothing = || Callback::new(|_: String| ());
        let shown = Mounted::new(move || {
            view! { <Markdown blocks=blocks(text) anchor="mine".to_owned() on_link=nothing() on_copy=nothing() /> }
        });
        assert!(
            shown.find("img").is_none()
                && shown.find("script").is_none()
                && shown.find(".runbook-title b").is_none()
        );
        assert_eq!(shown.text("pre"), "<script>x</script>");
        assert_eq!(shown.text(".step code"), "a < b");
        assert!(shown.find("h4[data-here]").is_some());
    }
}
