//! Postman's collections, environments and globals to flows.
//!
//! A collection becomes one flow per top folder. Its JSON is read as values, not as types of ours: what people have
//! was written by ten years of versions, and what is not understood is a loss, not an error.

mod address;
mod auth;
mod body;
mod collection;
mod expect;
mod expression;
mod flow;
mod folder;
mod headers;
mod nested;
mod oauth;
mod read;
mod request;
mod script;
mod secret;
mod settled;
mod step;
mod text;

use std::collections::HashSet;

use super::secret::{is_secret_name, is_secret_value};
use super::{FileNames, Import, ImportError, Loss};
use crate::flow::draft::{Draft, Names};
use crate::value::{Map, Value};
use read::Variable;
use request::Context;

/// The collection: one exported file, or the files of a folder in Postman's YAML.
#[derive(Debug)]
pub enum Collection {
    /// Its name and its text.
    File(String, String),
    /// The folder's name; and each file's path below it, with `/`, and its text.
    Folder(String, Vec<(String, String)>),
}

/// Turns a collection, with exported environments and globals as `(name, text)`, into flows and environments.
///
/// # Errors
/// A file that is not what it should be; the place is in the message.
pub fn import(collection: &Collection, environments: &[(String, String)]) -> Result<Import, ImportError> {
    let (name, value) = match collection {
        Collection::File(name, text) => (name, read::collection(name, text)?),
        Collection::Folder(name, files) => (name, folder::collection(name, files)?),
    };
    let requests = count(&value);
    if requests > MOST {
        let help = Some("export its folders one by one, and import each into a folder of its own".to_owned());
        return Err(ImportError { message: format!("{name}: {requests} requests, more than {MOST}"), help });
    }
    let mut read = Vec::new();
    for (name, text) in environments {
        let value = if name.ends_with(".yaml") || name.ends_with(".yml") {
            folder::yaml(name, text)?
        } else {
            read::json(name, text)?
        };
        read.push(read::environment(name, &value)?);
    }
    let mut importer = Importer { context: Context::default(), names: Names::default() };
    importer.learn(&value, &read);
    let mut import = Import::default();
    importer.flows(name, &value, &mut import)?;
    importer.environments(&read, &mut import);
    importer.finish(&mut import);
    Ok(import.of_file(name))
}

/// The most requests of a collection: more are no flows that a person reads.
const MOST: usize = 20_000;

fn count(item: &Value) -> usize {
    match item.get("item").and_then(Value::as_array) {
        Some(items) => items.iter().map(count).sum(),
        None => 1,
    }
}

struct Importer {
    context: Context,
    names: Names,
}

impl Importer {
    /// What must be known before the first request is read: values, and which of them are secret.
    fn learn(&mut self, collection: &Value, environments: &[(String, Vec<Variable>)]) {
        self.context.has_environment = !environments.is_empty();
        for variable in read::variables(collection.get("variable")) {
            self.variable(&variable);
            self.context.known.collection.insert(variable.name.clone(), variable);
        }
        for variable in environments.iter().flat_map(|(_, list)| list) {
            self.variable(variable);
            self.context.environment.insert(variable.name.clone(), variable.clone());
        }
        self.credentials_in(collection);
    }

    fn variable(&mut self, variable: &Variable) {
        let Variable { name, value, secret } = variable;
        if *secret || is_secret_name(name) || is_secret_value(value) {
            self.context.secrets.learn(name, value);
        }
    }

