//! `wxflow list`: what flows there are, and what they ask for.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{List, ListFormat};
use super::exit::Exit;
use super::machine;
use super::output::{Output, visible};
use super::select::{Loaded, load, tagged};
use crate::diagnostic::{Diagnostic, Severity};
use crate::flow::{Flow, Input};
use crate::report::json_text;

/// Lists flows, parts too. Those that are not valid are told, and make the status 2.
///
/// # Errors
/// Nothing matched; it was told.
pub(super) fn list(args: &List, output: &Output) -> Result<Exit, Exit> {
    let around = machine::surroundings(output)?;
    let mut loaded = tagged(load(&args.flows, &around, output)?, &args.tags, output)?;
    loaded.sort_by(|a, b| a.path.cmp(&b.path));
    let text = match args.format {
        ListFormat::Text => loaded.iter().map(lines).collect::<Vec<_>>().join("\n"),
        ListFormat::Json => json_text(format!("{:#}\n", Value::Array(loaded.iter().map(object).collect()))),
    };
    output.results(&text)?;
    let broken = loaded.iter().filter_map(|entry| entry.flow.as_ref().err());
    let told = broken.map(|mistakes| output.diagnostics(mistakes)).count();
    Ok(if told > 0 { Exit::Invalid } else { Exit::Success })
}

fn lines(entry: &Loaded) -> String {
    let part = if entry.part { "  (part)" } else { "" };
    let mut text = format!("{}{part}\n", entry.path);
    match &entry.flow {
        Ok(flow) => describe(flow, &mut text),
        Err(mistakes) => {
            let count = errors(mistakes);
            writeln!(text, "  not valid: {count} mistake{}", if count == 1 { "" } else { "s" }).ok();
        }
    }
    text.lines().map(|line| format!("{}\n", visible(line))).collect()
}

fn errors(mistakes: &[Diagnostic]) -> usize {
    mistakes.iter().filter(|d| d.severity == Severity::Error).count()
}

fn describe(flow: &Flow, text: &mut String) {
    let steps = if flow.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", flow.steps.len()) };
    write!(text, "  {}, {steps}", flow.name).ok();
    if !flow.tags.is_empty() {
        write!(text, ", tags {}", flow.tags.join(", ")).ok();
    }
    if !flow.outputs.is_empty() {
        let outputs: Vec<_> = flow.outputs.iter().map(|output| &*output.name).collect();
        write!(text, ", outputs {}", outputs.join(", ")).ok();
    }
    text.push('\n');
    for line in flow.description.iter().flat_map(|description| description.lines()) {
        writeln!(text, "  {}", line.trim()).ok();
    }
    let width = flow.inputs.iter().map(|i| i.name.len()).max().unwrap_or(0);
    for input in &flow.inputs {
        let notes = notes(input);
        writeln!(text, "    {:width$}  {notes}", input.name).ok();
    }
}

fn notes(input: &Input) -> String {
    let mut notes = vec![input.kind.as_str().to_owned()];
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

fn object(entry: &Loaded) -> Value {
    let flow = match &entry.flow {
        Ok(flow) => flow,
        Err(mistakes) => {
            return json!({ "path": *entry.path, "part": entry.part, "valid": false, "mistakes": errors(mistakes) });
        }
    };
    let inputs = flow.inputs.iter().map(|input| {
        json!({
            "name": &*input.name,
            "type": input.kind.as_str(),
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
        "path": *entry.path,
        "part": entry.part,
        "valid": true,
        "name": flow.name,
        "description": flow.description,
        "tags": flow.tags,
        "inputs": inputs.collect::<Vec<_>>(),
        "steps": flow.steps.iter().map(|step| &*step.label).collect::<Vec<_>>(),
        "outputs": flow.outputs.iter().map(|output| &*output.name).collect::<Vec<_>>(),
    })
}
