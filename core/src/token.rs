//! Generation of custom tokens: [`generate_token`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::secret::Secret;

/// The random bytes of a token.
const RANDOM: usize = 32;
/// The length of a token: four characters for three bytes, without padding.
const LENGTH: usize = (RANDOM * 4).div_ceil(3);

/// Generates a custom token: 256 random bits from the operating system, as 43 characters of `[A-Za-z0-9_-]`.
///
/// ```
/// let token = bosauth::generate_token()?;
/// assert_eq!(token.expose().len(), 43);
/// # Ok::<(), bosauth::Error>(())
/// ```
///
/// # Errors
/// `Internal` if the operating system provides no random numbers.
pub fn generate_token() -> Result<Secret, Error> {
    let mut random = Zeroizing::new([0; RANDOM]);
    getrandom::getrandom(random.as_mut_slice())
        .map_err(|_| Error::internal("the operating system provides no random numbers"))?;
    Ok(encode(&random))
}

/// Encodes the bytes in base64url.
fn encode(random: &[u8; RANDOM]) -> Secret {
    let mut token = Zeroizing::new([0; LENGTH]);
    // The buffer has the exact length, and base64 is ASCII.
    let written = URL_SAFE_NO_PAD.encode_slice(random, token.as_mut_slice());
    debug_assert_eq!(written, Ok(LENGTH));
    Secret::new(std::str::from_utf8(token.as_slice()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn token_is_base64url_of_its_bytes() {
        let bytes: [u8; RANDOM] = std::array::from_fn(|at| 248 + (at % 8) as u8);
        let token = encode(&bytes);
        assert_eq!(
            token.expose(),
            "-Pn6-_z9_v_4-fr7_P3-__j5-vv8_f7_-Pn6-_z9_v8"
        );
        let decoded = URL_SAFE_NO_PAD.decode(token.expose()).unwrap();
        assert_eq!(decoded, bytes);
    }

    #[test]
    fn every_bit_of_a_token_is_random() {
        let tokens: Vec<Vec<u8>> = (0..1000)
            .map(|_| {
                URL_SAFE_NO_PAD
                    .decode(generate_token().unwrap().expose())
                    .unwrap()
            })
            .collect();
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), tokens.len());
        for bit in 0..RANDOM * 8 {
            let ones = tokens
                .iter()
                .filter(|token| token[bit / 8] >> (bit % 8) & 1 == 1)
                .count();
            // 500 on average, with a standard deviation of 16.
            assert!((350..650).contains(&ones), "bit {bit}: {ones}");
        }
    }
}
