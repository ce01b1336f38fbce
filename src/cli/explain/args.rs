//! `wxflow explain` as the person types it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `wxflow explain`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Flow file
    #[arg(value_name = "FLOW")]
    pub(in crate::cli) flow: PathBuf,
    /// Environment to use: environments/NAME.yaml in the project root
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) env: Option<String>,
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(in crate::cli) format: ExplainFormat,
    /// Project root: no file that a flow names may lie outside
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) root: Option<PathBuf>,
}

/// How `explain` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExplainFormat {
    /// For a person at this machine
    Text,
    /// For a wiki: the same on every machine
    Markdown,
    /// A Mermaid sequence diagram
    Mermaid,
}
