//! What people have elsewhere, as drafts of flows: one module per format, each a pure function over text.
//!
//! An importer loses nothing silently: what the language cannot say is a [`Loss`], and a comment beside its step.

mod call;
pub mod curl;
pub mod har;
mod holes;
mod lift;
pub mod postman;
mod reply;
mod secret;
mod steps;

use std::collections::HashSet;
use std::fmt;

use crate::flow::draft::{Draft, Numbers};
use crate::value::{Map, Value};

/// What an importer made of its input.
#[derive(Debug, Default)]
pub struct Import {
    /// The flows, each with its path from the project root: `flows/people.flow.yaml`.
    pub flows: Vec<(String, Draft)>,
    /// The environments, each with its path from the project root: `environments/staging.yaml`.
    pub environments: Vec<(String, Map<String, Value>)>,
    /// What could not be carried over, in the order of the input.
    pub losses: Vec<Loss>,
    /// What the person should know or do: names that were changed, secrets to set.
    pub notes: Vec<String>,
}

/// Something that could not be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The file that it stands in, as the person named it.
    pub file: String,
    /// Where in it: `FOLDER / REQUEST`, `line 3`.
    pub place: String,
    /// What, in one line.
    pub what: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() && self.file != self.place {
            write!(f, "{}: ", self.file)?;
        }
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Loss {
    /// A loss; the importer says later in which file.
    fn new(place: &str, what: impl Into<String>) -> Self {
        Self { file: String::new(), place: place.to_owned(), what: what.into() }
    }
}

impl Import {
    /// Gives the losses that do not say so the file that they stand in.
    fn of_file(mut self, file: &str) -> Self {
        for loss in self.losses.iter_mut().filter(|loss| loss.file.is_empty()) {
            loss.file = file.to_owned();
        }
        self
    }
}

/// Why nothing could be made of an input, with its place in it where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// What is wrong: `orders.json:12:3: …`.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A file name for `name`, in its own script: `Team Memberships` is `team-memberships`. Each is given once.
#[derive(Debug, Default)]
pub struct FileNames {
    taken: HashSet<String>,
    numbers: Numbers,
}

