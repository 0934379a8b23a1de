//! How the bot behaves: protection, governance, routes, explanations.

use aurora_domain::{BreakerState, State, format, governance::Governance};

use crate::{
    components::{figure::Figure, rows::Row, tone::Tone},
    page::Chosen,
    reach,
    store::Store,
};

/// What protects the account.
pub(super) fn protection(store: &Store, chosen: Chosen) -> Vec<Row> {
    let (state, protection) = (store.state(), store.state().protection());
    let mut rows = Vec::new();
    if let Some((breaker, since)) = protection.breaker {
        let (word, tone) = match breaker {
            BreakerState::Closed => ("closed", Tone::Good),
            BreakerState::HalfOpen => ("half open", Tone::Warn),
            BreakerState::Open => ("open", Tone::Bad),
        };
        let changes = protection.breaker_changes().saturating_sub(1);
        let noted =
            if changes == 0 { String::new() } else { format!(", {} changes", format::count(changes)) };
        rows.push(
            Row::new("protection.breaker", "Circuit breaker", Figure::word(Some(word)))
                .note(format!("since {}{noted}", chosen.clock(since)))
                .tone(tone)
                .events("code:CIRCUIT_BREAKER,EXCHANGE.CB"),
        );
    }
    if let Some(armed) = protection.armed {
        let word = if armed { "armed" } else { "disarmed" };
        let tone = if armed { Tone::Good } else { Tone::Warn };
        let row = Row::new("protection.armed", "Trading", Figure::word(Some(word)));
        rows.push(row.tone(tone).events("code:AURORA,OPS.RESET"));
    }
    if let Some(halted) = protection.halted {
        let (word, tone) = if halted { ("halted", Tone::Bad) } else { ("running", Tone::Good) };
        let row = Row::new("protection.halted", "Halt", Figure::word(Some(word)));
        rows.push(row.tone(tone).events("code:AURORA"));
    }
    if let Some(until) = protection.cooloff_until {
        let left = until.seconds_since(state.now());
        let (figure, tone) = if left > 0.0 {
            (Figure::number(Some(left.ceil()), "s"), Tone::Warn)
        } else {
            (Figure::word(Some("over")), Tone::Plain)
        };
        let row = Row::new("protection.cooloff", "Cool-off", figure).tone(tone);
        rows.push(row.note(format!("until {}", chosen.clock(until))).events("code:AURORA"));
    }
    rows.extend(
        protection
            .counts(chosen.span())
            .into_iter()
            .map(|(code, count)| Row::new(format!("protection.count.{code}"), code, Figure::count(count))),
    );
    rows.extend(protection.health().into_iter().map(|(code, gauge)| {
        let over =
            gauge.value.value_ms.zip(gauge.value.threshold_ms).is_some_and(|(value, limit)| value > limit);
        let limit = format::or_no_data(gauge.value.threshold_ms, format::millis);
        Row::new(format!("protection.health.{code}"), code, Figure::millis(gauge.value.value_ms))
            .note(format!("threshold {limit}, at {}", chosen.clock(gauge.at)))
            .tone(if over { Tone::Warn } else { Tone::Plain })
    }));
    rows
}

/// What governs the strategy.
pub(super) fn governance(store: &Store, chosen: Chosen) -> Vec<Row> {
    let known = store.state().governance();
    let mut rows = Vec::new();
    if let Some(spent) = known.alpha_spent {
        let share = known.alpha_budget.filter(|budget| *budget > 0.0).map(|budget| spent / budget);
        let budget = format::or_no_data(known.alpha_budget, format::number);
        let note = format!("of {budget}, {} spent", format::or_no_data(share, format::percent));
        let tone = match share {
            Some(share) if share >= 1.0 => Tone::Bad,
            Some(share) if share >= 0.8 => Tone::Warn,
            _ => Tone::Plain,
        };
        rows.push(
            Row::new("governance.alpha_spent", "Alpha spent", Figure::number(Some(spent), ""))
                .note(note)
                .tone(tone)
                .events("code:ALPHA.LEDGER"),
        );
    }
    if let Some(score) = known.alpha_score {
        let row = Row::new("governance.alpha_score", "Alpha score", Figure::number(Some(score), ""));
        rows.push(row.events("code:GOVERNANCE.ALPHA"));
    }
    rows.extend(sprt(known));
    if let Some(mode) = known.mode.as_deref() {
        rows.push(Row::new("governance.mode", "Mode", Figure::word(Some(mode))).events("code:GOVERNANCE"));
    }
    if let Some(last) = known.transitions().last() {
        let side = |mode: Option<&str>| mode.unwrap_or("unknown").to_owned();
        let (from, to) = (side(last.from.as_deref()), side(last.to.as_deref()));
        let why = last.reason.as_deref().map(|reason| format!(", {reason}")).unwrap_or_default();
        let row = Row::new(
            "governance.transition",
            "Last transition",
            Figure::word(Some(&format!("{from} → {to}"))),
        );
        rows.push(
            row.note(format!("at {}{why}", chosen.clock(last.at))).events("code:GOVERNANCE.TRANSITION"),
        );
    }
    rows
}

