//! `wxflow import curl`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::args::Curl;
use super::read::{read, refuse};
use super::write::write;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::import;

/// The largest file of commands.
const LARGEST: u64 = 16 << 20;

/// Writes the flow that curl commands are.
///
/// # Errors
/// They cannot be read or understood, or the flow cannot be written; it was told.
pub(super) fn curl(args: &Curl, output: &Output) -> Result<Exit, Exit> {
    // Quoted as one and without the `--` before it.
    let quoted = args.file.as_deref().and_then(Path::to_str).filter(|text| text.trim_start().starts_with("curl "));
    let import = if let Some(command) = quoted {
        import::curl::text(command, None, "curl")
    } else if args.command.is_empty() {
        let path = args.file.clone().unwrap_or_else(|| PathBuf::from("-"));
        let stdin = path.as_os_str() == "-";
        if args.file.is_none() && std::io::stdin().is_terminal() {
            let help = "give it as `wxflow import curl -- curl …`, as a file, or on stdin";
            output.error("there is no curl command", Some(help));
            return Err(Exit::Invalid);
        }
        let bytes = read(&path, LARGEST, output)?;
        let text = String::from_utf8_lossy(&bytes);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).filter(|_| !stdin);
        let origin = if stdin { "stdin".to_owned() } else { path.to_string_lossy().into_owned() };
        import::curl::text(&text, stem.as_deref(), &origin)
    } else if let [command] = args.command.as_slice() {
        // Quoted as one: `wxflow import curl -- "curl …"`.
        import::curl::text(command, None, "curl")
    } else {
        import::curl::arguments(&args.command, None)
    };
    write(&import.map_err(|error| refuse(&error, output))?, &args.target, output)
}
