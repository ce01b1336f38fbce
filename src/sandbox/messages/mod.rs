//! `/messages`: what is said in rooms. Direct rooms come into being here, with the first message.

mod list;
mod write;

pub(super) use list::{list, list_direct};
pub(super) use write::{create, delete, update};

use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::store::{Message, Room, Store, date};
use super::{events, ids};
use crate::value::Value;

/// `GET /messages/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    Ok(Answer::json(&shown(call.store, find(call, caller)?)))
}

/// The message that the path names, where the caller is in its room.
fn find<'a>(call: &'a Call, caller: Caller) -> Result<&'a Message, Refusal> {
    let message = ids::uuid("MESSAGE", &call.param).and_then(|uuid| call.store.messages.get(&uuid));
    let visible = |m: &&Message| call.store.rooms.get(&m.room).is_some_and(|r| r.member(caller.person).is_some());
    message.filter(visible).ok_or_else(Refusal::not_found)
}

/// Tells everyone in the room what became of a message.
fn announce(call: &mut Call, caller: Caller, message: Uuid, event: &'static str) {
    let Some(message) = call.store.messages.get(&message) else { return };
    let audience = call.store.rooms.get(&message.room).map(Room::people).unwrap_or_default();
    let data = shown(call.store, message);
    events::announce(call, caller.person, ("messages", event), &audience, data);
}

fn shown(store: &Store, message: &Message) -> Value {
    let mut fields = json!({
        "id": ids::encode("MESSAGE", message.uuid),
        "roomId": ids::encode("ROOM", message.room),
        "roomType": store.rooms.get(&message.room).map(Room::kind),
        "personId": ids::encode("PEOPLE", message.author),
        "personEmail": store.people.get(&message.author).map(|p| p.email.as_str()),
        "created": date(message.created),
        "isVoiceClip": false,
    });
    let texts = [
        ("text", message.text.clone()),
        ("markdown", message.markdown.clone()),
        ("html", message.html.clone()),
        ("parentId", message.parent.map(|uuid| ids::encode("MESSAGE", uuid))),
        ("updated", message.updated.map(date)),
    ];
    for (name, value) in texts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        fields[name] = value.into();
    }
    if !message.mentioned_people.is_empty() {
        let ids = message.mentioned_people.iter().map(|uuid| ids::encode("PEOPLE", uuid));
        fields["mentionedPeople"] = ids.collect();
    }
    if message.mentions_all {
        fields["mentionedGroups"] = json!(["all"]);
    }
    if !message.files.is_empty() {
        fields["files"] = json!(message.files);
    }
    if let Some(attachments) = &message.attachments {
        fields["attachments"] = attachments.clone();
    }
    fields
}
