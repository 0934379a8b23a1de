//! What to do about one followed file, from what was read and what is at its path now.
//!
//! Invariant: pure. It sees numbers, never files.

/// Which file on disk, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    /// Device number.
    pub(crate) device: u64,
    /// Inode number on that device.
    pub(crate) inode: u64,
}

/// What stands at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its identity.
    pub(crate) id: FileId,
    /// Its length in bytes.
    pub(crate) len: u64,
}

/// What is held open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its identity.
    pub(crate) id: FileId,
    /// How many of its bytes have been read.
    pub(crate) offset: u64,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing is there, or nothing is new.
    Wait,
    /// Open the file and read it from its beginning.
    Open,
    /// Read on.
    Read,
    /// The file is shorter than what was read: it was truncated. Read it from its beginning.
    StartOver,
    /// The name is gone: read on from the held descriptor, whatever it still gets.
    Drain,
    /// Another file has the name: read the held descriptor to its end, then open the new one.
    Rotate,
}

/// Decides.
pub(crate) fn decide(held: Option<Held>, seen: Option<Seen>) -> Action {
    match (held, seen) {
        (None, None) => Action::Wait,
        (None, Some(_)) => Action::Open,
        (Some(_), None) => Action::Drain,
        (Some(held), Some(seen)) if held.id != seen.id => Action::Rotate,
        (Some(held), Some(seen)) if seen.len < held.offset => Action::StartOver,
        (Some(held), Some(seen)) if seen.len == held.offset => Action::Wait,
        (Some(_), Some(_)) => Action::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(inode, offset)` held, `(inode, length)` seen.
    fn check(held: Option<(u64, u64)>, seen: Option<(u64, u64)>, expected: Action) {
        let id = |inode| FileId { device: 1, inode };
        let held = held.map(|(inode, offset)| Held { id: id(inode), offset });
        let seen = seen.map(|(inode, len)| Seen { id: id(inode), len });
        assert_eq!(decide(held, seen), expected, "{held:?} {seen:?}");
    }

    #[test]
    fn a_file_that_appears_is_opened() {
        check(None, None, Action::Wait);
        check(None, Some((7, 0)), Action::Open);
    }

    #[test]
    fn growth_is_read_and_rest_is_waited_for() {
        check(Some((7, 10)), Some((7, 11)), Action::Read);
        check(Some((7, 10)), Some((7, 10)), Action::Wait);
    }

    #[test]
    fn a_shorter_file_is_read_from_its_beginning() {
        check(Some((7, 10)), Some((7, 9)), Action::StartOver);
        check(Some((7, 10)), Some((7, 0)), Action::StartOver);
    }

    #[test]
    fn a_new_file_under_the_name_is_a_rotation_whatever_its_length() {
        for len in [0, 10, 20] {
            check(Some((7, 10)), Some((8, len)), Action::Rotate);
        }
    }

    #[test]
    fn a_name_that_is_gone_leaves_the_descriptor_to_be_drained() {
        check(Some((7, 10)), None, Action::Drain);
    }

    #[test]
    fn the_same_inode_on_another_device_is_another_file() {
        let held = Held { id: FileId { device: 1, inode: 7 }, offset: 3 };
        let seen = Seen { id: FileId { device: 2, inode: 7 }, len: 3 };
        assert_eq!(decide(Some(held), Some(seen)), Action::Rotate);
    }
}
