//! Reads an expression of the subset.
//!
//! Invariants: what is read means here what it means in Prometheus, with its precedence and its types; what is not in
//! the subset is refused at its place; no input makes it recurse deeper than [`MAX_DEPTH`] or grow beyond
//! [`MAX_NODES`].

use super::{
    ast::{Arithmetic, Binary, Comparison, Expr, Matcher, Matching, Op, Overtime, Selector, SetOp, Test},
    duration::parse_duration_ms,
    labels::Labels,
    pattern::Pattern,
    refusal::Refusal,
    token::{Kind, Token, split},
};

/// The longest expression, in bytes.
const MAX_BYTES: usize = 8_192;
/// How many operators, functions, selectors and numbers one expression has at most.
pub const MAX_NODES: usize = 256;
/// How deep parentheses, functions and signs nest at most.
const MAX_DEPTH: usize = 48;
/// The longest range of a function, in milliseconds: a day.
pub const MAX_RANGE_MS: i64 = 86_400_000;

/// Aggregations, which the subset does without.
const AGGREGATIONS: [&str; 12] = [
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];
/// Names that are words of the language and so not of a metric.
const RESERVED: [&str; 11] =
    ["and", "atan2", "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "or", "unless"];

/// How tightly `^` binds; a sign before an operand takes in no looser one.
const POWER: u8 = 6;

/// Reads `source`.
///
/// # Errors
/// The first thing that is not of the subset, and where.
pub fn parse(source: &str) -> Result<Expr, Refusal> {
    if source.len() > MAX_BYTES {
        return Err(Refusal::new(source, MAX_BYTES, "an expression has at most 8192 bytes", ""));
    }
    let mut parser = Parser { source, tokens: split(source)?, next: 0, nodes: 0, depth: 0 };
    let expr = parser.expr(1)?;
    match parser.peek() {
        Token { kind: Kind::End, .. } => Ok(expr),
        Token { at, end, .. } => Err(parser.refuse(*at, *end, "an operator is missing before this")),
    }
}

struct Parser<'t> {
    source: &'t str,
    /// Never empty; ends with [`Kind::End`].
    tokens: Vec<Token<'t>>,
    next: usize,
    nodes: usize,
    depth: usize,
}

