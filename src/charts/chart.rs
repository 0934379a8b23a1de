//! One chart: its canvases, what stands beside the pointer, and what pointers and keys do.
//!
//! Invariants: data are read and painted in a frame that the look's queue gives, never when a signal changes; pointing changes
//! elements of the DOM only, and no canvas.

use aurora_domain::{Ts, format};
use leptos::{ev::MouseEvent, html, prelude::*};

use super::{
    export,
    geometry::Geometry,
    gesture::Gesture,
    look::{Look, Range},
    painter::{Choices, Painter, has_scales},
    plot::{Ask, Plot, Shape},
    queue::Redraw,
    table::data_table,
};
use crate::{
    browser::{self, SizeObserver},
    components::chart_frame::{ChartFrame, Tool},
    store::{Handle, Slice, Store, derive},
};

/// Where a chart's data come from.
pub(crate) struct Source {
    newer: Box<dyn Fn()>,
    chosen: Box<dyn Fn()>,
    read: Box<dyn Fn(Ask) -> Plot>,
}

impl Source {
    /// Data that `read` makes. `newer` tracks what tells of newer ones, `chosen` what else the reader can choose than what all
    /// charts share.
    pub(crate) fn new(
        newer: impl Fn() + 'static,
        chosen: impl Fn() + 'static,
        read: impl Fn(Ask) -> Plot + 'static,
    ) -> Self {
        Self { newer: Box::new(newer), chosen: Box::new(chosen), read: Box::new(read) }
    }

    /// Data that `read` makes of the store, with the times whose events are missing.
    pub(crate) fn of(
        store: Handle,
        chosen: impl Fn() + 'static,
        read: impl Fn(&Store, Ask) -> Plot + 'static,
    ) -> Self {
        let turn = store.turn();
        let newer = move || store.track(&[Slice::Details], turn);
        Self::new(newer, chosen, move |ask| store.read(|store| read(store, ask).with_gaps(store.missing())))
    }
}

/// A chart of what `source` gives.
#[component]
pub(crate) fn Chart(
    look: Look,
    /// Names it in the page as `data-chart`; unique.
    name: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] class: &'static str,
    source: Source,
    /// Whether the value axis is logarithmic at first.
    #[prop(optional)]
    log: bool,
    #[prop(optional, into)] stale: Signal<bool>,
) -> impl IntoView {
    let chart = Parts::new(look, source, log);
    let place = Memo::new(move |_| chart.place());
    let left = move || place.get().map(|place| format!("{}px", place.x));
    let chosen = move || chart.choice.get();
    let counts = chart.counts();
    view! {
        <ChartFrame
            title name class stale
            legend=chart.legend(place)
            summary=chart.summary()
            note=derive(move || chart.plot.with(|plot| {
                if plot.has_data() { String::new() } else { plot.empty.clone().into_owned() }
            }))
            log=derive(move || chart.plot.with(has_scales).then(|| chart.log.get()))
            zoomed=derive(move || matches!(look.range.get(), Range::Fixed { .. }))
            on_toggle=Callback::new(move |name| chart.toggle(name))
            on_tool=Callback::new(move |tool| chart.use_tool(tool, name, &title.get_untracked()))
            open=chart.open
            table=ViewFn::from(move || chart.plot.with_untracked(|plot| data_table(&title.get_untracked(), plot, look)))
        >
            <canvas node_ref=chart.axes class="chart-canvas" aria-hidden="true"></canvas>
            <canvas node_ref=chart.data class="chart-canvas" aria-hidden="true"></canvas>
            {move || {
                let count = |(x, count): (f64, usize)| view! {
                    <span class="chart-count num" aria-hidden="true" style:left=format!("{x}px")>{count.to_string()}</span>
                };
                counts.get().into_iter().map(count).collect_view()
            }}
            <div class="chart-cursor" hidden=move || place.with(Option::is_none) style:left=left></div>
            <div
                class="chart-choice"
                hidden=move || chosen().is_none()
                style:left=move || chosen().map(|(from, _)| format!("{from}px"))
                style:width=move || chosen().map(|(from, to)| format!("{}px", to - from))
            ></div>
            {move || place.get().filter(|_| chart.is_pointed.get()).map(|place| chart.tip(place))}
            <div
                class="chart-hit"
                role="slider"
                tabindex="0"
                aria-label=move || format!("Time in the chart {}", title.get())
                aria-describedby=format!("chart-{name}")
                aria-orientation="horizontal"
                aria-valuemin=move || chart.plot.with(|plot| plot.shown.0.to_string())
                aria-valuemax=move || chart.plot.with(|plot| plot.shown.1.to_string())
                aria-valuenow=move || chart.value_now(place).to_string()
                aria-valuetext=move || chart.value_text(place)
                on:pointerdown=move |event| chart.down(&event)
                on:pointermove=move |event| chart.moved(&event)
                on:pointerup=move |event| chart.up(&event)
                on:pointercancel=move |_| chart.cancel()
                on:pointerleave=move |_| chart.leave()
                on:wheel=move |event| chart.wheel(&event)
                on:dblclick=move |_: MouseEvent| {
                    look.reset();
                }
                on:keydown=move |event| chart.key(&event)
                on:focus=move |_| chart.is_pointed.set(true)
                on:blur=move |_| chart.leave()
            ></div>
        </ChartFrame>
    }
}

