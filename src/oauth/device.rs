//! The device grant (RFC 8628) as single steps: whoever calls waits between them.
//!
//! Webex answers 428 while nobody has agreed, where the RFC has 400 with `authorization_pending`; both count.

use std::time::Duration;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};

use super::error::{ErrorKind, OAuthError};
use super::{Client, Tokens, grant, reply};
use crate::http::{HeaderValue, Transport};
use crate::redact::Secret;
use crate::value::Value;

/// How long to wait between two questions where the server does not say (RFC 8628 section 3.2).
const INTERVAL: Duration = Duration::from_secs(5);
/// What `slow_down` adds (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// How long a code lives where the server does not say; Webex says 300 s.
const LIFETIME: i64 = 300;
/// The longest believable wait and lifetime in seconds: a day.
const LONGEST: u64 = 86_400;

/// A code that a person enters elsewhere.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// What the person enters.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Where, with the code already in it.
    pub verification_uri_complete: Option<String>,
    /// When the code ends.
    pub expires: Timestamp,
    /// The wait before the next question; `slow_down` makes it longer.
    pub interval: Duration,
    device_code: Secret,
}

impl DeviceCode {
    /// What the token request carries: never shown, and to be masked.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.device_code.expose()
    }
}

/// The state of a device code.
#[derive(Debug)]
pub enum Poll {
    /// Nobody has agreed yet: wait [`DeviceCode::interval`], then ask again.
    Pending,
    /// Somebody has.
    Granted(Box<Tokens>),
}

