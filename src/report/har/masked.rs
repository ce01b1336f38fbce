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
