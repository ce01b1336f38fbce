//! A folder of a collection as the draft of a flow.

use std::collections::{HashMap, HashSet};

use super::address::Address;
use super::auth::Credentials;
use super::collection::{Group, Request};
use super::headers::given_headers;
use super::nested::nested;
use super::oauth;
use super::read::Variable;
use super::request::{Context, Sender, Shared, lacks_scheme};
use super::step::Steps;
use super::text::{Binder, Part, parts};
use crate::flow::draft::{Draft, DraftStep, Names, plain_start};
use crate::import::Loss;
use crate::value::{Map, Value};

/// A flow without its inputs: they are known once all flows are.
pub(super) struct Walked {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) defaults: Map<String, Value>,
    pub(super) steps: Vec<DraftStep>,
    /// Postman's variables that it asks for.
    pub(super) inputs: Vec<String>,
    /// Postman's variables that it sets, with the name that they have at its end.
    pub(super) outputs: HashMap<String, String>,
    /// The variables of its folders.
    known: HashMap<String, Variable>,
}

/// Walks the requests of a group. `last` says that no request of the collection comes behind it.
pub(super) fn walk(group: &Group<'_>, name: &str, last: bool, context: &mut Context, names: &mut Names) -> Walked {
    context.known.folder = group.variables.iter().map(|v| (v.name.clone(), v.clone())).collect();
    let mut binder = Binder::new(names);
    let shared = shared(group, context, &mut binder);
    let mut defaults = Map::new();
    if let Some(base) = &shared.base {
        let address = Address { base: base.clone(), ..Address::default() };
        defaults.insert("base_url".to_owned(), address.base_template(&mut binder).into());
    }
    if let Some(auth) = &shared.auth {
        defaults.insert("auth".to_owned(), auth.clone());
    }
    let mut seen = HashSet::new();
    let mut steps = Steps {
        context,
        names: &mut binder,
        shared: &shared,
        seen: &mut seen,
        steps: Vec::new(),
        left_out: Vec::new(),
    };
    for (at, request) in group.requests.iter().enumerate() {
        let next = group.requests.get(at + 1).map(|r| r.name.as_str());
        // At the end of a flow that others follow, to end the run would be to leave those out.
        let next = if next.is_none() && !last { Some("\0the next flow") } else { next };
        steps.request(request, next);
    }
    let (mut steps, left_out) = (steps.steps, steps.left_out);
    // What stands behind the last step has none to stand above.
    if let Some(step) = steps.last_mut() {
        step.comments.extend(left_out);
    }
    let (inputs, outputs) = (binder.inputs, binder.bound);
    let known = std::mem::take(&mut context.known.folder);
    Walked { name: name.to_owned(), description: group.description.clone(), defaults, steps, inputs, outputs, known }
}

/// What most requests of the group have in common, if no script changes it on the way.
fn shared(group: &Group<'_>, context: &mut Context, names: &mut Binder<'_>) -> Shared {
    let mut shared = Shared::default();
    if group.requests.len() < 2 {
        return shared;
    }
    let scripts = group.requests.iter().flat_map(|r| r.before.iter().chain(&r.after));
    let set: HashSet<&str> = scripts.flat_map(|s| s.outcome.sets.iter().map(|set| set.name.as_str())).collect();
    let fixed = |text: &str| {
        parts(text).iter().all(|part| !matches!(part, Part::Name(name) if set.contains(name) || name.starts_with('$')))
    };
    let bases: Vec<_> = group.requests.iter().map(|request| base(request, context)).collect();
    let Some((base, count)) = most(bases.iter().flatten().filter(|b| fixed(b))) else { return shared };
    if count < 2 {
        return shared;
    }
    shared.base = Some(base.clone());
    let on_base = group.requests.iter().zip(&bases).filter(|(_, b)| b.as_ref() == Some(base));
    let all: Vec<_> = on_base.map(|(request, _)| credentials(request)).collect();
    if all.iter().any(Option::is_none) {
        return shared;
    }
    let Some((auth, count)) = most(all.iter().flatten()) else { return shared };
    if count * 2 <= all.len() || count < 2 || !fixed(auth) {
        return shared;
    }
    let owner = group.requests.iter().find(|request| credentials(request).as_ref() == Some(auth));
    let Some(request) = owner else { return shared };
    let host = oauth::resolved(base, &|name| context.open_value(name)).and_then(|url| oauth::host(&url));
    let mut sender = Sender { context, names, host, lost: Vec::new() };
    let typed = authorization(request);
    shared.auth = match (typed, request.auth) {
        (Some(typed), _) => sender.typed_authorization(&typed),
        (None, Some(auth)) => match sender.credentials(auth) {
            Credentials { auth, header: None, query: None } => auth,
            _ => None,
        },
        (None, None) => None,
    };
    shared
}

fn base(request: &Request<'_>, context: &Context) -> Option<String> {
    let url = if request.request.is_string() { Some(request.request) } else { request.request.get("url") };
    let address = Address::read(url, &|name| lacks_scheme(context.value(name)))?;
    address.path.starts_with('/').then_some(address.base)
}

/// Postman's text of the credentials of a request, to see which are the same.
fn credentials(request: &Request<'_>) -> Option<String> {
    let kind = request.auth.filter(|a| a.get("type").and_then(Value::as_str) != Some("noauth"));
    authorization(request).or_else(|| kind.map(ToString::to_string))
}

fn authorization(request: &Request<'_>) -> Option<String> {
    let headers = given_headers(request.request.get("header"));
    headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).map(|(_, value)| value)
}

