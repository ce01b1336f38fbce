//! The pages, rendered here: they work without JavaScript, load nothing from elsewhere, and run no script but their own.

mod choice;
mod scopes;

use ::http::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde_json::json;

pub(super) use choice::Choice;

use super::Granted;
use super::browser::field;
use super::listener::Answer;
use crate::http::Url;
use crate::oauth::OAuthError;

/// The field that shows that a form is from a page of this login.
const CSRF: &str = "csrf";

/// Every template by its name.
const TEMPLATES: &[(&str, &str)] = &[
    ("page", include_str!("page.html")),
    ("choose", include_str!("choose.html")),
    ("result", include_str!("result.html")),
    ("failed", include_str!("failed.html")),
    ("message", include_str!("message.html")),
    ("style", include_str!("style.css")),
    ("script", include_str!("script.js")),
];

/// The pages of one login.
pub(super) struct Pages {
    templates: Environment<'static>,
    client: String,
    environment: String,
    host: String,
    choose_path: String,
    result_path: String,
    csrf: String,
}

impl Pages {
    /// `secrets` are three texts that nobody can guess, for use in a URL.
    pub(super) fn new([client, environment, host]: [&str; 3], secrets: [String; 3]) -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|name| match name {
            "style" | "script" => AutoEscape::None,
            _ => AutoEscape::Html,
        });
        for (name, text) in TEMPLATES {
            // They are ours: `every_page_renders` holds them to it.
            templates.add_template(name, text).ok();
        }
        let [choose, result, csrf] = secrets;
        Self {
            templates,
            client: client.to_owned(),
            environment: environment.to_owned(),
            host: host.to_owned(),
            choose_path: format!("/wxflow-login/{choose}"),
            result_path: format!("/wxflow-login/{result}"),
            csrf,
        }
    }

    /// Where the scopes are chosen.
    pub(super) fn choose_path(&self) -> &str {
        &self.choose_path
    }

    /// Where the result is: only the browser that brought the code is told.
    pub(super) fn result_path(&self) -> &str {
        &self.result_path
    }

    /// Whether a form is from a page of this login.
    pub(super) fn vouches(&self, form: &[u8]) -> bool {
        field(form, CSRF).is_some_and(|token| token == self.csrf)
    }

    /// The page that asks for scopes; `problem` is what was wrong with the last answer.
    pub(super) fn choose(&self, choice: &Choice, problem: Option<&str>) -> Answer {
        let (groups, matching) = scopes::groups(choice);
        let status = if problem.is_some() { 422 } else { 200 };
        self.page(
            "choose",
            status,
            json!({
                "path": self.choose_path, "csrf": self.csrf, "problem": problem, "query": choice.query,
                "other": choice.other, "groups": groups, "matching": matching, "chosen": choice.len(),
                "presets": scopes::presets(),
            }),
        )
    }

    /// The page between: a form may only lead here, so a link and a refresh lead on to the server. A redirect would be
    /// held up by `form-action`, which browsers apply to the whole way.
    pub(super) fn leave(&self, to: &Url) -> Answer {
        let title = format!("Going on to {}", self.host);
        let text = "You sign in and agree there, and come back here.";
        let action = format!("Go on to {}", self.host);
        let data = json!({"title": title, "texts": [text], "link": to.as_str(), "action": action, "go_on": true});
        self.page("message", 200, data)
    }

    /// To the result.
    pub(super) fn to_result(&self) -> Answer {
        let mut answer = self.page("message", 303, json!({"title": "Signed in", "link": self.result_path}));
        if let Ok(value) = HeaderValue::from_str(&self.result_path) {
            answer.headers.insert(LOCATION, value);
        }
        answer
    }

    /// What was granted. The token is in it only where `revealed`.
    pub(super) fn result(&self, granted: &Granted, lasting: bool, revealed: bool) -> Answer {
        let mut data = scopes::result(granted);
        data["path"] = json!(self.result_path);
        data["csrf"] = json!(self.csrf);
        data["lasting"] = json!(lasting);
        if revealed {
            data["token"] = json!(granted.tokens.access.expose());
        }
        self.page("result", 200, data)
    }

    /// What went wrong, in words; with a `choice` the person may choose again.
    pub(super) fn failed(&self, error: &OAuthError, choice: Option<&Choice>) -> Answer {
        let again = choice.map(|choice| format!("{}{}", self.choose_path, choice.to_query()));
        let data = json!({
            "message": error.message, "help": error.help, "tracking_id": error.tracking_id, "again": again,
            "path": self.choose_path, "csrf": self.csrf,
        });
        self.page("failed", 400, data)
    }

    /// A page of an attacker, or a name that points to this machine.
    pub(super) fn strange_host(&self) -> Answer {
        self.message(403, "Not from here", &["This request came from another page. Nothing was done."])
    }

    /// A form without our token.
    pub(super) fn strange_form(&self) -> Answer {
        let text = "This form is not from a page of this login. Nothing was done: go back, load the page again, and \
                    send it from there.";
        self.message(403, "Not from here", &[text])
    }

    /// An answer without our `state`.
    pub(super) fn strange_state(&self) -> Answer {
        let texts = [
            "This answer does not belong to this login: its state is another one. Nothing was accepted, and wxflow \
             still waits for the right one.",
            "Perhaps this page was loaded twice, or an older tab came back. Go on in the newest one.",
        ];
        self.message(400, "Not this login", &texts)
    }

    /// No such page.
    pub(super) fn not_found(&self) -> Answer {
        self.message(404, "Nothing here", &["Open the address that wxflow printed."])
    }

    /// Asked for after the tokens came.
    pub(super) fn over(&self) -> Answer {
        self.message(410, "This login is over", &["The tokens are kept. You can close this page."])
    }

    /// The person is done.
    pub(super) fn done(&self) -> Answer {
        self.message(200, "Done", &["The tokens are kept. You can close this page."])
    }

    /// The person does not want to.
    pub(super) fn given_up(&self) -> Answer {
        self.message(200, "Given up", &["No token was given. You can close this page."])
    }

    fn message(&self, status: u16, title: &str, texts: &[&str]) -> Answer {
        self.page("message", status, json!({"title": title, "texts": texts}))
    }

    fn page(&self, name: &str, status: u16, mut data: serde_json::Value) -> Answer {
        // A value of its own for every page: what one page allows, no other does.
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        for (name, value) in [("client", &self.client), ("environment", &self.environment), ("host", &self.host)] {
            data[name] = json!(value);
        }
        data["nonce"] = json!(nonce);
        let rendered = self.templates.get_template(name).and_then(|t| t.render(Value::from(Serde(&data))));
        let (status, body) = match rendered {
            Ok(body) => (status, body),
            Err(error) => (500, format!("<!doctype html><title>wxflow</title><p>{:?}", error.kind())),
        };
        Answer { status, headers: headers(&nonce), body }
    }
}

