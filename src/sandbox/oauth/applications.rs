//! `POST /applications/{id}/token`: the tokens of a Service App that an administrator has authorized.

use super::super::answer::{Outcome, Refusal};
use super::super::call::{self, Call, Caller};
use super::super::ids;
use super::super::scope::Scopes;
use super::super::store::Role;
use super::token::reply;
use super::{Grant, issue};
use crate::value::Value;

/// JSON, or the same fields as a form: both are in use.
pub(in crate::sandbox) fn token(call: &mut Call, _: Caller) -> Outcome {
    if ids::decode("APPLICATION", &call.param).as_deref() != Some(call.fixtures.client_id.as_str()) {
        return Err(Refusal::not_found());
    }
    let (id, secret, org) = (field(call, "clientId")?, field(call, "clientSecret")?, field(call, "targetOrgId")?);
    if id != call.fixtures.client_id || secret != call.fixtures.client_secret {
        return Err(Refusal::bad_request("Invalid client credentials"));
    }
    if ids::uuid("ORGANIZATION", &org) != Some(call.fixtures.org) {
        return Err(Refusal::bad_request("The application is not authorized in the target organization."));
    }
    let scopes = Scopes::service_app();
    let grant = Grant::new(call.store, call.fixtures.service_app, Role::ServiceApp, scopes, call.now);
    let mut tokens = issue(call, &grant);
    // The documented reply has no scope.
    if let Value::Object(members) = &mut tokens {
        members.shift_remove("scope");
    }
    Ok(reply(tokens))
}

fn field(call: &Call, name: &str) -> Result<String, Refusal> {
    let kind = call::header(&call.request.headers, "content-type").unwrap_or_default();
    let value = if kind.starts_with("application/x-www-form-urlencoded") {
        call.form()?.get(name).map(str::to_owned)
    } else {
        call.body()?.text(name)?.map(str::to_owned)
    };
    value.ok_or_else(|| Refusal::bad_request(format!("{name} is required")))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Lab;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_app_gets_its_tokens() {
        let lab = Lab::new();
        let (id, secret) = (lab.variable("WEBEX_CLIENT_ID"), lab.variable("WEBEX_CLIENT_SECRET"));
        let org = lab.get("/people/me").token(&lab.person()).send().json["orgId"].clone();
        let path = format!("/v1/applications/{}/token", ids::encode("APPLICATION", &id));
        let mut body = json!({"clientId": id, "clientSecret": secret, "targetOrgId": org});
        let made = lab.post(&path).token(&lab.person()).json(&body).send();
        assert_eq!((made.status, made.json.get("scope")), (200, None));
        let token = made.json["access_token"].as_str().unwrap();
        assert_eq!(lab.get("/guests/count").token(token).send().status, 200);
        let form = format!("clientId={id}&clientSecret={secret}&targetOrgId={}", org.as_str().unwrap());
        let form = lab.post(&path).token(&lab.person()).body(&form);
        assert_eq!(form.header("content-type", "application/x-www-form-urlencoded").send().status, 200);
        body["clientSecret"] = json!("wrong");
        let wrong = lab.post(&path).token(&lab.person()).json(&body).send();
        assert_eq!((wrong.status, wrong.message()), (400, "Invalid client credentials"));
        body["clientSecret"] = Value::Null;
        assert_eq!(lab.post(&path).token(&lab.person()).json(&body).send().message(), "clientSecret is required");
        assert_eq!(lab.post("/applications/x/token").token(&lab.person()).json(&body).send().status, 404);
    }
}
