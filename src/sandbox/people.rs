//! `/people`: who a token belongs to, and finding others.

use serde_json::json;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::ids;
use super::page::{self, Limits};
use super::store::{Person, PersonKind, Role, date};
use crate::value::Value;

/// At most this many ids may be asked for at once.
const MOST_IDS: usize = 85;

/// `GET /people/me`.
pub(super) fn me(call: &mut Call, caller: Caller) -> Outcome {
    Ok(Answer::json(&shown(call.store.person(caller.person)?, caller)))
}

/// `GET /people/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    let uuid = ids::uuid("PEOPLE", &call.param).ok_or_else(Refusal::not_found)?;
    Ok(Answer::json(&shown(call.store.person(uuid)?, caller)))
}

/// `GET /people` by `email`, by the start of `displayName`, or by `id`s. Only an admin may list everyone.
pub(super) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let (email, name, wanted) = (call.query("email"), call.query("displayName"), call.query("id"));
    if email.is_none() && name.is_none() && wanted.is_none() && caller.role != Role::Admin {
        return Err(Refusal::bad_request("Email, displayName, or id list should be specified."));
    }
    let wanted: Option<Vec<&str>> = wanted.as_deref().map(|ids| ids.split(',').map(str::trim).collect());
    if wanted.as_ref().is_some_and(|ids| ids.len() > MOST_IDS) {
        return Err(Refusal::bad_request(format!("At most {MOST_IDS} ids may be listed.")));
    }
    let uuids: Option<Vec<_>> = wanted.as_ref().map(|ids| ids.iter().map(|id| ids::uuid("PEOPLE", id)).collect());
    let name = name.map(|n| n.to_lowercase());
    let org =
        call.query("orgId").map(|id| ids::uuid("ORGANIZATION", &id).ok_or_else(Refusal::not_found)).transpose()?;
    let roles = call.query("roles");
    let has_role = |person: &Person| {
        let own = person.is_admin.then(|| ids::encode("ROLE", "id_full_admin"));
        roles.as_ref().is_none_or(|roles| own.is_some_and(|own| roles.split(',').any(|role| role.trim() == own)))
    };
    let matches = |person: &&Person| {
        uuids.as_ref().is_none_or(|uuids| uuids.contains(&Some(person.uuid)))
            && email.as_ref().is_none_or(|email| person.email.eq_ignore_ascii_case(email))
            && name.as_ref().is_none_or(|name| person.display_name.to_lowercase().starts_with(name))
            && org.is_none_or(|org| person.org == org)
            && has_role(person)
    };
    let mut rows: Vec<&Person> = call.store.people.values().filter(matches).collect();
    rows.sort_by_key(|person| person.seq);
    let missing: Option<Vec<&str>> = wanted.zip(uuids.as_ref()).map(|(wanted, uuids)| {
        let unknown = |uuid: &Option<uuid::Uuid>| uuid.is_none_or(|u| !call.store.people.contains_key(&u));
        wanted.into_iter().zip(uuids).filter(|(_, uuid)| unknown(uuid)).map(|(id, _)| id).collect()
    });
    let not_found = json!(missing.filter(|ids| !ids.is_empty()));
    let limits = Limits { default: 100, cap: 1000 };
    page::page_with(call, &rows, limits, |p| p.seq, |p| shown(p, caller), &[("notFoundIds", not_found)])
}

