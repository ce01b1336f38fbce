//! What the targets stand on: no files, a few names, a clock that stands.

#![allow(dead_code, reason = "each target uses a part")]

use std::path::{Path, PathBuf};

use wxflow::check::Schemas;
use wxflow::diagnostic::Diagnostic;
use wxflow::flow::Flow;
use wxflow::source::{FileError, Files, Source};
use wxflow::template::{Ambient, Bound, Scope, to_template_value};
use wxflow::value::Value;

pub(crate) struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError { message: format!("there is no file `{path}`"), help: None })
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.read(folder, path).map(|_| folder.join(path))
    }
}

/// The names `a` (text), `b` (a list), `c` (an object), `n` (a number) and the secret `s`.
pub(crate) struct Names(Value);

impl Names {
    pub(crate) fn new() -> Self {
        Self(serde_json::json!({
            "a": "Stève", "b": [1, 2.5, "x", null], "c": {"k": "v", "deep": {"er": [[]]}}, "n": -5, "s": "hunter22",
        }))
    }
}

impl Scope for Names {
    fn lookup(&self, name: &str) -> Option<Bound> {
        self.0.get(name).map(|value| Bound { value: to_template_value(value), secret: name == "s" })
    }
}

impl Ambient for Names {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u128 {
        7
    }
}

pub(crate) fn parsed(text: &str) -> Result<(Flow, Vec<Diagnostic>), Vec<Diagnostic>> {
    let source = Source::new("f.flow.yaml", text);
    Flow::parse(source, "f.flow.yaml".into(), PathBuf::from("/p"), &NoFiles, &mut Schemas::default(), &mut ())
}
