//! The command line as the person types it; what it means is decided by the commands.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::completions::{Complete, Shell};
use super::explain::Explain;
use super::export::args::Export;
use super::guest::args::Guest;
use super::import::args::Import;
use super::login::args::{Login, Token};
use super::man::Man;
use super::merge::Report;
use super::new::New;
use super::parse::{address, duration, host, jobs, pair, repeat, report, size};
use super::recording::Recordings;
use super::shard::Shard;
use crate::redact::HostPattern;
use crate::report::FormatName;
use crate::sandbox::Fault;

/// Runs scripted requests: YAML flows, checked before anything is sent.
#[derive(Debug, Parser)]
#[command(name = "wxflow", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "Example:\n  wxflow run --sandbox flows/    run every flow against a local Webex\n\n\
    Exit status: 0 all held, 1 a flow failed, 2 usage or an invalid flow, 3 a report was not written,\n\
    70 a bug in wxflow, 130 or 143 interrupted")]
pub(super) struct Typed<C: Subcommand> {
    #[command(subcommand)]
    pub(super) command: C,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(help = "When to use colours: auto, always or never")]
    pub(super) color: Color,
}

/// What a person types.
pub(super) type Arguments = Typed<Command>;

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(Box<Run>),
    /// Check flows without sending anything
    #[command(after_help = "Example:\n  wxflow validate flows/ --format github")]
    Validate(Validate),
    /// List flows with their tags, inputs and steps
    #[command(after_help = "Example:\n  wxflow list --format json")]
    List(List),
    /// Explain a flow: what it asks for, where its secrets go, what it sends and leaves
    ///
    /// Nothing is run and nothing is sent.
    #[command(after_help = "Examples:\n  wxflow explain flows/guest.flow.yaml -e staging\n  \
        wxflow explain flows/guest.flow.yaml --format markdown > guest.md")]
    Explain(Explain),
    /// Write a flow to begin with
    ///
    /// It runs as it is, with `wxflow run --sandbox`, and its comments say what to change.
    #[command(after_help = "Examples:\n  wxflow new 'Guest joins a space'\n  \
        wxflow new people --from-curl 'curl https://webexapis.com/v1/people/me'")]
    New(New),
    /// Write a flow for other tools and other people
    #[command(subcommand, after_help = "Example:\n  wxflow export curl flows/guest.flow.yaml")]
    Export(Export),
    /// Print the JSON Schema of a file format
    #[command(after_help = "Example:\n  wxflow schema flow > flow.schema.json")]
    Schema {
        /// Which format
        format: SchemaName,
    },
    /// Join the reports of shards
    #[command(subcommand, after_help = "Example:\n  wxflow report merge shards/*.json --report html=flows.html")]
    Report(Report),
    /// Turn what you have elsewhere into flows
    #[command(subcommand, after_help = "Example:\n  wxflow import postman api.postman_collection.json --out webex")]
    Import(Import),
    /// Webex guests: make, exchange and check their tokens
    #[command(
        subcommand,
        after_help = "Example:\n  wxflow guest quick visitor-1 'Ann Visitor' -i ISSUER -s @secret.txt"
    )]
    Guest(Guest),
    /// Sign in with OAuth, and keep the tokens for flows
    ///
    /// Runs the grant of the environment's client: a browser (authorization code), another device (device code), or
    /// the client for itself (client credentials). Without scopes a local page asks for them.
    #[command(after_help = "Examples:\n  wxflow login -e prod\n  \
        wxflow login webex -e prod --scopes 'spark:people_read spark:rooms_read'")]
    Login(Box<Login>),
    /// Show, refresh, revoke or list kept OAuth tokens
    #[command(subcommand, after_help = "Example:\n  wxflow token show -e prod")]
    Token(Token),
    /// Serve a local Webex until Ctrl-C
    ///
    /// Prints `export` lines that point tools at it.
    #[command(after_help = "Example:\n  wxflow sandbox --port 4000 --fault rate-limit=10")]
    Sandbox(Sandbox),
    /// Print the script that completes wxflow in a shell
    ///
    /// It knows commands and options, flow files, environments, tags, steps and inputs.
    #[command(after_help = "Examples:\n  \
        wxflow completions bash > ~/.local/share/bash-completion/completions/wxflow\n  \
        wxflow completions zsh  > ~/.zfunc/_wxflow        with fpath+=~/.zfunc before compinit\n  \
        wxflow completions fish > ~/.config/fish/completions/wxflow.fish\n  \
        wxflow completions powershell >> $PROFILE")]
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print a manual page
    #[command(after_help = "Examples:\n  wxflow man run | man -l -\n  \
        wxflow man > ~/.local/share/man/man1/wxflow.1")]
    Man(Man),
    /// What may stand at the cursor: for the scripts of `completions`
    #[command(name = "__complete", hide = true)]
    Complete(Complete),
}

