//! `POST`, `PUT` and `DELETE /people`: accounts of the organization, an administrator's work.

use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller, Fields};
use super::store::{PersonKind, Store};
use super::{ids, people, teams};
use crate::value::Value;

/// `POST /people`: `emails` with one address, and a name. The real service sends an invitation; this one does not.
pub(super) fn create(call: &mut Call, caller: Caller) -> Outcome {
    caller.must_administer()?;
    let body = call.body()?;
    let email = email(&body)?;
    if call.store.person_by_email(&email).is_some() {
        return Err(Refusal::new(409, "A person with this email address exists already."));
    }
    let name = name(&body)?.unwrap_or_else(|| email.clone());
    let made = call.store.add_person(PersonKind::Person, email, &name, call.fixtures.org, call.now);
    answer(call, caller, made)
}

/// `PUT /people/{id}`: the whole of it again; `displayName` is required.
pub(super) fn update(call: &mut Call, caller: Caller) -> Outcome {
    let uuid = find(call, caller)?;
    let body = call.body()?;
    let name = body.required("displayName")?.to_owned();
    if let Some(person) = call.store.people.get_mut(&uuid) {
        person.display_name = name;
    }
    answer(call, caller, uuid)
}

/// `DELETE /people/{id}`: with the account go its tokens, its webhooks and its places in spaces and teams.
pub(super) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let uuid = find(call, caller)?;
    if uuid == caller.person {
        return Err(Refusal::bad_request("An administrator cannot delete their own account."));
    }
    forget(call.store, uuid);
    Ok(Answer::empty(204))
}

fn forget(store: &mut Store, person: Uuid) {
    store.remove_person(person);
    store.tokens.retain(|_, token| token.person != person);
    store.grants.forget(person);
    store.webhooks.retain(|_, webhook| webhook.owner != person);
    store.rooms.values_mut().for_each(|room| room.members.retain(|member| member.person != person));
    teams::forget(store, person);
}

fn find(call: &Call, caller: Caller) -> Result<Uuid, Refusal> {
    caller.must_administer()?;
    let uuid = ids::uuid("PEOPLE", &call.param).ok_or_else(Refusal::not_found)?;
    let person = call.store.person(uuid)?;
    // Bots and guests are no accounts of the organization.
    if person.kind == PersonKind::Person { Ok(uuid) } else { Err(Refusal::not_found()) }
}

fn answer(call: &Call, caller: Caller, uuid: Uuid) -> Outcome {
    Ok(Answer::json(&people::shown(call.store.person(uuid)?, caller)))
}

fn email(body: &Fields) -> Result<String, Refusal> {
    let emails = body.get("emails").and_then(Value::as_array).map(Vec::as_slice);
    match emails {
        Some([Value::String(email)]) if email.contains('@') => Ok(email.clone()),
        Some([_]) => Err(Refusal::bad_request("emails must hold an email address")),
        _ => Err(Refusal::bad_request("emails must be a list of one email address")),
    }
}

/// `displayName`, else what `firstName` and `lastName` make.
fn name(body: &Fields) -> Result<Option<String>, Refusal> {
    if let Some(name) = body.text("displayName")?.filter(|name| !name.trim().is_empty()) {
        return Ok(Some(name.to_owned()));
    }
    let parts: Vec<&str> = [body.text("firstName")?, body.text("lastName")?].into_iter().flatten().collect();
    Ok((!parts.is_empty()).then(|| parts.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use serde_json::json;

    #[test]
    fn an_administrator_makes_renames_and_deletes_a_person() {
        let lab = Lab::new();
        let admin = lab.variable("WEBEX_ADMIN_TOKEN");
        let body = json!({"emails": ["eve@sandbox.example.com"], "firstName": "Eve", "lastName": "Example"});
        let made = lab.post("/v1/people").token(&admin).json(&body).send();
        assert_eq!((made.status, &made.json["displayName"]), (200, &json!("Eve Example")));
        assert_eq!(lab.post("/people").token(&admin).json(&body).send().status, 409);
        let path = format!("/people/{}", made.id());
        assert_eq!(lab.put(&path).token(&admin).json(&json!({})).send().message(), "displayName cannot be null");
        let renamed = lab.put(&path).token(&admin).json(&json!({"displayName": "Eva"})).send();
        assert_eq!(renamed.json["displayName"], "Eva");

        let room = lab.room("Talk");
        let member = json!({"roomId": room, "personId": made.id()});
        assert_eq!(lab.post("/memberships").token(&lab.person()).json(&member).send().status, 200);
        assert_eq!(lab.delete(&path).token(&admin).send().status, 204);
        assert_eq!(lab.get(&path).token(&admin).send().status, 404);
        let members = lab.get(&format!("/memberships?roomId={room}")).token(&lab.person()).send();
        assert_eq!(members.items(), 1);
        assert_eq!(lab.post("/people").token(&admin).json(&body).send().status, 200, "the address is free again");
    }

    #[test]
    fn accounts_are_for_administrators() {
        let lab = Lab::new();
        let (admin, person) = (lab.variable("WEBEX_ADMIN_TOKEN"), lab.person());
        let body = json!({"emails": ["eve@sandbox.example.com"], "displayName": "Eve"});
        assert_eq!(lab.post("/people").token(&person).json(&body).send().status, 403);
        for wrong in [json!({"displayName": "x"}), json!({"emails": []}), json!({"emails": ["nobody"]})] {
            assert_eq!(lab.post("/people").token(&admin).json(&wrong).send().status, 400, "{wrong}");
        }
        let me = format!("/people/{}", lab.id_of(&admin));
        assert_eq!(lab.delete(&me).token(&admin).send().status, 400);
        let bot = format!("/people/{}", lab.id_of(&lab.variable("WEBEX_BOT_TOKEN")));
        assert_eq!(lab.delete(&bot).token(&admin).send().status, 404);
        // A deleted person's token is dead.
        let ada = format!("/people/{}", lab.id_of(&person));
        assert_eq!(lab.delete(&ada).token(&admin).send().status, 204);
        assert_eq!(lab.get("/people/me").token(&person).send().status, 401);
    }
}
