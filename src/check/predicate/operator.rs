//! The operators of a predicate: one row each, for the reader, the messages and the suggestions.

/// What a predicate can ask. The semantics are in `holds`, the words of a failure in `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equal, typed, as JSON means it.
    Eq,
    /// Equal to one of a list.
    In,
    /// Equal where the operand says something: objects may have more keys.
    Like,
    /// The predicate does not hold.
    Not,
    /// Less than.
    Lt,
    /// At most.
    Le,
    /// Greater than.
    Gt,
    /// At least.
    Ge,
    /// Text in text, or an item of a list.
    Contains,
    /// The text's beginning.
    StartsWith,
    /// The text's end.
    EndsWith,
    /// A regular expression found anywhere in the text.
    Matches,
    /// A predicate on the number of characters, items or keys.
    Length,
    /// Whether there are none of these.
    Empty,
    /// Every item, and there is one.
    All,
    /// At least one item.
    Any,
    /// No item.
    None,
    /// The type's name.
    Type,
    /// Whether something was found.
    Exists,
}

/// (operator, its key in a flow, the words of a report).
const ROWS: [(Operator, &str, &str); 19] = [
    (Operator::Eq, "eq", "equals"),
    (Operator::In, "in", "is one of"),
    (Operator::Like, "like", "is like"),
    (Operator::Not, "not", "not"),
    (Operator::Lt, "lt", "is less than"),
    (Operator::Le, "le", "is at most"),
    (Operator::Gt, "gt", "is greater than"),
    (Operator::Ge, "ge", "is at least"),
    (Operator::Contains, "contains", "contains"),
    (Operator::StartsWith, "starts_with", "starts with"),
    (Operator::EndsWith, "ends_with", "ends with"),
    (Operator::Matches, "matches", "matches"),
    (Operator::Length, "length", "has length"),
    (Operator::Empty, "empty", "is empty:"),
    (Operator::All, "all", "all items"),
    (Operator::Any, "any", "any item"),
    (Operator::None, "none", "no item"),
    (Operator::Type, "type", "has type"),
    (Operator::Exists, "exists", "exists:"),
];

/// What people write who come from other tools, and what it is here.
const ELSEWHERE: [(&str, &str); 34] = [
    ("==", "eq"),
    ("=", "eq"),
    ("equals", "eq"),
    ("equal", "eq"),
    ("is", "eq"),
    ("value", "eq"),
    ("!=", "not"),
    ("ne", "not"),
    ("neq", "not"),
    ("not_equals", "not"),
    ("<", "lt"),
    ("less_than", "lt"),
    ("below", "lt"),
    ("<=", "le"),
    ("lte", "le"),
    ("max", "le"),
    (">", "gt"),
    ("greater_than", "gt"),
    ("above", "gt"),
    (">=", "ge"),
    ("gte", "ge"),
    ("min", "ge"),
    ("includes", "contains"),
    ("has", "contains"),
    ("regex", "matches"),
    ("regexp", "matches"),
    ("pattern", "matches"),
    ("one_of", "in"),
    ("partial", "like"),
    ("size", "length"),
    ("count", "length"),
    ("len", "length"),
    ("every", "all"),
    ("some", "any"),
];

impl Operator {
    /// The operator of this key.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|(_, key, _)| *key == name).map(|(operator, ..)| *operator)
    }

    /// Its key in a flow.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// How a report says it: "is less than".
    #[must_use]
    pub fn words(self) -> &'static str {
        self.row().2
    }

    /// The operator that an unknown key most likely means.
    #[must_use]
    pub(super) fn meant_by(name: &str) -> Option<&'static str> {
        let lower = name.to_lowercase();
        let snake = lower.replace(['-', ' '], "_");
        let elsewhere = ELSEWHERE.iter().find(|(word, _)| *word == snake).map(|(_, key)| *key);
        let keys = || ROWS.iter().map(|(_, key, _)| *key);
        elsewhere
            .or_else(|| keys().find(|key| key.replace('_', "") == snake.replace('_', "")))
            .or_else(|| crate::diagnostic::nearest(name, keys()))
    }

    /// True for those that order.
    pub(super) fn orders(self) -> bool {
        matches!(self, Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge)
    }

    fn row(self) -> &'static (Operator, &'static str, &'static str) {
        ROWS.iter().find(|(operator, ..)| *operator == self).unwrap_or(&ROWS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_has_its_own_row() {
        for (operator, key, _) in ROWS {
            assert_eq!(Operator::named(key), Some(operator));
            assert_eq!(operator.name(), key);
        }
        for (_, key) in ELSEWHERE {
            assert!(Operator::named(key).is_some(), "{key}");
        }
    }

    #[test]
    fn words_from_elsewhere_find_their_operator() {
        assert_eq!(Operator::meant_by("startsWith"), Some("starts_with"));
        assert_eq!(Operator::meant_by(">="), Some("ge"));
        assert_eq!(Operator::meant_by("contain"), Some("contains"));
        assert_eq!(Operator::meant_by("displayName"), None);
    }
}
