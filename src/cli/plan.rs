//! What will run: valid flows with a value for every input, and the others with what is wrong.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Run;
use super::connect;
use super::exit::Exit;
use super::machine::{self, Machine};
use super::oauth;
use super::output::Output;
use super::person::Person;
use super::rows::{Row, Rows};
use super::select::{self, Loaded};
use super::shard::{self, Part, Shard};
use super::values::Given;
use crate::client::ClientOptions;
use crate::diagnostic::{Diagnostic, Severity};
use crate::environment::Environment;
use crate::event::Problem;
use crate::flow::Flow;
use crate::load::{self, Project, Surroundings};
use crate::oauth::TokenStore;
use crate::redact::HostPattern;
use crate::run::inputs::{Invented, Sources, Used, resolve, resolve_uses};
use crate::run::{Detail, FlowKey, Options, ResolvedInput};

/// One run of one flow.
pub(super) struct Planned {
    /// From the project root.
    pub(super) path: Arc<str>,
    /// The data row, from 1.
    pub(super) row: Option<u32>,
    /// The repeat, from 1.
    pub(super) repeat: Option<u32>,
    /// Whose files it may use.
    pub(super) project: Arc<Project>,
    /// What is run, or why it cannot.
    pub(super) work: Arc<Work>,
}

impl Planned {
    /// What its events are known by.
    pub(super) fn key(&self) -> FlowKey<'_> {
        (&self.path, self.row, self.repeat)
    }
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
    pub(super) flow: Arc<Flow>,
    pub(super) inputs: Vec<ResolvedInput>,
    pub(super) used: Used,
    pub(super) options: Options,
    pub(super) oauth: oauth::Tokens,
    /// The last step to run, from 1.
    pub(super) until: Option<u32>,
}

/// Gives every valid flow its inputs, and says how they connect. Mistakes are told, all of them, before anything is sent.
///
/// # Errors
/// What concerns the whole command: the environment, a `--var` that no flow declares, a `--step` that a flow has not.
pub(super) fn plan(
    loaded: Vec<Loaded>,
    args: &Run,
    around: &Surroundings,
    sandbox: Option<&Invented>,
    person: Option<&Person>,
    output: &Output,
) -> Result<(Vec<Planned>, ClientOptions), Exit> {
    let part = part(args.choice.shard, output)?;
    let given = Given::read(&args.values, around, output)?;
    let rows = Rows::read(args.choice.data.as_deref(), around, output)?;
    let valid: Vec<_> = loaded.iter().filter_map(|l| l.flow.as_deref().ok()).collect();
    // With a flow that could not be read, a name may be one of its inputs.
    if valid.len() == loaded.len() {
        given.declared(&rows, &valid, output)?;
    }
    if let Some(step) = &args.choice.step {
        select::have_step(&valid, step, output)?;
    }
    let environments = environments(&loaded, args.values.env.as_deref(), &around.current, output)?;
    let client = match sandbox {
        // Nothing leaves the machine, and no file of it is read.
        Some(_) => ClientOptions::default(),
        None => connect::options(&args.connecting, &environments, output)?,
    };
    let options = options(args, sandbox.is_some(), output)?;
    let store = oauth::store();
    let planner = Planner { args, given, rows, environments, options, part, person, sandbox, store, output };
    let planned = planner.all(loaded);
    if let (Some(part), []) = (part, planned.as_slice()) {
        output.say(&format!("shard {part} is empty: there are fewer flow runs than shards"));
    }
    Ok((planned, client))
}

/// Which part of the flow runs is this machine's.
///
/// # Errors
/// Nothing says it; it was told.
pub(super) fn part(shard: Option<Shard>, output: &Output) -> Result<Option<Part>, Exit> {
    let part = shard.map(|shard| shard.part(&machine::variable)).transpose();
    part.map_err(|error| {
        output.file_error(&error);
        Exit::Invalid
    })
}

/// Everything that a flow is planned with.
struct Planner<'a> {
    args: &'a Run,
    given: Given,
    rows: Rows,
    environments: HashMap<PathBuf, Environment>,
    options: Options,
    part: Option<Part>,
    person: Option<&'a Person>,
    sandbox: Option<&'a Invented>,
    store: Arc<dyn TokenStore>,
    output: &'a Output,
}

