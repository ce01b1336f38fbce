//! Everything the sandbox knows: people, tokens, rooms, messages, webhooks, in memory and gone at the end.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::actions::Action;
use super::answer::Refusal;
use super::contents::Content;
use super::delivery::Delivery;
use super::events::Event;
use super::ids::{self, Generator};
use super::lab::{Inboxes, Work};
use super::oauth::{Grant, Grants};
use super::teams::Team;
use crate::value::Value;

/// The `type` of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PersonKind {
    Person,
    Bot,
    AppUser,
}

pub(super) struct Person {
    pub(super) seq: u64,
    pub(super) uuid: Uuid,
    pub(super) kind: PersonKind,
    pub(super) email: String,
    pub(super) display_name: String,
    pub(super) org: Uuid,
    pub(super) is_admin: bool,
    pub(super) created: Timestamp,
}

impl Person {
    pub(super) fn id(&self) -> String {
        ids::encode("PEOPLE", self.uuid)
    }
}

/// What kind of account a token speaks for. What it was granted on top stands in its [`Grant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Person,
    Admin,
    Bot,
    ServiceApp,
    Guest,
}

pub(super) struct Token {
    pub(super) person: Uuid,
    pub(super) role: Role,
    /// `None` never expires, as a bot's.
    pub(super) expires: Option<Timestamp>,
    /// What an OAuth token was granted; the tokens that are there from the start have none, and no limits.
    pub(super) grant: Option<Grant>,
}

pub(super) struct Membership {
    pub(super) seq: u64,
    pub(super) room: Uuid,
    pub(super) person: Uuid,
    pub(super) is_moderator: bool,
    pub(super) is_room_hidden: bool,
    pub(super) created: Timestamp,
}

pub(super) struct Room {
    pub(super) seq: u64,
    pub(super) uuid: Uuid,
    pub(super) title: String,
    pub(super) is_direct: bool,
    pub(super) is_locked: bool,
    pub(super) is_public: bool,
    pub(super) is_announcement_only: bool,
    pub(super) team_id: Option<String>,
    pub(super) classification_id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) creator: Uuid,
    pub(super) created: Timestamp,
    pub(super) made_public: Option<Timestamp>,
    pub(super) last_activity: Timestamp,
    pub(super) members: Vec<Membership>,
    /// Oldest first.
    pub(super) messages: Vec<Uuid>,
}

impl Room {
    /// A direct room of nobody yet.
    pub(super) fn direct(seq: u64, uuid: Uuid, creator: Uuid, now: Timestamp) -> Self {
        Self {
            seq,
            uuid,
            title: String::new(),
            is_direct: true,
            is_locked: false,
            is_public: false,
            is_announcement_only: false,
            team_id: None,
            classification_id: None,
            description: None,
            creator,
            created: now,
            made_public: None,
            last_activity: now,
            members: Vec::new(),
            messages: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> String {
        ids::encode("ROOM", self.uuid)
    }

    pub(super) fn kind(&self) -> &'static str {
        if self.is_direct { "direct" } else { "group" }
    }

    pub(super) fn member(&self, person: Uuid) -> Option<&Membership> {
        self.members.iter().find(|m| m.person == person)
    }

    /// True where moderators decide what others may not.
    pub(super) fn is_moderated(&self) -> bool {
        self.is_locked || self.is_announcement_only
    }

    /// Everyone in it.
    pub(super) fn people(&self) -> Vec<Uuid> {
        self.members.iter().map(|member| member.person).collect()
    }

    pub(super) fn is_moderator(&self, person: Uuid) -> bool {
        self.member(person).is_some_and(|m| m.is_moderator)
    }
}

pub(super) struct Message {
    pub(super) seq: u64,
    pub(super) uuid: Uuid,
    pub(super) room: Uuid,
    pub(super) author: Uuid,
    pub(super) parent: Option<Uuid>,
    pub(super) text: Option<String>,
    pub(super) markdown: Option<String>,
    pub(super) html: Option<String>,
    pub(super) mentioned_people: Vec<Uuid>,
    pub(super) mentions_all: bool,
    pub(super) files: Vec<String>,
    pub(super) attachments: Option<Value>,
    pub(super) created: Timestamp,
    pub(super) updated: Option<Timestamp>,
    pub(super) edits: u32,
}

pub(super) struct Webhook {
    pub(super) seq: u64,
    pub(super) uuid: Uuid,
    pub(super) owner: Uuid,
    pub(super) name: String,
    pub(super) target_url: String,
    pub(super) resource: String,
    pub(super) event: String,
    pub(super) filter: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) owned_by: &'static str,
    pub(super) is_active: bool,
    /// When it could not be delivered, in the last minutes.
    pub(super) failures: Vec<Timestamp>,
    pub(super) created: Timestamp,
}

