//! By symbol and side: which of them an event is about, and which of them a figure is asked for.
//!
//! Figures are kept per *scope*, a pair of symbol and side, and summed up over those that a [`Filter`] lets
//! through; so figures by symbol and side add up to those of everything. Invariants: at most
//! [`Scopes::SYMBOL_LIMIT`] symbols are told apart, the first ones seen, and the rest is `other`; what names no symbol
//! is that of its order or intent, where that was seen with one, and else `unknown`; nothing is allocated for a
//! symbol that is known.

use crate::{
    event::{Event, Side},
    ids::Ids,
    maps::ByName,
    parts::{Broken, Loading, Parts, Sink, Source, Within, choices, parts},
    text::kept,
};

/// A symbol's place in the table of symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(u8);

impl Parts for SymbolId {
    fn save(&self, to: &mut impl Sink) {
        let Self(index) = self;
        index.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let symbol = SymbolId(u8::load(from)?);
        let known = usize::from(symbol.0) < from.symbols || [Self::OTHER, Self::UNKNOWN].contains(&symbol);
        known.then_some(symbol).ok_or(Broken::new("there is no such symbol"))
    }
}

impl SymbolId {
    /// All symbols beyond the limit.
    pub const OTHER: SymbolId = SymbolId(64);
    /// What names no symbol and belongs to no order that is known to have one.
    pub const UNKNOWN: SymbolId = SymbolId(65);
    /// A symbol that was never seen: nothing is about it.
    pub const UNSEEN: SymbolId = SymbolId(u8::MAX);

    /// How many there can be, `other` and `unknown` included.
    const COUNT: usize = 66;
}

/// A side, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SideKey {
    /// Bid side.
    Buy,
    /// Ask side.
    Sell,
    /// Neither was named.
    Unknown,
}

choices!(SideKey { Buy = 0, Sell = 1, Unknown = 2 });

impl SideKey {
    /// Every one.
    pub const ALL: [SideKey; 3] = [SideKey::Buy, SideKey::Sell, SideKey::Unknown];
}

impl From<Option<Side>> for SideKey {
    fn from(side: Option<Side>) -> Self {
        match side {
            Some(Side::Buy) => SideKey::Buy,
            Some(Side::Sell) => SideKey::Sell,
            None => SideKey::Unknown,
        }
    }
}

/// What figures are asked for; `None` lets everything through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// One symbol.
    pub symbol: Option<SymbolId>,
    /// One side.
    pub side: Option<SideKey>,
}

impl Filter {
    /// Lets everything through.
    pub const ALL: Filter = Filter { symbol: None, side: None };
}

/// A pair of symbol and side that occurs, numbered in the order of appearance; there can be 66 times 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScopeId(u8);

impl Parts for ScopeId {
    fn save(&self, to: &mut impl Sink) {
        let Self(index) = self;
        index.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let scope = Self(u8::load(from)?);
        let known =
            if from.folded { scope == Self::FOLDED } else { usize::from(scope.index()) < from.scopes };
        known.then_some(scope).ok_or(Broken::new("there is no such symbol and side"))
    }
}

impl ScopeId {
    /// Where figures are not kept by symbol and side.
    pub(crate) const ANY: ScopeId = ScopeId(0);
    /// All of them together, where they are no longer told apart: no filter lets it through.
    pub(crate) const FOLDED: ScopeId = ScopeId(u8::MAX);
    /// How many there can be.
    #[cfg(test)]
    pub(crate) const COUNT: usize = SymbolId::COUNT * SideKey::ALL.len();
    /// The first one.
    #[cfg(test)]
    pub(crate) const FIRST: ScopeId = ScopeId(0);

    /// Its number, below 198 or that of [`ScopeId::FOLDED`].
    pub(crate) fn index(self) -> u8 {
        self.0
    }

    /// The first of its keys where each scope has `width`.
    pub(crate) fn first_key(self, width: u32) -> u32 {
        u32::from(self.0) * width
    }

    /// The inverse of [`ScopeId::index`].
    pub(crate) fn from_index(index: u8) -> Self {
        Self(index)
    }
}

