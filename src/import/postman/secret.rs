//! What must not stand in a flow: credentials, by the name they have, the place they stand in, or how they look.

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};

use super::text::{Part, parts};

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
    /// How often a wish was made, so that each gets the next number.
    wishes: HashMap<String, usize>,
}

/// Words of a name that holds a credential.
const WORDS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "credentials",
    "bearer",
    "jwt",
    "sessionid",
    "signature",
];
/// Last words of a name that says something about a credential, and holds none.
const ABOUT: &[&str] =
    &["url", "uri", "endpoint", "type", "expires", "expiry", "ttl", "name", "length", "count", "header", "status"];

/// Whether a variable, header or field of this name holds a credential.
pub(super) fn is_secret_name(name: &str) -> bool {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars().take(200) {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    let pairs = words.windows(2).map(<[std::string::String]>::concat);
    let held = words.iter().cloned().chain(pairs).any(|word| WORDS.contains(&word.as_str()));
    held && !words.last().is_some_and(|last| ABOUT.contains(&last.as_str())) && !words.contains(&"page".to_owned())
}

/// Whether a text looks like a credential wherever it stands.
pub(super) fn is_credential(text: &str) -> bool {
    tokens(text).next().is_some_and(|(start, end)| start == 0 && end == text.len())
}

/// The bytes of each JSON Web Token, and of each key of a well-known kind, in a text.
fn tokens(text: &str) -> impl Iterator<Item = (usize, usize)> {
    const STARTS: &[&str] =
        &["ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "sk-", "AKIA", "PMAK-"];
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let mut at = 0;
    text.split_inclusive(move |c| !is_word(c)).filter_map(move |word| {
        let start = at;
        at += word.len();
        let inner = word.trim_end_matches(|c| !is_word(c));
        let jwt = inner.starts_with("eyJ") && inner.matches('.').count() >= 2;
        let key = inner.len() >= 20 && STARTS.iter().any(|begin| inner.starts_with(begin));
        (jwt || key).then_some((start, start + inner.len()))
    })
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
        let number = self.wishes.entry(wish.clone()).or_insert(0);
        let name = loop {
            *number += 1;
            let name = if *number == 1 { wish.clone() } else { format!("{wish}_{number}") };
            if !taken(&name) && !self.inputs.contains(&name) {
                break name;
            }
        };
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
        let mut ranges: Vec<(usize, usize)> = tokens(text).collect();
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
    fn names_of_credentials() {
        for yes in
            ["access_token", "bot_token", "apiKey", "X-API-Key", "clientSecret", "PASSWORD", "jwt", "Authorization"]
        {
            assert!(is_secret_name(yes), "{yes}");
        }
        for no in ["token_url", "tokenType", "secretary", "roomId", "page_token", "user", "keyboard", "passwordLength"]
        {
            assert!(!is_secret_name(no), "{no}");
        }
    }

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
