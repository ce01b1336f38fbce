//! One OAuth client: who asks, where, and how.

use crate::http::Url;
use crate::redact::Secret;

/// How tokens are got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A person agrees in a browser (RFC 6749 section 4.1, with PKCE).
    AuthorizationCode,
    /// A refresh token that came from elsewhere (RFC 6749 section 6).
    RefreshToken,
    /// The client for itself (RFC 6749 section 4.4).
    ClientCredentials,
    /// A person agrees on another device (RFC 8628).
    DeviceCode,
}

impl Grant {
    /// The word an environment uses for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "device_code",
        }
    }

    /// The grant of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::DeviceCode];
        all.into_iter().find(|grant| grant.as_str() == word)
    }

    /// Whether a person has to take part.
    #[must_use]
    pub fn is_interactive(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::DeviceCode)
    }
}

/// A client as an environment describes it, its secrets read. What a grant does not use may be absent.
#[derive(Clone, Debug)]
pub struct Client {
    /// How tokens are got.
    pub grant: Grant,
    /// Where a person agrees.
    pub authorize_url: Option<Url>,
    /// Where tokens are given out.
    pub token_url: Url,
    /// Where a device code is given out.
    pub device_url: Option<Url>,
    /// The client's id.
    pub client_id: String,
    /// Its secret; public clients have none.
    pub client_secret: Option<Secret>,
    /// Where the browser brings the code, letter by letter as it is registered: servers compare it as text.
    pub redirect_uri: Option<String>,
    /// What to ask for.
    pub scopes: Vec<String>,
    /// A refresh token from the environment's secrets, for machines without a person (CI).
    pub refresh_token: Option<Secret>,
}

impl Client {
    /// A client with these parts and nothing else.
    #[must_use]
    pub fn new(grant: Grant, token_url: Url, client_id: impl Into<String>) -> Self {
        Self {
            grant,
            authorize_url: None,
            token_url,
            device_url: None,
            client_id: client_id.into(),
            client_secret: None,
            redirect_uri: None,
            scopes: Vec::new(),
            refresh_token: None,
        }
    }

    /// Where the device grant asks for its tokens: Webex has `/device/token` beside `/device/authorize`, others use
    /// `token_url` (RFC 8628 section 3.4).
    #[must_use]
    pub fn device_token_url(&self) -> Url {
        let sibling = self.device_url.as_ref().filter(|url| url.path().ends_with("/device/authorize"));
        sibling.and_then(|url| url.join("token").ok()).unwrap_or_else(|| self.token_url.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webex_asks_for_device_tokens_beside_the_device_address() {
        let url = |text| Url::parse(text).unwrap();
        let mut client = Client::new(Grant::DeviceCode, url("https://a.example/v1/access_token"), "C1");
        client.device_url = Some(url("https://a.example/v1/device/authorize"));
        assert_eq!(client.device_token_url().as_str(), "https://a.example/v1/device/token");
        client.device_url = Some(url("https://a.example/device_code"));
        assert_eq!(client.device_token_url(), client.token_url);
    }

    #[test]
    fn words_and_grants_agree() {
        for word in ["authorization_code", "refresh_token", "client_credentials", "device_code"] {
            assert_eq!(Grant::parse(word).map(Grant::as_str), Some(word));
        }
        assert_eq!(Grant::parse("implicit"), None);
    }
}
