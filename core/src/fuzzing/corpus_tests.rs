//! Runs what the fuzzers have found worth keeping, so that it stays tested without them.

#![allow(clippy::unwrap_used)]

use std::path::Path;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("answer", super::answer),
    ("exchange", super::exchange),
    ("jwt", super::jwt),
    ("paths", super::paths),
    ("record", super::record),
    ("replies", super::replies),
    ("request", super::request),
];

#[test]
fn every_file_of_the_corpus_is_read_well() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/core/corpus");
    for (name, target) in TARGETS {
        let files = std::fs::read_dir(corpus.join(name)).unwrap();
        let paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!paths.is_empty(), "{name}");
        for path in paths {
            // The last one that is named is the one that fails.
            println!("{}", path.display());
            target(&std::fs::read(path).unwrap());
        }
    }
}
