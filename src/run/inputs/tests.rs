//! The order of places as a table, and what is told where there is no value.

use std::collections::HashMap;

use super::*;
use crate::environment::Environment;
use crate::flow::{Input, InputType};
use crate::source::Span;
use serde_json::json;

#[derive(Default)]
struct Machine {
    process: HashMap<&'static str, &'static str>,
    dotenv: HashMap<&'static str, &'static str>,
    files: HashMap<&'static str, &'static str>,
    /// What the person types; with it, that somebody is there.
    typed: Option<&'static str>,
}

impl Outside for Machine {
    fn variable(&self, name: &str) -> Result<Option<String>, FileError> {
        Ok(self.process.get(name).map(|&v| v.to_owned()))
    }
    fn dotenv(&self, name: &str) -> Result<Option<String>, FileError> {
        Ok(self.dotenv.get(name).map(|&v| v.to_owned()))
    }
    fn secret_file(&self, path: &str) -> Result<String, FileError> {
        let missing = || FileError { message: format!("{path}: it does not exist"), help: None };
        self.files.get(path).map(|&v| v.to_owned()).ok_or_else(missing)
    }
    fn ask(&self, flow: &str, input: &Input) -> Option<String> {
        self.typed.map(|typed| format!("{typed} for {flow} {}", input.name))
    }
    fn consents(&self, _: &str, _: &Input, variable: &str) -> bool {
        self.typed.is_some() && variable == "CI_JOB_ID"
    }
}

/// Everything a test can set; `resolve` it.
#[derive(Default)]
struct Case {
    machine: Machine,
    vars: Vec<Offer>,
    row: Vec<Offer>,
    secrets: Vec<(String, String)>,
    environment: Option<Environment>,
    allow_env: Vec<String>,
    sandbox: Option<Invented>,
    redactor: Redactor,
}

impl Case {
    fn resolve(&self, inputs: &[Input]) -> Result<Resolved, Vec<Diagnostic>> {
        let sources = Sources {
            vars: &self.vars,
            row: &self.row,
            secrets: &self.secrets,
            environment: self.environment.as_ref(),
            allow_env: &self.allow_env,
            outside: &self.machine,
            asking: true,
            sandbox: self.sandbox.as_ref(),
            redactor: &self.redactor,
        };
        resolve(&Source::new("a.flow.yaml", "inputs:\n  x: null\n"), inputs, &sources)
    }

    fn value(&self, input: Input) -> Value {
        self.resolve(&[input]).unwrap().inputs.remove(0).value
    }

    fn error(&self, input: Input) -> (String, String) {
        let error = self.resolve(&[input]).unwrap_err().remove(0);
        (error.message, error.help.unwrap_or_default())
    }
}

fn input(name: &str) -> Input {
    Input {
        name: name.into(),
        span: Span::new(10, 11),
        default: None,
        env: None,
        description: None,
        secret: false,
        kind: InputType::String,
        choices: Vec::new(),
        hosts: None,
    }
}

fn environment(text: &str) -> Option<Environment> {
    let mut environment = Environment::parse(Source::new("environments/staging.yaml", text)).unwrap();
    "staging".clone_into(&mut environment.name);
    Some(environment)
}

