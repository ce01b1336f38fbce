//! JSONPath (RFC 9535): parsed once, then asked of many values, within a budget.
//!
//! A flow holds tens of thousands of plain paths such as `$.items[0].id`; those keep only their text, which is walked as
//! it stands, so that a path costs tens of bytes and not kilobytes.

mod filter;
mod parse;
mod pattern;
mod query;
mod search;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;

use query::Query;
use search::Search;

use crate::value::Value;

/// A valid JSONPath.
#[derive(Clone)]
pub struct JsonPath {
    source: Box<str>,
    /// `None` where the text is plain and can be walked.
    full: Option<Box<Query>>,
}

/// A path that would have to look at more than five million values. As text it is what follows the path in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millions = search::BUDGET / 1_000_000;
        write!(f, "has to look at more than {millions} million values: ask with a narrower path")
    }
}

impl std::error::Error for TooMuch {}

/// Why a text is no JSONPath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPathError {
    /// What was expected, in words, without a final period.
    pub message: String,
    /// Where, in bytes from the start of the path.
    pub position: usize,
}

impl fmt::Display for JsonPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonPathError {}

impl JsonPath {
    /// Reads a JSONPath.
    ///
    /// # Errors
    /// The text is not one by RFC 9535.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        if plain(text).is_some() {
            return Ok(Self { source: text.into(), full: None });
        }
        let full = parse::path(text)?;
        Ok(Self { source: text.into(), full: Some(Box::new(full)) })
    }

    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// True for a *singular query* (RFC 9535 section 2.3.5.1): only names and single indexes, so that it finds at most one node.
    #[must_use]
    pub fn is_singular(&self) -> bool {
        self.full.as_ref().is_none_or(|full| full.is_singular())
    }

    /// Every value the path finds, in document order as far as the RFC orders them.
    ///
    /// # Errors
    /// It would have to look at too many.
    pub fn query<'v>(&self, value: &'v Value) -> Result<Vec<&'v Value>, TooMuch> {
        match &self.full {
            Some(full) => Search::new(value, search::BUDGET).all(full, value),
            None => Ok(self.walk(value).into_iter().collect()),
        }
    }

    /// The first value the path finds.
    ///
    /// # Errors
    /// As [`JsonPath::query`]; never for a singular path.
    pub fn first<'v>(&self, value: &'v Value) -> Result<Option<&'v Value>, TooMuch> {
        match &self.full {
            Some(full) if full.is_singular() => Search::new(value, search::BUDGET).one(full, value),
            Some(_) => Ok(self.query(value)?.first().copied()),
            None => Ok(self.walk(value)),
        }
    }

    /// What a singular path finds, to change it.
    pub fn singular_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        let Some(full) = &self.full else { return self.walk_mut(value) };
        full.segments.iter().try_fold(value, |at, segment| match segment.only()? {
            query::Selector::Name(name) => at.as_object_mut()?.get_mut(&**name),
            query::Selector::Index(index) => {
                let list = at.as_array_mut()?;
                let len = list.len();
                list.get_mut(position(*index, len)?)
            }
            _ => None,
        })
    }

    fn walk_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        let mut at = value;
        for segment in plain(&self.source)? {
            at = match segment {
                Segment::Name(name) => at.as_object_mut()?.get_mut(name)?,
                Segment::Index(index) => {
                    let list = at.as_array_mut()?;
                    let len = list.len();
                    list.get_mut(position(index, len)?)?
                }
            };
        }
        Some(at)
    }

    /// The JSON Pointer (RFC 6901) of every value the path finds, each once.
    ///
    /// # Errors
    /// As [`JsonPath::query`].
    pub fn pointers(&self, value: &Value) -> Result<Vec<String>, TooMuch> {
        // A value is where it stands: its address is its place.
        let found: HashSet<*const Value> = self.query(value)?.into_iter().map(std::ptr::from_ref).collect();
        let mut out = Vec::new();
        if !found.is_empty() {
            locate(value, &found, &mut String::new(), &mut out);
        }
        Ok(out)
    }

    fn walk<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        let mut at = value;
        for segment in plain(&self.source)? {
            at = match segment {
                Segment::Name(name) => at.as_object()?.get(name)?,
                Segment::Index(index) => {
                    let list = at.as_array()?;
                    list.get(position(index, list.len())?)?
                }
            };
        }
        Some(at)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonPath({})", self.source)
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for JsonPath {}

enum Segment<'a> {
    Name(&'a str),
    Index(i64),
}

/// The segments of a path that is only `.ascii_name` and `[integer]`, or `None` where it is anything more.
fn plain(text: &str) -> Option<impl Iterator<Item = Segment<'_>>> {
    let mut rest = text.strip_prefix('$')?;
    let body = rest;
    while !rest.is_empty() {
        rest = segment(rest)?.1;
    }
    let mut rest = body;
    Some(std::iter::from_fn(move || {
        let (segment, after) = segment(rest)?;
        rest = after;
        Some(segment)
    }))
}

fn segment(text: &str) -> Option<(Segment<'_>, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        return begins_well.then_some((Segment::Name(name), after));
    }
    let (digits, after) = text.strip_prefix('[')?.split_once(']')?;
    let bare = digits.strip_prefix('-').unwrap_or(digits);
    // 15 digits stay inside the RFC's exact integers; `-0` and leading zeros are not integers there.
    let well_formed = bare.bytes().all(|b| b.is_ascii_digit())
        && (1..=15).contains(&bare.len())
        && (!bare.starts_with('0') || digits == "0");
    well_formed.then_some((Segment::Index(digits.parse().ok()?), after))
}

/// An index that counts from the end where it is negative, as one from the start.
fn position(index: i64, len: usize) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { len.checked_sub(distance) } else { Some(distance) }
}

fn locate(value: &Value, wanted: &HashSet<*const Value>, at: &mut String, out: &mut Vec<String>) {
    if wanted.contains(&std::ptr::from_ref(value)) {
        out.push(at.clone());
    }
    let length = at.len();
    let mut inside = |step: &str, inner: &Value| {
        at.push('/');
        at.push_str(step);
        locate(inner, wanted, at, out);
        at.truncate(length);
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| inside(&i.to_string(), item)),
        Value::Object(map) => {
            map.iter().for_each(|(key, item)| inside(&key.replace('~', "~0").replace('/', "~1"), item));
        }
        _ => {}
    }
}
