//! What earlier replies gave: a value of theirs that a later request carries becomes a capture.

use std::collections::HashMap;

use super::call::{Call, Part, Payload, pairs};
use super::holes::Holes;
use super::secret::is_secret_name;
use crate::value::Value;

/// The most values that are remembered, and the most of one reply.
const MOST: usize = 200_000;
const OF_ONE: usize = 5_000;

/// A name, its JSONPath, and whether it is secret.
type Capture = (String, String, bool);

/// A value of a reply.
#[derive(Debug)]
struct Known {
    /// The number of the call.
    of: usize,
    path: String,
    wish: String,
    secret: bool,
    /// The mark that stands for it, once it was used.
    mark: Option<String>,
}

/// The values of all replies so far, each where it came first.
#[derive(Debug, Default)]
pub(super) struct Replies {
    known: HashMap<String, Known>,
}

impl Replies {
    /// Remembers the values of the reply to the call `of`, whose path was `path`.
    pub(super) fn learn(&mut self, of: usize, path: &str, body: &[u8]) {
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
        let noun = noun(path);
        let mut left = OF_ONE;
        self.walk(of, &noun, "$", "", &value, &mut left);
    }

    fn walk(&mut self, of: usize, noun: &str, path: &str, key: &str, value: &Value, left: &mut usize) {
        if *left == 0 || self.known.len() >= MOST {
            return;
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.walk(of, noun, &format!("{path}{}", step(key)), key, value, left);
                }
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    self.walk(of, noun, &format!("{path}[{index}]"), key, value, left);
                }
            }
            _ => {
                *left -= 1;
                let Some(text) = telling(value, key) else { return };
                let wish = if key.eq_ignore_ascii_case("id") { format!("{noun}_id") } else { snake(key) };
                let known = Known { of, path: path.to_owned(), wish, secret: is_secret_name(key), mark: None };
                self.known.entry(text).or_insert(known);
            }
        }
    }

    /// Puts marks in the place of known values in `call`; with them what earlier calls must capture.
    pub(super) fn found_in(&mut self, call: &mut Call, holes: &mut Holes) -> Vec<(usize, Capture)> {
        let mut found = Vec::new();
        for (name, value) in &mut call.headers {
            let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
            if let Some(mark) = self.mark(rest, is_secret_name(name), holes, &mut found) {
                *value = format!("{scheme} {mark}").trim_start().to_owned();
            }
        }
        let mut one = |text: &str| self.mark(text, false, holes, &mut found);
        call.url = in_url(&call.url, &mut one);
        match &mut call.body {
            Payload::Text(text) => {
                if let Ok(mut value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(text) {
                    if in_json(&mut value, &mut one) {
                        *text = value.to_string();
                    }
                } else if pairs(text).is_some() {
                    *text = in_url(&format!("?{text}"), &mut one).trim_start_matches('?').to_owned();
                }
            }
            Payload::Form(fields) => fields.iter_mut().for_each(|(_, value)| replace(value, &mut one)),
            Payload::Multipart(parts) => {
                for (_, part) in parts {
                    if let Part::Text(value) = part {
                        replace(value, &mut one);
                    }
                }
            }
            Payload::Empty | Payload::File(_) => {}
        }
        found
    }

    /// `secret` says that the place where it is found is one for credentials.
    fn mark(
        &mut self,
        text: &str,
        secret: bool,
        holes: &mut Holes,
        found: &mut Vec<(usize, Capture)>,
    ) -> Option<String> {
        let known = self.known.get_mut(text)?;
        known.secret |= secret;
        if known.mark.is_none() {
            let (name, mark) = holes.capture(&known.wish);
            found.push((known.of, (name, known.path.clone(), known.secret)));
            known.mark = Some(mark);
        }
        known.mark.clone()
    }
}

fn replace(value: &mut String, one: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(mark) = one(value) {
        *value = mark;
    }
}

