//! The tokens of `auth: { oauth: NAME }`: the environment's clients with their secrets read, or the sandbox's own token.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::machine;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::environment::{ClientId, Environment, OAuthClient, SecretSource};
use crate::flow::{Action, Flow};
use crate::http::{Transport, Url};
use crate::load::FileStore;
use crate::oauth::{Client, Keeper, MemoryStore, OAuthError, TokenStore};
use crate::redact::{HostPattern, Redactor, Secret};
use crate::run::inputs::{Invented, Outside};
use crate::run::{AccessToken, Getting, TokenSource};

/// The variable of the sandbox whose token stands for every client: a person's.
const SANDBOX_TOKEN: &str = "WEBEX_ACCESS_TOKEN";

/// Where a flow's tokens come from.
pub(super) enum Tokens {
    /// This one, whoever asks; where the sandbox refuses it, what its own client refreshes to.
    Sandbox(AccessToken, Option<Box<Keeper>>),
    /// The environment's clients, by name.
    Clients(HashMap<Arc<str>, (Keeper, Vec<HostPattern>)>),
}

impl TokenSource for Tokens {
    fn token<'a>(
        &'a self,
        name: &'a str,
        rejected: Option<&'a Secret>,
        transport: &'a dyn Transport,
        now: &'a dyn Fn() -> Timestamp,
    ) -> Getting<'a> {
        Box::pin(async move {
            match self {
                Self::Sandbox(token, None) => Ok(token.clone()),
                Self::Sandbox(token, Some(keeper)) => {
                    if rejected.is_none() && keeper.kept()?.is_none() {
                        return Ok(token.clone());
                    }
                    let tokens = keeper.tokens(rejected, transport, now).await?;
                    Ok(AccessToken { token: tokens.access, hosts: None })
                }
                Self::Clients(clients) => {
                    let (keeper, hosts) = clients.get(name).ok_or_else(|| unknown(name))?;
                    let tokens = keeper.tokens(rejected, transport, now).await?;
                    Ok(AccessToken { token: tokens.access, hosts: Some(hosts.clone()) })
                }
            }
        })
    }
}

fn unknown(name: &str) -> OAuthError {
    OAuthError::new(crate::oauth::ErrorKind::Incomplete, format!("there is no OAuth client `{name}`"))
}

/// The person's store; without a home folder one that ends with the command.
pub(super) fn store() -> Arc<dyn TokenStore> {
    match files() {
        Some(store) => Arc::new(store),
        None => Arc::new(MemoryStore::new()),
    }
}

/// The person's store on disk; `None` without a home folder.
pub(super) fn files() -> Option<FileStore> {
    let state = machine::variable("XDG_STATE_HOME").ok().flatten();
    FileStore::of_person(state.as_deref().map(Path::new), machine::home().as_deref())
}

/// The clients that `flow`, and the flows it uses, name. Their secrets are learned.
///
/// # Errors
/// Every client that the environment does not have, or whose secret cannot be read, told where a flow names it.
pub(super) fn of(
    flow: &Flow,
    environment: Option<&Environment>,
    outside: &dyn Outside,
    store: &Arc<dyn TokenStore>,
    redactor: &Redactor,
) -> Result<Tokens, Vec<Diagnostic>> {
    let mut clients = HashMap::new();
    let mut mistakes = Vec::new();
    for flow in with_used(flow) {
        let mut list = Diagnostics::new(Arc::clone(&flow.source));
        for (name, span) in &flow.oauth {
            if clients.contains_key(name) {
                continue;
            }
            let found = environment.and_then(|e| Some((e, e.oauth.iter().find(|c| c.name == **name)?)));
            let Some((environment, written)) = found else {
                let (message, help) = missing(name, environment);
                list.error(Code::MissingInput, *span, message).help(help);
                continue;
            };
            match client(written, environment, outside, redactor) {
                Ok((client, hosts)) => {
                    let keeper = Keeper::new(client, &environment.name, name, Arc::clone(store));
                    clients.insert(Arc::clone(name), (keeper, hosts));
                }
                Err((message, help)) => _ = list.error(Code::MissingInput, *span, message).help(help),
            }
        }
        mistakes.extend(list.into_sorted());
    }
    if mistakes.is_empty() { Ok(Tokens::Clients(clients)) } else { Err(mistakes) }
}

/// A flow and all that it uses, however deep; the loader bounds the depth.
pub(super) fn with_used(flow: &Flow) -> Vec<&Flow> {
    let used = flow.steps.iter().filter_map(|step| match &step.action {
        Action::Use(step) => Some(&*step.flow),
        _ => None,
    });
    std::iter::once(flow).chain(used.flat_map(with_used)).collect()
}

/// A made-up token for every client: a replay asks no authorization server and looks into no store.
pub(super) fn of_replay() -> Tokens {
    Tokens::Sandbox(AccessToken { token: Secret::new("a-token-that-no-server-sees"), hosts: None }, None)
}

