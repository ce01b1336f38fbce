//! `wxflow import` as the person types it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `wxflow import …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Import {
    /// Turn a Postman collection into flows, one per top folder
    ///
    /// Reads collections v2.0 and v2.1, the YAML folders of v3, environments and globals. Tests and variables that scripts
    /// set become `expect` and `capture`. What cannot be carried over is told, and stands as a comment beside its step;
    /// the exit status is then 1. Secrets are not written: they become inputs.
    #[command(after_help = "Example:\n  \
        wxflow import postman api.postman_collection.json --environment staging.postman_environment.json")]
    Postman(Postman),
    /// Turn curl command lines into a flow
    ///
    /// Reads a file, stdin (-), or the command itself behind `--`; several commands become the steps of one flow. Quoting of
    /// bash and of Windows is understood, as browsers copy it. Credentials are not written: they become secret inputs.
    #[command(
        after_help = "Examples:\n  wxflow import curl -- curl -H 'Authorization: Bearer …' https://webexapis.com/v1/people/me\n  \
        wxflow import curl requests.sh --out webex"
    )]
    Curl(Curl),
    /// Turn a HAR file, as browsers save it, into a flow
    ///
    /// Images, scripts, styles and fonts never count. Cookies and tokens are not written: they become secret inputs. An id
    /// that an earlier reply gave becomes a capture.
    #[command(after_help = "Example:\n  wxflow import har webex.har --host webexapis.com --method POST --method GET")]
    Har(Har),
}

/// `import har`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Har {
    /// The file, or - for stdin
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Only requests to this host; *.NAME for those below it; may be repeated
    #[arg(long = "host", value_name = "HOST")]
    pub(super) hosts: Vec<String>,
    /// Only requests with this method; may be repeated
    #[arg(long = "method", value_name = "METHOD")]
    pub(super) methods: Vec<String>,
    #[command(flatten)]
    pub(super) target: Target,
}

/// `import curl`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Curl {
    /// A file of commands, or - for stdin [default: -]
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The command itself, behind `--`
    #[arg(last = true, value_name = "curl …", conflicts_with = "file")]
    pub(super) command: Vec<String>,
    #[command(flatten)]
    pub(super) target: Target,
}

/// `import postman`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Postman {
    /// The collection: an exported file, or a folder of Postman's YAML files
    #[arg(value_name = "FILE|FOLDER")]
    pub(super) collection: PathBuf,
    /// An exported environment, or exported globals; may be repeated
    #[arg(long = "environment", value_name = "FILE")]
    pub(super) environments: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) target: Target,
}

/// Where the result goes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    /// Folder to write flows/ and environments/ into [default: the current folder]
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(in crate::cli) out: PathBuf,
    /// Write over files that exist
    #[arg(long)]
    pub(in crate::cli) force: bool,
}
