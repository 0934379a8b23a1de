//! Values by name, in an order that means something.

use serde::{Serialize, Serializer};

/// Pairs of name and value; a JSON object whose members keep this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<N, T>(pub Vec<(N, T)>);

impl<N, T> Default for Named<N, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N: AsRef<str>, T> Named<N, T> {
    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known.as_ref() == name).map(|(_, value)| value)
    }
}

impl<N, T> FromIterator<(N, T)> for Named<N, T> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<N: Serialize, T: Serialize> Serialize for Named<N, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
