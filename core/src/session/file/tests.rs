#![allow(clippy::unwrap_used)]
#![allow(
    unsafe_code,
    reason = "fork, umask, setfsuid and mkfifo have no safe form"
)]

use std::ffi::CString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use bosauth_test_support::programs;

use super::*;

/// A wait that ends soon, for a lock that is not released.
const SHORT: Duration = Duration::from_millis(20);
/// A wait that does not end before the lock is released, however slow the machine is.
const LONG: Duration = Duration::from_secs(60);

/// A temporary directory, removed when it is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "bosauth session {} {}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Its session file. An update waits long, so that the test does not depend on the speed of the machine.
    fn file(&self) -> SessionFile {
        let file = SessionFile::new(self.path("session")).unwrap();
        file.waiting(LONG)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.0);
        assert!(removed.is_ok() || thread::panicking(), "{removed:?}");
    }
}

impl SessionFile {
    fn waiting(self, lock_wait: Duration) -> Self {
        SessionFile { lock_wait, ..self }
    }

    fn put(&self, text: &str) -> Result<(), FileError> {
        self.update(Some(text), &|_| Judgement::Replace)
    }

    fn clear(&self) -> Result<(), FileError> {
        self.update(None, &|_| Judgement::Replace)
    }

    fn text(&self) -> Option<String> {
        self.load().unwrap().map(|text| text.to_string())
    }
}

