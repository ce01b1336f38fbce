//! `$ref` from one schema file to another: inside the project only, never over the network.
//!
//! The compiler asks for documents by URI and cannot be lent our files, so it is run again whenever it misses one that
//! can be read. A schema with an `$id` names its neighbours relative to that: they are looked for beside its file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{PatternOptions, Retrieve, Uri, ValidationError, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::http::Url;
use crate::source::Files;
use crate::value::Value;

/// The most files that one schema may lead to.
const MOST: usize = 256;

/// The steps back that a `pattern` may take in one text: a few milliseconds. Look-around and back-references make it
/// backtrack; without them it does not.
const MAX_BACKTRACKS: usize = 100_000;
/// The most memory that a compiled `pattern` may take, in bytes.
const MAX_PATTERN: usize = 10 << 20;

/// Why a schema cannot be used.
pub(super) enum Failure {
    /// It is no schema itself.
    Schema(ValidationError<'static>),
    /// A `$ref` leads nowhere, or to what is no schema: a message and a help.
    Reference(String, String),
}

/// Where a schema stands, under each name that a `$ref` can know it by.
struct Place {
    url: Url,
    folder: PathBuf,
}

/// Reads a file as a schema document; a message and a help where it is none.
pub(super) type Read<'r> = &'r dyn Fn(&str, &[u8]) -> Result<Value, (String, String)>;

/// Compiles a schema that stands at `file` (inline ones at an invented one).
pub(super) fn compile(schema: &Value, file: &Path, files: &dyn Files, read: Read<'_>) -> Result<Validator, Failure> {
    let documents = Documents::default();
    let base = url_of(file);
    let folder = file.parent().unwrap_or(file);
    let mut places = places(base.clone(), folder, schema);
    loop {
        // `$schema` in the document wins over 2020-12, which is this crate's default.
        let patterns = PatternOptions::fancy_regex().backtrack_limit(MAX_BACKTRACKS).size_limit(MAX_PATTERN);
        let mut options = jsonschema::options()
            .should_validate_formats(true)
            .with_pattern_options(patterns)
            .with_retriever(documents.clone());
        if let Some(base) = &base {
            options = options.with_base_uri(base.as_str());
        }
        let built = options.build(schema);
        let Some(wanted) = documents.missed() else { return built.map_err(Failure::Schema) };
        if schema.get("$schema").and_then(Value::as_str).is_some_and(|draft| draft.trim_end_matches('#') == wanted) {
            let message = format!("`$schema` names {wanted}, which is no draft of JSON Schema from 4 to 2020-12");
            let help = "write \"https://json-schema.org/draft/2020-12/schema\", or remove the key".to_owned();
            return Err(Failure::Reference(message, help));
        }
        let (path, folder, value) = load(&wanted, &places, files, read)?;
        if let Err(error) = jsonschema::meta::validate(&value) {
            let (message, help) = super::schema::broken(&error);
            return Err(Failure::Reference(format!("`{path}`, which a `$ref` leads to, is none: {message}"), help));
        }
        places.extend(self::places(Url::parse(&wanted).ok(), &folder, &value));
        documents.add(wanted, value)?;
    }
}

/// Reads the document that `wanted` names: its path as messages show it, its folder, itself.
fn load(
    wanted: &str,
    places: &[Place],
    files: &dyn Files,
    read: Read<'_>,
) -> Result<(String, PathBuf, Value), Failure> {
    let url = Url::parse(wanted).ok();
    let mut refused = None;
    for place in places {
        let Some(relative) = url.as_ref().and_then(|url| place.url.make_relative(url)) else { continue };
        let path = percent_decode_str(&relative).decode_utf8_lossy().into_owned();
        match files.read(&place.folder, &path) {
            Ok(bytes) => {
                let value = read(&path, &bytes).map_err(|(why, help)| {
                    Failure::Reference(format!("`{path}`, which a `$ref` leads to, is none: {why}"), help)
                })?;
                let folder = place.folder.join(&path);
                return Ok((path, folder.parent().unwrap_or(&place.folder).to_owned(), value));
            }
            Err(error) => refused = refused.or(Some((path, error))),
        }
    }
    let remote = !wanted.starts_with("file:");
    Err(match refused {
        Some((path, error)) if !remote => Failure::Reference(
            format!("a `$ref` leads to `{path}`: {}", error.message),
            // What is relative to the flow's folder elsewhere is relative to the schema here.
            error.help.filter(|help| !help.contains("the flow's folder")).unwrap_or_else(|| {
                "a `$ref` is relative to the file that it stands in; an inline schema's, to the flow's folder"
                    .to_owned()
            }),
        ),
        _ => Failure::Reference(
            format!("a `$ref` leads to {wanted}, and nothing is fetched"),
            "keep that schema in a file of the project and refer to it by its path, or copy it under `$defs`"
                .to_owned(),
        ),
    })
}

fn places(url: Option<Url>, folder: &Path, schema: &Value) -> Vec<Place> {
    let id = ["$id", "id"].iter().find_map(|key| Url::parse(schema.get(key)?.as_str()?).ok());
    [url, id].into_iter().flatten().map(|url| Place { url, folder: folder.to_owned() }).collect()
}

/// A URL that relative references can be resolved against; only its path matters.
fn url_of(file: &Path) -> Option<Url> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    let path = file.to_string_lossy().replace('\\', "/");
    let path = utf8_percent_encode(path.trim_start_matches('/'), KEPT).to_string();
    Url::parse(&format!("file:///{path}")).ok()
}

/// The documents read so far, and the first that was asked for and is not there.
#[derive(Clone, Default)]
struct Documents(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    documents: HashMap<String, Value>,
    missed: Option<String>,
}

impl Documents {
    fn missed(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).missed.take()
    }

    fn add(&self, uri: String, value: Value) -> Result<(), Failure> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.documents.len() >= MOST || known.documents.insert(uri, value).is_some() {
            let message = format!("its `$ref`s lead to more than {MOST} files");
            return Err(Failure::Reference(message, "bring them together under `$defs`".to_owned()));
        }
        Ok(())
    }
}

impl Retrieve for Documents {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = known.documents.get(uri.as_str()) {
            return Ok(document.clone());
        }
        known.missed.get_or_insert_with(|| uri.as_str().to_owned());
        Err("not read yet".into())
    }
}
