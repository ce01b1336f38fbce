//! A JSONPath as a tree, as RFC 9535 section 2 names its parts.

use regex::Regex;

use crate::value::Value;

/// From the document (`$`) or from the item that a filter looks at (`@`), segment by segment.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub from_root: bool,
    pub segments: Vec<Segment>,
}

impl Query {
    /// A *singular query* (section 2.3.5.1): it finds at most one node, whatever the document.
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| segment.only().is_some())
    }
}

/// What is chosen among the children of a node, or, where `deep`, of it and all that is below it.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub deep: bool,
    pub selectors: Vec<Selector>,
}

impl Segment {
    /// Its one name or index, where it is no more than that.
    pub(super) fn only(&self) -> Option<&Selector> {
        match self.selectors.as_slice() {
            [only @ (Selector::Name(_) | Selector::Index(_))] if !self.deep => Some(only),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Selector {
    Name(Box<str>),
    Index(i64),
    Wildcard,
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Box<Logical>),
}

/// What is true or false of an item.
#[derive(Clone, Debug)]
pub(super) enum Logical {
    Or(Vec<Logical>),
    And(Vec<Logical>),
    Not(Box<Logical>),
    /// The query finds something.
    Exists(Query),
    Compare(Comparable, Comparison, Comparable),
    Match(Box<Match>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// What gives one value, or nothing.
#[derive(Clone, Debug)]
pub(super) enum Comparable {
    Literal(Value),
    /// A singular query.
    Query(Query),
    Length(Box<Comparable>),
    Count(Query),
    /// The value of the one node that a query finds.
    Value(Query),
}

/// `match` where `whole`, else `search`.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub whole: bool,
    pub text: Comparable,
    pub pattern: Pattern,
}

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Written in the path: compiled with it. `None` where it is no regular expression, which nothing matches.
    Fixed(Option<Regex>),
    /// Found in the document.
    Found(Comparable),
}