/// Without the checks of `new`.
fn unchecked(path: &Path) -> SessionFile {
    let name = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    SessionFile {
        path: path.to_owned(),
        directory: path.parent().unwrap().to_owned(),
        temporary: name(".tmp"),
        lock: name(".lock"),
        corrupt: name(".corrupt"),
        lock_wait: SHORT,
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn assert_error<T>(result: Result<T, FileError>, kind: FileErrorKind, part: &str) {
    let error = result.err().expect("an error");
    assert_eq!(error.kind, kind, "{}", error.message);
    assert!(error.message.contains(part), "{}", error.message);
}

/// Asserts that load and update fail because of what is at `path`, and change nothing.
#[track_caller]
fn assert_refused(path: &Path, part: &str) {
    let message = SessionFile::new(path.to_owned()).unwrap_err();
    assert!(message.contains(part), "{message}");
    assert!(message.contains(&format!("{path:?}")), "{message}");
    let file = unchecked(path);
    let before = fs::symlink_metadata(path).unwrap();
    assert_error(file.load(), FileErrorKind::Failed, part);
    assert_error(file.put("new"), FileErrorKind::Failed, part);
    assert_error(file.clear(), FileErrorKind::Failed, part);
    let after = fs::symlink_metadata(path).unwrap();
    assert_eq!((before.ino(), before.mode()), (after.ino(), after.mode()));
    for other in [&file.temporary, &file.lock, &file.corrupt] {
        assert!(fs::symlink_metadata(other).is_err(), "{other:?}");
    }
}

#[test]
fn text_is_stored_replaced_and_removed() {
    let directory = Directory::new();
    let file = directory.file();
    assert_eq!(file.text(), None);
    assert!(directory.names().is_empty(), "load creates nothing");

    let largest = "é".repeat(EXPORT_MAX / 2);
    for text in ["first", "", "a longer text", largest.as_str(), "short"] {
        file.put(text).unwrap();
        assert!(file.text().as_deref() == Some(text), "{} bytes", text.len());
        assert!(directory.file().text().as_deref() == Some(text));
        assert_eq!(directory.names(), ["session", "session.lock"]);
        assert_eq!(mode(&file.path), 0o600);
    }
    assert_eq!(fs::read(&file.path).unwrap(), b"short", "nothing is added");

    for _ in 0..2 {
        file.clear().unwrap();
        assert_eq!(file.text(), None);
        assert_eq!(directory.names(), ["session.lock"]);
    }
    assert_eq!(fs::metadata(&file.lock).unwrap().len(), 0);
    assert_eq!(mode(&file.lock), 0o600);
}

#[test]
fn judge_sees_the_stored_text_and_decides() {
    let directory = Directory::new();
    let file = directory.file();
    let update = |text, expected: Option<&str>, judgement| {
        let calls = AtomicU32::new(0);
        let judge = |stored: Stored<'_>| {
            assert_eq!(stored, expected.map_or(Stored::Nothing, Stored::Text));
            calls.fetch_add(1, Ordering::Relaxed);
            judgement
        };
        file.update(text, &judge).unwrap();
        assert_eq!(calls.into_inner(), 1);
    };
    update(Some("first"), None, Judgement::Keep);
    assert_eq!(file.text(), None);
    update(Some("first"), None, Judgement::Replace);
    update(Some("second"), Some("first"), Judgement::Keep);
    update(None, Some("first"), Judgement::Keep);
    assert_eq!(file.text().unwrap(), "first");
    assert_eq!(directory.names(), ["session", "session.lock"]);

    update(Some("second"), Some("first"), Judgement::SetAside);
    assert_eq!(file.text().unwrap(), "second");
    assert_eq!(fs::read(&file.corrupt).unwrap(), b"first");
    update(None, Some("second"), Judgement::SetAside);
    assert_eq!(
        fs::read(&file.corrupt).unwrap(),
        b"second",
        "the older one is replaced"
    );
    assert_eq!(directory.names(), ["session.corrupt", "session.lock"]);
    update(Some("third"), None, Judgement::SetAside);
    assert_eq!(file.text().unwrap(), "third");
    assert_eq!(fs::read(&file.corrupt).unwrap(), b"second");
}

#[test]
fn unusable_content_is_corrupt_and_set_aside() {
    let directory = Directory::new();
    let file = directory.file();
    let judging = |judgement| {
        move |stored: Stored<'_>| {
            assert_eq!(stored, Stored::Unusable);
            judgement
        }
    };
    // Garbage, a truncated character, and one that is longer than the limit.
    let contents: [(&[u8], u64); 4] = [
        (b"\xff\xfe garbage", 0),
        ("{\"é".as_bytes(), 3),
        (b"long", EXPORT_MAX as u64 + 1),
        (b"sparse", 100 << 20),
    ];
    for (content, length) in contents {
        for text in [Some("new"), None] {
            let corrupt = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&file.path);
            let mut corrupt = corrupt.unwrap();
            corrupt.write_all(content).unwrap();
            if length > 0 {
                corrupt.set_len(length).unwrap();
            }
            set_mode(&file.path, 0o600);
            let before = corrupt.metadata().unwrap();
            for _ in 0..2 {
                assert_error(file.load(), FileErrorKind::Corrupt, "cannot be used");
            }
            assert_eq!(fs::metadata(&file.path).unwrap().len(), before.len());

            file.update(text, &judging(Judgement::Keep)).unwrap();
            assert_error(file.load(), FileErrorKind::Corrupt, "cannot be used");
            file.update(text, &judging(Judgement::SetAside)).unwrap();
            assert_eq!(file.text().as_deref(), text);
            let aside = fs::metadata(&file.corrupt).unwrap();
            assert_eq!((aside.ino(), aside.len()), (before.ino(), before.len()));
            file.clear().unwrap();
        }
    }
}

#[test]
fn text_over_the_limit_is_not_written() {
    let directory = Directory::new();
    let file = directory.file();
    let text = "a".repeat(EXPORT_MAX + 1);
    assert_error(file.put(&text), FileErrorKind::Failed, "larger than");
    assert!(directory.names().is_empty());
}

#[test]
fn file_that_changes_while_it_is_read_is_read_in_part() {
    let directory = Directory::new();
    let path = directory.path("session");
    fs::write(&path, "0123456789").unwrap();
    let file = File::open(&path).unwrap();
    let metadata = file.metadata().unwrap();
    fs::write(&path, "0123").unwrap();
    let read = || {
        let file = File::open(&path).unwrap();
        read_text(&file, &metadata).unwrap().unwrap().to_string()
    };
    assert_eq!(read(), "0123");
    fs::write(&path, "0123456789abc").unwrap();
    assert_eq!(read(), "0123456789");
}

