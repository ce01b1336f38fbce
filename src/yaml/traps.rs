//! What everyone trips over in YAML, each with its own words: the parser's error says where it gave up, not why.

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{Source, Span};

/// Turns the parser's error into a diagnostic that names the likely cause.
pub(super) fn explain(source: &Source, error: &ScanError, diagnostics: &mut Diagnostics) {
    let text = source.text();
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    // An error at the end of the file or on an empty line is about what stands before it.
    let at = if text.get(at..).is_none_or(|rest| rest.trim().is_empty()) { text.trim_end().len() } else { at };
    let line = Line::around(text, at);
    for trap in [unquoted_braces, path_in_braces, double_quote_escape, value_with_colon, tab, unclosed, indentation] {
        if trap(text, &line, at, error, diagnostics) {
            return;
        }
    }
    let (message, help) = match error.kind() {
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => (
            "a control character cannot stand here as it is".to_owned(),
            Some(format!("write it escaped, in double quotes: `\"\\u{:04x}\"`", u32::from(*character))),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a value cannot begin with `{character}`"),
            Some(format!("quote the value: it begins with `{character}`, which YAML reserves")),
        ),
        ErrorKind::MissingAnchorOrAliasName => (
            "`*` and `&` begin an alias and an anchor, and no name follows".to_owned(),
            Some("quote the value if the sign is meant as text".to_owned()),
        ),
        ErrorKind::UnknownAnchor => (
            "`*` begins an alias, and no anchor of this name stands before it".to_owned(),
            Some("quote the value if the `*` is meant as text".to_owned()),
        ),
        ErrorKind::InvalidTrailingDoubleQuotedScalar | ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "text follows the closing quote".to_owned(),
            Some(
                "put the whole value in quotes, or double a quote that belongs to it; inside `[ ]` and `{ }` a value \
                 that holds `[`, `{` or `,` is quoted whole"
                    .to_owned(),
            ),
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => (
            "a list item cannot begin on the line of its key".to_owned(),
            Some("put the `- ` on the next line, indented".to_owned()),
        ),
        ErrorKind::RecursionLimitExceeded => (
            "this is nested too deeply".to_owned(),
            Some("send such a value from a file: `file: deep.json`".to_owned()),
        ),
        kind => (
            sentence(&kind.to_string()),
            Some("look at quotes, brackets and indentation of this line and the one above".to_owned()),
        ),
    };
    let code =
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) { Code::YamlBudget } else { Code::YamlSyntax };
    let diagnostic = diagnostics.error(code, Span::new(at, at + 1), message);
    diagnostic.help = help;
}

/// `name: {{ x }}` arrives as a mapping in a mapping: reported here, true where it was one.
pub(super) fn unquoted_template(text: &str, span: Span, diagnostics: &mut Diagnostics) -> bool {
    let raw = text.get(span.range()).unwrap_or("");
    if !raw.starts_with("{{") {
        return false;
    }
    quote_it(text, span.start as usize, span.end as usize, diagnostics);
    true
}

/// Warns where a plain value is followed by ` #…` that reads like a part of it: `title: Room #1`.
pub(super) fn swallowed_comment(text: &str, span: Span, diagnostics: &mut Diagnostics) {
    let end = span.end as usize;
    // The line is looked at only where a comment begins: all of a file may stand on one line.
    let rest = text.get(end..).unwrap_or("");
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let Some(behind) = rest.get(spaces..).and_then(|r| r.strip_prefix('#')).filter(|_| spaces > 0) else { return };
    if !behind.starts_with(|c: char| c.is_alphanumeric() || c == '{') {
        return;
    }
    let length = behind.split('\n').next().unwrap_or("").trim_end().len();
    let comment = Span::new(end + spaces, end + spaces + 1 + length);
    diagnostics
        .warning(Code::YamlComment, comment, "this is a comment and not part of the value before it")
        .help("quote the value if it is meant; put a space behind the `#` if it is a comment");
}

fn quote_it(text: &str, start: usize, end: usize, diagnostics: &mut Diagnostics) {
    // The value may go on behind the braces: `{{ x }}/c`.
    let rest = text.get(end..).and_then(|r| r.split('\n').next()).unwrap_or("");
    let goes_on = !rest.trim_start().is_empty() && !rest.trim_start().starts_with([',', '}', ']', '#']);
    let closes =
        rest.match_indices(" }").map(|(i, _)| i).find(|i| rest.get(i + 2..).is_none_or(|r| !r.starts_with('}')));
    let more = [rest.find(" #"), rest.find(", "), closes].into_iter().flatten().min().unwrap_or(rest.trim_end().len());
    let end = if goes_on { end + more } else { end };
    let value = text.get(start..end).unwrap_or("").trim();
    let quote = if value.contains('"') { '\'' } else { '"' };
    diagnostics
        .error(Code::YamlUnquotedTemplate, Span::new(start, end), "a value that begins with `{{` must be quoted")
        .help(format!("YAML reads `{{` as the start of a mapping: write {quote}{value}{quote}"));
}

