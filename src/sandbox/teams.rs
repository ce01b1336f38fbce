//! `/teams` and `/team/memberships`: groups of people with rooms of their own. Every team has a room of its name.

use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::store::{Room, Store, date};
use super::{ids, memberships, page, rooms};
use crate::value::Value;
use jiff::Timestamp;

pub(super) struct Team {
    seq: u64,
    /// That of its general room too.
    uuid: Uuid,
    name: String,
    description: Option<String>,
    creator: Uuid,
    created: Timestamp,
    members: Vec<Member>,
}

struct Member {
    seq: u64,
    person: Uuid,
    is_moderator: bool,
    created: Timestamp,
}

impl Team {
    fn member(&self, person: Uuid) -> Option<&Member> {
        self.members.iter().find(|member| member.person == person)
    }
}

/// The team that `id` names, where `person` is in it. To everyone else it does not exist.
pub(super) fn team_of<'a>(store: &'a Store, person: Uuid, id: &str) -> Result<&'a Team, Refusal> {
    let team = ids::uuid("TEAM", id).and_then(|uuid| store.teams.get(&uuid));
    team.filter(|team| team.member(person).is_some()).ok_or_else(Refusal::not_found)
}

/// As [`team_of`], where `person` moderates it.
fn moderated<'a>(store: &'a mut Store, person: Uuid, id: &str) -> Result<&'a mut Team, Refusal> {
    let team = team_of(store, person, id)?;
    if !team.member(person).is_some_and(|member| member.is_moderator) {
        return Err(Refusal::forbidden("Only a moderator of the team may do this."));
    }
    let uuid = team.uuid;
    store.teams.get_mut(&uuid).ok_or_else(Refusal::not_found)
}

/// Takes a person out of every team.
pub(super) fn forget(store: &mut Store, person: Uuid) {
    store.teams.values_mut().for_each(|team| team.members.retain(|member| member.person != person));
}

/// `POST /teams`. Whoever creates a team moderates it.
pub(super) fn create(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let name = body.required("name")?.to_owned();
    let description = body.text("description")?.map(str::to_owned);
    let (seq, uuid, created) = (call.store.next_seq(), call.store.generator.uuid(), call.now);
    let first = Member { seq: call.store.next_seq(), person: caller.person, is_moderator: true, created };
    let general = Room {
        title: name.clone(),
        is_direct: false,
        team_id: Some(ids::encode("TEAM", uuid)),
        ..Room::direct(call.store.next_seq(), uuid, caller.person, created)
    };
    let team = Team { seq, uuid, name, description, creator: caller.person, created, members: vec![first] };
    let answer = Answer::json(&shown(&team));
    call.store.teams.insert(uuid, team);
    call.store.rooms.insert(uuid, general);
    call.store.join(uuid, caller.person, false, created);
    rooms::announce(call, caller, uuid, "created");
    memberships::announce(call, caller, uuid, caller.person, "created");
    Ok(answer)
}

/// `GET /teams`: those the caller is in.
pub(super) fn list(call: &mut Call, caller: Caller) -> Outcome {
    let mut rows: Vec<&Team> = call.store.teams.values().filter(|t| t.member(caller.person).is_some()).collect();
    rows.sort_by_key(|team| team.seq);
    page::page(call, &rows, page::USUAL, |team| team.seq, shown)
}

/// `GET /teams/{id}`.
pub(super) fn get(call: &mut Call, caller: Caller) -> Outcome {
    Ok(Answer::json(&shown(team_of(call.store, caller.person, &call.param)?)))
}

/// `PUT /teams/{id}`; `name` is required.
pub(super) fn update(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let name = body.required("name")?.to_owned();
    let description = body.text("description")?.map(str::to_owned);
    let team = moderated(call.store, caller.person, &call.param)?;
    team.name = name;
    team.description = description.or(team.description.take());
    Ok(Answer::json(&shown(team)))
}

