//! `wxflow import`: what people have elsewhere becomes flows.

pub(super) mod args;
mod curl;
mod har;
mod postman;
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
        Import::Postman(args) => postman::postman(args, output),
        Import::Curl(args) => curl::curl(args, output),
        Import::Har(args) => har::har(args, output),
    }
}
