//! `/rooms`: spaces. To a person who is not in it a room does not exist.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller, Fields};
use super::store::{Room, Store, date};
use super::{events, ids, memberships, page, teams};
use crate::value::Value;

/// `POST /rooms`. Whoever creates a room is in it, and moderates it where it is locked.
pub(super) fn create(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let title = body.required("title")?.to_owned();
    let is_locked = body.flag("isLocked")?.unwrap_or(false);
    let is_public = body.flag("isPublic")?.unwrap_or(false);
    let only_announces = body.flag("isAnnouncementOnly")?.unwrap_or(false);
    let text = |name| body.text(name).map(|t| t.map(str::to_owned));
    let (seq, uuid) = (call.store.next_seq(), call.store.generator.uuid());
    let room = Room {
        seq,
        uuid,
        title,
        is_direct: false,
        is_locked,
        is_public,
        is_announcement_only: only_announces,
        team_id: team(call, caller, &body)?,
        classification_id: text("classificationId")?,
        description: text("description")?,
        creator: caller.person,
        created: call.now,
        made_public: is_public.then_some(call.now),
        last_activity: call.now,
        members: Vec::new(),
        messages: Vec::new(),
    };
    call.store.rooms.insert(uuid, room);
    // Somebody must be able to speak in an announcement-only room.
    call.store.join(uuid, caller.person, is_locked || only_announces, call.now);
    announce(call, caller, uuid, "created");
    memberships::announce(call, caller, uuid, caller.person, "created");
    shown_by_id(call, caller, &ids::encode("ROOM", uuid))
}

/// The team that a body names, where the caller is in it.
fn team(call: &Call, caller: Caller, body: &Fields) -> Result<Option<String>, Refusal> {
    let id = body.text("teamId")?;
    id.map(|id| teams::team_of(call.store, caller.person, id).map(|_| id.to_owned())).transpose()
}

/// `GET /rooms`: those the caller is in. Without `sortBy` the latest activity comes first.
pub(super) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let (team, kind) = (call.query("teamId"), call.query("type"));
    if kind.as_ref().is_some_and(|k| k != "direct" && k != "group") {
        return Err(Refusal::bad_request("type must be direct or group"));
    }
    // Public spaces of the organization are listed for everyone in it, by when they were made public.
    let public = call.query("orgPublicSpaces").as_deref() == Some("true");
    let time = |name| {
        let parse = |text: String| text.parse::<Timestamp>();
        let wrong = |_| Refusal::bad_request(format!("{name} must be a date and time like 2030-01-01T00:00:00.000Z"));
        call.query(name).map(parse).transpose().map_err(wrong)
    };
    let (from, to) = (time("from")?, time("to")?);
    if !public && (from.is_some() || to.is_some()) {
        return Err(Refusal::bad_request("from and to need orgPublicSpaces=true"));
    }
    let org_of = |person| call.store.people.get(&person).map(|person| person.org);
    let org = org_of(caller.person);
    let made_public = |room: &Room| {
        room.is_public
            && org_of(room.creator) == org
            && room
                .made_public
                .is_some_and(|then| from.is_none_or(|from| then >= from) && to.is_none_or(|to| then < to))
    };
    let matches = |room: &&Room| {
        (if public { made_public(room) } else { room.member(caller.person).is_some() })
            && team.as_ref().is_none_or(|team| room.team_id.as_ref() == Some(team))
            && kind.as_ref().is_none_or(|kind| room.kind() == kind)
    };
    let mut rows: Vec<&Room> = call.store.rooms.values().filter(matches).collect();
    match call.query("sortBy").as_deref() {
        Some("id") => rows.sort_by_key(|room| room.id()),
        Some("created") => rows.sort_by_key(|room| Reverse(room.seq)),
        None | Some("lastactivity") => rows.sort_by_key(|room| Reverse((room.last_activity, room.seq))),
        Some(_) => return Err(Refusal::bad_request("sortBy must be id, lastactivity or created")),
    }
    page::page(call, &rows, page::USUAL, |room| room.seq, |room| shown(call.store, room, caller))
}