/// An operator as it is written, how tightly it binds, and whether from the right.
struct Operator {
    op: Op,
    power: u8,
    from_right: bool,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &Token<'t> {
        const END: &Token<'static> = &Token { kind: Kind::End, at: 0, end: 0 };
        self.tokens.get(self.next).or_else(|| self.tokens.last()).unwrap_or(END)
    }

    fn take(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    /// Takes `sign` where it is next.
    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek().kind, Kind::Sign(own) if own == sign);
        self.next += usize::from(found);
        found
    }

    /// Takes the word `name`, in any case, where it is next.
    fn take_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek().kind, Kind::Name(own) if own.eq_ignore_ascii_case(name));
        self.next += usize::from(found);
        found
    }

    fn refuse(&self, at: usize, end: usize, why: &'static str) -> Refusal {
        Refusal::new(self.source, at, why, self.source.get(at..end).unwrap_or_default())
    }

    /// Refuses the next word.
    fn refuse_next<T>(&self, why: &'static str) -> Result<T, Refusal> {
        let Token { kind, at, end } = self.peek();
        let ended = matches!(kind, Kind::End).then_some("the expression ends too early");
        Err(self.refuse(*at, *end, ended.unwrap_or(why)))
    }

    /// Requires `sign`.
    fn expect(&mut self, sign: &str, why: &'static str) -> Result<(), Refusal> {
        if self.take_sign(sign) { Ok(()) } else { self.refuse_next(why) }
    }

    fn expr(&mut self, least: u8) -> Result<Expr, Refusal> {
        let begin = self.peek().at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::new(self.source, begin, "an expression nests at most 48 deep", ""));
        }
        let mut left = self.signed()?;
        while let Some(operator) = self.operator()? {
            if operator.power < least {
                break;
            }
            left = self.binary(left, begin, &operator)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// An operand with the signs before it.
    fn signed(&mut self) -> Result<Expr, Refusal> {
        let negative = match self.peek().kind {
            Kind::Sign("-") => true,
            Kind::Sign("+") => false,
            _ => return self.operand(),
        };
        self.next += 1;
        let of = self.expr(POWER)?;
        self.count()?;
        Ok(match of {
            of if !negative => of,
            Expr::Number(number) => Expr::Number(-number),
            of => Expr::Negated(Box::new(of)),
        })
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return self.refuse_next("an expression has at most 256 parts");
        }
        Ok(())
    }

    /// The operator that is next, which stays.
    fn operator(&self) -> Result<Option<Operator>, Refusal> {
        let token = self.peek();
        let (op, power) = match token.kind {
            Kind::Sign(sign) => match sign {
                "+" => (Op::Arithmetic(Arithmetic::Add), 4),
                "-" => (Op::Arithmetic(Arithmetic::Subtract), 4),
                "*" => (Op::Arithmetic(Arithmetic::Multiply), 5),
                "/" => (Op::Arithmetic(Arithmetic::Divide), 5),
                "%" => (Op::Arithmetic(Arithmetic::Modulo), 5),
                "^" => (Op::Arithmetic(Arithmetic::Power), POWER),
                "==" => (comparison(Comparison::Equal), 3),
                "!=" => (comparison(Comparison::NotEqual), 3),
                "<" => (comparison(Comparison::Less), 3),
                "<=" => (comparison(Comparison::LessOrEqual), 3),
                ">" => (comparison(Comparison::Greater), 3),
                ">=" => (comparison(Comparison::GreaterOrEqual), 3),
                "=" => return self.refuse_next("values are compared with `==`"),
                "[" => {
                    return self.refuse_next(
                        "a range stands only after a selector inside increase, rate, avg_over_time and max_over_time",
                    );
                }
                _ => return Ok(None),
            },
            Kind::Name(name) => match name.to_ascii_lowercase().as_str() {
                "and" => (Op::Set(SetOp::And), 2),
                "unless" => (Op::Set(SetOp::Unless), 2),
                "or" => (Op::Set(SetOp::Or), 1),
                "atan2" => return self.refuse_next("this operator is not part of the subset"),
                "offset" => return self.refuse_next("`offset` is not part of the subset: rules look at now"),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(Operator { op, power, from_right: power == POWER }))
    }

    /// `left`, which begins at byte `begin`, the operator that is next, and its right side.
    fn binary(&mut self, left: Expr, begin: usize, operator: &Operator) -> Result<Expr, Refusal> {
        let Operator { mut op, power, from_right } = *operator;
        let sign = self.take();
        let modifier = self.peek().at;
        if self.take_name("bool") {
            let Op::Comparison { bool, .. } = &mut op else {
                return Err(self.refuse(modifier, modifier + 4, "`bool` stands only after a comparison"));
            };
            *bool = true;
        }
        let matching_at = self.peek().at;
        let matching = self.matching()?;
        let right_at = self.peek().at;
        let right = self.expr(if from_right { power } else { power + 1 })?;
        self.count()?;
        let scalars = (left.is_scalar(), right.is_scalar());
        match op {
            Op::Set(_) if scalars != (false, false) => {
                let at = if scalars.0 { begin } else { right_at };
                Err(Refusal::new(
                    self.source,
                    at,
                    "`and`, `or` and `unless` stand between vectors, not numbers",
                    "",
                ))
            }
            Op::Comparison { bool: false, .. } if scalars == (true, true) => {
                Err(self.refuse(sign.at, sign.end, "a comparison of two numbers needs `bool`"))
            }
            _ if matching.is_some() && scalars != (false, false) => Err(Refusal::new(
                self.source,
                matching_at,
                "`on` and `ignoring` stand only between two vectors",
                "",
            )),
            _ => {
                let matching = matching.unwrap_or(Matching::Ignoring(Vec::new()));
                Ok(Expr::Binary(Box::new(Binary { op, matching, left, right })))
            }
        }
    }

    fn matching(&mut self) -> Result<Option<Matching>, Refusal> {
        let matching = if self.take_name("on") {
            Matching::On(self.label_names()?)
        } else if self.take_name("ignoring") {
            Matching::Ignoring(self.label_names()?)
        } else {
            return Ok(None);
        };
        if matches!(self.peek().kind, Kind::Name(name) if ["group_left", "group_right"].contains(&&*name.to_ascii_lowercase()))
        {
            return self.refuse_next("only one-to-one matching is part of the subset");
        }
        Ok(Some(matching))
    }

    fn label_names(&mut self) -> Result<Vec<Box<str>>, Refusal> {
        self.expect("(", "label names stand in parentheses")?;
        let mut names = Vec::new();
        if self.take_sign(")") {
            return Ok(names);
        }
        loop {
            names.push(self.label_name()?.into());
            if self.take_sign(")") {
                return Ok(names);
            }
            self.expect(",", "a comma or `)` follows a label's name")?;
        }
    }

    fn label_name(&mut self) -> Result<&'t str, Refusal> {
        match self.peek().kind {
            Kind::Name("__name__") => {
                self.refuse_next("the metric's name stands before the braces, not inside")
            }
            Kind::Name(name) if !name.contains(':') => {
                self.next += 1;
                Ok(name)
            }
            _ => self.refuse_next("a label's name is missing here"),
        }
    }

    fn operand(&mut self) -> Result<Expr, Refusal> {
        self.count()?;
        match self.peek().kind {
            Kind::Number(text) => match number(text) {
                Some(value) => {
                    self.next += 1;
                    Ok(Expr::Number(value))
                }
                None if parse_duration_ms(text).is_some() => {
                    self.refuse_next("a duration stands only in a range; write seconds as a number")
                }
                None => self.refuse_next("this is no number"),
            },
            Kind::Name(name) => self.named(name),
            Kind::Text { .. } => self.refuse_next("a text is not a value here"),
            Kind::Sign("(") => {
                self.next += 1;
                let inner = self.expr(1)?;
                self.expect(")", "an operator or `)` is missing before this")?;
                Ok(inner)
            }
            Kind::Sign("{") => self.refuse_next("a selector begins with the metric's name"),
            _ => self.refuse_next("a number, a metric or a function is missing before this"),
        }
    }

    /// What begins with a name that is not taken yet.
    fn named(&mut self, name: &'t str) -> Result<Expr, Refusal> {
        let lower = name.to_ascii_lowercase();
        if let Some(value) =
            [("inf", f64::INFINITY), ("nan", f64::NAN)].into_iter().find(|(own, _)| *own == lower)
        {
            self.next += 1;
            return Ok(Expr::Number(value.1));
        }
        if RESERVED.contains(&&*lower) {
            return self.refuse_next("a number, a metric or a function is missing before this word");
        }
        let called = self.tokens.get(self.next + 1).is_some_and(|token| token.kind == Kind::Sign("("));
        if AGGREGATIONS.contains(&&*lower) {
            return self.refuse_next("aggregations are not part of the subset");
        }
        if !called {
            return Ok(Expr::Selector(self.selector()?));
        }
        let function = match name {
            "increase" => Overtime::Increase,
            "rate" => Overtime::Rate,
            "avg_over_time" => Overtime::Average,
            "max_over_time" => Overtime::Maximum,
            "absent" => return self.absent(),
            _ => {
                return self.refuse_next(
                    "not part of the subset, which has increase, rate, avg_over_time, max_over_time and absent",
                );
            }
        };
        self.next += 2;
        let (selector, range_ms) = self.range()?;
        self.operator()?;
        self.expect(")", "`)` is missing before this")?;
        Ok(Expr::Overtime { function, selector, range_ms })
    }

    fn absent(&mut self) -> Result<Expr, Refusal> {
        self.next += 2;
        let at = self.peek().at;
        let of = self.expr(1)?;
        if of.is_scalar() {
            return Err(Refusal::new(self.source, at, "`absent` takes a vector, not a number", ""));
        }
        self.expect(")", "`)` is missing before this")?;
        let labels = match &of {
            Expr::Selector(selector) => absent_labels(selector),
            _ => Labels::NONE,
        };
        Ok(Expr::Absent { of: Box::new(of), labels })
    }

    /// A selector with its range.
    fn range(&mut self) -> Result<(Selector, i64), Refusal> {
        match self.peek().kind {
            Kind::Name(name) if !RESERVED.contains(&&*name.to_ascii_lowercase()) => {}
            _ => return self.refuse_next("a metric with a range, as in `metric[5m]`, is missing here"),
        }
        let selector = self.selector()?;
        self.expect("[", "a range, as in `[5m]`, is missing before this")?;
        let range_ms = match self.peek().kind {
            Kind::Number(text) => parse_duration_ms(text).filter(|millis| *millis > 0),
            _ => None,
        };
        let Some(range_ms) = range_ms else {
            return self.refuse_next("a range is a duration above zero, as in `[5m]` or `[1h30m]`");
        };
        if range_ms > MAX_RANGE_MS {
            return self.refuse_next("a range is at most a day");
        }
        self.next += 1;
        self.expect("]", "`]` is missing before this; subqueries are not part of the subset")?;
        Ok((selector, range_ms))
    }

    fn selector(&mut self) -> Result<Selector, Refusal> {
        let Kind::Name(metric) = self.peek().kind else {
            return self.refuse_next("a metric's name is missing here");
        };
        if ["ALERTS", "ALERTS_FOR_STATE"].contains(&metric) {
            return self.refuse_next("alerts are no series here");
        }
        self.next += 1;
        let mut matchers = Vec::new();
        if self.take_sign("{") {
            while !self.take_sign("}") {
                matchers.push(self.matcher()?);
                if self.peek().kind != Kind::Sign("}") {
                    self.expect(",", "a comma or `}` follows a label")?;
                }
            }
        }
        Ok(Selector { metric: metric.into(), matchers })
    }

    fn matcher(&mut self) -> Result<Matcher, Refusal> {
        let label = self.label_name()?.into();
        let Kind::Sign(sign @ ("=" | "!=" | "=~" | "!~")) = self.peek().kind else {
            return self.refuse_next("a label is tested with `=`, `!=`, `=~` or `!~`");
        };
        self.next += 1;
        let Kind::Text { value, verbatim } = self.peek().kind.clone() else {
            return self.refuse_next("a label's value stands in quotes");
        };
        let at = self.take().at;
        let pattern = || {
            Pattern::new(&value).map_err(|(inside, why)| {
                Refusal::new(self.source, at + if verbatim { 1 + inside } else { 0 }, why, &value)
            })
        };
        let test = match sign {
            "=" => Test::Equal(value.into()),
            "!=" => Test::NotEqual(value.into()),
            "=~" => Test::Matches(pattern()?),
            _ => Test::MatchesNot(pattern()?),
        };
        Ok(Matcher { label, test })
    }
}

fn comparison(comparison: Comparison) -> Op {
    Op::Comparison { comparison, bool: false }
}

/// The labels that an element of `absent` has: what `selector` asks for with `=`, but for labels that it also tests with
/// another `=` or with `=~`.
fn absent_labels(selector: &Selector) -> Labels {
    let alone = |label: &str| {
        let tests = selector.matchers.iter().filter(|other| *other.label == *label);
        tests.filter(|other| matches!(other.test, Test::Equal(_) | Test::Matches(_))).count() == 1
    };
    Labels::new(selector.matchers.iter().filter_map(|matcher| match &matcher.test {
        Test::Equal(value) if alone(&matcher.label) => Some((&*matcher.label, &**value)),
        _ => None,
    }))
}

/// Reads a number: decimal, with fraction and exponent, or hexadecimal. A leading zero before digits is octal in
/// Prometheus, so it is no number here.
fn number(text: &str) -> Option<f64> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let fits =
            !digits.is_empty() && digits.len() <= 13 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return fits.then(|| u64::from_str_radix(digits, 16).ok()).flatten().map(|number| number as f64);
    }
    let octal = text.strip_prefix('0').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let written =
        text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if octal || !written || text.ends_with('.') || text.contains(".e") || text.contains(".E") {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests;
