//! `POST /access_token`: a code, a refresh token or the client's own credentials for an access token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::call::{self, Call, Form};
use super::super::scope::Scopes;
use super::super::store::Role;
use super::{Challenge, Grant, REFRESH_SECONDS, issue, issue_access, later};

/// Dispatches on `grant_type`, once the client is known. Which body a refusal has in Webex is not documented; it is
/// RFC 6749's and Webex's own in one.
pub(in crate::sandbox) fn token(call: &mut Call) -> Outcome {
    let form = call.form()?;
    let kind = form.required("grant_type")?;
    client(call, &form)?;
    match kind {
        "authorization_code" => code(call, &form),
        "refresh_token" => refresh(call, &form),
        "client_credentials" => client_credentials(call, &form),
        other => {
            Err(Refusal::oauth(400, "unsupported_grant_type", format!("The grant_type {other} is not supported.")))
        }
    }
}

/// Checks who asks: by `client_id` and `client_secret` in the body, or by HTTP Basic.
pub(super) fn client(call: &Call, form: &Form) -> Result<(), Refusal> {
    let basic = call::header(&call.request.headers, "authorization").and_then(basic);
    let (id, secret) = match &basic {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
        None => (form.get("client_id"), form.get("client_secret")),
    };
    if id == Some(call.fixtures.client_id.as_str()) && secret == Some(call.fixtures.client_secret.as_str()) {
        return Ok(());
    }
    let refusal = Refusal::oauth(401, "invalid_client", "Invalid client credentials");
    // RFC 6749 section 5.2: a client that tried a scheme is told which there is.
    Err(if basic.is_some() { refusal.header(::http::header::WWW_AUTHENTICATE, "Basic") } else { refusal })
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.trim().split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}

fn invalid_grant(why: &str) -> Refusal {
    Refusal::oauth(400, "invalid_grant", why)
}

/// The code dies with its first use, whatever comes of it.
fn code(call: &mut Call, form: &Form) -> Outcome {
    let code = form.required("code")?;
    let entry = call
        .store
        .grants
        .codes
        .remove(code)
        .ok_or_else(|| invalid_grant("The code is unknown or has been used already."))?;
    if entry.expires <= call.now {
        return Err(invalid_grant("The code has expired."));
    }
    if entry.redirect_uri.as_deref() != form.get("redirect_uri")
        && (entry.redirect_uri.is_some() || form.get("redirect_uri") != Some(call.fixtures.redirect_uri.as_str()))
    {
        return Err(invalid_grant("The redirect_uri is not the one of the authorization request."));
    }
    if let Some(challenge) = &entry.challenge {
        let verifier = form.required("code_verifier")?;
        if !challenge.holds(verifier) {
            return Err(invalid_grant("The code_verifier does not match the code_challenge."));
        }
    }
    Ok(reply(issue(call, &entry.grant)))
}

impl Challenge {
    fn holds(&self, verifier: &str) -> bool {
        let right_length = (43..=128).contains(&verifier.len());
        right_length
            && if self.is_plain {
                self.text == verifier
            } else {
                self.text == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
            }
    }
}

/// Sources differ on what a refresh answers, so clients must take all of it: the query `_wxflow_refresh` chooses
/// `none` (no refresh token in the reply, the old one stays good) or `new` (another one, the old one dies); without
/// it the old one is repeated. Its 90 days begin again in each case; earlier access tokens live on.
fn refresh(call: &mut Call, form: &Form) -> Outcome {
    let token = form.required("refresh_token")?;
    let unknown = || invalid_grant("The refresh token is unknown, has expired or has been revoked.");
    let now = call.now;
    let entry = call.store.grants.refreshes.get_mut(token).filter(|entry| now < entry.expires).ok_or_else(unknown)?;
    entry.expires = later(now, REFRESH_SECONDS);
    let grant = entry.grant.clone();
    let answer = match call.query("_wxflow_refresh").as_deref() {
        Some("new") => {
            call.store.grants.refreshes.remove(token);
            issue(call, &grant)
        }
        Some("none") => issue_access(call, &grant),
        _ => {
            let mut answer = issue_access(call, &grant);
            answer["refresh_token"] = token.into();
            answer["refresh_token_expires_in"] = REFRESH_SECONDS.into();
            answer
        }
    };
    Ok(reply(answer))
}

