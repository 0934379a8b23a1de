//! The last value of something: an older record that arrives late does not replace a newer one.

use crate::time::Ts;

/// A value and when it was reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latest<T> {
    /// The value.
    pub value: T,
    /// The time of the record that gave it.
    pub at: Ts,
}

/// Sets `known` to `value` unless what is known is of a later time. Returns true where it was set to another value.
pub(crate) fn update<T: PartialEq>(known: &mut Option<Latest<T>>, value: T, at: Ts) -> bool {
    if known.as_ref().is_some_and(|known| known.at > at) {
        return false;
    }
    let changed = known.as_ref().is_none_or(|known| known.value != value);
    *known = Some(Latest { value, at });
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_record_does_not_replace_a_newer_one() {
        let mut known = None;
        assert!(update(&mut known, 1, Ts(10)));
        assert!(!update(&mut known, 2, Ts(9)));
        assert!(update(&mut known, 3, Ts(10)), "the later line of one time stands");
        assert!(!update(&mut known, 3, Ts(11)));
        assert_eq!(known, Some(Latest { value: 3, at: Ts(11) }));
    }
}
