//! A flow as the program will run it: every template, path, pattern and schema compiled, every name checked.

mod auth;
mod input;
mod request;
mod step;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::source::{Source, Span};
use crate::template::{Template, ValueTemplate};

pub use auth::Auth;
pub use input::{Input, InputType};
pub use request::{Body, Defaults, Field, RateLimit, RequestTemplate, Settings};
pub use step::{Action, ForEach, JwtStep, Key, NamedCapture, RequestStep, Step};

/// One flow file, checked.
#[derive(Debug)]
pub struct Flow {
    /// The file.
    pub source: Arc<Source>,
    /// Its path from the project root, with `/`: how reports call it.
    pub path: Arc<str>,
    /// The folder it stands in: what its paths are relative to.
    pub folder: PathBuf,
    /// Its `name`, or its file's stem.
    pub name: String,
    /// Its `description`.
    pub description: Option<String>,
    /// Its `tags`.
    pub tags: Vec<String>,
    /// Its inputs, in the file's order.
    pub inputs: Vec<Input>,
    /// Its vars, in the file's order.
    pub vars: Vec<Binding>,
    /// Its `defaults`.
    pub defaults: Defaults,
    /// Its steps; never empty.
    pub steps: Vec<Step>,
    /// Its outputs, in the file's order.
    pub outputs: Vec<Binding>,
}

/// A name and the value that it will have.
#[derive(Debug)]
pub struct Binding {
    /// The name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub span: Span,
    /// What it is bound to.
    pub value: ValueTemplate,
}

/// A setting that stands in the file as it is, checked at load, or as a template, checked when rendered.
#[derive(Debug)]
pub enum Setting<T> {
    /// Known at load.
    Fixed(T),
    /// Rendered in the step, then read as a `T`.
    Rendered(Box<Template>),
}

/// A duration setting.
pub type DurationSetting = Setting<Duration>;
