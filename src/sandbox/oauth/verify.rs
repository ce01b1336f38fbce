//! `/device/verify`: where a person enters a device's code, and accepts or declines.

use super::super::answer::{Answer, Outcome};
use super::super::call::Call;
use super::consent::{self, Decision};
use super::device::{Device, State};

const ASK: &str = "<form method=\"get\">\n<label>Code on your device <input name=\"userCode\" inputmode=\"numeric\" \
                   autocomplete=\"off\" required></label>\n<button>Next</button>\n</form>\n";

/// `GET /device/verify?userCode=…`: the short code or the long one; without it a form asks.
pub(in crate::sandbox) fn show(call: &mut Call) -> Outcome {
    let Some(key) = find(call) else { return Ok(ask(call)) };
    if let Some(decision) = consent::skipped(call) {
        let hint = call.query("login_hint");
        return Ok(settle(call, &key, &decision, hint.as_deref()));
    }
    Ok(match call.store.grants.devices.get(&key) {
        Some(device) => consent::page(200, "Allow the device", &consent::form(call.store, &device.scopes, None)),
        None => ask(call),
    })
}

/// `POST /device/verify`: the page's form, at the same address.
pub(in crate::sandbox) fn confirm(call: &mut Call) -> Outcome {
    let form = call.form()?;
    let Some(key) = find(call) else { return Ok(ask(call)) };
    Ok(settle(call, &key, &consent::given(&form), form.get("person")))
}

fn ask(call: &Call) -> Answer {
    match call.query("userCode") {
        None => consent::page(200, "Connect a device", ASK),
        Some(_) => {
            let body = format!("<p>This code is unknown, has expired or has been used already.</p>\n{ASK}");
            consent::page(404, "Connect a device", &body)
        }
    }
}

/// The device that waits under the code in the query.
fn find(call: &Call) -> Option<String> {
    let code = call.query("userCode")?;
    let code = code.trim();
    let waits = |device: &Device| {
        (device.user_code == code || device.page_code == code)
            && matches!(device.state, State::Pending)
            && call.now < device.expires
    };
    call.store.grants.devices.iter().find(|(_, device)| waits(device)).map(|(key, _)| key.clone())
}

fn settle(call: &mut Call, key: &str, decision: &Decision, email: Option<&str>) -> Answer {
    let scopes = call.store.grants.devices.get(key).map(|device| device.scopes.clone());
    let grant = match (decision, scopes) {
        (Decision::Accept, Some(scopes)) => consent::grant(call, email, &scopes),
        _ => None,
    };
    let (state, text) = match (grant, decision) {
        (Some(grant), _) => (State::Accepted(grant), "<p>The device is connected. You can close this page.</p>\n"),
        (None, Decision::Decline) => (State::Declined, "<p>The device was declined.</p>\n"),
        (None, Decision::Accept) => (State::Declined, "<p>Only an administrator can allow what is asked for.</p>\n"),
    };
    if let Some(device) = call.store.grants.devices.get_mut(key) {
        device.state = state;
    }
    consent::page(200, "Connect a device", text)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Lab, Reply};
    use crate::value::Value;
    use base64::Engine as _;
    use serde_json::json;

    fn start(lab: &Lab, query: &str) -> Value {
        let body = format!("client_id={}&scope=spark:rooms_read%20spark:people_read", lab.variable("WEBEX_CLIENT_ID"));
        let reply = lab.post(&format!("/v1/device/authorize{query}")).body(&body).send();
        assert_eq!((reply.status, &reply.json["interval"]), (200, &json!(2)));
        reply.json
    }

    fn poll(lab: &Lab, device: &Value) -> Reply {
        let client = format!("{}:{}", lab.variable("WEBEX_CLIENT_ID"), lab.variable("WEBEX_CLIENT_SECRET"));
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(client));
        let code = device["device_code"].as_str().unwrap();
        let body = format!("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={code}&client_id=x");
        lab.post("/v1/device/token").header("authorization", &basic).body(&body).send()
    }

    fn error(reply: &Reply) -> (u16, &str) {
        (reply.status, reply.json["error"].as_str().unwrap())
    }

    #[test]
    fn a_device_waits_for_its_person() {
        let lab = Lab::new();
        let device = start(&lab, "");
        assert_eq!(error(&poll(&lab, &device)), (428, "authorization_pending"));
        let page = device["verification_uri"].as_str().unwrap();
        assert_eq!(page, "http://127.0.0.1:4000/v1/device/verify");
        assert_eq!(lab.get(page).send().status, 200);
        assert_eq!(lab.get(&format!("{page}?userCode=nobody")).send().status, 404);
        let code = device["user_code"].as_str().unwrap();
        let form = lab.get(&format!("{page}?userCode={code}")).send();
        assert!(String::from_utf8_lossy(&form.answer.body).contains("spark:rooms_read"));
        let body = "decision=accept&person=ben.example%40sandbox.example.com";
        assert_eq!(lab.post(&format!("{page}?userCode={code}")).body(body).send().status, 200);
        lab.advance(2);
        let done = poll(&lab, &device);
        assert_eq!((done.status, &done.json["scope"]), (200, &json!("spark:rooms_read spark:people_read")));
        let me = lab.get("/people/me").token(done.json["access_token"].as_str().unwrap()).send();
        assert_eq!(me.json["displayName"], "Ben Example");
        assert!(done.json["refresh_token"].is_string());
        assert_eq!(error(&poll(&lab, &device)), (400, "invalid_grant"));
    }

    #[test]
    fn polling_too_often_costs_five_seconds() {
        let lab = Lab::new();
        let device = start(&lab, "?_wxflow_polls=2");
        let poll_after = |seconds| {
            lab.advance(seconds);
            poll(&lab, &device)
        };
        assert_eq!(poll_after(0).status, 428);
        assert_eq!(error(&poll_after(1)), (400, "slow_down"));
        assert_eq!(error(&poll_after(6)), (400, "slow_down"));
        assert_eq!(poll_after(12).status, 428);
        assert_eq!(poll_after(12).status, 200);
    }

    #[test]
    fn it_may_be_declined_or_too_late() {
        let lab = Lab::new();
        let device = start(&lab, "");
        let page = device["verification_uri_complete"].as_str().unwrap();
        lab.get(&format!("{page}&_wxflow_consent=deny")).send();
        assert_eq!(error(&poll(&lab, &device)), (400, "access_denied"));
        let device = start(&lab, "");
        lab.advance(300);
        let page = device["verification_uri_complete"].as_str().unwrap();
        assert_eq!(lab.get(page).send().status, 404);
        assert_eq!(error(&poll(&lab, &device)), (400, "expired_token"));
        let wrong = lab.post("/device/authorize").body("client_id=x&scope=spark:all").send();
        assert_eq!(error(&wrong), (400, "invalid_client"));
        assert_eq!(wrong.json["errors"], json!([{"description": "Client Id is invalid"}]));
    }
}
