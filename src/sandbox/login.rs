//! `POST /jwt/login`: a guest's JWT for an access token, as Guest Issuer apps have it.

use jiff::SignedDuration;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::json;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::answer::{Answer, Outcome, Refusal};
use super::call::{self, Call};
use super::store::{PersonKind, Role};
use super::{ids, routes};
use crate::value::Value;

/// A guest's access token lives 6 hours (guestissuer's README); the exact number of seconds is not documented.
const LIFE_SECONDS: i64 = 21_600;

/// Both forms are used by official clients: `Bearer <jwt>` and the JWT alone. The body and its type are ignored,
/// because clients send an empty one under three different content types.
pub(super) fn jwt_login(call: &mut Call) -> Outcome {
    let header = call::header(&call.request.headers, "authorization").ok_or_else(Refusal::unauthorized)?;
    let jwt = routes::bearer(header).unwrap_or(header).trim();
    let claims = verify(jwt, &call.fixtures.guest_secret)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());

    let issuer = text("iss").and_then(|iss| ids::uuid("ORGANIZATION", iss));
    if issuer != Some(call.fixtures.guest_org) {
        return Err(refused("its claim `iss` is not the id of a known guest issuer"));
    }
    let expiry =
        claims.get("exp").and_then(seconds).ok_or_else(|| refused("its claim `exp` is missing or not in seconds"))?;
    if expiry <= call.now.as_second() {
        return Err(refused("it has expired; create a new one"));
    }
    // The documentation wants letters, digits and hyphens in `sub`; a published client sends base64, so all is taken.
    let subject = text("sub").ok_or_else(|| refused("its claim `sub` is missing"))?;
    let name = text("name").unwrap_or(subject);

    let org = call.fixtures.guest_org;
    let person = match call.store.jwt_guests.get(subject) {
        Some(&known) => known,
        None => {
            let email = format!("{subject}@{org}");
            let made = call.store.add_person(PersonKind::AppUser, email, name, org, call.now);
            call.store.jwt_guests.insert(subject.to_owned(), made);
            made
        }
    };
    if let Some(guest) = call.store.people.get_mut(&person) {
        name.clone_into(&mut guest.display_name);
    }
    let expires = call.now.checked_add(SignedDuration::from_secs(LIFE_SECONDS)).ok();
    let token = call.store.issue_token(person, org, Role::Guest, expires);
    Ok(Answer::json(&json!({"token": token, "expiresIn": LIFE_SECONDS})))
}

/// The claims of a JWT whose HS256 signature was made with the base64-decoded secret.
fn verify(jwt: &str, secret: &[u8]) -> Result<Value, Refusal> {
    let mut validation = Validation::new(Algorithm::HS256);
    // `exp` may be text (the Python SDK signs it so), which the library refuses: it is checked by the caller.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = |key: &[u8]| jsonwebtoken::decode::<Value>(jwt, &DecodingKey::from_secret(key), &validation);
    match claims(secret) {
        Ok(token) => Ok(token.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidSignature if claims(STANDARD.encode(secret).as_bytes()).is_ok() => {
                refused("it was signed with the secret's base64 text; decode the secret first")
            }
            ErrorKind::InvalidSignature => refused("its signature does not match the guest issuer's secret"),
            ErrorKind::InvalidAlgorithm => refused("its algorithm is not HS256"),
            _ => refused("it is not a JSON Web Token"),
        }),
    }
}

/// What the real service answers to a bad or an expired JWT is not documented, between 400, 401 and 404. 401 is
/// what its other routes answer to a bad credential, and what tools take as the hint to get a new one.
fn refused(why: &str) -> Refusal {
    Refusal::new(401, format!("The guest token was refused: {why}."))
}

