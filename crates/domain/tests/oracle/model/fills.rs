//! Fills: every writer's records as parts of their orders, and what is held after them by its cost.

use std::collections::{BTreeSet, HashMap};

use aurora_domain::{
    Code, Side, Source,
    detail::{Detail, Fill},
    event::OrderStatus,
};

use super::{Oracle, Seen};

/// What one record adds to its order.
pub(super) struct Part<'a> {
    pub(super) seen: &'a Seen,
    pub(super) quantity: f64,
    pub(super) notional: f64,
    pub(super) fee: f64,
    pub(super) begins: bool,
    pub(super) first_fee: bool,
    /// The notional at the order's own price, where the record says what was paid and what was asked.
    pub(super) asked: Option<f64>,
}

/// What is known of an order so far.
#[derive(Clone, Copy, Default)]
struct Order {
    quantity: f64,
    notional: f64,
    fee: f64,
}

pub(super) fn positive(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite() && *number > 0.0)
}

pub(super) fn fill_of(seen: &Seen) -> Option<Fill> {
    match seen.event.detail {
        Detail::Fill(fill) => Some(fill),
        _ => None,
    }
}

pub(super) fn sign(seen: &Seen) -> f64 {
    if seen.event.side == Some(Side::Sell) { -1.0 } else { 1.0 }
}

pub(super) fn says_filled(seen: &Seen) -> bool {
    seen.event.immediate_fill
        || matches!(seen.event.code, Code::Fill | Code::Partial)
        || matches!(seen.event.status, Some(OrderStatus::Filled | OrderStatus::PartiallyFilled))
}

/// Who wrote of a fill: order events of each shape, `POSTTRADE.LOG` of each shape, `orders.jsonl`; the later speaks.
pub(super) fn book_of(seen: &Seen) -> (u8, u8) {
    let shape = seen.event.shape as u8;
    match (seen.event.source, seen.event.code) {
        (Source::Trades, _) => (2, 0),
        (_, Code::PosttradeLog) => (1, shape),
        _ => (0, shape),
    }
}

/// A record with everything that a fill needs: quantity and price.
pub(super) fn complete(seen: &Seen) -> Option<(f64, f64, Fill)> {
    let fill = fill_of(seen)?;
    let quantity = positive(fill.quantity)?;
    let price = positive(fill.average).or(positive(fill.price))?;
    (seen.event.symbol.is_some() && seen.event.side.is_some()).then_some((quantity, price, fill))
}

impl Oracle {
    /// The parts of the book that has most orders which began to fill.
    pub(super) fn parts(&self) -> Vec<Part<'_>> {
        let books: BTreeSet<(u8, u8)> =
            self.seen.iter().filter(|seen| complete(seen).is_some()).map(book_of).collect();
        let parts = books.into_iter().map(|book| self.parts_of(book));
        parts.max_by_key(|parts| parts.iter().filter(|part| part.begins).count()).unwrap_or_default()
    }

    fn parts_of(&self, book: (u8, u8)) -> Vec<Part<'_>> {
        let mut orders: HashMap<_, Order> = HashMap::new();
        let mut parts = Vec::new();
        for seen in self.seen.iter().filter(|seen| book_of(seen) == book) {
            let Some((quantity, price, fill)) = complete(seen) else { continue };
            let known = seen.order().and_then(|id| orders.get(&id)).copied().unwrap_or_default();
            let mut after = known;
            let more = (quantity - known.quantity).max(0.0);
            let mut notional = 0.0;
            if more > 0.0 {
                notional = quantity * price - known.notional;
                if notional <= 0.0 {
                    notional = more * price;
                }
                after = Order { quantity, notional: known.notional + notional, ..known };
            }
            let told = fill.fee.filter(|fee| fee.is_finite() && *fee != 0.0);
            let fee = told.map_or(0.0, |fee| fee - known.fee);
            if more == 0.0 && fee <= 0.0 {
                continue;
            }
            after.fee = known.fee + fee;
            let asked = positive(fill.average).and(positive(fill.price)).filter(|_| more > 0.0);
            parts.push(Part {
                seen,
                quantity: more,
                notional,
                fee,
                begins: more > 0.0 && known.quantity == 0.0,
                first_fee: fee != 0.0 && known.fee == 0.0,
                asked: asked.map(|own| more * own),
            });
            if let Some(id) = seen.order() {
                orders.insert(id, after);
            }
        }
        parts
    }
}

/// A signed quantity and what it cost.
#[derive(Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) quantity: f64,
    pub(super) cost: f64,
}

/// What is held after all parts, and what each of them realised: what goes against the position takes its share of the
/// cost with it, and what goes through zero opens at its own price.
pub(super) fn holding(parts: &[&Part<'_>]) -> (Held, Vec<f64>) {
    let mut held = Held::default();
    let gains = parts.iter().map(|part| {
        if part.quantity == 0.0 {
            return 0.0;
        }
        let (quantity, price) = (part.quantity * sign(part.seen), part.notional / part.quantity);
        if held.quantity * quantity >= 0.0 {
            held = Held { quantity: held.quantity + quantity, cost: held.cost + quantity * price };
            return 0.0;
        }
        let closed = -quantity.signum() * quantity.abs().min(held.quantity.abs());
        let share = held.cost * closed / held.quantity;
        let rest = quantity + closed;
        held = if rest == 0.0 {
            Held { quantity: held.quantity - closed, cost: held.cost - share }
        } else {
            Held { quantity: rest, cost: rest * price }
        };
        if held.quantity == 0.0 {
            held.cost = 0.0;
        }
        closed * price - share
    });
    let gains = gains.collect();
    (held, gains)
}
