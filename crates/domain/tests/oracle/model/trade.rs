//! Money by symbol: what fills add up to, what the log itself says, and what trades cost.

use std::collections::{BTreeSet, HashSet};

use aurora_domain::{
    Code, Span,
    detail::{COST_COMPONENTS, Detail, Position},
    market::Quote,
    trade::{Origin, SymbolTrade},
};

use super::{
    Oracle, Seen,
    fills::{Part, complete, fill_of, holding, says_filled, sign},
};
use crate::figures::{Figures, SPANS, slices};

/// A component of cost that counts: of which record, which one, how much.
struct Cost<'a> {
    seen: &'a Seen,
    symbol: &'a str,
    component: usize,
    bps: f64,
}

impl Oracle {
    /// The symbol of a record: its own, else the one that its order was last linked with before.
    fn symbol_of(&self, place: usize) -> Option<&str> {
        let event = &self.seen[place].event;
        let linked = |id: &str| {
            let links = |seen: &&Seen| {
                let told = fill_of(seen).is_some() || matches!(seen.event.code, Code::Submit | Code::Ack);
                told && seen.event.client_id.as_deref() == Some(id)
            };
            let mut links = self.seen[..place].iter().rev().filter(links);
            links.find_map(|seen| seen.event.symbol.as_deref())
        };
        let ids = [event.client_id.as_deref(), event.order_id.as_deref()];
        event.symbol.as_deref().or_else(|| ids.into_iter().flatten().find_map(linked))
    }

    /// Of each order every component once, and of records without an id all; and how many find no symbol.
    fn costs(&self) -> (Vec<Cost<'_>>, usize) {
        let mut known = HashSet::new();
        let (mut costs, mut lost) = (Vec::new(), 0);
        for (place, seen) in self.seen.iter().enumerate() {
            let Detail::Costs(told) = seen.event.detail else { continue };
            let fresh: Vec<(usize, f64)> = (0..COST_COMPONENTS)
                .filter_map(|component| Some((component, told.components[component]?)))
                .filter(|(_, bps)| bps.is_finite())
                .filter(|(component, _)| seen.order().is_none_or(|id| !known.contains(&(id, *component))))
                .collect();
            match self.symbol_of(place) {
                Some(symbol) => {
                    for (component, bps) in fresh {
                        costs.push(Cost { seen, symbol, component, bps });
                        known.extend(seen.order().map(|id| (id, component)));
                    }
                }
                None => lost += usize::from(!fresh.is_empty()),
            }
        }
        (costs, lost)
    }

    fn places(&self, tells: fn(&Detail) -> bool) -> Vec<usize> {
        (0..self.seen.len()).filter(|place| tells(&self.seen[*place].event.detail)).collect()
    }

    pub(super) fn trade_figures(&self, all: &mut Figures) {
        let money = Money {
            parts: self.parts(),
            costs: self.costs().0,
            positions: self.places(|detail| matches!(detail, Detail::Position(_))),
            rewards: self.places(|detail| matches!(detail, Detail::Reward { .. })),
        };
        let quotes = self.quotes();
        let symbols: BTreeSet<&str> =
            self.seen.iter().filter_map(|seen| seen.event.symbol.as_deref()).collect();
        for span in SPANS {
            let of = |symbol: &&str| self.symbol_trade(symbol, span, &money, quotes.get(symbol));
            let trades: Vec<SymbolTrade> = symbols.iter().filter_map(of).collect();
            slices::trade(span, &trades, all);
        }
        let incomplete = self.seen.iter().filter(|seen| {
            fill_of(seen).is_some_and(|fill| match fill.quantity.filter(|quantity| quantity.is_finite()) {
                Some(quantity) => quantity > 0.0 && complete(seen).is_none(),
                None => says_filled(seen),
            })
        });
        all.push(("trade.incomplete".to_owned(), incomplete.count().to_string()));
        let unlinked = money.positions.iter().chain(&money.rewards);
        let unlinked = unlinked.filter(|place| self.symbol_of(**place).is_none()).count() + self.costs().1;
        all.push(("trade.unlinked".to_owned(), unlinked.to_string()));
    }

    /// What the account last said of a symbol.
    fn logged(&self, symbol: &str, money: &Money<'_>) -> Option<Position> {
        let own = money.positions.iter().filter(|place| self.symbol_of(**place) == Some(symbol));
        let last = own.max_by_key(|place| self.seen[**place].at)?;
        match self.seen[*last].event.detail {
            Detail::Position(position) => Some(position),
            _ => None,
        }
    }

