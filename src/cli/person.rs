//! The person at the terminal: asked for inputs that nothing gives, and for permission to read a variable.
//!
//! Nobody is asked in CI, or where stdin or stderr is no terminal: a run must never hang on a question that no one sees.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

#[cfg(unix)]
use rustix::termios;

use super::machine;
use super::output::visible;
use crate::flow::Input;

/// Somebody who can be asked; each question is put once.
pub(super) struct Person {
    terminal: Box<dyn Terminal>,
    typed: RefCell<HashMap<String, Option<String>>>,
    consents: RefCell<HashMap<(String, String), bool>>,
}

/// Where questions are put.
trait Terminal {
    /// Shows `prompt` and reads a line, hidden while it is typed where `secret`. `None` where the input has ended.
    fn line(&self, prompt: &str, secret: bool) -> Option<String>;
}

struct Console;

impl Terminal for Console {
    fn line(&self, prompt: &str, secret: bool) -> Option<String> {
        // Before the question: who pastes an answer is quicker than the reading.
        #[cfg(unix)]
        let _hidden = secret.then(Hidden::new);
        let mut stderr = io::stderr();
        write!(stderr, "{}", visible(prompt)).and_then(|()| stderr.flush()).ok()?;
        if secret {
            return rpassword::read_password().ok();
        }
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

/// The terminal shows nothing of what is typed, until this is dropped.
#[cfg(unix)]
struct Hidden(Option<termios::Termios>);

#[cfg(unix)]
impl Hidden {
    fn new() -> Self {
        let before = termios::tcgetattr(io::stdin()).ok();
        if let Some(mut quiet) = before.clone() {
            quiet.local_modes -= termios::LocalModes::ECHO;
            termios::tcsetattr(io::stdin(), termios::OptionalActions::Now, &quiet).ok();
        }
        Self(before)
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            termios::tcsetattr(io::stdin(), termios::OptionalActions::Now, before).ok();
        }
    }
}

impl Person {
    /// The person, if one is there.
    pub(super) fn there() -> Option<Self> {
        let ci = matches!(machine::variable("CI"), Ok(Some(value)) if !matches!(value.as_str(), "" | "false" | "0"));
        let there = !ci && io::stdin().is_terminal() && io::stderr().is_terminal();
        there.then(|| Self::at(Box::new(Console)))
    }

    fn at(terminal: Box<dyn Terminal>) -> Self {
        Self { terminal, typed: RefCell::default(), consents: RefCell::default() }
    }

    /// A value for an input; nothing typed is no value. Inputs of one name share it, as with `--var`.
    pub(super) fn value(&self, input: &Input) -> Option<String> {
        if let Some(known) = self.typed.borrow().get(&*input.name) {
            return known.clone();
        }
        let description = input.description.as_deref().and_then(|d| d.lines().next()).map(|d| format!(" ({d})"));
        let hidden = if input.secret { ", not shown" } else { "" };
        let prompt = format!("{}{}{hidden}: ", input.name, description.unwrap_or_default());
        let typed = self.terminal.line(&prompt, input.secret).filter(|line| !line.is_empty());
        self.typed.borrow_mut().insert(input.name.to_string(), typed.clone());
        typed
    }

    /// Whether a flow may read a variable for one of its inputs.
    pub(super) fn consents(&self, flow: &str, input: &Input, variable: &str) -> bool {
        let key = (flow.to_owned(), variable.to_owned());
        if let Some(known) = self.consents.borrow().get(&key) {
            return *known;
        }
        let hosts = match &input.hosts {
            Some(hosts) => hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            None => "any host".to_owned(),
        };
        let prompt = format!("{flow} asks for the variable {variable}, to send it to {hosts}. Let it? [y/N] ");
        let answer = self.terminal.line(&prompt, false).unwrap_or_default();
        let yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        self.consents.borrow_mut().insert(key, yes);
        yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::InputType;
    use crate::redact::HostPattern;
    use crate::source::Span;
    use std::rc::Rc;

    /// Answers in order, and notes what it was asked.
    struct Script(RefCell<Vec<&'static str>>, Asked);

    /// Each prompt, and whether the answer was hidden.
    type Asked = Rc<RefCell<Vec<(String, bool)>>>;

    impl Terminal for Script {
        fn line(&self, prompt: &str, secret: bool) -> Option<String> {
            self.1.borrow_mut().push((prompt.to_owned(), secret));
            self.0.borrow_mut().pop().map(str::to_owned)
        }
    }

    fn person(answers: &[&'static str]) -> (Person, Asked) {
        let asked = Asked::default();
        let script = Script(RefCell::new(answers.iter().rev().copied().collect()), Rc::clone(&asked));
        (Person::at(Box::new(script)), asked)
    }

    fn input(name: &str, secret: bool) -> Input {
        Input {
            name: name.into(),
            span: Span::new(0, 1),
            default: None,
            env: None,
            description: Some("Bot token\nmore".to_owned()),
            secret,
            kind: InputType::String,
            choices: Vec::new(),
            hosts: Some(vec![HostPattern::parse("webexapis.com").unwrap()]),
        }
    }

    #[test]
    fn each_input_is_asked_once_and_a_secret_hidden() {
        let (person, asked) = person(&["hunter22", ""]);
        assert_eq!(person.value(&input("token", true)).as_deref(), Some("hunter22"));
        assert_eq!(person.value(&input("token", true)).as_deref(), Some("hunter22"));
        assert_eq!(person.value(&input("name", false)), None, "nothing typed is no value");
        assert_eq!(person.value(&input("name", false)), None);
        assert_eq!(person.value(&input("end", false)), None, "the input has ended");
        let prompts = ["token (Bot token), not shown: ", "name (Bot token): ", "end (Bot token): "];
        let asked: Vec<_> = asked.borrow().clone();
        assert_eq!(asked, prompts.map(|p| (p.to_owned(), p.starts_with("token"))));
    }

    #[test]
    fn consent_shows_flow_variable_and_hosts_and_only_yes_is_yes() {
        let (person, asked) = person(&["y", "", "YES "]);
        let consents = |flow: &str| person.consents(flow, &input("x", true), "CI_JOB_TOKEN");
        assert!(consents("a.flow.yaml") && consents("a.flow.yaml"));
        assert!(!consents("b.flow.yaml") && !consents("b.flow.yaml"));
        assert!(consents("c.flow.yaml"));
        assert_eq!(asked.borrow().len(), 3);
        let prompt = "a.flow.yaml asks for the variable CI_JOB_TOKEN, to send it to webexapis.com. Let it? [y/N] ";
        assert_eq!(asked.borrow()[0].0, prompt);
    }
}
