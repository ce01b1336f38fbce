//! The order of a flow and of each step: what happens, and what is told about it.
//!
//! The engine knows no disk, no socket and no clock of its own: all are handed in by [`Context`].

mod body;
mod capture;
mod cleanup;
mod clock;
mod digest;
mod entropy;
mod flow;
pub mod inputs;
mod jwt;
mod learn;
mod ledger;
mod oauth;
mod obtain;
mod once;
mod outputs;
mod paginate;
mod poll;
mod preview;
mod rate_limit;
mod record;
mod render;
mod replay;
mod request;
mod response;
mod retry;
mod retry_after;
mod reuse;
mod save;
mod scope;
mod send;
mod snapshot;
mod step;
mod steps;
mod tell;
mod waiting;

pub use clock::{Cancel, Clock, SystemClock};
pub use flow::{Finished, FlowKey, broken, run};
pub use inputs::ResolvedInput;
pub use oauth::{AccessToken, Getting, TokenSource};
pub use once::{Leftover, Once, clean_up};
pub use outputs::Outputs;
pub use preview::{
    Act, Credentials, Previewed, PreviewedBody, PreviewedPart, PreviewedRequest, PreviewedUse, Secrets, preview,
    preview_whole,
};
pub use replay::{Label, NotePlace, Recorded, Recording, Replay, Shelf};

use std::sync::Arc;

use crate::check::Snapshots;
use crate::event::{Problem, RunEvent, Take};
use crate::flow::Flow;
use crate::http::Transport;
use crate::redact::{HostPattern, Redacted, Redactor};
use crate::source::Files;

/// Takes the events of one flow run, in order. It cannot fail: a reporter keeps its error for the run's end.
pub trait Sink {
    /// Takes one event.
    fn emit(&mut self, event: Redacted<RunEvent>);

    /// Takes what a recording keeps, a placeholder for each secret; only where [`Options::record`] says so, and beside
    /// [`Sink::emit`].
    fn record(&mut self, take: Redacted<Take>) {
        drop(take);
    }
}

/// How much of each exchange stands in the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Headers and bodies of failed steps only: what the terminal shows.
    Failures,
    /// Headers of every step, bodies of failed ones.
    Headers,
    /// Headers and bodies of every step: what reports hold.
    Everything,
}

/// What the person decided for the whole run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much of each exchange stands in the events.
    pub detail: Detail,
    /// The most bytes of a body in an event.
    pub report_bodies: usize,
    /// The most bytes of a decoded reply.
    pub max_body: u64,
    /// Hosts that every secret may go to, and every request.
    pub allow_hosts: Vec<HostPattern>,
    /// The environment's `hosts`: no request leaves this list.
    pub hosts: Option<Vec<HostPattern>>,
    /// Whether the `hosts` of secrets apply; not under `--sandbox`, where nothing leaves the machine.
    pub bind_secrets: bool,
    /// Whether cleanups run.
    pub cleanup: bool,
    /// Where snapshots are kept; `None` fails those that are asked for.
    pub snapshots: Option<Arc<dyn Snapshots>>,
    /// Whether snapshots are written where they differ.
    pub update_snapshots: bool,
    /// Whether `save` may write files.
    pub allow_write: bool,
    /// Whether each step's requests and replies are handed over whole, for a recording.
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            detail: Detail::Failures,
            report_bodies: 64 << 10,
            max_body: 64 << 20,
            allow_hosts: Vec::new(),
            hosts: None,
            bind_secrets: true,
            cleanup: true,
            snapshots: None,
            update_snapshots: false,
            allow_write: false,
            record: false,
        }
    }
}

/// What a run needs from outside.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Sends requests.
    pub transport: &'a dyn Transport,
    /// Files to send, and where replies are saved.
    pub files: &'a dyn Files,
    /// Learns and masks secrets.
    pub redactor: &'a Redactor,
    /// Time.
    pub clock: &'a dyn Clock,
    /// The person's interrupt.
    pub cancel: &'a Cancel,
    /// What the person decided.
    pub options: &'a Options,
    /// The `once` runs of the command.
    pub once: &'a Once,
    /// The environment's OAuth clients; `None` without an environment.
    pub oauth: Option<&'a dyn TokenSource>,
    /// The recording that answers, where this is a replay: nothing can be said of a secret's value then.
    pub replay: Option<&'a Replay<'a>>,
}

/// One run of one flow.
#[derive(Debug)]
pub struct Job<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// A value for each of its inputs.
    pub inputs: Vec<ResolvedInput>,
    /// What the flows that it uses get where `with` does not say.
    pub used: &'a inputs::Used,
    /// What random values derive from; `None` draws one.
    pub seed: Option<u64>,
    /// The data row, from 1.
    pub row: Option<u32>,
    /// The repeat, from 1.
    pub repeat: Option<u32>,
    /// The number of the last step to run, from 1; `None` for all.
    pub until: Option<u32>,
}

/// Why a step went no further.
#[derive(Debug)]
enum Stop {
    /// Something is wrong; the step failed.
    Problem(Box<Problem>),
    /// The person interrupted.
    Cancelled,
}

impl Stop {
    fn problem(message: impl Into<String>, help: Option<&str>) -> Self {
        let help = help.map(str::to_owned);
        Self::Problem(Box::new(Problem { message: message.into(), help, code: None, at: None }))
    }
}

/// What a reply asks to wait for, for `fuzz/`.
#[cfg(fuzzing)]
pub fn asked_to_wait(response: &crate::http::Response, now: jiff::Timestamp) -> Option<std::time::Duration> {
    retry_after::asked(response, now).map(|asked| asked.wait)
}
