//! `run --record` and `--replay`: what a recording says about its run, and a recording read back.
//!
//! A recording is a HAR file whose `log` has `_recording`: a version, the seed, and the variables that inputs took.

mod index;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::de::DeserializeSeed as _;
use serde_json::error::Category;
use serde_json::{Value, json};

use super::exit::Exit;
use super::oauth::with_used;
use super::output::Output;
use super::plan::{Planned, Work};
use crate::run::inputs::{Invented, shape};
use crate::run::{FlowKey, Recording};
use index::Index;

/// What is kept of a run, or taken instead of one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recording")]
pub(super) struct Recordings {
    /// Record every request and reply in this HAR file, secrets masked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["replay", "dry_run"])]
    pub(super) record: Option<PathBuf>,
    /// Answer every request from this recording: no network, no waiting
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sandbox", "dry_run"])]
    pub(super) replay: Option<PathBuf>,
}

/// A recording that was read.
pub(super) struct Replayed {
    pub(super) recording: Recording,
    /// What inputs get: recorded variables, and made-up secrets.
    pub(super) invented: Invented,
    pub(super) seed: Option<u64>,
}

/// The name of a flow run in a recording that is being replayed.
pub(super) fn run_name((path, row, repeat): FlowKey<'_>) -> String {
    format!("{path} {} {}", row.unwrap_or(0), repeat.unwrap_or(0))
}

/// What a replay must know beside the requests. A variable is kept where an input that is no secret takes it.
pub(super) fn about(planned: &[Planned], seed: Option<u64>) -> Value {
    let (mut variables, mut secrets) = (serde_json::Map::new(), serde_json::Map::new());
    for planned in planned {
        let Work::Ready(ready) = &*planned.work else { continue };
        for flow in with_used(&ready.flow) {
            let used = ready.used.get(&flow.path).map_or(&[][..], Vec::as_slice);
            let own = std::ptr::eq(flow, &*ready.flow);
            let values = if own { ready.inputs.as_slice() } else { used };
            let structured =
                values.iter().filter(|value| value.secret && (value.value.is_object() || value.value.is_array()));
            secrets.extend(structured.map(|value| (value.name.to_string(), shape(&value.value))));
            for input in flow.inputs.iter().filter(|input| !input.secret) {
                let value = values.iter().find(|value| value.name == input.name && !value.secret);
                if let (Some(variable), Some(value)) = (&input.env, value) {
                    let text = value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
                    variables.insert(variable.to_string(), json!(text));
                }
            }
        }
    }
    json!({ "v": 1, "seed": seed, "variables": variables, "secrets": secrets })
}

/// `about`, once the run has ended. One that was interrupted lacks requests, and a step without any would pass.
pub(super) fn ended(mut about: Value, interrupted: bool) -> Value {
    if interrupted {
        about["interrupted"] = json!(true);
    }
    about
}

/// Reads a recording.
///
/// # Errors
/// It cannot be read, or is none; it was told.
pub(super) fn read(path: &Path, output: &Output) -> Result<Replayed, Exit> {
    let shown = path.display();
    let refuse = |message: String, help: Option<&str>| {
        output.error(&message, help);
        Exit::Invalid
    };
    let unreadable =
        |error: &dyn std::fmt::Display| refuse(format!("the recording {shown} cannot be read: {error}"), None);
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut index = Index::default();
    let again = Some("record the run again with `wxflow run --record FILE`");
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(file));
    let whole = index.deserialize(&mut reader).and_then(|()| reader.end());
    whole.map_err(|error| match error.classify() {
        Category::Io => unreadable(&error),
        Category::Eof => refuse(format!("the recording {shown} is cut off: {error}"), again),
        Category::Syntax => refuse(format!("{shown} is not a recording: {error}"), Some(MADE_BY)),
        Category::Data => refuse(format!("the recording {shown} has a mistake: {error}"), again),
    })?;
    let maker = index.creator["name"].as_str().map(|name| format!(" by {name}")).unwrap_or_default();
    if index.about.as_ref().is_some_and(|about| about["interrupted"] == true) {
        let message = format!("the recording {shown} is of a run that was interrupted, so it does not hold all of it");
        return Err(refuse(message, Some("record the run again with `wxflow run --record FILE`, and let it end")));
    }
    match index.about.as_ref().map(|about| &about["v"]) {
        Some(version) if version == 1 => {}
        Some(_) => return Err(refuse(format!("{shown} was recorded by another version of wxflow"), again)),
        None if index.is_har => {
            let message = format!("{shown} is a HAR file made{maker}, not a recording of a run");
            let help = format!("{MADE_BY}; `wxflow import har` makes flows of a HAR file");
            return Err(refuse(message, Some(&help)));
        }
        None => return Err(refuse(format!("{shown} is not a recording"), Some(MADE_BY))),
    }
    index
        .replayed()
        .ok_or_else(|| refuse(format!("the recording {shown} has a mistake in its `_recording` or its `pages`"), again))
}

const MADE_BY: &str = "`wxflow run --record FILE` makes a recording";