#[test]
fn file_that_others_can_access_is_not_loaded_but_replaced() {
    for wide in [0o640, 0o604, 0o660, 0o601, 0o610, 0o666] {
        let directory = Directory::new();
        let file = directory.file();
        fs::write(&file.path, "wide").unwrap();
        set_mode(&file.path, wide);
        assert_error(file.load(), FileErrorKind::Failed, "run chmod 600");
        assert_eq!(mode(&file.path), wide);
        file.update(Some("kept"), &|stored| {
            assert_eq!(stored, Stored::Text("wide"));
            Judgement::Keep
        })
        .unwrap();
        assert_eq!(
            (fs::read(&file.path).unwrap(), mode(&file.path)),
            (b"wide".to_vec(), wide)
        );
        file.put("private").unwrap();
        assert_eq!(file.text().unwrap(), "private");
        assert_eq!(mode(&file.path), 0o600);

        set_mode(&file.path, wide);
        file.update(None, &|_| Judgement::SetAside).unwrap();
        assert_eq!(mode(&file.corrupt), 0o600, "it can hold a token");
    }
}

#[test]
fn anything_but_a_regular_file_is_refused() {
    let directory = Directory::new();
    let target = directory.path("target");
    fs::write(&target, "target").unwrap();
    symlink(&target, directory.path("link")).unwrap();
    assert_refused(&directory.path("link"), "symbolic link");
    assert_eq!(fs::read(&target).unwrap(), b"target");
    symlink(directory.path("missing"), directory.path("dangling")).unwrap();
    assert_refused(&directory.path("dangling"), "symbolic link");
    assert!(!directory.path("missing").exists());

    fs::create_dir(directory.path("directory")).unwrap();
    assert_refused(&directory.path("directory"), "is a directory");

    let fifo = directory.path("fifo");
    make_fifo(&fifo);
    assert_refused(&fifo, "FIFO");

    let socket = directory.path("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    assert_refused(&socket, "socket");

    assert_refused(Path::new("/dev/null"), "device");
}

fn make_fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the string ends with NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

/// If the file is replaced after it was inspected.
#[test]
fn opening_neither_follows_a_link_nor_waits() {
    let directory = Directory::new();
    fs::write(directory.path("target"), "target").unwrap();
    symlink(directory.path("target"), directory.path("link")).unwrap();
    make_fifo(&directory.path("fifo"));
    assert!(
        system::options()
            .read(true)
            .open(directory.path("link"))
            .is_err()
    );
    let fifo = system::options()
        .read(true)
        .open(directory.path("fifo"))
        .unwrap();
    assert!(system::check(&fifo.metadata().unwrap()).is_err());
}

#[test]
fn lock_file_must_be_a_regular_file() {
    let directory = Directory::new();
    let file = directory.file();
    file.put("stored").unwrap();
    fs::remove_file(&file.lock).unwrap();
    fs::write(directory.path("target"), "target").unwrap();
    symlink(directory.path("target"), &file.lock).unwrap();
    assert_error(file.put("new"), FileErrorKind::Failed, "session.lock");
    fs::remove_file(&file.lock).unwrap();
    make_fifo(&file.lock);
    assert_error(file.clear(), FileErrorKind::Failed, "session.lock");
    assert_eq!(file.text().unwrap(), "stored", "load needs no lock");
    assert_eq!(fs::read(directory.path("target")).unwrap(), b"target");
}

#[test]
fn file_of_another_user_is_refused() {
    if geteuid() != 0 {
        return assert_refused(Path::new("/etc/passwd"), "another user");
    }
    let directory = Directory::new();
    let path = directory.path("session");
    fs::write(&path, "foreign").unwrap();
    set_mode(&path, 0o600);
    std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
    assert_refused(&path, "another user");
    assert_eq!(fs::read(&path).unwrap(), b"foreign");

    let file = unchecked(&directory.path("other"));
    fs::write(&file.lock, "").unwrap();
    std::os::unix::fs::chown(&file.lock, Some(65534), None).unwrap();
    assert_error(file.put("new"), FileErrorKind::Failed, "another user");
}

fn geteuid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[test]
fn paths_that_cannot_work_are_refused() {
    let directory = Directory::new();
    fs::write(directory.path("file"), "").unwrap();
    let new = |path: PathBuf| SessionFile::new(path).unwrap_err();
    let in_missing = new(directory.path("missing/session"));
    assert!(
        in_missing.contains("missing") && in_missing.contains("not exist"),
        "{in_missing}"
    );
    let in_file = new(directory.path("file/session"));
    assert!(in_file.contains("not a directory"), "{in_file}");
    assert!(new("/".into()).contains("no file name"));
    assert!(new(directory.path("..")).contains("no file name"));
    // The file itself would be allowed, PATH.corrupt is too long.
    let long = new(directory.path(&"n".repeat(250)));
    assert!(long.contains("cannot use"), "{long}");
    let nul = new(directory.path("a\0b"));
    assert!(nul.contains("cannot use"), "{nul}");
    assert_eq!(directory.names(), ["file"]);
}

#[test]
fn directory_that_is_removed_later_is_reported() {
    let directory = Directory::new();
    fs::create_dir(directory.path("inner")).unwrap();
    let file = SessionFile::new(directory.path("inner/session")).unwrap();
    fs::remove_dir(directory.path("inner")).unwrap();
    assert_error(file.load(), FileErrorKind::Failed, "does not exist");
    assert_error(file.put("new"), FileErrorKind::Failed, "does not exist");
    assert_error(file.clear(), FileErrorKind::Failed, "does not exist");
}

/// Runs `work` in a thread that file permissions apply to, even if the user is root.
#[cfg(target_os = "linux")]
fn without_privileges<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let unprivileged = || {
            if geteuid() == 0 {
                // SAFETY: it concerns the file accesses of this thread only.
                unsafe { libc::setfsuid(65534) };
            }
            work()
        };
        scope.spawn(unprivileged).join().unwrap()
    })
}

