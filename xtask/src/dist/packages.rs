//! Packages for Linux distributions, by nfpm from the templates in `packaging/nfpm`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Creates the packages of a target, after [`prefix::stage`]. Returns their paths; none unless it is Linux.
pub fn build(target: &Target) -> Result<Vec<PathBuf>, Failure> {
    let formats: &[Format] = match target.system {
        System::Gnu => &[Format::Deb, Format::Rpm],
        System::Musl => &[Format::Apk],
        System::Windows | System::MacOs | System::Ios => &[],
    };
    let mut packages = Vec::new();
    for format in formats {
        let stage = stage(target, *format)?;
        for template in LIBRARY {
            let package = package(target, *format, &stage, template)?;
            if *format == Format::Deb && template == "libbosauth1" {
                add_shlibs(&package, &stage)?;
            }
            packages.push(package);
        }
    }
    Ok(packages)
}

/// Installs the library below `usr` of a directory, with the paths of the format, beside the files that templates name.
fn stage(target: &Target, format: Format) -> Result<PathBuf, Failure> {
    let stage = target.directory().join("packages").join(format.name());
    let _ = fs::remove_dir_all(&stage);
    fs::create_dir_all(&stage)?;
    let library_directory = format.library_directory(&Machine::of(target));
    prefix::install(target, &library_directory, &stage)?;
    use_absolute_prefix(&stage.join("usr").join(&library_directory))?;
    let root = tools::root();
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(root.join(file), stage.join(file))?;
    }
    for file in ["copyright", "ldconfig.sh"] {
        fs::copy(root.join("packaging/nfpm").join(file), stage.join(file))?;
    }
    compress_changelog(&stage)?;
    fs::write(stage.join("changelog.yaml"), changelog()?)?;
    Ok(stage)
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

/// `changelog.gz`, without a name and a time.
fn compress_changelog(stage: &Path) -> Result<(), Failure> {
    let changelog = stage.join("changelog");
    fs::copy(tools::root().join("CHANGELOG.md"), &changelog)?;
    tools::run(
        Command::new(tools::find(&["gzip"])?)
            .arg("-9n")
            .arg(changelog),
    )?;
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
        .envs(variables(target, format, stage)?);
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
fn variables(
    target: &Target,
    format: Format,
    stage: &Path,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let machine = Machine::of(target);
    let library_directory = format.library_directory(&machine);
    let bits = |suffix: &str| {
        if machine.is_64_bit {
            suffix.to_owned()
        } else {
            String::new()
        }
    };
    Ok(vec![
        ("ARCH", machine.nfpm.into()),
        ("MACHINE", target.architecture().into()),
        ("VERSION", VERSION.into()),
        ("RELEASE", RELEASE.into()),
        (
            "ABI",
            file_version(&stage.join("usr").join(&library_directory))?,
        ),
        ("LIBDIR", format!("/usr/{library_directory}")),
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
fn file_version(library_directory: &Path) -> Result<String, Failure> {
    let link = fs::read_link(library_directory.join("libbosauth.so.1"))?;
    let name = link.to_string_lossy();
    name.strip_prefix("libbosauth.so.")
        .map(str::to_owned)
        .ok_or_else(|| Failure::Failed(format!("libbosauth.so.1 links to {name}")))
}
