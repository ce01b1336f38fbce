//! The facts in words: sections of items, each with lines. How they look is the formats' affair.

use std::collections::HashSet;

use super::facts::{ActionFacts, Facts, FileFacts, Purpose, RequestFacts, SecretFacts, StepFacts};
use crate::flow::{Action, Flow, Input};
use crate::redact::HostPattern;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words of ours.
    Words(String),
    /// What stands in the flow, or on this machine.
    Code(String),
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// Words alone.
    #[must_use]
    pub fn of(words: impl Into<String>) -> Self {
        Self::default().say(words)
    }

    /// Goes on with words.
    #[must_use]
    pub fn say(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Words(words.into()));
        self
    }

    /// Goes on with what stands in the flow.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.push(Span::Code(code.into()));
        self
    }

    /// Goes on with several, with commas between them.
    #[must_use]
    pub fn codes<C: Into<String>>(self, codes: impl IntoIterator<Item = C>) -> Self {
        let add = |line: Self, (n, code): (usize, C)| if n > 0 { line.say(", ").code(code) } else { line.code(code) };
        codes.into_iter().enumerate().fold(self, add)
    }
}

/// Something with a name, and what there is to say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// A number before the name; empty for none.
    pub number: String,
    /// The name.
    pub name: String,
    /// Whether the name is a name of the language, and not a title.
    pub is_code: bool,
    /// The lines.
    pub lines: Vec<Line>,
    /// Items inside of it.
    pub inner: Vec<Item>,
}

/// Items of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What they are.
    pub title: &'static str,
    /// The items.
    pub items: Vec<Item>,
}

/// All that is told about a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The flow's path from the project root.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The sections; none is empty.
    pub sections: Vec<Section>,
}

/// Puts the facts about `flow` into words. `now` has a line for each input, about where its value comes from on this
/// machine, or none at all; `here` are sections about this machine, told behind the secrets.
#[must_use]
pub fn page(flow: &Flow, facts: &Facts, now: &[Line], here: Vec<Section>) -> Page {
    let inputs = flow.inputs.iter().enumerate().map(|(n, i)| input(i, now.get(n))).collect();
    let mut sections = vec![
        Section { title: "Inputs", items: inputs },
        Section { title: "Secrets, and where they go", items: facts.secrets.iter().map(secret).collect() },
    ];
    let inner = inner_inputs(flow, &mut HashSet::new());
    sections.insert(1, Section { title: "Inputs of the flows it uses", items: inner });
    sections.extend(here);
    if !sections.iter().any(|s| s.title == FILES) {
        sections.push(files(facts, &|_| None));
    }
    sections.push(Section { title: "Steps", items: facts.steps.iter().map(step).collect() });
    sections.push(Section { title: "What it makes, and what is cleaned up", items: cleanups(&facts.steps) });
    let outputs = facts.outputs.iter().map(|output| Item {
        lines: output.secret.then(|| Line::of("secret")).into_iter().collect(),
        ..named(&output.name)
    });
    sections.push(Section { title: "Outputs", items: outputs.collect() });
    sections.retain(|section| !section.items.is_empty());
    Page {
        path: flow.path.to_string(),
        name: flow.name.clone(),
        description: flow.description.clone(),
        tags: flow.tags.clone(),
        sections,
    }
}

const FILES: &str = "Files";

/// The inputs that `with` leaves out: `--var` does not reach them.
fn inner_inputs<'f>(flow: &'f Flow, seen: &mut HashSet<(&'f str, &'f str)>) -> Vec<Item> {
    let mut items = Vec::new();
    for step in &flow.steps {
        let Action::Use(used) = &step.action else { continue };
        let given = |input: &Input| used.with.iter().any(|with| with.name == input.name);
        for one in used.flow.inputs.iter().filter(|input| !given(input)) {
            if seen.insert((&used.flow.path, &one.name)) {
                let mut item = input(one, None);
                item.lines.insert(0, Line::of("of ").code(&*used.flow.path));
                items.push(item);
            }
        }
        items.extend(inner_inputs(&used.flow, seen));
    }
    items
}

/// The files; `state` says in a word or two what this machine has there.
pub fn files(facts: &Facts, state: &dyn Fn(&FileFacts) -> Option<String>) -> Section {
    let mut items: Vec<Item> = Vec::new();
    for file in &facts.files {
        let what = match file.purpose {
            Purpose::Sending => "read and sent by ",
            Purpose::Schema => "schema that the reply must match in ",
            Purpose::Snapshot => "snapshot that the reply must equal in ",
            Purpose::Use => "flow that is run by ",
            Purpose::Save => "written by ",
        };
        let end = match file.purpose {
            Purpose::Save => "; needs --allow-write",
            _ => "",
        };
        let state = state(file).map(|state| format!(" ({state})")).unwrap_or_default();
        let line = Line::of(what).code(&*file.step).say(format!("{end}{state}"));
        match items.iter_mut().find(|item| item.name == file.path) {
            Some(item) => item.lines.push(line),
            None => items.push(Item { lines: vec![line], ..named(&file.path) }),
        }
    }
    Section { title: FILES, items }
}

/// An item that is called by a name of the language.
pub(super) fn named(name: &str) -> Item {
    Item { name: name.to_owned(), is_code: true, ..Item::default() }
}

