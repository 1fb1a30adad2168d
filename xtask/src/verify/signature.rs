//! The ad-hoc code signature that the linker writes into a library for macOS: the hash of every page. Apple silicon loads
//! no library without one, and a tool that changes the file afterwards breaks it.

use sha2::{Digest, Sha256};

const EMBEDDED_SIGNATURE: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const HASH_SHA256: u8 = 2;

/// Returns whether a signature has a code directory, whose hashes are those of the file before the signature.
///
/// The formats, of big-endian numbers, are those of `kern/cs_blobs.h` in xnu.
pub fn is_valid(file: &[u8], signature: &[u8]) -> bool {
    let directory = code_directory(signature);
    directory
        .and_then(|directory| check_pages(file, directory))
        .unwrap_or(false)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_be_bytes)
}

fn size(bytes: &[u8], at: usize) -> Option<usize> {
    number(bytes, at)?.try_into().ok()
}

/// The first part of the signature that is a code directory.
fn code_directory(signature: &[u8]) -> Option<&[u8]> {
    if number(signature, 0)? != EMBEDDED_SIGNATURE {
        return None;
    }
    let offsets = (0..size(signature, 8)?).filter_map(|part| size(signature, 16 + 8 * part));
    let mut parts = offsets.filter_map(|at| signature.get(at..));
    parts.find(|part| number(part, 0) == Some(CODE_DIRECTORY))
}

fn check_pages(file: &[u8], directory: &[u8]) -> Option<bool> {
    let (hashes, count) = (size(directory, 16)?, size(directory, 28)?);
    let signed = file.get(..size(directory, 32)?)?;
    let (hash_size, hash_type) = (usize::from(*directory.get(36)?), *directory.get(37)?);
    let page_size = 1_usize.checked_shl((*directory.get(39)?).into())?;
    let mut pages = signed.chunks(page_size).enumerate();
    let is_signed = |(at, page): (usize, &[u8])| {
        let start = hashes + at * hash_size;
        directory.get(start..start + hash_size) == Some(&*Sha256::digest(page))
    };
    Some(hash_type == HASH_SHA256 && pages.len() == count && pages.all(is_signed))
}
