//! A body laid out for people: JSON gets line breaks and indentation, and every token stays as it was written.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::display;
use crate::event::{Body, Encoding};

/// The deepest indentation: what is nested deeper stands below each other.
const DEEPEST: usize = 64;

/// A body's text. JSON that was cut is laid out as far as it goes.
pub(super) fn body(body: &Body) -> Cow<'_, str> {
    match body.encoding {
        Encoding::Base64 => format!("({}, not text)", display::count(body.size, "byte")).into(),
        Encoding::Text => json(&body.text, body.cut).map_or(body.text.as_str().into(), Into::into),
    }
}

/// `None` where `text` is neither an object nor a list.
fn json(text: &str, cut: bool) -> Option<String> {
    let begins = text.trim_start().starts_with(['{', '[']);
    (begins && (cut || serde_json::from_str::<IgnoredAny>(text).is_ok())).then(|| indented(text))
}

fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut chars = text.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        display::spaces(out, depth.min(DEEPEST) * 2);
    };
    while let Some(c) = chars.next() {
        match c {
            _ if quoted => {
                out.push(c);
                quoted = escaped || c != '"';
                escaped = c == '\\' && !escaped;
            }
            '"' => {
                out.push(c);
                quoted = true;
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ if c.is_ascii_whitespace() => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stay_as_they_were_written() {
        let text = r#" {"a":[1.50,12345678901234567890123, {} ,[ ]],"b":"x\",{:é\\"} "#;
        let expected = "{\n  \"a\": [\n    1.50,\n    12345678901234567890123,\n    {},\n    []\n  ],\n  \"b\": \"x\\\",{:é\\\\\"\n}";
        assert_eq!(json(text, false).unwrap(), expected);
        assert_eq!(json(r#"{"a":[1,"b"#, true).unwrap(), "{\n  \"a\": [\n    1,\n    \"b");
        for other in ["12", "\"a\"", "{x", "", "<a>"] {
            assert_eq!(json(other, false), None, "{other}");
        }
    }

    /// As serde_json lays it out, which the terminal showed before.
    #[test]
    fn it_looks_as_people_know_it() {
        let value = serde_json::json!({"a": [1, {"b": null}], "c": {}, "d": "x"});
        assert_eq!(json(&value.to_string(), false).unwrap(), serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn depth_costs_no_memory() {
        assert!(indented(&"[".repeat(10_000)).len() < 2_000_000);
    }
}
