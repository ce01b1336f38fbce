//! What calls stand for: the methods of Postman's sandbox and of JavaScript's texts.

use super::evaluate::{drafted, pipe, truth};
use super::symbol::{Cond, Sym};
use super::tree::{Expr, Kind};
use super::walk::Walk;
use crate::flow::draft::quoted;
use crate::value::Value;

impl Walk<'_> {
    pub(super) fn call(&self, callee: &Expr, args: &[Expr]) -> Sym {
        let arg = |at: usize| args.get(at).map_or(Sym::Undefined, |a| self.value(a));
        let Kind::Member(object, method) = &*callee.kind else {
            return match self.value(callee) {
                Sym::Known(name) => known_call(&name, arg(0)),
                _ => Sym::Unknown,
            };
        };
        let object = self.value(object);
        if let Sym::Known(of) = &object {
            return self.known_method(of, method, arg(0), arg(1));
        }
        let cond = |cond: Cond| Sym::Cond(Box::new(cond));
        match (object, method.as_str()) {
            (Sym::Response, "json") => Sym::Json(Vec::new()),
            (Sym::Response, "text") => Sym::Text,
            (Sym::Headers, "get") => arg(0).as_text().map_or(Sym::Unknown, Sym::header),
            (Sym::Headers, "has" | "hasOwnProperty") => {
                arg(0).as_text().map_or(Sym::Unknown, |name| cond(Cond::Exists(Sym::header(name))))
            }
            (Sym::Cookies, "get") => arg(0).as_text().map_or(Sym::Unknown, |name| Sym::Cookie(name.to_owned())),
            (Sym::Cookies, "has") => {
                arg(0).as_text().map_or(Sym::Unknown, |name| cond(Cond::Exists(Sym::Cookie(name.to_owned()))))
            }
            (object @ Sym::Json(_), "hasOwnProperty") => {
                arg(0).as_text().map_or(Sym::Unknown, |name| cond(Cond::Exists(self.member(object, name))))
            }
            (text, "includes" | "has" | "contains") => cond(Cond::Contains(text, arg(0))),
            (text, "startsWith") => cond(Cond::StartsWith(text, arg(0))),
            (text, "endsWith") => cond(Cond::EndsWith(text, arg(0))),
            (Sym::Regex(source), "test") => cond(Cond::Matches(arg(0), source)),
            (Sym::Regex(_), _) => Sym::Unknown,
            (text, "match") => match arg(0) {
                Sym::Regex(source) => cond(Cond::Matches(text, source)),
                _ => Sym::Unknown,
            },
            (text, "indexOf") => {
                Sym::Pipe(Box::new(Sym::Cond(Box::new(Cond::Contains(text, arg(0))))), "indexOf".to_owned())
            }
            (Sym::Buffer(text), "toString") => match arg(0).as_text() {
                Some("base64") => Sym::Pipe(text, " | base64_encode".to_owned()),
                None | Some("utf8" | "utf-8" | "ascii") => *text,
                Some(_) => Sym::Unknown,
            },
            (text, "toString" | "valueOf") if args.is_empty() => text,
            (text, "trim") => pipe(text, " | trim"),
            (text, "toLowerCase") => pipe(text, " | lower"),
            (text, "toUpperCase") => pipe(text, " | upper"),
            (text, "substring" | "slice" | "substr") => {
                let whole = |s: Sym| s.as_number().filter(|n| n.fract() == 0.0 && *n >= 0.0);
                match (whole(arg(0)), args.get(1).map(|a| whole(self.value(a)))) {
                    (Some(from), None) => pipe(text, &format!("[{from}:]")),
                    (Some(from), Some(Some(to))) if method == "substr" => {
                        pipe(text, &format!("[{from}:{}]", from + to))
                    }
                    (Some(from), Some(Some(to))) => pipe(text, &format!("[{from}:{to}]")),
                    _ => Sym::Unknown,
                }
            }
            (text, "replace" | "replaceAll") => match (arg(0), arg(1).as_text()) {
                (Sym::Const(Value::String(what)), Some(with)) => {
                    pipe(text, &format!(" | replace({}, {})", quoted(&what), quoted(with)))
                }
                _ => Sym::Unknown,
            },
            _ => Sym::Unknown,
        }
    }

    fn known_method(&self, of: &str, method: &str, first: Sym, second: Sym) -> Sym {
        match (of, method) {
            ("JSON", "parse") if matches!(first, Sym::Text) => Sym::Json(Vec::new()),
            // What a variable holds was made text by `JSON.stringify`; a flow keeps it as it is.
            ("JSON", "parse") if matches!(first, Sym::Var(_)) => first,
            ("JSON", "stringify") => match first {
                Sym::Json(_) | Sym::Var(_) => pipe(first, " | tojson"),
                Sym::Const(value) => Sym::text(&value.to_string()),
                _ => Sym::Unknown,
            },
            (of, "get") if is_scope(of) => first.as_text().map_or(Sym::Unknown, |name| self.variable(name)),
            ("postman", "getEnvironmentVariable" | "getGlobalVariable") => {
                first.as_text().map_or(Sym::Unknown, |name| self.variable(name))
            }
            ("postman", "getResponseHeader") => first.as_text().map_or(Sym::Unknown, Sym::header),
            ("postman", "getResponseCookie") => Sym::Unknown,
            (of, "has") if is_scope(of) => {
                first.as_text().map_or(Sym::Unknown, |name| Sym::Cond(Box::new(Cond::Exists(self.variable(name)))))
            }
            (of, "replaceIn") if is_scope(of) => {
                first.as_text().map_or(Sym::Unknown, |text| Sym::Interpolated(text.to_owned()))
            }
            ("Array", "isArray") | ("_", "isArray") => Sym::Cond(Box::new(Cond::Type(first, "list"))),
            ("_", "isString") => Sym::Cond(Box::new(Cond::Type(first, "string"))),
            ("_", "isNumber") => Sym::Cond(Box::new(Cond::Type(first, "number"))),
            ("_", "isObject" | "isPlainObject") => Sym::Cond(Box::new(Cond::Type(first, "object"))),
            ("_", "has") => second
                .as_text()
                .map_or(Sym::Unknown, |name| Sym::Cond(Box::new(Cond::Exists(self.member(first, name))))),
            ("tv4", "validate") => match (first, second) {
                (Sym::Json(path), Sym::Const(schema)) if path.is_empty() => {
                    Sym::Cond(Box::new(Cond::Schema(drafted(schema))))
                }
                _ => Sym::Unknown,
            },
            ("Date", "now") => Sym::Code("now() * 1000".to_owned()),
            ("new Date", "getTime" | "valueOf") => Sym::Code("now() * 1000".to_owned()),
            ("new Date", "toISOString" | "toJSON") => {
                Sym::Code("now() | format_date('%Y-%m-%dT%H:%M:%S.000Z')".to_owned())
            }
            ("Math", "random") => Sym::Random(0.0, 1.0, false),
            ("Math", "floor" | "round" | "trunc" | "ceil") => match first {
                Sym::Random(low, high, _) => Sym::Random(low, high, true),
                Sym::Const(Value::Number(n)) => n.as_f64().map_or(Sym::Unknown, |n| Sym::number(n.floor())),
                other @ Sym::Code(_) => other,
                _ => Sym::Unknown,
            },
            ("uuid", "v4") | ("crypto", "randomUUID") => Sym::Code("uuid()".to_owned()),
            ("Buffer", "from") => match second.as_text() {
                Some("base64") => Sym::Buffer(Box::new(pipe(first, " | base64_decode"))),
                None | Some("utf8" | "utf-8") => Sym::Buffer(Box::new(first)),
                Some(_) => Sym::Unknown,
            },
            _ => Sym::Unknown,
        }
    }
}

/// `pm.environment` and its like.
pub(super) fn is_scope(name: &str) -> bool {
    matches!(name, "pm.environment" | "pm.globals" | "pm.variables" | "pm.collectionVariables" | "pm.iterationData")
}

fn known_call(name: &str, first: Sym) -> Sym {
    match name {
        "parseInt" | "parseFloat" | "Number" | "String" => first,
        "atob" => pipe(first, " | base64_decode"),
        "btoa" => pipe(first, " | base64_encode"),
        "encodeURIComponent" => pipe(first, " | url_encode"),
        "require" => match first.as_text() {
            Some(module @ ("uuid" | "crypto")) => Sym::Known(module.to_owned()),
            Some("lodash") => Sym::Known("_".to_owned()),
            Some("tv4") => Sym::Known("tv4".to_owned()),
            Some("buffer") => Sym::Object(vec![("Buffer".to_owned(), Sym::Known("Buffer".to_owned()))]),
            _ => Sym::Unknown,
        },
        "Boolean" => Sym::Cond(Box::new(truth(first))),
        _ => Sym::Unknown,
    }
}
