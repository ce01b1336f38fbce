//! GitHub Actions: what its runner wants of a run beside the view. Failures become annotations on the YAML's own lines,
//! and the Markdown report goes into the job's summary.

use std::path::{Path, PathBuf};

use super::machine;
use super::output::Output;
use crate::report::{FormatName, MARKDOWN_MOST, Target};

/// The most bytes of a step's summary; GitHub shows nothing of a larger one.
const SUMMARY: u64 = 1 << 20;

/// Whether this is a step of a workflow.
pub(super) fn is_there() -> bool {
    variable("GITHUB_ACTIONS").as_deref() == Some("true")
}

/// What stands before a path that messages show, to make it one from the repository's root: `api/` where the command runs
/// in that folder.
pub(super) fn prefix() -> String {
    let below = || {
        let (root, current) = (variable("GITHUB_WORKSPACE")?, std::env::current_dir().ok()?);
        let below = current.strip_prefix(Path::new(&root).canonicalize().ok()?).ok()?.to_str()?.replace('\\', "/");
        (!below.is_empty()).then(|| below + "/")
    };
    below().unwrap_or_default()
}

/// The step's summary, where there is one with room for a report. Nobody asked for it by name, so that it cannot be
/// written is told and no failure.
pub(super) fn summary(output: &Output) -> Option<(FormatName, Target)> {
    let path = variable("GITHUB_STEP_SUMMARY").filter(|path| is_there() && !path.is_empty()).map(PathBuf::from)?;
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(&path).and_then(|file| file.metadata());
    match opened {
        Ok(file) if file.len() + MARKDOWN_MOST <= SUMMARY => Some((FormatName::Markdown, Target::Append(path))),
        Ok(_) => {
            output.warning("the step summary is full, so this run is not in it");
            None
        }
        Err(error) => {
            output.warning(&format!("the step summary cannot be written: {error}"));
            None
        }
    }
}

fn variable(name: &str) -> Option<String> {
    machine::variable(name).ok().flatten()
}
