//! `wxflow explain`: what a teammate must know before running a flow, without running it.
//!
//! The text is about this machine too: where each value comes from now. Markdown and diagrams are for others, so they hold
//! only what is the same everywhere.

mod args;
mod here;

pub(super) use args::{Explain, ExplainFormat};

use colored::Colorize as _;

use super::args::Flows;
use super::exit::Exit;
use super::machine::{self, Machine};
use super::oauth;
use super::output::{Output, visible};
use super::plan;
use super::select::{Loaded, load};
use crate::explain::{self, Known};
use crate::flow::Flow;
use crate::load::Surroundings;
use crate::run::inputs::{Origin, Outside, Sources, origins};
use crate::source::FileError;

/// Explains one flow.
///
/// # Errors
/// It is not valid, or the environment is not; it was told.
pub(super) fn explain(args: &Explain, output: &Output) -> Result<Exit, Exit> {
    let around = machine::surroundings(output)?;
    let loaded = one(args, &around, output)?;
    let environment = plan::environments(&loaded, args.env.as_deref(), &around.current, output)?.into_values().next();
    let [Loaded { project, flow: Ok(flow), .. }, ..] = loaded.as_slice() else { return Err(Exit::Invalid) };
    let here = args.format == ExplainFormat::Text;
    let machine = Machine { project, person: None };
    let outside: &dyn Outside = if here { &machine } else { &Elsewhere };
    let sources = Sources {
        vars: &[],
        row: &[],
        secrets: &[],
        environment: environment.as_ref(),
        allow_env: &[],
        outside,
        asking: false,
        sandbox: None,
        redactor: &output.redactor,
    };
    let find = |flow: &Flow| origins(&flow.source, &flow.inputs, &sources);
    let clients =
        |name: &str| environment.as_ref().and_then(|e| oauth::hosts(e.oauth.iter().find(|c| c.name == name)?));
    let facts = explain::facts(flow, &|flow| find(flow).into_iter().map(known).collect(), &clients);
    let page = if here {
        let origins = find(flow);
        let now: Vec<_> = flow.inputs.iter().zip(&origins).map(|(input, origin)| here::now(input, origin)).collect();
        let sections = here::sections(flow, &facts, &sources, &**project);
        explain::page(flow, &facts, &now, sections)
    } else {
        explain::page(flow, &facts, &[], Vec::new())
    };
    let text = match args.format {
        ExplainFormat::Text => explain::text(&page),
        ExplainFormat::Markdown => explain::markdown(&page),
        ExplainFormat::Mermaid => explain::mermaid(&page, &facts),
    };
    let line = |line: &str| {
        let title = args.format == ExplainFormat::Text && !line.is_empty() && !line.starts_with(' ');
        if title { visible(line).bold().to_string() } else { visible(line) }
    };
    let text: Vec<_> = text.lines().map(line).collect();
    output.results(&format!("{}\n", text.join("\n")))?;
    Ok(Exit::Success)
}

/// The flow, first, and those that it uses.
fn one(args: &Explain, around: &Surroundings, output: &Output) -> Result<Vec<Loaded>, Exit> {
    let flows = Flows { paths: vec![args.flow.clone()], root: args.root.clone() };
    let loaded = load(&flows, around, output)?;
    let named = loaded.iter().filter(|l| !l.part).count();
    if named != 1 || args.flow.is_dir() {
        let message = format!("{} is a folder, and explain is about one flow", args.flow.display());
        output.error(&message, Some("name the flow's file; `wxflow list` shows those there are"));
        return Err(Exit::Invalid);
    }
    let broken = loaded.iter().filter_map(|l| l.flow.as_ref().err());
    let told = broken.map(|mistakes| output.diagnostics(mistakes)).count();
    if told > 0 { Err(Exit::Invalid) } else { Ok(loaded) }
}

fn known(origin: Origin) -> Known {
    let Origin { secret, hosts, value, .. } = origin;
    Known { value, secret, hosts }
}

/// No machine at all: for what is told to others.
struct Elsewhere;

impl Outside for Elsewhere {
    fn variable(&self, _: &str) -> Result<Option<String>, FileError> {
        Ok(None)
    }

    fn dotenv(&self, _: &str) -> Result<Option<String>, FileError> {
        Ok(None)
    }

    fn secret_file(&self, _: &str) -> Result<String, FileError> {
        Ok(String::new())
    }
}