/// Asks for a device code.
///
/// # Errors
/// The server refuses it or does not answer; the client has no `device_url`.
pub async fn start_device(
    client: &Client,
    scopes: &[String],
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<DeviceCode, OAuthError> {
    let url = client.device_url.as_ref().ok_or_else(|| grant::lacks("device_url"))?;
    let scope = scopes.join(" ");
    let request = reply::form(url, &[("client_id", &client.client_id), ("scope", &scope)]);
    let answer = transport.send(&request).await?;
    if answer.status != 200 {
        return Err(reply::refusal("the device code", &answer, &[]));
    }
    let malformed =
        || OAuthError::new(ErrorKind::Malformed, "the reply is not a device code").with_help("is `device_url` right?");
    let json = answer.json().map_err(|_| malformed())?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    // Webex sends numbers; a user code that is only digits may come as one.
    let user_code = text("user_code").or_else(|| json.get("user_code").and_then(Value::as_u64).map(|n| n.to_string()));
    let seconds = |name: &str| json.get(name).and_then(Value::as_u64).map(|n| n.min(LONGEST));
    let lifetime = seconds("expires_in").and_then(|n| i64::try_from(n).ok()).unwrap_or(LIFETIME);
    Ok(DeviceCode {
        user_code: user_code.ok_or_else(malformed)?,
        verification_uri: text("verification_uri").or_else(|| text("verification_url")).ok_or_else(malformed)?,
        verification_uri_complete: text("verification_uri_complete"),
        expires: now.checked_add(SignedDuration::from_secs(lifetime)).map_err(|_| malformed())?,
        interval: seconds("interval").map_or(INTERVAL, |n| Duration::from_secs(n.max(1))),
        device_code: Secret::new(text("device_code").ok_or_else(malformed)?),
    })
}

/// Asks once whether somebody has agreed.
///
/// # Errors
/// The person declined, the code has ended, or the server refuses for another reason. A connection that broke is an
/// error too: asking again is up to the caller.
pub async fn poll_device(
    client: &Client,
    code: &mut DeviceCode,
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<Poll, OAuthError> {
    if now >= code.expires {
        return Err(OAuthError::new(ErrorKind::ExpiredToken, "the device code has expired"));
    }
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", code.device_code.expose()),
        ("client_id", &client.client_id),
    ];
    let mut request = reply::form(&client.device_token_url(), &fields);
    if let Some(secret) = &client.client_secret {
        // Webex documents Basic for this address alone.
        let pair =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", client.client_id, secret.expose()));
        if let Ok(mut value) = HeaderValue::from_str(&format!("Basic {pair}")) {
            value.set_sensitive(true);
            request.headers.insert(::http::header::AUTHORIZATION, value);
        }
    }
    let answer = transport.send(&request).await?;
    match (answer.status, reply::code(&answer)) {
        (200, _) => {
            let tokens = reply::tokens(&answer, now, &[client.client_secret.as_ref()])?;
            Ok(Poll::Granted(Box::new(tokens)))
        }
        (_, "slow_down") => {
            code.interval = code.interval.saturating_add(SLOWER);
            Ok(Poll::Pending)
        }
        (429, _) => {
            let asked = answer.header("retry-after").and_then(|v| v.trim().parse::<u64>().ok());
            let asked = asked.map_or(SLOWER, |n| Duration::from_secs(n.min(LONGEST)));
            code.interval = code.interval.max(asked);
            Ok(Poll::Pending)
        }
        (428, _) | (_, "authorization_pending") => Ok(Poll::Pending),
        _ => {
            Err(reply::refusal("the device grant", &answer, &[client.client_secret.as_ref(), Some(&code.device_code)]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Script, at, client, run};
    use super::*;
    use crate::http::Url;
    use crate::oauth::Grant;

    const CODE: &str = r#"{"device_code":"D1","expires_in":300,"user_code":"729703",
        "verification_uri":"https://a.example/verify","interval":2}"#;

    fn device() -> Client {
        let mut client = client(Grant::DeviceCode);
        client.device_url = Some(Url::parse("https://a.example/v1/device/authorize").unwrap());
        client
    }

    #[test]
    fn pending_in_both_dialects_slower_then_granted() {
        let script = Script::new(&[
            (200, CODE),
            (428, r#"{"message":"pending"}"#),
            (400, r#"{"error":"authorization_pending"}"#),
            (400, r#"{"error":"slow_down"}"#),
            (429, ""),
            (200, r#"{"access_token":"a"}"#),
        ]);
        let client = device();
        let mut code = run(start_device(&client, &["x".to_owned()], &script, at(0))).unwrap();
        assert_eq!((code.user_code.as_str(), code.interval, code.expires), ("729703", Duration::from_secs(2), at(300)));
        let mut intervals = Vec::new();
        for _ in 0..4 {
            assert!(matches!(run(poll_device(&client, &mut code, &script, at(1))).unwrap(), Poll::Pending));
            intervals.push(code.interval.as_secs());
        }
        assert_eq!(intervals, [2, 2, 7, 7]);
        assert!(matches!(run(poll_device(&client, &mut code, &script, at(1))).unwrap(), Poll::Granted(_)));
        let sent = script.sent();
        assert_eq!(sent[1].url.as_str(), "https://a.example/v1/device/token");
        assert_eq!(sent[1].headers["authorization"], "Basic QzE6aHVudGVyMg==");
        assert_eq!(script.bodies()[0], "client_id=C1&scope=x");
    }

    #[test]
    fn the_end_of_a_code_needs_no_question() {
        let script =
            Script::new(&[(200, CODE), (400, r#"{"error":"access_denied"}"#), (400, r#"{"error":"expired_token"}"#)]);
        let client = device();
        let mut code = run(start_device(&client, &[], &script, at(0))).unwrap();
        let mut kind = |now| run(poll_device(&client, &mut code, &script, at(now))).unwrap_err().kind;
        assert_eq!(kind(1), ErrorKind::AccessDenied);
        assert_eq!(kind(2), ErrorKind::ExpiredToken);
        assert_eq!(kind(300), ErrorKind::ExpiredToken);
        assert_eq!(script.sent().len(), 3, "nothing was asked after the end");
    }

    #[test]
    fn a_wrong_client_is_explained() {
        let body = r#"{"message":"malformed syntax.","errors":[{"description":"Client Id is invalid"}]}"#;
        let error = run(start_device(&device(), &[], &Script::new(&[(400, body)]), at(0))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidClient);
    }
}
