//! What a flow asks of the person or the flow that runs it.

use std::sync::Arc;

use crate::redact::HostPattern;
use crate::source::Span;
use crate::value::Value;

/// One entry of `inputs`.
#[derive(Debug)]
pub struct Input {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub span: Span,
    /// Its default, already of its type; `None` makes it required.
    pub default: Option<Value>,
    /// The environment variable it asks for. A request, not a permission.
    pub env: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether its value is masked everywhere.
    pub secret: bool,
    /// What text is converted to.
    pub kind: InputType,
    /// The values it may have, already of its type; empty for any.
    pub choices: Vec<Value>,
    /// The hosts its value may be sent to; `None` for any.
    pub hosts: Option<Vec<HostPattern>>,
}

/// The type of an input: text from the command line or the environment is converted to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The language's own words.
pub enum InputType {
    String,
    Integer,
    Number,
    Boolean,
    List,
    Object,
}

impl InputType {
    /// The language's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Object => "object",
        }
    }
}
