//! Runs a flow given as text and keeps its events.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wxflow::diagnostic::Diagnostic;
use wxflow::event::{EventKind, FlowOutcome, Outcome, RunEvent, StepOutcome, Wait};
use wxflow::flow::Flow;
use wxflow::http::{
    Bytes, Delivery, HeaderMap, Request, Response, Sending, Transport, TransportError, TransportErrorKind,
};
use wxflow::load::{Library, Project, Surroundings};
use wxflow::redact::{HostPattern, Redacted, Redactor};
use wxflow::run::inputs::{Invented, Outside, Sources, Used, resolve_uses};
use wxflow::run::{
    self, Cancel, Clock, Context, Detail, Job, Once, Options, Outputs, ResolvedInput, Sink, TokenSource,
};
use wxflow::sandbox::{Sandbox, SandboxTransport};
use wxflow::source::{FileError, Files, Source};

/// A clock that stands still until somebody sleeps.
pub(crate) struct TestClock(Cell<Duration>);

impl Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        "2026-11-21T10:00:00Z".parse::<jiff::Timestamp>().unwrap() + self.0.get()
    }
    fn elapsed(&self) -> Duration {
        self.0.get()
    }
    fn sleep<'a>(&'a self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        self.0.set(self.0.get() + duration);
        Box::pin(std::future::ready(()))
    }
}

struct RepositoryFiles;

/// A machine without variables and files.
struct Nothing;

impl Outside for Nothing {
    fn variable(&self, _: &str) -> Result<Option<String>, FileError> {
        Ok(None)
    }
    fn dotenv(&self, _: &str) -> Result<Option<String>, FileError> {
        Ok(None)
    }
    fn secret_file(&self, path: &str) -> Result<String, FileError> {
        Err(FileError { message: path.to_owned(), help: None })
    }
}

impl Files for RepositoryFiles {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(folder.join(path)).map_err(|e| FileError { message: e.to_string(), help: None })
    }
    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        let file = folder.join(path);
        if file.is_file() {
            Ok(file)
        } else {
            Err(FileError { message: format!("there is no file `{path}`"), help: None })
        }
    }
}

/// The repository's files, and those that flows write, kept in memory.
#[derive(Default)]
struct TestFiles {
    given: BTreeMap<&'static str, Vec<u8>>,
    written: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Files for TestFiles {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        if let Some(bytes) = self.written.borrow().get(path).or(self.given.get(path)) {
            return Ok(bytes.clone());
        }
        RepositoryFiles.read(folder, path)
    }
    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        if self.given.contains_key(path) { Ok(folder.join(path)) } else { RepositoryFiles.resolve(folder, path) }
    }
    fn target(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        if path.starts_with("..") {
            return Err(FileError { message: format!("`{path}` lies outside"), help: None });
        }
        Ok(folder.join(path))
    }
    fn write(&self, _: &Path, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        if path.starts_with("full/") {
            return Err(FileError { message: format!("`{path}` cannot be written: no space"), help: None });
        }
        self.written.borrow_mut().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }
}

/// One answer of a script.
#[derive(Clone)]
pub(crate) enum Scripted {
    /// A reply: status, headers, body.
    Reply(u16, Vec<(&'static str, String)>, String),
    /// No reply.
    Error(TransportErrorKind, Delivery),
    /// The clock moves on by this much before the next of the script answers.
    Slow(Duration),
}

/// Servers in a function.
pub(crate) type Answer = Box<dyn Fn(&Request) -> Scripted>;

/// A reply of a script with a JSON body.
pub(crate) fn json(status: u16, body: &Value) -> Scripted {
    Scripted::Reply(status, Vec::new(), body.to_string())
}

/// Keeps what was sent on its way to the sandbox, or to a script that answers instead.
struct Recording<'c> {
    sandbox: SandboxTransport,
    script: Option<RefCell<std::vec::IntoIter<Scripted>>>,
    answer: Option<Answer>,
    clock: &'c TestClock,
    sent: RefCell<Vec<Request>>,
    cancel: Option<(usize, Cancel)>,
}

impl Recording<'_> {
    fn scripted(&self, script: &RefCell<std::vec::IntoIter<Scripted>>) -> Result<Response, TransportError> {
        loop {
            match script.borrow_mut().next().expect("the script answers every request") {
                Scripted::Slow(time) => self.clock.0.set(self.clock.0.get() + time),
                scripted => return reply(scripted),
            }
        }
    }
}

