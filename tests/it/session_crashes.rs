//! Processes that are killed while they change one session file.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use bosauth::{Client, Session};

use crate::support::rng::Rng;
use crate::support::server::TOKEN;
use crate::support::{library, server, tools};

const WRITERS: usize = 4;
const KILLS: usize = 1_000;

struct Writers<'a> {
    url: &'a str,
    file: &'a Path,
    running: Vec<Child>,
    started: usize,
}

impl Writers<'_> {
    fn start(&mut self, program: &mut Command) {
        let name = format!("w{}", self.started);
        let child = program
            .args([self.url, TOKEN])
            .arg(self.file)
            .arg(name)
            .stdout(Stdio::null())
            .spawn();
        self.started += 1;
        self.running.push(child.unwrap());
    }

    /// Kills a writer, which must not have ended by itself.
    fn kill(&mut self, at: usize) {
        let mut writer = self.running.swap_remove(at);
        assert!(writer.try_wait().unwrap().is_none(), "a writer has failed");
        writer.kill().unwrap();
        writer.wait().unwrap();
    }
}

impl Drop for Writers<'_> {
    fn drop(&mut self) {
        for writer in &mut self.running {
            let _ = writer.kill();
            let _ = writer.wait();
        }
    }
}

/// A new client, as after a restart.
fn restart(url: &str, file: &Path) -> Client {
    Client::builder(url).session_file(file).build().unwrap()
}

/// Whether it is a session that a writer had, as a whole.
fn is_whole(session: &Session) -> bool {
    match session.field("copy") {
        Some(copy) => copy == session.token() && session.field("end") == Some(copy),
        // A login.
        None => session.is_valid() && session.field("email").is_some(),
    }
}

#[test]
fn session_file_is_whole_after_each_kill_of_a_writer() {
    let server = server::with_token();
    let url = server.base_url();
    let directory = tools::empty("session_crashes");
    let file = directory.join("session");
    let library = library::compile(Path::new("tests/c/session_writer.c"), &[]);
    let mut rng = Rng::new();
    let mut writers = Writers {
        url,
        file: &file,
        running: Vec::new(),
        started: 0,
    };
    restart(url, &file).save_session("first", None).unwrap();
    for _ in 0..WRITERS {
        writers.start(&mut Command::new(&library));
    }
    let mut saved = 0;
    for kill in 0..KILLS {
        thread::sleep(Duration::from_micros(rng.below(8_000) as u64));
        writers.kill(rng.below(WRITERS));
        writers.start(&mut Command::new(&library));
        let session = restart(url, &file).session().unwrap();
        let session = session.unwrap_or_else(|| panic!("no session after kill {kill}"));
        assert!(
            session.token() == "first" || is_whole(&session),
            "kill {kill}"
        );
        saved += usize::from(session.field("copy").is_some());
    }
    assert!(
        saved > 0,
        "the writers were killed before they had saved anything"
    );
    println!("{KILLS} kills, {saved} of the sessions found were saved, the others logins");
    drop(writers);
    assert!(is_whole(&restart(url, &file).session().unwrap().unwrap()));
    let mut names: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["session", "session.lock"]);
    assert_eq!(fs::read(directory.join("session.lock")).unwrap(), b"");
    fs::remove_dir_all(&directory).unwrap();
}
