//! Ctrl-C and SIGTERM: the first asks the run to stop and clean up, the second stops at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;

use super::exit::Exit;
use super::output::Output;
use crate::run::Cancel;

/// Watches from a thread of its own, as the runtimes of the workers may be busy.
pub(super) struct Signals {
    seen: Arc<AtomicU8>,
    /// Nothing runs that could be cleaned up.
    idle: Arc<AtomicBool>,
}

impl Signals {
    /// Starts to watch; `cancel` is used on the first signal. `told` hears what is going on; without it the first
    /// signal is the ordinary end and needs no words.
    ///
    /// # Errors
    /// The system gives no thread or no signal handler.
    pub(super) fn watch(cancel: &Cancel, told: Option<&Arc<Output>>) -> io::Result<Self> {
        let seen = Arc::new(AtomicU8::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // Registered here, so that a signal is ours from now on, before anything is sent.
        let mut source = runtime.block_on(async { Source::new() })?;
        let idle = Arc::new(AtomicBool::new(false));
        let (cancel, told, noted, waits) = (cancel.clone(), told.cloned(), Arc::clone(&seen), Arc::clone(&idle));
        let tell = move |text: &str| told.iter().for_each(|output| output.say(text));
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                let first = source.next().await;
                noted.store(first as u8, Ordering::SeqCst);
                cancel.cancel();
                if !waits.load(Ordering::SeqCst) {
                    tell("\nstopping: cleanups run first, press Ctrl-C again to leave without them");
                }
                let second = source.next().await;
                tell("stopped at once: cleanups did not run, reports are not written");
                std::process::exit(i32::from(second as u8));
            });
        })?;
        Ok(Self { seen, idle })
    }

    /// Whether nothing runs now, so that a signal needs no words.
    pub(super) fn set_idle(&self, idle: bool) {
        self.idle.store(idle, Ordering::SeqCst);
    }

    /// The status that the signal asks for, if there was one.
    pub(super) fn exit(&self) -> Option<Exit> {
        match self.seen.load(Ordering::SeqCst) {
            0 => None,
            n if n == Exit::Terminated as u8 => Some(Exit::Terminated),
            _ => Some(Exit::Interrupted),
        }
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Exit {
        tokio::signal::ctrl_c().await.ok();
        Exit::Interrupted
    }
}
