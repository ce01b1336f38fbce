//! What a 3xx reply asks for next, and what must not go along to another origin.

use std::fmt;

use ::http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, HOST,
    LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};

use super::{Bytes, HeaderName, Method, Origin, Request, Response};

/// The request that a redirect asks for.
#[derive(Clone, Debug)]
pub struct Hop {
    /// Ready to be sent, but for [`without_credentials`] where the origin changes.
    pub request: Request,
    /// Scheme, host or port are not those of the request before.
    pub cross_origin: bool,
}

/// A redirect that is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectError {
    /// `Location` is no URL.
    Location {
        /// What it says.
        location: String,
        /// Why it is none.
        reason: String,
    },
    /// `Location` leads out of HTTP.
    Scheme {
        /// What it says.
        location: String,
    },
    /// A 307 or 308 would take a body with a secret to another origin.
    BodyHoldsSecret {
        /// The host it leads to.
        host: String,
    },
    /// `Location` itself would take a secret to another origin.
    LocationHoldsSecret {
        /// The host it leads to.
        host: String,
    },
}

impl RedirectError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Location { .. } | Self::Scheme { .. } => {
                "`redirects: false` shows the reply itself, to be checked with `expect`"
            }
            Self::BodyHoldsSecret { .. } | Self::LocationHoldsSecret { .. } => {
                "where that host may have the secret, send the request to it yourself; `redirects: false` shows the reply"
            }
        }
    }
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Location { location, reason } => {
                write!(f, "the redirect's location `{location}` is no URL: {reason}")
            }
            Self::Scheme { location } => write!(f, "the redirect leads out of HTTP, to `{location}`"),
            Self::BodyHoldsSecret { host } => {
                write!(
                    f,
                    "the redirect asks to send the body to {host} too, and it holds a secret: nothing was sent there"
                )
            }
            Self::LocationHoldsSecret { host } => {
                write!(f, "the redirect to {host} has a secret in its location: nothing was sent there")
            }
        }
    }
}

impl std::error::Error for RedirectError {}

/// The next request, or `None` where `response` is no redirect: another status, or no `Location`.
///
/// 303 makes a GET of all but HEAD, 301 and 302 of POST only, as browsers do; 307 and 308 keep method and body
/// (RFC 9110 section 15.4).
///
/// # Errors
/// `Location` cannot be followed.
pub fn next_hop(request: &Request, response: &Response) -> Result<Option<Hop>, RedirectError> {
    let becomes_get = match response.status {
        301 | 302 => request.method == Method::POST,
        303 => request.method != Method::HEAD,
        307 | 308 => false,
        _ => return Ok(None),
    };
    let Some(location) = response.headers.get(LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let mut url = match request.url.join(&location) {
        Ok(url) => url,
        Err(e) => return Err(RedirectError::Location { location, reason: e.to_string() }),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RedirectError::Scheme { location });
    }
    // A server's say is no credential of the flow's.
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    if url.fragment().is_none() {
        url.set_fragment(request.url.fragment());
    }
    let mut next = request.clone();
    let cross_origin = Origin::of(&request.url) != Origin::of(&url);
    next.url = url;
    if becomes_get {
        next.method = Method::GET;
        next.body = Bytes::new();
        for name in [
            CONTENT_TYPE,
            CONTENT_LENGTH,
            CONTENT_ENCODING,
            CONTENT_LANGUAGE,
            CONTENT_LOCATION,
            TRANSFER_ENCODING,
            HeaderName::from_static("content-md5"),
            HeaderName::from_static("content-digest"),
            HeaderName::from_static("content-disposition"),
        ] {
            next.headers.remove(name);
        }
    }
    if cross_origin {
        next.headers.remove(HOST);
    }
    Ok(Some(Hop { request: next, cross_origin }))
}

