//! `/authorize`: the client's question, checked, asked, and answered by a redirect.

use ::http::header::LOCATION;

use super::super::answer::{Answer, Outcome};
use super::super::call::Call;
use super::super::is_loopback;
use super::super::mention::escape;
use super::super::scope::Scopes;
use super::consent::{self, Decision};
use super::{Challenge, Code, later};
use crate::http::Url;

/// How long a code can be used; the real service's time is not documented.
const CODE_SECONDS: i64 = 300;

/// What the client asks, once it is known where to answer.
struct Question {
    redirect: Url,
    given_uri: Option<String>,
    state: Option<String>,
    scopes: Scopes,
    challenge: Option<Challenge>,
}

/// `GET /authorize`: the consent page, or at once the redirect that `_wxflow_consent` chooses.
pub(in crate::sandbox) fn ask(call: &mut Call) -> Outcome {
    let question = match read(call) {
        Ok(question) => question,
        Err(answer) => return Ok(*answer),
    };
    let hint = call.query("login_hint");
    match consent::skipped(call) {
        Some(decision) => Ok(answer(call, question, &decision, hint.as_deref())),
        None => Ok(consent::page(200, "Allow access", &consent::form(call.store, &question.scopes, hint.as_deref()))),
    }
}

/// `POST /authorize`: the consent page's form, at the same address.
pub(in crate::sandbox) fn decide(call: &mut Call) -> Outcome {
    let form = call.form()?;
    Ok(match read(call) {
        Ok(question) => answer(call, question, &consent::given(&form), form.get("person")),
        Err(answer) => *answer,
    })
}

fn answer(call: &mut Call, question: Question, decision: &Decision, email: Option<&str>) -> Answer {
    let state = question.state.as_deref();
    if matches!(decision, Decision::Decline) {
        return refuse(&question.redirect, state, "access_denied", "The user declined the request.");
    }
    let Some(grant) = consent::grant(call, email, &question.scopes) else {
        return refuse(&question.redirect, state, "invalid_scope", "No user entitled service in request scopes");
    };
    let code = call.store.generator.token(call.fixtures.org);
    let entry = Code {
        grant,
        redirect_uri: question.given_uri,
        challenge: question.challenge,
        expires: later(call.now, CODE_SECONDS),
    };
    call.store.grants.codes.insert(code.clone(), entry);
    back(&question.redirect, state, &[("code", &code)])
}

/// Reads the query. Until client and redirect URI are known to be good the person is told, never the redirect URI
/// (RFC 6749 section 4.1.2.1); after that it is the client.
fn read(call: &Call) -> Result<Question, Box<Answer>> {
    let stop = |why: &str| {
        let body = format!("<p>{}</p>\n", escape(why));
        Box::new(consent::page(400, "This request cannot be answered", &body))
    };
    match call.query("client_id") {
        None => return Err(stop("client_id is missing.")),
        Some(id) if id != call.fixtures.client_id => return Err(stop("The client_id is unknown.")),
        Some(_) => {}
    }
    let given_uri = call.query("redirect_uri");
    let redirect = Url::parse(given_uri.as_deref().unwrap_or(&call.fixtures.redirect_uri)).ok();
    let usable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none() && is_loopback(url);
    let redirect = redirect.filter(usable).ok_or_else(|| {
        stop("The redirect_uri is not registered for this client. The sandbox takes any http URL of this machine.")
    })?;
    let state = call.query("state");
    let refuse = |error: &str, why: &str| Box::new(refuse(&redirect, state.as_deref(), error, why));
    match call.query("response_type").as_deref() {
        Some("code") => {}
        None => return Err(refuse("invalid_request", "response_type is missing")),
        Some(_) => return Err(refuse("unsupported_response_type", "The sandbox has response_type code only.")),
    }
    let text = call.query("scope").unwrap_or_default();
    let scopes =
        Scopes::parse(&text).map_err(|unknown| refuse("invalid_scope", &format!("The scope {unknown} is unknown.")))?;
    if scopes.is_empty() {
        return Err(refuse("invalid_scope", "The request has no scope."));
    }
    if scopes.has("openid") && call.query("nonce").is_none() {
        return Err(refuse("invalid_request", "The scope openid needs a nonce."));
    }
    if call.query("prompt").as_deref() == Some("none") {
        return Err(refuse("login_required", "Nobody is signed in, and prompt is none."));
    }
    let challenge = challenge(call).map_err(|why| refuse("invalid_request", why))?;
    Ok(Question { redirect, given_uri, state, scopes, challenge })
}

