//! The checks of artifacts for Maven Central on good and on faulty ones, and the artifacts of this machine's target.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth_test_support::programs;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{VERSION, central, directory, java};
use crate::tests::{built_target, completed, directory as temporary, with_artifacts};
use crate::{smoke, tools};

/// A key of gpg without a passphrase, in a home directory of its own.
struct Keys {
    home: PathBuf,
}

impl Keys {
    /// `None` without gpg.
    fn new(name: &str) -> Option<Self> {
        if !programs::has("gpg") {
            return None;
        }
        // gpg-agent creates a socket in it, whose path must be short.
        let home = std::env::temp_dir().join(format!("bosauth-{name}-{}", std::process::id()));
        fs::create_dir(&home).unwrap();
        let keys = Keys { home };
        let mut gpg = keys.command("gpg");
        gpg.args([
            "--batch",
            "--quiet",
            "--passphrase",
            "",
            "--quick-generate-key",
        ]);
        programs::run(gpg.args(["tests <tests@example.com>", "ed25519", "sign", "never"]));
        Some(keys)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("GNUPGHOME", &self.home);
        command
    }

    fn sign(&self, file: &Path) {
        let mut gpg = self.command("gpg");
        gpg.args(["--batch", "--yes", "--armor", "--detach-sign"]);
        programs::run(gpg.arg(file));
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = self.command("gpgconf").args(["--kill", "all"]).status();
        let _ = fs::remove_dir_all(&self.home);
    }
}

const POM: &str = "<?xml version=\"1.0\"?>
<project xmlns=\"http://maven.apache.org/POM/4.0.0\">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId>
  <artifactId>a</artifactId>
  <version>1</version>
  <name>a</name>
  <description>An artifact.</description>
  <url>https://example.com/a</url>
  <licenses><license><name>MIT</name><url>https://opensource.org/license/mit</url></license></licenses>
  <developers><developer><name>The authors</name></developer></developers>
  <scm>
    <connection>scm:git:https://example.com/a.git</connection>
    <developerConnection>scm:git:https://example.com/a.git</developerConnection>
    <url>https://example.com/a</url>
  </scm>
  <dependencies>
    <dependency><groupId>com.example</groupId><artifactId>b</artifactId><version>2</version></dependency>
  </dependencies>
</project>
";

/// The licences in every archive of the artifact.
const OWN: [&str; 2] = [
    "META-INF/licenses/a/LICENSE-APACHE",
    "META-INF/licenses/a/LICENSE-MIT",
];

/// The documents in an archive with a native library.
const LINKED: [&str; 3] = [
    "META-INF/licenses/a/RUST-LIBRARY-LICENSES.html",
    "META-INF/licenses/a/THIRD-PARTY-LICENSES.txt",
    "META-INF/sbom/a.cdx.json",
];

