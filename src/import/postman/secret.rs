//! Which variables of a collection are secret, and which literals became an input for it.

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};

use super::text::{Part, parts};
use crate::flow::draft::Numbers;
use crate::import::secret::{is_secret_name, tokens_in};

/// What is known of secrets while a collection is read.
#[derive(Default)]
pub(super) struct Secrets {
    /// Postman's variables that hold one.
    names: HashSet<String>,
    /// Literal credentials, with the input that each became.
    lifted: HashMap<String, String>,
    inputs: HashSet<String>,
    /// Values that must not be written anywhere, comments neither.
    values: HashSet<String>,
    numbers: Numbers,
}

impl Secrets {
    /// Says that a variable holds a secret, and what it is where that is known.
    pub(super) fn learn(&mut self, name: &str, value: &str) {
        self.names.insert(name.to_owned());
        self.hide(value);
    }

    /// Every variable in a text that is a credential.
    pub(super) fn learn_names(&mut self, text: &str) {
        for part in parts(text) {
            if let Part::Name(name) = part
                && !name.starts_with('$')
            {
                self.names.insert(name.to_owned());
            }
        }
    }

    /// Keeps a value out of everything that is written.
    pub(super) fn hide(&mut self, value: &str) {
        if value.len() >= 6 && !value.contains("{{") {
            self.values.insert(value.to_owned());
        }
    }

    /// Whether a variable holds a secret.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.names.contains(name) || self.inputs.contains(name) || is_secret_name(name)
    }

    /// Whether this input was a literal credential.
    pub(super) fn is_lifted(&self, name: &str) -> bool {
        self.inputs.contains(name)
    }

    /// A credential as a text of Postman's: a literal becomes a variable like `wish`, `taken` says which names are used.
    pub(super) fn lift(&mut self, text: &str, wish: &str, taken: &dyn Fn(&str) -> bool) -> String {
        let literal = !parts(text).iter().any(|part| matches!(part, Part::Name(_)));
        if !literal {
            self.learn_names(text);
            return text.to_owned();
        }
        if text.is_empty() {
            return String::new();
        }
        self.hide(text);
        if let Some(name) = self.lifted.get(text) {
            return format!("{{{{{name}}}}}");
        }
        let wish: String =
            wish.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let free = |name: &str| !taken(name) && !self.inputs.contains(name);
        let name = self.numbers.next(&wish, |wish, number| format!("{wish}_{number}"), free);
        self.inputs.insert(name.clone());
        self.lifted.insert(text.to_owned(), name.clone());
        format!("{{{{{name}}}}}")
    }

    /// What takes every credential out of a text: those that are known, and those that look like one.
    pub(super) fn mask(&self) -> Mask {
        Mask(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&self.values).ok())
    }
}

/// Takes credentials out of comments and messages.
pub(super) struct Mask(Option<AhoCorasick>);

impl Mask {
    pub(super) fn masked(&self, text: &str) -> String {
        let mut ranges: Vec<(usize, usize)> = tokens_in(text).map(|token| (token.start, token.end)).collect();
        if let Some(known) = &self.0 {
            ranges.extend(known.find_iter(text).map(|m| (m.start(), m.end())));
        }
        ranges.sort_unstable();
        let (mut out, mut at) = (String::new(), 0);
        for (start, end) in ranges {
            if start >= at {
                out.push_str(text.get(at..start).unwrap_or(""));
                out.push_str("***");
            }
            at = at.max(end);
        }
        out.push_str(text.get(at..).unwrap_or(""));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_one_input_each_and_are_masked() {
        let mut secrets = Secrets::default();
        let taken = |name: &str| name == "token";
        assert_eq!(secrets.lift("abc123456", "token", &taken), "{{token_2}}");
        assert_eq!(secrets.lift("abc123456", "token", &taken), "{{token_2}}");
        assert_eq!(secrets.lift("{{mine}}", "token", &taken), "{{mine}}");
        assert!(secrets.holds("mine") && secrets.holds("token_2"));
        assert_eq!(secrets.mask().masked("x = 'abc123456'; y = eyJa.eyJb.c;"), "x = '***'; y = ***;");
    }
}
