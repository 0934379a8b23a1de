//! Owns the dialogs of commands: the sheet of keyboard shortcuts, and the palette that finds a command by name.

use crate::{
    commands::{COMMANDS, Command, Context},
    components::icon::{Glyph, Icon},
    page::Overlay,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

/// A native modal dialog that is open while `overlay` is the page's.
#[component]
pub(crate) fn Modal(
    context: Context,
    overlay: Overlay,
    /// Of the heading that names it.
    id: &'static str,
    title: &'static str,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let shown = context.page.overlay;
    let close = move || {
        if shown.get_untracked() == Some(overlay) {
            shown.set(None);
        }
    };
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if shown.get() != Some(overlay) {
            dialog.close();
        } else if !dialog.open() {
            // Fails only where the dialog is not in the document, and then there is nothing to show.
            let _shown = dialog.show_modal();
        }
    });
    view! {
        <dialog node_ref=dialog aria-labelledby=id on:close=move |_| close()>
            <header class="panel-head">
                <h2 id=id>{title}</h2>
                <button class="btn" title="Close" on:click=move |_| close()>
                    <Icon glyph=Glyph::Close />
                    <span class="sr">"Close"</span>
                </button>
            </header>
            {children()}
        </dialog>
    }
}

/// Every command that has a key.
#[component]
pub(crate) fn HelpSheet(context: Context) -> impl IntoView {
    let rows = COMMANDS
        .iter()
        .filter(|command| !command.key.is_empty())
        .map(|command| view! { <dt><kbd>{command.key}</kbd></dt><dd>{command.name}</dd> })
        .collect_view();
    view! {
        <Modal context overlay=Overlay::Help id="help-title" title="Keyboard shortcuts">
            <dl class="keys-sheet">{rows}</dl>
            <p class="sub">
                "Charts: arrow keys move the crosshair, Shift and arrows pan, + and − zoom, 0 goes back. Tables: arrow keys, \
                 Page up and down, Home, End, Enter opens, Esc closes. One-key shortcuts can be switched off in the settings."
            </p>
        </Modal>
    }
}

/// Finds a command by its name.
#[component]
pub(crate) fn Palette(context: Context) -> impl IntoView {
    let (text, at) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let found = move || {
        let wanted = text.get().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let fits = |command: &&Command| {
            let name = command.name.to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        COMMANDS.iter().filter(fits).collect::<Vec<_>>()
    };
    let run = move |command: &Command| {
        context.page.overlay.set(None);
        text.set(String::new());
        (command.run)(context);
    };
    let on_key = move |event: KeyboardEvent| {
        let found = found();
        let last = found.len().saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => at.update(|at| *at = at.saturating_sub(1)),
            "Enter" => {
                if let Some(command) = found.get(at.get_untracked().min(last)) {
                    run(command);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let options = move || {
        let option = |(index, command): (usize, &'static Command)| {
            view! {
                <li
                    role="option"
                    id=format!("command-{index}")
                    aria-selected=move || (at.get() == index).to_string()
                    on:click=move |_| run(command)
                >
                    {command.name}
                    <kbd>{command.key}</kbd>
                </li>
            }
        };
        found().into_iter().enumerate().map(option).collect_view()
    };
    view! {
        <Modal context overlay=Overlay::Palette id="palette-title" title="Find a command">
            <input
                class="palette"
                type="search"
                autofocus=""
                autocomplete="off"
                role="combobox"
                aria-label="Command"
                aria-expanded="true"
                aria-controls="commands"
                aria-activedescendant=move || format!("command-{}", at.get())
                prop:value=move || text.get()
                on:input:target=move |event| {
                    text.set(event.target().value());
                    at.set(0);
                }
                on:keydown=on_key
            />
            <ul id="commands" class="commands" role="listbox" aria-label="Commands">{options}</ul>
            <p class="empty" hidden=move || !found().is_empty()>"No command has this name."</p>
        </Modal>
    }
}
