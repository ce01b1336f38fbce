//! The sandbox: as a command of its own, and inside `run --sandbox`.

use std::sync::Arc;

use super::args;
use super::exit::Exit;
use super::output::Output;
use super::signals::Signals;
use crate::run::Cancel;
use crate::run::inputs::Invented;
use crate::sandbox::{Fault, RunningServer, Sandbox, Server};

/// A sandbox that runs inside this command.
pub(super) struct Inside {
    pub(super) sandbox: Arc<Sandbox>,
    /// Stops when dropped.
    pub(super) server: RunningServer,
    /// What inputs get from it.
    pub(super) invented: Invented,
}

/// Starts a sandbox on `port`, 0 for a free one.
///
/// # Errors
/// The port is taken; it was told.
pub(super) fn start(port: u16, seed: Option<u64>, faults: &[Fault], output: &Output) -> Result<Inside, Exit> {
    let seed = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let sandbox = Arc::new(Sandbox::new(seed, Box::new(jiff::Timestamp::now)).with_faults(faults));
    let server = Server::start(Arc::clone(&sandbox), port).map_err(|error| {
        let taken = error.kind() == std::io::ErrorKind::AddrInUse;
        let why = if taken { "another program listens there".to_owned() } else { error.to_string() };
        output.error(
            &format!("the sandbox cannot listen on port {port}: {why}"),
            Some("leave --port out to take a free one"),
        );
        Exit::Invalid
    })?;
    let variables = sandbox.variables(&server.base_url());
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Inside { sandbox, server, invented: Invented { variables, seed, ..Invented::default() } })
}

/// `wxflow sandbox`: prints where it is, then serves until a signal.
pub(super) fn serve(args: &args::Sandbox, output: &Arc<Output>) -> Result<Exit, Exit> {
    let inside = start(args.port, args.seed, &args.faults, output)?;
    let stop = Cancel::new();
    let signals = Signals::watch(&stop, None).map_err(|error| {
        output.error(&format!("signals cannot be watched: {error}"), None);
        Exit::Bug
    })?;
    let mut lines = String::new();
    for (name, value) in &inside.invented.variables {
        lines.push_str(&format!("export {name}={}\n", quoted(value)));
    }
    output.results(&lines)?;
    output.say(&format!("the sandbox listens on {}, Ctrl-C stops it", inside.server.base_url()));
    wait(&stop);
    inside.server.stop();
    Ok(signals.exit().unwrap_or(Exit::Success))
}

fn wait(stop: &Cancel) {
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() {
        runtime.block_on(stop.cancelled());
    }
}

/// In single quotes for a POSIX shell, where only the quote itself is special.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_hold_in_a_shell() {
        assert_eq!(super::quoted("a'b $c"), r"'a'\''b $c'");
    }
}
