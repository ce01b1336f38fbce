//! The regular expressions of `match` and `search` (RFC 9485), by way of the `regex` crate.

use regex::{Regex, RegexBuilder};

/// The most memory that a compiled pattern may take, in bytes: it can come from a server.
const MAX_COMPILED: usize = 1 << 20;

/// Compiles a pattern, to match a whole text or to be searched in it. `None` where it is none, or is too large.
pub(super) fn compile(pattern: &str, whole: bool) -> Option<Regex> {
    let dotted = dots(pattern);
    let text = if whole { format!(r"\A(?:{dotted})\z") } else { dotted };
    RegexBuilder::new(&text).size_limit(MAX_COMPILED).build().ok()
}

/// A dot matches neither line feed nor carriage return; `regex` lets it match the latter.
fn dots(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '.' if !in_class => {
                out.push_str(r"[^\n\r]");
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_no_line_end_and_a_dot_in_a_class_is_a_dot() {
        assert_eq!(dots(r"a.b[.]\.[^.]."), r"a[^\n\r]b[.]\.[^.][^\n\r]");
    }

    #[test]
    fn a_pattern_that_would_take_much_memory_is_none() {
        assert!(compile("(?:a{1000}){1000}", true).is_none());
        assert!(compile("[a-z]{5,400}", false).is_some());
        assert!(compile("(", false).is_none());
    }
}
