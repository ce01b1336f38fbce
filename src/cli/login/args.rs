//! `wxflow login` and `wxflow token` as the person types them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::args::Connecting;
use crate::cli::parse::duration;

/// Which client of which environment, and how it is reached.
#[derive(Debug, Args)]
pub(in crate::cli) struct Whose {
    /// The OAuth client; may be left out where the environment has one
    pub(super) name: Option<String>,
    /// Environment: environments/NAME.yaml in the project root
    #[arg(short, long, value_name = "NAME")]
    pub(super) env: String,
    /// Project root [default: the nearest folder with environments/ or .git, else the current folder]
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    #[command(flatten)]
    pub(super) connecting: Connecting,
}

/// `wxflow login`.
#[derive(Debug, Args)]
// Connecting comes last: its heading holds for all options after it.
pub(in crate::cli) struct Login {
    /// Ask for these scopes, with spaces between them [default: SCOPES, else the environment's, else a page asks]
    #[arg(long, value_name = "SCOPES")]
    pub(super) scopes: Option<String>,
    /// Open no browser: only print the address
    #[arg(long)]
    pub(super) no_browser: bool,
    /// How long to wait for the person
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m")]
    pub(super) timeout: Duration,
    #[command(flatten)]
    pub(super) whose: Whose,
}

/// `wxflow token …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Token {
    /// Show what is kept: lifetimes, scopes and owner, but not the token
    ///
    /// The status is 1 where nothing is kept, or where it has ended and cannot be refreshed.
    #[command(after_help = "Examples:\n  wxflow token show -e prod\n  \
        curl -H \"Authorization: Bearer $(wxflow token show -e prod --reveal)\" https://webexapis.com/v1/people/me")]
    Show(Box<Show>),
    /// Get a new access token now
    #[command(after_help = "Example:\n  wxflow token refresh -e prod")]
    Refresh(Box<Refresh>),
    /// End the tokens at the server, and forget them
    ///
    /// Webex ends everything that this person granted to the client: on other machines too.
    #[command(after_help = "Example:\n  wxflow token revoke webex -e prod")]
    Revoke(Box<Revoke>),
    /// List what is kept
    #[command(after_help = "Example:\n  wxflow token list --json")]
    List(List),
}

/// `token show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print the access token alone on stdout, the rest on stderr; with --json both tokens are in the object
    #[arg(long)]
    pub(in crate::cli) reveal: bool,
    #[command(flatten)]
    pub(in crate::cli) whose: Whose,
}

/// `token refresh`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Refresh {
    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) whose: Whose,
}

/// `token revoke`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Revoke {
    /// Only forget them here: the server is not asked, and they stay good until they end
    #[arg(long)]
    pub(in crate::cli) local: bool,
    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) whose: Whose,
}

/// `token list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only those of this environment
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) env: Option<String>,
    /// Write JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
