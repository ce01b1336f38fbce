//! `wxflow list`: what flows there are, and what they ask for.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{List, ListFormat};
use super::exit::Exit;
use super::machine;
use super::output::Output;
use super::select::{choose, load};
use crate::flow::{Flow, Input, InputType};

/// Lists flows. Those that are not valid are told, and make the status 2.
///
/// # Errors
/// Nothing matched; it was told.
pub(super) fn list(args: &List, output: &Output) -> Result<Exit, Exit> {
    let around = machine::surroundings(output)?;
    let loaded = choose(load(&args.flows, &around, output)?, &args.tags, output)?;
    let mut exit = Exit::Success;
    let mut flows = Vec::new();
    for entry in &loaded {
        match &entry.flow {
            Ok(flow) => flows.push((&*entry.path, flow)),
            Err(mistakes) => {
                output.diagnostics(mistakes);
                exit = Exit::Invalid;
            }
        }
    }
    let text = match args.format {
        ListFormat::Text => flows.iter().map(|(path, flow)| lines(path, flow)).collect::<Vec<_>>().join("\n"),
        ListFormat::Json => {
            format!("{:#}\n", Value::Array(flows.iter().map(|(path, flow)| object(path, flow)).collect()))
        }
    };
    output.results(&text)?;
    Ok(exit)
}

fn lines(path: &str, flow: &Flow) -> String {
    let steps = if flow.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", flow.steps.len()) };
    let mut text = format!("{path}\n  {}, {steps}", flow.name);
    if !flow.tags.is_empty() {
        write!(text, ", tags {}", flow.tags.join(", ")).ok();
    }
    text.push('\n');
    let width = flow.inputs.iter().map(|i| i.name.len()).max().unwrap_or(0);
    for input in &flow.inputs {
        let notes = notes(input);
        writeln!(text, "    {:width$}  {notes}", input.name).ok();
    }
    text
}

fn notes(input: &Input) -> String {
    let mut notes = Vec::new();
    if input.default.is_none() {
        notes.push("required".to_owned());
    }
    if input.secret {
        notes.push("secret".to_owned());
    }
    if let Some(default) = input.default.as_ref().filter(|_| !input.secret) {
        notes.push(format!("default {default}"));
    }
    if !input.choices.is_empty() {
        let choices = input.choices.iter().map(|c| c.as_str().map_or_else(|| c.to_string(), str::to_owned));
        notes.push(format!("one of {}", choices.collect::<Vec<_>>().join(", ")));
    }
    notes.extend(input.env.as_ref().map(|env| format!("env {env}")));
    let mut text = notes.join(", ");
    if let Some(description) = &input.description {
        write!(text, " · {}", description.lines().next().unwrap_or("")).ok();
    }
    text
}

fn object(path: &str, flow: &Flow) -> Value {
    let inputs = flow.inputs.iter().map(|input| {
        json!({
            "name": &*input.name,
            "type": kind(input.kind),
            "required": input.default.is_none(),
            "secret": input.secret,
            "default": input.default.as_ref().filter(|_| !input.secret),
            "env": input.env,
            "choices": input.choices,
            "hosts": input.hosts.as_ref().map(|hosts| hosts.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "description": input.description,
        })
    });
    json!({
        "path": path,
        "name": flow.name,
        "description": flow.description,
        "tags": flow.tags,
        "inputs": inputs.collect::<Vec<_>>(),
        "steps": flow.steps.iter().map(|step| &*step.label).collect::<Vec<_>>(),
        "outputs": flow.outputs.iter().map(|output| &*output.name).collect::<Vec<_>>(),
    })
}

fn kind(kind: InputType) -> &'static str {
    match kind {
        InputType::String => "string",
        InputType::Integer => "integer",
        InputType::Number => "number",
        InputType::Boolean => "boolean",
        InputType::List => "list",
        InputType::Object => "object",
    }
}
