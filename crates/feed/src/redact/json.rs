//! Walks over JSON text: values of credential keys go, every other string is searched as text.
//!
//! Invariant: only values and strings are replaced, each as a whole by a JSON string. What names a value is the key
//! before it, the keys around it where that alone says nothing (`{"api": {"key": …}}`), the name beside it
//! (`{"name": "token", "value": …}`), the first of a list's pair (`[["token", …]]`), or the flag before it
//! (`["--token", …]`).

use std::borrow::Cow;

use super::{
    Output, REDACTED, byte, find,
    key::{FOLLOWERS, Kind},
    skip_space, slice, text,
};

/// Keys of an object's member that says what its `value` is.
const NAMES: [&str; 5] = ["name", "key", "header", "field", "param"];

/// The key of what is named so.
const VALUE: &str = "value";

/// Deeper than this no line is taken for JSON.
const DEEPEST: usize = 128;

/// Redacts valid JSON.
pub(super) fn redact(line: &str) -> Cow<'_, str> {
    let mut walk = Walk { line, open: Vec::new(), changes: Vec::new() };
    walk.all();
    walk.finish()
}

/// An object or a list that has begun and not ended.
#[derive(Default)]
struct Frame<'a> {
    is_list: bool,
    /// The key before it.
    under: &'a str,
    /// The key whose value is next.
    key: &'a str,
    commas: usize,
    /// What a list's first element names.
    first: Names,
    /// What a flag in a list names, where it is the element before.
    flag: Names,
    /// What an object's member says that its value is.
    named: Names,
    /// A string that goes if what it is turns out to be a credential.
    string: Option<(usize, usize)>,
}

/// What a string names, as it is and once it is redacted: what is left of it may say more than it did, and then its
/// value would go the next time.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Names([Kind; 2]);

impl Default for Names {
    fn default() -> Self {
        Self([Kind::Plain; 2])
    }
}

impl Names {
    fn of(content: &str, clean: Option<&str>) -> Self {
        let kind = kind_of(content);
        Self([kind, clean.map_or(kind, |clean| kind_of(slice(clean, 1, clean.len() - 1)))])
    }

    /// Whether a value of that name, quotes included, is a credential.
    fn condemns(self, value: &str) -> bool {
        let spares = |kind: Kind| kind.spares(value) || spares_string(kind, value);
        !self.0.into_iter().all(spares)
    }
}

struct Walk<'a> {
    line: &'a str,
    open: Vec<Frame<'a>>,
    /// From, to, and what stands there instead. Some lie within others.
    changes: Vec<(usize, usize, String)>,
}

impl<'a> Walk<'a> {
    fn all(&mut self) {
        let mut at = 0;
        while let Some(mark) = find(self.line, at, |byte| b"\"{}[],".contains(&byte)) {
            at = match byte(self.line, mark) {
                Some(b'"') => self.string(mark),
                Some(b'{') => self.begin(mark, false),
                Some(b'[') => self.begin(mark, true),
                Some(b',') => {
                    if let Some(around) = self.open.last_mut() {
                        around.commas += 1;
                    }
                    mark + 1
                }
                _ => {
                    self.end();
                    mark + 1
                }
            };
        }
    }

    fn begin(&mut self, at: usize, is_list: bool) -> usize {
        if self.open.len() >= DEEPEST {
            let end = value_end(self.line, at);
            self.replace(at, end);
            return end;
        }
        let mut frame = Frame { is_list, ..Frame::default() };
        if let Some(around) = self.open.last_mut() {
            around.flag = Names::default();
            frame.under = around.key;
        }
        self.open.push(frame);
        at + 1
    }

    fn end(&mut self) {
        let Some(ended) = self.open.pop() else { return };
        let in_list = self.open.last().is_some_and(|around| around.is_list);
        let names = match (ended.is_list, ended.commas) {
            (true, 1) if in_list => ended.first,
            (true, _) => return,
            (false, _) => ended.named,
        };
        if let Some((from, to)) =
            ended.string.filter(|(from, to)| names.condemns(slice(self.line, *from, *to)))
        {
            self.replace(from, to);
        }
    }

    /// A key with its value, or a string that is a value. Returns the index to go on at.
    fn string(&mut self, start: usize) -> usize {
        let line = self.line;
        let end = string_end(line, start);
        let content = slice(line, start + 1, end.saturating_sub(1));
        let clean = string(content);
        let names = Names::of(content, clean.as_deref());
        if let Some(clean) = clean {
            self.changes.push((start, end, clean));
        }
        let colon = skip_space(line, end);
        if byte(line, colon) == Some(b':') {
            self.key(content, names, skip_space(line, colon + 1))
        } else {
            self.element(content, names, start, end);
            end
        }
    }

