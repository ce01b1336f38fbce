//! The part of a reply's body that is shown: its beginning, or what surrounds the value that failed.

use std::ops::Range;

use crate::value::Value;

/// Lines that are shown of a body.
const LINES: usize = 10;

/// Lines before the place that is meant.
const BEFORE: usize = 3;

/// Which of `count` lines are shown; `place` is the line that matters, from 0.
pub(super) fn window(count: usize, place: Option<usize>) -> Range<usize> {
    let place = place.filter(|place| *place >= LINES && *place < count).unwrap_or(0);
    let start = place.saturating_sub(BEFORE).min(count.saturating_sub(LINES));
    start..(start + LINES).min(count)
}

/// The line, from 0, at which the value at `path` begins in `value` as it is laid out, or the nearest that is there.
/// `None` where `path` is not one to a single place.
pub(super) fn line_of(value: &Value, path: &str) -> Option<usize> {
    let (mut line, mut value, mut rest) = (0, value, path.strip_prefix('$')?);
    while let Some((segment, after)) = next(rest) {
        let (before, found) = match (value, segment) {
            (Value::Object(map), Segment::Key(key)) => {
                let place = map.keys().position(|known| *known == key);
                (map.values().take(place.unwrap_or(0)).map(height).sum::<usize>(), place.and_then(|_| map.get(&key)))
            }
            (Value::Array(list), Segment::Index(n)) => (list.iter().take(n).map(height).sum(), list.get(n)),
            _ => break,
        };
        let Some(found) = found else { break };
        (line, value, rest) = (line + 1 + before, found, after);
    }
    next_is_single(rest).then_some(line)
}

/// Lines of a value that is laid out: an empty list or object is one.
fn height(value: &Value) -> usize {
    match value {
        Value::Array(list) if !list.is_empty() => 2 + list.iter().map(height).sum::<usize>(),
        Value::Object(map) if !map.is_empty() => 2 + map.values().map(height).sum::<usize>(),
        _ => 1,
    }
}

enum Segment {
    Key(String),
    Index(usize),
}

/// What is left of a path must not fan out: then there is no one place.
fn next_is_single(rest: &str) -> bool {
    rest.is_empty() || next(rest).is_some()
}

/// The first segment of a path, where it names one place, and what follows.
fn next(path: &str) -> Option<(Segment, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at_checked(end)?;
        return (!key.is_empty() && key != "*").then(|| (Segment::Key(key.to_owned()), after));
    }
    let rest = path.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(rest) = rest.strip_prefix(quote) {
            let (key, after) = rest.split_once(&format!("{quote}]"))?;
            return (!key.contains('\\')).then(|| (Segment::Key(key.to_owned()), after));
        }
    }
    let (index, after) = rest.split_once(']')?;
    index.parse().ok().map(|n| (Segment::Index(n), after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_found_in_the_laid_out_text() {
        let value = json!({"a": {}, "items": [{"x": [1, 2]}, {"it is": "here", "last": 1}], "end": 9});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (path, line) in [
            ("$", "{"),
            ("$.items[0].x[1]", "2"),
            ("$.items[1]['it is']", "\"it is\": \"here\","),
            ("$['items'][1].last", "\"last\": 1"),
            ("$.end", "\"end\": 9"),
            // What is not there is looked for where it should be.
            ("$.items[1].gone", "{"),
        ] {
            assert_eq!(lines[line_of(&value, path).unwrap()], line, "{path}");
        }
        for path in ["$.items[*].x", "$..x", "$.items[?@.x]", "$.items[0:2]", "status"] {
            assert_eq!(line_of(&value, path), None, "{path}");
        }
    }

    #[test]
    fn the_window_holds_the_place() {
        assert_eq!(window(4, None), 0..4);
        assert_eq!(window(50, None), 0..10);
        assert_eq!(window(50, Some(9)), 0..10);
        assert_eq!(window(50, Some(20)), 17..27);
        assert_eq!(window(50, Some(49)), 40..50);
        assert_eq!(window(50, Some(70)), 0..10);
    }
}
