//! Evaluates an expression: strict, bounded by fuel and size, and watching for secrets.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, State, Value};

use crate::source::Span;

use super::node::{Arg, Call, Comparison, Kind, Node};
use super::operate::{self, too_large};
use super::text::{Failure, type_name};
use super::{Context, FUEL, MAX_BYTES, MAX_ITEMS, RenderError, filter};

/// Text costs one unit of fuel for this many bytes, so that a few large values cannot be multiplied without end.
const BYTES_PER_FUEL: usize = 1024;

pub(super) struct Evaluator<'c> {
    pub(super) context: &'c Context<'c>,
    fuel: u32,
    state: Option<State<'static, 'static>>,
    /// A secret name was read.
    secret: bool,
    /// A part of the tree was not evaluated, so that `secret` does not tell all.
    skipped: bool,
}

type Evaluated = Result<Value, RenderError>;

impl<'c> Evaluator<'c> {
    pub(super) fn new(context: &'c Context<'c>) -> Self {
        Self { context, fuel: FUEL, state: None, secret: false, skipped: false }
    }

    /// True where a name under `node`, which was evaluated, is secret, whether or not its value was used.
    pub(super) fn secret(&self, node: &Node) -> bool {
        self.secret || self.skipped && self.context.names_secret(node)
    }

    /// The value, which is never undefined.
    pub(super) fn value(&mut self, node: &Node) -> Evaluated {
        let value = self.soft(node)?;
        if value.is_undefined() {
            return Err(RenderError { undefined: true, ..self.missing(node) });
        }
        Ok(value)
    }

