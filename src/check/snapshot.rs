//! `snapshot`: the body against a file beside the flow. What is compared and what is stored is masked, so that no secret
//! reaches the file and a masked value equals what would be masked.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use super::Lower;
use super::reply::Reply;
use super::shape::SNAPSHOT;
use super::verdict::{Verdict, preview};
use crate::diagnostic::Code;
use crate::jsonpath::JsonPath;
use crate::redact::{Redacted, Redactor};
use crate::source::Span;
use crate::value::{Value, equal};
use crate::yaml::{Data, Fields, Node};

/// The most places that a failure lists.
const SHOWN: usize = 5;

/// Where snapshots are kept. Paths are relative to the flow's folder, with `/`.
pub trait Snapshots: fmt::Debug + Send + Sync {
    /// What is stored; `None` where there is nothing.
    ///
    /// # Errors
    /// The file cannot be read, or lies outside of the project.
    fn read(&self, folder: &Path, path: &str) -> Result<Option<String>, String>;

    /// Stores a snapshot, replacing an earlier one.
    ///
    /// # Errors
    /// The file cannot be written, or would lie outside of the project.
    fn write(&self, folder: &Path, path: &str, text: &Redacted<String>) -> Result<(), String>;
}

/// The value of `expect.snapshot`.
#[derive(Debug)]
pub struct SnapshotRule {
    ignore: Box<[JsonPath]>,
    span: Span,
}

