//! The simulated market: a random walk per symbol, and the bot's position in it.

use super::json;
use super::random::Random;
use super::stamp::SECOND;

/// What is fixed about a symbol.
#[derive(Debug)]
pub(super) struct Instrument {
    /// As the exchange spells it.
    pub(super) name: &'static str,
    /// As the unified client library spells it.
    pub(super) slashed: &'static str,
    start: f64,
    /// Standard deviation of the return over a second, in bps.
    vol_bps: f64,
    spread_bps: f64,
    pub(super) price_decimals: usize,
    pub(super) qty_decimals: usize,
    weight: f64,
}

const INSTRUMENTS: [Instrument; 5] = [
    Instrument {
        name: "SOLUSDT",
        slashed: "SOL/USDT",
        start: 184.2,
        vol_bps: 1.1,
        spread_bps: 0.9,
        price_decimals: 4,
        qty_decimals: 3,
        weight: 4.0,
    },
    Instrument {
        name: "ETHUSDT",
        slashed: "ETH/USDT",
        start: 3118.0,
        vol_bps: 0.8,
        spread_bps: 0.6,
        price_decimals: 2,
        qty_decimals: 3,
        weight: 2.5,
    },
    Instrument {
        name: "BTCUSDT",
        slashed: "BTC/USDT",
        start: 64_180.0,
        vol_bps: 0.6,
        spread_bps: 0.3,
        price_decimals: 2,
        qty_decimals: 4,
        weight: 2.0,
    },
    Instrument {
        name: "BIOUSDT",
        slashed: "BIO/USDT",
        start: 0.1151,
        vol_bps: 2.4,
        spread_bps: 2.2,
        price_decimals: 5,
        qty_decimals: 1,
        weight: 1.0,
    },
    Instrument {
        name: "DOGEUSDT",
        slashed: "DOGE/USDT",
        start: 0.2326,
        vol_bps: 1.6,
        spread_bps: 1.2,
        price_decimals: 5,
        qty_decimals: 1,
        weight: 0.5,
    },
];

/// A symbol's book at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub(super) instrument: &'static Instrument,
    pub(super) bid: f64,
    pub(super) ask: f64,
    pub(super) spread_bps: f64,
    /// Change since the session began, percent.
    pub(super) change_percent: f64,
}

impl Quote {
    pub(super) fn mid(&self) -> f64 {
        f64::midpoint(self.bid, self.ask)
    }
}

/// A fill on its way to the books.
#[derive(Debug)]
pub(super) struct Fill {
    pub(super) instrument: &'static Instrument,
    pub(super) oid: String,
    pub(super) buys: bool,
    pub(super) qty: f64,
    pub(super) price: f64,
    pub(super) fee: f64,
}

/// A position and what it earned; quantities signed, money in quote currency.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Position {
    pub(super) qty: f64,
    pub(super) average: f64,
    pub(super) realized: f64,
    pub(super) fees: f64,
}

impl Position {
    /// Books a fill; returns what it realised, fee included.
    fn book(&mut self, fill: &Fill) -> f64 {
        let signed = if fill.buys { fill.qty } else { -fill.qty };
        let closes = if self.qty * signed < 0.0 { signed.abs().min(self.qty.abs()) } else { 0.0 };
        let gained = closes * (fill.price - self.average) * self.qty.signum() - fill.fee;
        let after = self.qty + signed;
        if after.abs() < 1e-9 {
            *self = Self { qty: 0.0, average: 0.0, ..*self };
        } else {
            if closes <= 0.0 {
                self.average = (self.average * self.qty + fill.price * signed) / after;
            } else if after * self.qty < 0.0 {
                self.average = fill.price;
            }
            self.qty = after;
        }
        self.realized += gained;
        self.fees += fill.fee;
        gained
    }
}

#[derive(Debug)]
struct Walk {
    instrument: &'static Instrument,
    mid: f64,
    at_ns: u64,
    position: Position,
}

/// All symbols.
#[derive(Debug)]
pub(super) struct Market(Vec<Walk>);

impl Market {
    pub(super) fn new(start_ns: u64) -> Self {
        let walk = |instrument: &'static Instrument| Walk {
            instrument,
            mid: instrument.start,
            at_ns: start_ns,
            position: Position::default(),
        };
        Self(INSTRUMENTS.iter().map(walk).collect())
    }

    /// The book of a random symbol, popular ones more often, after letting its price walk to `at_ns`.
    pub(super) fn quote(&mut self, at_ns: u64, random: &mut Random) -> Option<Quote> {
        let choices: Vec<_> =
            self.0.iter().enumerate().map(|(index, walk)| (index, walk.instrument.weight)).collect();
        let walk = self.0.get_mut(random.weighted(&choices)?)?;
        let instrument = walk.instrument;
        let seconds = at_ns.saturating_sub(walk.at_ns) as f64 / SECOND as f64;
        let pull = -0.002 * seconds.min(60.0) * libm::log(walk.mid / instrument.start);
        let step = instrument.vol_bps * 1e-4 * libm::sqrt(seconds) * random.normal();
        walk.mid *= libm::exp(step + pull);
        walk.at_ns = walk.at_ns.max(at_ns);
        let spread_bps = instrument.spread_bps * random.lognormal(1.0, 0.35);
        let half = walk.mid * spread_bps * 0.5e-4;
        Some(Quote {
            instrument,
            bid: walk.mid - half,
            ask: walk.mid + half,
            spread_bps,
            change_percent: (walk.mid / instrument.start - 1.0) * 100.0,
        })
    }

    /// The signed quantity held of an instrument.
    pub(super) fn held(&self, instrument: &Instrument) -> f64 {
        self.0
            .iter()
            .find(|walk| walk.instrument.name == instrument.name)
            .map_or(0.0, |walk| walk.position.qty)
    }

    /// Books a fill; returns the position after it, what it realised and what is unrealised at the market's price.
    pub(super) fn settle(&mut self, fill: &Fill) -> Option<(Position, f64, f64)> {
        let walk = self.0.iter_mut().find(|walk| walk.instrument.name == fill.instrument.name)?;
        let gained = walk.position.book(fill);
        let position = walk.position;
        Some((position, gained, position.qty * (walk.mid - position.average)))
    }
}

impl Instrument {
    /// A price rounded to what the exchange accepts.
    pub(super) fn price(&self, value: f64) -> f64 {
        json::round(value, self.price_decimals)
    }

    /// The smallest quantity.
    pub(super) fn lot(&self) -> f64 {
        [1.0, 1e-1, 1e-2, 1e-3, 1e-4].get(self.qty_decimals).copied().unwrap_or(1e-5)
    }

    /// A quantity rounded to the lot, at least one lot.
    pub(super) fn qty(&self, value: f64) -> f64 {
        json::round(value.max(self.lot()), self.qty_decimals)
    }
}
