//! What only records of one code tell: numbers of one part of the state, grouped so that an event stays small.
//!
//! Invariant: every variant is a plain copy; nothing here allocates. A number that the record did not give is
//! `None`, never zero.

/// The numbers that belong to a record's code.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Detail {
    /// Nothing more.
    #[default]
    None,
    /// How much of an order is filled, and at what price.
    Fill(Fill),
    /// What a trade cost, in basis points.
    Costs(Costs),
    /// The account's position in a symbol.
    Position(Position),
    /// What a closed position earned.
    Reward {
        /// Profit, in quote currency; negative for a loss.
        pnl: Option<f64>,
    },
    /// Bounds of the sequential test.
    Boundaries {
        /// `log_A`: at or above, the alternative is accepted.
        upper: Option<f64>,
        /// `log_B`: at or below, the null hypothesis is accepted.
        lower: Option<f64>,
    },
    /// The score of the strategy's edge.
    Alpha {
        /// As the governor reported it.
        score: Option<f64>,
    },
    /// A query's end.
    Query(Query),
    /// The last price, in quote currency.
    Ticker {
        /// As the market reported it.
        price: Option<f64>,
    },
    /// A measured latency against its threshold, both in milliseconds.
    Health {
        /// As measured.
        value_ms: Option<f64>,
        /// What it is held against.
        threshold_ms: Option<f64>,
    },
    /// Risk gauges in the order of [`crate::risk::gauges_of`] for the record's code.
    Risk(RiskNumbers),
    /// The policy's verdict on an intent.
    Policy(Verdict),
    /// The gate that an `ORDER.DENY` names as its `stage`.
    Denial(Stage),
}

/// How much of an order is filled so far. Quantities and fees are those of the whole order up to this record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fill {
    /// Filled so far, in units of the symbol.
    pub quantity: Option<f64>,
    /// Average price of that, in quote currency.
    pub average: Option<f64>,
    /// The order's own price, in quote currency.
    pub price: Option<f64>,
    /// Fee so far, in quote currency.
    pub fee: Option<f64>,
}

/// How many components of cost are told apart.
pub const COST_COMPONENTS: usize = 6;

/// What a trade cost, in basis points, with the sign of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// In the order of [`crate::trade::COST_NAMES`].
    pub components: [Option<f64>; COST_COMPONENTS],
}

/// The account's own word on its position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// Signed: negative is short.
    pub quantity: Option<f64>,
    /// Average entry price, in quote currency.
    pub average_price: Option<f64>,
    /// Since the account began to count, in quote currency.
    pub realised: Option<f64>,
    /// At the account's own mark, in quote currency.
    pub unrealised: Option<f64>,
    /// Since the account began to count, in quote currency.
    pub fees: Option<f64>,
}

crate::parts::parts!(Position { quantity, average_price, realised, unrealised, fees });

/// How a query ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// False for a record that only says that a query began.
    pub ended: bool,
    /// Whether it succeeded.
    pub success: Option<bool>,
    /// Whether the cache answered.
    pub cache_hit: Option<bool>,
}

/// The most gauges that one code reports.
pub const RISK_WIDTH: usize = 7;

/// Gauges of one record.
pub type RiskNumbers = [Option<f64>; RISK_WIDTH];

/// What the policy said about an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go on.
    Passed,
    /// It may not: skip, no-op, deny, block, reject.
    Refused,
}

/// The part of the bot that an `ORDER.DENY` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before sizing.
    Gate,
    /// While sizing.
    Sizing,
    /// While choosing a route.
    Routing,
    /// After routing, before submission.
    Submission,
}