/// RFC 7636 section 4.3: without a method it is `plain`.
fn challenge(call: &Call) -> Result<Option<Challenge>, &'static str> {
    let method = call.query("code_challenge_method");
    let Some(text) = call.query("code_challenge") else {
        return if method.is_some() { Err("code_challenge is missing") } else { Ok(None) };
    };
    if !(43..=128).contains(&text.len()) {
        return Err("code_challenge must have 43 to 128 characters");
    }
    match method.as_deref() {
        Some("S256") => Ok(Some(Challenge { text, is_plain: false })),
        None | Some("plain") => Ok(Some(Challenge { text, is_plain: true })),
        Some(_) => Err("code_challenge_method must be S256 or plain"),
    }
}

fn refuse(redirect: &Url, state: Option<&str>, error: &str, why: &str) -> Answer {
    back(redirect, state, &[("error", error), ("error_description", why)])
}

fn back(redirect: &Url, state: Option<&str>, pairs: &[(&str, &str)]) -> Answer {
    let mut url = redirect.clone();
    url.query_pairs_mut().extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state)));
    Answer::empty(302).header(LOCATION, url.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Lab, Reply};
    use crate::http::Url;
    use std::collections::HashMap;

    fn ask(lab: &Lab, more: &str) -> Reply {
        let id = lab.variable("WEBEX_CLIENT_ID");
        lab.get(&format!("/v1/authorize?client_id={id}&response_type=code&state=s%201&{more}")).send()
    }

    fn told(reply: &Reply) -> HashMap<String, String> {
        assert_eq!(reply.status, 302);
        let url = Url::parse(reply.header("location").unwrap()).unwrap();
        assert_eq!(url.path(), "/callback");
        url.query_pairs().into_owned().collect()
    }

    #[test]
    fn a_page_asks_and_its_form_answers() {
        let lab = Lab::new();
        let page = ask(&lab, "scope=spark:all%20x:%3Cb%3E");
        let html = String::from_utf8(page.answer.body.to_vec()).unwrap();
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(html.contains("<code>x:&lt;b&gt;</code>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("<form method=\"post\">") && !html.contains("<script"), "{html}");
        assert!(html.contains("value=\"ada.example@sandbox.example.com\" checked"), "{html}");
        let target = format!(
            "/v1/authorize?client_id={}&response_type=code&state=s&scope=spark:all&redirect_uri=http://[::1]:9/callback?k=v",
            lab.variable("WEBEX_CLIENT_ID")
        );
        let accepted = told(&lab.post(&target).body("decision=accept&person=ben.example%40sandbox.example.com").send());
        assert_eq!((&accepted["state"], &accepted["k"]), (&"s".to_owned(), &"v".to_owned()));
        assert!(accepted["code"].len() > 40);
        let declined = told(&lab.post(&target).body("decision=decline").send());
        assert_eq!(declined["error"], "access_denied");
    }

    #[test]
    fn what_is_wrong_goes_back_to_the_client_by_its_name() {
        let lab = Lab::new();
        let long = "x".repeat(43);
        for (query, error) in [
            ("".to_owned(), "invalid_scope"),
            ("scope=nonsense".to_owned(), "invalid_scope"),
            ("scope=openid".to_owned(), "invalid_request"),
            ("scope=spark:all&prompt=none".to_owned(), "login_required"),
            ("scope=spark:all&code_challenge=short".to_owned(), "invalid_request"),
            (format!("scope=spark:all&code_challenge={long}&code_challenge_method=S1"), "invalid_request"),
            ("scope=spark:all&_wxflow_consent=deny".to_owned(), "access_denied"),
            (
                "scope=spark-admin:people_read&login_hint=ada.example@sandbox.example.com&_wxflow_consent=accept"
                    .to_owned(),
                "invalid_scope",
            ),
        ] {
            let told = told(&ask(&lab, &query));
            assert_eq!((told["error"].as_str(), told["state"].as_str()), (error, "s 1"), "{query}");
            assert!(!told["error_description"].is_empty());
        }
        let id = lab.variable("WEBEX_CLIENT_ID");
        let implicit = lab.get(&format!("/authorize?client_id={id}&response_type=token&scope=spark:all")).send();
        assert_eq!(told(&implicit)["error"], "unsupported_response_type");
    }

    #[test]
    fn a_wrong_client_or_redirect_uri_gets_no_redirect() {
        let lab = Lab::new();
        for query in ["redirect_uri=https://x.example/callback", "redirect_uri=http://127.0.0.1/callback%23x"] {
            let reply = ask(&lab, &format!("scope=spark:all&_wxflow_consent=accept&{query}"));
            assert_eq!((reply.status, reply.header("location")), (400, None), "{query}");
        }
        assert_eq!(lab.get("/authorize?client_id=other&response_type=code").send().status, 400);
        assert_eq!(lab.get("/authorize").send().status, 400);
    }
}