#[cfg(target_os = "linux")]
#[test]
fn permissions_of_the_directory_are_reported() {
    let directory = Directory::new();
    let file = directory.file();
    set_mode(&directory.0, 0o555);
    without_privileges(|| {
        assert_eq!(file.text(), None);
        assert_error(file.put("new"), FileErrorKind::Failed, "permission denied");
        assert_error(file.clear(), FileErrorKind::Failed, "permission denied");
    });
    set_mode(&directory.0, 0o600);
    without_privileges(|| {
        let message = SessionFile::new(file.path.clone()).unwrap_err();
        assert!(message.contains("permission denied"), "{message}");
        assert_error(file.load(), FileErrorKind::Failed, "permission denied");
    });
    set_mode(&directory.0, 0o700);
    assert!(directory.names().is_empty());
}

#[test]
fn failed_update_changes_nothing() {
    let directory = Directory::new();
    let file = directory.file();
    file.put("stored").unwrap();

    fs::create_dir(&file.temporary).unwrap();
    assert_error(file.put("new"), FileErrorKind::Failed, "session.tmp");
    fs::remove_dir(&file.temporary).unwrap();

    fs::create_dir(&file.corrupt).unwrap();
    let set_aside = |text| file.update(text, &|_| Judgement::SetAside);
    assert_error(
        set_aside(Some("new")),
        FileErrorKind::Failed,
        "session.corrupt",
    );
    assert_error(set_aside(None), FileErrorKind::Failed, "session.corrupt");

    assert_eq!(
        directory.names(),
        ["session", "session.corrupt", "session.lock"]
    );
    assert_eq!(file.text().unwrap(), "stored");
}

#[test]
fn stale_temporary_file_is_removed() {
    let directory = Directory::new();
    let file = directory.file();
    let leave = || {
        fs::write(&file.temporary, "half of a te").unwrap();
        set_mode(&file.temporary, 0o666);
    };
    leave();
    assert_eq!(file.text(), None);
    assert_eq!(directory.names(), ["session.lock"]);
    leave();
    file.put("stored").unwrap();
    assert_eq!(mode(&file.path), 0o600);
    leave();
    assert_eq!(file.text().unwrap(), "stored");
    assert_eq!(directory.names(), ["session", "session.lock"]);
    for _ in 0..2 {
        leave();
        file.clear().unwrap();
        assert_eq!(directory.names(), ["session.lock"]);
    }

    symlink(directory.path("missing"), &file.temporary).unwrap();
    file.put("new").unwrap();
    assert_eq!(file.text().unwrap(), "new");
    assert_eq!(directory.names(), ["session", "session.lock"]);
}

