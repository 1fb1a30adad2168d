//! The requirements of Maven Central, as its documentation for publishers lists them, on a repository directory; and
//! the licences and SBOMs in its archives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use md5::Md5;
use roxmltree::{Document, Node};
use sha1::{Digest, Sha1};
use zip::ZipArchive;
use zip::result::ZipError;

use super::documents;
use crate::failure::Failure;
use crate::tools;

/// Elements with text that a POM must have.
const REQUIRED: [&str; 12] = [
    "groupId",
    "artifactId",
    "version",
    "name",
    "description",
    "url",
    "licenses/license/name",
    "licenses/license/url",
    "developers/developer/name",
    "scm/url",
    "scm/connection",
    "scm/developerConnection",
];

/// Files that are neither signed nor, except for signatures, described by a checksum.
const COMPANIONS: [&str; 5] = ["asc", "md5", "sha1", "sha256", "sha512"];

/// The extensions of native libraries.
const NATIVE: [&str; 3] = [".dll", ".dylib", ".so"];

/// The problems of all artifacts below a directory in the layout of Maven, one line each. With `keys`, the home
/// directory of gpg, files must have signatures of one of its keys.
pub fn problems(repository: &Path, keys: Option<&Path>) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    let files = files(repository)?;
    let is_pom = |file: &&PathBuf| file.extension().is_some_and(|it| it == "pom");
    let poms: Vec<_> = files.iter().filter(is_pom).collect();
    if poms.is_empty() {
        problems.push("no POM".to_owned());
    }
    for pom in poms {
        let name = name(pom);
        let found = check_pom(repository, pom)?;
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    for file in files.iter().filter(|file| !is_companion(file)) {
        let name = name(file);
        let mut found = check_checksums(file)?;
        if file
            .extension()
            .is_some_and(|it| it == "jar" || it == "aar")
        {
            found.extend(check_documents(file)?);
        }
        if let Some(keys) = keys {
            found.extend(check_signature(file, keys)?);
        }
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    Ok(problems)
}

/// All files below a directory, sorted.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        match path.is_dir() {
            true => found.extend(files(&path)?),
            false => drop(found.insert(path)),
        }
    }
    Ok(found.into_iter().collect())
}

fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn is_companion(file: &Path) -> bool {
    let extension = file.extension().unwrap_or_default();
    COMPANIONS.iter().any(|companion| extension == *companion)
}

fn check_pom(repository: &Path, file: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(file)?;
    let document = Document::parse(&text).map_err(|error| Failure::Failed(error.to_string()))?;
    let project = document.root_element();
    let mut problems = Vec::new();
    for path in REQUIRED {
        if text_at(project, path).is_empty() {
            problems.push(format!("no {path}"));
        }
    }
    if child(project, "parent").is_some() {
        problems.push("has a parent, which would have to be published too".into());
    }
    if text.contains("${") {
        problems.push("has a property".into());
    }
    let elements = document.descendants();
    for node in elements.filter(|it| is_named(*it, "version")) {
        let version = node.text().unwrap_or_default();
        if !is_fixed(version) {
            problems.push(format!("the version {version:?} is not fixed"));
        }
    }
    let coordinates = ["groupId", "artifactId", "version"].map(|name| text_at(project, name));
    problems.extend(check_files(
        repository,
        file,
        &coordinates,
        &packaging(project),
    ));
    Ok(problems)
}

/// By the name alone: with flattened POMs, all elements are in one namespace.
fn is_named(node: Node, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|it| is_named(*it, name))
}

/// The text of the first element with this path.
fn text_at(project: Node, path: &str) -> String {
    let mut names = path.split('/');
    let node = names.try_fold(project, child);
    let text = node.and_then(|node| node.text()).unwrap_or_default();
    text.trim().to_owned()
}

fn packaging(project: Node) -> String {
    let packaging = text_at(project, "packaging");
    if packaging.is_empty() {
        "jar".into()
    } else {
        packaging
    }
}

/// Whether it is one version of a release.
fn is_fixed(version: &str) -> bool {
    let is_named = ["SNAPSHOT", "LATEST", "RELEASE"]
        .iter()
        .any(|name| version.contains(name));
    !version.is_empty() && !is_named && !version.contains(['[', '(', ','])
}