/// The scopes that a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeSet([u128; 2]);

impl ScopeSet {
    /// Every scope, those yet to come too.
    pub const ALL: ScopeSet = ScopeSet([u128::MAX; 2]);
    /// None.
    pub const NONE: ScopeSet = ScopeSet([0; 2]);

    /// Whether this is [`ScopeSet::ALL`].
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    pub(crate) fn contains(&self, scope: ScopeId) -> bool {
        let [low, high] = self.0;
        let half = if scope.0 < 128 { low } else { high };
        half >> (scope.0 % 128) & 1 == 1
    }

    fn insert(&mut self, scope: usize) {
        let [low, high] = &mut self.0;
        let half = if scope < 128 { low } else { high };
        *half |= 1 << (scope % 128);
    }
}

/// What an event is about: the keys of its ids, each hashed once, and its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Key of the order's id.
    pub(crate) order: Option<u128>,
    /// Key of the intent's id.
    pub(crate) intent: Option<u128>,
    /// Symbol and side.
    pub(crate) scope: ScopeId,
}

impl Subject {
    /// What `event` is about where nothing came before it.
    #[cfg(test)]
    pub(crate) fn of(event: &Event<'_>) -> Self {
        Scopes::default().subject(event)
    }
}

/// What is known of an id.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Named {
    symbol: Option<SymbolId>,
    side: Option<Side>,
}

parts!(Named { symbol, side });

impl Named {
    fn is_whole(self) -> bool {
        self.symbol.is_some() && self.side.is_some()
    }

    fn or(self, other: Self) -> Self {
        Self { symbol: self.symbol.or(other.symbol), side: self.side.or(other.side) }
    }
}

/// The symbols and scopes of a session.
#[derive(Clone, Debug)]
pub struct Scopes {
    names: Vec<Box<str>>,
    by_name: ByName<SymbolId>,
    pairs: Vec<(SymbolId, SideKey)>,
    numbers: [[Option<ScopeId>; SideKey::ALL.len()]; SymbolId::COUNT],
    named: Ids<Named>,
    /// The run that was named last; records without one are taken for records of it.
    last_run: Run,
    beyond_limit: u64,
}

/// Names and pairs, each by its number; then what is remembered by id.
impl Parts for Scopes {
    fn save(&self, to: &mut impl Sink) {
        (0..self.steps()).for_each(|step| self.save_step(step, to));
    }

    /// Those of what is remembered by id; what comes before it goes with the first of them, what comes behind with the last.
    fn steps(&self) -> usize {
        Within::steps(&self.named)
    }

    fn save_step(&self, step: usize, to: &mut impl Sink) {
        let Self { names, by_name: _, pairs, numbers: _, named, last_run, beyond_limit } = self;
        if step == 0 {
            names.save(to);
            pairs.save(to);
        }
        named.save_step(step, to);
        if step + 1 == Parts::steps(self) {
            u128::from(last_run.0).save(to);
            beyond_limit.save(to);
        }
    }

    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let mut scopes = Self { names: Within::load(from, Self::SYMBOL_LIMIT)?, ..Self::default() };
        for (name, index) in scopes.names.iter().zip(0_u8..) {
            if scopes.by_name.insert(name.clone(), SymbolId(index)).is_some() {
                return Err(Broken::new("a symbol comes twice"));
            }
        }
        from.symbols = scopes.names.len();
        let pairs: Vec<(SymbolId, SideKey)> = Within::load(from, SymbolId::COUNT * SideKey::ALL.len())?;
        for (place, (symbol, side)) in pairs.iter().enumerate() {
            if usize::from(scopes.scope(*symbol, *side).index()) != place {
                return Err(Broken::new("a pair of symbol and side comes twice"));
            }
        }
        from.scopes = scopes.pairs.len();
        scopes.named = Within::load(from, Self::ID_LIMIT)?;
        let last_run: u128 = Parts::load(from)?;
        scopes.last_run = Run(u64::try_from(last_run).map_err(|_| Broken::new("no run has that key"))?);
        scopes.beyond_limit = Parts::load(from)?;
        Ok(scopes)
    }
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            by_name: ByName::default(),
            pairs: Vec::new(),
            numbers: [[None; SideKey::ALL.len()]; SymbolId::COUNT],
            named: Ids::new(Self::ID_LIMIT),
            last_run: Run::NONE,
            beyond_limit: 0,
        }
    }
}

