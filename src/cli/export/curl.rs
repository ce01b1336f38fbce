//! `wxflow export curl`.

use std::sync::Arc;

use super::args::Curl;
use super::{Chosen, choose, lost};
use crate::cli::exit::Exit;
use crate::cli::machine::Machine;
use crate::cli::output::Output;
use crate::cli::plan;
use crate::cli::rows::Rows;
use crate::cli::select;
use crate::cli::values::Given;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::export;
use crate::flow::{Action, Flow};
use crate::run::inputs::{Sources, Used, resolve};
use crate::run::{Job, ResolvedInput, Secrets, SystemClock, preview_whole};

/// Prints the requests of a flow as curl commands. An input without a value is no mistake: it becomes a variable.
///
/// # Errors
/// The flow, its environment or a value is not valid; it was told.
pub(super) fn curl(args: &Curl, output: &Output) -> Result<Exit, Exit> {
    let Chosen { flow, project, around, .. } = choose(&args.one, output)?;
    let given = Given::read(&args.values, &around, output)?;
    given.declared(&Rows::read(None, &around, output)?, &[&flow], output)?;
    let until = match &args.step {
        Some(step) => {
            select::have_step(&[&flow], step, output)?;
            select::step_number(&flow, step)
        }
        None => None,
    };
    let name = args.values.env.as_deref();
    let environment = name.map(|name| plan::environment(&project, name, &around.current, output)).transpose()?;
    let sources = Sources {
        vars: &given.vars,
        row: &[],
        secrets: &given.secrets,
        environment: environment.as_ref(),
        allow_env: &args.values.allow_env,
        outside: &Machine { project: &project, person: None },
        asking: false,
        sandbox: None,
        redactor: &output.redactor,
    };
    let tell = |wrong: Vec<Diagnostic>| {
        output.diagnostics(&wrong);
        Exit::Invalid
    };
    let inputs = known(&flow, &sources).map_err(tell)?;
    let mut used = Used::new();
    let inner = Sources { vars: &[], secrets: &[], ..sources };
    in_used(&flow, &inner, &mut used).map_err(tell)?;
    let secrets = if args.reveal { Secrets::Revealed } else { Secrets::Named };
    let named: Vec<Arc<str>> =
        inputs.iter().filter(|input| args.reveal || !input.secret).map(|input| Arc::clone(&input.name)).collect();
    let job = Job { flow: &flow, inputs, used: &used, seed: args.values.seed, row: None, repeat: None, until };
    let exported = export::curl(&flow, &preview_whole(&job, secrets, &SystemClock::new()), &named);
    if args.reveal {
        output.warning("the secrets stand in the commands: --reveal");
        output.reveal(&exported.text)?;
    } else {
        output.results(&exported.text)?;
    }
    Ok(lost(&exported, output))
}

/// The inputs that have a value.
///
/// # Errors
/// Values that are wrong; one that is missing is none.
pub(super) fn known(flow: &Flow, sources: &Sources<'_>) -> Result<Vec<ResolvedInput>, Vec<Diagnostic>> {
    let mut inputs = Vec::new();
    let mut wrong: Vec<Diagnostic> = Vec::new();
    for input in &flow.inputs {
        match resolve(&flow.source, std::slice::from_ref(input), sources) {
            Ok(resolved) => inputs.extend(resolved.inputs),
            Err(list) => {
                wrong
                    .extend(list.into_iter().filter(|d| d.severity == Severity::Error && d.code != Code::MissingInput));
            }
        }
    }
    if wrong.is_empty() { Ok(inputs) } else { Err(wrong) }
}

/// The same of the flows that it uses.
fn in_used(flow: &Flow, sources: &Sources<'_>, used: &mut Used) -> Result<(), Vec<Diagnostic>> {
    for step in &flow.steps {
        let Action::Use(action) = &step.action else { continue };
        if !used.contains_key(&action.flow.path) {
            used.insert(Arc::clone(&action.flow.path), known(&action.flow, sources)?);
            in_used(&action.flow, sources, used)?;
        }
    }
    Ok(())
}
