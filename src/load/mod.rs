//! The disk: which files are flows, where their project ends, and what they may read of it.

mod discover;
mod dotenv;
mod environment;
mod inside;
mod jail;
mod library;
mod project;
mod read;
mod secret;
mod snapshot;
mod table;
mod tokens;
mod touched;

pub use discover::{Discovered, discover};
pub use environment::{environment, environment_names};
pub use library::{Library, Parsed};
pub use project::{Project, Surroundings};
pub use read::source;
pub use secret::{pem, secret, trim};
pub use table::table;
pub use tokens::FileStore;

use std::path::Path;

/// A path as messages show it: relative to the current folder where it lies below it.
#[must_use]
pub fn shown(path: &Path, current: &Path) -> String {
    let short = path.strip_prefix(current).unwrap_or(path);
    let short = short.strip_prefix(".").unwrap_or(short);
    if short.as_os_str().is_empty() { ".".to_owned() } else { short.to_string_lossy().replace('\\', "/") }
}