/// Which flows.
#[derive(Debug, Args)]
pub(super) struct Flows {
    /// Flow files, or folders: every *.flow.yaml below, but parts (_*.flow.yaml) [default: flows/]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Project root: no file that a flow names may lie outside
    ///
    /// Default: the nearest folder above the flow with environments/ or .git, else the current folder if it holds the
    /// flow, else the flow's folder.
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
}

/// Run flows
///
/// All flows are checked first. Flows run at the same time, the steps of a flow in order. A flow that is not valid
/// does not stop the others; the exit status is then 2.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wxflow run                           every flow below flows/\n  \
    wxflow run flows/guest.flow.yaml -e staging --secret bot_token=@token.txt\n  \
    wxflow run --sandbox --report junit=report.xml")]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) flows: Flows,
    #[command(flatten)]
    pub(super) tags: Tags,
    #[command(flatten)]
    pub(super) choice: Choice,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) limits: Limits,
    #[command(flatten)]
    pub(super) connecting: Connecting,
    #[command(flatten)]
    pub(super) showing: Showing,
    #[command(flatten)]
    pub(super) recordings: Recordings,
    /// Answer with a local Webex: no account, no network, nothing read from this machine
    #[arg(long, help_heading = "Sandbox")]
    pub(super) sandbox: bool,
    /// Let the sandbox misbehave: rate-limit=N, latency=MS, error=RATE, expire-tokens
    #[arg(long = "fault", value_name = "FAULT", requires = "sandbox", help_heading = "Sandbox")]
    pub(super) faults: Vec<Fault>,
}

/// Which of the flows, by tag.
#[derive(Debug, Args)]
pub(super) struct Tags {
    /// Only flows that have one of these tags
    #[arg(long = "tags", value_name = "TAG,…", value_delimiter = ',')]
    pub(super) wanted: Vec<String>,
    /// No flow that has one of these tags, whatever --tags says
    #[arg(long = "exclude-tags", value_name = "TAG,…", value_delimiter = ',')]
    pub(super) unwanted: Vec<String>,
}

/// How much of each flow, and how often.
#[derive(Debug, Args)]
#[command(next_help_heading = "Choosing")]
pub(super) struct Choice {
    /// Run every flow once per row of this .csv, .json or .yaml file; columns are inputs
    #[arg(long, value_name = "FILE")]
    pub(super) data: Option<String>,
    /// Run every flow this many times
    #[arg(long, value_name = "N", value_parser = repeat)]
    pub(super) repeat: Option<NonZeroU32>,
    /// Run only this part of the flows, as I/N, or auto[/N] as CI says
    ///
    /// `auto` reads CI_NODE_INDEX and CI_NODE_TOTAL; `auto/N` JOB_COMPLETION_INDEX too. Every part finds the same split.
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    pub(super) shard: Option<Shard>,
    /// Stop behind the step with this name or id
    #[arg(long, value_name = "NAME")]
    pub(super) step: Option<String>,
    /// Send nothing: show each request as far as it is known
    #[arg(long, conflicts_with_all = ["reports", "verbose", "quiet"])]
    pub(super) dry_run: bool,
}

