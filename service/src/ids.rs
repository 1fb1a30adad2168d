//! Random identifiers and secrets.

use crate::clock;

/// Random bytes from the operating system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A machine without random numbers must not go on to make guessable secrets.
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new identifier of an account or record: a UUID of version 7.
pub fn uuid() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[..6].copy_from_slice(&clock::milliseconds().to_be_bytes()[2..]);
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ]
    .join("-")
}

/// A new identifier of a collection: `pbc_` and ten digits.
pub fn collection() -> String {
    let number = u64::from_le_bytes(random()) % 10_000_000_000;
    format!("pbc_{number:010}")
}

/// A new identifier of a binding: `r` and fourteen hexadecimal digits.
pub fn binding() -> String {
    format!("r{}", hex(&random::<7>()))
}

/// A new code of so many decimal digits.
pub fn digits(count: usize) -> String {
    let digit = || char::from(b'0' + (u64::from_le_bytes(random()) % 10) as u8);
    std::iter::repeat_with(digit).take(count).collect()
}

/// A new key for signing: 256 random bits.
pub fn secret() -> String {
    hex(&random::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_their_shapes() {
        let id = uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "7");
        assert!("89ab".contains(&id[19..20]));
        assert_eq!(collection().len(), 14);
        assert_eq!(binding().len(), 15);
        assert_ne!(secret(), secret());
    }
}
