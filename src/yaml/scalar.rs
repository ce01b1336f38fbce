//! Plain scalars to values by the YAML 1.2 core schema, refusing a number that would silently change.

use crate::diagnostic::{Code, Diagnostics};
use crate::source::Span;
use crate::value::{Number, Value};

pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "null" | "Null" | "NULL" | "~")
}

/// Whether a plain scalar is text, and not another type or a number that is refused.
pub(super) fn is_text(text: &str) -> bool {
    !is_null(text)
        && !matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        && !looks_like_number(text)
}

/// The value of a plain scalar; `None` where it was reported.
pub(super) fn plain(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<Value> {
    if is_null(text) {
        return Some(Value::Null);
    }
    match text {
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    if !looks_like_number(text) {
        return Some(Value::String(text.to_owned()));
    }
    let number = exact(text);
    if number.is_none() {
        let reading = reading(text);
        diagnostics
            .error(Code::YamlAmbiguousNumber, span, format!("`{text}` without quotes would be read as {reading}"))
            .help(format!("quote it to keep it as it is: \"{text}\""));
    }
    number.map(Value::Number)
}

/// The number, if writing it back gives the same text.
fn exact(text: &str) -> Option<Number> {
    let number = if let Ok(n) = text.parse::<i64>() {
        Number::from(n)
    } else if let Ok(n) = text.parse::<u64>() {
        Number::from(n)
    } else {
        Number::from_f64(text.parse().ok()?)?
    };
    (number.to_string() == text).then_some(number)
}

/// What a YAML 1.2 reader would make of it, for the message.
fn reading(text: &str) -> String {
    let digits = text.trim_start_matches(['+', '-']);
    let radix = |prefix: &str, radix| {
        let digits = digits.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok()
    };
    if let Some(n) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return format!("the number {n}");
    }
    match text.parse::<i64>() {
        Ok(n) => format!("the number {n}"),
        Err(_) => match text.parse::<f64>() {
            Ok(n) if n.is_finite() => {
                format!("the number {}", Number::from_f64(n).map_or(n.to_string(), |n| n.to_string()))
            }
            _ => "a number that JSON does not have".to_owned(),
        },
    }
}

/// What the core schema (YAML 1.2.2 section 10.3.2) reads as an int or a float.
fn looks_like_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let all = |digits: &str, ok: fn(&u8) -> bool| !digits.is_empty() && digits.as_bytes().iter().all(ok);
    if let Some(hex) = text.strip_prefix("0x") {
        return all(hex, u8::is_ascii_hexdigit);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return all(octal, |b| (b'0'..=b'7').contains(b));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['+', '-']).unwrap_or(e))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_only = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty())
        && digits_only(whole)
        && digits_only(fraction)
        && exponent.is_none_or(|e| all(e, u8::is_ascii_digit))
}

/// Whether a text has nothing but characters that YAML takes as they are, and line feeds.
pub(super) fn is_plain_text(text: &str) -> bool {
    let plain = text.bytes().all(|b| b >= b' ' && b != 0x7f || b == b'\n');
    let odd = |c| matches!(c, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    plain && (text.is_ascii() || !text.chars().any(odd))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use serde_json::json;

    fn read(text: &str) -> Result<Value, String> {
        let mut d = Diagnostics::new(Source::new("t", text));
        plain(text, Span::new(0, text.len()), &mut d).ok_or_else(|| d.into_sorted()[0].message.clone())
    }

    #[test]
    fn core_types_and_words_that_are_text() {
        assert_eq!(read("5"), Ok(json!(5)));
        assert_eq!(read("-1.5"), Ok(json!(-1.5)));
        assert_eq!(read("1.0"), Ok(json!(1.0)));
        assert_eq!(read("18446744073709551615"), Ok(json!(u64::MAX)));
        for word in ["on", "yes", "no", "off", "y", "1.2.3", "12:30", "1_000", "2026-11-21", "e5", ".", "-", "+"] {
            assert_eq!(read(word), Ok(json!(word)), "{word}");
        }
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        for text in [
            "+1555",
            "0123",
            "1.10",
            "1e3",
            "0x1F",
            "0o17",
            "-0",
            ".5",
            "5.",
            ".inf",
            ".nan",
            "123456789012345678901234",
        ] {
            let message = read(text).unwrap_err();
            assert!(message.starts_with(&format!("`{text}` without quotes would be read as")), "{message}");
        }
        assert_eq!(read("0x1F").unwrap_err(), "`0x1F` without quotes would be read as the number 31");
    }
}
