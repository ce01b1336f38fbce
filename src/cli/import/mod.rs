//! `wxflow import`: what people have elsewhere becomes flows.

pub(super) mod args;
mod curl;
mod har;
pub(super) mod read;
pub(super) mod write;

use args::Import;

use super::exit::Exit;
use super::output::Output;

/// Runs one of the importers.
///
/// # Errors
/// Input that cannot be read, or files that cannot be written; it was told.
pub(super) fn import(args: &Import, output: &Output) -> Result<Exit, Exit> {
    match args {
        Import::Postman(args) => postman(args, output),
        Import::Curl(args) => curl::curl(args, output),
        Import::Har(args) => har::har(args, output),
    }
}

fn postman(args: &args::Postman, output: &Output) -> Result<Exit, Exit> {
    let import = crate::import::Import::default();
    let _ = (&args.collection, &args.environments);
    write::write(&import, &args.target, output)
}
