//! One chart: its canvases, what stands beside the pointer, and what pointers and keys do.
//!
//! Invariants: data are read and painted in a frame that the look's queue gives, never when a signal changes; pointing changes
//! elements of the DOM only, and no canvas.

use aurora_domain::{Ts, format};
use leptos::{
    ev::{KeyboardEvent, MouseEvent, PointerEvent, WheelEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    export,
    geometry::Geometry,
    gesture::{Gesture, Wish},
    look::{Look, Range},
    painter::{Choices, Painter, has_scales},
    plot::{Ask, Plot, Series, Shape},
    queue::Redraw,
    table::data_table,
};
use crate::{
    browser::{self, SizeObserver},
    components::chart_frame::{ChartFrame, LegendEntry, Tool},
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
        let newer = move || store.track(&[Slice::Details]);
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
struct Place {
    bucket: usize,
    /// CSS pixels from the canvas' left edge.
    x: f64,
    /// Whether there is more room to the left of it.
    leftwards: bool,
}

/// A chart's signals and what it keeps.
#[derive(Clone, Copy)]
struct Parts {
    look: Look,
    id: u32,
    source: StoredValue<Source, LocalStorage>,
    plot: RwSignal<Plot>,
    painter: StoredValue<Painter, LocalStorage>,
    gesture: StoredValue<Gesture, LocalStorage>,
    axes: NodeRef<html::Canvas>,
    data: NodeRef<html::Canvas>,
    size: RwSignal<u32>,
    hidden: RwSignal<Vec<String>>,
    log: RwSignal<bool>,
    /// Whether the table of the data stands below.
    open: RwSignal<bool>,
    /// What is being chosen, in CSS pixels.
    choice: RwSignal<Option<(f64, f64)>>,
    /// Whether the pointer or the keyboard is here.
    is_pointed: RwSignal<bool>,
    /// Where the pointer rests, in CSS pixels.
    pointer: StoredValue<Option<f64>>,
    /// The stretch last asked for, before it was rounded, and what came of it.
    wanted: StoredValue<Option<(Range, (f64, f64))>>,
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

    fn geometry(self) -> Option<Geometry> {
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

    fn point(self, x: f64) {
        let time = self.geometry().filter(|geometry| geometry.contains(x)).map(|geometry| geometry.time(x));
        if self.look.cursor.get_untracked() != time {
            self.look.cursor.set(time);
        }
    }

    fn legend(self, place: Memo<Option<Place>>) -> Signal<Vec<LegendEntry>> {
        derive(move || {
            let at = place.get().map(|place| place.bucket);
            self.hidden.with(|hidden| {
                self.plot.with(|plot| {
                    let entry = |series: &Series| LegendEntry {
                        name: series.name.clone(),
                        slot: series.slot,
                        value: plot.text(match at {
                            Some(bucket) => series.values.get(bucket).copied(),
                            None => plot.latest(series),
                        }),
                        shown: !hidden.iter().any(|name| *name == series.name),
                    };
                    plot.series.iter().map(entry).collect()
                })
            })
        })
    }

    /// What the picture says, in a sentence or two.
    fn summary(self) -> Signal<String> {
        derive(move || {
            self.plot.with(|plot| {
                let latest: Vec<String> = plot
                    .series
                    .iter()
                    .filter_map(|series| {
                        Some(format!("{} {}", series.name, plot.text(Some(plot.latest(series)?))))
                    })
                    .collect();
                let gaps = plot.gaps_in_words(self.look.utc_offset_min.get());
                if latest.is_empty() || !plot.has_data() {
                    format!("{}: no data in this span.{gaps}", plot.words)
                } else {
                    format!("{}. Latest: {}.{gaps}", plot.words, latest.join(", "))
                }
            })
        })
    }

    fn clock(self, plot: &Plot, bucket: usize) -> String {
        let start = plot.window.start + i64::try_from(bucket).unwrap_or(0) * i64::from(plot.window.step);
        clock(start, self.look.utc_offset_min.get())
    }

    /// Moments in a bucket, in words.
    fn moments(self, plot: &Plot, bucket: usize) -> Vec<String> {
        let here = |at: f64| plot.window.bucket_at(at) == Some(bucket);
        self.look.markers.with(|markers| {
            let markers = markers.iter().filter(|marker| here(marker.at));
            markers.map(|marker| format!("{}: {}", marker.kind.name(), marker.text)).collect()
        })
    }

    /// What stands beside the pointer.
    fn tip(self, Place { bucket, x, leftwards }: Place) -> impl IntoView {
        let shift = if leftwards { "translateX(calc(-100% - 12px))" } else { "translateX(12px)" };
        let (time, rows, moments) = self.plot.with(|plot| {
            let rows = plot
                .series
                .iter()
                .rev()
                .map(|series| {
                    let value = plot.text(series.values.get(bucket).copied());
                    let name = series.name.clone();
                    view! { <li data-slot=series.slot.to_string()><i class="mark"></i>{name}<b class="num">{value}</b></li> }
                })
                .collect_view();
            (self.clock(plot, bucket), rows, self.moments(plot, bucket))
        });
        let moments = moments.into_iter().map(|text| view! { <p>{text}</p> }).collect_view();
        view! {
            <div class="chart-tip" aria-hidden="true" style:left=format!("{x}px") style:top="8px" style:transform=shift>
                <span class="num">{time}</span>
                <ul class="legend">{rows}</ul>
                {moments}
            </div>
        }
    }

    fn value_now(self, place: Memo<Option<Place>>) -> i64 {
        let bucket = place.get().map(|place| place.bucket);
        self.plot.with(|plot| match bucket {
            Some(bucket) => {
                plot.window.start + i64::try_from(bucket).unwrap_or(0) * i64::from(plot.window.step)
            }
            None => plot.shown.1,
        })
    }

    /// What a screen reader says of the cursor's place.
    fn value_text(self, place: Memo<Option<Place>>) -> String {
        let Some(Place { bucket, .. }) = place.get() else { return "latest".to_owned() };
        self.plot.with(|plot| {
            let values = plot
                .series
                .iter()
                .map(|series| format!("{} {}", series.name, plot.text(series.values.get(bucket).copied())));
            let all: Vec<String> = std::iter::once(self.clock(plot, bucket))
                .chain(values)
                .chain(self.moments(plot, bucket))
                .collect();
            all.join(", ")
        })
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

    /// Shows a stretch; small steps add up although each is rounded to whole seconds.
    fn show(self, from: f64, to: f64) {
        self.look.zoom(from, to, self.plot.with_untracked(|plot| plot.now));
        self.wanted.set_value(Some((self.look.range.get_untracked(), (from, to))));
    }

    /// The geometry to start a step from: what was last asked for, as long as it is still what is shown.
    fn current(self) -> Option<Geometry> {
        let geometry = self.geometry()?;
        let range = self.look.range.get_untracked();
        let known = self.wanted.get_value().filter(|(of, _)| *of == range);
        Some(match (known, range) {
            (Some((_, (from, to))), _) => Geometry { from, to, ..geometry },
            // Not painted yet.
            (None, Range::Fixed { from, to }) => Geometry { from: from as f64, to: to as f64, ..geometry },
            (None, Range::Last(_)) => geometry,
        })
    }

    fn do_wish(self, wish: Wish) {
        self.choice.set(match wish {
            Wish::Choose(one, other) => self.geometry().map(|Geometry { left, right, .. }| {
                (one.min(other).clamp(left, right), one.max(other).clamp(left, right))
            }),
            _ => None,
        });
        match wish {
            Wish::None => {}
            Wish::Point(x) | Wish::Choose(_, x) => self.point(x),
            Wish::ZoomTo(one, other) => {
                if let Some(geometry) = self.geometry() {
                    self.show(geometry.time_inside(one.min(other)), geometry.time_inside(one.max(other)));
                }
            }
            Wish::Show(from, to) => self.show(from, to),
        }
    }

    fn down(self, event: &PointerEvent) {
        let Some(geometry) = self.current().filter(|_| event.button() < 2) else { return };
        let x = f64::from(event.offset_x());
        let touch = event.pointer_type() == "touch";
        let moves = event.shift_key() || event.button() == 1;
        if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            // A pointer that is already gone cannot be captured, and needs not to be.
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        self.is_pointed.set(true);
        let wish = self
            .gesture
            .try_update_value(|gesture| gesture.down(event.pointer_id(), x, touch, moves, geometry));
        self.do_wish(wish.unwrap_or(Wish::None));
    }

    fn moved(self, event: &PointerEvent) {
        let Some(geometry) = self.current() else { return };
        let x = f64::from(event.offset_x());
        self.is_pointed.set(true);
        self.pointer.set_value(Some(x));
        let wish = self.gesture.try_update_value(|gesture| gesture.moved(event.pointer_id(), x, geometry));
        self.do_wish(wish.unwrap_or(Wish::None));
    }

    fn up(self, event: &PointerEvent) {
        let wish = self.gesture.try_update_value(|gesture| gesture.up(event.pointer_id()));
        self.do_wish(wish.unwrap_or(Wish::None));
    }

    fn cancel(self) {
        self.gesture.update_value(Gesture::cancel);
        self.choice.set(None);
    }

    fn leave(self) {
        self.pointer.set_value(None);
        self.is_pointed.set(false);
        self.look.cursor.set(None);
    }

    fn wheel(self, event: &WheelEvent) {
        // With Ctrl it is a pinch of a trackpad, which never scrolls.
        if self.look.page_scrolls() && !event.ctrl_key() {
            return;
        }
        let Some(geometry) = self.current() else { return };
        event.prevent_default();
        let lines = if event.delta_mode() == 0 { 1.0 } else { 16.0 };
        let (across, down) = (event.delta_x() * lines, event.delta_y() * lines);
        let (from, to) = if event.shift_key() || across.abs() > down.abs() {
            let moved = if across == 0.0 { down } else { across };
            geometry.moved(moved / (geometry.right - geometry.left))
        } else {
            let pace = if event.ctrl_key() { 0.01 } else { 0.002 };
            geometry.scaled(f64::from(event.offset_x()), (down * pace).clamp(-1.0, 1.0).exp())
        };
        self.show(from, to);
    }

    fn key(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let Some(geometry) = self.current() else { return };
        let middle = || {
            let at = self.look.cursor.get_untracked().unwrap_or(geometry.to);
            geometry.left
                + (at - geometry.from) / (geometry.to - geometry.from) * (geometry.right - geometry.left)
        };
        let shifted = event.shift_key();
        match event.key().as_str() {
            "ArrowLeft" if shifted => self.show_stretch(geometry.moved(-0.25)),
            "ArrowRight" if shifted => self.show_stretch(geometry.moved(0.25)),
            "ArrowLeft" | "ArrowDown" => self.step(-1),
            "ArrowRight" | "ArrowUp" => self.step(1),
            "PageDown" => self.step(-10),
            "PageUp" => self.step(10),
            "Home" => self.step(i64::MIN),
            "End" => self.step(i64::MAX),
            "+" | "=" => self.show_stretch(geometry.scaled(middle(), 0.5)),
            "-" | "_" => self.show_stretch(geometry.scaled(middle(), 2.0)),
            "0" => drop(self.look.reset()),
            // Where there is nothing to go back from, the key is somebody else's.
            "Escape" => {
                if !self.look.reset() {
                    return;
                }
                event.stop_propagation();
            }
            _ => return,
        }
        event.prevent_default();
    }

    fn show_stretch(self, (from, to): (f64, f64)) {
        self.show(from, to);
    }

    /// Moves the cursor by so many buckets, as far as there are any.
    fn step(self, buckets: i64) {
        self.pointer.set_value(None);
        self.is_pointed.set(true);
        let time = self.plot.with_untracked(|plot| {
            let last = i64::from(plot.window.buckets).max(1) - 1;
            let known = self.look.cursor.get_untracked().and_then(|time| plot.window.bucket_at(time));
            let bucket = match known.and_then(|bucket| i64::try_from(bucket).ok()) {
                Some(bucket) => bucket.saturating_add(buckets).clamp(0, last),
                None if buckets == i64::MIN => 0,
                None => last,
            };
            let (from, to) = (plot.shown.0 as f64, plot.shown.1 as f64);
            plot.window.middle(usize::try_from(bucket).unwrap_or(0)).clamp(from, to)
        });
        self.look.cursor.set(Some(time));
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
