//! A short way through the YAML that nearly every flow is written in: block mappings and lists, scalars and flow
//! collections that end on their line, comments. The parser behind `parse` takes five times as long for it.
//!
//! Whatever else comes (a block scalar, an anchor, a mistake) ends the short way, and the parser reads the whole file
//! again: what it says counts. Where both read a file they give the same tree and the same warnings; that is tested with
//! every file of the corpus, and by fuzzing.

use std::borrow::Cow;

use super::parse::Builder;
use super::scalar::is_plain_text;
use super::{Node, Style};
use crate::source::Span;

/// Deeper goes the long way, which has a limit and words for it.
const MAX_DEPTH: usize = 32;
/// YAML's bound on a key that stands on the line of its value (YAML 1.2.2 section 7.4.2).
const LONGEST_KEY: usize = 1024;

/// Reads a document that is written in the simple part of YAML.
pub(super) struct Quick<'s, 'b, 'd> {
    text: &'s str,
    bytes: &'s [u8],
    /// The next byte.
    at: usize,
    /// Where the line begins that `at` is on.
    line: usize,
    /// What the lists and mappings have so far that are not at their end: each then takes what is its own, in one piece.
    items: Vec<Node<'s>>,
    entries: Vec<(Node<'s>, Node<'s>)>,
    builder: &'b mut Builder<'s, 'd>,
}