impl Scopes {
    /// How many symbols are told apart.
    pub const SYMBOL_LIMIT: usize = 64;
    /// For how many ids of orders and intents symbol and side are remembered.
    pub const ID_LIMIT: usize = 262_144;

    /// The name of a symbol: its spelling in the log, `other`, `unknown`, or empty for one that was never seen.
    pub fn name(&self, symbol: SymbolId) -> &str {
        match symbol {
            SymbolId::OTHER => "other",
            SymbolId::UNKNOWN => "unknown",
            SymbolId(index) => self.names.get(usize::from(index)).map_or("", |name| name),
        }
    }

    /// The symbols that occurred, in the order of their appearance, `other` and `unknown` among them.
    pub fn symbols(&self) -> Vec<SymbolId> {
        let mut symbols = Vec::new();
        for (symbol, _) in &self.pairs {
            if !symbols.contains(symbol) {
                symbols.push(*symbol);
            }
        }
        symbols
    }

    /// The symbol of that name, `other` and `unknown` included; [`SymbolId::UNSEEN`] where there is none.
    pub fn symbol(&self, name: &str) -> SymbolId {
        match name {
            "other" => SymbolId::OTHER,
            "unknown" => SymbolId::UNKNOWN,
            name => self.by_name.get(kept(name)).copied().unwrap_or(SymbolId::UNSEEN),
        }
    }

    /// How many events named a symbol beyond the limit, and are counted as `other`.
    pub fn beyond_limit(&self) -> u64 {
        self.beyond_limit
    }

    /// How many ids of orders and intents were forgotten; above zero, a later record of one that names no symbol or
    /// side counts as `unknown`.
    pub fn forgotten_ids(&self) -> u64 {
        self.named.forgotten()
    }

    /// The scopes so far that `filter` lets through.
    pub fn matching(&self, filter: Filter) -> ScopeSet {
        if filter == Filter::ALL {
            return ScopeSet::ALL;
        }
        let mut set = ScopeSet::NONE;
        for (number, (symbol, side)) in self.pairs.iter().enumerate() {
            if filter.symbol.is_none_or(|wanted| wanted == *symbol)
                && filter.side.is_none_or(|wanted| wanted == *side)
            {
                set.insert(number);
            }
        }
        set
    }

    /// The side of a scope.
    pub(crate) fn side(&self, scope: ScopeId) -> SideKey {
        self.pairs.get(usize::from(scope.0)).map_or(SideKey::Unknown, |(_, side)| *side)
    }

    /// Whether `filter` lets figures of the symbol of that name through.
    pub(crate) fn lets_through(&self, name: &str, filter: Filter) -> bool {
        let symbol = || self.by_name.get(name).copied().unwrap_or(SymbolId::OTHER);
        filter.symbol.is_none_or(|wanted| wanted == symbol())
    }

    /// What `event` is about. What it names is remembered for later events of the same order or intent.
    pub(crate) fn subject(&mut self, event: &Event<'_>) -> Subject {
        let run = Run::of(event.run_id.as_deref());
        if run != Run::NONE {
            self.last_run = run;
        }
        let order = event.order_id.as_deref().map(|id| run.key(id));
        let intent = match (event.intent_id.as_deref(), event.order_id.as_deref()) {
            (Some(intent), Some(id)) if intent == id => order,
            (intent, _) => intent.map(|id| run.key(id)),
        };
        let own = Named { symbol: event.symbol.as_deref().map(|name| self.intern(name)), side: event.side };
        let named = self.complete(own, event, order, intent);
        let symbol = named.symbol.unwrap_or(SymbolId::UNKNOWN);
        Subject { order, intent, scope: self.scope(symbol, named.side.into()) }
    }

