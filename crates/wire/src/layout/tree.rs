//! The tree of layouts: shared beginnings once, and at each fork the next byte or kind of value tells the way.
//!
//! Invariant: two layouts that agree up to a value agree on what stores it, because the keys are part of them.

use std::ops::Range;

use aurora_domain::Source;

use crate::fast::Kind;

/// So many nodes are kept, of all sources together.
pub(super) const MAX_NODES: usize = 8 << 10;
/// So many bytes of layouts are kept.
const MAX_LITERALS: usize = 256 << 10;

/// A part of a layout.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element<'l> {
    Literal(&'l [u8]),
    /// A value, and whether it is kept.
    Value(Kind, bool),
}

/// Bytes that must be there, and then what follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    start: u32,
    len: u32,
    pub(super) then: Then,
}

impl Node {
    /// Its bytes among those of all nodes.
    #[inline]
    pub(super) fn place(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.len as usize
    }
}

/// What follows a node's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing yet.
    Open,
    /// A value, and whether it is kept, and the node behind it.
    Value(Kind, bool, u32),
    /// One of several, by number.
    Fork(u32),
    /// The line's end.
    End(u32),
}

/// The ways on from one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Fork {
    bytes: Vec<(u8, u32)>,
    number: Option<u32>,
    flag: Option<u32>,
    list: Option<u32>,
    end: Option<u32>,
}

impl Fork {
    /// The node that a line with this byte goes on with.
    #[inline]
    pub(super) fn way(&self, byte: u8) -> Option<u32> {
        if let Some((_, node)) = self.bytes.iter().find(|(first, _)| *first == byte) {
            return Some(*node);
        }
        match byte {
            b'-' | b'0'..=b'9' => self.number,
            b't' | b'f' => self.flag,
            b'[' => self.list,
            _ => None,
        }
    }

    /// Of the line's end.
    pub(super) fn end(&self) -> Option<u32> {
        self.end
    }

    /// Texts and codes stand behind a quote, where only they can stand.
    fn of_kind(&mut self, kind: Kind) -> Option<&mut Option<u32>> {
        match kind {
            Kind::Number => Some(&mut self.number),
            Kind::Flag => Some(&mut self.flag),
            Kind::List => Some(&mut self.list),
            Kind::Text | Kind::Code => None,
        }
    }
}

/// The layouts of all sources.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    roots: [Option<u32>; Source::ALL.len()],
    nodes: Vec<Node>,
    forks: Vec<Fork>,
    literals: Vec<u8>,
}

/// While a layout is put in: a node, and how many of its bytes are passed.
#[derive(Clone, Copy)]
struct Cursor {
    node: u32,
    passed: usize,
}

impl Tree {
    pub(super) const fn new() -> Self {
        Self { roots: [None; Source::ALL.len()], nodes: Vec::new(), forks: Vec::new(), literals: Vec::new() }
    }

