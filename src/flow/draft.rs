//! A flow before it is a file: what an importer found out, written as a person would write it.
//!
//! A draft holds what will stand in the file, in no particular order; `to_yaml` gives it the order of keys, the short
//! forms and the quotes. It is not checked here: the text goes through `Flow::parse` like any other.

use std::collections::{HashMap, HashSet};

use super::names;
use crate::template::percent_encode;
use crate::value::{Map, Value};
use crate::yaml::write::{comment, entry};

/// The order of a flow's keys. What stands in one row stands together, an empty line before each row.
const ROWS: &[&[&str]] = &[
    &["name", "description", "version", "tags"],
    &["inputs", "vars", "defaults"],
    &["steps"],
    &["outputs"],
    &["files"],
];
/// Keys whose entries stand on lines of their own, however short they are.
const OPEN: &[&str] = &["inputs", "vars", "defaults", "outputs", "files"];
/// The order of a step's keys: what it is, what is sent, what is expected, what is kept.
const STEP: &[&str] = &[
    "name",
    "id",
    "description",
    "when",
    "for_each",
    "request",
    "jwt",
    "use",
    "set",
    "wait",
    "check",
    "with",
    "once",
    "query",
    "headers",
    "cookies",
    "auth",
    "json",
    "form",
    "multipart",
    "text",
    "file",
    "timeout",
    "redirects",
    "http",
    "rate_limit",
    "save",
    "retry",
    "poll",
    "paginate",
    "expect",
    "capture",
    "cleanup",
    "continue_on_failure",
];

/// A flow to be written.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Comments at the head of the file; each may have several lines.
    pub comments: Vec<String>,
    /// The keys of the flow but `steps`, as they will stand in the file: `name`, `inputs`, `vars`, `defaults`, ….
    pub keys: Map<String, Value>,
    /// The steps.
    pub steps: Vec<DraftStep>,
}

/// A step of a draft.
#[derive(Clone, Debug, Default)]
pub struct DraftStep {
    /// Comments above the step.
    pub comments: Vec<String>,
    /// Its keys, as they will stand in the file: `name`, `request`, `expect`, ….
    pub keys: Map<String, Value>,
}

impl DraftStep {
    /// A step with a name and an action: `("Who am I", "request", "GET /people/me")`.
    pub fn new(name: &str, action: &str, value: impl Into<Value>) -> Self {
        let mut step = Self::default();
        step.set("name", name);
        step.set(action, value);
        step
    }

    /// Sets a key.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), prose(key, value.into()));
    }
}

impl Draft {
    /// Sets a key of the flow.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), prose(key, value.into()));
    }

    /// The text of the flow's file.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        for text in &self.comments {
            comment(&mut out, text, 0);
        }
        let known = |key: &String| ROWS.iter().any(|row| row.contains(&key.as_str()));
        let mut first = true;
        let mut row = |out: &mut String, keys: &mut dyn Iterator<Item = (&str, &Value)>| {
            for (at, (key, value)) in keys.enumerate() {
                if at == 0 && !std::mem::take(&mut first) {
                    out.push('\n');
                }
                entry(out, key, value, 0, OPEN.contains(&key));
            }
        };
        for keys in ROWS {
            row(&mut out, &mut keys.iter().filter_map(|key| Some((*key, self.keys.get(*key)?))));
            if keys.contains(&"steps") && !self.steps.is_empty() {
                out.push_str("\nsteps:\n");
                self.write_steps(&mut out);
            }
        }
        row(&mut out, &mut self.keys.iter().filter(|(key, _)| !known(key)).map(|(key, value)| (key.as_str(), value)));
        out
    }

    fn write_steps(&self, out: &mut String) {
        for (at, step) in self.steps.iter().enumerate() {
            if at > 0 {
                out.push('\n');
            }
            for text in &step.comments {
                comment(out, text, 2);
            }
            let place = |key: &str| STEP.iter().position(|k| *k == key).unwrap_or(STEP.len());
            let mut keys: Vec<_> = step.keys.iter().collect();
            keys.sort_by_key(|(key, _)| place(key));
            for (at, (key, value)) in keys.into_iter().enumerate() {
                out.push_str(if at == 0 { "  - " } else { "    " });
                entry(out, key, value, 4, false);
            }
        }
    }
}

/// Names and descriptions hold no template: braces that stand in one are set apart.
fn prose(key: &str, value: Value) -> Value {
    match value {
        Value::String(text) if matches!(key, "name" | "description") => apart(&text).into(),
        other => other,
    }
}

fn apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '{' && out.ends_with('{') {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// A piece of a text that becomes a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands for itself, whatever is in it.
    Text(String),
    /// An expression, without braces.
    Hole(String),
}

