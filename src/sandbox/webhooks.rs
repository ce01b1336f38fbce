//! `/webhooks`: stored, listed and changed. What calls them is in `events` and `delivery`.

use serde_json::json;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::store::{Webhook, date};
use super::{ids, page};
use crate::http::Url;
use crate::value::Value;

/// The resources that are known, with the filters each takes. An empty list takes any: its filters are not documented.
const RESOURCES: &[(&str, &[&str])] = &[
    ("all", &[]),
    ("messages", &["roomId", "roomType", "personId", "personEmail", "mentionedPeople", "hasFiles"]),
    ("memberships", &["roomId", "personId", "personEmail", "isModerator"]),
    ("rooms", &["type", "isLocked"]),
    ("attachmentActions", &["roomId"]),
    ("meetings", &[]),
    ("recordings", &[]),
    ("meetingParticipants", &[]),
    ("meetingTranscripts", &[]),
    ("telephony_calls", &[]),
    ("serviceApp", &[]),
];

/// `POST /webhooks`.
pub(super) fn create(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let name = body.required("name")?.to_owned();
    let target_url = target(body.required("targetUrl")?)?;
    let resource = body.required("resource")?;
    let event = body.required("event")?;
    let filter = body.text("filter")?;
    let known = RESOURCES.iter().find(|(known, _)| *known == resource);
    let (_, filters) = known.ok_or_else(|| Refusal::bad_request(format!("Invalid value for resource: {resource}")))?;
    call.require(reading(resource))?;
    for name in filter.into_iter().flat_map(|f| f.split('&')).map(|pair| pair.split('=').next().unwrap_or(pair)) {
        if !filters.is_empty() && !filters.contains(&name) {
            return Err(bad_filter(call, name));
        }
    }
    let owned_by = match body.text("ownedBy")? {
        None | Some("creator") => "creator",
        Some("org") => "org",
        Some(other) => return Err(Refusal::bad_request(format!("Invalid value for ownedBy: {other}"))),
    };
    let (seq, uuid) = (call.store.next_seq(), call.store.generator.uuid());
    let webhook = Webhook {
        seq,
        uuid,
        owner: caller.person,
        name,
        target_url,
        resource: resource.to_owned(),
        event: event.to_owned(),
        filter: filter.map(str::to_owned),
        secret: body.text("secret")?.map(str::to_owned),
        owned_by,
        is_active: true,
        failures: Vec::new(),
        created: call.now,
    };
    let answer = Answer::json(&shown(call, &webhook));
    call.store.webhooks.insert(uuid, webhook);
    Ok(answer)
}

/// The scope that shows what a webhook tells of; for what the sandbox does not have it is not asked.
fn reading(resource: &str) -> &'static str {
    match resource {
        "messages" | "attachmentActions" => "spark:messages_read",
        "memberships" => "spark:memberships_read",
        "rooms" => "spark:rooms_read",
        "all" => "spark:all",
        _ => "",
    }
}

fn target(text: &str) -> Result<String, Refusal> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(|_| text.to_owned()).ok_or_else(|| Refusal::bad_request("targetUrl must be an http or https URL"))
}

/// The text of the live service, inner URL included.
fn bad_filter(call: &Call, name: &str) -> Refusal {
    Refusal::bad_request(format!(
        "POST failed: HTTP/1.1 400 Bad Request (url = https://webhook-engine-a.wbx2.com/webhook-engine/api/v1/webhooks, \
         request/response TrackingId = {}, error = 'Invalid value for filter: {name}')",
        call.tracking_id
    ))
}

/// `GET /webhooks`: the caller's own; `ownedBy=org` shows those of the organization.
pub(super) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let owned_by = call.query("ownedBy").unwrap_or_else(|| "creator".to_owned());
    let mut rows: Vec<&Webhook> = call.store.webhooks.values().collect();
    rows.retain(|w| w.owned_by == owned_by && (w.owned_by == "org" || w.owner == caller.person));
    rows.sort_by_key(|webhook| webhook.seq);
    page::page(call, &rows, page::USUAL, |w| w.seq, |w| shown(call, w))
}

/// `GET /webhooks/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    Ok(Answer::json(&shown(call, find(call, caller)?)))
}

