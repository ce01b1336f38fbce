//! What may stand at the cursor: clap knows the options, this machine the flows, environments, tags, steps and inputs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{CommandFactory as _, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use crate::cli::args::{Arguments, Flows};
use crate::cli::machine;
use crate::cli::output::Output;
use crate::cli::select::load;
use crate::flow::Flow;
use crate::load::{Project, environment_names};
use crate::report::FormatName;

/// Each candidate for the last of `words`, a whole word, and what it is for.
pub(super) fn candidates(words: &[String], output: &Output) -> Vec<(String, Option<String>)> {
    let Ok(around) = machine::surroundings(output) else { return Vec::new() };
    let named: Vec<PathBuf> = words.iter().skip(2).map(PathBuf::from).filter(|p| is_flow(p) || p.is_dir()).collect();
    let near = named.first().map_or_else(|| around.current.join("flow"), |p| around.current.join(p));
    let environments = environment_names(&Project::of(&near, &around));
    // Read only when they are asked for.
    let wanted =
        words.iter().rev().take(2).any(|w| ["-tags", "--step", "--var", "--secret"].iter().any(|o| w.contains(o)));
    let flows = Flows { paths: named.into_iter().take(words.len().saturating_sub(3)).collect(), root: None };
    let loaded = wanted.then(|| load(&flows, &around, output).ok()).flatten().unwrap_or_default();
    let known = Arc::new(Known::of(loaded.iter().filter_map(|l| l.flow.as_deref().ok()), environments));
    let command = with_values(Arguments::command(), &known);
    let index = words.len().saturating_sub(1);
    let found = complete(&mut { command }, words.iter().map(Into::into).collect(), index, Some(&around.current));
    let pair = |candidate: &CompletionCandidate| {
        let help = candidate.get_help().map(ToString::to_string);
        let help = help.and_then(|text| text.lines().next().map(str::to_owned)).filter(|text| !text.is_empty());
        (candidate.get_value().to_string_lossy().into_owned(), help)
    };
    found.unwrap_or_default().iter().filter(|c| !c.is_hide_set()).map(pair).collect()
}

/// What flows and environments are called here.
struct Known {
    environments: Vec<String>,
    tags: Vec<String>,
    steps: Vec<String>,
    inputs: Vec<String>,
    secrets: Vec<String>,
}

impl Known {
    fn of<'f>(flows: impl Iterator<Item = &'f Flow>, environments: Vec<String>) -> Self {
        let flows: Vec<_> = flows.collect();
        let inputs = |secret| flows.iter().flat_map(|f| &f.inputs).filter(move |i| i.secret == secret);
        Self {
            environments,
            tags: sorted(flows.iter().flat_map(|f| f.tags.clone())),
            steps: sorted(flows.iter().flat_map(|f| &f.steps).map(|s| s.id.as_ref().unwrap_or(&s.label).to_string())),
            inputs: sorted(inputs(false).map(|i| format!("{}=", i.name))),
            secrets: sorted(inputs(true).map(|i| format!("{}=", i.name))),
        }
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// The command with what its values may be, in every subcommand that has such an option.
fn with_values(command: clap::Command, known: &Arc<Known>) -> clap::Command {
    let known = Arc::clone(known);
    let inner = Arc::clone(&known);
    let add = move |arg: clap::Arg| {
        let of = |pick: fn(&Known) -> &[String]| {
            let known = Arc::clone(&known);
            ArgValueCompleter::new(move |current: &OsStr| beginning(pick(&known), current))
        };
        match arg.get_id().as_str() {
            "paths" | "flow" => arg.add(ArgValueCompleter::new(flow_paths)),
            "data" | "var_files" => arg.value_hint(ValueHint::FilePath),
            "env" => arg.add(of(|known| &known.environments)),
            "wanted" | "unwanted" => arg.add(of(|known| &known.tags)),
            "step" => arg.add(of(|known| &known.steps)),
            "vars" => arg.add(of(|known| &known.inputs)),
            "secrets" => arg.add(of(|known| &known.secrets)),
            "reports" => arg.add(ArgValueCompleter::new(|current: &OsStr| {
                let formats: Vec<_> = FormatName::ALL.iter().map(|(name, _)| format!("{name}=")).collect();
                beginning(&formats, current)
            })),
            _ => arg,
        }
    };
    command.mut_args(add).mut_subcommands(move |command| with_values(command, &inner))
}

fn beginning(names: &[String], current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    names.iter().filter(|name| name.starts_with(&*current)).map(CompletionCandidate::new).collect()
}

fn is_flow(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".flow.yaml")
}

/// Flow files, and folders to go on in.
fn flow_paths(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let (folder, start) = current
        .rsplit_once('/')
        .map_or(("", &*current), |(_, start)| (current.get(..current.len() - start.len()).unwrap_or(""), start));
    let real = match folder.strip_prefix("~/").zip(machine::home()) {
        Some((rest, home)) => home.join(rest),
        None if folder.is_empty() => PathBuf::from("."),
        None => PathBuf::from(folder),
    };
    let entries = std::fs::read_dir(real).into_iter().flatten().filter_map(Result::ok);
    let found = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let fits = name.starts_with(start) && (!name.starts_with('.') || start.starts_with('.'));
        let folder_here = entry.path().is_dir();
        (fits && (folder_here || is_flow(Path::new(&name))))
            .then(|| format!("{folder}{name}{}", if folder_here { "/" } else { "" }))
    });
    sorted(found).into_iter().map(CompletionCandidate::new).collect()
}
