//! `/device/authorize` and `/device/token`: the grant for machines without a browser (RFC 8628), with Webex's 428.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::call::Call;
use super::super::scope::Scopes;
use super::token::{client, reply};
use super::{Grant, consent, issue, later};

const LIFE_SECONDS: i64 = 300;
const INTERVAL_SECONDS: i64 = 2;
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device that waits for a person.
pub(super) struct Device {
    pub(super) user_code: String,
    /// The long code in `verification_uri_complete`.
    pub(super) page_code: String,
    pub(super) scopes: Scopes,
    pub(super) state: State,
    pub(super) expires: Timestamp,
    interval: i64,
    last_poll: Option<Timestamp>,
    /// Accepted without a person after so many more polls, where the test asked for it.
    polls_left: Option<u32>,
}

pub(super) enum State {
    Pending,
    Declined,
    Accepted(Grant),
}

/// `POST /device/authorize`. The query `_wxflow_polls=N` lets the N-th poll after the first find it accepted.
pub(in crate::sandbox) fn authorize(call: &mut Call) -> Outcome {
    let form = call.form()?;
    if form.get("client_id") != Some(call.fixtures.client_id.as_str()) {
        // The documented body: a general message, and the reason in `errors`.
        let general = "The request could not be understood by the server due to malformed syntax.";
        return Err(Refusal::oauth(400, "invalid_client", general).detail("Client Id is invalid"));
    }
    let scopes = Scopes::parse(form.get("scope").unwrap_or_default())
        .map_err(|unknown| Refusal::oauth(400, "invalid_scope", format!("The scope {unknown} is unknown.")))?;
    if scopes.is_empty() {
        return Err(Refusal::oauth(400, "invalid_scope", "The request has no scope."));
    }
    if scopes.has("openid") {
        return Err(Refusal::oauth(400, "invalid_scope", "The device grant has no OpenID scopes."));
    }
    let generator = &mut call.store.generator;
    let (code, page_code) = (generator.uuid().to_string(), generator.hex::<32>());
    let user_code = format!("{:06}", generator.below(1_000_000));
    let page = format!("{}/device/verify", call.base_url());
    let answer = json!({
        "device_code": code,
        "expires_in": LIFE_SECONDS,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?userCode={page_code}"),
        "interval": INTERVAL_SECONDS,
    });
    let device = Device {
        user_code,
        page_code,
        scopes,
        state: State::Pending,
        expires: later(call.now, LIFE_SECONDS),
        interval: INTERVAL_SECONDS,
        last_poll: None,
        polls_left: call.query("_wxflow_polls").and_then(|n| n.parse().ok()),
    };
    call.store.grants.devices.insert(code, device);
    Ok(Answer::json(&answer))
}

/// `POST /device/token`: 428 until a person has decided. An expired code is `expired_token` (RFC 8628 section 3.5);
/// Webex's list of codes has none for it.
pub(in crate::sandbox) fn token(call: &mut Call) -> Outcome {
    let form = call.form()?;
    let kind = form.required("grant_type")?;
    client(call, &form)?;
    if kind != GRANT_TYPE {
        return Err(Refusal::oauth(400, "unsupported_grant_type", format!("The grant_type must be {GRANT_TYPE}.")));
    }
    let code = form.required("device_code")?;
    let now = call.now;
    let unknown = || Refusal::oauth(400, "invalid_grant", "The device_code is unknown or has been used already.");
    let device = call.store.grants.devices.get_mut(code).ok_or_else(unknown)?;
    if device.expires <= now {
        call.store.grants.devices.remove(code);
        return Err(Refusal::oauth(400, "expired_token", "The device_code has expired."));
    }
    device.pace(now)?;
    if matches!(device.state, State::Pending) {
        accept_after_polls(call, code);
    }
    match call.store.grants.devices.get(code).map(|device| &device.state) {
        Some(State::Pending) => Err(Refusal::oauth(428, "authorization_pending", "Nobody has entered the code yet.")),
        Some(State::Declined) => Err(Refusal::oauth(400, "access_denied", "The user declined the request.")),
        Some(State::Accepted(grant)) => {
            let grant = grant.clone();
            call.store.grants.devices.remove(code);
            Ok(reply(issue(call, &grant)))
        }
        None => Err(unknown()),
    }
}

impl Device {
    /// A poll that comes too early makes the interval 5 seconds longer (RFC 8628 section 3.5).
    fn pace(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let last = self.last_poll.replace(now);
        if last.is_some_and(|last| now.duration_since(last) < SignedDuration::from_secs(self.interval)) {
            self.interval += 5;
            let why = format!("Polled too often; wait {} seconds between two polls.", self.interval);
            return Err(Refusal::oauth(400, "slow_down", why));
        }
        Ok(())
    }
}

fn accept_after_polls(call: &mut Call, code: &str) {
    let Some(device) = call.store.grants.devices.get_mut(code) else { return };
    match &mut device.polls_left {
        Some(0) => {
            let scopes = device.scopes.clone();
            let grant = consent::grant(call, None, &scopes);
            if let (Some(grant), Some(device)) = (grant, call.store.grants.devices.get_mut(code)) {
                device.state = State::Accepted(grant);
            }
        }
        Some(left) => *left -= 1,
        None => {}
    }
}