    fn key(&mut self, key: &'a str, mut names: Names, value: usize) -> usize {
        if let Some(object) = self.open.last_mut() {
            object.key = key;
            if is_follower(key) && names == Names::default() {
                names = Names::of(&format!("{} {key}", object.under), None);
            }
            if key.eq_ignore_ascii_case(VALUE) && byte(self.line, value) == Some(b'"') {
                object.string = Some((value, string_end(self.line, value)));
            }
        }
        if names == Names::default() {
            return value;
        }
        let end = value_end(self.line, value);
        if !names.condemns(slice(self.line, value, end)) {
            return value; // what it holds may be one for reasons of its own
        }
        self.replace(value, end);
        end
    }

    fn element(&mut self, content: &str, names: Names, start: usize, end: usize) {
        let Some(around) = self.open.last_mut() else { return };
        let names = if looks_like_a_name(content) { names } else { Names::default() };
        if !around.is_list {
            if NAMES.iter().any(|name| around.key.eq_ignore_ascii_case(name)) {
                around.named = names;
            }
            return;
        }
        match around.commas {
            0 => around.first = names,
            1 => around.string = Some((start, end)),
            _ => {}
        }
        let is_flag = content.starts_with('-');
        let before = std::mem::replace(&mut around.flag, if is_flag { names } else { Names::default() });
        if !is_flag && before.condemns(slice(self.line, start, end)) {
            self.replace(start, end);
        }
    }

    fn replace(&mut self, from: usize, to: usize) {
        self.changes.push((from, to, format!("\"{REDACTED}\"")));
    }

    fn finish(mut self) -> Cow<'a, str> {
        // What encloses others first, and of two for the same the later, which is the stricter.
        self.changes.reverse();
        self.changes.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        let mut out = Output::new(self.line);
        let mut behind = 0;
        for (from, to, with) in &self.changes {
            if *from >= behind {
                out.replace(*from, *to, with);
                behind = *to;
            }
        }
        out.finish()
    }
}

/// Whether a string that is a value may name another one: no sentence and no event's code.
fn looks_like_a_name(content: &str) -> bool {
    let is_code = content.contains('.') && !content.contains(|letter: char| letter.is_lowercase());
    let is_phrase = content.rsplit_once(' ').is_some_and(|(_, last)| is_follower(last));
    !is_code && (is_phrase || !content.contains(char::is_whitespace))
}

fn is_follower(word: &str) -> bool {
    FOLLOWERS.iter().any(|follower| word.eq_ignore_ascii_case(follower))
}

fn kind_of(key: &str) -> Kind {
    unescaped(key).map_or(Kind::Credential, |key| Kind::of(&key))
}

/// A string may stay where it is empty, a mask, or too short; a number in quotes is no amount.
fn spares_string(kind: Kind, value: &str) -> bool {
    value.starts_with('"')
        && match slice(value, 1, value.len().saturating_sub(1)) {
            "" => true,
            content => matches!(kind, Kind::Mask | Kind::Long) && kind.spares(content),
        }
}

/// A string's redacted form as JSON, quotes included; `None` where it holds no credential.
fn string(content: &str) -> Option<String> {
    let Some(content) = unescaped(content) else { return Some(format!("\"{REDACTED}\"")) };
    let is_json = content.trim_start().starts_with(['{', '[', '"'])
        && serde_json::from_str::<serde::de::IgnoredAny>(&content).is_ok();
    match if is_json { redact(&content) } else { text::redact(&content) } {
        Cow::Owned(clean) => serde_json::to_string(&clean).ok(),
        Cow::Borrowed(_) => None,
    }
}

/// What a JSON string says; `None` for what UTF-8 cannot say (half a surrogate pair).
fn unescaped(content: &str) -> Option<Cow<'_, str>> {
    if !content.contains('\\') {
        return Some(Cow::Borrowed(content));
    }
    serde_json::from_str::<String>(&format!("\"{content}\"")).ok().map(Cow::Owned)
}

/// Index behind a JSON string's closing quote.
fn string_end(line: &str, start: usize) -> usize {
    let mut escaped = false;
    let closes = |byte: u8| {
        let closes = !escaped && byte == b'"';
        escaped = !escaped && byte == b'\\';
        closes
    };
    find(line, start + 1, closes).map_or(line.len(), |quote| quote + 1)
}

/// Index behind a JSON value.
fn value_end(line: &str, start: usize) -> usize {
    match byte(line, start) {
        Some(b'"') => string_end(line, start),
        Some(b'{' | b'[') => nested_end(line, start),
        _ => find(line, start, |byte| byte.is_ascii_whitespace() || b",}]".contains(&byte))
            .unwrap_or(line.len()),
    }
}

fn nested_end(line: &str, start: usize) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while let Some(mark) = find(line, at, |byte| b"\"{}[]".contains(&byte)) {
        at = mark + 1;
        match byte(line, mark) {
            Some(b'"') => at = string_end(line, mark),
            Some(b'{' | b'[') => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth == 0 {
            return at;
        }
    }
    line.len()
}
