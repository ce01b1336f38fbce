//! What a flow's writer sees: YAML in, messages or verdicts out.

mod capture;
mod certificate;
mod expect;
mod laws;
mod load;
mod never_panics;
mod operators;
mod schema;
mod xpath;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Capture, Expect, Lower, Reply, Schemas, Verdict};
use crate::diagnostic::Diagnostics;
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Response};
use crate::source::{FileError, Files, Source, Span};
use crate::template::{Ambient, Bound, Context, Scope, to_template_value};
use crate::yaml::parse;

/// Files that live in a table.
#[derive(Default)]
pub(super) struct Table(pub(super) BTreeMap<&'static str, &'static str>);

impl Files for Table {
    fn read(&self, _: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| FileError {
            message: "there is no such file".to_owned(),
            help: Some("check the path".to_owned()),
        })
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        Ok(folder.join(path))
    }
}

/// The lowered thing, and every message as `line:column message | help`.
pub(super) fn lowered<T>(
    yaml: &str,
    files: &Table,
    read: impl FnOnce(&crate::yaml::Node<'_>, &mut Lower<'_>) -> T,
) -> (T, Vec<String>) {
    let source = Source::new("t.flow.yaml", yaml);
    let mut diagnostics = Diagnostics::new(source.clone());
    let node = parse(&source, &mut diagnostics).expect("the test's YAML is sound");
    let mut schemas = Schemas::default();
    let mut cx = Lower { diagnostics: &mut diagnostics, files, folder: Path::new("flows"), schemas: &mut schemas };
    let read = read(&node, &mut cx);
    let messages = diagnostics.into_sorted().into_iter().map(|d| {
        let at = source.position(d.span.start);
        format!("{at} {}: {} | {}", d.code.as_str(), d.message, d.help.as_deref().unwrap_or("-"))
    });
    (read, messages.collect())
}

pub(super) fn expect(yaml: &str) -> Expect {
    let (expect, messages) = lowered(yaml, &Table::default(), Expect::lower);
    assert_eq!(messages, Vec::<String>::new(), "{yaml}");
    expect.expect("lowered")
}

pub(super) fn expect_problems(yaml: &str) -> Vec<String> {
    lowered(yaml, &Table::default(), |node, cx| drop(Expect::lower(node, cx))).1
}

/// The one message of a wrong `expect`.
pub(super) fn expect_problem(yaml: &str) -> String {
    let mut messages = expect_problems(yaml);
    assert_eq!(messages.len(), 1, "{yaml}: {messages:#?}");
    messages.remove(0)
}

pub(super) fn captures(yaml: &str) -> (Vec<(String, Span, Capture)>, Vec<String>) {
    lowered(yaml, &Table::default(), Capture::lower_all)
}

pub(super) fn response(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"));
    }
    Response::new(status, map, Bytes::from(body.into()))
}

/// The names that the tests' templates use; `secret` is one.
pub(super) struct Names(Value);

impl Scope for Names {
    fn lookup(&self, name: &str) -> Option<Bound> {
        let value = self.0.get(name)?;
        Some(Bound { value: to_template_value(value), secret: name == "secret" })
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

pub(super) fn names() -> Names {
    Names(json!({
        "five": 5, "word": "Stève", "items": [1, 2], "object": {"lt": 1}, "status": 404, "text_status": "2xx",
        "yes": true, "no": false, "soon": "soon", "secret": "hunter2", "response": {"status": 200, "json": {"n": 3}},
    }))
}

pub(super) fn evaluate(expect: &Expect, reply: &Reply<'_>) -> Vec<Verdict> {
    let names = names();
    expect.evaluate(reply, &Context::new(&names, &names), Span::default())
}

/// Every verdict about a JSON body.
pub(super) fn judge(yaml: &str, body: &Value) -> Vec<Verdict> {
    let response = response(200, &[], body.to_string());
    evaluate(&expect(yaml), &Reply::new(&response, "https://example.com/"))
}

/// The verdict of the one assertion in `yaml`, as a line.
pub(super) fn line(verdict: &Verdict) -> String {
    let state = match (verdict.passed, verdict.pending, verdict.broken) {
        (true, ..) => "passed",
        (_, true, _) => "pending",
        (.., true) => "broken",
        _ => "failed",
    };
    match &verdict.message {
        Some(message) => format!("{state}: {message}"),
        None => state.to_owned(),
    }
}
