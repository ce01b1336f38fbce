//! What an expression may hold, found before anything is sent: prefixes, variables, functions and their arguments, and
//! what it gives. After this, evaluating it cannot fail but for its cost.

use xpath_eval::{Axis, Expr, FilterExpr, FunctionCall, LocationPath, NodeTest, PathExpr, PrimaryExpr, QName, Step};

use super::{Gives, XPathError};
use crate::diagnostic::nearest;

/// The deepest nesting of an expression.
pub(super) const MAX_NESTING: usize = 64;

/// The longest expression, in bytes: chains of operators recurse as nesting does.
const MAX_LENGTH: usize = 4 << 10;

/// Name, fewest and most arguments, whether the arguments must be nodes, what it gives.
type Signature = (&'static str, usize, usize, bool, Gives);

#[rustfmt::skip]
const FUNCTIONS: [Signature; 27] = [
    ("last", 0, 0, false, Gives::Number),
    ("position", 0, 0, false, Gives::Number),
    ("count", 1, 1, true, Gives::Number),
    ("id", 1, 1, false, Gives::Nodes),
    ("local-name", 0, 1, true, Gives::Text),
    ("namespace-uri", 0, 1, true, Gives::Text),
    ("name", 0, 1, true, Gives::Text),
    ("string", 0, 1, false, Gives::Text),
    ("concat", 2, usize::MAX, false, Gives::Text),
    ("starts-with", 2, 2, false, Gives::Boolean),
    ("contains", 2, 2, false, Gives::Boolean),
    ("substring-before", 2, 2, false, Gives::Text),
    ("substring-after", 2, 2, false, Gives::Text),
    ("substring", 2, 3, false, Gives::Text),
    ("string-length", 0, 1, false, Gives::Number),
    ("normalize-space", 0, 1, false, Gives::Text),
    ("translate", 3, 3, false, Gives::Text),
    ("boolean", 1, 1, false, Gives::Boolean),
    ("not", 1, 1, false, Gives::Boolean),
    ("true", 0, 0, false, Gives::Boolean),
    ("false", 0, 0, false, Gives::Boolean),
    ("lang", 1, 1, false, Gives::Boolean),
    ("number", 0, 1, false, Gives::Number),
    ("sum", 1, 1, true, Gives::Number),
    ("floor", 1, 1, false, Gives::Number),
    ("ceiling", 1, 1, false, Gives::Number),
    ("round", 1, 1, false, Gives::Number),
];

/// Refuses a text whose parsing alone would recurse without bound.
pub(super) fn measure(text: &str) -> Result<(), XPathError> {
    let too_deep = |at: usize| error(text, at..at + 1, "the expression is nested too deeply", "split it");
    if text.len() > MAX_LENGTH {
        return Err(too_deep(0));
    }
    let (mut depth, mut minuses, mut quote) = (0_usize, 0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        minuses = match c {
            '-' if quote.is_none() => minuses + 1,
            c if c.is_whitespace() => minuses,
            _ => 0,
        };
        if depth > MAX_NESTING || minuses > MAX_NESTING {
            return Err(too_deep(at));
        }
    }
    Ok(())
}

pub(super) fn error(text: &str, range: std::ops::Range<usize>, message: impl Into<String>, help: &str) -> XPathError {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(range.start);
    let end = (range.end.max(start + 1)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    XPathError { message: message.into(), help: help.to_owned(), range: start..end.max(start) }
}

/// Walks an expression and says what it gives.
pub(super) struct Walk<'t> {
    pub(super) text: &'t str,
    pub(super) depth: usize,
}

impl Walk<'_> {
    pub(super) fn expression(&mut self, expr: &Expr) -> Result<Gives, XPathError> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(error(self.text, 0..self.text.len(), "the expression is nested too deeply", "split it"));
        }
        let gives = match expr {
            Expr::Or(left, right)
            | Expr::And(left, right)
            | Expr::Equality(left, _, right)
            | Expr::Relational(left, _, right) => self.both(left, right, Gives::Boolean)?,
            Expr::Additive(left, _, right) | Expr::Multiplicative(left, _, right) => {
                self.both(left, right, Gives::Number)?
            }
            Expr::Negate(inner) => self.expression(inner).map(|_| Gives::Number)?,
            Expr::Union(left, right) => {
                for side in [left, right] {
                    let gives = self.expression(side)?;
                    self.nodes(gives, "|", "`|` joins nodes")?;
                }
                Gives::Nodes
            }
            Expr::Path(PathExpr::Location(path)) => self.path(path)?,
            Expr::Path(PathExpr::Filter(filter)) => self.filter(filter)?,
            Expr::Path(PathExpr::FilterLocation(filter, path)) => {
                let gives = self.filter(filter)?;
                self.nodes(gives, "/", "`/` leads on from nodes")?;
                self.path(path)?
            }
        };
        self.depth -= 1;
        Ok(gives)
    }

    fn both(&mut self, left: &Expr, right: &Expr, gives: Gives) -> Result<Gives, XPathError> {
        self.expression(left)?;
        self.expression(right)?;
        Ok(gives)
    }

    fn nodes(&self, gives: Gives, at: &str, rule: &str) -> Result<(), XPathError> {
        if gives == Gives::Nodes {
            return Ok(());
        }
        let message = format!("{rule}, and this gives {}", gives.words());
        Err(self.at(at, message, "a path like `//item/name` gives nodes"))
    }

    /// The parser keeps no places; the first one in the text that reads like it is near enough.
    fn at(&self, needle: &str, message: String, help: &str) -> XPathError {
        let range = self.text.find(needle).map_or(0..self.text.len(), |at| at..at + needle.len());
        error(self.text, range, message, help)
    }

    fn path(&mut self, path: &LocationPath) -> Result<Gives, XPathError> {
        path.steps.iter().try_for_each(|step| self.step(step))?;
        Ok(Gives::Nodes)
    }

    fn step(&mut self, step: &Step) -> Result<(), XPathError> {
        if step.axis == Axis::Namespace {
            let help = "ask for the namespace of an element with `namespace-uri(…)`";
            return Err(self.at("namespace", "the `namespace` axis is not supported".to_owned(), help));
        }
        match &step.node_test {
            NodeTest::NamespaceWildcard(prefix) | NodeTest::QName(QName { prefix: Some(prefix), .. })
                if prefix != "xml" =>
            {
                let local = match &step.node_test {
                    NodeTest::QName(name) => name.local.as_str(),
                    _ => "*",
                };
                let help = format!(
                    "write `{local}`, which matches in any namespace; to insist on one: \
                     `*[namespace-uri() = 'http://…']`"
                );
                let message = format!("nothing binds the prefix `{prefix}`");
                return Err(self.at(&format!("{prefix}:"), message, &help));
            }
            _ => {}
        }
        step.predicates.iter().try_for_each(|predicate| self.expression(predicate).map(drop))
    }

    fn filter(&mut self, filter: &FilterExpr) -> Result<Gives, XPathError> {
        let gives = match &filter.primary {
            PrimaryExpr::Variable(name) => {
                let help = "a path is read before anything is sent: filter with a template, `response.text | xpath('…' ~ name)`";
                let name = name.local.as_str();
                return Err(self.at(&format!("${name}"), format!("there is no variable `${name}` in an XPath"), help));
            }
            PrimaryExpr::Parenthesized(inner) => self.expression(inner)?,
            PrimaryExpr::Literal(_) => Gives::Text,
            PrimaryExpr::Number(_) => Gives::Number,
            PrimaryExpr::Function(call) => self.call(call)?,
        };
        if !filter.predicates.is_empty() {
            self.nodes(gives, "[", "`[…]` chooses among nodes")?;
        }
        filter.predicates.iter().try_for_each(|predicate| self.expression(predicate).map(drop))?;
        Ok(gives)
    }

    fn call(&mut self, call: &FunctionCall) -> Result<Gives, XPathError> {
        let prefix = call.name.prefix.as_ref().map(|prefix| format!("{prefix}:")).unwrap_or_default();
        let name = format!("{prefix}{}", call.name.local);
        let Some((_, fewest, most, wants_nodes, gives)) = FUNCTIONS.iter().find(|known| known.0 == name) else {
            let help = match nearest(&name, FUNCTIONS.iter().map(|known| known.0)) {
                Some(near) => format!("did you mean `{near}()`?"),
                None => format!("the functions are those of XPath 1.0: {}", FUNCTIONS.map(|known| known.0).join(", ")),
            };
            return Err(self.at(&name, format!("XPath 1.0 has no function `{name}()`"), &help));
        };
        let count = call.args.len();
        if count < *fewest || count > *most {
            let wanted = match (*fewest, *most) {
                (least, usize::MAX) => format!("{least} or more"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            let message = format!("`{name}()` takes {wanted} arguments, not {count}");
            return Err(self.at(&name, message, "see https://www.w3.org/TR/1999/REC-xpath-19991116/#corelib"));
        }
        for argument in &call.args {
            let found = self.expression(argument)?;
            if *wants_nodes {
                self.nodes(found, &name, &format!("`{name}()` takes nodes"))?;
            }
        }
        Ok(*gives)
    }
}
