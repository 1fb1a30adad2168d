//! Invalid command lines, help and colors.

use std::fs;

use crate::support::Fixture;

/// Arguments with `hunter2`, a secret at the wrong place, and what the message contains nevertheless.
const INVALID: [(&[&str], &str); 12] = [
    (&["hunter2"], "unexpected argument"),
    (&["login", "hunter2"], "unexpected argument"),
    (&["bind", "--email", "a", "hunter2"], "unexpected argument"),
    (&["login", "--with", "hunter2"], "token, password, otp"),
    (&["login", "--password-fd", "hunter2"], "--password-fd <N>"),
    (&["--timeout", "hunter2", "login"], "--timeout <SECONDS>"),
    (
        &["send", "GET", "/", "--header", "hunter2"],
        "--header <NAME:VALUE>",
    ),
    (&["--json=hunter2", "status"], "--json"),
    (&["login", "--pasword=hunter2"], "--password-fd"),
    (&["login", "--passwordhunter2"], "unexpected argument"),
    (&["login", "-phunter2"], "unexpected argument"),
    (&["completions", "hunter2"], "bash"),
];

#[test]
fn invalid_command_line_does_not_repeat_a_secret() {
    let it = Fixture::new();
    for (arguments, expected) in INVALID {
        let run = it.run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.error.contains(expected), "{arguments:?}: {}", run.error);
        assert!(
            !run.error.contains("hunter2") && run.out.is_empty(),
            "{}",
            run.error
        );
    }
    let missing = it.run(&["send"]);
    assert!(
        missing.error.contains("<METHOD>") && missing.error.contains("<PATH>"),
        "{}",
        missing.error
    );
}

#[test]
fn option_for_colors_applies_to_usage_errors_and_help() {
    let it = Fixture::new();
    let always = ["--color", "always"];
    for (arguments, code) in [(&["send"][..], 2), (&["token", "-h"], 0), (&["status"], 12)] {
        for (option, is_colored) in [
            (&always[..], true),
            (&["--color=never"], false),
            (&["--color", "never"], false),
        ] {
            let run = it.run(&[option, arguments].concat());
            assert_eq!(run.code, Some(code), "{}", run.error);
            assert_eq!(
                (run.out + &run.error).contains('\u{1b}'),
                is_colored,
                "{option:?} {arguments:?}"
            );
        }
    }
}

#[test]
fn man_page_names_the_environment_variables() {
    let it = Fixture::new();
    it.output(&["man", "."]);
    let page = fs::read_to_string(it.directory.join("bosauth.1")).unwrap();
    for name in ["URL", "COLLECTION", "PROFILE", "CONFIG_DIR"] {
        let variable = format!("BOSAUTH_{name}");
        assert!(page.replace('\\', "").contains(&variable), "{variable}");
    }
}
