//! Variables whose values are made of other variables.

use std::collections::{HashMap, HashSet};

use super::text::{Part, parts};

/// What a flow asks for, and what that is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Nested<'v> {
    /// Variables that are made of no others; and whether that is so because their value leads back to themselves.
    pub(super) inputs: Vec<(&'v str, bool)>,
    /// Variables that are, with their texts: each stands below those that it is made of.
    pub(super) vars: Vec<(&'v str, &'v str)>,
}

enum State {
    /// What it is made of is being looked at.
    Open,
    /// That led back to it.
    Endless,
    Done,
}

/// Follows the variables of a flow. `value` gives the text of one that is made of others.
pub(super) fn nested<'v>(asked: &'v [String], value: &dyn Fn(&str) -> Option<&'v str>) -> Nested<'v> {
    let mut nested = Nested::default();
    let mut states: HashMap<&str, State> = HashMap::new();
    let mut stack: Vec<(&str, bool)> = asked.iter().rev().map(|name| (name.as_str(), false)).collect();
    while let Some((name, leaving)) = stack.pop() {
        match (states.get(name), value(name)) {
            (Some(State::Open), Some(text)) if leaving => {
                states.insert(name, State::Done);
                nested.vars.push((name, text));
            }
            (Some(State::Open), _) => {
                states.insert(name, State::Endless);
                nested.inputs.push((name, true));
            }
            (Some(State::Endless | State::Done), _) => {}
            (None, None) => {
                states.insert(name, State::Done);
                nested.inputs.push((name, false));
            }
            (None, Some(text)) => {
                states.insert(name, State::Open);
                stack.push((name, true));
                stack.extend(names(text).into_iter().rev().map(|inner| (inner, false)));
            }
        }
    }
    if nested.inputs.iter().any(|(_, endless)| *endless) {
        drop_unused(&mut nested, asked);
    }
    nested
}

/// The variables in a text, but those that Postman makes up.
fn names(text: &str) -> Vec<&str> {
    let name = |part| match part {
        Part::Name(name) if !name.starts_with('$') => Some(name),
        _ => None,
    };
    parts(text).into_iter().filter_map(name).collect()
}

/// Takes out what only a value without an end is made of.
fn drop_unused<'v>(nested: &mut Nested<'v>, asked: &'v [String]) {
    let mut used: HashSet<&str> = asked.iter().map(String::as_str).collect();
    for (name, text) in nested.vars.iter().rev() {
        if used.contains(name) {
            used.extend(names(text));
        }
    }
    nested.vars.retain(|(name, _)| used.contains(name));
    nested.inputs.retain(|(name, _)| used.contains(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'v>(asked: &'v [String], values: &'v [(&str, &str)]) -> Nested<'v> {
        nested(asked, &|name| values.iter().find(|(n, _)| *n == name).map(|(_, text)| *text))
    }

    #[test]
    fn what_a_variable_is_made_of_stands_above_it() {
        let asked = ["both".to_owned(), "token".to_owned(), "left".to_owned()];
        let values = [("both", "{{left}}{{right}}{{$guid}}"), ("right", "{{left}}-{{host}}"), ("left", "{{host}}l")];
        let nested = of(&asked, &values);
        assert_eq!(nested.vars.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["left", "right", "both"]);
        assert_eq!(nested.inputs, [("host", false), ("token", false)]);
    }

    #[test]
    fn a_value_that_leads_back_to_itself_is_none() {
        let asked = ["x".to_owned(), "a".to_owned()];
        let values = [("a", "{{b}}{{only}}"), ("b", "{{a}}"), ("x", "{{a}}{{y}}"), ("y", "{{y}}")];
        let nested = of(&asked, &values);
        assert_eq!(nested.vars, [("x", "{{a}}{{y}}")]);
        assert_eq!(nested.inputs, [("a", true), ("y", true)]);
    }
}
