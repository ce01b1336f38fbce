//! `pm.expect(…).to.…` and `pm.response.to.…`: Chai's chains of words, as conditions.

use super::evaluate::{drafted, equals, named_type, truth};
use super::symbol::{Cond, Seg, Sym};
use super::tree::{Expr, Kind, Stmt};
use super::walk::Walk;
use crate::value::Value;

/// A word of a chain, with its arguments where it is called.
type Word<'e> = (&'e str, Option<&'e [Expr]>);

/// Words that only read well.
const FILLERS: &[&str] = &[
    "to", "be", "been", "is", "that", "which", "and", "has", "have", "with", "at", "of", "same", "but", "does",
    "still", "also", "deep", "own", "nested", "all",
];

/// Statuses by the words of `pm.response.to.be.…`.
const STATUSES: &[(&str, &[&str])] = &[
    ("ok", &["2xx"]),
    ("success", &["2xx"]),
    ("info", &["1xx"]),
    ("redirection", &["3xx"]),
    ("clientError", &["4xx"]),
    ("serverError", &["5xx"]),
    ("error", &["4xx", "5xx"]),
    ("accepted", &["202"]),
    ("badRequest", &["400"]),
    ("unauthorized", &["401"]),
    ("forbidden", &["403"]),
    ("notFound", &["404"]),
    ("rateLimited", &["429"]),
];