fn reply(scripted: Scripted) -> Result<Response, TransportError> {
    match scripted {
        Scripted::Slow(_) => unreachable!("only a script knows what comes next"),
        Scripted::Error(kind, delivery) => {
            let message = format!("no reply: {}", kind.as_str());
            Err(TransportError { kind, delivery, message, help: None })
        }
        Scripted::Reply(status, lines, body) => {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, value.parse().unwrap());
            }
            Ok(Response::new(status, headers, Bytes::from(body)))
        }
    }
}

impl Transport for Recording<'_> {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        self.sent.borrow_mut().push(request.clone());
        if let Some((after, cancel)) = &self.cancel
            && self.sent.borrow().len() == *after
        {
            cancel.cancel();
        }
        if let Some(answer) = &self.answer {
            return Box::pin(std::future::ready(reply(answer(request))));
        }
        match &self.script {
            Some(script) => Box::pin(std::future::ready(self.scripted(script))),
            None => self.sandbox.send(request),
        }
    }
}

#[derive(Default)]
struct Collect(Vec<RunEvent>);

impl Sink for Collect {
    fn emit(&mut self, event: Redacted<RunEvent>) {
        self.0.push(event.into_inner());
    }
}

/// A run's events and requests.
pub(crate) struct Ran {
    pub(crate) flow: FlowOutcome,
    pub(crate) outputs: Option<Outputs>,
    pub(crate) steps: Vec<StepOutcome>,
    pub(crate) waits: Vec<Wait>,
    pub(crate) sent: Vec<Request>,
    pub(crate) took: Duration,
    /// What `save` wrote, by path.
    pub(crate) written: BTreeMap<String, Vec<u8>>,
    /// Every event as JSON, a line each: what a report could hold.
    pub(crate) json: String,
    /// The flow that ran at the same time.
    pub(crate) second: Vec<StepOutcome>,
}

impl Ran {
    pub(crate) fn step(&self, name: &str) -> &StepOutcome {
        self.steps.iter().find(|s| &*s.name == name).unwrap_or_else(|| panic!("no step `{name}`"))
    }

    /// `name: outcome` of each step.
    pub(crate) fn outline(&self) -> Vec<String> {
        self.steps.iter().map(|s| format!("{} {}", s.name, word(s.outcome))).collect()
    }

    /// All that went wrong, in order.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let step = |s: &StepOutcome| {
            let problems = s.problems.iter().map(|p| p.message.clone());
            let failed = s.assertions.iter().filter(|a| !a.passed);
            let failed = failed.map(|a| {
                let message = a.message.clone().unwrap_or_default();
                format!("{} {} {}: {message}", a.subject, a.predicate, a.expected.clone().unwrap_or(Value::Null))
            });
            problems.chain(failed).collect::<Vec<_>>()
        };
        self.flow.problems.iter().map(|p| p.message.clone()).chain(self.steps.iter().flat_map(step)).collect()
    }

    pub(crate) fn captured(&self, name: &str) -> Value {
        let mut captures = self.steps.iter().flat_map(|s| &s.captures);
        captures.rfind(|c| &*c.name == name).unwrap_or_else(|| panic!("no capture `{name}`")).value.clone()
    }

    pub(crate) fn passed(self) -> Self {
        assert_eq!(self.flow.outcome, Outcome::Passed, "{:#?}\n{}", self.outline(), self.wrong().join("\n"));
        self
    }

    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.flow.outcome, Outcome::Failed, "{:#?}", self.outline());
        self
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
    }
}

