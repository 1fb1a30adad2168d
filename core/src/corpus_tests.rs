//! Runs the fuzzers in `fuzz/core` on their corpus.

#![allow(clippy::unwrap_used)]

use std::path::Path;

// `cargo fuzz` compiles this file as a crate, the tests as a module of the library. As a dependency of the tests it
// would need hooks behind a Cargo feature, which users see, or `--cfg fuzzing`, which compiles every dependency again.
#[path = "../../fuzz/core/src/lib.rs"]
mod fuzzers;

type Fuzzer = (&'static str, fn(&[u8]));

const FUZZERS: [Fuzzer; 7] = [
    ("exchange", fuzzers::exchange),
    ("jwt", fuzzers::jwt),
    ("paths", fuzzers::paths),
    ("record", fuzzers::record),
    ("request", fuzzers::request),
    ("response", fuzzers::response),
    ("responses", fuzzers::responses),
];

#[test]
fn fuzzers_accept_every_input_of_their_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/core/corpus");
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
