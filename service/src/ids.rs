//! Random identifiers and secrets.

use crate::clock;

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A panic is better than predictable secrets.
    getrandom::fill(&mut bytes).expect("the operating system provides random numbers");
    bytes
}

/// Encodes bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a new id of an account or record: a version 7 UUID.
pub fn uuid() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[..6].copy_from_slice(&clock::milliseconds().to_be_bytes()[2..]);
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

/// Returns whether `id` has the format of [`uuid`].
pub fn is_uuid(id: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'7',
        19 => b"89ab".contains(&byte),
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    id.len() == 36 && id.bytes().enumerate().all(fits)
}

/// Returns a new id of a collection: `pbc_` and ten digits.
pub fn collection() -> String {
    let number = u64::from_le_bytes(random()) % 10_000_000_000;
    format!("pbc_{number:010}")
}

/// Returns a new id of a binding: `r` and fourteen hexadecimal digits.
pub fn binding() -> String {
    format!("r{}", hex(&random::<7>()))
}

/// Returns `count` random decimal digits.
pub fn digits(count: usize) -> String {
    let digit = || char::from(b'0' + (u64::from_le_bytes(random()) % 10) as u8);
    std::iter::repeat_with(digit).take(count).collect()
}

/// Returns a new signing key of 256 bits.
pub fn secret() -> String {
    hex(&random::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_format() {
        let id = uuid();
        assert_eq!(id.len(), 36);
        assert!(is_uuid(&id), "{id}");
        for (at, wrong) in [(0, "A"), (8, "0"), (14, "4"), (19, "7"), (35, "g")] {
            let mut id = id.clone();
            id.replace_range(at..=at, wrong);
            assert!(!is_uuid(&id), "{id}");
        }
        assert_eq!(collection().len(), 14);
        assert_eq!(binding().len(), 15);
        assert_ne!(secret(), secret());
    }
}
