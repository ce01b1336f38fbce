//! The walk through a flow, and the flows it uses, in the order in which their steps run.

use std::collections::HashSet;
use std::sync::Arc;

use super::facts::{ActionFacts, CaptureFacts, Facts, FileFacts, OutputFacts, Purpose, SecretFacts, StepFacts};
use super::names::{Names, Outputs, Secrets, written_value};
use super::request::setting;
use crate::flow::{Action, Flow, Input, JwtStep, Key, Step, UseStep};
use crate::redact::HostPattern;
use crate::source::{Source, Span};
use crate::template::ValueTemplate;
use crate::value::Value;

/// What a secret is: see [`SecretFacts::what`].
type What = (&'static str, Option<Arc<str>>);

/// What a signed token is called until a capture names it.
const UNNAMED: &str = "jwt.token";

/// What is known of an input before the run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its value, where it is no secret.
    pub value: Option<Value>,
    /// Whether it is a secret.
    pub secret: bool,
    /// The hosts it is bound to.
    pub hosts: Option<Vec<HostPattern>>,
}

/// The hosts that the token of an OAuth client is bound to; `None` where that is not known.
pub(super) type Clients<'f> = &'f dyn Fn(&str) -> Option<Vec<HostPattern>>;

/// Finds the facts about `flow`. `known` says what is known of each input of a flow, in its order; values that `with`
/// gives win over it. `clients` says where the token of an OAuth client may go, where that is known.
pub fn facts<'f>(flow: &'f Flow, known: &'f dyn Fn(&Flow) -> Vec<Known>, clients: Clients<'f>) -> Facts {
    let mut walk = Walk { flow, known, clients, names: Names::default(), facts: Facts::default() };
    for (input, known) in flow.inputs.iter().zip(known(flow)) {
        walk.input(input, &known, ("an input", None));
    }
    walk.facts.steps = walk.steps("");
    let outputs = walk.outputs();
    let secret = |name: &Arc<str>| outputs.get(name).is_some_and(|secrets| !secrets.is_empty());
    walk.facts.outputs =
        flow.outputs.iter().map(|o| OutputFacts { name: Arc::clone(&o.name), secret: secret(&o.name) }).collect();
    // A file that several places name is told once for each use of it.
    let mut seen = HashSet::new();
    walk.facts.files.retain(|f| seen.insert((f.path.clone(), f.folder.clone(), f.purpose as u8, Arc::clone(&f.step))));
    walk.facts
}

/// One flow on the way.
pub(super) struct Walk<'f> {
    pub(super) flow: &'f Flow,
    known: &'f dyn Fn(&Flow) -> Vec<Known>,
    pub(super) clients: Clients<'f>,
    pub(super) names: Names,
    pub(super) facts: Facts,
}