/// `DELETE /teams/{id}`, and its rooms with it.
pub(super) fn delete(call: &mut Call, caller: Caller) -> Outcome {
    let uuid = moderated(call.store, caller.person, &call.param)?.uuid;
    for room in rooms_of(call.store, uuid) {
        rooms::end(call, caller, room);
    }
    call.store.teams.remove(&uuid);
    Ok(Answer::empty(204))
}

fn rooms_of(store: &Store, team: Uuid) -> Vec<Uuid> {
    let id = ids::encode("TEAM", team);
    let mut rooms: Vec<&Room> = store.rooms.values().filter(|room| room.team_id.as_ref() == Some(&id)).collect();
    rooms.sort_by_key(|room| room.seq);
    rooms.into_iter().map(|room| room.uuid).collect()
}

fn shown(team: &Team) -> Value {
    let mut fields = json!({
        "id": ids::encode("TEAM", team.uuid),
        "name": team.name,
        "creatorId": ids::encode("PEOPLE", team.creator),
        "created": date(team.created),
    });
    if let Some(description) = &team.description {
        fields["description"] = description.as_str().into();
    }
    fields
}

/// `POST /team/memberships`. A new member is in the team's general room too.
pub(super) fn add_member(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let id = body.required("teamId")?;
    let is_moderator = body.flag("isModerator")?.unwrap_or(false);
    let person = memberships::invited(call.store, &body)?.uuid;
    let team = team_of(call.store, caller.person, id)?;
    if team.member(person).is_some() {
        return Err(Refusal::new(409, "User is already a member of the team."));
    }
    let (uuid, seq) = (team.uuid, call.store.next_seq());
    let member = Member { seq, person, is_moderator, created: call.now };
    let answer = Answer::json(&shown_member(call.store, uuid, &member));
    if let Some(team) = call.store.teams.get_mut(&uuid) {
        team.members.push(member);
    }
    if call.store.rooms.get(&uuid).is_some_and(|room| room.member(person).is_none()) {
        call.store.join(uuid, person, false, call.now);
        memberships::announce(call, caller, uuid, person, "created");
    }
    Ok(answer)
}

/// `GET /team/memberships?teamId=…`.
pub(super) fn list_members(call: &mut Call, caller: Caller) -> Outcome {
    let id = call.query("teamId").ok_or_else(|| Refusal::bad_request("teamId cannot be null"))?;
    let team = team_of(call.store, caller.person, &id)?;
    let rows: Vec<&Member> = team.members.iter().collect();
    page::page(call, &rows, page::USUAL, |member| member.seq, |member| shown_member(call.store, team.uuid, member))
}

/// `GET /team/memberships/{id}`.
pub(super) fn get_member(call: &mut Call, caller: Caller) -> Outcome {
    let (person, team) = member_in_path(call, caller)?;
    answer_member(call.store, team, person)
}

/// `PUT /team/memberships/{id}`: `isModerator`.
pub(super) fn update_member(call: &mut Call, caller: Caller) -> Outcome {
    let body = call.body()?;
    let flag = body.flag("isModerator")?.ok_or_else(|| Refusal::bad_request("isModerator cannot be null"))?;
    let (person, team) = member_in_path(call, caller)?;
    let entry = moderated(call.store, caller.person, &team.to_string())?;
    if let Some(member) = entry.members.iter_mut().find(|member| member.person == person) {
        member.is_moderator = flag;
    }
    answer_member(call.store, team, person)
}

/// `DELETE /team/memberships/{id}`: out of the team and of its rooms. One may always leave.
pub(super) fn remove_member(call: &mut Call, caller: Caller) -> Outcome {
    let (person, team) = member_in_path(call, caller)?;
    if person != caller.person {
        moderated(call.store, caller.person, &team.to_string())?;
    }
    for room in rooms_of(call.store, team) {
        memberships::end(call, caller, room, person);
    }
    if let Some(team) = call.store.teams.get_mut(&team) {
        team.members.retain(|member| member.person != person);
    }
    Ok(Answer::empty(204))
}

