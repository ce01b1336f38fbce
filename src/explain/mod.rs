//! What a flow asks for, sends, touches and leaves, found without running it: for a teammate who is about to run it.
//!
//! [`facts`] walks a flow and all that it uses; [`page`] puts the facts into words, which are shown as [`text`] or
//! [`markdown`]; [`mermaid`] draws them.

mod facts;
mod markdown;
mod mermaid;
mod names;
mod page;
mod request;
mod text;
mod walk;

pub use facts::{
    ActionFacts, CaptureFacts, Facts, FileFacts, OutputFacts, Purpose, RequestFacts, SecretFacts, StepFacts,
};
pub use markdown::markdown;
pub use mermaid::mermaid;
pub use page::{Item, Line, Page, Section, Span, files, page};
pub use text::text;
pub use walk::{Known, facts};