    /// Whether it is time to begin again.
    pub(super) fn is_full(&self) -> bool {
        self.len() > MAX_NODES || self.literals.len() > MAX_LITERALS
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    #[inline]
    pub(super) fn root(&self, source: Source) -> Option<u32> {
        self.roots.get(source as usize).copied().flatten()
    }

    #[inline]
    pub(super) fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    #[inline]
    pub(super) fn fork(&self, fork: u32) -> Option<&Fork> {
        self.forks.get(fork as usize)
    }

    /// The bytes of all nodes.
    #[inline]
    pub(super) fn literals(&self) -> &[u8] {
        &self.literals
    }

    fn literal(&self, node: &Node) -> &[u8] {
        self.literals.get(node.place()).unwrap_or_default()
    }

    /// Puts a layout in, which ends at `end` if it is new; returns where it ends.
    pub(super) fn insert(&mut self, source: Source, elements: &[Element<'_>], end: usize) -> Option<usize> {
        let root = if let Some(root) = self.root(source) {
            root
        } else {
            let root = self.add(&[], Then::Open)?;
            *self.roots.get_mut(source as usize)? = Some(root);
            root
        };
        let mut cursor = Cursor { node: root, passed: 0 };
        for element in elements {
            cursor = match element {
                Element::Literal(literal) => self.insert_literal(cursor, literal)?,
                Element::Value(kind, kept) => self.insert_value(cursor, *kind, *kept)?,
            };
        }
        self.insert_end(cursor, u32::try_from(end).ok()?)
    }

    fn insert_literal(&mut self, mut cursor: Cursor, mut literal: &[u8]) -> Option<Cursor> {
        while let Some(&byte) = literal.first() {
            let node = *self.node(cursor.node)?;
            let there = self.literal(&node).get(cursor.passed..)?;
            let same = there.iter().zip(literal).take_while(|(a, b)| a == b).count();
            let is_whole = same == there.len();
            if same > 0 || !is_whole {
                cursor.passed += same;
                literal = literal.get(same..)?;
                if !is_whole && !literal.is_empty() {
                    self.split(cursor)?;
                }
                continue;
            }
            match node.then {
                Then::Open if node.len == 0 => {
                    let (start, len) = self.store(literal)?;
                    *self.nodes.get_mut(cursor.node as usize)? = Node { start, len, then: Then::Open };
                    return Some(Cursor { passed: literal.len(), ..cursor });
                }
                Then::Fork(fork) => {
                    let bytes = &self.fork(fork)?.bytes;
                    let known = bytes.iter().find(|(first, _)| *first == byte).map(|(_, node)| *node);
                    let next = if let Some(next) = known {
                        next
                    } else {
                        let next = self.add(&[], Then::Open)?;
                        self.forks.get_mut(fork as usize)?.bytes.push((byte, next));
                        next
                    };
                    cursor = Cursor { node: next, passed: 0 };
                }
                _ => self.branch(cursor.node)?,
            }
        }
        Some(cursor)
    }

    /// The cursor behind a value.
    fn insert_value(&mut self, mut cursor: Cursor, kind: Kind, kept: bool) -> Option<Cursor> {
        loop {
            self.split(cursor)?;
            match self.node(cursor.node)?.then {
                Then::Value(there, was_kept, next) if there == kind => {
                    return (was_kept == kept).then_some(Cursor { node: next, passed: 0 });
                }
                Then::Open => {
                    let next = self.add(&[], Then::Open)?;
                    self.nodes.get_mut(cursor.node as usize)?.then = Then::Value(kind, kept, next);
                    return Some(Cursor { node: next, passed: 0 });
                }
                Then::Fork(fork) => {
                    let way = *self.forks.get_mut(fork as usize)?.of_kind(kind)?;
                    let next = if let Some(next) = way {
                        next
                    } else {
                        let next = self.add(&[], Then::Open)?;
                        *self.forks.get_mut(fork as usize)?.of_kind(kind)? = Some(next);
                        next
                    };
                    cursor = Cursor { node: next, passed: 0 };
                }
                _ => {
                    self.branch(cursor.node)?;
                    cursor.passed = self.node(cursor.node)?.len as usize;
                }
            }
        }
    }

    fn insert_end(&mut self, cursor: Cursor, end: u32) -> Option<usize> {
        self.split(cursor)?;
        let end = match self.node(cursor.node)?.then {
            Then::End(known) => known,
            Then::Open => {
                self.nodes.get_mut(cursor.node as usize)?.then = Then::End(end);
                end
            }
            Then::Fork(fork) => *self.forks.get_mut(fork as usize)?.end.get_or_insert(end),
            Then::Value(..) => {
                self.branch(cursor.node)?;
                let Then::Fork(fork) = self.node(cursor.node)?.then else { return None };
                *self.forks.get_mut(fork as usize)?.end.get_or_insert(end)
            }
        };
        Some(end as usize)
    }

    /// Makes the bytes that are not passed yet a way of their own.
    fn split(&mut self, cursor: Cursor) -> Option<()> {
        let node = *self.node(cursor.node)?;
        let Some(&byte) = self.literal(&node).get(cursor.passed) else { return Some(()) };
        let passed = u32::try_from(cursor.passed).ok()?;
        let rest = self.push(Node { start: node.start + passed, len: node.len - passed, then: node.then })?;
        let then = self.add_fork(Fork { bytes: vec![(byte, rest)], ..Fork::default() })?;
        *self.nodes.get_mut(cursor.node as usize)? = Node { len: passed, then, ..node };
        Some(())
    }

    /// Makes what follows a node one way of several.
    fn branch(&mut self, node: u32) -> Option<()> {
        let then = self.node(node)?.then;
        let mut fork = Fork::default();
        match then {
            Then::Value(kind, ..) => {
                let way = self.add(&[], then)?;
                *fork.of_kind(kind)? = Some(way);
            }
            Then::End(end) => fork.end = Some(end),
            Then::Open => {}
            Then::Fork(_) => return None,
        }
        self.nodes.get_mut(node as usize)?.then = self.add_fork(fork)?;
        Some(())
    }

    fn add(&mut self, literal: &[u8], then: Then) -> Option<u32> {
        let (start, len) = self.store(literal)?;
        self.push(Node { start, len, then })
    }

    fn push(&mut self, node: Node) -> Option<u32> {
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).ok()
    }

    fn add_fork(&mut self, fork: Fork) -> Option<Then> {
        self.forks.push(fork);
        u32::try_from(self.forks.len() - 1).ok().map(Then::Fork)
    }

    fn store(&mut self, literal: &[u8]) -> Option<(u32, u32)> {
        let start = u32::try_from(self.literals.len()).ok()?;
        self.literals.extend_from_slice(literal);
        Some((start, u32::try_from(literal.len()).ok()?))
    }
}
