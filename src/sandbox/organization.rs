//! What an administrator reads: organizations, licenses, roles, devices and workspaces. None of it changes.

use serde_json::json;
use uuid::Uuid;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::store::date;
use super::{ids, page};
use crate::value::Value;

/// `GET /organizations`.
pub(super) fn organizations(call: &mut Call, caller: Caller) -> Outcome {
    list(call, caller, &all_organizations(call))
}

/// `GET /organizations/{id}`.
pub(super) fn get_organization(call: &mut Call, caller: Caller) -> Outcome {
    get(call, caller, &all_organizations(call))
}

fn all_organizations(call: &Call) -> Vec<Value> {
    vec![json!({
        "id": ids::encode("ORGANIZATION", call.fixtures.org),
        "displayName": "Sandbox Organization",
        "created": date(call.fixtures.created),
    })]
}

/// `GET /licenses`.
pub(super) fn licenses(call: &mut Call, caller: Caller) -> Outcome {
    list(call, caller, &all_licenses(call))
}

/// `GET /licenses/{id}`.
pub(super) fn get_license(call: &mut Call, caller: Caller) -> Outcome {
    get(call, caller, &all_licenses(call))
}

/// One nearly used up, one comfortable, one for devices.
fn all_licenses(call: &Call) -> Vec<Value> {
    let org = call.fixtures.org;
    let rows =
        [("Messaging", "MS", 100, 95, 0), ("Meeting 1000 Assist", "EE", 50, 12, 0), ("Room Systems", "SD", 10, 0, 3)];
    let license = |(n, (name, code, total, users, workspaces)): (u128, (&str, &str, u32, u32, u32))| {
        json!({
            "id": ids::encode("LICENSE", format_args!("{org}:{code}_{}", derived(call, 100 + n))),
            "name": name,
            "totalUnits": total,
            "consumedUnits": users + workspaces,
            "consumedByUsers": users,
            "consumedByWorkspaces": workspaces,
            "subscriptionId": "Sub-sandbox",
        })
    };
    let mut licenses: Vec<Value> = (0..).zip(rows).map(license).collect();
    for license in licenses.iter_mut().filter(|license| license["name"] == "Meeting 1000 Assist") {
        license["siteUrl"] = "sandbox.example.com".into();
        license["siteType"] = "Control Hub managed site".into();
    }
    licenses
}

/// `GET /roles`.
pub(super) fn roles(call: &mut Call, caller: Caller) -> Outcome {
    list(call, caller, &all_roles())
}

/// `GET /roles/{id}`.
pub(super) fn get_role(call: &mut Call, caller: Caller) -> Outcome {
    get(call, caller, &all_roles())
}

fn all_roles() -> Vec<Value> {
    let roles = [
        ("id_full_admin", "Full Administrator"),
        ("id_user_admin", "User Administrator"),
        ("id_readonly_admin", "Read-only Administrator"),
    ];
    roles.into_iter().map(|(key, name)| json!({"id": ids::encode("ROLE", key), "name": name})).collect()
}

/// `GET /devices`, by `connectionStatus`, `displayName`, `product`, `type` or `workspaceId`.
pub(super) fn devices(call: &mut Call, caller: Caller) -> Outcome {
    let mut rows = all_devices(call);
    for name in ["connectionStatus", "displayName", "product", "type", "workspaceId"] {
        if let Some(wanted) = call.query(name) {
            rows.retain(|row| row[name] == wanted.as_str());
        }
    }
    list(call, caller, &rows)
}

/// `GET /devices/{id}`.
pub(super) fn get_device(call: &mut Call, caller: Caller) -> Outcome {
    get(call, caller, &all_devices(call))
}

