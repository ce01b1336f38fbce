//! A flow as the program will run it: every template, path, pattern and schema compiled, every name checked.

mod auth;
mod body;
mod convert;
pub mod draft;
mod input;
mod lower;
mod names;
mod request;
mod reuse;
mod secret;
mod shape;
mod step;
mod validate;
mod waiting;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::check::Schemas;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Bundle, Files, Overlay, Source, Span, plain};
use crate::template::{Template, ValueTemplate};
use crate::yaml;

pub use auth::Auth;
pub use body::{Body, FilePart, FilePath, Part};
pub(crate) use convert::{Raw, convert};
pub use input::{Input, InputType};
pub(crate) use lower::METHODS;
pub use lower::is_token;
pub(crate) use names::RESPONSE_FIELDS;
pub use request::{Defaults, Field, RateLimit, RequestTemplate, Settings, join, stands_alone};
pub use reuse::{Library, UseError, UseStep};
pub use secret::{secret_from_base64, secret_from_hex};
pub(crate) use shape::{ACTIONS, FLOW, REQUEST_ONLY, USE_ONLY};
pub use step::{Action, ForEach, JwtStep, Key, NamedCapture, RequestStep, Step};
pub(crate) use validate::{auth_names, request_names};
pub use waiting::{Paginate, Poll, Retry, RetryOn, Waiting};

/// How long `poll` goes on where `within` is left out.
pub const POLL_WITHIN: Duration = Duration::from_secs(60);

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
    /// Each `auth: { oauth: … }`: the client's name, and where it stands.
    pub oauth: Vec<(Arc<str>, Span)>,
    /// The files that it brings along, or that it is one of.
    pub bundle: Option<Arc<Bundle>>,
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

impl Flow {
    /// Reads and checks one flow. `path` is its path from the project root, `folder` the folder it stands in, `files`
    /// what it may read, `schemas` what other flows have compiled already, `library` the flows it may use. With it come
    /// the warnings.
    ///
    /// # Errors
    /// Every problem of the file at once, in the order of the file, warnings among them.
    pub fn parse(
        source: Arc<Source>,
        path: Arc<str>,
        folder: PathBuf,
        files: &dyn Files,
        schemas: &mut Schemas,
        library: &mut dyn Library,
    ) -> Result<(Flow, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut diagnostics = Diagnostics::new(Arc::clone(&source));
        let root = yaml::parse(&source, &mut diagnostics);
        let folder = if library.bundle().is_some() { plain(&folder) } else { folder };
        let flow = root.and_then(|root| {
            if let Some(files) = lower::files(&root, &mut diagnostics) {
                let name = path.rsplit('/').next().unwrap_or(&path);
                library.unpack(&Arc::new(Bundle::new(folder.join(name), files)));
            }
            let bundle = library.bundle();
            let mut reader = lower::Reader {
                folder: &folder,
                files: &Overlay::new(bundle.as_deref(), files),
                schemas,
                library,
                diagnostics: &mut diagnostics,
                broken: HashSet::new(),
                has_base_url: false,
                saved: HashSet::new(),
                oauth: Vec::new(),
            };
            let parts = reader.flow(root)?;
            let (broken, oauth) = (reader.broken, reader.oauth);
            let name = parts.name.unwrap_or_else(|| stem(&path));
            let mut flow = Flow {
                source: Arc::clone(&source),
                path: Arc::clone(&path),
                folder: folder.clone(),
                name,
                description: parts.description,
                tags: parts.tags,
                inputs: parts.inputs,
                vars: parts.vars,
                defaults: parts.defaults,
                steps: parts.steps,
                outputs: parts.outputs,
                oauth,
                bundle: bundle.clone(),
            };
            validate::validate(&mut flow, &broken, &mut diagnostics);
            Some(flow)
        });
        let failed = diagnostics.has_errors();
        let list = diagnostics.into_sorted();
        match flow {
            Some(flow) if !failed => Ok((flow, list)),
            _ => Err(list),
        }
    }
}

/// What a flow without `name` is called: its file's name without `.flow.yaml`.
fn stem(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = [".flow.yaml", ".flow.yml", ".yaml", ".yml"].iter().find_map(|end| file.strip_suffix(end));
    stem.unwrap_or(file).to_owned()
}
