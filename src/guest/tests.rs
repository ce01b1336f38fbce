//! Guest tokens against the sandbox, and against replies that it never gives.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::http::{Delivery, HeaderMap, Request, Response, Sending, Transport, TransportError, TransportErrorKind};
use crate::sandbox::{Sandbox, SandboxTransport};

/// 2030-01-01T00:00:00Z.
const NOW: i64 = 1_893_456_000;
const STEVE: Guest<'_> = Guest { id: "123", name: "Stève" };
const SECRET: &str = "d2ViZXgtc2FuZGJveC1ndWVzdC1zZWNyZXQtMzJieXRl";
/// Made with jsonwebtoken 8.5.1 as guestissuer makes it; ends at `NOW`.
const VECTOR: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjMiLCJuYW1lIjoiU3TDqHZlIiwiaXNzIjoiWTJselkyOXpjR0Z5YXpvd\
    kwzVnpMMDlTUjBGT1NWcEJWRWxQVGk4ek9URTRPR00zTWkwd01ESTVMVFEzWVRRdFlqQXlOUzAxT0dFd1kyRTNORFZrTURZIiwiZXhwIjoxODkzNDU2MDAwfQ.\
    NJW2vtwT-se1WtSJfEQbHS9AuBFB0TJ9SLCzS6_IvTg";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

struct Lab {
    sandbox: Arc<Sandbox>,
    transport: SandboxTransport,
}

impl Lab {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::new(7, Box::new(|| at(NOW))));
        Self { transport: SandboxTransport::new(Arc::clone(&sandbox)), sandbox }
    }

    fn variable(&self, name: &str) -> String {
        let variables = self.sandbox.variables("http://127.0.0.1:4000");
        variables.into_iter().find(|(n, _)| *n == name).unwrap().1
    }

    fn issuer(&self) -> Issuer {
        Issuer::new(&self.variable("WEBEX_GUEST_ISSUER"), &self.variable("WEBEX_GUEST_SECRET")).unwrap()
    }

    fn webex(&self) -> Webex<'_> {
        Webex::new(&self.transport, BASE_URL).unwrap()
    }
}

/// Answers everything alike.
enum Fixed {
    Reply(u16, &'static [(&'static str, &'static str)], &'static str),
    Silence,
}

impl Transport for Fixed {
    fn send<'a>(&'a self, _: &'a Request) -> Sending<'a> {
        Box::pin(async move {
            let Self::Reply(status, headers, body) = self else {
                let (kind, delivery) = (TransportErrorKind::Resolve, Delivery::NotSent);
                let (message, help) = ("the host name has no address".to_owned(), Some("check the network".to_owned()));
                return Err(TransportError { kind, delivery, message, help });
            };
            let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()));
            Ok(Response::new(*status, HeaderMap::from_iter(headers), (*body).into()))
        })
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn login(transport: &dyn Transport, token: &str) -> Result<Access, GuestError> {
    let webex = Webex::new(transport, "http://127.0.0.1:4000/v1/").unwrap();
    wait(webex.login(token, at(NOW)))
}

#[test]
fn tokens_are_those_of_guestissuer() {
    let id = "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8zOTE4OGM3Mi0wMDI5LTQ3YTQtYjAyNS01OGEwY2E3NDVkMDY";
    assert_eq!(Issuer::new(id, SECRET).unwrap().sign(STEVE, at(NOW)).unwrap(), VECTOR);
}

#[test]
fn secrets_are_base64_in_either_alphabet() {
    for same in ["++//", "--__", " ++//\n"] {
        let token = Issuer::new("i", same).unwrap().sign(STEVE, at(NOW)).unwrap();
        assert_eq!(token, Issuer::new("i", "++//").unwrap().sign(STEVE, at(NOW)).unwrap());
    }
    let wrong = |id, secret| Issuer::new(id, secret).unwrap_err();
    let error = wrong("i", "hunter2 hunter2");
    assert_eq!(error.message, "the Guest Issuer's secret cannot be used: the secret is not base64");
    assert_eq!(error.kind, GuestErrorKind::Input);
    assert_eq!(wrong("i", " ").message, "the Guest Issuer's secret is empty");
    assert_eq!(wrong(" ", SECRET).message, "the Guest Issuer's id is empty");
    let nobody = Issuer::new("i", SECRET).unwrap().sign(Guest { id: "1", name: " " }, at(NOW)).unwrap_err();
    assert_eq!(nobody.message, "the guest's name is empty");
}

