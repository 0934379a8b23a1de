//! Whether writers agree on what became of orders.
//!
//! Writers that counted an outcome are compared. Shapes of one log tell different parts of an order's life, but a log as a
//! whole is to tell all of it: where no shape of it counted the outcome, those of its writers are compared too, as zero,
//! that count orders as submitted and tell no end of them, more of them than a tenth of the largest count. A log that
//! ends all of its orders in another way contradicts nobody. Denials are no end of an order that was submitted, so
//! a log without any is never compared for them.

use super::{Orders, WriterCount};
use crate::{event::Writer, figure::Figure, outcome::Outcome};

impl Orders {
    /// What each writer that is compared counted of `outcome` in the session. One that counted nothing stands here only
    /// where its log has no count, and it leaves open more orders than a tenth of the largest count.
    pub fn by_writer(&self, outcome: Outcome) -> Vec<WriterCount> {
        let each =
            || Writer::all().map(|writer| WriterCount { writer, count: self.counted(writer, outcome) });
        let most = each().map(|by| by.count).max().unwrap_or(0);
        let silent = |writer: Writer| {
            most > 0 && each().all(|by| by.writer.order_logs != writer.order_logs || by.count == 0)
        };
        let leaves_out =
            |writer| outcome != Outcome::Denied && silent(writer) && is_much(self.left_open(writer), most);
        each().filter(|by| by.count > 0 || leaves_out(by.writer)).collect()
    }

    /// Whether writers' counts of `outcome` differ by more than a tenth of the largest.
    pub fn writers_differ(&self, outcome: Outcome) -> bool {
        let counts = self.by_writer(outcome);
        let most = counts.iter().map(|by| by.count).max().unwrap_or(0);
        let least = counts.iter().map(|by| by.count).min().unwrap_or(0);
        is_much(most - least, most)
    }

    fn counted(&self, writer: Writer, outcome: Outcome) -> u64 {
        let of = |implied| self.counts.total(Figure::order(writer, outcome, implied).index());
        of(false).max(of(true))
    }

    /// Orders that the writer counts as submitted and not as ended. What failed may be counted as rejected or expired
    /// too.
    fn left_open(&self, writer: Writer) -> u64 {
        let of = |outcome| self.counted(writer, outcome);
        let refused = (of(Outcome::Rejected) + of(Outcome::Expired)).max(of(Outcome::Failed));
        of(Outcome::Submitted).saturating_sub(of(Outcome::Filled) + of(Outcome::Canceled) + refused)
    }
}

/// Whether `difference` is more than a tenth of `most`.
fn is_much(difference: u64, most: u64) -> bool {
    difference.saturating_mul(10) > most
}
