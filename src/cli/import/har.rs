//! `wxflow import har`.

use super::args::Har;
use super::read::{read, refuse};
use super::write::write;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::import::har::{self, Choice};

/// The largest file: what a browser saves of a long session.
const LARGEST: u64 = 256 << 20;

/// Writes the flow that a HAR file is.
///
/// # Errors
/// It cannot be read or understood, or the flow cannot be written; it was told.
pub(super) fn har(args: &Har, output: &Output) -> Result<Exit, Exit> {
    let bytes = read(&args.file, LARGEST, output)?;
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = stem.filter(|stem| stem != "-").unwrap_or_else(|| "browser".to_owned());
    let origin = args.file.to_string_lossy();
    let choice = Choice { hosts: args.hosts.clone(), methods: args.methods.clone() };
    let import = har::har(&bytes, &name, &origin, &choice);
    write(&import.map_err(|error| refuse(&error, output))?, &args.target, output)
}
