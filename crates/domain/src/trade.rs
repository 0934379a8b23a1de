//! Money, per symbol: position, realised and unrealised profit, fees, slippage and what trades cost.
//!
//! Fills are reported by several writers: `orders.jsonl`, `POSTTRADE.LOG`, and the order events themselves, each shape
//! for itself. Each keeps books of its own, once per order, and the one with the most filled orders in the session
//! speaks; of equals `orders.jsonl`, then `POSTTRADE.LOG`. Realised profit follows weighted average cost (`book`),
//! without fees. What `POSITION.*` reports of a symbol comes before what follows from fills.
//!
//! Invariants: at most [`Trade::SYMBOL_LIMIT`] symbols, 65,536 orders per writer; what is beyond is counted. A record
//! without quantity, price, symbol or side moves no money and is counted.

mod book;
mod sided;
mod window;

use crate::{
    code::Code,
    detail::{COST_COMPONENTS, Costs, Detail, Fill, Position},
    event::{Event, Source},
    latest::{Latest, update},
    maps::ByName,
    market::{Market, Quote},
    parts::{Broken, Loading, Parts, Sink, Source as PartsSource, Within, parts},
    recent::Recent,
    scope::{SideKey, Subject, id_key},
    span::Span,
    time::Ts,
};

use book::{Account, Book, Complete, Flow};
use sided::Sided;
use window::{Sum, Window};

/// The components of cost, each in basis points with the sign of the log: `slip` is `slip_bps`, the others are the
/// members of `tca_breakdown`.
pub const COST_NAMES: [&str; COST_COMPONENTS] =
    ["slip", "raw_edge", "fees", "slippage", "adverse", "latency"];

/// Where figures of a position come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The log's own word (`POSITION.*`, `slip_bps`).
    Logged,
    /// Computed from fills and their prices.
    Fills,
}

/// One symbol's money over a span. Quote currency and units of the symbol; `None` where there is no data.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolTrade {
    /// The symbol.
    pub symbol: String,
    /// Signed quantity held now: negative is short.
    pub position: Option<f64>,
    /// Average entry price of it.
    pub average_price: Option<f64>,
    /// Where position and profit come from.
    pub origin: Option<Origin>,
    /// Realised profit in the span: over the session as logged, where it is; else from fills, without fees.
    pub realised: Option<f64>,
    /// Unrealised profit now: as logged, else position × (mark − average price).
    pub unrealised: Option<f64>,
    /// The price that unrealised profit is at: the newer of book and ticker, else the last fill's.
    pub mark: Option<f64>,
    /// Fees in the span; `None` where none was logged in the session.
    pub fees: Option<f64>,
    /// Orders that began to fill in the span.
    pub filled_orders: u64,
    /// Orders that logged a fee in the span: `fees` covers only these.
    pub fee_orders: u64,
    /// Filled in the span, at its prices.
    pub notional: Option<f64>,
    /// Average slippage in the span, basis points; above zero is worse than the order's own price. As logged, the mean
    /// over records; else from fills, weighted by notional.
    pub slippage_bps: Option<f64>,
    /// Where slippage comes from.
    pub slippage_origin: Option<Origin>,
    /// Mean of each component of cost in the span, basis points, as [`COST_NAMES`].
    pub costs_bps: [Option<f64>; COST_COMPONENTS],
    /// `REWARD.*` records in the span.
    pub rewards: u64,
    /// Sum of their profit.
    pub reward_pnl: Option<f64>,
}

/// Costs and rewards of one second or span.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    costs: [(f64, u32); COST_COMPONENTS],
    rewards: u64,
    pnl_known: u64,
    pnl: f64,
}

parts!(Told { costs, rewards, pnl_known, pnl });

impl Sum for Told {
    fn add(&mut self, other: Told) {
        for (own, other) in self.costs.iter_mut().zip(other.costs) {
            own.0 += other.0;
            own.1 += other.1;
        }
        self.rewards += other.rewards;
        self.pnl_known += other.pnl_known;
        self.pnl += other.pnl;
    }
}

/// What the log says of one symbol beside its fills.
#[derive(Clone, Debug, Default)]
struct Track {
    position: Option<Latest<Position>>,
    session: Sided<Told>,
    window: Window<Sided<Told>>,
}

parts!(Track { position, session, window });

/// Where the fills of a record are booked: order events and `POSTTRADE.LOG` by shape, and `orders.jsonl`.
const BOOKS: usize = 9;

