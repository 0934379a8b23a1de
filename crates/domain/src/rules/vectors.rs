//! Operators between two vectors: who is whose partner, and what comes of a pair.
//!
//! Invariants: one to one; which elements are partners is decided by the whole values of their labels, never by a hash.

use super::{
    ast::{Matching, Op, SetOp},
    evaluate::{Element, EvalError, keeps_value, result},
};

/// The labels that pair an element: names and values, each ended by a byte that no text in UTF-8 has.
type Key = Vec<u8>;

fn key(matching: &Matching, element: &Element) -> Key {
    let mut key = Key::new();
    let paired = |name: &str| match matching {
        Matching::On(names) => names.iter().any(|own| **own == *name),
        Matching::Ignoring(names) => !names.iter().any(|own| **own == *name),
    };
    for (name, value) in element.labels.iter().filter(|(name, _)| paired(name)) {
        for text in [name, value] {
            key.extend_from_slice(text.as_bytes());
            key.push(0xFF);
        }
    }
    key
}

/// The keys of `elements` with their places, by key.
fn keys(matching: &Matching, elements: &[Element]) -> Vec<(Key, usize)> {
    let mut keys: Vec<_> =
        elements.iter().enumerate().map(|(place, element)| (key(matching, element), place)).collect();
    crate::sorting::by(&mut keys, Ord::cmp);
    keys
}

fn find(keys: &[(Key, usize)], wanted: &Key) -> Option<usize> {
    let at = keys.binary_search_by(|(key, _)| key.cmp(wanted)).ok()?;
    keys.get(at).map(|(_, place)| *place)
}

/// The sets joined. Elements stay as they are.
pub(super) fn join(
    op: SetOp,
    matching: &Matching,
    mut left: Vec<Element>,
    right: Vec<Element>,
) -> Vec<Element> {
    if op == SetOp::Or {
        let left_keys = keys(matching, &left);
        left.extend(right.into_iter().filter(|element| find(&left_keys, &key(matching, element)).is_none()));
        return left;
    }
    let right_keys = keys(matching, &right);
    left.retain(|element| find(&right_keys, &key(matching, element)).is_some() == (op == SetOp::And));
    left
}

/// What `op` gives for each pair. A result keeps its metric only where a comparison lets it through as it is, and of
/// its labels those that pair it.
pub(super) fn pairwise(
    op: Op,
    matching: &Matching,
    left: Vec<Element>,
    right: &[Element],
) -> Result<Vec<Element>, EvalError> {
    if left.is_empty() || right.is_empty() {
        return Ok(Vec::new());
    }
    let right_keys = keys(matching, right);
    if !right_keys.is_sorted_by(|(before, _), (after, _)| before < after) {
        return Err(EvalError::SeveralOnOneSide);
    }
    let mut taken = vec![false; right.len()];
    let mut results = Vec::new();
    for element in left {
        let Some(place) = find(&right_keys, &key(matching, &element)) else { continue };
        let (Some(partner), Some(taken)) = (right.get(place), taken.get_mut(place)) else { continue };
        let Some(value) = result(op, element.value, partner.value) else { continue };
        if std::mem::replace(taken, true) {
            return Err(EvalError::SeveralOnOneSide);
        }
        let on = matches!(matching, Matching::On(_));
        let metric = element.metric.filter(|_| keeps_value(op) && !on);
        let labels = match matching {
            Matching::On(names) => element.labels.only(|name| names.iter().any(|own| **own == *name)),
            Matching::Ignoring(names) => element.labels.only(|name| !names.iter().any(|own| **own == *name)),
        };
        results.push(Element { metric, labels, value });
    }
    Ok(results)
}
