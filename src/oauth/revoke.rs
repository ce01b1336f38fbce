//! Ending the tokens of a client: Webex's `DELETE /authorizations?clientId=…`, with the token itself as the credential.

use super::{Client, ErrorKind, OAuthError, reply};
use crate::http::{HeaderValue, Method, Request, Transport, Url};
use crate::redact::Secret;

/// Revokes what this person granted to the client, seen from `token_url`: `/authorizations` stands beside it.
/// Nothing to revoke (404) counts as revoked; a token that has ended (401) does not, as its refresh token may live.
///
/// # Errors
/// The server refuses it or does not answer.
pub async fn revoke(client: &Client, access: &Secret, transport: &dyn Transport) -> Result<(), OAuthError> {
    let request = request(client, access)?;
    let answer = transport.send(&request).await?;
    match answer.status {
        200 | 204 | 404 => Ok(()),
        401 => Err(OAuthError::new(ErrorKind::InvalidGrant, "the access token has ended already: 401")
            .with_help("its refresh token may still live: refresh, then revoke")),
        403 => Err(OAuthError::new(ErrorKind::InvalidScope, "the token may not revoke: 403")
            .with_help("revoking needs the scope `identity:tokens_write`; or remove the integration in the Webex settings of the person")),
        _ => Err(reply::refusal("the revocation", &answer, &[Some(access)])),
    }
}

fn request(client: &Client, access: &Secret) -> Result<Request, OAuthError> {
    let wrong =
        |message: &str| OAuthError::new(ErrorKind::Incomplete, message).with_help("check `token_url` and the token");
    let mut url: Url = client.token_url.join("authorizations").map_err(|_| wrong("`token_url` has no path"))?;
    url.query_pairs_mut().append_pair("clientId", &client.client_id);
    let mut request = Request::new(Method::DELETE, url);
    let mut value = HeaderValue::from_str(&format!("Bearer {}", access.expose()))
        .map_err(|_| wrong("the token has characters that no header may have"))?;
    value.set_sensitive(true);
    request.headers.insert(::http::header::AUTHORIZATION, value);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Script, client, run};
    use super::*;
    use crate::oauth::Grant;

    #[test]
    fn one_delete_with_the_token_itself() {
        let script = Script::new(&[(204, ""), (401, ""), (403, ""), (500, "")]);
        let client = client(Grant::AuthorizationCode);
        let ask = || run(revoke(&client, &Secret::new("a"), &script));
        assert!(ask().is_ok());
        assert!(ask().unwrap_err().help.contains("refresh, then revoke"));
        assert!(ask().unwrap_err().help.contains("identity:tokens_write"));
        assert_eq!(ask().unwrap_err().kind, ErrorKind::ServerError);
        let sent = script.sent();
        assert_eq!(sent[0].url.as_str(), "https://a.example/v1/authorizations?clientId=C1");
        assert_eq!(sent[0].headers["authorization"], "Bearer a");
    }
}