    fn symbol_trade(
        &self,
        symbol: &str,
        span: Span,
        money: &Money<'_>,
        quote: Option<&Quote>,
    ) -> Option<SymbolTrade> {
        let parts: Vec<&Part<'_>> =
            money.parts.iter().filter(|part| part.seen.event.symbol.as_deref() == Some(symbol)).collect();
        let costs: Vec<&Cost<'_>> = money.costs.iter().filter(|cost| cost.symbol == symbol).collect();
        let rewards: Vec<&Seen> = money
            .rewards
            .iter()
            .filter(|place| self.symbol_of(**place) == Some(symbol))
            .map(|place| &self.seen[*place])
            .collect();
        let logged = self.logged(symbol, money);
        if parts.is_empty() && costs.is_empty() && rewards.is_empty() && logged.is_none() {
            return None;
        }
        let (held, realised) = holding(&parts);
        let traded = !parts.is_empty();
        let inside = |seen: &Seen| self.within(seen.at, span);
        let within = || parts.iter().filter(|part| inside(part.seen));
        let sum = |of: fn(&Part<'_>) -> f64| traded.then(|| within().map(|part| of(part)).sum::<f64>());
        let session = logged.filter(|_| span == Span::Session);
        let last = parts.iter().filter(|part| part.quantity > 0.0).max_by_key(|part| part.seen.at);
        let last = last.map(|part| part.notional / part.quantity);
        let mark = quote.and_then(mark).or(last);
        let position = logged.and_then(|own| own.quantity).or(traded.then_some(held.quantity));
        let average = match logged {
            Some(own) => own.average_price,
            None => traded.then(|| if held.quantity == 0.0 { 0.0 } else { held.cost / held.quantity }),
        };
        let computed = position.zip(average).zip(mark).map(|((held, paid), mark)| held * (mark - paid));
        let gained = parts.iter().zip(&realised).filter(|(part, _)| inside(part.seen));
        let gained = traded.then(|| gained.map(|(_, gain)| gain).sum::<f64>());
        let fees = sum(|part| part.fee).filter(|_| parts.iter().any(|part| part.fee != 0.0));
        let mean = |component: usize, passes: &dyn Fn(&Seen) -> bool| {
            let of = costs.iter().filter(|cost| cost.component == component && passes(cost.seen));
            let bps: Vec<f64> = of.map(|cost| cost.bps).collect();
            (!bps.is_empty()).then(|| bps.iter().sum::<f64>() / bps.len() as f64)
        };
        let by_log = mean(0, &|_| true).is_some();
        let (asked, paid): (f64, f64) = within().filter_map(|part| Some((part, part.asked?))).fold(
            (0.0, 0.0),
            |(base, slipped), (part, asked)| {
                (base + asked, slipped + (part.notional - asked) * sign(part.seen))
            },
        );
        let by_fills = (asked > 0.0).then(|| paid / asked * 1e4);
        let slippage_bps = if by_log { mean(0, &inside) } else { by_fills };
        let rewards: Vec<&&Seen> = rewards.iter().filter(|seen| inside(seen)).collect();
        let pnls: Vec<f64> = rewards
            .iter()
            .filter_map(|seen| match seen.event.detail {
                Detail::Reward { pnl } => pnl,
                _ => None,
            })
            .collect();
        Some(SymbolTrade {
            symbol: symbol.to_owned(),
            position,
            average_price: average.filter(|_| position.is_some_and(|held| held != 0.0)),
            origin: logged.map(|_| Origin::Logged).or(traded.then_some(Origin::Fills)),
            realised: session.and_then(|own| own.realised).or(gained),
            unrealised: logged.and_then(|own| own.unrealised).or(computed),
            mark,
            fees: session.and_then(|own| own.fees).or(fees),
            filled_orders: within().filter(|part| part.begins).count() as u64,
            fee_orders: within().filter(|part| part.first_fee).count() as u64,
            notional: sum(|part| part.notional),
            slippage_bps,
            slippage_origin: if by_log { Some(Origin::Logged) } else { by_fills.map(|_| Origin::Fills) },
            costs_bps: std::array::from_fn(|component| mean(component, &inside)),
            rewards: rewards.len() as u64,
            reward_pnl: (!pnls.is_empty()).then(|| pnls.iter().sum()),
        })
    }
}

/// The middle of the book or the ticker's price, whichever is newer; of one time the book.
fn mark(quote: &Quote) -> Option<f64> {
    let middle = quote.book.map(|book| (book.at, 1, f64::midpoint(book.value.bid, book.value.ask)));
    let price = quote.price.map(|price| (price.at, 0, price.value));
    let newest = [price, middle].into_iter().flatten().max_by_key(|(at, book, _)| (*at, *book));
    newest.map(|(.., value)| value)
}

/// What the log tells of money, by record.
struct Money<'a> {
    parts: Vec<Part<'a>>,
    costs: Vec<Cost<'a>>,
    positions: Vec<usize>,
    rewards: Vec<usize>,
}
