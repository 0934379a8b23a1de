//! The table: the rows that can be seen, where it stands, and how it is reached by keyboard.
//!
//! Invariants: the document holds the visible rows and a few on either side; each row is as high as the head; focus
//! stays on the table, which says at which row the keyboard is, so that it is not lost with a row.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{
    Beside,
    model::{Anchor, Model},
    row::{self, COLUMNS},
};
use crate::browser::SizeObserver;

const GRID_ID: &str = "events-grid";
/// Rows above and below those that can be seen.
const OVERSCAN: usize = 6;

/// Moves the focus to the table.
pub(super) fn focus() {
    let grid = document().get_element_by_id(GRID_ID).and_then(|grid| grid.dyn_into::<HtmlElement>().ok());
    if let Some(grid) = grid {
        // Where it cannot have the focus, the reader clicks.
        let _ = grid.focus();
    }
}

/// What is seen of the table, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Size {
    /// Below the head.
    height: f64,
    row: f64,
}

/// Where the table stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Layout {
    matches: usize,
    /// Pixels above the first visible row.
    top: f64,
    size: Size,
}

impl Layout {
    fn of(model: Model, size: Size) -> Self {
        let matches = model.summary.get().matches;
        let end = (matches as f64 * size.row - size.height).max(0.0);
        let top = if model.follow.get() {
            end
        } else {
            let Anchor { seq, pixels } = model.anchor.get();
            let place = model.with_found(|found| found.place_of(seq));
            (place as f64 * size.row + pixels).clamp(0.0, end)
        };
        Self { matches, top, size }
    }

    /// The rows that are in the document.
    fn rows(&self) -> std::ops::Range<usize> {
        if self.size.row < 1.0 {
            return 0..0;
        }
        let first = whole(self.top / self.size.row);
        let seen = whole(self.size.height / self.size.row) + 1;
        first.saturating_sub(OVERSCAN)..(first + seen + OVERSCAN).min(self.matches)
    }

    /// The row at which the table begins when it stands at `top`.
    fn anchor(&self, model: Model, top: f64) -> Anchor {
        let place = if self.size.row < 1.0 { 0 } else { whole(top / self.size.row) };
        let seq = model.with_found(|found| found.get(place)).unwrap_or_default();
        Anchor { seq, pixels: top - place as f64 * self.size.row }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows")]
fn whole(rows: f64) -> usize {
    rows.max(0.0) as usize
}

/// A row as it is shown.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    seq: u64,
    place: usize,
    is_read: bool,
    is_active: bool,
    is_open: bool,
    cells: [String; COLUMNS.len()],
}

impl Row {
    fn view(self) -> impl IntoView {
        let cells = COLUMNS
            .into_iter()
            .zip(self.cells)
            .zip(1_u8..)
            .map(|(((key, _), text), column)| {
                view! { <span role="gridcell" aria-colindex=column.to_string() data-cell=key>{text}</span> }
            })
            .collect_view();
        view! {
            <div
                role="row"
                id=row_id(self.seq)
                data-seq=self.seq.to_string()
                data-unreadable=(!self.is_read).then_some("")
                class="event-row"
                class:active=self.is_active
                aria-rowindex=(self.place + 2).to_string()
                aria-selected=self.is_open.to_string()
            >{cells}</div>
        }
    }
}

fn row_id(seq: u64) -> String {
    format!("event-{seq}")
}

#[component]
pub(super) fn Table(model: Model) -> impl IntoView {
    let grid = NodeRef::<html::Div>::new();
    let body = NodeRef::<html::Div>::new();
    let head = NodeRef::<html::Div>::new();
    let size = RwSignal::new(Size::default());
    observe(grid, head, size);
    let layout = Memo::new(move |_| Layout::of(model, size.get()));
    let rows = Memo::new(move |_| read_rows(model, &layout.get()));
    let set_top = StoredValue::new(0_i32);
    stand(model, grid, body, layout, set_top);
    let on_scroll = move |_| {
        let Some(grid) = grid.get_untracked() else { return };
        let top = grid.scroll_top();
        // What was set comes back, rounded.
        if (top - set_top.get_value()).abs() <= 1 {
            return;
        }
        set_top.set_value(top);
        model.anchor.set(layout.get_untracked().anchor(model, f64::from(top)));
        model.follow.set(top + grid.client_height() >= grid.scroll_height() - 2);
    };
    let active = move || {
        let active = model.active.get()?;
        rows.with(|rows| rows.iter().any(|row| row.seq == active)).then(|| row_id(active))
    };
    let above = move || rows.with(|rows| rows.first().map_or(0, |row| row.place)) as f64 * size.get().row;
    let heads = COLUMNS
        .into_iter()
        .zip(1_u8..)
        .map(|((key, title), column)| {
            view! { <span role="columnheader" aria-colindex=column.to_string() data-cell=key>{title}</span> }
        })
        .collect_view();
    view! {
        <div class="events-table">
            <div
                node_ref=grid
                id=GRID_ID
                class="events-grid panel"
                role="grid"
                tabindex="0"
                aria-label="Events"
                aria-rowcount=move || (layout.get().matches + 1).to_string()
                aria-colcount=COLUMNS.len().to_string()
                aria-activedescendant=active
                on:scroll=on_scroll
                on:click=move |event| click(model, &event)
                on:keydown=move |event| key(model, &layout.get_untracked(), &event)
            >
                <div role="rowgroup" class="events-head">
                    <div role="row" class="event-row" aria-rowindex="1" node_ref=head>{heads}</div>
                </div>
                <div role="rowgroup" node_ref=body class="events-rows" style:padding-top=move || format!("{}px", above())>
                    {move || rows.get().into_iter().map(Row::view).collect_view()}
                </div>
            </div>
            <p class="empty events-none" hidden=move || layout.get().matches != 0>{move || nothing(model)}</p>
        </div>
    }
}

/// Why there are no rows.
fn nothing(model: Model) -> &'static str {
    match model.summary.get() {
        summary if summary.held == 0 => {
            "No lines yet: they are kept from when the page joined. Earlier ones can be loaded below."
        }
        summary if !summary.done => "Looking…",
        _ => "No line matches. Take a term out of the search, or change the filter by symbol and side.",
    }
}

