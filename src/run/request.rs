//! From what the user typed to the request that is sent: defaults, URL, query, headers, credentials, body.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::body::{self, Built};
use super::digest::Digest;
use super::oauth::OAuth;
use super::render::{Renderer, Text};
use super::{Stop, save};
use crate::flow::{Auth, Defaults, Field, RateLimit, RequestTemplate, Settings, join, stands_alone};
use crate::http::{HeaderMap, HeaderName, HeaderValue, Origin, Request, Url};
use crate::source::Span;

/// The language's own defaults.
const TIMEOUT: Duration = Duration::from_secs(30);
const REDIRECTS: u32 = 10;
const MAX_WAIT: Duration = Duration::from_secs(120);

/// All but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request with how it is to be sent.
pub(super) struct Rendered {
    pub(super) request: Arc<Request>,
    /// The body is in its `content-encoding` already.
    pub(super) packed: bool,
    pub(super) cookies: Vec<(String, String)>,
    /// Who answers a Digest challenge.
    pub(super) digest: Option<Digest>,
    /// Who brings a token.
    pub(super) oauth: Option<OAuth>,
    /// Where the reply's body is kept.
    pub(super) save: Option<String>,
    pub(super) redirects: u32,
    /// `None` takes a rate-limited reply as it is.
    pub(super) max_wait: Option<Duration>,
}

/// Renders a request.
///
/// # Errors
/// A template failed, or what it gave is not a URL, a header or a duration.
pub(super) fn render(
    template: &RequestTemplate,
    defaults: &Defaults,
    renderer: &Renderer<'_>,
) -> Result<Rendered, Stop> {
    let span = template.span;
    let base = match &defaults.base_url {
        Some(base) => Some(renderer.required("base_url", span, base)?.text),
        None => None,
    };
    let text = renderer.url(span, &template.url)?;
    let mut url = absolute(&text, base.as_deref(), span, renderer)?;
    // A path is at home by how it was made.
    let origin = || base.as_deref().and_then(|b| Url::parse(b).ok()).map(|b| Origin::of(&b));
    let at_home = !stands_alone(&text) || origin().is_none_or(|home| home == Origin::of(&url));
    query(&mut url, template, defaults, at_home, renderer)?;
    let mut headers = HeaderMap::with_capacity(4);
    for field in
        defaults.headers.iter().filter(|d| !template.headers.iter().any(|f| f.name.eq_ignore_ascii_case(&d.name)))
    {
        add_header(&mut headers, field, at_home, renderer)?;
    }
    for field in &template.headers {
        add_header(&mut headers, field, true, renderer)?;
    }
    let proof = match (&template.auth, &defaults.auth) {
        (Some(auth), _) => authorize(&mut headers, auth, span, renderer)?,
        (None, Some(auth)) if at_home && !headers.contains_key(http::header::AUTHORIZATION) => {
            authorize(&mut headers, auth, span, renderer)?
        }
        _ => None,
    };
    let (digest, oauth) = match proof {
        Some(Proof::Digest(digest)) => (Some(digest), None),
        Some(Proof::OAuth(oauth)) => (None, Some(oauth)),
        None => (None, None),
    };
    let body = template.body.as_ref().map(|body| body::build(body, &mut headers, span, renderer)).transpose()?;
    let Built { bytes, packed } = body.unwrap_or_default();
    let save = template.save.as_ref().map(|path| save::target(path, renderer)).transpose()?;
    let mut cookies = Vec::new();
    for field in &template.cookies {
        for Text { text, .. } in renderer.field("cookie", field)? {
            if text.contains(';') || text.chars().any(|c| c.is_ascii_control()) {
                let message = format!("the value of cookie `{}` has a `;` or a control character", field.name);
                let help =
                    "encode it (`| url_encode`, `| base64_encode`), or write another cookie for what follows the `;`";
                return Err(renderer.problem(field.span, message, Some(help.to_owned())));
            }
            cookies.push((field.name.to_string(), text));
        }
    }
    let none = Settings::default();
    let own = template.settings.as_deref().unwrap_or(&none);
    let timeout = own.timeout.as_ref().or(defaults.settings.timeout.as_ref());
    let redirects = own.redirects.as_ref().or(defaults.settings.redirects.as_ref());
    let rate_limit = own.rate_limit.as_ref().or(defaults.settings.rate_limit.as_ref());
    let mut request = Request::new(template.method.clone(), url);
    request.headers = headers;
    request.body = bytes;
    request.version = template.version;
    request.max_body = renderer.context.options.max_body;
    request.timeout = timeout.map_or(Ok(TIMEOUT), |t| renderer.duration("timeout", span, t))?;
    Ok(Rendered {
        request: Arc::new(request),
        packed,
        cookies,
        digest,
        oauth,
        save,
        redirects: redirects.map_or(Ok(REDIRECTS), |r| renderer.count("redirects", span, r))?,
        max_wait: match rate_limit {
            None | Some(RateLimit::Wait) => Some(MAX_WAIT),
            Some(RateLimit::Fail) => None,
            Some(RateLimit::Within(max)) => Some(renderer.duration("max_wait", span, max)?),
        },
    })
}

