//! The pages a person sees, in plain HTML: who signs in, what is asked for, accept or decline.

use super::super::answer::Answer;
use super::super::call::{Call, Form};
use super::super::mention::escape;
use super::super::scope::Scopes;
use super::super::store::{Person, PersonKind, Role, Store};
use super::Grant;

/// What a person answered.
pub(super) enum Decision {
    Accept,
    Decline,
}

/// The answer that the query `_wxflow_consent=accept|deny` gives in a person's place.
pub(super) fn skipped(call: &Call) -> Option<Decision> {
    match call.query("_wxflow_consent")?.as_str() {
        "accept" => Some(Decision::Accept),
        _ => Some(Decision::Decline),
    }
}

/// The answer in the page's form; anything but a clear yes is a no.
pub(super) fn given(form: &Form) -> Decision {
    if form.get("decision") == Some("accept") { Decision::Accept } else { Decision::Decline }
}

/// Who signs in when nobody chooses: the `hint`, else the first person who can grant all that is asked for.
pub(super) fn signs_in<'a>(store: &'a Store, scopes: &Scopes, hint: Option<&str>) -> Option<&'a Person> {
    let hinted = hint.and_then(|email| store.person_by_email(email)).filter(|p| p.kind == PersonKind::Person);
    hinted.or_else(|| people(store).into_iter().find(|person| person.is_admin || !scopes.need_admin()))
}

/// What `person` grants, or `None` where the scopes are an administrator's and they are none.
pub(super) fn grant(call: &mut Call, email: Option<&str>, scopes: &Scopes) -> Option<Grant> {
    let person = signs_in(call.store, scopes, email)?;
    if scopes.need_admin() && !person.is_admin {
        return None;
    }
    let (uuid, role) = (person.uuid, if scopes.need_admin() { Role::Admin } else { Role::Person });
    Some(Grant::new(call.store, uuid, role, scopes.clone(), call.now))
}

fn people(store: &Store) -> Vec<&Person> {
    let mut people: Vec<_> = store.people.values().filter(|p| p.kind == PersonKind::Person).collect();
    people.sort_by_key(|person| person.seq);
    people
}

/// The form that asks. It posts to its own address, so the query stays what the client sent.
pub(super) fn form(store: &Store, scopes: &Scopes, hint: Option<&str>) -> String {
    let chosen = signs_in(store, scopes, hint).map(|person| person.uuid);
    let mut radios = String::new();
    for person in people(store) {
        let checked = if Some(person.uuid) == chosen { " checked" } else { "" };
        let role = if person.is_admin { ", administrator" } else { "" };
        let (email, name) = (escape(&person.email), escape(&person.display_name));
        radios.push_str(&format!(
            "<label><input type=\"radio\" name=\"person\" value=\"{email}\"{checked}> {name}{role}</label>\n"
        ));
    }
    let items: String = scopes.iter().map(|scope| format!("<li><code>{}</code></li>\n", escape(scope))).collect();
    format!(
        "<p>The sandbox's integration asks for:</p>\n<ul>\n{items}</ul>\n<form method=\"post\">\n\
         <fieldset><legend>Sign in as</legend>\n{radios}</fieldset>\n\
         <button name=\"decision\" value=\"accept\">Accept</button>\n\
         <button name=\"decision\" value=\"decline\">Decline</button>\n</form>\n"
    )
}

/// A whole page; `body` is HTML already.
pub(super) fn page(status: u16, title: &str, body: &str) -> Answer {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;\
         margin:2rem auto;padding:0 1rem}}label{{display:block}}button{{font:inherit;padding:.5rem 1rem;\
         margin:1rem .5rem 0 0}}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    );
    Answer::with_body(status, "text/html; charset=utf-8", html)
}
