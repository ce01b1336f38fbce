//! What keys a mapping may have: one table for the reader, its suggestions, the docs and the JSON Schema.

/// A mapping with known keys.
#[derive(Debug)]
pub struct Shape {
    /// What it is, with its article, for messages: "a step".
    pub noun: &'static str,
    /// One sentence for the schema.
    pub doc: &'static str,
    /// Its keys, in the order to show them.
    pub keys: &'static [Key],
    /// Keys that answer with a message of their own: (key, message, help).
    pub refused: &'static [(&'static str, &'static str, &'static str)],
    /// Whether `x-…` keys are allowed and ignored.
    pub extensible: bool,
}

/// One key of a [`Shape`].
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it is for: shown by editors.
    pub doc: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
}

impl Key {
    /// An optional key.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, doc, kind, required: false }
    }

    /// A key that must be there.
    #[must_use]
    pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, doc, kind, required: true }
    }
}

/// What a value may be. The reader checks by hand; the JSON Schema is made from this.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text as it stands: no template in it.
    Text,
    /// Text that may hold `{{ }}`.
    Template,
    /// A bare expression, without braces.
    Expression,
    /// A scalar of any type; text may hold `{{ }}`.
    Scalar,
    /// A scalar that can be sent: any but null.
    Sendable,
    /// Anything; texts in it may hold `{{ }}`.
    Any,
    /// A JSONPath.
    JsonPath,
    /// A regular expression.
    Regex,
    /// A name or id.
    Name,
    /// A duration like `2s` or `1.5m`, or a template.
    Duration,
    /// A whole number of at least this, or a template.
    Integer(u64),
    /// A number of at least this, or a template.
    Number(u64),
    /// `true` or `false`.
    Boolean,
    /// `null`.
    Null,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these numbers, quoted or not.
    Numbers(&'static [&'static str]),
    /// Text that matches this regular expression (schema only), described by the second text.
    Pattern(&'static str, &'static str),
    /// A list of these.
    List(&'static Kind),
    /// One of these, or a list of them.
    OneOrMany(&'static Kind),
    /// A mapping with keys of the user's choice. The first kind tells what the keys are.
    Map(&'static Kind, &'static Kind),
    /// A mapping with known keys.
    Object(&'static Shape),
    /// Any of these.
    Either(&'static [Kind]),
    /// A kind that stands elsewhere: for recursion and for `$defs` in the schema.
    Named(&'static str, &'static Kind),
}

impl Shape {
    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
}
