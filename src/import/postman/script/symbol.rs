//! What a script's expressions stand for, without running it: places of the reply, variables, and conditions on them.

use super::tree::Expr;
use crate::http::HeaderName;
use crate::value::{Number, Value};

/// More parts than any condition that a person writes. What would be larger is unknown.
const MAX_WEIGHT: usize = 150;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::import::postman) enum Sym {
    Const(Value),
    Undefined,
    /// `pm.response` itself.
    Response,
    Status,
    Reason,
    /// Milliseconds.
    Time,
    Text,
    /// A place in the reply's JSON.
    Json(Vec<Seg>),
    Headers,
    Header(String),
    Cookies,
    Cookie(String),
    /// A Postman variable, as it was before the script.
    Var(String),
    Length(Box<Sym>),
    /// `typeof`.
    Type(Box<Sym>),
    Concat(Vec<Sym>),
    /// An expression of the flow language behind a value: `| lower`, `[23:]`.
    Pipe(Box<Sym>, String),
    /// An expression of the flow language.
    Code(String),
    /// Text that still holds Postman's `{{ }}`.
    Interpolated(String),
    /// Bytes, as what they are the text of.
    Buffer(Box<Sym>),
    /// A number from the first up to, without, the second; whole where the flag says so.
    Random(f64, f64, bool),
    List(Vec<Sym>),
    Object(Vec<(String, Sym)>),
    Cond(Box<Cond>),
    Regex(String),
    Function(Callable),
    /// A name of Postman's or JavaScript's own, like `pm.environment`.
    Known(String),
    Unknown,
}

/// A function of the script. No two are equal.
#[derive(Clone, Debug)]
pub(in crate::import::postman) struct Callable(pub(super) Expr);

impl PartialEq for Callable {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

/// A step of a path into JSON.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::import::postman) enum Seg {
    Key(String),
    Index(i64),
    /// Every item: what `forEach` looks at.
    Each,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::import::postman) enum Cond {
    Const(bool),
    Eq(Sym, Sym),
    Less(Sym, Sym),
    AtMost(Sym, Sym),
    Exists(Sym),
    Truthy(Sym),
    /// One of the language's type names.
    Type(Sym, &'static str),
    Contains(Sym, Sym),
    StartsWith(Sym, Sym),
    EndsWith(Sym, Sym),
    Like(Sym, Sym),
    Matches(Sym, String),
    In(Sym, Vec<Sym>),
    Empty(Sym),
    Schema(Value),
    Not(Box<Cond>),
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Unknown,
}

impl Sym {
    /// A header of the reply. A name that no header can have is nothing that a flow can ask for.
    pub(in crate::import::postman) fn header(name: &str) -> Self {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(_) => Self::Header(name.to_owned()),
            Err(_) => Self::Unknown,
        }
    }

    pub(super) fn text(text: &str) -> Self {
        Sym::Const(Value::String(text.to_owned()))
    }

    pub(super) fn number(number: f64) -> Self {
        let whole = number.fract() == 0.0 && number.abs() < 9e15;
        let json = if whole { Some(Number::from(number as i64)) } else { Number::from_f64(number) };
        json.map_or(Sym::Unknown, |n| Sym::Const(Value::Number(n)))
    }

    /// The text of a constant that is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Sym::Const(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Sym::Const(Value::Number(n)) => n.as_f64(),
            _ => None,
        }
    }

    /// Itself, or unknown where it has grown too large.
    pub(super) fn bounded(self) -> Self {
        let mut left = MAX_WEIGHT;
        if weigh(&self, &mut left) { self } else { Sym::Unknown }
    }

    /// Whether any part of it is unknown.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Sym::Unknown
            | Sym::Known(_)
            | Sym::Function(_)
            | Sym::Response
            | Sym::Headers
            | Sym::Cookies
            | Sym::Regex(_)
            | Sym::Buffer(_) => true,
            Sym::Random(_, _, whole) => !whole,
            Sym::Length(s) | Sym::Type(s) | Sym::Pipe(s, _) => s.is_unknown(),
            Sym::Concat(all) | Sym::List(all) => all.iter().any(Sym::is_unknown),
            Sym::Object(all) => all.iter().any(|(_, s)| s.is_unknown()),
            Sym::Cond(c) => c.is_unknown(),
            _ => false,
        }
    }

    /// Whether it comes from the reply.
    pub(in crate::import::postman) fn is_of_reply(&self) -> bool {
        match self {
            Sym::Status | Sym::Reason | Sym::Time | Sym::Text | Sym::Json(_) | Sym::Header(_) | Sym::Cookie(_) => true,
            Sym::Length(s) | Sym::Type(s) | Sym::Pipe(s, _) => s.is_of_reply(),
            Sym::Concat(all) | Sym::List(all) => all.iter().any(Sym::is_of_reply),
            Sym::Object(all) => all.iter().any(|(_, s)| s.is_of_reply()),
            Sym::Cond(c) => c.is_of_reply(),
            _ => false,
        }
    }

    /// A list or object whose parts are all constant is a constant.
    pub(super) fn folded(self) -> Self {
        let constant = |s: &Sym| if let Sym::Const(v) = s { Some(v.clone()) } else { None };
        match &self {
            Sym::List(all) => {
                all.iter().map(constant).collect::<Option<Vec<_>>>().map_or(self, |v| Sym::Const(v.into()))
            }
            Sym::Object(all) => {
                let map = all.iter().map(|(k, s)| Some((k.clone(), constant(s)?))).collect::<Option<_>>();
                map.map_or(self, |map| Sym::Const(Value::Object(map)))
            }
            _ => self,
        }
    }
}