fn input(input: &Input, now: Option<&Line>) -> Item {
    let mut line = Line::of(input.kind.as_str());
    if input.default.is_none() {
        line = line.say(", required");
    }
    if input.secret {
        line = line.say(", secret");
    }
    if let Some(default) = input.default.as_ref().filter(|_| !input.secret) {
        line = line.say(", default ").code(default.to_string());
    } else if input.default.is_some() {
        line = line.say(", has a default");
    }
    if let Some(env) = &input.env {
        line = line.say(", asks for ").code(env);
    }
    let mut lines = vec![line];
    lines
        .extend(input.description.as_ref().map(|text| Line::of(text.split_whitespace().collect::<Vec<_>>().join(" "))));
    if !input.choices.is_empty() {
        let choices = input.choices.iter().map(|c| c.as_str().map_or_else(|| c.to_string(), str::to_owned));
        lines.push(Line::of("one of ").codes(choices));
    }
    lines.extend(now.cloned());
    Item { lines, ..named(&input.name) }
}

fn secret(secret: &SecretFacts) -> Item {
    let (what, of) = &secret.what;
    let mut lines = vec![match of {
        Some(of) => Line::of(*what).say(" ").code(&**of),
        None => Line::of(*what),
    }];
    if let Some(bound) = &secret.bound {
        lines.push(
            Line::of("bound to ").codes(bound.iter().map(ToString::to_string)).say(": it is sent to no other host"),
        );
    }
    if !secret.signs.is_empty() {
        lines.push(Line::of("signs the token of ").codes(secret.signs.iter().map(|s| &**s)));
    }
    for (host, steps) in &secret.sent {
        let line = Line::of("goes to ").code(host);
        let line = if host.contains("{{") { line.say(" (only the run can tell)") } else { line };
        let line = line.say(" in ").codes(steps.iter().map(|s| &**s));
        let refused = !host.contains("{{") && secret.bound.as_ref().is_some_and(|bound| !allowed(host, bound));
        lines.push(if refused { line.say(": refused, as it is not bound to that host") } else { line });
    }
    if secret.sent.is_empty() {
        lines.push(Line::of("is sent nowhere"));
    }
    Item { lines, ..named(&secret.name) }
}

/// Whether a secret that is bound to `hosts` may go to `host`, which has its port where it is not the scheme's own.
fn allowed(host: &str, hosts: &[HostPattern]) -> bool {
    let port = host.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?)));
    let ports = port.map_or_else(|| vec![(host, 443), (host, 80)], |one| vec![one]);
    hosts.iter().any(|pattern| ports.iter().any(|(name, port)| pattern.allows(name, *port)))
}

fn step(facts: &StepFacts) -> Item {
    let mut lines = Vec::new();
    if let Some((name, list)) = &facts.each {
        lines.push(Line::of("for each ").code(&**name).say(" of ").code(list));
    }
    lines.extend(facts.when.as_ref().map(|when| Line::of("only when ").code(when)));
    let mut inner = Vec::new();
    match &facts.action {
        ActionFacts::Request(request) => self::request(request, &mut lines),
        ActionFacts::Sign(algorithm, life) => {
            let line = Line::of(format!("signs a JSON Web Token with {algorithm}; nothing is sent"));
            lines.push(line);
            lines.extend(life.as_ref().map(|life| Line::of("it expires in ").code(life)));
        }
        ActionFacts::Use(path, once, steps) => {
            let line = Line::of("runs ").code(path);
            lines.push(if *once { line.say(", once for all flows of a command") } else { line });
            inner = steps.iter().map(step).collect();
        }
        ActionFacts::Set(names) => {
            lines.extend(names.iter().map(|(name, value)| Line::of("sets ").code(&**name).say(" to ").code(value)));
        }
        ActionFacts::Wait(time) => lines.push(Line::of("waits ").code(time)),
        ActionFacts::Check(checks) => lines.extend(checks.iter().map(|check| Line::of("checks ").code(check))),
    }
    for capture in &facts.captures {
        let line = Line::of("keeps ").code(&*capture.name).say(" from ").code(&capture.from);
        lines.push(if capture.secret { line.say(", a secret") } else { line });
    }
    if facts.continues {
        lines.push(Line::of("the flow goes on when this fails"));
    }
    Item { number: facts.number.clone(), name: facts.name.to_string(), is_code: false, lines, inner }
}

fn request(request: &RequestFacts, lines: &mut Vec<Line>) {
    lines.push(to_host(Line::default().code(request.line()), request));
    let mut with = Line::of("with ");
    let parts: Vec<String> = request.auth.iter().cloned().chain(request.body.map(str::to_owned)).collect();
    if !parts.is_empty() {
        with = with.say(parts.join(", "));
        lines.push(with);
    }
    lines.extend(request.waiting.iter().map(Line::of));
    let mut expects = request.expects.iter();
    let status = Line::of(format!("expects {}", expects.next().map_or("", String::as_str)));
    lines.push(if expects.len() > 0 { status.say(", ").codes(expects) } else { status });
    for undo in &request.cleanup {
        lines.push(to_host(Line::of("cleaned up by ").code(undo.line()), undo));
    }
}

/// With the host, where the URL does not show it.
fn to_host(line: Line, request: &RequestFacts) -> Line {
    let shown = request.url.contains(&*request.host);
    if shown { line } else { line.say(" at ").code(&*request.host) }
}

/// What each step that changes something leaves, and what undoes it.
fn cleanups(steps: &[StepFacts]) -> Vec<Item> {
    let mut items = Vec::new();
    for step in steps {
        match &step.action {
            ActionFacts::Use(_, _, inner) => items.extend(cleanups(inner)),
            ActionFacts::Request(request) if request.changes() || !request.cleanup.is_empty() => {
                let mut lines = vec![Line::default().code(request.line())];
                lines.extend(request.cleanup.iter().map(|undo| Line::of("undone at the end by ").code(undo.line())));
                if request.cleanup.is_empty() {
                    lines.push(Line::of("nothing undoes it here"));
                }
                items.push(Item { number: step.number.clone(), name: step.name.to_string(), lines, ..Item::default() });
            }
            _ => {}
        }
    }
    items
}
