//! Risk gauges: the last value of everything that sizes a trade or limits it, with the time of its record.
//!
//! Invariant: a gauge belongs to one code, and a record that arrives late does not replace a newer one.

use crate::{
    code::Code,
    detail::{Detail, RISK_WIDTH},
    event::Event,
    latest::{Latest, update},
    parts::parts,
    time::Ts,
};

/// The codes that report gauges.
const CODES: [Code; 7] = [
    Code::KellyApplied,
    Code::LambdaUpdate,
    Code::CvarGate,
    Code::CvarFit,
    Code::CvarShift,
    Code::SizingDecision,
    Code::RiskUpdate,
];

/// The gauges that `code` reports, in the order of [`Detail::Risk`]; none for other codes.
///
/// Fractions (`f_*`, `lambda.*`, `size_scale`, `p_cal`) are plain numbers, money (`cvar.current`, `cvar.delta`,
/// `cvar.limit`, `notional_target`, `px`) is in quote currency, quantities (`qty*`) in units of the symbol;
/// `cvar.allow` is 1 or 0.
pub fn gauges_of(code: Code) -> &'static [&'static str] {
    match code {
        Code::KellyApplied => {
            &["kelly.f_raw", "kelly.f_portfolio", "kelly.multiplier", "kelly.f_final", "kelly.qty_final"]
        }
        Code::LambdaUpdate => {
            &["lambda.cal", "lambda.reg", "lambda.liq", "lambda.dd", "lambda.lat", "lambda.multiplier"]
        }
        Code::CvarGate | Code::Cvar => &["cvar.current", "cvar.delta", "cvar.limit", "cvar.allow"],
        Code::CvarFit => {
            &["cvar.fit_u", "cvar.fit_xi", "cvar.fit_beta", "cvar.fit_exceedances", "cvar.fit_n"]
        }
        Code::CvarShift => &[
            "cvar.shift_gamma",
            "cvar.shift_qty_before",
            "cvar.shift_qty_after",
            "cvar.shift_current",
            "cvar.shift_limit",
            "cvar.shift_delta",
        ],
        Code::SizingDecision => &[
            "sizing.p_cal",
            "sizing.rr",
            "sizing.f_raw",
            "sizing.f_clipped",
            "sizing.notional_target",
            "sizing.qty",
            "sizing.px",
        ],
        Code::RiskUpdate => &["risk.dd_day_pct", "risk.max_concurrent", "risk.size_scale"],
        _ => &[],
    }
}

/// One gauge as last reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Its name, such as `kelly.f_final`.
    pub name: &'static str,
    /// Its value and time.
    pub latest: Latest<f64>,
}

/// All risk gauges.
#[derive(Clone, Debug, Default)]
pub struct Risk {
    values: [[Option<Latest<f64>>; RISK_WIDTH]; CODES.len()],
}

parts!(Risk { values });

impl Risk {
    #[inline]
    pub(crate) fn apply(&mut self, event: &Event<'_>, at: Ts) -> bool {
        matches!(event.detail, Detail::Risk(_)) && self.take(event, at)
    }

    fn take(&mut self, event: &Event<'_>, at: Ts) -> bool {
        let Detail::Risk(numbers) = event.detail else { return false };
        let own = if event.code == Code::Cvar { Code::CvarGate } else { event.code };
        let row = CODES.iter().position(|code| *code == own);
        let Some(row) = row.and_then(|row| self.values.get_mut(row)) else { return false };
        let mut changed = false;
        for (known, number) in row.iter_mut().zip(numbers) {
            if let Some(number) = number.filter(|number| number.is_finite()) {
                changed |= update(known, number, at);
            }
        }
        changed
    }

    /// The gauges that were reported.
    pub fn gauges(&self) -> Vec<Gauge> {
        let rows = CODES.into_iter().zip(&self.values);
        rows.flat_map(|(code, row)| gauges_of(code).iter().zip(row))
            .filter_map(|(name, latest)| Some(Gauge { name, latest: (*latest)? }))
            .collect()
    }

    /// The gauge called `name`; `None` where it was never reported.
    pub fn gauge(&self, name: &str) -> Option<Latest<f64>> {
        self.gauges().into_iter().find(|gauge| gauge.name == name).map(|gauge| gauge.latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Source};

    fn gate(current: Option<f64>, limit: Option<f64>) -> Event<'static> {
        let mut event = Event::bare(Source::Events, Shape::Canonical, Code::CvarGate, "CVAR.GATE");
        event.detail = Detail::Risk([current, None, limit, None, None, None, None]);
        event
    }

    fn check(records: &[(i64, Event<'_>)], name: &str, expected: Option<(f64, i64)>) {
        let mut risk = Risk::default();
        for (at, event) in records {
            risk.apply(event, Ts(*at));
        }
        assert_eq!(risk.gauge(name).map(|latest| (latest.value, latest.at.0)), expected);
    }

    #[test]
    fn a_gauge_keeps_its_last_value_and_time() {
        let records =
            [(5, gate(Some(10.0), Some(500.0))), (7, gate(Some(12.0), None)), (6, gate(Some(11.0), None))];
        check(&records, "cvar.current", Some((12.0, 7)));
        check(&records, "cvar.limit", Some((500.0, 5)));
        check(&records, "cvar.delta", None);
        check(&[(1, gate(Some(f64::NAN), None))], "cvar.current", None);
    }

    #[test]
    fn every_code_fits_its_row() {
        for code in CODES {
            assert!((1..=RISK_WIDTH).contains(&gauges_of(code).len()), "{code:?}");
        }
        assert!(gauges_of(Code::Fill).is_empty());
    }
}
