//! What a chart says: its legend, the tip beside the pointer, and its words for readers who cannot see it.

use leptos::prelude::*;

use super::{
    chart::{Parts, Place, clock},
    look::Marker,
    markers::crowds,
    plot::{Plot, Series},
};
use crate::{components::chart_frame::LegendEntry, store::derive};

/// Moments of a bucket that are told; more are counted.
const MOMENTS_TOLD: usize = 6;

impl Parts {
    pub(super) fn legend(self, place: Memo<Option<Place>>) -> Signal<Vec<LegendEntry>> {
        derive(move || {
            let at = place.get().map(|place| place.bucket);
            self.hidden.with(|hidden| {
                self.plot.with(|plot| {
                    let entry = |series: &Series| LegendEntry {
                        name: series.name.clone(),
                        slot: series.slot,
                        value: plot.said(series, at),
                        shown: !hidden.iter().any(|name| *name == series.name),
                    };
                    plot.series.iter().map(entry).collect()
                })
            })
        })
    }

    /// What the picture says, in a sentence or two.
    pub(super) fn summary(self) -> Signal<String> {
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

    pub(super) fn clock(self, plot: &Plot, bucket: usize) -> String {
        let start = plot.window.start + i64::try_from(bucket).unwrap_or(0) * i64::from(plot.window.step);
        clock(start, self.look.utc_offset_min.get())
    }

    /// Moments in a bucket with those that share a sign with them, in words.
    pub(super) fn moments(self, plot: &Plot, bucket: usize) -> Vec<String> {
        let Some(geometry) = self.geometry() else { return Vec::new() };
        let half = f64::from(plot.window.step) / 2.0;
        let (from, to) = (plot.window.middle(bucket) - half, plot.window.middle(bucket) + half);
        self.look.markers.with(|markers| {
            let here = crowds(markers, geometry).filter(|crowd| crowd.from < to && crowd.to >= from);
            let all: Vec<&Marker> = here.flat_map(|crowd| crowd.markers).collect();
            let told = all.iter().take(MOMENTS_TOLD);
            let mut words: Vec<String> =
                told.map(|marker| format!("{}: {}", marker.kind.name(), marker.text)).collect();
            if all.len() > words.len() {
                words.push(format!("and {} more", all.len() - words.len()));
            }
            words
        })
    }

    /// Where signs stand for several moments, in CSS pixels, and for how many.
    pub(super) fn counts(self) -> Signal<Vec<(f64, usize)>> {
        derive(move || {
            // Where things are follows from what was painted last.
            self.plot.track();
            let Some(geometry) = self.geometry() else { return Vec::new() };
            self.look.markers.with(|markers| {
                let several = crowds(markers, geometry).filter(|crowd| crowd.markers.len() > 1);
                several.filter_map(|crowd| Some((geometry.x(crowd.from)?, crowd.markers.len()))).collect()
            })
        })
    }

    /// What stands beside the pointer.
    pub(super) fn tip(self, Place { bucket, x, leftwards }: Place) -> impl IntoView {
        let shift = if leftwards { "translateX(calc(-100% - 12px))" } else { "translateX(12px)" };
        let (time, rows, moments) = self.plot.with(|plot| {
            let rows = plot
                .series
                .iter()
                .rev()
                .map(|series| {
                    let value = plot.said(series, Some(bucket));
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

    pub(super) fn value_now(self, place: Memo<Option<Place>>) -> i64 {
        let bucket = place.get().map(|place| place.bucket);
        self.plot.with(|plot| match bucket {
            Some(bucket) => {
                plot.window.start + i64::try_from(bucket).unwrap_or(0) * i64::from(plot.window.step)
            }
            None => plot.shown.1,
        })
    }

    /// What a screen reader says of the cursor's place.
    pub(super) fn value_text(self, place: Memo<Option<Place>>) -> String {
        let Some(Place { bucket, .. }) = place.get() else { return "latest".to_owned() };
        self.plot.with(|plot| {
            let values = plot
                .series
                .iter()
                .map(|series| format!("{} {}", series.name, plot.said(series, Some(bucket))));
            let all: Vec<String> = std::iter::once(self.clock(plot, bucket))
                .chain(values)
                .chain(self.moments(plot, bucket))
                .collect();
            all.join(", ")
        })
    }
}
