//! What `expect` and `capture` mean: assertions about a reply, and values taken out of it.
//!
//! Nothing here passes by accident: a path that finds nothing, an operator on the wrong type and a template that fails
//! are failed verdicts with a message of their own, also inside `not`.

mod capture;
mod expect;
mod lower;
mod missing;
mod predicate;
mod references;
mod reply;
mod schema;
pub mod shape;
mod snapshot;
mod status;
mod subject;
#[cfg(test)]
mod tests;
mod verdict;

use std::fmt;

pub use capture::{Capture, Captured};
pub use expect::{Expect, judge_that};
pub use lower::{Lower, Schemas};
pub use predicate::{Operator, Predicate, meant_operator};
pub use reply::{Hop, Reply};
pub use snapshot::{SnapshotRule, Snapshots};
pub use status::StatusRule;
pub use verdict::Verdict;

use crate::source::Span;
use crate::template::{Context, RenderError, ValueTemplate};
use crate::value::Value;

/// A capture that found nothing, or a template in a check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckError {
    /// What happened: a sentence without a final period.
    pub message: String,
    /// Where it stands in the flow.
    pub span: Span,
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CheckError {}

/// A template's value, and whether it names a secret. Nothing can be left out of a check, so `omit` is a mistake here.
fn rendered(template: &ValueTemplate, context: &Context<'_>) -> Result<(Value, bool), RenderError> {
    let rendered = template.render(context, &mut Vec::new())?;
    let value = rendered.value.ok_or_else(|| RenderError {
        message: "`omit` cannot stand here: there is nothing it could leave out".to_owned(),
        span: Span::default(),
        help: None,
        undefined: false,
    })?;
    Ok((value, rendered.secret))
}

/// A render error as one sentence.
fn sentence(error: &RenderError) -> String {
    match &error.help {
        Some(help) => format!("{}: {help}", error.message),
        None => error.message.clone(),
    }
}
