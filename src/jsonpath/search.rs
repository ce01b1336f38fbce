//! Asks a document for what a query finds, within a budget: a short path can ask for endless work, and so can a
//! document that it is asked of.

use std::cmp::Ordering;
use std::collections::HashMap;

use regex::Regex;

use super::TooMuch;
use super::pattern;
use super::query::{Comparable, Comparison, Logical, Match, Pattern, Query, Segment, Selector};
use crate::value::{Value, compare_numbers};

/// The most values that one question may look at, comparisons and texts included.
pub(super) const BUDGET: u64 = 5_000_000;
/// What compiling a pattern from the document costs: it takes about as long as looking at as many values.
const COST_OF_PATTERN: u64 = 5_000;
/// Bytes of text that cost as much as a value.
const BYTES_PER_VALUE: usize = 32;
/// The most patterns from the document that are kept.
const MAX_PATTERNS: usize = 64;

type Found<T> = Result<T, TooMuch>;

/// One question to one document.
pub(super) struct Search<'v> {
    root: &'v Value,
    left: u64,
    patterns: HashMap<(&'v str, bool), Option<Regex>>,
}

/// A value of the document, one that was made of it, or nothing.
enum Operand<'a> {
    Nothing,
    At(&'a Value),
    Number(usize),
}

impl<'v> Search<'v> {
    /// `budget` is what it may look at, [`BUDGET`] but for tests.
    pub(super) fn new(root: &'v Value, budget: u64) -> Self {
        Self { root, left: budget, patterns: HashMap::new() }
    }

    fn spend(&mut self, values: u64) -> Found<()> {
        self.left = self.left.checked_sub(values).ok_or(TooMuch)?;
        Ok(())
    }

    fn spend_text(&mut self, text: &str) -> Found<()> {
        self.spend((text.len() / BYTES_PER_VALUE) as u64)
    }