/// A person as `caller` sees them. Invitation and login states are booleans here, as the live service has them;
/// its specification says text.
pub(super) fn shown(person: &Person, caller: Caller) -> Value {
    let kind = match person.kind {
        PersonKind::Person => "person",
        PersonKind::Bot => "bot",
        PersonKind::AppUser => "appuser",
    };
    let mut fields = json!({
        "id": person.id(),
        "emails": [person.email],
        "displayName": person.display_name,
        "avatar": format!("https://avatar.example.com/{}", person.uuid),
        "orgId": ids::encode("ORGANIZATION", person.org),
        "created": date(person.created),
        "type": kind,
    });
    if person.kind == PersonKind::Person {
        let (first, last) = person.display_name.split_once(' ').unwrap_or((&person.display_name, ""));
        let more = json!({
            "phoneNumbers": [],
            "nickName": first,
            "firstName": first,
            "lastName": last,
            "lastModified": date(person.created),
            "timezone": "Etc/UTC",
            "lastActivity": date(person.created),
            "status": "active",
            "invitePending": false,
            "loginEnabled": true,
        });
        extend(&mut fields, more);
        if caller.role == Role::Admin {
            let roles: Vec<String> =
                person.is_admin.then(|| ids::encode("ROLE", "id_full_admin")).into_iter().collect();
            extend(&mut fields, json!({"roles": roles, "licenses": []}));
        }
    }
    fields
}

fn extend(fields: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (fields, more) {
        fields.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn me_is_the_tokens_owner() {
        let lab = Lab::new();
        let me = lab.get("/v1/people/me").token(&lab.person()).send();
        assert_eq!(
            (me.status, &me.json["type"], &me.json["displayName"]),
            (200, &json!("person"), &json!("Ada Example"))
        );
        assert_eq!(me.json["created"], "2030-01-01T00:00:00.000Z");
        assert!(me.json.get("roles").is_none());
        let bot = lab.get("/people/me").token(&lab.variable("WEBEX_BOT_TOKEN")).send();
        assert_eq!(bot.json["type"], "bot");
        let admin = lab.get("/people/me").token(&lab.variable("WEBEX_ADMIN_TOKEN")).send();
        assert_eq!(admin.json["roles"], json!([ids::encode("ROLE", "id_full_admin")]));
        let same = lab.get(&format!("/people/{}", me.json["id"].as_str().unwrap())).token(&lab.person()).send();
        assert_eq!(same.json, me.json);
    }

    #[test]
    fn without_a_valid_token_it_is_401_in_webexs_words() {
        let lab = Lab::new();
        for reply in [lab.get("/people/me").send(), lab.get("/people/me").token("wrong").send()] {
            assert_eq!(reply.status, 401);
            let text = "The request requires a valid access token set in the Authorization request header.";
            assert_eq!(reply.message(), text);
            assert_eq!(reply.json["errors"], json!([{"description": text}]));
            assert_eq!(reply.json["trackingId"], json!(reply.header("trackingid")));
        }
    }

    #[test]
    fn a_list_needs_a_filter_but_for_admins() {
        let lab = Lab::new();
        let reply = lab.get("/people").token(&lab.person()).send();
        assert_eq!((reply.status, reply.message()), (400, "Email, displayName, or id list should be specified."));
        let all = lab.get("/people?max=3").token(&lab.variable("WEBEX_ADMIN_TOKEN")).send();
        assert_eq!(all.items(), 3);
        let admins = format!("/people?roles={}", ids::encode("ROLE", "id_full_admin"));
        assert_eq!(lab.get(&admins).token(&lab.variable("WEBEX_ADMIN_TOKEN")).send().items(), 1);
        let guests = format!("/people?orgId={}", lab.variable("WEBEX_GUEST_ISSUER"));
        assert_eq!(lab.get(&guests).token(&lab.variable("WEBEX_ADMIN_TOKEN")).send().items(), 0);
        let found = lab.get("/people?email=ADA.example@sandbox.example.com").token(&lab.person()).send();
        assert_eq!((found.items(), &found.json["notFoundIds"]), (1, &Value::Null));
        assert_eq!(lab.get("/people?displayName=chloé").token(&lab.person()).send().items(), 1);
        let id = found.json["items"][0]["id"].as_str().unwrap();
        let mixed = lab.get(&format!("/people?id={id},nobody")).token(&lab.person()).send();
        assert_eq!((mixed.items(), &mixed.json["notFoundIds"]), (1, &json!(["nobody"])));
        assert_eq!(lab.get("/people/nobody").token(&lab.person()).send().status, 404);
    }
}