    /// Variables that stand where a credential does.
    fn credentials_in(&mut self, item: &Value) {
        for variable in read::variables(item.get("variable")) {
            self.variable(&variable);
        }
        for owner in [Some(item), item.get("request")].into_iter().flatten() {
            if let Some(auth) = owner.get("auth") {
                let kind = auth.get("type").and_then(Value::as_str).unwrap_or("");
                for name in ["token", "password", "accessToken", "value", "secret", "secretKey"] {
                    let text = auth::setting(auth, kind, name).unwrap_or_default();
                    self.context.secrets.learn_names(&text);
                }
            }
        }
        if let Some(headers) = item.get("request").and_then(|r| r.get("header")) {
            for (name, value) in headers::given_headers(Some(headers)) {
                if is_secret_name(&name) {
                    self.context.secrets.learn_names(&value);
                }
            }
        }
        for inner in item.get("item").and_then(Value::as_array).into_iter().flatten() {
            self.credentials_in(inner);
        }
    }

    fn flows(&mut self, file: &str, collection: &Value, import: &mut Import) -> Result<(), ImportError> {
        let title = collection.pointer("/info/name").and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        let title = title.unwrap_or("Collection");
        let groups = collection::groups(collection);
        if groups.is_empty() {
            let help = Some("a flow needs a step: export a collection that has requests".to_owned());
            return Err(ImportError { message: format!("{file}: the collection has no request"), help });
        }
        let last = groups.len() - 1;
        let mut walked = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let name = group.name.unwrap_or(title);
            walked.push(flow::walk(group, name, at == last, &mut self.context, &mut self.names));
        }
        walked.retain(|w| !w.steps.is_empty());
        let webex = is_webex(collection, &self.context);
        let mut needed = HashSet::new();
        for (flow, name) in walked.iter().flat_map(|flow| flow.inputs.iter().map(move |name| (flow, name))) {
            let Some(from) = self.context.set_by.get(name).filter(|_| self.context.value(name).is_none()) else {
                continue;
            };
            if needed.insert(name.clone()) {
                let note = format!("the flow {} asks for `{}`, which {from} sets", flow.name, self.names.legal(name));
                self.context.notes.push(note);
            }
        }
        let mut files = FileNames::default();
        let digits = walked.len().to_string().len().max(2);
        let many = walked.len() > 1;
        for (at, flow) in walked.into_iter().enumerate() {
            let stem = files.unique(&flow.name, "flow");
            let number = if many { format!("{:0digits$}-", at + 1) } else { String::new() };
            let mut draft = flow.draft(&mut self.context, &mut self.names, webex, &needed);
            if !many
                && !draft.keys.contains_key("description")
                && let Some(description) = collection.get("info").and_then(read::description)
            {
                draft.set("description", description);
            }
            import.flows.push((format!("flows/{number}{stem}.flow.yaml"), draft));
        }
        Ok(())
    }

    fn environments(&mut self, read: &[(String, Vec<Variable>)], import: &mut Import) {
        let webex = self
            .context
            .environment
            .values()
            .chain(self.context.known.collection.values())
            .any(|v| mentions_webex(&v.value));
        let mut files = FileNames::default();
        let globals = read.iter().any(|(title, _)| title == "globals") && read.len() > 1;
        for (title, list) in read {
            let stem = files.unique(title, "environment");
            let (mut vars, mut secrets) = (Map::new(), Map::new());
            for variable in list {
                let name = &variable.name;
                let set = self.context.set_by.contains_key(name);
                // An empty value of one that a script sets is only its place; one of other variables stands in the flows.
                if (variable.value.is_empty() && set)
                    || text::parts(&variable.value).iter().any(|p| matches!(p, text::Part::Name(_)))
                {
                    continue;
                }
                let legal = self.names.legal(name);
                if self.context.secrets.holds(name) {
                    let own = flow::webex_variable(name)
                        .filter(|_| webex)
                        .map_or_else(|| legal.to_ascii_uppercase(), str::to_owned);
                    secrets.insert(legal, Value::Object(Map::from_iter([("env".to_owned(), own.into())])));
                } else {
                    vars.insert(legal, flow::typed(&variable.value, self.context.bare.contains(name)));
                }
            }
            let clients = self.clients(list, &stem);
            let mut keys = Map::new();
            if globals && title != "globals" {
                keys.insert("extends".to_owned(), "globals".into());
            }
            for (key, map) in [("vars", vars), ("secrets", secrets), ("oauth", clients)] {
                if !map.is_empty() {
                    keys.insert(key.to_owned(), map.into());
                }
            }
            import.environments.push((format!("environments/{stem}.yaml"), keys));
        }
    }

    /// The OAuth clients that an environment's variables, and the collection's, say enough of.
    fn clients(&mut self, list: &[Variable], environment: &str) -> Map<String, Value> {
        let Context { secrets, known, oauth, notes, .. } = &mut self.context;
        let own = |name: &str| list.iter().find(|v| v.name == name).or_else(|| known.get(name));
        let value = |name: &str| own(name).filter(|_| !secrets.holds(name)).map(|v| v.value.clone());
        let mut clients = Map::new();
        for client in oauth {
            let name = client.name.as_str();
            match client.written(&value) {
                Some(written) => {
                    let log_in = match written.get("grant").and_then(Value::as_str) {
                        Some("client_credentials") => String::new(),
                        _ => format!(", once after `wxflow login {name} -e {environment}`"),
                    };
                    notes.push(format!(
                        "the OAuth client `{name}` stands in environments/{environment}.yaml: run with -e {environment}{log_in}"
                    ));
                    clients.insert(name.to_owned(), written.into());
                }
                None => {
                    notes.push(format!("environments/{environment}.yaml does not say where `{name}` gets its tokens"));
                }
            }
        }
        clients
    }

    /// Tells what was renamed and which secrets to give, and takes every secret out of what is written.
    fn finish(self, import: &mut Import) {
        let mask = self.context.secrets.mask();
        for (from, to) in self.names.renamed() {
            import.notes.push(format!("the variable {from} is `{to}` here"));
        }
        let mut lifted: Vec<_> = import.flows.iter().flat_map(|(_, draft)| secret_inputs(draft)).collect();
        lifted.sort();
        lifted.dedup();
        if !lifted.is_empty() {
            import.notes.push(format!(
                "secrets are not written: give them with --secret NAME=@FILE or in an environment: {}",
                lifted.join(", ")
            ));
        }
        import.notes.extend(self.context.notes);
        import.losses = self.context.losses;
        for note in &mut import.notes {
            *note = mask.masked(note);
        }
        for Loss { what, .. } in &mut import.losses {
            *what = mask.masked(what);
        }
        for (_, draft) in &mut import.flows {
            for comment in draft.steps.iter_mut().flat_map(|step| &mut step.comments) {
                *comment = mask.masked(comment);
            }
            let described = draft.steps.iter_mut().map(|step| &mut step.keys).chain([&mut draft.keys]);
            for description in described.filter_map(|keys| keys.get_mut("description")) {
                if let Value::String(text) = description {
                    *text = mask.masked(text);
                }
            }
        }
    }
}

fn secret_inputs(draft: &Draft) -> Vec<String> {
    let inputs = draft.keys.get("inputs").and_then(Value::as_object).into_iter().flatten();
    inputs.filter(|(_, input)| input.get("secret") == Some(&Value::Bool(true))).map(|(name, _)| name.clone()).collect()
}

fn mentions_webex(text: &str) -> bool {
    text.contains("webexapis.com") || text.contains("api.ciscospark.com")
}

fn is_webex(collection: &Value, context: &Context) -> bool {
    fn in_urls(item: &Value) -> bool {
        let url = item.pointer("/request/url");
        let raw = url.and_then(|u| u.as_str().or_else(|| u.get("raw").and_then(Value::as_str)));
        raw.is_some_and(mentions_webex)
            || item.get("item").and_then(Value::as_array).is_some_and(|items| items.iter().any(in_urls))
    }
    context.known.collection.values().chain(context.environment.values()).any(|v| mentions_webex(&v.value))
        || in_urls(collection)
}

#[cfg(test)]
mod tests;
