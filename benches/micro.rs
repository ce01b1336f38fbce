//! The parts of a run that have no socket in them, one at a time.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::Bencher;
use serde_json::json;

use wxflow::check::{Reply, Schemas};
use wxflow::diagnostic::Diagnostics;
use wxflow::event::{
    Assertion, EventKind, Exchange, Header, Outcome, Phase, Reason, Reply as ReplySeen, RunEvent, StepKind,
    StepOutcome, Summary, Times,
};
use wxflow::flow::{Action, Flow};
use wxflow::http::{Bytes, HeaderMap, Response};
use wxflow::jsonpath::JsonPath;
use wxflow::load::{Library, Project, Surroundings};
use wxflow::redact::Redactor;
use wxflow::report::terminal::{self, Terminal, Verbosity};
use wxflow::report::{FormatName, Reports, Target};
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

/// From disk, as `run` reads them: the jail, the text, the check.
#[divan::bench]
fn flows_of_10_steps_loaded_100(bencher: Bencher) {
    let Ok(folder) = tempfile::tempdir() else { panic!("there is no room for 100 files") };
    let text = flow_of(10);
    let files: Vec<_> = (0..100).map(|i| folder.path().join(format!("f{i}.flow.yaml"))).collect();
    for file in &files {
        std::fs::write(file, text.text()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let Ok(around) = Surroundings::new(folder.path(), None) else { panic!("the folder is there") };
    let project = Arc::new(Project::of(folder.path(), &around));
    bencher.bench(|| {
        let library = Library::new(Arc::clone(&project), folder.path().to_owned());
        let mut schemas = Schemas::default();
        files.iter().filter(|file| library.flow(file, "bench", &mut schemas).flow.is_ok()).count()
    });
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

/// One assertion on a reply whose body is parsed already.
#[divan::bench(args = [
    "json: { $.displayName: Steve }",
    "json: { $.displayName: { matches: '^S[a-z]+$' } }",
    "json: { $.emails: { contains: steve@example.com, length: 1 } }",
    "schema: { type: object, required: [id, emails] }",
])]
fn predicate_judged(bencher: Bencher, predicate: &str) {
    let text = format!("steps:\n  - request: GET http://localhost/\n    expect:\n      {predicate}\n");
    let flow = parsed(Source::new("bench.flow.yaml", text));
    let Some(Action::Request(step)) = flow.steps.first().map(|s| &s.action) else { panic!("the flow has a request") };
    let body = r#"{"id":"P1","displayName":"Steve","emails":["steve@example.com"]}"#;
    let response = Response::new(200, HeaderMap::new(), Bytes::from_static(body.as_bytes()));
    let room = room();
    let context = Context::new(&room, &room);
    let verdicts = || step.expect.evaluate(&Reply::new(&response, ""), &context, Span::new(0, 0));
    if let Some(failed) = verdicts().iter().find(|verdict| !verdict.passed) {
        panic!("the bench's own assertion fails: {} {}", failed.subject, failed.predicate);
    }
    bencher.bench_local(|| verdicts().len());
}

/// 1,000 steps that held, with one send each, into one report.
#[divan::bench(args = ["junit", "json", "html", "markdown", "tap", "events", "har"])]
fn report_of_1000_steps(bencher: Bencher, format: &str) {
    let Ok(format) = format.parse::<FormatName>() else { panic!("there is no format `{format}`") };
    let redactor = Redactor::new();
    let events: Vec<_> = (1..=1000).map(|number| redactor.redact(step_event(number))).collect();
    let options = terminal::Options { verbosity: Verbosity::Quiet, live: true, interactive: false, width: 80 };
    bencher
        .with_inputs(|| redactor.redact(event(None, EventKind::RunFinished(Summary::default()))))
        .bench_local_values(|finished| {
            let view = Terminal::new(options, Box::new(std::io::sink()));
            let reports = Reports::new(view, vec![(format, Target::Stream(Box::new(std::io::sink())))]);
            let mut sink = reports.flow("bench.flow.yaml", None, None);
            events.iter().for_each(|event| sink.emit(event));
            drop(sink);
            reports.finish(finished).len()
        });
}

fn event(step: Option<u32>, kind: EventKind) -> RunEvent {
    let (time, flow) = ("2026-11-21T04:15:35.000Z".to_owned(), Some(Arc::from("bench.flow.yaml")));
    RunEvent { v: 1, time, flow, row: None, repeat: None, step, item: None, kind }
}

fn step_event(number: u32) -> RunEvent {
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let reply = ReplySeen {
        status: 200,
        reason: "OK".to_owned(),
        http_version: "1.1".to_owned(),
        headers: vec![header("content-type", "application/json"), header("content-length", "330")],
        body: None,
        size: 330,
        wire_size: 330,
        remote_ip: Some("127.0.0.1".to_owned()),
        hint: None,
    };
    let exchange = Exchange {
        because: Reason::Step,
        method: "GET".to_owned(),
        url: "http://127.0.0.1:8099/v1/people/me".to_owned(),
        headers: vec![header("x-prev", "none")],
        body: None,
        start_ms: 0.0,
        times: Times { first_byte_ms: Some(0.2), body_ms: Some(0.1), total_ms: 0.3, reused: true, ..Times::default() },
        reply: Some(reply),
        error: None,
        failure: None,
    };
    let assertion = Assertion {
        subject: "$.displayName".to_owned(),
        predicate: "equals \"Steve\"".to_owned(),
        passed: true,
        not_replayable: false,
        expected: Some(json!("Steve")),
        actual: Some(json!("Steve")),
        message: None,
        at: None,
    };
    let step = StepOutcome {
        name: format!("s{number}").into(),
        id: None,
        kind: StepKind::Request,
        phase: Phase::Step,
        outcome: Outcome::Passed,
        skipped: None,
        reused: false,
        line: number,
        duration_ms: 0.4,
        exchanges: vec![exchange],
        assertions: vec![assertion],
        captures: Vec::new(),
        waits: Vec::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    event(Some(number), EventKind::StepFinished(Box::new(step)))
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
