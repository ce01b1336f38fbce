//! How a text is written: plain, in quotes, or as a block.

use std::fmt::Write as _;

use crate::yaml::scalar;

/// Whether a character must not stand in a file as it is: it is not printable, or would hide what is written.
pub(super) fn must_be_escaped(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text as a scalar on one line, in quotes where it must be. `inline` is inside of `[ ]` or `{ }`.
pub(super) fn quoted(text: &str, inline: bool) -> String {
    if is_plain(text) && !(inline && text.contains([',', '[', ']', '{', '}'])) {
        return text.to_owned();
    }
    let escapes = text.contains(must_be_escaped);
    if !escapes && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if must_be_escaped(c) => {
                // Every one that must be escaped lies below U+10000.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether `text` may stand inside of brackets without looking worse there than on a line of its own.
pub(super) fn inline_safe(text: &str) -> bool {
    block(text).is_none() && !(is_plain(text) && text.contains(['[', ']', '{', '}', ',']))
}

/// How a text of several lines ends as a `|` block, or `None` where it cannot be one.
pub(super) fn block(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    // A first line that begins with a space would need an indentation indicator, and trailing space is easily lost.
    let bad = !body.contains('\n')
        || body.ends_with(char::is_whitespace)
        || body.starts_with(char::is_whitespace)
        || body.contains(|c| c != '\n' && c != '\t' && must_be_escaped(c));
    match bad {
        true => None,
        false if body.len() == text.len() => Some("-"),
        false => Some(""),
    }
}

/// Whether a long text is words with one space between each: then it may be broken at any of them.
pub(super) fn is_prose(text: &str) -> bool {
    text.contains(' ')
        && !text.contains("  ")
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.contains(must_be_escaped)
}

/// Whether a reader takes the text for itself without quotes.
fn is_plain(text: &str) -> bool {
    // `{{` and `{%` are quoted wherever they stand: so the project writes templates.
    let first = text.starts_with(|c: char| "-?:,[]{}#&*!|>'\"%@`=~".contains(c) || c.is_whitespace());
    !text.is_empty()
        && !first
        && !text.starts_with("...")
        && text != "<<"
        && !text.ends_with(|c: char| c == ':' || c.is_whitespace())
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains("{{")
        && !text.contains("{%")
        && !text.contains(must_be_escaped)
        && scalar::is_text(text)
}
