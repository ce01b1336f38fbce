//! A collection as the list of its requests, each with what it inherits from the folders around it.

use std::rc::Rc;

use super::read::{Variable, description, text, variables};
use super::script::{self, Outcome};
use crate::value::Value;

/// Bytes of inherited scripts in all: one that a folder hands to a thousand requests counts a thousand times.
const MAX_SCRIPTS: usize = 64 << 20;

/// A folder of the collection that becomes a flow, or the requests that stand in none.
pub(super) struct Group<'c> {
    /// The folder's name; `None` for requests outside of folders.
    pub(super) name: Option<&'c str>,
    pub(super) description: Option<String>,
    pub(super) variables: Vec<Variable>,
    pub(super) requests: Vec<Request<'c>>,
}

/// A request with what it inherits.
pub(super) struct Request<'c> {
    pub(super) name: String,
    /// The names of the folders below the group's, and its own: what the step is called.
    pub(super) title: String,
    /// `FOLDER / REQUEST`, as losses call it.
    pub(super) place: String,
    pub(super) request: &'c Value,
    pub(super) item: &'c Value,
    pub(super) auth: Option<&'c Value>,
    pub(super) before: Vec<Rc<Script>>,
    pub(super) after: Vec<Rc<Script>>,
}

/// A script that was understood.
pub(super) struct Script {
    pub(super) text: String,
    pub(super) outcome: Outcome,
    /// Whose script it is, if it is inherited.
    pub(super) of: Option<String>,
}

/// What the folders so far hand down.
#[derive(Clone, Default)]
struct Inherited<'c> {
    folders: Vec<&'c str>,
    auth: Option<&'c Value>,
    before: Vec<Rc<Script>>,
    after: Vec<Rc<Script>>,
}

/// Reads the items of a collection, in order.
pub(super) fn groups<'c>(collection: &'c Value) -> Vec<Group<'c>> {
    let mut reader = Reader { left: MAX_SCRIPTS };
    let mut top = Inherited { auth: auth(collection), ..Inherited::default() };
    (top.before, top.after) = scripts(collection, Some("the collection"));
    let mut groups: Vec<Group<'c>> = Vec::new();
    for item in collection.get("item").and_then(Value::as_array).into_iter().flatten() {
        if item.get("item").is_some() {
            let mut group = Group {
                name: Some(name(item)),
                description: description(item),
                variables: Vec::new(),
                requests: Vec::new(),
            };
            reader.folder(item, &top, &mut group);
            groups.push(group);
        } else {
            // Requests outside of folders that follow each other are one group.
            if groups.last().is_none_or(|group| group.name.is_some()) {
                groups.push(Group { name: None, description: None, variables: Vec::new(), requests: Vec::new() });
            }
            if let Some(group) = groups.last_mut() {
                reader.request(item, &top, group);
            }
        }
    }
    groups.retain(|group| !group.requests.is_empty());
    groups
}

struct Reader {
    /// Bytes of inherited scripts that may still be carried over.
    left: usize,
}

impl Reader {
    fn folder<'c>(&mut self, folder: &'c Value, outer: &Inherited<'c>, group: &mut Group<'c>) {
        let mut inner = outer.clone();
        inner.folders.push(name(folder));
        inner.auth = auth(folder).or(outer.auth);
        let (before, after) = scripts(folder, Some(&format!("the folder {}", name(folder))));
        inner.before.extend(before);
        inner.after.extend(after);
        // The innermost folder's variables count.
        let own = variables(folder.get("variable"));
        group.variables.retain(|v| own.iter().all(|o| o.name != v.name));
        group.variables.extend(own);
        for item in folder.get("item").and_then(Value::as_array).into_iter().flatten() {
            if item.get("item").is_some() {
                self.folder(item, &inner, group);
            } else {
                self.request(item, &inner, group);
            }
        }
    }

    fn request<'c>(&mut self, item: &'c Value, outer: &Inherited<'c>, group: &mut Group<'c>) {
        let Some(request) = item.get("request").filter(|r| r.is_object() || r.is_string()) else { return };
        let own = name(item);
        let below = outer.folders.get(1..).unwrap_or(&[]);
        let join = |folders: &[&str]| folders.iter().copied().chain([own]).collect::<Vec<_>>().join(" / ");
        let (before, after) = scripts(item, None);
        let before = self.inherited(&outer.before).into_iter().chain(before).collect();
        let after = self.inherited(&outer.after).into_iter().chain(after).collect();
        group.requests.push(Request {
            name: own.to_owned(),
            title: join(below),
            place: join(&outer.folders),
            request,
            item,
            auth: auth(request).or_else(|| auth(item)).or(outer.auth),
            before,
            after,
        });
    }

    /// The scripts of the folders around a request, as long as all of them together are not too long.
    fn inherited(&mut self, list: &[Rc<Script>]) -> Vec<Rc<Script>> {
        let length = list.iter().map(|script| script.text.len()).sum();
        match self.left.checked_sub(length) {
            Some(rest) => {
                self.left = rest;
                list.to_vec()
            }
            None => {
                let text = "the scripts of the folders around it: too long in all".to_owned();
                let outcome = Outcome { lost: vec![script::Lost { line: 1, text }], ..Outcome::default() };
                vec![Rc::new(Script { text: String::new(), outcome, of: None })]
            }
        }
    }
}

fn name(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).map(str::trim).filter(|n| !n.is_empty()).unwrap_or("Unnamed")
}

fn auth(of: &Value) -> Option<&Value> {
    of.get("auth").filter(|auth| auth.is_object() && auth.get("type") != Some(&Value::String("inherit".to_owned())))
}

/// The scripts of an item that run before and after its requests; `of` says whose they are where they are inherited.
fn scripts(item: &Value, of: Option<&str>) -> (Vec<Rc<Script>>, Vec<Rc<Script>>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for event in item.get("event").and_then(Value::as_array).into_iter().flatten() {
        if event.get("disabled") == Some(&Value::Bool(true)) {
            continue;
        }
        let exec = event.get("script").and_then(|s| s.get("exec").or(s.as_str().map(|_| s)));
        let lines = match exec {
            Some(Value::Array(lines)) => lines.iter().map(text).collect::<Vec<_>>().join("\n"),
            Some(other) => text(other),
            None => continue,
        };
        let text = lines.replace("\r\n", "\n");
        let list = match event.get("listen").and_then(Value::as_str) {
            Some("prerequest") => &mut before,
            Some("test") => &mut after,
            _ => continue,
        };
        if !text.trim().is_empty() {
            let outcome = script::understand(&text);
            list.push(Rc::new(Script { text, outcome, of: of.map(str::to_owned) }));
        }
    }
    (before, after)
}
