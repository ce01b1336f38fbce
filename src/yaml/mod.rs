//! Text to nodes with spans, nodes to checked fields, and values to text (`write`): the only user of the YAML crates.
//!
//! YAML 1.2 core types, with what silently changes or hides text refused (see `traps` and `scalar`).

mod elsewhere;
mod fields;
mod node;
mod offsets;
mod parse;
mod quick;
mod scalar;
mod shape;
mod traps;
pub mod write;

pub use crate::value::duration_of;
pub use fields::{Fields, duration};
pub use node::{Data, Node, Style};
pub use parse::parse;
pub use shape::{Key, Kind, Shape};

/// Whether the short way of reading takes `text`, for `fuzz/`; it panics where the long way says otherwise.
#[cfg(fuzzing)]
pub fn agrees(text: &str) -> bool {
    parse::agrees(text)
}