fn absolute(text: &str, base: Option<&str>, span: Span, renderer: &Renderer<'_>) -> Result<Url, Stop> {
    let whole = match base {
        _ if stands_alone(text) => text.to_owned(),
        Some(_) if text.is_empty() || text.starts_with(['/', '?']) => join(base, text),
        _ => {
            let help = "a URL begins with http:// or https://, a path with `/` and needs `base_url`";
            return Err(renderer.problem(span, format!("`{text}` is neither a URL nor a path"), Some(help.to_owned())));
        }
    };
    match renderer.urls.parse(&whole) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            // Not shown: the part before `@` may be a password, or a host that was meant.
            let message = "the URL has a user name or a password before its host, which would be sent as credentials";
            let help = "write `auth: { basic: { username, password } }`, and check what the templates in the URL gave";
            Err(renderer.problem(span, message, Some(help.to_owned())))
        }
        Ok(url) if url.fragment().is_some() => {
            let help = "a fragment (`#…`) is never sent: remove it, or encode the `#` as %23";
            Err(renderer.problem(span, format!("`{whole}` has a fragment"), Some(help.to_owned())))
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        Ok(url) => Err(renderer.problem(
            span,
            format!("cannot send to `{whole}`: the scheme `{}` is not HTTP", url.scheme()),
            None,
        )),
        Err(error) => Err(renderer.problem(span, format!("`{whole}` is not a URL: {error}"), None)),
    }
}

fn query(
    url: &mut Url,
    template: &RequestTemplate,
    defaults: &Defaults,
    at_home: bool,
    renderer: &Renderer<'_>,
) -> Result<(), Stop> {
    let inherited = defaults.query.iter().filter(|d| !template.query.iter().any(|f| f.name == d.name));
    let mut line = url.query().unwrap_or("").to_owned();
    for (field, own) in inherited.map(|f| (f, false)).chain(template.query.iter().map(|f| (f, true))) {
        for Text { text, secret } in renderer.field("query value", field)? {
            if secret && !own && !at_home {
                continue;
            }
            let separator = if line.is_empty() { "" } else { "&" };
            let (name, value) = (utf8_percent_encode(&field.name, RESERVED), utf8_percent_encode(&text, RESERVED));
            line.push_str(&format!("{separator}{name}={value}"));
        }
    }
    if !line.is_empty() {
        url.set_query(Some(&line));
    }
    Ok(())
}

/// Adds a header's lines. A default one that holds a secret stays at the base URL's origin.
fn add_header(
    headers: &mut HeaderMap,
    field: &Field,
    may_be_secret: bool,
    renderer: &Renderer<'_>,
) -> Result<(), Stop> {
    for Text { text, secret } in renderer.field("header", field)? {
        if secret && !may_be_secret {
            continue;
        }
        let name = HeaderName::from_bytes(field.name.as_bytes());
        match (name, HeaderValue::from_bytes(text.as_bytes())) {
            (Ok(name), Ok(value)) => _ = headers.append(name, value),
            _ => {
                let message =
                    format!("the value of header `{}` has a line break or another control character", field.name);
                let help = "trim it (`| trim`), or encode it (`| url_encode`, `| base64_encode`)";
                return Err(renderer.problem(field.span, message, Some(help.to_owned())));
            }
        }
    }
    Ok(())
}

/// Credentials that only a send can bring.
enum Proof {
    /// The answer to a challenge.
    Digest(Digest),
    /// A token that may have to be got first.
    OAuth(OAuth),
}

/// Adds credentials to the headers, or hands back who brings them with the send.
fn authorize(headers: &mut HeaderMap, auth: &Auth, span: Span, renderer: &Renderer<'_>) -> Result<Option<Proof>, Stop> {
    let redactor = renderer.context.redactor;
    let line = match auth {
        Auth::None => return Ok(None),
        Auth::OAuth(name) => return Ok(Some(Proof::OAuth(OAuth::new(Arc::clone(name))))),
        Auth::Bearer(token) => {
            let token = renderer.required("bearer token", span, token)?.text;
            redactor.learn("bearer token", &token, None);
            format!("Bearer {token}")
        }
        Auth::Basic { username, password } => {
            let username = renderer.required("username", span, username)?.text;
            let password = renderer.required("password", span, password)?.text;
            redactor.learn("password", &password, None);
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
            redactor.learn("basic credentials", &pair, None);
            format!("Basic {pair}")
        }
        Auth::Digest { username, password } => {
            let username = renderer.required("username", span, username)?.text;
            let password = renderer.required("password", span, password)?.text;
            redactor.learn("password", &password, None);
            let random = renderer.names.ambient().random();
            return Ok(Some(Proof::Digest(Digest::new(username, password, random))));
        }
    };
    let Ok(mut value) = HeaderValue::from_bytes(line.as_bytes()) else {
        let help = "it has a line break or another control character: was a file read with its last line break?";
        return Err(renderer.problem(span, "the credentials cannot stand in a header", Some(help.to_owned())));
    };
    value.set_sensitive(true);
    headers.insert(http::header::AUTHORIZATION, value);
    Ok(None)
}