impl<'s, 'b, 'd> Quick<'s, 'b, 'd> {
    pub(super) fn new(text: &'s str, builder: &'b mut Builder<'s, 'd>) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, line: 0, items: Vec::new(), entries: Vec::new(), builder }
    }

    /// The document's mapping; `None` where the file has to be read the long way.
    pub(super) fn document(mut self) -> Option<Node<'s>> {
        if !is_plain_text(self.text) {
            return None;
        }
        self.skip_lines()?;
        let first = *self.bytes.get(self.at)?;
        if self.column() != 0 || first == b'-' {
            return None;
        }
        let root = self.map(0, 0)?;
        (self.at == self.bytes.len()).then_some(root)
    }

    fn column(&self) -> usize {
        self.at - self.line
    }

    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn ahead(&self, by: usize) -> Option<u8> {
        self.bytes.get(self.at + by).copied()
    }

    /// `-` with what makes it a list item's.
    fn is_item(&self) -> bool {
        self.here() == Some(b'-') && matches!(self.ahead(1), Some(b' ' | b'\n') | None)
    }

    fn skip_spaces(&mut self) {
        while self.here() == Some(b' ') {
            self.at += 1;
        }
    }

    /// From the end of a value to the next one, which may be lines further on. `None` where something else stands behind
    /// the value, or a document ends.
    fn end_line(&mut self) -> Option<()> {
        let end = self.at;
        self.skip_spaces();
        match self.here() {
            None => return Some(()),
            Some(b'\n') => {}
            Some(b'#') if self.at > end => self.skip_comment(),
            Some(_) => return None,
        }
        self.skip_lines()
    }

    /// From behind a `-` or a colon to the value, on this line or a later one.
    fn reach_value(&mut self) -> Option<()> {
        let from = self.at;
        self.skip_spaces();
        if matches!(self.here(), Some(b'\n' | b'#') | None) {
            self.at = from;
            self.end_line()?;
        }
        Some(())
    }

    fn skip_comment(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    }

    /// Over line breaks, empty lines and comments, to what comes next or the end of the file.
    fn skip_lines(&mut self) -> Option<()> {
        loop {
            match self.here() {
                None => return Some(()),
                Some(b'\n') => {
                    self.at += 1;
                    self.line = self.at;
                }
                Some(b' ') => self.skip_spaces(),
                Some(b'#') => self.skip_comment(),
                Some(b'%') if self.column() == 0 => return None,
                Some(b'-' | b'.') if self.column() == 0 => {
                    let rest = self.bytes.get(self.at..).unwrap_or(&[]);
                    return (!rest.starts_with(b"---") && !rest.starts_with(b"...")).then_some(());
                }
                Some(_) => return Some(()),
            }
        }
    }

    /// Whether what comes next is on a line of its own and at this column. Deeper ends the short way.
    fn goes_on_at(&self, column: usize) -> Option<bool> {
        if self.at == self.bytes.len() {
            return Some(false);
        }
        match self.column() {
            deeper if deeper > column => None,
            same => Some(same == column),
        }
    }

    /// A list whose dashes stand at `column`, or `level` with the key that it belongs to.
    fn list(&mut self, column: usize, depth: usize, level: bool) -> Option<Node<'s>> {
        let mut start = self.at;
        if level {
            // The parser says that it begins behind its first dash, or behind a comment there.
            self.at += 1;
            self.skip_spaces();
            if self.here() == Some(b'#') {
                return None;
            }
            (start, self.at) = (self.at, start);
        }
        let own = self.items.len();
        loop {
            self.at += 1;
            let dash = self.line;
            self.reach_value()?;
            if self.line != dash && self.column() <= column {
                return None;
            }
            let item = self.node(depth + 1)?;
            self.items.push(item);
            if !(self.goes_on_at(column)? && self.is_item()) {
                break;
            }
        }
        let items = self.items.split_off(own);
        let span = Span::new(start, start).to(items.last()?.span);
        Some(self.builder.listed(span, items))
    }

    fn map(&mut self, column: usize, depth: usize) -> Option<Node<'s>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        let own = self.entries.len();
        loop {
            let key = self.key()?;
            let on = self.line;
            self.reach_value()?;
            let value = if self.line == on {
                self.inline(depth + 1)?
            } else if self.at < self.bytes.len() && self.column() > column {
                self.node(depth + 1)?
            } else if self.at < self.bytes.len() && self.column() == column && self.is_item() {
                self.list(column, depth + 1, true)?
            } else {
                return None;
            };
            self.entries.push((key, value));
            if !self.goes_on_at(column)? {
                break;
            }
            if self.is_item() {
                return None;
            }
        }
        let entries = self.entries.split_off(own);
        let span = Span::new(start, start).to(entries.last()?.1.span);
        Some(self.builder.mapped(span, entries))
    }

    /// A list, a mapping or a scalar, at the column where it begins.
    fn node(&mut self, depth: usize) -> Option<Node<'s>> {
        let column = self.column();
        if depth > MAX_DEPTH {
            None
        } else if self.is_item() {
            self.list(column, depth, false)
        } else if self.is_entry() {
            self.map(column, depth)
        } else {
            self.inline(depth)
        }
    }

    /// Whether the line from here on begins a mapping in a block.
    fn is_entry(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let quote = match rest.first() {
            Some(quote @ (b'"' | b'\'')) => Some(*quote),
            Some(b'{' | b'[') | None => return false,
            Some(_) => None,
        };
        // Behind the closing quote, or anywhere on the line.
        let from = quote.map_or(Some(0), |q| rest.iter().skip(1).position(|b| *b == q || *b == b'\n').map(|i| i + 2));
        let line = from.and_then(|from| rest.get(from..)).unwrap_or(&[]);
        let mut pairs = line.iter().zip(line.iter().skip(1).chain([&b'\n'])).take_while(|(b, _)| **b != b'\n');
        pairs.any(|(b, next)| *b == b':' && matches!(next, b' ' | b'\n'))
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<Node<'s>> {
        let start = self.at;
        let key = match self.here()? {
            quote @ (b'"' | b'\'') => self.quoted(quote)?,
            _ => {
                let rest = self.bytes.get(start..)?;
                let length = rest.iter().zip(rest.iter().skip(1).chain([&b'\n'])).position(|(b, next)| {
                    *b == b'\n' || *b == b':' && matches!(next, b' ' | b'\n') || *b == b' ' && *next == b'#'
                })?;
                self.plain(start + length, false)?
            }
        };
        if self.here() != Some(b':') || !matches!(self.ahead(1), Some(b' ' | b'\n') | None) {
            return None;
        }
        if self.at - start > LONGEST_KEY {
            return None;
        }
        self.at += 1;
        Some(key)
    }

    /// A value that ends on its line, and the way to what comes next.
    fn inline(&mut self, depth: usize) -> Option<Node<'s>> {
        let value = match self.here()? {
            quote @ (b'"' | b'\'') => self.quoted(quote)?,
            b'{' | b'[' => self.flow(depth)?,
            _ => {
                let rest = self.bytes.get(self.at..)?;
                let mut length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                let line = rest.get(..length)?;
                for (at, pair) in line.windows(2).enumerate() {
                    match pair {
                        b" #" => {
                            length = at;
                            break;
                        }
                        b": " => return None,
                        _ => {}
                    }
                }
                let value = rest.get(..length)?.trim_ascii_end();
                if value.ends_with(b":") {
                    return None;
                }
                self.plain(self.at + value.len(), false)?
            }
        };
        self.end_line()?;
        Some(value)
    }

    /// The plain scalar from here to `end`, behind which `at` then stands.
    fn plain(&mut self, end: usize, in_flow: bool) -> Option<Node<'s>> {
        let text = self.text.get(self.at..end)?.trim_end_matches(' ');
        let mut bytes = text.bytes();
        let safe = match bytes.next()? {
            b'-' => bytes.next().is_some_and(|next| next.is_ascii_alphanumeric()),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' | b'?' | b':' => false,
            _ => true,
        };
        if !safe || in_flow && text.ends_with(':') {
            return None;
        }
        let span = Span::new(self.at, self.at + text.len());
        self.at = end;
        Some(self.builder.scalar(Cow::Borrowed(text), Style::Plain, span))
    }

    /// A scalar in quotes that ends on its line and has no escape but the doubled single quote.
    fn quoted(&mut self, quote: u8) -> Option<Node<'s>> {
        let start = self.at;
        let mut doubled = false;
        let mut at = start + 1;
        let end = loop {
            match *self.bytes.get(at)? {
                b'\n' => return None,
                b'\\' if quote == b'"' => return None,
                b if b == quote => {
                    if quote == b'\'' && self.bytes.get(at + 1) == Some(&b'\'') {
                        doubled = true;
                        at += 1;
                    } else {
                        break at;
                    }
                }
                _ => {}
            }
            at += 1;
        };
        let inner = self.text.get(start + 1..end)?;
        let text = if doubled { Cow::Owned(inner.replace("''", "'")) } else { Cow::Borrowed(inner) };
        let style = if quote == b'"' { Style::Double } else { Style::Single };
        self.at = end + 1;
        Some(self.builder.scalar(text, style, Span::new(start, end + 1)))
    }

    /// A list or mapping in brackets, all of it on one line.
    fn flow(&mut self, depth: usize) -> Option<Node<'s>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        let is_map = self.here()? == b'{';
        let close = if is_map { b'}' } else { b']' };
        // `{{` is a template without quotes.
        if is_map && self.ahead(1) == Some(b'{') {
            return None;
        }
        let own = (self.items.len(), self.entries.len());
        self.at += 1;
        self.skip_spaces();
        if self.here()? != close {
            loop {
                let first = self.flow_value(depth)?;
                if is_map {
                    if self.here()? != b':' || self.ahead(1) != Some(b' ') || self.at - start > LONGEST_KEY {
                        return None;
                    }
                    self.at += 1;
                    self.skip_spaces();
                    let value = self.flow_value(depth)?;
                    self.entries.push((first, value));
                } else {
                    self.items.push(first);
                }
                self.skip_spaces();
                match self.here()? {
                    b',' => self.at += 1,
                    b if b == close => break,
                    _ => return None,
                }
                self.skip_spaces();
            }
        }
        self.at += 1;
        let span = Span::new(start, self.at);
        Some(if is_map {
            let entries = self.entries.split_off(own.1);
            self.builder.mapped(span, entries)
        } else {
            let items = self.items.split_off(own.0);
            self.builder.listed(span, items)
        })
    }

    fn flow_value(&mut self, depth: usize) -> Option<Node<'s>> {
        match self.here()? {
            quote @ (b'"' | b'\'') => self.quoted(quote),
            b'{' | b'[' => self.flow(depth + 1),
            _ => {
                let rest = self.bytes.get(self.at..)?;
                let ends = |(b, next): (&u8, &u8)| match b {
                    b',' | b'[' | b']' | b'{' | b'}' | b'\n' => true,
                    b':' => matches!(next, b' ' | b',' | b'[' | b']' | b'{' | b'}' | b'\n'),
                    _ => *b == b' ' && *next == b'#',
                };
                let length = rest.iter().zip(rest.iter().skip(1).chain([&b'\n'])).position(ends)?;
                let node = self.plain(self.at + length, true)?;
                // Only what ends a value in brackets may end this one.
                (!matches!(self.here()?, b'[' | b'{' | b'\n' | b' ')).then_some(node)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use crate::yaml::parse::agrees;

    fn files(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|e| e == "yaml") {
                found.extend(std::fs::read_to_string(path));
            }
        }
    }

    #[test]
    fn every_flow_of_the_repository_is_read_the_same() {
        let mut found = Vec::new();
        for folder in ["flows", "tests/corpus"] {
            files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        let quick = found.iter().filter(|text| agrees(text)).count();
        assert!(quick * 2 > found.len(), "{quick} of {} go the short way", found.len());
    }

    #[test]
    fn what_it_does_not_know_goes_the_long_way() {
        for text in [
            "a: |\n  b\n",
            "a: >\n  b\n",
            "a: &x b\n",
            "a: *x\n",
            "a: !!str b\n",
            "? a\n: b\n",
            "---\na: b\n",
            "a: b\n...\n",
            "%YAML 1.2\n",
            "a: b\n  c\n",
            "a: 'b\n  c'\n",
            "a: \"\\n\"\n",
            "a: [b,\n  c]\n",
            "a: {{ b }}\n",
            "a:\n",
            "a: b: c\n",
            "- a\n",
            "a\n",
            "",
            "a:\tb\n",
            "a: b\r\n",
            "a: 'b' c\n",
            "a: [b]c\n",
            "a: b\n c: d\n",
            "a: b\n- c\n",
            "a: {b: c}}\n",
            "a: {b}\n",
            "a: [b: c]\n",
            "a: [b, ]\n",
            "a: [ ,b]\n",
            "a: \u{2028}\n",
            "a: @b\n",
            "a: - b\n",
            "a:\n- b\nc\n",
            "a: b:\n",
        ] {
            assert!(!agrees(text), "{text}");
        }
    }

    /// Found by the test below: where the parser says that a list begins which stands level with its key.
    #[test]
    fn a_level_list_begins_where_the_parser_says() {
        for (text, quick) in [("k:\n- x: y\n", true), ("k:\n- \n  - ''\n", true), ("k:\n-  # c\n  x\n", false)] {
            assert_eq!(agrees(text), quick, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn soup_is_read_the_same(parts in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "a: ", "b:", "- ", "-", "\n", "\n", "\n  ", "\n  ", "\n    ", "\n- ", "\n  - ", " ", ": ", "'", "\"", "''",
            "{ ", " }", "[", "]", ", ", ",", "#", " # c", "$.x", "1", "-1", "~", "null", "{{ x }}", "'{{ x }}'", "é", "|", "&a", "*a",
            "x y", "http://h/p?q=1", "%", "@", "!", "<<: ", "a: 1\n", "b: 'x'\n", "c: { a: 1 }\n",
        ]), 0..24)) {
            agrees(&parts.concat());
            agrees(&format!("k: {}", parts.concat()));
        }
    }

    #[test]
    fn what_people_write_goes_the_short_way() {
        for text in
            ["a: b # c\n", "a: b#c\n", "'a': \"b\"\n", "a: [1, {b: 'c'}]\n", "a:\n- b: c\n  d: e\n- f\n", "a: {}"]
        {
            assert!(agrees(text), "{text}");
        }
    }
}