    /// The value, undefined where a name, an attribute or a result is missing.
    pub(super) fn soft(&mut self, node: &Node) -> Evaluated {
        self.burn(1, node.span)?;
        match &node.kind {
            Kind::Const(value) => Ok(value.clone()),
            Kind::Var(name) => sound(self.name(name), node),
            Kind::Attr(_) | Kind::Item(_) => self.attribute(node),
            Kind::Slice(slice) => self.slice(node, &slice.0, &slice.1),
            Kind::Not(inner) => Ok(Value::from(!self.value(inner)?.is_true())),
            Kind::Negate(inner) => operate::negate(&self.value(inner)?).map_err(|f| at(node.span, f)),
            Kind::Math(op, sides) => {
                let (a, b) = (self.value(&sides.0)?, self.value(&sides.1)?);
                let value = operate::calculate(*op, &a, &b).map_err(|f| at(node.span, f))?;
                self.burn_items(&value, node.span)?;
                self.sized(value, node.span)
            }
            Kind::Compare(chain) => self.compare(node, &chain.0, &chain.1),
            Kind::And(sides) => {
                let left = self.value(&sides.0)?;
                if left.is_true() { self.value(&sides.1) } else { self.skip(left) }
            }
            Kind::Or(sides) => {
                let left = self.value(&sides.0)?;
                if left.is_true() { self.skip(left) } else { self.value(&sides.1) }
            }
            Kind::If(branch) => {
                self.skipped = true;
                match (self.value(&branch.0)?.is_true(), &branch.2) {
                    (true, _) => self.soft(&branch.1),
                    (false, Some(other)) => self.soft(other),
                    (false, None) => Ok(Value::UNDEFINED),
                }
            }
            Kind::Default(call) => self.default(&call.0, &call.1),
            Kind::Defined(inner) => Ok(Value::from(!self.soft(inner)?.is_undefined())),
            Kind::Undefined(inner) => Ok(Value::from(self.soft(inner)?.is_undefined())),
            Kind::Filter(call) => self.filter(node, call),
            Kind::Test(call) => self.test(node, call),
            Kind::Function(function, args) => {
                let args: Vec<Value> = args.iter().map(|arg| self.value(&arg.value)).collect::<Result<_, _>>()?;
                let value = function.call(&args, self.context.ambient).map_err(|f| at(node.span, f))?;
                self.burn(value.len().filter(|_| value.kind() == ValueKind::Seq).unwrap_or(0), node.span)?;
                self.sized(value, node.span)
            }
            Kind::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Kind::Map(pairs) => {
                let mut map = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    map.push((self.value(key)?, self.value(value)?));
                }
                Ok(Value::from_pairs(map))
            }
            Kind::JsonPath(_) | Kind::XPath(_) | Kind::RegexFind(_) | Kind::RegexReplace(_) => self.compiled(node),
        }
    }

    fn compare(&mut self, node: &Node, first: &Node, rest: &[(Comparison, Node)]) -> Evaluated {
        let mut left = self.value(first)?;
        for (index, (op, right)) in rest.iter().enumerate() {
            let right = self.value(right)?;
            self.burn_items(&left, node.span)?;
            self.burn_items(&right, node.span)?;
            if !operate::compare(*op, &left, &right).map_err(|f| at(node.span, f))? {
                self.skipped |= index + 1 < rest.len();
                return Ok(Value::from(false));
            }
            left = right;
        }
        Ok(Value::from(true))
    }

    /// The filters whose literal argument was compiled at load.
    fn compiled(&mut self, node: &Node) -> Evaluated {
        match &node.kind {
            Kind::JsonPath(call) => {
                let subject = self.value(&call.0)?;
                filter::query_json(&subject, &call.1).map_err(|f| at(node.span, f))
            }
            Kind::XPath(call) => {
                let subject = self.text(&call.0, "xpath")?;
                let text = subject.as_str().unwrap_or_default();
                self.burn(text.len() / BYTES_PER_FUEL, node.span)?;
                let value = filter::query_markup(text, &call.1).map_err(|f| at(node.span, f))?;
                self.sized(value, node.span)
            }
            Kind::RegexFind(call) => {
                let subject = self.text(&call.0, "regex_find")?;
                Ok(filter::pattern::find(subject.as_str().unwrap_or_default(), &call.1))
            }
            Kind::RegexReplace(call) => {
                let (subject, with) = (self.text(&call.0, "regex_replace")?, self.text(&call.2, "regex_replace")?);
                let (subject, with) = (subject.as_str().unwrap_or_default(), with.as_str().unwrap_or_default());
                let value = filter::pattern::replace(subject, &call.1, with).map_err(|f| at(node.span, f))?;
                self.sized(value, node.span)
            }
            _ => Ok(Value::UNDEFINED),
        }
    }

    fn burn(&mut self, units: usize, span: Span) -> Result<(), RenderError> {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        match self.fuel.checked_sub(units) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => {
                let failure = Failure::new(format!("the template takes more than {FUEL} steps"));
                Err(at(span, failure.help("split the work over several steps or names")))
            }
        }
    }

    /// Operators go through lists quickly: a unit for 16 items.
    fn burn_items(&mut self, value: &Value, span: Span) -> Result<(), RenderError> {
        match value.kind() {
            ValueKind::Seq | ValueKind::Map => self.burn(value.len().unwrap_or(0) / 16, span),
            _ => Ok(()),
        }
    }

    /// Lets a result pass that is small enough. Lazy lists are made real: they could be read only once, or grow when read.
    fn sized(&mut self, value: Value, span: Span) -> Evaluated {
        match value.kind() {
            ValueKind::String => {
                let bytes = value.as_str().map_or(0, str::len);
                if bytes > MAX_BYTES {
                    return Err(at(span, too_large()));
                }
                self.burn(bytes / BYTES_PER_FUEL, span)?;
                Ok(value)
            }
            ValueKind::Iterable => {
                let items = value.try_iter().map_err(|e| at(span, filter::failure(&e)))?;
                let items: Vec<Value> = items.take(MAX_ITEMS + 1).collect();
                if items.len() > MAX_ITEMS {
                    return Err(at(span, too_large()));
                }
                Ok(Value::from(items))
            }
            ValueKind::Seq if value.len().is_some_and(|n| n > MAX_ITEMS) => Err(at(span, too_large())),
            _ => Ok(value),
        }
    }

    fn skip(&mut self, value: Value) -> Evaluated {
        self.skipped = true;
        Ok(value)
    }

    fn name(&mut self, name: &str) -> Value {
        if name == super::OMIT_NAME {
            return super::omit();
        }
        match self.context.scope.lookup(name) {
            Some(bound) => {
                self.secret |= bound.secret;
                bound.value
            }
            None => Value::UNDEFINED,
        }
    }

    fn attribute(&mut self, node: &Node) -> Evaluated {
        if !self.secret && self.context.names_secret_path(node) {
            self.secret = true;
        }
        self.step(node)
    }

    /// One attribute or item further; what is missing stays missing.
    fn step(&mut self, node: &Node) -> Evaluated {
        match &node.kind {
            Kind::Attr(attr) => {
                let base = self.inner(&attr.0)?;
                if base.is_undefined() {
                    return Ok(base);
                }
                let value = base.get_attr(&attr.1).map_err(|e| at(node.span, filter::failure(&e)))?;
                sound(value, node)
            }
            Kind::Item(item) => {
                let base = self.inner(&item.0)?;
                let key = self.value(&item.1)?;
                if base.is_undefined() {
                    return Ok(base);
                }
                let value = base.get_item(&key).map_err(|e| at(node.span, filter::failure(&e)))?;
                sound(value, node)
            }
            _ => self.soft(node),
        }
    }

    fn inner(&mut self, node: &Node) -> Evaluated {
        if !matches!(node.kind, Kind::Attr(_) | Kind::Item(_)) {
            return self.soft(node);
        }
        self.burn(1, node.span)?;
        self.step(node)
    }

    fn slice(&mut self, node: &Node, base: &Node, bounds: &[Option<Node>; 3]) -> Evaluated {
        let base = self.value(base)?;
        let mut ends = [None; 3];
        for (end, bound) in ends.iter_mut().zip(bounds) {
            let Some(bound) = bound else { continue };
            let value = self.value(bound)?;
            *end = value.as_i64().filter(|_| value.is_number());
            if end.is_none() && !value.is_none() {
                return Err(at(
                    bound.span,
                    Failure::new(format!("a slice needs whole numbers, not {}", type_name(&value))),
                ));
            }
        }
        let value = super::slice::slice(&base, ends).map_err(|f| at(node.span, f))?;
        self.sized(value, node.span)
    }

    fn default(&mut self, subject: &Node, args: &[Arg]) -> Evaluated {
        let mut fallback = None;
        let mut falsy = false;
        for (index, arg) in args.iter().enumerate() {
            match (arg.name.as_deref(), index) {
                (None, 0) | (Some("default_value" | "value"), _) => fallback = Some(&arg.value),
                (None, 1) | (Some("boolean"), _) => falsy = self.value(&arg.value)?.is_true(),
                _ => return Err(at(arg.value.span, Failure::new("`default` takes a value and `boolean`"))),
            }
        }
        let value = self.soft(subject)?;
        if !value.is_undefined() && (!falsy || value.is_true()) {
            return self.skip(value);
        }
        fallback.map_or_else(|| Ok(Value::from("")), |node| self.value(node))
    }

    fn text(&mut self, node: &Node, name: &str) -> Evaluated {
        let value = self.value(node)?;
        let Some(text) = value.as_str() else {
            let failure = Failure::new(format!("`{name}`: needs a string, not {}", type_name(&value)));
            return Err(at(node.span, failure.help("convert it with `| string` or `| tojson`")));
        };
        self.burn(text.len() / BYTES_PER_FUEL, node.span)?;
        Ok(value)
    }

    fn args(&mut self, subject: Value, args: &[Arg]) -> Result<Vec<Value>, RenderError> {
        let mut values = Vec::with_capacity(args.len() + 1);
        values.push(subject);
        let mut named = Vec::new();
        for arg in args {
            let value = self.value(&arg.value)?;
            match &arg.name {
                None => values.push(value),
                Some(name) => named.push((name.as_ref(), value)),
            }
        }
        if !named.is_empty() {
            values.push(Value::from(named.into_iter().collect::<Kwargs>()));
        }
        Ok(values)
    }

    fn filter(&mut self, node: &Node, call: &Call) -> Evaluated {
        let subject = self.value(&call.subject)?;
        // A filter that goes through a list pays for each item.
        let items = match subject.kind() {
            ValueKind::Seq | ValueKind::Iterable if call.name != "length" => subject.len().unwrap_or(0),
            _ => 0,
        };
        self.burn(items, node.span)?;
        let args = self.args(subject, &call.args)?;
        let value = if call.name == "map" && args.get(1).is_some_and(|v| v.as_str().is_some()) {
            self.map(node, &args)?
        } else {
            self.apply(call.name, &args, node.span)?
        };
        self.sized(value, node.span)
    }

    /// `map('filter', …)` item by item, so that fuel and size hold for each.
    fn map(&mut self, node: &Node, args: &[Value]) -> Evaluated {
        let [subject, callee, rest @ ..] = args else { return Ok(Value::UNDEFINED) };
        let callee = callee.as_str().unwrap_or_default();
        let Some(name) = filter::filter(callee).filter(|name| *name != "map") else {
            return Err(at(node.span, Failure::new(format!("`map` cannot apply a filter `{callee}`"))));
        };
        let items = subject
            .try_iter()
            .map_err(|_| at(node.span, Failure::new(format!("`map` needs a list, not {}", type_name(subject)))))?;
        let mut out = Vec::new();
        for item in items {
            self.burn(1, node.span)?;
            let args: Vec<Value> = std::iter::once(item).chain(rest.iter().cloned()).collect();
            let value = self.apply(name, &args, node.span)?;
            out.push(self.sized(value, node.span)?);
        }
        Ok(Value::from(out))
    }

    fn apply(&mut self, name: &str, args: &[Value], span: Span) -> Evaluated {
        if matches!(name, "sort" | "min" | "max") {
            comparable(args).map_err(|f| at(span, named(name, f)))?;
        }
        let state = self.state.get_or_insert_with(filter::state);
        let value = state.apply_filter(name, args).map_err(|e| at(span, named(name, filter::failure(&e))))?;
        if name == "map" && value.try_iter().is_ok_and(|mut items| items.any(|item| item.is_undefined())) {
            let failure = Failure::new("`map`: an item has no such attribute");
            return Err(at(span, failure.help("give a fallback: `map(attribute='…', default='…')`")));
        }
        Ok(value)
    }

    fn test(&mut self, node: &Node, call: &Call) -> Evaluated {
        let subject = self.value(&call.subject)?;
        let args = self.args(subject, &call.args)?;
        let state = self.state.get_or_insert_with(filter::state);
        let result: Result<bool, Error> = state.perform_test(call.name, &args);
        result.map(Value::from).map_err(|e| at(node.span, named(call.name, filter::failure(&e))))
    }
}

