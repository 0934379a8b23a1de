//! Owns what a person sees while a command works: numbered steps with the time each took.

use std::time::Instant;

use anyhow::{Result, bail};

/// A command's steps, counted as they begin.
#[derive(Debug)]
pub(crate) struct Steps {
    total: usize,
    begun: usize,
    started: Instant,
    failed: Vec<String>,
}

impl Steps {
    /// Prepares for `total` steps.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, begun: 0, started: Instant::now(), failed: Vec::new() }
    }

    /// Does one step and gives back what it made; its failure ends the command.
    pub(crate) fn must<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = self.begin(title);
        let made = work()?;
        println!("      done in {}", seconds(begun));
        Ok(made)
    }

    /// Does one step; its failure is reported and kept for [`Steps::finish`], and the next step still runs.
    pub(crate) fn attempt(&mut self, title: &str, work: impl FnOnce() -> Result<()>) {
        let begun = self.begin(title);
        match work() {
            Ok(()) => println!("      ok in {}", seconds(begun)),
            Err(error) => {
                eprintln!("      FAILED after {}: {error:#}", seconds(begun));
                self.failed.push(title.to_owned());
            }
        }
    }

    /// Prints the summary, and fails when a step did.
    pub(crate) fn finish(self) -> Result<()> {
        let ran = self.begun;
        let took = seconds(self.started);
        if self.failed.is_empty() {
            println!("\nAll {ran} steps passed in {took}.");
            return Ok(());
        }
        bail!("{} of {ran} steps failed in {took}:\n  - {}", self.failed.len(), self.failed.join("\n  - "))
    }

    fn begin(&mut self, title: &str) -> Instant {
        self.begun += 1;
        println!("[{}/{}] {title}", self.begun, self.total);
        Instant::now()
    }
}

fn seconds(since: Instant) -> String {
    format!("{:.1} s", since.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_at_the_end_and_later_steps_still_run() {
        let mut steps = Steps::new(2);
        let mut ran = false;
        steps.attempt("first", || bail!("broken"));
        steps.attempt("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        let said = steps.finish().unwrap_err().to_string();
        assert!(said.starts_with("1 of 2 steps failed") && said.ends_with("- first"), "{said}");
    }
}
