//! Untrusted text as HTML: it can neither be markup nor steer what shows it.

use std::fmt::Write as _;

use crate::report::display;

/// Appends `text` on one line. Control characters, bidirectional ones and line breaks are shown, as on the terminal.
pub(super) fn text(out: &mut String, text: &str) {
    entities(out, &display::line(text));
}

/// Appends a text of several lines, for `pre`, whose first line break HTML drops.
pub(super) fn block(out: &mut String, text: &str) {
    out.push('\n');
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        entities(out, &display::line(line.strip_suffix('\r').unwrap_or(line)));
    }
}

/// Appends an id: what stands in a URL's fragment as it is, and `~` with digits for everything else.
pub(super) fn id(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '.' | '-' | '_' => out.push(c),
            _ => write!(out, "~{:x}", u32::from(c)).unwrap_or_default(),
        }
    }
}

fn entities(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        // Both are at the edge of an ASCII character.
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(f: fn(&mut String, &str), text: &str) -> String {
        let mut out = String::new();
        f(&mut out, text);
        out
    }

    #[test]
    fn nothing_is_markup_or_steers() {
        assert_eq!(of(text, "a\n<b c=\"d'\">&é"), "a\\n&lt;b c=&quot;d&#39;&quot;&gt;&amp;é");
        assert_eq!(of(block, "a\r\n\u{202e}b\u{0}\n::error::c"), "\na\n\\u{202e}b\\u{0}\n:\\u{3a}error::c");
        assert_eq!(of(id, "flows/a b.flow.yaml\""), "flows/a~20b.flow.yaml~22");
    }
}
