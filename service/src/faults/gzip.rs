//! The gzip format (RFC 1952) with stored, that is uncompressed, blocks (RFC 1951).

/// The maximum size of a stored block.
const BLOCK: usize = 0xffff;

/// Encodes `data` as a gzip file.
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for block in data.chunks(BLOCK) {
        let size = u16::try_from(block.len()).unwrap_or(u16::MAX);
        file.push(0);
        file.extend(size.to_le_bytes());
        file.extend((!size).to_le_bytes());
        file.extend(block);
    }
    // An empty block with the final bit.
    file.extend([1, 0, 0, 0xff, 0xff]);
    file.extend(crc32(data).to_le_bytes());
    // ISIZE is modulo 2^32.
    file.extend((data.len() as u32).to_le_bytes());
    file
}

fn crc32(data: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in data {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = sum & 1;
            sum = (sum >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn crc32_matches_the_check_value() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
