//! A user's mistake: what happened, where, and what to do next.

use std::sync::Arc;

use crate::source::{Source, Span};

mod render;
pub use render::render;

/// Which mistake it is. The code is stable: editors, CI filters and the corpus refer to it.
///
/// Add a variant for a new kind of mistake, and a file under `tests/corpus/invalid` that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[allow(missing_docs)] // The text each one stands for is in `Code::as_str`.
pub enum Code {
    FileUnreadable,
    YamlSyntax,
    YamlUnsupported,
    YamlBudget,
    YamlEmptyValue,
    YamlAmbiguousNumber,
    YamlUnquotedTemplate,
    YamlUnquotedPath,
    YamlComment,
    DuplicateKey,
    UnknownKey,
    ReservedKey,
    MissingKey,
    ConflictingKeys,
    WrongType,
    InvalidValue,
    InvalidName,
    DuplicateName,
    UndefinedName,
    UnboundStep,
    TemplateSyntax,
    UnknownFilter,
    UnknownFunction,
    UnknownTest,
    TemplateMisplaced,
    BracesInExpression,
    InvalidJsonPath,
    InvalidXPath,
    InvalidRegex,
    InvalidSchema,
    InvalidDuration,
    InvalidStatus,
    InvalidUrl,
    InvalidMethod,
    InvalidHeader,
    InvalidHost,
    UnknownOperator,
    FileRefused,
    MissingInput,
    InvalidInput,
    CredentialLiteral,
    LiteralText,
    UseCycle,
    InvalidUse,
}

impl Code {
    /// The stable text, as printed between brackets.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Code::FileUnreadable => "file-unreadable",
            Code::YamlSyntax => "yaml-syntax",
            Code::YamlUnsupported => "yaml-unsupported",
            Code::YamlBudget => "yaml-budget",
            Code::YamlEmptyValue => "yaml-empty-value",
            Code::YamlAmbiguousNumber => "yaml-ambiguous-number",
            Code::YamlUnquotedTemplate => "yaml-unquoted-template",
            Code::YamlUnquotedPath => "yaml-unquoted-path",
            Code::YamlComment => "yaml-comment",
            Code::DuplicateKey => "duplicate-key",
            Code::UnknownKey => "unknown-key",
            Code::ReservedKey => "reserved-key",
            Code::MissingKey => "missing-key",
            Code::ConflictingKeys => "conflicting-keys",
            Code::WrongType => "wrong-type",
            Code::InvalidValue => "invalid-value",
            Code::InvalidName => "invalid-name",
            Code::DuplicateName => "duplicate-name",
            Code::UndefinedName => "undefined-name",
            Code::UnboundStep => "unbound-step",
            Code::TemplateSyntax => "template-syntax",
            Code::UnknownFilter => "unknown-filter",
            Code::UnknownFunction => "unknown-function",
            Code::UnknownTest => "unknown-test",
            Code::TemplateMisplaced => "template-misplaced",
            Code::BracesInExpression => "braces-in-expression",
            Code::InvalidJsonPath => "invalid-jsonpath",
            Code::InvalidXPath => "invalid-xpath",
            Code::InvalidRegex => "invalid-regex",
            Code::InvalidSchema => "invalid-schema",
            Code::InvalidDuration => "invalid-duration",
            Code::InvalidStatus => "invalid-status",
            Code::InvalidUrl => "invalid-url",
            Code::InvalidMethod => "invalid-method",
            Code::InvalidHeader => "invalid-header",
            Code::InvalidHost => "invalid-host",
            Code::UnknownOperator => "unknown-operator",
            Code::FileRefused => "file-refused",
            Code::MissingInput => "missing-input",
            Code::InvalidInput => "invalid-input",
            Code::CredentialLiteral => "credential-literal",
            Code::LiteralText => "literal-text",
            Code::UseCycle => "use-cycle",
            Code::InvalidUse => "invalid-use",
        }
    }
}

/// Whether the flow may still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The flow is wrong; nothing of it is sent.
    Error,
    /// The flow runs; the person should look.
    Warning,
}

