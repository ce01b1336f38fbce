//! `wxflow token`: what is kept, and its renewal and end.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::connect::wait;
use super::exit::Exit;
use super::login::args::{List, Refresh, Revoke, Show, Token};
use super::login::describe::{self, lives_on};
use super::login::whose::{Found, fail, find, learn};
use super::oauth;
use super::output::Output;
use crate::oauth::{self as grants, Client, ErrorKind, OAuthError, Owner, Tokens};
use crate::redact::Secret;
use crate::report::line;

/// Runs one of the commands.
///
/// # Errors
/// What stopped it; it was told.
pub(super) fn token(args: &Token, output: &Arc<Output>) -> Result<Exit, Exit> {
    match args {
        Token::Show(args) => show(args, output),
        Token::Refresh(args) => refresh(args, output),
        Token::Revoke(args) => revoke(args, output),
        Token::List(args) => list(args, output),
    }
}

fn show(args: &Show, output: &Output) -> Result<Exit, Exit> {
    let found = find(&args.whose, output)?;
    let Some(tokens) = found.kept(output)? else {
        return Err(nothing(&found, output));
    };
    let now = Timestamp::now();
    let alive = lives_on(tokens.expires, now);
    let owner = if alive { Some(wait(owner_of(&found, &tokens), output)?) } else { None };
    if args.reveal && !args.json {
        output.say(describe::text(&title(&found), &tokens, owner.as_ref(), now).trim_end());
        output.reveal(&format!("{}\n", tokens.access.expose()))?;
    } else {
        print(&found, &tokens, owner.as_ref(), now, (args.json, args.reveal), output)?;
    }
    if alive || (tokens.refresh.is_some() && lives_on(tokens.refresh_expires, now)) {
        return Ok(Exit::Success);
    }
    let (name, environment) = found.keeper.names();
    let help = format!("sign in again: `wxflow login {name} -e {environment}`");
    output.error("the access token has ended, and no refresh token can renew it", Some(&help));
    Ok(Exit::Failed)
}

fn refresh(args: &Refresh, output: &Output) -> Result<Exit, Exit> {
    let found = find(&args.whose, output)?;
    let kept = found.kept(output)?;
    let renewed = wait(
        async {
            let rejected = kept.as_ref().map(|tokens| &tokens.access);
            let tokens = found.keeper.tokens(rejected, &found.transport, &Timestamp::now).await?;
            learn(&tokens, output);
            let owner = owner_of(&found, &tokens).await;
            Ok((tokens, owner))
        },
        output,
    )?;
    let (tokens, owner) = renewed.map_err(|error: OAuthError| fail(&error, output))?;
    print(&found, &tokens, Some(&owner), Timestamp::now(), (args.json, false), output)?;
    Ok(Exit::Success)
}

fn revoke(args: &Revoke, output: &Output) -> Result<Exit, Exit> {
    let found = find(&args.whose, output)?;
    let kept = found.kept(output)?;
    let given = found.keeper.client().refresh_token.is_some();
    if kept.is_none() && (args.local || !given) {
        return Err(nothing(&found, output));
    }
    let ended = wait(
        async {
            let ended = if args.local { Ok(Ended::Forgotten) } else { end(&found, output).await };
            if ended.is_ok() {
                found.keeper.forget().await?;
            }
            ended
        },
        output,
    )?;
    let ended = ended.map_err(|error| fail(&error, output))?;
    let (name, environment) = found.keeper.names();
    if args.json {
        let object = json!({ "client": name, "environment": environment, "revoked": ended == Ended::Revoked });
        output.results(&format!("{object:#}\n"))?;
        return Ok(Exit::Success);
    }
    output.say(&match ended {
        Ended::Revoked => format!("revoked and forgotten: {name} in {environment}"),
        Ended::Dead => format!("the tokens had ended already, and are forgotten: {name} in {environment}"),
        Ended::Forgotten => format!("forgotten here, not revoked: {name} in {environment}"),
    });
    Ok(Exit::Success)
}

/// How tokens ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// At the server.
    Revoked,
    /// Nothing was alive.
    Dead,
    /// Only here.
    Forgotten,
}

