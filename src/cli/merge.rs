//! `wxflow report merge`: the JSON reports of shards joined into one set of reports.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::github;
use super::output::{self, Output};
use super::parse::report;
use super::workers::event;
use crate::event::EventKind;
use crate::report::merge::{Merge, Merged};
use crate::report::terminal::{Options, Terminal, Verbosity};
use crate::report::{FormatName, Reports, Target};

/// `wxflow report`.
#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Join the JSON reports of shards
    ///
    /// Each file is what `wxflow run --report json=FILE` wrote. Failures and totals are shown, and the exit status is the
    /// one that a single run would have had. A part of `--shard` that is missing is told, and the status is then 1.
    #[command(
        after_help = "Example:\n  wxflow report merge shards/*.json --report junit=flows.xml --report html=flows.html"
    )]
    Merge(Merging),
}

/// `wxflow report merge`.
#[derive(Debug, Args)]
pub(super) struct Merging {
    /// JSON reports
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write a report: junit, json, html, markdown, tap or events; `-` is stdout
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report)]
    reports: Vec<(FormatName, PathBuf)>,
}

/// Joins reports.
///
/// # Errors
/// A file that cannot be read, or does not go with the others. It was told, and nothing was written.
pub(super) fn merge(Report::Merge(args): &Report, output: &Output) -> Result<Exit, Exit> {
    let reports = reports(args, output)?;
    let mut merge = Merge::new(&reports, &output.redactor);
    for path in &args.files {
        let name = path.display().to_string();
        let read = File::open(path).map_err(|error| format!("{name}: {error}"));
        read.and_then(|file| merge.read(&name, BufReader::new(file))).map_err(|error| {
            output.error(
                &output::visible(&error),
                Some("give each report that `wxflow run --report json=FILE` wrote, once"),
            );
            Exit::Invalid
        })?;
    }
    let Merged { started, summary, missing } = merge.end();
    reports.start(output.redactor.redact(started));
    let errors = reports.finish(output.redactor.redact(event(None, EventKind::RunFinished(summary))));
    errors.iter().for_each(|error| output.error(&error.to_string(), None));
    let written = if errors.is_empty() { Exit::Success } else { Exit::Unwritten };
    let whole = if missing.is_empty() { Exit::Success } else { Exit::Failed };
    for shard in missing {
        output.error(&format!("shard {shard} has no report: what ran there is not known"), None);
    }
    Ok(Exit::of(&summary).max(whole).max(written))
}

/// The reports that were asked for, the summary of a GitHub job, and the failures on the terminal.
fn reports(args: &Merging, output: &Output) -> Result<Reports, Exit> {
    let on_stderr = output::claimed(&args.reports, output)?;
    let width = output::view_width(on_stderr);
    let options = Options { verbosity: Verbosity::Quiet, live: false, interactive: false, width };
    let wanted = args.reports.iter().map(|(format, path)| (*format, output.target(path)));
    let wanted: Vec<(FormatName, Target)> = wanted.chain(github::summary(output)).collect();
    Ok(Reports::new(Terminal::new(options, output.view(on_stderr)), wanted))
}
