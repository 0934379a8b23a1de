//! The dashboard: the only place with Leptos and the DOM.
//!
//! Data flows one way: a [`transport`] hands over bytes, the [`store`] keeps them until the next animation frame
//! and then reduces all of them into the state within a time budget, and one trigger per changed slice tells
//! the views. Views read the store and send it commands; components below them see values only.
//! Invariant: every browser resource (closure, timer, reader, listener) is a value whose `Drop` releases it.
#![cfg(target_arch = "wasm32")]

mod address;
mod alerts;
mod app;
mod browser;
mod charts;
mod commands;
mod components;
pub mod config;
mod focus;
mod golive;
pub mod lines;
mod page;
mod preferences;
mod reach;
mod recording;
mod runbook;
pub mod store;

pub mod transport;
mod views;

pub use app::start;

#[cfg(test)]
#[path = "../tests/support/held.rs"]
mod held;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;
#[cfg(test)]
mod tests;
