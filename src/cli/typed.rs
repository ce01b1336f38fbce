//! Reading the command line.

use clap::{Parser as _, Subcommand};

use super::args::{Arguments, Command, Run, Typed};

impl Arguments {
    /// What was typed. `run` is read for itself: to know what all the other commands take is a sixth of a short run
    /// (docs/performance.md).
    ///
    /// # Errors
    /// clap's: what was typed is not known, or asks for help.
    pub(super) fn read() -> Result<Self, clap::Error> {
        if std::env::args_os().nth(1).is_none_or(|word| word != "run") {
            return Self::try_parse();
        }
        let Typed { command: OnlyRun::Run(run), color } = Typed::try_parse()?;
        Ok(Self { command: Command::Run(run), color })
    }
}

/// A command line that begins with `run`.
#[derive(Debug, Subcommand)]
enum OnlyRun {
    Run(Box<Run>),
}
