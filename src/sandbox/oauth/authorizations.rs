//! `/authorizations`: what was granted, when it ends, and its end.

use serde_json::json;
use uuid::Uuid;

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::call::{self, Call, Caller};
use super::super::store::{Role, date};
use super::super::{ids, routes};
use super::Grant;
use crate::value::Value;

/// What `exp` is for a token without an end: that of the last millisecond of the year 9999.
const NEVER: i64 = 253_402_300_799_999;

/// `GET /authorizations`: of the caller, or for an administrator of `personId` or `personEmail`.
pub(in crate::sandbox) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let person = match (call.query("personId"), call.query("personEmail")) {
        (Some(id), _) => ids::uuid("PEOPLE", &id),
        (None, Some(email)) => call.store.person_by_email(&email).map(|p| p.uuid),
        (None, None) => Some(caller.person),
    };
    let person = person.ok_or_else(Refusal::not_found)?;
    may(call, caller, person, "identity:tokens_read")?;
    let mut rows: Vec<(&Grant, &str)> = grants(call).filter(|(grant, _)| grant.person == person).collect();
    rows.sort_by_key(|(grant, _)| grant.seq);
    let items: Vec<Value> = rows.into_iter().map(|(grant, kind)| shown(call, grant, kind)).collect();
    Ok(Answer::json(&json!({"items": items})))
}

/// Of oneself without more; of others only as an administrator with the scope. What Webex asks of a person who
/// looks at their own is not documented.
fn may(call: &Call, caller: Caller, person: Uuid, scope: &str) -> Result<(), Refusal> {
    if person == caller.person {
        return Ok(());
    }
    if caller.role != Role::Admin {
        return Err(Refusal::missing_scope());
    }
    call.require(scope)
}

fn grants<'a>(call: &'a Call) -> impl Iterator<Item = (&'a Grant, &'static str)> {
    let alive = |end: Option<jiff::Timestamp>| end.is_none_or(|end| call.now < end);
    let access = call.store.tokens.values().filter(move |token| alive(token.expires));
    let refresh = call.store.grants.refreshes.values().filter(move |entry| alive(Some(entry.expires)));
    let access = access.filter_map(|token| Some((token.grant.as_ref()?, "access")));
    access.chain(refresh.map(|entry| (&entry.grant, "refresh")))
}

fn shown(call: &Call, grant: &Grant, kind: &str) -> Value {
    json!({
        "id": ids::encode("AUTHORIZATION", grant.uuid),
        "applicationId": call.fixtures.application_id(),
        "applicationName": "Sandbox integration",
        "personId": ids::encode("PEOPLE", grant.person),
        "clientId": call.fixtures.client_id,
        "created": date(grant.created),
        "type": kind,
    })
}

/// `DELETE /authorizations/{id}`: ends that token.
pub(in crate::sandbox) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let uuid = ids::uuid("AUTHORIZATION", &call.param).ok_or_else(Refusal::not_found)?;
    let person = grants(call).find(|(grant, _)| grant.uuid == uuid).map(|(grant, _)| grant.person);
    may(call, caller, person.ok_or_else(Refusal::not_found)?, "identity:tokens_write")?;
    revoke(call, |grant| grant.uuid == uuid);
    Ok(Answer::empty(204))
}

/// `DELETE /authorizations?clientId=…`: ends all that the caller granted the client; with `orgId` all that anyone
/// there did.
pub(in crate::sandbox) fn delete_by_client(call: &mut Call, caller: Caller) -> Outcome {
    let client = call.query("clientId").ok_or_else(|| Refusal::bad_request("clientId is required"))?;
    if client != call.fixtures.client_id {
        return Err(Refusal::not_found());
    }
    match call.query("orgId") {
        None => revoke(call, |grant| grant.person == caller.person),
        Some(org) => {
            if ids::uuid("ORGANIZATION", &org) != Some(call.fixtures.org) {
                return Err(Refusal::not_found());
            }
            // Nobody's own: the nil person stands for everyone.
            may(call, caller, Uuid::nil(), "identity:tokens_write")?;
            revoke(call, |_| true);
        }
    }
    Ok(Answer::empty(204))
}

