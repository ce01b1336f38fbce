//! Hearing of changes: from the system, or by looking every second where it does not tell.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{Config, Event, EventKind, PollWatcher, RecursiveMode, Watcher};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::wanted::Wanted;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::run::Cancel;

/// An editor writes in several steps; what follows within this time is the same change.
const QUIET: Duration = Duration::from_millis(50);

/// Where it never gets quiet, this is long enough.
const LONGEST: Duration = Duration::from_secs(1);

/// How often it is looked where the system does not tell.
const EVERY: Duration = Duration::from_secs(1);

/// What happened to files, since the watch began.
pub(super) struct Changes {
    watcher: Box<dyn Watcher>,
    polls: bool,
    watched: HashMap<PathBuf, bool>,
    sender: UnboundedSender<Event>,
    events: UnboundedReceiver<Event>,
    runtime: Runtime,
}

impl Changes {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system gives no way to; it was told.
    pub(super) fn start(output: &Output) -> Result<Self, Exit> {
        let fail = |error: String| {
            output.error(&format!("files cannot be watched: {error}"), None);
            Exit::Bug
        };
        let (sender, events) = unbounded_channel();
        let native = notify::recommended_watcher(handler(sender.clone()));
        let (watcher, polls): (Box<dyn Watcher>, bool) = match native {
            Ok(watcher) => (Box::new(watcher), false),
            Err(error) => (polling(&sender, &error, output).map_err(|e| fail(e.to_string()))?, true),
        };
        Self::hearing(watcher, polls, sender, events).map_err(|e| fail(e.to_string()))
    }

    fn hearing(
        watcher: Box<dyn Watcher>,
        polls: bool,
        sender: UnboundedSender<Event>,
        events: UnboundedReceiver<Event>,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Self { watcher, polls, watched: HashMap::new(), sender, events, runtime })
    }

    /// Watches what is wanted and not watched yet: the folders that are new.
    pub(super) fn add(&mut self, wanted: &Wanted, output: &Output) -> Vec<PathBuf> {
        let mut fresh = Vec::new();
        for (folder, deep) in wanted.places() {
            if self.watched.get(folder).is_some_and(|known| *known || !deep) {
                continue;
            }
            match self.watch(folder, deep, output) {
                Ok(()) => {
                    self.watched.insert(folder.to_owned(), deep);
                    fresh.push(folder.to_owned());
                }
                Err(error) => output.warning(&format!("{} cannot be watched: {error}", folder.display())),
            }
        }
        fresh
    }

    fn watch(&mut self, folder: &Path, deep: bool, output: &Output) -> notify::Result<()> {
        let told = self.watcher.watch(folder, mode(deep));
        let Err(error) = told else { return Ok(()) };
        if self.polls || !matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
            return Err(error);
        }
        // The system has no more to give: everything is looked at from now on.
        self.watcher = polling(&self.sender, &error, output)?;
        self.polls = true;
        for (folder, deep) in &self.watched {
            self.watcher.watch(folder, mode(*deep))?;
        }
        self.watcher.watch(folder, mode(deep))
    }

    /// The next file that changes, when all is quiet again; `None` where the person ends the watch.
    pub(super) fn next(&mut self, wanted: &Wanted, cancel: &Cancel) -> Option<PathBuf> {
        let Self { events, runtime, watched, .. } = self;
        // A folder that went away is watched anew when it is there again.
        let mut gone = |event: &Event| {
            if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                watched.retain(|folder, _| !event.paths.contains(folder));
            }
        };
        runtime.block_on(async {
            let changed = loop {
                let event = tokio::select! {
                    () = cancel.cancelled() => return None,
                    event = events.recv() => event?,
                };
                gone(&event);
                if let Some(path) = event.paths.iter().find(|path| wanted.takes(path, event.kind)) {
                    break path.clone();
                }
                if event.need_rescan() {
                    break wanted.places().next().map(|(folder, _)| folder.to_owned())?;
                }
            };
            let quiet = async {
                while let Ok(Some(event)) = tokio::time::timeout(QUIET, events.recv()).await {
                    gone(&event);
                }
            };
            tokio::time::timeout(LONGEST, quiet).await.ok();
            Some(changed)
        })
    }
}

fn handler(sender: UnboundedSender<Event>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    move |event| {
        // Where the command has ended nobody listens.
        event.ok().and_then(|event| sender.send(event).ok());
    }
}

fn polling(sender: &UnboundedSender<Event>, why: &notify::Error, output: &Output) -> notify::Result<Box<dyn Watcher>> {
    output.warning(&format!("the system does not tell of changes ({why}): files are looked at every second"));
    Ok(Box::new(PollWatcher::new(handler(sender.clone()), Config::default().with_poll_interval(EVERY))?))
}

fn mode(deep: bool) -> RecursiveMode {
    if deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Color;

    #[test]
    fn looking_every_second_finds_changes_too() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap();
        let output = Output::new(Color::Never);
        let (sender, events) = unbounded_channel();
        let watcher = polling(&sender, &notify::Error::generic("of a test"), &output).unwrap();
        let mut changes = Changes::hearing(watcher, true, sender, events).unwrap();
        let wanted = Wanted { folders: [folder.clone()].into(), ..Wanted::default() };
        assert_eq!(changes.add(&wanted, &output), [folder.as_path()]);
        assert!(changes.add(&wanted, &output).is_empty());
        std::fs::write(folder.join("a.flow.yaml"), "x").unwrap();
        assert_eq!(changes.next(&wanted, &Cancel::new()), Some(folder.join("a.flow.yaml")));
        let cancel = Cancel::new();
        cancel.cancel();
        assert_eq!(changes.next(&Wanted::default(), &cancel), None);
    }
}