/// An archive of files with their names as contents.
fn archive(names: &[&str]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for name in names {
        zip.start_file(*name, options).unwrap();
        zip.write_all(name.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A repository with one artifact, with checksums and signatures.
struct Repository<'a> {
    root: PathBuf,
    keys: &'a Keys,
}

impl<'a> Repository<'a> {
    fn new(name: &str, keys: &'a Keys) -> Self {
        let root = temporary(name);
        fs::create_dir_all(root.join("com/example/a/1")).unwrap();
        let repository = Repository { root, keys };
        for name in ["a-1.jar", "a-1-sources.jar", "a-1-javadoc.jar"] {
            repository.write(name, archive(&OWN));
        }
        repository.write("a-1.pom", POM);
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join("com/example/a/1").join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        self.keys.sign(&path);
        for (program, extension) in [("md5sum", "md5"), ("sha1sum", "sha1")] {
            let printed = programs::run(Command::new(program).arg(&path));
            let sum = printed.split(' ').next().unwrap();
            fs::write(self.path(&format!("{name}.{extension}")), sum).unwrap();
        }
    }

    fn problems(&self) -> Vec<String> {
        central::problems(&self.root, Some(&self.keys.home)).unwrap()
    }
}

#[test]
fn faults_of_a_pom_are_found() {
    let Some(keys) = Keys::new("pom") else { return };
    let repository = Repository::new("central-pom", &keys);
    assert_eq!(repository.problems(), [""; 0]);
    for (from, to, expected) in [
        ("<name>a</name>", "", "no name"),
        (
            "<description>An artifact.</description>",
            "",
            "no description",
        ),
        ("<url>https://example.com/a</url>\n  <lic", "<lic", "no url"),
        ("<name>MIT</name>", "", "no licenses/license/name"),
        (
            "<url>https://opensource.org/license/mit</url>",
            "<url></url>",
            "no licenses/license/url",
        ),
        (
            "<name>The authors</name>",
            "",
            "no developers/developer/name",
        ),
        (
            "<url>https://example.com/a</url>\n  </scm>",
            "</scm>",
            "no scm/url",
        ),
        (
            "<connection>scm:git:https://example.com/a.git</connection>",
            "",
            "no scm/connection",
        ),
        (
            "developerConnection>",
            "other>",
            "no scm/developerConnection",
        ),
        ("<name>a</name>", "<name>${name}</name>", "has a property"),
        (
            "<name>a</name>",
            "<name>a</name><parent/>",
            "has a parent, which would have to be published too",
        ),
        (
            "<version>2<",
            "<version>[2,3)<",
            "the version \"[2,3)\" is not fixed",
        ),
        (
            "<version>2<",
            "<version>2-SNAPSHOT<",
            "the version \"2-SNAPSHOT\" is not fixed",
        ),
        (
            "<name>a</name>",
            "<name>a</name><packaging>aar</packaging>",
            "no a-1.aar",
        ),
        (
            "<artifactId>a<",
            "<artifactId>c<",
            "is not where its coordinates belong",
        ),
    ] {
        assert!(POM.contains(from), "{from}");
        repository.write("a-1.pom", POM.replace(from, to));
        let found = repository.problems();
        assert!(
            found.contains(&format!("a-1.pom: {expected}")),
            "{from}: {found:?}"
        );
    }
}

#[test]
fn faults_of_files_are_found() {
    let Some(keys) = Keys::new("files") else {
        return;
    };
    for (name, change, expected) in [
        ("a-1-sources.jar", None, "a-1.pom: no a-1-sources.jar"),
        ("a-1-javadoc.jar", None, "a-1.pom: no a-1-javadoc.jar"),
        ("a-1.jar", None, "a-1.pom: no a-1.jar"),
        ("a-1.pom", None, "no POM"),
        ("a-1.jar.md5", None, "a-1.jar: no correct md5"),
        ("a-1.jar.sha1", Some("0"), "a-1.jar: no correct sha1"),
        ("a-1.jar.asc", None, "a-1.jar: no valid signature"),
        ("a-1.jar", Some("changed"), "a-1.jar: no valid signature"),
        ("a-1.jar", Some("changed"), "a-1.jar: is not a ZIP archive"),
    ] {
        let repository = Repository::new("central-files", &keys);
        match change {
            Some(content) => fs::write(repository.path(name), content).unwrap(),
            None => fs::remove_file(repository.path(name)).unwrap(),
        }
        let found = repository.problems();
        assert!(
            found.iter().any(|problem| problem == expected),
            "{name}: {found:?}"
        );
    }
}

/// The problems of an archive with these files, among them those of its documents.
fn problems_of(root: &Path, archive_name: &str, files: &[&str]) -> Vec<String> {
    let directory = root.join("com/example/a/1");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(archive_name), archive(files)).unwrap();
    central::problems(root, None).unwrap()
}

#[test]
fn missing_licenses_are_found() {
    let root = temporary("central-licenses");
    let linked = [&OWN[..], &LINKED].concat();
    for (archive, content, documents) in [
        ("a-1.jar", "io/bosauth/Client.class", &OWN[..]),
        ("a-1-sources.jar", "io/bosauth/Client.java", &OWN),
        ("a-1-javadoc.jar", "index.html", &OWN),
        ("a-1.jar", "META-INF/bosauth/linux/a.so", &linked),
        ("a-1.jar", "META-INF/bosauth/windows/a.dll", &linked),
        ("a-1.jar", "META-INF/bosauth/macos/a.dylib", &linked),
        ("a-1.aar", "jni/x86/a.so", &linked),
    ] {
        let complete = [&[content], documents].concat();
        let accepted = problems_of(&root, archive, &complete);
        for missing in documents {
            let mut names = complete.clone();
            names.retain(|name| name != missing);
            let mut found = problems_of(&root, archive, &names);
            found.retain(|problem| !accepted.contains(problem));
            let expected = format!("{archive}: does not contain {missing}");
            assert_eq!(found, [expected], "{content}");
        }
        let is_accepted = !accepted.iter().any(|it| it.contains("does not contain"));
        assert!(is_accepted, "{accepted:?}");
    }
}

/// The hashes of what is not a signature.
fn hashes() -> BTreeMap<String, String> {
    let files = central::files(&java::repository()).unwrap();
    let files = files
        .iter()
        .filter(|file| !file.to_string_lossy().contains(".asc"));
    let hash = |file: &PathBuf| super::checksums::sha256(&tools::read(file).unwrap());
    files
        .map(|file| (file.display().to_string(), hash(file)))
        .collect()
}

/// Builds all artifacts of Java twice, signed and from scratch, and logs in with them on a new Debian.
#[test]
fn artifacts_of_java_are_accepted_and_reproducible() {
    let Some(target) = built_target() else { return };
    let Some(keys) = Keys::new("java") else {
        return;
    };
    let publication = java::Publication {
        url: "https://example.com/bosauth".to_owned(),
        keys: keys.home.clone(),
    };
    with_artifacts(|| {
        if completed(java::build(&[target], Some(&publication))).is_none() {
            return;
        }
        let first = hashes();
        java::build(&[target], Some(&publication)).unwrap();
        assert_eq!(hashes(), first);
        for (file, hash) in &first {
            println!("{hash}  {}", file.rsplit('/').next().unwrap());
        }
        first_login_on_debian();
    });
}

/// By the page for Java.
fn first_login_on_debian() {
    if !programs::has("debootstrap") {
        return;
    }
    let server = smoke::Server::start().unwrap();
    let mut script = Command::new(tools::root().join("xtask/smoke/jar.sh"));
    script
        .arg(directory().join(format!("bosauth-{VERSION}-maven.zip")))
        .arg(tools::root().join("docs/java.md"))
        .arg(&server.url)
        .arg(tools::output().join("debian"));
    println!("{}", programs::run(&mut script));
}