fn pair(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

fn offer(name: &str, text: &str, origin: &str) -> Vec<Offer> {
    vec![Offer { name: name.into(), value: json!(text), origin: origin.into() }]
}

/// Each row takes the winner of the row before away.
#[test]
fn first_hit_wins() {
    let x = || Input { default: Some(json!("default")), env: Some("WEBEX_X".to_owned()), ..input("x") };
    let mut case = Case {
        machine: Machine {
            process: [("WXFLOW_VAR_x", "wxflow_var"), ("WEBEX_X", "process")].into(),
            dotenv: [("WEBEX_X", "dotenv")].into(),
            ..Machine::default()
        },
        vars: offer("x", "var", "--var x"),
        row: offer("x", "row", "row 2 of people.csv"),
        secrets: pair("x", "secret"),
        environment: environment("vars: {x: environment}"),
        ..Case::default()
    };
    assert_eq!(case.value(x()), json!("secret"));
    case.secrets.clear();
    assert_eq!(case.value(x()), json!("var"));
    case.vars.clear();
    assert_eq!(case.value(x()), json!("row"));
    let wrong = case.error(Input { kind: InputType::Integer, ..x() }).0;
    assert_eq!(wrong, "input `x` is `row`, from row 2 of people.csv, which is not an integer");
    case.row.clear();
    assert_eq!(case.value(x()), json!("wxflow_var"));
    case.machine.process.remove("WXFLOW_VAR_x");
    assert_eq!(case.value(x()), json!("environment"));
    case.environment = None;
    assert_eq!(case.value(x()), json!("process"));
    case.machine.process.insert("WEBEX_X", "");
    assert_eq!(case.value(x()), json!("dotenv"), "an empty variable is no value");
    case.machine.dotenv.clear();
    assert_eq!(case.value(x()), json!("default"));
    assert_eq!(case.error(Input { default: None, ..x() }).0, "input `x` has no value: WEBEX_X is empty");
    case.machine.process.clear();
    assert_eq!(case.error(Input { default: None, ..x() }).0, "input `x` has no value: WEBEX_X is not set");
}

#[test]
fn env_is_a_request_not_a_permission() {
    let x = || Input { env: Some("CI_JOB_ID".to_owned()), ..input("x") };
    let mut case = Case::default();
    case.machine.process.insert("CI_JOB_ID", "7");
    let (message, help) = case.error(x());
    assert_eq!(message, "input `x` has no value: the flow may not read CI_JOB_ID without your permission");
    assert_eq!(help, "permit it with --allow-env CI_JOB_ID, or give the value with --var x=…");
    case.allow_env = vec!["CI_JOB_ID".to_owned()];
    assert_eq!(case.value(x()), json!("7"));
    case.allow_env.clear();
    case.environment = environment("allow_env: [CI_JOB_ID]");
    assert_eq!(case.value(x()), json!("7"));
    case.environment = None;
    let resolved = case.resolve(&[Input { default: Some(json!("d")), ..x() }]).unwrap();
    assert_eq!(resolved.warnings[0].message, "input `x` takes its default: the flow may not read CI_JOB_ID");
}

#[test]
fn an_environments_secret_is_bound_and_masked() {
    let mut case = Case { environment: environment("secrets: {x: {file: k, hosts: [a.example]}}"), ..Case::default() };
    case.machine.files.insert("k", "hunter22");
    let resolved = case.resolve(&[input("x")]).unwrap().inputs.remove(0);
    assert!(resolved.secret);
    assert_eq!(resolved.hosts.unwrap().len(), 1);
    assert_eq!(case.redactor.mask("a hunter22 b"), "a *** b");
}

#[test]
fn no_other_account_steps_in_for_an_environments_secret() {
    let x = Input { env: Some("WEBEX_X".to_owned()), secret: true, ..input("x") };
    let mut case = Case { environment: environment("secrets: {x: {env: STAGING_X}}"), ..Case::default() };
    case.machine.process.insert("WEBEX_X", "the production token");
    let (message, help) = case.error(x);
    assert_eq!(message, "input `x` has no value: the environment `staging` takes it from STAGING_X, which is not set");
    assert_eq!(help, "set STAGING_X, or give it with --secret x=@FILE");
}

#[test]
fn text_becomes_the_inputs_type() {
    let of = |kind, text: &str| {
        Case { vars: offer("x", text, "--var x"), ..Case::default() }
            .resolve(&[Input { kind, ..input("x") }])
            .map(|r| r.inputs[0].value.clone())
            .ok()
    };
    assert_eq!(of(InputType::String, "1"), Some(json!("1")));
    assert_eq!(of(InputType::Integer, "18446744073709551615"), Some(json!(u64::MAX)));
    assert_eq!(of(InputType::Integer, "1.5"), None);
    assert_eq!(of(InputType::Number, "1.5"), Some(json!(1.5)));
    assert_eq!(of(InputType::Boolean, "true"), Some(json!(true)));
    assert_eq!(of(InputType::Boolean, "yes"), None);
    assert_eq!(of(InputType::List, "[1]"), Some(json!([1])));
    assert_eq!(of(InputType::List, "1"), None);
    assert_eq!(of(InputType::Object, "{\"a\": 1}"), Some(json!({"a": 1})));
}

#[test]
fn a_wrong_value_is_shown_unless_it_is_secret() {
    let kind = InputType::Integer;
    let case = Case { vars: offer("x", "many-many", "--var x"), ..Case::default() };
    let (message, help) = case.error(Input { kind, ..input("x") });
    assert_eq!(message, "input `x` is `many-many`, from --var x, which is not an integer");
    assert_eq!(help, "write it like `5`");
    let (message, _) = case.error(Input { kind, secret: true, ..input("x") });
    assert_eq!(message, "the value of input `x`, from --var x, is not an integer");
    let choices = vec![json!("red"), json!("green")];
    let case = Case { vars: offer("x", "gren", "--var x"), ..Case::default() };
    let (message, help) = case.error(Input { choices, ..input("x") });
    assert_eq!(
        (message.as_str(), help.as_str()),
        ("input `x` is `gren`, from --var x, which is none of its choices", "did you mean `green`?")
    );
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let errors = Case::default().resolve(&[input("a"), Input { secret: true, ..input("b") }]).unwrap_err();
    let told: Vec<_> = errors.iter().map(|e| (e.code, e.help.as_deref().unwrap())).collect();
    assert_eq!(
        told,
        [(Code::MissingInput, "give it with --var a=…"), (Code::MissingInput, "give it with --secret b=@FILE")]
    );
}

#[test]
fn a_person_is_asked_last_and_for_permission() {
    let mut case = Case::default();
    case.machine.typed = Some("typed");
    case.machine.process.extend([("CI_JOB_ID", "7"), ("HOME", "/root")]);
    assert_eq!(case.value(input("x")), json!("typed for a.flow.yaml x"));
    assert_eq!(case.value(Input { default: Some(json!("d")), ..input("x") }), json!("d"));
    assert_eq!(case.value(Input { env: Some("CI_JOB_ID".to_owned()), ..input("x") }), json!("7"));
    let refused = Input { env: Some("HOME".to_owned()), default: Some(json!("d")), ..input("x") };
    assert_eq!(case.value(refused), json!("d"));
    case.sandbox = Some(Invented { seed: 1, ..Invented::default() });
    assert_eq!(case.error(input("x")).0, "input `x` has no value", "nobody is asked for the sandbox");
}

#[test]
fn the_sandbox_reads_nothing_of_the_machine() {
    let mut case = Case {
        sandbox: Some(Invented { variables: pair("WEBEX_BOT_TOKEN", "sandbox-bot"), seed: 7, ..Invented::default() }),
        environment: environment(
            "vars: {url: https://webexapis.com}\nsecrets: {bot: {env: WEBEX_BOT_TOKEN, hosts: [a.example]}, other: {file: k}}",
        ),
        ..Case::default()
    };
    case.machine.process.extend([("WEBEX_BOT_TOKEN", "real"), ("WXFLOW_VAR_url", "real"), ("WEBEX_Y", "real")]);
    let y = Input { env: Some("WEBEX_Y".to_owned()), ..input("y") };
    let resolved = case.resolve(&[input("bot"), input("other"), input("url")]).unwrap().inputs;
    assert_eq!(resolved[0].value, json!("sandbox-bot"));
    assert!(resolved[0].secret && resolved[0].hosts.is_none());
    assert_eq!(resolved[1].value.as_str().map(str::len), Some(32));
    assert_eq!(resolved[2].value, json!("https://webexapis.com"));
    assert_eq!(case.error(y).1, "give it with --var y=…");
    let again = case.resolve(&[input("other")]).unwrap().inputs;
    assert_eq!(again[0].value, resolved[1].value, "the same seed gives the same secret");
    case.secrets = pair("bot", "mine");
    assert_eq!(case.value(input("bot")), json!("mine"));
}

#[test]
fn a_short_secret_warns() {
    let case = Case { secrets: pair("pin", "1234"), ..Case::default() };
    let resolved = case.resolve(&[input("pin")]).unwrap();
    assert!(resolved.warnings[0].message.starts_with("the value of `pin` has fewer than 6 bytes"));
    let default = Input { secret: true, default: Some(json!("12")), ..input("x") };
    assert_eq!(case.resolve(&[default]).unwrap().warnings.len(), 1);
    let known = Case { secrets: pair("pin", "1234"), ..Case::default() };
    known.redactor.learn("pin", "1234", None);
    assert_eq!(known.resolve(&[input("pin")]).unwrap().warnings.len(), 1, "also where it was known before");
}
