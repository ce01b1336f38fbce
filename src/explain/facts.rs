//! The facts about a flow, as data. Templates stand in it as they are written, with `{{ }}`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::redact::HostPattern;

/// All that is known of a flow.
#[derive(Debug, Default)]
pub struct Facts {
    /// Its steps, in order.
    pub steps: Vec<StepFacts>,
    /// Its secrets, inputs first, then in the order of steps.
    pub secrets: Vec<SecretFacts>,
    /// The files that it names, in the order of steps.
    pub files: Vec<FileFacts>,
    /// What it gives back.
    pub outputs: Vec<OutputFacts>,
}

/// One output.
#[derive(Debug, PartialEq, Eq)]
pub struct OutputFacts {
    /// Its name.
    pub name: Arc<str>,
    /// Whether its template names a secret.
    pub secret: bool,
}

/// A secret, and where it goes.
#[derive(Debug, Default)]
pub struct SecretFacts {
    /// The name that the flow gives it.
    pub name: String,
    /// What it is, in words, and the flow or the step it is of: `captured in`, a step.
    pub what: (&'static str, Option<Arc<str>>),
    /// The hosts it is bound to; `None` for any.
    pub bound: Option<Vec<HostPattern>>,
    /// The hosts that requests carry it to, and the steps that do. A host that only the run can tell is a template.
    pub sent: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// The steps that sign a token with it; the key itself does not leave.
    pub signs: BTreeSet<Arc<str>>,
}

/// A file that the flow names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The path, from `folder`; a template where only the run can tell it.
    pub path: String,
    /// The folder of the flow that names it.
    pub folder: PathBuf,
    /// What for.
    pub purpose: Purpose,
    /// The step.
    pub step: Arc<str>,
}

/// Whether a file is read or written, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is sent.
    Sending,
    /// It is the schema that a reply must match.
    Schema,
    /// It is what a reply must equal; `--update-snapshots` writes it.
    Snapshot,
    /// It is another flow.
    Use,
    /// A reply is written to it, with `--allow-write`.
    Save,
}

/// A step.
#[derive(Debug)]
pub struct StepFacts {
    /// Its number, `2` or, inside of a used flow, `2.1`.
    pub number: String,
    /// Its name.
    pub name: Arc<str>,
    /// Its condition.
    pub when: Option<String>,
    /// The name of an item, and the list.
    pub each: Option<(Arc<str>, String)>,
    /// Whether the flow goes on after it failed.
    pub continues: bool,
    /// What it does.
    pub action: ActionFacts,
    /// What it keeps.
    pub captures: Vec<CaptureFacts>,
}

/// A capture.
#[derive(Debug, PartialEq, Eq)]
pub struct CaptureFacts {
    /// The name.
    pub name: Arc<str>,
    /// Where the value comes from, as written.
    pub from: String,
    /// Whether it is a secret.
    pub secret: bool,
}

/// What a step does.
#[derive(Debug)]
pub enum ActionFacts {
    /// It sends a request.
    Request(Box<RequestFacts>),
    /// It signs a token with this algorithm, that lives so long.
    Sign(String, Option<String>),
    /// It runs another flow: its path, whether once for all, its steps.
    Use(String, bool, Vec<StepFacts>),
    /// It sets these names.
    Set(Vec<(Arc<str>, String)>),
    /// It waits.
    Wait(String),
    /// It checks these expressions.
    Check(Vec<String>),
}

/// A request.
#[derive(Debug)]
pub struct RequestFacts {
    /// The step, or the cleanup.
    pub name: Arc<str>,
    /// The method.
    pub method: String,
    /// The URL as written, behind `base_url` where it is a path.
    pub url: String,
    /// The host, with its port where that is not the scheme's own; a template where only the run can tell it.
    pub host: String,
    /// How it is authorized.
    pub auth: Option<String>,
    /// What its body is.
    pub body: Option<&'static str>,
    /// What its reply must be.
    pub expects: Vec<String>,
    /// How it waits, repeats and goes on.
    pub waiting: Vec<String>,
    /// What undoes it.
    pub cleanup: Vec<RequestFacts>,
}

impl RequestFacts {
    /// `METHOD url`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.url)
    }

    /// Whether such a request usually makes or changes something (RFC 9110, 9.2.1), and undoing it means something.
    #[must_use]
    pub fn changes(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PUT" | "PATCH")
    }
}
