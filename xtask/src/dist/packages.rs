//! The packages for Linux distributions: their names, contents and directories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::documents::sbom_name;
use super::{VERSION, directory, programs};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// The revision of the packages of a version.
pub(super) const RELEASE: &str = "1";

/// A format of packages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    Deb,
    Rpm,
    Apk,
}

/// What a package contains. Each has a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content {
    /// The shared library.
    Library,
    /// The headers and what else compiles programs.
    Development,
    /// A program with this index in [`programs::ALL`].
    Program(usize),
}

/// A package of a target.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    pub format: Format,
    pub content: Content,
}

/// What the distributions call a processor.
pub(super) struct Machine {
    /// The name in nfpm, which replaces it by that of the distribution.
    pub nfpm: &'static str,
    pub deb: &'static str,
    pub rpm: &'static str,
    /// The suffix of the names of rpm packages that depend on the processor.
    pub rpm_isa: &'static str,
    /// The directory of Debian's libraries, below `/usr/lib`.
    pub multiarch: &'static str,
    pub is_64_bit: bool,
}

impl Machine {
    pub fn of(target: &Target) -> Machine {
        let (nfpm, deb, rpm, rpm_isa, multiarch) = match target.architecture() {
            "x86_64" => ("amd64", "amd64", "x86_64", "(x86-64)", "x86_64-linux-gnu"),
            "aarch64" => (
                "arm64",
                "arm64",
                "aarch64",
                "(aarch-64)",
                "aarch64-linux-gnu",
            ),
            _ => (
                "arm7",
                "armhf",
                "armv7hl",
                "(armv7hl-32)",
                "arm-linux-gnueabihf",
            ),
        };
        Machine {
            nfpm,
            deb,
            rpm,
            rpm_isa,
            multiarch,
            is_64_bit: nfpm != "arm7",
        }
    }
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Deb => "deb",
            Format::Rpm => "rpm",
            Format::Apk => "apk",
        }
    }

    /// The directory of libraries, below `/usr`.
    pub fn library_directory(self, target: &Target) -> String {
        let machine = Machine::of(target);
        match self {
            Format::Deb => format!("lib/{}", machine.multiarch),
            Format::Rpm if machine.is_64_bit => "lib64".into(),
            Format::Rpm | Format::Apk => "lib".into(),
        }
    }

    /// The directory of the directories with a package's licences.
    pub fn document_directory(self) -> &'static str {
        match self {
            Format::Deb => "/usr/share/doc",
            Format::Rpm | Format::Apk => "/usr/share/licenses",
        }
    }

    /// The name of the package with the headers.
    pub fn development_package(self) -> &'static str {
        match self {
            Format::Rpm => "libbosauth-devel",
            Format::Deb | Format::Apk => "libbosauth-dev",
        }
    }
}

impl Package {
    pub fn name(self) -> &'static str {
        match self.content {
            Content::Library => "libbosauth1",
            Content::Development => self.format.development_package(),
            Content::Program(index) => programs::ALL[index].name,
        }
    }

    /// The name of its template.
    pub fn template(self) -> &'static str {
        match self.content {
            Content::Development => "libbosauth-dev",
            Content::Library | Content::Program(_) => self.name(),
        }
    }

    /// The name of the SBOM that is `product`.cdx.json in the archive. The library's packages of several processors can
    /// be installed together on Debian, where each needs a file of its own.
    pub fn sbom(self, target: &Target, product: &str) -> String {
        match (self.format, self.content) {
            (Format::Deb, Content::Library) => {
                sbom_name(&format!("{product}.{}", Machine::of(target).multiarch))
            }
            _ => sbom_name(product),
        }
    }

    /// Its file, with the name that the distributions expect.
    pub fn path(self, target: &Target) -> PathBuf {
        let (name, machine) = (self.name(), Machine::of(target));
        directory().join(match self.format {
            Format::Deb => format!("{name}_{VERSION}-{RELEASE}_{}.deb", machine.deb),
            Format::Rpm => format!("{name}-{VERSION}-{RELEASE}.{}.rpm", machine.rpm),
            Format::Apk => format!("{name}-{VERSION}-r{RELEASE}.{}.apk", target.architecture()),
        })
    }

    /// Unpacks it into an empty directory.
    pub fn unpack(self, target: &Target, to: &Path) -> Result<(), Failure> {
        let (tool, script) = match self.format {
            Format::Deb => ("dpkg-deb", "dpkg-deb --extract \"$1\" ."),
            // It reports each leading slash that it removes.
            Format::Rpm => (
                "rpm2cpio",
                "rpm2cpio \"$1\" | cpio -idm --no-absolute-filenames --quiet 2>log || { cat log >&2; exit 1; }
                 rm log",
            ),
            Format::Apk => (
                "tar",
                "tar --extract --gzip --warning=no-unknown-keyword --exclude=.PKGINFO --file \"$1\"",
            ),
        };
        tools::find(&[tool])?;
        let _ = fs::remove_dir_all(to);
        fs::create_dir_all(to)?;
        let mut shell = Command::new("sh");
        shell.args(["-ec", script, "unpack"]);
        shell.arg(self.path(target)).current_dir(to);
        tools::run(&mut shell).map(|_| ())
    }
}

/// The packages of a target. The programs are static: those of the targets with musl are in packages of every format.
pub fn all(target: &Target) -> Vec<Package> {
    let formats: &[Format] = match target.system {
        System::Gnu => &[Format::Deb, Format::Rpm],
        System::Musl => &[Format::Apk],
        System::Windows | System::MacOs | System::Ios => &[],
    };
    let mut packages = Vec::new();
    for format in formats {
        for content in [Content::Library, Content::Development] {
            packages.push(Package {
                format: *format,
                content,
            });
        }
    }
    if programs::exist_for(target) {
        for format in [Format::Deb, Format::Rpm, Format::Apk] {
            let contents = (0..programs::ALL.len()).map(Content::Program);
            packages.extend(contents.map(|content| Package { format, content }));
        }
    }
    packages
}
