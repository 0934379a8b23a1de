//! A sum for each side, so that money can be asked for by side.

use crate::{
    parts::{Broken, Loading, Parts, Sink, Source},
    scope::SideKey,
};

use super::window::Sum;

/// One value for each side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sided<T>([T; SideKey::ALL.len()]);

impl<T: Sum> Sided<T> {
    /// `value` for `side`, and nothing for the others.
    pub(super) fn one(side: SideKey, value: T) -> Self {
        let mut sided = Self::default();
        if let Some(own) = sided.0.get_mut(side as usize) {
            *own = value;
        }
        sided
    }

    /// The sum over the sides that are let through: one, or all.
    pub(super) fn of(&self, side: Option<SideKey>) -> T {
        let mut sum = T::default();
        for (key, value) in SideKey::ALL.into_iter().zip(self.0) {
            if side.is_none_or(|wanted| wanted == key) {
                sum.add(value);
            }
        }
        sum
    }
}

impl<T: Sum> Sum for Sided<T> {
    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| own.add(other));
    }
}

impl<T: Parts> Parts for Sided<T>
where
    [T; SideKey::ALL.len()]: Parts,
{
    fn save(&self, to: &mut impl Sink) {
        let Self(values) = self;
        values.save(to);
    }
    fn load<S: Source>(from: &mut Loading<'_, S>) -> Result<Self, Broken> {
        Ok(Self(Parts::load(from)?))
    }
}
