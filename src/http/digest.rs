//! Digest access authentication (RFC 7616): a server's challenges, and the answer to one.
//!
//! Pure: the client's nonce is handed in. Also what RFC 2069 servers ask for, who name no `qop`.

mod challenge;

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Digest as _;

pub use challenge::{Challenge, Unanswerable, strongest};

/// The `attr-char` of RFC 8187 section 3.2.1, other way round.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A hash that a challenge may name, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hash {
    /// MD5, the default.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512/256.
    Sha512Trunc256,
}

impl Hash {
    /// The hash in lower-case hex.
    #[must_use]
    pub fn hex(self, data: &[u8]) -> String {
        let digest = match self {
            Self::Md5 => md5::Md5::digest(data).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(data).to_vec(),
            Self::Sha512Trunc256 => sha2::Sha512_256::digest(data).to_vec(),
        };
        digest.iter().fold(String::with_capacity(digest.len() * 2), |mut hex, byte| {
            _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// As `algorithm` calls it; `session` is the `-sess` variant.
    #[must_use]
    pub fn name(self, session: bool) -> &'static str {
        match (self, session) {
            (Self::Md5, false) => "MD5",
            (Self::Md5, true) => "MD5-sess",
            (Self::Sha256, false) => "SHA-256",
            (Self::Sha256, true) => "SHA-256-sess",
            (Self::Sha512Trunc256, false) => "SHA-512-256",
            (Self::Sha512Trunc256, true) => "SHA-512-256-sess",
        }
    }

    /// The hash of an `algorithm`, and whether it is the `-sess` variant. Letter case does not matter.
    #[must_use]
    pub fn of(algorithm: &str) -> Option<(Self, bool)> {
        let all = [Self::Md5, Self::Sha256, Self::Sha512Trunc256];
        let pairs = all.into_iter().flat_map(|hash| [(hash, false), (hash, true)]);
        pairs.into_iter().find(|(hash, session)| hash.name(*session).eq_ignore_ascii_case(algorithm))
    }
}

/// Whom an answer speaks for, and for what.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// The request target: path and query, as sent.
    pub uri: &'a str,
    /// The body, as sent; only hashed for `auth-int`.
    pub body: &'a [u8],
    /// The client's nonce: hex digits.
    pub cnonce: &'a str,
    /// How many requests have used the server's nonce, this one counted.
    pub count: u32,
}

impl Challenge {
    /// The proof that `question` knows the password: RFC 7616 section 3.4.1.
    #[must_use]
    pub fn response(&self, question: &Question<'_>) -> String {
        let Question { username, password, method, uri, body, cnonce, count } = *question;
        let hash = |text: &str| self.hash.hex(text.as_bytes());
        let mut a1 = hash(&format!("{username}:{}:{password}", self.realm));
        if self.session {
            a1 = hash(&format!("{a1}:{}:{cnonce}", self.nonce));
        }
        let a2 = match self.qop {
            Some("auth-int") => hash(&format!("{method}:{uri}:{}", self.hash.hex(body))),
            _ => hash(&format!("{method}:{uri}")),
        };
        match self.qop {
            Some(qop) => hash(&format!("{a1}:{}:{count:08x}:{cnonce}:{qop}:{a2}", self.nonce)),
            None => hash(&format!("{a1}:{}:{a2}", self.nonce)),
        }
    }

    /// The value of the `Authorization` header that answers this challenge.
    #[must_use]
    pub fn answer(&self, question: &Question<'_>) -> String {
        let mut line = format!("Digest {}", self.username(question.username));
        for (name, value) in [("realm", &*self.realm), ("nonce", &self.nonce), ("uri", question.uri)] {
            _ = write!(line, ", {name}=\"{}\"", quoted(value));
        }
        _ = write!(line, ", response=\"{}\"", self.response(question));
        // Sent only where the server named one: old servers do not know the word.
        if self.names_algorithm {
            _ = write!(line, ", algorithm={}", self.hash.name(self.session));
        }
        if let Some(qop) = self.qop {
            _ = write!(line, ", qop={qop}, nc={:08x}, cnonce=\"{}\"", question.count, question.cnonce);
        }
        if let Some(opaque) = &self.opaque {
            _ = write!(line, ", opaque=\"{}\"", quoted(opaque));
        }
        if self.userhash {
            line.push_str(", userhash=true");
        }
        line
    }

