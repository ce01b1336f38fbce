//! What in a request must never become a literal of a flow: by its name, or by its looks.

/// Words of a name whose value is a credential, wherever they stand in it.
const WORDS: &[&str] = &["token", "secret", "password", "passwd", "apikey", "authorization", "session", "csrf", "xsrf"];
/// Whole names, in small letters and without `-` and `_`.
const NAMES: &[&str] = &[
    "auth",
    "key",
    "code",
    "pwd",
    "sig",
    "signature",
    "assertion",
    "sid",
    "jwt",
    "bearer",
    "credential",
    "credentials",
    "passphrase",
    "pin",
    "otp",
    "cookie",
    "xauth",
    "accesskey",
    "privatekey",
    "signingkey",
    "subscriptionkey",
    "ocpapimsubscriptionkey",
    "codeverifier",
    "devicecode",
];
/// Names with one of the words whose value is none.
const HARMLESS: &[&str] = &["tokentype", "sessiontype", "tokenurl", "nextpagetoken", "pagetoken", "maxtokens"];

/// Whether what has this name (of a header, a parameter, a field) is a credential.
pub(super) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    !HARMLESS.contains(&plain.as_str())
        && (NAMES.contains(&plain.as_str()) || WORDS.iter().any(|word| plain.contains(word)))
}

/// Whether a value is a credential by its looks: a JSON Web Token, or what follows a scheme of `Authorization`.
pub(super) fn is_secret_value(value: &str) -> bool {
    let jwt = value.starts_with("eyJ") && value.len() >= 30 && value.matches('.').count() == 2;
    let scheme = ["Bearer ", "Basic ", "bearer ", "basic "].iter().find_map(|scheme| value.strip_prefix(scheme));
    let word = |text: &str| text.len() >= 8 && !text.contains(char::is_whitespace);
    jwt && word(value) || scheme.is_some_and(word)
}

/// The places of JSON Web Tokens inside a longer text, as byte ranges.
pub(super) fn tokens_in(text: &str) -> Vec<std::ops::Range<usize>> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"-_.=".contains(b);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("eyJ")).map(|start| at + start) {
        let end = text.bytes().skip(start).take_while(is_part).count() + start;
        if text.get(start..end).is_some_and(is_secret_value) {
            found.push(start..end);
        }
        at = end.max(start + 3);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_looks_of_credentials() {
        for yes in ["Authorization", "X-Api-Key", "access_token", "clientSecret", "sid", "X-CSRF-Token", "password"] {
            assert!(is_secret_name(yes), "{yes}");
        }
        for no in ["token_type", "accept", "roomId", "max", "keyboard", "nextPageToken"] {
            assert!(!is_secret_name(no), "{no}");
        }
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_";
        assert!(
            is_secret_value(jwt) && is_secret_value("Basic YWJjOmRlZg==") && !is_secret_value("Bearer of bad news")
        );
        assert_eq!(tokens_in(&format!("a={jwt}&eyJ")), vec![2..2 + jwt.len()]);
    }
}