impl FileNames {
    /// The file name, without an extension; `fallback` where `name` has no letter or digit.
    pub fn unique(&mut self, name: &str, fallback: &str) -> String {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_alphanumeric() && slug.len() < 60 {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_matches('-');
        let base = if slug.is_empty() { fallback } else { slug };
        let taken = &mut self.taken;
        self.numbers.next(base, |base, number| format!("{base}-{number}"), |name| taken.insert(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Schemas;
    use crate::flow::{Flow, Library, UseError};
    use crate::source::{FileError, Files, Source};
    use proptest::prelude::*;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    struct Nothing;

    impl Files for Nothing {
        fn read(&self, _: &Path, path: &str) -> Result<Vec<u8>, FileError> {
            Err(FileError { message: path.to_owned(), help: None })
        }
        fn resolve(&self, _: &Path, path: &str) -> Result<PathBuf, FileError> {
            Err(FileError { message: path.to_owned(), help: None })
        }
    }

    impl Library for Nothing {
        fn flow(&mut self, _: &Path, path: &str, _: &str, _: &mut Schemas) -> Result<Arc<Flow>, UseError> {
            panic!("an imported flow uses no other: {path}");
        }
    }

    /// What was imported is a valid flow, and nothing in it is warned of.
    fn holds(import: &Import) {
        for (path, draft) in &import.flows {
            let text = draft.to_yaml();
            let (source, folder) = (Source::new(path.as_str(), text.as_str()), PathBuf::from("/p/flows"));
            let read = Flow::parse(source, Arc::from(&**path), folder, &Nothing, &mut Schemas::default(), &mut Nothing);
            let told = read.map_or_else(|mistakes| mistakes, |(_, warnings)| warnings);
            let told: Vec<_> = told.into_iter().map(|d| d.message).collect();
            assert_eq!(told, Vec::<String>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_curl_is_given_what_comes_out_is_a_flow(
            words in prop::collection::vec(
                prop_oneof![
                    "-(X|H|d|F|u|b|A|e|G|I|T|m|k|L|s)",
                    "--(json|data-raw|data-urlencode|url-query|form-string|retry|max-redirs|header|next)",
                    "(https?://)?[a-z${}:@]{1,6}\\.example(/[ -~]{0,12})?",
                    "[ -~\\n]{0,20}",
                    "[a-zA-Z_-]{1,8}[:=] ?[ -~é]{0,12}",
                ],
                0..12,
            ),
        ) {
            if let Ok(import) = curl::arguments(&words, None) {
                holds(&import);
            }
            let line = format!("curl {}", words.join(" "));
            for text in [line.clone(), line.replace(' ', " ^\n")] {
                if let Ok(import) = curl::text(&text, None, "x") {
                    holds(&import);
                }
            }
        }

        #[test]
        fn whatever_a_browser_saved_what_comes_out_is_a_flow(
            method in "[A-Z]{1,6}|GET|POST|PUT",
            path in "[ -~]{0,20}",
            header in "[a-zA-Z-]{1,9}",
            value in "[ -~é]{0,12}",
            body in prop_oneof!["[ -~]{0,24}", "\\{\"[a-z{} -]{0,8}\": \"[a-z{}%]{0,9}\"\\}"],
            mime in "application/json|text/plain|application/x-www-form-urlencoded|multipart/form-data",
        ) {
            let entry = serde_json::json!({
                "request": {"method": method, "url": format!("https://a.example/{path}"),
                    "headers": [{"name": header, "value": value}],
                    "postData": {"mimeType": mime, "text": body, "params": [{"name": header, "value": value}]}},
                "response": {"status": 200, "content": {"mimeType": "application/json", "text": body}},
            });
            let text = serde_json::json!({"log": {"entries": [entry.clone(), entry]}}).to_string();
            if let Ok(import) = har::har(text.as_bytes(), "x", "x.har", &har::Choice::default()) {
                holds(&import);
            }
            har::har(body.as_bytes(), "x", "x.har", &har::Choice::default()).ok();
        }
    }

    #[test]
    fn a_form_without_a_part_that_has_a_name_is_told_and_left_out() {
        let import = curl::arguments(&["-F", "\n=x", "a.example"].map(str::to_owned), None).unwrap();
        holds(&import);
        let told: Vec<_> = import.losses.iter().map(|loss| &*loss.what).collect();
        assert_eq!(told, ["a part of the form without a name"]);
    }

    #[test]
    fn what_a_flow_cannot_say_does_not_break_it() {
        let a_form = "curl a.example -F x=1 -H 'Content-Type: a/b' -H 'Content-Type: c/d'";
        let braces = "curl -u x:y 'http://a{{{{b.example'";
        for line in [a_form, braces] {
            holds(&curl::text(line, None, "x").unwrap());
        }
    }

    #[test]
    fn a_path_that_no_default_can_hold_stays_in_its_step() {
        for (path, written) in [("$DIR/x", "../{{ dir }}/x"), ("{{x", "../{{ '{{' }}x")] {
            let import = curl::text(&format!("curl a.example -d \"@{path}\""), None, "x").unwrap();
            holds(&import);
            let [(_, draft)] = &*import.flows else { panic!("one flow") };
            assert!(draft.to_yaml().contains(&format!("file: \"{written}\"")), "{}", draft.to_yaml());
        }
    }

    #[test]
    fn file_names_are_words_and_each_its_own() {
        let mut names = FileNames::default();
        assert_eq!(names.unique("Team Memberships", "flow"), "team-memberships");
        assert_eq!(names.unique("team / memberships!", "flow"), "team-memberships-2");
        assert_eq!(names.unique("../../etc", "flow"), "etc");
        assert_eq!(names.unique("Комнаты", "flow"), "комнаты");
        assert_eq!(names.unique("🚀", "flow"), "flow");
    }
}
