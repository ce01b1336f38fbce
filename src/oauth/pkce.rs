//! Proof that who brings the code is who asked for it: PKCE S256 (RFC 7636) and `state` (RFC 6749 section 10.12).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::redact::Secret;

/// A verifier, which only the token request carries, and its challenge, which the browser carries.
#[derive(Clone, Debug)]
pub struct Pkce {
    /// 43 characters of base64url.
    pub verifier: Secret,
    /// The verifier's SHA-256 in base64url.
    pub challenge: String,
}

impl Pkce {
    /// From 32 bytes of chance.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        let verifier = URL_SAFE_NO_PAD.encode(random);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        Self { verifier: Secret::new(verifier), challenge }
    }
}

/// A `state` from 16 bytes of chance: 22 characters of base64url.
#[must_use]
pub fn state(random: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b() {
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let pkce = Pkce::new(random);
        assert_eq!(pkce.verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(!format!("{pkce:?}").contains("dBjftJeZ"));
    }
}
