//! One request with its scripts: the steps that it becomes.

use std::collections::HashSet;
use std::rc::Rc;

use super::collection::{Request, Script};
use super::expect::{Expect, as_literal, json_path, operand};
use super::folder::FILE;
use super::read::text;
use super::request::{Context, Sender, Shared};
use super::script::{Cond, ITSELF, Jump, Lost, Must, Outcome, Seg, Set, Sym};
use super::settled::{fails_without, is_held, settled};
use super::text::Binder;
use crate::flow::draft::{DraftStep, plain_start};
use crate::import::Loss;
use crate::import::secret::is_secret_value;
use crate::value::{Map, Value};

/// What a variable holds that could not be set. Postman would send `{{name}}`: no server knows that either.
const UNSET: &str = "unset";
/// Lines of a lost statement that its comment shows.
const MAX_LINES: usize = 40;

/// Makes the steps of one flow.
pub(super) struct Steps<'a, 'n> {
    pub(super) context: &'a mut Context,
    pub(super) names: &'a mut Binder<'n>,
    pub(super) shared: &'a Shared,
    /// Inherited scripts whose losses were told, or whose constants are set.
    pub(super) seen: &'a mut HashSet<*const Script>,
    pub(super) steps: Vec<DraftStep>,
    /// Comments on requests that are no steps: they stand above the next one.
    pub(super) left_out: Vec<String>,
}

/// Where losses of a request are gathered.
struct Notes {
    file: String,
    place: String,
    comments: Vec<String>,
    losses: Vec<Loss>,
}

impl Notes {
    fn of(request: &Request<'_>) -> Self {
        let file = request.item.get(FILE).and_then(Value::as_str).unwrap_or("").to_owned();
        Self { file, place: request.place.clone(), comments: Vec::new(), losses: Vec::new() }
    }

    fn lost(&mut self, what: String) {
        self.losses.push(Loss { file: self.file.clone(), place: self.place.clone(), what });
    }

    fn lose(&mut self, what: &str, line: usize, text: &str, of: Option<&str>, kind: &str) {
        let script = match of {
            Some(of) => format!("{kind} of {of}"),
            None => kind.to_owned(),
        };
        let first = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("");
        let short: String = first.chars().take(100).collect();
        let more = if short.len() < first.len() || text.trim().lines().count() > 1 { " …" } else { "" };
        let why = if what.is_empty() { String::new() } else { format!(" ({what})") };
        self.lost(format!("{script}, line {line}{why}: {short}{more}"));
        let shown: Vec<_> =
            text.lines().take(MAX_LINES).map(|line| line.chars().take(300).collect::<String>()).collect();
        let rest = text.lines().count().saturating_sub(MAX_LINES);
        let rest = if rest > 0 { format!("\n… {rest} more lines") } else { String::new() };
        self.comments.push(format!("not carried over ({script}, line {line}){why}:\n{}{rest}", shown.join("\n")));
    }
}

impl Steps<'_, '_> {
    /// Adds the steps of a request. `next` is the name of the one behind it; `None` at the end of the run.
    pub(super) fn request(&mut self, request: &Request<'_>, next: Option<&str>) {
        let mut notes = Notes::of(request);
        self.before(request, &mut notes);
        let mut sender = Sender { context: self.context, names: self.names, host: None, lost: Vec::new() };
        let step = sender.step(request, self.shared);
        let lost = sender.lost;
        for what in lost.iter().chain(&std::mem::take(&mut self.names.invented)) {
            notes.lost(what.clone());
            notes.comments.push(format!("not carried over: {what}"));
        }
        let Some(mut step) = step else {
            let what = "it has no URL that can be sent: the request is left out";
            notes.lost(what.to_owned());
            self.left_out.append(&mut notes.comments);
            self.left_out.push(format!("not carried over: {}, {}: {what}", request.title, written(request)));
            self.context.losses.extend(notes.losses);
            return;
        };
        let delay = self.after(request, next, &mut step, &mut notes);
        step.set("continue_on_failure", true);
        step.comments = std::mem::take(&mut self.left_out);
        step.comments.append(&mut notes.comments);
        self.context.losses.extend(notes.losses);
        self.steps.push(step);
        if let Some(delay) = delay {
            self.steps.push(DraftStep::new(&format!("Wait after {}", request.title), "wait", duration(delay)));
        }
    }

