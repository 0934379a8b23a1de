//! Money by symbol, from the fills of the log with most filled orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::rows::{Row, Rows};

/// Order events of each shape, `POSTTRADE.LOG` of each shape, `orders.jsonl`; of equals the later one speaks.
fn book(row: &Row) -> Option<(u8, usize)> {
    let shape = "CFWL".find(row.shape)?;
    let at_once = row.text("fill_type") == Some("immediate");
    match (row.log, row.text_code()) {
        ("orders", _) => Some((2, 0)),
        ("aurora_events", "POSTTRADE.LOG") => Some((1, shape)),
        ("aurora_events", "ORDER.ACK") if at_once => Some((0, shape)),
        ("aurora_events", "ORDER.PARTIAL" | "ORDER.FILL" | "ORDER.STATUS" | "ORDER.STATUS(SIM)") => {
            Some((0, shape))
        }
        _ => None,
    }
}

/// What the order has filled so far: a fill without more words is of the whole order.
fn filled(row: &Row) -> Option<f64> {
    let own = row.number("filled").or(row.number("fill_qty"));
    own.or_else(|| row.number("qty").filter(|_| row.is(&["ORDER.FILL", "ORDER.ACK"])))
}

fn average(row: &Row) -> Option<f64> {
    row.number("average").or(row.number("avg_price")).filter(|price| *price > 0.0)
}

fn price(row: &Row) -> Option<f64> {
    average(row).or(row.number("price").filter(|price| *price > 0.0))
}

fn is_complete(row: &Row) -> bool {
    filled(row).is_some_and(|filled| filled > 0.0)
        && price(row).is_some()
        && row.symbol().is_some()
        && row.sign().is_some()
}

/// Whether a row tells of a fill, with a quantity or without.
fn says_filled(row: &Row) -> bool {
    let status = row.text("status").or(row.text("lifecycle_state")).unwrap_or_default().to_ascii_lowercase();
    row.is(&["ORDER.FILL", "ORDER.PARTIAL", "ORDER.ACK"])
        || ["filled", "partial", "partially_filled"].contains(&status.as_str())
}

#[derive(Default)]
struct Money {
    position: f64,
    cost: f64,
    realised: f64,
    fees: f64,
    orders: usize,
    fee_orders: usize,
    notional: f64,
    slipped: f64,
    asked: f64,
    last: f64,
}

impl Money {
    /// Average cost: what closes takes its share of the cost along.
    fn fill(&mut self, quantity: f64, price: f64) {
        if self.position * quantity >= 0.0 {
            self.position += quantity;
            self.cost += quantity * price;
            return;
        }
        let paid = self.cost / self.position;
        let closed = quantity.abs().min(self.position.abs());
        self.realised += closed * (price - paid) * self.position.signum();
        let after = self.position + quantity;
        if after.abs() <= 1e-9 * quantity.abs() {
            (self.position, self.cost) = (0.0, 0.0);
            return;
        }
        self.cost = after * if after * self.position < 0.0 { price } else { paid };
        self.position = after;
    }
}

/// What an order has filled, for how much, and its fee.
#[derive(Clone, Copy, Default)]
struct Order {
    filled: f64,
    notional: f64,
    fee: f64,
}

fn money(rows: &[&Row]) -> BTreeMap<String, Money> {
    let mut symbols: BTreeMap<String, Money> = BTreeMap::new();
    let mut orders: HashMap<String, Order> = HashMap::new();
    for row in rows {
        let (filled, price, sign) = (filled(row).unwrap(), price(row).unwrap(), row.sign().unwrap());
        let before = row.order().and_then(|id| orders.get(&id)).copied().unwrap_or_default();
        let of = symbols.entry(row.symbol().unwrap()).or_default();
        let mut after = before;
        let more = filled - before.filled;
        if more > 1e-9 * filled {
            let notional = filled * price - before.notional;
            assert!(notional > 0.0, "averages contradict each other");
            after = Order { filled, notional: before.notional + notional, ..before };
            of.orders += usize::from(before.filled <= 0.0);
            of.notional += notional;
            of.last = notional / more;
            of.fill(more * sign, notional / more);
            if let (Some(_), Some(own)) = (average(row), row.number("price")) {
                of.asked += more * own;
                of.slipped += (notional - more * own) * sign;
            }
        }
        if let Some(fee) = row.number("fee").filter(|fee| *fee > before.fee) {
            of.fees += fee - before.fee;
            of.fee_orders += usize::from(before.fee <= 0.0);
            after.fee = fee;
        }
        if let Some(id) = row.order() {
            orders.insert(id, after);
        }
    }
    symbols
}

pub(crate) fn count(rows: &Rows) -> Value {
    let mut books: BTreeMap<(u8, usize), Vec<&Row>> = BTreeMap::new();
    for row in rows.all.iter().filter(|row| is_complete(row)) {
        if let Some(book) = book(row) {
            books.entry(book).or_default().push(row);
        }
    }
    let filled_orders = |rows: &Vec<&Row>| {
        let named: BTreeSet<_> = rows.iter().filter_map(|row| row.order()).collect();
        named.len() + rows.iter().filter(|row| row.order().is_none()).count()
    };
    let speaking = books.into_values().max_by_key(filled_orders).unwrap_or_default();
    let symbols: Vec<Value> = money(&speaking).iter().map(|(symbol, of)| text(symbol, of)).collect();
    let told: BTreeSet<&str> = rows.all.iter().map(Row::text_code).collect();
    let kinds = ["POSITION.", "REWARD.", "TCA.", "ORDER.STATUS"];
    assert!(
        !told.iter().any(|code| kinds.iter().any(|kind| code.starts_with(kind))),
        "a session with the account's own words needs a count of them"
    );
    let lacks =
        |row: &&Row| filled(row).map_or_else(|| says_filled(row), |filled| filled > 0.0 && !is_complete(row));
    let incomplete = rows.all.iter().filter(|row| book(row).is_some()).filter(lacks);
    json!({
        "symbols": symbols, "incomplete": incomplete.count(), "dropped": 0, "unlinked": 0, "forgotten_orders": 0,
    })
}

/// No session has both fills and a market: the last fill's price is the mark.
fn text(symbol: &str, of: &Money) -> Value {
    let held = of.position.abs() > 0.0;
    let average = of.cost / of.position;
    let costs = json!({
        "slip": null, "raw_edge": null, "fees": null, "slippage": null, "adverse": null, "latency": null,
    });
    let slipped = (of.asked > 0.0).then(|| of.slipped / of.asked * 1e4);
    json!({
        "symbol": symbol, "position": of.position, "average_price": held.then_some(average), "origin": "fills",
        "realised": of.realised,
        "unrealised": if held { of.position * (of.last - average) } else { 0.0 },
        "mark": of.last, "fees": (of.fee_orders > 0).then_some(of.fees), "filled_orders": of.orders,
        "fee_orders": of.fee_orders, "notional": of.notional,
        "slippage_bps": slipped, "slippage_origin": slipped.map(|_| "fills"), "costs_bps": costs,
        "rewards": 0, "reward_pnl": null,
    })
}
