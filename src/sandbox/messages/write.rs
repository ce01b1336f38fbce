//! Posting, editing and deleting messages.

use uuid::Uuid;

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::call::{Call, Caller, Fields};
use super::super::store::{Message, PersonKind, Room, Store};
use super::super::{contents, ids, memberships, mention, rooms};
use super::{announce, find, shown};

/// The most bytes of `markdown`, and of `text`.
const MOST_BYTES: usize = 7439;

/// A message can be edited this often.
const MOST_EDITS: u32 = 10;

/// What a message says: what a post and an edit have in common.
struct Content {
    text: Option<String>,
    markdown: Option<String>,
    html: Option<String>,
    mentioned_people: Vec<Uuid>,
    mentions_all: bool,
}

impl Content {
    fn of(store: &Store, body: &Fields) -> Result<Self, Refusal> {
        let part = |name| body.text(name).map(|t| t.filter(|t| !t.is_empty()));
        let (text, markdown) = (part("text")?, part("markdown")?);
        for (name, value) in [("text", text), ("markdown", markdown)] {
            if value.is_some_and(|value| value.len() > MOST_BYTES) {
                return Err(Refusal::bad_request(format!("{name} is longer than {MOST_BYTES} bytes.")));
            }
        }
        let rendered = markdown.map(|markdown| mention::render(store, markdown));
        Ok(Self {
            // With both, `text` is what clients without markdown show.
            text: text.map(str::to_owned).or_else(|| rendered.as_ref().map(|r| r.text.clone())),
            markdown: markdown.map(str::to_owned),
            html: rendered.as_ref().map(|r| r.html.clone()),
            mentions_all: rendered.as_ref().is_some_and(|r| r.all),
            mentioned_people: rendered.map(|r| r.people).unwrap_or_default(),
        })
    }

    fn is_empty(&self) -> bool {
        self.text.is_none() && self.markdown.is_none()
    }
}

/// `POST /messages` to exactly one of `roomId`, `toPersonId`, `toPersonEmail`.
pub(in crate::sandbox) fn create(call: &mut Call, caller: Caller) -> Outcome {
    let (body, file) = contents::read(call)?;
    let content = Content::of(call.store, &body)?;
    let mut files = files(&body)?;
    let attachments = body.get("attachments").cloned();
    if content.is_empty() && files.is_empty() && file.is_none() && attachments.is_none() {
        return Err(Refusal::bad_request("Both text and file cannot be empty."));
    }
    let room = destination(call, caller, &body)?;
    let parent = body.text("parentId")?.map(|id| parent(call.store, room, id)).transpose()?;
    let (seq, uuid) = (call.store.next_seq(), call.store.generator.uuid());
    files.extend(file.map(|file| contents::keep(call, uuid, file)));
    let message = Message {
        seq,
        uuid,
        room,
        author: caller.person,
        parent,
        text: content.text,
        markdown: content.markdown,
        html: content.html,
        mentioned_people: content.mentioned_people,
        mentions_all: content.mentions_all,
        files,
        attachments,
        created: call.now,
        updated: None,
        edits: 0,
    };
    let answer = Answer::json(&shown(call.store, &message));
    if let Some(room) = call.store.rooms.get_mut(&room) {
        room.messages.push(uuid);
        room.last_activity = call.now;
    }
    call.store.messages.insert(uuid, message);
    announce(call, caller, uuid, "created");
    Ok(answer)
}

/// At most one public URL.
fn files(body: &Fields) -> Result<Vec<String>, Refusal> {
    let Some(value) = body.get("files") else { return Ok(Vec::new()) };
    let files: Option<Vec<String>> =
        value.as_array().and_then(|list| list.iter().map(|f| f.as_str().map(str::to_owned)).collect());
    match files {
        Some(files) if files.len() <= 1 => Ok(files),
        Some(_) => Err(Refusal::bad_request("Only one file is allowed per message.")),
        None => Err(Refusal::bad_request("files must be a list of URLs")),
    }
}

fn destination(call: &mut Call, caller: Caller, body: &Fields) -> Result<Uuid, Refusal> {
    let targets = (body.text("roomId")?, body.text("toPersonId")?, body.text("toPersonEmail")?);
    let other = match targets {
        (Some(id), None, None) => {
            let room = call.store.room_of(caller.person, id)?;
            if room.is_announcement_only && !room.is_moderator(caller.person) {
                return Err(Refusal::forbidden("Only moderators may post in an announcement-only room."));
            }
            return Ok(room.uuid);
        }
        (None, Some(id), None) => {
            let person = ids::uuid("PEOPLE", id).and_then(|uuid| call.store.people.get(&uuid));
            person.ok_or_else(|| Refusal::new(404, "Failed to find user with specified id."))?.uuid
        }
        (None, None, Some(email)) => {
            let person = call.store.person_by_email(email).filter(|p| p.kind != PersonKind::AppUser);
            person.ok_or_else(|| Refusal::new(404, "Failed to find user with specified email address."))?.uuid
        }
        _ => {
            return Err(Refusal::bad_request(
                "Message destination could not be determined. Provide only one destination in the roomId, \
                 toPersonEmail, or toPersonId field",
            ));
        }
    };
    if other == caller.person {
        return Err(Refusal::bad_request("A direct message needs somebody else to go to."));
    }
    Ok(direct_room(call, caller, other))
}

