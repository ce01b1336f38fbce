//! URLs of Postman: what they begin with, the path, the query, `:id` in the path.

use percent_encoding::percent_decode_str;

use super::read::text;
use super::text::{Binder, Part, parts};
use crate::flow::draft::{Piece, template, url, url_text};
use crate::template::percent_encode;
use crate::value::{Map, Value};

/// An address, in Postman's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// What stands before the path: `{{url}}`, `https://api.example.com`.
    pub(super) base: String,
    /// User name and password, where they stood in the URL.
    pub(super) user: Option<(String, String)>,
    /// The path, with its `/`.
    pub(super) path: String,
    /// Names and values; `None` where there is no `=`.
    pub(super) query: Vec<(String, Option<String>)>,
    /// `:id` and its value.
    pub(super) variables: Vec<(String, String)>,
}

impl Address {
    /// Reads `url`, a text or Postman's object. `lacks_scheme` tells of a variable whose value is only a host.
    pub(super) fn read(url: Option<&Value>, lacks_scheme: &dyn Fn(&str) -> bool) -> Option<Self> {
        let url = url?;
        let raw = match url {
            Value::String(raw) => raw.clone(),
            object => match object.get("raw").and_then(Value::as_str) {
                Some(raw) if !raw.is_empty() => raw.to_owned(),
                _ => assembled(object),
            },
        };
        let raw: String = raw.trim().chars().filter(|c| !c.is_control()).collect();
        let (before_hash, _) = split_outside(&raw, '#');
        let (front, question) = split_outside(before_hash, '?');
        let (base, path) = base_and_path(front);
        if base.is_empty() {
            return None;
        }
        let has_scheme = base.contains("://");
        let first = match parts(base).first() {
            Some(Part::Name(name)) => Some((*name).to_owned()),
            _ => None,
        };
        let bare = !has_scheme && first.as_deref().is_none_or(lacks_scheme);
        let base = if bare { format!("http://{base}") } else { base.to_owned() };
        let (base, user) = without_user(base);
        if !can_be_sent(&base) {
            return None;
        }
        let listed = url.get("query").and_then(Value::as_array);
        let query = match listed {
            Some(list) => list
                .iter()
                .filter(|entry| entry.get("disabled") != Some(&Value::Bool(true)))
                .filter_map(|entry| {
                    let value = entry.get("value").filter(|v| !v.is_null()).map(text);
                    let key = entry.get("key").map(text).unwrap_or_default();
                    (!key.is_empty() || value.is_some()).then_some((key, value))
                })
                .collect(),
            None => question.map(queries).unwrap_or_default(),
        };
        let variables = url.get("variable").and_then(Value::as_array).into_iter().flatten();
        let variables = variables.filter_map(|v| {
            let name = v.get("key").or_else(|| v.get("id"))?.as_str()?;
            Some((name.to_owned(), v.get("value").map(text).unwrap_or_default()))
        });
        Some(Self { base, user, path: path.to_owned(), query, variables: variables.collect() })
    }

    /// What it begins with, as a template.
    pub(super) fn base_template(&self, names: &mut Binder<'_>) -> String {
        let pieces = parts(&self.base).into_iter().enumerate().map(|(at, part)| match part {
            Part::Text(text) => Piece::Text(text.to_owned()),
            // Only what begins a URL is taken as it is.
            Part::Name(name) if at == 0 => Piece::Hole(names.read(name)),
            Part::Name(name) => Piece::Hole(format!("{} | safe", names.read(name))),
        });
        url(&pieces.collect::<Vec<_>>())
    }

