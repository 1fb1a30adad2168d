//! Runs the fuzzers in `fuzz/core` on their corpus.

#![allow(clippy::unwrap_used)]

use std::path::Path;

// `cargo fuzz` compiles this file as a crate, the tests as a module of the library. As a dependency of the tests it
// would need hooks behind a Cargo feature, which users see, or `--cfg fuzzing`, which compiles every dependency again.
#[path = "../../fuzz/core/src/lib.rs"]
mod fuzzers;

type Fuzzer = (&'static str, fn(&[u8]));

const FUZZERS: [Fuzzer; 8] = [
    ("exchange", fuzzers::exchange),
    ("jwt", fuzzers::jwt),
    ("paths", fuzzers::paths),
    ("record", fuzzers::record),
    ("request", fuzzers::request),
    ("response", fuzzers::response),
    ("responses", fuzzers::responses),
    ("session_text", fuzzers::session_text),
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

/// Parts of segments that are harmless, and parts that leave the base URL or are malformed somewhere.
const HARMLESS: [&str; 22] = [
    "a", "api", "records", "x-1", "...", "%20", "%2e%2ea", "b%2e", "%c3%a9", "%40", "~", "_",
    "(1)", "a;b=c", "+", "25", "2e", "%2525", ":", "%3fq", "e%23f", "%41",
];
const HOSTILE: [&str; 52] = [
    ".",
    "..",
    "%2e",
    "%2E",
    ".%2e",
    "%252e",
    "%25252E",
    "%%32%65",
    "/",
    "//",
    "%2f",
    "%2F",
    "%252f",
    "%255C",
    "%5c",
    "\\",
    "?",
    "#",
    "@",
    "%",
    "%2",
    "%zz",
    "%25",
    "%00",
    "%2500",
    "%c0%ae",
    "%c0%af",
    "%c1%9c",
    "%ff",
    " ",
    "\t",
    "\n",
    "\r\n",
    "%09",
    "%0d%0a",
    "%7f",
    "%20",
    ";",
    "%3b",
    "%3f",
    "%23",
    "\u{e9}",
    "\u{ff0e}",
    "|",
    "\"",
    "<",
    "{",
    "^",
    "[",
    "http:",
    "example.com",
    "%u002e",
];

/// Returns the next of a fixed sequence of numbers below `limit`.
fn next(state: &mut u64, limit: usize) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % limit
}

fn generated_path(state: &mut u64) -> String {
    let hostile = [0, 0, 8, 3][next(state, 4)];
    let mut path = String::new();
    for _ in 0..=next(state, 4) {
        path.push('/');
        for _ in 0..=next(state, 3) {
            let is_hostile = hostile > 0 && next(state, hostile) == 0;
            path += match is_hostile {
                true => HOSTILE[next(state, HOSTILE.len())],
                false => HARMLESS[next(state, HARMLESS.len())],
            };
        }
    }
    if next(state, 50) == 0 {
        path.split_off(1)
    } else {
        path
    }
}

/// Checks by the crate `url` that a path stays below the base URL, and is sent as it is.
fn assert_below(base: &str, path: &str) {
    let whole = url::Url::parse(base).unwrap();
    let url = url::Url::parse(&format!("{base}{path}")).unwrap();
    assert_eq!(
        url.path(),
        format!("{}{path}", whole.path().trim_end_matches('/'))
    );
    let mut reading = path.to_owned();
    loop {
        let url = url::Url::parse(&format!("{base}{reading}")).unwrap();
        assert_eq!(url.origin(), whole.origin(), "{path}");
        assert!(
            url.username().is_empty() && url.password().is_none(),
            "{path}"
        );
        let below = url.path().strip_prefix(whole.path().trim_end_matches('/'));
        assert!(
            below.is_some_and(|below| below.len() > 1 && below.starts_with('/')),
            "{path}"
        );
        let decoded = percent_encoding::percent_decode_str(&reading);
        let decoded = decoded.decode_utf8_lossy().into_owned();
        if decoded == reading {
            break;
        }
        reading = decoded;
    }
}

#[test]
fn generated_paths_stay_below_the_base_url_or_are_rejected() {
    let (mut state, mut accepted) = (20_261_126, 0);
    for _ in 0..100_000 {
        let path = generated_path(&mut state);
        let is_accepted = bosauth::input::path(&path).is_ok();
        assert_eq!(is_accepted, fuzzers::stays_below_base(&path), "{path:?}");
        if is_accepted {
            accepted += 1;
            assert_below("https://api.example.com:8443/pre/f%20x", &path);
            assert_below("http://api.example.com", &path);
        }
    }
    println!("{accepted} of 100000 paths are accepted");
    assert!((40_000..70_000).contains(&accepted), "{accepted}");
}
