//! Recorded sessions without a server: files that the reader hands over, read in the order of their events, and played.
//!
//! Data flows one way: [`given`] takes files, folders and archives from the browser, [`session`] finds the sessions
//! among them and makes each part a `Blob` of plain lines, and [`player`] reads those in slices
//! through [`aurora_wire::recording`] into the state behind a [`crate::store::Handle`].
//! Invariants: nothing leaves this machine; lines stay in the browser's files and blobs, of which a few megabytes at a time
//! are in the page's memory; no slice of work holds the page longer than [`player::SLICE_MS`], snapshots of the state
//! apart; what is not read is named with the reason.

pub(crate) mod course;
pub(crate) mod feed;
pub(crate) mod given;
pub(crate) mod library;
mod pieces;
pub(crate) mod player;
pub(crate) mod session;
mod turn;
mod unpack;

#[cfg(test)]
mod tests;