/// The direct room of two people, made when there is none.
fn direct_room(call: &mut Call, caller: Caller, other: Uuid) -> Uuid {
    let one = caller.person;
    let between = |room: &&Room| room.is_direct && room.member(one).is_some() && room.member(other).is_some();
    if let Some(room) = call.store.rooms.values().find(between) {
        return room.uuid;
    }
    let (seq, uuid) = (call.store.next_seq(), call.store.generator.uuid());
    call.store.rooms.insert(uuid, Room::direct(seq, uuid, one, call.now));
    call.store.join(uuid, one, false, call.now);
    call.store.join(uuid, other, false, call.now);
    rooms::announce(call, caller, uuid, "created");
    memberships::announce(call, caller, uuid, one, "created");
    memberships::announce(call, caller, uuid, other, "created");
    uuid
}

/// The message that a new one answers; threads have one level.
fn parent(store: &Store, room: Uuid, id: &str) -> Result<Uuid, Refusal> {
    let parent = ids::uuid("MESSAGE", id).and_then(|uuid| store.messages.get(&uuid)).filter(|m| m.room == room);
    let parent = parent.ok_or_else(Refusal::not_found)?;
    if parent.parent.is_some() {
        return Err(Refusal::bad_request("A reply cannot be replied to; give the parentId of its parent."));
    }
    Ok(parent.uuid)
}

/// `PUT /messages/{id}`: `roomId` and a new text. Only its author, ten times, and not where there are files.
pub(in crate::sandbox) fn update(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let message = find(call, caller)?;
    let (uuid, room, now) = (message.uuid, message.room, call.now);
    if ids::uuid("ROOM", body.required("roomId")?) != Some(room) {
        return Err(Refusal::not_found());
    }
    if message.author != caller.person {
        return Err(Refusal::forbidden("A message can be edited by its author only."));
    }
    if !message.files.is_empty() || message.attachments.is_some() {
        return Err(Refusal::bad_request("A message with files or attachments cannot be edited."));
    }
    if message.edits >= MOST_EDITS {
        return Err(Refusal::bad_request(format!("A message can be edited {MOST_EDITS} times.")));
    }
    let content = Content::of(call.store, &body)?;
    if content.is_empty() {
        return Err(Refusal::bad_request("Both text and file cannot be empty."));
    }
    let message = call.store.messages.get_mut(&uuid).ok_or_else(Refusal::not_found)?;
    message.text = content.text;
    message.markdown = content.markdown;
    message.html = content.html;
    message.mentioned_people = content.mentioned_people;
    message.mentions_all = content.mentions_all;
    message.updated = Some(now);
    message.edits += 1;
    announce(call, caller, uuid, "updated");
    Ok(Answer::json(&shown(call.store, find(call, caller)?)))
}

