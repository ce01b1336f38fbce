//! `wxflow export` as the person types it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::Values;

/// `wxflow export …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Export {
    /// Print every request of a flow as a curl command
    ///
    /// A secret, and what only a run can know, is a shell variable, told before it is used.
    #[command(after_help = "Examples:\n  wxflow export curl flows/guest.flow.yaml\n  \
        wxflow export curl flows/guest.flow.yaml -e staging --step 'Who am I' --reveal")]
    Curl(Box<Curl>),
    /// Write a flow as one file that runs anywhere
    ///
    /// The flow's own text with the flows, schemas and files that it uses inside (`files:`). No environment and no secret is
    /// in it: what an environment gives is an input with a description.
    #[command(after_help = "Example:\n  wxflow export bundle flows/guest.flow.yaml --out guest.flow.yaml")]
    Bundle(ToFile),
    /// Write a flow as a Postman collection (v2.1) that Newman runs
    ///
    /// Requests, captures and the common assertions become requests and scripts. What has no counterpart is told; the exit
    /// status is then 1.
    #[command(
        after_help = "Example:\n  wxflow export postman flows/guest.flow.yaml --out guest.postman_collection.json"
    )]
    Postman(ToFile),
}

/// `wxflow export bundle` and `postman`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ToFile {
    #[command(flatten)]
    pub(super) one: One,
    #[command(flatten)]
    pub(super) target: Target,
}

/// Where the result goes.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// File to write; - is stdout [default: -]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write over a file that exists
    #[arg(long)]
    pub(super) force: bool,
}

/// `wxflow export curl`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Curl {
    #[command(flatten)]
    pub(super) one: One,
    /// Only up to the step with this name or id
    #[arg(long, value_name = "NAME")]
    pub(super) step: Option<String>,
    /// Write the secrets themselves: whoever sees the output can use them
    #[arg(long)]
    pub(super) reveal: bool,
    #[command(flatten)]
    pub(super) values: Values,
}

/// The flow that is exported.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The flow's file
    #[arg(value_name = "FLOW")]
    pub(super) flow: PathBuf,
    /// Project root [default: as `wxflow run` finds it]
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
}
