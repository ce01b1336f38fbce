//! What an importer reads: a file or stdin, of a bounded size.

use std::io::Read as _;
use std::path::Path;

use crate::cli::exit::Exit;
use crate::cli::output::{Output, visible};
use crate::import::ImportError;

/// The bytes of a file; `-` is stdin.
///
/// # Errors
/// It cannot be read, or is larger than `most` bytes; it was told.
pub(in crate::cli) fn read(path: &Path, most: u64, output: &Output) -> Result<Vec<u8>, Exit> {
    let name = visible(&path.to_string_lossy());
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        let why = error.to_string();
        output.error(&format!("{name} cannot be read: {}", why.split(" (os error").next().unwrap_or(&why)), None);
        return Err(Exit::Invalid);
    }
    if bytes.len() as u64 > most {
        output.error(&format!("{name} is larger than {} MiB", most >> 20), Some("split it, and import its parts"));
        return Err(Exit::Invalid);
    }
    Ok(bytes)
}

/// Tells why nothing could be made of the input.
pub(in crate::cli) fn refuse(error: &ImportError, output: &Output) -> Exit {
    output.error(&visible(&error.message), error.help.as_deref());
    Exit::Invalid
}
