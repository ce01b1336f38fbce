//! `/guests`: guests of a Service App, the successor of Guest Issuer apps.

use jiff::SignedDuration;
use serde_json::json;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{Call, Caller};
use super::store::{PersonKind, Role};

/// The lifetime in Cisco's example reply.
const LIFE_SECONDS: i64 = 64_799;

fn service_app_only(caller: Caller) -> Result<(), Refusal> {
    if caller.role == Role::ServiceApp {
        return Ok(());
    }
    Err(Refusal::forbidden("Guests need a Service App's access token with the scope guest-issuer:write."))
}

/// `POST /guests/token`. A known `subject` gets one more token and its new name; its earlier tokens stay valid.
pub(super) fn token(call: &mut Call, caller: Caller) -> Outcome {
    service_app_only(caller)?;
    let body = call.body()?;
    let (subject, name) = (body.required("subject")?, body.required("displayName")?);
    let org = call.fixtures.org;
    let person = match call.store.app_guests.get(subject) {
        Some(&known) => known,
        None => {
            let email = format!("{}@appid.ciscospark.com", call.store.generator.uuid());
            let made = call.store.add_person(PersonKind::AppUser, email, name, org, call.now);
            call.store.app_guests.insert(subject.to_owned(), made);
            made
        }
    };
    if let Some(guest) = call.store.people.get_mut(&person) {
        name.clone_into(&mut guest.display_name);
    }
    let expires = call.now.checked_add(SignedDuration::from_secs(LIFE_SECONDS)).ok();
    let token = call.store.issue_token(person, org, Role::Guest, expires);
    let guest = call.store.person(person)?;
    Ok(Answer::json(&json!({
        "id": guest.id(),
        "subject": subject,
        "displayName": name,
        "email": guest.email,
        "accessToken": token,
        "expiresIn": LIFE_SECONDS,
    })))
}

/// `GET /guests/count`: a bare number. The specification calls it text/plain, clients read it as JSON: a number is
/// both, and under this type both kinds of reader get it.
pub(super) fn count(call: &mut Call, caller: Caller) -> Outcome {
    service_app_only(caller)?;
    Ok(Answer::json(&json!(call.store.app_guests.len())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn a_subject_is_one_guest_with_many_tokens() {
        let lab = Lab::new();
        let app = lab.variable("WEBEX_SERVICE_APP_TOKEN");
        let make = |name: &str| {
            let body = json!({"subject": "visitor-1", "displayName": name});
            lab.post("/v1/guests/token").token(&app).json(&body).send().json
        };
        let (first, second) = (make("Visitor"), make("Renamed"));
        assert_eq!(first["id"], second["id"]);
        assert_ne!(first["accessToken"], second["accessToken"]);
        assert!(first["email"].as_str().unwrap().ends_with("@appid.ciscospark.com"));
        let me = lab.get("/people/me").token(first["accessToken"].as_str().unwrap()).send();
        assert_eq!((&me.json["displayName"], &me.json["type"]), (&json!("Renamed"), &json!("appuser")));
        assert_eq!(lab.get("/guests/count").token(&app).send().json, json!(1));
    }

    #[test]
    fn what_is_missing_is_400_and_another_token_403() {
        let lab = Lab::new();
        let app = lab.variable("WEBEX_SERVICE_APP_TOKEN");
        let reply = lab.post("/guests/token").token(&app).json(&json!({"subject": "x"})).send();
        assert_eq!((reply.status, reply.message()), (400, "displayName cannot be null"));
        assert_eq!(lab.get("/guests/count").token(&lab.person()).send().status, 403);
    }
}
