//! The checks of the packages for Linux distributions: their files, what they require and provide, and lintian.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::artifacts;
use crate::dist::packages::{self, Content, Format, Package};
use crate::dist::{self, documents, programs};
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// Where rpm has the program that reads what a library provides.
const ELFDEPS: &str = "/usr/lib/rpm/elfdeps";

/// Checks the packages of a target. Returns a line for each of them, and the problems.
pub fn check(target: &Target) -> Result<(Vec<String>, Vec<String>), Failure> {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    if !dist::library_archive(target).exists() {
        return Ok((lines, problems));
    }
    for package in packages::all(target) {
        let path = package.path(target);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let directory = unpacked(target, package);
        package.unpack(target, &directory)?;
        let expected = contents(target, package);
        problems.extend(artifacts::check_contents(&name, &directory, &expected)?);
        let found = match package.format {
            Format::Deb => check_deb(target, package, &directory)?,
            Format::Rpm => check_rpm(target, package, &directory)?,
            Format::Apk => check_apk(target, package)?,
        };
        problems.extend(found.into_iter().map(|it| format!("{name}: {it}")));
        lines.push(artifacts::line(&path)?);
    }
    Ok((lines, problems))
}

/// The files and links of a package, without the slash of the root.
fn contents(target: &Target, package: Package) -> BTreeSet<String> {
    let mut contents = match package.content {
        Content::Library => documents(target, package, "bosauth"),
        Content::Development => copyright(package),
        Content::Program(index) => program_contents(target, package, &programs::ALL[index]),
    };
    let library_directory = package.format.library_directory(target);
    let installed = |file: &String| match file.strip_prefix("lib/") {
        Some(rest) => format!("usr/{library_directory}/{rest}"),
        None => format!("usr/{file}"),
    };
    let is_development = |file: &String| {
        let is_document = file.starts_with("share/doc/");
        let is_link = file.starts_with("lib/libbosauth.so -> ");
        is_link || !is_document && !file.contains("libbosauth.so")
    };
    match package.content {
        Content::Library => {
            let files = artifacts::shared_library(target).into_iter();
            contents.extend(
                files
                    .filter(|it| !is_development(it))
                    .map(|it| installed(&it)),
            );
        }
        Content::Development => {
            let files = artifacts::library_contents(target).into_iter();
            contents.extend(files.filter(is_development).map(|it| installed(&it)));
        }
        Content::Program(_) => {}
    }
    contents
}

/// The licences and the SBOM of a library or program. `name` is that in its archive.
fn documents(target: &Target, package: Package, name: &str) -> BTreeSet<String> {
    let mut found = copyright(package);
    let directory = format!("share/doc/{name}/");
    for file in documents::contents(name) {
        let file = match file.trim_start_matches(&directory) {
            sbom if sbom.ends_with(".cdx.json") => &package.sbom(target, name),
            file => file,
        };
        if package.format != Format::Deb || !file.starts_with("LICENSE-") {
            found.insert(document(package, file));
        }
    }
    found
}

/// What Debian requires of every package.
fn copyright(package: Package) -> BTreeSet<String> {
    let files: &[&str] = match package.format {
        Format::Deb => &["changelog.Debian.gz", "changelog.gz", "copyright"],
        Format::Rpm | Format::Apk => &[],
    };
    files.iter().map(|file| document(package, file)).collect()
}

fn document(package: Package, file: &str) -> String {
    let directory = package.format.document_directory().trim_start_matches('/');
    format!("{directory}/{}/{file}", package.name())
}

fn program_contents(
    target: &Target,
    package: Package,
    program: &programs::Program,
) -> BTreeSet<String> {
    let mut contents = documents(target, package, program.archive);
    let own = format!("share/doc/{}/", program.archive);
    let licenses: BTreeSet<_> = documents::contents(program.archive).into_iter().collect();
    for file in program.contents().difference(&licenses) {
        contents.insert(match file.strip_prefix(&own) {
            Some(file) => document(package, file),
            None if file.ends_with(".1") => format!("usr/{file}.gz"),
            None if package.format == Format::Deb => {
                format!(
                    "usr/{}",
                    file.replace("site-functions", "vendor-completions")
                )
            }
            None => format!("usr/{file}"),
        });
    }
    if package.format == Format::Deb {
        contents.insert(format!("usr/share/lintian/overrides/{}", program.name));
    }
    contents
}

/// Runs lintian, whose warnings are not problems, unpacks the package and packs it again.
fn check_deb(target: &Target, package: Package, directory: &Path) -> Result<Vec<String>, Failure> {
    let path = package.path(target);
    let mut problems = lint(&path)?;
    let raw = directory.with_extension("raw");
    let _ = fs::remove_dir_all(&raw);
    let dpkg_deb = tools::find(&["dpkg-deb"])?;
    tools::run(
        Command::new(&dpkg_deb)
            .arg("--raw-extract")
            .arg(&path)
            .arg(&raw),
    )?;
    let mut build = Command::new(&dpkg_deb);
    build.args(["--build", "-Znone"]).arg(&raw);
    let built = tools::run(build.arg(raw.with_extension("again")));
    problems.extend(built.err().map(|failure| failure.to_string()));
    Ok(problems)
}

