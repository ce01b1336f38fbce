//! Reading the messages of a room, newest first.

use jiff::Timestamp;

use super::super::answer::{Outcome, Refusal};
use super::super::call::{Call, Caller};
use super::super::ids;
use super::super::page::{self, Limits};
use super::super::store::{Message, Role, Room};
use super::shown;

/// `GET /messages?roomId=…`. A bot in a group room sees what mentions it, and must ask so.
pub(in crate::sandbox) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let id = call.query("roomId").ok_or_else(|| Refusal::bad_request("roomId cannot be null"))?;
    let room = call.store.room_of(caller.person, &id)?;
    let mentioned = call.query("mentionedPeople");
    if caller.role == Role::Bot && !room.is_direct && mentioned.as_deref() != Some("me") {
        return Err(Refusal::forbidden("A bot can list the messages of a group room only with mentionedPeople=me."));
    }
    of_room(call, caller, room, mentioned.as_deref())
}

/// `GET /messages/direct?personId=…|personEmail=…`: those of the direct room with that person.
pub(in crate::sandbox) fn list_direct(call: &mut Call, caller: Caller) -> Outcome {
    let other = match (call.query("personId"), call.query("personEmail")) {
        (Some(id), _) => ids::uuid("PEOPLE", &id),
        (None, Some(email)) => call.store.person_by_email(&email).map(|p| p.uuid),
        (None, None) => return Err(Refusal::bad_request("Must specify either personId or personEmail.")),
    };
    let with = |room: &&Room| {
        room.is_direct
            && room.member(caller.person).is_some()
            && other.is_some_and(|other| room.member(other).is_some())
    };
    let room = call.store.rooms.values().find(with).ok_or_else(Refusal::not_found)?;
    of_room(call, caller, room, None)
}

fn of_room(call: &Call, caller: Caller, room: &Room, mentioned: Option<&str>) -> Outcome {
    let mentioned = match mentioned {
        None => None,
        Some("me") => Some(caller.person),
        Some(id) => {
            Some(ids::uuid("PEOPLE", id).ok_or_else(|| Refusal::bad_request("mentionedPeople must be me or an id"))?)
        }
    };
    let before: Option<Timestamp> = call
        .query("before")
        .map(|date| date.parse())
        .transpose()
        .map_err(|_| Refusal::bad_request("before must be a date and time like 2030-01-01T00:00:00.000Z"))?;
    let named = |name| call.query(name).map(|id| ids::uuid("MESSAGE", &id).ok_or_else(Refusal::not_found)).transpose();
    let (before_message, parent) = (named("beforeMessage")?, named("parentId")?);
    let all: Vec<&Message> = room.messages.iter().filter_map(|uuid| call.store.messages.get(uuid)).collect();
    let end = match before_message {
        None => u64::MAX,
        Some(uuid) => all.iter().find(|m| m.uuid == uuid).ok_or_else(Refusal::not_found)?.seq,
    };
    let matches = |m: &&Message| {
        m.seq < end
            && before.is_none_or(|before| m.created < before)
            && parent.is_none_or(|parent| m.parent == Some(parent))
            && mentioned.is_none_or(|person| m.mentioned_people.contains(&person))
    };
    let rows: Vec<&Message> = all.into_iter().rev().filter(matches).collect();
    let cap = if mentioned.is_some() { 100 } else { 1000 };
    page::page(call, &rows, Limits { default: 50, cap }, |m| m.seq, |m| shown(call.store, m))
}