/// Ends them at the server, which takes a living access token to ask for: a dead one is renewed first.
async fn end(found: &Found, output: &Output) -> Result<Ended, OAuthError> {
    let Found { keeper, transport } = found;
    let mut rejected = None;
    loop {
        let tokens = match keeper.tokens(rejected.as_ref(), transport, &Timestamp::now).await {
            Ok(tokens) => tokens,
            Err(error) if matches!(error.kind, ErrorKind::InvalidGrant | ErrorKind::NotLoggedIn) => {
                return Ok(Ended::Dead);
            }
            Err(error) => return Err(error),
        };
        learn(&tokens, output);
        match grants::revoke(keeper.client(), &tokens.access, transport).await {
            Ok(()) => return Ok(Ended::Revoked),
            // The server ended it before its time.
            Err(error) if error.kind == ErrorKind::InvalidGrant && rejected.is_none() => {
                rejected = Some(tokens.access);
            }
            Err(error) => return Err(error),
        }
    }
}

fn list(args: &List, output: &Output) -> Result<Exit, Exit> {
    let now = Timestamp::now();
    let kept = oauth::files().map(|store| store.all()).unwrap_or_default();
    let mut exit = Exit::Success;
    let mut objects = Vec::new();
    let mut text = String::new();
    for (name, tokens) in kept {
        let mut parts = name.split('.');
        let (environment, client) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if args.env.as_deref().is_some_and(|wanted| wanted != environment) {
            continue;
        }
        let tokens = match tokens {
            Ok(tokens) => tokens,
            Err(error) => {
                exit = fail(&error, output);
                continue;
            }
        };
        learn(&tokens, output);
        let mut object = json!({ "environment": environment, "client": client });
        if let (Some(all), Some(more)) = (object.as_object_mut(), describe::object(&tokens, None, now).as_object()) {
            all.extend(more.clone());
        }
        objects.push(object);
        text.push_str(&describe::text(&format!("{} in {}", line(client), line(environment)), &tokens, None, now));
    }
    if args.json {
        output.results(&format!("{:#}\n", json!(objects)))?;
    } else if text.is_empty() {
        output.say("no tokens are kept");
    } else {
        output.results(&text)?;
    }
    Ok(exit)
}

fn title(found: &Found) -> String {
    let (name, environment) = found.keeper.names();
    let Client { grant, token_url, .. } = found.keeper.client();
    format!("{name} in {environment} ({}, {})", grant.as_str(), token_url.host_str().unwrap_or_default())
}

/// What is kept, on stdout.
fn print(
    found: &Found,
    tokens: &Tokens,
    owner: Option<&Result<Owner, String>>,
    now: Timestamp,
    (json, reveal): (bool, bool),
    output: &Output,
) -> Result<(), Exit> {
    if !json {
        return output.results(&describe::text(&title(found), tokens, owner, now));
    }
    let (name, environment) = found.keeper.names();
    let mut object =
        json!({ "environment": environment, "client": name, "grant": found.keeper.client().grant.as_str() });
    if let (Some(all), Some(more)) = (object.as_object_mut(), describe::object(tokens, owner, now).as_object()) {
        all.extend(more.clone());
    }
    if !reveal {
        return output.results(&format!("{object:#}\n"));
    }
    object["access_token"] = json!(tokens.access.expose());
    object["refresh_token"] = json!(tokens.refresh.as_ref().map(Secret::expose));
    output.reveal(&format!("{object:#}\n"))
}

async fn owner_of(found: &Found, tokens: &Tokens) -> Result<Owner, String> {
    grants::owner(found.keeper.client(), &tokens.access, &found.transport).await
}

fn nothing(found: &Found, output: &Output) -> Exit {
    let (name, environment) = found.keeper.names();
    let client = found.keeper.client();
    let help = if client.refresh_token.is_some() || client.grant == grants::Grant::ClientCredentials {
        format!("`wxflow token refresh {name} -e {environment}` gets one")
    } else {
        format!("sign in: `wxflow login {name} -e {environment}`")
    };
    output.error(&format!("no token is kept for `{name}` in the environment `{environment}`"), Some(&help));
    Exit::Failed
}
