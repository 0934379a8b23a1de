//! Owns the parts that the page is put together from: one component per file, props in, callbacks out.
//!
//! Invariants: no component reads the store, a context or a clock; every value arrives as a signal that somebody else
//! derives, and every wish of the reader leaves through a callback or as a choice of the page. A figure that does not
//! exist is drawn as such, and one that is not live carries the word for it.

#![expect(
    unreachable_pub,
    reason = "the component macro makes its functions `pub` whatever stands before them"
)]

pub(crate) mod chart_frame;
pub(crate) mod course;
pub(crate) mod feed_health;
pub(crate) mod figure;
pub(crate) mod footer;
pub(crate) mod header;
pub(crate) mod icon;
pub(crate) mod latency_table;
pub(crate) mod link_banner;
pub(crate) mod link_chip;
pub(crate) mod markdown;
pub(crate) mod metric_tile;
pub(crate) mod notice;
pub(crate) mod outcome_tile;
pub(crate) mod panel;
pub(crate) mod rate_bar;
pub(crate) mod reason_list;
pub(crate) mod rows;
pub(crate) mod segmented;
pub(crate) mod settings_dialog;
pub(crate) mod spark;
pub(crate) mod theme;
pub(crate) mod tone;
pub(crate) mod verdict;

#[cfg(test)]
mod tests;
