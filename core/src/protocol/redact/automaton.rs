//! Finds several needles in one pass over a text in linear time, with an Aho-Corasick automaton. The crate
//! `aho-corasick` would keep the needles, which are secrets, in memory.

use zeroize::{Zeroizing, optimization_barrier};

/// A string to find.
pub(super) struct Needle {
    pub string: Zeroizing<String>,
    /// Whether it is a short secret.
    pub is_short: bool,
}

/// A state: the prefix of a needle that matches the last bytes read.
#[derive(Clone, Copy, Default)]
struct Node {
    byte: u8,
    /// The length of the prefix.
    depth: u32,
    /// The states that follow by one byte, in the order of that byte.
    children: u32,
    children_end: u32,
    /// The longest proper suffix of the prefix that is a state.
    fallback: u32,
    /// The lengths of the longest needles of each kind that end here; 0 for none.
    long: u32,
    short: u32,
}

/// A state of a search.
#[derive(Clone, Copy, Default)]
pub(super) struct State(u32);

#[cfg(test)]
std::thread_local! {
    /// Counts the state transitions of a thread.
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The automaton. Zeroized when dropped.
pub(super) struct Automaton {
    nodes: Vec<Node>,
}

impl Automaton {
    pub fn new(mut needles: Vec<Needle>) -> Self {
        needles.sort_unstable_by(|a, b| a.string.cmp(&b.string));
        needles.dedup_by(|a, b| a.string == b.string);
        let most = needles
            .iter()
            .map(|needle| needle.string.len())
            .sum::<usize>()
            + 1;
        let mut automaton = Automaton {
            // Never reallocated: that would leave a copy in memory.
            nodes: Vec::with_capacity(most),
        };
        automaton.nodes.push(Node::default());
        // The needles that start with the prefix of each state. States are in the order of their depth, so that the
        // fallback of a state is complete before it.
        let mut prefixed = Vec::with_capacity(most);
        prefixed.push(0..needles.len());
        let mut at = 0;
        while at < automaton.nodes.len() {
            automaton.complete(at, &needles, &mut prefixed);
            at += 1;
        }
        automaton
    }

    /// Sets the needles that end at a state, and adds the states that follow it.
    fn complete(
        &mut self,
        at: usize,
        needles: &[Needle],
        prefixed: &mut Vec<std::ops::Range<usize>>,
    ) {
        let mut range = prefixed[at].clone();
        let fallback = self.nodes[self.nodes[at].fallback as usize];
        let children = self.nodes.len() as u32;
        let node = &mut self.nodes[at];
        (node.long, node.short) = (fallback.long, fallback.short);
        let depth = node.depth as usize;
        if let Some(needle) = needles.get(range.start).filter(|_| depth > 0) {
            if needle.string.len() == depth {
                let longest = if needle.is_short {
                    &mut node.short
                } else {
                    &mut node.long
                };
                *longest = node.depth;
                range.start += 1;
            }
        }
        let (depth_of_child, fallback) = (node.depth + 1, node.fallback);
        while let Some(needle) = needles[range.clone()].first() {
            let byte = needle.string.as_bytes()[depth];
            let same = needles[range.clone()]
                .iter()
                .take_while(|other| other.string.as_bytes()[depth] == byte);
            let end = range.start + same.count();
            prefixed.push(range.start..end);
            range.start = end;
            self.nodes.push(Node {
                byte,
                depth: depth_of_child,
                fallback: if at == 0 {
                    0
                } else {
                    self.step(fallback, byte)
                },
                ..Node::default()
            });
        }
        let node = &mut self.nodes[at];
        (node.children, node.children_end) = (children, prefixed.len() as u32);
    }

    /// Whether there are no needles.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }

    fn child(&self, state: u32, byte: u8) -> Option<u32> {
        let node = &self.nodes[state as usize];
        let children = &self.nodes[node.children as usize..node.children_end as usize];
        let position = children.binary_search_by_key(&byte, |child| child.byte);
        position.ok().map(|at| node.children + at as u32)
    }

    fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            #[cfg(test)]
            STEPS.set(STEPS.get() + 1);
            match self.child(state, byte) {
                Some(child) => return child,
                None if state == 0 => return 0,
                None => state = self.nodes[state as usize].fallback,
            }
        }
    }

    /// Returns the state after the next byte.
    pub fn next(&self, state: State, byte: u8) -> State {
        State(self.step(state.0, byte))
    }

    /// Returns the lengths of the longest needles that end at `state`, of long and of short secrets; 0 for none.
    pub fn matches(&self, state: State) -> (usize, usize) {
        let node = &self.nodes[state.0 as usize];
        (node.long as usize, node.short as usize)
    }

    /// Returns how many of the last bytes read may be the start of a needle.
    pub fn pending(&self, state: State) -> usize {
        self.nodes[state.0 as usize].depth as usize
    }
}

impl Drop for Automaton {
    fn drop(&mut self) {
        self.nodes.fill(Node::default());
        optimization_barrier(&self.nodes);
    }
}
