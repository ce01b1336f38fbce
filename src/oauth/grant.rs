//! The grants that are one request: authorization code, refresh token, client credentials (RFC 6749).

use jiff::Timestamp;

use super::error::{ErrorKind, OAuthError};
use super::{Client, Pkce, Tokens, reply};
use crate::http::{Transport, Url};
use crate::redact::Secret;

/// The address at which a person agrees. `scopes` are asked for instead of the client's own.
///
/// # Errors
/// The client has no `authorize_url` or no `redirect_uri`.
pub fn authorize_url(client: &Client, scopes: &[String], pkce: &Pkce, state: &str) -> Result<Url, OAuthError> {
    let mut url = client.authorize_url.clone().ok_or_else(|| lacks("authorize_url"))?;
    let redirect = client.redirect_uri.as_ref().ok_or_else(|| lacks("redirect_uri"))?;
    let mut query = url.query_pairs_mut();
    query.append_pair("response_type", "code").append_pair("client_id", &client.client_id);
    query.append_pair("redirect_uri", redirect);
    if !scopes.is_empty() {
        query.append_pair("scope", &scopes.join(" "));
    }
    query.append_pair("state", state).append_pair("code_challenge", &pkce.challenge);
    query.append_pair("code_challenge_method", "S256");
    drop(query);
    Ok(url)
}

/// The code that the browser brought to the redirect URI; `None` where `state` is not the one that was sent, which is
/// somebody else's answer and not the end of the wait.
///
/// # Errors
/// The answer is a refusal, or has no code.
pub fn returned_code(url: &Url, state: &str) -> Option<Result<Secret, OAuthError>> {
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if value("state").as_deref() != Some(state) {
        return None;
    }
    Some(match (value("error"), value("code").filter(|code| !code.is_empty())) {
        (Some(error), _) => Err(OAuthError::from_redirect(&error, value("error_description").as_deref())),
        (None, Some(code)) => Ok(Secret::new(code)),
        (None, None) => {
            Err(OAuthError::new(ErrorKind::Malformed, "the browser came back with neither a code nor an error")
                .with_help("is `authorize_url` the address where a person agrees?"))
        }
    })
}

/// Turns a code into tokens.
///
/// # Errors
/// The server refuses it or does not answer; the client has no `redirect_uri`.
pub async fn exchange_code(
    client: &Client,
    code: &Secret,
    pkce: &Pkce,
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let redirect = client.redirect_uri.as_ref().ok_or_else(|| lacks("redirect_uri"))?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", redirect),
        ("code_verifier", pkce.verifier.expose()),
    ];
    reply::ask(client, &fields, transport, now).await
}

/// Gets new tokens for `refresh`; what the reply leaves out comes from `previous`.
///
/// # Errors
/// The server refuses it or does not answer.
pub async fn refresh(
    client: &Client,
    refresh: &Secret,
    previous: Option<&Tokens>,
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
    let tokens = reply::ask(client, &fields, transport, now).await?;
    Ok(tokens.succeeding(refresh, previous))
}

/// Gets tokens for the client itself.
///
/// # Errors
/// The server refuses it or does not answer; the client has no secret.
pub async fn client_credentials(
    client: &Client,
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    if client.client_secret.is_none() {
        return Err(lacks("client_secret"));
    }
    let scopes = client.scopes.join(" ");
    let mut fields = vec![("grant_type", "client_credentials")];
    if !scopes.is_empty() {
        fields.push(("scope", &scopes));
    }
    reply::ask(client, &fields, transport, now).await
}