/// What a test may change about a run.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) inputs: Vec<(&'static str, Value, bool)>,
    pub(crate) hosts: Vec<(&'static str, &'static str)>,
    pub(crate) options: Options,
    pub(crate) faults: Vec<wxflow::sandbox::Fault>,
    /// What became of the sandbox before the flow.
    pub(crate) prepare: Option<fn(&Sandbox)>,
    /// Where the flow stands, below `flows`.
    pub(crate) folder: &'static str,
    /// What answers instead of the sandbox, one for each send.
    pub(crate) script: Option<Vec<Scripted>>,
    /// What answers instead of both.
    pub(crate) answer: Option<Answer>,
    /// Interrupts while this request (from 1) is under way.
    pub(crate) cancel_at: Option<usize>,
    pub(crate) seed: Option<u64>,
    /// The environment's OAuth clients.
    pub(crate) oauth: Option<Box<dyn TokenSource>>,
    /// Files beside the flow.
    pub(crate) files: Vec<(&'static str, &'static [u8])>,
    /// Other flows beside `test.flow.yaml`, by name.
    pub(crate) flows: &'static [(&'static str, &'static str)],
    /// One of them, without inputs, that runs at the same time: what it did is in [`Ran::second`].
    pub(crate) second: Option<&'static str>,
}

/// Runs a flow of this repository, by its path.
pub(crate) fn run_file(path: &Path) -> Ran {
    Setup::default().run_file(path)
}

fn around() -> Surroundings {
    Surroundings::new(&std::env::temp_dir(), None).unwrap()
}

fn from(library: &Library, path: &Path) -> Arc<Flow> {
    let parsed = library.flow(path, "test.flow.yaml", &mut wxflow::check::Schemas::default());
    let all = library.all();
    let mistakes: Vec<_> = all.iter().filter_map(|p| p.flow.as_ref().err()).flatten().collect();
    let shown: Vec<_> = mistakes.iter().map(|d| wxflow::diagnostic::render(d, false, 120)).collect();
    Arc::clone(parsed.flow.as_ref().unwrap_or_else(|_| panic!("{}", shown.join("\n"))))
}

/// Runs the steps (and what else stands) of `yaml`, `{{ url }}` bound to the sandbox.
pub(crate) fn run(yaml: &str) -> Ran {
    Setup::default().run(yaml)
}

/// Reads `yaml` as the flow of a file below `flows`.
pub(crate) fn load(yaml: &str) -> Result<Flow, Vec<Diagnostic>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let source = Source::new("test.flow.yaml", yaml);
    let mut schemas = wxflow::check::Schemas::default();
    Flow::parse(source, Arc::from("test.flow.yaml"), folder, &RepositoryFiles, &mut schemas, &mut ())
        .map(|(flow, _)| flow)
}

impl Setup {
    /// As [`run_file`].
    pub(crate) fn run_file(self, path: &Path) -> Ran {
        let project = Arc::new(Project::named(Path::new(env!("CARGO_MANIFEST_DIR")), &around()).unwrap());
        let root = project.root().to_owned();
        self.run_flow(&from(&Library::new(project, root), path), &TestFiles::default())
    }

    pub(crate) fn run(self, yaml: &str) -> Ran {
        let given = self.files.iter().map(|(path, bytes)| (*path, bytes.to_vec())).collect();
        let files = TestFiles { given, ..TestFiles::default() };
        if !self.flows.is_empty() {
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().canonicalize().unwrap();
            for (name, text) in self.flows.iter().chain([&("test.flow.yaml", yaml)]) {
                std::fs::write(root.join(name), text).unwrap();
            }
            let project = Arc::new(Project::named(&root, &around()).unwrap());
            let library = Library::new(project, root.clone());
            let second = self.second.map(|name| from(&library, &root.join(name)));
            let flow = from(&library, &root.join("test.flow.yaml"));
            return self.run_flows(&flow, second.as_deref(), &files);
        }
        let source = Source::new("test.flow.yaml", yaml);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows").join(self.folder);
        let flow = match Flow::parse(
            source,
            Arc::from("test.flow.yaml"),
            folder,
            &files,
            &mut wxflow::check::Schemas::default(),
            &mut (),
        ) {
            Ok((flow, _)) => flow,
            Err(problems) => {
                let shown: Vec<_> = problems.iter().map(|d| wxflow::diagnostic::render(d, false, 120)).collect();
                panic!("{}", shown.join("\n"));
            }
        };
        self.run_flow(&flow, &files)
    }

