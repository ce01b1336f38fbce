//! A request as far as it is known.

use super::{Secrets, View};
use crate::flow::{Auth, Body, Field, Part, RequestTemplate, Setting, join, stands_alone};
use crate::http::{Origin, Url, Version};
use crate::template::{Preview, Template};

/// A request, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewedRequest {
    /// The method.
    pub method: String,
    /// The URL with its query.
    pub url: String,
    /// The headers, names in small letters; without those that credentials, cookies and the body bring.
    pub headers: Vec<(String, String)>,
    /// The credentials.
    pub credentials: Option<Credentials>,
    /// The cookies of the step.
    pub cookies: Vec<(String, String)>,
    /// The body.
    pub body: Option<PreviewedBody>,
    /// The HTTP version to insist on.
    pub version: Option<Version>,
    /// Whether redirects are followed.
    pub redirects: bool,
    /// Where the reply's body is kept.
    pub save: Option<String>,
}

/// Credentials. With [`Secrets::Masked`] a secret of them is empty: that it is there is all that is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Credentials {
    /// A bearer token.
    Bearer(String),
    /// A token of this client of the environment.
    OAuth(String),
    /// User name and password, in the header or, with `true`, as a digest.
    Password(String, String, bool),
}

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub enum PreviewedBody {
    /// JSON, over several lines.
    Json(String),
    /// A form.
    Form(Vec<(String, String)>),
    /// A multipart form.
    Multipart(Vec<(String, PreviewedPart)>),
    /// Text.
    Text(String),
    /// The file at this path.
    File(String),
}

/// A part of a multipart body.
#[derive(Clone, Debug, PartialEq)]
pub enum PreviewedPart {
    /// A text.
    Text(String),
    /// A file: its path, type and name.
    File(String, Option<String>, Option<String>),
}

impl View<'_> {
    pub(super) fn request(&self, request: &RequestTemplate) -> PreviewedRequest {
        let (url, at_home) = self.url(request);
        let mut headers = Vec::new();
        let own = |name: &str| request.headers.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        let inherited = self.defaults.headers.iter().filter(|f| !own(&f.name)).map(|f| (f, at_home));
        for (field, may_be_secret) in inherited.chain(request.headers.iter().map(|f| (f, true))) {
            headers.extend(self.field(field, may_be_secret).map(|text| (field.name.to_lowercase(), text)));
        }
        let authorized = headers.iter().any(|(known, _)| known == "authorization");
        let auth = match (&request.auth, &self.defaults.auth) {
            (Some(auth), _) => Some(&**auth),
            (None, Some(auth)) if at_home && !authorized => Some(auth),
            _ => None,
        };
        let cookies = request.cookies.iter().filter_map(|f| Some((f.name.to_string(), self.field(f, true)?))).collect();
        let redirects = request.settings.as_ref().and_then(|s| s.redirects.as_ref());
        let redirects = redirects.or(self.defaults.settings.redirects.as_ref());
        PreviewedRequest {
            method: request.method.to_string(),
            url,
            headers,
            credentials: auth.and_then(|auth| self.credentials(auth)),
            cookies,
            body: request.body.as_deref().map(|body| self.body(body)),
            version: request.version,
            redirects: !matches!(redirects, Some(Setting::Fixed(0))),
            save: request.save.as_ref().map(|path| self.text(&path.template)),
        }
    }

    fn credentials(&self, auth: &Auth) -> Option<Credentials> {
        // What stands in `auth` is secret wherever it comes from, a literal too.
        let hidden = |template: &Template, name: &str| match self.secrets {
            Secrets::Masked => String::new(),
            Secrets::Revealed => self.text(template),
            Secrets::Named => match self.with(|p| p.text(template, false)) {
                Preview { known: false, value: Some(text), .. } => text,
                _ => format!("{{{{ {name} }}}}"),
            },
        };
        Some(match auth {
            Auth::Bearer(token) => Credentials::Bearer(hidden(token, "token")),
            Auth::OAuth(name) => Credentials::OAuth(name.to_string()),
            Auth::Basic { username, password } => {
                Credentials::Password(self.text(username), hidden(password, "password"), false)
            }
            Auth::Digest { username, password } => {
                Credentials::Password(self.text(username), hidden(password, "password"), true)
            }
            Auth::None => return None,
        })
    }

    /// The URL with its query, masked; and whether it is at the origin of `base_url`.
    fn url(&self, request: &RequestTemplate) -> (String, bool) {
        let text = |template: &Template| self.with(|p| p.text(template, true)).value.unwrap_or_default();
        let base = self.defaults.base_url.as_ref().map(text);
        let mut url = text(&request.url);
        let whole = stands_alone(&url);
        if !whole {
            url = join(base.as_deref(), &url);
        }
        let origin = |url: &str| Url::parse(url).ok().and_then(|url| Origin::of(&url));
        let at_home = !whole || base.as_deref().is_none_or(|base| origin(base) == origin(&url));
        let own = |name: &str| request.query.iter().any(|f| *f.name == *name);
        let inherited = self.defaults.query.iter().filter(|f| !own(&f.name)).map(|f| (f, at_home));
        for (field, may_be_secret) in inherited.chain(request.query.iter().map(|f| (f, true))) {
            if let Some(value) = self.field(field, may_be_secret) {
                let separator = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{separator}{}={}", field.name, self.in_query(value));
            }
        }
        (self.redactor.mask_fields(&url).into_owned(), at_home)
    }

    /// A query value as it is shown: as it is where people only read it, percent-encoded where it is to be sent. What is
    /// open in it stays open.
    fn in_query(&self, value: String) -> String {
        if self.secrets == Secrets::Masked {
            return value;
        }
        let mut out = String::new();
        let mut rest = value.as_str();
        while let Some((before, hole)) = rest.split_once("{{") {
            let (hole, after) = hole.split_once("}}").unwrap_or((hole, ""));
            out += &crate::template::percent_encode(before);
            out += &format!("{{{{{hole}}}}}");
            rest = after;
        }
        out + &crate::template::percent_encode(rest)
    }

    /// The text of a field, masked; `None` where it is left out.
    fn field(&self, field: &Field, may_be_secret: bool) -> Option<String> {
        let preview = self.value(&field.value);
        if preview.value.is_none() || (preview.secret && !may_be_secret) {
            return None;
        }
        Some(self.masked(&preview))
    }

    fn body(&self, body: &Body) -> PreviewedBody {
        match body {
            Body::Json(template) => PreviewedBody::Json(self.pretty(self.value(template))),
            Body::Form(fields) => PreviewedBody::Form(
                fields.iter().filter_map(|f| Some((f.name.to_string(), self.field(f, true)?))).collect(),
            ),
            Body::Multipart(parts) => {
                let parts = parts.iter().filter_map(|part| match part {
                    Part::Text(field) => Some((field.name.to_string(), PreviewedPart::Text(self.field(field, true)?))),
                    Part::File(file) => {
                        let [kind, filename] = [&file.kind, &file.filename].map(|t| t.as_ref().map(|t| self.text(t)));
                        let part = PreviewedPart::File(self.text(&file.path.template), kind, filename);
                        Some((file.name.to_string(), part))
                    }
                });
                PreviewedBody::Multipart(parts.collect())
            }
            Body::Text(template) => PreviewedBody::Text(self.text(template)),
            Body::File(path) => PreviewedBody::File(self.text(&path.template)),
        }
    }
}