struct Line<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Line<'t> {
    fn around(text: &'t str, at: usize) -> Self {
        let start = text.get(..at).and_then(|s| s.rfind('\n')).map_or(0, |i| i + 1);
        let end = text.get(at..).and_then(|s| s.find('\n')).map_or(text.len(), |i| at + i);
        Self { text: text.get(start..end).unwrap_or(""), start }
    }

    fn previous(&self, text: &'t str) -> Option<Line<'t>> {
        (self.start > 0).then(|| Line::around(text, self.start - 1))
    }
}

fn unquoted_braces(text: &str, line: &Line<'_>, at: usize, _: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    let Some(column) = unquoted(line.text, "{{") else { return false };
    if line.start + column > at {
        return false;
    }
    let value_end = line.text.get(column..).and_then(|r| r.rfind("}}")).map_or(line.text.len(), |i| column + i + 2);
    // A template that does not begin the value, as in `a: { b: x{{ y }} }`, is quoted from the start of the value.
    let before = line.text.get(..column).unwrap_or("");
    let start = before.rfind([' ', ',', '{', '[']).map_or(column, |i| i + 1);
    quote_it(text, line.start + start, line.start + value_end, diagnostics);
    true
}

fn path_in_braces(_: &str, line: &Line<'_>, at: usize, _: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    let behind = |column: usize| line.text.get(column..).unwrap_or("");
    let next = |column: &usize| unquoted(behind(column + 1), "$").map(|more| column + 1 + more);
    let has_bracket = |path: &str| path.split_once('[').is_some_and(|(before, _)| !before.contains([',', '}', ' ']));
    let mut paths = std::iter::successors(unquoted(line.text, "$"), next);
    let Some(column) = paths.find(|column| has_bracket(behind(*column))) else { return false };
    let inside = line.text.get(..column).is_some_and(|before| before.contains(['{', '[']));
    if !inside || line.start + column > at {
        return false;
    }
    let path = behind(column);
    let mut depth = 0;
    let end = path
        .find(|c| match c {
            '[' => {
                depth += 1;
                false
            }
            ']' => {
                depth -= 1;
                false
            }
            ',' | '}' | ' ' | ':' => depth == 0,
            _ => false,
        })
        .unwrap_or(path.len());
    let path = path.get(..end).unwrap_or(path);
    let quote = if path.contains('"') { '\'' } else { '"' };
    diagnostics
        .error(
            Code::YamlUnquotedPath,
            Span::new(line.start + column, line.start + column + end),
            "a JSONPath with `[` inside `{ }` must be quoted",
        )
        .help(format!(
            "YAML reads `[` as the start of a list here: write {quote}{path}{quote}, or put it on a line of its own"
        ));
    true
}

fn double_quote_escape(text: &str, _: &Line<'_>, at: usize, error: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    if !matches!(error.kind(), ErrorKind::UnknownQuotedScalarEscape) {
        return false;
    }
    let scalar = text.get(at + 1..).unwrap_or("");
    let mut escaped = false;
    let bad = scalar.char_indices().find(|(_, c)| {
        let found = escaped && !"0abtnvfre \"/\\N_LPxuU\t\n".contains(*c);
        escaped = !escaped && *c == '\\';
        found
    });
    let (offset, character) = bad.map_or((at, '?'), |(i, c)| (at + i, c));
    diagnostics
        .error(
            Code::YamlSyntax,
            Span::new(offset, offset + 1 + character.len_utf8()),
            format!("`\\{character}` is not an escape"),
        )
        .help("in double quotes `\\` begins an escape: use single quotes, which keep it as it is, or write `\\\\`");
    true
}

