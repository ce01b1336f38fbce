//! Whether a test holds: no words here, so that a list of thousands of items is judged without making text.

use regex::Regex;

use super::{Actual, Operator};
use crate::source::Span;
use crate::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Why a test does not hold, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Fault {
    /// It was asked and the answer is no.
    Unequal,
    /// There is nothing to ask about.
    Missing,
    /// The operator does not go with what is there.
    WrongType,
}

/// A test whose templates have been rendered: once, however many items it is asked about.
#[derive(Debug)]
pub(super) struct Ready<'p> {
    pub(super) operator: Operator,
    pub(super) span: Span,
    pub(super) operand: ReadyOperand<'p>,
    /// Whether its template names a secret: what is wanted is then never shown.
    pub(super) secret: bool,
}

#[derive(Debug)]
pub(super) enum ReadyOperand<'p> {
    Value(Cow<'p, Value>),
    Regex(&'p Regex),
    Tests(Vec<Ready<'p>>),
}

impl Ready<'_> {
    /// Whether it holds of `actual`.
    pub(super) fn holds(&self, actual: Actual<'_>) -> Result<(), Fault> {
        if matches!(actual, Actual::Missing | Actual::NoNodes) {
            return answer(self.holds_of_nothing(matches!(actual, Actual::NoNodes)), Fault::Missing);
        }
        match &self.operand {
            ReadyOperand::Value(operand) => self.compare(actual, operand),
            ReadyOperand::Regex(regex) => {
                actual.text().map_or(Err(Fault::WrongType), |text| answer(regex.is_match(text), Fault::Unequal))
            }
            ReadyOperand::Tests(tests) => self.nested(actual, tests),
        }
    }

    /// A path that finds nothing passes only `exists: false`, and for a list path also `empty: true`, `length: 0` and
    /// `eq: []`.
    fn holds_of_nothing(&self, list: bool) -> bool {
        match (&self.operand, self.operator) {
            (ReadyOperand::Value(operand), Operator::Exists) => **operand == Value::Bool(false),
            (ReadyOperand::Value(operand), Operator::Empty) => list && **operand == Value::Bool(true),
            (ReadyOperand::Value(operand), Operator::Eq) => list && operand.as_array().is_some_and(Vec::is_empty),
            (ReadyOperand::Tests(tests), Operator::Length) => {
                let zero = |t: &Ready<'_>| match &t.operand {
                    ReadyOperand::Value(n) => t.operator == Operator::Eq && n.as_f64() == Some(0.0),
                    _ => false,
                };
                list && tests.iter().all(zero)
            }
            _ => false,
        }
    }

    fn compare(&self, actual: Actual<'_>, operand: &Value) -> Result<(), Fault> {
        let text = |test: fn(&str, &str) -> bool| match (actual.text(), operand.as_str()) {
            // It is in every text: that would hold by accident, and so would its opposite fail.
            (Some(_), Some("")) => Err(Fault::WrongType),
            (Some(text), Some(operand)) => answer(test(text, operand), Fault::Unequal),
            _ => Err(Fault::WrongType),
        };
        let ordered = |wanted: fn(Ordering) -> bool| {
            actual.order(operand).map_or(Err(Fault::WrongType), |o| answer(wanted(o), Fault::Unequal))
        };
        match self.operator {
            Operator::Eq => answer(actual.equals(operand), Fault::Unequal),
            Operator::Like => answer(actual.is_like(operand), Fault::Unequal),
            Operator::In => operand.as_array().map_or(Err(Fault::WrongType), |choices| {
                answer(choices.iter().any(|choice| actual.equals(choice)), Fault::Unequal)
            }),
            Operator::Lt => ordered(Ordering::is_lt),
            Operator::Le => ordered(Ordering::is_le),
            Operator::Gt => ordered(Ordering::is_gt),
            Operator::Ge => ordered(Ordering::is_ge),
            Operator::Contains => match actual.items() {
                Some(items) => answer(items.iter().any(|item| item.equals(operand)), Fault::Unequal),
                None => text(|text, part| text.contains(part)),
            },
            Operator::StartsWith => text(|text, part| text.starts_with(part)),
            Operator::EndsWith => text(|text, part| text.ends_with(part)),
            Operator::Empty => actual
                .length()
                .map_or(Err(Fault::WrongType), |length| answer(Value::Bool(length == 0) == *operand, Fault::Unequal)),
            Operator::Type => {
                let name = actual.type_name();
                // `type: null` is the word, which YAML reads as the value.
                let wanted = operand.as_str().unwrap_or("null");
                answer(wanted == name || (wanted == "number" && name == "integer"), Fault::Unequal)
            }
            Operator::Exists => answer(*operand == Value::Bool(true), Fault::Unequal),
            // These hold a predicate or a regex, which the caller has taken.
            Operator::Not | Operator::Matches | Operator::Length | Operator::All | Operator::Any | Operator::None => {
                Err(Fault::WrongType)
            }
        }
    }

    fn nested(&self, actual: Actual<'_>, tests: &[Ready<'_>]) -> Result<(), Fault> {
        match self.operator {
            Operator::Not => negate(all_hold(tests, actual)),
            Operator::Length => {
                let length = Value::from(actual.length().ok_or(Fault::WrongType)?);
                all_hold(tests, Actual::Value(&length))
            }
            _ => {
                let items = actual.items().ok_or(Fault::WrongType)?;
                let mut results = items.iter().map(|item| all_hold(tests, item));
                match self.operator {
                    Operator::All if items.len() == 0 => Err(Fault::Unequal),
                    Operator::All => gravest(results),
                    Operator::Any => any(&mut results),
                    _ => negate(any(&mut results)),
                }
            }
        }
    }
}

/// Whether all hold; else the gravest reason, because `not` may turn around only a plain "no".
pub(super) fn all_hold(tests: &[Ready<'_>], actual: Actual<'_>) -> Result<(), Fault> {
    gravest(tests.iter().map(|test| test.holds(actual)))
}

fn gravest(results: impl Iterator<Item = Result<(), Fault>>) -> Result<(), Fault> {
    results.filter_map(Result::err).max().map_or(Ok(()), Err)
}

fn any(results: &mut dyn Iterator<Item = Result<(), Fault>>) -> Result<(), Fault> {
    let mut fault = Fault::Unequal;
    for result in results {
        match result {
            Ok(()) => return Ok(()),
            Err(found) => fault = fault.max(found),
        }
    }
    Err(fault)
}

fn negate(result: Result<(), Fault>) -> Result<(), Fault> {
    match result {
        Ok(()) => Err(Fault::Unequal),
        Err(Fault::Unequal) => Ok(()),
        Err(grave) => Err(grave),
    }
}

fn answer(yes: bool, no: Fault) -> Result<(), Fault> {
    if yes { Ok(()) } else { Err(no) }
}
