//! The table of routes, and the way of a request to its own: path, faults, token, route.

use super::answer::{Answer, Outcome, Refusal};
use super::call::{self, Call, Caller};
use super::fault::Faults;
use super::store::Store;
use super::{
    accounts, actions, contents, events, guests, lab, login, memberships, messages, oauth, organization, people, rooms,
    teams, webhooks,
};
use crate::http::Method;

/// What answers, and whether it needs a token first.
#[derive(Clone, Copy)]
enum Handler {
    /// Anyone may ask.
    Open(fn(&mut Call) -> Outcome),
    /// A valid access token is needed, and where it carries scopes one of these, separated by spaces. "" needs none.
    Signed(&'static str, fn(&mut Call, Caller) -> Outcome),
}

use Handler::{Open, Signed};

/// One route. `{}` in the pattern stands for one segment; the more exact of two patterns comes first.
struct Route {
    /// `*` for any.
    method: &'static str,
    pattern: &'static str,
    handler: Handler,
}

const fn route(method: &'static str, pattern: &'static str, handler: Handler) -> Route {
    Route { method, pattern, handler }
}

/// Every route, without `/v1`.
const ROUTES: &[Route] = &[
    route("POST", "jwt/login", Open(login::jwt_login)),
    route("GET", "authorize", Open(oauth::ask)),
    route("POST", "authorize", Open(oauth::decide)),
    route("POST", "access_token", Open(oauth::token)),
    route("POST", "device/authorize", Open(oauth::device_authorize)),
    route("POST", "device/token", Open(oauth::device_token)),
    route("GET", "device/verify", Open(oauth::verify)),
    route("POST", "device/verify", Open(oauth::confirm)),
    route("GET", "authorizations", Signed("", oauth::list)),
    route("DELETE", "authorizations", Signed("", oauth::delete_by_client)),
    route("GET", "authorizations/tokenExpiry", Signed("", oauth::expiry)),
    route("DELETE", "authorizations/{}", Signed("", oauth::delete)),
    route("POST", "applications/{}/token", Signed("spark:applications_token", oauth::application_token)),
    route("GET", ".well-known/openid-configuration", Open(oauth::discovery)),
    route("GET", "verification", Open(oauth::keys)),
    route("GET", "userinfo", Signed("openid", oauth::userinfo)),
    route("POST", "guests/token", Signed("guest-issuer:write", guests::token)),
    route("GET", "guests/count", Signed("guest-issuer:read guest-issuer:write", guests::count)),
    route("GET", "people", Signed("spark:people_read spark-admin:people_read", people::list)),
    route("POST", "people", Signed("spark-admin:people_write", accounts::create)),
    route("GET", "people/me", Signed("spark:people_read spark-admin:people_read", people::me)),
    route("GET", "people/{}", Signed("spark:people_read spark-admin:people_read", people::get)),
    route("PUT", "people/{}", Signed("spark-admin:people_write", accounts::update)),
    route("DELETE", "people/{}", Signed("spark-admin:people_write", accounts::delete)),
    route("POST", "rooms", Signed("spark:rooms_write", rooms::create)),
    route("GET", "rooms", Signed("spark:rooms_read", rooms::list)),
    route("GET", "rooms/{}", Signed("spark:rooms_read", rooms::get)),
    route("PUT", "rooms/{}", Signed("spark:rooms_write", rooms::update)),
    route("DELETE", "rooms/{}", Signed("spark:rooms_write", rooms::delete)),
    route("POST", "memberships", Signed("spark:memberships_write", memberships::create)),
    route("GET", "memberships", Signed("spark:memberships_read", memberships::list)),
    route("GET", "memberships/{}", Signed("spark:memberships_read", memberships::get)),
    route("PUT", "memberships/{}", Signed("spark:memberships_write", memberships::update)),
    route("DELETE", "memberships/{}", Signed("spark:memberships_write", memberships::delete)),
    route("POST", "messages", Signed("spark:messages_write", messages::create)),
    route("GET", "messages", Signed("spark:messages_read", messages::list)),
    route("GET", "messages/direct", Signed("spark:messages_read", messages::list_direct)),
    route("GET", "messages/{}", Signed("spark:messages_read", messages::get)),
    route("PUT", "messages/{}", Signed("spark:messages_write", messages::update)),
    route("DELETE", "messages/{}", Signed("spark:messages_write", messages::delete)),
    route("GET", "contents/{}", Signed("spark:messages_read", contents::get)),
    route("POST", "teams", Signed("spark:teams_write", teams::create)),
    route("GET", "teams", Signed("spark:teams_read", teams::list)),
    route("GET", "teams/{}", Signed("spark:teams_read", teams::get)),
    route("PUT", "teams/{}", Signed("spark:teams_write", teams::update)),
    route("DELETE", "teams/{}", Signed("spark:teams_write", teams::delete)),
    route("POST", "team/memberships", Signed("spark:team_memberships_write", teams::add_member)),
    route("GET", "team/memberships", Signed("spark:team_memberships_read", teams::list_members)),
    route("GET", "team/memberships/{}", Signed("spark:team_memberships_read", teams::get_member)),
    route("PUT", "team/memberships/{}", Signed("spark:team_memberships_write", teams::update_member)),
    route("DELETE", "team/memberships/{}", Signed("spark:team_memberships_write", teams::remove_member)),
    route("POST", "attachment/actions", Signed("spark:messages_write", actions::create)),
    route("GET", "attachment/actions/{}", Signed("spark:messages_read", actions::get)),
    route(
        "GET",
        "organizations",
        Signed("spark-admin:organizations_read spark:organizations_read", organization::organizations),
    ),
    route(
        "GET",
        "organizations/{}",
        Signed("spark-admin:organizations_read spark:organizations_read", organization::get_organization),
    ),
    route("GET", "licenses", Signed("spark-admin:licenses_read", organization::licenses)),
    route("GET", "licenses/{}", Signed("spark-admin:licenses_read", organization::get_license)),
    route("GET", "roles", Signed("spark-admin:roles_read", organization::roles)),
    route("GET", "roles/{}", Signed("spark-admin:roles_read", organization::get_role)),
    route("GET", "devices", Signed("spark-admin:devices_read spark:devices_read", organization::devices)),
    route("GET", "devices/{}", Signed("spark-admin:devices_read spark:devices_read", organization::get_device)),
    route("GET", "workspaces", Signed("spark-admin:workspaces_read spark:places_read", organization::workspaces)),
    route("GET", "workspaces/{}", Signed("spark-admin:workspaces_read spark:places_read", organization::get_workspace)),
    route("POST", "webhooks", Signed("", webhooks::create)),
    route("GET", "webhooks", Signed("", webhooks::list)),
    route("GET", "webhooks/{}", Signed("", webhooks::get)),
    route("PUT", "webhooks/{}", Signed("", webhooks::update)),
    route("DELETE", "webhooks/{}", Signed("", webhooks::delete)),
    route("GET", "events", Signed("spark-compliance:events_read", events::list)),
    route("GET", "events/{}", Signed("spark-compliance:events_read", events::get)),
    route("*", "_wxflow/echo", Open(lab::echo)),
    route("POST", "_wxflow/inbox/{}", Open(lab::put_in_inbox)),
    route("GET", "_wxflow/inbox/{}", Open(lab::inbox)),
    route("DELETE", "_wxflow/inbox/{}", Open(lab::clear_inbox)),
    route("*", "_wxflow/upload", Open(lab::upload)),
    route("*", "_wxflow/digest", Open(lab::digest)),
    route("*", "_wxflow/status/{}", Open(lab::status)),
    route("*", "_wxflow/redirect", Open(lab::redirect)),
    route("*", "_wxflow/slow", Open(lab::slow)),
    route("GET", "_wxflow/xml", Open(lab::xml)),
    route("POST", "_wxflow/xml", Open(lab::soap)),
    route("GET", "_wxflow/cookies", Open(lab::cookies)),
    route("GET", "_wxflow/cookies/set", Open(lab::set_cookies)),
    route("GET", "_wxflow/encoded/{}", Open(lab::encoded)),
    route("GET", "_wxflow/bytes/{}", Open(lab::bytes)),
    route("POST", "_wxflow/jobs", Open(lab::create_job)),
    route("GET", "_wxflow/jobs/{}", Open(lab::job)),
    route("*", "_wxflow/flaky", Open(lab::flaky)),
    route("GET", "_wxflow/items", Open(lab::items)),
];

/// Finds the route and lets it answer. A refusal comes as late as any other answer.
pub(super) fn answer(mut call: Call, faults: &mut Faults) -> Answer {
    let path = call.request.url.path().trim_start_matches('/');
    let path = path.strip_prefix("v1/").unwrap_or(path).trim_end_matches('/');
    let ours = path.starts_with("_wxflow/");
    let tracking_id = call.tracking_id;
    let outcome = find(&call.request.method, path).and_then(|(route, param)| {
        call.param = call::decode_segment(param);
        if ours {
            return dispatch(route, &mut call, None);
        }
        faults.strike()?;
        dispatch(route, &mut call, Some(faults))
    });
    let mut answer = outcome.unwrap_or_else(|refusal| refusal.into_answer(tracking_id));
    if !ours {
        answer.delay += faults.latency();
    }
    answer
}

fn dispatch(route: &Route, call: &mut Call, faults: Option<&mut Faults>) -> Outcome {
    match route.handler {
        Open(handler) => handler(call),
        Signed(scopes, handler) => {
            let (token, caller) = authenticate(call)?;
            if let Some(faults) = faults {
                faults.count(token, caller, call.store, call.now)?;
            }
            call.scopes = call.store.tokens.get(token).and_then(|t| t.grant.as_ref()).map(|grant| grant.scopes.clone());
            call.require(scopes)?;
            handler(call, caller)
        }
    }
}

fn find<'p>(method: &Method, path: &'p str) -> Result<(&'static Route, &'p str), Refusal> {
    // A HEAD is a GET whose body the wire leaves out (RFC 9110 section 9.3.2).
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut allowed = Vec::new();
    for route in ROUTES {
        let Some(param) = matches(route.pattern, path) else { continue };
        if route.method == "*" || route.method == method {
            return Ok((route, param));
        }
        allowed.push(route.method);
    }
    if allowed.is_empty() {
        return Err(Refusal::not_found());
    }
    let refusal = Refusal::new(405, format!("The method {method} is not supported here."));
    Err(refusal.header(::http::header::ALLOW, allowed.join(", ")))
}

