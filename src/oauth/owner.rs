//! Whose a token is: Webex's `GET /people/me`, beside the address that gave the token out.

use super::{Client, explain, reply};
use crate::http::{Method, Request, Transport};
use crate::redact::Secret;
use crate::value::Value;

/// The person, bot or guest that a token acts as. The server's words, each on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The name that others see.
    pub name: String,
    /// The first email address, where there is one.
    pub email: Option<String>,
    /// The id.
    pub id: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.email.iter().try_for_each(|email| write!(f, " <{email}>"))
    }
}

/// Asks whose `access` is.
///
/// # Errors
/// Why nobody knows, for a person to read. A token without an owner's name is as good as one with it.
pub async fn owner(client: &Client, access: &Secret, transport: &dyn Transport) -> Result<Owner, String> {
    // Only Webex's own address tells that there are `people` beside it: no token goes to a page that others serve.
    if !client.token_url.path().ends_with("/access_token") {
        return Err("only Webex tells it".to_owned());
    }
    let url = client.token_url.join("people/me").map_err(|e| e.to_string())?;
    let mut request = Request::new(Method::GET, url);
    request.max_body = reply::LARGEST;
    request.headers.insert(::http::header::AUTHORIZATION, reply::bearer(access).map_err(|e| e.message)?);
    let answer = transport.send(&request).await.map_err(|e| e.message)?;
    match answer.status {
        200 => {}
        401 => return Err("the server does not take the token (401)".to_owned()),
        403 => return Err("the token may not tell it: that needs the scope `spark:people_read`".to_owned()),
        status => return Err(format!("the server answered {status}")),
    }
    let json = answer.json().map_err(|_| "the reply is not JSON".to_owned())?;
    let text = |path: &str| json.pointer(path).and_then(Value::as_str).map(explain::one_line);
    let id = text("/id").ok_or("the reply holds no person")?;
    Ok(Owner { name: text("/displayName").unwrap_or_else(|| id.clone()), email: text("/emails/0"), id })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Script, client, run};
    use super::*;
    use crate::http::Url;
    use crate::oauth::Grant;

    #[test]
    fn a_person_or_why_there_is_none() {
        let person = r#"{"id":"P1","displayName":"Ada\u001b[2J Example","emails":["ada@a.example"]}"#;
        let script = Script::new(&[(200, person), (403, "{}"), (401, "{}"), (200, "[]"), (200, "<")]);
        let mut client = client(Grant::AuthorizationCode);
        let ask = || run(owner(&client, &Secret::new("a"), &script));
        assert_eq!(ask().unwrap().to_string(), "Ada [2J Example <ada@a.example>");
        assert!(ask().unwrap_err().contains("spark:people_read"));
        assert!(ask().unwrap_err().contains("401"));
        assert_eq!(ask().unwrap_err(), "the reply holds no person");
        assert_eq!(ask().unwrap_err(), "the reply is not JSON");
        assert_eq!(script.sent()[0].url.as_str(), "https://a.example/v1/people/me");
        client.token_url = Url::parse("https://b.example/oauth/token").unwrap();
        assert_eq!(run(owner(&client, &Secret::new("a"), &script)).unwrap_err(), "only Webex tells it");
        assert_eq!(script.sent().len(), 5);
    }
}
