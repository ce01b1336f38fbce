//! One use of a name: is it bound here, and if not, what was meant.

use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostics, nearest};
use crate::flow::names::{FUNCTIONS, RESPONSE_FIELDS};
use crate::flow::{Action, Flow, Step};
use crate::source::Span;
use crate::template::NameUse;

/// Where a template stands, and so what it can see besides the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Vars,
    Defaults,
    /// What runs before there is a result.
    Action,
    /// `capture` and `expect` of a request.
    Reply,
    /// `capture` of `jwt`.
    Token,
    /// `capture` of `use`.
    Used,
    Cleanup,
    CleanupReply,
    Outputs,
}

const LOOP: &[&str] = &["index", "first", "last", "length"];
const TOKEN: &[&str] = &["token", "claims"];
const STEP: &[&str] = &["outcome", "response", "outputs"];

/// Reports `name` where nothing before can have bound it.
pub(super) fn check(name: &NameUse, place: Place, step: Option<&Step>, scope: &mut Scope<'_>, out: &mut Diagnostics) {
    let Some(first) = name.path.first() else { return };
    match first.as_str() {
        "response" => response(name, place, out),
        "jwt" => token(name, place, step, out),
        "loop" => in_loop(name, step, out),
        "steps" => steps(name, scope, out),
        "outputs" => outputs(name, place, step, out),
        _ if scope.has(first) => {}
        plain => unbound(name, plain, place, scope, out),
    }
}

fn unbound(name: &NameUse, plain: &str, place: Place, scope: &Scope<'_>, out: &mut Diagnostics) {
    if let (Place::Vars, Some(&at)) = (place, scope.vars.get(plain)) {
        let line = scope.line(at);
        let (message, help) = if at == scope.var {
            (format!("`{plain}` is worked out from itself"), "give one of the two another name")
        } else {
            (
                format!("`{plain}` is a later var (line {line})"),
                "vars are worked out from top to bottom: move that one above this one",
            )
        };
        out.error(Code::UnboundStep, name.span, message).related(at, "bound here").help(help);
        return;
    }
    if let Some(&at) = scope.by_steps.get(plain) {
        if !name.guarded {
            later(name, plain, at, place, scope, out);
        }
        return;
    }
    if let Some(&at) = scope.items.get(plain) {
        let line = scope.line(at);
        out.error(
            Code::UndefinedName,
            name.span,
            format!("`{plain}` is known only inside its `for_each` (line {line})"),
        )
        .related(at, "its `for_each`")
        .help("capture what you need there: after the step each capture is the list of all items");
        return;
    }
    let meant = like(plain, scope.names(), out);
    let (help, place) = if FUNCTIONS.contains(&plain) {
        (format!("it is a function: call it, `{plain}()`"), None)
    } else if let Some(near) = meant {
        (format!("did you mean `{near}`?"), scope.place(near))
    } else if let Some(near) = like(plain, scope.by_steps.keys().copied(), out) {
        let at = scope.by_steps.get(near).copied();
        let line = at.map_or(0, |at| scope.line(at));
        (format!("did you mean `{near}`? It is bound only at line {line}"), at)
    } else if let Some(near) = nearest(plain, ["response", "steps", "loop", "omit", "jwt"]) {
        (format!("did you mean `{near}`?"), None)
    } else if let Some(help) = crate::template::known_elsewhere(plain) {
        (help.to_owned(), None)
    } else {
        (add_it(plain, scope), None)
    };
    let diagnostic = out.error(Code::UndefinedName, name.span, format!("nothing binds `{plain}`"));
    diagnostic.help(help);
    if let Some(at) = place {
        // The slip may be where the name is bound.
        diagnostic.related(at, "a name like it is bound here");
    }
}

/// How many mistakes of a file are told with the name that was meant: all names are looked at for each.
const HINTS: usize = 100;

fn like<'n>(word: &str, names: impl Iterator<Item = &'n str>, out: &Diagnostics) -> Option<&'n str> {
    if out.len() < HINTS { nearest(word, names) } else { None }
}

fn add_it(plain: &str, scope: &Scope<'_>) -> String {
    if plain.len() > 1 && plain.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
        let name = plain.to_ascii_lowercase();
        return format!(
            "a variable of the process is an input: write `inputs: {{ {name}: {{ env: {plain} }} }}`, and `{name}` here"
        );
    }
    match sorted(scope.names().take(13)).as_slice() {
        [] => format!("add it to `inputs` or `vars`; if it is text, quote it: '{plain}'"),
        known if known.len() <= 12 => format!("add it to `inputs` or `vars`; known here: {}", known.join(", ")),
        _ => "add it to `inputs` or `vars`, or capture it in an earlier step".to_owned(),
    }
}

