//! The commands: what the person typed becomes a run, its output and an exit status.

mod args;
mod bugs;
mod completions;
mod connect;
mod deadline;
mod dry;
mod exit;
mod explain;
mod export;
mod github;
mod guest;
mod habit;
mod import;
mod list;
mod login;
mod machine;
mod man;
mod merge;
mod new;
mod oauth;
mod output;
mod parse;
mod person;
mod plan;
mod recording;
mod route;
mod rows;
mod run;
mod sandbox;
mod schema;
mod select;
mod shard;
mod signals;
mod token;
mod typed;
mod validate;
mod values;
mod wanted;
mod watch;
mod workers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use args::{Arguments, Command};
use exit::Exit;
use output::Output;

/// Runs the command line; the result is the process's exit status.
#[must_use]
pub fn main() -> ExitCode {
    bugs::watch();
    // clap writes its own errors and help, and leaves with 2 and 0.
    let arguments = Arguments::read().unwrap_or_else(|error| habit::answered(error).exit());
    let output = Arc::new(Output::new(arguments.color));
    let done = catch_unwind(AssertUnwindSafe(|| command(&arguments.command, &output)));
    let bug = bugs::tell(&output);
    let exit = done.unwrap_or(Exit::Bug);
    ExitCode::from(if bug { exit.max(Exit::Bug) } else { exit })
}

fn command(command: &Command, output: &Arc<Output>) -> Exit {
    let done = match command {
        Command::Run(args) => run::run(args, output),
        Command::Validate(args) => validate::validate(args, output),
        Command::List(args) => list::list(args, output),
        Command::Explain(args) => explain::explain(args, output),
        Command::New(args) => new::new(args, output),
        Command::Export(args) => export::export(args, output),
        Command::Schema { format } => schema::schema(*format, output),
        Command::Report(args) => merge::merge(args, output),
        Command::Import(args) => import::import(args, output),
        Command::Guest(args) => guest::guest(args, output),
        Command::Completions { shell } => completions::script(*shell, output),
        Command::Complete(args) => completions::complete(args, output),
        Command::Man(args) => man::man(args, output),
        Command::Login(args) => login::login(args, output),
        Command::Token(args) => token::token(args, output),
        Command::Sandbox(args) => sandbox::serve(args, output),
    };
    done.unwrap_or_else(|exit| exit)
}
