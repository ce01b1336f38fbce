//! What this machine has of what a flow asks for. That a secret is there is told, never what it is.

use std::collections::BTreeMap;

use crate::cli::oauth::with_used;
use crate::environment::{ClientId, Environment, SecretSource};
use crate::explain::{Facts, FileFacts, Item, Line, Purpose, Section, files};
use crate::flow::{Flow, Input};
use crate::run::inputs::{Origin, Outside, Place, Sources, permitted};
use crate::source::Files;

/// Where an input's value comes from now.
pub(super) fn now(input: &Input, origin: &Origin) -> Line {
    match (&origin.place, &origin.value) {
        (Place::From(place), Some(value)) if Some(value) != input.default.as_ref() => {
            Line::of("now ").code(value.to_string()).say(format!(", from {place}"))
        }
        (Place::From(place), _) => Line::of(format!("now from {place}")),
        (Place::Nowhere(why, help), _) => {
            let help = if help.is_empty() { String::new() } else { format!("; {help}") };
            Line::of(format!("now missing: {}{help}", short(why, input)))
        }
    }
}

/// A message without what its item says already.
fn short<'m>(message: &'m str, input: &Input) -> &'m str {
    let known = format!("input `{}` has no value", input.name);
    message.strip_prefix(&known).map_or(message, |rest| rest.trim_start_matches([':', ' ']))
}

/// The variables and files that the flow and the environment open, and whether they are there.
pub(super) fn sections(flow: &Flow, facts: &Facts, sources: &Sources<'_>, project: &dyn Files) -> Vec<Section> {
    let mut sections = vec![Section { title: "Environment variables", items: variables(flow, sources) }];
    if let Some(environment) = sources.environment {
        sections.push(Section { title: "What the environment opens", items: opened(environment, sources.outside) });
    }
    sections.push(files(facts, &|file| state(file, project)));
    sections
}

/// The variables that inputs ask for, of used flows too.
fn variables(flow: &Flow, sources: &Sources<'_>) -> Vec<Item> {
    let mut asked: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for input in with_used(flow).into_iter().flat_map(|flow| &flow.inputs) {
        if let Some(variable) = &input.env {
            let names = asked.entry(variable).or_default();
            if !names.contains(&&*input.name) {
                names.push(&input.name);
            }
        }
    }
    let item = |(variable, inputs): (&str, Vec<&str>)| {
        let line = Line::of("for ").codes(inputs).say("; ");
        let line = if permitted(variable, sources) {
            line.say("it may be read")
        } else {
            line.say("it is read only with ").code(format!("--allow-env {variable}")).say(", or when you agree")
        };
        let line = line.say(format!("; {}", place(variable, sources.outside)));
        code_item(variable, vec![line])
    };
    asked.into_iter().map(item).collect()
}

fn opened(environment: &Environment, outside: &dyn Outside) -> Vec<Item> {
    let mut items = Vec::new();
    for secret in &environment.secrets {
        let mut lines = Vec::new();
        lines.extend(secret.from.as_ref().map(|from| source(from, outside)));
        lines.extend(
            secret.hosts.as_ref().map(|hosts| Line::of("bound to ").codes(hosts.iter().map(ToString::to_string))),
        );
        items.push(code_item(&secret.name, lines));
    }
    for client in &environment.oauth {
        let id = client.client_id.as_ref().and_then(|id| match id {
            ClientId::From(from) => Some(from),
            ClientId::Text(_) => None,
        });
        let parts = [
            ("client_id", id),
            ("client_secret", client.client_secret.as_ref()),
            ("refresh_token", client.refresh_token.as_ref()),
        ];
        let lines = parts.into_iter().filter_map(|(key, from)| {
            let Line(spans) = source(from?, outside);
            let mut line = Line::default().code(key).say(" ");
            line.0.extend(spans);
            Some(line)
        });
        let mut lines: Vec<_> = lines.collect();
        lines.extend(client.token_url.as_ref().map(|url| Line::of("tokens from ").code(url.as_str())));
        items.push(code_item(&format!("oauth {}", client.name), lines));
    }
    let tls = &environment.tls;
    for (key, file) in [("tls.ca", &tls.ca), ("tls.cert", &tls.cert), ("tls.key", &tls.key)] {
        if let Some(file) = file {
            items.push(code_item(key, vec![Line::of("the file ").code(&file.text)]));
        }
    }
    if let Some(hosts) = &environment.hosts {
        let line =
            Line::of("no request may leave for any other host than ").codes(hosts.iter().map(ToString::to_string));
        items.push(code_item("hosts", vec![line]));
    }
    if environment.proxy.is_some() {
        // Its URL may hold a password.
        items.push(code_item("proxy", vec![Line::of("requests go through it")]));
    }
    if let Some(allowed) = environment.allow_env.as_ref().filter(|list| !list.is_empty()) {
        items.push(code_item("allow_env", vec![Line::of("flows may read ").codes(allowed)]));
    }
    items
}

fn source(from: &SecretSource, outside: &dyn Outside) -> Line {
    match from {
        SecretSource::Variable(name) => {
            Line::of("from the variable ").code(name).say(format!(", which {}", place(name, outside)))
        }
        SecretSource::File(path) => {
            let state = match outside.secret_file(path) {
                Ok(text) if text.is_empty() => "is empty".to_owned(),
                Ok(_) => "is there".to_owned(),
                Err(error) => format!("cannot be read ({})", error.message.rsplit(": ").next().unwrap_or_default()),
            };
            Line::of("from the file ").code(path).say(format!(", which {state}"))
        }
    }
}

/// Where a variable stands.
fn place(name: &str, outside: &dyn Outside) -> String {
    match (outside.variable(name), outside.dotenv(name)) {
        (Err(error), _) | (_, Err(error)) => format!("cannot be read: {}", error.message),
        (Ok(Some(value)), _) if !value.is_empty() => "is set in the process".to_owned(),
        (_, Ok(Some(value))) if !value.is_empty() => "is set in .env".to_owned(),
        (Ok(Some(_)), _) | (_, Ok(Some(_))) => "is empty".to_owned(),
        (Ok(None), Ok(None)) => "is not set".to_owned(),
    }
}

/// Whether a file that the flow reads is there.
fn state(file: &FileFacts, project: &dyn Files) -> Option<String> {
    let read = matches!(file.purpose, Purpose::Sending | Purpose::Snapshot);
    if !read || file.path.contains("{{") {
        return None;
    }
    Some(if project.resolve(&file.folder, &file.path).is_ok() { "it is there" } else { "it is not there" }.to_owned())
}

fn code_item(name: &str, lines: Vec<Line>) -> Item {
    Item { name: name.to_owned(), is_code: true, lines, ..Item::default() }
}
