//! The bytes of a shared secret from how it is written.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Decodes base64 in either alphabet, padded or not, spaces and line breaks around it ignored.
///
/// # Errors
/// A message that does not repeat the text (it is a secret), and a help.
pub fn secret_from_base64(text: &str) -> Result<Vec<u8>, (String, String)> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard: String = text
        .trim()
        .chars()
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    let decoded = GeneralPurpose::new(&alphabet::STANDARD, config).decode(standard);
    match decoded {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) => Err(("the secret is empty".to_owned(), "hand it in".to_owned())),
        Err(_) => Err((
            "the secret is not base64".to_owned(),
            "check that it was copied whole; a secret that is not encoded goes into `text`".to_owned(),
        )),
    }
}

/// Decodes hex digits of either case.
///
/// # Errors
/// A message that does not repeat the text (it is a secret), and a help.
pub fn secret_from_hex(text: &str) -> Result<Vec<u8>, (String, String)> {
    let digits: Option<Vec<u8>> =
        text.trim().chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    match digits {
        Some(digits) if !digits.is_empty() && digits.len() % 2 == 0 => {
            Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
        }
        Some(digits) if digits.len() % 2 == 1 => Err((
            "the secret has an odd number of hex digits".to_owned(),
            "two digits are one byte: check that it was copied whole".to_owned(),
        )),
        _ => Err((
            "the secret is not hex".to_owned(),
            "hex is the digits 0 to 9 and a to f; a secret that is not encoded goes into `text`".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_in_every_spelling() {
        for text in ["+/8=", "-_8=", "-_8", " +/8\n"] {
            assert_eq!(secret_from_base64(text), Ok(vec![0xfb, 0xff]), "{text}");
        }
        assert!(secret_from_base64("a b!").is_err());
        assert!(secret_from_base64("").is_err());
    }

    #[test]
    fn hex_pairs() {
        assert_eq!(secret_from_hex("00fFa1"), Ok(vec![0, 255, 0xa1]));
        for bad in ["0", "zz", "", "abc"] {
            assert!(secret_from_hex(bad).is_err(), "{bad}");
        }
    }
}
