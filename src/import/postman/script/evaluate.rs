//! Expressions to what they stand for.

use super::symbol::{Callable, Cond, Seg, Sym};
use super::tree::{Doing, Expr, Kind};
use super::walk::Walk;
use crate::value::Value;

/// Names that are looked up in Postman's own sandbox, not in the script.
const GLOBALS: &[&str] = &[
    "pm",
    "postman",
    "responseCode",
    "responseBody",
    "responseTime",
    "responseHeaders",
    "responseCookies",
    "environment",
    "globals",
    "data",
    "request",
    "JSON",
    "Math",
    "Date",
    "Buffer",
    "CryptoJS",
    "tv4",
    "console",
    "Array",
    "Object",
    "String",
    "Number",
    "parseInt",
    "parseFloat",
    "Boolean",
    "atob",
    "btoa",
    "_",
    "tests",
    "expect",
    "uuid",
    "crypto",
    "encodeURIComponent",
    "require",
    "xml2Json",
    "cheerio",
    "setTimeout",
    "iteration",
];

impl Walk<'_> {
    /// What an expression stands for. It has no effect: those of calls are seen by the statements.
    pub(super) fn value(&self, expr: &Expr) -> Sym {
        let sym = match &*expr.kind {
            Kind::Null => Sym::Const(Value::Null),
            Kind::Bool(b) => Sym::Const(Value::Bool(*b)),
            Kind::Number(n) => Sym::number(*n),
            Kind::Text(text) => Sym::text(text),
            Kind::Regex(source, flags) => regex(source, flags).map_or(Sym::Unknown, Sym::Regex),
            Kind::Template(texts, holes) => {
                let holes = holes.iter().map(Some).chain([None]);
                let parts = texts.iter().zip(holes).flat_map(|(text, hole)| {
                    let text = (!text.is_empty()).then(|| Sym::text(text));
                    text.into_iter().chain(hole.map(|h| self.value(h)))
                });
                concat(parts.collect())
            }
            Kind::Name(name) => self.name(name),
            Kind::Member(object, name) => self.member(self.value(object), name),
            Kind::Index(object, index) => match (self.value(object), self.value(index)) {
                (object, Sym::Const(Value::String(key))) => self.member(object, &key),
                (Sym::Json(mut path), Sym::Const(Value::Number(n))) => match n.as_i64() {
                    Some(n) => {
                        path.push(Seg::Index(n));
                        Sym::Json(path)
                    }
                    None => Sym::Unknown,
                },
                (Sym::Json(path), Sym::Pipe(length, last))
                    if last == " - 1" && *length == Sym::Length(Box::new(Sym::Json(path.clone()))) =>
                {
                    Sym::Json(path.into_iter().chain([Seg::Index(-1)]).collect())
                }
                _ => Sym::Unknown,
            },
            Kind::Call(callee, args) => self.call(callee, args),
            Kind::New(name, args) => match self.value(name) {
                Sym::Known(name) if name == "Date" && args.is_empty() => Sym::Known("new Date".to_owned()),
                Sym::Known(name) if name == "RegExp" => args.first().map_or(Sym::Unknown, |a| self.value(a)),
                _ => Sym::Unknown,
            },
            Kind::Unary(sign, operand) => self.unary(sign, operand),
            Kind::Binary(sign, a, b) => self.binary(sign, a, b),
            Kind::Choice(c, a, b) => match truth(self.value(c)) {
                Cond::Const(true) => self.value(a),
                Cond::Const(false) => self.value(b),
                _ => Sym::Unknown,
            },
            Kind::Assign(..) => Sym::Unknown,
            Kind::List(items) => Sym::List(items.iter().map(|i| self.value(i)).collect()).folded(),
            Kind::Object(entries) => {
                Sym::Object(entries.iter().map(|(k, e)| (k.clone(), self.value(e))).collect()).folded()
            }
            Kind::Function(_) => Sym::Function(Callable(expr.clone())),
        };
        sym.bounded()
    }

    /// What an expression says where a condition is asked for.
    pub(super) fn condition(&self, expr: &Expr) -> Cond {
        truth(self.value(expr)).bounded()
    }

    fn name(&self, name: &str) -> Sym {
        if let Some(sym) = self.scope.get(name) {
            return self.copy(sym);
        }
        match name {
            "undefined" => Sym::Undefined,
            "responseBody" => Sym::Text,
            "responseTime" => Sym::Time,
            "responseHeaders" => Sym::Headers,
            "responseCode" => Sym::Response,
            name if GLOBALS.contains(&name) => Sym::Known(name.to_owned()),
            _ => Sym::Unknown,
        }
    }

    pub(super) fn member(&self, object: Sym, name: &str) -> Sym {
        match (object, name) {
            (Sym::Known(of), name) => match (of.as_str(), name) {
                ("pm", "response") => Sym::Response,
                ("pm", "cookies") => Sym::Cookies,
                ("pm.info", "requestName") | ("request", "name") => Sym::text(super::ITSELF),
                ("pm.info", "iteration") => Sym::Const(Value::from(0)),
                ("environment" | "globals" | "data", name) => self.variable(name),
                (of, name) => Sym::Known(format!("{of}.{name}")),
            },
            (Sym::Response, "code" | "statusCode") => Sym::Status,
            (Sym::Response, "status" | "name") => Sym::Reason,
            (Sym::Response, "responseTime") => Sym::Time,
            (Sym::Response, "headers") => Sym::Headers,
            (Sym::Response, "cookies") => Sym::Cookies,
            (Sym::Response, "to") => Sym::Response,
            (Sym::Headers, name) => Sym::header(name),
            (Sym::Json(path), "length") => Sym::Length(Box::new(Sym::Json(path))),
            (Sym::Text, "length") => Sym::Length(Box::new(Sym::Text)),
            (Sym::Json(mut path), name) => {
                path.push(Seg::Key(name.to_owned()));
                Sym::Json(path)
            }
            (Sym::Const(Value::Object(map)), name) => map.get(name).map_or(Sym::Undefined, |v| Sym::Const(v.clone())),
            (Sym::Object(entries), name) => {
                entries.into_iter().rev().find(|(k, _)| k == name).map_or(Sym::Undefined, |(_, s)| s)
            }
            (Sym::Const(Value::Array(list)), "length") => Sym::Const(Value::from(list.len())),
            (Sym::Const(Value::String(text)), "length") => Sym::Const(Value::from(text.encode_utf16().count())),
            _ => Sym::Unknown,
        }
    }

    /// A variable: what this script has put into it, else what it was before.
    pub(super) fn variable(&self, name: &str) -> Sym {
        self.set.get(name).map_or_else(|| Sym::Var(name.to_owned()), |sym| self.copy(sym))
    }

    fn unary(&self, sign: &str, operand: &Expr) -> Sym {
        let value = self.value(operand);
        match sign {
            "!" => Sym::Cond(Box::new(truth(value).negated())),
            "-" => value.as_number().map_or(Sym::Unknown, |n| Sym::number(-n)),
            // The number of a text; what the reply or a variable holds is compared as what it is.
            "+" => value,
            "typeof" => Sym::Type(Box::new(value)),
            _ => Sym::Unknown,
        }
    }

    fn binary(&self, sign: &str, a: &Expr, b: &Expr) -> Sym {
        let (a, b) = (self.value(a), self.value(b));
        let cond = |cond: Cond| Sym::Cond(Box::new(cond));
        match sign {
            "==" | "===" => cond(equals(a, b)),
            "!=" | "!==" => cond(equals(a, b).negated()),
            "<" => cond(Cond::Less(a, b)),
            ">" => cond(Cond::Less(b, a)),
            "<=" => cond(Cond::AtMost(a, b)),
            ">=" => cond(Cond::AtMost(b, a)),
            "&&" => cond(Cond::all(vec![truth(a), truth(b)])),
            // `x || 'default'` is a value, and no condition.
            "||" | "??"
                if matches!(
                    b,
                    Sym::Const(Value::Number(_) | Value::String(_) | Value::Object(_) | Value::Array(_))
                ) =>
            {
                match a {
                    Sym::Cond(c) => cond(Cond::any(vec![*c, truth(b)])),
                    Sym::Var(_) => a,
                    _ => Sym::Unknown,
                }
            }
            "||" => cond(Cond::any(vec![truth(a), truth(b)])),
            "in" => match (a.as_text(), b) {
                (Some(name), object @ (Sym::Json(_) | Sym::Headers)) => cond(Cond::Exists(self.member(object, name))),
                _ => Sym::Unknown,
            },
            "instanceof" => match b {
                Sym::Known(name) if name == "Array" => cond(Cond::Type(a, "list")),
                _ => Sym::Unknown,
            },
            "+" => add(a, b),
            "-" | "*" | "/" | "%" => arithmetic(sign, a, &b),
            _ => Sym::Unknown,
        }
    }
}

