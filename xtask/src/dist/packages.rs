//! Packages for Linux distributions, by nfpm from the templates in `packaging/nfpm`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs::{self, Program};
use super::{VERSION, directory, prefix};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// The revision of the packages of a version.
const RELEASE: &str = "1";

/// The templates of the C library.
const LIBRARY: [&str; 2] = ["libbosauth1", "libbosauth-dev"];

/// A format of packages.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Deb,
    Rpm,
    Apk,
}

/// What the distributions call a processor.
struct Machine {
    /// The name in nfpm, which replaces it by that of the distribution.
    nfpm: &'static str,
    /// The directory of Debian's libraries, below `/usr/lib`.
    multiarch: &'static str,
    /// The suffix of the names of rpm packages that depend on the processor.
    rpm_isa: &'static str,
    is_64_bit: bool,
}

impl Machine {
    fn of(target: &Target) -> Machine {
        let (nfpm, multiarch, rpm_isa) = match target.architecture() {
            "x86_64" => ("amd64", "x86_64-linux-gnu", "(x86-64)"),
            "aarch64" => ("arm64", "aarch64-linux-gnu", "(aarch-64)"),
            _ => ("arm7", "arm-linux-gnueabihf", "(armv7hl-32)"),
        };
        Machine {
            nfpm,
            multiarch,
            rpm_isa,
            is_64_bit: nfpm != "arm7",
        }
    }
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Deb => "deb",
            Format::Rpm => "rpm",
            Format::Apk => "apk",
        }
    }

    /// The directory of libraries, below `/usr`.
    fn library_directory(self, machine: &Machine) -> String {
        match self {
            Format::Deb => format!("lib/{}", machine.multiarch),
            Format::Rpm if machine.is_64_bit => "lib64".into(),
            Format::Rpm | Format::Apk => "lib".into(),
        }
    }

    /// The name of the package with the headers.
    fn development_package(self) -> &'static str {
        match self {
            Format::Rpm => "libbosauth-devel",
            Format::Deb | Format::Apk => "libbosauth-dev",
        }
    }
}

/// Creates the packages of a target, after [`prefix::stage`] and [`programs::create`]. Returns their paths; none unless it
/// is Linux.
pub fn build(target: &Target) -> Result<Vec<PathBuf>, Failure> {
    let formats: &[Format] = match target.system {
        System::Gnu => &[Format::Deb, Format::Rpm],
        System::Musl => &[Format::Apk],
        System::Windows | System::MacOs | System::Ios => &[],
    };
    let mut packages = Vec::new();
    for format in formats {
        let stage = stage_library(target, *format)?;
        for template in LIBRARY {
            let package = package(target, *format, &stage, template)?;
            if *format == Format::Deb && template == "libbosauth1" {
                add_shlibs(&package, &stage)?;
            }
            packages.push(package);
        }
    }
    if programs::exist_for(target) {
        // The programs are static, and run on every distribution.
        for format in [Format::Deb, Format::Rpm, Format::Apk] {
            for program in &programs::ALL {
                let stage = stage_program(target, format, program)?;
                packages.push(package(target, format, &stage, program.name)?);
            }
        }
    }
    Ok(packages)
}

/// Installs the library below `usr` of a directory, with the paths of the format, beside the files that templates name.
fn stage_library(target: &Target, format: Format) -> Result<PathBuf, Failure> {
    let documents = prefix::directory(target).join("share/doc/bosauth");
    let stage = new_stage(target, format, "library", &documents)?;
    let library_directory = format.library_directory(&Machine::of(target));
    prefix::install(target, &library_directory, &stage)?;
    use_absolute_prefix(&stage.join("usr").join(&library_directory))?;
    Ok(stage)
}

