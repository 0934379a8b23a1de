//! Everything that a state let go of because of its bounds, by name.
//!
//! Invariant: a bound that drops something has a counter here; as long as all are zero, every figure is exact.

use crate::State;

macro_rules! forgotten {
    ($($(#[$doc:meta])+ $name:ident: $count:expr;)+) => {
        /// How often each bound of a state was met, since the session began.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Forgotten {
            $($(#[$doc])+ pub $name: u64,)+
        }

        impl Forgotten {
            pub(crate) fn of(state: &State) -> Self {
                Self { $($name: $count(state),)+ }
            }

            /// Every counter with its name, in a fixed order.
            pub fn named(self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }
        }
    };
}

forgotten! {
    /// Order ids beyond [`crate::limits::Limits::order_ids`]: a later record of one counts its order again.
    order_ids: |state: &State| state.orders().forgotten_ids();
    /// Orders on their way that are not followed: pending is too low by as many.
    open_orders: |state: &State| state.orders().evicted_open();
    /// Orders whose times are no longer known: a later record of one may give a duration again, or none.
    latency_orders: |state: &State| state.latency().forgotten_orders();
    /// Intents that were forgotten before their decision: it gives no duration.
    latency_intents: |state: &State| state.latency().forgotten_intents();
    /// Ids of orders and intents whose symbol and side are no longer known: later records count as unknown.
    symbol_ids: |state: &State| state.scopes().forgotten_ids();
    /// Events that named a symbol beyond the limit: they count as other.
    symbols: |state: &State| state.scopes().beyond_limit();
    /// Intents and orders of the funnel: a later record of one counts it again.
    funnel_intents: |state: &State| state.funnel_counts().forgotten_intents();
    /// Refusals whose reason is not known by its step.
    funnel_reasons: |state: &State| state.funnel_counts().unlearned();
    /// Intents that can no longer be explained.
    explained_intents: |state: &State| state.coverage().forgotten_intents();
    /// Orders whose fills are no longer known: a later record of one counts its fills again.
    trade_orders: |state: &State| state.trade().forgotten_orders();
    /// Orders whose symbol is no longer known by the bot's own id.
    trade_links: |state: &State| state.trade().forgotten_links();
    /// Orders whose costs may count again.
    trade_costs: |state: &State| state.trade().forgotten_costs();
    /// Records of money of symbols beyond the limit.
    trade_records: |state: &State| state.trade().dropped();
    /// Records of books and prices of symbols beyond the limit.
    market_records: |state: &State| state.market().dropped();
    /// Records of health gauges beyond the limit.
    health_records: |state: &State| state.protection().health_dropped();
    /// Moments that charts no longer mark.
    moments: crate::moments::dropped;
    /// Minutes that were not taken out in time to be stored.
    stored_minutes: |state: &State| state.minutes().lost();
    /// Chart buckets that no longer tell symbols and sides apart.
    folded_buckets: |state: &State| {
        let parts = [state.orders().folded_buckets(), state.latency().folded_buckets()];
        parts.into_iter().sum::<u64>() + state.route_counts().folded_buckets() + state.coverage().folded_buckets()
    };
    /// Chart buckets that went before their 24 hours were over.
    dropped_buckets: |state: &State| {
        let parts = [state.orders().dropped_buckets(), state.latency().dropped_buckets()];
        let reasons = [state.coverage().dropped_buckets(), state.funnel_counts().dropped_buckets()];
        parts.into_iter().chain(reasons).sum::<u64>() + state.route_counts().dropped_buckets()
    };
}
