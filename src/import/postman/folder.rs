//! Postman's v3 format, a folder of YAML files, as the JSON of v2.1.
//!
//! Requests are `*.request.yaml`; what a folder says of itself stands in its `.resources/definition.yaml`.

use std::collections::BTreeMap;

use super::read::text;
use crate::diagnostic::{Diagnostics, Severity};
use crate::import::ImportError;
use crate::source::Source;
use crate::value::{Map, Value};
use crate::yaml::{self, Data, Node, Style};

/// The key of an item that says which file it comes from, where each has its own.
pub(super) const FILE: &str = "x-file";

/// The collection in the files of a folder: paths below it, with `/`, and texts.
pub(super) fn collection(name: &str, files: &[(String, String)]) -> Result<Value, ImportError> {
    let mut root = Folder::default();
    for (path, text) in files {
        let parts: Vec<&str> = path.split('/').collect();
        let Some((file, folders)) = parts.split_last() else { continue };
        let shown = format!("{name}/{path}");
        if let Some(stem) = file.strip_suffix(".request.yaml").or_else(|| file.strip_suffix(".request.yml")) {
            if !folders.contains(&".resources") {
                let mut request = yaml(&shown, text)?;
                if let Some(map) = request.as_object_mut() {
                    map.insert(FILE.to_owned(), shown.into());
                }
                root.at(folders).requests.push((stem.to_owned(), request));
            }
        } else if matches!(*file, "definition.yaml" | "definition.yml") && folders.last() == Some(&".resources") {
            let folder = folders.get(..folders.len() - 1).unwrap_or(&[]);
            root.at(folder).definition = yaml(&shown, text)?;
        }
    }
    if root.is_empty() {
        let help =
            "such a folder holds files like `Get a room.request.yaml`; a collection as JSON is one file: name the file";
        return Err(ImportError {
            message: format!("{name}: no *.request.yaml in this folder"),
            help: Some(help.to_owned()),
        });
    }
    let stem = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let title = root.definition.get("name").map_or_else(|| stem.to_owned(), text);
    let mut value = root.item(stem);
    value.insert(
        "info".to_owned(),
        serde_json::json!({"name": title, "description": root.definition.get("description")}),
    );
    Ok(value.into())
}

#[derive(Default)]
struct Folder {
    definition: Value,
    requests: Vec<(String, Value)>,
    folders: BTreeMap<String, Folder>,
}

impl Folder {
    /// The folder at a path, made where it is not there. Deeper than 50 is as deep as it gets.
    fn at(&mut self, path: &[&str]) -> &mut Folder {
        path.iter().take(50).fold(self, |folder, name| folder.folders.entry((*name).to_owned()).or_default())
    }

    fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.folders.values().all(Folder::is_empty)
    }

    /// As a folder of v2.1.
    fn item(&self, stem: &str) -> Map<String, Value> {
        let mut item = Map::new();
        item.insert("name".to_owned(), self.definition.get("name").cloned().unwrap_or_else(|| stem.into()));
        inherit(&self.definition, &mut item);
        if let Some(variables) = self.definition.get("variables") {
            item.insert("variable".to_owned(), pairs(variables));
        }
        // Order is a number; what has none comes last, by its name.
        let mut items: Vec<(f64, &str, Value)> = Vec::new();
        for (name, folder) in self.folders.iter().filter(|(_, folder)| !folder.is_empty()) {
            items.push((order(&folder.definition), name, folder.item(name).into()));
        }
        for (name, value) in &self.requests {
            items.push((order(value), name, request(name, value).into()));
        }
        items.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        item.insert("item".to_owned(), items.into_iter().map(|(_, _, item)| item).collect::<Vec<_>>().into());
        item
    }
}

fn order(value: &Value) -> f64 {
    value.get("order").map(text).and_then(|o| o.parse().ok()).unwrap_or(f64::INFINITY)
}

/// Description, credentials and scripts, which folders and requests have alike.
fn inherit(from: &Value, item: &mut Map<String, Value>) {
    if let Some(description) = from.get("description") {
        item.insert("description".to_owned(), description.clone());
    }
    if let Some(auth) = from.get("auth") {
        item.insert("auth".to_owned(), credentials(auth));
    }
    let scripts = from.get("scripts").and_then(Value::as_array).into_iter().flatten();
    let events: Vec<_> = scripts
        .filter_map(|script| {
            let kind = script.get("type")?.as_str()?;
            let listen = match kind.rsplit(':').next()? {
                "beforeRequest" | "prerequest" => "prerequest",
                "afterResponse" | "test" => "test",
                _ => return None,
            };
            let code = script.get("code").map(text)?;
            Some(serde_json::json!({"listen": listen, "script": {"exec": code}}))
        })
        .collect();
    if !events.is_empty() {
        item.insert("event".to_owned(), events.into());
    }
}

