//! `/memberships`: who is in a room.

use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller, Fields};
use super::store::{Membership, Person, PersonKind, Room, Store, date};
use super::{events, ids, page};
use crate::value::Value;

/// `POST /memberships`. The texts are those that public emulators recorded from the real service.
pub(super) fn create(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let room_id = body.required("roomId")?;
    let moderates = body.flag("isModerator")?.unwrap_or(false);
    let person = invited(call.store, &body)?.uuid;
    let room =
        ids::uuid("ROOM", room_id).and_then(|uuid| call.store.rooms.get(&uuid)).ok_or_else(Refusal::not_found)?;
    if room.member(caller.person).is_none() {
        return Err(Refusal::new(502, "Add participant failed."));
    }
    if room.member(person).is_some() {
        return Err(Refusal::new(409, "User is already a participant in the room."));
    }
    if room.is_direct {
        return Err(Refusal::bad_request("A direct room cannot have more participants."));
    }
    moderators_only(room, caller)?;
    let room = room.uuid;
    call.store.join(room, person, moderates, call.now);
    announce(call, caller, room, person, "created");
    answer(call.store, room, person)
}

/// The person a body names by `personId`, or by `personEmail`; guests can be invited by id only.
pub(super) fn invited<'a>(store: &'a Store, body: &Fields) -> Result<&'a Person, Refusal> {
    if let Some(id) = body.text("personId")? {
        return ids::uuid("PEOPLE", id)
            .and_then(|uuid| store.people.get(&uuid))
            .ok_or_else(|| Refusal::bad_request("Expect base64 ID or UUID."));
    }
    let email = body
        .text("personEmail")?
        .ok_or_else(|| Refusal::bad_request("Must specify either personId or personEmail."))?;
    store
        .person_by_email(email)
        .filter(|person| person.kind != PersonKind::AppUser)
        .ok_or_else(|| Refusal::new(404, format!("{email} not found.")))
}

/// `GET /memberships`: of a room, or the caller's own.
pub(super) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let (id, email) = (call.query("personId"), call.query("personEmail"));
    let mut rows: Vec<&Membership> = match call.query("roomId") {
        Some(room) => call.store.room_of(caller.person, &room)?.members.iter().collect(),
        None if id.is_some() || email.is_some() => {
            return Err(Refusal::bad_request("roomId must be specified with personId or personEmail."));
        }
        None => call.store.rooms.values().filter_map(|room| room.member(caller.person)).collect(),
    };
    if let Some(id) = id {
        let person = ids::uuid("PEOPLE", &id);
        rows.retain(|m| Some(m.person) == person);
    }
    if let Some(email) = email {
        let person = call.store.person_by_email(&email).map(|p| p.uuid);
        rows.retain(|m| Some(m.person) == person);
    }
    rows.sort_by_key(|m| m.seq);
    page::page(call, &rows, page::USUAL, |m| m.seq, |m| shown(call.store, m))
}

/// `GET /memberships/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    let (room, person) = find(call, caller)?;
    answer(call.store, room, person)
}

/// `PUT /memberships/{id}`: `isModerator`, `isRoomHidden`.
pub(super) fn update(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let (is_moderator, is_hidden) = (body.flag("isModerator")?, body.flag("isRoomHidden")?);
    let (uuid, person) = find(call, caller)?;
    let room = call.store.rooms.get_mut(&uuid).ok_or_else(Refusal::not_found)?;
    if is_moderator.is_some() {
        moderators_only(room, caller)?;
    }
    if let Some(member) = room.members.iter_mut().find(|m| m.person == person) {
        member.is_moderator = is_moderator.unwrap_or(member.is_moderator);
        member.is_room_hidden = is_hidden.unwrap_or(member.is_room_hidden);
    }
    announce(call, caller, uuid, person, "updated");
    answer(call.store, uuid, person)
}

/// `DELETE /memberships/{id}`. One may always leave; in a locked room only moderators remove others.
pub(super) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let (uuid, person) = find(call, caller)?;
    let room = call.store.rooms.get(&uuid).ok_or_else(Refusal::not_found)?;
    if room.is_direct {
        return Err(Refusal::bad_request("Nobody can be removed from a direct room."));
    }
    if person != caller.person {
        moderators_only(room, caller)?;
    }
    end(call, caller, uuid, person);
    Ok(Answer::empty(204))
}

/// Takes a person out of a room.
pub(super) fn end(call: &mut Call, caller: Caller, room: Uuid, person: Uuid) {
    announce(call, caller, room, person, "deleted");
    if let Some(room) = call.store.rooms.get_mut(&room) {
        room.members.retain(|member| member.person != person);
    }
}

/// Tells everyone in the room what became of a membership.
pub(super) fn announce(call: &mut Call, caller: Caller, room: Uuid, person: Uuid, event: &'static str) {
    let Some(room) = call.store.rooms.get(&room) else { return };
    let Some(member) = room.member(person) else { return };
    let (audience, data) = (room.people(), shown(call.store, member));
    events::announce(call, caller.person, ("memberships", event), &audience, data);
}

fn moderators_only(room: &Room, caller: Caller) -> Result<(), Refusal> {
    if room.is_moderated() && !room.is_moderator(caller.person) {
        return Err(Refusal::forbidden("Only a moderator may change the members of a moderated room."));
    }
    Ok(())
}