impl Cond {
    /// Its opposite.
    pub(in crate::import::postman) fn negated(self) -> Self {
        match self {
            Cond::Const(b) => Cond::Const(!b),
            Cond::Not(c) => *c,
            Cond::All(all) => Cond::any(all.into_iter().map(Cond::negated).collect()),
            Cond::Any(all) => Cond::all(all.into_iter().map(Cond::negated).collect()),
            Cond::Less(a, b) => Cond::AtMost(b, a),
            Cond::AtMost(a, b) => Cond::Less(b, a),
            Cond::Unknown => Cond::Unknown,
            other => Cond::Not(Box::new(other)),
        }
    }

    /// All of them hold.
    pub(super) fn all(list: Vec<Cond>) -> Self {
        let mut kept = Vec::new();
        for cond in list {
            match cond {
                Cond::Const(true) => {}
                Cond::Const(false) => return Cond::Const(false),
                Cond::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Cond::Const(true),
            1 => kept.swap_remove(0),
            _ => Cond::All(kept),
        }
    }

    /// As [`Cond::any`], for whoever puts conditions together.
    pub(in crate::import::postman) fn any_of(list: Vec<Cond>) -> Self {
        Cond::any(list).bounded()
    }

    /// One of them holds. Several values of one thing are an `In`.
    pub(super) fn any(list: Vec<Cond>) -> Self {
        let mut kept: Vec<Cond> = Vec::new();
        for cond in list {
            match cond {
                Cond::Const(false) => {}
                Cond::Const(true) => return Cond::Const(true),
                Cond::Any(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        let values = |cond: &Cond| match cond {
            Cond::Eq(subject, value @ Sym::Const(_)) => Some((subject.clone(), vec![value.clone()])),
            Cond::In(subject, values) => Some((subject.clone(), values.clone())),
            _ => None,
        };
        let all: Option<Vec<_>> = kept.iter().map(values).collect();
        if let Some((first, rest)) = all.as_deref().and_then(<[_]>::split_first)
            && rest.iter().all(|(subject, _)| *subject == first.0)
        {
            let values: Vec<_> = first.1.iter().chain(rest.iter().flat_map(|(_, v)| v)).cloned().collect();
            if !rest.is_empty() {
                return Cond::In(first.0.clone(), values);
            }
        }
        match kept.len() {
            0 => Cond::Const(false),
            1 => kept.swap_remove(0),
            _ => Cond::Any(kept),
        }
    }

    /// Whether any part of it is unknown.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Cond::Unknown => true,
            Cond::Const(_) | Cond::Schema(_) => false,
            Cond::Not(c) => c.is_unknown(),
            Cond::All(all) | Cond::Any(all) => all.iter().any(Cond::is_unknown),
            Cond::In(s, all) => s.is_unknown() || all.iter().any(Sym::is_unknown),
            Cond::Exists(s) | Cond::Truthy(s) | Cond::Type(s, _) | Cond::Matches(s, _) | Cond::Empty(s) => {
                s.is_unknown()
            }
            Cond::Eq(a, b) | Cond::Less(a, b) | Cond::AtMost(a, b) | Cond::Like(a, b) => {
                a.is_unknown() || b.is_unknown()
            }
            Cond::Contains(a, b) | Cond::StartsWith(a, b) | Cond::EndsWith(a, b) => a.is_unknown() || b.is_unknown(),
        }
    }

    /// Whether it asks about the reply.
    pub(in crate::import::postman) fn is_of_reply(&self) -> bool {
        match self {
            Cond::Schema(_) => true,
            Cond::Unknown | Cond::Const(_) => false,
            Cond::Not(c) => c.is_of_reply(),
            Cond::All(all) | Cond::Any(all) => all.iter().any(Cond::is_of_reply),
            Cond::In(s, all) => s.is_of_reply() || all.iter().any(Sym::is_of_reply),
            Cond::Exists(s) | Cond::Truthy(s) | Cond::Type(s, _) | Cond::Matches(s, _) | Cond::Empty(s) => {
                s.is_of_reply()
            }
            Cond::Eq(a, b) | Cond::Less(a, b) | Cond::AtMost(a, b) | Cond::Like(a, b) => {
                a.is_of_reply() || b.is_of_reply()
            }
            Cond::Contains(a, b) | Cond::StartsWith(a, b) | Cond::EndsWith(a, b) => a.is_of_reply() || b.is_of_reply(),
        }
    }

    /// Itself, or unknown where it has grown too large.
    pub(super) fn bounded(self) -> Self {
        let mut left = MAX_WEIGHT;
        if weigh_cond(&self, &mut left) { self } else { Cond::Unknown }
    }
}

impl Cond {
    /// Whether it looks at this variable.
    pub(in crate::import::postman) fn mentions(&self, name: &str) -> bool {
        match self {
            Cond::Const(_) | Cond::Schema(_) | Cond::Unknown => false,
            Cond::Not(c) => c.mentions(name),
            Cond::All(all) | Cond::Any(all) => all.iter().any(|c| c.mentions(name)),
            Cond::In(s, all) => s.mentions(name) || all.iter().any(|s| s.mentions(name)),
            Cond::Exists(s) | Cond::Truthy(s) | Cond::Type(s, _) | Cond::Matches(s, _) | Cond::Empty(s) => {
                s.mentions(name)
            }
            Cond::Eq(a, b) | Cond::Less(a, b) | Cond::AtMost(a, b) | Cond::Like(a, b) => {
                a.mentions(name) || b.mentions(name)
            }
            Cond::Contains(a, b) | Cond::StartsWith(a, b) | Cond::EndsWith(a, b) => {
                a.mentions(name) || b.mentions(name)
            }
        }
    }
}

impl Sym {
    /// Whether it is, or holds, this variable.
    pub(in crate::import::postman) fn mentions(&self, name: &str) -> bool {
        match self {
            Sym::Var(var) => var == name,
            Sym::Interpolated(text) => text.contains(name),
            Sym::Length(s) | Sym::Type(s) | Sym::Pipe(s, _) | Sym::Buffer(s) => s.mentions(name),
            Sym::Concat(all) | Sym::List(all) => all.iter().any(|s| s.mentions(name)),
            Sym::Object(all) => all.iter().any(|(_, s)| s.mentions(name)),
            Sym::Cond(c) => c.mentions(name),
            _ => false,
        }
    }
}

/// About how many bytes a value takes: what copying it costs.
pub(super) fn size(sym: &Sym) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => 24 + text.len(),
            Value::Array(list) => 24 + list.iter().map(of).sum::<usize>(),
            Value::Object(map) => 24 + map.iter().map(|(key, value)| 48 + key.len() + of(value)).sum::<usize>(),
            _ => 24,
        }
    }
    match sym {
        Sym::Const(value) => of(value),
        Sym::Concat(all) | Sym::List(all) => 24 + all.iter().map(size).sum::<usize>(),
        Sym::Object(all) => 24 + all.iter().map(|(key, s)| 48 + key.len() + size(s)).sum::<usize>(),
        Sym::Pipe(s, text) => 48 + text.len() + size(s),
        Sym::Length(s) | Sym::Type(s) | Sym::Buffer(s) => 24 + size(s),
        Sym::Json(path) => 24 + 48 * path.len(),
        // At most so many parts, of which only constants are large; they were paid for when they were named.
        Sym::Cond(_) => 24 * MAX_WEIGHT,
        _ => 48,
    }
}

