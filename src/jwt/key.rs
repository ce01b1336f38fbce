//! Keys for signing and verifying: a shared secret, or a PEM.

use std::fmt;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::{DecodingKey, EncodingKey};

use super::JwtError;
use super::algorithm::{Algorithm, Family};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A key. Private halves sign, public halves and certificates verify, a secret does both.
#[derive(Clone)]
pub struct Key {
    pub(super) signing: Option<EncodingKey>,
    pub(super) verifying: Option<DecodingKey>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    /// A shared secret for HS256, HS384 or HS512, as raw bytes.
    #[must_use]
    pub fn from_secret_bytes(secret: &[u8]) -> Self {
        let signing = Some(EncodingKey::from_secret(secret));
        Self { signing, verifying: Some(DecodingKey::from_secret(secret)) }
    }

    /// A shared secret as base64, in either alphabet, with padding or without.
    ///
    /// # Errors
    /// The text is not base64.
    pub fn from_base64(text: &str) -> Result<Self, JwtError> {
        let alphabet = if text.contains(['-', '_']) { base64::alphabet::URL_SAFE } else { base64::alphabet::STANDARD };
        let bytes = GeneralPurpose::new(&alphabet, LENIENT).decode(text.trim());
        bytes.map(|b| Self::from_secret_bytes(&b)).map_err(|_| JwtError::new("the secret is not base64"))
    }

    /// Reads the PEM of a private key (PKCS#8, for RSA also PKCS#1), a public key or a certificate, and checks that `algorithm` can use it.
    ///
    /// # Errors
    /// The text is no PEM, or holds another kind of key than the algorithm needs; the error says which, and how to convert it.
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, JwtError> {
        let label = label(pem)?;
        if algorithm.takes_secret() {
            let help = format!("give `{algorithm}` a `secret`, or choose RS256, PS256, ES256 or EdDSA for this key");
            return Err(JwtError::new(format!("`{algorithm}` needs a secret, not a PEM")).help(help));
        }
        let private = match label {
            "PRIVATE KEY" | "RSA PRIVATE KEY" => true,
            "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => false,
            other => return Err(unusable(other)),
        };
        let Some(found) = kind(pem.as_bytes(), private) else {
            let message = format!("the PEM says `{label}`, but what it holds cannot be read");
            return Err(JwtError::new(message).help("check that the file was copied whole"));
        };
        let wrong = || {
            let message = format!("the PEM holds {}, but `{algorithm}` needs {}", words(found), algorithm.needs());
            JwtError::new(message).help("give the matching key, or change `algorithm`")
        };
        if found != algorithm.family() {
            return Err(wrong());
        }
        let key = if private {
            Self { signing: encoding(found, pem.as_bytes()), verifying: None }
        } else {
            Self { signing: None, verifying: decoding(found, pem.as_bytes()) }
        };
        // Signing once is how the curve and the size of the key are found out.
        if let Some(signing) = &key.signing {
            jsonwebtoken::crypto::sign(b"", signing, algorithm.inner()).map_err(|_| {
                JwtError::new(format!("`{algorithm}` cannot sign with this key: it needs {}", algorithm.needs()))
                    .help("give the matching key, or change `algorithm`")
            })?;
        }
        Ok(key)
    }
}

/// The text between `-----BEGIN` and the dashes.
fn label(pem: &str) -> Result<&str, JwtError> {
    let label = pem.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----")).map(|(label, _)| label);
    let Some(label) = label else {
        let message = "the key is not a PEM: it has no line `-----BEGIN …-----`";
        return Err(JwtError::new(message).help("give the file's whole text, with its first and last line"));
    };
    if !pem.contains(&format!("-----END {label}-----")) {
        return Err(JwtError::new(format!("the PEM is cut off: it has no line `-----END {label}-----`"))
            .help("give the file's whole text; in YAML write it as a block (`pem: |`)"));
    }
    Ok(label)
}

fn unusable(label: &str) -> JwtError {
    let help = match label {
        "EC PRIVATE KEY" => "convert it: `openssl pkcs8 -topk8 -nodes -in key.pem -out key-pkcs8.pem`",
        "ENCRYPTED PRIVATE KEY" => "take the password off: `openssl pkcs8 -in key.pem -out key-plain.pem`",
        "OPENSSH PRIVATE KEY" => "make a PEM of it: `ssh-keygen -p -m PKCS8 -f key`",
        "CERTIFICATE REQUEST" => "give the private key that belongs to it",
        _ => "give a PEM that begins with `-----BEGIN PRIVATE KEY-----`",
    };
    let what = match label {
        "EC PRIVATE KEY" => " (SEC1)",
        _ => "",
    };
    JwtError::new(format!("a PEM of the kind `{label}`{what} cannot be used")).help(help)
}

fn encoding(family: Family, pem: &[u8]) -> Option<EncodingKey> {
    match family {
        Family::Secret => None,
        Family::Rsa => EncodingKey::from_rsa_pem(pem).ok(),
        Family::Ec => EncodingKey::from_ec_pem(pem).ok(),
        Family::Ed => EncodingKey::from_ed_pem(pem).ok(),
    }
}

fn decoding(family: Family, pem: &[u8]) -> Option<DecodingKey> {
    match family {
        Family::Secret => None,
        Family::Rsa => DecodingKey::from_rsa_pem(pem).ok(),
        Family::Ec => DecodingKey::from_ec_pem(pem).ok(),
        Family::Ed => DecodingKey::from_ed_pem(pem).ok(),
    }
}

fn kind(pem: &[u8], private: bool) -> Option<Family> {
    let fits = |family| if private { encoding(family, pem).is_some() } else { decoding(family, pem).is_some() };
    [Family::Rsa, Family::Ec, Family::Ed].into_iter().find(|family| fits(*family))
}

fn words(family: Family) -> &'static str {
    match family {
        Family::Secret => "a secret",
        Family::Rsa => "an RSA key",
        Family::Ec => "an EC key",
        Family::Ed => "an Ed25519 key",
    }
}