/// Not in Webex's documentation, which has Service Apps for machines: it is here for clients that know this grant.
fn client_credentials(call: &mut Call, form: &Form) -> Outcome {
    let scopes = Scopes::parse(form.get("scope").unwrap_or_default())
        .map_err(|unknown| Refusal::oauth(400, "invalid_scope", format!("The scope {unknown} is unknown.")))?;
    let scopes = if scopes.is_empty() { Scopes::all() } else { scopes };
    let grant = Grant::new(call.store, call.fixtures.service_app, Role::ServiceApp, scopes, call.now);
    Ok(reply(issue_access(call, &grant)))
}

/// RFC 6749 section 5.1: nobody keeps a reply with a token.
pub(super) fn reply(value: crate::value::Value) -> Answer {
    Answer::json(&value).header(::http::header::CACHE_CONTROL, "no-store")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Lab, Reply};
    use super::*;
    use crate::http::Url;
    use serde_json::json;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    /// Of the verifier above: RFC 7636 appendix B.
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const REDIRECT: &str = "http://127.0.0.1:7000/callback";

    fn code(lab: &Lab, more: &str) -> String {
        let id = lab.variable("WEBEX_CLIENT_ID");
        let query = format!("client_id={id}&response_type=code&scope=spark:all&_wxflow_consent=accept&{more}");
        let reply = lab.get(&format!("/v1/authorize?{query}")).send();
        let url = Url::parse(reply.header("location").unwrap()).unwrap();
        url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    fn ask(lab: &Lab, path: &str, fields: &[(&str, &str)]) -> Reply {
        let (id, secret) = (lab.variable("WEBEX_CLIENT_ID"), lab.variable("WEBEX_CLIENT_SECRET"));
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &id).append_pair("client_secret", &secret).extend_pairs(fields);
        lab.post(path).header("content-type", "application/x-www-form-urlencoded").body(&form.finish()).send()
    }

    fn redeem(lab: &Lab, code: &str, more: &[(&str, &str)]) -> Reply {
        let fields = [&[("grant_type", "authorization_code"), ("code", code)], more].concat();
        ask(lab, "/v1/access_token", &fields)
    }

    fn error(reply: &Reply) -> (u16, &str) {
        assert_eq!(reply.json["error_description"], reply.json["message"]);
        assert!(reply.json["trackingId"].is_string());
        (reply.status, reply.json["error"].as_str().unwrap())
    }

    #[test]
    fn a_code_with_pkce_becomes_tokens_once() {
        let lab = Lab::new();
        for (challenge, method) in [(CHALLENGE, "S256"), (VERIFIER, "plain")] {
            let pkce = format!("redirect_uri={REDIRECT}&code_challenge={challenge}&code_challenge_method={method}");
            let code = code(&lab, &pkce);
            let more = [("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
            let reply = redeem(&lab, &code, &more);
            assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
            assert_eq!((&reply.json["token_type"], &reply.json["scope"]), (&json!("Bearer"), &json!("spark:all")));
            assert_eq!(reply.json["expires_in"], 1_209_600);
            assert_eq!(reply.json["refresh_token_expires_in"], 7_776_000);
            let me = lab.get("/people/me").token(reply.json["access_token"].as_str().unwrap()).send();
            assert_eq!(me.json["displayName"], "Ada Example");
            assert_eq!(error(&redeem(&lab, &code, &more)), (400, "invalid_grant"));
        }
    }

    #[test]
    fn a_code_that_does_not_fit_is_refused() {
        let lab = Lab::new();
        let pkce = format!("redirect_uri={REDIRECT}&code_challenge={CHALLENGE}&code_challenge_method=S256");
        let wrong = "x".repeat(43);
        for (more, name) in [
            (vec![("redirect_uri", REDIRECT)], "invalid_request"),
            (vec![("redirect_uri", REDIRECT), ("code_verifier", wrong.as_str())], "invalid_grant"),
            (vec![("redirect_uri", "http://127.0.0.1:7001/callback"), ("code_verifier", VERIFIER)], "invalid_grant"),
            (vec![("code_verifier", VERIFIER)], "invalid_grant"),
        ] {
            assert_eq!(error(&redeem(&lab, &code(&lab, &pkce), &more)), (400, name), "{more:?}");
        }
        let late = code(&lab, "");
        lab.advance(300);
        assert_eq!(error(&redeem(&lab, &late, &[])), (400, "invalid_grant"));
        assert_eq!(redeem(&lab, &code(&lab, ""), &[]).status, 200);
    }

    #[test]
    fn the_client_is_known_by_body_or_basic_only() {
        let lab = Lab::new();
        let (id, secret) = (lab.variable("WEBEX_CLIENT_ID"), lab.variable("WEBEX_CLIENT_SECRET"));
        let body = format!("grant_type=refresh_token&refresh_token={}", lab.variable("WEBEX_REFRESH_TOKEN"));
        let basic = |secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let send = |header: &str| lab.post("/access_token").header("authorization", header).body(&body).send();
        assert_eq!(send(&basic(&secret)).status, 200);
        let refused = send(&basic("wrong"));
        assert_eq!((error(&refused), refused.header("www-authenticate")), ((401, "invalid_client"), Some("Basic")));
        assert_eq!(error(&lab.post("/access_token").body(&body).send()), (401, "invalid_client"));
        assert_eq!(error(&ask(&lab, "/access_token", &[])), (400, "invalid_request"));
        assert_eq!(error(&ask(&lab, "/access_token", &[("grant_type", "password")])), (400, "unsupported_grant_type"));
        assert_eq!(lab.post("/access_token").json(&json!({"grant_type": "refresh_token"})).send().status, 415);
    }

    #[test]
    fn a_refresh_repeats_renews_or_leaves_out_the_refresh_token() {
        let lab = Lab::new();
        let first = lab.variable("WEBEX_REFRESH_TOKEN");
        let refresh = |query: &str, token: &str| {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
            ask(&lab, &format!("/v1/access_token{query}"), &fields)
        };
        lab.advance(7_775_999);
        let repeated = refresh("", &first);
        assert_eq!(repeated.json["refresh_token"], json!(first));
        // Its life began again.
        lab.advance(7_775_999);
        let left_out = refresh("?_wxflow_refresh=none", &first);
        assert_eq!((left_out.status, left_out.json.get("refresh_token")), (200, None));
        let renewed = refresh("?_wxflow_refresh=new", &first).json;
        assert_eq!(error(&refresh("", &first)), (400, "invalid_grant"));
        let second = renewed["refresh_token"].as_str().unwrap();
        assert_eq!(refresh("", second).status, 200);
        for token in [&left_out.json, &renewed] {
            let me = lab.get("/people/me").token(token["access_token"].as_str().unwrap()).send();
            assert_eq!(me.json["displayName"], "Ada Example");
        }
        lab.advance(7_776_000);
        assert_eq!(error(&refresh("", second)), (400, "invalid_grant"));
    }

    #[test]
    fn a_client_gets_a_token_of_its_own() {
        let lab = Lab::new();
        let fields = [("grant_type", "client_credentials"), ("scope", "guest-issuer:write spark:people_read")];
        let reply = ask(&lab, "/access_token", &fields);
        let token = reply.json["access_token"].as_str().unwrap();
        let body = json!({"subject": "s", "displayName": "n"});
        assert_eq!(lab.post("/guests/token").token(token).json(&body).send().status, 200);
        assert_eq!(lab.get("/people/me").token(token).send().json["displayName"], "Guest Service App");
        let bad = [("grant_type", "client_credentials"), ("scope", "nonsense")];
        assert_eq!(error(&ask(&lab, "/access_token", &bad)), (400, "invalid_scope"));
    }
}