fn in_url(url: &str, one: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let mut segments: Vec<String> = Vec::new();
    for (at, segment) in path.split('/').enumerate() {
        // The scheme and the host come first.
        let mark = (at > 2).then(|| one(&decode(segment))).flatten();
        segments.push(mark.unwrap_or_else(|| segment.to_owned()));
    }
    let path = segments.join("/");
    let Some(query) = query else { return path };
    let mut pairs: Vec<String> = Vec::new();
    for pair in query.split('&') {
        pairs.push(match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", one(&decode(value)).unwrap_or_else(|| value.to_owned())),
            None => pair.to_owned(),
        });
    }
    format!("{path}?{}", pairs.join("&"))
}

fn in_json(value: &mut Value, one: &mut dyn FnMut(&str) -> Option<String>) -> bool {
    match value {
        Value::Object(map) => map.values_mut().fold(false, |changed, value| in_json(value, one) | changed),
        Value::Array(list) => list.iter_mut().fold(false, |changed, value| in_json(value, one) | changed),
        Value::String(text) => match one(text) {
            Some(mark) => {
                *text = mark;
                true
            }
            None => false,
        },
        Value::Number(number) => match one(&number.to_string()) {
            Some(mark) => {
                *value = Value::String(mark);
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// The text of a value that tells where it comes from when it is seen again: an id or a token, not a word or a small number.
fn telling(value: &Value, key: &str) -> Option<String> {
    let id = key.to_ascii_lowercase().ends_with("id") || is_secret_name(key);
    match value {
        Value::String(text) => {
            let one_word = !text.contains(char::is_whitespace);
            let mixed = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
            let enough = if id { text.len() >= 4 } else { text.len() >= 16 && mixed };
            (one_word && enough && text.len() <= 8_192 && !text.contains("://")).then(|| text.clone())
        }
        Value::Number(number) if id => {
            let text = number.to_string();
            (text.len() >= 4 && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
        }
        _ => None,
    }
}

/// A member in a JSONPath.
fn step(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { format!(".{key}") } else { format!("[{}]", crate::flow::draft::quoted(key)) }
}

/// `/v1/rooms/abc` is about a `room`.
fn noun(path: &str) -> String {
    let word = |part: &&str| {
        part.len() > 2 && part.len() < 30 && part.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '_')
    };
    let last = path.split('/').rfind(word).unwrap_or("reply");
    let last = snake(last);
    match last.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if last.ends_with("ss") => last,
        None => last.strip_suffix('s').map_or(last.clone(), str::to_owned),
    }
}

/// `roomId` is `room_id`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut small = false;
    for c in name.chars().take(60) {
        if c.is_ascii_uppercase() && small {
            out.push('_');
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_seen_again_is_captured_once() {
        let (mut replies, mut holes) = (Replies::default(), Holes::default());
        replies.learn(
            0,
            "/v1/rooms",
            br#"{"id": "Y2lzY29zcGFyazovL3Vz", "title": "Team", "odd key": {"teamId": 123456}}"#,
        );
        let mut call = Call {
            url: "https://a.example/v1/rooms/Y2lzY29zcGFyazovL3Vz?team=123456&title=Team".to_owned(),
            body: Payload::Text(r#"{"roomId": "Y2lzY29zcGFyazovL3Vz"}"#.to_owned()),
            ..Call::default()
        };
        let found = replies.found_in(&mut call, &mut holes);
        let room = ("room_id".to_owned(), "$.id".to_owned(), false);
        let team = ("team_id".to_owned(), "$['odd key'].teamId".to_owned(), false);
        assert_eq!(found, [(0, room), (0, team)]);
        assert_eq!(holes.fill(&call.url), "https://a.example/v1/rooms/{{ room_id }}?team={{ team_id }}&title=Team");
        assert_eq!(call.body, Payload::Text(r#"{"roomId":"qxvhole0vxq"}"#.to_owned()));
    }
}
