//! The reducer against an oracle that keeps every event, sorts and counts, on random streams.
//!
//! `PROPTEST_CASES` sets how many streams each property tries (256 where it is not set), `PROPTEST_RNG_SEED` the
//! 64-bit number that they follow from. Without it the number is drawn anew, and a failure names it, so that
//! it can be had again. Nothing is written to disk.

#[cfg(test)]
mod figures;
#[cfg(test)]
mod model;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod runner;
#[cfg(test)]
mod snapshot;
#[cfg(test)]
mod stream;
