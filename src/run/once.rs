//! `once: true`: one run per file and inputs in the whole command; everyone else waits for its end.
//!
//! Who comes first runs it, the others wait without a thread. Nobody can wait in a circle, as flows cannot use each other
//! in one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::cleanup::Registered;
use super::flow::Runner;
use super::inputs::Used;
use super::outputs::Outputs;
use super::{Context, Job, Options, ResolvedInput, Sink, Stop};
use crate::event::{EventKind, FlowOutcome, Outcome};
use crate::flow::Flow;
use crate::http::cookies::CookieJar;
use crate::value::{Value, equal};

/// The `once` runs of a command. All its flows share one.
#[derive(Debug, Default)]
pub struct Once {
    runs: Mutex<Vec<Arc<Run>>>,
    left: Mutex<Vec<Leftover>>,
}

/// One run, under way or ended.
struct Run {
    file: (PathBuf, Option<PathBuf>),
    /// In the order of the flow's inputs.
    inputs: Vec<Value>,
    result: watch::Sender<Option<Result<Outputs, Failure>>>,
}

/// Why there are no outputs, as a sentence.
#[derive(Clone, Debug)]
pub(super) struct Failure(pub(super) String);

/// The cookies and the registered cleanups of a run.
#[derive(Default)]
pub(super) struct Session {
    pub(super) jar: CookieJar,
    pub(super) registered: Vec<Registered>,
}

/// Who runs it.
pub(super) enum Claim<'o> {
    /// The one who asked.
    Run(Ticket<'o>),
    /// Somebody else.
    Wait(Waiting),
}

/// The duty to run it. Dropped without an end (a panic), it fails those who wait.
pub(super) struct Ticket<'o> {
    once: &'o Once,
    run: Arc<Run>,
}

/// The right to its result.
pub(super) struct Waiting(watch::Receiver<Option<Result<Outputs, Failure>>>);

impl Once {
    /// Who runs `flow` with `inputs`.
    pub(super) fn claim(&self, flow: &Flow, inputs: &[ResolvedInput]) -> Claim<'_> {
        let name = flow.path.rsplit('/').next().unwrap_or(&flow.path);
        let file = flow.folder.join(name);
        // Two bundles may have a file of the same place.
        let bundle = flow.bundle.as_ref().map(|bundle| bundle.place().to_owned());
        let file = (file, bundle);
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |run: &&Arc<Run>| {
            let pairs = || run.inputs.iter().zip(inputs);
            run.file == file && run.inputs.len() == inputs.len() && pairs().all(|(a, b)| equal(a, &b.value))
        };
        if let Some(run) = runs.iter().find(same) {
            return Claim::Wait(Waiting(run.result.subscribe()));
        }
        let inputs = inputs.iter().map(|input| input.value.clone()).collect();
        let run = Arc::new(Run { file, inputs, result: watch::Sender::new(None) });
        runs.push(Arc::clone(&run));
        Claim::Run(Ticket { once: self, run })
    }

    /// What `once` flows left to clean up, newest first: for [`clean_up`], when all flows have ended.
    #[must_use]
    pub fn leftovers(&self) -> Vec<Leftover> {
        let mut left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        left.reverse();
        left
    }
}

impl Ticket<'_> {
    /// Hands the result to those who wait, and keeps the session for the command's end.
    pub(super) fn end(&self, flow: &Arc<Flow>, outputs: &Result<Outputs, Stop>, session: Session, options: &Options) {
        if !session.registered.is_empty() {
            let left = Leftover { flow: Arc::clone(flow), session, options: options.clone() };
            self.once.left.lock().unwrap_or_else(PoisonError::into_inner).push(left);
        }
        let result = match outputs {
            Ok(outputs) => Ok(outputs.clone()),
            Err(Stop::Problem(problem)) => Err(Failure(problem.message.clone())),
            Err(Stop::Cancelled) => Err(Failure("it was interrupted".to_owned())),
        };
        self.run.result.send_replace(Some(result));
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.run.result.send_if_modified(|result| {
            let missing = result.is_none();
            result.get_or_insert_with(|| Err(Failure("it did not end".to_owned())));
            missing
        });
    }
}

impl Waiting {
    /// The result, once it is there.
    ///
    /// # Errors
    /// The run failed.
    pub(super) async fn ended(mut self) -> Result<Outputs, Failure> {
        let result = self.0.wait_for(Option::is_some).await;
        result.ok().and_then(|result| result.clone()).unwrap_or_else(|| Err(Failure("it did not end".to_owned())))
    }
}

/// The cleanups of a `once` flow, with its session.
pub struct Leftover {
    flow: Arc<Flow>,
    session: Session,
    options: Options,
}

impl Leftover {
    /// The flow's path from the project root: its cleanups are reported under it.
    #[must_use]
    pub fn path(&self) -> &Arc<str> {
        &self.flow.path
    }

    /// The folder of its file.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.flow.folder
    }

    /// The options of the flow that ran it: for the context of [`clean_up`].
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }
}

/// Runs the cleanups of a `once` flow. `sink` is told of them as of a flow of its own, without steps.
pub async fn clean_up(left: &mut Leftover, context: &Context<'_>, sink: &mut dyn Sink) -> FlowOutcome {
    let (used, session) = (Used::new(), std::mem::take(&mut left.session));
    let job =
        Job { flow: &left.flow, inputs: Vec::new(), used: &used, seed: None, row: None, repeat: None, until: None };
    let mut runner = Runner::new(&job, context, sink);
    (runner.jar, runner.registered) = (session.jar, session.registered);
    runner.emit((0, 0), EventKind::FlowStarted { name: left.flow.name.clone(), steps: 0 });
    runner.cleanups().await;
    runner.finish(Outcome::Passed)
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Run").field(&self.file).finish()
    }
}

impl fmt::Debug for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leftover").field("path", &self.flow.path).finish_non_exhaustive()
    }
}