/// The files below `usr/share` that have one name and different contents in the packages of these targets for Debian,
/// which [`check`] has unpacked. dpkg does not install such packages together. The changelog has the time of the build.
pub fn differences(targets: &[&Target]) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for content in [Content::Library, Content::Development] {
        let format = Format::Deb;
        let package = Package { format, content };
        let directories = targets.iter().map(|target| unpacked(target, package));
        let directories: Vec<_> = directories.filter(|it| it.exists()).collect();
        for pair in directories.windows(2) {
            let mut diff = Command::new(tools::find(&["diff"])?);
            diff.args(["--brief", "--recursive", "--exclude=changelog*"])
                .args(pair.iter().map(|it| it.join("usr/share")));
            let output = diff.output()?;
            let found = String::from_utf8_lossy(&output.stdout);
            let differing = found.lines().filter(|line| line.starts_with("Files "));
            problems.extend(differing.map(str::to_owned));
        }
    }
    Ok(problems)
}

/// The directory to which a package is unpacked.
fn unpacked(target: &Target, package: Package) -> PathBuf {
    let path = package.path(target);
    let name = path.file_name().unwrap_or_default();
    target.directory().join("unpacked").join(name)
}

/// The errors of lintian.
fn lint(path: &Path) -> Result<Vec<String>, Failure> {
    let mut lintian = Command::new(tools::find(&["lintian"])?);
    lintian.args(["--allow-root", "--fail-on", "none", "--quiet"]);
    if tools::variable("BOSAUTH_MAINTAINER").is_none() {
        // The packages of a release have the address of their maintainer.
        lintian.args([
            "--suppress-tags",
            "bogus-mail-host,bogus-mail-host-in-debian-changelog",
        ]);
    }
    let printed = tools::run(lintian.arg(path))?;
    let errors = printed.lines().filter(|line| line.starts_with("E: "));
    Ok(errors.map(str::to_owned).collect())
}

/// The package must provide what programs that are linked with the library will require, and what the package with the
/// headers requires.
fn check_rpm(target: &Target, package: Package, directory: &Path) -> Result<Vec<String>, Failure> {
    let provided = query_rpm(target, package, "--provides")?;
    let required = match package.content {
        Content::Library => {
            let library = directory
                .join("usr")
                .join(package.format.library_directory(target));
            elf_provides(&library.join("libbosauth.so.1"))?
        }
        Content::Development => {
            let library = Package {
                content: Content::Library,
                ..package
            };
            let needed = query_rpm(target, package, "--requires")?;
            let needed = needed.into_iter().filter(|it| it.starts_with("libbosauth"));
            let provided = query_rpm(target, library, "--provides")?;
            return Ok(missing(needed.collect(), &provided));
        }
        Content::Program(_) => Vec::new(),
    };
    Ok(missing(required, &provided))
}

fn missing(required: Vec<String>, provided: &[String]) -> Vec<String> {
    let missing = required.into_iter().filter(|it| !provided.contains(it));
    missing.map(|it| format!("{it} is not provided")).collect()
}

fn query_rpm(target: &Target, package: Package, what: &str) -> Result<Vec<String>, Failure> {
    let mut rpm = Command::new(tools::find(&["rpm"])?);
    rpm.args(["--query", "--package", what])
        .arg(package.path(target));
    Ok(tools::run(&mut rpm)?.lines().map(str::to_owned).collect())
}

/// What rpm's own builds say that a library provides.
fn elf_provides(library: &Path) -> Result<Vec<String>, Failure> {
    if !Path::new(ELFDEPS).exists() {
        return Err(Failure::Missing(format!("no {ELFDEPS}")));
    }
    let mut elfdeps = Command::new(ELFDEPS);
    let printed = tools::run(elfdeps.arg("--provides").arg(library))?;
    match printed.trim() {
        "" => Err(Failure::Failed(format!("{ELFDEPS} finds no library"))),
        lines => Ok(lines.lines().map(str::to_owned).collect()),
    }
}

/// Compares the lines of `.PKGINFO` about dependencies with what apk derives from libraries, and checks that all files
/// have one time: apk rejects a time with a fraction of a second.
fn check_apk(target: &Target, package: Package) -> Result<Vec<String>, Failure> {
    let read = |options: &[&str]| {
        let mut tar = Command::new(tools::find(&["tar"])?);
        tar.args(["--gzip", "--warning=no-unknown-keyword", "--file"]);
        tools::run(tar.arg(package.path(target)).args(options))
    };
    let info = read(&["--extract", "--to-stdout", ".PKGINFO"])?;
    let list = read(&["--list", "--verbose", "--full-time", "--exclude=.PKGINFO"])?;
    let times: BTreeSet<_> = list.lines().filter_map(time).collect();
    if times.len() != 1 {
        return Ok(vec![format!("files have the times {times:?}")]);
    }
    let architecture = target.architecture();
    let mut expected = vec![format!("arch = {architecture}")];
    match package.content {
        Content::Library => {
            let files = artifacts::shared_library(target);
            let version = files
                .iter()
                .find_map(|it| it.strip_prefix("lib/libbosauth.so.1."));
            let version = version.unwrap_or_default();
            expected.push(format!("provides = so:libbosauth.so.1=1.{version}"));
            expected.push(format!("depend = so:libc.musl-{architecture}.so.1"));
        }
        Content::Development => {
            expected.push(format!("provides = pc:bosauth={}", dist::VERSION));
            expected.push(format!("depend = libbosauth1={}-r1", dist::VERSION));
        }
        Content::Program(_) => {}
    }
    let lines: Vec<_> = info.lines().collect();
    let missing = expected
        .into_iter()
        .filter(|it| !lines.contains(&it.as_str()));
    Ok(missing.map(|it| format!("does not say {it:?}")).collect())
}

/// The date and the time in a line of `tar --list --verbose`.
fn time(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace().skip(3);
    words.next().zip(words.next())
}