/// The person and the team of the id in the path, where the caller is in that team.
fn member_in_path(call: &Call, caller: Caller) -> Result<(Uuid, Uuid), Refusal> {
    let (person, team) = ids::uuid_pair("TEAM_MEMBERSHIP", &call.param).ok_or_else(Refusal::not_found)?;
    let entry = team_of(call.store, caller.person, &team.to_string())?;
    entry.member(person).map(|_| (person, team)).ok_or_else(Refusal::not_found)
}

fn answer_member(store: &Store, team: Uuid, person: Uuid) -> Outcome {
    let member = store.teams.get(&team).and_then(|team| team.member(person)).ok_or_else(Refusal::not_found)?;
    Ok(Answer::json(&shown_member(store, team, member)))
}

fn shown_member(store: &Store, team: Uuid, member: &Member) -> Value {
    let person = store.people.get(&member.person);
    json!({
        "id": ids::encode("TEAM_MEMBERSHIP", format_args!("{}:{team}", member.person)),
        "teamId": ids::encode("TEAM", team),
        "personId": ids::encode("PEOPLE", member.person),
        "personEmail": person.map(|p| p.email.as_str()),
        "personDisplayName": person.map(|p| p.display_name.as_str()),
        "personOrgId": person.map(|p| ids::encode("ORGANIZATION", p.org)),
        "isModerator": member.is_moderator,
        "created": date(member.created),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    fn team(lab: &Lab) -> String {
        lab.post("/v1/teams").token(&lab.person()).json(&json!({"name": "Crew", "description": "d"})).send().id()
    }

    #[test]
    fn a_team_lives_with_its_rooms() {
        let lab = Lab::new();
        let me = lab.person();
        let id = team(&lab);
        let path = format!("/teams/{id}");
        assert_eq!(lab.get("/teams").token(&me).send().items(), 1);
        let renamed = lab.put(&path).token(&me).json(&json!({"name": "Team"})).send();
        assert_eq!((&renamed.json["name"], &renamed.json["description"]), (&json!("Team"), &json!("d")));
        let room = json!({"title": "Second", "teamId": id});
        assert_eq!(lab.post("/rooms").token(&me).json(&room).send().json["teamId"], json!(id));
        assert_eq!(lab.get(&format!("/rooms?teamId={id}")).token(&me).send().items(), 2);
        let stranger = lab.post("/rooms").token(&lab.variable("WEBEX_BOT_TOKEN")).json(&room).send();
        assert_eq!(stranger.status, 404);
        assert_eq!(lab.delete(&path).token(&me).send().status, 204);
        assert_eq!(lab.get(&path).token(&me).send().status, 404);
        assert_eq!(lab.get("/rooms").token(&me).send().items(), 0);
    }

    #[test]
    fn members_come_and_go() {
        let lab = Lab::new();
        let (me, bot) = (lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        let id = team(&lab);
        let body = json!({"teamId": id, "personEmail": "sandbox@webex.bot"});
        let added = lab.post("/team/memberships").token(&me).json(&body).send();
        assert_eq!((added.status, &added.json["isModerator"]), (200, &json!(false)));
        assert_eq!(lab.post("/team/memberships").token(&me).json(&body).send().status, 409);
        assert_eq!(lab.get("/rooms").token(&bot).send().items(), 1);
        assert_eq!(lab.get("/team/memberships").token(&me).send().message(), "teamId cannot be null");
        assert_eq!(lab.get(&format!("/team/memberships?teamId={id}")).token(&bot).send().items(), 2);
        let path = format!("/team/memberships/{}", added.id());
        assert_eq!(lab.get(&path).token(&bot).send().json, added.json);
        let promote = json!({"isModerator": true});
        assert_eq!(lab.put(&path).token(&bot).json(&promote).send().status, 403);
        assert_eq!(lab.delete(&format!("/teams/{id}")).token(&bot).send().status, 403);
        assert_eq!(lab.put(&path).token(&me).json(&promote).send().json["isModerator"], true);
        assert_eq!(lab.delete(&path).token(&bot).send().status, 204);
        assert_eq!(lab.get(&path).token(&me).send().status, 404);
        assert_eq!(lab.get("/rooms").token(&bot).send().items(), 0);
    }
}
