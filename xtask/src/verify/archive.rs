//! Static libraries.

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};

use super::macho::{self, Version};
use super::{Library, check_architecture};
use crate::failure::Failure;
use crate::targets::Target;

/// Reads the symbols of a static library, and the versions of the system that its objects require.
pub fn read(data: &[u8], target: &Target) -> Result<Library, Failure> {
    let mut library = Library::default();
    let mut versions = Vec::new();
    for member in ArchiveFile::parse(data)?.members() {
        let member = member?;
        let object = member.data(data)?;
        // Archives of Windows also have members of other formats, with the imports of a DLL.
        let Ok(file) = object::File::parse(object) else {
            continue;
        };
        check_architecture(&file, target, &mut library);
        library.exports.extend(defined_symbols(&file, target));
        if target.is_apple() {
            let name = String::from_utf8_lossy(member.name()).into_owned();
            let is_for_system = macho::is_for_system(object, target)?;
            library.require(
                is_for_system,
                format!("{name} is for another system of Apple"),
            );
            versions.extend(macho::minimum_version(object)?.map(|version| (version, name)));
        }
    }
    library.exports.sort();
    if target.is_apple() {
        check_versions(&mut library, &mut versions, target);
    }
    Ok(library)
}

fn defined_symbols(file: &object::File, target: &Target) -> Vec<String> {
    let defined = file
        .symbols()
        .filter(|it| it.is_global() && it.is_definition());
    let names = defined.filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let prefix = if target.is_apple() { "_" } else { "" };
    names
        .map(|name| name.strip_prefix(prefix).unwrap_or(&name).to_owned())
        .collect()
}

/// Rust's standard library may support older systems.
fn check_versions(library: &mut Library, versions: &mut [(Version, String)], target: &Target) {
    let allowed = macho::allowed_version(target);
    versions.sort();
    for (version, name) in versions.iter() {
        library.require(*version <= allowed, format!("{name} requires {version}"));
    }
    let is_allowed = |(version, _): &&(Version, String)| *version == allowed;
    let (count, all) = (versions.iter().filter(is_allowed).count(), versions.len());
    library.require(count > 0, format!("no object requires {allowed}"));
    let note = format!("{count} of {all} objects require {allowed}");
    library.notes.push(note);
    if let Some((oldest, _)) = versions.first().filter(|_| count < all) {
        library.notes.push(format!("the others {oldest} or later"));
    }
}
