//! JSONPath (RFC 9535): parsed once, then asked of many values.
//!
//! `serde_json_path` does the work. A flow holds tens of thousands of plain paths such as `$.items[0].id`; those keep
//! only their text, which is walked as it stands, so that a path costs tens of bytes and not kilobytes.

use std::fmt;

use crate::value::Value;

/// A valid JSONPath.
#[derive(Clone)]
pub struct JsonPath {
    source: Box<str>,
    /// `None` where the text is plain and can be walked.
    full: Option<Box<serde_json_path::JsonPath>>,
}

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
        if !text.starts_with('$') {
            let message = "a JSONPath begins with `$`".to_owned();
            return Err(JsonPathError { message, position: 0 });
        }
        match serde_json_path::JsonPath::parse(text) {
            Ok(full) => Ok(Self { source: text.into(), full: Some(Box::new(full)) }),
            Err(error) => {
                let mut position = error.position().min(text.len());
                while !text.is_char_boundary(position) {
                    position -= 1;
                }
                let message = match (error.message().trim().trim_end_matches('.'), text.get(position..)) {
                    // The parser often only says that it failed.
                    ("parser error", Some("")) => "the path ends too early".to_owned(),
                    ("parser error", Some(rest)) => {
                        format!("it cannot be read from `{}` on", rest.chars().take(10).collect::<String>())
                    }
                    (message, _) => message.to_owned(),
                };
                Err(JsonPathError { message, position })
            }
        }
    }

    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// True for a *singular query* (RFC 9535 section 2.3.5.1): only names and single indexes, so that it finds at most one node.
    #[must_use]
    pub fn is_singular(&self) -> bool {
        self.full.is_none() || only_names_and_indexes(&self.source)
    }

    /// Every value the path finds, in document order as far as the RFC orders them.
    #[must_use]
    pub fn query<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match &self.full {
            Some(full) => full.query(value).all(),
            None => self.walk(value).into_iter().collect(),
        }
    }

    /// The first value the path finds.
    #[must_use]
    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match &self.full {
            Some(full) => full.query(value).first(),
            None => self.walk(value),
        }
    }

    /// As [`JsonPath::first`], to change it.
    pub fn first_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        let pointer = match &self.full {
            Some(full) => full.query_located(value).first()?.location().to_json_pointer(),
            None => return self.walk_mut(value),
        };
        value.pointer_mut(&pointer)
    }

    fn walk_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        let mut at = value;
        for segment in plain(&self.source)? {
            at = match segment {
                Segment::Name(name) => at.as_object_mut()?.get_mut(name)?,
                Segment::Index(index) => {
                    let list = at.as_array_mut()?;
                    let distance = usize::try_from(index.unsigned_abs()).ok()?;
                    let index = if index < 0 { list.len().checked_sub(distance)? } else { distance };
                    list.get_mut(index)?
                }
            };
        }
        Some(at)
    }

    /// The JSON Pointer (RFC 6901) of every value the path finds.
    #[must_use]
    pub fn pointers(&self, value: &Value) -> Vec<String> {
        let parsed;
        let full = match &self.full {
            Some(full) => &**full,
            None => match serde_json_path::JsonPath::parse(&self.source) {
                Ok(path) => {
                    parsed = path;
                    &parsed
                }
                Err(_) => return Vec::new(),
            },
        };
        full.query_located(value).locations().map(serde_json_path::NormalizedPath::to_json_pointer).collect()
    }

    fn walk<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        let mut at = value;
        for segment in plain(&self.source)? {
            at = match segment {
                Segment::Name(name) => at.as_object()?.get(name)?,
                Segment::Index(index) => {
                    let list = at.as_array()?;
                    let distance = usize::try_from(index.unsigned_abs()).ok()?;
                    let index = if index < 0 { list.len().checked_sub(distance)? } else { distance };
                    list.get(index)?
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

/// In a valid path these signs, outside of quotes, are all that makes a segment more than one name or index.
fn only_names_and_indexes(path: &str) -> bool {
    let mut quote = None;
    let mut previous = ' ';
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '*' | ',' | ':' | '?') => return false,
            (None, '.') if previous == '.' => return false,
            (None, _) => {}
        }
        previous = c;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        selector: String,
        document: Option<Value>,
        result: Option<Value>,
        results: Option<Vec<Value>>,
        #[serde(default)]
        invalid_selector: bool,
    }

    #[derive(serde::Deserialize)]
    struct Suite {
        tests: Vec<Case>,
    }

    #[test]
    fn the_compliance_suite_passes_whole() {
        let suite: Suite = serde_json::from_str(include_str!("../tests/data/jsonpath/cts.json")).unwrap();
        assert_eq!(suite.tests.len(), 703);
        for case in suite.tests {
            let path = JsonPath::parse(&case.selector);
            if case.invalid_selector {
                assert!(path.is_err(), "{}: {} was accepted", case.name, case.selector);
                continue;
            }
            let path = path.unwrap_or_else(|e| panic!("{}: {}: {e}", case.name, case.selector));
            let document = case.document.unwrap();
            let found = Value::Array(path.query(&document).into_iter().cloned().collect());
            let right = case.result.into_iter().chain(case.results.into_iter().flatten()).any(|r| r == found);
            assert!(right, "{}: {} found {found}", case.name, case.selector);
            assert_eq!(path.first(&document), found.get(0), "{}", case.name);
        }
    }

    #[test]
    fn plain_paths_keep_only_their_text() {
        for text in ["$", "$.a", "$.a_1.b[0][-2]"] {
            assert!(JsonPath::parse(text).unwrap().full.is_none(), "{text}");
        }
        for text in ["$['a']", "$.é", "$..a", "$[ 0]", "$.a[*]"] {
            assert!(JsonPath::parse(text).unwrap().full.is_some(), "{text}");
        }
        for text in ["$.1a", "$[-0]", "$[01]", "$.", "$.a b", "$[9007199254740993]", "a", ""] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn plain_and_full_paths_find_the_same() {
        let value = json!({"a": [{"b": 1}, {"b": [2, 3]}], "c": null});
        for text in ["$", "$.a", "$.a[1].b[-1]", "$.a[-3]", "$.a[2]", "$.c", "$.c.d", "$.a.b", "$.c[0]", "$.x"] {
            let path = JsonPath::parse(text).unwrap();
            let full = serde_json_path::JsonPath::parse(text).unwrap();
            assert_eq!(path.query(&value), full.query(&value).all(), "{text}");
        }
    }

    #[test]
    fn singular_is_what_the_rfc_says() {
        for text in ["$", "$.a[0]", "$['a,b'][\"*\"]", "$['it\\'s?'][-1]", "$ .a [ 0 ]"] {
            assert!(JsonPath::parse(text).unwrap().is_singular(), "{text}");
        }
        for text in ["$.*", "$..a", "$[0,1]", "$[0:1]", "$[?@.a]", "$['a','b']", "$[*]"] {
            assert!(!JsonPath::parse(text).unwrap().is_singular(), "{text}");
        }
    }

    #[test]
    fn an_error_says_where() {
        let error = JsonPath::parse("$.items[?@.id ==]").unwrap_err();
        assert!(error.position > 7 && error.position <= 17, "{error:?}");
        assert_eq!(JsonPath::parse("items").unwrap_err().position, 0);
    }
}
