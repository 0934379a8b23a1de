//! Follows a session's files and hands on their lines with the positions that they settle.
//!
//! Invariants: [`Follow::poll`] looks once and never waits, so a test can drive it; the thread around it
//! only adds the pause. What is decided about files is in `policy`, how it is done in `follow`, `scan` and
//! `parts`. Who calls it publishes what it hands out before calling again, so nothing is dropped.

mod batch;
mod cursor;
mod disk;
mod follow;
mod notice;
mod parts;
mod policy;
mod position;
mod probe;
mod reader;
mod scan;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod wake;

pub(crate) use batch::{Batch, Change, FaultKind};
pub(crate) use follow::Follow;
pub(crate) use position::Position;
#[cfg(test)]
pub(crate) use position::a_position;
pub(crate) use wake::{Bell, FileEvents, Hint, Stop};
