//! Reproducible random numbers: names, tokens and orders differ in each run.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

/// A generator of random numbers.
pub struct Rng {
    seed: u64,
    drawn: u64,
}

impl Rng {
    /// Seeds from `BOSAUTH_TEST_SEED`, or at random. Prints the seed.
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

    /// Returns a number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Shuffles a list.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// Returns this many lower-case letters and digits.
    pub fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..length)
            .map(|_| char::from(LETTERS[self.below(LETTERS.len())]))
            .collect()
    }
}