/// Copies the archive of a program below `usr` of a directory, with the paths of the format.
fn stage_program(target: &Target, format: Format, program: &Program) -> Result<PathBuf, Failure> {
    let archive = program.directory(target);
    let documents = archive.join("share/doc").join(program.archive);
    let stage = new_stage(target, format, program.name, &documents)?;
    let usr = stage.join("usr");
    copy(&archive, &usr)?;
    fs::remove_dir_all(usr.join("share/doc"))?;
    let manuals = usr.join("share/man/man1");
    if manuals.is_dir() {
        for manual in fs::read_dir(manuals)? {
            compress(&manual?.path())?;
        }
    }
    if format == Format::Deb {
        let zsh = usr.join("share/zsh");
        if zsh.is_dir() {
            fs::rename(zsh.join("site-functions"), zsh.join("vendor-completions"))?;
        }
        let overrides = usr.join("share/lintian/overrides");
        fs::create_dir_all(&overrides)?;
        // Static so that one file runs on every distribution.
        let text = format!(
            "{0}: statically-linked-binary [usr/bin/{0}]\n",
            program.name
        );
        fs::write(overrides.join(program.name), text)?;
    }
    Ok(stage)
}

/// An empty directory for a package, with the files that all templates name: the documents in `doc`, the changelog and
/// the scripts.
fn new_stage(
    target: &Target,
    format: Format,
    name: &str,
    documents: &Path,
) -> Result<PathBuf, Failure> {
    let packages = target.directory().join("packages");
    let stage = packages.join(format.name()).join(name);
    let _ = fs::remove_dir_all(&stage);
    fs::create_dir_all(&stage)?;
    let doc = stage.join("doc");
    copy(documents, &doc)?;
    let templates = tools::root().join("packaging/nfpm");
    if format == Format::Deb {
        // `copyright` has their text.
        fs::remove_file(doc.join("LICENSE-MIT"))?;
        fs::remove_file(doc.join("LICENSE-APACHE"))?;
        fs::copy(templates.join("copyright"), doc.join("copyright"))?;
        fs::copy(tools::root().join("CHANGELOG.md"), doc.join("changelog"))?;
        compress(&doc.join("changelog"))?;
    }
    fs::copy(templates.join("ldconfig.sh"), stage.join("ldconfig.sh"))?;
    fs::write(stage.join("changelog.yaml"), changelog()?)?;
    Ok(stage)
}

/// Copies a directory that does not exist there yet.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut cp = Command::new(tools::find(&["cp"])?);
    tools::run(cp.arg("-R").arg(from).arg(to))?;
    Ok(())
}

/// Replaces a file by a compressed one without a name and a time.
fn compress(file: &Path) -> Result<(), Failure> {
    let mut gzip = Command::new(tools::find(&["gzip"])?);
    tools::run(gzip.arg("-9n").arg(file))?;
    Ok(())
}

/// The packages cannot be moved, and pkg-config omits the flags of the system's directories.
fn use_absolute_prefix(library_directory: &Path) -> Result<(), Failure> {
    let file = library_directory.join("pkgconfig/bosauth.pc");
    let text = fs::read_to_string(&file)?;
    let (first, rest) = text.split_once('\n').unwrap_or_default();
    if !first.starts_with("prefix=") {
        return Err(Failure::Failed(format!("bosauth.pc starts with {first:?}")));
    }
    fs::write(file, format!("prefix=/usr\n{rest}"))?;
    Ok(())
}

/// The changelog of the package, in the format of nfpm.
fn changelog() -> Result<String, Failure> {
    let mut date = Command::new("date");
    date.args(["--utc", "+%Y-%m-%dT%H:%M:%SZ", "--date"])
        .arg(format!("@{}", tools::source_date_epoch()?));
    let (date, packager) = (tools::run(&mut date)?, maintainer());
    Ok(format!(
        "- semver: {VERSION}-{RELEASE}\n  date: {}\n  packager: {packager:?}\n  changes:\n  - note: Release {VERSION}\n  \
         deb: {{ urgency: medium, distributions: [unstable] }}\n",
        date.trim()
    ))
}