/// Takes from `request`, which goes to another origin, what was meant for the first: `authorization`, `cookie`,
/// `proxy-authorization`, the `credentials` headers, and every header whose value carries a secret. Later hops are
/// made from this request, so they never get it back.
///
/// # Errors
/// The body carries a secret, or the URL, as where a server repeats the query it got.
pub fn without_credentials(
    request: &mut Request,
    credentials: &[HeaderName],
    carries_secret: impl Fn(&[u8]) -> bool,
) -> Result<(), RedirectError> {
    let host = || request.url.authority().to_owned();
    if carries_secret(request.url.as_str().as_bytes()) {
        return Err(RedirectError::LocationHoldsSecret { host: host() });
    }
    if !request.body.is_empty() && carries_secret(&request.body) {
        return Err(RedirectError::BodyHoldsSecret { host: host() });
    }
    let always = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
    let secret = request.headers.iter().filter(|(_, value)| carries_secret(value.as_bytes())).map(|(name, _)| name);
    let secret: Vec<HeaderName> = secret.cloned().collect();
    for name in always.iter().chain(credentials).chain(&secret) {
        request.headers.remove(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderMap, Url};

    fn request(method: &str) -> Request {
        let url = Url::parse("https://a.example/v1/x?q=1#part").unwrap();
        let mut request = Request::new(method.parse().unwrap(), url);
        request.body = Bytes::from_static(b"body");
        request.headers.insert("content-type", "text/plain".parse().unwrap());
        request.headers.insert("x-kept", "1".parse().unwrap());
        request
    }

    fn reply(status: u16, location: Option<&str>) -> Response {
        let headers: HeaderMap = location.map(|l| (LOCATION, l.parse().unwrap())).into_iter().collect();
        Response::new(status, headers, Bytes::new())
    }

    fn hop(method: &str, status: u16, location: &str) -> Hop {
        next_hop(&request(method), &reply(status, Some(location))).unwrap().unwrap()
    }

    #[test]
    fn methods_by_status() {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        for (status, next) in [
            (301, ["GET", "HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"]),
            (302, ["GET", "HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"]),
            (303, ["GET", "HEAD", "GET", "GET", "GET", "GET", "GET"]),
            (307, methods),
            (308, methods),
        ] {
            for (method, next) in methods.iter().zip(next) {
                let hop = hop(method, status, "/y");
                assert_eq!(hop.request.method, next, "{method} {status}");
                if *method != next {
                    assert!(hop.request.body.is_empty() && !hop.request.headers.contains_key("content-type"));
                } else if status != 303 {
                    assert_eq!(hop.request.body, "body", "{method} {status}");
                    assert!(hop.request.headers.contains_key("content-type"));
                }
                assert!(hop.request.headers.contains_key("x-kept"));
            }
        }
    }

    #[test]
    fn other_replies_are_no_redirects() {
        for status in [200, 300, 304, 305, 306, 404] {
            assert!(next_hop(&request("GET"), &reply(status, Some("/y"))).unwrap().is_none(), "{status}");
        }
        assert!(next_hop(&request("GET"), &reply(302, None)).unwrap().is_none());
    }

    #[test]
    fn locations_are_resolved_and_origins_compared() {
        for (location, url, cross) in [
            ("/y", "https://a.example/y#part", false),
            ("z?n=2#own", "https://a.example/v1/z?n=2#own", false),
            ("https://A.example:443/", "https://a.example/#part", false),
            ("//b.example/", "https://b.example/#part", true),
            ("https://a.example:8443/", "https://a.example:8443/#part", true),
            ("http://a.example/", "http://a.example/#part", true),
        ] {
            let hop = hop("GET", 302, location);
            assert_eq!((hop.request.url.as_str(), hop.cross_origin), (url, cross), "{location}");
        }
    }

    #[test]
    fn what_cannot_be_followed_says_so() {
        let error = |location| next_hop(&request("GET"), &reply(302, Some(location))).unwrap_err();
        assert_eq!(error("file:///etc/passwd").to_string(), "the redirect leads out of HTTP, to `file:///etc/passwd`");
        assert!(error("http://[").to_string().starts_with("the redirect's location `http://[` is no URL: "));
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let mut request = request("GET");
        for (name, value) in
            [("authorization", "Bearer x"), ("cookie", "a=1"), ("x-api-key", "k"), ("x-other", "s3cr3t"), ("host", "a")]
        {
            request.headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let mut hop = next_hop(&request, &reply(307, Some("https://b.example/"))).unwrap().unwrap();
        let carries = |bytes: &[u8]| bytes == b"s3cr3t";
        without_credentials(&mut hop.request, &[HeaderName::from_static("x-api-key")], carries).unwrap();
        let mut names: Vec<_> = hop.request.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "x-kept"]);
    }

    #[test]
    fn a_body_with_a_secret_goes_nowhere_else() {
        let kept = |status| {
            let mut hop = hop("POST", status, "https://b.example/");
            without_credentials(&mut hop.request, &[], |bytes| bytes == b"body")
        };
        assert_eq!(kept(308), Err(RedirectError::BodyHoldsSecret { host: "b.example".to_owned() }));
        assert_eq!(kept(303), Ok(()));
    }
}
