//! Runs the fuzzers in `fuzz/service` on their corpus.

#![allow(clippy::unwrap_used)]

use std::path::Path;

// A module of these tests, for the reason in `core/src/corpus_tests.rs`.
#[path = "../../fuzz/service/src/lib.rs"]
mod fuzzers;

type Fuzzer = (&'static str, fn(&[u8]));

const FUZZERS: [Fuzzer; 4] = [
    ("body", fuzzers::body),
    ("fields", fuzzers::fields),
    ("path", fuzzers::path),
    ("rule", fuzzers::rule),
];

#[test]
fn fuzzers_accept_every_input_of_their_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/service/corpus");
    assert_eq!(std::fs::read_dir(&corpus).unwrap().count(), FUZZERS.len());
    for (name, fuzzer) in FUZZERS {
        let files = std::fs::read_dir(corpus.join(name)).unwrap();
        let paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!paths.is_empty(), "{name}");
        for path in paths {
            // The last path in the output is the one that fails.
            println!("{}", path.display());
            fuzzer(&std::fs::read(path).unwrap());
        }
    }
}