fn sorted<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.sort();
    names
}

fn later(name: &NameUse, plain: &str, at: Span, place: Place, scope: &Scope<'_>, out: &mut Diagnostics) {
    let line = scope.line(at);
    let (message, help) = match place {
        Place::Vars => (
            format!("`{plain}` is bound by a step (line {line}), and `vars` come before all steps"),
            "work this value out in a `set` step behind that one",
        ),
        Place::Defaults => (
            format!("`{plain}` is bound only at line {line}, and an earlier request takes this default"),
            "give the requests before that line their own value (`auth: none`, …), or set this one in the steps that need it",
        ),
        _ if scope.steps.get(scope.at).is_some_and(|step| binds(step, at)) => (
            format!("`{plain}` is bound only behind this place, in the same step (line {line})"),
            "a step's captures are known to its later captures, its `expect` and its `cleanup`; use it in the next step",
        ),
        _ => (format!("`{plain}` is bound only by a later step (line {line})"), "move that step before this one"),
    };
    out.error(Code::UnboundStep, name.span, message).related(at, "bound here").help(help);
}

fn binds(step: &Step, at: Span) -> bool {
    step.captures.iter().any(|c| c.span == at)
        || matches!(&step.action, Action::Set(bindings) if bindings.iter().any(|b| b.span == at))
}

fn response(name: &NameUse, place: Place, out: &mut Diagnostics) {
    let message = match place {
        Place::Reply | Place::CleanupReply => return response_field(name, 1, out),
        Place::Action | Place::Defaults => {
            "`response` is known only after the request was sent, in `capture` and `expect`"
        }
        Place::Token => "`response` belongs to a request step, and this step is `jwt`",
        Place::Used => "`response` belongs to a request step, and this step is `use`",
        Place::Cleanup | Place::Vars | Place::Outputs => {
            "`response` is known only in `capture` and `expect` of its own step"
        }
    };
    let help = match place {
        Place::Cleanup => "capture what you need under `capture` of the step, and use that name here",
        _ => {
            "to use an earlier reply, capture the value there (`capture: { name: $.path }`), or give that step an `id` and write `steps.<id>.response`"
        }
    };
    out.error(Code::UndefinedName, name.span, message).help(help);
}

/// The field of a reply at `path[at]`.
fn response_field(name: &NameUse, at: usize, out: &mut Diagnostics) {
    field(name, at, "`response`", RESPONSE_FIELDS, out);
    if name.path.get(at).is_some_and(|field| field == "headers")
        && let Some(header) = name.path.get(at + 1).filter(|h| h.chars().any(|c| c.is_ascii_uppercase() || c == '_'))
    {
        let lower = header.to_ascii_lowercase().replace('_', "-");
        out.error(
            Code::UndefinedName,
            name.path_span,
            format!("`headers` has no `{header}`: header names are in lower case"),
        )
        .help(format!("write `headers['{lower}']`"));
    }
}

fn field(name: &NameUse, at: usize, of: &str, fields: &[&str], out: &mut Diagnostics) {
    let Some(field) = name.path.get(at).filter(|field| !fields.contains(&field.as_str())) else { return };
    out.error(Code::UndefinedName, name.path_span, format!("{of} has no `{field}`"))
        .help(crate::flow::names::one_of(field, fields));
}

fn token(name: &NameUse, place: Place, step: Option<&Step>, out: &mut Diagnostics) {
    if place == Place::Token {
        return field(name, 1, "`jwt`", TOKEN, out);
    }
    let message = match step.map(|step| &step.action) {
        Some(Action::Jwt(_)) => "`jwt` is known only after the token was signed, in `capture`",
        _ => "`jwt` is known only in `capture` of its own step",
    };
    out.error(Code::UndefinedName, name.span, message)
        .help("capture it in the `jwt` step: `capture: { token: \"{{ jwt.token }}\" }`, and use that name here");
}

