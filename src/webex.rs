//! What is known of Webex's API from outside: its hosts, and what its refusals usually mean.
//!
//! The meanings are those of Cisco's documentation and of what public SDKs have met; see `docs/webex.md`.

use crate::http::{Method, Request, Response};
use crate::value::Value;

/// The hosts of the real service.
const HOSTS: [&str; 5] = [
    "webexapis.com",
    "api.ciscospark.com",
    "idbroker.webex.com",
    "analytics.webexapis.com",
    "analytics-calling.webexapis.com",
];

/// The longest `trackingId` that is repeated: real ones have some fifty characters.
const LONGEST_ID: usize = 120;

/// The largest body that is looked into for a `trackingId`; error bodies are short.
const LARGEST_ERROR: usize = 64 << 10;

/// True for a host of the real Webex API, in any letter case.
#[must_use]
pub fn is_host(host: &str) -> bool {
    HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host))
}

/// What a refusal of Webex usually means and what to do, in one line with its `trackingId`. `None` where the reply is
/// none, is not Webex's, or says all there is to say by itself.
#[must_use]
pub fn hint(request: &Request, reply: &Response) -> Option<String> {
    let path = request.url.path();
    // The sandbox's own routes answer statuses on purpose.
    if reply.status < 400 || path.contains("/_wxflow/") {
        return None;
    }
    let tracking = tracking_id(reply);
    if tracking.is_none() && !request.url.host_str().is_some_and(is_host) {
        return None;
    }
    let meaning = meaning(request, reply, path)?;
    let tracking = tracking.map_or_else(String::new, |id| format!(" (trackingId {id})"));
    Some(format!("Webex's {} usually means: {meaning}{tracking}", reply.status))
}

/// The id that Webex support asks for, from the header or the body.
fn tracking_id(reply: &Response) -> Option<String> {
    let id = reply.header("trackingid").or_else(|| Some(error_body(reply)?.get("trackingId")?.as_str()?.to_owned()))?;
    // Not cut: half of a secret that a server puts there would not be known.
    (!id.is_empty() && id.len() <= LONGEST_ID).then_some(id)
}

/// The body of an error. A large one is none, and is not parsed for it.
fn error_body(reply: &Response) -> Option<&Value> {
    if reply.body.len() > LARGEST_ERROR { None } else { reply.json().ok() }
}

fn meaning(request: &Request, reply: &Response, path: &str) -> Option<String> {
    let is = |route: &str| path.trim_end_matches('/').ends_with(route);
    let of = |route: &str| path.contains(route);
    let text = match reply.status {
        // What the service says to a bad guest token is not documented between these.
        400 | 401 | 404 if is("/jwt/login") => {
            "the guest token has expired, is another issuer's, or was signed without decoding the secret's base64; \
             `wxflow guest verify` tells which"
        }
        // These routes know clients, not bearers; which status they give to which mistake is not documented.
        400 | 401 if is("/access_token") || is("/device/token") => return token_refused(reply),
        401 if !request.headers.contains_key("authorization") => {
            "the request carried no access token; give the step an `auth`"
        }
        401 => {
            "the access token is incomplete, expired or revoked (a personal one lives 12 hours, an integration's 14 \
             days); get or refresh one"
        }
        403 if of("/guests/") => {
            "this needs the token of a Service App with the scope guest-issuer:write, authorized in Control Hub"
        }
        403 => {
            "the token is good, but its owner may not do this: a scope, an administrator's role or a licence is \
             missing, or it is for moderators"
        }
        404 if request.method == Method::POST && (is("/memberships") || is("/messages")) => {
            "nobody has that id or address (guests are added by id), or this token's owner is not in the space"
        }
        404 => {
            "there is no such thing, or it is hidden from this token's owner; check the id, and that the owner is in \
             the space"
        }
        409 if is("/memberships") => {
            "the person is in there already, perhaps from an earlier run; remove the membership, or expect 409"
        }
        409 => "what is asked for is there already, or was changed at the same time; read it again, then decide",
        410 if of("/contents/") => {
            "the file is infected and is not given out; nothing can be done but posting a clean one"
        }
        423 if of("/contents/") => {
            return Some(with_wait("the file is still being scanned for malware; ask again", reply));
        }
        423 => return Some(with_wait("it is locked for a while; ask again", reply)),
        428 if of("/contents/") => {
            "the file cannot be scanned, as it is encrypted; `?allow=unscannable` gets it all the same"
        }
        428 if of("/device/token") => "nobody has entered the device code yet; `poll` until somebody has",
        429 => {
            return Some(with_wait(
                "too many requests with this token; send fewer, or let `rate_limit` wait longer",
                reply,
            ));
        }
        500 => "the fault is Webex's; if it stays, give the trackingId to its support",
        502 if is("/memberships") => {
            "the token's owner is not in that space and so cannot invite, or Webex is in trouble"
        }
        502 | 503 => "Webex is overloaded or in trouble; try again later, or `retry` the step",
        504 => "the answer took Webex too long; try again, and ask for less at once with a smaller `max`",
        _ => return None,
    };
    Some(text.to_owned())
}

