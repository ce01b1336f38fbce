//! What a guest token says, and what speaks against it.

use jiff::Timestamp;

use super::{GuestError, lifetime, moment};
use crate::jwt::{self, Algorithm, Decoded, Key};
use crate::value::Value;

/// What is known of a token's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// There was no secret to check it with.
    Unchecked,
    /// It was made with the secret.
    Valid,
    /// It was not.
    Wrong,
}

/// A guest token, read.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Its parts.
    pub token: Decoded,
    /// What is known of its signature.
    pub signature: Signature,
    /// When it ends; `None` where `exp` is missing or no time.
    pub expires: Option<Timestamp>,
    /// Why Webex would refuse it, in sentences without a final period; empty where nothing speaks against it.
    pub problems: Vec<String>,
}

/// Reads a guest token, and checks its algorithm, its signature where there is a `secret`, and its times against `now`.
///
/// # Errors
/// It is no JSON Web Token.
pub fn inspect(token: &str, secret: Option<&Key>, now: Timestamp) -> Result<Inspection, GuestError> {
    let decoded = jwt::decode(token)?;
    let mut problems = Vec::new();
    let signature = signature(token, &decoded, secret, &mut problems);
    let mut time = |name: &str| match jwt::seconds(&decoded.claims, name) {
        Ok(seconds) => seconds.and_then(timestamp),
        Err(error) => {
            problems.push(error.message);
            None
        }
    };
    let (expires, begins) = (time("exp"), time("nbf"));
    if let Some(expires) = expires.filter(|e| *e <= now) {
        let ago = lifetime(expires.duration_until(now).unsigned_abs().as_secs());
        problems.push(format!("the token expired {ago} ago, at {}", moment(expires)));
    }
    if let Some(begins) = begins.filter(|b| *b > now) {
        let wait = lifetime(now.duration_until(begins).unsigned_abs().as_secs());
        problems.push(format!("the token is not valid for another {wait}, until {}", moment(begins)));
    }
    Ok(Inspection { token: decoded, signature, expires, problems })
}

fn signature(token: &str, decoded: &Decoded, secret: Option<&Key>, problems: &mut Vec<String>) -> Signature {
    let algorithm = decoded.header.get("alg");
    if algorithm.and_then(Value::as_str) != Some("HS256") {
        let found = algorithm.map_or_else(|| "nothing".to_owned(), Value::to_string);
        problems.push(format!("the header says `alg` is {found}, and guest tokens are signed with \"HS256\""));
        return if secret.is_some() { Signature::Wrong } else { Signature::Unchecked };
    }
    match secret.map(|key| jwt::verify_signature(token, Algorithm::HS256, key)) {
        None => Signature::Unchecked,
        Some(Ok(_)) => Signature::Valid,
        Some(Err(error)) => {
            problems.push(error.message);
            Signature::Wrong
        }
    }
}

/// The farthest time there is where it lies beyond: a token that ended before all time has ended.
fn timestamp(seconds: f64) -> Option<Timestamp> {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second((seconds as i64).clamp(first, last)).ok()
}
