//! How a step and a flow ended.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::Exchange;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::value::Value;

/// The three ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything held.
    Passed,
    /// Something did not.
    Failed,
    /// It did not run.
    Skipped,
}

/// The action of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The language's own keys.
pub enum StepKind {
    Request,
    Jwt,
    Use,
    Set,
    Wait,
    Check,
}

/// Where in a flow's life a step ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In `steps`.
    Step,
    /// A registered cleanup, at the flow's end.
    Cleanup,
}

/// A place in a flow file, with its line, so that a report can show it without the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snippet {
    /// The file's path as messages show it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalars, from 1.
    pub column: u32,
    /// How many scalars of the line are meant; at least 1.
    pub length: u32,
    /// The line's text.
    pub text: String,
}

impl Snippet {
    /// The first line of `span`.
    #[must_use]
    pub fn of(source: &Source, span: Span) -> Self {
        let start = source.position(span.start);
        let text = source.line(start.line).to_owned();
        let rest = text.chars().count() as u32 + 1 - start.column.min(text.chars().count() as u32 + 1);
        let wanted = source.slice(span).split('\n').next().map_or(0, |s| s.chars().count() as u32);
        Self {
            file: source.name().to_owned(),
            line: start.line,
            column: start.column,
            length: wanted.min(rest).max(1),
            text,
        }
    }
}

/// Something that went wrong and is not an assertion: a template, a send, a capture, a mistake in the file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What happened: a sentence, lower case, no final period.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The stable code, for mistakes in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Snippet>,
}

impl From<&Diagnostic> for Problem {
    fn from(d: &Diagnostic) -> Self {
        Self {
            message: d.message.clone(),
            help: d.help.clone(),
            code: Some(d.code.as_str().to_owned()),
            at: Some(Snippet::of(&d.source, d.span)),
        }
    }
}

/// One assertion and its verdict.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Assertion {
    /// What was looked at: `status`, `$.displayName`, `header content-type`.
    pub subject: String,
    /// What was asked of it, in the language's words: `equals "Stève"`, `lt 2s`.
    pub predicate: String,
    /// Whether it held.
    pub passed: bool,
    /// In a replay: it depends on a secret's value, which no recording has, so `passed` says how it was when it was
    /// recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_replayable: bool,
    /// What was expected, where one value says it.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// What was found; absent where nothing was.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
    /// Why it failed, in words; absent where it held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The assertion's own line; only where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Snippet>,
}

/// A value that is there: `null` is one too.
fn there<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(reader).map(Some)
}

/// A value that a step bound to a name.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// The name.
    pub name: Arc<str>,
    /// The value, masked where it is secret.
    pub value: Value,
    /// Whether it is secret.
    pub secret: bool,
}

/// Why a step waited, and how long. `reason` and `status` are closed, so the event can leave before the reply is known whole.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// Why.
    pub reason: super::Reason,
    /// The status that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long, in milliseconds.
    pub wait_ms: u64,
    /// Which send comes next, from 2; 0 for a `wait` step.
    pub attempt: u32,
}

/// How a step, one item of it, or a cleanup ended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepOutcome {
    /// Its name: as written, else its action (`GET /people/me`).
    pub name: Arc<str>,
    /// Its `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Arc<str>>,
    /// Its action.
    pub kind: StepKind,
    /// A step or a cleanup.
    pub phase: Phase,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// True where a `use` with `once` took the result of a run that another step had begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
    /// Where it stands in the flow.
    pub line: u32,
    /// How long it took, waits included, in milliseconds.
    pub duration_ms: f64,
    /// Every send, in order: resends, redirects and pages each are one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// Every assertion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<Assertion>,
    /// What was bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<Capture>,
    /// Every wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
    /// What went wrong besides assertions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// What the person should know although nothing failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// How a flow ended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FlowOutcome {
    /// Its `name`.
    pub name: String,
    /// How it ended. A flow whose steps were all skipped is `skipped`, which is not success.
    pub outcome: Outcome,
    /// True where it could not run at all: mistakes in the file, missing inputs. Nothing was sent.
    pub invalid: bool,
    /// How long it took, cleanups included, in milliseconds.
    pub duration_ms: f64,
    /// What is wrong with the flow as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// What the person should know although nothing failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What happened in it.
    pub counts: super::Counts,
}