/// A connected one, one that is away and one with a problem.
fn all_devices(call: &Call) -> Vec<Value> {
    let rows = [
        ("Board", "Cisco Webex Board 55", "connected", json!([])),
        ("Desk", "Cisco Webex Desk Pro", "disconnected", json!([])),
        ("Room Kit", "Cisco Webex Room Kit", "connected_with_issues", json!(["noaudio"])),
    ];
    let device = |(n, (name, product, status, errors)): (u128, (&str, &str, &str, Value))| {
        json!({
            "id": ids::encode("DEVICE", derived(call, 200 + n)),
            "displayName": name,
            "workspaceId": ids::encode("PLACE", derived(call, 300)),
            "orgId": ids::encode("ORGANIZATION", call.fixtures.org),
            "product": product,
            "type": "roomdesk",
            "connectionStatus": status,
            "errorCodes": errors,
            "tags": [],
            "ip": format!("192.0.2.{}", n + 1),
            "mac": format!("00:00:5E:00:53:0{n}"),
            "serial": format!("SANDBOX{n}"),
            "software": "RoomOS 11",
            "created": date(call.fixtures.created),
            "lastSeen": date(call.fixtures.created),
        })
    };
    (0..).zip(rows).map(device).collect()
}

/// `GET /workspaces`.
pub(super) fn workspaces(call: &mut Call, caller: Caller) -> Outcome {
    list(call, caller, &all_workspaces(call))
}

/// `GET /workspaces/{id}`.
pub(super) fn get_workspace(call: &mut Call, caller: Caller) -> Outcome {
    get(call, caller, &all_workspaces(call))
}

fn all_workspaces(call: &Call) -> Vec<Value> {
    vec![json!({
        "id": ids::encode("PLACE", derived(call, 300)),
        "orgId": ids::encode("ORGANIZATION", call.fixtures.org),
        "displayName": "Large meeting room",
        "type": "meetingRoom",
        "capacity": 8,
        "created": date(call.fixtures.created),
    })]
}

/// A key that is the same in every answer of a sandbox.
fn derived(call: &Call, n: u128) -> Uuid {
    Uuid::from_u128(call.fixtures.org.as_u128() ^ n)
}

fn list(call: &Call, caller: Caller, rows: &[Value]) -> Outcome {
    caller.must_administer()?;
    if call.query("orgId").is_some_and(|id| ids::uuid("ORGANIZATION", &id) != Some(call.fixtures.org)) {
        return Err(Refusal::not_found());
    }
    let rows: Vec<(u64, &Value)> = (0..).zip(rows).collect();
    page::page(call, &rows, page::USUAL, |(n, _)| n, |(_, row)| row.clone())
}

fn get(call: &Call, caller: Caller, rows: &[Value]) -> Outcome {
    caller.must_administer()?;
    let row = rows.iter().find(|row| row["id"] == call.param.as_ref()).ok_or_else(Refusal::not_found)?;
    Ok(Answer::json(row))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;

    #[test]
    fn administrators_read_it_all_one_by_one() {
        let lab = Lab::new();
        let admin = lab.variable("WEBEX_ADMIN_TOKEN");
        for (path, count) in [("organizations", 1), ("licenses", 3), ("roles", 3), ("devices", 3), ("workspaces", 1)] {
            let list = lab.get(&format!("/v1/{path}")).token(&admin).send();
            assert_eq!(list.items(), count, "{path}");
            let first = &list.json["items"][0];
            let one = format!("/{path}/{}", first["id"].as_str().unwrap());
            assert_eq!(&lab.get(&one).token(&admin).send().json, first);
            assert_eq!(lab.get(&format!("/{path}/x")).token(&admin).send().status, 404);
            assert_eq!(lab.get(&format!("/{path}")).token(&lab.person()).send().status, 403);
        }
        let away = lab.get("/devices?connectionStatus=disconnected").token(&admin).send();
        assert_eq!((away.items(), away.json["items"][0]["displayName"].as_str()), (1, Some("Desk")));
        assert_eq!(lab.get("/licenses?orgId=x").token(&admin).send().status, 404);
        assert_eq!(lab.get("/licenses?max=2").token(&admin).send().items(), 2);
    }
}