    /// The symbol and side of `event`, and where it names none, those of its order or intent as far as they are known
    /// by now.
    pub fn about(&self, event: &Event<'_>) -> (SymbolId, SideKey) {
        let symbol = event.symbol.as_deref().map(|name| match self.symbol(name) {
            SymbolId::UNSEEN => SymbolId::OTHER,
            symbol => symbol,
        });
        let mut named = Named { symbol, side: event.side };
        if !named.is_whole() {
            let runs = [
                Run::of(event.run_id.as_deref()),
                if event.run_id.is_some() { Run::NONE } else { self.last_run },
            ];
            for id in [&event.order_id, &event.intent_id].into_iter().flatten() {
                for run in runs {
                    if !named.is_whole() {
                        named = named.or(self.known(Some(run.key(id))));
                    }
                }
            }
        }
        (named.symbol.unwrap_or(SymbolId::UNKNOWN), named.side.into())
    }

    /// Adds to `named` what earlier events of the same ids named, and remembers the whole for later ones.
    fn complete(
        &mut self,
        mut named: Named,
        event: &Event<'_>,
        order: Option<u128>,
        intent: Option<u128>,
    ) -> Named {
        if !named.is_whole() {
            // A log without runs tells of the same orders as one with them.
            let other = if event.run_id.is_some() { Run::NONE } else { self.last_run };
            for (key, id) in [(order, &event.order_id), (intent, &event.intent_id)] {
                let of_other = || id.as_deref().map(|id| other.key(id));
                named = named.or(self.known(key));
                if !named.is_whole() {
                    named = named.or(self.known(of_other()));
                }
            }
            if named == Named::default() {
                return named;
            }
        }
        self.remember(order, named);
        self.remember(intent.filter(|_| intent != order), named);
        named
    }

    fn known(&self, key: Option<u128>) -> Named {
        key.and_then(|key| self.named.get(key)).copied().unwrap_or_default()
    }

    fn remember(&mut self, key: Option<u128>, named: Named) {
        if let Some(known) = key.and_then(|key| self.named.entry(key, || named)) {
            *known = named;
        }
    }

    fn intern(&mut self, name: &str) -> SymbolId {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let free = u8::try_from(self.names.len()).ok().filter(|_| self.names.len() < Self::SYMBOL_LIMIT);
        let Some(index) = free else {
            self.beyond_limit += 1;
            return SymbolId::OTHER;
        };
        self.names.push(name.into());
        self.by_name.insert(name.into(), SymbolId(index));
        SymbolId(index)
    }

    fn scope(&mut self, symbol: SymbolId, side: SideKey) -> ScopeId {
        let next = ScopeId(u8::try_from(self.pairs.len()).unwrap_or(u8::MAX));
        let by_side = self.numbers.get_mut(usize::from(symbol.0));
        match by_side.and_then(|by_side| by_side.get_mut(side as usize)) {
            Some(Some(scope)) => *scope,
            Some(free) => {
                *free = Some(next);
                self.pairs.push((symbol, side));
                next
            }
            None => next,
        }
    }
}

/// What an id is unique in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run(u64);

impl Run {
    const NONE: Run = Run(0);

    fn of(run_id: Option<&str>) -> Self {
        run_id.map_or(Self::NONE, |run| Self(xxhash_rust::xxh3::xxh3_64(run.as_bytes())))
    }

    /// A key for an id. At 128 bits a collision among a million ids has odds of 1 in 10^27.
    fn key(self, id: &str) -> u128 {
        xxhash_rust::xxh3::xxh3_128_with_seed(id.as_bytes(), self.0)
    }
}