/// `GET /rooms/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    shown_by_id(call, caller, &call.param)
}

/// `PUT /rooms/{id}`; `title` is required. In a locked room it is the moderators' to do.
pub(super) fn update(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let now = call.now;
    let team = team(call, caller, &body)?;
    let room = call.store.room_of_mut(caller.person, &call.param)?;
    if room.is_moderated() && !room.is_moderator(caller.person) {
        return Err(Refusal::forbidden("Only a moderator may change a moderated room."));
    }
    if room.is_direct {
        return Err(Refusal::bad_request("A direct room cannot be changed."));
    }
    let title = body.required("title")?.to_owned();
    let (locked, public) = (body.flag("isLocked")?, body.flag("isPublic")?);
    let announcement_only = body.flag("isAnnouncementOnly")?;
    let text = |name| body.text(name).map(|t| t.map(str::to_owned));
    let (classification, description) = (text("classificationId")?, text("description")?);
    room.title = title;
    room.team_id = team.or(room.team_id.take());
    room.classification_id = classification.or(room.classification_id.take());
    room.description = description.or(room.description.take());
    room.is_announcement_only = announcement_only.unwrap_or(room.is_announcement_only);
    if let Some(public) = public {
        room.made_public = public.then_some(room.made_public.unwrap_or(now));
        room.is_public = public;
    }
    if let Some(locked) = locked {
        room.is_locked = locked;
    }
    let moderated = room.is_locked || room.is_announcement_only;
    let changed = locked.is_some() || announcement_only.is_some();
    for member in room.members.iter_mut().filter(|_| changed) {
        // Who makes a room moderated moderates it; a room that is not has no moderators.
        member.is_moderator = moderated && (member.is_moderator || member.person == caller.person);
    }
    let uuid = room.uuid;
    announce(call, caller, uuid, "updated");
    shown_by_id(call, caller, &call.param)
}

/// Tells everyone in the room what became of it.
pub(super) fn announce(call: &mut Call, caller: Caller, room: Uuid, event: &'static str) {
    let Some(room) = call.store.rooms.get(&room) else { return };
    let (audience, data) = (room.people(), shown(call.store, room, caller));
    events::announce(call, caller.person, ("rooms", event), &audience, data);
}

/// `DELETE /rooms/{id}`. Who does not moderate a moderated room only leaves it.
pub(super) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let room = call.store.room_of(caller.person, &call.param)?;
    if room.is_direct {
        return Err(Refusal::bad_request("A direct room cannot be deleted."));
    }
    if room.is_moderated() && !room.is_moderator(caller.person) {
        let uuid = room.uuid;
        memberships::end(call, caller, uuid, caller.person);
        return Ok(Answer::empty(204));
    }
    let uuid = room.uuid;
    end(call, caller, uuid);
    Ok(Answer::empty(204))
}

/// Deletes a room and its messages.
pub(super) fn end(call: &mut Call, caller: Caller, room: Uuid) {
    announce(call, caller, room, "deleted");
    for message in call.store.rooms.remove(&room).into_iter().flat_map(|room| room.messages) {
        call.store.messages.remove(&message);
    }
}

fn shown_by_id(call: &Call, caller: Caller, id: &str) -> Outcome {
    Ok(Answer::json(&shown(call.store, call.store.room_of(caller.person, id)?, caller)))
}