/// Where the cursor is on a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) bucket: usize,
    /// CSS pixels from the canvas' left edge.
    pub(super) x: f64,
    /// Whether there is more room to the left of it.
    pub(super) leftwards: bool,
}

/// A chart's signals and what it keeps.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) look: Look,
    pub(super) id: u32,
    pub(super) source: StoredValue<Source, LocalStorage>,
    pub(super) plot: RwSignal<Plot>,
    pub(super) painter: StoredValue<Painter, LocalStorage>,
    pub(super) gesture: StoredValue<Gesture, LocalStorage>,
    pub(super) axes: NodeRef<html::Canvas>,
    pub(super) data: NodeRef<html::Canvas>,
    pub(super) size: RwSignal<u32>,
    pub(super) hidden: RwSignal<Vec<String>>,
    pub(super) log: RwSignal<bool>,
    /// Whether the table of the data stands below.
    pub(super) open: RwSignal<bool>,
    /// What is being chosen, in CSS pixels.
    pub(super) choice: RwSignal<Option<(f64, f64)>>,
    /// Whether the pointer or the keyboard is here.
    pub(super) is_pointed: RwSignal<bool>,
    /// Where the pointer rests, in CSS pixels.
    pub(super) pointer: StoredValue<Option<f64>>,
    /// The stretch last asked for, before it was rounded, and what came of it.
    pub(super) wanted: StoredValue<Option<(Range, (f64, f64))>>,
}

impl Parts {
    fn new(look: Look, source: Source, log: bool) -> Self {
        let empty = Plot::at(0, Range::Last(60), aurora_charts::Unit::Number, Shape::Lines);
        let mut parts = Self {
            look,
            id: 0,
            source: StoredValue::new_local(source),
            plot: RwSignal::new(Plot { empty: "".into(), ..empty }),
            painter: StoredValue::new_local(Painter::default()),
            gesture: StoredValue::new_local(Gesture::default()),
            axes: NodeRef::new(),
            data: NodeRef::new(),
            size: RwSignal::new(0),
            hidden: RwSignal::new(Vec::new()),
            log: RwSignal::new(log),
            open: RwSignal::new(false),
            choice: RwSignal::new(None),
            is_pointed: RwSignal::new(false),
            pointer: StoredValue::new(None),
            wanted: StoredValue::new(None),
        };
        parts.id = look.queue.join(move |data| parts.redraw(data));
        parts.observe();
        parts
    }

    /// Asks for a redraw when something that it shows has changed.
    fn observe(self) {
        let Self { look, id, source, size, .. } = self;
        let observer = StoredValue::new_local(None::<SizeObserver>);
        Effect::new(move |_| {
            let Some(canvas) = self.data.get() else { return };
            observer.set_value(SizeObserver::new(&canvas, move || {
                size.try_update(|changes| *changes += 1);
            }));
        });
        Effect::new(move |_| {
            source.with_value(|source| (source.newer)());
            look.queue.ask(id, Redraw::Newer);
        });
        Effect::new(move |_| {
            source.with_value(|source| (source.chosen)());
            look.range.track();
            look.filter.track();
            look.queue.ask(id, Redraw::Chosen);
        });
        Effect::new(move |_| {
            look.colors.track();
            look.markers.track();
            look.utc_offset_min.track();
            size.track();
            self.hidden.track();
            self.log.track();
            look.queue.ask(id, Redraw::Paint);
        });
    }

