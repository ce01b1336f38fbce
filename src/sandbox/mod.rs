//! A local Webex: routes as a pure function over a store in memory, and two wrappings of it, a socket server and
//! a `Transport` without one.
//!
//! It does what the public documentation says. Where that is silent it accepts what it can, and a comment says so.
//! Time is handed in, and a seed fixes every id and token.

mod accounts;
mod actions;
mod answer;
mod call;
mod contents;
mod delivery;
mod events;
mod fault;
mod fixtures;
mod guests;
mod ids;
mod lab;
mod login;
mod memberships;
mod mention;
mod messages;
mod oauth;
mod organization;
mod page;
mod parts;
mod people;
mod rooms;
mod routes;
mod scope;
mod server;
mod store;
mod teams;
#[cfg(test)]
mod testing;
mod transport;
mod webhooks;

use std::sync::{Mutex, MutexGuard, PoisonError};

use ::http::HeaderName;
use jiff::Timestamp;
use tokio::sync::Notify;

pub use answer::{Answer, Encoding};
pub use delivery::Delivery;
pub use fault::Fault;
pub use server::{RunningServer, Server};
pub use transport::SandboxTransport;

use crate::http::{Request, Url};
use call::Call;
use fault::Faults;
use fixtures::Fixtures;
use ids::Generator;
use store::Store;

/// What the sandbox asks for the time.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

const TRACKING_ID: HeaderName = HeaderName::from_static("trackingid");

/// True for a URL whose host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// One local Webex. It can be shared between threads; each request is answered whole before the next.
pub struct Sandbox {
    state: Mutex<State>,
    fixtures: Fixtures,
    clock: Clock,
    /// Woken when a webhook is to be called.
    queued: Notify,
}

struct State {
    store: Store,
    faults: Faults,
    /// Apart from the store's, so that the ids of things do not depend on how often something was read.
    tracking: Generator,
}

impl Sandbox {
    /// A sandbox with its first people and tokens. The same seed and time give the same values.
    #[must_use]
    pub fn new(seed: u64, clock: Clock) -> Self {
        let mut store = Store::new(Generator::new(seed));
        let fixtures = Fixtures::create(&mut store, clock());
        let faults = Faults::new(Generator::new(!seed));
        let tracking = Generator::new(seed.rotate_left(32) ^ 0x5EED);
        Self { state: Mutex::new(State { store, faults, tracking }), fixtures, clock, queued: Notify::new() }
    }

    /// The same sandbox, misbehaving in these ways; the later of two of one kind counts.
    #[must_use]
    pub fn with_faults(mut self, faults: &[Fault]) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        faults.iter().for_each(|fault| state.faults.turn_on(*fault));
        self
    }

    /// The variables that point tools here, in the order `wxflow sandbox` prints them. `base_url` is where the
    /// server listens, like `http://127.0.0.1:4000`, with or without `/v1`.
    #[must_use]
    pub fn variables(&self, base_url: &str) -> Vec<(&'static str, String)> {
        self.fixtures.variables(base_url)
    }

    /// Answers one request, whatever its host. A failure is an answer too.
    #[must_use]
    pub fn handle(&self, request: &Request) -> Answer {
        let now = (self.clock)();
        let mut state = self.state();
        let State { store, faults, tracking } = &mut *state;
        let tracking_id = match call::header(&request.headers, TRACKING_ID.as_str()) {
            Some(theirs) => theirs.to_owned(),
            None => format!("ROUTERGW_{}", tracking.uuid()),
        };
        let call = Call {
            request,
            param: "".into(),
            store,
            fixtures: &self.fixtures,
            now,
            tracking_id: &tracking_id,
            scopes: None,
        };
        let answer = routes::answer(call, faults).header(TRACKING_ID, &tracking_id);
        if !state.store.deliveries.is_empty() {
            self.queued.notify_one();
        }
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Lab;
    use super::*;

    #[test]
    fn every_printed_token_is_long_and_its_own() {
        let variables = Lab::new().sandbox.variables("http://127.0.0.1:4000");
        let names: Vec<_> = variables.iter().map(|(name, _)| *name).collect();
        let expected = "WEBEX_URL WEBEX_ACCESS_TOKEN WEBEX_BOT_TOKEN WEBEX_ADMIN_TOKEN WEBEX_SERVICE_APP_TOKEN \
                        WEBEX_GUEST_ISSUER WEBEX_GUEST_SECRET WEBEX_CLIENT_ID WEBEX_CLIENT_SECRET WEBEX_REDIRECT_URI \
                        WEBEX_REFRESH_TOKEN WXFLOW_ALLOW_HOST";
        assert_eq!(names.join(" "), expected);
        assert_eq!(variables[0].1, "http://127.0.0.1:4000/v1");
        assert_eq!(variables[11].1, "127.0.0.1:4000");
        let mut secrets: Vec<_> =
            variables.iter().filter(|(n, _)| n.ends_with("TOKEN") || n.ends_with("SECRET")).map(|(_, v)| v).collect();
        assert!(secrets.iter().all(|s| s.len() >= 40));
        secrets.sort();
        secrets.dedup();
        assert_eq!(secrets.len(), 7);
    }

    #[test]
    fn a_seed_fixes_tokens() {
        let token = |seed| Sandbox::new(seed, Box::new(|| Timestamp::UNIX_EPOCH)).variables("http://a")[1].1.clone();
        assert_eq!(token(1), token(1));
        assert_ne!(token(1), token(2));
    }
}