    /// The path, as a template. `spreads` tells of a variable whose value has several segments.
    pub(super) fn path_template(&self, names: &mut Binder<'_>, spreads: &dyn Fn(&str) -> bool) -> String {
        let mut pieces = Vec::new();
        for (at, part) in parts(&self.path).into_iter().enumerate() {
            match part {
                Part::Name(name) => {
                    let code = names.read(name);
                    pieces.push(Piece::Hole(if spreads(name) { format!("{code} | safe") } else { code }));
                }
                Part::Text(segment) => {
                    for (number, piece) in segment.split('/').enumerate() {
                        if number > 0 {
                            pieces.push(Piece::Text("/".to_owned()));
                        }
                        let begins = number > 0 || at == 0;
                        match piece.strip_prefix(':').filter(|name| begins && !name.is_empty()) {
                            Some(name) => self.path_variable(name, names, &mut pieces),
                            None => pieces.push(Piece::Text(piece.to_owned())),
                        }
                    }
                }
            }
        }
        url(&joined(pieces))
    }

    fn path_variable(&self, name: &str, names: &mut Binder<'_>, pieces: &mut Vec<Piece>) {
        // `:id.json` is not Postman's: the whole segment is the name.
        match self.variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()) {
            Some(value) if !value.is_empty() => pieces.extend(parts(value).into_iter().map(|part| match part {
                Part::Text(text) => Piece::Text(segment(text)),
                Part::Name(name) => Piece::Hole(names.read(name)),
            })),
            _ => pieces.push(Piece::Hole(names.read(name))),
        }
    }

    /// The query as `query`, and what has to stay in the URL: names that are templates.
    pub(super) fn query_values(&self, names: &mut Binder<'_>) -> (Map<String, Value>, String) {
        let mut map = Map::new();
        let mut raw = Vec::new();
        for (key, value) in &self.query {
            if key.contains("{{") {
                let whole = value.as_ref().map_or_else(|| key.clone(), |value| format!("{key}={value}"));
                let pieces: Vec<_> = parts(&whole)
                    .into_iter()
                    .map(|part| match part {
                        Part::Text(text) => Piece::Text(text.to_owned()),
                        Part::Name(name) => Piece::Hole(names.read(name)),
                    })
                    .collect();
                raw.push(url(&pieces));
                continue;
            }
            let value = value.as_deref().unwrap_or("");
            let pieces: Vec<_> = parts(value)
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => Piece::Text(decoded(text)),
                    Part::Name(name) => Piece::Hole(names.read(name)),
                })
                .collect();
            add(&mut map, &decoded(key), template(&pieces).into());
        }
        (map, raw.join("&"))
    }
}

/// Adds a value under a key that may repeat.
pub(super) fn add(map: &mut Map<String, Value>, key: &str, value: Value) {
    match map.get_mut(key) {
        None => {
            map.insert(key.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => {
            let list = vec![first.take(), value];
            *first = list.into();
        }
    }
}

fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => out.push(piece),
        }
    }
    out
}

/// At the first `sign` that stands outside of `{{ }}`.
fn split_outside(text: &str, sign: char) -> (&str, Option<&str>) {
    let mut at = 0;
    for part in parts(text) {
        let length = match part {
            Part::Text(piece) => match piece.find(sign) {
                Some(found) => {
                    let (before, after) = text.split_at(at + found);
                    return (before, after.get(sign.len_utf8()..));
                }
                None => piece.len(),
            },
            // The braces and spaces around the name: up to where they close.
            Part::Name(_) => text.get(at..).and_then(|rest| rest.find("}}")).map_or(0, |end| end + 2),
        };
        at += length;
    }
    (text, None)
}

/// Takes `user:password@` out of what a URL begins with.
fn without_user(base: String) -> (String, Option<(String, String)>) {
    let Some(start) = base.find("://").map(|at| at + 3) else { return (base, None) };
    let (scheme, rest) = base.split_at(start);
    let (user, Some(host)) = split_outside(rest, '@') else { return (base, None) };
    let (name, password) = split_outside(user, ':');
    let user = (name.to_owned(), password.unwrap_or("").to_owned());
    (format!("{scheme}{host}"), Some(user))
}

/// Whether a URL may begin like this: http or https, and a host that can be one.
fn can_be_sent(base: &str) -> bool {
    let pieces = parts(base);
    match pieces.as_slice() {
        [Part::Text(text)] => {
            let url = url::Url::parse(&url_text(text));
            url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        }
        [Part::Text(text), ..] => text.starts_with("http://") || text.starts_with("https://"),
        _ => true,
    }
}