fn outputs(name: &NameUse, place: Place, step: Option<&Step>, out: &mut Diagnostics) {
    let (message, help) = match step.map(|step| &step.action) {
        Some(Action::Use(action)) if place == Place::Used => return output(name, 1, &action.flow, out),
        Some(Action::Use(_)) => (
            "`outputs` is known only after the flow ran, in `capture`",
            "capture it there: `capture: { token: \"{{ outputs.token }}\" }`, and use that name in later steps",
        ),
        _ => (
            "`outputs` is known only in `capture` of a `use` step",
            "for those of an earlier step, give it an `id` and write `steps.<id>.outputs`; what this flow gives stands under its top-level `outputs`",
        ),
    };
    out.error(Code::UndefinedName, name.span, message).help(help);
}

/// The output of a used flow at `path[at]`.
fn output(name: &NameUse, at: usize, flow: &Flow, out: &mut Diagnostics) {
    let Some(wanted) = name.path.get(at) else { return };
    let names = || flow.outputs.iter().map(|output| &*output.name);
    if names().any(|name| name == wanted) {
        return;
    }
    let help = match nearest(wanted, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if flow.outputs.is_empty() => format!("it has no outputs: add `outputs: {{ {wanted}: … }}` to it"),
        None => format!("its outputs are {}", names().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    };
    out.error(Code::UndefinedName, name.path_span, format!("`{}` has no output `{wanted}`", flow.path)).help(help);
}

fn in_loop(name: &NameUse, step: Option<&Step>, out: &mut Diagnostics) {
    if step.is_some_and(|step| step.for_each.is_some()) {
        return field(name, 1, "`loop`", LOOP, out);
    }
    out.error(Code::UndefinedName, name.span, "`loop` is known only in a step with `for_each`")
        .help("add `for_each: { item: \"{{ list }}\" }` to the step");
}

fn steps(name: &NameUse, scope: &mut Scope<'_>, out: &mut Diagnostics) {
    let Some(id) = name.path.get(1) else {
        out.error(Code::UndefinedName, name.span, "`steps` needs the id of a step behind it")
            .help("write `steps.<id>.response` or `steps.<id>.outcome`, the id as it stands in the file");
        return;
    };
    if scope.broken.contains(id.as_str()) {
        return;
    }
    let Some(&index) = scope.ids.get(id.as_str()) else {
        let help = match like(id, scope.ids.keys().copied(), out) {
            Some(near) => format!("did you mean `steps.{near}`?"),
            None => format!("give the step that you mean `id: {id}`"),
        };
        out.error(Code::UndefinedName, name.path_span, format!("no step has the id `{id}`")).help(help);
        return;
    };
    let Some(step) = scope.steps.get(index) else { return };
    if index >= scope.at {
        let (message, help) = if index == scope.at {
            (
                format!("`steps.{id}` is this step itself"),
                "in its own step the reply is `response`, in `capture` and `expect`",
            )
        } else {
            let line = scope.line(step.span);
            (format!("`steps.{id}` is a later step (line {line})"), "move that step before this one")
        };
        out.error(Code::UnboundStep, name.path_span, message).related(step.id_span, "its id").help(help);
        return;
    }
    let field_name = name.path.get(2).map(String::as_str);
    if step.for_each.is_some() && field_name.is_some() {
        let field = field_name.unwrap_or("");
        out.error(Code::UndefinedName, name.path_span, format!("`steps.{id}` is a list: its step has `for_each`"))
            .help(format!(
                "write `steps.{id}[0].{field}` for one item, or `steps.{id} | map(attribute='{field}')` for all"
            ));
        return;
    }
    let is_request = matches!(step.action, Action::Request(_));
    let used = match &step.action {
        Action::Use(action) => Some(&action.flow),
        _ => None,
    };
    match field_name {
        Some("response") if !is_request => {
            out.error(
                Code::UndefinedName,
                name.path_span,
                format!("`steps.{id}` has no `response`: it sends no request"),
            )
            .help("capture what you need in that step");
        }
        Some("outputs") => match used {
            Some(flow) => output(name, 3, flow, out),
            None => {
                let message = format!("`steps.{id}` has no `outputs`: only `use` steps have");
                out.error(Code::UndefinedName, name.path_span, message)
                    .help("capture what you need in that step and use that name");
            }
        },
        Some("response") => {
            scope.kept.insert(index);
            response_field(name, 3, out);
        }
        Some("outcome") => {}
        Some(_) => field(name, 2, &format!("`steps.{id}`"), STEP, out),
        // The whole of it, or something worked out at run time.
        None if is_request => {
            scope.kept.insert(index);
        }
        None => {}
    }
}
