//! Figures by symbol and side, of charts and of stored minutes, against those of the whole session and against
//! counting every sample: on random streams with late, early, duplicated and unnamed records and jumps in time.

#[cfg(test)]
mod filters;
#[cfg(test)]
mod minutes;
#[cfg(test)]
mod quantiles;
#[cfg(test)]
mod stream;
