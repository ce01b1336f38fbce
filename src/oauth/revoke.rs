//! Ending the tokens of a client: Webex's `DELETE /authorizations?clientId=…`, with the token itself as the credential.

use super::{Client, ErrorKind, OAuthError, reply};
use crate::http::{Method, Request, Transport, Url};
use crate::redact::Secret;

/// Revokes what this person granted to the client, seen from `token_url`: `/authorizations` stands beside it.
/// Nothing to revoke (Webex's 404) counts as revoked; a token that has ended (401) does not, as its refresh token may live.
///
/// # Errors
/// The server refuses it or does not answer.
pub async fn revoke(client: &Client, access: &Secret, transport: &dyn Transport) -> Result<(), OAuthError> {
    let request = request(client, access)?;
    let answer = transport.send(&request).await?;
    match answer.status {
        200 | 204 => Ok(()),
        // Webex says so of a client that was granted nothing. Another server's 404 says that it has no such address.
        404 if answer.header("trackingid").is_some() => Ok(()),
        404 => Err(OAuthError::new(ErrorKind::Other, "the server has no `/authorizations` beside `token_url`: 404")
            .with_help("revoke it where the server shows what you granted; `token revoke --local` only forgets it here")),
        401 => Err(OAuthError::new(ErrorKind::InvalidGrant, "the access token has ended already: 401")
            .with_help("its refresh token may still live: refresh, then revoke")),
        403 => Err(OAuthError::new(ErrorKind::InvalidScope, "the token may not revoke: 403")
            .with_help("revoking needs the scope `identity:tokens_write`; or remove the integration in the person's Webex settings, and forget it here with `token revoke --local`")),
        _ => Err(reply::refusal("the revocation", &answer, &[Some(access)])),
    }
}

fn request(client: &Client, access: &Secret) -> Result<Request, OAuthError> {
    let mut url: Url = client.token_url.join("authorizations").map_err(|_| {
        OAuthError::new(ErrorKind::Incomplete, "`token_url` has no path").with_help("check `token_url`")
    })?;
    url.query_pairs_mut().append_pair("clientId", &client.client_id);
    let mut request = Request::new(Method::DELETE, url);
    request.headers.insert(::http::header::AUTHORIZATION, reply::bearer(access)?);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Script, client, run};
    use super::*;
    use crate::oauth::Grant;

    #[test]
    fn one_delete_with_the_token_itself() {
        let script = Script::new(&[(204, ""), (401, ""), (403, ""), (404, ""), (500, "")]);
        let client = client(Grant::AuthorizationCode);
        let ask = || run(revoke(&client, &Secret::new("a"), &script));
        assert!(ask().is_ok());
        assert!(ask().unwrap_err().help.contains("refresh, then revoke"));
        assert!(ask().unwrap_err().help.contains("identity:tokens_write"));
        assert!(ask().unwrap_err().message.contains("no `/authorizations`"));
        assert_eq!(ask().unwrap_err().kind, ErrorKind::ServerError);
        let sent = script.sent();
        assert_eq!(sent[0].url.as_str(), "https://a.example/v1/authorizations?clientId=C1");
        assert_eq!(sent[0].headers["authorization"], "Bearer a");
    }
}