fn base_and_path(front: &str) -> (&str, &str) {
    let after_scheme = front.find("://").map_or(0, |at| at + 3);
    let rest = front.get(after_scheme..).unwrap_or("");
    let slash = split_outside(rest, '/').1.map_or(front.len(), |path| front.len() - path.len() - 1);
    front.split_at(slash)
}

/// A URL from Postman's parts of it.
fn assembled(url: &Value) -> String {
    let list = |key: &str, sign: &str| match url.get(key) {
        Some(Value::Array(list)) => list
            .iter()
            .map(|v| v.as_str().map_or_else(|| v.get("value").map(text).unwrap_or_default(), str::to_owned))
            .collect::<Vec<_>>()
            .join(sign),
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let scheme = url
        .get("protocol")
        .and_then(Value::as_str)
        .map(|p| format!("{}://", p.trim_end_matches("://")))
        .unwrap_or_default();
    let port = url.get("port").map(text).filter(|p| !p.is_empty()).map(|p| format!(":{p}")).unwrap_or_default();
    let path = list("path", "/");
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    format!("{scheme}{}{port}{slash}{path}", list("host", "."))
}

fn queries(text: &str) -> Vec<(String, Option<String>)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = split_outside(pair, '=');
            (key.to_owned(), value.map(str::to_owned))
        })
        .collect()
}

/// Literal text that is one segment of a path.
fn segment(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '/' | '?' => percent_encode(&c.to_string()),
            c => c.to_string(),
        })
        .collect()
}

/// Query text as what it means: it will be encoded again.
fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map_or(spaced.clone(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::draft::Names;
    use serde_json::json;

    fn read(url: Value) -> (String, String, Value) {
        let mut names = Names::default();
        let mut binder = Binder::new(&mut names);
        let address = Address::read(Some(&url), &|name| name == "host").unwrap_or_default();
        let (query, raw) = address.query_values(&mut binder);
        let path = address.path_template(&mut binder, &|name| name == "deep");
        (address.base_template(&mut binder), if raw.is_empty() { path } else { format!("{path}?{raw}") }, query.into())
    }

    #[test]
    fn urls_of_every_form() {
        let text = |t: &str| t.to_owned();
        assert_eq!(
            read(json!("{{url}}/rooms/{{_room}}?max=10&q=a%20b+c#x")),
            (text("{{ url }}"), text("/rooms/{{ room }}"), json!({"max": "10", "q": "a b c"}))
        );
        assert_eq!(
            read(json!("https://{{h}}:{{p}}/a b/{{deep}}")),
            (text("https://{{ h | safe }}:{{ p | safe }}"), text("/a%20b/{{ deep | safe }}"), json!({}))
        );
        assert_eq!(read(json!("{{host}}/x")).0, "http://{{ host | safe }}");
        assert_eq!(read(json!("https://ada:{{pw}}@a.example/x")).0, "https://a.example");
        assert!(Address::read(Some(&json!("ftp://a.example/x")), &|_| false).is_none());
        assert_eq!(read(json!("example.com")), (text("http://example.com"), text(""), json!({})));
        assert_eq!(
            read(
                json!({"protocol": "https", "host": ["api", "x", "y"], "port": "8443", "path": ["rooms", ":id", "{{b}}"],
                "variable": [{"key": "id", "value": "a/{{c}}"}],
                "query": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}, {"key": "no", "value": "x", "disabled": true}, {"key": "{{k}}", "value": "{{v}}"}]})
            ),
            (
                text("https://api.x.y:8443"),
                text("/rooms/a%2F{{ c }}/{{ b }}?{{ k }}={{ v }}"),
                json!({"a": ["1", "2"]})
            )
        );
        assert_eq!(read(json!("{{u}}/a/:id")).1, "/a/{{ id }}");
        assert!(Address::read(Some(&json!("")), &|_| false).is_none());
    }
}
