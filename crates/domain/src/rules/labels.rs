//! Label sets.
//!
//! Invariants: sorted by name, each name once, no empty value (for Prometheus a label with an empty value is one that
//! is not there), never `__name__`. A clone shares the texts.

use std::sync::Arc;

/// One label: its name and its value.
type Pair = (Box<str>, Box<str>);

/// The labels of a series or an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(Option<Arc<[Pair]>>);

impl Labels {
    /// No labels.
    pub const NONE: Labels = Labels(None);

    /// Of these pairs, in any order. The last one of a name counts; empty values and `__name__` are left out.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut kept: Vec<Pair> = Vec::new();
        for (name, value) in pairs {
            put(&mut kept, name, value);
        }
        Self::of(kept)
    }

    fn of(pairs: Vec<Pair>) -> Self {
        Self((!pairs.is_empty()).then(|| Arc::from(pairs)))
    }

    fn pairs(&self) -> &[Pair] {
        self.0.as_deref().unwrap_or(&[])
    }

    /// Name and value of each, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs().iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of `name`; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.pairs().iter().find(|(own, _)| **own == *name).map_or("", |(_, value)| value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// These labels with `more` set; an empty value takes the label away.
    #[must_use]
    pub fn with<'a>(&self, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut kept = self.pairs().to_vec();
        for (name, value) in more {
            put(&mut kept, name, value);
        }
        Self::of(kept)
    }

    /// Those of these labels whose name `keep` wants.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.pairs().iter().all(|(name, _)| keep(name)) {
            return self.clone();
        }
        Self::of(self.pairs().iter().filter(|(name, _)| keep(name)).cloned().collect())
    }
}

/// Sets one label among `pairs`, which are sorted.
fn put(pairs: &mut Vec<Pair>, name: &str, value: &str) {
    if name == "__name__" {
        return;
    }
    match (pairs.binary_search_by(|(own, _)| (**own).cmp(name)), value.is_empty()) {
        (Ok(at), true) => drop(pairs.remove(at)),
        (Ok(at), false) => {
            if let Some((_, own)) = pairs.get_mut(at) {
                *own = value.into();
            }
        }
        (Err(_), true) => {}
        (Err(at), false) => pairs.insert(at, (name.into(), value.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &Labels, expected: &[(&str, &str)]) {
        assert_eq!(labels.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn labels_are_sorted_unique_and_never_empty() {
        check(
            &Labels::new([("b", "1"), ("a", "2"), ("b", "3"), ("c", ""), ("__name__", "x")]),
            &[("a", "2"), ("b", "3")],
        );
        assert!(Labels::new([("a", "1"), ("a", "")]).is_empty());
        assert_eq!(Labels::new([]), Labels::NONE);
    }

    #[test]
    fn labels_are_set_taken_away_and_kept() {
        let labels = Labels::new([("a", "1"), ("b", "2")]);
        check(&labels.with([("c", "3"), ("a", "")]), &[("b", "2"), ("c", "3")]);
        check(&labels.only(|name| name == "b"), &[("b", "2")]);
        assert_eq!((labels.get("a"), labels.get("c"), labels.len()), ("1", "", 2));
    }
}