    fn run_flow(self, flow: &Flow, files: &TestFiles) -> Ran {
        self.run_flows(flow, None, files)
    }

    fn run_flows(self, flow: &Flow, second: Option<&Flow>, files: &TestFiles) -> Ran {
        let clock = TestClock(Cell::new(Duration::ZERO));
        let start: jiff::Timestamp = clock.now();
        let sandbox = Sandbox::new(7, Box::new(move || start)).with_faults(&self.faults);
        if let Some(prepare) = self.prepare {
            prepare(&sandbox);
        }
        let sandbox = Arc::new(sandbox);
        let variables = sandbox.variables("http://sandbox.test:80/v1");
        let redactor = Redactor::new();
        let cancel = Cancel::new();
        let transport = Recording {
            sandbox: SandboxTransport::new(Arc::clone(&sandbox)),
            script: self.script.map(|script| RefCell::new(script.into_iter())),
            answer: self.answer,
            clock: &clock,
            sent: RefCell::default(),
            cancel: self.cancel_at.map(|at| (at, cancel.clone())),
        };
        let options = Options { detail: Detail::Everything, ..self.options };
        let once = Once::default();
        let context = Context {
            transport: &transport,
            files,
            redactor: &redactor,
            clock: &clock,
            cancel: &cancel,
            options: &options,
            once: &once,
            oauth: self.oauth.as_deref(),
            replay: None,
        };
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let invented = Invented { variables: owned, seed: 7, ..Invented::default() };
        let sources = Sources {
            vars: &[],
            row: &[],
            secrets: &[],
            environment: None,
            allow_env: &[],
            outside: &Nothing,
            asking: false,
            sandbox: Some(&invented),
            redactor: &redactor,
        };
        let used: Used = resolve_uses(flow, &sources).unwrap().0;
        let inputs = flow.inputs.iter().map(|input| {
            let given = self.inputs.iter().find(|(name, ..)| *name == &*input.name);
            let variable = input.env.as_ref().and_then(|env| variables.iter().find(|(name, _)| name == env));
            let value = match (given, variable) {
                (Some((_, value, _)), _) => value.clone(),
                (None, Some((_, value))) => Value::from(value.as_str()),
                (None, None) => input.default.clone().unwrap_or_else(|| panic!("no value for `{}`", input.name)),
            };
            let host = self.hosts.iter().find(|(name, _)| *name == &*input.name);
            ResolvedInput {
                name: Arc::clone(&input.name),
                value,
                secret: input.secret || given.is_some_and(|(.., secret)| *secret),
                hosts: host.map(|(_, host)| vec![HostPattern::parse(host).unwrap()]),
            }
        });
        let inputs = inputs.collect();
        let job = Job { inputs, flow, used: &used, seed: self.seed, row: None, repeat: None, until: None };
        let mut sink = Collect::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut beside = Collect::default();
        let both = async {
            let Some(flow) = second else { return run::run(&job, &context, &mut sink).await };
            let inputs = Vec::new();
            let other = Job { inputs, flow, used: &used, seed: self.seed, row: None, repeat: None, until: None };
            let other = run::run(&other, &context, &mut beside);
            tokio::join!(run::run(&job, &context, &mut sink), other).0
        };
        let ended = runtime.block_on(both);
        for mut left in once.leftovers() {
            runtime.block_on(run::clean_up(&mut left, &context, &mut sink));
        }
        let json = sink.0.iter().map(|e| serde_json::to_string(e).unwrap()).collect::<Vec<_>>().join("\n");
        let mut ran = Ran {
            flow: ended.outcome,
            outputs: ended.outputs,
            steps: Vec::new(),
            waits: Vec::new(),
            sent: transport.sent.take(),
            took: clock.elapsed(),
            written: files.written.take(),
            json,
            second: Vec::new(),
        };
        for event in beside.0 {
            if let EventKind::StepFinished(step) = event.kind {
                ran.second.push(*step);
            }
        }
        for event in sink.0 {
            match event.kind {
                EventKind::StepFinished(step) => ran.steps.push(*step),
                EventKind::Wait(wait) => ran.waits.push(wait),
                _ => {}
            }
        }
        ran
    }
}
