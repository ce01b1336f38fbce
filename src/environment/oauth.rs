//! `oauth`: where and how tokens are got, one client per name.

use std::sync::Arc;

use super::shape::OAUTH;
use super::{SecretSource, read};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::http::Url;
use crate::oauth::Grant;
use crate::redact::HostPattern;
use crate::source::{Source, Span};
use crate::yaml::{Data, Fields, Node};

/// One client, as written: what an environment that builds on this one adds may still be missing.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// What flows call it.
    pub name: String,
    /// The file and place of the name.
    pub at: (Arc<Source>, Span),
    /// How tokens are got.
    pub grant: Option<Grant>,
    /// Where a person agrees.
    pub authorize_url: Option<Url>,
    /// Where tokens are given out.
    pub token_url: Option<Url>,
    /// Where device codes are given out.
    pub device_url: Option<Url>,
    /// The client's id.
    pub client_id: Option<ClientId>,
    /// Where its secret is.
    pub client_secret: Option<SecretSource>,
    /// Where a refresh token for machines without a person is.
    pub refresh_token: Option<SecretSource>,
    /// Where the browser brings the code, as it is written.
    pub redirect_uri: Option<String>,
    /// What to ask for.
    pub scopes: Option<Vec<String>>,
    /// Where its tokens may go; `None` for the host of `token_url`.
    pub hosts: Option<Vec<HostPattern>>,
}

/// A client's id is no secret: it may stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientId {
    /// It stands here.
    Text(String),
    /// It is elsewhere.
    From(SecretSource),
}

impl OAuthClient {
    pub(super) fn read(name: String, at: (Arc<Source>, Span), node: &Node<'_>, list: &mut Diagnostics) -> Option<Self> {
        let fields = Fields::read(node, &OAUTH, list)?;
        let address = |key: &str, list: &mut Diagnostics| fields.get(key).and_then(|node| url(node, key, list));
        let grant = fields.get("grant").and_then(|node| {
            let word = node.text("`grant`", list)?;
            let found = Grant::parse(word);
            if found.is_none() {
                list.error(Code::InvalidValue, node.span, format!("`grant` cannot be `{word}`"))
                    .help("write `authorization_code`, `refresh_token`, `client_credentials` or `device_code`");
            }
            found
        });
        let client_id = fields.get("client_id").and_then(|node| match &node.data {
            Data::Scalar(..) => Some(ClientId::Text(node.text("`client_id`", list)?.to_owned())),
            _ => read::source_of(node, list).map(ClientId::From),
        });
        Some(Self {
            name,
            at,
            grant,
            authorize_url: address("authorize_url", list),
            token_url: address("token_url", list),
            device_url: address("device_url", list),
            client_id,
            client_secret: fields.get("client_secret").and_then(|node| read::source_of(node, list)),
            refresh_token: fields.get("refresh_token").and_then(|node| read::source_of(node, list)),
            redirect_uri: fields.get("redirect_uri").and_then(|node| address_text(node, "redirect_uri", list)),
            scopes: fields.get("scopes").and_then(|node| read::texts(node, "`scopes`", list)),
            hosts: fields.get("hosts").and_then(|node| read::hosts(node, list)),
        })
    }

    /// This one laid over `base`.
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            name: self.name,
            at: self.at,
            grant: self.grant.or(base.grant),
            authorize_url: self.authorize_url.or(base.authorize_url),
            token_url: self.token_url.or(base.token_url),
            device_url: self.device_url.or(base.device_url),
            client_id: self.client_id.or(base.client_id),
            client_secret: self.client_secret.or(base.client_secret),
            refresh_token: self.refresh_token.or(base.refresh_token),
            redirect_uri: self.redirect_uri.or(base.redirect_uri),
            scopes: self.scopes.or(base.scopes),
            hosts: self.hosts.or(base.hosts),
        }
    }

    /// What its grant needs and nobody wrote.
    pub(super) fn lacks(&self) -> Option<Diagnostic> {
        let missing = |key: &'static str, there: bool| (!there).then_some(key);
        let key = missing("grant", self.grant.is_some())
            .or(missing("token_url", self.token_url.is_some()))
            .or(missing("client_id", self.client_id.is_some()))
            .or(match self.grant {
                None => None,
                Some(Grant::AuthorizationCode) => missing("authorize_url", self.authorize_url.is_some())
                    .or(missing("redirect_uri", self.redirect_uri.is_some())),
                Some(Grant::RefreshToken) => missing("refresh_token", self.refresh_token.is_some()),
                Some(Grant::ClientCredentials) => missing("client_secret", self.client_secret.is_some()),
                Some(Grant::DeviceCode) => missing("device_url", self.device_url.is_some()),
            })?;
        let mut list = Diagnostics::new(Arc::clone(&self.at.0));
        let message = format!("the OAuth client `{}` has no `{key}`", self.name);
        list.error(Code::MissingKey, self.at.1, message).help(format!("add `{key}: …`"));
        list.into_sorted().into_iter().next()
    }
}