/// A key for an id within its run.
pub(crate) fn id_key(run_id: Option<&str>, id: &str) -> u128 {
    Run::of(run_id).key(id)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{Code, Shape, Source};

    fn event(symbol: Option<&str>, side: Option<Side>, order: Option<&str>) -> Event<'static> {
        let mut event = Event::bare(Source::Events, Shape::Canonical, Code::Other, "x");
        event.symbol = symbol.map(|name| Cow::Owned(name.to_owned()));
        event.side = side;
        event.order_id = order.map(|id| Cow::Owned(id.to_owned()));
        event
    }

    fn check(scopes: &mut Scopes, event: &Event<'_>, symbol: &str, side: SideKey) {
        let scope = scopes.subject(event).scope;
        let (found, found_side) = scopes.pairs[usize::from(scope.index())];
        assert_eq!((scopes.name(found), found_side), (symbol, side));
        assert_eq!(scopes.about(event), (found, found_side), "looked at again");
        let filter = Filter { symbol: Some(scopes.symbol(symbol)), side: Some(side) };
        assert!(scopes.matching(filter).contains(scope));
    }

    #[test]
    fn an_order_is_of_the_symbol_and_side_that_were_named_for_it() {
        let mut scopes = Scopes::default();
        check(&mut scopes, &event(None, None, Some("1")), "unknown", SideKey::Unknown);
        check(&mut scopes, &event(Some("SOLUSDT"), None, Some("1")), "SOLUSDT", SideKey::Unknown);
        check(&mut scopes, &event(None, Some(Side::Sell), Some("1")), "SOLUSDT", SideKey::Sell);
        check(&mut scopes, &event(None, None, Some("1")), "SOLUSDT", SideKey::Sell);
        check(&mut scopes, &event(None, None, Some("2")), "unknown", SideKey::Unknown);
        check(&mut scopes, &event(Some("ETHUSDT"), None, None), "ETHUSDT", SideKey::Unknown);
    }

    #[test]
    fn an_order_is_of_its_intents_symbol() {
        let mut scopes = Scopes::default();
        let mut intent = event(Some("SOLUSDT"), Some(Side::Buy), None);
        intent.intent_id = Some(Cow::Borrowed("int-1"));
        check(&mut scopes, &intent, "SOLUSDT", SideKey::Buy);
        let mut order = event(None, None, Some("1"));
        order.intent_id = Some(Cow::Borrowed("int-1"));
        check(&mut scopes, &order, "SOLUSDT", SideKey::Buy);
        check(&mut scopes, &event(None, None, Some("1")), "SOLUSDT", SideKey::Buy);
    }

    #[test]
    fn beyond_the_limit_symbols_are_other_and_every_scope_has_a_number() {
        let mut scopes = Scopes::default();
        for index in 0..Scopes::SYMBOL_LIMIT + 3 {
            let name = format!("S{index:03}");
            for side in [Some(Side::Buy), Some(Side::Sell), None] {
                let expected = if index < Scopes::SYMBOL_LIMIT { &*name } else { "other" };
                check(&mut scopes, &event(Some(&name), side, None), expected, side.into());
            }
        }
        for side in [Some(Side::Buy), Some(Side::Sell), None] {
            check(&mut scopes, &event(None, side, None), "unknown", side.into());
        }
        assert_eq!((scopes.pairs.len(), scopes.beyond_limit()), (ScopeId::COUNT, 9));
        assert_eq!(scopes.matching(Filter { symbol: Some(SymbolId::UNSEEN), side: None }), ScopeSet::NONE);
    }

    fn in_run(run: Option<&'static str>, mut event: Event<'static>) -> Event<'static> {
        event.run_id = run.map(Cow::Borrowed);
        event
    }

    fn check_runs(naming: Option<&'static str>, other: Option<&'static str>, known: bool) {
        let mut scopes = Scopes::default();
        scopes.subject(&in_run(naming, event(Some("BTCUSDT"), Some(Side::Buy), Some("1"))));
        scopes.subject(&in_run(other, event(None, None, None)));
        let scope = scopes.subject(&in_run(other, event(None, None, Some("1")))).scope;
        let unknown = scopes.subject(&event(None, None, None)).scope;
        assert_eq!(scope != unknown, known, "{naming:?} then {other:?}");
    }

    #[test]
    fn a_log_without_runs_and_one_with_runs_tell_of_the_same_orders() {
        check_runs(None, Some("r"), true);
        check_runs(Some("r"), None, true);
        check_runs(Some("r"), Some("r"), true);
        check_runs(Some("q"), Some("r"), false);
    }
}