/// All symbols' money.
#[derive(Clone, Debug)]
pub struct Trade {
    end: i64,
    symbols: ByName<usize>,
    tracks: Vec<Track>,
    books: [Option<Box<Book>>; BOOKS],
    /// The symbol of an order by the bot's own id: some records name only that.
    links: Recent<usize>,
    /// Components of cost that an order has told.
    costed: Recent<u8>,
    unlinked: u64,
    incomplete: u64,
    dropped: u64,
}

/// Each symbol by its place, with its name; then the rest.
impl Parts for Trade {
    fn save(&self, to: &mut impl Sink) {
        (0..self.steps()).for_each(|step| self.save_step(step, to));
    }

    /// What is kept by symbol, then links and costs, with what comes behind them.
    fn steps(&self) -> usize {
        1 + Within::steps(&self.links) + Within::steps(&self.costed)
    }

    fn save_step(&self, step: usize, to: &mut impl Sink) {
        let Self { end: _, symbols, tracks, books, links, costed, unlinked, incomplete, dropped } = self;
        let first_cost = 1 + Within::steps(links);
        if (1..first_cost).contains(&step) {
            return Within::save_step(links, step - 1, to);
        }
        if step >= first_cost {
            Within::save_step(costed, step - first_cost, to);
            if step + 1 == Parts::steps(self) {
                [*unlinked, *incomplete, *dropped].save(to);
            }
            return;
        }
        let mut names: Vec<(&usize, &str)> = symbols.iter().map(|(name, symbol)| (symbol, &**name)).collect();
        crate::sorting::by(&mut names, Ord::cmp);
        to.unsigned(names.len() as u64);
        for ((_, name), track) in names.into_iter().zip(tracks) {
            to.text(name);
            track.save(to);
        }
        books.save(to);
    }

    fn load<S: PartsSource>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let mut trade = Self::new(from.end);
        for symbol in 0..from.length(Self::SYMBOL_LIMIT)? {
            let (name, track) = Parts::load(from)?;
            if trade.symbols.insert(name, symbol).is_some() {
                return Err(Broken::new("a symbol comes twice"));
            }
            trade.tracks.push(track);
        }
        trade.books = Parts::load(from)?;
        trade.links = Within::load(from, Self::LINK_LIMIT)?;
        if trade.links.values().any(|symbol| *symbol >= trade.tracks.len()) {
            return Err(Broken::new("there is no such symbol"));
        }
        trade.costed = Within::load(from, Self::LINK_LIMIT)?;
        [trade.unlinked, trade.incomplete, trade.dropped] = Parts::load(from)?;
        Ok(trade)
    }
}

impl Trade {
    /// How many symbols are kept.
    pub const SYMBOL_LIMIT: usize = 64;
    /// How many orders are linked with their symbol, and remembered with their costs.
    pub const LINK_LIMIT: usize = 65_536;

    pub(crate) fn new(end: i64) -> Self {
        Self {
            end,
            symbols: ByName::default(),
            tracks: Vec::new(),
            books: Default::default(),
            links: Recent::new(Self::LINK_LIMIT),
            costed: Recent::new(Self::LINK_LIMIT),
            unlinked: 0,
            incomplete: 0,
            dropped: 0,
        }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
    }

    /// Takes in what `event` tells of money. Returns true where it tells something.
    pub(crate) fn apply(&mut self, event: &Event<'_>, subject: Subject, side: SideKey, at: Ts) -> bool {
        match event.detail {
            Detail::Fill(fill) => {
                self.link(event);
                self.book(event, subject, fill, at)
            }
            Detail::Costs(costs) => self.cost(event, (subject, side), costs, at),
            Detail::Position(position) => {
                let known = self.track_of(event).map(|track| &mut track.position);
                known.is_some_and(|known| update(known, position, at))
            }
            Detail::Reward { pnl } => {
                let told = Told {
                    rewards: 1,
                    pnl_known: u64::from(pnl.is_some()),
                    pnl: pnl.unwrap_or(0.0),
                    ..Told::default()
                };
                self.tell(event, told, side, at)
            }
            _ => {
                if matches!(event.code, Code::Submit | Code::Ack) {
                    self.link(event);
                }
                false
            }
        }
    }

    fn link(&mut self, event: &Event<'_>) {
        if let (Some(id), true) = (event.client_id.as_deref(), event.symbol.is_some())
            && let Some(symbol) = self.symbol(event)
        {
            *self.links.entry(id_key(None, id), || symbol) = symbol;
        }
    }