fn headers(nonce: &str) -> HeaderMap {
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let fixed = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        // Forms name their page in `Origin`; the server is not told where the person came from.
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(HeaderName::from_static("content-security-policy"), policy);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        let pages = Pages::new(["<webex>", "prod", "a.example"], ["a", "b", "c"].map(str::to_owned));
        for (name, _) in TEMPLATES {
            assert!(pages.templates.get_template(name).is_ok(), "{name}");
        }
        let error = OAuthError::from_redirect("x", Some("<script>alert(1)</script>"));
        let choice = Choice::read(b"scope=spark:kms&other=a:%22%3Ci%3E&q=%22%3E%3Cscript%3E");
        for page in [
            pages.choose(&choice, Some("<problem>")),
            pages.failed(&error, Some(&choice)),
            pages.leave(&Url::parse("https://a.example/?q=\"<i>").unwrap()),
            pages.strange_state(),
        ] {
            assert!(page.status != 500 && page.body.starts_with("<!doctype html>"), "{}", page.body);
            for bad in ["<script>", "<i>", "<problem>", "<webex>"] {
                assert!(!page.body.contains(bad), "{bad} in {}", page.body);
            }
            assert!(page.body.contains("lang=\"en\"") && page.body.contains("<main"), "{}", page.body);
            assert!(!page.body.contains("src=") && !page.body.contains("http://www"), "{}", page.body);
        }
    }
}