/// `PUT /webhooks/{id}`. `status: active` brings a webhook back; it cannot be switched off.
pub(super) fn update(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let uuid = find(call, caller)?.uuid;
    let name = body.required("name")?.to_owned();
    let target_url = target(body.required("targetUrl")?)?;
    let secret = body.text("secret")?.map(str::to_owned);
    let status = body.text("status")?;
    if status.is_some_and(|status| status != "active") {
        return Err(Refusal::bad_request("status can only be set to active"));
    }
    let webhook = call.store.webhooks.get_mut(&uuid).ok_or_else(Refusal::not_found)?;
    webhook.name = name;
    webhook.target_url = target_url;
    webhook.secret = secret.or(webhook.secret.take());
    webhook.is_active |= status.is_some();
    get(call, caller)
}

/// `DELETE /webhooks/{id}`.
pub(super) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let uuid = find(call, caller)?.uuid;
    call.store.webhooks.remove(&uuid);
    Ok(Answer::empty(204))
}

fn find<'a>(call: &'a Call, caller: Caller) -> Result<&'a Webhook, Refusal> {
    ids::uuid("WEBHOOK", &call.param)
        .and_then(|uuid| call.store.webhooks.get(&uuid))
        .filter(|webhook| webhook.owner == caller.person)
        .ok_or_else(Refusal::not_found)
}

pub(super) fn shown(call: &Call, webhook: &Webhook) -> Value {
    let mut fields = json!({
        "id": ids::encode("WEBHOOK", webhook.uuid),
        "name": webhook.name,
        "targetUrl": webhook.target_url,
        "resource": webhook.resource,
        "event": webhook.event,
        "orgId": ids::encode("ORGANIZATION", call.fixtures.org),
        "createdBy": ids::encode("PEOPLE", webhook.owner),
        "appId": call.fixtures.application_id(),
        "ownedBy": webhook.owned_by,
        "status": if webhook.is_active { "active" } else { "inactive" },
        "created": date(webhook.created),
    });
    for (name, value) in [("filter", &webhook.filter), ("secret", &webhook.secret)] {
        if let Some(value) = value {
            fields[name] = value.as_str().into();
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Lab, Reply};
    use super::*;

    fn make(lab: &Lab, more: &Value) -> Reply {
        let mut body =
            json!({"name": "n", "targetUrl": "https://x.example/hook", "resource": "messages", "event": "created"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab.post("/v1/webhooks").token(&lab.person()).json(&body).send()
    }

    #[test]
    fn a_webhook_is_made_changed_and_removed() {
        let lab = Lab::new();
        let made = make(&lab, &json!({"filter": "roomId=abc", "secret": "s"}));
        assert_eq!(
            (made.status, &made.json["status"], &made.json["filter"]),
            (200, &json!("active"), &json!("roomId=abc"))
        );
        let path = format!("/webhooks/{}", made.id());
        let change = json!({"name": "m", "targetUrl": "http://y.example", "status": "active"});
        let changed = lab.put(&path).token(&lab.person()).json(&change).send();
        assert_eq!((&changed.json["name"], &changed.json["secret"]), (&json!("m"), &json!("s")));
        assert_eq!(lab.get("/webhooks").token(&lab.person()).send().items(), 1);
        assert_eq!(lab.get("/webhooks").token(&lab.variable("WEBEX_BOT_TOKEN")).send().items(), 0);
        assert_eq!(lab.get(&path).token(&lab.variable("WEBEX_BOT_TOKEN")).send().status, 404);
        assert_eq!(lab.delete(&path).token(&lab.person()).send().status, 204);
        assert_eq!(lab.get(&path).token(&lab.person()).send().status, 404);
    }

    #[test]
    fn wrong_ones_are_400() {
        let lab = Lab::new();
        let bad = make(&lab, &json!({"resource": "rooms", "filter": "roomId=abc"}));
        assert_eq!(bad.status, 400);
        assert!(bad.message().ends_with("error = 'Invalid value for filter: roomId')"));
        assert!(bad.message().contains(bad.json["trackingId"].as_str().unwrap()));
        assert_eq!(make(&lab, &json!({"name": null})).message(), "name cannot be null");
        assert_eq!(make(&lab, &json!({"resource": "nonsense"})).status, 400);
        assert_eq!(make(&lab, &json!({"targetUrl": "nowhere"})).status, 400);
        let path = format!("/webhooks/{}", make(&lab, &json!({})).id());
        let off = json!({"name": "m", "targetUrl": "http://y.example", "status": "inactive"});
        assert_eq!(lab.put(&path).token(&lab.person()).json(&off).send().status, 400);
    }
}