/// The condition that a value is one where JavaScript asks for one.
pub(super) fn truth(sym: Sym) -> Cond {
    match sym {
        Sym::Cond(cond) => *cond,
        Sym::Undefined => Cond::Const(false),
        Sym::Const(value) => Cond::Const(match value {
            Value::Null => false,
            Value::Bool(b) => b,
            Value::Number(n) => n.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(_) | Value::Object(_) => true,
        }),
        Sym::Response
        | Sym::Status
        | Sym::Json(_)
        | Sym::Text
        | Sym::Header(_)
        | Sym::Var(_)
        | Sym::Length(_)
        | Sym::Cookie(_) => match sym {
            Sym::Json(ref path) if path.is_empty() => Cond::Exists(sym),
            Sym::Length(subject) => Cond::Empty(*subject).negated(),
            Sym::Response | Sym::Status => Cond::Const(true),
            other => Cond::Truthy(other),
        },
        _ => Cond::Unknown,
    }
}

/// `a === b`, and `a == b`, which differs for what nobody compares.
pub(super) fn equals(a: Sym, b: Sym) -> Cond {
    match (a, b) {
        (Sym::Const(a), Sym::Const(b)) => Cond::Const(crate::value::equal(&a, &b)),
        (Sym::Cond(c), Sym::Const(Value::Bool(true))) | (Sym::Const(Value::Bool(true)), Sym::Cond(c)) => *c,
        (Sym::Cond(c), Sym::Const(Value::Bool(false))) | (Sym::Const(Value::Bool(false)), Sym::Cond(c)) => c.negated(),
        (Sym::Undefined, other) | (other, Sym::Undefined) => match other {
            Sym::Const(_) => Cond::Const(false),
            Sym::Undefined => Cond::Const(true),
            other => Cond::Exists(other).negated(),
        },
        // `x.indexOf(y) === -1`.
        (Sym::Pipe(inner, what), Sym::Const(Value::Number(n))) if what == "indexOf" => match (*inner, n.as_i64()) {
            (Sym::Cond(c), Some(-1)) => c.negated(),
            _ => Cond::Unknown,
        },
        (Sym::Type(of), Sym::Const(Value::String(name))) | (Sym::Const(Value::String(name)), Sym::Type(of)) => {
            match name.as_str() {
                "undefined" => Cond::Exists(*of).negated(),
                "object" => Cond::any(vec![Cond::Type((*of).clone(), "object"), Cond::Type(*of, "list")]),
                name => named_type(name).map_or(Cond::Unknown, |name| Cond::Type(*of, name)),
            }
        }
        (constant @ Sym::Const(_), other) => Cond::Eq(other, constant),
        (a, b) => Cond::Eq(a, b),
    }
}

