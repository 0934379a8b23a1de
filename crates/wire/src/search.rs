//! What a reader asks of log lines: a small language, and whether a line is asked for.
//!
//! Terms stand side by side and all must hold; `-` before one excludes. A word is text that stands anywhere in the line;
//! `file:`, `code:` (one or several beginnings, with commas), `outcome:`, `symbol:`, `side:`, `reason:`, `order:` and `is:`
//! ask for what was read of it. Quotes around a word
//! or a value hold text together; inside of a word they are letters. Invariants: only ASCII letters are the same in both cases; an empty query asks for every line.

mod find;

use std::borrow::Cow;

use aurora_domain::{SideKey, Source, reason};

use crate::{decode::normal_code, facts};
use find::Needle;

/// What is known of a line; texts that are not known are empty.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The file kind.
    pub source: Source,
    /// Whether it could be read.
    pub is_read: bool,
    /// Its side.
    pub side: SideKey,
    /// The code in its one spelling.
    pub code: &'a [u8],
    /// The symbol in its one spelling.
    pub symbol: &'a [u8],
    /// Why, without a number at its end.
    pub reason: &'a [u8],
    /// The ids of the order.
    pub ids: [&'a [u8]; 3],
    /// The line.
    pub line: &'a [u8],
}

/// Why a query cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A word before a colon that is no filter.
    #[error(
        "There is no filter \"{key}:\". Use file:, code:, outcome:, symbol:, side:, reason:, order: or is:, or put the text into quotes."
    )]
    UnknownKey {
        /// That word.
        key: String,
    },
    /// A filter without a value.
    #[error("\"{key}:\" needs a value after the colon, without a space.")]
    NoValue {
        /// The filter.
        key: String,
    },
    /// A value that the filter does not know.
    #[error("\"{key}:\" does not know \"{value}\". Use {known}.")]
    UnknownValue {
        /// The filter.
        key: String,
        /// That value.
        value: String,
        /// Those that it knows.
        known: &'static str,
    },
    /// A quote without its second one.
    #[error("A quote is open: close it with \".")]
    OpenQuote,
}

/// A query that can be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    excludes: bool,
    asks: Asks,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Asks {
    File(Source),
    Side(SideKey),
    Unreadable,
    /// One of these beginnings.
    Code(Vec<Box<[u8]>>),
    /// What reports an outcome: beginnings of codes, and file kinds.
    Outcome(&'static [&'static str], &'static [Source]),
    Symbol(Pattern),
    Reason(Pattern),
    Order(Pattern),
    Text(Needle),
}

/// A whole text, or its beginning; letters of both cases are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    text: Box<[u8]>,
    is_beginning: bool,
}

const FILES: &str = "events, success, denied, failed or trades, or the file's own name";
const OUTCOMES: &str =
    "submitted, acked, partially_filled, filled, canceled, rejected, expired, denied or failed";
const SIDES: &str = "buy, sell or none";

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut terms = words(text)?.into_iter().map(Word::read).collect::<Result<Vec<_>, Problem>>()?;
        // What costs least is asked first.
        aurora_domain::sorting::by_key(&mut terms, |term| matches!(term.asks, Asks::Text(_)));
        Ok(Self { terms })
    }

    /// Whether it asks for every line.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it asks for this line.
    pub fn matches(&self, record: &Record<'_>) -> bool {
        self.terms.iter().all(|term| term.asks.holds(record) != term.excludes)
    }
}

/// A term of a query that asks for `key` with this `value`.
pub fn term(key: &str, value: &str) -> String {
    let plain = !value.is_empty() && !value.contains([' ', '\t', '"']) && !value.ends_with('*');
    // A quote cannot be quoted: what stands before it is asked for.
    let value = value.split('"').next().unwrap_or_default();
    if plain { format!("{key}:{value}") } else { format!("{key}:\"{value}\"") }
}

impl Asks {
    fn holds(&self, record: &Record<'_>) -> bool {
        match self {
            Self::File(source) => record.source == *source,
            Self::Side(side) => record.side == *side,
            Self::Unreadable => !record.is_read,
            Self::Code(beginnings) => beginnings.iter().any(|code| record.code.starts_with(code)),
            Self::Outcome(codes, files) => {
                files.contains(&record.source)
                    || record.source == Source::Events
                        && codes.iter().any(|code| record.code.starts_with(code.as_bytes()))
            }
            Self::Symbol(pattern) => pattern.fits(record.symbol),
            Self::Reason(pattern) => pattern.fits(record.reason),
            Self::Order(pattern) => record.ids.iter().any(|id| pattern.fits(id)),
            Self::Text(needle) => needle.is_in(record.line),
        }
    }
}

impl Pattern {
    fn new(text: &str, is_beginning: bool) -> Self {
        Self { text: text.as_bytes().into(), is_beginning }
    }