fn shown(store: &Store, room: &Room, caller: Caller) -> Value {
    // A direct room is named after the other one in it.
    let other = room.members.iter().find(|m| m.person != caller.person).filter(|_| room.is_direct);
    let title = other.and_then(|m| store.people.get(&m.person)).map_or(room.title.as_str(), |p| &p.display_name);
    let mut fields = json!({
        "id": room.id(),
        "title": title,
        "type": room.kind(),
        "isLocked": room.is_locked,
        "lastActivity": date(room.last_activity),
        "creatorId": ids::encode("PEOPLE", room.creator),
        "created": date(room.created),
        "isAnnouncementOnly": room.is_announcement_only,
        "isReadOnly": false,
        "isPublic": room.is_public,
    });
    let optional = [
        ("teamId", room.team_id.clone()),
        ("classificationId", room.classification_id.clone()),
        ("description", room.description.clone()),
        ("madePublic", room.made_public.map(date)),
        ("ownerId", store.people.get(&room.creator).map(|p| ids::encode("ORGANIZATION", p.org))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            fields[name] = Value::String(value);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn a_room_lives_and_dies() {
        let lab = Lab::new();
        let made = lab.post("/v1/rooms").token(&lab.person()).json(&json!({"title": "Plans"})).send();
        assert_eq!((made.status, &made.json["type"], &made.json["isLocked"]), (200, &json!("group"), &json!(false)));
        assert_eq!(made.json["creatorId"], json!(lab.id_of(&lab.person())));
        let path = format!("/rooms/{}", made.id());
        let members = lab.get(&format!("/memberships?roomId={}", made.id())).token(&lab.person()).send();
        assert_eq!(members.items(), 1);
        let renamed = lab.put(&path).token(&lab.person()).json(&json!({"title": "Deeds"})).send();
        assert_eq!(renamed.json["title"], "Deeds");
        assert_eq!(lab.get(&path).token(&lab.person()).send().json, renamed.json);
        let gone = lab.delete(&path).token(&lab.person()).send();
        assert_eq!((gone.status, gone.answer.body.len()), (204, 0));
        assert_eq!(lab.get(&path).token(&lab.person()).send().status, 404);
    }

    #[test]
    fn a_room_is_hidden_from_strangers() {
        let lab = Lab::new();
        let path = format!("/rooms/{}", lab.room("Private"));
        let bot = lab.variable("WEBEX_BOT_TOKEN");
        for reply in [
            lab.get(&path).token(&bot).send(),
            lab.put(&path).token(&bot).json(&json!({"title": "x"})).send(),
            lab.delete(&path).token(&bot).send(),
        ] {
            assert_eq!((reply.status, reply.message()), (404, "The requested resource could not be found."));
        }
        assert_eq!(lab.get("/rooms").token(&bot).send().items(), 0);
    }

    #[test]
    fn public_rooms_are_listed_for_the_whole_organization() {
        let lab = Lab::new();
        let make = |title: &str, public| {
            let body = json!({"title": title, "isPublic": public});
            lab.post("/rooms").token(&lab.person()).json(&body).send()
        };
        make("Hidden", false);
        make("Early", true);
        lab.advance(60);
        make("Late", true);
        let list = |query: &str| lab.get(&format!("/rooms?{query}")).token(&lab.variable("WEBEX_BOT_TOKEN")).send();
        assert_eq!(list("orgPublicSpaces=true").items(), 2);
        assert_eq!(list("orgPublicSpaces=true&from=2030-01-01T00:00:30Z").items(), 1);
        let early = list("orgPublicSpaces=true&to=2030-01-01T00:00:30Z");
        assert_eq!(early.json["items"][0]["title"], "Early");
        assert_eq!(list("").items(), 0);
        let body = json!({"subject": "s", "displayName": "n"});
        let guest = lab.post("/guests/token").token(&lab.variable("WEBEX_SERVICE_APP_TOKEN")).json(&body).send();
        let guest = guest.json["accessToken"].as_str().unwrap();
        assert_eq!(
            lab.get("/rooms?orgPublicSpaces=true").token(guest).send().items(),
            2,
            "a guest of the organization"
        );
        assert_eq!((list("from=2030-01-01T00:00:30Z").status, list("orgPublicSpaces=true&to=x").status), (400, 400));
    }

    #[test]
    fn wrong_bodies_are_told() {
        let lab = Lab::new();
        let post = |body: &str| {
            lab.post("/rooms").token(&lab.person()).header("content-type", "application/json").body(body).send()
        };
        assert_eq!(post("{}").message(), "title cannot be null");
        assert_eq!(post("{\"title\": 5}").message(), "title must be a string");
        let broken = post("title=x");
        assert_eq!(broken.status, 400);
        assert_eq!(broken.message(), "The request could not be understood by the server due to malformed syntax.");
        let form = lab.post("/rooms").token(&lab.person()).header("content-type", "text/plain").body("{}").send();
        assert_eq!(form.status, 415);
        let method = lab.request("PATCH", "/rooms").token(&lab.person()).send();
        assert_eq!((method.status, method.header("allow")), (405, Some("POST, GET")));
    }

    #[test]
    fn pages_are_linked_and_survive_a_deletion() {
        let lab = Lab::new();
        let ids: Vec<_> = (0..5).map(|n| lab.room(&format!("Room {n}"))).collect();
        let first = lab.get("/v1/rooms?type=group&max=2&sortBy=created").token(&lab.person()).send();
        let titles = |reply: &super::super::testing::Reply| -> Vec<String> {
            let items = reply.json["items"].as_array().unwrap();
            items.iter().map(|i| i["title"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(titles(&first), ["Room 4", "Room 3"]);
        let next = first.next().unwrap();
        assert!(next.starts_with("http://127.0.0.1:4000/v1/rooms?type=group&max=2&sortBy=created&cursor="), "{next}");
        lab.delete(&format!("/rooms/{}", ids[4])).token(&lab.person()).send();
        let second = lab.get(next).token(&lab.person()).send();
        assert_eq!(titles(&second), ["Room 2", "Room 1"]);
        let last = lab.get(second.next().unwrap()).token(&lab.person()).send();
        assert_eq!((titles(&last), last.next()), (vec!["Room 0".to_owned()], None));
        assert_eq!(lab.get("/rooms?max=0").token(&lab.person()).send().status, 400);
        assert_eq!(lab.get("/rooms?cursor=x").token(&lab.person()).send().status, 400);
        assert_eq!(lab.get("/rooms?max=99999").token(&lab.person()).send().items(), 4);
    }

    #[test]
    fn who_does_not_moderate_a_locked_room_can_only_leave_it() {
        let lab = Lab::new();
        let bot = lab.variable("WEBEX_BOT_TOKEN");
        let body = json!({"title": "Locked", "isLocked": true});
        let room = lab.post("/rooms").token(&lab.person()).json(&body).send().id();
        let add = json!({"roomId": room, "personId": lab.id_of(&bot)});
        assert_eq!(lab.post("/memberships").token(&lab.person()).json(&add).send().status, 200);
        let path = format!("/rooms/{room}");
        assert_eq!(lab.put(&path).token(&bot).json(&json!({"title": "x"})).send().status, 403);
        assert_eq!(lab.delete(&path).token(&bot).send().status, 204);
        assert_eq!(lab.get(&path).token(&bot).send().status, 404);
        assert_eq!(lab.get(&path).token(&lab.person()).send().status, 200);
    }

    #[test]
    fn only_moderators_speak_in_an_announcement_only_room() {
        let lab = Lab::new();
        let (me, bot) = (lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        let room = lab.room("News");
        lab.post("/memberships").token(&me).json(&json!({"roomId": room, "personId": lab.id_of(&bot)})).send();
        let say =
            |token: &str| lab.post("/messages").token(token).json(&json!({"roomId": room, "text": "x"})).send().status;
        let set = |token: &str, only: bool| {
            let body = json!({"title": "News", "isAnnouncementOnly": only});
            lab.put(&format!("/rooms/{room}")).token(token).json(&body).send().status
        };
        assert_eq!((say(&bot), set(&me, true)), (200, 200));
        assert_eq!((say(&bot), say(&me), set(&bot, false)), (403, 200, 403));
        assert_eq!((set(&me, false), say(&bot)), (200, 200));
    }
}
