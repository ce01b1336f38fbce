//! Checks the literals and names that calls hold, and compiles what can be compiled once: JSONPaths and patterns.

use crate::diagnostic::{Code, nearest};
use crate::jsonpath::JsonPath;
use crate::source::Span;

use crate::xpath::XPath;

use super::function::{Function, function_names};
use super::lower::Lowering;
use super::node::{Arg, Kind, Node};
use super::{filter, habit};

impl Lowering<'_, '_> {
    /// Names that can never be bound, but are easily written.
    pub(super) fn check_name(&mut self, name: &str, span: Span) {
        if let Some(function) = Function::named(name) {
            self.error(Code::UndefinedName, span, format!("`{name}` is a function"))
                .help(format!("call it: `{}`", function.example()));
        } else if matches!(name, "null" | "nil" | "undefined") {
            self.error(Code::UndefinedName, span, format!("`{name}` is not a value in expressions"))
                .help("write `none`, or ask with `x is defined`");
        }
    }

    /// `map('upper')` and `select('eq', 1)` name a filter or a test.
    pub(super) fn check_callee(&mut self, name: &str, args: &[Arg]) {
        let place = match name {
            "map" | "select" | "reject" => 0,
            "selectattr" | "rejectattr" => 1,
            _ => return,
        };
        let Some(Arg { name: None, value: Node { kind: Kind::Const(callee), span } }) = args.get(place) else { return };
        let Some(callee) = callee.as_str() else { return };
        if name == "map" {
            if filter::filter(callee).is_none_or(|callee| callee == "map") {
                let known = filter::filter_names().filter(|n| *n != "map").collect();
                self.unknown(Code::UnknownFilter, *span, "filter", callee, known);
            }
        } else if filter::test(callee).is_none() {
            self.unknown(Code::UnknownTest, *span, "test", callee, filter::test_names().collect());
        }
    }

    /// The filters whose literal argument is compiled here, or what was given back.
    pub(super) fn compiled(&mut self, name: &str, subject: Node, mut args: Vec<Arg>) -> Result<Kind, (Node, Vec<Arg>)> {
        let literal = args.first().filter(|a| a.name.is_none()).and_then(|a| match &a.value.kind {
            Kind::Const(value) => value.as_str().map(|text| (text.to_owned(), a.value.span)),
            _ => None,
        });
        match (name, literal) {
            ("default" | "d", _) => Ok(Kind::Default(Box::new((subject, args)))),
            ("format_date" | "parse_date", Some((format, span))) => {
                if let Err(failure) = filter::check_format(&format) {
                    self.fail(Code::InvalidValue, span, failure);
                }
                Err((subject, args))
            }
            ("jsonpath", Some((path, span))) if args.len() == 1 => match JsonPath::parse(&path) {
                Ok(path) => Ok(Kind::JsonPath(Box::new((subject, path)))),
                Err(error) => {
                    let place = inside(span, &path, error.position);
                    self.error(Code::InvalidJsonPath, place, format!("`{path}` is no JSONPath: {error}"))
                        .help("a JSONPath looks like `$.items[0].name` or `$.items[*].id` (RFC 9535)");
                    Err((subject, args))
                }
            },
            ("xpath", Some((path, span))) if args.len() == 1 => match XPath::parse(&path) {
                Ok(path) => Ok(Kind::XPath(Box::new((subject, path)))),
                Err(error) => {
                    let place = inside(span, &path, error.range.start);
                    let message = format!("`{path}` is no XPath: {error}");
                    self.error(Code::InvalidXPath, place, message).help(error.help);
                    Err((subject, args))
                }
            },
            ("regex_find", Some((pattern, span))) if args.len() == 1 => match filter::pattern::compile(&pattern) {
                Ok(regex) => Ok(Kind::RegexFind(Box::new((subject, regex)))),
                Err(failure) => {
                    self.fail(Code::InvalidRegex, span, failure);
                    Err((subject, args))
                }
            },
            ("regex_replace", Some((pattern, span))) if args.len() == 2 => match filter::pattern::compile(&pattern) {
                Ok(regex) => match args.pop() {
                    Some(with) => Ok(Kind::RegexReplace(Box::new((subject, regex, with.value)))),
                    None => Err((subject, args)),
                },
                Err(failure) => {
                    self.fail(Code::InvalidRegex, span, failure);
                    Err((subject, args))
                }
            },
            _ => Err((subject, args)),
        }
    }

    fn fail(&mut self, code: Code, span: Span, failure: super::text::Failure) {
        self.error(code, span, failure.message).help = failure.help;
    }

    pub(super) fn unknown_function(&mut self, span: Span, name: &str) {
        if filter::filter(name).is_some() {
            self.error(Code::UnknownFunction, span, format!("`{name}` is a filter, not a function"))
                .help(format!("write `value | {name}`"));
        } else {
            let known: Vec<_> = function_names().collect();
            self.error(Code::UnknownFunction, span, format!("unknown function `{name}`"))
                .help(habit::function(name, &known));
        }
    }

    pub(super) fn unknown(&mut self, code: Code, span: Span, what: &str, name: &str, known: Vec<&'static str>) {
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let start = name.get(..2).unwrap_or(name);
                let alike: Vec<_> = known.iter().filter(|k| k.starts_with(start)).map(|k| format!("`{k}`")).collect();
                match alike.is_empty() {
                    true => format!("docs/language.md lists the {what}s: MiniJinja's and wxflow's own"),
                    false => format!("{what}s that begin alike: {}", alike.join(", ")),
                }
            }
        };
        self.error(code, span, format!("unknown {what} `{name}`")).help(help);
    }
}

/// The place of a byte of a text literal, where it stands in the file as it is read; else the literal.
fn inside(literal: Span, text: &str, byte: usize) -> Span {
    let range = literal.range();
    if range.len() != text.len() + 2 {
        return literal;
    }
    let start = range.start + 1 + byte;
    Span::new(start.min(range.end - 1), (start + 1).min(range.end))
}