/// Measures the table whenever it or its head changes.
fn observe(grid: NodeRef<html::Div>, head: NodeRef<html::Div>, size: RwSignal<Size>) {
    let observers = StoredValue::new_local(Vec::new());
    Effect::new(move |_| {
        let (Some(grid), Some(head)) = (grid.get(), head.get()) else { return };
        let measure = {
            let (grid, head) = (grid.clone(), head.clone());
            move || {
                let row = head.get_bounding_client_rect().height().round();
                size.try_set(Size { height: (f64::from(grid.client_height()) - row).max(0.0), row });
            }
        };
        observers.set_value(
            [grid, head].iter().map(|element| SizeObserver::new(element, measure.clone())).collect(),
        );
    });
}

/// Makes the table as high as all its rows, and moves it to where it stands.
fn stand(
    model: Model,
    grid: NodeRef<html::Div>,
    body: NodeRef<html::Div>,
    layout: Memo<Layout>,
    set_top: StoredValue<i32>,
) {
    Effect::new(move |_| {
        let (Some(grid), Some(body)) = (grid.get(), body.get()) else { return };
        let stands = layout.get();
        let Layout { matches, top, size } = stands;
        model.shown.set_value(stands.anchor(model, top));
        let style = HtmlElement::style(&body);
        // Styles of an element in the document can be set.
        let _ = style.set_property("height", &format!("{}px", matches as f64 * size.row));
        let _ = style.set_property("--row-px", &format!("{}px", size.row));
        #[expect(clippy::cast_possible_truncation, reason = "a number of pixels")]
        let top = top.round() as i32;
        if grid.scroll_top() != top {
            set_top.set_value(top);
            grid.set_scroll_top(top);
        }
    });
}

fn read_rows(model: Model, layout: &Layout) -> Vec<Row> {
    let (active, beside) = (model.active.get(), model.beside.get());
    model.read(|found, lines| {
        let row = |place| {
            let line = lines.get(found.get(place)?)?;
            Some(Row {
                seq: line.seq,
                place,
                is_read: line.is_read,
                is_active: active == Some(line.seq),
                is_open: matches!(beside, Beside::Detail(seq) | Beside::Timeline(seq) if seq == line.seq),
                cells: row::cells(&line),
            })
        };
        layout.rows().filter_map(row).collect()
    })
}

fn click(model: Model, event: &ev::MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let row = target.and_then(|target| target.closest("[data-seq]").ok().flatten());
    let seq = row.and_then(|row| row.get_attribute("data-seq")?.parse().ok());
    if let Some(seq) = seq {
        model.open(seq);
    }
}

fn key(model: Model, layout: &Layout, event: &ev::KeyboardEvent) {
    if event.alt_key() || event.meta_key() || layout.matches == 0 {
        return;
    }
    let page = whole(layout.size.height / layout.size.row.max(1.0)).max(1);
    let last = layout.matches - 1;
    let active = model.active.get_untracked();
    let place = active.map_or(last, |seq| model.with_found(|found| found.place_of(seq)).min(last));
    let step = |by: isize| if active.is_none() { place } else { place.saturating_add_signed(by).min(last) };
    let goal = match event.key().as_str() {
        "ArrowDown" => step(1),
        "ArrowUp" => step(-1),
        "PageDown" => step(page.cast_signed()),
        "PageUp" => step(-page.cast_signed()),
        "Home" => 0,
        "End" => last,
        "Enter" => {
            if let Some(seq) = active {
                event.prevent_default();
                model.open(seq);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    move_to(model, layout, goal);
    if event.key() == "End" {
        model.follow.set(true);
    }
}

/// Moves the keyboard's row, and the table so that it is seen.
fn move_to(model: Model, layout: &Layout, place: usize) {
    let Some(seq) = model.with_found(|found| found.get(place)) else { return };
    let Size { height, row } = layout.size;
    let (above, below) = (place as f64 * row, (place + 1) as f64 * row - height);
    let top = if above < layout.top { above } else { layout.top.max(below) };
    model.anchor.set(layout.anchor(model, top));
    model.follow.set(false);
    model.active.set(Some(seq));
}