    /// Every node that `query` finds, `item` being `@`.
    pub(super) fn all(&mut self, query: &Query, item: &'v Value) -> Found<Vec<&'v Value>> {
        let mut nodes = vec![if query.from_root { self.root } else { item }];
        for segment in &query.segments {
            let mut next = Vec::new();
            for node in nodes {
                if segment.deep {
                    self.below(segment, node, &mut next)?;
                } else {
                    self.children(segment, node, &mut next)?;
                }
            }
            nodes = next;
            if nodes.is_empty() {
                break;
            }
        }
        Ok(nodes)
    }

    /// The one node that a singular query can find.
    pub(super) fn one(&mut self, query: &Query, item: &'v Value) -> Found<Option<&'v Value>> {
        let mut at = if query.from_root { self.root } else { item };
        for segment in &query.segments {
            self.spend(1)?;
            match segment.only().and_then(|only| child(only, at)) {
                Some(found) => at = found,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// Asks `node` and all below it, parents before their children.
    fn below(&mut self, segment: &Segment, node: &'v Value, out: &mut Vec<&'v Value>) -> Found<()> {
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            self.spend(1)?;
            self.children(segment, node, out)?;
            match node {
                Value::Array(items) => {
                    waiting.extend(items.iter().rev().filter(|item| item.is_array() || item.is_object()));
                }
                Value::Object(map) => {
                    let first = waiting.len();
                    waiting.extend(map.values().filter(|item| item.is_array() || item.is_object()));
                    if let Some(new) = waiting.get_mut(first..) {
                        new.reverse();
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn children(&mut self, segment: &Segment, node: &'v Value, out: &mut Vec<&'v Value>) -> Found<()> {
        for selector in &segment.selectors {
            self.spend(1)?;
            match (selector, node) {
                (Selector::Name(_) | Selector::Index(_), _) => out.extend(child(selector, node)),
                (Selector::Wildcard, Value::Array(items)) => {
                    self.spend(items.len() as u64)?;
                    out.extend(items);
                }
                (Selector::Wildcard, Value::Object(map)) => {
                    self.spend(map.len() as u64)?;
                    out.extend(map.values());
                }
                (Selector::Slice { start, end, step }, Value::Array(items)) => {
                    for index in slice(*start, *end, *step, items.len()) {
                        self.spend(1)?;
                        out.extend(items.get(index));
                    }
                }
                (Selector::Filter(logical), Value::Array(items)) => {
                    for item in items {
                        self.sift(logical, item, out)?;
                    }
                }
                (Selector::Filter(logical), Value::Object(map)) => {
                    for item in map.values() {
                        self.sift(logical, item, out)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn sift(&mut self, logical: &Logical, item: &'v Value, out: &mut Vec<&'v Value>) -> Found<()> {
        self.spend(1)?;
        if self.holds(logical, item)? {
            out.push(item);
        }
        Ok(())
    }

    fn holds(&mut self, logical: &Logical, item: &'v Value) -> Found<bool> {
        match logical {
            Logical::Or(parts) => {
                for part in parts {
                    if self.holds(part, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Logical::And(parts) => {
                for part in parts {
                    if !self.holds(part, item)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Logical::Not(inner) => Ok(!self.holds(inner, item)?),
            Logical::Exists(query) if query.is_singular() => Ok(self.one(query, item)?.is_some()),
            Logical::Exists(query) => Ok(!self.all(query, item)?.is_empty()),
            Logical::Compare(left, comparison, right) => {
                let (left, right) = (self.operand(left, item)?, self.operand(right, item)?);
                self.compare(&left, *comparison, &right)
            }
            Logical::Match(asked) => self.matches(asked, item),
        }
    }

    fn operand<'a>(&mut self, operand: &'a Comparable, item: &'v Value) -> Found<Operand<'a>>
    where
        'v: 'a,
    {
        let at = |found: Option<&'a Value>| found.map_or(Operand::Nothing, Operand::At);
        Ok(match operand {
            Comparable::Literal(value) => Operand::At(value),
            Comparable::Query(query) => at(self.one(query, item)?),
            Comparable::Count(query) => Operand::Number(self.all(query, item)?.len()),
            Comparable::Value(query) => match self.all(query, item)?.as_slice() {
                [only] => Operand::At(only),
                _ => Operand::Nothing,
            },
            Comparable::Length(of) => match self.operand(of, item)? {
                Operand::At(Value::String(text)) => {
                    self.spend_text(text)?;
                    Operand::Number(text.chars().count())
                }
                Operand::At(Value::Array(items)) => Operand::Number(items.len()),
                Operand::At(Value::Object(map)) => Operand::Number(map.len()),
                _ => Operand::Nothing,
            },
        })
    }

    fn compare(&mut self, left: &Operand<'_>, comparison: Comparison, right: &Operand<'_>) -> Found<bool> {
        self.spend(1)?;
        let (left_number, right_number);
        let (left, right) = match (left, right) {
            (Operand::Nothing, Operand::Nothing) => {
                return Ok(matches!(comparison, Comparison::Eq | Comparison::Le | Comparison::Ge));
            }
            (Operand::Nothing, _) | (_, Operand::Nothing) => return Ok(matches!(comparison, Comparison::Ne)),
            (left, right) => {
                (left_number, right_number) = (left.made(), right.made());
                (left.value(&left_number), right.value(&right_number))
            }
        };
        Ok(match comparison {
            Comparison::Eq => self.equal(left, right)?,
            Comparison::Ne => !self.equal(left, right)?,
            Comparison::Lt => self.order(left, right)? == Some(Ordering::Less),
            Comparison::Gt => self.order(left, right)? == Some(Ordering::Greater),
            Comparison::Le => self.order(left, right)? == Some(Ordering::Less) || self.equal(left, right)?,
            Comparison::Ge => self.order(left, right)? == Some(Ordering::Greater) || self.equal(left, right)?,
        })
    }

    fn order(&mut self, left: &Value, right: &Value) -> Found<Option<Ordering>> {
        Ok(match (left, right) {
            (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
            (Value::String(left), Value::String(right)) => {
                self.spend_text(if left.len() < right.len() { left } else { right })?;
                Some(left.cmp(right))
            }
            _ => None,
        })
    }

    /// As [`crate::value::equal`], counted: a document can be compared with itself at every place of it.
    fn equal(&mut self, left: &Value, right: &Value) -> Found<bool> {
        self.spend(1)?;
        match (left, right) {
            (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
                for (left, right) in left.iter().zip(right) {
                    if !self.equal(left, right)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
                for (key, left) in left {
                    match right.get(key) {
                        Some(right) if self.equal(left, right)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Value::Array(_) | Value::Object(_), _) => Ok(false),
            (Value::String(left), Value::String(right)) if left.len() == right.len() => {
                self.spend_text(left)?;
                Ok(left == right)
            }
            _ => Ok(crate::value::equal(left, right)),
        }
    }

    fn matches(&mut self, asked: &Match, item: &'v Value) -> Found<bool> {
        let Operand::At(Value::String(text)) = self.operand(&asked.text, item)? else { return Ok(false) };
        self.spend_text(text)?;
        let found = match &asked.pattern {
            Pattern::Fixed(regex) => return Ok(regex.as_ref().is_some_and(|regex| regex.is_match(text))),
            Pattern::Found(Comparable::Query(query)) => self.one(query, item)?,
            Pattern::Found(Comparable::Value(query)) => match self.all(query, item)?.as_slice() {
                [only] => Some(*only),
                _ => None,
            },
            // A number is no pattern.
            Pattern::Found(_) => None,
        };
        let Some(Value::String(pattern)) = found else { return Ok(false) };
        let key = (pattern.as_str(), asked.whole);
        if !self.patterns.contains_key(&key) {
            self.spend(COST_OF_PATTERN)?;
            self.spend_text(pattern)?;
            if self.patterns.len() >= MAX_PATTERNS {
                self.patterns.clear();
            }
            self.patterns.insert(key, pattern::compile(pattern, asked.whole));
        }
        Ok(self.patterns.get(&key).and_then(Option::as_ref).is_some_and(|regex| regex.is_match(text)))
    }
}

impl Operand<'_> {
    /// The number that was made, as a value.
    fn made(&self) -> Value {
        match self {
            Operand::Number(number) => Value::from(*number),
            _ => Value::Null,
        }
    }

    fn value<'s>(&'s self, made: &'s Value) -> &'s Value {
        match self {
            Operand::At(value) => value,
            _ => made,
        }
    }
}

/// The child that a name or an index chooses.
pub(super) fn child<'v>(selector: &Selector, value: &'v Value) -> Option<&'v Value> {
    match selector {
        Selector::Name(name) => value.as_object()?.get(&**name),
        Selector::Index(index) => {
            let items = value.as_array()?;
            items.get(super::position(*index, items.len())?)
        }
        _ => None,
    }
}

/// The indexes of a slice (RFC 9535 section 2.3.4.2.2).
fn slice(start: Option<i64>, end: Option<i64>, step: i64, len: usize) -> impl Iterator<Item = usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { len + index } else { index };
    let (mut at, end) = if step >= 0 {
        (from_end(start.unwrap_or(0)).clamp(0, len), from_end(end.unwrap_or(len)).clamp(0, len))
    } else {
        let last = len - 1;
        (from_end(start.unwrap_or(last)).clamp(-1, last), end.map_or(-1, |end| from_end(end).clamp(-1, last)))
    };
    std::iter::from_fn(move || {
        let more = if step > 0 { at < end } else { step < 0 && at > end };
        let index = usize::try_from(at).ok().filter(|_| more)?;
        at = at.saturating_add(step);
        Some(index)
    })
}
