//! JSON Web Tokens (RFC 7519): sign, decode, verify.
//!
//! Header and claims are signed in the order they are given: Webex's samples, and people who compare tokens, rely on it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::value::{Map, Value, type_name};

mod algorithm;
mod key;

pub use algorithm::Algorithm;
pub use key::Key;

/// Why a token could not be made, read or trusted. It never holds key material or the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtError {
    /// What happened, in words, without a final period.
    pub message: String,
    /// What to do next, where there is something to do.
    pub help: Option<String>,
}

impl JwtError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for JwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JwtError {}

/// A token's parts, read but not trusted.
#[derive(Clone, PartialEq)]
pub struct Decoded {
    /// The header, in the order of the token.
    pub header: Map<String, Value>,
    /// The claims, in the order of the token.
    pub claims: Map<String, Value>,
    /// The signature as it stands in the token: base64url.
    pub signature: String,
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Signs `claims`. The header is `alg`, `typ`, then `header`, whose own `typ` wins and whose `alg` must agree.
///
/// # Errors
/// The key cannot sign with `algorithm`, or `header` names another one.
pub fn sign(
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    algorithm: Algorithm,
    key: &Key,
) -> Result<String, JwtError> {
    let Some(signing) = &key.signing else {
        return Err(JwtError::new("a public key or a certificate cannot sign").help("give the private key"));
    };
    sign_with(header, claims, algorithm, |message| {
        jsonwebtoken::crypto::sign(message.as_bytes(), signing, algorithm.inner()).map_err(|_| {
            JwtError::new(format!("`{algorithm}` cannot sign with this key: it needs {}", algorithm.needs()))
        })
    })
}

/// As [`sign`], with a signature that the caller makes of the first two parts.
///
/// # Errors
/// The caller's, or `header.alg` names another algorithm.
pub fn sign_with(
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    algorithm: Algorithm,
    signature: impl FnOnce(&str) -> Result<String, JwtError>,
) -> Result<String, JwtError> {
    let mut full = Map::new();
    full.insert("alg".to_owned(), algorithm.as_str().into());
    full.insert("typ".to_owned(), "JWT".into());
    for (name, value) in header {
        if name == "alg" && value.as_str() != Some(algorithm.as_str()) {
            return Err(JwtError::new(format!("`header.alg` is {value}, but `algorithm` is `{algorithm}`"))
                .help("leave `alg` out of `header`: it is written for you"));
        }
        full.insert(name.clone(), value.clone());
    }
    let encode = |map: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map).to_string());
    let message = format!("{}.{}", encode(full), encode(claims.clone()));
    let signature = signature(&message)?;
    Ok(format!("{message}.{signature}"))
}

/// Reads a token without verifying anything.
///
/// # Errors
/// The text is not three parts of base64url, of which the first two hold JSON objects.
pub fn decode(token: &str) -> Result<Decoded, JwtError> {
    let token = token.trim();
    if token.contains(char::is_whitespace) {
        let error = JwtError::new("not a JSON Web Token: it has white space in it");
        return Err(error.help("give the token alone, on one line and without `Bearer` before it"));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        let help = match parts.len() {
            5 => "five parts are an encrypted token (JWE), which is not supported",
            1 if token.is_empty() => "the text is empty",
            _ => "a token looks like `eyJ….eyJ….signature`, without `Bearer` before it",
        };
        let count = parts.len();
        let s = if count == 1 { "" } else { "s" };
        return Err(JwtError::new(format!("not a JSON Web Token: it has {count} part{s} where 3 are due")).help(help));
    };
    if URL_SAFE_NO_PAD.decode(signature).is_err() {
        return Err(JwtError::new("not a JSON Web Token: the signature is not base64url"));
    }
    Ok(Decoded {
        header: object("header", header)?,
        claims: object("claims", claims)?,
        signature: (*signature).to_owned(),
    })
}

fn object(name: &str, part: &str) -> Result<Map<String, Value>, JwtError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwtError::new(format!("not a JSON Web Token: the {name} part is not base64url")))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => {
            let found = type_name(&other);
            Err(JwtError::new(format!(
                "not a JSON Web Token: the {name} part holds JSON, but a {found}, not an object"
            )))
        }
        Err(_) => Err(JwtError::new(format!("not a JSON Web Token: the {name} part does not hold JSON"))),
    }
}

/// Reads a token and checks its signature, then `exp` and `nbf` against `now` (Unix seconds), both where present.
/// Numbers given as text are accepted there: Webex's own libraries send `exp` so.
///
/// # Errors
/// It is not a token, names another algorithm, was signed with another key, has expired or is not valid yet.
pub fn verify(token: &str, algorithm: Algorithm, key: &Key, now: i64) -> Result<Decoded, JwtError> {
    let decoded = verify_signature(token, algorithm, key)?;
    if let Some(exp) = seconds(&decoded.claims, "exp")?
        && now as f64 >= exp
    {
        return Err(JwtError::new(format!("the token expired {} seconds ago (`exp`)", now as f64 - exp)));
    }
    if let Some(nbf) = seconds(&decoded.claims, "nbf")?
        && (now as f64) < nbf
    {
        return Err(JwtError::new(format!("the token is not valid for another {} seconds (`nbf`)", nbf - now as f64)));
    }
    Ok(decoded)
}

/// Reads a token and checks its signature and no time.
///
/// # Errors
/// It is not a token, names another algorithm, or was signed with another key.
pub fn verify_signature(token: &str, algorithm: Algorithm, key: &Key) -> Result<Decoded, JwtError> {
    let token = token.trim();
    let decoded = decode(token)?;
    // Whoever made the token does not choose how it is checked.
    if decoded.header.get("alg").and_then(Value::as_str) != Some(algorithm.as_str()) {
        let found = decoded.header.get("alg").map_or_else(|| "nothing".to_owned(), Value::to_string);
        return Err(JwtError::new(format!("the token's header says `alg` is {found}, not \"{algorithm}\"")));
    }
    let Some(verifying) = &key.verifying else {
        return Err(JwtError::new("a private key cannot verify").help("give the public key or the certificate"));
    };
    let (message, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let valid = jsonwebtoken::crypto::verify(signature, message.as_bytes(), verifying, algorithm.inner());
    if !matches!(valid, Ok(true)) {
        let message = "the signature does not match: the token was signed with another key, or changed";
        return Err(JwtError::new(message));
    }
    Ok(decoded)
}

/// A time of the claims (`exp`, `nbf`, `iat`) in Unix seconds, as a number or as text; `None` where it is not there.
///
/// # Errors
/// It is neither.
pub fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, JwtError> {
    let found = match claims.get(name) {
        None => return Ok(None),
        Some(Value::Number(n)) => n.as_f64(),
        Some(Value::String(s)) => s.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        Some(_) => None,
    };
    match found {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(JwtError::new(format!("the claim `{name}` is not a number of seconds"))),
    }
}

#[cfg(test)]
mod tests;
