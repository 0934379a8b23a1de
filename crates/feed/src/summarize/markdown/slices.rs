//! Tables of the parts beside orders: funnel, explanation, money, service, market, risk, operations.

use aurora_domain::{
    Ts,
    format::{self, date_time_utc},
};

use super::{
    super::{
        report::Report,
        slices::{Last, Symbol},
    },
    count, escape, heading, or_no_data, row, table,
};

/// The tables of these parts.
pub(super) fn print(text: &mut String, report: &Report) {
    heading(text, "From intent to fill");
    table(text, ["Step", "Reached it"], &reached(report));
    heading(text, "Why intents drop out");
    table(text, ["Did not reach", "Reason", "Count"], &drop_outs(report));
    heading(text, "Explanation");
    table(text, ["Figure", "Value"], &explanation(report));
    heading(text, "Reasons of all records");
    let reasons = report.xai.reasons.0.iter();
    let reasons: Vec<_> = reasons.map(|(reason, by)| [escape(reason), count(*by)]).collect();
    table(text, ["Reason", "Records"], &reasons);
    heading(text, "Money");
    let head = [
        "Symbol",
        "Position",
        "Average price",
        "Realised",
        "Unrealised",
        "Fees",
        "Orders filled",
        "Notional",
        "Slippage, bps",
        "From",
    ];
    let money: Vec<_> = report.trade.symbols.iter().map(money).collect();
    table(text, head, &money);
    heading(text, "Service");
    table(text, ["Figure", "Value"], &service(report));
    heading(text, "Market");
    table(text, ["Symbol", "Bid", "Ask", "Spread, bps", "Price"], &market(report));
    heading(text, "Risk");
    let gauges = report.risk.0.iter();
    let gauges: Vec<_> = gauges
        .map(|(name, gauge)| [(*name).to_owned(), gauge.value.to_string(), date_time_utc(Ts(gauge.ts_ns))])
        .collect();
    table(text, ["Gauge", "Last logged", "At"], &gauges);
    heading(text, "Operations");
    table(text, ["Figure", "Value"], &operations(report));
}

fn reached(report: &Report) -> Vec<[String; 2]> {
    let steps = report.funnel.reached.0.iter();
    steps.map(|(step, reached)| [step.replace('_', " "), or_no_data(*reached, count)]).collect()
}

fn drop_outs(report: &Report) -> Vec<[String; 3]> {
    let drop_outs = report.funnel.drop_outs.iter();
    drop_outs.map(|by| [by.step.replace('_', " "), escape(&by.reason), count(by.count)]).collect()
}

fn explanation(report: &Report) -> Vec<[String; 2]> {
    let (xai, provenance) = (&report.xai, &report.provenance);
    let missing = provenance.missing.map_or_else(String::new, |why| format!(" ({why})"));
    vec![
        row("Explained intents", or_no_data(xai.coverage, format::percent)),
        row("Intents older than 10 s", count(xai.intents)),
        row("Intents without an id", count(xai.without_id)),
        row("Provenance", or_no_data(provenance.coverage, format::percent) + &missing),
        row("Records of submitted orders", count(provenance.records)),
        row("Records with a reason", count(xai.reason_records)),
    ]
}

fn money(of: &Symbol) -> [String; 10] {
    let number = |value: Option<f64>| or_no_data(value, |value| format!("{value:.6}"));
    [
        escape(&of.symbol),
        number(of.position),
        number(of.average_price),
        number(of.realised),
        number(of.unrealised),
        number(of.fees),
        count(of.filled_orders),
        number(of.notional),
        number(of.slippage_bps),
        of.origin.unwrap_or_default().to_owned(),
    ]
}

fn service(report: &Report) -> Vec<[String; 2]> {
    let service = &report.service;
    vec![
        row("Queries", count(service.query_count)),
        row("Success rate", or_no_data(service.success_rate, format::percent)),
        row("Error rate", or_no_data(service.error_rate, format::percent)),
        row("Average", or_no_data(service.avg_ms, format::millis)),
        row("p95", or_no_data(service.p95_ms, format::millis)),
        row("p99", or_no_data(service.p99_ms, format::millis)),
        row("Cache hit rate", or_no_data(service.cache_hit_rate, format::percent)),
        row("HTTP requests", count(service.http_requests)),
    ]
}

fn market(report: &Report) -> Vec<[String; 5]> {
    let number = |value: Option<f64>| or_no_data(value, |value| value.to_string());
    let symbols = report.market.symbols.0.iter();
    symbols
        .map(|(symbol, prices)| {
            let spread = or_no_data(prices.spread_bps, |bps| format!("{bps:.2}"));
            [escape(symbol), number(prices.bid), number(prices.ask), spread, number(prices.price)]
        })
        .collect()
}

fn operations(report: &Report) -> Vec<[String; 2]> {
    let operations = &report.operations;
    let last = |last: Option<&Last>| {
        or_no_data(last, |last| format!("{}, {}", escape(&last.name), date_time_utc(Ts(last.ts_ns))))
    };
    let mut rows = vec![
        row("Last act", last(operations.last.as_ref())),
        row("Configuration", last(operations.config.as_ref())),
        row("Market streams connected", count(report.market.ws_connects)),
    ];
    rows.extend(operations.counts.0.iter().map(|(code, by)| [escape(code), count(*by)]));
    rows
}
