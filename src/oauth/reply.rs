//! The one way all token requests go: a form with the client's credentials out, tokens or an explained error back.

use jiff::Timestamp;

use super::error::{ErrorKind, OAuthError};
use super::{Client, Tokens};
use crate::http::{HeaderValue, Method, Request, Response, Transport, Url};
use crate::redact::Secret;
use crate::value::Value;

/// The most bytes that a token reply may have.
pub(super) const LARGEST: u64 = 1 << 20;

/// A POST of `fields` as a form, as all token addresses want it.
pub(super) fn form(url: &Url, fields: &[(&str, &str)]) -> Request {
    let mut request = Request::new(Method::POST, url.clone());
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.body = body.into();
    request.max_body = LARGEST;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers.insert(::http::header::CONTENT_TYPE, form);
    request.headers.insert(::http::header::ACCEPT, HeaderValue::from_static("application/json"));
    request
}

/// Asks `token_url` for tokens. The client's id and secret go into the form, where Webex and most others take them
/// (RFC 6749 section 2.3.1).
pub(super) async fn ask(
    client: &Client,
    fields: &[(&str, &str)],
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let mut all = fields.to_vec();
    all.push(("client_id", &client.client_id));
    if let Some(secret) = &client.client_secret {
        all.push(("client_secret", secret.expose()));
    }
    let reply = transport.send(&form(&client.token_url, &all)).await?;
    let is_secret = |name: &str| matches!(name, "code" | "code_verifier" | "refresh_token");
    let sent: Vec<Secret> = fields.iter().filter(|(name, _)| is_secret(name)).map(|(_, v)| Secret::new(*v)).collect();
    let secrets: Vec<_> = sent.iter().map(Some).chain([client.client_secret.as_ref()]).collect();
    tokens(&reply, now, &secrets)
}

/// `Authorization` with an access token.
pub(super) fn bearer(access: &Secret) -> Result<HeaderValue, OAuthError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", access.expose())).map_err(|_| {
        OAuthError::new(ErrorKind::Malformed, "the token has characters that no header may have")
            .with_help("sign in again")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The tokens of a reply. `secrets` were sent: what the server repeats of them is not shown.
pub(super) fn tokens(reply: &Response, now: Timestamp, secrets: &[Option<&Secret>]) -> Result<Tokens, OAuthError> {
    if reply.status != 200 {
        return Err(refusal("the token request", reply, secrets));
    }
    let parsed = reply.json().map_err(|_| "the reply is not JSON".to_owned()).and_then(|json| Tokens::parse(json, now));
    parsed.map_err(|message| {
        let mut error = OAuthError::new(ErrorKind::Malformed, message);
        error.tracking_id = tracking_id(reply);
        error
    })
}

/// What a reply other than 200 says: RFC 6749's `error`, or Webex's `message` and `errors`.
pub(super) fn refusal(what: &str, reply: &Response, secrets: &[Option<&Secret>]) -> OAuthError {
    let status = reply.status;
    let json = reply.json().ok();
    let text = |path: &str| json.and_then(|value| value.pointer(path)).and_then(Value::as_str);
    let code = text("/error").or_else(|| text("/error/key"));
    let words = ["/error_description", "/errors/0/description", "/description", "/message"];
    let description = words.into_iter().find_map(text).map(|words| hide(words, secrets));
    let mut error = match (status, code, description) {
        (300..=399, ..) => {
            let to = reply.header("location").unwrap_or_default();
            let to = Url::parse(&to).ok().and_then(|url| url.host_str().map(str::to_owned));
            let to = to.map(|host| format!(" to {host}")).unwrap_or_default();
            OAuthError::new(
                ErrorKind::Malformed,
                format!("{what} was redirected ({status}){to}, which is not followed"),
            )
            .with_help("write the address that it leads to")
        }
        (429, ..) => OAuthError::new(ErrorKind::TooMany, format!("{what} was refused: 429, too many requests")),
        (500.., code, description) if code.is_none_or(|c| c == "server_error") => {
            let words = description.map(|words| format!(" ({})", super::explain::one_line(&words))).unwrap_or_default();
            OAuthError::new(ErrorKind::ServerError, format!("{what} failed: the server answered {status}{words}"))
        }
        (_, Some(code), description) => OAuthError::refused(what, code, description.as_deref()),
        (_, None, Some(description)) => {
            let refused = OAuthError::refused(what, "", Some(&description));
            match (refused.kind, status) {
                (ErrorKind::Other, 401) => OAuthError::new(ErrorKind::InvalidClient, refused.message),
                _ => refused,
            }
        }
        (401, None, None) => OAuthError::new(ErrorKind::InvalidClient, format!("{what} was refused: 401")),
        _ => OAuthError::new(ErrorKind::Other, format!("{what} was refused with status {status} and no reason")),
    };
    error.tracking_id = tracking_id(reply);
    error
}