/// The sandbox's token for every client that `flow`, and the flows it uses, name.
pub(super) fn of_sandbox(flow: &Flow, invented: &Invented) -> Tokens {
    if with_used(flow).iter().all(|flow| flow.oauth.is_empty()) {
        return Tokens::Clients(HashMap::new());
    }
    let variable = |wanted| invented.variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let token = Secret::new(variable(SANDBOX_TOKEN).unwrap_or_default());
    let url = variable("WEBEX_URL").and_then(|url| Url::parse(&format!("{url}/access_token")).ok());
    let keeper = url.zip(variable("WEBEX_CLIENT_ID")).map(|(url, id)| {
        let mut client = Client::new(crate::oauth::Grant::RefreshToken, url, id);
        client.client_secret = variable("WEBEX_CLIENT_SECRET").map(Secret::new);
        client.refresh_token = variable("WEBEX_REFRESH_TOKEN").map(Secret::new);
        Box::new(Keeper::new(client, "sandbox", "sandbox", Arc::new(MemoryStore::new())))
    });
    Tokens::Sandbox(AccessToken { token, hosts: None }, keeper)
}

fn missing(name: &str, environment: Option<&Environment>) -> (String, String) {
    let Some(environment) = environment else {
        let message = format!("`{name}` is an OAuth client of an environment, and none is chosen");
        return (message, "choose one with -e NAME, or run with --sandbox".to_owned());
    };
    let help = match nearest(name, environment.oauth.iter().map(|c| c.name.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add it to `oauth` in the environment".to_owned(),
    };
    (format!("the environment `{}` has no OAuth client `{name}`", environment.name), help)
}

/// The client with its secrets, which are learned, and where its tokens may go.
///
/// # Errors
/// What is missing or cannot be read, and what to do.
pub(super) fn client(
    written: &OAuthClient,
    environment: &Environment,
    outside: &dyn Outside,
    redactor: &Redactor,
) -> Result<(Client, Vec<HostPattern>), (String, String)> {
    let name = &written.name;
    let lacks = |key: &str| (format!("the OAuth client `{name}` has no `{key}`"), format!("add `{key}: …`"));
    let url = written.token_url.clone().ok_or_else(|| lacks("token_url"))?;
    // Both get the client's secret.
    for url in std::iter::once(&url).chain(&written.device_url) {
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        if let Some(hosts) = &environment.hosts
            && !hosts.iter().any(|h| h.allows(host, port))
        {
            let message = format!("the environment's `hosts` do not include {host}, where `{name}` gets its tokens");
            return Err((message, "add it to `hosts`".to_owned()));
        }
    }
    let learned = |key: &str, from: &Option<SecretSource>| -> Result<Option<Secret>, (String, String)> {
        let Some(from) = from else { return Ok(None) };
        let text = value(name, key, from, outside)?;
        if let Some(text) = &text {
            redactor.learn(&format!("{name}.{key}"), text, None);
        }
        Ok(text.map(Secret::new))
    };
    let client_id = match written.client_id.as_ref().ok_or_else(|| lacks("client_id"))? {
        ClientId::Text(text) => text.clone(),
        ClientId::From(from) => {
            value(name, "client_id", from, outside)?.ok_or_else(|| empty(name, "client_id", from))?
        }
    };
    let mut client = Client::new(written.grant.ok_or_else(|| lacks("grant"))?, url.clone(), client_id);
    client.client_secret = learned("client_secret", &written.client_secret)?;
    if let (None, Some(from)) = (&client.client_secret, &written.client_secret) {
        return Err(empty(name, "client_secret", from));
    }
    // On a person's own machine the variable is often not set: the store has what a login brought.
    client.refresh_token = learned("refresh_token", &written.refresh_token)?;
    client.authorize_url = written.authorize_url.clone();
    client.device_url = written.device_url.clone();
    client.redirect_uri = written.redirect_uri.clone();
    client.scopes = written.scopes.clone().unwrap_or_default();
    let hosts = hosts(written).ok_or_else(|| lacks("token_url"))?;
    Ok((client, hosts))
}

/// The hosts that a client's tokens may go to, where they are written: `hosts`, else the host of `token_url`.
pub(super) fn hosts(written: &OAuthClient) -> Option<Vec<HostPattern>> {
    let own = || {
        let url = written.token_url.as_ref()?;
        let (host, port) = (url.host_str()?, url.port_or_known_default()?);
        Some(vec![HostPattern::parse(&format!("{host}:{port}")).ok()?])
    };
    written.hosts.clone().or_else(own)
}

fn empty(name: &str, key: &str, from: &SecretSource) -> (String, String) {
    let place = match from {
        SecretSource::Variable(place) | SecretSource::File(place) => place,
    };
    (
        format!("the OAuth client `{name}` takes its `{key}` from {place}, which is not set or empty"),
        format!("set {place}"),
    )
}

/// The value at a place; `None` where it is not set or empty.
fn value(
    name: &str,
    key: &str,
    from: &SecretSource,
    outside: &dyn Outside,
) -> Result<Option<String>, (String, String)> {
    let found = match from {
        SecretSource::File(path) => outside.secret_file(path).map(Some),
        SecretSource::Variable(variable) => match outside.variable(variable) {
            Ok(None) => outside.dotenv(variable),
            Ok(Some(text)) if text.is_empty() => outside.dotenv(variable),
            other => other,
        },
    };
    let found =
        found.map_err(|e| (format!("`{key}` of the OAuth client `{name}`: {}", e.message), e.help.unwrap_or_default()));
    Ok(found?.filter(|text| !text.is_empty()))
}
