//! The artifacts of Java: a Maven repository with jars, POMs and the AAR, and its archive, which Maven Central accepts.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::runtimes::{self, Platform};
use super::{VERSION, central, directory, documents, line};
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// What only the artifacts for Maven Central need.
pub struct Publication {
    /// The https URL of the repository, without `.git`.
    pub url: String,
    /// The home directory of gpg, whose default key signs.
    pub keys: PathBuf,
}

impl Publication {
    /// `BOSAUTH_HOMEPAGE` and `GNUPGHOME`; `None` without the first.
    pub fn from_environment() -> Option<Self> {
        let url = tools::variable("BOSAUTH_HOMEPAGE")?;
        let home = env::home_dir().unwrap_or_default();
        let keys = env::var_os("GNUPGHOME").map_or_else(|| home.join(".gnupg"), PathBuf::from);
        Some(Publication { url, keys })
    }
}

/// Where the repository is written.
pub fn repository() -> PathBuf {
    directory().join("maven")
}

/// Builds the artifacts, with the native libraries of these targets in the jar and those of all ABIs in the AAR.
///
/// Without an NDK, the AAR is for tests only. Without `publication`, there are neither signatures nor URLs.
pub fn build(targets: &[&Target], publication: Option<&Publication>) -> Result<String, Failure> {
    tools::find(&["mvn"])?;
    let sources = copy_sources()?;
    copy_natives(targets, &sources.join("target/native"))?;
    build_android(&sources)?;
    let has_java = targets.iter().filter(|target| target.java.is_some());
    let desktop: Vec<Platform> = has_java.map(|target| (*target).into()).collect();
    write_documents(&desktop, "bosauth", &sources.join("target/native"))?;
    // Beside classes.jar in the AAR, whose files would become part of every app.
    let beside = sources.join("target/android/documents");
    write_documents(&runtimes::ANDROID, "bosauth-android", &beside)?;
    let _ = fs::remove_dir_all(repository());
    deploy(&sources, publication)?;
    remove_metadata()?;
    let keys = publication.map(|publication| &*publication.keys);
    let problems = central::problems(&repository(), keys)?;
    // Only what is published has a URL.
    let urls = ["no url", "no scm/url"];
    let is_known = |problem: &str| urls.iter().any(|url| problem.ends_with(url));
    let is_problem = |problem: &String| publication.is_some() || !is_known(problem);
    let problems: Vec<_> = problems.into_iter().filter(is_problem).collect();
    match problems.is_empty() {
        true => report(&archive()?),
        false => Err(Failure::Failed(problems.join("\n"))),
    }
}

/// Copies the Maven project, so that nothing of another build is packaged.
fn copy_sources() -> Result<PathBuf, Failure> {
    let copy = tools::output().join("java");
    let _ = fs::remove_dir_all(&copy);
    copy_directory(&tools::root().join("bindings/java"), &copy)?;
    Ok(copy)
}

fn copy_directory(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type()?.is_dir() {
            true if entry.file_name() == "target" => (),
            true => copy_directory(&source, &target)?,
            false => drop(fs::copy(source, target)?),
        }
    }
    Ok(())
}

fn copy_natives(targets: &[&Target], natives: &Path) -> Result<(), Failure> {
    for target in targets {
        let (Some(platform), Some(library)) = (target.java, target.jni()) else {
            continue;
        };
        target.check_built()?;
        let directory = natives.join("META-INF/bosauth").join(platform);
        fs::create_dir_all(&directory)?;
        fs::copy(
            &library,
            directory.join(library.file_name().unwrap_or_default()),
        )?;
    }
    Ok(())
}

/// Writes the licences and the SBOM of the native libraries for these platforms to the directory with the files of an
/// artifact.
fn write_documents(
    platforms: &[Platform],
    artifact: &str,
    directory: &Path,
) -> Result<(), Failure> {
    let licenses = directory.join(central::license_directory(artifact));
    documents::write_for(platforms, "bosauth-capi", artifact, &licenses)?;
    let sboms = directory.join(central::SBOM_DIRECTORY);
    fs::create_dir_all(&sboms)?;
    let name = documents::sbom_name(artifact);
    fs::rename(licenses.join(&name), sboms.join(&name))?;
    Ok(())
}

/// The native libraries of all ABIs, by the script, in the directories of the copy.
fn build_android(sources: &Path) -> Result<(), Failure> {
    let mut script = Command::new("sh");
    script
        .arg(sources.join("build-android.sh"))
        .env("BOSAUTH_REPOSITORY", tools::root())
        .env_remove("CARGO_TARGET_DIR");
    if let Ok(zig) = tools::zig() {
        script.env("ZIG", zig);
    }
    bosauth_test_support::programs::outside_package(&mut script);
    tools::run(&mut script).map(drop)
}

fn deploy(sources: &Path, publication: Option<&Publication>) -> Result<(), Failure> {
    let repository = repository();
    let mut maven = Command::new("mvn");
    maven
        .args(["--batch-mode", "--quiet", "deploy", "--activate-profiles"])
        .arg(if publication.is_some() {
            "android,release"
        } else {
            "android"
        })
        .args([
            "-DskipTests",
            "-Dmaven.test.skip=true",
            "-Dmaven.install.skip=true",
        ])
        .arg(format!(
            "-DaltDeploymentRepository=artifacts::file://{}",
            repository.display()
        ))
        .arg(format!("-Dbosauth.root={}", tools::root().display()))
        .current_dir(sources);
    if let Some(Publication { url, keys }) = publication {
        maven
            .arg(format!("-Dbosauth.url={url}"))
            .env("GNUPGHOME", keys);
    }
    tools::run(&mut maven).map(drop)
}

/// Removes the lists of versions, which the server of a repository writes itself.
fn remove_metadata() -> Result<(), Failure> {
    for file in central::files(&repository())? {
        let name = file.file_name().unwrap_or_default();
        if name.to_string_lossy().starts_with("maven-metadata") {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// An archive of the repository, in which the same files give the same bytes.
fn archive() -> Result<PathBuf, Failure> {
    let archive = directory().join(format!("bosauth-{VERSION}-maven.zip"));
    let mut jar = Command::new(tools::find(&["jar"])?);
    jar.args([
        "--create",
        "--no-manifest",
        "--date=2025-01-01T00:00:00Z",
        "--file",
    ])
    .arg(&archive)
    .current_dir(repository());
    for file in central::files(&repository())? {
        jar.arg(file.strip_prefix(repository()).unwrap_or(&file));
    }
    tools::run(&mut jar)?;
    Ok(archive)
}

/// The size and hash of the archive, and of the files for programs.
fn report(archive: &Path) -> Result<String, Failure> {
    let mut lines = vec!["Java".to_owned(), line(archive)?];
    for file in central::files(&repository())? {
        let extension = file.extension().unwrap_or_default();
        if extension == "jar" || extension == "aar" {
            lines.push(line(&file)?);
        }
    }
    if env::var_os("ANDROID_NDK_HOME").is_none() {
        lines.push("  the AAR is for tests only: ANDROID_NDK_HOME is not set".to_owned());
    }
    Ok(lines.join("\n"))
}
