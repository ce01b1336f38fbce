//! `wxflow export`: a flow for other tools and other people.

pub(super) mod args;
mod curl;

use std::sync::Arc;

use args::{Export, One};

use super::args::Flows;
use super::exit::Exit;
use super::machine;
use super::output::{Output, visible};
use super::select;
use crate::export::Exported;
use crate::flow::Flow;
use crate::load::{Project, Surroundings};

/// Writes a flow in another format.
///
/// # Errors
/// The flow is not valid, or the result cannot be written; it was told.
pub(super) fn export(args: &Export, output: &Output) -> Result<Exit, Exit> {
    match args {
        Export::Curl(args) => curl::curl(args, output),
    }
}

/// The flow that is exported, with its project.
struct Chosen {
    flow: Arc<Flow>,
    project: Arc<Project>,
    around: Surroundings,
}

fn choose(one: &One, output: &Output) -> Result<Chosen, Exit> {
    let around = machine::surroundings(output)?;
    if around.current.join(&one.flow).is_dir() {
        let message =
            format!("{} is a folder: one flow is exported at a time", visible(&one.flow.display().to_string()));
        output.error(&message, Some("name the flow's file; `wxflow list` shows them"));
        return Err(Exit::Invalid);
    }
    let flows = Flows { paths: vec![one.flow.clone()], root: one.root.clone() };
    let loaded = select::load(&flows, &around, output)?;
    loaded.iter().filter_map(|l| l.flow.as_ref().err()).for_each(|list| output.diagnostics(list));
    // The flow itself comes first; where one that it uses is broken, it is so too.
    match loaded.into_iter().next() {
        Some(select::Loaded { flow: Ok(flow), project, .. }) => Ok(Chosen { flow, project, around }),
        _ => Err(Exit::Invalid),
    }
}

/// Tells what was lost, and what that makes of the status.
fn lost(exported: &Exported, output: &Output) -> Exit {
    exported.lost.iter().for_each(|lost| output.say(&format!("not carried over: {}", visible(lost))));
    if exported.lost.is_empty() { Exit::Success } else { Exit::Failed }
}
