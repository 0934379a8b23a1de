//! The feed as its clients see it: real files, real sockets, and the program itself.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, helpers too"
)]

mod access;
mod alerts;
mod crash;
mod curl;
mod figures;
mod http;
mod program;
mod sessions;
mod snapshot;
mod stream;
mod support;
mod troubles;
