//! A flow's cookies, as RFC 6265 keeps them, and the cookies of one reply as data.
//!
//! The jar asks the clock which cookies have expired (`cookie_store` does), the one place below the edge that does.
//! It has no list of public suffixes: a `Domain` of one label (`com`) is refused, `co.uk` is not.

use cookie_store::{CookieStore, RawCookie, StoreAction};
use serde::Serialize;

use super::{HeaderMap, HeaderValue, Url};

/// One `Set-Cookie` line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value, as sent.
    pub value: String,
    /// The `Path` attribute.
    pub path: Option<String>,
    /// The `Domain` attribute, without a leading dot.
    pub domain: Option<String>,
    /// The `Expires` attribute as RFC 3339 text in UTC.
    pub expires: Option<String>,
    /// The `Max-Age` attribute in seconds.
    pub max_age: Option<i64>,
    /// Whether it goes over TLS only.
    pub secure: bool,
    /// Whether scripts may not see it.
    pub http_only: bool,
    /// `Strict`, `Lax` or `None`.
    pub same_site: Option<String>,
}

/// The cookies that a reply sets, in the order of its lines; lines that are no cookie are left out.
#[must_use]
pub fn parse_set_cookie(headers: &HeaderMap) -> Vec<Cookie> {
    let expires = |cookie: &RawCookie<'_>| {
        let seconds = cookie.expires_datetime()?.unix_timestamp();
        Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
    };
    let max_age = |cookie: &RawCookie<'_>| Some(cookie.max_age()?.whole_seconds());
    raw(headers)
        .map(|cookie| Cookie {
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            path: cookie.path().map(str::to_owned),
            domain: cookie.domain().map(|domain| domain.trim_start_matches('.').to_owned()),
            expires: expires(&cookie),
            max_age: max_age(&cookie),
            secure: cookie.secure().unwrap_or(false),
            http_only: cookie.http_only().unwrap_or(false),
            same_site: cookie.same_site().map(|site| site.to_string()),
        })
        .collect()
}

fn raw(headers: &HeaderMap) -> impl Iterator<Item = RawCookie<'static>> {
    let lines = headers.get_all(::http::header::SET_COOKIE).iter();
    lines.filter_map(|line| RawCookie::parse(String::from_utf8_lossy(line.as_bytes()).into_owned()).ok())
}

/// The largest cookie, name and value, in bytes (RFC 6265 section 6.1 asks for at least this much).
const LARGEST: usize = 4096;
/// The most cookies for a host, as browsers have it: without a bound a server makes each request larger than the last.
const MOST: usize = 180;

/// The cookies of one flow.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(CookieStore);

impl CookieJar {
    /// An empty jar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the cookies that the reply from `url` sets; a cookie for a host that is not its own is left out, and so is
    /// what a browser would not keep: one that is too large, and more than so many for a host.
    pub fn store(&mut self, url: &Url, headers: &HeaderMap) {
        if !headers.contains_key(::http::header::SET_COOKIE) {
            return;
        }
        let mut kept = self.0.iter_any().filter(|cookie| cookie.domain.matches(url)).count();
        for cookie in raw(headers) {
            if cookie.name().len() + cookie.value().len() > LARGEST {
                continue;
            }
            let domain = cookie.domain().map(|domain| domain.trim_matches('.'));
            if domain.is_some_and(|d| !d.is_empty() && !d.contains('.') && url.host_str() != Some(d)) {
                continue;
            }
            // An expired cookie removes the stored one; a refused one changes nothing, as in a browser.
            let Ok(cookie) = cookie_store::Cookie::try_from_raw_cookie(&cookie, url) else { continue };
            let (domain, path) = (cookie.domain.as_cow().unwrap_or_default().into_owned(), String::from(&cookie.path));
            if kept >= MOST && !self.0.contains_any(&domain, &path, cookie.name()) {
                continue;
            }
            if matches!(self.0.insert(cookie.into_owned(), url), Ok(StoreAction::Inserted)) {
                kept += 1;
            }
        }
    }

    /// Sets a cookie for the host of `url` and all its paths, until the flow ends.
    pub fn set(&mut self, url: &Url, name: &str, value: &str) {
        let cookie = RawCookie::build((name.to_owned(), value.to_owned())).path("/").build();
        self.0.insert_raw(&cookie, url).ok();
    }

