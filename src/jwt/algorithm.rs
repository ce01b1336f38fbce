//! The signature algorithms of RFC 7518 section 3.1 (and EdDSA, RFC 8037) that wxflow signs with.

use std::fmt;

use super::JwtError;

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Named as in RFC 7518.
pub enum Algorithm {
    HS256,
    HS384,
    HS512,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

/// What kind of key an algorithm needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Secret,
    Rsa,
    Ec,
    Ed,
}

const ALL: [(&str, Algorithm, jsonwebtoken::Algorithm); 12] = [
    ("HS256", Algorithm::HS256, jsonwebtoken::Algorithm::HS256),
    ("HS384", Algorithm::HS384, jsonwebtoken::Algorithm::HS384),
    ("HS512", Algorithm::HS512, jsonwebtoken::Algorithm::HS512),
    ("RS256", Algorithm::RS256, jsonwebtoken::Algorithm::RS256),
    ("RS384", Algorithm::RS384, jsonwebtoken::Algorithm::RS384),
    ("RS512", Algorithm::RS512, jsonwebtoken::Algorithm::RS512),
    ("PS256", Algorithm::PS256, jsonwebtoken::Algorithm::PS256),
    ("PS384", Algorithm::PS384, jsonwebtoken::Algorithm::PS384),
    ("PS512", Algorithm::PS512, jsonwebtoken::Algorithm::PS512),
    ("ES256", Algorithm::ES256, jsonwebtoken::Algorithm::ES256),
    ("ES384", Algorithm::ES384, jsonwebtoken::Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA, jsonwebtoken::Algorithm::EdDSA),
];

impl Algorithm {
    /// Every name, in the order of RFC 7518.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(name, ..)| *name)
    }

    /// The algorithm called `text`, exactly as it stands in a token's header.
    ///
    /// # Errors
    /// There is none of that name; the error lists them.
    pub fn parse(text: &str) -> Result<Self, JwtError> {
        if let Some((_, algorithm, _)) = ALL.iter().find(|(name, ..)| *name == text) {
            return Ok(*algorithm);
        }
        let help = match Self::names().find(|name| name.eq_ignore_ascii_case(text)) {
            Some(name) => format!("did you mean `{name}`?"),
            None if text.eq_ignore_ascii_case("none") => "unsigned tokens are not made; choose `HS256`".to_owned(),
            None => format!("write one of {}", Self::names().collect::<Vec<_>>().join(", ")),
        };
        Err(JwtError::new(format!("`{text}` is no algorithm for a JSON Web Token")).help(help))
    }

    /// The name as it stands in a token's header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ALL.iter().find(|(_, a, _)| *a == self).map_or("", |(name, ..)| name)
    }

    /// True where the key is a shared secret and not a PEM.
    #[must_use]
    pub fn takes_secret(self) -> bool {
        self.family() == Family::Secret
    }

    pub(super) fn family(self) -> Family {
        use Algorithm as A;
        match self {
            A::HS256 | A::HS384 | A::HS512 => Family::Secret,
            A::RS256 | A::RS384 | A::RS512 | A::PS256 | A::PS384 | A::PS512 => Family::Rsa,
            A::ES256 | A::ES384 => Family::Ec,
            A::EdDSA => Family::Ed,
        }
    }

    /// The key it needs, in words.
    pub(super) fn needs(self) -> &'static str {
        match self {
            Algorithm::ES256 => "an EC key on the curve P-256",
            Algorithm::ES384 => "an EC key on the curve P-384",
            other => match other.family() {
                Family::Secret => "a secret",
                Family::Rsa => "an RSA key of at least 2048 bits",
                Family::Ec => "an EC key",
                Family::Ed => "an Ed25519 key",
            },
        }
    }

    pub(super) fn inner(self) -> jsonwebtoken::Algorithm {
        ALL.iter().find(|(_, a, _)| *a == self).map_or(jsonwebtoken::Algorithm::HS256, |(.., inner)| *inner)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
