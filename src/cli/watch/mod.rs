//! `run --watch`: runs again when something changes, until Ctrl-C.

mod changes;
mod wanted;

use std::sync::Arc;
use std::time::SystemTime;

use super::args::Run;
use super::exit::Exit;
use super::machine;
use super::output::{Output, visible};
use super::run::{self, Session};
use crate::load;
use changes::Changes;
use wanted::Wanted;

/// Runs flows, and again after each change.
///
/// # Errors
/// There is nothing to watch, or the system gives no way to; it was told.
pub(super) fn watch(args: &Run, session: &Session, output: &Arc<Output>) -> Result<Exit, Exit> {
    let around = machine::surroundings(output)?;
    // A path that is not there would be waited for in vain: that is told as without `--watch`.
    load::discover(&args.flows.paths, &around).map_err(|errors| {
        errors.iter().for_each(|error| output.file_error(error));
        Exit::Invalid
    })?;
    let mut changes = Changes::start(output)?;
    let on_stderr = run::views_on_stderr(&args.showing);
    changes.add(&Wanted::of(args, &[], &around), output);
    for number in 2_u32.. {
        let began = SystemTime::now();
        let exit = run::once(args, session, output).unwrap_or_else(|exit| exit);
        let signals = session.signals(output)?;
        if signals.exit().is_some() {
            return Ok(exit);
        }
        session.cancel.resume();
        let wanted = Wanted::of(args, &session.projects(), &around);
        let fresh = changes.add(&wanted, output);
        signals.set_idle(true);
        // What was not watched yet may have changed meanwhile.
        let missed = wanted.files.iter().find(|file| fresh.iter().any(|f| file.starts_with(f)) && newer(file, began));
        let changed = match missed {
            Some(file) => Some(file.clone()),
            None => {
                let words = visible(&wanted.words(&around.current));
                output.say(&format!("watching {words}; Ctrl-C ends"));
                changes.next(&wanted, &session.cancel)
            }
        };
        signals.set_idle(false);
        let Some(changed) = changed else { return Ok(signals.exit().unwrap_or(Exit::Success)) };
        let title = format!("run {number}: {} changed", visible(&load::shown(&changed, &around.current)));
        let line = if output.clear(on_stderr) {
            format!("{title}\n\n")
        } else {
            format!("\n──── {title} ────\n\n")
        };
        let mut view = output.view(on_stderr);
        view.write_all(line.as_bytes()).and_then(|()| view.flush()).ok();
    }
    Ok(Exit::Success)
}

fn newer(file: &std::path::Path, than: SystemTime) -> bool {
    file.metadata().and_then(|m| m.modified()).is_ok_and(|modified| modified >= than)
}