/// What stands for the pattern's `{}`, or "" where it has none.
fn matches<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    match pattern.split_once("{}") {
        None => (pattern == path).then_some(""),
        Some((before, after)) => {
            let param = path.strip_prefix(before)?.strip_suffix(after)?;
            (!param.is_empty() && !param.contains('/')).then_some(param)
        }
    }
}

/// The person behind the request's bearer token.
fn authenticate<'r>(call: &Call<'r>) -> Result<(&'r str, Caller), Refusal> {
    let value = call::header(&call.request.headers, "authorization").ok_or_else(Refusal::unauthorized)?;
    let token = bearer(value).ok_or_else(Refusal::unauthorized)?;
    Ok((token, caller_of(call.store, token, call.now).ok_or_else(Refusal::unauthorized)?))
}

fn caller_of(store: &Store, token: &str, now: jiff::Timestamp) -> Option<Caller> {
    let token = store.tokens.get(token)?;
    token.expires.is_none_or(|end| now < end).then_some(Caller { person: token.person, role: token.role })
}

/// The token after `Bearer`, in any letter case (RFC 9110 section 11.1).
pub(super) fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn routes_answer_with_and_without_the_version() {
        let lab = Lab::new();
        for path in ["/people/me", "/v1/people/me", "/v1/people/me/"] {
            assert_eq!(lab.get(path).token(&lab.person()).send().status, 200, "{path}");
        }
        for path in ["/", "/v1", "/v1/nothing", "/v2/people/me", "/rooms/a/b"] {
            let reply = lab.get(path).token(&lab.person()).send();
            assert_eq!((reply.status, reply.message()), (404, "The requested resource could not be found."), "{path}");
        }
    }

    #[test]
    fn discovery_names_routes_that_are_there() {
        let lab = Lab::new();
        let found = lab.get("/v1/.well-known/openid-configuration").send().json;
        let addresses =
            found.as_object().unwrap().iter().filter(|(key, _)| key.contains("endpoint") || *key == "jwks_uri");
        let mut paths: Vec<_> = addresses.map(|(_, url)| url.as_str().unwrap().rsplit_once("/v1").unwrap()).collect();
        paths.sort_unstable();
        let origin = found["issuer"].as_str().unwrap().strip_suffix("/v1").unwrap();
        assert!(paths.iter().all(|(before, _)| *before == origin), "{found}");
        let paths: Vec<_> = paths.into_iter().map(|(_, path)| path).collect();
        assert_eq!(paths, ["/access_token", "/authorize", "/device/authorize", "/userinfo", "/verification"]);
        for path in paths {
            assert_ne!(lab.get(path).send().status, 404, "{path}");
        }
        assert_eq!(lab.get("/v1/verification").send().json, serde_json::json!({"keys": []}));
    }

    #[test]
    fn a_callers_tracking_id_is_repeated() {
        let lab = Lab::new();
        let reply = lab.get("/rooms/x").header("TrackingID", "MINE_1").token(&lab.person()).send();
        assert_eq!((reply.header("trackingid"), reply.json["trackingId"].as_str()), (Some("MINE_1"), Some("MINE_1")));
        let (one, other) = (lab.get("/rooms").send(), lab.get("/rooms").send());
        assert!(one.header("trackingid").unwrap().starts_with("ROUTERGW_"));
        assert_ne!(one.header("trackingid"), other.header("trackingid"));
    }

    #[test]
    fn a_granted_token_does_what_its_scopes_say() {
        let lab = Lab::new();
        let (id, secret) = (lab.variable("WEBEX_CLIENT_ID"), lab.variable("WEBEX_CLIENT_SECRET"));
        let form = "grant_type=client_credentials&scope=spark:rooms_read%20spark:people_read";
        let form = format!("{form}&client_id={id}&client_secret={secret}");
        let token = lab.post("/access_token").body(&form).send().json["access_token"].as_str().unwrap().to_owned();
        assert_eq!(lab.get("/rooms").token(&token).send().status, 200);
        let body = serde_json::json!({"title": "x"});
        let refused = lab.post("/rooms").token(&token).json(&body).send();
        assert_eq!(refused.status, 403);
        assert!(refused.message().contains("the access token is missing required scopes"), "{}", refused.message());
        assert_eq!(lab.get("/people").token(&token).send().status, 400);
        assert_eq!(lab.get("/memberships").token(&token).send().status, 403);
    }

    #[test]
    fn only_a_bearer_token_counts() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
