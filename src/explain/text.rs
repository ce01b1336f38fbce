//! A page for a terminal: one line each, names in a column of their own.

use std::fmt::Write as _;

use super::page::{Item, Line, Page, Span};

/// Writes `page` as plain text.
#[must_use]
pub fn text(page: &Page) -> String {
    let mut out = format!("{}\n  {}\n", page.path, one_line(&page.name));
    for line in page.description.iter().flat_map(|text| text.lines()) {
        writeln!(out, "  {}", line.trim()).ok();
    }
    if !page.tags.is_empty() {
        writeln!(out, "  tags {}", page.tags.join(", ")).ok();
    }
    for section in &page.sections {
        writeln!(out, "\n{}", section.title).ok();
        section.items.iter().for_each(|item| self::item(item, 1, &mut out));
    }
    out
}

fn item(item: &Item, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let number = if item.number.is_empty() { String::new() } else { format!("{} ", item.number) };
    writeln!(out, "{indent}{number}{}", one_line(&item.name)).ok();
    for line in &item.lines {
        writeln!(out, "{indent}    {}", words(line)).ok();
    }
    item.inner.iter().for_each(|inner| self::item(inner, depth + 2, out));
}

/// Titles and code are told apart by backticks where a line has words, too.
fn words(line: &Line) -> String {
    let alone = line.0.len() == 1;
    let piece = |span: &Span| match span {
        Span::Words(words) => one_line(words),
        Span::Code(code) if alone => one_line(code),
        Span::Code(code) => format!("`{}`", one_line(code)),
    };
    line.0.iter().map(piece).collect()
}

/// Line breaks of what a flow says are no lines of ours.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