    /// The index of the record's symbol, or of the one that its order is known to have.
    fn symbol(&mut self, event: &Event<'_>) -> Option<usize> {
        let Some(name) = event.symbol.as_deref() else {
            let ids = [event.client_id.as_deref(), event.order_id.as_deref()];
            let known = ids.into_iter().flatten().find_map(|id| self.links.get(id_key(None, id)).copied());
            self.unlinked += u64::from(known.is_none());
            return known;
        };
        if let Some(symbol) = self.symbols.get(name) {
            return Some(*symbol);
        }
        if self.tracks.len() >= Self::SYMBOL_LIMIT {
            self.dropped += 1;
            return None;
        }
        let symbol = self.tracks.len();
        self.symbols.insert(name.into(), symbol);
        self.tracks.push(Track::default());
        Some(symbol)
    }

    fn track_of(&mut self, event: &Event<'_>) -> Option<&mut Track> {
        let symbol = self.symbol(event)?;
        self.tracks.get_mut(symbol)
    }

    fn book(&mut self, event: &Event<'_>, subject: Subject, fill: Fill, at: Ts) -> bool {
        let positive = |number: &f64| number.is_finite() && *number > 0.0;
        let Some(quantity) = fill.quantity.filter(|quantity| quantity.is_finite()) else {
            self.incomplete += u64::from(is_fill(event));
            return false;
        };
        if quantity <= 0.0 {
            return false;
        }
        let price = fill.average.filter(positive).or(fill.price.filter(positive));
        let symbol = event.symbol.as_ref().and_then(|_| self.symbol(event));
        let (Some(symbol), Some(side), Some(price)) = (symbol, event.side, price) else {
            self.incomplete += 1;
            return false;
        };
        let order = subject.order;
        let record = Complete { symbol, side, quantity, price, fill };
        let end = self.end;
        let Some(book) = self.books.get_mut(book_of(event)) else { return false };
        book.get_or_insert_default().apply(order, record, end, at)
    }

    fn cost(&mut self, event: &Event<'_>, (subject, side): (Subject, SideKey), costs: Costs, at: Ts) -> bool {
        let order = subject.order;
        let seen = order.map_or(0, |key| *self.costed.entry(key, || 0));
        let mut told = Told::default();
        let mut news = 0_u8;
        for (component, (sum, bps)) in told.costs.iter_mut().zip(costs.components).enumerate() {
            let bit = 1_u8 << component;
            if let Some(bps) = bps.filter(|bps| bps.is_finite() && seen & bit == 0) {
                *sum = (bps, 1);
                news |= bit;
            }
        }
        // What names no known symbol is told by a later record of the order.
        let counted = news != 0 && self.tell(event, told, side, at);
        if let Some(key) = order.filter(|_| counted) {
            *self.costed.entry(key, || 0) = seen | news;
        }
        counted
    }

    fn tell(&mut self, event: &Event<'_>, told: Told, side: SideKey, at: Ts) -> bool {
        let (end, told) = (self.end, Sided::one(side, told));
        let Some(track) = self.track_of(event) else { return false };
        track.session.add(told);
        track.window.record(end, at.second(), told);
        true
    }

    fn speaking(&self) -> Option<&Book> {
        self.books.iter().filter_map(Option::as_deref).max_by_key(|book| book.filled())
    }

