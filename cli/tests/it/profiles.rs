//! Profiles that are missing, unusable, or of another server, and what they leave on the disk.

use std::fs;
use std::path::Path;

use bosbase_local::DEMO_USER;

use crate::support::{Fixture, Run};

/// The options of a login with the password.
const LOGIN: [&str; 7] = [
    "login",
    "--with",
    "password",
    "--email",
    DEMO_USER,
    "--password-file",
    "password",
];

/// The names of the files in a directory below that of the test.
fn names(it: &Fixture, directory: &str) -> Vec<String> {
    let entries = fs::read_dir(it.directory.join(directory)).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A login again is necessary for the commands after a logout.
fn assert_logged_out(it: &Fixture) {
    assert_eq!(it.run(&["status"]).code, Some(12));
    assert_eq!(
        names(it, "profiles/default"),
        ["profile.json", "session.lock"]
    );
}

#[test]
fn logout_removes_the_session_of_any_server() {
    let it = Fixture::new();
    let other = Fixture::new();
    let url = ["--url", other.server.base_url()];
    it.output(&LOGIN);
    assert_eq!(it.output(&[&url[..], &["logout"]].concat()), "logged out\n");
    assert_logged_out(&it);

    it.output(&LOGIN);
    let status = it.run(&[&url[..], &["status"]].concat());
    assert_eq!(status.code, Some(12));
    assert!(
        status
            .error
            .contains("hint: use another --profile, or omit --url"),
        "{}",
        status.error
    );
    it.output(&[&url[..], &LOGIN].concat());
    assert_eq!(
        names(&it, "profiles/default"),
        ["profile.json", "session", "session.lock"]
    );

    fs::write(it.directory.join("profiles/default/profile.json"), "{").unwrap();
    let mut logout = it.command(&["logout"]);
    assert!(
        logout
            .env_remove("BOSAUTH_URL")
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_eq!(
        names(&it, "profiles/default"),
        ["profile.json", "session.lock"]
    );
}

#[test]
fn query_creates_no_profile() {
    let it = Fixture::new();
    for url in [it.server.base_url(), ""] {
        let run = |arguments: &[&str]| {
            let mut command = it.command(arguments);
            Run::new(command.env("BOSAUTH_URL", url).output().unwrap())
        };
        for command in ["status", "refresh"] {
            let run = run(&[command]);
            assert_eq!(run.code, Some(12), "{}", run.error);
            assert!(run.error.contains("nobody is logged in"), "{}", run.error);
        }
        assert_eq!(run(&["logout"]).code, Some(0));
    }
    it.output(&["send", "GET", "/api/health"]);
    it.output(&["health"]);
    assert!(!it.directory.join("profiles").exists());
    let unknown = it
        .command(&["send", "GET", "/x"])
        .env_remove("BOSAUTH_URL")
        .output();
    assert_eq!(unknown.unwrap().status.code(), Some(1));
}

#[test]
fn unusable_profile_is_skipped_and_repaired() {
    let it = Fixture::new();
    it.output(&LOGIN);
    let profiles = it.directory.join("profiles");
    for name in ["bad", "we ird"] {
        fs::create_dir(profiles.join(name)).unwrap();
        fs::write(profiles.join(name).join("profile.json"), "{").unwrap();
    }
    fs::create_dir_all(profiles.join("directory/profile.json")).unwrap();
    fs::create_dir(profiles.join("empty")).unwrap();
    fs::write(profiles.join("file"), "").unwrap();
    let list = it.run(&["profiles"]);
    assert_eq!(list.code, Some(0), "{}", list.error);
    assert!(
        list.out.starts_with("default  ") && list.out.lines().count() == 1,
        "{}",
        list.out
    );
    let skipped: Vec<_> = list
        .error
        .lines()
        .filter_map(|line| line.split(" is skipped: ").next())
        .collect();
    assert_eq!(skipped, ["note: bad", "note: directory", "note: we ird"]);

    let bad = |arguments: &[&str]| it.run(&[&["--profile", "bad"], arguments].concat());
    let status = bad(&["status"]);
    assert_eq!(status.code, Some(1), "{}", status.error);
    assert!(
        status.error.contains("is not a profile"),
        "{}",
        status.error
    );
    for arguments in [&["health"][..], &["logout"], &LOGIN, &["status"]] {
        let run = bad(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.error);
    }
    let invalid = it.run(&["--profile", "../x", "health"]);
    assert_eq!(invalid.code, Some(1));
}

#[test]
fn empty_environment_variable_is_like_none() {
    let it = Fixture::new();
    it.output(&LOGIN);
    let status = |name: &str, value: &str| {
        let mut status = it.command(&["status", "--json"]);
        Run::new(status.env(name, value).output().unwrap())
    };
    for name in ["BOSAUTH_URL", "BOSAUTH_COLLECTION", "BOSAUTH_PROFILE"] {
        let run = status(name, "");
        assert_eq!(run.code, Some(0), "{name}: {}", run.error);
        assert_eq!(run.json()["profile"], "default");
    }
    assert_eq!(status("BOSAUTH_PROFILE", "other").code, Some(12));
    let home = it.directory.to_str().unwrap();
    let mut login = it.command(&LOGIN);
    login
        .env("BOSAUTH_CONFIG_DIR", "")
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", it.directory.join("xdg"));
    assert!(login.output().unwrap().status.success());
    #[cfg(target_os = "linux")]
    assert!(it.directory.join("xdg/bosauth/default/session").is_file());
}

/// The limit on the size of files has the effect of a full disk.
#[cfg(target_os = "linux")]
#[test]
fn failed_write_leaves_no_file() {
    let it = Fixture::new();
    fs::create_dir(it.directory.join("new")).unwrap();
    let limited = |arguments: &[&str]| {
        let script = "ulimit -f 0; exec \"$0\" \"$@\"";
        let mut shell = std::process::Command::new("env");
        shell
            .args([
                "--ignore-signal=XFSZ",
                "sh",
                "-c",
                script,
                crate::support::PROGRAM,
            ])
            .args(arguments)
            .current_dir(&it.directory)
            .envs(it.environment());
        Run::new(shell.output().unwrap())
    };
    // A pipe has no such limit.
    let token = limited(&["token", "--output", "new/token"]);
    assert_eq!(token.code, Some(1), "{}", token.error);
    assert!(
        token.error.contains("cannot create new/token: "),
        "{}",
        token.error
    );
    assert!(names(&it, "new").is_empty());
    let login = limited(&LOGIN);
    assert_eq!(login.code, Some(1), "{}", login.error);
    assert_eq!(names(&it, "profiles/default"), ["session.lock"]);
}

/// A path that is not UTF-8 is a file name like any other.
#[cfg(target_os = "linux")]
#[test]
fn path_that_is_not_utf8_is_accepted() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let it = Fixture::new();
    let path = OsStr::from_bytes(b"bad\xff");
    for options in [&[][..], &["--json"]] {
        let _ = fs::remove_file(it.directory.join(path));
        let output = it
            .command(options)
            .args(["token", "--output"])
            .arg(path)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(it.directory.join(path).is_file());
    }
    let mut login = it.command(&LOGIN);
    let profiles = it.directory.join(OsStr::from_bytes(b"profiles\xff"));
    assert!(
        login
            .env("BOSAUTH_CONFIG_DIR", &profiles)
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(profiles.join(Path::new("default/session")).is_file());
    let mut list = it.command(&["profiles", "--json"]);
    assert!(
        list.env("BOSAUTH_CONFIG_DIR", &profiles)
            .output()
            .unwrap()
            .status
            .success()
    );
}
