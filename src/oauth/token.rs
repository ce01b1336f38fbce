//! Tokens with their lifetimes: from a reply, into a store and back.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::redact::Secret;
use crate::value::{Map, Value};

/// An access token with less time left than this is renewed before it is used.
const LEAST_LEFT: SignedDuration = SignedDuration::from_secs(60);

/// What a token request gave. Webex: 14 days for the access token, 90 for the refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Goes into `Authorization: Bearer …`.
    pub access: Secret,
    /// When it ends; `None` where the server did not say.
    pub expires: Option<Timestamp>,
    /// Gets the next access token.
    pub refresh: Option<Secret>,
    /// When the refresh token ends; `None` where the server did not say.
    pub refresh_expires: Option<Timestamp>,
    /// What was granted; `None` where the server did not say, which means what was asked for (RFC 6749 section 5.1).
    pub scopes: Option<Vec<String>>,
}

impl Tokens {
    /// Reads a token reply (RFC 6749 section 5.1) that came at `now`. `scope` and `token_type` may be missing, and
    /// numbers may be text: older Webex replies are so.
    ///
    /// # Errors
    /// What is wrong with it, in words. It holds nothing of the reply.
    pub fn parse(reply: &Value, now: Timestamp) -> Result<Self, String> {
        let Value::Object(fields) = reply else { return Err("the reply is not a JSON object".to_owned()) };
        let access = text(fields, "access_token").ok_or("the reply has no `access_token`")?;
        if let Some(kind) = fields.get("token_type").and_then(Value::as_str)
            && !kind.eq_ignore_ascii_case("bearer")
        {
            return Err("the reply's `token_type` is not Bearer, and only that is supported".to_owned());
        }
        Ok(Self {
            access,
            expires: after(fields, "expires_in", now),
            refresh: text(fields, "refresh_token"),
            refresh_expires: after(fields, "refresh_token_expires_in", now),
            scopes: fields.get("scope").and_then(Value::as_str).map(words),
        })
    }

    /// Fills what the reply to a refresh left out: servers that keep the old refresh token do not send it again.
    #[must_use]
    pub fn succeeding(mut self, refresh: &Secret, previous: Option<&Tokens>) -> Self {
        let previous = previous.filter(|tokens| tokens.refresh.as_ref() == Some(refresh));
        if self.refresh.is_none() {
            self.refresh = Some(refresh.clone());
            self.refresh_expires = self.refresh_expires.or(previous.and_then(|tokens| tokens.refresh_expires));
        }
        self.scopes = self.scopes.or_else(|| previous.and_then(|tokens| tokens.scopes.clone()));
        self
    }

    /// Whether the access token may be used: a minute or more is left, or nobody knows.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| end.duration_since(now) >= LEAST_LEFT)
    }

    /// How long the access token lives still; `None` where nobody knows.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        self.expires.map(|end| Duration::try_from(end.duration_since(now)).unwrap_or_default())
    }

    /// As a store keeps it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), Value::String(value));
            }
        };
        put("access_token", Some(self.access.expose().to_owned()));
        put("expires", self.expires.map(|end| end.to_string()));
        put("refresh_token", self.refresh.as_ref().map(|token| token.expose().to_owned()));
        put("refresh_token_expires", self.refresh_expires.map(|end| end.to_string()));
        put("scope", self.scopes.as_ref().map(|scopes| scopes.join(" ")));
        Value::Object(fields)
    }

    /// Back from [`Tokens::to_value`]; `None` where it is something else.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        let time = |name: &str| match fields.get(name) {
            None => Some(None),
            Some(value) => value.as_str()?.parse().ok().map(Some),
        };
        Some(Self {
            access: text(fields, "access_token")?,
            expires: time("expires")?,
            refresh: text(fields, "refresh_token"),
            refresh_expires: time("refresh_token_expires")?,
            scopes: fields.get("scope").and_then(Value::as_str).map(words),
        })
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<Secret> {
    fields.get(name)?.as_str().filter(|text| !text.is_empty()).map(Secret::new)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn after(fields: &Map<String, Value>, name: &str, now: Timestamp) -> Option<Timestamp> {
    let seconds = match fields.get(name)? {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }?;
    now.checked_add(SignedDuration::from_secs(seconds.max(0))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn replies_old_and_new() {
        let new = json!({"access_token": "a", "expires_in": 1_209_599, "refresh_token": "r",
            "refresh_token_expires_in": 7_775_999, "token_type": "bearer", "scope": "spark:people_read  spark:kms"});
        let tokens = Tokens::parse(&new, at(0)).unwrap();
        assert_eq!((tokens.expires, tokens.refresh_expires), (Some(at(1_209_599)), Some(at(7_775_999))));
        assert_eq!(tokens.scopes.as_deref(), Some(["spark:people_read".to_owned(), "spark:kms".to_owned()].as_slice()));
        let old = Tokens::parse(&json!({"access_token": "a", "expires_in": "60"}), at(1)).unwrap();
        assert_eq!((old.expires, old.refresh, old.scopes), (Some(at(61)), None, None));
    }

    #[test]
    fn other_replies_are_refused_without_being_shown() {
        let wrong = [json!([]), json!({"token": "hunter2"}), json!({"access_token": "hunter2", "token_type": "mac"})];
        for reply in wrong {
            assert!(!Tokens::parse(&reply, at(0)).unwrap_err().contains("hunter2"));
        }
    }

    #[test]
    fn a_refresh_keeps_what_the_reply_leaves_out() {
        let parse = |value: Value| Tokens::parse(&value, at(0)).unwrap();
        let first =
            parse(json!({"access_token": "a", "refresh_token": "r", "refresh_token_expires_in": 9, "scope": "s"}));
        let kept = parse(json!({"access_token": "b"})).succeeding(&Secret::new("r"), Some(&first));
        assert_eq!(kept.refresh, Some(Secret::new("r")));
        assert_eq!((kept.refresh_expires, kept.scopes), (Some(at(9)), first.scopes.clone()));
        let rotated =
            parse(json!({"access_token": "b", "refresh_token": "r2"})).succeeding(&Secret::new("r"), Some(&first));
        assert_eq!((rotated.refresh, rotated.refresh_expires), (Some(Secret::new("r2")), None));
        let other = parse(json!({"access_token": "b"})).succeeding(&Secret::new("env"), Some(&first));
        assert_eq!((other.refresh, other.scopes), (Some(Secret::new("env")), None));
    }

    #[test]
    fn less_than_a_minute_is_not_fresh() {
        let tokens = Tokens::parse(&json!({"access_token": "a", "expires_in": 100}), at(0)).unwrap();
        assert!(tokens.is_fresh(at(40)) && !tokens.is_fresh(at(41)));
        assert_eq!(tokens.left(at(200)), Some(Duration::ZERO));
        assert!(Tokens::parse(&json!({"access_token": "a"}), at(0)).unwrap().is_fresh(at(1 << 32)));
    }

    #[test]
    fn stored_and_back() {
        let reply = json!({"access_token": "a", "expires_in": 1, "refresh_token": "r", "scope": "x y"});
        let tokens = Tokens::parse(&reply, at(5)).unwrap();
        assert_eq!(Tokens::from_value(&tokens.to_value()), Some(tokens.clone()));
        assert_eq!(Tokens::from_value(&json!({"access_token": "a", "expires": "soon"})), None);
        assert!(!format!("{tokens:?}").contains("\"a\""));
    }
}