/// The template that renders to `pieces`: what is text is kept from being read as a template, of this language or another.
#[must_use]
pub fn template(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Hole(expression) => hole(&mut out, expression),
            Piece::Text(text) => {
                let mut rest = text.as_str();
                while let Some(sign) = rest.find(['{', '$']) {
                    let (before, from) = rest.split_at(sign);
                    out.push_str(before);
                    let length = mistaken(from);
                    let (literal, after) = from.split_at(length.max(1));
                    if length == 0 {
                        out.push_str(literal);
                    } else {
                        hole(&mut out, &quoted(literal));
                    }
                    rest = after;
                }
                out.push_str(rest);
            }
        }
    }
    out
}

/// A hole behind what stands there. A `{` or a `$` right before it would be read with its braces.
fn hole(out: &mut String, expression: &str) {
    let signs = out.split_off(out.trim_end_matches(['{', '$']).len());
    if !signs.is_empty() {
        hole(out, &quoted(&signs));
    }
    out.extend(["{{ ", expression, " }}"]);
}

/// How many bytes at the start of `text`, a `{` or a `$`, would be read as a template or be told to be none.
fn mistaken(text: &str) -> usize {
    // A `$` before braces is told to be no template, also before those that are written for it.
    let braces = text.trim_start_matches('$');
    let dollars = text.len() - braces.len();
    if braces.starts_with("{{") || braces.starts_with("{%") {
        return dollars + 2;
    }
    let name = braces.strip_prefix('{').filter(|_| dollars > 0).and_then(|rest| rest.split_once('}'));
    let Some((name, _)) = name else { return 0 };
    let shell = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if shell { dollars + name.len() + 2 } else { 0 }
}

/// The template of a URL: what cannot stand in one is percent-encoded, what is encoded already stays.
#[must_use]
pub fn url(pieces: &[Piece]) -> String {
    let one = |(at, piece): (usize, &Piece)| match piece {
        Piece::Text(text) => {
            let dollar = text.strip_suffix('$').filter(|_| matches!(pieces.get(at + 1), Some(Piece::Hole(_))));
            Piece::Text(dollar.map_or_else(|| url_text(text), |before| format!("{}%24", url_text(before))))
        }
        hole @ Piece::Hole(_) => hole.clone(),
    };
    template(&pieces.iter().enumerate().map(one).collect::<Vec<_>>())
}

/// Literal text of a URL, with what cannot stand in one percent-encoded.
#[must_use]
pub fn url_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || "\"<>\\^`{}|#".contains(c) {
            out.push_str(&percent_encode(c.encode_utf8(&mut [0; 4])));
        } else {
            out.push(c);
        }
    }
    out
}

/// A template whose first character is written as an expression where the text would be taken for a path or a file.
#[must_use]
pub fn plain_start(template: String) -> String {
    let path = template.starts_with("$.") || template.starts_with("$[");
    let file = template.starts_with('@') && template.contains('.');
    match template.split_at_checked(1) {
        Some((sign, rest)) if path || file => format!("{{{{ '{sign}' }}}}{rest}"),
        _ => template,
    }
}

/// The template that renders to `text`: the text itself, unless `{{` or `{%` is in it.
#[must_use]
pub fn literal(text: &str) -> String {
    template(&[Piece::Text(text.to_owned())])
}

/// Text as a literal of an expression: `'it\'s'`.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Gives whoever wishes for a name that is taken the next number, without asking for all those before it.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    wishes: HashMap<String, usize>,
}

impl Numbers {
    /// `wish`, or what `numbered` makes of it and 2, 3, … until `free` says that nothing has that name.
    pub fn next(
        &mut self,
        wish: &str,
        numbered: impl Fn(&str, usize) -> String,
        mut free: impl FnMut(&str) -> bool,
    ) -> String {
        let number = self.wishes.entry(wish.to_owned()).or_insert(0);
        loop {
            *number += 1;
            let name = if *number == 1 { wish.to_owned() } else { numbered(wish, *number) };
            if free(&name) {
                return name;
            }
        }
    }
}

/// Gives foreign names legal ones, each its own, the same one each time.
#[derive(Clone, Debug, Default)]
pub struct Names {
    given: HashMap<String, String>,
    taken: HashSet<String>,
    numbers: Numbers,
    renamed: Vec<(String, String)>,
}

impl Names {
    /// The legal name of `original`: itself where it may be one, else one like it that no other has.
    pub fn legal(&mut self, original: &str) -> String {
        if let Some(name) = self.given.get(original) {
            return name.clone();
        }
        let name = self.fresh(original);
        self.given.insert(original.to_owned(), name.clone());
        if name != original {
            self.renamed.push((original.to_owned(), name.clone()));
        }
        name
    }

    /// A legal name like `wish` that nothing has yet.
    pub fn fresh(&mut self, wish: &str) -> String {
        let taken = &mut self.taken;
        self.numbers.next(&legal(wish), |wish, number| format!("{wish}_{number}"), |name| taken.insert(name.to_owned()))
    }

