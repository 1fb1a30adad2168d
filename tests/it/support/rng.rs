//! Chance that can be repeated: names, tokens and orders made anew for each run.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

/// Numbers that follow from a seed.
pub struct Rng {
    seed: u64,
    drawn: u64,
}

impl Rng {
    /// Chance from `BOSAUTH_TEST_SEED`, or a new one. The seed is printed, to repeat a run.
    pub fn new() -> Self {
        let seed = match std::env::var("BOSAUTH_TEST_SEED") {
            Ok(seed) => seed.parse().expect("BOSAUTH_TEST_SEED is a number"),
            Err(_) => RandomState::new().hash_one(0),
        };
        println!("BOSAUTH_TEST_SEED={seed}");
        Rng { seed, drawn: 0 }
    }

    fn next(&mut self) -> u64 {
        self.drawn += 1;
        let mut hasher = DefaultHasher::new();
        (self.seed, self.drawn).hash(&mut hasher);
        hasher.finish()
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// The list in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// So many lower-case letters and digits.
    pub fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..length)
            .map(|_| char::from(LETTERS[self.below(LETTERS.len())]))
            .collect()
    }
}
