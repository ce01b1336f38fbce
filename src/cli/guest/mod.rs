//! `wxflow guest`: the Guest Issuer tools. A token that was asked for is alone on stdout; all else is on stderr.

pub(super) mod args;
mod given;
mod verify;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use args::Guest;
use given::Given;

use super::connect;
use super::exit::Exit;
use super::output::Output;
use crate::client::Client;
use crate::guest::{
    self, Access, BASE_URL, DEFAULT_LIFE, GuestError, GuestErrorKind, Issuer, QUICK_LIFE, Webex, lifetime, moment,
};
use crate::http::Url;
use crate::report::line;

/// Runs one of the tools.
///
/// # Errors
/// What stopped it; it was told, and nothing is on stdout.
pub(super) fn guest(args: &Guest, output: &Arc<Output>) -> Result<Exit, Exit> {
    // Tokens count whole seconds.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    match args {
        Guest::Create(args) if args.service_app => service_app(args, now, output),
        Guest::Create(args) => create(args, now, output),
        Guest::Login(args) => login(args, now, output),
        Guest::Quick(args) => quick(args, now, output),
        Guest::Verify(args) => verify::verify(args, now, output),
    }
}

fn create(args: &args::Create, now: Timestamp, output: &Output) -> Result<Exit, Exit> {
    let given = Given::new(output)?;
    let issuer = issuer(&args.issuer, &given, output)?;
    let seconds = match args.duration {
        Some(seconds) => seconds,
        None => given.expires()?.unwrap_or(DEFAULT_LIFE),
    };
    let (token, expires) = sign(&issuer, &args.person, seconds, now, output)?;
    if args.service.json {
        let object = json!({ "token": token, "expires_in": seconds, "expires_at": format!("{expires:.0}") });
        return reveal(&format!("{object:#}"), output);
    }
    let lives = format!("valid for {}, until {}", lifetime(seconds), moment(expires));
    output.say(&format!("guest token for {}, {lives}", line(&args.person.name)));
    reveal(&token, output)
}

fn login(args: &args::Login, now: Timestamp, output: &Output) -> Result<Exit, Exit> {
    let token = Given::new(output)?.token(&args.token)?;
    let access = ask(&args.service, output, async |webex| webex.login(&token, now).await)?;
    tell(&access, "access token", None, now, &args.service, output)
}

fn quick(args: &args::Quick, now: Timestamp, output: &Output) -> Result<Exit, Exit> {
    let issuer = issuer(&args.issuer, &Given::new(output)?, output)?;
    let (token, _) = sign(&issuer, &args.person, QUICK_LIFE, now, output)?;
    let access = ask(&args.service, output, async |webex| webex.login(&token, now).await)?;
    let what = format!("access token of {}", line(&args.person.name));
    tell(&access, &what, None, now, &args.service, output)
}

fn service_app(args: &args::Create, now: Timestamp, output: &Output) -> Result<Exit, Exit> {
    let token = Given::new(output)?.service_app_token(args.token.as_deref())?;
    let guest = person(&args.person);
    let made = ask(&args.service, output, async |webex| webex.guest(&token, guest).await)?;
    let mut reply = made.reply;
    if let Value::Object(fields) = &mut reply {
        fields.shift_remove("accessToken");
        fields.shift_remove("expiresIn");
    }
    let what = format!("access token of {}, a guest of the Service App", line(guest.name));
    tell(&made.access, &what, Some(reply), now, &args.service, output)
}

fn person(args: &args::Person) -> guest::Guest<'_> {
    guest::Guest { id: &args.user_id, name: &args.name }
}

fn issuer(args: &args::Issuer, given: &Given<'_>, output: &Output) -> Result<Issuer, Exit> {
    let (id, secret) = given.issuer(args)?;
    Issuer::new(&id, &secret).map_err(|error| fail(&error, output))
}

/// The token and its end.
fn sign(
    issuer: &Issuer,
    who: &args::Person,
    seconds: u64,
    now: Timestamp,
    output: &Output,
) -> Result<(String, Timestamp), Exit> {
    let life = i64::try_from(seconds).map(SignedDuration::from_secs);
    let Some(expires) = life.ok().and_then(|life| now.checked_add(life).ok()) else {
        output.error("the token cannot live that long", Some("give fewer seconds with -d"));
        return Err(Exit::Invalid);
    };
    let token = issuer.sign(person(who), expires).map_err(|error| fail(&error, output))?;
    output.redactor.learn("guest token", &token, None);
    Ok((token, expires))
}

/// Asks Webex, or tells why there is no answer.
fn ask<T>(
    service: &args::Service,
    output: &Output,
    question: impl AsyncFnOnce(&Webex<'_>) -> Result<T, GuestError>,
) -> Result<T, Exit> {
    let options = connect::options(&service.connecting, &HashMap::new(), output)?;
    let base = match &service.base_url {
        Some(url) => url.clone(),
        None => given::variable("WEBEX_URL", output)?.unwrap_or_else(|| BASE_URL.to_owned()),
    };
    let client = Client::new(options);
    let webex = Webex::new(&client, &base).map_err(|error| fail(&error, output))?;
    if !is_private(webex.base()) {
        let host = webex.base().authority();
        output.warning(&format!("{host} is spoken to without encryption: others on the way can read the token"));
    }
    connect::wait(question(&webex), output)?.map_err(|error| fail(&error, output))
}

/// Nobody on the way can read it: TLS, or this machine.
fn is_private(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

/// The access token on stdout, its lifetime on stderr.
fn tell(
    access: &Access,
    what: &str,
    guest: Option<Value>,
    now: Timestamp,
    service: &args::Service,
    output: &Output,
) -> Result<Exit, Exit> {
    output.redactor.learn("access token", &access.token, None);
    let life = access.expires_in.and_then(|seconds| i64::try_from(seconds).ok());
    let expires = life.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    if service.json {
        let expires = expires.map(|time| format!("{time:.0}"));
        let mut object =
            json!({ "access_token": access.token, "expires_in": access.expires_in, "expires_at": expires });
        if let (Some(guest), Value::Object(fields)) = (guest, &mut object) {
            fields.insert("guest".to_owned(), guest);
        }
        return reveal(&format!("{object:#}"), output);
    }
    let lives = match (access.expires_in, expires) {
        (Some(seconds), Some(end)) => format!("valid for {}, until {}", lifetime(seconds), moment(end)),
        _ => "valid for a time that Webex did not say".to_owned(),
    };
    output.say(&format!("{what}, {lives}"));
    reveal(&access.token, output)
}

fn reveal(text: &str, output: &Output) -> Result<Exit, Exit> {
    output.reveal(&format!("{text}\n"))?;
    Ok(Exit::Success)
}

fn fail(error: &GuestError, output: &Output) -> Exit {
    // It may repeat what a server said.
    output.error(&line(&error.message), error.help.as_deref().map(line).as_deref());
    match error.kind {
        GuestErrorKind::Input => Exit::Invalid,
        _ => Exit::Failed,
    }
}
