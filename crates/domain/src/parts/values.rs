//! The parts of single values: numbers, times, texts, what may be missing, and arrays.

use super::{Broken, Loading, Parts, Sink, Source};
use crate::{latest::Latest, text::KEPT_BYTES, time::Ts};

/// No count is larger: sums over all seconds of a window stay below 2⁶⁴.
const LARGEST_COUNT: u64 = 1 << 53;

impl Parts for u64 {
    fn save(&self, to: &mut impl Sink) {
        to.unsigned(*self);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let count = from.source().unsigned()?;
        if count > LARGEST_COUNT {
            return Err(Broken::new("no count is that large"));
        }
        Ok(count)
    }
}

macro_rules! small {
    ($($type:ident)+) => { $(
        impl Parts for $type {
            fn save(&self, to: &mut impl Sink) {
                to.unsigned(u64::from(*self));
            }
            fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
                Self::try_from(from.source().unsigned()?).map_err(|_| Broken::new("the number is too large"))
            }
        }
    )+ };
}

small!(u8 u16 u32);

impl Parts for usize {
    fn save(&self, to: &mut impl Sink) {
        to.unsigned(*self as u64);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        from.below(usize::MAX)
    }
}

impl Parts for bool {
    fn save(&self, to: &mut impl Sink) {
        to.unsigned(u64::from(*self));
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Ok(from.below(2)? == 1)
    }
}

impl Parts for f64 {
    fn save(&self, to: &mut impl Sink) {
        to.double(*self);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        from.source().double()
    }
}

impl Parts for u128 {
    fn save(&self, to: &mut impl Sink) {
        to.key(*self);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        from.source().key()
    }
}

impl Parts for Ts {
    fn save(&self, to: &mut impl Sink) {
        to.time(self.0);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Ok(Ts(from.source().time()?))
    }
}

impl Parts for Box<str> {
    fn save(&self, to: &mut impl Sink) {
        to.text(self);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let text = from.source().text()?;
        if text.len() > KEPT_BYTES {
            return Err(Broken::new("a text is longer than it may be"));
        }
        Ok(text.into())
    }
}

impl<T: Parts> Parts for Box<T> {
    fn save(&self, to: &mut impl Sink) {
        T::save(self, to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        T::load(from).map(Box::new)
    }
    fn steps(&self) -> usize {
        T::steps(self)
    }
    fn save_step(&self, step: usize, to: &mut impl Sink) {
        T::save_step(self, step, to);
    }
}

impl<T: Parts> Parts for Option<T> {
    fn save(&self, to: &mut impl Sink) {
        self.is_some().save(to);
        if let Some(value) = self {
            value.save(to);
        }
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        if bool::load(from)? { T::load(from).map(Some) } else { Ok(None) }
    }
    fn steps(&self) -> usize {
        self.as_ref().map_or(1, T::steps)
    }
    fn save_step(&self, step: usize, to: &mut impl Sink) {
        if step == 0 {
            self.is_some().save(to);
        }
        if let Some(value) = self {
            value.save_step(step, to);
        }
    }
}

impl<A: Parts, B: Parts> Parts for (A, B) {
    fn save(&self, to: &mut impl Sink) {
        self.0.save(to);
        self.1.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Ok((A::load(from)?, B::load(from)?))
    }
}

impl<T: Parts, const N: usize> Parts for [T; N] {
    fn save(&self, to: &mut impl Sink) {
        for item in self {
            item.save(to);
        }
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        let mut items = Vec::with_capacity(N);
        for _ in 0..N {
            items.push(T::load(from)?);
        }
        Self::try_from(items).map_err(|_| Broken::new("it ends too early"))
    }
    /// Those of its items, which are many where they are many things.
    fn steps(&self) -> usize {
        self.iter().map(Parts::steps).sum::<usize>().max(1)
    }
    fn save_step(&self, mut step: usize, to: &mut impl Sink) {
        for item in self {
            let steps = item.steps();
            if step < steps {
                item.save_step(step, to);
                return;
            }
            step -= steps;
        }
    }
}

impl<T: Parts> Parts for Latest<T> {
    fn save(&self, to: &mut impl Sink) {
        let Self { value, at } = self;
        value.save(to);
        at.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Ok(Self { value: T::load(from)?, at: Ts::load(from)? })
    }
}
