//! What a name or an id may be.

use crate::diagnostic::nearest;

/// The fields of `response`.
pub(crate) const RESPONSE_FIELDS: &[&str] = &[
    "status",
    "reason",
    "http_version",
    "headers",
    "cookies",
    "text",
    "json",
    "url",
    "duration_ms",
    "size",
    "wire_size",
    "sha256",
    "redirects",
    "remote_ip",
    "attempts",
];

/// Names that mean something of their own inside a template.
const OWN: &[(&str, &str)] = &[
    ("response", "the reply of the step"),
    ("jwt", "the token of the step"),
    ("outputs", "the outputs of the step"),
    ("steps", "the results of earlier steps"),
    ("loop", "the state of `for_each`"),
    ("omit", "what drops a key"),
];

/// The functions of expressions.
pub(crate) const FUNCTIONS: &[&str] = &["now", "uuid", "random_int", "random_string", "range"];

/// The words of the expression language itself.
const WORDS: &[&str] =
    &["true", "false", "none", "True", "False", "None", "null", "not", "and", "or", "in", "is", "if", "else", "self"];

/// Whether `text` can be the name of an input, a var, a capture, an output or an item of `for_each`.
///
/// # Errors
/// A message and a help.
pub(crate) fn check(text: &str) -> Result<(), (String, String)> {
    word(text, "a name")?;
    let other = || format!("choose another name, like `{text}_value` or `my_{text}`");
    if let Some((_, meaning)) = OWN.iter().find(|(name, _)| *name == text) {
        return Err((format!("the name `{text}` is reserved: in templates it is {meaning}"), other()));
    }
    if FUNCTIONS.contains(&text) {
        return Err((format!("the name `{text}` is reserved: in templates it is a function"), other()));
    }
    if WORDS.contains(&text) {
        return Err((format!("the name `{text}` is reserved: it is a word of the expression language"), other()));
    }
    Ok(())
}

/// Whether `text` is letters, digits and `_`, beginning with a letter. `what` is "a name" or "an id".
///
/// # Errors
/// A message and a help.
pub(crate) fn word(text: &str, what: &str) -> Result<(), (String, String)> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits {
        return Ok(());
    }
    if text.contains("{{") {
        return Err((
            format!("a template cannot stand in {what}"),
            "templates stand in values: write the name as it is".to_owned(),
        ));
    }
    let rule = format!("{what} is letters, digits and `_`, and begins with a letter");
    let mut better: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    better = better.trim_matches('_').to_owned();
    let help = if better.starts_with(|c: char| c.is_ascii_alphabetic()) && better.contains(|c| c != '_') {
        format!("{rule}: write `{better}`")
    } else {
        rule
    };
    Err((format!("`{text}` cannot be {what}"), help))
}

/// The help for a word that is none of `words`: the nearest, else all.
pub(crate) fn one_of(word: &str, words: &[&str]) -> String {
    match nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_that_mean_nothing_else() {
        for good in ["a", "guest_id", "A1", "token2"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "1a", "guest-id", "a.b", "é", "_x", "{{ x }}", "response", "uuid", "and", "omit"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check("guest-id").unwrap_err().1.ends_with("write `guest_id`"));
        assert_eq!(word("response", "an id"), Ok(()));
    }
}