/// Counts parts down; false once there are too many.
fn weigh(sym: &Sym, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match sym {
        Sym::Length(s) | Sym::Type(s) | Sym::Buffer(s) => weigh(s, left),
        Sym::Pipe(s, text) => text.len() < 2000 && weigh(s, left),
        Sym::Json(path) => path.len() < MAX_WEIGHT,
        Sym::Concat(all) | Sym::List(all) => all.iter().all(|s| weigh(s, left)),
        Sym::Object(all) => all.iter().all(|(_, s)| weigh(s, left)),
        Sym::Cond(c) => weigh_cond(c, left),
        _ => true,
    }
}

fn weigh_cond(cond: &Cond, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match cond {
        Cond::Const(_) | Cond::Schema(_) | Cond::Unknown => true,
        Cond::Not(c) => weigh_cond(c, left),
        Cond::All(all) | Cond::Any(all) => all.iter().all(|c| weigh_cond(c, left)),
        Cond::In(s, all) => weigh(s, left) && all.iter().all(|s| weigh(s, left)),
        Cond::Exists(s) | Cond::Truthy(s) | Cond::Type(s, _) | Cond::Matches(s, _) | Cond::Empty(s) => weigh(s, left),
        Cond::Eq(a, b) | Cond::Less(a, b) | Cond::AtMost(a, b) | Cond::Like(a, b) => weigh(a, left) && weigh(b, left),
        Cond::Contains(a, b) | Cond::StartsWith(a, b) | Cond::EndsWith(a, b) => weigh(a, left) && weigh(b, left),
    }
}