/// A lazy object may only find out when it is read that it has nothing to give.
fn sound(value: Value, node: &Node) -> Evaluated {
    match super::failing(&value) {
        Some(failure) => Err(at(node.span, failure.clone())),
        None => Ok(value),
    }
}

fn named(name: &str, failure: Failure) -> Failure {
    Failure { message: format!("`{name}`: {}", failure.message), help: failure.help }
}

/// MiniJinja would order values of different types by type.
fn comparable(args: &[Value]) -> Result<(), Failure> {
    let Some(items) = args.first().and_then(|items| items.try_iter().ok()) else { return Ok(()) };
    let options = args.last().filter(|last| last.is_kwargs());
    let attribute = options.and_then(|options| options.get_attr("attribute").ok());
    let path = attribute.as_ref().and_then(Value::as_str);
    let mut keys = items.map(|item| match path {
        Some(path) => path.split('.').fold(item, |at, part| at.get_attr(part).unwrap_or(Value::UNDEFINED)),
        None => item,
    });
    let Some(first) = keys.next() else { return Ok(()) };
    keys.try_for_each(|key| operate::order(&first, &key).map(drop))
}

pub(super) fn at(span: Span, failure: Failure) -> RenderError {
    RenderError { message: failure.message, span, help: failure.help, undefined: false }
}
