//! Symbols and conditions of scripts as expressions of the language.

use super::script::{Cond, Seg, Sym};
use super::text::Binder;
use crate::flow::draft::quoted;
use crate::value::Value;

/// Whether a key may stand behind a dot.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// An expression without parentheses around the whole of it.
pub(super) fn bare(code: String) -> String {
    let Some(inside) = code.strip_prefix('(').and_then(|c| c.strip_suffix(')')) else { return code };
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in inside.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return code,
            },
            _ => {}
        }
    }
    inside.to_owned()
}

/// What a symbol stands for as an expression of the language; what is more than one term stands in parentheses.
pub(super) fn code(sym: &Sym, names: &mut Binder<'_>) -> Option<String> {
    Some(match sym {
        Sym::Const(value) => constant(value),
        Sym::Undefined => "none".to_owned(),
        Sym::Status => "response.status".to_owned(),
        Sym::Reason => "response.reason".to_owned(),
        Sym::Time => "response.duration_ms".to_owned(),
        Sym::Text => "response.text".to_owned(),
        Sym::Json(path) => {
            let mut out = "response.json".to_owned();
            for seg in path {
                match seg {
                    Seg::Key(name) if is_word(name) => out.push_str(&format!(".{name}")),
                    Seg::Key(name) => out.push_str(&format!("[{}]", quoted(name))),
                    Seg::Index(n) => out.push_str(&format!("[{n}]")),
                    Seg::Each => return None,
                }
            }
            out
        }
        Sym::Header(name) => format!("response.headers[{}]", quoted(&name.to_ascii_lowercase())),
        Sym::Cookie(name) => format!("response.cookies[{}].value", quoted(name)),
        Sym::Var(name) => term(names.read(name)),
        Sym::Interpolated(text) => term(names.expression(text)),
        Sym::Length(inner) => format!("({} | length)", code(inner, names)?),
        Sym::Pipe(inner, filter) if filter != "indexOf" => {
            format!("({}{filter})", code(inner, names)?)
        }
        Sym::Concat(all) => {
            let parts: Option<Vec<_>> = all.iter().map(|part| code(part, names)).collect();
            format!("({})", parts?.join(" ~ "))
        }
        Sym::Code(text) => term(text.clone()),
        Sym::Random(low, high, true) if low.abs() < 1e15 && high.abs() < 1e15 => {
            format!("random_int({}, {})", low.floor(), (high.ceil() - 1.0).max(low.floor()))
        }
        Sym::List(all) => {
            let parts: Option<Vec<_>> = all.iter().map(|part| code(part, names)).collect();
            format!("[{}]", parts?.join(", "))
        }
        Sym::Cond(cond) => format!("({})", condition(cond, names)?),
        _ => return None,
    })
}

fn term(code: String) -> String {
    if code.contains(' ') && !(code.ends_with(')') && code.starts_with("random")) { format!("({code})") } else { code }
}

fn constant(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(list) => format!("[{}]", list.iter().map(constant).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| format!("{}: {}", quoted(k), constant(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A condition as an expression of the language, or `None` where it has none.
pub(super) fn condition(cond: &Cond, names: &mut Binder<'_>) -> Option<String> {
    let mut two = |a: &Sym, sign: &str, b: &Sym| Some(format!("{} {sign} {}", code(a, names)?, code(b, names)?));
    Some(match cond {
        Cond::Const(known) => known.to_string(),
        Cond::Eq(a, b) => two(a, "==", b)?,
        Cond::Less(a, b) => two(a, "<", b)?,
        Cond::AtMost(a, b) => two(a, "<=", b)?,
        Cond::Contains(a, b) => two(b, "in", a)?,
        Cond::Exists(s) => format!("{} is defined", code(s, names)?),
        Cond::Truthy(s) => format!("({} | default(none)) not in [none, false, 0, '']", code(s, names)?),
        Cond::Type(s, name) => {
            let test = match *name {
                "list" => "sequence",
                "object" => "mapping",
                "null" => "none",
                name => name,
            };
            format!("{} is {test}", code(s, names)?)
        }
        Cond::StartsWith(s, part) => format!("{} is startingwith({})", code(s, names)?, bare(code(part, names)?)),
        Cond::EndsWith(s, part) => format!("{} is endingwith({})", code(s, names)?, bare(code(part, names)?)),
        Cond::Matches(s, source) => format!("({} | regex_find({})) is defined", code(s, names)?, quoted(source)),
        Cond::In(Sym::Status, list) => {
            let one = |s: &Sym| match s {
                Sym::Const(Value::String(class)) => {
                    class.chars().next().map(|c| format!("(response.status // 100 == {c})"))
                }
                Sym::Const(number) => Some(format!("response.status == {number}")),
                _ => None,
            };
            let all: Option<Vec<_>> = list.iter().map(one).collect();
            format!("({})", all?.join(" or "))
        }
        Cond::In(s, list) => {
            let list: Option<Vec<_>> = list.iter().map(|v| code(v, names)).collect();
            format!("{} in [{}]", code(s, names)?, list?.join(", "))
        }
        Cond::Empty(s) => format!("{} | length == 0", code(s, names)?),
        Cond::Not(inner) => match &**inner {
            Cond::Eq(a, b) => two(a, "!=", b)?,
            Cond::Contains(a, b) => two(b, "not in", a)?,
            Cond::Exists(s) => format!("{} is not defined", code(s, names)?),
            Cond::Truthy(s) => format!("({} | default(none)) in [none, false, 0, '']", code(s, names)?),
            inner => format!("not ({})", condition(inner, names)?),
        },
        Cond::All(all) => joined(all, " and ", names)?,
        Cond::Any(all) => joined(all, " or ", names)?,
        Cond::Like(..) | Cond::Schema(_) | Cond::Unknown => return None,
    })
}

fn joined(all: &[Cond], word: &str, names: &mut Binder<'_>) -> Option<String> {
    let parts: Option<Vec<_>> = all
        .iter()
        .map(|cond| {
            let code = condition(cond, names)?;
            Some(if matches!(cond, Cond::All(_) | Cond::Any(_)) { format!("({code})") } else { code })
        })
        .collect();
    Some(parts?.join(word))
}