/// The variable of the release, or the authors without an address.
fn maintainer() -> String {
    let variable = std::env::var("BOSAUTH_MAINTAINER");
    variable.unwrap_or_else(|_| "The bosauth authors <bosauth@localhost>".into())
}

/// Runs nfpm on a template, and returns the package.
fn package(
    target: &Target,
    format: Format,
    stage: &Path,
    template: &str,
) -> Result<PathBuf, Failure> {
    let template = tools::root()
        .join("packaging/nfpm")
        .join(template)
        .with_extension("yaml");
    let mut nfpm = Command::new(tools::find(&["nfpm"])?);
    nfpm.args(["package", "--packager", format.name(), "--config"])
        .arg(template)
        .arg("--target")
        .arg(directory())
        .current_dir(stage)
        .env("SOURCE_DATE_EPOCH", tools::source_date_epoch()?)
        .envs(variables(target, format)?);
    let printed = tools::run(&mut nfpm)?;
    let created = printed
        .lines()
        .find_map(|line| line.strip_prefix("created package: "));
    created
        .map(PathBuf::from)
        .ok_or_else(|| Failure::Failed(format!("nfpm: {printed}")))
}

/// Adds the file by which `dpkg-shlibdeps` finds the package for a program. nfpm has no such file.
fn add_shlibs(package: &Path, stage: &Path) -> Result<(), Failure> {
    let dependency = format!("libbosauth 1 libbosauth1 (>= {VERSION})\n");
    fs::write(stage.join("shlibs"), dependency)?;
    let run = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(tools::find(&[name])?);
        tools::run(command.args(arguments).current_dir(stage))
    };
    let package = package.to_string_lossy();
    run("ar", &["x", &package, "control.tar.gz"])?;
    run("gzip", &["-d", "control.tar.gz"])?;
    let time = format!("--mtime=@{}", tools::source_date_epoch()?);
    let append = ["--append", "--file=control.tar", "--format=gnu", &time];
    let owner = ["--owner=root:0", "--group=root:0", "--mode=644"];
    run("tar", &[&append[..], &owner, &["./shlibs"]].concat())?;
    run("gzip", &["-9n", "control.tar"])?;
    run("ar", &["rD", &package, "control.tar.gz"])?;
    Ok(())
}

/// The variables of the templates.
fn variables(target: &Target, format: Format) -> Result<Vec<(&'static str, String)>, Failure> {
    let machine = Machine::of(target);
    let bits = |suffix: &str| {
        if machine.is_64_bit {
            suffix.to_owned()
        } else {
            String::new()
        }
    };
    let licenses = if format == Format::Deb {
        "doc"
    } else {
        "licenses"
    };
    Ok(vec![
        ("ARCH", machine.nfpm.into()),
        ("MACHINE", target.architecture().into()),
        ("VERSION", VERSION.into()),
        ("RELEASE", RELEASE.into()),
        ("ABI", file_version(target)?),
        (
            "LIBDIR",
            format!("/usr/{}", format.library_directory(&machine)),
        ),
        ("DOCDIR", format!("/usr/share/{licenses}")),
        ("DEV_NAME", format.development_package().into()),
        ("RPM_ISA", machine.rpm_isa.into()),
        ("RPM_BITS", bits("(64bit)")),
        ("RPM_SONAME_SUFFIX", bits("()(64bit)")),
        ("MAINTAINER", maintainer()),
        (
            "HOMEPAGE",
            std::env::var("BOSAUTH_HOMEPAGE").unwrap_or_default(),
        ),
    ])
}

/// The version in the name of the shared library's file, such as 1.2.0.
fn file_version(target: &Target) -> Result<String, Failure> {
    let link = prefix::directory(target).join("lib/libbosauth.so.1");
    let link = fs::read_link(link)?;
    let name = link.to_string_lossy();
    name.strip_prefix("libbosauth.so.")
        .map(str::to_owned)
        .ok_or_else(|| Failure::Failed(format!("libbosauth.so.1 links to {name}")))
}
