//! What is measured: the reduction of a stream, as the page does it, the lines that it is measured on, and charts.
//!
//! Natively this is a library for `benches/` and for the programs `browser` and `fuzz`; for wasm32 it is the module
//! that `page/` loads.

#[cfg(target_arch = "wasm32")]
pub mod charts;
#[cfg(not(target_arch = "wasm32"))]
pub mod lines;
#[cfg(target_arch = "wasm32")]
mod page;
pub mod reduction;
#[cfg(target_arch = "wasm32")]
pub mod stages;
