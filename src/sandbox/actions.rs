//! `/attachment/actions`: what people submit from a card.

use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::store::{Message, date};
use super::{events, ids};
use crate::value::Value;
use jiff::Timestamp;

pub(super) struct Action {
    uuid: Uuid,
    message: Uuid,
    room: Uuid,
    person: Uuid,
    inputs: Value,
    created: Timestamp,
}

/// `POST /attachment/actions`. 200: the specification says 202, which the Python SDK refuses. Whoever sent the card
/// hears of it.
pub(super) fn create(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    if body.required("type")? != "submit" {
        return Err(Refusal::bad_request("type must be submit"));
    }
    let message = ids::uuid("MESSAGE", body.required("messageId")?).and_then(|uuid| call.store.messages.get(&uuid));
    let message = message.filter(|message| is_member(call, caller, message)).ok_or_else(Refusal::not_found)?;
    if message.attachments.is_none() {
        return Err(Refusal::bad_request("The message has no card."));
    }
    let inputs = body.get("inputs").cloned().unwrap_or_else(|| json!({}));
    if !inputs.is_object() {
        return Err(Refusal::bad_request("inputs must be an object"));
    }
    let (message, room, author) = (message.uuid, message.room, message.author);
    let uuid = call.store.generator.uuid();
    let action = Action { uuid, message, room, person: caller.person, inputs, created: call.now };
    let data = shown(&action);
    let answer = Answer::json(&data);
    call.store.actions.insert(uuid, action);
    events::announce(call, caller.person, ("attachmentActions", "created"), &[author], data);
    Ok(answer)
}

/// `GET /attachment/actions/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    let action = ids::uuid("ATTACHMENT_ACTION", &call.param).and_then(|uuid| call.store.actions.get(&uuid));
    let in_room = |action: &&Action| {
        call.store.messages.get(&action.message).is_some_and(|message| is_member(call, caller, message))
    };
    Ok(Answer::json(&shown(action.filter(in_room).ok_or_else(Refusal::not_found)?)))
}

fn is_member(call: &Call, caller: Caller, message: &Message) -> bool {
    call.store.rooms.get(&message.room).is_some_and(|room| room.member(caller.person).is_some())
}

fn shown(action: &Action) -> Value {
    json!({
        "id": ids::encode("ATTACHMENT_ACTION", action.uuid),
        "type": "submit",
        "messageId": ids::encode("MESSAGE", action.message),
        "inputs": action.inputs,
        "personId": ids::encode("PEOPLE", action.person),
        "roomId": ids::encode("ROOM", action.room),
        "created": date(action.created),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn a_card_is_submitted_and_its_sender_hears() {
        let lab = Lab::new();
        let (me, bot) = (lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        let hook = json!({"name": "n", "targetUrl": "http://127.0.0.1:9/", "resource": "attachmentActions", "event": "created"});
        for token in [&me, &bot] {
            lab.post("/webhooks").token(token).json(&hook).send();
        }
        let card =
            json!({"toPersonId": lab.id_of(&me), "text": "card", "attachments": [{"contentType": "x", "content": {}}]});
        let card = lab.post("/messages").token(&bot).json(&card).send().id();
        let body = json!({"type": "submit", "messageId": card, "inputs": {"name": "Ada"}});
        let made = lab.post("/v1/attachment/actions").token(&me).json(&body).send();
        assert_eq!((made.status, &made.json["inputs"]["name"]), (200, &json!("Ada")));
        let path = format!("/attachment/actions/{}", made.id());
        assert_eq!(lab.get(&path).token(&bot).send().json, made.json);
        assert_eq!(lab.get(&path).token(&lab.variable("WEBEX_ADMIN_TOKEN")).send().status, 404);
        let told = lab.sandbox.take_deliveries();
        assert_eq!(told.len(), 1);
        let envelope: Value = serde_json::from_slice(&told[0].body).unwrap();
        assert_eq!((&envelope["createdBy"], &envelope["data"]["id"]), (&json!(lab.id_of(&bot)), &json!(made.id())));
    }

    #[test]
    fn what_is_no_card_is_refused() {
        let lab = Lab::new();
        let plain = json!({"roomId": lab.room("Talk"), "text": "x"});
        let plain = lab.post("/messages").token(&lab.person()).json(&plain).send().id();
        for (body, status) in [
            (json!({"type": "submit", "messageId": plain, "inputs": {}}), 400),
            (json!({"type": "press", "messageId": plain}), 400),
            (json!({"type": "submit", "messageId": "x"}), 404),
        ] {
            assert_eq!(lab.post("/attachment/actions").token(&lab.person()).json(&body).send().status, status);
        }
    }
}
