//! The client that the person means: its project, its environment, its secrets, and how it is reached.

use std::collections::HashMap;

use super::args::Whose;
use crate::cli::exit::Exit;
use crate::cli::machine::{self, Machine};
use crate::cli::output::Output;
use crate::cli::{connect, oauth, plan};
use crate::client::Client;
use crate::diagnostic::nearest;
use crate::environment::{Environment, OAuthClient};
use crate::load::Project;
use crate::oauth::{ErrorKind, Keeper, OAuthError, Tokens};
use crate::report::line;

/// A client that can be asked for tokens.
pub(in crate::cli) struct Found {
    pub(in crate::cli) keeper: Keeper,
    pub(in crate::cli) transport: Client,
}

impl Found {
    /// What is kept; its tokens are masked from here on.
    ///
    /// # Errors
    /// The store cannot be read; it was told.
    pub(in crate::cli) fn kept(&self, output: &Output) -> Result<Option<Tokens>, Exit> {
        let kept = self.keeper.kept().map_err(|error| fail(&error, output))?;
        kept.iter().for_each(|tokens| learn(tokens, output));
        Ok(kept)
    }
}

/// Finds it.
///
/// # Errors
/// No such environment or client, or a secret that is missing; it was told.
pub(in crate::cli) fn find(whose: &Whose, output: &Output) -> Result<Found, Exit> {
    let around = machine::surroundings(output)?;
    let project = match &whose.root {
        Some(root) => Project::named(root, &around).map_err(|error| {
            output.file_error(&error);
            Exit::Invalid
        })?,
        // As for a flow that stands here.
        None => Project::of(&around.current.join("login"), &around),
    };
    let environment = plan::environment(&project, &whose.env, &around.current, output)?;
    let tell = |(message, help): (String, String)| {
        output.error(&message, Some(&help));
        Exit::Invalid
    };
    let written = pick(whose.name.as_deref(), &environment).map_err(tell)?;
    let outside = Machine { project: &project, person: None };
    let (client, _) = oauth::client(written, &environment, &outside, &output.redactor).map_err(tell)?;
    let keeper = Keeper::new(client, &environment.name, &written.name, oauth::store());
    let environments = HashMap::from([(project.root().to_owned(), environment)]);
    let options = connect::options(&whose.connecting, &environments, output)?;
    Ok(Found { keeper, transport: Client::new(options) })
}

fn pick<'a>(name: Option<&str>, environment: &'a Environment) -> Result<&'a OAuthClient, (String, String)> {
    let clients = &environment.oauth;
    let names = || clients.iter().map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(", ");
    let place = format!("the environment `{}`", environment.name);
    match (name, clients.as_slice()) {
        (_, []) => Err((
            format!("{place} has no OAuth client"),
            "describe one under `oauth` in it: docs/oauth.md has an example".to_owned(),
        )),
        (None, [one]) => Ok(one),
        (None, _) => Err((format!("{place} has several OAuth clients"), format!("name one of {}", names()))),
        (Some(name), _) => clients.iter().find(|c| c.name == name).ok_or_else(|| {
            let help = match nearest(name, clients.iter().map(|c| c.name.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names()),
            };
            (format!("{place} has no OAuth client `{name}`"), help)
        }),
    }
}

/// Masks tokens from here on.
pub(in crate::cli) fn learn(tokens: &Tokens, output: &Output) {
    output.redactor.learn("access token", tokens.access.expose(), None);
    if let Some(refresh) = &tokens.refresh {
        output.redactor.learn("refresh token", refresh.expose(), None);
    }
}

/// Tells why a grant gave no token.
pub(in crate::cli) fn fail(error: &OAuthError, output: &Output) -> Exit {
    // It may repeat what a server said.
    output.error(&line(&error.to_string()), Some(&line(&error.help)));
    match error.kind {
        ErrorKind::Incomplete => Exit::Invalid,
        _ => Exit::Failed,
    }
}
