//! Bytes to text by the declared charset, and bytes to JSON.

use super::{HeaderMap, JsonError};
use crate::value::Value;

/// The text of a body and whether something in it could not be decoded.
pub(super) fn decode_text(headers: &HeaderMap, body: &[u8]) -> (String, bool) {
    let declared = headers.get(::http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).and_then(charset);
    let encoding = declared.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let (text, _, lossy) = encoding.unwrap_or(encoding_rs::UTF_8).decode(body);
    (text.into_owned(), lossy)
}

fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// One JSON value, a UTF-8 byte order mark allowed before it (RFC 8259 section 8.1 lets a parser ignore it).
pub(super) fn parse_json(body: &[u8]) -> Result<Value, JsonError> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if body.is_empty() {
        return Err(JsonError { line: 1, column: 1, message: "the body is empty".to_owned() });
    }
    serde_json::from_slice(body).map_err(|e| {
        let text = e.to_string();
        let message = match text.split(" at line ").next().unwrap_or(&text) {
            // The parser's own bound, which keeps every later walk over the value short of the stack's end.
            "recursion limit exceeded" => "it is nested more than 127 deep".to_owned(),
            message => message.to_owned(),
        };
        JsonError { line: e.line(), column: e.column(), message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::HeaderValue;

    #[test]
    fn declared_charset_decides_else_utf8() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/plain; Charset=\"iso-8859-1\""));
        assert_eq!(decode_text(&headers, b"St\xE8ve"), ("Stève".to_owned(), false));
        assert_eq!(decode_text(&HeaderMap::new(), b"a\xFF"), ("a\u{FFFD}".to_owned(), true));
    }

    #[test]
    fn json_errors_say_where() {
        let error = parse_json(b"{\n \"a\": }").unwrap_err();
        assert_eq!((error.line, error.column), (2, 7));
        assert!(parse_json(b"\xEF\xBB\xBF1").is_ok());
        assert_eq!(parse_json(b"").unwrap_err().message, "the body is empty");
    }
}
