//! What must never become a literal of a flow: by the name it has, or by its looks.

use std::ops::Range;

use crate::flow::is_token;

/// Words of a name that holds a credential, or pairs of words.
const WORDS: &[&str] = &[
    "pwd",
    "passphrase",
    "accesskey",
    "privatekey",
    "signingkey",
    "subscriptionkey",
    "authorization",
    "credential",
    "credentials",
    "bearer",
    "jwt",
    "session",
    "sessionid",
    "sid",
    "csrf",
    "xsrf",
    "signature",
    "codeverifier",
    "devicecode",
];
/// What such a word may also end in: `accesstoken`, `clientsecret`.
const ENDS: &[&str] = &["token", "secret", "password", "passwd", "apikey"];
/// Names that are one only when they stand alone.
const ALONE: &[&str] = &["auth", "key", "code", "sig", "assertion", "pin", "otp", "cookie", "xauth"];
/// Last words of a name that says something about a credential, and holds none.
const ABOUT: &[&str] =
    &["url", "uri", "endpoint", "type", "expires", "expiry", "ttl", "name", "length", "count", "header", "status"];
/// How keys of well-known services begin.
const KEYS: &[&str] = &["ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "sk-", "AKIA", "PMAK-"];

/// Whether what has this name (a variable, a header, a parameter, a field) is a credential.
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let pairs = words.windows(2).map(<[String]>::concat);
    let whole = words.concat();
    let is_word = |word: &str| WORDS.contains(&word) || ENDS.iter().any(|end| word.ends_with(end));
    let held = ALONE.contains(&whole.as_str()) || words.iter().cloned().chain(pairs).any(|word| is_word(&word));
    // A token for the next page opens nothing.
    held && !words.last().is_some_and(|last| ABOUT.contains(&last.as_str())) && !whole.contains("page")
}

/// The words of `clientSecret`, `client-secret`, `CLIENT_SECRET`, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars().take(200) {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Whether a value is a credential by its looks: a token, the key of a well-known service, an `Authorization`.
pub(super) fn is_secret_value(value: &str) -> bool {
    is_token(value) || tokens_in(value).next().is_some_and(|whole| whole == (0..value.len()))
}

/// Where JSON Web Tokens, and keys of well-known services, stand in a text.
pub(super) fn tokens_in(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let mut at = 0;
    text.split_inclusive(move |c| !is_word(c)).filter_map(move |word| {
        let start = at;
        at += word.len();
        let inner = word.trim_end_matches(|c| !is_word(c));
        let jwt = inner.starts_with("eyJ") && inner.matches('.').count() >= 2;
        let key = inner.len() >= 20 && KEYS.iter().any(|begin| inner.starts_with(begin));
        (jwt || key).then(|| start..start + inner.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials() {
        for yes in [
            "Authorization",
            "X-Api-Key",
            "access_token",
            "accesstoken",
            "bot_token",
            "clientSecret",
            "sid",
            "X-CSRF-Token",
            "PASSWORD",
            "jwt",
            "code",
        ] {
            assert!(is_secret_name(yes), "{yes}");
        }
        for no in [
            "token_type",
            "token_url",
            "accept",
            "roomId",
            "max",
            "keyboard",
            "nextPageToken",
            "secretary",
            "passwordLength",
            "postcode",
        ] {
            assert!(!is_secret_name(no), "{no}");
        }
    }

    #[test]
    fn looks_of_credentials() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_";
        assert!(
            is_secret_value(jwt) && is_secret_value("Basic YWJjOmRlZg==") && !is_secret_value("Bearer of bad news")
        );
        assert!(tokens_in(&format!("a={jwt}&eyJ")).eq(std::iter::once(2..2 + jwt.len())));
    }
}
