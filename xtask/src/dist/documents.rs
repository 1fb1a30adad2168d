//! The documents beside a library or program: its licences, those of what is linked into it, and its SBOM.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::dependencies::{self, Crate};
use super::runtimes::{self, Platform, Runtime};
use super::sbom;
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// The name of the file with the licences of other projects.
pub const THIRD_PARTY: &str = "THIRD-PARTY-LICENSES.txt";

/// The licences of Rust's standard library, as the toolchain has them.
pub const STANDARD_LIBRARY: &str = "RUST-LIBRARY-LICENSES.html";

/// The licences of bosauth.
pub const OWN: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The licences of a library or program and of what is linked into it.
pub const LICENSES: [&str; 4] = [OWN[0], OWN[1], STANDARD_LIBRARY, THIRD_PARTY];

/// How the file of a licence begins. Crates have the texts beside their manifest.
const NAMES: [&str; 6] = [
    "COPYING",
    "COPYRIGHT",
    "LICENCE",
    "LICENSE",
    "NOTICE",
    "UNLICENSE",
];

/// The files that [`write()`] creates for a product, in a prefix.
pub fn contents(name: &str) -> Vec<String> {
    let sbom = sbom_name(name);
    let files = LICENSES.into_iter().chain([&*sbom]);
    files
        .map(|file| format!("share/doc/{name}/{file}"))
        .collect()
}

/// What is linked into a package of cargo for a platform, beside Rust's standard library.
pub struct Linked {
    pub platform: Platform,
    /// The package itself and the crates that it needs.
    pub crates: Vec<Crate>,
    pub runtimes: Vec<Runtime>,
}

impl Linked {
    fn new(platform: Platform, package: &str) -> Result<Self, Failure> {
        Ok(Linked {
            platform,
            crates: dependencies::crates(platform.triple, package)?,
            runtimes: platform.runtimes()?,
        })
    }
}

/// Writes the documents of a package of cargo to a directory. `name` is the name of the product. Fails if a crate has
/// no text of its licence.
pub fn write(target: &Target, package: &str, name: &str, directory: &Path) -> Result<(), Failure> {
    write_for(&[target.into()], package, name, directory)
}

/// Writes the documents of what is linked for these platforms together: each text is in them once.
pub fn write_for(
    platforms: &[Platform],
    package: &str,
    name: &str,
    directory: &Path,
) -> Result<(), Failure> {
    let linked = platforms.iter().map(|it| Linked::new(*it, package));
    let linked = linked.collect::<Result<Vec<_>, _>>()?;
    fs::create_dir_all(directory)?;
    for license in OWN {
        fs::copy(tools::root().join(license), directory.join(license))?;
    }
    let library = runtimes::standard_library()?;
    fs::write(
        directory.join(STANDARD_LIBRARY),
        tools::read(&library.text)?,
    )?;
    fs::write(directory.join(THIRD_PARTY), third_party(&linked)?)?;
    let sbom = sbom::create(package, &linked, &library)?;
    fs::write(directory.join(sbom_name(name)), sbom)?;
    Ok(())
}

/// The name of the file with the SBOM of a product.
pub fn sbom_name(name: &str) -> String {
    format!("{name}.cdx.json")
}

/// A crate or runtime in the list of licences.
struct Entry {
    license: String,
    files: Vec<PathBuf>,
    /// The platforms that it is linked for.
    triples: Vec<&'static str>,
}

/// The entries by name and version: crates, then runtimes.
type Entries = BTreeMap<(bool, String), Entry>;

fn third_party(linked: &[Linked]) -> Result<String, Failure> {
    let mut entries = Entries::new();
    for it in linked {
        add_entries(&mut entries, it)?;
    }
    let mut list = String::from(match linked.len() {
        1 => "This product contains:\n\n",
        _ => "This product contains, on all platforms unless some are named:\n\n",
    });
    // The files with each text.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((_, name), entry) in entries {
        let platforms = match entry.triples.len() == linked.len() {
            true => String::new(),
            false => format!(" (on {})", entry.triples.join(", ")),
        };
        list += &format!("  {name}: {}{platforms}\n", entry.license);
        for file in &entry.files {
            add(&mut texts, &name, file)?;
        }
    }
    list += &format!("  Rust's standard library: {STANDARD_LIBRARY}\n");
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|(_, a), (_, b)| a.cmp(b));
    for (text, names) in texts {
        let line = "-".repeat(80);
        list += &format!("\n{line}\n{}\n{line}\n\n{text}\n", names.join("\n"));
    }
    Ok(list)
}

fn add_entries(entries: &mut Entries, linked: &Linked) -> Result<(), Failure> {
    let mut add = |is_runtime, name: &str, version: &str, license: &str, files| {
        let key = (is_runtime, format!("{name} {version}"));
        let entry = entries.entry(key).or_insert_with(|| Entry {
            license: license.to_owned(),
            files,
            triples: Vec::new(),
        });
        entry.triples.push(linked.platform.triple);
    };
    for it in linked.crates.iter().filter(|it| it.is_third_party) {
        let files = files(&it.directory)?;
        add(false, &it.name, &it.version, &it.license, files);
    }
    for it in &linked.runtimes {
        add(
            true,
            it.name,
            &it.version,
            it.license,
            vec![it.text.clone()],
        );
    }
    Ok(())
}

fn add(texts: &mut BTreeMap<String, Vec<String>>, name: &str, file: &Path) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(&tools::read(file)?).replace('\r', "");
    let names = texts.entry(text.trim().to_owned()).or_default();
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    names.push(format!("{name}: {file}"));
    Ok(())
}

/// The files with licences in the source of a crate, sorted. A crate may have a directory `LICENSES`.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase();
        if !NAMES.iter().any(|it| name.starts_with(it)) {
            continue;
        }
        match path.is_dir() {
            true => files.extend(entries(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(Failure::Failed(format!(
            "no licence in {}",
            directory.display()
        ))),
        false => Ok(files),
    }
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    entries.collect()
}
