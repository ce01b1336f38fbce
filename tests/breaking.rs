//! Every line of a whole flow, broken in five ways: each break is found at load, at its line, with a help.
//!
//! What is harmless, or shows only at run time, stands in [`HARMLESS`] with its reason.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;
use wxflow::check::Schemas;
use wxflow::diagnostic::{Diagnostic, Severity, render};
use wxflow::flow::Flow;
use wxflow::source::{FileError, Files, Source};

/// The files of this repository.
struct Repository;

impl Files for Repository {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        let missing = |_| FileError {
            message: "it is not there".to_owned(),
            help: Some("paths begin at the flow's folder".to_owned()),
        };
        fs::read(folder.join(path)).map_err(missing)
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        Ok(folder.join(path))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    /// Two letters of a key are swapped.
    Key,
    /// A value becomes a list in a list; a list becomes a number.
    Type,
    /// Two letters of a name in a template are swapped.
    Name,
    /// The line is gone.
    Removed,
    /// One space more before the line.
    Indented,
}

use Break::{Indented, Key, Name, Removed, Type};

fn flow() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/guest-joins-space.flow.yaml");
    fs::read_to_string(path).expect("the flow is there")
}

fn problems(text: &str) -> Vec<Diagnostic> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let path = Arc::from("flows/guest-joins-space.flow.yaml");
    match Flow::parse(Source::new("guest.flow.yaml", text), path, folder, &Repository, &mut Schemas::default(), &mut ())
    {
        Ok((_, warnings)) => warnings,
        Err(list) => list,
    }
}

/// Swaps the first two letters that differ.
fn swapped(word: &str) -> Option<String> {
    let mut bytes = word.as_bytes().to_vec();
    let at = bytes.windows(2).position(|w| w[0] != w[1] && w.iter().all(u8::is_ascii_alphabetic))?;
    bytes.swap(at, at + 1);
    String::from_utf8(bytes).ok()
}

/// The line with each of its words that `pattern` captures swapped, one at a time.
fn misspelt(line: &str, pattern: &Regex) -> Vec<(String, String)> {
    let words = pattern.captures_iter(line).filter_map(|c| c.get(1));
    words
        .filter_map(|word| {
            let wrong = swapped(word.as_str())?;
            let whole = format!("{}{wrong}{}", &line[..word.start()], &line[word.end()..]);
            Some((word.as_str().to_owned(), whole))
        })
        .collect()
}

struct Case {
    how: Break,
    /// The line, from 1.
    line: usize,
    /// The word that was misspelt, else the line.
    what: String,
    text: String,
}

fn cases(flow: &str) -> Vec<Case> {
    let key = Regex::new(r"(?:^|[\s{,])(\$?[A-Za-z_][\w.]*):(?:\s|$)").expect("it compiles");
    let name = Regex::new(r"\{\{ (\w+)").expect("it compiles");
    let value = Regex::new(r"^(\s*(?:- )?[\w$.]+: +)(\S.*)$").expect("it compiles");
    let comment = Regex::new(" +# .*$").expect("it compiles");
    let flow = flow.lines().map(|line| comment.replace(line, "").into_owned()).collect::<Vec<_>>();
    let lines: Vec<&str> = flow.iter().map(String::as_str).collect();
    let mut cases = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let with = |new: Option<String>| {
            let mut lines: Vec<_> = lines.iter().map(|l| (*l).to_owned()).collect();
            match new {
                Some(new) => lines[index] = new,
                None => drop(lines.remove(index)),
            }
            lines.join("\n") + "\n"
        };
        let mut add = |how, what: &str, text| cases.push(Case { how, line: index + 1, what: what.to_owned(), text });
        for (word, new) in misspelt(line, &key) {
            add(Key, &word, with(Some(new)));
        }
        for (word, new) in misspelt(line, &name) {
            add(Name, &word, with(Some(new)));
        }
        if let Some(found) = value.captures(line) {
            let wrong = if found[2].starts_with('[') { "7" } else { "[[1]]" };
            add(Type, line.trim(), with(Some(format!("{}{wrong}", &found[1]))));
        }
        add(Removed, line.trim(), with(None));
        add(Indented, line.trim(), with(Some(format!(" {line}"))));
    }
    cases
}

#[test]
fn the_flow_itself_is_sound() {
    let problems = problems(&flow());
    assert!(problems.is_empty(), "{}", problems.iter().map(|d| render(d, false, 100)).collect::<String>());
}

#[test]
fn every_broken_line_is_found_at_load() {
    let mut wrong = String::new();
    let mut used = vec![false; HARMLESS.len()];
    for case in cases(&flow()) {
        let found = problems(&case.text);
        let errors = found.iter().filter(|d| d.severity == Severity::Error);
        let at_line = |d: &Diagnostic| {
            let spans = std::iter::once(d.span).chain(d.related.as_ref().map(|(span, _)| *span));
            spans.map(|span| d.source.position(span.start).line as usize).any(|line| line == case.line)
        };
        let placed = case.how == Removed || found.iter().any(at_line);
        let helped = found.iter().all(|d| d.help.is_some());
        let known = HARMLESS
            .iter()
            .position(|(how, what, _)| *how == case.how && Regex::new(what).is_ok_and(|r| r.is_match(&case.what)));
        match (errors.count() > 0 && placed && helped, known) {
            (false, Some(known)) if helped => used[known] = true,
            (true, _) => {}
            _ => {
                let shown: String = found.iter().map(|d| render(d, false, 100) + "\n").collect();
                wrong += &format!("{:?} of `{}` at line {}:\n{shown}\n", case.how, case.what, case.line);
            }
        }
    }
    assert!(wrong.is_empty(), "not found at load, or at another line:\n{wrong}");
    let stale: Vec<_> =
        HARMLESS.iter().zip(used).filter(|(_, used)| !used).map(|((how, what, _), _)| (how, what)).collect();
    assert!(stale.is_empty(), "these are found now, remove them: {stale:?}");
}

/// (break, the word or line, why it is not found at load).
const HARMLESS: &[(Break, &str, &str)] = &[
    (Removed, "^(name|description|tags|timeout):", "optional: the flow does the same, called otherwise or within 30s"),
    (
        Removed,
        "^(status|duration|schema|expect|\\$.*):",
        "an assertion less is still a flow: below 400 is asked for anyway",
    ),
    (Removed, "^auth:", "a request may go without credentials: the server answers 401"),
    (Removed, "^json:", "a POST may have no body: the server answers 400"),
    (Removed, "^expires_in:", "a token may have no expiry: the server refuses it"),
    (Removed, "^(access_token|person_id):", "a flow may give fewer outputs"),
    (
        Key,
        "^(sub|name|iss|title|roomId|personId)$",
        "claims and JSON have keys of the user's own: the server refuses them",
    ),
    (Key, "^(access_token|person_id)$", "an output may have any name: its caller misses it at load"),
    (
        Type,
        "^(webex_url|issuer|secret|bot_token|guest_name):",
        "an input may be a list: what needs text says so when it is rendered",
    ),
    (
        Type,
        "^(guest_id|access_token|person_id):",
        "a var or an output may be a list: what needs text says so when it is rendered",
    ),
    (Type, "^(json|\\$\\..*):", "JSON may be a list: the assertion compares with it and fails"),
    (Indented, "^(guest_id|access_token):", "the only key of a mapping may stand in any column"),
];
