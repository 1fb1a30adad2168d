//! Text in the format of gzip (RFC 1952), stored without compression: any client can unpack it.

/// The largest block that is stored in one piece.
const BLOCK: usize = 0xffff;

/// `text` as a file of gzip.
pub fn packed(text: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for block in text.chunks(BLOCK) {
        let size = u16::try_from(block.len()).unwrap_or(u16::MAX);
        packed.push(0);
        packed.extend(size.to_le_bytes());
        packed.extend((!size).to_le_bytes());
        packed.extend(block);
    }
    // An empty block that is the last one.
    packed.extend([1, 0, 0, 0xff, 0xff]);
    packed.extend(checksum(text).to_le_bytes());
    // The format keeps the size modulo 2^32.
    packed.extend((text.len() as u32).to_le_bytes());
    packed
}

/// The CRC-32 of `text`.
fn checksum(text: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in text {
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
    use super::checksum;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
