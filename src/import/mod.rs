//! What people have elsewhere, as drafts of flows: one module per format, each a pure function over text.
//!
//! An importer loses nothing silently: what the language cannot say is a [`Loss`], and a comment beside its step.

mod call;
pub mod curl;
pub mod har;
mod holes;
mod lift;
mod reply;
mod secret;
mod steps;

use std::collections::HashSet;
use std::fmt;

use crate::flow::draft::Draft;
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
    /// Where: `FOLDER / REQUEST`.
    pub place: String,
    /// What, in one line.
    pub what: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
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
pub struct FileNames(HashSet<String>);

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
        let mut unique = base.to_owned();
        let mut number = 2_usize;
        while !self.0.insert(unique.clone()) {
            unique = format!("{base}-{number}");
            number += 1;
        }
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
