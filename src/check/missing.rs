//! The sentence for a JSONPath that finds nothing: how far it got, and which key was probably meant.

use crate::diagnostic::nearest;
use crate::jsonpath::JsonPath;
use crate::value::Value;

/// The most keys that a sentence lists.
const LISTED: usize = 8;

/// Why `path` finds nothing in `body`. It names keys, never values.
pub(super) fn nothing_at(path: &JsonPath, body: &Value) -> String {
    let text = path.as_str();
    let start = format!("`{text}` finds nothing in the body");
    match hint(text, body) {
        Some(hint) => format!("{start}: {hint}"),
        None => start,
    }
}

/// For paths that end in `.name`: looks at what stands before that.
fn hint(path: &str, body: &Value) -> Option<String> {
    let (parent, name) = path.rsplit_once('.')?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let whole = if parent == "$" { "the body".to_owned() } else { format!("`{parent}`") };
    let parsed = JsonPath::parse(parent).ok().filter(|parsed| plain && parsed.is_singular())?;
    let Some(found) = parsed.first(body).ok().flatten() else {
        return Some(hint(parent, body).unwrap_or_else(|| format!("there is no `{parent}`")));
    };
    match found {
        Value::Object(map) => match nearest(name, map.keys().map(String::as_str)) {
            Some(near) => Some(format!("did you mean `{parent}.{near}`?")),
            None if map.is_empty() => Some(format!("{whole} is an empty object")),
            None => {
                let keys: Vec<_> = map.keys().take(LISTED).map(String::as_str).collect();
                let more = if map.len() > LISTED { ", …" } else { "" };
                Some(format!("{whole} has {}{more}", keys.join(", ")))
            }
        },
        Value::Array(items) if items.is_empty() => Some(format!("{whole} is an empty list")),
        Value::Array(_) => Some(format!("{whole} is a list: write `{parent}[*].{name}` or `{parent}[0].{name}`")),
        other => Some(format!("{whole} is {}", super::reply::with_article(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_says_how_far_the_path_got() {
        let body =
            json!({"person": {"displayName": "a", "id": 1}, "items": [{"id": 1}], "none": [], "n": null, "e": {}});
        for (path, why) in [
            ("$.person.displyName", ": did you mean `$.person.displayName`?"),
            ("$.person.mail", ": `$.person` has displayName, id"),
            ("$.persn.id", ": did you mean `$.person`?"),
            ("$.items.id", ": `$.items` is a list: write `$.items[*].id` or `$.items[0].id`"),
            ("$.none.id", ": `$.none` is an empty list"),
            ("$.n.id", ": `$.n` is null"),
            ("$.e.id", ": `$.e` is an empty object"),
            ("$.xxxxx", ": the body has person, items, none, n, e"),
            ("$.person.id.x", ": `$.person.id` is an integer"),
            ("$.items[3].id", ": there is no `$.items[3]`"),
            ("$.items[3]", ""),
            ("$..zzz", ""),
            ("$.items[*].zzz", ""),
        ] {
            let path = JsonPath::parse(path).unwrap();
            assert_eq!(nothing_at(&path, &body), format!("`{path}` finds nothing in the body{why}"));
        }
    }
}
