// The ABI version. build.rs derives the SONAME from its major version.

/// The ABI version of this header: the major version in the high 16 bits, the minor version in the low 16 bits.
/// The major version changes if the ABI breaks, the minor version if functions are added. A program works
/// with a library that has the same major version and the same or a higher minor version; compare with
/// bosauth_abi_version().
pub const BOSAUTH_ABI_VERSION: u32 = 0x0001_0002;
