//! What will run: valid flows with a value for every input, and the others with what is wrong.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Run;
use super::connect;
use super::exit::Exit;
use super::machine::{self, Machine};
use super::oauth;
use super::output::Output;
use super::select::Loaded;
use super::values::Given;
use crate::client::ClientOptions;
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::event::Problem;
use crate::flow::Flow;
use crate::load::{self, Project, Surroundings};
use crate::redact::HostPattern;
use crate::run::inputs::{Invented, Sources, resolve};
use crate::run::{Detail, Options, ResolvedInput};

/// One flow of a run.
pub(super) struct Planned {
    /// From the project root.
    pub(super) path: Arc<str>,
    /// Whose files it may use.
    pub(super) project: Arc<Project>,
    /// What is run, or why it cannot.
    pub(super) work: Work,
}

/// What is to be done with a flow.
pub(super) enum Work {
    /// It runs.
    Ready(Box<Ready>),
    /// It is not valid: it stands in the reports with its problems, and nothing of it is sent.
    Broken(Vec<Problem>),
}

/// A flow that can run.
pub(super) struct Ready {
    pub(super) flow: Flow,
    pub(super) inputs: Vec<ResolvedInput>,
    pub(super) options: Options,
    pub(super) oauth: oauth::Tokens,
}

/// Gives every valid flow its inputs, and says how they connect. Mistakes are told, all of them, before anything is sent.
///
/// # Errors
/// What concerns the whole command: the environment, a `--var` that no flow declares.
pub(super) fn plan(
    loaded: Vec<Loaded>,
    args: &Run,
    around: &Surroundings,
    sandbox: Option<&Invented>,
    output: &Output,
) -> Result<(Vec<Planned>, ClientOptions), Exit> {
    let given = Given::read(&args.values, around, output)?;
    let valid: Vec<_> = loaded.iter().filter_map(|l| l.flow.as_ref().ok()).collect();
    // With a flow that could not be read, a name may be one of its inputs.
    if valid.len() == loaded.len() {
        given.declared(&valid, output)?;
    }
    let environments = environments(&loaded, args.values.env.as_deref(), &around.current, output)?;
    let client = match sandbox {
        // Nothing leaves the machine, and no file of it is read.
        Some(_) => ClientOptions::default(),
        None => connect::options(&args.connecting, &environments, output)?,
    };
    let options = options(args, sandbox.is_some(), output)?;
    let store = oauth::store();
    let mut planned = Vec::with_capacity(loaded.len());
    for Loaded { path, project, flow, warnings, .. } in loaded {
        output.diagnostics(&warnings);
        let work = flow.and_then(|flow| {
            let environment = environments.get(project.root());
            let sources = Sources {
                vars: &given.vars,
                secrets: &given.secrets,
                environment,
                allow_env: &args.values.allow_env,
                outside: &Machine(&project),
                sandbox,
                redactor: &output.redactor,
            };
            let resolved = resolve(&flow.source, &flow.inputs, &sources)?;
            let oauth = match sandbox {
                Some(invented) => oauth::of_sandbox(invented),
                None => oauth::of(&flow, environment, sources.outside, &store, &output.redactor)?,
            };
            output.diagnostics(&resolved.warnings);
            let mut options = options.clone();
            options.snapshots = Some(Arc::new(load::SnapshotFiles::of(&project)));
            options.hosts = environment.and_then(|e| e.hosts.clone()).filter(|_| sandbox.is_none());
            Ok(Ready { flow, inputs: resolved.inputs, options, oauth })
        });
        let work = match work {
            Ok(ready) => Work::Ready(Box::new(ready)),
            Err(mistakes) => Work::Broken(broken(&mistakes, output)),
        };
        planned.push(Planned { path, project, work });
    }
    Ok((planned, client))
}

fn broken(mistakes: &[Diagnostic], output: &Output) -> Vec<Problem> {
    output.diagnostics(mistakes);
    mistakes.iter().map(Problem::from).collect()
}

/// The chosen environment in each project that the flows belong to.
fn environments(
    loaded: &[Loaded],
    name: Option<&str>,
    current: &Path,
    output: &Output,
) -> Result<HashMap<PathBuf, Environment>, Exit> {
    let mut environments = HashMap::new();
    let Some(name) = name else { return Ok(environments) };
    let mut good = true;
    for project in loaded.iter().map(|l| &l.project) {
        if environments.contains_key(project.root()) {
            continue;
        }
        let environment = load::environment(project, name, current).unwrap_or_else(|error| {
            match error {
                Ok(mistakes) => output.diagnostics(&mistakes),
                Err(error) => output.file_error(&error),
            }
            good = false;
            Environment::default()
        });
        environments.insert(project.root().to_owned(), environment);
    }
    if good { Ok(environments) } else { Err(Exit::Invalid) }
}

fn options(args: &Run, sandbox: bool, output: &Output) -> Result<Options, Exit> {
    let mut allow_hosts = args.limits.allow_host.clone();
    if !sandbox {
        allow_hosts.extend(allowed_by_variable().map_err(|message| {
            output.error(&message, Some("write host names, with commas between them"));
            Exit::Invalid
        })?);
    }
    let detail = match args.showing.verbose {
        _ if !args.showing.reports.is_empty() => Detail::Everything,
        0 => Detail::Failures,
        1 => Detail::Headers,
        _ => Detail::Everything,
    };
    Ok(Options {
        detail,
        report_bodies: usize::try_from(args.showing.report_bodies).unwrap_or(usize::MAX),
        max_body: args.limits.max_body,
        allow_hosts,
        hosts: None,
        bind_secrets: !sandbox,
        cleanup: !args.limits.no_cleanup,
        snapshots: None,
        update_snapshots: update_snapshots(args, output)?,
        allow_write: args.limits.allow_write,
    })
}

/// A run that writes what it receives cannot fail, so CI must not ask for it.
fn update_snapshots(args: &Run, output: &Output) -> Result<bool, Exit> {
    let ci = machine::variable("CI").ok().flatten().unwrap_or_default();
    if !args.limits.update_snapshots || matches!(ci.as_str(), "" | "0" | "false") {
        return Ok(args.limits.update_snapshots);
    }
    let help = "run it on your machine, look at what changed in __snapshots__, and commit that";
    output.error("--update-snapshots is refused in CI (the variable CI is set)", Some(help));
    Err(Exit::Invalid)
}

fn allowed_by_variable() -> Result<Vec<HostPattern>, String> {
    const NAME: &str = "WXFLOW_ALLOW_HOST";
    let text = machine::variable(NAME).map_err(|e| e.message)?.unwrap_or_default();
    let hosts = text.split([',', ' ']).filter(|h| !h.is_empty());
    hosts.map(|host| HostPattern::parse(host).map_err(|e| format!("{NAME}: {e}"))).collect()
}
