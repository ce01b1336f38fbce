//! `--max-time`: ends a run that takes too long, as an interrupt would.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::output::Output;
use crate::run::Cancel;

/// A watch over the time of a run; dropping it ends the watch.
pub(super) struct Deadline {
    _running: Option<Sender<()>>,
}

impl Deadline {
    /// Starts to watch, from a thread of its own, as the runtimes of the workers may be busy. Without `longest` it never
    /// ends a run.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(longest: Option<Duration>, cancel: &Cancel, output: &Arc<Output>) -> io::Result<Self> {
        let Some(longest) = longest else { return Ok(Self { _running: None }) };
        let (running, ended) = channel::<()>();
        let (cancel, output) = (cancel.clone(), Arc::clone(output));
        thread::Builder::new().name("max-time".to_owned()).spawn(move || {
            if ended.recv_timeout(longest) == Err(RecvTimeoutError::Timeout) {
                let message = format!("the run took longer than --max-time {longest:?}, so it stops here");
                output.error(&message, Some("cleanups run and reports are written; the rest is skipped"));
                // Last: from here on the command may end at any moment.
                cancel.time_out();
            }
        })?;
        Ok(Self { _running: Some(running) })
    }
}