/// The sequential test between its bounds.
fn sprt(known: &Governance) -> Option<Row> {
    let llr = known.llr.or(known.samples)?;
    let figure = if known.llr.is_some() { Figure::number(Some(llr), "") } else { Figure::default() };
    let bound = |bound| format::or_no_data(bound, format::number);
    let (lower, upper) = (bound(known.boundaries.lower), bound(known.boundaries.upper));
    let samples = format::or_no_data(known.samples, format::number);
    let (kept, taken) = known.accepted();
    let decision = known.decision.unwrap_or("undecided");
    Some(
        Row::new("governance.llr", "SPRT log-likelihood", figure)
            .note(format!("between {lower} and {upper}, n {samples}, {decision}; H0 {kept}, H1 {taken}"))
            .events("code:SPRT,GOVERNANCE.SPRT"),
    )
}

/// Which way orders went.
pub(super) fn routes(store: &Store, chosen: Chosen) -> Vec<Row> {
    let state = store.state();
    let all = reach::routes(state, chosen.reach, chosen.filter);
    let session = state.routes_over(aurora_domain::Span::Session, chosen.filter);
    if session == aurora_domain::routes::Routes::default() {
        return Vec::new();
    }
    let row = |key: &str, label: &str, count: u64, session: u64| {
        Row::new(key, label, Figure::count(count)).note(format!("session {}", format::count(session)))
    };
    let share = format::or_no_data(session.taker_share(), format::percent);
    vec![
        row("routes.maker", "Maker", all.maker, session.maker),
        row("routes.taker", "Taker", all.taker, session.taker),
        Row::new("routes.taker_share", "Taker share", Figure::ratio(all.taker_share()))
            .note(format!("session {share}"))
            .events("code:ROUTE,ROUTER,POLICY.DECISION,ORDER.ROUTE"),
        row("routes.deny", "No way found", all.deny, session.deny),
        row("routes.cancel", "Given up", all.cancel, session.cancel),
    ]
}

/// Whether what the bot did can be explained and traced.
pub(super) fn explanations(store: &Store, chosen: Chosen) -> Vec<Row> {
    let (state, span) = (store.state(), chosen.span());
    let explained = state.explained(span);
    let provenance = state.provenance(span);
    let mut rows = Vec::new();
    if explained.intents > 0 {
        rows.push(
            Row::new("xai.coverage", "Explained intents", Figure::ratio(explained.ratio()))
                .note(format!(
                    "{} of {}",
                    format::count(explained.explained),
                    format::count(explained.intents)
                ))
                .events("code:ORDER.INTENT"),
        );
    }
    let missing = provenance.missing().filter(|_| has_orders(state));
    if provenance.ratio().is_some() || missing.is_some() {
        let row = Row::new("provenance.coverage", "Traceable records", Figure::ratio(provenance.ratio()));
        rows.push(row.note(missing.unwrap_or_default()));
    }
    rows.extend(
        state
            .reasons_in(span, chosen.filter)
            .into_iter()
            .take(6)
            .map(|(reason, count)| Row::new(format!("xai.reason.{reason}"), reason, Figure::count(count))),
    );
    rows
}

fn has_orders(state: &State) -> bool {
    state.orders().speaker(aurora_domain::Outcome::Submitted).is_some()
}