/// Where inputs get their values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Values")]
pub(super) struct Values {
    /// Environment to use: environments/NAME.yaml in the project root
    #[arg(short, long, value_name = "NAME")]
    pub(super) env: Option<String>,
    /// Value of an input; NAME=@FILE takes it from a .csv, .json or .yaml file
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) vars: Vec<(String, String)>,
    /// Values of inputs: a .yaml or .json file of names and values
    #[arg(long = "var-file", value_name = "FILE")]
    pub(super) var_files: Vec<String>,
    /// Secret value of an input, from a file or (-) from stdin
    ///
    /// A literal value works too and warns: other processes of this machine can see it.
    #[arg(long = "secret", value_name = "NAME=@FILE|-", value_parser = pair)]
    pub(super) secrets: Vec<(String, String)>,
    /// Let flows read this variable (WEBEX_… and WXFLOW_… need no permission)
    #[arg(long, value_name = "NAME")]
    pub(super) allow_env: Vec<String>,
    /// What random values derive from, to repeat a run
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
}

/// How flows run, and what they may do.
#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub(super) struct Limits {
    /// Flows at the same time [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Start no new flow after one failed; those under way are finished
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Stop after this time, like 10m: cleanups run, and the status is 1
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) max_time: Option<Duration>,
    /// Leave what flows made
    #[arg(long)]
    pub(super) no_cleanup: bool,
    /// Write the snapshots of steps that otherwise hold; refused where CI is set
    #[arg(long)]
    pub(super) update_snapshots: bool,
    /// Host that every secret may be sent to
    #[arg(long, value_name = "HOST", value_parser = HostPattern::parse)]
    pub(super) allow_host: Vec<HostPattern>,
    /// Let flows write files (`save`) inside their project
    #[arg(long)]
    pub(super) allow_write: bool,
    /// Largest reply to read, like 500k or 1g
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64m")]
    pub(super) max_body: u64,
}

/// How connections are made. What stands here wins over the environment, and that over `HTTP_PROXY` and the like.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connecting")]
pub(super) struct Connecting {
    /// Host whose certificate is not checked; told at every run
    #[arg(long, value_name = "HOST", value_parser = host)]
    pub(super) insecure: Vec<String>,
    /// Certificate authorities to trust beside the system's (PEM)
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
    /// Client certificate with its chain (PEM)
    #[arg(long, value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,
    /// Its private key (PEM) [default: in the file of --cert]
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<PathBuf>,
    /// Proxy for every request: http://, https://, socks5:// or socks5h://; `none` for no proxy
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Address to use for a host
    #[arg(long, value_name = "HOST:PORT:ADDR", value_parser = address)]
    pub(super) resolve: Vec<(String, IpAddr)>,
}

/// What is shown and written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Showing")]
pub(super) struct Showing {
    /// Write a report: junit, json, html, markdown, tap, events or har; `-` is stdout
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report)]
    pub(super) reports: Vec<(FormatName, PathBuf)>,
    /// Print this output of the one flow that runs, raw: secrets too
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    pub(super) output: Option<String>,
    /// Run again whenever a flow, or a file that it uses, changes; Ctrl-C ends
    #[arg(long, conflicts_with = "output")]
    pub(super) watch: bool,
    /// Most bytes of a body in a report
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64k")]
    pub(super) report_bodies: u64,
    /// Show headers (-v) and bodies (-vv)
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show only failures and the last lines
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
}

/// `wxflow validate`.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    pub(super) flows: Flows,
    /// How to write what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ValidateFormat,
}

/// How `validate` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ValidateFormat {
    /// For people
    Text,
    /// One list of objects
    Json,
    /// GitHub Actions annotations
    Github,
}

/// `wxflow list`.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) flows: Flows,
    #[command(flatten)]
    pub(super) tags: Tags,
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ListFormat,
}

/// How `list` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    Text,
    /// One list of objects
    Json,
}

/// Formats that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// *.flow.yaml
    Flow,
    /// environments/NAME.yaml
    Environment,
    /// A line of the events report
    Event,
    /// The JSON report
    Report,
}

/// `wxflow sandbox`.
#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) port: u16,
    /// Misbehave: rate-limit=N, latency=MS, error=RATE, expire-tokens
    #[arg(long = "fault", value_name = "FAULT")]
    pub(super) faults: Vec<Fault>,
    /// What ids and tokens derive from, to have the same again
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
}