    fn redraw(self, reads: bool) {
        let (Some(axes), Some(data)) = (self.axes.get_untracked(), self.data.get_untracked()) else { return };
        let look = self.look;
        let plot = reads.then(|| {
            let ask = Ask { range: look.range.get_untracked(), filter: look.filter.get_untracked() };
            untrack(|| self.source.with_value(|source| (source.read)(ask)))
        });
        let has_scales = |plot: &Plot| has_scales(plot) && self.log.get_untracked();
        let paint = |plot: &Plot| {
            let choices = Choices {
                hidden: self.hidden.get_untracked(),
                log: has_scales(plot),
                utc_offset_min: look.utc_offset_min.get_untracked(),
                markers: look.markers.get_untracked(),
                colors: look.colors.get_untracked(),
                size: self.size.get_untracked(),
            };
            self.painter.update_value(|painter| painter.paint(&axes, &data, plot, &choices));
        };
        if let Some(plot) = plot {
            paint(&plot);
            self.plot.set(plot);
        } else {
            self.plot.with_untracked(paint);
            self.plot.notify();
        }
        // Time has moved on below a pointer that rests.
        if let Some(x) = self.pointer.get_value() {
            self.point(x);
        }
    }

    pub(super) fn geometry(self) -> Option<Geometry> {
        self.painter.with_value(Painter::geometry)
    }

    /// The bucket under the shared cursor and where it stands.
    fn place(self) -> Option<Place> {
        let time = self.look.cursor.get()?;
        self.plot.with(|plot| {
            let Geometry { left, right, from, to } = self.geometry()?;
            let bucket = plot.window.bucket_at(time)?;
            let share = (plot.window.middle(bucket).clamp(from, to) - from) / (to - from);
            let inside = (from..=to).contains(&time);
            let x = left + share * (right - left);
            inside.then_some(Place { bucket, x, leftwards: share > 0.5 })
        })
    }

    pub(super) fn point(self, x: f64) {
        let time = self.geometry().filter(|geometry| geometry.contains(x)).map(|geometry| geometry.time(x));
        if self.look.cursor.get_untracked() != time {
            self.look.cursor.set(time);
        }
    }

    fn toggle(self, name: String) {
        self.hidden.update(|hidden| match hidden.iter().position(|known| *known == name) {
            Some(place) => drop(hidden.remove(place)),
            None => hidden.push(name),
        });
    }

    fn use_tool(self, tool: Tool, name: &str, title: &str) {
        match tool {
            Tool::Scale => self.log.update(|log| *log = !*log),
            Tool::Data => self.open.update(|open| *open = !*open),
            Tool::Live => drop(self.look.reset()),
            Tool::Csv => self.plot.with_untracked(|plot| export::save_csv(plot, name)),
            Tool::Png => {
                let (Some(axes), Some(data)) = (self.axes.get_untracked(), self.data.get_untracked()) else {
                    return;
                };
                self.painter.with_value(|painter| {
                    let Some(colors) = painter.colors() else { return };
                    let hidden = self.hidden.get_untracked();
                    self.plot.with_untracked(|plot| {
                        let shown = plot
                            .series
                            .iter()
                            .filter(|series| !hidden.iter().any(|name| *name == series.name));
                        export::save_png([&axes, &data], colors, name, title, shown);
                    });
                });
            }
        }
    }
}

/// Time of day with its zone.
pub(super) fn clock(second: i64, utc_offset_min: i32) -> String {
    let at = Ts::from_millis(second.saturating_mul(1000));
    let zone = if utc_offset_min == 0 { " UTC" } else { "" };
    format!("{}{zone}", format::clock(at, utc_offset_min))
}

/// The page's own moment, for names of files.
pub(super) fn today() -> String {
    let now = i64::try_from(browser::now_ms()).unwrap_or(0);
    format::date_time_utc(Ts::from_millis(now)).replace(" UTC", "").replace(' ', "-").replace(':', "")
}
