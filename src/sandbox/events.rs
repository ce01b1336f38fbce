//! What happened: told to the webhooks that listen, and kept for `/events`.

use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::page::{self, Limits};
use super::store::{PersonKind, Store, Webhook, date};
use super::{delivery, ids, webhooks};
use crate::value::Value;
use jiff::Timestamp;

/// One entry of `/events`.
pub(super) struct Event {
    seq: u64,
    uuid: Uuid,
    resource: &'static str,
    kind: &'static str,
    actor: Uuid,
    created: Timestamp,
    data: Value,
}

/// The parts of a message that a webhook does not tell; who wants them reads the message.
const UNTOLD: [&str; 6] = ["text", "markdown", "html", "parentId", "attachments", "isVoiceClip"];

/// Tells what `actor` did to those in `audience`. `data` is the thing as its own route shows it. A deletion is
/// announced while everybody it concerns is still there.
pub(super) fn announce(
    call: &mut Call,
    actor: Uuid,
    (resource, kind): (&'static str, &'static str),
    audience: &[Uuid],
    data: Value,
) {
    let mut told = data.clone();
    if let (Value::Object(members), "messages") = (&mut told, resource) {
        UNTOLD.iter().for_each(|name| drop(members.shift_remove(*name)));
    }
    let hears = |webhook: &&Webhook| {
        webhook.is_active
            && (webhook.resource == "all" || webhook.resource == resource)
            && (webhook.event == "all" || webhook.event == kind)
            && (webhook.owned_by == "org" || audience.contains(&webhook.owner))
            && fits(webhook, &data)
            && !is_talk_past_a_bot(call.store, webhook, resource, &data)
    };
    let mut webhooks: Vec<&Webhook> = call.store.webhooks.values().filter(hears).collect();
    webhooks.sort_by_key(|webhook| webhook.seq);
    let deliveries: Vec<_> = webhooks
        .into_iter()
        .map(|webhook| {
            let mut envelope = webhooks::shown(call, webhook);
            if let Value::Object(members) = &mut envelope {
                members.shift_remove("secret");
                members.insert("resource".to_owned(), resource.into());
                members.insert("event".to_owned(), kind.into());
                members.insert("actorId".to_owned(), ids::encode("PEOPLE", actor).into());
                members.insert("data".to_owned(), told.clone());
            }
            delivery::Delivery::new(webhook, &envelope)
        })
        .collect();
    call.store.deliveries.extend(deliveries);
    let (seq, uuid) = (call.store.next_seq(), call.store.generator.uuid());
    call.store.events.push(Event { seq, uuid, resource, kind, actor, created: call.now, data });
}

/// Bots hear of messages in group rooms only where they are mentioned.
fn is_talk_past_a_bot(store: &Store, webhook: &Webhook, resource: &str, data: &Value) -> bool {
    let is_bot = store.people.get(&webhook.owner).is_some_and(|person| person.kind == PersonKind::Bot);
    let owner = ids::encode("PEOPLE", webhook.owner);
    is_bot && resource == "messages" && data["roomType"] == "group" && !mentions(data, &owner)
}

fn mentions(data: &Value, person: &str) -> bool {
    data["mentionedPeople"].as_array().is_some_and(|people| people.iter().any(|known| known == person))
}

/// True where every pair of the webhook's filter holds.
fn fits(webhook: &Webhook, data: &Value) -> bool {
    let owner = ids::encode("PEOPLE", webhook.owner);
    let pairs = webhook.filter.iter().flat_map(|filter| filter.split('&')).filter_map(|pair| pair.split_once('='));
    pairs.into_iter().all(|(name, wanted)| {
        let wanted = if wanted == "me" { owner.as_str() } else { wanted };
        match name {
            "mentionedPeople" => mentions(data, wanted),
            "hasFiles" => wanted == data.get("files").is_some().to_string(),
            _ => match &data[name] {
                Value::String(text) => text == wanted,
                Value::Bool(flag) => wanted == if *flag { "true" } else { "false" },
                _ => false,
            },
        }
    })
}

/// `GET /events`: newest first, for administrators (the real service asks for a compliance officer).
pub(super) fn list(call: &mut Call, caller: Caller) -> Outcome {
    caller.must_administer()?;
    let (resource, kind) = (call.query("resource"), call.query("type"));
    let actor = call.query("actorId").map(|id| ids::uuid("PEOPLE", &id).ok_or_else(Refusal::not_found)).transpose()?;
    let (from, to) = (time(call, "from")?, time(call, "to")?);
    let matches = |event: &&Event| {
        resource.as_ref().is_none_or(|resource| event.resource == resource)
            && kind.as_ref().is_none_or(|kind| event.kind == kind)
            && actor.is_none_or(|actor| event.actor == actor)
            && from.is_none_or(|from| event.created >= from)
            && to.is_none_or(|to| event.created < to)
    };
    let rows: Vec<&Event> = call.store.events.iter().rev().filter(matches).collect();
    page::page(call, &rows, Limits { default: 100, cap: 1000 }, |event| event.seq, |event| shown(call, event))
}

/// `GET /events/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    caller.must_administer()?;
    let uuid = ids::uuid("EVENT", &call.param);
    let event = call.store.events.iter().find(|event| Some(event.uuid) == uuid).ok_or_else(Refusal::not_found)?;
    Ok(Answer::json(&shown(call, event)))
}

fn time(call: &Call, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let wrong = |_| Refusal::bad_request(format!("{name} must be a date and time like 2030-01-01T00:00:00.000Z"));
    call.query(name).map(|text| text.parse().map_err(wrong)).transpose()
}

