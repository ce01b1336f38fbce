//! `WWW-Authenticate` (RFC 9110 section 11.6.1): schemes and parameters in one comma-separated list, over any lines.

use std::fmt;

use super::Hash;
use crate::http::HeaderMap;

/// A server's Digest challenge that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// What the user name and the password are for.
    pub realm: String,
    /// The server's nonce.
    pub nonce: String,
    /// To be sent back as it is.
    pub opaque: Option<String>,
    /// True where only the nonce of the last answer was too old: name and password may be right.
    pub stale: bool,
    pub(super) hash: Hash,
    pub(super) session: bool,
    pub(super) names_algorithm: bool,
    /// `auth` where it is offered, else `auth-int`; `None` where the server names none.
    pub(super) qop: Option<&'static str>,
    pub(super) userhash: bool,
}

/// The reply has Digest challenges, and none that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswerable {
    /// What the last of them asks for that we do not know.
    pub reason: String,
}

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's Digest challenge cannot be answered: {}", self.reason)
    }
}

impl std::error::Error for Unanswerable {}

/// The Digest challenge with the strongest hash, of equal ones the server's first; `None` where there is none.
///
/// # Errors
/// There are Digest challenges, but each wants what we do not have.
pub fn strongest(headers: &HeaderMap) -> Result<Option<Challenge>, Unanswerable> {
    let lines = headers.get_all(::http::header::WWW_AUTHENTICATE);
    let mut best: Option<Challenge> = None;
    let mut refused = None;
    for line in lines {
        let line = String::from_utf8_lossy(line.as_bytes());
        for (_, parameters) in schemes(&line).into_iter().filter(|(scheme, _)| scheme.eq_ignore_ascii_case("digest")) {
            match Challenge::of(&parameters) {
                Ok(found) if best.as_ref().is_none_or(|best| found.hash > best.hash) => best = Some(found),
                Ok(_) => {}
                Err(reason) => refused = Some(Unanswerable { reason }),
            }
        }
    }
    match (best, refused) {
        (Some(best), _) => Ok(Some(best)),
        (None, Some(refused)) => Err(refused),
        (None, None) => Ok(None),
    }
}

type Parameters = Vec<(String, String)>;

impl Challenge {
    fn of(parameters: &Parameters) -> Result<Self, String> {
        let get = |name: &str| parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        let is_true = |name: &str| get(name).is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let algorithm = get("algorithm");
        let (hash, session) = Hash::of(algorithm.unwrap_or("MD5")).ok_or_else(|| {
            format!("it wants the algorithm `{}`; MD5, SHA-256 and SHA-512-256 are known", algorithm.unwrap_or(""))
        })?;
        let qop = match get("qop") {
            None => None,
            Some(offered) => {
                let offers = |word: &str| offered.split(',').any(|o| o.trim().eq_ignore_ascii_case(word));
                let known = ["auth", "auth-int"].into_iter().find(|word| offers(word));
                Some(known.ok_or_else(|| format!("it wants the protection `{offered}`; auth and auth-int are known"))?)
            }
        };
        Ok(Self {
            realm: get("realm").unwrap_or("").to_owned(),
            nonce: get("nonce").ok_or("it has no nonce")?.to_owned(),
            opaque: get("opaque").map(str::to_owned),
            stale: is_true("stale"),
            hash,
            session,
            names_algorithm: algorithm.is_some(),
            qop,
            userhash: is_true("userhash"),
        })
    }
}

/// Schemes with their parameters. An element that has a word before its first `=` begins a scheme.
fn schemes(line: &str) -> Vec<(String, Parameters)> {
    let mut schemes: Vec<(String, Parameters)> = Vec::new();
    for element in elements(line) {
        let (before, _) = element.split_once('=').unwrap_or((element, ""));
        let before = before.trim_end();
        let rest = match before.split_once(char::is_whitespace) {
            Some((scheme, _)) => {
                schemes.push((scheme.to_owned(), Vec::new()));
                element.get(scheme.len()..).unwrap_or("").trim_start()
            }
            None if !element.contains('=') => {
                schemes.push((element.to_owned(), Vec::new()));
                continue;
            }
            None => element,
        };
        if let (Some((name, value)), Some((_, parameters))) = (rest.split_once('='), schemes.last_mut()) {
            parameters.push((name.trim().to_owned(), unquoted(value.trim())));
        }
    }
    schemes
}

/// The parts between commas that stand in no quotes.
fn elements(line: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = line.split(move |c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' => return !quoted,
            _ => {}
        }
        false
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Result<Option<Challenge>, Unanswerable> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("www-authenticate", line.parse().unwrap());
        }
        strongest(&headers)
    }

    #[test]
    fn the_strongest_of_several_wins_wherever_it_stands() {
        let line = "Basic realm=\"a, Digest nonce=\\\"x\\\"\", Digest realm=\"a, b\\\"c\", nonce=\"1\", qop=\"auth,auth-int\", \
                    Digest realm=\"d\", nonce=2, algorithm=sha-256, stale=TRUE, Negotiate";
        let found = of(&[line]).unwrap().unwrap();
        assert_eq!((found.realm.as_str(), found.nonce.as_str(), found.hash), ("d", "2", Hash::Sha256));
        assert!(found.stale && found.qop.is_none());
        let found = of(&["Negotiate abc==", "Digest nonce=1 , algorithm = MD5", line]).unwrap().unwrap();
        assert_eq!(found.nonce, "2");
        let weak = of(&[line.split(", Digest realm=\"d\"").next().unwrap()]).unwrap().unwrap();
        assert_eq!((weak.realm.as_str(), weak.qop, weak.hash), ("a, b\"c", Some("auth"), Hash::Md5));
    }

    #[test]
    fn none_and_none_that_can_be_answered_are_two_things() {
        assert_eq!(of(&["Basic realm=\"x\"", "Bearer"]), Ok(None));
        assert_eq!(of(&[]), Ok(None));
        let reason = |line| of(&[line]).unwrap_err().reason;
        assert!(reason("Digest nonce=1, algorithm=SHA-1").contains("`SHA-1`"));
        assert!(reason("Digest nonce=1, qop=auth-conf").contains("`auth-conf`"));
        assert_eq!(reason("Digest realm=\"x\""), "it has no nonce");
        assert!(of(&["Digest nonce=1, algorithm=SHA-1, Digest nonce=2"]).unwrap().is_some());
    }

    #[test]
    fn garbage_is_no_challenge() {
        for line in ["=", ",,,", "\"", "Digest", "a b c", "=x, Digest =y", "Digest nonce=\"\\"] {
            let _ = of(&[line]);
        }
    }
}