impl<'f> Walk<'f> {
    pub(super) fn source(&self) -> &'f Source {
        &self.flow.source
    }

    /// What stands at a place in the file, in one line, without its quotes.
    pub(super) fn written_at(&self, span: Span) -> String {
        let text = self.source().slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
        let bare = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
        bare.map_or_else(|| text.clone(), str::to_owned)
    }

    /// The number of a secret, which is noted where it is new.
    pub(super) fn secret(&mut self, secret: SecretFacts) -> usize {
        let same = |other: &SecretFacts| other.name == secret.name && other.what == secret.what;
        let number = self.facts.secrets.iter().position(same);
        number.unwrap_or_else(|| {
            self.facts.secrets.push(secret);
            self.facts.secrets.len() - 1
        })
    }

    pub(super) fn file(&mut self, step: &Step, path: String, purpose: Purpose) {
        let (folder, step) = (self.flow.folder.clone(), Arc::clone(&step.label));
        self.facts.files.push(FileFacts { path, folder, purpose, step });
    }

    fn input(&mut self, input: &Input, known: &Known, what: What) {
        let mut secrets = Secrets::new();
        if known.secret {
            let (name, bound) = (input.name.to_string(), known.hosts.clone());
            secrets.insert(self.secret(SecretFacts { name, what, bound, ..Default::default() }));
        }
        self.names.bind(&input.name, known.value.as_ref(), secrets);
    }

    /// The steps, numbered behind `prefix`.
    fn steps(&mut self, prefix: &str) -> Vec<StepFacts> {
        let source = self.source();
        for var in &self.flow.vars {
            self.names.bind_template(&var.name, &var.value, source);
        }
        let flow = self.flow;
        flow.steps.iter().enumerate().map(|(n, step)| self.step(step, format!("{prefix}{}", n + 1))).collect()
    }

    fn step(&mut self, step: &'f Step, number: String) -> StepFacts {
        let source = self.source();
        let each = step.for_each.as_deref().map(|each| {
            let secrets = self.names.all(each.items.names());
            self.names.bind(&each.name, None, secrets);
            (Arc::clone(&each.name), written_value(&each.items, source))
        });
        let mut action = self.action(step, &number);
        let captures = step.captures.iter().map(|capture| {
            let mut used = Vec::new();
            capture.capture.names(&mut |name| used.push(name));
            let mut secrets = self.names.all(used);
            if capture.capture.is_secret() && secrets.is_empty() {
                let (name, what) = (capture.name.to_string(), ("captured in", Some(Arc::clone(&step.label))));
                secrets.insert(self.secret(SecretFacts { name, what, ..Default::default() }));
            }
            // A token has no name of its own until it gets one.
            for token in secrets.intersection(&self.names.token) {
                if let Some(token) = self.facts.secrets.get_mut(*token).filter(|s| s.name == UNNAMED) {
                    token.name = capture.name.to_string();
                }
            }
            let (name, from) = (Arc::clone(&capture.name), self.written_at(capture.capture.span()));
            let facts = CaptureFacts { name, from, secret: !secrets.is_empty() };
            self.names.bind(&capture.name, None, secrets);
            facts
        });
        let captures = captures.collect();
        // A cleanup may use what its own step captures.
        if let (ActionFacts::Request(facts), Action::Request(request)) = (&mut action, &step.action) {
            facts.cleanup = self.cleanups(request);
        }
        if let Some(id) = &step.id {
            self.names.steps.insert(Arc::clone(id), self.names.outputs.clone());
        }
        let when = step.when.as_ref().map(|when| when.source().to_owned());
        StepFacts {
            number,
            name: Arc::clone(&step.label),
            when,
            each,
            continues: step.continue_on_failure,
            action,
            captures,
        }
    }

    /// What a step does, without cleanups.
    fn action(&mut self, step: &'f Step, number: &str) -> ActionFacts {
        let source = self.source();
        match &step.action {
            Action::Request(request) => ActionFacts::Request(Box::new(self.request(step, request))),
            Action::Jwt(jwt) => self.sign(step, jwt),
            Action::Use(used) => self.used(step, used, number),
            Action::Set(bindings) => {
                let set = bindings.iter().map(|binding| {
                    self.names.bind_template(&binding.name, &binding.value, source);
                    (Arc::clone(&binding.name), written_value(&binding.value, source))
                });
                ActionFacts::Set(set.collect())
            }
            Action::Wait(time) => ActionFacts::Wait(setting(time, |t| format!("{t:?}"), source)),
            Action::Check(checks) => ActionFacts::Check(checks.iter().map(|c| c.source().to_owned()).collect()),
        }
    }

    fn sign(&mut self, step: &Step, jwt: &JwtStep) -> ActionFacts {
        let source = self.source();
        let (Key::Base64(key) | Key::Text(key) | Key::Hex(key) | Key::Pem(key)) = &jwt.key;
        for secret in self.names.all(key.names()) {
            if let Some(secret) = self.facts.secrets.get_mut(secret) {
                secret.signs.insert(Arc::clone(&step.label));
            }
        }
        let (name, what) = (UNNAMED.to_owned(), ("signed in", Some(Arc::clone(&step.label))));
        let mut token = Secrets::from([self.secret(SecretFacts { name, what, ..Default::default() })]);
        // What stands in a token can be read by whoever gets it.
        let inside = jwt.claims.names().into_iter().chain(jwt.header.iter().flat_map(ValueTemplate::names));
        token.extend(self.names.all(inside));
        self.names.token = token;
        let life = jwt.expires_in.as_ref().map(|time| setting(time, |t| format!("{t:?}"), source));
        ActionFacts::Sign(jwt.algorithm.to_string(), life)
    }

    /// The used flow is walked in names of its own; what it finds joins what was found so far.
    fn used(&mut self, step: &'f Step, used: &'f UseStep, number: &str) -> ActionFacts {
        self.file(step, used.path.to_string(), Purpose::Use);
        let inner: &'f Flow = &used.flow;
        let what = || ("an input of", Some(Arc::clone(&inner.path)));
        let known = (self.known)(inner);
        let mut walk = Walk {
            flow: inner,
            known: self.known,
            clients: self.clients,
            names: Names::default(),
            facts: std::mem::take(&mut self.facts),
        };
        for (input, known) in inner.inputs.iter().zip(known) {
            match used.with.iter().find(|with| with.name == input.name) {
                Some(with) => {
                    let secrets = self.names.all(with.value.names());
                    if secrets.is_empty() && known.secret {
                        walk.input(input, &Known { value: None, ..known }, what());
                    } else {
                        // The name outside stands for the same value.
                        let value = self.names.known(&with.value, &self.flow.source);
                        walk.names.bind(&input.name, value.as_ref(), secrets);
                    }
                }
                None => walk.input(input, &known, what()),
            }
        }
        let steps = walk.steps(&format!("{number}."));
        self.names.outputs = walk.outputs();
        self.facts = walk.facts;
        ActionFacts::Use(inner.path.to_string(), used.once, steps)
    }

    fn outputs(&self) -> Outputs {
        let secrets = |output: &crate::flow::Binding| self.names.all(output.value.names());
        self.flow.outputs.iter().map(|output| (Arc::clone(&output.name), secrets(output))).collect()
    }
}