    fn fits(&self, text: &[u8]) -> bool {
        let compared = if self.is_beginning { text.get(..self.text.len()) } else { Some(text) };
        !text.is_empty() && compared.is_some_and(|text| text.eq_ignore_ascii_case(&self.text))
    }
}

/// A word of a query, with what stands before its first colon where that is outside of quotes.
#[derive(Debug, Default)]
struct Word {
    excludes: bool,
    key: Option<String>,
    text: String,
    quoted: bool,
}

fn words(text: &str) -> Result<Vec<Word>, Problem> {
    let mut words = Vec::new();
    let (mut word, mut begun, mut open) = (Word::default(), false, false);
    for letter in text.chars() {
        match letter {
            '"' if open || (word.text.is_empty() && !word.quoted) => {
                open = !open;
                (begun, word.quoted) = (true, true);
            }
            space if space.is_whitespace() && !open => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            '-' if !begun => (begun, word.excludes) = (true, true),
            ':' if !word.quoted && word.key.is_none() && is_key(&word.text) => {
                word.key = Some(std::mem::take(&mut word.text).to_ascii_lowercase());
            }
            letter => {
                begun = true;
                word.text.push(letter);
            }
        }
    }
    if open {
        return Err(Problem::OpenQuote);
    }
    if begun {
        words.push(word);
    }
    Ok(words)
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

impl Word {
    fn read(self) -> Result<Term, Problem> {
        let Self { excludes, key, text, quoted } = self;
        let Some(key) = key else {
            // A dash alone is text.
            let is_dash = text.is_empty() && excludes && !quoted;
            let needle = Needle::new(if is_dash { "-" } else { &text });
            return Ok(Term { excludes: excludes && !is_dash, asks: Asks::Text(needle) });
        };
        let is_beginning = !quoted && text.ends_with('*');
        let text = if is_beginning { text.trim_end_matches('*') } else { &text };
        let unknown = |known| Problem::UnknownValue { key: key.clone(), value: text.to_owned(), known };
        let asks = match key.as_str() {
            "file" => Asks::File(file(text).ok_or_else(|| unknown(FILES))?),
            "side" => Asks::Side(side(text).ok_or_else(|| unknown(SIDES))?),
            "is" if text.eq_ignore_ascii_case("unreadable") => Asks::Unreadable,
            "is" => return Err(unknown("unreadable")),
            "code" => {
                let codes = text.split(',').filter(|code| !code.is_empty());
                Asks::Code(codes.map(|code| normal_code(Cow::Borrowed(code)).as_bytes().into()).collect())
            }
            "outcome" => outcome(text).ok_or_else(|| unknown(OUTCOMES))?,
            "symbol" => Asks::Symbol(Pattern::new(&facts::symbol(Cow::Borrowed(text)), is_beginning)),
            "reason" => Asks::Reason(Pattern::new(&reason::normalise(Cow::Borrowed(text)), is_beginning)),
            "order" => Asks::Order(Pattern::new(text, is_beginning)),
            _ => return Err(Problem::UnknownKey { key }),
        };
        if text.is_empty() && !is_beginning {
            return Err(Problem::NoValue { key });
        }
        Ok(Term { excludes, asks })
    }
}

fn file(name: &str) -> Option<Source> {
    let name = name.to_ascii_lowercase();
    Source::from_name(name.trim_end_matches(".jsonl")).or(match name.as_str() {
        "events" => Some(Source::Events),
        "success" => Some(Source::Success),
        "denied" => Some(Source::Denied),
        "failed" => Some(Source::Failed),
        "trades" => Some(Source::Trades),
        _ => None,
    })
}

/// The events and order logs that report an outcome. Which state a row of an order log reports is in its text alone.
fn outcome(name: &str) -> Option<Asks> {
    let (codes, files): (&'static [&'static str], &'static [Source]) =
        match name.to_ascii_lowercase().as_str() {
            "submitted" => (&["ORDER.SUBMIT"], &[Source::Success, Source::Failed]),
            "acked" => (&["ORDER.ACK"], &[Source::Success]),
            "partially_filled" => (&["ORDER.PARTIAL"], &[]),
            "filled" => (&["ORDER.FILL"], &[]),
            "canceled" => (&["ORDER.CANCEL", "ORDER.CXL"], &[]),
            "rejected" => (&["ORDER.REJECT"], &[]),
            "expired" => (&["ORDER.EXPIRE"], &[]),
            "denied" => (&["ORDER.DENY", "RISK.DENY"], &[Source::Denied]),
            "failed" => (&["ORDER.REJECT"], &[Source::Failed]),
            _ => return None,
        };
    Some(Asks::Outcome(codes, files))
}

fn side(name: &str) -> Option<SideKey> {
    match name.to_ascii_lowercase().as_str() {
        "buy" => Some(SideKey::Buy),
        "sell" => Some(SideKey::Sell),
        "none" => Some(SideKey::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
