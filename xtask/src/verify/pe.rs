//! Shared libraries of Windows.

use object::pe;
use object::read::pe::{ImageOptionalHeader, PeFile64};
use object::{LittleEndian as LE, Object};

use super::Library;
use crate::failure::Failure;

/// Reads and checks a library.
pub fn read(data: &[u8]) -> Result<Library, Failure> {
    let mut library = Library::default();
    let file = PeFile64::parse(data)?;
    for export in file.exports()? {
        library
            .exports
            .push(String::from_utf8_lossy(export.name()).into_owned());
    }
    for import in file.imports()? {
        // Windows ignores the case.
        let name = String::from_utf8_lossy(import.library()).to_ascii_lowercase();
        if !library.needed.contains(&name) {
            library.needed.push(name);
        }
    }
    library.needed.sort();
    library.notes.push(library.needed.join(", "));
    let flags = file.nt_headers().optional_header.dll_characteristics();
    for (flag, name) in [
        (pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "NX_COMPAT"),
        (pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "DYNAMIC_BASE"),
        (
            pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
            "HIGH_ENTROPY_VA",
        ),
    ] {
        library.require(flags & flag != 0, format!("is not linked with {name}"));
    }
    let sections = file.section_table();
    for section in sections.iter() {
        let flags = section.characteristics.get(LE);
        let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
        library.require(
            flags & both != both,
            "has a section that is writable and executable",
        );
    }
    Ok(library)
}