/// The language's name of one of JavaScript's types.
pub(super) fn named_type(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "string" => "string",
        "number" => "number",
        "boolean" => "boolean",
        "array" => "list",
        "object" => "object",
        "null" => "null",
        _ => return None,
    })
}

fn concat(parts: Vec<Sym>) -> Sym {
    let mut joined: Vec<Sym> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Sym::Const(Value::String(before))), Sym::Const(Value::String(text))) if before.len() < 10_000 => {
                *before += &text;
            }
            (_, Sym::Concat(inner)) => joined.extend(inner),
            (_, part) => joined.push(part),
        }
    }
    match joined.len() {
        0 => Sym::text(""),
        1 => joined.swap_remove(0),
        _ => Sym::Concat(joined),
    }
}

fn add(a: Sym, b: Sym) -> Sym {
    match (&a, &b) {
        (Sym::Const(Value::Number(x)), Sym::Const(Value::Number(y))) => match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) => Sym::number(x + y),
            _ => Sym::Unknown,
        },
        (Sym::Random(low, high, whole), Sym::Const(Value::Number(n)))
        | (Sym::Const(Value::Number(n)), Sym::Random(low, high, whole)) => {
            let n = n.as_f64().unwrap_or(0.0);
            Sym::Random(low + n, high + n, *whole)
        }
        // A number added to what may be a number: nobody can say whether it is a sum.
        (Sym::Const(Value::Number(_)), _) | (_, Sym::Const(Value::Number(_))) => Sym::Unknown,
        _ => concat(vec![a, b]),
    }
}