/// What a token route's `error` means, in short; see also `oauth`, where wxflow itself asks for tokens.
fn token_refused(reply: &Response) -> Option<String> {
    let text = match error_body(reply)?.get("error").and_then(|code| code.as_str()) {
        Some("invalid_client") => "the client id or the client secret is wrong, or one is of another integration",
        Some("invalid_grant") => {
            "the code or the refresh token is used up, expired (90 days without use), revoked, or another client's"
        }
        Some("invalid_scope") => "a scope is misspelt, not among the integration's, or for administrators only",
        _ => "client id, client secret, or the code or refresh token is not right",
    };
    Some(text.to_owned())
}

/// With what the server said about when.
fn with_wait(text: &str, reply: &Response) -> String {
    match reply.header("retry-after").filter(|after| !after.is_empty() && after.bytes().all(|b| b.is_ascii_digit())) {
        Some(seconds) => format!("{text}; Retry-After said {} s", seconds.chars().take(9).collect::<String>()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Bytes, HeaderMap, Url};

    fn told(url: &str, authorized: bool, status: u16, headers: &[(&'static str, &str)], body: &str) -> Option<String> {
        let mut request = Request::new(Method::GET, Url::parse(url).unwrap());
        if authorized {
            request.headers.insert("authorization", "Bearer x".parse().unwrap());
        }
        let mut lines = HeaderMap::new();
        for (name, value) in headers {
            lines.insert(*name, value.parse().unwrap());
        }
        hint(&request, &Response::new(status, lines, Bytes::from(body.to_owned())))
    }

    #[test]
    fn only_webex_is_explained() {
        let body = r#"{"message": "no", "trackingId": "ROUTER_1"}"#;
        assert_eq!(told("https://example.com/v1/rooms", true, 403, &[], "{}"), None);
        assert_eq!(told("https://example.com/v1/rooms", true, 403, &[], r#"{"trackingId": 7}"#), None);
        assert!(
            told("https://proxy.example/v1/rooms", true, 403, &[], body).unwrap().ends_with("(trackingId ROUTER_1)")
        );
        let by_header = told("https://proxy.example/v1/rooms", true, 403, &[("trackingid", "NA_2")], "<html>");
        assert!(by_header.unwrap().ends_with("(trackingId NA_2)"));
        let by_host = told("https://WebexApis.com/v1/rooms", true, 503, &[], "").unwrap();
        assert!(by_host.starts_with("Webex's 503 usually means: ") && !by_host.contains("trackingId"), "{by_host}");
        assert_eq!(told("http://127.0.0.1/_wxflow/status/403", true, 403, &[("trackingid", "NA_2")], ""), None);
        for status in [200, 302, 400, 418] {
            assert_eq!(told("https://webexapis.com/v1/rooms", true, status, &[], body), None, "{status}");
        }
    }

    #[test]
    fn a_token_route_explains_its_error() {
        let of = |status, body: &str| told("https://webexapis.com/v1/access_token", false, status, &[], body);
        assert!(of(401, r#"{"error": "invalid_client"}"#).unwrap().contains("the client secret is wrong"));
        assert!(of(400, r#"{"error": "invalid_grant"}"#).unwrap().contains("90 days without use"));
        assert!(of(400, r#"{"error": 7}"#).unwrap().contains("is not right"));
        assert_eq!(of(400, "<html>"), None);
    }

    #[test]
    fn the_route_and_the_request_decide() {
        let of = |path: &str, authorized, status| {
            let headers = [("retry-after", "7")];
            told(&format!("https://webexapis.com/v1{path}"), authorized, status, &headers, "").unwrap()
        };
        for (path, authorized, status, said) in [
            ("/people/me", false, 401, "no access token"),
            ("/people/me", true, 401, "expired or revoked"),
            ("/jwt/login", true, 404, "`wxflow guest verify`"),
            ("/guests/token", true, 403, "guest-issuer:write"),
            ("/rooms", true, 403, "a scope"),
            ("/rooms/x", true, 404, "the owner is in the space"),
            ("/memberships", true, 409, "in there already"),
            ("/team/memberships", true, 409, "in there already"),
            ("/teams", true, 409, "changed at the same time"),
            ("/contents/x", true, 410, "infected"),
            ("/contents/x", true, 423, "scanned for malware; ask again; Retry-After said 7 s"),
            ("/contents/x", true, 428, "?allow=unscannable"),
            ("/device/token", true, 428, "nobody has entered"),
            ("/rooms", true, 429, "Retry-After said 7 s"),
            ("/rooms", true, 500, "its support"),
            ("/memberships", true, 502, "cannot invite"),
            ("/people", true, 504, "smaller `max`"),
        ] {
            let text = of(path, authorized, status);
            assert!(text.contains(said), "{path} {status}: {text}");
            assert!(!text.contains('\n') && text.chars().count() < 200, "{text}");
        }
    }
}