/// One mistake, with the place it was made.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Which mistake.
    pub code: Code,
    /// What happened: one sentence, lower case, no final period.
    pub message: String,
    /// The file it is about.
    pub source: Arc<Source>,
    /// The place the caret points at.
    pub span: Span,
    /// A few words beside the caret.
    pub label: Option<String>,
    /// A second place that explains the first (the earlier key, the step that failed to bind).
    pub related: Option<(Span, String)>,
    /// What to do next.
    pub help: Option<String>,
}

/// Collects every mistake of one file, so that all are reported together.
#[derive(Debug)]
pub struct Diagnostics {
    source: Arc<Source>,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty list for `source`.
    #[must_use]
    pub fn new(source: Arc<Source>) -> Self {
        Self { source, list: Vec::new() }
    }

    /// The file the list is about.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Adds an error and returns it, so that a label or a help can be set.
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Severity::Error, code, span, message.into())
    }

    /// Adds a warning and returns it.
    pub fn warning(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Severity::Warning, code, span, message.into())
    }

    fn push(&mut self, severity: Severity, code: Code, span: Span, message: String) -> &mut Diagnostic {
        let source = Arc::clone(&self.source);
        let (index, message) = (self.list.len(), bounded(message));
        self.list.push(Diagnostic { severity, code, message, source, span, label: None, related: None, help: None });
        &mut self.list[index]
    }

    /// The one added last, so that a caller who knows more can say more.
    pub fn last_mut(&mut self) -> Option<&mut Diagnostic> {
        self.list.last_mut()
    }

    /// Forgets all but the first `count`.
    pub fn truncate(&mut self, count: usize) {
        self.list.truncate(count);
    }

    /// True where an error was added.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// How many there are: to see whether a call added any.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True where there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The list in the order of the file.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.span.start, d.span.end, d.code));
        self.list.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
        self.list
    }
}

impl Diagnostic {
    /// Sets the words beside the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    /// Sets what to do next.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(bounded(help.into()));
        self
    }

    /// Points at a second place.
    pub fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.related = Some((span, label.into()));
        self
    }
}

/// A message may repeat what stands in the file, and that can be megabytes on one line. Its middle is left out: what is
/// wrong with it may stand behind it.
fn bounded(text: String) -> String {
    const HALF: usize = 2000;
    if text.char_indices().nth(2 * HALF).is_none() {
        return text;
    }
    let head = text.char_indices().nth(HALF).map_or(0, |(at, _)| at);
    let tail = text.char_indices().rev().nth(HALF - 1).map_or(0, |(at, _)| at);
    format!("{}…{}", text.get(..head).unwrap_or(""), text.get(tail..).unwrap_or(""))
}

/// The candidate nearest to a misspelt `word`, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = word.chars().count();
    let allowed = (length / 3).clamp(1, 3);
    candidates
        .into_iter()
        // The distance of two words takes the time and the memory of both lengths multiplied.
        .filter(|c| c.chars().count().abs_diff(length) <= allowed)
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= allowed && *distance < c.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_repeats_no_megabytes_of_a_file() {
        let mut list = Diagnostics::new(Source::new("a.flow.yaml", "a"));
        let long = "é".repeat(1 << 20) + "!";
        list.error(Code::UnknownKey, Span::new(0, 1), long.as_str()).help(long.as_str());
        let d = list.into_sorted().remove(0);
        for text in [&d.message, d.help.as_ref().unwrap()] {
            assert_eq!(text.chars().count(), 4001);
            assert!(text.starts_with("éé") && text.contains("é…é") && text.ends_with("é!"));
        }
    }

    #[test]
    fn a_word_is_compared_only_with_those_of_its_length() {
        assert_eq!(nearest("nmae", ["name", "named", "surname"]), Some("name"));
        // Compared, they would need gigabytes.
        let long = "n".repeat(20 << 20);
        assert_eq!(nearest(&long, ["name", "description"]), None);
        assert_eq!(nearest("name", [long.as_str()]), None);
    }
}
