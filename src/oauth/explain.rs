//! The documented errors in words: what each means and what to change.

use super::ErrorKind;

/// The most characters of a server's description in a message.
const LONGEST: usize = 300;

/// The kind of an `error` code (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, Webex), else of the words
/// that Webex writes instead of one.
pub(super) fn kind(code: &str, description: Option<&str>) -> ErrorKind {
    let words = description.unwrap_or("").to_ascii_lowercase();
    // Servers file a wrong redirect URI under several codes.
    if words.contains("redirect") && (words.contains("uri") || words.contains("url")) {
        return ErrorKind::RedirectMismatch;
    }
    match code.trim().to_ascii_lowercase().as_str() {
        "invalid_scope" => ErrorKind::InvalidScope,
        "access_denied" => ErrorKind::AccessDenied,
        "invalid_client" => ErrorKind::InvalidClient,
        "invalid_grant" => ErrorKind::InvalidGrant,
        "redirect_uri_mismatch" | "invalid_redirect_uri" => ErrorKind::RedirectMismatch,
        "unauthorized_client" => ErrorKind::UnauthorizedClient,
        "unsupported_grant_type" | "unsupported_response_type" => ErrorKind::UnsupportedGrant,
        "login_required" | "interaction_required" | "consent_required" => ErrorKind::LoginRequired,
        "server_error" | "temporarily_unavailable" => ErrorKind::ServerError,
        "expired_token" => ErrorKind::ExpiredToken,
        "tokenlimit_reached" => ErrorKind::TooMany,
        code => from_words(&words).unwrap_or(match code {
            "invalid_request" => ErrorKind::InvalidRequest,
            _ => ErrorKind::Other,
        }),
    }
}

fn from_words(words: &str) -> Option<ErrorKind> {
    let client = ["client id", "client_id", "clientid", "client secret", "client_secret", "client credentials"];
    if client.iter().any(|name| words.contains(name)) {
        Some(ErrorKind::InvalidClient)
    } else if words.contains("scope") {
        Some(ErrorKind::InvalidScope)
    } else if words.contains("refresh token") || words.contains("refresh_token") || words.contains("code_verifier") {
        Some(ErrorKind::InvalidGrant)
    } else {
        None
    }
}

/// What a kind means and what to change.
pub(super) fn help(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidScope => {
            "a scope is misspelt, is not among those of the integration, or is for administrators and this person is \
             none: take it out of `scopes`, add it to the integration, or let an administrator sign in"
        }
        ErrorKind::AccessDenied => {
            "the person declined, or the organization does not allow this integration: ask again, or let an \
             administrator allow it in Control Hub under Apps"
        }
        ErrorKind::InvalidClient => {
            "the client id or the client secret is wrong, or one belongs to another integration: copy both anew; a \
             secret that was regenerated replaces the old one"
        }
        ErrorKind::InvalidGrant => {
            "what was handed in is used up, expired or revoked, or belongs to another client: a code works once and for \
             minutes, a refresh token for 90 days without use; get a new one and put it where `refresh_token` points"
        }
        ErrorKind::RedirectMismatch => {
            "the redirect URI must be one of the integration's, letter by letter, scheme, port, path and final `/` \
             included: correct `redirect_uri`, or register it with the integration"
        }
        ErrorKind::UnauthorizedClient => {
            "this client may not use this grant: choose another `grant`, or another kind of client"
        }
        ErrorKind::UnsupportedGrant => "the server does not know this grant: check `grant` and `token_url`",
        ErrorKind::InvalidRequest => {
            "the server misses something or found it twice: check `redirect_uri`, `scopes` and the addresses"
        }
        ErrorKind::LoginRequired => "nobody is signed in in that browser: sign in there, then try again",
        ErrorKind::ServerError => {
            "the fault is the server's: try again in some minutes; if it stays, give the trackingId to support"
        }
        ErrorKind::ExpiredToken => "nobody agreed in time: start again, and enter the new code within its minutes",
        ErrorKind::TooMany => {
            "too many tokens or requests: wait a while, and revoke tokens that nobody uses (`DELETE /authorizations`)"
        }
        ErrorKind::NotLoggedIn => {
            "sign in with `wxflow login`, or name the place of a refresh token: `refresh_token: { env: … }` in the \
             environment's `oauth`"
        }
        ErrorKind::Unreachable => "check the address and the network",
        ErrorKind::Malformed => "is `token_url` the address that gives out tokens?",
        ErrorKind::Store => "set XDG_STATE_HOME to a folder that can be written",
        ErrorKind::Incomplete => "add it to the environment's `oauth`",
        ErrorKind::Other => "the server's words are all that is known; check client, scopes and redirect URI",
    }
}

/// A server's text on one line, cut, without control characters: nothing that could act on a terminal or a CI log.
pub(super) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line: Vec<char> = clean.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    if line.len() > LONGEST {
        line.truncate(LONGEST);
        line.push('…');
    }
    line.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_and_words_help_out() {
        let cases = [
            ("invalid_scope", None, ErrorKind::InvalidScope),
            ("invalid_grant", Some("The redirect_uri does not match"), ErrorKind::RedirectMismatch),
            ("", Some("Client Id is invalid"), ErrorKind::InvalidClient),
            ("", Some("invalid scope"), ErrorKind::InvalidScope),
            ("invalid_request", Some("clientSecret: Invalid client credentials"), ErrorKind::InvalidClient),
            ("invalid_request", None, ErrorKind::InvalidRequest),
            ("tokenlimit_reached", None, ErrorKind::TooMany),
            ("teapot", None, ErrorKind::Other),
        ];
        for (code, description, expected) in cases {
            assert_eq!(kind(code, description), expected, "{code} {description:?}");
        }
    }

    /// Each documented code, and the words that tell what to change.
    #[test]
    fn every_documented_code_has_its_words() {
        let cases = [
            ("invalid_scope", "let an administrator sign in"),
            ("access_denied", "Control Hub"),
            ("invalid_client", "copy both anew"),
            ("invalid_grant", "get a new one"),
            ("invalid_redirect_uri", "register it with the integration"),
            ("server_error", "give the trackingId to support"),
            ("temporarily_unavailable", "try again in some minutes"),
            ("login_required", "sign in there"),
            ("unauthorized_client", "choose another `grant`"),
            ("unsupported_grant_type", "check `grant`"),
            ("unsupported_response_type", "check `grant`"),
            ("invalid_request", "check `redirect_uri`"),
            ("expired_token", "start again"),
            ("tokenlimit_reached", "revoke tokens"),
        ];
        for (code, words) in cases {
            assert!(help(kind(code, None)).contains(words), "{code}: {}", help(kind(code, None)));
        }
    }

    #[test]
    fn a_servers_words_stay_on_one_line() {
        assert_eq!(one_line("a\u{1b}[2J\r\n::error::b"), "a [2J ::error::b");
        assert_eq!(one_line(&"x".repeat(400)).chars().count(), 301);
    }
}