impl SnapshotRule {
    /// Reads `snapshot`.
    pub(super) fn lower(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Self> {
        let Data::Map(_) = &node.data else {
            if node.boolean("`snapshot`", cx.diagnostics)? {
                return Some(Self { ignore: Box::default(), span: node.span });
            }
            cx.diagnostics
                .error(Code::InvalidValue, node.span, "`snapshot: false` asks nothing")
                .help("write `snapshot: true`, or leave it out");
            return None;
        };
        let fields = Fields::read(node, &SNAPSHOT, cx.diagnostics)?;
        let Some(list) = fields.get("ignore") else {
            if fields.keys().next().is_none() {
                cx.diagnostics
                    .error(Code::MissingKey, node.span, "`snapshot` is empty")
                    .help("write `snapshot: true`, or `snapshot: { ignore: [$.created] }`");
            }
            return None;
        };
        let items = list.list("`ignore`", cx.diagnostics)?;
        let ignore: Vec<_> = items.iter().filter_map(|item| cx.json_path(item)).collect();
        (ignore.len() == items.len()).then(|| Self { ignore: ignore.into(), span: node.span })
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The snapshot was written just now.
    #[must_use]
    pub fn written(&self) -> Verdict {
        Verdict::passed("snapshot", "was written", self.span)
    }

    /// It could not be judged, for the reason in `message`.
    #[must_use]
    pub fn broken(&self, message: impl Into<String>) -> Verdict {
        Verdict::broken("snapshot", "equals", self.span, message)
    }

    /// What is compared and stored of a reply: its JSON, else its text; without what is ignored, masked.
    ///
    /// # Errors
    /// A path of `ignore` would have to look at too much; the text says which.
    pub fn taken(&self, reply: &Reply<'_>, redactor: &Redactor) -> Result<Redacted<Value>, String> {
        let body = match reply.json() {
            Ok(body) => body.clone(),
            Err(_) => Value::from(reply.response.text()),
        };
        Ok(redactor.redact(self.without_ignored(body)?))
    }

    /// A snapshot as its file holds it.
    #[must_use]
    pub fn text(taken: &Redacted<Value>, redactor: &Redactor) -> Redacted<String> {
        redactor.redact(format!("{:#}\n", **taken))
    }

    /// Compares what came with what is stored at `path`.
    #[must_use]
    pub fn judge(&self, path: &str, stored: Option<&str>, taken: &Redacted<Value>, redactor: &Redactor) -> Verdict {
        let failed = Verdict::failed("snapshot", "equals", self.span);
        let Some(stored) = stored else {
            let message = format!(
                "there is no snapshot `{path}` yet: run with --update-snapshots to write it, look at it and commit it"
            );
            return Verdict { message: Some(message), actual: Some(preview(taken)), ..failed };
        };
        let stored: Value = match serde_json::from_str(stored) {
            Ok(stored) => stored,
            Err(error) => {
                let message = format!("the snapshot `{path}` is not JSON: {error}; --update-snapshots writes it anew");
                return Verdict { message: Some(message), ..failed };
            }
        };
        let stored = match self.without_ignored(stored) {
            Ok(stored) => redactor.redact(stored),
            Err(message) => return Verdict { message: Some(message), ..failed },
        };
        let mut places = Vec::new();
        differences(&stored, taken, &mut "$".to_owned(), &mut places);
        if places.is_empty() {
            return Verdict::passed("snapshot", "equals", self.span);
        }
        let more = places.len().saturating_sub(SHOWN);
        let shown: Vec<_> = places.iter().take(SHOWN).map(|place| place.path.as_str()).collect();
        let and = if more > 0 { format!(" and {more} more places") } else { String::new() };
        let message = format!(
            "the body differs from `{path}` at {}{and}; where that is right, run with --update-snapshots",
            shown.join(", ")
        );
        let (expected, actual) = match places.as_slice() {
            [only] => (only.stored.map(preview), only.taken.map(preview)),
            _ => (Some(preview(&stored)), Some(preview(taken))),
        };
        Verdict { message: Some(message), expected, actual, ..failed }
    }

    fn without_ignored(&self, mut value: Value) -> Result<Value, String> {
        let mut pointers = HashSet::new();
        for path in &self.ignore {
            pointers.extend(path.pointers(&value).map_err(|error| format!("`{path}` {error}"))?);
        }
        if !pointers.is_empty() {
            remove(&mut value, &mut String::new(), &pointers);
        }
        Ok(value)
    }
}

/// Removes what `pointers` (RFC 6901) lead to.
fn remove(value: &mut Value, at: &mut String, pointers: &HashSet<String>) {
    let length = at.len();
    let mut keep = |step: &str, inner: &mut Value| {
        at.push('/');
        at.push_str(step);
        let kept = !pointers.contains(at.as_str());
        if kept {
            remove(inner, at, pointers);
        }
        at.truncate(length);
        kept
    };
    match value {
        Value::Object(map) => map.retain(|key, inner| keep(&key.replace('~', "~0").replace('/', "~1"), inner)),
        Value::Array(items) => {
            let mut index = 0;
            items.retain_mut(|inner| {
                index += 1;
                keep(&(index - 1).to_string(), inner)
            });
        }
        _ => {}
    }
}

/// One place where two values differ; a side that has nothing there is `None`.
struct Difference<'v> {
    path: String,
    stored: Option<&'v Value>,
    taken: Option<&'v Value>,
}

/// Every innermost place where two values differ; lists of different lengths differ as a whole.
fn differences<'v>(stored: &'v Value, taken: &'v Value, at: &mut String, out: &mut Vec<Difference<'v>>) {
    let length = at.len();
    match (stored, taken) {
        (Value::Object(left), Value::Object(right)) => {
            let added =
                right.iter().filter(|(key, _)| !left.contains_key(*key)).map(|(key, value)| (key, None, Some(value)));
            for (key, stored, taken) in left.iter().map(|(key, value)| (key, Some(value), right.get(key))).chain(added)
            {
                *at += &step(key);
                match (stored, taken) {
                    (Some(stored), Some(taken)) => differences(stored, taken, at, out),
                    _ => out.push(Difference { path: at.clone(), stored, taken }),
                }
                at.truncate(length);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (stored, taken)) in left.iter().zip(right).enumerate() {
                *at += &format!("[{index}]");
                differences(stored, taken, at, out);
                at.truncate(length);
            }
        }
        _ if equal(stored, taken) => {}
        _ => out.push(Difference { path: at.clone(), stored: Some(stored), taken: Some(taken) }),
    }
}

/// A key as a JSONPath segment.
fn step(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!(".{key}") } else { format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")) }
}
