//! Shared libraries and static programs of Linux.

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionTable, Sym};
use object::{Endianness, FileKind, SymbolIndex};

use super::Library;
use crate::failure::Failure;
use crate::targets::Target;

/// glibc of RHEL 7 and manylinux2014.
const MAX_GLIBC: (u32, u32) = (2, 17);

/// Reads and checks a library for a target.
pub fn read(data: &[u8], target: &Target) -> Result<Library, Failure> {
    match FileKind::parse(data)? {
        FileKind::Elf32 => read_class::<FileHeader32<Endianness>>(data, target),
        FileKind::Elf64 => read_class::<FileHeader64<Endianness>>(data, target),
        kind => Err(Failure::Failed(format!("not an ELF library: {kind:?}"))),
    }
}

/// Checks a static program of 64 bits.
pub fn check_program(data: &[u8], target: &Target, program: &mut Library) -> Result<(), Failure> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    check_segments::<FileHeader64<Endianness>>(segments, endian, target, program);
    let is_dynamic = segments
        .iter()
        .any(|it| it.p_type(endian) == elf::PT_INTERP);
    program.require(!is_dynamic, "is not static");
    Ok(())
}

fn read_class<Elf>(data: &[u8], target: &Target) -> Result<Library, Failure>
where
    Elf: FileHeader<Endian = Endianness>,
{
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let mut library = Library::default();
    check_segments::<Elf>(
        header.program_headers(endian, data)?,
        endian,
        target,
        &mut library,
    );
    read_dynamic::<Elf>(&sections, endian, data, &mut library)?;
    read_symbols::<Elf>(&sections, endian, data, &mut library)?;
    Ok(library)
}

/// The largest page size of the systems on which a processor runs: Linux on arm64 may use pages of 64 KiB.
fn page_size(target: &Target) -> u64 {
    match target.architecture() {
        "aarch64" => 0x10000,
        _ => 0x1000,
    }
}

fn check_segments<Elf: FileHeader>(
    segments: &[Elf::ProgramHeader],
    endian: Elf::Endian,
    target: &Target,
    library: &mut Library,
) {
    let (mut has_relro, mut has_stack) = (false, false);
    let mut alignment = u64::MAX;
    for segment in segments {
        let flags = segment.p_flags(endian);
        match segment.p_type(endian) {
            elf::PT_GNU_RELRO => has_relro = true,
            elf::PT_GNU_STACK => has_stack = flags & elf::PF_X == 0,
            elf::PT_LOAD => {
                alignment = alignment.min(segment.p_align(endian).into());
                let is_both = flags & (elf::PF_W | elf::PF_X) == elf::PF_W | elf::PF_X;
                library.require(!is_both, "has a segment that is writable and executable");
            }
            _ => {}
        }
    }
    library.require(has_relro, "has no RELRO segment");
    library.require(has_stack, "has an executable stack");
    let required = page_size(target);
    library.require(
        alignment >= required,
        format!("LOAD segments are aligned to {alignment:#x}, not to {required:#x}"),
    );
    library.notes.push(format!("aligned to {alignment:#x}"));
}

fn read_dynamic<'data, Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'data, Elf>,
    endian: Endianness,
    data: &'data [u8],
    library: &mut Library,
) -> Result<(), Failure> {
    let Some((entries, link)) = sections.dynamic(endian, data)? else {
        return Err(Failure::Failed("no dynamic section".into()));
    };
    let strings = sections.strings(endian, data, link)?;
    let (mut is_bound, mut stays_loaded) = (false, false);
    let mut soname = String::new();
    for entry in entries {
        let value: u64 = entry.d_val(endian).into();
        let flag = |mask: u32| value & u64::from(mask) != 0;
        let tag: u64 = entry.d_tag(endian).into();
        match u32::try_from(tag).unwrap_or_default() {
            elf::DT_NEEDED => library.needed.push(text(entry.string(endian, strings)?)),
            elf::DT_SONAME => soname = text(entry.string(endian, strings)?),
            elf::DT_RPATH | elf::DT_RUNPATH => library.problems.push("has a run path".into()),
            elf::DT_TEXTREL => library.problems.push("has text relocations".into()),
            elf::DT_BIND_NOW => is_bound = true,
            elf::DT_FLAGS => {
                is_bound |= flag(elf::DF_BIND_NOW);
                library.require(!flag(elf::DF_TEXTREL), "has text relocations");
            }
            elf::DT_FLAGS_1 => {
                is_bound |= flag(elf::DF_1_NOW);
                stays_loaded = flag(elf::DF_1_NODELETE);
            }
            _ => {}
        }
    }
    library.require(is_bound, "is not linked with -z now");
    library.require(stays_loaded, "is not linked with -z nodelete");
    let is_known = ["libbosauth.so.1", "libbosauth_jni.so"].contains(&soname.as_str());
    library.require(is_known, format!("has the SONAME {soname:?}"));
    Ok(())
}

fn read_symbols<'data, Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'data, Elf>,
    endian: Endianness,
    data: &'data [u8],
    library: &mut Library,
) -> Result<(), Failure> {
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let versions = sections.versions(endian, data)?;
    let mut glibc = (0, 0);
    for (at, symbol) in symbols.iter().enumerate() {
        let name = text(symbol.name(endian, symbols.strings())?);
        let is_local = symbol.st_bind() == elf::STB_LOCAL;
        if !symbol.is_undefined(endian) && !is_local {
            library.exports.push(name);
            continue;
        }
        let Some(versions) = &versions else { continue };
        let index = versions.version_index(endian, SymbolIndex(at));
        let Some(version) = versions.version(index)? else {
            continue;
        };
        let Some(number) = glibc_version(&text(version.name())) else {
            continue;
        };
        glibc = glibc.max(number);
        let (major, minor) = MAX_GLIBC;
        library.require(
            number <= MAX_GLIBC,
            format!(
                "needs {name} of glibc {}.{}, newer than {major}.{minor}",
                number.0, number.1
            ),
        );
    }
    if glibc != (0, 0) {
        library.notes.push(format!("glibc {}.{}", glibc.0, glibc.1));
    }
    Ok(())
}

/// The number in `GLIBC_2.17` or `GLIBC_2.2.5`.
fn glibc_version(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
