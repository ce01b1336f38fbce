//! What is there before the first request: an organization, its people, their tokens, a guest issuer, an OAuth client.
//!
//! The values are made from the seed, so they are no secrets; still nothing here has `Debug`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::ids::{self, Generator};
use super::oauth::Grant;
use super::scope::Scopes;
use super::store::{PersonKind, Role, Store};
use crate::http::Url;

/// Names and values that tools are pointed at the sandbox with.
pub(super) struct Fixtures {
    pub(super) org: Uuid,
    pub(super) created: Timestamp,
    pub(super) guest_org: Uuid,
    pub(super) guest_secret: Vec<u8>,
    access_token: String,
    bot_token: String,
    admin_token: String,
    service_app_token: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) redirect_uri: String,
    /// The machine account of the client's own tokens.
    pub(super) service_app: Uuid,
    refresh_token: String,
}

impl Fixtures {
    /// Fills the store. Personal tokens live 12 hours, a service app's 14 days, a bot's for ever.
    pub(super) fn create(store: &mut Store, now: Timestamp) -> Self {
        let org = store.generator.uuid();
        let guest_org = store.generator.uuid();
        let mut add = |kind, email: &str, name: &str| store.add_person(kind, email.to_owned(), name, org, now);
        let person = add(PersonKind::Person, "ada.example@sandbox.example.com", "Ada Example");
        let admin = add(PersonKind::Person, "admin@sandbox.example.com", "Olga Admin");
        let bot = add(PersonKind::Bot, "sandbox@webex.bot", "Sandbox Bot");
        // What GET /people/me says to a service app is not documented; it is a machine account, so `bot` it is.
        let service_app = add(PersonKind::Bot, "guests@sandbox.example.com", "Guest Service App");
        for (email, name) in [
            ("ben.example@sandbox.example.com", "Ben Example"),
            ("chloe.example@sandbox.example.com", "Chloé Example"),
            ("dmitri.example@sandbox.example.com", "Dmitri Example"),
        ] {
            add(PersonKind::Person, email, name);
        }
        if let Some(admin) = store.people.get_mut(&admin) {
            admin.is_admin = true;
        }
        let hours = |h| now.checked_add(SignedDuration::from_hours(h)).ok();
        let access_token = store.issue_token(person, org, Role::Person, hours(12));
        let bot_token = store.issue_token(bot, org, Role::Bot, None);
        let admin_token = store.issue_token(admin, org, Role::Admin, hours(12));
        let service_app_token = store.issue_token(service_app, org, Role::ServiceApp, hours(14 * 24));
        let grant = Grant::new(store, person, Role::Person, Scopes::all(), now);
        let refresh_token = store.generator.token(org);
        store.grants.keep_refresh(&refresh_token, grant, now);
        let generator: &mut Generator = &mut store.generator;
        Self {
            org,
            created: now,
            guest_org,
            guest_secret: generator.bytes::<32>().to_vec(),
            access_token,
            bot_token,
            admin_token,
            service_app_token,
            client_id: format!("C{}", generator.hex::<32>()),
            client_secret: generator.hex::<32>(),
            redirect_uri: "http://127.0.0.1:8642/callback".to_owned(),
            refresh_token,
            service_app,
        }
    }

    /// The id of the OAuth client's application.
    pub(super) fn application_id(&self) -> String {
        ids::encode("APPLICATION", &self.client_id)
    }

    /// The variables in the order that `wxflow sandbox` prints them. `WXFLOW_ALLOW_HOST` is left out where
    /// `base_url` has no host.
    pub(super) fn variables(&self, base_url: &str) -> Vec<(&'static str, String)> {
        let base = base_url.trim_end_matches('/').trim_end_matches("/v1");
        let mut variables = vec![
            ("WEBEX_URL", format!("{base}/v1")),
            ("WEBEX_ACCESS_TOKEN", self.access_token.clone()),
            ("WEBEX_BOT_TOKEN", self.bot_token.clone()),
            ("WEBEX_ADMIN_TOKEN", self.admin_token.clone()),
            ("WEBEX_SERVICE_APP_TOKEN", self.service_app_token.clone()),
            ("WEBEX_GUEST_ISSUER", ids::encode("ORGANIZATION", self.guest_org)),
            ("WEBEX_GUEST_SECRET", STANDARD.encode(&self.guest_secret)),
            ("WEBEX_CLIENT_ID", self.client_id.clone()),
            ("WEBEX_CLIENT_SECRET", self.client_secret.clone()),
            ("WEBEX_REDIRECT_URI", self.redirect_uri.clone()),
            ("WEBEX_REFRESH_TOKEN", self.refresh_token.clone()),
        ];
        let url = Url::parse(base).ok();
        if let Some((host, port)) = url.as_ref().and_then(|u| Some((u.host_str()?, u.port_or_known_default()?))) {
            variables.push(("WXFLOW_ALLOW_HOST", format!("{host}:{port}")));
        }
        variables
    }
}
