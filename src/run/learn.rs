//! What a reply makes secret by itself, whether or not the flow says so: tokens and codes of OAuth.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Context;
use crate::http::Response;
use crate::value::Value;

/// The members of such a reply that are secret, or say that `token` is.
const NAMES: [&str; 7] =
    ["access_token", "refresh_token", "id_token", "device_code", "accessToken", "refreshToken", "expiresIn"];

/// How these names end: every reply is searched for them.
const ENDS: [&str; 3] = ["oken\"", "_code\"", "sIn\""];

/// Tokens of OAuth-like replies are secret from the moment they arrive (RFC 6749 section 5.1, `/jwt/login`, `/guests/token`).
pub(super) fn learn_tokens(response: &Response, context: &Context<'_>) {
    const LARGEST: usize = 64 << 10;
    static FINDERS: LazyLock<[Finder<'_>; 3]> = LazyLock::new(|| ENDS.map(Finder::new));
    let body: &[u8] = &response.body;
    if body.len() > LARGEST || FINDERS.iter().all(|end| end.find(body).is_none()) {
        return;
    }
    let Ok(Value::Object(reply)) = response.json() else { return };
    let login = reply.contains_key("expiresIn").then_some("token");
    for name in NAMES.into_iter().chain(login) {
        if let Some(Value::String(token)) = reply.get(name) {
            context.redactor.learn(name, token, None);
        }
    }
}

/// The code that an authorization server sends back in a redirect is as good as a token (RFC 6749 section 4.1.2).
pub(super) fn learn_code(response: &Response, context: &Context<'_>) {
    const SHORTEST: usize = 8;
    let location = response.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    let Some((_, query)) = location.and_then(|location| location.split_once('?')) else { return };
    for (name, code) in url::form_urlencoded::parse(query.split('#').next().unwrap_or("").as_bytes()) {
        if name == "code" && code.len() >= SHORTEST {
            context.redactor.learn("code", &code, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_searched_for() {
        for name in NAMES {
            assert!(ENDS.iter().any(|end| format!("\"{name}\"").ends_with(end)), "{name}");
        }
    }
}