impl Planner<'_> {
    fn all(&self, loaded: Vec<Loaded>) -> Vec<Planned> {
        let repeats = self.args.choice.repeat.map_or(1, NonZeroU32::get);
        // A flow that cannot be read is told once.
        let runs = |l: &Loaded| if l.flow.is_ok() { self.rows.all().len() as u64 * u64::from(repeats) } else { 1 };
        let sizes: Vec<_> = loaded.iter().map(|l| (Arc::clone(&l.path), runs(l))).collect();
        let mut planned = Vec::new();
        for (loaded, start) in loaded.into_iter().zip(shard::starts(&sizes)) {
            self.one(loaded, start, &mut planned);
        }
        planned
    }

    /// Plans the runs of one flow, of which the first has the position `start` among all.
    fn one(&self, loaded: Loaded, start: u64, planned: &mut Vec<Planned>) {
        let Loaded { path, project, flow, warnings, .. } = loaded;
        let mine = |position| self.part.is_none_or(|part| part.takes(position));
        let run = |row, repeat, work: &Arc<Work>| {
            let (path, project, work) = (Arc::clone(&path), Arc::clone(&project), Arc::clone(work));
            Planned { path, row, repeat, project, work }
        };
        let flow = match flow {
            Ok(flow) => flow,
            Err(mistakes) => {
                if mine(start) {
                    planned.push(run(None, None, &Arc::new(Work::Broken(broken(&mistakes, self.output)))));
                }
                return;
            }
        };
        let repeats: Vec<_> = match self.args.choice.repeat {
            Some(times) => (1..=times.get()).map(Some).collect(),
            None => vec![None],
        };
        let mut told = HashSet::new();
        let mut told_warnings = false;
        let mut position = start;
        for row in self.rows.all() {
            let mut work = None;
            for repeat in &repeats {
                position += 1;
                if !mine(position - 1) {
                    continue;
                }
                if !std::mem::replace(&mut told_warnings, true) {
                    self.output.diagnostics(&warnings);
                }
                let work = work.get_or_insert_with(|| Arc::new(self.work(&flow, row, &project, &mut told)));
                planned.push(run(row.number, *repeat, work));
            }
        }
    }

    /// A flow with the inputs that a row gives it. What was `told` for another row is not told again.
    fn work(&self, flow: &Arc<Flow>, row: &Row, project: &Arc<Project>, told: &mut HashSet<String>) -> Work {
        let environment = self.environments.get(project.root());
        let sources = Sources {
            vars: &self.given.vars,
            row: &row.cells,
            secrets: &self.given.secrets,
            environment,
            allow_env: &self.args.values.allow_env,
            outside: &Machine { project, person: self.person },
            asking: self.person.is_some(),
            sandbox: self.sandbox,
            redactor: &self.output.redactor,
        };
        // What the command line and the person give is for the flow itself, not for those that it uses.
        let inner = Sources {
            vars: &[],
            row: &[],
            secrets: &[],
            outside: &Machine { project, person: None },
            asking: false,
            ..sources
        };
        let mut tell = |list: &[Diagnostic]| {
            let new = list.iter().filter(|d| told.insert(d.message.clone()));
            new.for_each(|d| self.output.diagnostics(std::slice::from_ref(d)));
        };
        let tokens = match self.sandbox {
            Some(_) if self.args.recordings.replay.is_some() => Ok(oauth::of_replay()),
            Some(invented) => Ok(oauth::of_sandbox(flow, invented)),
            None => oauth::of(flow, environment, sources.outside, &self.store, &self.output.redactor),
        };
        match (resolve(&flow.source, &flow.inputs, &sources), resolve_uses(flow, &inner), tokens) {
            (Ok(resolved), Ok((used, warnings)), Ok(oauth)) => {
                tell(&resolved.warnings);
                tell(&warnings);
                let mut options = self.options.clone();
                options.snapshots = Some(Arc::clone(project) as _);
                options.hosts = environment.and_then(|e| e.hosts.clone()).filter(|_| self.sandbox.is_none());
                let until = self.args.choice.step.as_ref().and_then(|step| select::step_number(flow, step));
                Work::Ready(Box::new(Ready {
                    flow: Arc::clone(flow),
                    inputs: resolved.inputs,
                    used,
                    options,
                    oauth,
                    until,
                }))
            }
            (own, used, tokens) => {
                let mistakes: Vec<_> = [own.err(), used.err(), tokens.err()].into_iter().flatten().flatten().collect();
                tell(&mistakes);
                let errors = mistakes.iter().filter(|d| d.severity == Severity::Error);
                Work::Broken(errors.map(Problem::from).collect())
            }
        }
    }
}

fn broken(mistakes: &[Diagnostic], output: &Output) -> Vec<Problem> {
    output.diagnostics(mistakes);
    mistakes.iter().map(Problem::from).collect()
}

/// The chosen environment in each project that the flows belong to, by its root.
///
/// # Errors
/// One is not there or not valid; it was told.
pub(super) fn environments(
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
        let environment = environment(project, name, current, output).unwrap_or_else(|_| {
            good = false;
            Environment::default()
        });
        environments.insert(project.root().to_owned(), environment);
    }
    if good { Ok(environments) } else { Err(Exit::Invalid) }
}

/// One environment of a project.
///
/// # Errors
/// There is none of this name, or it has mistakes; it was told.
pub(super) fn environment(project: &Project, name: &str, current: &Path, output: &Output) -> Result<Environment, Exit> {
    load::environment(project, name, current).map_err(|error| {
        match error {
            Ok(mistakes) => output.diagnostics(&mistakes),
            Err(error) => output.file_error(&error),
        }
        Exit::Invalid
    })
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
        record: args.recordings.record.is_some(),
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
