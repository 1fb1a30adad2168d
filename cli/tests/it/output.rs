//! What the program prints of responses and files, and its exit code if that fails.

use std::fs::{self, OpenOptions};

use bosbase_local::DEMO_USER;

use crate::support::{Fixture, NOTES, Run};

#[test]
fn error_has_what_the_server_says() {
    let it = Fixture::new();
    fs::write(
        it.directory.join("body"),
        r#"{"email": "x", "password": "y"}"#,
    )
    .unwrap();
    let create = [
        "send",
        "POST",
        "/api/collections/users/records",
        "--body",
        "body",
    ];
    let text = it.run(&create);
    assert_eq!(text.code, Some(11), "{}", text.error);
    let lines: Vec<_> = text.error.lines().collect();
    assert!(
        lines[0].starts_with("error: VALIDATION: the server refused a field"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("server: "), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("field passwordConfirm: ")),
        "{lines:?}"
    );
    let json = it.run(&[&create[..], &["--json"]].concat()).json();
    assert!(
        json["data"]["passwordConfirm"]["code"].is_string(),
        "{json}"
    );
    assert!(
        !json["server_message"].as_str().unwrap().is_empty(),
        "{json}"
    );
    for output in [text.error, json.to_string()] {
        assert!(
            !output.contains("data_json") && !output.contains("see server_message"),
            "{output}"
        );
    }
}

#[test]
fn required_factor_has_a_hint() {
    let it = Fixture::with_second_factors();
    let login = ["--collection", "players", "login", "--email", DEMO_USER];
    let login = [
        &login[..],
        &["--with", "password", "--password-file", "password"],
    ]
    .concat();
    let run = it.run(&login);
    assert_eq!(run.code, Some(13));
    assert_eq!(
        run.error,
        "error: MFA_REQUIRED: a second factor is required\nhint: pass --second METHOD\n"
    );
}

#[test]
fn responses_of_up_to_4_mib_are_received() {
    let it = Fixture::with_notes();
    let list = ["send", "GET", NOTES];
    it.create_note("1@example.com", &"x".repeat(3_000_000));
    assert!(it.output(&list).len() > 3_000_000);
    it.create_note("2@example.com", &"x".repeat(3_000_000));
    let run = it.run(&list);
    assert!(run.error.contains("RESPONSE_TOO_LARGE"), "{}", run.error);
    assert!(!run.error.contains("max_response_bytes"), "{}", run.error);
}

/// Control characters of a file, which the server has sent once, neither reach the terminal nor begin a new line.
#[test]
fn text_of_a_file_has_no_control_characters() {
    let it = Fixture::new();
    it.log_in();
    let email = "a\u{1b}]0;title\u{7}\ndefault  http://other users \u{9b}31m\u{202e}";
    for file in ["profile.json", "session"] {
        let file = it.directory.join("profiles/default").join(file);
        let content = fs::read_to_string(&file).unwrap();
        let quoted = serde_json::to_string(email).unwrap();
        fs::write(file, content.replace(&format!("\"{DEMO_USER}\""), &quoted)).unwrap();
    }
    let clean = "a\u{fffd}]0;title\u{fffd}\u{fffd}default  http://other users \u{fffd}31m\u{fffd}";
    for command in ["profiles", "status"] {
        let shown = it.output(&[command]);
        assert!(
            shown.contains(clean) && shown.lines().count() == 1,
            "{shown:?}"
        );
        let run = it.run(&[command, "--json"]);
        assert!(run.json().to_string().contains("\\u001b"), "{}", run.out);
        assert!(
            !run.out.trim_end().contains(char::is_control),
            "{:?}",
            run.out
        );
        assert!(!run.out.contains('\u{202e}'), "{:?}", run.out);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_output_is_reported() {
    let it = Fixture::new();
    it.log_in();
    for arguments in [
        &["status"][..],
        &["--json", "profiles"],
        &["send", "GET", "/api/health"],
        &["--help"],
        &["token", "--help"],
        &["--version"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = it.command(arguments).stdout(full).output().unwrap();
        let Run { code, error, .. } = Run::new(output);
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(
            error.contains("cannot write to standard output: "),
            "{arguments:?}: {error}"
        );
    }
}
