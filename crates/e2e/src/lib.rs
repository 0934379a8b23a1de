//! End-to-end harness: a real feed on a session directory, real nginx with the shipped configuration in front of it,
//! and the built page in a real browser.
//!
//! `cargo xtask test` builds and installs what this needs. Invariants: every process started here ends with the value
//! that stands for it; every wait is for a condition and has a deadline; a wait that fails shows what the page, the
//! feed and nginx had to say.

mod accepting;
pub mod axe;
pub mod browser;
pub mod command;
pub mod console;
pub mod feed;
pub mod http;
pub mod keyboard;
pub mod layout;
pub mod memory;
pub mod nginx;
pub mod picture;
pub mod places;
pub mod process;
pub mod scene;
pub mod session;
pub mod stack;
pub mod still;
pub mod streams;
pub mod token;
pub mod totals;
