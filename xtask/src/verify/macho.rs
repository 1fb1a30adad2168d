//! Shared libraries and objects of Apple's systems.

use std::fmt;

use object::macho::{self, MachHeader64};
use object::read::macho::MachHeader;
use object::{Endianness, Object};

use super::{Library, signature};
use crate::apple;
use crate::failure::Failure;
use crate::targets::{System, Target};

type Header = MachHeader64<Endianness>;

/// The major and the minor version of a system.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Reads and checks a shared library for a target.
pub fn read(data: &[u8], target: &Target) -> Result<Library, Failure> {
    let mut library = Library::default();
    let file = object::File::parse(data)?;
    for export in file.exports()? {
        let name = String::from_utf8_lossy(export.name());
        library
            .exports
            .push(name.strip_prefix('_').unwrap_or(&name).to_owned());
    }
    let header = Header::parse(data, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, data, 0)?;
    let mut install_name = String::new();
    let mut code_signature = None;
    while let Some(command) = commands.next()? {
        let name = |dylib: &macho::DylibCommand<Endianness>| {
            let name = command.string(endian, dylib.dylib.name)?;
            Ok::<_, object::Error>(String::from_utf8_lossy(name).into_owned())
        };
        if command.cmd() == macho::LC_ID_DYLIB {
            install_name = name(command.data()?)?;
        } else if command.cmd() == macho::LC_CODE_SIGNATURE {
            code_signature = Some(command.data::<macho::LinkeditDataCommand<Endianness>>()?);
        } else if let Some(dylib) = command.dylib()? {
            library.needed.push(name(dylib)?);
        }
    }
    let names = ["@rpath/libbosauth.1.dylib", "@rpath/libbosauth_jni.dylib"];
    let is_known = names.contains(&install_name.as_str());
    library.require(is_known, format!("has the install name {install_name:?}"));
    if target.architecture() == "aarch64" || code_signature.is_some() {
        let range = code_signature.map(|it| (it.dataoff.get(endian), it.datasize.get(endian)));
        let bytes =
            range.and_then(|(start, size)| data.get(start as usize..(start + size) as usize));
        let is_valid = bytes.is_some_and(|bytes| signature::is_valid(data, bytes));
        library.require(is_valid, "has no valid code signature");
    }
    let allowed = allowed_version(target);
    match minimum_version(data)? {
        Some(version) => {
            library.notes.push(format!("requires {version}"));
            library.require(
                version == allowed,
                format!("requires {version}, not {allowed}"),
            );
        }
        None => library
            .problems
            .push("does not say which version it requires".into()),
    }
    Ok(library)
}

/// The version of the system that the libraries of a target support.
pub fn allowed_version(target: &Target) -> Version {
    let mut numbers = apple::minimum_version(target).split('.');
    let mut next = || numbers.next().and_then(|it| it.parse().ok()).unwrap_or(0);
    Version(next(), next())
}

/// Whether a library or object is for the system of the target: the objects for iOS and for its simulator differ in
/// nothing else.
pub fn is_for_system(data: &[u8], target: &Target) -> Result<bool, Failure> {
    let expected = match (target.system, target.compiler.ends_with("-simulator")) {
        (System::Ios, true) => macho::PLATFORM_IOSSIMULATOR,
        (System::Ios, false) => macho::PLATFORM_IOS,
        _ => macho::PLATFORM_MACOS,
    };
    let header = Header::parse(data, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        if let Some(version) = command.build_version()? {
            return Ok(version.platform.get(endian) == expected);
        }
    }
    Ok(true)
}

/// The oldest system on which a library or object runs; `None` if it does not say.
pub fn minimum_version(data: &[u8]) -> Result<Option<Version>, Failure> {
    let header = Header::parse(data, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        let version = match command.cmd() {
            macho::LC_BUILD_VERSION => command.build_version()?.map(|it| it.minos.get(endian)),
            macho::LC_VERSION_MIN_MACOSX | macho::LC_VERSION_MIN_IPHONEOS => {
                let minimum = command.data::<macho::VersionMinCommand<Endianness>>()?;
                Some(minimum.version.get(endian))
            }
            _ => None,
        };
        if let Some(version) = version {
            return Ok(Some(Version(version >> 16, version >> 8 & 0xff)));
        }
    }
    Ok(None)
}