fn value_with_colon(_: &str, line: &Line<'_>, at: usize, error: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    if !matches!(
        error.kind(),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidSimpleKey | ErrorKind::SimpleKeyExpected
    ) {
        return false;
    }
    let Some((key, value)) = line.text.split_once(": ") else { return false };
    let value = value.trim_end();
    if value.is_empty() || line.start + key.len() + 2 > at {
        return false;
    }
    let start = line.start + key.len() + 2;
    let quote = if value.contains('"') { '\'' } else { '"' };
    diagnostics
        .error(Code::YamlSyntax, Span::new(start, start + value.len()), "a value with `: ` in it must be quoted")
        .help(format!("write {quote}{value}{quote}; if it is a mapping, put it on the next line, indented"));
    true
}

fn tab(_: &str, line: &Line<'_>, _: usize, _: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    let indent = line.text.len() - line.text.trim_start().len();
    let Some(column) = line.text.get(..indent).and_then(|i| i.find('\t')) else { return false };
    let at = line.start + column;
    diagnostics
        .error(Code::YamlSyntax, Span::new(at, at + 1), "a tab in the indentation")
        .help("YAML is indented with spaces: replace the tab");
    true
}

fn unclosed(text: &str, line: &Line<'_>, at: usize, error: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    match error.kind() {
        ErrorKind::UnclosedFlowCollection { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            diagnostics
                .error(Code::YamlSyntax, Span::new(at, at + 1), format!("this `{open}` is never closed"))
                .help(format!("add the `{close}`"));
            true
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            // The parser notices on the next line; the bracket was left open on the one before.
            let open = [Some(Line { ..*line }), line.previous(text)].into_iter().flatten().find_map(|line| {
                let column = unquoted(line.text, "{").into_iter().chain(unquoted(line.text, "[")).max()?;
                Some(line.start + column)
            });
            let Some(open) = open else { return false };
            let bracket = text.get(open..=open).unwrap_or("{");
            let message = if line.start > open {
                format!("this `{bracket}` is not closed before the next line")
            } else {
                format!("a comma or the end of this `{bracket}` is missing")
            };
            diagnostics
                .error(Code::YamlSyntax, Span::new(at, at + 1), message)
                .related(Span::new(open, open + 1), "opened here")
                .help("separate entries with `, ` and quote a value that holds `,`, `[`, `{`, `]`, `}` or `: `");
            true
        }
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::UnexpectedEof => {
            let mut search = Some(Line { ..*line });
            while let Some(line) = search {
                let quote = [unquoted(line.text, "\""), unquoted(line.text, "'")].into_iter().flatten().max();
                if let Some(column) = quote {
                    let at = line.start + column;
                    diagnostics
                        .error(Code::YamlSyntax, Span::new(at, at + 1), "this quote is never closed")
                        .help("add the closing quote");
                    return true;
                }
                search = line.previous(text);
            }
            false
        }
        _ => false,
    }
}

fn indentation(text: &str, line: &Line<'_>, at: usize, error: &ScanError, diagnostics: &mut Diagnostics) -> bool {
    let kinds = matches!(
        error.kind(),
        ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::InvalidIndentation
            | ErrorKind::MappingValueNotAllowed
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::ExpectedDocumentStart
    );
    if !kinds {
        return false;
    }
    let column = line.text.len() - line.text.trim_start().len();
    let previous = line.previous(text).map_or(0, |l| l.text.len() - l.text.trim_start().len());
    let message = match column.cmp(&previous) {
        std::cmp::Ordering::Equal => sentence(&error.kind().to_string()),
        _ => format!("this line is indented by {column} spaces, which fits none of the lines above it"),
    };
    let start = line.start + column;
    let span =
        if column == previous { Span::new(at, at + 1) } else { Span::new(start, start + line.text.trim().len()) };
    let diagnostic = diagnostics.error(Code::YamlSyntax, span, message);
    diagnostic.help("keys of one mapping and the `-` of one list stand in the same column");
    if let Some(above) = line.previous(text).filter(|_| column != previous) {
        // The parser stumbles here, but it may be the line above that stands in the wrong column.
        let start = above.start + previous;
        diagnostic
            .related(Span::new(start, above.start + above.text.trim_end().len()), format!("indented by {previous}"));
    }
    true
}

/// The first place in a line where `needle` stands outside of quotes and comments.
fn unquoted(line: &str, needle: &str) -> Option<usize> {
    let mut quote = None;
    let mut found = None;
    let mut previous = ' ';
    for (i, c) in line.char_indices() {
        match quote {
            Some(q) if c == q && !(q == '"' && previous == '\\') => quote = None,
            Some(_) => {}
            None if found.is_none() && line.get(i..).is_some_and(|rest| rest.starts_with(needle)) => {
                found = Some(i);
                if matches!(c, '"' | '\'') {
                    quote = Some(c);
                }
            }
            None if c == '#' && previous == ' ' => break,
            None if matches!(c, '"' | '\'') && !previous.is_alphanumeric() => {
                quote = Some(c);
            }
            None => {}
        }
        previous = c;
    }
    found
}