#[test]
fn a_guest_logs_in_and_is_who_it_is() {
    let lab = Lab::new();
    let token = lab.issuer().sign(STEVE, at(NOW + 60)).unwrap();
    let access = wait(lab.webex().login(&token, at(NOW))).unwrap();
    assert_eq!(access.expires_in, Some(21_600));
    let person = wait(lab.webex().person(&access.token)).unwrap();
    assert_eq!((&person["displayName"], &person["type"]), (&"Stève".into(), &"appuser".into()));
}

#[test]
fn a_service_app_makes_guests() {
    let lab = Lab::new();
    let made = wait(lab.webex().guest(&lab.variable("WEBEX_SERVICE_APP_TOKEN"), STEVE)).unwrap();
    assert_eq!((made.access.expires_in, &made.reply["subject"]), (Some(64_799), &"123".into()));
    assert_eq!(wait(lab.webex().person(&made.access.token)).unwrap()["id"], made.reply["id"]);
    let error = wait(lab.webex().guest(&lab.variable("WEBEX_BOT_TOKEN"), STEVE)).err().unwrap();
    assert_eq!(error.kind, GuestErrorKind::Refused(403));
    assert!(error.message.starts_with("webexapis.com refused the Service App's token: 403 Forbidden: "), "{error}");
    assert!(error.help.unwrap().contains("guest-issuer:write"));
}

#[test]
fn a_refused_token_is_explained() {
    let lab = Lab::new();
    let old = lab.issuer().sign(STEVE, at(NOW - 90)).unwrap();
    let error = wait(lab.webex().login(&old, at(NOW))).err().unwrap();
    assert_eq!(error.kind, GuestErrorKind::Refused(401));
    assert!(error.message.contains("it has expired; create a new one (trackingId ROUTERGW_"), "{error}");
    let help = "the token expired 1m 30s ago, at 2029-12-31 23:58:30 UTC: create a new one";
    assert_eq!(error.help.as_deref(), Some(help));
    let error = wait(lab.webex().login(VECTOR, at(NOW - 60))).err().unwrap();
    assert!(error.message.contains("its signature does not match"), "{error}");
    assert!(error.help.unwrap().contains("issuer and the secret belong together"));
    let error = wait(lab.webex().person("no-token")).unwrap_err();
    assert_eq!(error.kind, GuestErrorKind::Refused(401));
    assert!(error.message.starts_with("webexapis.com refused the access token: 401 Unauthorized: "), "{error}");
}

#[test]
fn what_is_no_token_is_not_sent() {
    for (token, message) in [
        ("", "not a JSON Web Token: it has 1 part where 3 are due"),
        ("Bearer a.b.c", "not a JSON Web Token: it has white space in it"),
        ("a.b", "not a JSON Web Token: it has 2 parts where 3 are due"),
        ("e30.e30.\u{e9}", "not a JSON Web Token: the signature is not base64url"),
    ] {
        let error = login(&Fixed::Silence, token).err().unwrap();
        assert_eq!((error.kind, error.message.as_str()), (GuestErrorKind::Input, message));
    }
    let webex = Webex::new(&Fixed::Silence, BASE_URL).unwrap();
    for token in ["", "two words", "line\nbreak", "St\u{e8}ve"] {
        assert_eq!(wait(webex.person(token)).unwrap_err().kind, GuestErrorKind::Input, "{token}");
    }
}