    /// What prerequest scripts set.
    fn before(&mut self, request: &Request<'_>, notes: &mut Notes) {
        let mut set = Map::new();
        let mut delay = 0;
        for script in &request.before {
            let inherited = script.of.as_deref();
            let first_time = self.seen.insert(Rc::as_ptr(script));
            let outcome = &script.outcome;
            let constant = outcome.sets.iter().all(|s| matches!(s.value, Sym::Const(_)));
            delay += outcome.delay.unwrap_or(0);
            let mut lose = |what: &str, line: usize, text: &str| {
                if first_time {
                    notes.lose(what, line, text, inherited, "prerequest script");
                }
            };
            for lost in &outcome.lost {
                lose("", lost.line, &lost.text);
            }
            for must in &outcome.musts {
                lose("a test before the request", must.line, &must.text);
            }
            for jump in &outcome.jumps {
                lose("a flow runs from top to bottom", jump.line, &jump.text);
            }
            for entry in outcome.sets.iter().filter(|_| first_time || !constant) {
                match self.set_value(entry) {
                    Some(value) => {
                        let name = self.names.bind(&entry.name, false);
                        set.insert(name, value);
                        self.context.set_by.entry(entry.name.clone()).or_insert_with(|| request.place.clone());
                    }
                    None if matches!(entry.value, Sym::Undefined) => {}
                    None => lose("", entry.line, &entry.text),
                }
            }
        }
        if !set.is_empty() {
            self.steps.push(DraftStep::new(&format!("Before {}", request.title), "set", set));
        }
        if delay > 0 {
            self.steps.push(DraftStep::new(&format!("Wait before {}", request.title), "wait", duration(delay)));
        }
    }

    fn set_value(&mut self, set: &Set) -> Option<Value> {
        if !set.path.is_empty() || set.value.is_of_reply() {
            return None;
        }
        if let Sym::Const(Value::String(text)) = &set.value
            && (is_secret_value(text) || (self.context.secrets.holds(&set.name) && !text.is_empty()))
        {
            self.context.secrets.learn(&set.name, text);
            let context = &mut *self.context;
            let known = &context.known;
            let lifted = context.secrets.lift(text, &set.name, &|name| known.contains_key(name) || name == set.name);
            return Some(self.names.template(&lifted).into());
        }
        let value = operand(&set.value, self.names)?;
        Some(match value {
            Value::String(text) => plain_start(text).into(),
            other => other,
        })
    }

    /// What test scripts ask for and keep. Gives a delay that stands behind the step.
    fn after(
        &mut self,
        request: &Request<'_>,
        next: Option<&str>,
        step: &mut DraftStep,
        notes: &mut Notes,
    ) -> Option<u64> {
        let mut all = Outcome::default();
        for script in &request.after {
            let first_time = self.seen.insert(Rc::as_ptr(script));
            let outcome = &script.outcome;
            for Lost { line, text } in outcome.lost.iter().filter(|_| first_time) {
                notes.lose("", *line, text, script.of.as_deref(), "test script");
            }
            all.musts.extend(outcome.musts.iter().cloned());
            all.sets.extend(outcome.sets.iter().cloned());
            all.jumps.extend(outcome.jumps.iter().cloned());
            all.delay = all.delay.or(outcome.delay);
        }
        let held = self.poll(request, &mut all, step, notes);
        let delay = all.delay.filter(|_| !step.keys.contains_key("poll"));
        for jump in &all.jumps {
            if jump.to.as_deref() != next {
                let Jump { line, text, .. } = jump;
                notes.lose("a flow runs from top to bottom", *line, text, None, "test script");
            }
        }
        let (musts, held) = settled(all.musts, held);
        let mut expect = Expect::default();
        for Must { cond, line, text, .. } in &musts {
            if !expect.add(cond, self.names) {
                notes.lose("", *line, text, None, "test script");
            }
        }
        // Left out, `status` would be below 400.
        step.set("expect", expect.into_value());
        let captures = self.captures(&all.sets, &musts, &held, request, notes);
        if !captures.is_empty() {
            step.set("capture", captures);
        }
        delay
    }

    fn captures(
        &mut self,
        sets: &[Set],
        musts: &[Must],
        held: &[Cond],
        request: &Request<'_>,
        notes: &mut Notes,
    ) -> Map<String, Value> {
        let mut captures = Map::new();
        let mut done: HashSet<&str> = HashSet::new();
        for (at, set) in sets.iter().enumerate() {
            if matches!(set.value, Sym::Undefined | Sym::Const(Value::Null)) {
                continue;
            }
            // The last that is set for certain is what the variable holds.
            let certain = set.path.iter().all(|c| is_held(c, held));
            let later = sets
                .get(at + 1..)
                .unwrap_or(&[])
                .iter()
                .any(|s| s.name == set.name && s.path.iter().all(|c| is_held(c, held)));
            if later || done.contains(set.name.as_str()) {
                continue;
            }
            let secret = self.context.secrets.holds(&set.name);
            // What is missing is red by a test of its own, or by none: Newman goes on with the next request.
            let guarded = held.iter().any(|cond| fails_without(cond, &set.value));
            match self.source(&set.value, secret, !certain || guarded) {
                Some(source) => {
                    let before = musts.iter().any(|m| m.cond.mentions(&set.name));
                    let name = self.names.bind(&set.name, before);
                    captures.insert(name, source);
                    done.insert(&set.name);
                    self.context.set_by.entry(set.name.clone()).or_insert_with(|| request.place.clone());
                }
                None => notes.lose("", set.line, &set.text, None, "test script"),
            }
        }
        captures
    }

