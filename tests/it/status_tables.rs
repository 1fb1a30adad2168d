//! `Status` and `Action` of the core crate are the source of the statuses and actions; every other list has the
//! same names and numbers.

use std::collections::BTreeMap;

use bosauth::{Action, Status};

use crate::support::tools;

/// Numbers by name.
type Table = BTreeMap<String, i32>;

fn statuses() -> Table {
    Status::ALL
        .map(|status| (status.name().into(), status.code()))
        .into()
}

fn actions() -> Table {
    Action::ALL
        .map(|action| (action.name().into(), action.code()))
        .into()
}

/// The lines of a file that `parse` reads as name and number.
fn parsed(path: &str, parse: impl Fn(&str) -> Option<(String, i32)>) -> Table {
    tools::read(path).lines().filter_map(parse).collect()
}

/// The constants of the C header with this prefix.
fn header(prefix: &str) -> Table {
    parsed("include/bosauth.h", |line| {
        let define = line.strip_prefix("#define ")?.strip_prefix(prefix)?;
        let (name, number) = define.split_once(' ')?;
        Some((name.into(), number.parse().ok()?))
    })
}

/// The C++ enumerators that stand for constants with this prefix.
fn cpp(prefix: &str) -> Table {
    let constants = header(prefix);
    parsed("bindings/cpp/bosauth.hpp", |line| {
        let (name, constant) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        let constant = constant.strip_prefix(prefix)?;
        assert_eq!(name, constant.to_lowercase());
        Some((constant.into(), constants[constant]))
    })
}

/// The Swift constants that stand for constants with this prefix.
fn swift(prefix: &str) -> Table {
    let constants = header(prefix);
    parsed("bindings/swift/Sources/Bosauth/Codes.swift", |line| {
        let constant = line.trim().strip_prefix("public static let ")?;
        let (name, constant) = constant.strip_suffix(')')?.split_once(" = ")?;
        let constant = constant.split_once("(rawValue: ")?.1.strip_prefix(prefix)?;
        let name = name.trim_matches('`').to_uppercase();
        assert_eq!(name, constant.replace('_', ""));
        Some((constant.into(), constants[constant]))
    })
}

/// The members of a Python enum.
fn python(class: &str) -> Table {
    let source = tools::read("bindings/python/src/bosauth/_codes.py");
    let start = format!("class {class}(IntEnum):");
    let body = source.split_once(&start).unwrap().1;
    let body = body.split("\nclass ").next().unwrap();
    let member = |line: &str| {
        let (name, number) = line.strip_prefix("    ")?.split_once(" = ")?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    body.lines().filter_map(member).collect()
}

/// The constants of a Java enum, whose numbers are in parentheses or the position.
fn java(class: &str) -> Table {
    let path = format!("bindings/java/bosauth-api/src/main/java/io/bosauth/{class}.java");
    let mut count = 0;
    let mut constant = |line: &str| {
        let name = line.strip_prefix("    ")?.strip_suffix([',', ';'])?;
        let (name, number) = name.split_once('(').unwrap_or((name, ""));
        let is_constant = name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
        if !is_constant {
            return None;
        }
        count += 1;
        let number = number.trim_end_matches(')').parse().unwrap_or(count - 1);
        Some((name.to_owned(), number))
    };
    let source = tools::read(path);
    source.lines().filter_map(&mut constant).collect()
}

/// The cells of the rows of a Markdown table whose first cell is a name in backticks and whose second is a number.
fn rows(markdown: &str) -> Vec<(String, i32, Vec<String>)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?.to_owned();
        let number = cells.next()?.parse().ok()?;
        Some((name, number, cells.map(str::to_owned).collect()))
    };
    markdown.lines().filter_map(row).collect()
}

#[test]
fn every_binding_has_the_same_statuses_and_actions() {
    let (statuses, actions) = (statuses(), actions());
    assert_eq!(header("BOSAUTH_ERROR_"), statuses);
    assert_eq!(header("BOSAUTH_ACTION_"), actions);
    assert_eq!(cpp("BOSAUTH_ERROR_"), statuses);
    assert_eq!(cpp("BOSAUTH_ACTION_"), actions);
    assert_eq!(swift("BOSAUTH_ERROR_"), statuses);
    assert_eq!(swift("BOSAUTH_ACTION_"), actions);
    let mut with_ok = statuses;
    with_ok.insert("OK".into(), 0);
    assert_eq!(java("Status"), with_ok);
    assert_eq!(java("Action"), actions);
    assert_eq!(python("Status"), with_ok);
    assert_eq!(python("Action"), actions);
    let changes = java("ChangeKind").into_iter();
    let changes: Table = changes.map(|(name, at)| (name, at + 1)).collect();
    assert_eq!(header("BOSAUTH_CHANGE_"), changes);
}

#[test]
fn readme_lists_each_status_with_its_default_action() {
    let rows = rows(&tools::read("README.md"));
    let listed: Vec<_> = rows.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(listed, Status::ALL.map(Status::name));
    for (status, (_, number, cells)) in Status::ALL.into_iter().zip(&rows) {
        assert_eq!(*number, status.code(), "{status}");
        let action = format!("`{}`", status.default_action());
        assert!(cells[1].contains(&action), "{status}: {action}");
    }
}

#[test]
fn reserved_numbers_have_no_constant() {
    let page = tools::read("docs/abi.md");
    let section = page.split_once("## Reserved status").unwrap().1;
    let reserved = rows(section.split("\n## ").next().unwrap());
    assert!(!reserved.is_empty());
    for (name, number, _) in reserved {
        assert!(!statuses().contains_key(&name), "{name}");
        assert!(statuses().values().all(|used| *used != number), "{name}");
    }
}