#[test]
fn temporary_file_of_an_update_in_progress_is_not_removed() {
    let directory = Directory::new();
    let file = directory.file();
    let lock = Lock::try_acquire(&file.lock).unwrap();
    fs::write(&file.temporary, "in progress").unwrap();
    assert_eq!(file.text(), None);
    assert_eq!(directory.names(), ["session.lock", "session.tmp"]);
    drop(lock);
    assert_eq!(file.text(), None);
    assert_eq!(directory.names(), ["session.lock"]);
}

#[test]
fn lock_excludes_within_a_process() {
    let directory = Directory::new();
    let file = directory.file();
    let inner = directory.file().waiting(SHORT);
    file.update(Some("outer"), &|_| {
        assert_error(
            inner.put("inner"),
            FileErrorKind::Unavailable,
            "session.lock",
        );
        assert_eq!(inner.text(), None);
        Judgement::Replace
    })
    .unwrap();
    file.put("after").unwrap();
    assert_eq!(inner.text().unwrap(), "after");
}

/// As of a child that has been forked without the handlers.
#[test]
fn copy_of_the_descriptor_does_not_keep_the_lock() {
    let directory = Directory::new();
    let path = directory.path("lock");
    let lock = Lock::try_acquire(&path).unwrap();
    let _copy = lock.file().unwrap().try_clone().unwrap();
    assert!(is_transient(&Lock::try_acquire(&path).err().unwrap()));
    drop(lock);
    Lock::try_acquire(&path).unwrap();
}

#[test]
fn waiting_update_continues_when_the_lock_is_released() {
    let directory = Directory::new();
    let file = directory.file();
    let lock = Lock::try_acquire(&file.lock).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| file.put("waited"));
        // Whether it has begun to wait or not.
        thread::sleep(SHORT);
        assert_eq!(file.text(), None);
        drop(lock);
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(file.text().unwrap(), "waited");
}

#[test]
fn texts_of_concurrent_updates_are_never_mixed() {
    let directory = Directory::new();
    let text = |letter: char| letter.to_string().repeat(1000 * (letter as usize - 96));
    let is_whole = |stored: &str| stored == text(stored.chars().next().unwrap());
    directory.file().put(&text('a')).unwrap();
    thread::scope(|scope| {
        for letter in 'a'..='h' {
            let file = directory.file();
            let text = text(letter);
            scope.spawn(move || {
                for _ in 0..20 {
                    file.update(Some(&text), &|stored| {
                        assert!(matches!(stored, Stored::Text(text) if is_whole(text)));
                        Judgement::Replace
                    })
                    .unwrap();
                    assert!(is_whole(&file.text().unwrap()));
                }
            });
        }
    });
    assert_eq!(directory.names(), ["session", "session.lock"]);
}

/// Another process that runs a function of [`process`]. It writes lines to its standard error.
struct Process {
    process: Child,
    input: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStderr>>,
}

const ROLE: &str = "BOSAUTH_TEST_ROLE";
const PATH: &str = "BOSAUTH_TEST_PATH";
const ARGUMENTS: [&str; 4] = [
    "--ignored",
    "--exact",
    "session::file::tests::process",
    "--nocapture",
];

impl Process {
    fn start(role: &str, file: &SessionFile) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(ARGUMENTS)
            .env(ROLE, role)
            .env(PATH, &file.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        Process {
            input: process.stdin.take().unwrap(),
            process,
            lines,
        }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("the process has ended").unwrap()
    }

