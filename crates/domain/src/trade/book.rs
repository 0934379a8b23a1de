//! One writer's fills: what each order filled so far, and the position in each symbol by average cost.
//!
//! Weighted average cost: a fill in the position's direction moves its average price, one against it realises
//! `closed quantity × (price − average price) × direction`, and one through zero opens at its own price. Fees stand
//! apart. Records give what an order has filled so far, so a repeated, late or smaller one changes nothing.
//! Invariants: [`Book::ORDER_LIMIT`] orders are remembered; the figures of a symbol follow the order of arrival.

use crate::{
    detail::Fill,
    event::Side,
    latest::{Latest, update},
    parts::parts,
    recent::Recent,
    time::Ts,
};

use super::{
    Trade,
    sided::Sided,
    window::{Sum, Window},
};

/// What fills add up to, in quote currency unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Flow {
    /// Orders that began to fill.
    pub(super) orders: u64,
    /// Orders that logged a fee.
    pub(super) fee_orders: u64,
    pub(super) notional: f64,
    pub(super) realised: f64,
    pub(super) fees: f64,
    /// What was paid above, or received below, the orders' own prices.
    pub(super) slipped: f64,
    /// The notional at the orders' own prices, of what `slipped` covers.
    pub(super) slip_base: f64,
}

parts!(Flow { orders, fee_orders, notional, realised, fees, slipped, slip_base });

impl Sum for Flow {
    fn add(&mut self, other: Flow) {
        self.orders += other.orders;
        self.fee_orders += other.fee_orders;
        self.notional += other.notional;
        self.realised += other.realised;
        self.fees += other.fees;
        self.slipped += other.slipped;
        self.slip_base += other.slip_base;
    }
}

/// A position by average cost: signed quantity, and average price in quote currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Holding {
    pub(super) quantity: f64,
    pub(super) average: f64,
}

parts!(Holding { quantity, average });

impl Holding {
    /// Takes a fill of the signed `quantity` at `price` in and returns what it realises.
    pub(super) fn fill(&mut self, quantity: f64, price: f64) -> f64 {
        let after = self.quantity + quantity;
        if self.quantity * quantity >= 0.0 {
            self.average = (self.average * self.quantity + price * quantity) / after;
            self.quantity = after;
            return 0.0;
        }
        let closed = quantity.abs().min(self.quantity.abs());
        let realised = closed * (price - self.average) * self.quantity.signum();
        // What is left of equal decimal quantities after a subtraction of doubles is no position.
        if after.abs() <= 1e-9 * quantity.abs() {
            *self = Holding::default();
            return realised;
        }
        if after * self.quantity < 0.0 {
            self.average = price;
        }
        self.quantity = after;
        realised
    }
}

/// One symbol's fills.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) holding: Holding,
    pub(super) session: Sided<Flow>,
    pub(super) window: Window<Sided<Flow>>,
    pub(super) last_price: Option<Latest<f64>>,
}

parts!(Account { holding, session, window, last_price });

/// What is known of an order.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    quantity: f64,
    notional: f64,
    fee: f64,
}

parts!(Known { quantity, notional, fee });

/// One writer's fills.
#[derive(Clone, Debug)]
pub(super) struct Book {
    orders: Recent<Known>,
    accounts: Vec<Account>,
    filled: u64,
}

parts!(Book { orders: within(Book::ORDER_LIMIT), accounts: within(Trade::SYMBOL_LIMIT), filled });

/// A fill whose record says everything that is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complete {
    pub(super) symbol: usize,
    pub(super) side: Side,
    pub(super) quantity: f64,
    pub(super) price: f64,
    pub(super) fill: Fill,
}

impl Default for Book {
    fn default() -> Self {
        Self { orders: Recent::new(Self::ORDER_LIMIT), accounts: Vec::new(), filled: 0 }
    }
}

impl Book {
    /// How many orders are remembered; a repeated record of an older one counts again.
    pub(super) const ORDER_LIMIT: usize = 65_536;

    /// Takes a record in; without an order id it stands for itself. Returns true where it is news.
    pub(super) fn apply(&mut self, order: Option<u128>, record: Complete, end: i64, at: Ts) -> bool {
        let known = order.map(|key| *self.orders.entry(key, Known::default)).unwrap_or_default();
        let (flow, after) = flow_of(known, &record);
        if flow.notional <= 0.0 && flow.fees <= 0.0 {
            return false;
        }
        if let Some(key) = order {
            *self.orders.entry(key, Known::default) = after;
        }
        self.filled += flow.orders;
        if self.accounts.len() <= record.symbol {
            self.accounts.resize_with(record.symbol + 1, Account::default);
        }
        if let Some(account) = self.accounts.get_mut(record.symbol) {
            account.book(flow, after.quantity - known.quantity, record, end, at);
        }
        true
    }

    /// Orders that began to fill.
    pub(super) fn filled(&self) -> u64 {
        self.filled
    }

    pub(super) fn account(&self, symbol: usize) -> Option<&Account> {
        self.accounts.get(symbol).filter(|account| account.session.of(None) != Flow::default())
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.orders.forgotten()
    }
}

