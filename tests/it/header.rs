//! Generates `include/bosauth.h` from the sources and compares. With `BOSAUTH_BLESS=1` it writes the file.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of `src/` with the functions of the header, and their section titles.
const GROUPS: [(&str, &str); 13] = [
    ("library", "library"),
    ("error", "errors"),
    ("config", "configuration"),
    ("session_store", "session stores"),
    ("options", "options"),
    ("client", "clients"),
    ("calls", "calls"),
    ("response", "responses"),
    ("session", "sessions"),
    ("listener", "listeners"),
    ("string", "strings"),
    ("token", "tokens"),
    ("cancel", "cancellation"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn part(name: &str) -> String {
    fs::read_to_string(root().join("include").join(name)).unwrap()
}

/// The output of cbindgen for these items of a source file.
fn items(file: &str, kinds: &[cbindgen::ItemType]) -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.no_includes = true;
    config.export.item_types = kinds.to_vec();
    // No function of its own file uses it.
    config.export.include = vec!["bosauth_release_fn".into()];
    let source = root().join("src").join(format!("{file}.rs"));
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_src(source)
        .generate()
        .unwrap();
    let mut output = Vec::new();
    bindings.write(&mut output);
    short_comments(String::from_utf8(output).unwrap().trim())
}

/// Puts comments of one line on one line.
fn short_comments(source: &str) -> String {
    let lines: Vec<_> = source.lines().collect();
    let mut short = String::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] == "/**" && lines.get(at + 2) == Some(&" */") {
            short += &format!("/** {} */\n", lines[at + 1].trim_start_matches(" * "));
            at += 3;
        } else {
            short += &format!("{}\n", lines[at]);
            at += 1;
        }
    }
    short.trim_end().to_owned()
}

/// The constants of an enum that a file of core declares with `c_enum!`.
fn constants(file: &str, name: &str, prefix: &str) -> String {
    let source = fs::read_to_string(root().join("core/src").join(file)).unwrap();
    let start = format!("\n    {name} {{\n");
    let list = source.split_once(&start).unwrap().1;
    let mut constants = Vec::new();
    let mut doc = Vec::new();
    for line in list.lines().map(str::trim).take_while(|&line| line != "}") {
        if let Some(comment) = line.strip_prefix("///") {
            doc.push(c_terms(comment));
            continue;
        }
        let (_, value) = line.split_once(" = ").unwrap();
        let (number, name) = value.split_once(", c\"").unwrap();
        let name = name.strip_suffix("\";").unwrap();
        let comment = format!("/**\n *{}\n */", doc.join("\n *"));
        let define = format!("#define {prefix}{name} {number}");
        constants.push(short_comments(&format!("{comment}\n{define}")));
        doc.clear();
    }
    constants.join("\n\n")
}

/// A line of rustdoc in the terms of the header.
fn c_terms(doc: &str) -> String {
    doc.replace("[`Error::retry_after`]", "bosauth_error_retry_after_ms()")
        .replace("[`Error::", "bosauth_error_")
        .replace("`]", "()")
        .replace('`', "")
}

fn banner(title: &str) -> String {
    format!("\n/* ---- {title} {} */\n\n", "-".repeat(92 - title.len()))
}

fn header() -> String {
    use cbindgen::ItemType::{Constants, Functions, OpaqueItems, Typedefs};

    let mut header = part("preamble.h.in").replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    header += &banner("types and constants");
    let types = [
        items("abi", &[Constants]),
        items("status", &[Typedefs, Constants]),
        constants("error.rs", "Status", "BOSAUTH_ERROR_"),
        constants("error.rs", "Action", "BOSAUTH_ACTION_"),
        constants("session/change.rs", "ChangeKind", "BOSAUTH_CHANGE_"),
        items("client", &[Typedefs]),
        items("cancel", &[Typedefs]),
    ];
    header += &types.join("\n\n");
    for file in [
        "error", "config", "options", "response", "session", "string",
    ] {
        header += &format!("\n\n{}", items(file, &[OpaqueItems]));
    }
    for file in ["callback", "options", "session_store", "listener"] {
        header += &format!(
            "\n\n{}",
            with_nullability(&items(file, &[Typedefs]), mark_type_line)
        );
    }
    header += "\n";
    for (file, title) in GROUPS {
        header += &banner(title);
        header += &with_nullability(&items(file, &[Functions]), mark_line);
        header += "\n";
    }
    header + &part("epilogue.h.in")
}

/// Marks every pointer of function types or functions as nullable or not, by its `@param` line. `mark` marks a line of
/// code with this comment.
fn with_nullability(source: &str, mark: fn(&str, &str) -> String) -> String {
    let mut marked = String::new();
    let mut comment = String::new();
    for line in source.lines() {
        let is_comment = line.starts_with("/**") || line.starts_with(" *");
        if line.starts_with("/**") {
            comment.clear();
        }
        if is_comment {
            comment += line;
            comment += "\n";
            marked += line;
        } else {
            marked += &mark(line, &comment);
        }
        marked += "\n";
    }
    marked.trim_end().to_owned()
}

/// A line of a function type, which is nullable itself.
fn mark_type_line(line: &str, comment: &str) -> String {
    const MARK: &str = "BOSAUTH_NULLABLE ";
    match line.split_once("(*") {
        Some((result, rest)) => {
            let (name, argument) = rest.split_once(")(").unwrap();
            format!("{result}(*{MARK}{name})({}", mark_line(argument, comment))
        }
        // An argument, aligned with the first one.
        None if line.starts_with(' ') => {
            format!("{}{}", " ".repeat(MARK.len()), mark_line(line, comment))
        }
        None => line.to_owned(),
    }
}

fn mark_line(line: &str, comment: &str) -> String {
    let Some(star) = line.find('*') else {
        return line.to_owned();
    };
    // A return value: accessors and constructors never return NULL.
    if let Some((result, rest)) = line.split_once("*bosauth_") {
        let rest = format!("bosauth_{rest}");
        let (name, arguments) = rest.split_once('(').unwrap();
        return format!(
            "{result}*BOSAUTH_NONNULL {name}({}",
            mark_line(arguments, comment)
        );
    }
    let end = line.trim_end_matches([',', ')', ';']).len();
    let (declaration, tail) = line.split_at(end);
    let name = declaration.rsplit(['*', ' ']).next().unwrap();
    let mark = if may_be_null(name, comment) {
        "BOSAUTH_NULLABLE"
    } else {
        "BOSAUTH_NONNULL"
    };
    let kind = &declaration[..star];
    // The target of a pointer to a pointer is an out parameter, which may become NULL.
    let inner = if declaration.contains("**") {
        "*BOSAUTH_NULLABLE "
    } else {
        ""
    };
    format!("{kind}{inner}*{mark} {name}{tail}")
}

/// Whether the comment allows NULL for the parameter. Every pointer must be documented.
fn may_be_null(name: &str, comment: &str) -> bool {
    let after = comment.split(&format!("@param {name} ")).nth(1);
    let after = after.unwrap_or_else(|| panic!("no @param {name} in {comment}"));
    after
        .split("@param")
        .next()
        .unwrap()
        .split("@return")
        .next()
        .unwrap()
        .contains("may be NULL")
}

#[test]
fn header_is_up_to_date() {
    let generated = header();
    let path = root().join("include/bosauth.h");
    if std::env::var_os("BOSAUTH_BLESS").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let stored = fs::read_to_string(Path::new(&path)).unwrap_or_default();
    assert!(
        generated == stored,
        "include/bosauth.h is stale: run BOSAUTH_BLESS=1 cargo test --test it header::"
    );
}