/// The most frequent, the first of those that are; and how often it is there.
fn most<'t>(all: impl Iterator<Item = &'t String>) -> Option<(&'t String, usize)> {
    let mut counts: HashMap<&String, (usize, usize)> = HashMap::new();
    for (at, text) in all.enumerate() {
        counts.entry(text).or_insert((0, at)).0 += 1;
    }
    let best = counts.into_iter().max_by_key(|(_, (count, at))| (*count, std::cmp::Reverse(*at)));
    best.map(|(text, (count, _))| (text, count))
}

impl Walked {
    /// The draft, with the inputs that the flow asks for. `needed` are the variables that other flows ask for.
    pub(super) fn draft(
        mut self,
        context: &mut Context,
        names: &mut Names,
        webex: bool,
        needed: &HashSet<String>,
    ) -> Draft {
        let mut draft = Draft::default();
        draft.set("name", self.name.as_str());
        if let Some(description) = self.description.take() {
            draft.set("description", description);
        }
        let (mut inputs, mut vars) = (Map::new(), Map::new());
        let asked = std::mem::take(&mut self.inputs);
        let nested = nested(&asked, &|name| self.nested(name, context));
        let mut endless = Vec::new();
        for (name, is_endless) in nested.inputs {
            if is_endless {
                endless.push(Loss::new(&self.name, format!("the variable {name}: its value leads back to itself")));
            }
            let input = if is_endless { Value::Null } else { self.input(name, context, webex) };
            inputs.insert(names.legal(name), input);
        }
        for (name, text) in nested.vars {
            let template = Binder::new(names).template(text);
            vars.insert(names.legal(name), plain_start(template).into());
        }
        context.losses.extend(endless);
        if !inputs.is_empty() {
            draft.set("inputs", inputs);
        }
        if !vars.is_empty() {
            draft.set("vars", vars);
        }
        if !self.defaults.is_empty() {
            draft.set("defaults", self.defaults);
        }
        let mut outputs: Vec<_> = self.outputs.into_iter().filter(|(name, _)| needed.contains(name)).collect();
        outputs.sort();
        if !outputs.is_empty() {
            let outputs = outputs
                .into_iter()
                .map(|(name, bound)| (names.legal(&name), Value::from(format!("{{{{ {bound} }}}}"))));
            draft.set("outputs", Value::Object(outputs.collect()));
        }
        draft.steps = self.steps;
        draft
    }

    fn known<'v>(&'v self, name: &str, context: &'v Context) -> Option<&'v Variable> {
        self.known.get(name).or_else(|| context.known.get(name))
    }

    /// The value of a variable that holds other variables.
    fn nested<'v>(&'v self, name: &str, context: &'v Context) -> Option<&'v str> {
        let text = self.known(name, context).or_else(|| context.environment.get(name))?.value.as_str();
        let holds = !context.secrets.holds(name) && parts(text).iter().any(|p| matches!(p, Part::Name(_)));
        holds.then_some(text)
    }

    fn input(&self, name: &str, context: &Context, webex: bool) -> Value {
        let mut long = Map::new();
        // A default is plain: what would be a template is asked for.
        let plain = |text: &str| !text.is_empty() && !text.contains("{{");
        let known = self.known(name, context).filter(|v| plain(&v.value));
        let secret = context.secrets.holds(name);
        if let Some(source) = context.files.get(name) {
            let file = source.rsplit(['/', '\\']).next().unwrap_or(source);
            if plain(file) {
                long.insert("default".to_owned(), file.into());
            }
            long.insert("description".to_owned(), "Path of the file to send, relative to this flow".into());
            return long.into();
        }
        if secret {
            if let Some(variable) = webex_variable(name).filter(|_| webex) {
                long.insert("env".to_owned(), variable.into());
            }
            long.insert("secret".to_owned(), true.into());
            if context.secrets.is_lifted(name) {
                long.insert("description".to_owned(), "Stood in the collection itself: best replaced".into());
            }
            return long.into();
        }
        let default = known.map(|v| typed(&v.value, context.bare.contains(name)));
        let is_webex = known.is_some_and(|v| v.value.trim_end_matches('/') == "https://webexapis.com/v1");
        match default {
            Some(default) if is_webex => {
                long.insert("default".to_owned(), default);
                long.insert("env".to_owned(), "WEBEX_URL".into());
            }
            Some(default @ (Value::Object(_) | Value::Array(_))) => _ = long.insert("default".to_owned(), default),
            Some(default) => return default,
            None => match context.set_by.get(name) {
                Some(place) => _ = long.insert("description".to_owned(), format!("Set by {place}").into()),
                None => return Value::Null,
            },
        }
        long.into()
    }
}

/// A variable's text, as the value it is where it stands in JSON without quotes.
pub(super) fn typed(text: &str, bare: bool) -> Value {
    if bare && let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    text.into()
}

/// The environment variable that this project's tools use for a Webex credential.
pub(super) fn webex_variable(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(match plain.as_str() {
        "accesstoken" | "token" | "webextoken" | "webexaccesstoken" | "usertoken" | "bearertoken" | "sparktoken" => {
            "WEBEX_ACCESS_TOKEN"
        }
        "bottoken" | "webexbottoken" | "botaccesstoken" => "WEBEX_BOT_TOKEN",
        "admintoken" | "webexadmintoken" | "adminaccesstoken" => "WEBEX_ADMIN_TOKEN",
        "serviceapptoken" => "WEBEX_SERVICE_APP_TOKEN",
        _ => return None,
    })
}
