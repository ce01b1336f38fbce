//! Flows for other tools and other people: one file per format, each a pure function from a checked flow to text.

mod bundle;
mod curl;
mod holes;
mod postman;
mod shell;

pub use bundle::{Needs, bundle};
pub use curl::curl;
pub use postman::postman;

/// What an exporter gives: the text, and what could not be said in the other format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The file's text.
    pub text: String,
    /// What was lost, each `STEP: what`.
    pub lost: Vec<String>,
}
