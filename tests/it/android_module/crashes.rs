//! The file of a Keystore storage in a process that ends at any point of a change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{Android, built};
use crate::support::tools;

/// The system calls that rename a file; an architecture has some of them.
const RENAME: &str = "?rename,?renameat,?renameat2";

/// A directory with a file that processes read and replace.
struct File {
    classes: PathBuf,
    directory: PathBuf,
}

impl File {
    /// `None` without strace.
    fn new(android: &Android, name: &str) -> Option<Self> {
        if !tools::has("strace") {
            return None;
        }
        Some(File {
            classes: android.module().join("target"),
            directory: tools::empty(name),
        })
    }

    /// Replaces the content in a process with this option of strace, whose trace is the second result.
    fn write(&self, content: &str, strace: &str) -> (Output, String) {
        let trace = self.directory.join("trace");
        let mut writer = Command::new("strace");
        writer
            .args(["-f", "-qq", "-y", "-e", "signal=none", "-e", strace])
            .args(["-e", &format!("trace=fsync,{RENAME}"), "-o"])
            .arg(&trace)
            .args(self.program())
            .arg(content);
        let output = writer.output().unwrap();
        (output, fs::read_to_string(&trace).unwrap())
    }

    fn read(&self) -> String {
        let [java, arguments @ ..] = &self.program()[..] else {
            unreachable!()
        };
        tools::run(Command::new(java).args(arguments))
    }

    fn program(&self) -> Vec<String> {
        let classes = self.classes.display();
        let class_path = format!("{classes}/classes:{classes}/test-classes");
        let class = "io.bosauth.android.ReplacedFileWriter";
        let directory = self.directory.display().to_string();
        ["java", "-cp", &class_path, class, &directory]
            .map(str::to_owned)
            .to_vec()
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.directory).join(name)
    }
}

/// Otherwise, the file could be empty after a power failure.
#[test]
fn content_is_on_the_disk_before_the_file_is_replaced() {
    let Some(file) = built().and_then(|android| File::new(android, "android-module-sync")) else {
        return;
    };
    let (output, trace) = file.write("first", "status=successful");
    assert!(output.status.success(), "{output:?}");
    let calls: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains("temporary-session"))
        .collect();
    assert_eq!(calls.len(), 2, "{trace}");
    assert!(calls[0].contains("fsync("), "{trace}");
    assert!(calls[1].contains("rename"), "{trace}");
    assert_eq!(file.read(), "first\n");
}

#[test]
fn process_killed_between_write_and_rename_leaves_the_old_file() {
    let Some(file) = built().and_then(|android| File::new(android, "android-module-kill")) else {
        return;
    };
    file.write("first", "status=successful");
    let (output, trace) = file.write("second", &format!("inject={RENAME}:signal=KILL"));
    assert!(!output.status.success(), "{output:?}\n{trace}");
    let written = fs::read_to_string(file.path("temporary-session")).unwrap();
    assert_eq!(written, "second", "{trace}");
    assert_eq!(file.read(), "first\n");
    let (output, trace) = file.write("third", "status=successful");
    assert!(output.status.success(), "{output:?}\n{trace}");
    assert_eq!(file.read(), "third\n");
    assert!(!file.path("temporary-session").exists());
}
