//! What the rules did with one line's values, to be done again with another's.

use std::borrow::Cow;

use aurora_domain::{BreakerState, Code, Event, Route, Shape, detail::Detail};

use super::{MAX_FOUND, walk::Found};
use crate::{
    decode::normal_code,
    facts::{self, Fact},
    fast::{Kind, Reader, Trace, number::number},
    fields::Place,
    scalar::Scalar,
};

/// Is told what the rules ask.
pub(crate) trait Notes {
    /// The record's code stands at `place`.
    fn code(&mut self, place: Place);
    /// The value at `place` was offered as `fact`, and taken or not.
    fn offer(&mut self, place: Place, fact: Fact, taken: bool);
    /// The event's detail began as this.
    fn begin(&mut self, detail: Detail);
}

/// Nobody wants to know.
impl Notes for () {
    fn code(&mut self, _: Place) {}
    fn offer(&mut self, _: Place, _: Fact, _: bool) {}
    fn begin(&mut self, _: Detail) {}
}

/// Everything that the rules asked of one record.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    code: Option<Place>,
    asked: Vec<(Place, Fact, bool)>,
    detail: Detail,
}

impl Notes for Offers {
    fn code(&mut self, place: Place) {
        self.code = Some(place);
    }

    fn offer(&mut self, place: Place, fact: Fact, taken: bool) {
        self.asked.push((place, fact, taken));
    }

    fn begin(&mut self, detail: Detail) {
        self.detail = detail;
    }
}

/// How lines of one layout become events.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    shape: Shape,
    code: Code,
    traced: bool,
    route: Option<Route>,
    breaker: Option<BreakerState>,
    detail: Detail,
    /// Where the code stands; `None` for a record without one.
    code_text: Option<Wanted>,
    code_is_normal: bool,
    steps: Box<[Step]>,
}

/// One question and its answer.
#[derive(Clone, Copy, Debug)]
struct Step {
    fact: Fact,
    wanted: Wanted,
    taken: bool,
}

/// A value among those found.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    index: u8,
    kind: Kind,
    /// Of a code, which is found without its end.
    len: u32,
}

impl Plan {
    /// What to do again; `None` where that cannot be said.
    pub(super) fn of(trace: &Trace, offers: &Offers, event: &Event<'_>) -> Option<Plan> {
        let kept: Vec<_> = trace.holes.iter().filter_map(|hole| Some((hole.place?, hole))).collect();
        let is_twice = |(index, (place, _)): (usize, &(Place, _))| {
            kept.iter().skip(index + 1).any(|(other, _)| other == place)
        };
        if trace.is_odd || kept.len() > MAX_FOUND || kept.iter().enumerate().any(is_twice) {
            return None;
        }
        let wanted = |place: Place| {
            let index = kept.iter().position(|(other, _)| *other == place)?;
            let (_, hole) = kept.get(index)?;
            let len = u32::try_from(hole.end - hole.start).ok()?;
            Some(Wanted { index: u8::try_from(index).ok()?, kind: hole.kind, len })
        };
        // Arrays and objects tell nothing, whatever is in them, and are the same in every line of the layout.
        let is_step = |place: Place| wanted(place).is_some_and(|wanted| wanted.kind != Kind::List);
        let step =
            |&(place, fact, taken): &(Place, Fact, bool)| Some(Step { fact, wanted: wanted(place)?, taken });
        let steps = offers.asked.iter().filter(|(place, ..)| is_step(*place)).map(step);
        let code_text = match offers.code {
            Some(place) => Some(wanted(place).filter(|wanted| wanted.kind == Kind::Code)?),
            None => None,
        };
        Some(Plan {
            shape: event.shape,
            code: event.code,
            traced: event.traced,
            route: facts::route_of_code(event.code, &event.code_text),
            breaker: facts::breaker_of_code(event.code, &event.code_text),
            detail: offers.detail,
            code_text,
            code_is_normal: matches!(event.code_text, Cow::Borrowed(_)),
            steps: steps.collect::<Option<_>>()?,
        })
    }

    /// Makes `event`, which is bare, that of a line of this layout; `None` where an answer differs.
    #[inline]
    pub(super) fn make<'a>(&self, line: &'a str, found: &[Found], event: &mut Event<'a>) -> Option<()> {
        event.shape = self.shape;
        event.code = self.code;
        if let Some(wanted) = self.code_text {
            let text = Cow::Borrowed(wanted.text(line, found)?);
            event.code_text = if self.code_is_normal { text } else { normal_code(text) };
        }
        event.traced = self.traced;
        event.route = self.route;
        event.breaker = self.breaker;
        event.detail = self.detail;
        for step in &self.steps {
            let value = step.wanted.scalar(line, found)?;
            if step.fact.put(&value, event) != step.taken {
                return None;
            }
        }
        Some(())
    }
}

impl Wanted {
    #[inline]
    fn text<'a>(self, line: &'a str, found: &[Found]) -> Option<&'a str> {
        let found = found.get(usize::from(self.index))?;
        let start = found.start as usize;
        let end = if self.kind == Kind::Code { start + self.len as usize } else { found.end as usize };
        line.get(start..end)
    }

    #[inline]
    fn scalar<'a>(self, line: &'a str, found: &[Found]) -> Option<Scalar<'a>> {
        match self.kind {
            Kind::Text | Kind::Code => Some(Scalar::Text(Cow::Borrowed(self.text(line, found)?))),
            Kind::Number => {
                let found = found.get(usize::from(self.index))?;
                if found.point == 0 {
                    return Reader::at(line.as_bytes(), found.start as usize).number();
                }
                number(line.as_bytes(), found.start as usize..found.end as usize, found.point as usize, None)
            }
            Kind::Flag => {
                let found = found.get(usize::from(self.index))?;
                Some(Scalar::Bool(found.end - found.start == 4))
            }
            Kind::List => None,
        }
    }
}
