//! Recorded sessions without a server: files that the reader hands over, read in the order of their events, and played.
//!
//! Data flows one way: [`given`] takes files, folders and archives from the browser, [`session`] finds the sessions
//! among them and makes each part a `Blob` of plain lines, and [`player`] has [`reading`] read those in slices
//! through [`aurora_wire::recording`] into the state behind a [`crate::store::Handle`]; [`engine`] knows the way there and back.
//! Invariants: nothing leaves this machine; lines stay in the browser's files and blobs, of which a few megabytes at a time
//! are in the page's memory; no slice of work holds the page much longer than [`slices::READING_MS`]; what is not read is named with the reason.

mod ahead;
pub(crate) mod course;
mod engine;
pub(crate) mod feed;
pub(crate) mod given;
mod gzip;
pub(crate) mod judging;
pub(crate) mod kept;
pub(crate) mod library;
mod pieces;
pub(crate) mod player;
mod reading;
pub(crate) mod session;
mod slices;
mod turn;
mod unpack;

#[cfg(test)]
mod tests;
