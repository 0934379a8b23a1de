//! A chart's data as a table: for readers who cannot see the picture, and for those who want the figures.
//!
//! Invariant: it stands still; it tells what the chart showed when it was opened.

use leptos::prelude::*;

use super::{Plot, chart::clock, look::Look};

/// Figures of `plot`, newest first, and the moments within it.
pub(super) fn data_table(title: &str, plot: &Plot, look: Look) -> impl IntoView + use<> {
    let offset = look.utc_offset_min.get_untracked();
    let heads =
        plot.series.iter().map(|series| view! { <th scope="col">{series.name.clone()}</th> }).collect_view();
    let (from, to) = plot.shown;
    let starts: Vec<i64> = plot.window.starts().collect();
    let rows = starts
        .iter()
        .enumerate()
        .rev()
        .map(|(bucket, start)| {
            let cells = plot
                .series
                .iter()
                .map(|series| view! { <td class="num">{plot.text(series.values.get(bucket).copied())}</td> })
                .collect_view();
            view! { <tr><th scope="row">{clock(*start, offset)}</th>{cells}</tr> }
        })
        .collect_view();
    let inside = |at: f64| at >= from as f64 && at <= to as f64;
    let moments = look.markers.with_untracked(|markers| {
        let markers = markers.iter().filter(|marker| inside(marker.at));
        markers
            .map(|marker| {
                #[expect(clippy::cast_possible_truncation, reason = "Unix seconds")]
                let time = clock(marker.at as i64, offset);
                view! { <li>{format!("{time} {}: {}", marker.kind.name(), marker.text)}</li> }
            })
            .collect_view()
    });
    view! {
        <div class="chart-table scroll" tabindex="0" role="region" aria-label=format!("Data of the chart {title}")>
            <table>
                <caption>
                    {format!("{title}, {} to {}, {} s each", clock(from, offset), clock(to, offset), plot.window.step)}
                </caption>
                <thead><tr><th scope="col">"Time"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <ul class="chart-moments">{moments}</ul>
        </div>
    }
}