/// Seconds since 1970, as a number or as text.
fn seconds(exp: &Value) -> Option<i64> {
    match exp {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Lab, NOW};
    use super::*;
    use jsonwebtoken::{EncodingKey, Header};

    fn sign(lab: &Lab, claims: &Value, secret: &[u8]) -> String {
        let mut claims = claims.clone();
        claims["iss"] = json!(lab.variable("WEBEX_GUEST_ISSUER"));
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn guest(lab: &Lab, claims: &Value) -> String {
        sign(lab, claims, &STANDARD.decode(lab.variable("WEBEX_GUEST_SECRET")).unwrap())
    }

    #[test]
    fn both_header_forms_and_both_types_of_exp_log_in() {
        let lab = Lab::new();
        for (exp, prefix) in
            [(json!(NOW + 60), "Bearer "), (json!((NOW + 60).to_string()), ""), (json!(NOW + 60), "bearer ")]
        {
            let jwt = guest(&lab, &json!({"sub": "123", "name": "Stève", "exp": exp}));
            let login = lab.post("/v1/jwt/login").header("authorization", &format!("{prefix}{jwt}"));
            let login = login.header("content-type", "application/x-www-form-urlencoded").send();
            assert_eq!((login.status, &login.json["expiresIn"]), (200, &json!(21_600)));
            let me = lab.get("/people/me").token(login.json["token"].as_str().unwrap()).send();
            assert_eq!(me.json["displayName"], "Stève");
            assert_eq!(me.json["type"], "appuser");
            assert_eq!(me.json["orgId"], json!(lab.variable("WEBEX_GUEST_ISSUER")));
            let org = ids::uuid("ORGANIZATION", &lab.variable("WEBEX_GUEST_ISSUER")).unwrap();
            assert_eq!(me.json["emails"], json!([format!("123@{org}")]));
        }
    }

    #[test]
    fn a_jwt_of_the_guestissuer_tool_is_verified() {
        let secret = STANDARD.decode("d2ViZXgtc2FuZGJveC1ndWVzdC1zZWNyZXQtMzJieXRl").unwrap();
        let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjMiLCJuYW1lIjoiU3TDqHZlIiwiaXNzIjoiWTJselkyOXpj\
                   R0Z5YXpvdkwzVnpMMDlTUjBGT1NWcEJWRWxQVGk4ek9URTRPR00zTWkwd01ESTVMVFEzWVRRdFlqQXlOUzAxT0dFd1kyRTNORFZr\
                   TURZIiwiZXhwIjoxODkzNDU2MDAwfQ.NJW2vtwT-se1WtSJfEQbHS9AuBFB0TJ9SLCzS6_IvTg";
        let Ok(claims) = verify(jwt, &secret) else { panic!("refused") };
        assert_eq!((&claims["name"], &claims["exp"]), (&json!("Stève"), &json!(1_893_456_000)));
    }

    #[test]
    fn the_same_sub_is_the_same_person_under_a_new_name() {
        let lab = Lab::new();
        let me = |sub: &str, name: &str| {
            let jwt = guest(&lab, &json!({"sub": sub, "name": name, "exp": NOW + 60}));
            let login = lab.post("/jwt/login").token(&jwt).send();
            lab.get("/people/me").token(login.json["token"].as_str().unwrap()).send().json
        };
        let (first, again, other) = (me("a", "Ann"), me("a", "Anna"), me("A", "Ann"));
        assert_eq!(first["id"], again["id"]);
        assert_eq!(again["displayName"], "Anna");
        assert_ne!(first["id"], other["id"]);
    }

    #[test]
    fn refusals_are_401_and_say_why() {
        let lab = Lab::new();
        let claims = json!({"sub": "1", "name": "n", "exp": NOW + 60});
        let text = lab.variable("WEBEX_GUEST_SECRET");
        let mut foreign = claims.clone();
        foreign["iss"] = json!("elsewhere");
        let key = EncodingKey::from_secret(&STANDARD.decode(&text).unwrap());
        let foreign = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &foreign, &key).unwrap();
        for (jwt, why) in [
            (sign(&lab, &claims, b"other"), "its signature does not match"),
            (sign(&lab, &claims, text.as_bytes()), "decode the secret first"),
            (guest(&lab, &json!({"sub": "1", "exp": NOW})), "it has expired"),
            (guest(&lab, &json!({"sub": "1"})), "`exp` is missing"),
            (guest(&lab, &json!({"exp": NOW + 60})), "`sub` is missing"),
            (foreign, "`iss` is not"),
            ("nonsense".to_owned(), "not a JSON Web Token"),
        ] {
            let reply = lab.post("/jwt/login").token(&jwt).send();
            assert_eq!(reply.status, 401, "{why}");
            assert!(reply.message().contains(why), "{} / {why}", reply.message());
        }
        assert_eq!(lab.post("/jwt/login").send().status, 401);
    }

    #[test]
    fn a_guest_token_ends_after_six_hours() {
        let lab = Lab::new();
        let jwt = guest(&lab, &json!({"sub": "1", "name": "n", "exp": NOW + 60}));
        let login = lab.post("/jwt/login").token(&jwt).send();
        let token = login.json["token"].as_str().unwrap();
        lab.advance(21_599);
        assert_eq!(lab.get("/people/me").token(token).send().status, 200);
        lab.advance(1);
        assert_eq!(lab.get("/people/me").token(token).send().status, 401);
    }
}
