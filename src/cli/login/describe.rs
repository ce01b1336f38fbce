//! Tokens in words and as JSON: lifetimes, scopes and owner, never the token.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::guest::{lifetime, moment};
use crate::oauth::{Owner, Tokens};
use crate::report::line;

/// Lines for a person. `owner` is `None` where nobody asked.
pub(in crate::cli) fn text(
    title: &str,
    tokens: &Tokens,
    owner: Option<&Result<Owner, String>>,
    now: Timestamp,
) -> String {
    let mut text = format!("{title}\n");
    let mut row = |name: &str, value: &str| text.push_str(&format!("  {name:<15}{value}\n"));
    match owner {
        Some(Ok(owner)) => row("owner", &line(&owner.to_string())),
        Some(Err(why)) => row("owner", &format!("not known: {}", line(why))),
        None => {}
    }
    row("access token", &lives(tokens.expires, now));
    let refresh = tokens.refresh.as_ref().map(|_| lives(tokens.refresh_expires, now));
    row("refresh token", refresh.as_deref().unwrap_or("none"));
    match &tokens.scopes {
        Some(scopes) => row("scopes", &line(&scopes.join(" "))),
        None => row("scopes", "the server did not say"),
    }
    text
}

/// The same as an object.
pub(in crate::cli) fn object(tokens: &Tokens, owner: Option<&Result<Owner, String>>, now: Timestamp) -> Value {
    let left = |end: Option<Timestamp>| end.map(|end| end.duration_since(now).as_secs().max(0));
    let time = |end: Option<Timestamp>| end.map(|end| format!("{end:.0}"));
    let mut object = json!({
        "access_expires_at": time(tokens.expires),
        "access_expires_in": left(tokens.expires),
        "has_refresh_token": tokens.refresh.is_some(),
        "refresh_expires_at": time(tokens.refresh_expires),
        "refresh_expires_in": left(tokens.refresh_expires),
        "scopes": tokens.scopes,
    });
    if let Some(owner) = owner {
        let known = owner.as_ref().ok();
        object["owner"] = json!(known.map(|o| json!({ "name": o.name, "email": o.email, "id": o.id })));
        object["owner_unknown"] = json!(owner.as_ref().err());
    }
    object
}

/// Whether a token is good for more than nothing.
pub(in crate::cli) fn lives_on(end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_none_or(|end| end > now)
}

fn lives(end: Option<Timestamp>, now: Timestamp) -> String {
    match end {
        None => "lives for a time that the server did not say".to_owned(),
        Some(end) if end <= now => format!("ended at {}", moment(end)),
        Some(end) => {
            let left = u64::try_from(end.duration_since(now).as_secs()).unwrap_or_default();
            format!("valid for {}, until {}", lifetime(left), moment(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_words_nor_object_hold_a_token() {
        let now = Timestamp::from_second(1_893_456_000).unwrap();
        let reply =
            json!({"access_token": "hunter2", "expires_in": 1_209_599, "refresh_token": "hunter3", "scope": "a b"});
        let tokens = Tokens::parse(&reply, now).unwrap();
        let owner = Err("the server\u{1b}[2J answered 500".to_owned());
        let expected = "webex in prod\n  owner          not known: the server\\u{1b}[2J answered 500\n  \
                        access token   valid for 13d 23h, until 2030-01-14 23:59:59 UTC\n  \
                        refresh token  lives for a time that the server did not say\n  scopes         a b\n";
        assert_eq!(text("webex in prod", &tokens, Some(&owner), now), expected);
        let object = object(&tokens, Some(&owner), now);
        assert_eq!((&object["access_expires_in"], &object["scopes"]), (&json!(1_209_599), &json!(["a", "b"])));
        assert!(!object.to_string().contains("hunter"));
    }
}