fn revoke(call: &mut Call, which: impl Fn(&Grant) -> bool) {
    call.store.tokens.retain(|_, token| !token.grant.as_ref().is_some_and(&which));
    call.store.grants.refreshes.retain(|_, entry| !which(&entry.grant));
}

/// `GET /authorizations/tokenExpiry`: the end of the token that asks, in milliseconds since 1970.
pub(in crate::sandbox) fn expiry(call: &mut Call, _: Caller) -> Outcome {
    let token = call::header(&call.request.headers, "authorization").and_then(routes::bearer);
    let token = token.and_then(|token| call.store.tokens.get(token)).ok_or_else(Refusal::unauthorized)?;
    Ok(Answer::json(&json!({"exp": token.expires.map_or(NEVER, jiff::Timestamp::as_millisecond)})))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Lab, NOW};
    use super::*;

    fn refreshed(lab: &Lab) -> String {
        let (id, secret) = (lab.variable("WEBEX_CLIENT_ID"), lab.variable("WEBEX_CLIENT_SECRET"));
        let refresh = lab.variable("WEBEX_REFRESH_TOKEN");
        let body = format!("grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={refresh}");
        lab.post("/access_token").body(&body).send().json["access_token"].as_str().unwrap().to_owned()
    }

    #[test]
    fn tokens_are_listed_and_ended_one_by_one() {
        let lab = Lab::new();
        let (token, admin) = (refreshed(&lab), lab.variable("WEBEX_ADMIN_TOKEN"));
        let list = lab.get("/v1/authorizations").token(&token).send();
        let kinds: Vec<_> = list.json["items"].as_array().unwrap().iter().map(|i| i["type"].clone()).collect();
        assert_eq!(kinds, ["refresh", "access"]);
        let of_ada = lab.get("/authorizations?personEmail=ada.example@sandbox.example.com").token(&admin).send();
        assert_eq!(of_ada.json, list.json);
        assert_eq!(lab.get("/authorizations?personEmail=admin@sandbox.example.com").token(&token).send().status, 403);
        let path = format!("/authorizations/{}", list.json["items"][1]["id"].as_str().unwrap());
        assert_eq!(lab.delete(&path).token(&lab.variable("WEBEX_BOT_TOKEN")).send().status, 403);
        assert_eq!(lab.delete(&path).token(&admin).send().status, 204);
        assert_eq!(lab.delete(&path).token(&admin).send().status, 404);
        assert_eq!(lab.get("/people/me").token(&token).send().status, 401);
    }

    #[test]
    fn a_client_loses_all_at_once() {
        let lab = Lab::new();
        let token = refreshed(&lab);
        let path = format!("/authorizations?clientId={}", lab.variable("WEBEX_CLIENT_ID"));
        assert_eq!(lab.delete("/authorizations").token(&token).send().status, 400);
        assert_eq!(lab.delete("/authorizations?clientId=x").token(&token).send().status, 404);
        // Somebody else's are not touched.
        assert_eq!(lab.delete(&path).token(&lab.variable("WEBEX_BOT_TOKEN")).send().status, 204);
        assert_eq!(lab.get("/people/me").token(&token).send().status, 200);
        assert_eq!(lab.delete(&path).token(&token).send().status, 204);
        assert_eq!(lab.get("/people/me").token(&token).send().status, 401);
        assert_eq!(lab.get("/authorizations").token(&lab.person()).send().items(), 0);
    }

    #[test]
    fn a_token_tells_its_end_and_its_owner() {
        let lab = Lab::new();
        let end = |token: &str| lab.get("/authorizations/tokenExpiry").token(token).send().json["exp"].clone();
        assert_eq!(end(&refreshed(&lab)), json!((NOW + 1_209_600) * 1000));
        assert_eq!(end(&lab.variable("WEBEX_BOT_TOKEN")), json!(NEVER));
        assert_eq!(lab.get("/userinfo").token(&lab.person()).send().json["name"], "Ada Example");
        assert_eq!(lab.get("/userinfo").token(&refreshed(&lab)).send().status, 403);
    }
}
