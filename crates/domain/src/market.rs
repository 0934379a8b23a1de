//! The market as the bot saw it: the last book and price of each symbol.
//!
//! Invariants: at most [`Market::SYMBOL_LIMIT`] symbols, what is beyond is counted; a record that arrives late does
//! not replace a newer one; a price is finite and above zero.

use crate::{
    code::Code,
    detail::Detail,
    event::Event,
    latest::{Latest, update},
    maps::ByName,
    parts::parts,
    span::Span,
    tally::Tally,
    time::Ts,
};

/// The best bid and ask, in quote currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Book {
    /// Highest price that someone pays.
    pub bid: f64,
    /// Lowest price that someone asks.
    pub ask: f64,
}

parts!(Book { bid, ask });

impl Book {
    /// ask − bid, in quote currency; negative where the book is crossed.
    pub fn spread(self) -> f64 {
        self.ask - self.bid
    }

    /// The middle between the two, in quote currency.
    pub fn mid(self) -> f64 {
        f64::midpoint(self.bid, self.ask)
    }

    /// The spread in basis points of the middle.
    pub fn spread_bps(self) -> f64 {
        self.spread() / self.mid() * 1e4
    }
}

/// What is known of one symbol's market.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quote {
    /// The last book.
    pub book: Option<Latest<Book>>,
    /// The last price that a ticker reported, in quote currency.
    pub price: Option<Latest<f64>>,
}

parts!(Quote { book, price });

impl Quote {
    /// What a unit is worth: the middle of the book or the ticker's price, whichever is newer.
    pub fn mark(&self) -> Option<Latest<f64>> {
        let mid = self.book.map(|book| Latest { value: book.value.mid(), at: book.at });
        match (mid, self.price) {
            (Some(mid), Some(price)) if price.at > mid.at => Some(price),
            (mid, price) => mid.or(price),
        }
    }
}

/// All symbols' markets.
#[derive(Clone, Debug, Default)]
pub struct Market {
    end: i64,
    quotes: ByName<Quote>,
    dropped: u64,
    connects: Tally,
}

parts!(Market { end: window, quotes: within(Market::SYMBOL_LIMIT), dropped, connects });

impl Market {
    /// How many symbols are kept.
    pub const SYMBOL_LIMIT: usize = 64;

    pub(crate) fn new(end: i64) -> Self {
        Self { end, ..Self::default() }
    }

    pub(crate) fn advance(&mut self, end: i64) {
        self.end = self.end.max(end);
        self.connects.advance(end);
    }

    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        matches!(event.code, Code::WsConnect | Code::MarketBook | Code::MarketTicker) && self.take(event, at)
    }

    fn take(&mut self, event: &Event<'_>, at: Ts) -> bool {
        match event.code {
            Code::WsConnect => {
                self.connects.count(self.end, at.second());
                true
            }
            Code::MarketBook => {
                let numbers = &event.numbers;
                let (Some(bid), Some(ask)) = (numbers.bid.and_then(positive), numbers.ask.and_then(positive))
                else {
                    return false;
                };
                self.quote(event, |quote| update(&mut quote.book, Book { bid, ask }, at))
            }
            Code::MarketTicker => {
                let Detail::Ticker { price: Some(price) } = event.detail else { return false };
                let Some(price) = positive(price) else { return false };
                self.quote(event, |quote| update(&mut quote.price, price, at))
            }
            _ => false,
        }
    }

    fn quote(&mut self, event: &Event<'_>, change: impl FnOnce(&mut Quote) -> bool) -> bool {
        let Some(symbol) = event.symbol.as_deref() else { return false };
        if let Some(quote) = self.quotes.get_mut(symbol) {
            return change(quote);
        }
        if self.quotes.len() >= Self::SYMBOL_LIMIT {
            self.dropped += 1;
            return false;
        }
        change(self.quotes.entry(symbol.into()).or_default())
    }

    /// The market of one symbol.
    pub fn of(&self, symbol: &str) -> Option<&Quote> {
        self.quotes.get(symbol)
    }

    /// Every symbol's market, by name.
    pub fn quotes(&self) -> Vec<(&str, Quote)> {
        let mut quotes: Vec<_> = self.quotes.iter().map(|(symbol, quote)| (&**symbol, *quote)).collect();
        crate::sorting::by_key(&mut quotes, |(symbol, _)| *symbol);
        quotes
    }

    /// Records of symbols beyond the limit, which were left out.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// `WS.CONNECT` records over `span`.
    pub fn connects(&self, span: Span) -> u64 {
        self.connects.over(span)
    }
}

fn positive(price: f64) -> Option<f64> {
    (price.is_finite() && price > 0.0).then_some(price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    fn book(symbol: &'static str, bid: f64, ask: f64) -> Event<'static> {
        let mut event = Event::bare(Source::Events, Shape::Wrapped, Code::MarketBook, "MARKET.BOOK");
        event.symbol = Some(symbol.into());
        (event.numbers.bid, event.numbers.ask) = (Some(bid), Some(ask));
        event
    }

    fn ticker(price: f64) -> Event<'static> {
        Event {
            code: Code::MarketTicker,
            detail: Detail::Ticker { price: Some(price) },
            ..book("A", 1.0, 1.0)
        }
    }

    fn check_mark(records: &[(i64, Event<'_>)], mark: Option<f64>) {
        let mut market = Market::new(0);
        for (at, event) in records {
            market.apply(event, Ts(*at));
        }
        assert_eq!(market.of("A").and_then(Quote::mark).map(|mark| mark.value), mark);
    }

    #[test]
    fn the_newest_report_is_the_mark_also_where_it_arrives_first() {
        check_mark(&[], None);
        check_mark(&[(1, book("A", 1.0, 3.0))], Some(2.0));
        check_mark(&[(1, book("A", 1.0, 3.0)), (2, ticker(2.5))], Some(2.5));
        check_mark(&[(3, book("A", 1.0, 3.0)), (2, ticker(2.5)), (1, book("A", 7.0, 9.0))], Some(2.0));
    }

    #[test]
    fn what_is_no_price_is_left_out() {
        check_mark(&[(1, book("A", 0.0, 3.0)), (2, ticker(f64::NAN)), (3, ticker(-1.0))], None);
    }

    #[test]
    fn the_spread_is_in_basis_points_of_the_middle() {
        let book = Book { bid: 0.9999, ask: 1.0001 };
        assert!((book.spread_bps() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn symbols_beyond_the_limit_are_counted() {
        let mut market = Market::new(0);
        for index in 0..Market::SYMBOL_LIMIT + 2 {
            let event = Event { symbol: Some(format!("S{index:03}").into()), ..book("", 1.0, 2.0) };
            market.apply(&event, Ts(0));
        }
        assert_eq!((market.quotes().len(), market.dropped()), (Market::SYMBOL_LIMIT, 2));
        market.apply(&book("S000", 2.0, 3.0), Ts(0));
        assert_eq!(market.dropped(), 2);
    }

    #[test]
    fn connects_are_counted_over_every_span() {
        let mut market = Market::new(100);
        let connect = Event { code: Code::WsConnect, ..book("A", 1.0, 1.0) };
        for second in [10, 90, 100] {
            market.apply(&connect, Ts::from_millis(second * 1000));
        }
        assert_eq!((market.connects(Span::MINUTE), market.connects(Span::Session)), (2, 3));
    }
}
