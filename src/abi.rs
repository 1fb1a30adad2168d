// The ABI's number, also read by build.rs, which makes the SONAME of its high part.

/// The ABI of this header. The high 16 bits change when the ABI breaks, the low 16 bits when functions
/// are added: a program works with a library of the same high part and an equal or greater low part
/// (compare with bosauth_abi_version()).
pub const BOSAUTH_ABI_VERSION: u32 = 0x0001_0000;