/// The files beside a POM.
fn check_files(
    repository: &Path,
    pom: &Path,
    [group, artifact, version]: &[String; 3],
    packaging: &str,
) -> Vec<String> {
    let directory = repository
        .join(group.replace('.', "/"))
        .join(artifact)
        .join(version);
    let base = format!("{artifact}-{version}");
    let mut problems = Vec::new();
    if *pom != directory.join(format!("{base}.pom")) {
        problems.push("is not where its coordinates belong".to_owned());
    }
    let expected = match packaging {
        "pom" => Vec::new(),
        _ => vec![
            format!("{base}.{packaging}"),
            format!("{base}-sources.jar"),
            format!("{base}-javadoc.jar"),
        ],
    };
    let is_missing = |name: &&String| !directory.join(name).is_file();
    problems.extend(
        expected
            .iter()
            .filter(is_missing)
            .map(|name| format!("no {name}")),
    );
    problems
}

/// The directory of the licences in the archives of an artifact. It has the name of the artifact, since Android's
/// packaging fails for a file that is in two libraries of an app.
pub fn license_directory(artifact: &str) -> String {
    format!("META-INF/licenses/{artifact}")
}

/// The directory of the SBOM in an archive.
pub const SBOM_DIRECTORY: &str = "META-INF/sbom";

/// An archive must have the licences of bosauth and, if it has a native library, those of what is linked and an SBOM.
fn check_documents(file: &Path) -> Result<Vec<String>, Failure> {
    let artifact = file.ancestors().nth(2).map(name).unwrap_or_default();
    let sizes = match sizes(file) {
        Err(ZipError::Io(error)) => return Err(error.into()),
        Err(_) => return Ok(vec!["is not a ZIP archive".to_owned()]),
        Ok(sizes) => sizes,
    };
    let is_native = |name: &String| NATIVE.iter().any(|extension| name.ends_with(extension));
    let has_natives = sizes.keys().any(is_native);
    let licenses = documents::LICENSES.into_iter();
    let licenses = licenses.filter(|license| has_natives || documents::OWN.contains(license));
    let directory = license_directory(&artifact);
    let mut expected: Vec<_> = licenses.map(|it| format!("{directory}/{it}")).collect();
    if has_natives {
        let sbom = documents::sbom_name(&artifact);
        expected.push(format!("{SBOM_DIRECTORY}/{sbom}"));
    }
    let is_missing = |name: &String| sizes.get(name).is_none_or(|size| *size == 0);
    let missing = expected.into_iter().filter(is_missing);
    Ok(missing.map(|it| format!("does not contain {it}")).collect())
}

/// The sizes of the files in an archive.
fn sizes(file: &Path) -> Result<BTreeMap<String, u64>, ZipError> {
    let mut archive = ZipArchive::new(fs::File::open(file)?)?;
    let mut sizes = BTreeMap::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        sizes.insert(entry.name().to_owned(), entry.size());
    }
    Ok(sizes)
}

fn check_checksums(file: &Path) -> Result<Vec<String>, Failure> {
    let data = tools::read(file)?;
    let expected = [
        ("md5", hexadecimal(&Md5::digest(&data))),
        ("sha1", hexadecimal(&Sha1::digest(&data))),
    ];
    let mut problems = Vec::new();
    for (extension, expected) in expected {
        let found = fs::read_to_string(companion(file, extension)).unwrap_or_default();
        if found.trim() != expected {
            problems.push(format!("no correct {extension}"));
        }
    }
    Ok(problems)
}

fn companion(file: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", file.display()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check_signature(file: &Path, keys: &Path) -> Result<Vec<String>, Failure> {
    let mut gpg = Command::new(tools::find(&["gpg"])?);
    gpg.args(["--batch", "--quiet", "--verify"])
        .arg(companion(file, "asc"))
        .arg(file)
        .env("GNUPGHOME", keys);
    let is_signed = gpg.output()?.status.success();
    Ok(if is_signed {
        Vec::new()
    } else {
        vec!["no valid signature".to_owned()]
    })
}