    /// Where a capture comes from. `maybe` may be missing.
    fn source(&mut self, value: &Sym, secret: bool, maybe: bool) -> Option<Value> {
        let (key, source): (&str, Value) = match value {
            Sym::Json(path) if !path.contains(&Seg::Each) => ("json", json_path(path).into()),
            Sym::Header(name) => ("header", name.to_ascii_lowercase().into()),
            Sym::Cookie(name) => ("cookie", name.as_str().into()),
            Sym::Text => ("body", true.into()),
            Sym::Status => ("status", true.into()),
            Sym::Const(Value::String(text)) if secret && !text.is_empty() => {
                let context = &mut *self.context;
                let known = &context.known;
                let lifted = context.secrets.lift(text, "token", &|name| known.contains_key(name));
                ("value", self.names.template(&lifted).into())
            }
            Sym::Const(value) => ("value", as_literal(value)),
            other => ("value", operand(other, self.names)?),
        };
        if key == "json" && !secret && !maybe {
            return Some(source);
        }
        let mut long = Map::from_iter([(key.to_owned(), source)]);
        if secret {
            long.insert("secret".to_owned(), true.into());
        }
        if maybe && !matches!(key, "value" | "body" | "status") {
            long.insert("default".to_owned(), UNSET.into());
        }
        Some(long.into())
    }

    /// `setNextRequest` to the request itself, as `poll`. Gives the conditions that hold once it is over.
    fn poll(&mut self, request: &Request<'_>, all: &mut Outcome, step: &mut DraftStep, notes: &mut Notes) -> Vec<Cond> {
        let is_self = |jump: &Jump| matches!(jump.to.as_deref(), Some(to) if to == request.name || to == ITSELF);
        let Some(at) = all.jumps.iter().position(is_self) else { return Vec::new() };
        let jump = all.jumps.remove(at);
        let flat = |cond: &Cond| match cond {
            Cond::All(all) => all.clone(),
            cond => vec![cond.clone()],
        };
        let path: Vec<Cond> = jump.path.iter().flat_map(flat).collect();
        let again: Vec<Cond> = path.iter().filter(|c| c.is_of_reply()).cloned().collect();
        let tries = path.iter().find_map(|cond| match cond {
            Cond::Less(Sym::Var(_), Sym::Const(n)) | Cond::AtMost(Sym::Var(_), Sym::Const(n)) => n.as_u64(),
            _ => None,
        });
        let until: Vec<Cond> = match again.len() {
            0 => Vec::new(),
            1 => again.iter().cloned().map(Cond::negated).collect(),
            _ => vec![Cond::All(again).negated()],
        };
        let mut expect = Expect::default();
        if until.is_empty() || !until.iter().all(|cond| expect.add(cond, self.names)) || expect.is_empty() {
            notes.lose("", jump.line, &jump.text, None, "test script");
            return Vec::new();
        }
        let mut poll = Map::from_iter([("until".to_owned(), expect.into_value())]);
        let every = all.delay.filter(|ms| *ms > 0);
        if let Some(every) = every {
            poll.insert("every".to_owned(), duration(every).into());
        }
        if let Some(tries) = tries.filter(|n| (1..100_000).contains(n)) {
            poll.insert(
                "within".to_owned(),
                duration(tries.saturating_mul(every.unwrap_or(2000)).clamp(1000, 86_400_000)).into(),
            );
        }
        step.set("poll", poll);
        // What counts the tries, or says that there were too many, is what `within` does.
        let counts = |path: &[Cond]| path.iter().any(|c| !c.is_of_reply());
        all.musts.retain(|m| !counts(&m.path));
        all.sets.retain(|s| s.value.is_of_reply() && !counts(&s.path));
        until
    }
}

/// Method and URL, as Postman has them.
fn written(request: &Request<'_>) -> String {
    let parts = request.request;
    let url = if parts.is_string() { Some(parts) } else { parts.get("url") };
    let url = url.map(|url| url.get("raw").map_or_else(|| text(url), text)).unwrap_or_default();
    let url: String = url.chars().filter(|c| !c.is_control()).take(300).collect();
    format!("{} {url}", parts.get("method").map_or_else(|| "GET".to_owned(), text)).trim().to_owned()
}

/// Milliseconds as the language writes a duration.
pub(super) fn duration(ms: u64) -> String {
    if ms.is_multiple_of(1000) && ms > 0 { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}