fn shown(call: &Call, event: &Event) -> Value {
    json!({
        "id": ids::encode("EVENT", event.uuid),
        "resource": event.resource,
        "type": event.kind,
        "appId": call.fixtures.application_id(),
        "actorId": ids::encode("PEOPLE", event.actor),
        "orgId": ids::encode("ORGANIZATION", call.fixtures.org),
        "created": date(event.created),
        "data": event.data,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    fn hook(lab: &Lab, token: &str, more: &Value) -> String {
        let mut body = json!({"name": "n", "targetUrl": "http://127.0.0.1:9/hook", "resource": "all", "event": "all"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab.post("/webhooks").token(token).json(&body).send().id()
    }

    fn told(lab: &Lab) -> Vec<Value> {
        lab.sandbox.take_deliveries().iter().map(|d| serde_json::from_slice(&d.body).unwrap()).collect()
    }

    fn names(envelopes: &[Value]) -> Vec<String> {
        let name = |e: &Value| format!("{} {}", e["resource"].as_str().unwrap(), e["event"].as_str().unwrap());
        envelopes.iter().map(name).collect()
    }

    #[test]
    fn everything_in_a_room_is_told_in_order() {
        let lab = Lab::new();
        let me = lab.person();
        let id = hook(&lab, &me, &json!({"secret": "s"}));
        let room = lab.room("Talk");
        let body = json!({"roomId": room, "personEmail": "ben.example@sandbox.example.com"});
        let member = lab.post("/memberships").token(&me).json(&body).send().id();
        lab.put(&format!("/memberships/{member}")).token(&me).json(&json!({"isModerator": true})).send();
        let post = lab.post("/messages").token(&me).json(&json!({"roomId": room, "text": "hi"})).send();
        let path = format!("/messages/{}", post.id());
        lab.put(&path).token(&me).json(&json!({"roomId": room, "text": "ho"})).send();
        lab.delete(&path).token(&me).send();
        lab.delete(&format!("/memberships/{member}")).token(&me).send();
        lab.put(&format!("/rooms/{room}")).token(&me).json(&json!({"title": "x"})).send();
        lab.delete(&format!("/rooms/{room}")).token(&me).send();
        let told = told(&lab);
        let expected = "rooms created, memberships created, memberships created, memberships updated, \
                        messages created, messages updated, messages deleted, memberships deleted, \
                        rooms updated, rooms deleted";
        assert_eq!(names(&told).join(", "), expected);
        let message = &told[4];
        assert_eq!((&message["id"], &message["data"]["id"]), (&json!(id), &json!(post.id())));
        assert_eq!((&message["actorId"], &message["status"]), (&json!(lab.id_of(&me)), &json!("active")));
        assert!(message["data"].get("text").is_none() && message.get("secret").is_none());
        assert!(told.iter().all(|envelope| envelope["data"]["id"].is_string()));
    }

    #[test]
    fn only_those_in_the_room_hear_and_only_what_they_asked_for() {
        let lab = Lab::new();
        let (me, bot) = (lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        let room = lab.room("Talk");
        hook(&lab, &lab.variable("WEBEX_ADMIN_TOKEN"), &json!({}));
        hook(&lab, &me, &json!({"resource": "messages", "event": "created", "filter": "roomId=other"}));
        hook(&lab, &me, &json!({"resource": "rooms"}));
        let ours = format!("roomId={room}&hasFiles=false");
        hook(&lab, &me, &json!({"resource": "messages", "event": "created", "filter": ours}));
        lab.post("/messages").token(&me).json(&json!({"roomId": room, "text": "hi"})).send();
        assert_eq!(told(&lab).len(), 1);
        hook(&lab, &bot, &json!({"resource": "messages"}));
        lab.post("/memberships").token(&me).json(&json!({"roomId": room, "personId": lab.id_of(&bot)})).send();
        assert_eq!(told(&lab).len(), 0);
        lab.post("/messages").token(&me).json(&json!({"roomId": room, "text": "hi"})).send();
        assert_eq!(told(&lab).len(), 1);
        let call = json!({"roomId": room, "markdown": "<@personEmail:sandbox@webex.bot> hi"});
        lab.post("/messages").token(&me).json(&call).send();
        assert_eq!(told(&lab).len(), 2);
        lab.post("/messages").token(&me).json(&json!({"toPersonId": lab.id_of(&bot), "text": "hi"})).send();
        let direct = told(&lab);
        assert_eq!(names(&direct), ["rooms created", "messages created"]);
        assert_eq!(direct[1]["data"]["roomType"], "direct");
    }

    #[test]
    fn events_are_kept_for_administrators() {
        let lab = Lab::new();
        let (me, admin) = (lab.person(), lab.variable("WEBEX_ADMIN_TOKEN"));
        let room = lab.room("Talk");
        lab.advance(10);
        lab.post("/messages").token(&me).json(&json!({"roomId": room, "text": "hi"})).send();
        assert_eq!(lab.get("/v1/events").token(&me).send().status, 403);
        let all = lab.get("/v1/events").token(&admin).send();
        let kinds: Vec<_> = all.json["items"].as_array().unwrap().iter().map(|e| e["resource"].clone()).collect();
        assert_eq!(kinds, ["messages", "memberships", "rooms"]);
        assert_eq!(all.json["items"][0]["data"]["text"], "hi");
        let late = lab.get("/events?from=2030-01-01T00:00:05Z&type=created").token(&admin).send();
        assert_eq!(late.items(), 1);
        let path = format!("/events/{}", late.json["items"][0]["id"].as_str().unwrap());
        assert_eq!(lab.get(&path).token(&admin).send().json, late.json["items"][0]);
        assert_eq!(lab.get("/events?from=yesterday").token(&admin).send().status, 400);
    }
}
