//! The language by example: every file in `corpus/valid` loads, every file in `corpus/invalid` says what is wrong as its
//! snapshot shows. A new test is a new file.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wxflow::check::Schemas;
use wxflow::diagnostic::{Code, Diagnostic, render};
use wxflow::flow::Flow;
use wxflow::load::{Library, Parsed, Project, Surroundings};
use wxflow::schema::flow_schema;
use wxflow::source::Source;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

fn files(name: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder(name))
        .expect("the corpus is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)))
        .filter(|(name, _)| name.ends_with(".flow.yaml"))
        .map(|(name, path)| (name, fs::read_to_string(path).expect("it can be read")))
        .collect();
    files.sort();
    files
}

/// The corpus is a project of its own: its flows read each other, and nothing outside.
fn library() -> Library {
    let corpus = folder("").canonicalize().expect("the corpus is there");
    let around = Surroundings::new(&corpus, None).expect("the corpus is there");
    let project = Project::named(&corpus, &around).expect("it is a folder");
    Library::new(Arc::new(project), corpus)
}

fn load(library: &Library, name: &str, file: &str) -> Arc<Parsed> {
    let place = library.project().root().join(name).join(file);
    library.flow(&place, file, &mut Schemas::default())
}

fn parse(file: &str, text: &str) -> Result<(Flow, Vec<Diagnostic>), Vec<Diagnostic>> {
    let library = library();
    let source = Source::new(file, text);
    Flow::parse(source, Arc::from(file), folder("valid"), &**library.project(), &mut Schemas::default(), &mut ())
}

fn rendered(list: &[Diagnostic]) -> String {
    list.iter().map(|d| render(d, false, 100)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn valid_flows_load_and_pass_the_schema() {
    let validator = jsonschema::validator_for(&flow_schema()).expect("it compiles");
    let mut problems = BTreeMap::new();
    let library = library();
    for (file, text) in files("valid") {
        let parsed = load(&library, "valid", &file);
        let list = parsed.flow.as_ref().err().unwrap_or(&parsed.warnings);
        if !list.is_empty() {
            problems.insert(file.clone(), rendered(list));
        }
        let value: serde_json::Value = match serde_yaml::from_str(&text) {
            Ok(value) => value,
            Err(error) => {
                problems.insert(format!("{file} for another YAML reader"), error.to_string());
                continue;
            }
        };
        for error in validator.iter_errors(&value) {
            problems.insert(format!("{file} against the schema"), format!("{error} at {}", error.instance_path()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.iter().map(|(f, p)| format!("== {f}\n{p}\n")).collect::<String>());
}

#[test]
fn the_valid_flows_use_every_key() {
    fn keys(value: &serde_json::Value, out: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
                out.insert(key.clone());
                keys(value, out);
            }),
            serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, out)),
            _ => {}
        }
    }
    fn known(schema: &serde_json::Value, out: &mut BTreeSet<String>) {
        if let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) {
            out.extend(properties.keys().cloned());
        }
        match schema {
            serde_json::Value::Object(map) => map.values().for_each(|value| known(value, out)),
            serde_json::Value::Array(items) => items.iter().for_each(|item| known(item, out)),
            _ => {}
        }
    }
    let (mut used, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in files("valid") {
        keys(&serde_yaml::from_str(&text).unwrap_or_default(), &mut used);
    }
    known(&flow_schema(), &mut all);
    let missing: Vec<_> = all.difference(&used).collect();
    assert!(missing.is_empty(), "no valid flow uses {missing:?}");
}

#[test]
fn invalid_flows_say_what_is_wrong() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("corpus/invalid/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    let mut seen = BTreeSet::new();
    let mut helpless = Vec::new();
    for (file, _) in files("invalid") {
        // Each in a library of its own, so that what one file says does not hang on the others.
        let Err(list) = load(&library(), "invalid", &file).flow.clone() else { panic!("{file} loads, and should not") };
        helpless.extend(list.iter().filter(|d| d.help.is_none()).cloned());
        seen.extend(list.iter().map(|d| d.code));
        let text = rendered(&list).replace(&*library().project().root().to_string_lossy(), "tests/corpus");
        insta::assert_snapshot!(file.trim_end_matches(".flow.yaml"), text);
    }
    assert!(helpless.is_empty(), "these say no next step:\n{}", rendered(&helpless));
    let missing: Vec<_> = REACHABLE.iter().filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "no file shows {missing:?}");
}