/// The `error` code of a reply, empty where it has none.
pub(super) fn code(reply: &Response) -> &str {
    reply.json().ok().and_then(|json| json.get("error")).and_then(Value::as_str).unwrap_or("")
}

fn tracking_id(reply: &Response) -> Option<String> {
    let inside = reply.json().ok().and_then(|json| json.get("trackingId")).and_then(Value::as_str);
    inside.map(str::to_owned).or_else(|| reply.header("trackingid")).map(|id| super::explain::one_line(&id))
}

fn hide(text: &str, secrets: &[Option<&Secret>]) -> String {
    let known = secrets.iter().flatten().map(|secret| secret.expose()).filter(|secret| !secret.is_empty());
    known.fold(text.to_owned(), |text, secret| text.replace(secret, crate::redact::MASK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderMap;

    fn refused(status: u16, body: &str) -> OAuthError {
        let reply = Response::new(status, HeaderMap::new(), body.to_owned().into());
        refusal("the token request", &reply, &[Some(&Secret::new("hunter2"))])
    }

    #[test]
    fn both_shapes_of_error_are_read() {
        let rfc = refused(400, r#"{"error":"invalid_grant","error_description":"code\nused"}"#);
        assert_eq!(
            (rfc.kind, rfc.to_string().as_str()),
            (ErrorKind::InvalidGrant, "the token request was refused: invalid_grant (code used)")
        );
        let webex =
            r#"{"message":"malformed","errors":[{"description":"Client Id is invalid"}],"trackingId":"ROUTER_1"}"#;
        let webex = refused(400, webex);
        assert_eq!(webex.kind, ErrorKind::InvalidClient);
        assert_eq!(webex.to_string(), "the token request was refused: Client Id is invalid [trackingId ROUTER_1]");
        assert!(webex.help.contains("client secret"));
    }

    #[test]
    fn statuses_speak_where_bodies_do_not() {
        assert_eq!(refused(502, "<html>").kind, ErrorKind::ServerError);
        assert_eq!(refused(500, r#"{"error":"server_error"}"#).kind, ErrorKind::ServerError);
        assert_eq!(refused(401, "").kind, ErrorKind::InvalidClient);
        assert_eq!(refused(429, "").kind, ErrorKind::TooMany);
        assert_eq!(refused(418, "").kind, ErrorKind::Other);
    }

    #[test]
    fn a_secret_that_the_server_repeats_is_not_shown() {
        let error = refused(400, r#"{"error":"invalid_client","error_description":"hunter2 is wrong"}"#);
        assert_eq!(error.message, "the token request was refused: invalid_client (*** is wrong)");
    }

    #[test]
    fn a_redirect_is_told_and_not_followed() {
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static("https://b.example/x?t=1"));
        let error = refusal("the token request", &Response::new(302, headers, Default::default()), &[]);
        assert_eq!(error.message, "the token request was redirected (302) to b.example, which is not followed");
    }
}