fn credentials(auth: &Value) -> Value {
    let kind = auth.get("type").map_or_else(|| "noauth".to_owned(), text);
    let settings = auth.get("credentials").or_else(|| auth.get(kind.as_str())).map(pairs).unwrap_or_default();
    let mut out = Map::from_iter([("type".to_owned(), Value::from(kind.as_str()))]);
    out.insert(kind, settings);
    out.into()
}

/// `[{key, value}]`, also from a mapping of names and values.
fn pairs(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let list = map.iter().map(|(key, value)| match value {
                Value::Object(entry) => {
                    let mut entry = entry.clone();
                    entry.entry("key").or_insert_with(|| key.as_str().into());
                    Value::Object(entry)
                }
                value => serde_json::json!({"key": key, "value": value}),
            });
            list.collect::<Vec<_>>().into()
        }
        other => other.clone(),
    }
}

fn request(stem: &str, from: &Value) -> Map<String, Value> {
    let mut item = Map::from_iter([("name".to_owned(), from.get("name").cloned().unwrap_or_else(|| stem.into()))]);
    let mut request = Map::new();
    inherit(from, &mut item);
    if let Some(file) = from.get(FILE) {
        item.insert(FILE.to_owned(), file.clone());
    }
    for key in ["auth", "description"] {
        if let Some(value) = item.remove(key) {
            request.insert(key.to_owned(), value);
        }
    }
    request.insert("method".to_owned(), from.get("method").cloned().unwrap_or_else(|| "GET".into()));
    let mut url = Map::from_iter([("raw".to_owned(), Value::from(from.get("url").map(text).unwrap_or_default()))]);
    for (theirs, ours) in [("queryParams", "query"), ("pathVariables", "variable")] {
        if let Some(list) = from.get(theirs) {
            url.insert(ours.to_owned(), pairs(list));
        }
    }
    request.insert("url".to_owned(), url.into());
    if let Some(headers) = from.get("headers") {
        request.insert("header".to_owned(), pairs(headers));
    }
    if let Some(body) = from.get("body") {
        request.insert("body".to_owned(), self::body(body));
    }
    item.insert("request".to_owned(), request.into());
    if from.pointer("/settings/followRedirects") == Some(&Value::Bool(false)) {
        item.insert("protocolProfileBehavior".to_owned(), serde_json::json!({"followRedirects": false}));
    }
    item
}

fn body(from: &Value) -> Value {
    let kind = from.get("type").and_then(Value::as_str).unwrap_or("text");
    let content = from.get("content").cloned().unwrap_or_default();
    match kind {
        "none" => Value::Null,
        "formdata" | "form-data" | "multipart" => serde_json::json!({"mode": "formdata", "formdata": pairs(&content)}),
        "urlencoded" | "x-www-form-urlencoded" => {
            serde_json::json!({"mode": "urlencoded", "urlencoded": pairs(&content)})
        }
        "file" | "binary" => {
            let source = from.get("src").cloned().unwrap_or(content);
            let source = source.get("src").cloned().unwrap_or(source);
            serde_json::json!({"mode": "file", "file": {"src": source}})
        }
        "graphql" => serde_json::json!({"mode": "graphql", "graphql": content}),
        language => {
            let raw = if content.is_string() { content } else { content.to_string().into() };
            serde_json::json!({"mode": "raw", "raw": raw, "options": {"raw": {"language": language}}})
        }
    }
}

/// A YAML file of Postman's as a value. Numbers stay the text they are.
pub(super) fn yaml(name: &str, text: &str) -> Result<Value, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source::new(name, text);
    let mut diagnostics = Diagnostics::new(source.clone());
    let root = yaml::parse(&source, &mut diagnostics);
    let errors = diagnostics.into_sorted();
    if let Some(error) = errors.iter().find(|d| d.severity == Severity::Error && d.code.as_str() != "yaml-empty-value")
    {
        let at = source.position(error.span.start);
        let message = format!("{name}:{}:{}: {}", at.line, at.column, error.message);
        return Err(ImportError { message, help: error.help.clone() });
    }
    Ok(root.map(|root| plain(&root)).unwrap_or_default())
}

fn plain(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar(text, Style::Plain) => match text.as_ref() {
            "true" => true.into(),
            "false" => false.into(),
            "" | "null" | "~" => Value::Null,
            text => text.into(),
        },
        Data::Scalar(text, _) => text.as_ref().into(),
        Data::List(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
        Data::Map(entries) => {
            Value::Object(entries.iter().filter_map(|(k, v)| Some((k.scalar()?.to_owned(), plain(v)))).collect())
        }
        Data::Broken => Value::Null,
    }
}