#[test]
fn a_file_cut_off_anywhere_is_read_without_a_panic() {
    for folder in ["valid", "invalid"] {
        for (file, text) in files(folder) {
            for end in (0..text.len()).step_by(11).filter(|end| text.is_char_boundary(*end)) {
                let list = parse(&file, &text[..end]).map_or_else(|list| list, |(_, warnings)| warnings);
                assert!(list.iter().all(|d| render(d, false, 100).contains(&file)), "{file} cut at {end}");
            }
        }
    }
}

#[test]
fn a_flow_is_called_after_its_file_unless_it_has_a_name() {
    let name = |file: &str, text: &str| parse(file, text).expect("it loads").0.name;
    assert_eq!(name("a/log-in.flow.yaml", "steps: [{ wait: 0s }]"), "log-in");
    assert_eq!(name("a/log-in.flow.yaml", "name: Log in\nsteps: [{ wait: 0s }]"), "Log in");
}

#[test]
fn a_reply_is_kept_only_where_a_later_template_reads_it() {
    let text = "steps:\n  - id: a\n    request: GET https://e.x/\n  - id: b\n    request: GET https://e.x/\n  - id: c\n    \
                request: GET https://e.x/\n  - check: [\"steps.a.response.status == 200\", \"steps.b.outcome == 'passed'\"]\n\
                outputs: { all: \"{{ steps.c }}\" }\n";
    let flow = parse("keep.flow.yaml", text).expect("it loads").0;
    let kept: Vec<_> = flow.steps.iter().map(|step| step.keep_response).collect();
    assert_eq!(kept, [true, false, true, false]);
}

#[test]
fn credentials_in_the_file_are_a_warning() {
    let text = "steps:\n  - request: GET https://e.x/\n    auth: { bearer: abcdef123456 }\n";
    let (_, warnings) = parse("warn.flow.yaml", text).expect("it loads");
    assert_eq!(warnings.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::CredentialLiteral]);
}

/// Every code that reading a flow can give. `FileRefused` and `MissingInput` belong to `load` and `run`.
const REACHABLE: &[Code] = &[
    Code::YamlSyntax,
    Code::YamlUnsupported,
    Code::YamlBudget,
    Code::YamlEmptyValue,
    Code::YamlAmbiguousNumber,
    Code::YamlUnquotedTemplate,
    Code::YamlUnquotedPath,
    Code::YamlComment,
    Code::DuplicateKey,
    Code::UnknownKey,
    Code::ReservedKey,
    Code::MissingKey,
    Code::ConflictingKeys,
    Code::WrongType,
    Code::InvalidValue,
    Code::InvalidName,
    Code::DuplicateName,
    Code::UndefinedName,
    Code::UnboundStep,
    Code::TemplateSyntax,
    Code::UnknownFilter,
    Code::UnknownFunction,
    Code::UnknownTest,
    Code::TemplateMisplaced,
    Code::BracesInExpression,
    Code::InvalidJsonPath,
    Code::InvalidXPath,
    Code::InvalidRegex,
    Code::InvalidSchema,
    Code::InvalidDuration,
    Code::InvalidStatus,
    Code::InvalidUrl,
    Code::InvalidMethod,
    Code::InvalidHeader,
    Code::InvalidHost,
    Code::UnknownOperator,
    Code::FileUnreadable,
    Code::FileRefused,
    Code::CredentialLiteral,
    Code::LiteralText,
    Code::InvalidInput,
    Code::UseCycle,
    Code::InvalidUse,
];

#[test]
fn every_code_is_one_that_the_corpus_must_show() {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostic.rs")).unwrap();
    let rows = source.lines().filter_map(|line| line.trim().strip_prefix("Code::")?.split_once(" => \""));
    let texts: BTreeSet<_> = rows.map(|(_, text)| text.trim_end_matches("\",").to_owned()).collect();
    let mut shown: BTreeSet<_> = REACHABLE.iter().map(|code| code.as_str().to_owned()).collect();
    // What is missing is known only when a flow is to run.
    shown.insert(Code::MissingInput.as_str().to_owned());
    assert_eq!(texts, shown);
}