impl Walk<'_> {
    /// Says what a chain says. `None` where the expression is no chain, `Some(false)` where it is not understood.
    pub(super) fn chain(&mut self, expr: &Expr, statement: &Stmt) -> Option<bool> {
        let (subject, words) = self.unroll(expr)?;
        let conds = self.judge(subject, &words).map(|conds| conds.into_iter().map(Cond::bounded).collect::<Vec<_>>());
        Some(match conds {
            Some(conds) if !conds.iter().any(Cond::is_unknown) => {
                for cond in conds {
                    self.must(cond, statement);
                }
                true
            }
            _ => false,
        })
    }

    /// The subject and the words, left to right.
    fn unroll<'e>(&self, expr: &'e Expr) -> Option<(Sym, Vec<Word<'e>>)> {
        let mut words: Vec<Word<'e>> = Vec::new();
        let mut at = expr;
        let mut called: Option<&'e [Expr]> = None;
        loop {
            match &*at.kind {
                Kind::Call(callee, args) => {
                    if called.is_some() {
                        return None;
                    }
                    if self.is_expect(callee) {
                        words.reverse();
                        return (!words.is_empty())
                            .then(|| (args.first().map_or(Sym::Undefined, |a| self.value(a)), words));
                    }
                    called = Some(args);
                    at = callee;
                }
                Kind::Member(object, name) => {
                    words.push((name, called.take()));
                    if name == "to" && self.value(object) == Sym::Response {
                        words.reverse();
                        return Some((Sym::Response, words));
                    }
                    at = object;
                }
                _ => return None,
            }
        }
    }

    fn is_expect(&self, callee: &Expr) -> bool {
        match &*callee.kind {
            Kind::Member(object, name) => name == "expect" && matches!(&*object.kind, Kind::Name(n) if n == "pm"),
            Kind::Name(name) => name == "expect" && !self.scope.contains_key("expect"),
            _ => false,
        }
    }

    fn judge(&self, subject: Sym, words: &[Word<'_>]) -> Option<Vec<Cond>> {
        let mut subject = subject;
        let mut conds = Vec::new();
        let mut negate = false;
        let mut any = false;
        let mut contained = false;
        let words = words.iter().peekable();
        for (word, args) in words {
            match (*word, *args) {
                ("not", None) => negate = !negate,
                ("any", None) => any = true,
                // `contain.keys`, `include.members`: a part of a chain, not an assertion.
                ("include" | "contain" | "includes" | "contains", None) => contained = true,
                (word, None) if FILLERS.contains(&word) => {}
                (word, args) => {
                    let args: Vec<Sym> = args.unwrap_or(&[]).iter().map(|a| self.value(a)).collect();
                    let called = args.first();
                    let (cond, next) = match (&subject, word) {
                        (Sym::Response, _) => self.response_word(word, &args)?,
                        (_, "length" | "lengthOf") if called.is_none() => {
                            // `length.above(2)`.
                            subject = Sym::Length(Box::new(subject));
                            continue;
                        }
                        _ => self.word(&subject, word, &args, any, contained)?,
                    };
                    conds.push(if negate { cond.negated() } else { cond });
                    if let Some(next) = next.filter(|_| !negate) {
                        subject = next;
                    }
                    contained = false;
                }
            }
        }
        (!conds.is_empty()).then_some(conds)
    }

    /// A word behind `pm.response.to`.
    fn response_word(&self, word: &str, args: &[Sym]) -> Option<(Cond, Option<Sym>)> {
        let first = args.first().cloned();
        let text = |sym: &Sym| sym.as_text().map(str::to_owned);
        let cond = match word {
            "status" => match first? {
                number @ Sym::Const(Value::Number(_)) => Cond::Eq(Sym::Status, number),
                reason @ Sym::Const(Value::String(_)) => Cond::Eq(Sym::Reason, reason),
                _ => return None,
            },
            "header" => {
                let header = Sym::header(&text(&first?)?);
                match args.get(1) {
                    Some(value) => equals(header, value.clone()),
                    None => Cond::Exists(header),
                }
            }
            "jsonBody" => match first {
                None => Cond::Exists(Sym::Json(Vec::new())),
                Some(object @ Sym::Const(Value::Object(_) | Value::Array(_))) => {
                    Cond::Eq(Sym::Json(Vec::new()), object)
                }
                Some(path) => {
                    let place = dotted(Sym::Json(Vec::new()), path.as_text()?)?;
                    match args.get(1) {
                        Some(value) => equals(place, value.clone()),
                        None => Cond::Exists(place),
                    }
                }
            },
            "json" if first.is_none() => Cond::Exists(Sym::Json(Vec::new())),
            "jsonSchema" => match first? {
                Sym::Const(schema) => Cond::Schema(drafted(schema)),
                _ => return None,
            },
            "body" => match first {
                None | Some(Sym::Undefined) => Cond::Empty(Sym::Text).negated(),
                Some(Sym::Regex(source)) => Cond::Matches(Sym::Text, source),
                Some(value) => Cond::Eq(Sym::Text, value),
            },
            "withBody" => Cond::Empty(Sym::Text).negated(),
            "withoutBody" => Cond::Empty(Sym::Text),
            word => {
                let (_, statuses) = STATUSES.iter().find(|(name, _)| *name == word)?;
                let value = |s: &&str| s.parse::<f64>().map_or_else(|_| Sym::text(s), Sym::number);
                Cond::In(Sym::Status, statuses.iter().map(value).collect())
            }
        };
        Some((cond, None))
    }

    /// A word behind `pm.expect(subject)`: the condition, and what the words behind it are about where that changes.
    fn word(&self, subject: &Sym, word: &str, args: &[Sym], any: bool, contained: bool) -> Option<(Cond, Option<Sym>)> {
        let s = subject.clone();
        let first = args.first().cloned();
        let cond = match word {
            "equal" | "equals" | "eq" | "eql" | "eqls" => equals(s, first?),
            "below" | "lt" | "lessThan" | "before" => Cond::Less(s, first?),
            "above" | "gt" | "greaterThan" | "after" => Cond::Less(first?, s),
            "most" | "lte" | "lessThanOrEqual" => Cond::AtMost(s, first?),
            "least" | "gte" | "greaterThanOrEqual" => Cond::AtMost(first?, s),
            "within" => Cond::all(vec![Cond::AtMost(first?, s.clone()), Cond::AtMost(s, args.get(1)?.clone())]),
            "oneOf" => match first? {
                Sym::Const(Value::Array(list)) => Cond::In(s, list.into_iter().map(Sym::Const).collect()),
                Sym::List(list) => Cond::In(s, list),
                _ => return None,
            },
            "include" | "includes" | "contain" | "contains" | "string" => match (s, first?) {
                (Sym::Const(Value::Array(list)), part) => Cond::In(part, list.into_iter().map(Sym::Const).collect()),
                (s, object @ Sym::Const(Value::Object(_))) => Cond::Like(s, object),
                (s, part) => Cond::Contains(s, part),
            },
            "match" | "matches" => match first? {
                Sym::Regex(source) => Cond::Matches(s, source),
                _ => return None,
            },
            "property" | "ownProperty" | "haveOwnProperty" => {
                let name = first?;
                let place = self.property(&s, &name)?;
                let cond = match args.get(1) {
                    Some(value) => equals(place.clone(), value.clone()),
                    None => Cond::Exists(place.clone()),
                };
                return Some((cond, Some(place)));
            }
            "length" | "lengthOf" => Cond::Eq(Sym::Length(Box::new(s)), first?),
            "a" | "an" => match first {
                None => return None,
                Some(name) => Cond::Type(s, named_type(name.as_text()?)?),
            },
            "instanceOf" | "instanceof" => match first? {
                Sym::Known(name) if name == "Array" => Cond::Type(s, "list"),
                Sym::Known(name) if name == "Object" => Cond::Type(s, "object"),
                _ => return None,
            },
            "ok" => truth(s),
            "true" => equals(s, Sym::Const(true.into())),
            "false" => equals(s, Sym::Const(false.into())),
            "null" => Cond::Eq(s, Sym::Const(Value::Null)),
            "undefined" => equals(s, Sym::Undefined),
            "exist" | "exists" => {
                Cond::all(vec![Cond::Exists(s.clone()), Cond::Not(Box::new(Cond::Eq(s, Sym::Const(Value::Null))))])
            }
            "empty" => Cond::Empty(s),
            "keys" | "key" => {
                let names = match first? {
                    Sym::Const(Value::Array(list)) => list.into_iter().map(Sym::Const).collect(),
                    Sym::Const(_) => args.to_vec(),
                    _ => return None,
                };
                let count = names.len();
                let places: Option<Vec<_>> = names.iter().map(|n| Some(Cond::Exists(self.property(&s, n)?))).collect();
                let mut conds = places?;
                if any {
                    return Some((Cond::any(conds), None));
                }
                if !contained {
                    conds.push(Cond::Eq(Sym::Length(Box::new(s)), Sym::number(count as f64)));
                }
                Cond::all(conds)
            }
            "members" => match first? {
                Sym::Const(Value::Array(list)) => {
                    let count = list.len();
                    let mut conds: Vec<_> =
                        list.into_iter().map(|v| Cond::Contains(s.clone(), Sym::Const(v))).collect();
                    if !contained {
                        conds.push(Cond::Eq(Sym::Length(Box::new(s)), Sym::number(count as f64)));
                    }
                    Cond::all(conds)
                }
                _ => return None,
            },
            _ => return None,
        };
        Some((cond, None))
    }

    /// `.property('a')`; with `nested` also `'a.b[0]'`.
    fn property(&self, object: &Sym, name: &Sym) -> Option<Sym> {
        match (object, name) {
            (Sym::Json(path), Sym::Const(Value::Number(n))) => {
                Some(Sym::Json(path.iter().cloned().chain([Seg::Index(n.as_i64()?)]).collect()))
            }
            (object, name) => {
                let name = name.as_text()?;
                match self.member(object.clone(), name) {
                    Sym::Unknown => None,
                    place => Some(place),
                }
            }
        }
    }
}

/// `a.b[0].c` below `place`.
fn dotted(place: Sym, path: &str) -> Option<Sym> {
    let Sym::Json(mut segments) = place else { return None };
    for part in path.split('.') {
        let (name, indices) = part.split_once('[').map_or((part, ""), |(name, rest)| (name, rest));
        if !name.is_empty() {
            segments.push(Seg::Key(name.to_owned()));
        }
        for index in indices.split('[').filter(|i| !i.is_empty()) {
            segments.push(Seg::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(Sym::Json(segments))
}