/// What an environment does not say and this grant needs.
pub(super) fn lacks(key: &str) -> OAuthError {
    OAuthError::new(ErrorKind::Incomplete, format!("this grant needs `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Script, at, client, run};
    use super::*;
    use crate::oauth::Grant;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_person_is_sent_with_state_and_challenge() {
        let mut client = client(Grant::AuthorizationCode);
        client.authorize_url = Some(url("https://a.example/authorize?tenant=1"));
        client.redirect_uri = Some("http://localhost:80".to_owned());
        let pkce = Pkce::new([7; 32]);
        let scopes = ["spark:people_read".to_owned(), "spark:kms".to_owned()];
        let found = authorize_url(&client, &scopes, &pkce, "S1").unwrap();
        let expected = format!(
            "https://a.example/authorize?tenant=1&response_type=code&client_id=C1&redirect_uri=http%3A%2F%2Flocalhost%3A80\
             &scope=spark%3Apeople_read+spark%3Akms&state=S1&code_challenge={}&code_challenge_method=S256",
            pkce.challenge
        );
        assert_eq!(found.as_str(), expected);
        client.redirect_uri = None;
        assert_eq!(authorize_url(&client, &[], &pkce, "S1").unwrap_err().message, "this grant needs `redirect_uri`");
    }

    #[test]
    fn what_the_browser_brings_back() {
        let back = |query: &str| returned_code(&url(&format!("http://localhost:80?{query}")), "S1");
        assert_eq!(back("code=a%2Bb&state=S1").unwrap().unwrap().expose(), "a+b");
        assert!(back("code=a&state=S2").is_none());
        assert!(back("error=access_denied").is_none(), "without our state it is nobody's answer");
        let denied = back("error=access_denied&error_description=no+way&state=S1").unwrap().unwrap_err();
        assert_eq!(
            (denied.kind, denied.message.as_str()),
            (ErrorKind::AccessDenied, "the authorization was refused: access_denied (no way)")
        );
        assert_eq!(back("state=S1").unwrap().unwrap_err().kind, ErrorKind::Malformed);
    }

    #[test]
    fn a_code_goes_with_its_verifier_and_redirect_uri() {
        let script = Script::new(&[(200, r#"{"access_token":"a","expires_in":10}"#)]);
        let mut client = client(Grant::AuthorizationCode);
        client.redirect_uri = Some("http://localhost:80".to_owned());
        let pkce = Pkce::new([7; 32]);
        let tokens = run(exchange_code(&client, &Secret::new("c/d"), &pkce, &script, at(0))).unwrap();
        assert_eq!(tokens.expires, Some(at(10)));
        let expected = format!(
            "grant_type=authorization_code&code=c%2Fd&redirect_uri=http%3A%2F%2Flocalhost%3A80&code_verifier={}\
             &client_id=C1&client_secret=hunter2",
            pkce.verifier.expose()
        );
        assert_eq!(script.bodies(), [expected]);
    }

    #[test]
    fn both_kinds_of_refresh_reply() {
        let script = Script::new(&[
            (200, r#"{"access_token":"b"}"#),
            (200, r#"{"access_token":"c","refresh_token":"r2"}"#),
            (400, r#"{"error":"invalid_grant","error_description":"no such token: first-one"}"#),
        ]);
        let client = client(Grant::RefreshToken);
        let old = Secret::new("first-one");
        let ask = || run(refresh(&client, &old, None, &script, at(0)));
        assert_eq!(ask().unwrap().refresh, Some(Secret::new("first-one")));
        assert_eq!(ask().unwrap().refresh, Some(Secret::new("r2")));
        let error = ask().unwrap_err();
        assert!(error.kind == ErrorKind::InvalidGrant && error.help.contains("90 days"));
        assert!(error.message.ends_with("(no such token: ***)"), "what was sent is not shown: {error}");
    }

    #[test]
    fn client_credentials_need_a_secret() {
        let script = Script::new(&[(200, r#"{"access_token":"a"}"#)]);
        let mut client = client(Grant::ClientCredentials);
        client.scopes = vec!["x".to_owned(), "y".to_owned()];
        run(client_credentials(&client, &script, at(0))).unwrap();
        assert_eq!(script.bodies(), ["grant_type=client_credentials&scope=x+y&client_id=C1&client_secret=hunter2"]);
        client.client_secret = None;
        assert_eq!(run(client_credentials(&client, &script, at(0))).unwrap_err().kind, ErrorKind::Incomplete);
    }
}
