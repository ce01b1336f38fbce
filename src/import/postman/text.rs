//! Postman's `{{name}}` in texts, and which names a flow binds itself and which it asks for.

use std::collections::{HashMap, HashSet};

use crate::flow::draft::{Names, Piece, quoted, template};

/// A piece of a Postman text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Text(&'t str),
    /// What stands between the braces.
    Name(&'t str),
}

/// Splits a text. What is not quite a variable is text, as Postman has it.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let open = at + found;
        let inside = text.get(open + 2..).unwrap_or("");
        let length = inside.find(['{', '}']).unwrap_or(inside.len());
        let name = inside.get(..length).unwrap_or("").trim();
        let closed = inside.get(length..).is_some_and(|rest| rest.starts_with("}}"));
        if closed && !name.is_empty() {
            if open > from {
                parts.push(Part::Text(text.get(from..open).unwrap_or("")));
            }
            parts.push(Part::Name(name));
            at = open + 2 + length + 2;
            from = at;
        } else {
            // `{{{x}}`: the variable may begin one brace further on.
            at = open + 1;
        }
    }
    if from < text.len() {
        parts.push(Part::Text(text.get(from..).unwrap_or("")));
    }
    parts
}

/// Postman's dynamic variables that a flow has too.
const DYNAMIC: &[(&str, &str)] = &[
    ("guid", "uuid()"),
    ("randomUUID", "uuid()"),
    ("timestamp", "now()"),
    ("isoTimestamp", "now() | format_date('%Y-%m-%dT%H:%M:%S.000Z')"),
    ("randomInt", "random_int(0, 1000)"),
    ("randomAlphaNumeric", "random_string(1)"),
    ("randomPassword", "random_string(15)"),
    ("randomBoolean", "random_int(0, 1) == 1"),
];

/// The names of one flow.
pub(super) struct Binder<'a> {
    names: &'a mut Names,
    /// Postman's name → the name that an earlier step has bound.
    pub(super) bound: HashMap<String, String>,
    /// Postman's names that the flow asks for, in the order of their use.
    pub(super) inputs: Vec<String>,
    asked: HashSet<String>,
    /// Dynamic variables that became something else, since the last look.
    pub(super) invented: Vec<String>,
}

impl<'a> Binder<'a> {
    pub(super) fn new(names: &'a mut Names) -> Self {
        Self { names, bound: HashMap::new(), inputs: Vec::new(), asked: HashSet::new(), invented: Vec::new() }
    }

    /// The expression for one of Postman's variables.
    pub(super) fn read(&mut self, name: &str) -> String {
        if let Some(dynamic) = name.strip_prefix('$') {
            return self.dynamic(dynamic);
        }
        if let Some(bound) = self.bound.get(name) {
            return bound.clone();
        }
        if self.asked.insert(name.to_owned()) {
            self.inputs.push(name.to_owned());
        }
        self.names.legal(name)
    }

    fn dynamic(&mut self, name: &str) -> String {
        if let Some((_, code)) = DYNAMIC.iter().find(|(dynamic, _)| *dynamic == name) {
            return (*code).to_owned();
        }
        self.invented.push(format!("{{{{${name}}}}} became random letters and digits"));
        match name {
            name if name.contains("Email") => "random_string(10) ~ '@example.com'".to_owned(),
            name if name.contains("Url") => "'https://' ~ random_string(10) ~ '.example.com'".to_owned(),
            _ => "random_string(10)".to_owned(),
        }
    }

    /// The name under which a step binds one of Postman's variables: its own, unless the flow asks for it under that
    /// (an input is never bound anew), or the step itself still compares with what it was before.
    pub(super) fn bind(&mut self, name: &str, keep_before: bool) -> String {
        let taken = self.asked.contains(name) || (keep_before && self.bound.contains_key(name));
        let legal = if taken {
            match self.bound.get(name) {
                Some(bound) if !keep_before => bound.clone(),
                _ => {
                    let wish = format!("new_{}", self.names.legal(name));
                    self.names.fresh(&wish)
                }
            }
        } else {
            self.names.legal(name)
        };
        self.bound.insert(name.to_owned(), legal.clone());
        legal
    }

    /// A text of Postman as a template.
    pub(super) fn template(&mut self, text: &str) -> String {
        let pieces: Vec<_> = parts(text)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => Piece::Text(text.to_owned()),
                Part::Name(name) => Piece::Hole(self.read(name)),
            })
            .collect();
        template(&pieces)
    }

    /// A text of Postman as an expression.
    pub(super) fn expression(&mut self, text: &str) -> String {
        let parts: Vec<_> = parts(text)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => quoted(text),
                Part::Name(name) => self.read(name),
            })
            .collect();
        match parts.as_slice() {
            [] => "''".to_owned(),
            [one] => one.clone(),
            many => many
                .iter()
                .map(|p| if p.contains(' ') { format!("({p})") } else { p.clone() })
                .collect::<Vec<_>>()
                .join(" ~ "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_as_postman_finds_them() {
        assert_eq!(parts("a{{b}}c"), [Part::Text("a"), Part::Name("b"), Part::Text("c")]);
        assert_eq!(parts("{{{b}}}"), [Part::Text("{"), Part::Name("b"), Part::Text("}")]);
        assert_eq!(parts("{{}} {{a {{b}}"), [Part::Text("{{}} {{a "), Part::Name("b")]);
        assert_eq!(parts("{{имя}}"), [Part::Name("имя")]);
        assert_eq!(parts(&"{".repeat(100_000)).len(), 1);
    }

    #[test]
    fn an_input_is_never_bound_anew() {
        let mut names = Names::default();
        let mut binder = Binder::new(&mut names);
        assert_eq!(binder.template("/rooms/{{_room}}"), "/rooms/{{ room }}");
        assert_eq!(binder.bind("_room", false), "new_room");
        assert_eq!(binder.template("{{_room}}"), "{{ new_room }}");
        assert_eq!(binder.bind("_room", false), "new_room");
        assert_eq!(binder.bind("id", false), "id");
        assert_eq!(binder.bind("id", true), "new_id");
        assert_eq!(binder.inputs, ["_room"]);
        assert_eq!(binder.template("{{$guid}}"), "{{ uuid() }}");
    }
}
