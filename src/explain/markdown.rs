//! A page for a wiki: CommonMark, in which nothing that a flow says is markup.

use std::fmt::Write as _;

use super::page::{Item, Line, Page, Span};

/// Writes `page` as Markdown.
#[must_use]
pub fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n\n{}\n", escape(&page.name), code(&page.path));
    if let Some(description) = &page.description {
        let lines: Vec<_> = description.trim().lines().map(escape).collect();
        write!(out, "\n{}\n", lines.join("\n")).ok();
    }
    if !page.tags.is_empty() {
        let tags: Vec<_> = page.tags.iter().map(|tag| code(tag)).collect();
        write!(out, "\nTags: {}\n", tags.join(", ")).ok();
    }
    for section in &page.sections {
        write!(out, "\n## {}\n\n", section.title).ok();
        section.items.iter().for_each(|item| self::item(item, 0, &mut out));
    }
    out
}

fn item(item: &Item, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let name = if item.is_code { code(&item.name) } else { format!("**{}**", escape(&item.name)) };
    let number = if item.number.is_empty() { String::new() } else { format!("{} ", item.number.replace('.', "\\.")) };
    writeln!(out, "{indent}- {number}{name}").ok();
    for line in &item.lines {
        writeln!(out, "{indent}  - {}", words(line)).ok();
    }
    item.inner.iter().for_each(|inner| self::item(inner, depth + 1, out));
}

fn words(line: &Line) -> String {
    let piece = |(n, span): (usize, &Span)| match span {
        Span::Words(words) if n == 0 => escape(words),
        Span::Words(words) => inline(words),
        Span::Code(text) => code(text),
    };
    line.0.iter().enumerate().map(piece).collect()
}

/// Text at the start of a line, in which no character is markup.
fn escape(text: &str) -> String {
    let mut out = inline(text);
    // A list or a heading underline begins a line with these.
    let start = out.find(|c: char| !c.is_whitespace()).unwrap_or(0);
    if out.get(start..).is_some_and(|rest| rest.starts_with(['-', '=']) || begins_with_number(rest)) {
        let at = out.get(start..).and_then(|rest| rest.find(|c: char| !c.is_ascii_digit())).unwrap_or(0) + start;
        out.insert(at, '\\');
    }
    out
}

/// Text inside of a line: every ASCII punctuation mark that could be markup is escaped (CommonMark 2.4).
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '+' | '!' | '|' | '~' | '&' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '@' => out.push_str("&#64;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn begins_with_number(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < text.len() && rest.starts_with(['.', ')'])
}

/// A code span (CommonMark 6.1): its fence is longer than any run of backticks inside.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_flow_says_is_markup() {
        assert_eq!(escape("<img src=x> [a](b) *b* `c`"), r"\<img src=x\> \[a\](b) \*b\* \`c\`");
        assert_eq!(escape("- x"), r"\- x");
        assert_eq!(escape("1. x"), r"1\. x");
        assert_eq!(escape("12 x"), "12 x");
        assert_eq!(escape("a\nb @team"), "a b &#64;team");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
    }
}