    /// The `Cookie` header for a request to `url`: longer paths first (RFC 6265 section 5.4), then by name.
    #[must_use]
    pub fn header_for(&self, url: &Url) -> Option<HeaderValue> {
        let mut cookies = self.0.matches(url);
        if cookies.is_empty() {
            return None;
        }
        cookies.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.name().cmp(b.name())));
        let pairs: Vec<_> = cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        HeaderValue::from_bytes(pairs.join("; ").as_bytes()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (::http::header::SET_COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn sent(jar: &CookieJar, to: &str) -> Option<String> {
        jar.header_for(&url(to)).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_host_has_a_bounded_number_of_bounded_cookies() {
        let (mine, other) = (url("http://a.example/"), url("http://b.example/"));
        let mut jar = CookieJar::new();
        let lines: Vec<String> = (0..200).map(|n| format!("c{n}=1")).collect();
        jar.store(&mine, &headers(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
        jar.store(&mine, &headers(&["c0=2", "late=1"]));
        let kept = sent(&jar, mine.as_str()).unwrap();
        assert_eq!(kept.split("; ").count(), MOST);
        assert!(kept.contains("c0=2") && !kept.contains("late"));
        let large = format!("large={}", "x".repeat(LARGEST));
        jar.store(&other, &headers(&[&large, "small=1"]));
        assert_eq!(sent(&jar, other.as_str()).as_deref(), Some("small=1"));
    }

    /// Found by fuzzing: a tab is the one control character that may stand there (RFC 6265bis, section 5.6).
    #[test]
    fn a_tab_inside_of_a_cookie_is_kept_as_browsers_do() {
        let mut jar = CookieJar::new();
        jar.store(&url("http://a.example/"), &headers(&["a=x\ty"]));
        assert_eq!(jar.header_for(&url("http://a.example/")).unwrap(), "a=x\ty");
        assert!(HeaderValue::from_str("a=x\u{1}y").is_err(), "and no other can be in a header");
    }

    #[test]
    fn every_attribute_is_read() {
        let set = headers(&[
            "a=1; Path=/v1; Domain=.example.com; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Max-Age=60; Secure; HttpOnly; SameSite=Lax",
            "b=x=y",
            "no cookie",
        ]);
        let cookies = parse_set_cookie(&set);
        let some = |text: &str| Some(text.to_owned());
        let first = Cookie {
            name: "a".to_owned(),
            value: "1".to_owned(),
            path: some("/v1"),
            domain: some("example.com"),
            expires: some("2037-10-21T07:28:00Z"),
            max_age: Some(60),
            secure: true,
            http_only: true,
            same_site: some("Lax"),
        };
        let second = Cookie { name: "b".to_owned(), value: "x=y".to_owned(), ..Cookie::default() };
        assert_eq!(cookies, [first, second]);
    }

    #[test]
    fn cookies_go_back_where_they_belong() {
        let mut jar = CookieJar::new();
        jar.store(
            &url("https://api.example.com/v1/login"),
            &headers(&[
                "host=1",
                "site=2; Domain=example.com; Path=/",
                "tls=3; Secure; Path=/",
                "deep=4; Path=/v1/people",
            ]),
        );
        assert_eq!(sent(&jar, "https://api.example.com/v1/people/me").unwrap(), "deep=4; host=1; site=2; tls=3");
        assert_eq!(sent(&jar, "http://api.example.com/").unwrap(), "site=2");
        assert_eq!(sent(&jar, "https://www.example.com/").unwrap(), "site=2");
        assert_eq!(sent(&jar, "https://example.org/"), None);
    }

    #[test]
    fn foreign_and_top_level_domains_are_refused() {
        let mut jar = CookieJar::new();
        jar.store(&url("https://a.example.com/"), &headers(&["x=1; Domain=other.com", "y=2; Domain=com"]));
        assert_eq!(sent(&jar, "https://other.com/"), None);
        assert_eq!(sent(&jar, "https://b.com/"), None);
        assert_eq!(sent(&jar, "https://a.example.com/"), None);
    }

    #[test]
    fn an_expired_cookie_removes_the_stored_one() {
        let mut jar = CookieJar::new();
        let at = url("http://127.0.0.1:8080/");
        jar.store(&at, &headers(&["a=1; Path=/", "b=2; Path=/"]));
        jar.store(&at, &headers(&["a=; Path=/; Max-Age=0"]));
        assert_eq!(sent(&jar, "http://127.0.0.1:8080/x").unwrap(), "b=2");
    }

    #[test]
    fn a_cookie_that_is_set_by_hand_replaces_one_of_its_name() {
        let mut jar = CookieJar::new();
        let at = url("http://localhost/a/b");
        jar.set(&at, "id", "1");
        jar.set(&at, "id", "2");
        assert_eq!(sent(&jar, "http://localhost/").unwrap(), "id=2");
        assert_eq!(sent(&jar, "http://other.example/"), None);
    }
}
