//! `use`: another flow as a step, and where other flows are found.

use std::path::Path;
use std::sync::Arc;

use super::{Binding, Flow};
use crate::check::Schemas;
use crate::diagnostic::Code;
use crate::source::{Bundle, Span};

/// `use: ./other.flow.yaml`: runs that flow, in its own names.
#[derive(Debug)]
pub struct UseStep {
    /// The path as written, relative to the flow's folder.
    pub path: Box<str>,
    /// Where the path stands.
    pub span: Span,
    /// Values for its inputs; each is an input of `flow`.
    pub with: Vec<Binding>,
    /// Whether it runs at most once per command and inputs, in a session of its own.
    pub once: bool,
    /// The flow.
    pub flow: Arc<Flow>,
}

/// Why a flow cannot be used.
#[derive(Clone, Debug)]
pub struct UseError {
    /// Which mistake.
    pub code: Code,
    /// What happened: a sentence, lower case, no final period.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// The other flows of a project. Each file is read and checked once.
pub trait Library {
    /// The flow at `path`, relative to `folder`. `at` is the place of the `use`, as `file:line`.
    ///
    /// # Errors
    /// It may not be read, it has mistakes of its own, or it uses the flow that uses it.
    fn flow(&mut self, folder: &Path, path: &str, at: &str, schemas: &mut Schemas) -> Result<Arc<Flow>, UseError>;

    /// The files that the flow being read is one of.
    fn bundle(&self) -> Option<Arc<Bundle>> {
        None
    }

    /// The flow being read brings these files along.
    fn unpack(&mut self, bundle: &Arc<Bundle>) {
        let _ = bundle;
    }
}

/// No other flows: for a flow that stands alone.
impl Library for () {
    fn flow(&mut self, _: &Path, path: &str, _: &str, _: &mut Schemas) -> Result<Arc<Flow>, UseError> {
        Err(UseError {
            code: Code::FileUnreadable,
            message: format!("`{path}` cannot be used: this flow stands alone"),
            help: "put both flows into one project".to_owned(),
        })
    }
}
