//! Owns the turns that servers take in each round.
//!
//! Invariant: one server's failure does not end the measurement of the others, and it is not hidden: it stands below
//! the table, and the program fails in the end.

use anyhow::{Result, bail};

use crate::server::Kind;

/// What all turns gave.
pub(crate) struct Turns<T> {
    measured: Vec<(Kind, T)>,
    failed: Vec<String>,
}

impl<T> Turns<T> {
    /// Measures each of `servers` once a round, one after the other.
    pub(crate) async fn take(
        what: &str,
        servers: &[Kind],
        rounds: u32,
        measure: impl AsyncFn(Kind) -> Result<T>,
    ) -> Self {
        let (mut measured, mut failed) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            for kind in servers.iter().copied() {
                eprintln!("{what}, round {round} of {rounds}: {kind}");
                match measure(kind).await {
                    Ok(found) => measured.push((kind, found)),
                    Err(error) => failed.push(format!("{kind}, round {round}: {error:#}")),
                }
            }
        }
        Self { measured, failed }
    }

    /// What was measured of one server.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &T> {
        self.measured.iter().filter(move |(measured, _)| *measured == kind).map(|(_, found)| found)
    }

    /// Ends the table, with what failed below it.
    ///
    /// # Errors
    /// When anything failed.
    pub(crate) fn finish(&self) -> Result<()> {
        println!();
        for failure in &self.failed {
            println!("- **failed**: {failure}");
        }
        match self.failed.len() {
            0 => Ok(()),
            count => {
                bail!("{count} measurements failed and are not in the medians: {}", self.failed.join("; "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_neither_stops_the_others_nor_passes() {
        let measure = async |kind: Kind| if kind == Kind::Nchan { bail!("no") } else { Ok(1) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let turns = runtime.block_on(Turns::take("test", &Kind::ALL, 2, measure));
        assert_eq!(Kind::ALL.map(|kind| turns.of(kind).count()), [2, 0, 2]);
        assert!(turns.finish().is_err());
        let fine = runtime.block_on(Turns::take("test", &[Kind::Feed], 2, measure));
        assert!(fine.finish().is_ok());
    }
}
