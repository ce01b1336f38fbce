//! Draws a diagnostic the way rustc does: headline, file:line:column, the line with a caret, help.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::{Source, Span};

/// The diagnostic as text of several lines without a final line break. `color` adds ANSI styles; `width` is in
/// terminal columns and cuts long source lines around the caret.
#[must_use]
pub fn render(diagnostic: &Diagnostic, color: bool, width: usize) -> String {
    let d = diagnostic;
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = visible(d.source.text(), d.span.range());
    let related = d.related.as_ref().map(|(span, label)| (visible(d.source.text(), span.range()), label.as_str()));
    // Far apart they are drawn one below the other: what stands between is read for nothing.
    let near = related.clone().filter(|(span, _)| span.start.abs_diff(primary.start) < NEAR);
    let lines = Lines::around(&d.source, near.iter().map(|(span, _)| span).chain([&primary]));
    let annotation = AnnotationKind::Primary.span(lines.inside(&primary));
    let mut snippet = lines.snippet().annotation(match &d.label {
        Some(label) => annotation.label(label.as_str()),
        None => annotation,
    });
    let far = match (&near, &related) {
        (Some((span, label)), _) => {
            snippet = snippet.annotation(AnnotationKind::Context.span(lines.inside(span)).label(*label));
            None
        }
        (None, Some((span, label))) => {
            let lines = Lines::around(&d.source, [span]);
            Some(lines.snippet().annotation(AnnotationKind::Context.span(lines.inside(span)).label(*label)))
        }
        (None, None) => None,
    };
    let title = level.primary_title(d.message.as_str()).id(d.code.as_str());
    let mut group = title.element(snippet);
    if let Some(far) = far {
        group = group.element(far);
    }
    if let Some(help) = &d.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(width).render(&[group])
}

/// How many bytes apart two places of one drawing may be.
const NEAR: usize = 64 << 10;

/// The lines of a file that a drawing is about. The renderer looks at all it is given, for each diagnostic anew.
struct Lines<'s> {
    source: &'s Source,
    first: usize,
    text: &'s str,
    start: usize,
}

impl<'s> Lines<'s> {
    fn around<'r>(source: &'s Source, spans: impl IntoIterator<Item = &'r Range<usize>>) -> Self {
        let text = source.text();
        let (start, end) =
            spans.into_iter().fold((text.len(), 0), |(start, end), span| (start.min(span.start), end.max(span.end)));
        let begin = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1);
        let (first, start) = (source.line_at(Span::new(start, start).start) as usize, begin(start));
        let end = text.get(end..).and_then(|after| after.find('\n')).map_or(text.len(), |line| end + line + 1);
        Self { source, first, text: text.get(start..end).unwrap_or(""), start }
    }

    fn snippet(&self) -> Snippet<'s, Annotation<'s>> {
        Snippet::source(self.text).path(self.source.name()).line_start(self.first).fold(true)
    }

    /// A range of the file as one of these lines.
    fn inside(&self, span: &Range<usize>) -> Range<usize> {
        span.start - self.start..span.end - self.start
    }
}

/// A span that can be drawn: inside the text, on character boundaries, cut at the end of its first line, so
/// that a mistake in a long block shows the line it begins on.
fn visible(text: &str, range: Range<usize>) -> Range<usize> {
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
    use super::*;
    use crate::diagnostic::{Code, Diagnostics};

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

    fn drawn(text: &str, at: (usize, usize), related: Option<(usize, usize)>) -> String {
        let mut list = Diagnostics::new(Source::new("a.flow.yaml", text));
        let d = list.error(Code::UnknownKey, Span::new(at.0, at.1), "wrong");
        if let Some((start, end)) = related {
            d.related(Span::new(start, end), "here");
        }
        render(&list.into_sorted()[0], false, 100)
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = "one\r\ntwo\nthree\n\nfive";
        let place = |at| drawn(text, at, None).lines().nth(1).unwrap().trim().to_owned();
        let places: Vec<_> = [(0, 3), (6, 7), (9, 14), (15, 15), (16, 20), (20, 20)].map(place).into();
        let want = ["1:1", "2:2", "3:1", "4:1", "5:1", "5:5"].map(|at| format!("--> a.flow.yaml:{at}"));
        assert_eq!(places, want);
        assert_eq!(
            drawn(text, (16, 20), Some((5, 8))),
            "error[unknown-key]: wrong\n --> a.flow.yaml:5:1\n  |\n2 | two\n  | --- here\n...\n5 | five\n  | ^^^^"
        );
    }

    #[test]
    fn of_a_large_file_only_what_is_drawn_is_looked_at() {
        let text = format!("first\n{}last\n", "# filler\n".repeat(100_000));
        let at = text.len() - 5;
        let source = Source::new("a.flow.yaml", text.as_str());
        let lines = Lines::around(&source, [&(at..at + 4)]);
        assert_eq!((lines.text, lines.first), ("last\n", 100_002));
        assert_eq!(
            drawn(&text, (at, at + 4), Some((0, 5))),
            "error[unknown-key]: wrong\n      --> a.flow.yaml:100002:1\n       |\n100002 | last\n       | ^^^^\n       |\n      ::: a.flow.yaml:1:1\n       |\n     1 | first\n       | ----- here"
        );
    }
}