/// `DELETE /messages/{id}`, by its author or a moderator.
pub(in crate::sandbox) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let message = find(call, caller)?;
    let (uuid, author, room) = (message.uuid, message.author, message.room);
    let moderates = call.store.rooms.get(&room).is_some_and(|room| room.is_moderator(caller.person));
    if author != caller.person && !moderates {
        return Err(Refusal::forbidden("A message can be deleted by its author or a moderator only."));
    }
    announce(call, caller, uuid, "deleted");
    if let Some(room) = call.store.rooms.get_mut(&room) {
        room.messages.retain(|m| *m != uuid);
    }
    call.store.messages.remove(&uuid);
    Ok(Answer::empty(204))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Lab, Reply};
    use crate::value::Value;
    use serde_json::json;

    fn post(lab: &Lab, token: &str, body: &Value) -> Reply {
        lab.post("/v1/messages").token(token).json(body).send()
    }

    fn texts(reply: &Reply) -> Vec<&str> {
        reply.json["items"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect()
    }

    #[test]
    fn messages_are_listed_newest_first_in_pages() {
        let lab = Lab::new();
        let (room, me) = (lab.room("Talk"), lab.person());
        let ids: Vec<_> =
            ["one", "two", "three"].map(|t| post(&lab, &me, &json!({"roomId": room, "text": t})).id()).into();
        let page = lab.get(&format!("/v1/messages?roomId={room}&max=2")).token(&me).send();
        assert_eq!(texts(&page), ["three", "two"]);
        post(&lab, &me, &json!({"roomId": room, "text": "four"}));
        let rest = lab.get(page.next().unwrap()).token(&me).send();
        assert_eq!((texts(&rest), rest.next()), (vec!["one"], None));
        let before = lab.get(&format!("/messages?roomId={room}&beforeMessage={}", ids[1])).token(&me).send();
        assert_eq!(texts(&before), ["one"]);
        lab.advance(10);
        post(&lab, &me, &json!({"roomId": room, "text": "late", "parentId": ids[0]}));
        let early = lab.get(&format!("/messages?roomId={room}&before=2030-01-01T00:00:05Z")).token(&me).send();
        assert_eq!(early.items(), 4);
        let replies = lab.get(&format!("/messages?roomId={room}&parentId={}", ids[0])).token(&me).send();
        assert_eq!(texts(&replies), ["late"]);
        assert_eq!(lab.get("/messages").token(&me).send().message(), "roomId cannot be null");
    }

    #[test]
    fn a_direct_message_opens_one_room_named_after_the_other() {
        let lab = Lab::new();
        let (me, bot) = (lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        let first = post(&lab, &me, &json!({"toPersonEmail": "sandbox@webex.bot", "text": "hello"}));
        assert_eq!((first.status, &first.json["roomType"]), (200, &json!("direct")));
        let back = post(&lab, &bot, &json!({"toPersonId": lab.id_of(&me), "markdown": "**hi**"}));
        assert_eq!(back.json["roomId"], first.json["roomId"]);
        let room = lab.get(&format!("/rooms/{}", first.json["roomId"].as_str().unwrap())).token(&me).send();
        assert_eq!(room.json["title"], "Sandbox Bot");
        let direct = lab.get("/messages/direct?personEmail=sandbox@webex.bot").token(&me).send();
        assert_eq!(texts(&direct), ["**hi**", "hello"]);
    }

    #[test]
    fn wrong_posts_are_told_in_the_services_words() {
        let lab = Lab::new();
        let (room, me) = (lab.room("Talk"), lab.person());
        let destination = "Message destination could not be determined. Provide only one destination in the roomId, \
                           toPersonEmail, or toPersonId field";
        for (body, status, message) in [
            (json!({"text": "x"}), 400, destination),
            (json!({"roomId": room, "toPersonEmail": "a@b", "text": "x"}), 400, destination),
            (json!({"roomId": room}), 400, "Both text and file cannot be empty."),
            (json!({"roomId": room, "text": ""}), 400, "Both text and file cannot be empty."),
            (json!({"toPersonEmail": "a@b", "text": "x"}), 404, "Failed to find user with specified email address."),
            (json!({"roomId": "?", "text": "x"}), 404, "The requested resource could not be found."),
            (json!({"roomId": room, "markdown": "é".repeat(3720)}), 400, "markdown is longer than 7439 bytes."),
        ] {
            let reply = post(&lab, &me, &body);
            assert_eq!((reply.status, reply.message()), (status, message));
        }
        assert_eq!(post(&lab, &me, &json!({"roomId": room, "markdown": "x".repeat(7439)})).status, 200);
        let stranger = post(&lab, &lab.variable("WEBEX_BOT_TOKEN"), &json!({"roomId": room, "text": "x"}));
        assert_eq!(stranger.status, 404);
    }

    #[test]
    fn a_message_is_edited_ten_times_by_its_author_and_deleted() {
        let lab = Lab::new();
        let (room, me, bot) = (lab.room("Talk"), lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        lab.post("/memberships").token(&me).json(&json!({"roomId": room, "personId": lab.id_of(&bot)})).send();
        let path = format!("/messages/{}", post(&lab, &me, &json!({"roomId": room, "text": "a"})).id());
        let edit = |token: &str| lab.put(&path).token(token).json(&json!({"roomId": room, "text": "b"})).send();
        assert_eq!(edit(&bot).status, 403);
        for _ in 0..10 {
            let edited = edit(&me);
            assert_eq!(
                (&edited.json["text"], &edited.json["updated"]),
                (&json!("b"), &json!("2030-01-01T00:00:00.000Z"))
            );
        }
        assert_eq!(edit(&me).status, 400);
        assert_eq!(lab.delete(&path).token(&bot).send().status, 403);
        assert_eq!(lab.delete(&path).token(&me).send().status, 204);
        assert_eq!(lab.get(&path).token(&me).send().status, 404);
        let file = json!({"roomId": room, "text": "f", "files": ["https://x.example/a.png"]});
        let file = format!("/messages/{}", post(&lab, &me, &file).id());
        assert_eq!(lab.put(&file).token(&me).json(&json!({"roomId": room, "text": "b"})).send().status, 400);
    }

    #[test]
    fn a_bot_lists_its_mentions_only() {
        let lab = Lab::new();
        let (room, me, bot) = (lab.room("Talk"), lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        lab.post("/memberships").token(&me).json(&json!({"roomId": room, "personId": lab.id_of(&bot)})).send();
        post(&lab, &me, &json!({"roomId": room, "text": "not for you"}));
        let called = post(&lab, &me, &json!({"roomId": room, "markdown": "<@personEmail:sandbox@webex.bot> hi"}));
        assert_eq!(called.json["mentionedPeople"], json!([lab.id_of(&bot)]));
        assert_eq!(lab.get(&format!("/messages?roomId={room}")).token(&bot).send().status, 403);
        let mine = lab.get(&format!("/messages?roomId={room}&mentionedPeople=me")).token(&bot).send();
        assert_eq!(texts(&mine), ["Sandbox Bot hi"]);
    }
}