fn url(node: &Node<'_>, key: &str, list: &mut Diagnostics) -> Option<Url> {
    Url::parse(&address_text(node, key, list)?).ok()
}

/// A URL that stays as it is written.
fn address_text(node: &Node<'_>, key: &str, list: &mut Diagnostics) -> Option<String> {
    let text = node.text(format_args!("`{key}`"), list)?;
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(text.to_owned()),
        _ => {
            list.error(Code::InvalidUrl, node.span, format!("`{key}` is not a URL with http or https"))
                .help("write the whole address, like https://webexapis.com/v1/access_token");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn parse(text: &str) -> Result<Environment, Vec<(Code, String)>> {
        let error = |list: Vec<Diagnostic>| list.into_iter().map(|d| (d.code, d.message)).collect();
        Environment::parse(Source::new("environments/x.yaml", text)).map_err(error)
    }

    fn lacking(environment: &Environment) -> Vec<String> {
        environment.complete().err().unwrap_or_default().into_iter().map(|d| d.message).collect()
    }

    #[test]
    fn the_whole_of_one() {
        let text = "oauth:\n  webex:\n    grant: authorization_code\n    authorize_url: https://a.example/authorize\n    \
                    token_url: https://a.example/token\n    client_id: C1\n    client_secret: { env: SECRET }\n    \
                    redirect_uri: http://localhost:80\n    scopes: [a, b]\n    hosts: ['*.a.example']\n";
        let environment = parse(text).unwrap();
        let client = &environment.oauth[0];
        assert_eq!((client.name.as_str(), client.grant), ("webex", Some(Grant::AuthorizationCode)));
        assert_eq!(client.client_id, Some(ClientId::Text("C1".to_owned())));
        assert_eq!(client.client_secret, Some(SecretSource::Variable("SECRET".to_owned())));
        assert_eq!(client.scopes.as_ref().unwrap().len(), 2);
        assert_eq!(client.redirect_uri.as_deref(), Some("http://localhost:80"), "nothing is added, nothing dropped");
        assert!(environment.complete().is_ok());
    }

    #[test]
    fn each_grant_names_what_it_lacks() {
        let lacks = |rest: &str| lacking(&parse(&format!("oauth: {{ webex: {{ {rest} }} }}")).unwrap());
        let told = |key: &str| vec![format!("the OAuth client `webex` has no `{key}`")];
        let start = "token_url: https://a.example, client_id: C1";
        assert_eq!(lacks("client_id: C1, token_url: https://a.example"), told("grant"));
        assert_eq!(lacks("grant: refresh_token"), told("token_url"));
        assert_eq!(lacks(&format!("{start}, grant: refresh_token")), told("refresh_token"));
        assert_eq!(lacks(&format!("{start}, grant: client_credentials")), told("client_secret"));
        assert_eq!(lacks(&format!("{start}, grant: device_code")), told("device_url"));
        assert_eq!(lacks(&format!("{start}, grant: authorization_code")), told("authorize_url"));
    }

    #[test]
    fn clients_merge_key_by_key() {
        let base = parse("oauth: { a: { grant: refresh_token, scopes: [x, y], client_id: C1 }, b: { client_id: C2 } }");
        let top = parse("extends: base\noauth: { a: { scopes: [z], client_id: { env: ID } }, c: { client_id: C3 } }");
        let merged = top.unwrap().over(base.unwrap());
        let names: Vec<_> = merged.oauth.iter().map(|client| client.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(merged.oauth[0].grant, Some(Grant::RefreshToken));
        assert_eq!(merged.oauth[0].scopes, Some(vec!["z".to_owned()]));
        assert_eq!(merged.oauth[0].client_id, Some(ClientId::From(SecretSource::Variable("ID".to_owned()))));
    }

    #[test]
    fn mistakes_are_told_where_they_stand() {
        let text =
            "oauth: { a: { grant: implicit, token_url: a.example, client_secret: {}, refresh_token: { value: x } } }";
        let codes: Vec<_> = parse(text).unwrap_err().into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [Code::InvalidValue, Code::InvalidUrl, Code::MissingKey, Code::ReservedKey]);
    }
}
