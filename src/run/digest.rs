//! Digest authentication of one step: the first request goes out without credentials, the server's challenge is
//! answered, and later requests of the step use the same challenge again.

use std::cell::RefCell;

use super::Stop;
use crate::http::digest::{Challenge, Question, strongest};
use crate::http::{HeaderValue, Request, Response};
use crate::redact::Redactor;

/// Who we are, and what the server asked last. No `Debug`: it holds the password.
#[derive(Clone)]
pub(super) struct Digest {
    username: String,
    password: String,
    cnonce: String,
    /// The challenge, and how many requests have answered it.
    session: RefCell<Option<(Challenge, u32)>>,
}

impl Digest {
    pub(super) fn new(username: String, password: String, random: u128) -> Self {
        Self { username, password, cnonce: format!("{random:032x}"), session: RefCell::new(None) }
    }

    /// The password: it never leaves, and yet the request is made from it.
    pub(super) fn password(&self) -> &[u8] {
        self.password.as_bytes()
    }

    /// Answers the server's challenge in `request`, where there was one. `body` is what will be sent.
    pub(super) fn sign(&self, request: &mut Request, body: &[u8], redactor: &Redactor) {
        let mut session = self.session.borrow_mut();
        let Some((challenge, count)) = session.as_mut() else { return };
        *count += 1;
        let uri = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let question = Question {
            username: &self.username,
            password: &self.password,
            method: request.method.as_str(),
            uri,
            body,
            cnonce: &self.cnonce,
            count: *count,
        };
        let answer = challenge.answer(&question);
        // With it a weak password could be guessed by whoever reads a report.
        redactor.learn("digest response", &challenge.response(&question), None);
        if let Ok(mut value) = HeaderValue::from_str(&answer) {
            value.set_sensitive(true);
            request.headers.insert(http::header::AUTHORIZATION, value);
        }
    }

    /// Takes the challenge of a 401. False where the reply stands: nothing was asked, or the answer was wrong.
    ///
    /// # Errors
    /// It asks for what we do not have.
    pub(super) fn challenged(&self, reply: &Response) -> Result<bool, Stop> {
        if reply.status != 401 {
            return Ok(false);
        }
        let mut session = self.session.borrow_mut();
        let found = strongest(&reply.headers).map_err(|error| {
            Stop::problem(error.to_string(), Some("the server must offer one of these, or another kind of `auth`"))
        })?;
        let Some(found) = found else { return Ok(false) };
        let again = match session.as_ref() {
            None => true,
            // A fresh nonce that is stale at once is worth one more try, not an endless one.
            Some((last, 1)) => found.stale && !last.stale,
            Some(_) => true,
        };
        *session = Some((found, 0));
        Ok(again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Bytes, HeaderMap, Method, Url};

    fn reply(status: u16, challenge: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("www-authenticate", challenge.parse().unwrap());
        Response::new(status, headers, Bytes::new())
    }

    #[test]
    fn answers_are_counted_and_a_wrong_one_is_final() {
        let digest = Digest::new("u".to_owned(), "p".to_owned(), 1);
        let mut request = Request::new(Method::GET, Url::parse("http://a.example/x?y=1#z").unwrap());
        let mut sign = || {
            digest.sign(&mut request, b"", &Redactor::new());
            request.headers.get("authorization").map(|v| v.to_str().unwrap().to_owned())
        };
        assert_eq!(sign(), None);
        assert!(digest.challenged(&reply(401, "Digest realm=r, nonce=1, qop=auth")).unwrap());
        let first = sign().unwrap();
        assert!(first.contains("uri=\"/x?y=1\"") && first.contains("nc=00000001"), "{first}");
        assert!(!digest.challenged(&reply(401, "Digest realm=r, nonce=2, qop=auth")).unwrap());
        sign();
        assert!(sign().unwrap().contains("nc=00000002"));
        assert!(digest.challenged(&reply(401, "Digest realm=r, nonce=3, qop=auth")).unwrap(), "an old nonce has gone");
        sign();
        assert!(digest.challenged(&reply(401, "Digest realm=r, nonce=4, stale=true")).unwrap());
        sign();
        assert!(!digest.challenged(&reply(401, "Digest realm=r, nonce=5, stale=true")).unwrap());
        assert!(!digest.challenged(&reply(401, "Basic realm=r")).unwrap());
        assert!(!digest.challenged(&reply(200, "Digest nonce=6")).unwrap());
        assert!(digest.challenged(&reply(401, "Digest nonce=6, algorithm=SHA-1")).is_err());
    }
}
