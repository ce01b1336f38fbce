//! `auth: { oauth: NAME }`: the token is sent, renewed once after a 401, and goes nowhere else.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json as value;
use wxflow::event::Reason;
use wxflow::http::Transport;
use wxflow::oauth::{ErrorKind, OAuthError};
use wxflow::redact::{HostPattern, Secret};
use wxflow::run::{AccessToken, Getting, TokenSource};

use crate::harness::{Ran, Scripted, Setup, json};

/// Gives `token-1`, and for each refused one the next; keeps who was refused.
#[derive(Default)]
struct Source {
    asked: Rc<RefCell<Vec<Option<String>>>>,
    empty: bool,
}

impl TokenSource for Source {
    fn token<'a>(
        &'a self,
        name: &'a str,
        rejected: Option<&'a Secret>,
        _: &'a dyn Transport,
        _: &'a dyn Fn() -> jiff::Timestamp,
    ) -> Getting<'a> {
        assert_eq!(name, "webex");
        self.asked.borrow_mut().push(rejected.map(|token| token.expose().to_owned()));
        let token = Secret::new(format!("token-{}", self.asked.borrow().len()));
        let hosts = Some(vec![HostPattern::parse("a.example").unwrap()]);
        let none = self.empty.then(|| OAuthError::new(ErrorKind::NotLoggedIn, "there is no token for `webex`"));
        Box::pin(async move { none.map_or(Ok(AccessToken { token, hosts }), Err) })
    }
}

fn status(status: u16) -> Scripted {
    json(status, &value!({}))
}

fn run(rest: &str, script: Vec<Scripted>) -> (Ran, Vec<Option<String>>) {
    let source = Source::default();
    let asked = Rc::clone(&source.asked);
    let setup = Setup { script: Some(script), oauth: Some(Box::new(source)), ..Setup::default() };
    let ran = setup.run(&format!("defaults: {{ auth: {{ oauth: webex }} }}\nsteps:\n  - {rest}\n"));
    let asked = asked.borrow().clone();
    (ran, asked)
}

fn sent(ran: &Ran) -> Vec<&str> {
    ran.sent.iter().map(|r| r.headers.get("authorization").map_or("none", |v| v.to_str().unwrap())).collect()
}

#[test]
fn the_token_is_sent_and_masked() {
    let (ran, asked) = run("request: GET https://a.example/", vec![status(200)]);
    let ran = ran.passed();
    assert_eq!((sent(&ran), asked), (vec!["Bearer token-1"], vec![None]));
    assert!(!ran.json.contains("token-1"));
}

#[test]
fn a_401_is_answered_with_another_token_once() {
    let (ran, asked) = run("request: POST https://a.example/", vec![status(401), status(200)]);
    let ran = ran.passed();
    assert_eq!(sent(&ran), ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(asked, [None, Some("token-1".to_owned())]);
    let because: Vec<_> = ran.steps[0].exchanges.iter().map(|e| e.because).collect();
    assert_eq!(because, [Reason::Step, Reason::Auth]);
    let (ran, asked) = run("request: GET https://a.example/", vec![status(401), status(401)]);
    ran.failed();
    assert_eq!(asked.len(), 2, "the second 401 stands");
}

#[test]
fn a_401_that_is_asked_for_is_the_answer() {
    let rest = "request: GET https://a.example/\n    expect: { status: 401 }";
    let (ran, asked) = run(rest, vec![status(401)]);
    assert_eq!((ran.passed().sent.len(), asked.len()), (1, 1));
}

#[test]
fn it_goes_to_its_hosts_only_and_not_along_with_a_redirect() {
    let (ran, _) = run("request: GET https://b.example/", vec![]);
    let ran = ran.failed();
    assert!(ran.wrong()[0].contains("secret `webex` may only go to a.example"), "{:?}", ran.wrong());
    let away = Scripted::Reply(302, vec![("location", "https://b.example/".to_owned())], String::new());
    let (ran, _) = run("request: GET https://a.example/", vec![away, status(200)]);
    assert_eq!(sent(&ran.passed()), ["Bearer token-1", "none"]);
}

#[test]
fn no_token_is_a_failure_with_its_reason() {
    let source = Source { empty: true, ..Source::default() };
    let setup = Setup { script: Some(vec![]), oauth: Some(Box::new(source)), ..Setup::default() };
    let ran = setup.run("steps:\n  - request: GET https://a.example/\n    auth: { oauth: webex }\n").failed();
    assert_eq!(ran.wrong()[0], "no token from the OAuth client `webex`: there is no token for `webex`");
    assert!(ran.sent.is_empty());
}