    fn username(&self, name: &str) -> String {
        if self.userhash {
            return format!("username=\"{}\"", self.hash.hex(format!("{name}:{}", self.realm).as_bytes()));
        }
        if name.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return format!("username=\"{}\"", quoted(name));
        }
        format!("username*=UTF-8''{}", utf8_percent_encode(name, EXTENDED))
    }
}

/// A `quoted-string` without its quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderMap;

    fn challenge(line: &str) -> Challenge {
        let mut headers = HeaderMap::new();
        headers.insert("www-authenticate", line.parse().unwrap());
        strongest(&headers).unwrap().unwrap()
    }

    fn parameter<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
        let rest = answer.split_once(&format!("{name}="))?.1;
        Some(rest.split(',').next()?.trim_matches('"'))
    }

    /// RFC 7616 section 3.9.1.
    #[test]
    fn the_examples_of_the_rfc() {
        let mufasa = Question {
            username: "Mufasa",
            password: "Circle of Life",
            method: "GET",
            uri: "/dir/index.html",
            body: b"",
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            count: 1,
        };
        let rest = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
                    nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let answer = challenge(&format!("Digest {rest}, algorithm={algorithm}")).answer(&mufasa);
            assert_eq!(parameter(&answer, "response"), Some(response), "{algorithm}");
            assert_eq!(parameter(&answer, "nc"), Some("00000001"));
            assert!(answer.contains(&format!("algorithm={algorithm}, qop=auth,")), "{answer}");
        }
    }

    /// RFC 7616 section 3.9.2: SHA-512-256, charset and userhash. Its printed hashes are wrong (errata 4897): the name's
    /// is the corrected one, the response is what Python's hashlib gives.
    #[test]
    fn a_hashed_name_that_is_not_ascii() {
        let line = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
                    nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
                    opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true";
        let challenge = challenge(line);
        let question = Question {
            username: "J\u{e4}s\u{f8}n Doe",
            password: "Secret, or not?",
            method: "GET",
            uri: "/doe.json",
            body: b"",
            cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
            count: 1,
        };
        let answer = challenge.answer(&question);
        assert_eq!(
            parameter(&answer, "username"),
            Some("793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b")
        );
        assert_eq!(
            parameter(&answer, "response"),
            Some("7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c")
        );
        assert!(answer.ends_with("userhash=true"));
    }

    /// RFC 2617 section 3.5's numbers without `qop` (RFC 2069).
    #[test]
    fn old_servers_name_no_qop() {
        let challenge = challenge("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"");
        let question = Question {
            username: "Mufasa",
            password: "Circle Of Life",
            method: "GET",
            uri: "/dir/index.html",
            body: b"",
            cnonce: "",
            count: 1,
        };
        let answer = challenge.answer(&question);
        assert_eq!(parameter(&answer, "response"), Some("670fd8c2df070c60b045671b8b24ff02"));
        assert!(!answer.contains("qop") && !answer.contains("algorithm"), "{answer}");
    }

    #[test]
    fn sessions_and_bodies_change_the_proof() {
        let question = Question {
            username: "u\"x",
            password: "p",
            method: "POST",
            uri: "/a?b=1",
            body: b"body",
            cnonce: "c",
            count: 2,
        };
        let md5 = |text: &str| Hash::Md5.hex(text.as_bytes());
        let session = challenge("Digest realm=\"r\", nonce=\"n\", qop=auth-int, algorithm=MD5-SESS");
        let a1 = md5(&format!("{}:n:c", md5("u\"x:r:p")));
        let a2 = md5(&format!("POST:/a?b=1:{}", md5("body")));
        assert_eq!(session.response(&question), md5(&format!("{a1}:n:00000002:c:auth-int:{a2}")));
        let answer = session.answer(&question);
        assert!(answer.starts_with("Digest username=\"u\\\"x\", realm=\"r\""), "{answer}");
        let foreign = session.answer(&Question { username: "Jäson", ..question });
        assert!(foreign.starts_with("Digest username*=UTF-8''J%C3%A4son, realm"), "{foreign}");
    }
}
