//! OAuth as Webex has it: consent, codes, refresh tokens, devices, and what became of them.
//!
//! One client is registered, the sandbox's own. Two things differ on purpose: any loopback redirect URI is taken,
//! and queries that begin with `_wxflow_` let a test skip what a person does by hand.

mod applications;
mod authorizations;
mod authorize;
mod consent;
mod device;
mod openid;
mod token;
mod verify;

pub(super) use applications::token as application_token;
pub(super) use authorizations::{delete, delete_by_client, expiry, list};
pub(super) use authorize::{ask, decide};
pub(super) use device::{authorize as device_authorize, token as device_token};
pub(super) use openid::{discovery, keys, userinfo};
pub(super) use token::token;
pub(super) use verify::{confirm, show as verify};

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::call::Call;
use super::scope::Scopes;
use super::store::{Role, Store, Token};
use crate::value::Value;
use device::Device;

/// 14 days. The documentation says 1209599 or 1209600.
const ACCESS_SECONDS: i64 = 1_209_600;

/// 90 days, from the last use on.
const REFRESH_SECONDS: i64 = 7_776_000;

/// What a person allowed the client, once for each token it led to.
#[derive(Clone)]
pub(super) struct Grant {
    /// Names the token in `/authorizations`.
    uuid: Uuid,
    seq: u64,
    person: Uuid,
    role: Role,
    pub(super) scopes: Scopes,
    created: Timestamp,
}

impl Grant {
    pub(super) fn new(store: &mut Store, person: Uuid, role: Role, scopes: Scopes, created: Timestamp) -> Self {
        Self { uuid: store.generator.uuid(), seq: store.next_seq(), person, role, scopes, created }
    }

    /// The same for one more token.
    fn again(&self, store: &mut Store, now: Timestamp) -> Self {
        Self::new(store, self.person, self.role, self.scopes.clone(), now)
    }
}

/// A code on its way back to the client.
struct Code {
    grant: Grant,
    /// As the client gave it; a client that left it out leaves it out again.
    redirect_uri: Option<String>,
    challenge: Option<Challenge>,
    expires: Timestamp,
}

/// PKCE (RFC 7636).
struct Challenge {
    text: String,
    is_plain: bool,
}

struct Refresh {
    grant: Grant,
    expires: Timestamp,
}

/// Everything of OAuth that is not an access token.
#[derive(Default)]
pub(super) struct Grants {
    codes: HashMap<String, Code>,
    refreshes: HashMap<String, Refresh>,
    devices: HashMap<String, Device>,
}

impl Grants {
    pub(super) fn keep_refresh(&mut self, token: &str, grant: Grant, now: Timestamp) {
        self.refreshes.insert(token.to_owned(), Refresh { grant, expires: later(now, REFRESH_SECONDS) });
    }

    /// Ends what a person granted.
    pub(super) fn forget(&mut self, person: Uuid) {
        self.refreshes.retain(|_, entry| entry.grant.person != person);
        self.codes.retain(|_, code| code.grant.person != person);
    }
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// A new access token under this grant, as the reply that tells it. No refresh token yet.
fn issue_access(call: &mut Call, grant: &Grant) -> Value {
    let token = call.store.generator.token(call.fixtures.org);
    let entry = Token {
        person: grant.person,
        role: grant.role,
        expires: Some(later(call.now, ACCESS_SECONDS)),
        grant: Some(grant.again(call.store, call.now)),
    };
    call.store.tokens.insert(token.clone(), entry);
    json!({
        "access_token": token,
        "expires_in": ACCESS_SECONDS,
        "token_type": "Bearer",
        "scope": grant.scopes.text(),
    })
}

/// As [`issue_access`], with a refresh token of its own.
fn issue(call: &mut Call, grant: &Grant) -> Value {
    let mut reply = issue_access(call, grant);
    let refresh = call.store.generator.token(call.fixtures.org);
    let grant = grant.again(call.store, call.now);
    call.store.grants.keep_refresh(&refresh, grant, call.now);
    reply["refresh_token"] = refresh.into();
    reply["refresh_token_expires_in"] = REFRESH_SECONDS.into();
    reply
}
