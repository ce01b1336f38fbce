//! The parts of a run that have no socket in them, one at a time.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::Bencher;
use serde_json::json;

use wxflow::check::{Reply, Schemas};
use wxflow::diagnostic::Diagnostics;
use wxflow::flow::{Action, Flow};
use wxflow::http::{Bytes, HeaderMap, Response};
use wxflow::jsonpath::JsonPath;
use wxflow::redact::Redactor;
use wxflow::source::{FileError, Files, OffsetMap, Source, Span};
use wxflow::template::{Ambient, Bound, Context, Scope, Template, to_template_value};
use wxflow::value::Value;

fn main() {
    divan::main();
}

/// Flows here name no files.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError { message: format!("there is no file `{path}`"), help: None })
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.read(folder, path).map(|_| folder.join(path))
    }
}

/// One name, `room`, and a clock that stands.
struct Room(Value);

impl Scope for Room {
    fn lookup(&self, name: &str) -> Option<Bound> {
        (name == "room").then(|| Bound { value: to_template_value(&self.0), secret: false })
    }
}

impl Ambient for Room {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u128 {
        4
    }
}

fn room() -> Room {
    Room(json!({"id": "R1", "title": "Plans", "members": [1, 2, 3]}))
}

fn flow_of(steps: usize) -> Arc<Source> {
    let mut text =
        "inputs: { url: https://webexapis.com/v1, id: none }\ndefaults: { base_url: \"{{ url }}\" }\nsteps:\n"
            .to_owned();
    for step in 0..steps {
        let _ = write!(
            text,
            "  - name: s{step}\n    request: GET /people/me\n    headers: {{ x-prev: \"{{{{ id }}}}\" }}\n    expect:\n      \
             status: 200\n      json:\n        $.displayName: Steve\n        $.emails: {{ length: {{ ge: 1 }} }}\n    \
             capture: {{ id{step}: $.id }}\n"
        );
    }
    Source::new("bench.flow.yaml", text)
}

fn parsed(source: Arc<Source>) -> Flow {
    match Flow::parse(
        source,
        Arc::from("bench.flow.yaml"),
        PathBuf::from("."),
        &NoFiles,
        &mut Schemas::default(),
        &mut (),
    ) {
        Ok((flow, _)) => flow,
        Err(problems) => panic!("the bench's own flow is not valid: {problems:?}"),
    }
}

#[divan::bench]
fn yaml_of_1000_steps(bencher: Bencher) {
    let source = flow_of(1000);
    bencher.bench(|| wxflow::yaml::parse(&source, &mut Diagnostics::new(Arc::clone(&source))).is_some());
}

#[divan::bench]
fn flow_of_1000_steps_checked(bencher: Bencher) {
    let source = flow_of(1000);
    bencher.bench(|| parsed(Arc::clone(&source)));
}

#[divan::bench]
fn template_rendered(bencher: Bencher) {
    let source = Source::new("bench", "");
    let text = "{{ room.title | upper }} has {{ room.members | length }} members";
    let Some(template) = Template::compile(text, &OffsetMap::Plain(0), &mut Diagnostics::new(source)) else {
        panic!("the bench's own template is not valid");
    };
    let room = room();
    let context = Context::new(&room, &room);
    bencher.bench_local(|| template.render_text(black_box(&context)).is_ok());
}

#[divan::bench]
fn reply_judged(bencher: Bencher) {
    let flow = parsed(flow_of(1));
    let Some(Action::Request(step)) = flow.steps.first().map(|s| &s.action) else { panic!("the flow has a request") };
    let body = r#"{"id":"P1","displayName":"Steve","emails":["steve@example.com"]}"#;
    let room = room();
    let context = Context::new(&room, &room);
    // A new reply each time: a body is parsed once for all assertions, and that is part of judging it.
    bencher
        .with_inputs(|| Response::new(200, HeaderMap::new(), Bytes::from_static(body.as_bytes())))
        .bench_local_refs(|response| step.expect.evaluate(&Reply::new(response, ""), &context, Span::new(0, 0)).len());
}

#[divan::bench(args = [0, 10, 1000])]
fn redaction_of_64_kib(bencher: Bencher, secrets: usize) {
    let redactor = Redactor::new();
    for secret in 0..secrets {
        redactor.learn("token", &format!("token-{secret:06}-{}", "x9Yz".repeat(16)), None);
    }
    let mut text = String::new();
    while text.len() < 64 << 10 {
        let _ = write!(text, "{{\"id\":\"{}\",\"title\":\"A room with a view\"}},", text.len());
    }
    // The first mask builds what the later ones use.
    let _ = redactor.mask(&text);
    bencher.bench(|| redactor.mask(black_box(&text)).len());
}

#[divan::bench(args = ["$.items[500].id", "$.items[*].id", "$.items[?@.id > 990].name", "$..y"])]
fn jsonpath_over_1000_items(bencher: Bencher, path: &str) {
    let items: Vec<_> =
        (0..1000).map(|i| json!({"id": i, "name": format!("name-{i}"), "nested": {"x": i, "y": [i]}})).collect();
    let document = json!({ "items": items });
    let Ok(path) = JsonPath::parse(path) else { panic!("the bench's own path is not valid") };
    bencher.bench_local(|| path.query(black_box(&document)).map_or(0, |found| found.len()));
}
