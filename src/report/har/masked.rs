//! A recording masked once more as it is written: by then also those secrets are known that were learned after their
//! entry was made, by a later step or by another flow.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::redact::Redactor;
use crate::report::display;

/// Takes lines, and masks those that are JSON objects, each of which may end with a comma.
pub(super) struct MaskedLines<'a> {
    out: &'a mut dyn Write,
    redactor: &'a Redactor,
    line: Vec<u8>,
}

impl<'a> MaskedLines<'a> {
    /// One that writes to `out`; its last line must end with a line break.
    pub(super) fn new(out: &'a mut dyn Write, redactor: &'a Redactor) -> Self {
        Self { out, redactor, line: Vec::new() }
    }

    fn line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let (json, after) = match line.strip_suffix(b",\n") {
            Some(json) => (json, ",\n"),
            None => (line.strip_suffix(b"\n").unwrap_or(&line), "\n"),
        };
        match serde_json::from_slice::<Value>(json) {
            Ok(mut value) if value.is_object() => {
                mask(&mut value, self.redactor);
                self.out.write_all(display::json(&value)?.as_bytes())?;
                self.out.write_all(after.as_bytes())
            }
            _ => self.out.write_all(&line),
        }
    }
}

impl Write for MaskedLines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Masks every text that somebody else than HAR wrote.
fn mask(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::Object(fields) => {
            let packed = ["encoding", "_encoding"].iter().any(|name| fields.get(*name).is_some_and(|e| e == "base64"));
            for (name, field) in fields.iter_mut() {
                match (name.as_str(), field) {
                    ("text", Value::String(text)) if packed => packed_text(text, redactor),
                    // The other texts are names and words of the format.
                    (
                        "url" | "value" | "text" | "redirectURL" | "message" | "help" | "comment",
                        Value::String(text),
                    ) => {
                        *text = redactor.mask_fields(text).into_owned();
                    }
                    (_, Value::String(text)) => *text = redactor.mask(text).into_owned(),
                    (_, field) => mask(field, redactor),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, redactor)),
        Value::String(text) => *text = redactor.mask(text).into_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn packed_text(text: &mut String, redactor: &Redactor) {
    if let Ok(bytes) = STANDARD.decode(&*text) {
        *text = STANDARD.encode(redactor.mask_bytes(&bytes));
    }
    *text = redactor.mask(text).into_owned();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_learned_after_a_line_was_made_is_masked_in_it() {
        let redactor = Redactor::new().for_recording();
        let entry = json!({
            "request": { "url": "https://a.example/?t=tok%C3%A9n-1&p=1234", "method": "POST",
                "headers": [{ "name": "x", "value": "dG9rw6luLTE=" }] },
            "response": { "content": { "text": "{\"t\":\"tok\\u00e9n-1\",\"p\":1234}" } },
            "postData": { "text": STANDARD.encode(b"\xFFtok\xC3\xA9n-1"), "_encoding": "base64" },
        });
        let lines = format!("\"entries\":[\n{entry},\n{entry}\n]\n");
        redactor.learn("t", "tok\u{e9}n-1", None);
        redactor.learn("p", "1234", None);
        let mut out = Vec::new();
        let mut masked = MaskedLines::new(&mut out, &redactor);
        // However it is cut into writes.
        lines.as_bytes().chunks(7).for_each(|piece| masked.write_all(piece).unwrap());
        let text = String::from_utf8(out).unwrap();
        let mut rows = text.lines();
        assert_eq!(rows.next(), Some("\"entries\":["));
        let first: Value = serde_json::from_str(rows.next().unwrap().strip_suffix(',').unwrap()).unwrap();
        let (t, p) = ("wxflow-secret-00000", "wxflow-secret-00001");
        assert_eq!(first["request"]["url"], format!("https://a.example/?t={t}&p={p}"));
        assert_eq!(first["request"]["headers"][0]["value"], t);
        assert_eq!(first["response"]["content"]["text"], format!("{{\"t\":\"{t}\",\"p\":\"{p}\"}}"));
        let packed = [b"\xFF", t.as_bytes()].concat();
        assert_eq!(first["postData"]["text"], STANDARD.encode(packed));
        assert!(rows.next().unwrap().ends_with('}'));
        assert_eq!(rows.next(), Some("]"));
    }
}
