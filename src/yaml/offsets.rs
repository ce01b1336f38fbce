//! From a scalar's decoded text back to the file, byte by byte, so that a caret inside a quoted or block text is right.

use crate::source::{OffsetMap, Span};

use super::Style;

/// The map for a scalar whose raw text is `source[span]`.
pub(super) fn map(source: &str, span: Span, text: &str, style: Style) -> OffsetMap {
    let raw = source.get(span.range()).unwrap_or("");
    let quote = usize::from(matches!(style, Style::Single | Style::Double));
    if raw.get(quote..).is_some_and(|raw| raw.starts_with(text)) && style != Style::Block {
        return OffsetMap::Plain(span.start + quote as u32);
    }
    let mut walk = Walk { raw, at: quote, style };
    let mut pieces: Vec<(u32, u32)> = Vec::new();
    let mut expected = usize::MAX;
    for (i, c) in text.char_indices() {
        let start = walk.next(c);
        if start != expected {
            pieces.push((i as u32, span.start + start as u32));
        }
        // The next character continues this piece only where it stands right behind.
        expected = if raw.get(start..).is_some_and(|r| r.starts_with(c)) { start + c.len_utf8() } else { usize::MAX };
    }
    if pieces.is_empty() { OffsetMap::Plain(span.start + quote as u32) } else { OffsetMap::Pieces(pieces) }
}

struct Walk<'a> {
    raw: &'a str,
    at: usize,
    style: Style,
}

impl Walk<'_> {
    /// Finds where the decoded character `c` comes from and steps behind it.
    fn next(&mut self, c: char) -> usize {
        let rest = self.raw.get(self.at..).unwrap_or("");
        match self.style {
            Style::Single if c == '\'' && rest.starts_with("''") => self.step(0, 2),
            Style::Double if rest.starts_with('\\') => self.escape(c, rest),
            _ => self.folded(c, rest),
        }
    }

    fn step(&mut self, skip: usize, length: usize) -> usize {
        let start = self.at + skip;
        self.at = start + length;
        start
    }

    fn escape(&mut self, c: char, rest: &str) -> usize {
        let length = match rest.as_bytes().get(1) {
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            // An escaped line break joins two lines: nothing of it is in the text.
            Some(b'\n' | b'\r') => {
                let behind = rest.get(1..).unwrap_or("");
                let skip = 1 + behind.len() - behind.trim_start().len();
                self.at += skip;
                return self.next(c);
            }
            _ => 2,
        };
        self.step(0, length)
    }

    /// Plain, block, or the inside of a quoted line: white space may have been folded or stripped around line breaks.
    fn folded(&mut self, c: char, rest: &str) -> usize {
        if rest.starts_with(c)
            && !(c == ' ' && rest.trim_start_matches(' ').starts_with('\n') && self.style != Style::Block)
        {
            return self.step(0, c.len_utf8());
        }
        if c == ' ' || c == '\n' {
            // A folded break: the break and the indentation behind it became this one character.
            let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
            if rest.get(spaces..).is_some_and(|r| r.starts_with('\n')) {
                return self.step(spaces, 1);
            }
        }
        let skip = rest.len() - rest.trim_start().len();
        let behind = rest.get(skip..).unwrap_or("");
        if behind.starts_with(c) {
            return self.step(skip, c.len_utf8());
        }
        if skip > 0 && matches!(self.style, Style::Single | Style::Double) {
            self.at += skip;
            return self.next(c);
        }
        self.step(0, 0)
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::source::Source;
    use crate::yaml::{Data, parse};

    /// Every occurrence of `X` in the decoded text must map to an `X` in the file.
    fn check(yaml: &str) {
        let source = Source::new("t", yaml);
        let node = parse(&source, &mut Diagnostics::new(source.clone())).unwrap();
        let Data::Map(entries) = &node.data else { panic!("a mapping") };
        let value = &entries[0].1;
        let text = value.scalar().unwrap();
        let map = value.offsets(yaml);
        let found: Vec<_> = text.match_indices('X').map(|(i, _)| map.offset(i) as usize).collect();
        let wanted: Vec<_> = yaml.match_indices('X').map(|(i, _)| i).collect();
        assert_eq!(found, wanted, "{yaml:?} {map:?}");
    }

    #[test]
    fn every_style_maps_back() {
        check("a: oneXtwoX\n");
        check("a: 'it''s X and ''X'''\n");
        check("a: \"q\\n\\tX \\u00e8X \\\"X\\\" \\xe9X\"\n");
        check("a: \"one X \\\n   two X\"\n");
        check("a: |\n  first X\n    deeper X\n  X\n");
        check("a: >\n  first X\n  second X\n\n  third X\n");
        check("a: plain X\n  over X\n  lines X\n");
        check("a: 'quoted X\n  over X'\n");
    }
}
