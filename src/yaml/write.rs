//! Values to YAML as a person would write them: short things on one line, quotes only where they are needed.
//!
//! What is written is read back by `parse` as the same value; `tests.rs` holds it to that.

mod text;

use crate::value::{Map, Value};
use text::{block, inline_safe, is_prose, quoted};

/// The longest line that a list or mapping in brackets may make.
const WIDTH: usize = 100;
/// Nesting that `parse` still reads, with room for the step a value stands in.
const MAX_DEPTH: usize = 48;
/// YAML reads no longer key on one line (1.2.2 section 7.4.2: 1024 characters).
const MAX_KEY: usize = 1000;

/// Whether `value` can be written so that it is read back: not nested too deeply, no key too long for YAML.
#[must_use]
pub fn is_writable(value: &Value) -> bool {
    fn fits(value: &Value, depth: usize) -> bool {
        depth < MAX_DEPTH
            && match value {
                Value::Array(items) => items.iter().all(|item| fits(item, depth + 1)),
                Value::Object(map) => map.iter().all(|(key, value)| key.len() < MAX_KEY && fits(value, depth + 1)),
                _ => true,
            }
    }
    fits(value, 0)
}

/// Writes `key: value` lines, each `indent` spaces deep. What is nested stands two deeper.
pub fn entries(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (key, value) in map {
        pad(out, indent);
        entry(out, key, value, indent, false);
    }
}

/// Writes one `key: value`, behind what stands on the line already. `open` keeps a mapping in lines of its own even
/// where it would fit in braces.
pub fn entry(out: &mut String, key: &str, value: &Value, indent: usize, open: bool) {
    out.push_str(&quoted(key, false));
    out.push(':');
    beside(out, value, indent, open);
}

/// Writes `# ` lines. Each line of `text` is one, and control characters are shown, not sent to a terminal.
pub fn comment(out: &mut String, text: &str, indent: usize) {
    for line in text.lines() {
        pad(out, indent);
        out.push('#');
        if !line.trim().is_empty() {
            out.push(' ');
            for c in line.trim_end().chars() {
                match c {
                    '\t' => out.push_str("    "),
                    c if text::must_be_escaped(c) => out.extend(c.escape_unicode()),
                    c => out.push(c),
                }
            }
        }
        out.push('\n');
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// The value of a key that was just written, to the end of its last line.
fn beside(out: &mut String, value: &Value, indent: usize, open: bool) {
    let room = WIDTH.saturating_sub(column(out) + 1);
    match value {
        Value::Object(map) if !map.is_empty() && (open || !fits(value, room)) => {
            out.push('\n');
            entries(out, map, indent + 2);
        }
        Value::Array(items) if !items.is_empty() && !fits(value, room) => {
            out.push('\n');
            for item in items {
                pad(out, indent + 2);
                out.push('-');
                listed(out, item, indent + 2);
            }
        }
        Value::String(text) => {
            out.push(' ');
            match block(text) {
                Some(chomping) => literal(out, text, chomping, indent + 2),
                None if text.len() > room && is_prose(text) => folded(out, text, indent + 2),
                None => {
                    out.push_str(&quoted(text, false));
                    out.push('\n');
                }
            }
        }
        value => {
            out.push(' ');
            inline(out, value);
            out.push('\n');
        }
    }
}

/// A list's item, behind its `-`: the first key of a mapping stands on the same line.
fn listed(out: &mut String, item: &Value, indent: usize) {
    match item {
        Value::Object(map) if !map.is_empty() && !fits(item, WIDTH.saturating_sub(indent + 2)) => {
            for (at, (key, value)) in map.iter().enumerate() {
                if at == 0 {
                    out.push(' ');
                } else {
                    pad(out, indent + 2);
                }
                entry(out, key, value, indent + 2, false);
            }
        }
        item => beside(out, item, indent, false),
    }
}

/// A `|` block; `chomping` says what becomes of its last line break.
fn literal(out: &mut String, text: &str, chomping: &str, indent: usize) {
    out.push('|');
    out.push_str(chomping);
    out.push('\n');
    for line in text.lines() {
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// A `>-` block: one line of the text on several of the file.
fn folded(out: &mut String, text: &str, indent: usize) {
    out.push_str(">-\n");
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column == 0 || column + 1 + width > WIDTH {
            if column > 0 {
                out.push('\n');
            }
            pad(out, indent);
            column = indent;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

/// Whether a list or mapping reads well in brackets: short, and flat but for a single path down.
fn fits(value: &Value, room: usize) -> bool {
    let mut left = room;
    is_flat(value, &mut left)
}

/// Counts the width as it goes, so that a large value is given up early.
fn is_flat(value: &Value, left: &mut usize) -> bool {
    match value {
        Value::String(text) => {
            text.len() <= 4 * WIDTH && inline_safe(text) && spend(left, quoted(text, true).chars().count())
        }
        Value::Array(items) => items.iter().all(|item| !is_container(item) && is_flat(item, left) && spend(left, 2)),
        Value::Object(map) => {
            let single = map.len() == 1;
            spend(left, 4)
                && map.iter().all(|(key, value)| {
                    (single || is_small(value))
                        && inline_safe(key)
                        && spend(left, key.len().saturating_add(4))
                        && is_flat(value, left)
                })
        }
        other => spend(left, other.to_string().len()),
    }
}

/// What may stand beside others in braces: all but a mapping that holds more than one scalar.
fn is_small(value: &Value) -> bool {
    value.as_object().is_none_or(|map| map.len() <= 1 && !map.values().any(is_container))
}

fn spend(left: &mut usize, width: usize) -> bool {
    match left.checked_sub(width) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

fn inline(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(&quoted(text, true)),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                inline(out, item);
            }
            out.push(']');
        }
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Object(map) => {
            out.push_str("{ ");
            for (at, (key, value)) in map.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                out.push_str(&quoted(key, true));
                out.push_str(": ");
                inline(out, value);
            }
            out.push_str(" }");
        }
        other => out.push_str(&other.to_string()),
    }
}

fn column(out: &str) -> usize {
    let line = out.rfind('\n').map_or(out, |at| out.get(at + 1..).unwrap_or(""));
    line.chars().count()
}

#[cfg(test)]
mod tests;