/// The whole state. Lists come out in the order of `seq`, which counts everything ever made: two things of one
/// millisecond still have an order.
pub(super) struct Store {
    pub(super) generator: Generator,
    pub(super) people: HashMap<Uuid, Person>,
    by_email: HashMap<String, Uuid>,
    /// Guests of the legacy issuer by `sub`, and of the service app by `subject`; letter case counts in both.
    pub(super) jwt_guests: HashMap<String, Uuid>,
    pub(super) app_guests: HashMap<String, Uuid>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) grants: Grants,
    pub(super) rooms: HashMap<Uuid, Room>,
    pub(super) messages: HashMap<Uuid, Message>,
    pub(super) contents: HashMap<Uuid, Content>,
    pub(super) teams: HashMap<Uuid, Team>,
    pub(super) actions: HashMap<Uuid, Action>,
    pub(super) webhooks: HashMap<Uuid, Webhook>,
    pub(super) deliveries: Vec<Delivery>,
    /// Oldest first.
    pub(super) events: Vec<Event>,
    /// What the routes under `/_wxflow/` remember.
    pub(super) work: Work,
    pub(super) inboxes: Inboxes,
    seq: u64,
}

impl Store {
    pub(super) fn new(generator: Generator) -> Self {
        Self {
            generator,
            people: HashMap::new(),
            by_email: HashMap::new(),
            jwt_guests: HashMap::new(),
            app_guests: HashMap::new(),
            tokens: HashMap::new(),
            grants: Grants::default(),
            rooms: HashMap::new(),
            messages: HashMap::new(),
            contents: HashMap::new(),
            teams: HashMap::new(),
            actions: HashMap::new(),
            webhooks: HashMap::new(),
            deliveries: Vec::new(),
            events: Vec::new(),
            work: Work::default(),
            inboxes: Inboxes::default(),
            seq: 0,
        }
    }

    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    pub(super) fn add_person(
        &mut self,
        kind: PersonKind,
        email: String,
        display_name: &str,
        org: Uuid,
        created: Timestamp,
    ) -> Uuid {
        let (seq, uuid) = (self.next_seq(), self.generator.uuid());
        let display_name = display_name.to_owned();
        self.by_email.insert(email.to_lowercase(), uuid);
        self.people.insert(uuid, Person { seq, uuid, kind, email, display_name, org, is_admin: false, created });
        uuid
    }

    /// Forgets a person; what else knows of them is the caller's to clear.
    pub(super) fn remove_person(&mut self, uuid: Uuid) {
        self.people.remove(&uuid);
        self.by_email.retain(|_, known| *known != uuid);
    }

    pub(super) fn person(&self, uuid: Uuid) -> Result<&Person, Refusal> {
        self.people.get(&uuid).ok_or_else(Refusal::not_found)
    }

    /// Whoever has this address; letter case does not count.
    pub(super) fn person_by_email(&self, email: &str) -> Option<&Person> {
        self.people.get(self.by_email.get(&email.to_lowercase())?)
    }

    /// A new access token for this person.
    pub(super) fn issue_token(&mut self, person: Uuid, org: Uuid, role: Role, expires: Option<Timestamp>) -> String {
        let token = self.generator.token(org);
        self.tokens.insert(token.clone(), Token { person, role, expires, grant: None });
        token
    }

    /// The room that `id` names, where `person` is in it. To everyone else it does not exist.
    pub(super) fn room_of(&self, person: Uuid, id: &str) -> Result<&Room, Refusal> {
        let room = ids::uuid("ROOM", id).and_then(|uuid| self.rooms.get(&uuid)).ok_or_else(Refusal::not_found)?;
        room.member(person).map(|_| room).ok_or_else(Refusal::not_found)
    }

    /// As [`Store::room_of`], to change it.
    pub(super) fn room_of_mut(&mut self, person: Uuid, id: &str) -> Result<&mut Room, Refusal> {
        let uuid = self.room_of(person, id)?.uuid;
        self.rooms.get_mut(&uuid).ok_or_else(Refusal::not_found)
    }

    /// Adds a person to a room; the caller has checked that this may be.
    pub(super) fn join(&mut self, room: Uuid, person: Uuid, is_moderator: bool, now: Timestamp) {
        let seq = self.next_seq();
        if let Some(entry) = self.rooms.get_mut(&room) {
            entry.members.push(Membership { seq, room, person, is_moderator, is_room_hidden: false, created: now });
        }
    }
}

/// ISO 8601 with milliseconds and `Z`.
pub(super) fn date(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_milliseconds_and_z() {
        assert_eq!(date(Timestamp::from_second(1_893_456_000).unwrap()), "2030-01-01T00:00:00.000Z");
    }
}