/// The room and the person of the id in the path, where the caller is in that room.
fn find(call: &Call, caller: Caller) -> Result<(Uuid, Uuid), Refusal> {
    let (person, room) = ids::uuid_pair("MEMBERSHIP", &call.param).ok_or_else(Refusal::not_found)?;
    let entry =
        call.store.rooms.get(&room).filter(|r| r.member(caller.person).is_some()).ok_or_else(Refusal::not_found)?;
    entry.member(person).map(|_| (room, person)).ok_or_else(Refusal::not_found)
}

fn answer(store: &Store, room: Uuid, person: Uuid) -> Outcome {
    let member = store.rooms.get(&room).and_then(|r| r.member(person)).ok_or_else(Refusal::not_found)?;
    Ok(Answer::json(&shown(store, member)))
}

fn shown(store: &Store, member: &Membership) -> Value {
    let person = store.people.get(&member.person);
    json!({
        "id": ids::encode("MEMBERSHIP", format_args!("{}:{}", member.person, member.room)),
        "roomId": ids::encode("ROOM", member.room),
        "personId": ids::encode("PEOPLE", member.person),
        "personEmail": person.map(|p| p.email.as_str()),
        "personDisplayName": person.map(|p| p.display_name.as_str()),
        "personOrgId": person.map(|p| ids::encode("ORGANIZATION", p.org)),
        "isModerator": member.is_moderator,
        "isMonitor": member.is_moderator,
        "isRoomHidden": member.is_room_hidden,
        "roomType": store.rooms.get(&member.room).map(Room::kind),
        "created": date(member.created),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Lab, Reply};
    use super::*;

    fn add(lab: &Lab, body: &Value) -> Reply {
        lab.post("/v1/memberships").token(&lab.person()).json(body).send()
    }

    #[test]
    fn a_second_invitation_is_a_conflict() {
        let lab = Lab::new();
        let room = lab.room("Team");
        let first = add(&lab, &json!({"roomId": room, "personEmail": "BEN.example@sandbox.example.com"}));
        assert_eq!((first.status, &first.json["personDisplayName"]), (200, &json!("Ben Example")));
        let again = add(&lab, &json!({"roomId": room, "personId": first.json["personId"]}));
        assert_eq!((again.status, again.message()), (409, "User is already a participant in the room."));
        let (person, at) = ids::uuid_pair("MEMBERSHIP", &first.id()).unwrap();
        assert_eq!(first.json["personId"], json!(ids::encode("PEOPLE", person)));
        assert_eq!(first.json["roomId"], json!(ids::encode("ROOM", at)));
    }

    #[test]
    fn wrong_invitations_are_told_in_the_services_words() {
        let lab = Lab::new();
        let room = lab.room("Team");
        for (body, status, message) in [
            (json!({"personEmail": "x@y"}), 400, "roomId cannot be null"),
            (json!({"roomId": room}), 400, "Must specify either personId or personEmail."),
            (json!({"roomId": room, "personId": "?"}), 400, "Expect base64 ID or UUID."),
            (json!({"roomId": room, "personEmail": "x@y.example"}), 404, "x@y.example not found."),
            (
                json!({"roomId": "?", "personId": lab.id_of(&lab.person())}),
                404,
                "The requested resource could not be found.",
            ),
        ] {
            let reply = add(&lab, &body);
            assert_eq!((reply.status, reply.message()), (status, message));
        }
        let body = json!({"roomId": room, "personEmail": "ben.example@sandbox.example.com"});
        let stranger = lab.post("/memberships").token(&lab.variable("WEBEX_BOT_TOKEN")).json(&body).send();
        assert_eq!((stranger.status, stranger.message()), (502, "Add participant failed."));
    }

    #[test]
    fn a_membership_is_read_changed_and_ended() {
        let lab = Lab::new();
        let room = lab.room("Team");
        let bot = lab.variable("WEBEX_BOT_TOKEN");
        let made = add(&lab, &json!({"roomId": room, "personId": lab.id_of(&bot)}));
        let path = format!("/memberships/{}", made.id());
        assert_eq!(lab.get("/memberships").token(&bot).send().items(), 1);
        assert_eq!(lab.get(&path).token(&bot).send().json, made.json);
        let changed = lab.put(&path).token(&lab.person()).json(&json!({"isModerator": true})).send();
        assert_eq!(changed.json["isModerator"], true);
        let found = lab.get(&format!("/memberships?roomId={room}&personId={}", lab.id_of(&bot)));
        assert_eq!(found.token(&lab.person()).send().items(), 1);
        assert_eq!(lab.delete(&path).token(&lab.person()).send().status, 204);
        assert_eq!(lab.get(&path).token(&lab.person()).send().status, 404);
        assert_eq!(lab.get("/rooms").token(&bot).send().items(), 0);
    }

    #[test]
    fn a_person_cannot_be_sought_without_a_room() {
        let lab = Lab::new();
        let reply = lab.get("/memberships?personEmail=a@b").token(&lab.person()).send();
        assert_eq!(reply.status, 400);
    }

    #[test]
    fn guests_are_invited_by_id_only() {
        let lab = Lab::new();
        let room = lab.room("Team");
        let body = json!({"subject": "g", "displayName": "Guest"});
        let guest = lab.post("/guests/token").token(&lab.variable("WEBEX_SERVICE_APP_TOKEN")).json(&body).send();
        let by_email = add(&lab, &json!({"roomId": room, "personEmail": guest.json["email"]}));
        assert_eq!(by_email.status, 404);
        assert_eq!(add(&lab, &json!({"roomId": room, "personId": guest.json["id"]})).status, 200);
    }
}
