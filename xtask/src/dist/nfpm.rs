//! Creates the packages for Linux distributions, by nfpm from the templates in `packaging/nfpm`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::packages::{Content, Format, Machine, Package, RELEASE, all};
use super::programs::{self, Program};
use super::{VERSION, documents, prefix};
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// Creates the packages of a target, after [`prefix::stage`] and [`programs::create`]. Returns their paths; none unless
/// it is Linux.
pub fn create(target: &Target) -> Result<Vec<PathBuf>, Failure> {
    let packages = all(target);
    for package in &packages {
        let stage = match package.content {
            Content::Library | Content::Development => stage_library(target, package.format)?,
            Content::Program(index) => {
                stage_program(target, package.format, &programs::ALL[index])?
            }
        };
        set_modes(&stage)?;
        run_nfpm(target, *package, &stage)?;
        if package.format == Format::Deb {
            complete_deb(*package, &package.path(target), &stage)?;
        }
    }
    Ok(packages
        .iter()
        .map(|package| package.path(target))
        .collect())
}

/// Installs the library below `usr` of a directory, with the paths of the format, beside the files that templates name.
fn stage_library(target: &Target, format: Format) -> Result<PathBuf, Failure> {
    let documents = prefix::directory(target).join("share/doc/bosauth");
    let stage = new_stage(target, format, "library", &documents)?;
    let content = Content::Library;
    let sbom = Package { format, content }.sbom(target, "bosauth");
    fs::rename(
        stage.join("doc").join(documents::sbom_name("bosauth")),
        stage.join("doc").join(sbom),
    )?;
    let library_directory = format.library_directory(target);
    prefix::install(target, &library_directory, &stage)?;
    use_absolute_prefix(&stage.join("usr").join(library_directory))?;
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
        use_debian_paths(&usr, program.name)?;
    }
    Ok(stage)
}

/// Moves the completions of zsh, and adds what lintian is to accept.
fn use_debian_paths(usr: &Path, program: &str) -> Result<(), Failure> {
    let zsh = usr.join("share/zsh");
    if zsh.is_dir() {
        fs::rename(zsh.join("site-functions"), zsh.join("vendor-completions"))?;
    }
    let overrides = usr.join("share/lintian/overrides");
    fs::create_dir_all(&overrides)?;
    let text = format!(
        "# One file runs on every distribution.\n\
         {program}: statically-linked-binary [usr/bin/{program}]\n"
    );
    fs::write(overrides.join(program), text)?;
    Ok(())
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

/// Makes all files readable, with any umask of the build.
fn set_modes(stage: &Path) -> Result<(), Failure> {
    let mut chmod = Command::new(tools::find(&["chmod"])?);
    tools::run(chmod.args(["-R", "u+rwX,go+rX,go-w"]).arg(stage))?;
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
    let date = tools::run(&mut date)?;
    let lines = [
        format!("- semver: {VERSION}-{RELEASE}"),
        format!("  date: {}", date.trim()),
        format!("  packager: {:?}", maintainer()),
        "  deb: { urgency: medium, distributions: [unstable] }".into(),
        format!("  changes: [{{ note: Release {VERSION} }}]\n"),
    ];
    Ok(lines.join("\n"))
}

/// The variable of the release, or the authors without an address.
fn maintainer() -> String {
    let variable = tools::variable("BOSAUTH_MAINTAINER");
    variable.unwrap_or_else(|| "The bosauth authors <bosauth@localhost>".into())
}

/// Runs nfpm on the template of a package.
fn run_nfpm(target: &Target, package: Package, stage: &Path) -> Result<(), Failure> {
    let templates = tools::root().join("packaging/nfpm");
    let template = templates.join(package.template()).with_extension("yaml");
    let mut nfpm = Command::new(tools::find(&["nfpm"])?);
    nfpm.args(["package", "--packager", package.format.name(), "--config"])
        .arg(template)
        .arg("--target")
        .arg(package.path(target))
        .current_dir(stage)
        .env("SOURCE_DATE_EPOCH", tools::source_date_epoch()?)
        .envs(variables(target, package.format)?);
    tools::run(&mut nfpm)?;
    Ok(())
}

/// Removes the list of configuration files, which nfpm writes with an empty line and `dpkg-deb --build` rejects. Adds to
/// the library's package the file by which `dpkg-shlibdeps` finds the package for a program.
fn complete_deb(package: Package, path: &Path, stage: &Path) -> Result<(), Failure> {
    let run = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(tools::find(&[name])?);
        tools::run(command.args(arguments).current_dir(stage))
    };
    let path = path.to_string_lossy();
    run("ar", &["x", &path, "control.tar.gz"])?;
    run("gzip", &["-d", "control.tar.gz"])?;
    run("tar", &["--delete", "--file=control.tar", "./conffiles"])?;
    if package.content == Content::Library {
        let dependency = format!("libbosauth 1 libbosauth1 (>= {VERSION})\n");
        fs::write(stage.join("shlibs"), dependency)?;
        let time = format!("--mtime=@{}", tools::source_date_epoch()?);
        let append = ["--append", "--file=control.tar", "--format=gnu", &time];
        let owner = ["--owner=root:0", "--group=root:0", "--mode=644"];
        run("tar", &[&append[..], &owner, &["./shlibs"]].concat())?;
    }
    run("gzip", &["-9n", "control.tar"])?;
    run("ar", &["rD", &path, "control.tar.gz"])?;
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
    let homepage = tools::variable("BOSAUTH_HOMEPAGE").unwrap_or_default();
    Ok(vec![
        ("ARCH", machine.nfpm.into()),
        ("MACHINE", target.architecture().into()),
        ("VERSION", VERSION.into()),
        ("RELEASE", RELEASE.into()),
        ("ABI", file_version(target)?),
        (
            "LIBDIR",
            format!("/usr/{}", format.library_directory(target)),
        ),
        ("DOCDIR", format.document_directory().into()),
        ("DEV_NAME", format.development_package().into()),
        ("RPM_ISA", machine.rpm_isa.into()),
        ("RPM_BITS", bits("(64bit)")),
        ("RPM_SONAME_SUFFIX", bits("()(64bit)")),
        ("MAINTAINER", maintainer()),
        ("HOMEPAGE", homepage),
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