    /// Every name that had to be changed, with what it became, in the order in which they came.
    #[must_use]
    pub fn renamed(&self) -> &[(String, String)] {
        &self.renamed
    }
}

/// `text` as a name: other characters become `_`, and a letter comes first.
fn legal(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(80) {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c != '_' || !(name.is_empty() || name.ends_with('_')) {
            name.push(c);
        }
    }
    // One that is legal already stays as it is, double underscores and all.
    let mut name =
        if names::word(text, "a name").is_ok() { text.to_owned() } else { name.trim_matches('_').to_owned() };
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name = if name.is_empty() { "value".to_owned() } else { format!("v_{name}") };
    }
    if names::check(&name).is_err() {
        name.push_str("_value");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_draft_is_written_as_a_person_would() {
        let mut draft = Draft { comments: vec!["From a wiki.".to_owned()], ..Draft::default() };
        draft.set("inputs", json!({"token": {"env": "WEBEX_ACCESS_TOKEN", "secret": true}, "kind": "person"}));
        draft.set("name", "Who am I?");
        draft.set("x-note", "kept");
        draft.set("defaults", json!({"base_url": "https://webexapis.com/v1"}));
        let mut step = DraftStep::new("Ask: who", "request", "GET /people/me");
        step.set("continue_on_failure", true);
        step.set("expect", json!({"status": 200, "json": {"$.emails[0]": "a@b.c", "$.type": "{{ kind }}"}}));
        step.set("auth", json!({"bearer": "{{ token }}"}));
        step.comments.push("not carried over: a script\nvar x = 1;".to_owned());
        draft.steps.push(step);
        draft.steps.push(DraftStep::new("Wait", "wait", "2s"));
        assert_eq!(
            draft.to_yaml(),
            "# From a wiki.\n\
             name: Who am I?\n\
             \n\
             inputs:\n  token: { env: WEBEX_ACCESS_TOKEN, secret: true }\n  kind: person\n\
             defaults:\n  base_url: https://webexapis.com/v1\n\
             \n\
             steps:\n  # not carried over: a script\n  # var x = 1;\n  - name: \"Ask: who\"\n    \
             request: GET /people/me\n    auth: { bearer: \"{{ token }}\" }\n    expect:\n      status: 200\n      \
             json:\n        $.emails[0]: a@b.c\n        $.type: \"{{ kind }}\"\n    continue_on_failure: true\n\
             \n  - name: Wait\n    wait: 2s\n\
             \nx-note: kept\n"
        );
    }

    #[test]
    fn braces_of_a_text_stay_text() {
        let text = |t: &str| Piece::Text(t.to_owned());
        let hole = Piece::Hole("id".to_owned());
        assert_eq!(literal("a {b} c}}"), "a {b} c}}");
        assert_eq!(literal("{{x}} {% y {{{"), "{{ '{{' }}x}} {{ '{%' }} y {{ '{{' }}{");
        assert_eq!(literal("${{x}} $${% $${HOME} $$"), "{{ '${{' }}x}} {{ '$${%' }} {{ '$${HOME}' }} $$");
        assert_eq!(template(&[text("{"), hole.clone(), text("}")]), "{{ '{' }}{{ id }}}");
        assert_eq!(template(&[text("/a/"), hole.clone()]), "/a/{{ id }}");
        assert_eq!(literal("{${HOME}"), "{{ '{' }}{{ '${HOME}' }}");
        assert_eq!(template(&[text("${$"), hole.clone()]), "{{ '${$' }}{{ id }}");
        assert_eq!(literal("${HOME} $x ${} $"), "{{ '${HOME}' }} $x ${} $");
        assert_eq!(template(&[text("5$"), hole.clone()]), "5{{ '$' }}{{ id }}");
        assert_eq!(url(&[text("/a b/{c}#%20$"), hole]), "/a%20b/%7Bc%7D%23%20%24{{ id }}");
        assert_eq!(plain_start("@a.png".to_owned()), "{{ '@' }}a.png");
        assert_eq!(plain_start("@ada".to_owned()), "@ada");
    }

    #[test]
    fn names_are_legal_and_each_its_own() {
        let mut names = Names::default();
        let mut legal = |n: &str| names.legal(n);
        assert_eq!(legal("_room"), "room");
        assert_eq!(legal("room"), "room_2");
        assert_eq!(legal("_room"), "room");
        assert_eq!(legal("a__b"), "a__b");
        assert_eq!(legal("user-id"), "user_id");
        assert_eq!(legal("1st"), "v_1st");
        assert_eq!(legal("ключ"), "value");
        assert_eq!(legal("✨"), "value_2");
        assert_eq!(legal("response"), "response_value");
        assert_eq!(names.renamed().len(), 7);
        assert_eq!(names.renamed()[0], ("_room".to_owned(), "room".to_owned()));
    }
}