fn arithmetic(sign: &str, a: Sym, b: &Sym) -> Sym {
    match (a, sign, b.as_number()) {
        (Sym::Random(low, high, false), "*", Some(n)) => Sym::Random(low * n, high * n, false),
        (Sym::Code(code), "/", Some(1000.0)) if code == "now() * 1000" => Sym::Code("now()".to_owned()),
        (length @ Sym::Length(_), "-", Some(1.0)) => Sym::Pipe(Box::new(length), " - 1".to_owned()),
        (Sym::Const(Value::Number(a)), sign, Some(b)) => match (a.as_f64(), sign) {
            (Some(a), "-") => Sym::number(a - b),
            (Some(a), "*") => Sym::number(a * b),
            (Some(a), "/") if b != 0.0 => Sym::number(a / b),
            _ => Sym::Unknown,
        },
        _ => Sym::Unknown,
    }
}

pub(super) fn pipe(sym: Sym, filter: &str) -> Sym {
    match sym {
        // A slice is of the whole of what stands before it.
        Sym::Pipe(inner, before)
            if before != "indexOf" && before.len() < 500 && !filter.starts_with('[') && !before.starts_with('[') =>
        {
            Sym::Pipe(inner, before + filter)
        }
        Sym::Unknown => Sym::Unknown,
        other => Sym::Pipe(Box::new(other), filter.to_owned()),
    }
}

/// A regular expression for the `regex` crate; `None` where it has what that crate lacks.
fn regex(source: &str, flags: &str) -> Option<String> {
    let mut text = source.replace("\\/", "/");
    let set: String = flags.chars().filter(|c| matches!(c, 'i' | 'm' | 's')).collect();
    if !set.is_empty() {
        text = format!("(?{set}){text}");
    }
    regex::RegexBuilder::new(&text).size_limit(1 << 20).build().ok().map(|_| text)
}

/// A schema of a script without `$schema` is draft 7, as Ajv reads it; drafts before 2019 say `definitions`.
pub(super) fn drafted(schema: Value) -> Value {
    match schema {
        Value::Object(map) if !map.contains_key("$schema") => {
            let mut drafted = crate::value::Map::new();
            drafted.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
            drafted.extend(map);
            Value::Object(drafted)
        }
        other => other,
    }
}

/// The statements of a function that is a constant of the script, with its first parameter's name.
pub(super) fn function(sym: &Sym) -> Option<(&[super::tree::Stmt], Option<&str>)> {
    let Sym::Function(Callable(expr)) = sym else { return None };
    let Kind::Function(function) = &*expr.kind else { return None };
    Some((&function.body, function.params.first().map(String::as_str)))
}

/// Whether a statement can be left out: it only prints, or does nothing.
pub(super) fn is_idle(doing: &Doing) -> bool {
    match doing {
        Doing::Empty => true,
        Doing::Expr(expr) => match &*expr.kind {
            Kind::Call(callee, _) => {
                matches!(&*callee.kind, Kind::Member(object, _) if matches!(&*object.kind, Kind::Name(n) if n == "console"))
            }
            Kind::Text(_) | Kind::Name(_) => true,
            _ => false,
        },
        _ => false,
    }
}