    /// Every symbol that money is known of and that `wanted` lets through, by name. `market` gives the price for
    /// unrealised profit. With a `side`, flows are those of that side, and realised profit that of its fills; position,
    /// average price, mark and unrealised profit are the symbol's all the same.
    pub(crate) fn by_symbol(
        &self,
        span: Span,
        side: Option<SideKey>,
        market: &Market,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<SymbolTrade> {
        let named = self.symbols.iter().filter(|(name, _)| wanted(name));
        let mut symbols: Vec<SymbolTrade> = named
            .filter_map(|(name, symbol)| self.of(name, *symbol, (span, side), market.of(name)))
            .collect();
        crate::sorting::by(&mut symbols, |a, b| a.symbol.cmp(&b.symbol));
        symbols
    }

    fn of(
        &self,
        name: &str,
        symbol: usize,
        (span, side): (Span, Option<SideKey>),
        quote: Option<&Quote>,
    ) -> Option<SymbolTrade> {
        let track = self.tracks.get(symbol)?;
        let account = self.speaking().and_then(|book| book.account(symbol));
        let logged = track.position.map(|latest| latest.value);
        if account.is_none() && logged.is_none() && !track.session.of(None).is_anything() {
            return None;
        }
        let (flow, told) = match span.seconds() {
            Some(seconds) => (
                account.map(|account| account.window.sum(self.end, seconds).of(side)),
                track.window.sum(self.end, seconds).of(side),
            ),
            None => (account.map(|account| account.session.of(side)), track.session.of(side)),
        };
        let over_session = logged.filter(|_| span == Span::Session && side.is_none());
        let last_price = account.and_then(|account| account.last_price);
        let mark = quote.and_then(Quote::mark).or(last_price).map(|latest| latest.value);
        let position =
            logged.and_then(|own| own.quantity).or(account.map(|account| account.holding.quantity));
        let average_price = match logged {
            Some(own) => own.average_price,
            None => account.map(|account| account.holding.average),
        };
        let computed = position.zip(average_price).zip(mark).map(|((held, paid), mark)| held * (mark - paid));
        let (slippage_bps, slippage_origin) = slippage(track, &told, flow);
        Some(SymbolTrade {
            symbol: name.to_owned(),
            position,
            average_price: average_price.filter(|_| position.is_some_and(|held| held.abs() > 0.0)),
            origin: if logged.is_some() { Some(Origin::Logged) } else { account.map(|_| Origin::Fills) },
            realised: over_session.and_then(|own| own.realised).or(flow.map(|flow| flow.realised)),
            unrealised: logged.and_then(|own| own.unrealised).or(computed),
            mark,
            fees: over_session
                .and_then(|own| own.fees)
                .or(flow.filter(|_| account.is_some_and(Account::has_fees)).map(|flow| flow.fees)),
            filled_orders: flow.map_or(0, |flow| flow.orders),
            fee_orders: flow.map_or(0, |flow| flow.fee_orders),
            notional: flow.map(|flow| flow.notional),
            slippage_bps,
            slippage_origin,
            costs_bps: told.costs.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))),
            rewards: told.rewards,
            reward_pnl: (told.pnl_known > 0).then_some(told.pnl),
        })
    }

    /// Records of fills that lack quantity, price, symbol or side.
    pub fn incomplete(&self) -> u64 {
        self.incomplete
    }

    /// Records of symbols beyond the limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Records that name no symbol, and whose order is not known to have one.
    pub fn unlinked(&self) -> u64 {
        self.unlinked
    }

    /// Orders that were forgotten; above zero, a repeated record of an old order may count again.
    pub fn forgotten_orders(&self) -> u64 {
        self.books.iter().flatten().map(|book| book.forgotten()).sum()
    }

    /// Orders whose symbol was forgotten: a later record that names only the bot's own id is unlinked.
    pub fn forgotten_links(&self) -> u64 {
        self.links.forgotten()
    }

    /// Orders whose told costs were forgotten: a repeated record of one counts again.
    pub fn forgotten_costs(&self) -> u64 {
        self.costed.forgotten()
    }
}

impl Told {
    fn is_anything(&self) -> bool {
        self.rewards > 0 || self.costs.iter().any(|(_, count)| *count > 0)
    }
}

/// What is logged speaks for the whole session of a symbol that logs it at all.
fn slippage(track: &Track, told: &Told, flow: Option<Flow>) -> (Option<f64>, Option<Origin>) {
    let slip = |told: &Told| {
        let [(sum, count), ..] = told.costs;
        (count > 0).then(|| sum / f64::from(count))
    };
    if slip(&track.session.of(None)).is_some() {
        return (slip(told), Some(Origin::Logged));
    }
    let bps = flow.filter(|flow| flow.slip_base > 0.0).map(|flow| flow.slipped / flow.slip_base * 1e4);
    (bps, bps.map(|_| Origin::Fills))
}

fn is_fill(event: &Event<'_>) -> bool {
    event.immediate_fill
        || matches!(event.code, Code::Fill | Code::Partial)
        || event.status.is_some_and(|status| {
            matches!(status, crate::OrderStatus::Filled | crate::OrderStatus::PartiallyFilled)
        })
}

fn book_of(event: &Event<'_>) -> usize {
    match (event.source, event.code) {
        (Source::Trades, _) => BOOKS - 1,
        (_, Code::PosttradeLog) => 4 + event.shape as usize,
        _ => event.shape as usize,
    }
}

#[cfg(test)]
mod tests;