impl Account {
    /// Whether any order logged a fee.
    pub(super) fn has_fees(&self) -> bool {
        let session = self.session.of(None);
        session.fee_orders > 0 || session.fees.abs() > 0.0
    }

    fn book(&mut self, mut flow: Flow, quantity: f64, record: Complete, end: i64, at: Ts) {
        if quantity > 0.0 {
            let price = flow.notional / quantity;
            flow.realised = self.holding.fill(quantity * sign(record.side), price);
            update(&mut self.last_price, price, at);
        }
        let flow = Sided::one(Some(record.side).into(), flow);
        self.session.add(flow);
        self.window.record(end, at.second(), flow);
    }
}

/// What a record adds to what is known of its order, and what is known after it.
fn flow_of(known: Known, record: &Complete) -> (Flow, Known) {
    let mut flow = Flow::default();
    let mut after = known;
    let quantity = record.quantity - known.quantity;
    if quantity > 1e-9 * record.quantity {
        let notional = record.quantity * record.price - known.notional;
        // An average that contradicts the parts before it gives a part without a price: take the average.
        flow.notional = if notional > 0.0 { notional } else { quantity * record.price };
        flow.orders = u64::from(known.quantity <= 0.0);
        after.quantity = record.quantity;
        after.notional = known.notional + flow.notional;
        let positive = |price: &f64| price.is_finite() && *price > 0.0;
        let (average, own) = (record.fill.average.filter(positive), record.fill.price.filter(positive));
        if let (Some(_), Some(own)) = (average, own) {
            flow.slip_base = quantity * own;
            flow.slipped = (flow.notional - flow.slip_base) * sign(record.side);
        }
    }
    // No fee, or one that is logged as zero, takes back nothing that was logged before.
    let told = |fee: &f64| fee.is_finite() && fee.abs() > 0.0 && (fee - known.fee).abs() > 0.0;
    if let Some(fee) = record.fill.fee.filter(told) {
        flow.fees = fee - known.fee;
        flow.fee_orders = u64::from(known.fee.abs() <= 0.0);
        after.fee = fee;
    }
    (flow, after)
}

fn sign(side: Side) -> f64 {
    match side {
        Side::Buy => 1.0,
        Side::Sell => -1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills of signed quantity and price; the position, its average price and what was realised.
    fn check(fills: &[(f64, f64)], quantity: f64, average: f64, realised: f64) {
        let mut holding = Holding::default();
        let gained: f64 = fills.iter().map(|(quantity, price)| holding.fill(*quantity, *price)).sum();
        for (actual, expected) in
            [(holding.quantity, quantity), (holding.average, average), (gained, realised)]
        {
            assert!((actual - expected).abs() < 1e-9, "{fills:?}: {actual} is not {expected}");
        }
    }

    #[test]
    fn fills_in_one_direction_average_their_price() {
        check(&[(2.0, 10.0), (2.0, 20.0)], 4.0, 15.0, 0.0);
        check(&[(-1.0, 10.0), (-3.0, 20.0)], -4.0, 17.5, 0.0);
    }

    #[test]
    fn a_fill_against_the_position_realises() {
        check(&[(2.0, 10.0), (-1.0, 13.0)], 1.0, 10.0, 3.0);
        check(&[(-2.0, 10.0), (1.0, 13.0)], -1.0, 10.0, -3.0);
        check(&[(0.1, 10.0), (0.2, 10.0), (-0.3, 11.0)], 0.0, 0.0, 0.3);
    }

    #[test]
    fn a_fill_through_zero_opens_at_its_own_price() {
        check(&[(2.0, 10.0), (-5.0, 12.0)], -3.0, 12.0, 4.0);
    }

    fn record(quantity: f64, average: f64, fee: Option<f64>) -> Complete {
        let fill = Fill { quantity: Some(quantity), average: Some(average), price: Some(10.0), fee };
        Complete { symbol: 0, side: Side::Buy, quantity, price: average, fill }
    }

    #[test]
    fn records_of_one_order_add_up_to_its_last() {
        let mut book = Book::default();
        let records = [
            record(1.0, 10.0, None),
            record(4.0, 10.5, Some(0.2)),
            record(4.0, 10.5, Some(0.2)),
            record(2.0, 10.0, None),
        ];
        let news: Vec<bool> =
            records.into_iter().map(|record| book.apply(Some(7), record, 0, Ts(0))).collect();
        assert_eq!(news, [true, true, false, false]);
        let account = book.account(0).unwrap();
        assert_eq!(account.holding, Holding { quantity: 4.0, average: 10.5 });
        let flow = account.session.of(None);
        assert_eq!((flow.orders, flow.fee_orders, flow.notional, flow.fees), (1, 1, 42.0, 0.2));
        assert_eq!((flow.slipped, flow.slip_base), (2.0, 40.0));
        assert_eq!(account.last_price.map(|price| price.value), Some(32.0 / 3.0));
    }

    #[test]
    fn records_without_an_id_stand_for_themselves() {
        let mut book = Book::default();
        for _ in 0..2 {
            assert!(book.apply(None, record(1.0, 10.0, None), 0, Ts(0)));
        }
        assert_eq!((book.filled(), book.account(0).unwrap().holding.quantity), (2, 2.0));
    }
}
