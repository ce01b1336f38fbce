//! Draws a diagnostic the way rustc does: headline, file:line:column, the line with a caret, help.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// The diagnostic as text of several lines without a final line break. `color` adds ANSI styles; `width` is in
/// terminal columns and cuts long source lines around the caret.
#[must_use]
pub fn render(diagnostic: &Diagnostic, color: bool, width: usize) -> String {
    let d = diagnostic;
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let text = d.source.text();
    let primary = visible(text, d.span.range());
    let mut snippet = Snippet::source(text).path(d.source.name()).fold(true);
    let annotation = AnnotationKind::Primary.span(primary);
    snippet = snippet.annotation(match &d.label {
        Some(label) => annotation.label(label.as_str()),
        None => annotation,
    });
    if let Some((span, label)) = &d.related {
        snippet = snippet.annotation(AnnotationKind::Context.span(visible(text, span.range())).label(label.as_str()));
    }
    let title = level.primary_title(d.message.as_str()).id(d.code.as_str());
    let mut group = title.element(snippet);
    if let Some(help) = &d.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(width).render(&[group])
}

/// A span that can be drawn: inside the text, on character boundaries, cut at the end of its first line, so
/// that a mistake in a long block shows the line it begins on.
fn visible(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, mut end) = (floor(range.start), floor(range.end));
    if let Some(line_break) = text.get(start..end).and_then(|s| s.find('\n')) {
        end = start + line_break.max(1).min(end - start);
    }
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Code, Diagnostics, render};
    use crate::source::{Source, Span};

    #[test]
    fn shows_place_caret_and_help() {
        let mut list = Diagnostics::new(Source::new("a.flow.yaml", "steps:\n  - nmae: x\n"));
        list.error(Code::UnknownKey, Span::new(11, 15), "unknown key `nmae`").help("did you mean `name`?");
        let text = render(&list.into_sorted()[0], false, 100);
        assert_eq!(
            text,
            "error[unknown-key]: unknown key `nmae`\n --> a.flow.yaml:2:5\n  |\n2 |   - nmae: x\n  |     ^^^^\n  |\n  = help: did you mean `name`?"
        );
    }
}