#[test]
fn replies_that_are_no_tokens_are_told_apart() {
    use GuestErrorKind::{Failed, Refused, Reply};
    let error = r#"{"message":"Try again.","trackingId":"T_1"}"#;
    let base = "check the base URL: the API's ends in /v1";
    for (reply, kind, message, help) in [
        (
            Fixed::Reply(503, &[], error),
            Failed(503),
            "could not answer: 503 Service Unavailable: Try again (trackingId T_1)",
            "the trouble is on the other side: try again later",
        ),
        (
            Fixed::Reply(429, &[("retry-after", "90"), ("trackingid", "T_2")], ""),
            Refused(429),
            "has had too many requests: 429 Too Many Requests (trackingId T_2)",
            "try again in 1m 30s",
        ),
        (
            Fixed::Reply(302, &[("location", "https://elsewhere.example/")], ""),
            Refused(302),
            "answered 302 Found, a redirect to https://elsewhere.example/",
            "check the base URL: no token is sent along to another place",
        ),
        (Fixed::Reply(404, &[], "<html>"), Refused(404), "refused the guest token: 404 Not Found", base),
    ] {
        let error = login(&reply, VECTOR).err().unwrap();
        assert_eq!((error.kind, error.message), (kind, format!("127.0.0.1:4000 {message}")));
        assert_eq!(error.help.as_deref(), Some(help));
    }
    for (body, message) in [
        ("<html>", "the reply of 127.0.0.1:4000 is not JSON: expected value"),
        ("{}", "the reply holds no access token (`token`)"),
        (r#"{"token":"\u001b[2J"}"#, "the reply holds no access token (`token`)"),
    ] {
        let error = login(&Fixed::Reply(200, &[], body), VECTOR).err().unwrap();
        assert_eq!((error.kind, error.message.as_str()), (Reply, message));
    }
    let error = login(&Fixed::Silence, VECTOR).err().unwrap();
    assert_eq!((error.kind, error.help.as_deref()), (GuestErrorKind::Unreachable, Some("check the network")));
}

#[test]
fn a_lifetime_that_is_not_said_is_none() {
    let access = login(&Fixed::Reply(200, &[], r#"{"token":"t"}"#), VECTOR).unwrap();
    assert_eq!((access.token.as_str(), access.expires_in), ("t", None));
}

#[test]
fn base_urls_are_those_of_a_server() {
    for bad in ["", "webexapis.com/v1", "ftp://webexapis.com", "https://a@webexapis.com", "https://webexapis.com?x"] {
        let Err(error) = Webex::new(&Fixed::Silence, bad) else { panic!("{bad}") };
        assert!(error.message.starts_with("the base URL "), "{error}");
    }
}

#[test]
fn an_inspection_finds_what_speaks_against_a_token() {
    let key = secret(SECRET).unwrap();
    let good = inspect(VECTOR, Some(&key), at(NOW - 1)).unwrap();
    assert_eq!((good.signature, good.expires, good.problems.as_slice()), (Signature::Valid, Some(at(NOW)), &[][..]));
    assert_eq!(good.token.claims["name"], "Stève");
    assert_eq!(inspect(VECTOR, None, at(NOW - 1)).unwrap().signature, Signature::Unchecked);

    let old = inspect(VECTOR, Some(&secret("b3RoZXI=").unwrap()), at(NOW)).unwrap();
    assert_eq!(old.signature, Signature::Wrong);
    assert_eq!(
        old.problems,
        [
            "the signature does not match: the token was signed with another key, or changed",
            "the token expired 0s ago, at 2030-01-01 00:00:00 UTC",
        ]
    );
}

#[test]
fn other_algorithms_and_times_are_problems() {
    let problems = |header: &str, claims: &str| {
        use base64::Engine as _;
        let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.c2ln", part(header), part(claims));
        inspect(&token, None, at(NOW)).unwrap().problems
    };
    let hs256 = r#"{"alg":"HS256"}"#;
    for (header, claims, problem) in [
        (r#"{"alg":"none"}"#, "{}", "the header says `alg` is \"none\", and guest tokens are signed with \"HS256\""),
        ("{}", "{}", "the header says `alg` is nothing, and guest tokens are signed with \"HS256\""),
        (hs256, r#"{"exp":"soon"}"#, "the claim `exp` is not a number of seconds"),
        (hs256, r#"{"exp":"1893455990"}"#, "the token expired 10s ago, at 2029-12-31 23:59:50 UTC"),
        (hs256, r#"{"nbf":1893459600}"#, "the token is not valid for another 1h, until 2030-01-01 01:00:00 UTC"),
    ] {
        assert_eq!(problems(header, claims), [problem]);
    }
    assert!(problems(hs256, r#"{"exp":1893456001.5}"#).is_empty());
    assert!(problems(hs256, r#"{"exp":1e300}"#).is_empty());
    assert!(problems(hs256, r#"{"exp":-1e300}"#)[0].starts_with("the token expired "));
}

#[test]
fn keys_and_tokens_are_not_in_debug_text() {
    let text = format!("{:?}", Lab::new().issuer());
    assert!(text.contains("Key(***)"), "{text}");
    let lived = at(NOW).checked_add(SignedDuration::from_secs(1)).unwrap();
    let token = format!("{:?}", inspect(VECTOR, None, lived).unwrap());
    assert!(!token.contains("NJW2vtwT"), "{token}");
}