    /// Lets it continue after [`wait_for_line`].
    fn release(&mut self) {
        self.input.write_all(b"\n").unwrap();
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "run by other tests in another process"]
fn process() {
    let (Ok(role), Some(path)) = (std::env::var(ROLE), std::env::var_os(PATH)) else {
        return;
    };
    let file = SessionFile::new(path.into()).unwrap();
    match role.as_str() {
        "hold" => hold(&file),
        "fork" => hold_and_fork(&file),
        "write" => write_until_killed(&file),
        "umask" => write_with_umasks(&file),
        "disk" => write_to_a_full_disk(&file),
        "calls" => calls(&file),
        _ => panic!("{role}"),
    }
}

/// Writes a line to the standard error, without a lock: a child of a fork may call it.
fn say(line: &str) {
    rustix::io::write(io::stderr(), format!("{line}\n").as_bytes()).unwrap();
}

fn wait_for_line() {
    rustix::io::read(io::stdin(), &mut [0]).unwrap();
}

fn hold(file: &SessionFile) {
    file.update(Some("held"), &|_| {
        say("holds");
        wait_for_line();
        Judgement::Replace
    })
    .unwrap();
    say("done");
    wait_for_line();
}

#[test]
fn lock_excludes_another_process() {
    let directory = Directory::new();
    let file = directory.file();
    let short_wait = directory.file().waiting(SHORT);
    let mut holder = Process::start("hold", &file);
    assert_eq!(holder.line(), "holds");
    assert_error(
        short_wait.put("new"),
        FileErrorKind::Unavailable,
        "another process holds",
    );
    assert_error(
        short_wait.clear(),
        FileErrorKind::Unavailable,
        "another process holds",
    );
    assert_eq!(file.text(), None);
    holder.release();
    assert_eq!(holder.line(), "done");
    assert_eq!(file.text().unwrap(), "held");
    file.put("new").unwrap();
    assert_eq!(file.text().unwrap(), "new");
}

#[test]
fn lock_of_a_killed_process_is_free() {
    let directory = Directory::new();
    let file = directory.file();
    let mut holder = Process::start("hold", &file);
    assert_eq!(holder.line(), "holds");
    holder.kill();
    file.put("new").unwrap();
    assert_eq!(file.text().unwrap(), "new");
}

/// Forks while it holds the lock. The child continues the update, the parent does not.
fn hold_and_fork(file: &SessionFile) {
    let result = file.update(Some("child"), &|_| {
        fs::write(&file.temporary, "the parent's").unwrap();
        // SAFETY: the child uses nothing that another thread of the parent may have locked.
        if unsafe { libc::fork() } != 0 {
            say("parent holds");
            loop {
                thread::park();
            }
        }
        Judgement::Replace
    });
    say(&format!("child: {:?}", result.unwrap_err().kind));
    wait_for_line();
    say("child lives");
    // SAFETY: it ends the child without the handlers of its parent.
    unsafe { libc::_exit(0) };
}

#[test]
fn child_of_a_fork_neither_releases_nor_keeps_the_lock() {
    let directory = Directory::new();
    let file = directory.file();
    let short_wait = directory.file().waiting(SHORT);
    let mut holder = Process::start("fork", &file);
    let mut lines = [holder.line(), holder.line()];
    lines.sort();
    assert_eq!(lines, ["child: Unavailable", "parent holds"]);
    assert_eq!(directory.names(), ["session.lock", "session.tmp"]);
    assert_error(
        short_wait.put("new"),
        FileErrorKind::Unavailable,
        "another process holds",
    );
    holder.kill();
    file.put("new").unwrap();
    assert_eq!(file.text().unwrap(), "new");
    holder.release();
    assert_eq!(holder.line(), "child lives");
}

fn crash_text(number: u32) -> String {
    format!("{number} ").repeat(20_000)
}

fn write_until_killed(file: &SessionFile) {
    for number in 0.. {
        file.put(&crash_text(number)).unwrap();
        say("written");
    }
}

#[test]
fn killed_writer_leaves_a_complete_file() {
    let directory = Directory::new();
    let file = directory.file();
    for round in 0..10 {
        let mut writer = Process::start("write", &file);
        for _ in 0..=round {
            writer.line();
        }
        writer.kill();
        let stored = file.text().unwrap();
        let number = stored.split(' ').next().unwrap().parse().unwrap();
        assert!(stored == crash_text(number));
        assert_eq!(directory.names(), ["session", "session.lock"]);
    }
}

fn write_with_umasks(file: &SessionFile) {
    for umask in [0, 0o777] {
        // SAFETY: this process does nothing else.
        unsafe { libc::umask(umask) };
        file.put("stored").unwrap();
        assert_eq!(mode(&file.path), 0o600);
        assert_eq!(mode(&file.lock), 0o600);
        fs::remove_file(&file.lock).unwrap();
    }
    say("done");
}

#[test]
fn files_are_private_whatever_the_umask() {
    let directory = Directory::new();
    let file = directory.file();
    assert_eq!(Process::start("umask", &file).line(), "done");
}

/// Mounts a small disk at the directory of its first argument, and executes the others.
const MOUNT: &str = "mount -t tmpfs -o size=64k none \"$0\" && exec \"$@\"";

fn write_to_a_full_disk(file: &SessionFile) {
    // The temporary file first: load would remove it.
    let is_unchanged = || !file.temporary.exists() && file.text().as_deref() == Some("stored");
    file.put("stored").unwrap();
    let large = "a".repeat(1 << 20);
    assert_error(file.put(&large), FileErrorKind::Failed, "the disk is full");
    assert!(is_unchanged());
    let set_aside = file.update(Some(&large), &|_| Judgement::SetAside);
    assert_error(set_aside, FileErrorKind::Failed, "the disk is full");
    assert!(is_unchanged() && !file.corrupt.exists());

    let filler = file.directory.join("filler");
    assert!(fs::write(&filler, &large).is_err());
    assert_error(file.put("new"), FileErrorKind::Failed, "the disk is full");
    assert!(is_unchanged());
    file.clear().unwrap();
    fs::remove_file(&filler).unwrap();
    file.put("stored").unwrap();

    let mut remount = Command::new("mount");
    programs::run(remount.args(["-o", "remount,bind,ro"]).arg(&file.directory));
    assert_error(
        file.put("new"),
        FileErrorKind::Failed,
        "the file system is read-only",
    );
    assert_error(
        file.clear(),
        FileErrorKind::Failed,
        "the file system is read-only",
    );
    assert!(is_unchanged());
}

#[test]
fn full_and_read_only_disks_are_reported() {
    if !programs::has("unshare") {
        return;
    }
    let directory = Directory::new();
    let unshare = |program: &Path| {
        let mut command = Command::new("unshare");
        command
            .args(["-Urm", "sh", "-c", MOUNT])
            .arg(&directory.0)
            .arg(program);
        command
    };
    if !unshare(Path::new("true")).status().unwrap().success() {
        return programs::unsupported("no mount namespace");
    }
    let mut test = unshare(&std::env::current_exe().unwrap());
    test.args(ARGUMENTS)
        .env(ROLE, "disk")
        .env(PATH, directory.path("session"));
    let printed = programs::run(&mut test);
    assert!(printed.contains("1 passed"), "{printed}");
    assert!(
        directory.names().is_empty(),
        "the disk is mounted in its namespace only"
    );
}

fn calls(file: &SessionFile) {
    for step in 0..4 {
        say("step");
        match step {
            0 => file.put("stored").unwrap(),
            1 => drop(file.load().unwrap()),
            2 => file.clear().unwrap(),
            _ => {}
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn changes_are_synchronized_before_the_lock_is_released() {
    if !programs::has("strace") {
        return;
    }
    let directory = Directory::new();
    let log = directory.path("strace");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o"]).arg(&log);
    traced.arg(std::env::current_exe().unwrap()).args(ARGUMENTS);
    traced
        .env(ROLE, "calls")
        .env(PATH, directory.path("session"));
    programs::run(&mut traced);

    let log = fs::read_to_string(log).unwrap();
    // Some platforms have only `renameat`, others `rename`, too.
    let name = |line: &str| {
        let names = ["write(2", "flock", "pwrite", "fsync", "rename", "unlink"];
        let (_, call) = line.split_once(' ')?;
        let succeeded = !call.contains(" = -1 ");
        let found = |name: &&str| succeeded && call.trim_start().starts_with(name);
        names.into_iter().find(found)
    };
    let calls: Vec<&str> = log.lines().filter_map(name).collect();
    let steps: Vec<&[&str]> = calls.split(|name| *name == "write(2").collect();
    let update: &[&str] = &["flock", "pwrite", "fsync", "rename", "fsync", "flock"];
    let removal: &[&str] = &["flock", "unlink", "fsync", "flock"];
    assert_eq!(steps[1..=3], [update, &[], removal]);
}