/// The parser's message as one of ours: no "while parsing" preamble.
fn sentence(message: &str) -> String {
    match message.strip_prefix("while parsing ").and_then(|m| m.split_once(", ")) {
        Some((what, problem)) => format!("in {what}: {problem}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::source::Source;

    fn problem(yaml: &str) -> String {
        let source = Source::new("t", yaml);
        let mut diagnostics = Diagnostics::new(source.clone());
        let _ = super::super::parse(&source, &mut diagnostics);
        let list = diagnostics.into_sorted();
        let Some(d) = list.first() else { return "no problem".to_owned() };
        let at = source.position(d.span.start);
        format!("{at} {} | {}", d.message, d.help.as_deref().unwrap_or("-"))
    }

    #[test]
    fn unquoted_templates() {
        let quoted = "a value that begins with `{{` must be quoted | YAML reads `{` as the start of a mapping: write ";
        assert_eq!(problem("a: {{ x }}\nb: 1\n"), format!("1:4 {quoted}\"{{{{ x }}}}\""));
        assert_eq!(problem("a: {{ x }}/c\n"), format!("1:4 {quoted}\"{{{{ x }}}}/c\""));
        assert_eq!(problem("a: { b: {{ x }} }\n"), format!("1:9 {quoted}\"{{{{ x }}}}\""));
        assert_eq!(problem("a: {{ x | f(\"y\") }}\n"), format!("1:4 {quoted}'{{{{ x | f(\"y\") }}}}'"));
        assert_eq!(problem("a: {{ x }} and {{ y }}\n"), format!("1:4 {quoted}\"{{{{ x }}}} and {{{{ y }}}}\""));
    }

    #[test]
    fn paths_escapes_and_colons() {
        assert_eq!(
            problem("capture: { id: $.items[0].id }\n"),
            "1:16 a JSONPath with `[` inside `{ }` must be quoted | YAML reads `[` as the start of a list here: write \"$.items[0].id\", or put it on a line of its own"
        );
        assert_eq!(
            problem("json: { $.a: 1, $.b[0]: 2 }\n"),
            "1:17 a JSONPath with `[` inside `{ }` must be quoted | YAML reads `[` as the start of a list here: write \"$.b[0]\", or put it on a line of its own"
        );
        assert_eq!(
            problem("a: \"x\\d+\"\n"),
            "1:6 `\\d` is not an escape | in double quotes `\\` begins an escape: use single quotes, which keep it as it is, or write `\\\\`"
        );
        assert_eq!(
            problem("a: b: c\n"),
            "1:4 a value with `: ` in it must be quoted | write \"b: c\"; if it is a mapping, put it on the next line, indented"
        );
    }

    #[test]
    fn layout() {
        assert_eq!(
            problem("a:\n\t- b\n"),
            "2:1 a tab in the indentation | YAML is indented with spaces: replace the tab"
        );
        assert_eq!(problem("a: [1, 2\n"), "1:4 this `[` is never closed | add the `]`");
        assert_eq!(problem("a: \"x\nb: 2\n"), "1:4 this quote is never closed | add the closing quote");
        assert!(problem("steps:\n  - a: 1\n   b: 2\n").starts_with("3:4 this line is indented by 3 spaces"));
        assert!(problem("a:\nb: 1\n").starts_with("1:1 `a` has no value"));
        assert!(problem("a: 1\n---\nb: 1\n").contains("a second document begins here"));
        assert!(problem("a: !!str x\n").contains("YAML tags are not part"));
        assert!(problem("a: &a 1\nb:\n  <<: *a\n").contains("merge keys"));
        assert!(problem("a: 1\nb: 2\na: 3\n").starts_with("3:1 the key `a` stands here twice"));
        assert!(problem("title: Room #1\n").starts_with("1:13 this is a comment"));
        assert_eq!(problem("title: Room # one\n"), "no problem");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (name, before) in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e"), ("g", "f")] {
            let alias = format!("*{before}");
            bomb += &format!("{name}: &{name} [{}]\n", [alias.as_str(); 9].join(","));
        }
        assert!(problem(&bomb).contains("aliases expand to more than"));
        assert!(problem(&"[".repeat(5000)).contains("1:"), "deep nesting is an error, not a crash");
    }
}
