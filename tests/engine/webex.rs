//! The smoke-test kit, `flows/webex`: each flow goes red for the reason that it is there for.

use std::path::Path;

use serde_json::json;
use wxflow::http::{Bytes, Method, Request, Url};
use wxflow::sandbox::{Fault, Sandbox};

use crate::harness::{Ran, Setup};

fn kit(flow: &str, setup: Setup) -> Ran {
    setup.run_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("flows/webex/{flow}.flow.yaml")))
}

fn with(name: &'static str, value: serde_json::Value) -> Setup {
    Setup { inputs: vec![(name, value, false)], ..Setup::default() }
}

/// The one failure of a run: its step and what was wrong.
fn red(flow: &str, setup: Setup, step: &str, reason: &str) {
    let ran = kit(flow, setup).failed();
    assert!(ran.outline().contains(&format!("{step} failed")), "{flow}: {:#?}", ran.outline());
    let wrong = ran.wrong().join("\n");
    assert!(wrong.contains(reason), "{flow}: {reason}\n{wrong}");
    // What was made is taken away all the same.
    assert!(
        ran.steps
            .iter()
            .filter(|s| s.phase == wxflow::event::Phase::Cleanup)
            .all(|s| s.outcome != wxflow::event::Outcome::Failed)
    );
}

/// What a failed step was told about Webex's refusal.
fn hint(ran: &Ran, step: &str) -> String {
    let exchange = ran.step(step).exchanges.last().unwrap();
    exchange.reply.as_ref().unwrap().hint.clone().unwrap_or_default()
}

#[test]
fn an_integration_goes_red() {
    red("integration", with("client_secret", json!("wrong")), "Refresh the tokens", "status");
    red("integration", with("refresh_token", json!("used-up")), "Refresh the tokens", "status");
    let refused = |name| hint(&kit("integration", with(name, json!("wrong"))), "Refresh the tokens");
    assert!(refused("client_secret").contains("the client secret is wrong"));
    assert!(refused("refresh_token").contains("90 days without use"));
    let scopes = json!(["spark:rooms_read", "spark-admin:people_read"]);
    red("integration", with("scopes", scopes), "None is missing", r#"missing is ["spark-admin:people_read"]"#);
    red("integration", with("least_days", json!(15)), "They live long enough", "lives is 1209600, least_days is 15");
    red("integration", with("least_refresh_days", json!(91)), "They live long enough", "refresh_lives");
}

#[test]
fn an_access_token_goes_red() {
    red("access-token", with("access_token", json!("gone")), "Whose token it is", "status");
    red("access-token", with("least_hours", json!(13)), "It lives long enough", "hours_left is 12");
    let ran = kit("access-token", with("access_token", json!("gone")));
    assert!(hint(&ran, "Whose token it is").starts_with("Webex's 401 usually means: the access token is"));
}

#[test]
fn a_bot_goes_red() {
    let person = |setup: Setup| kit("bot", setup).failed();
    let mut setup = Setup::default();
    setup.faults.push(Fault::Error(1.0));
    red("bot", setup, "Who the bot is", "status");
    red("bot", with("bot_email", json!("other@webex.bot")), "It is the one that is meant", "sandbox@webex.bot");
    // A person's token where the bot's should be.
    let ran = person(with("bot_token", json!(token("WEBEX_ACCESS_TOKEN"))));
    assert!(ran.wrong().join("\n").contains(r#"$.type equals "bot""#), "{:#?}", ran.wrong());
}

/// What the harness' sandbox prints: its seed is fixed.
fn token(name: &str) -> String {
    let start = "2026-11-21T10:00:00Z".parse().unwrap();
    let sandbox = Sandbox::new(7, Box::new(move || start));
    sandbox.variables("http://sandbox.test:80").into_iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn a_guest_issuer_goes_red() {
    let other = with("secret", json!("b3RoZXItc2VjcmV0LW9mLXNvbWVib2R5LWVsc2U="));
    red("guest-issuer", other, "Log the guest in", "status");
    let elsewhere = with("issuer", json!("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9lbHNld2hlcmU"));
    let ran = kit("guest-issuer", elsewhere).failed();
    assert!(hint(&ran, "Log the guest in").contains("`wxflow guest verify`"), "{:#?}", ran.wrong());
}

#[test]
fn a_service_app_goes_red() {
    let setup = || with("service_app_token", json!(token("WEBEX_BOT_TOKEN")));
    red("service-app", setup(), "Make the guest", "status");
    let ran = kit("service-app", setup());
    assert!(hint(&ran, "Make the guest").contains("the scope guest-issuer:write, authorized in Control Hub"));
}

/// A request of the bot before the flow begins.
fn ask(sandbox: &Sandbox, path: &str, body: &serde_json::Value) {
    let mut request = Request::new(Method::POST, Url::parse(&format!("http://sandbox.test/v1{path}")).unwrap());
    request.headers.insert("authorization", format!("Bearer {}", token("WEBEX_BOT_TOKEN")).parse().unwrap());
    request.headers.insert("content-type", "application/json".parse().unwrap());
    request.body = Bytes::from(body.to_string());
    assert_eq!(sandbox.handle(&request).status, 200);
}

/// A webhook whose receiver is gone, after a hundred failed deliveries, and one that is well.
fn silenced(sandbox: &Sandbox) {
    let hook = |name, resource| json!({"name": name, "targetUrl": "http://127.0.0.1:9/", "resource": resource, "event": "created"});
    ask(sandbox, "/webhooks", &hook("Rooms", "rooms"));
    ask(sandbox, "/webhooks", &hook("Messages", "messages"));
    for n in 0..100 {
        ask(sandbox, "/rooms", &json!({"title": n.to_string()}));
        sandbox.take_deliveries().iter().for_each(|delivery| sandbox.delivery_failed(delivery));
    }
}

#[test]
fn an_inactive_webhook_goes_red_until_it_is_switched_on() {
    let setup = |inputs| Setup { inputs, prepare: Some(silenced), ..Setup::default() };
    red("webhooks", setup(vec![]), "All are active", r#"inactive_names is ["Rooms"]"#);
    let ran = kit("webhooks", setup(vec![("reactivate", json!(true), false)])).passed();
    let puts: Vec<_> = ran.sent.iter().filter(|request| request.method == Method::PUT).collect();
    assert_eq!(puts.len(), 1, "only what is inactive is touched");
    red("webhooks", with("least", json!(1)), "Look at all webhooks", "$.items");
}

#[test]
fn a_space_goes_red() {
    let ran = kit("space-lifecycle", with("bot_token", json!(token("WEBEX_ACCESS_TOKEN")))).failed();
    // Whoever makes a space is in it already.
    assert_eq!(
        hint(&ran, "Invite the bot").split(';').next(),
        Some("Webex's 409 usually means: the person is in there already, perhaps from an earlier run")
    );
    assert_eq!(ran.sent.last().map(|request| request.method.as_str()), Some("DELETE"));
    let mut setup = Setup::default();
    setup.faults.push(Fault::ExpireTokens);
    let ran = kit("space-lifecycle", setup).failed();
    assert!(ran.wrong().join("\n").contains("401"), "{:#?}", ran.wrong());
}

#[test]
fn licences_and_devices_go_red() {
    red("licenses", with("most_percent", json!(90)), "None is fuller than it may be", r#"too_full is ["Messaging"]"#);
    let person = || with("admin_token", json!(token("WEBEX_ACCESS_TOKEN")));
    red("licenses", person(), "Look at all licences", "status");
    let step = "No more than usual are away or unwell";
    red("devices", with("most_away", json!(0)), step, r#"away is ["Desk"]"#);
    red("devices", with("most_unwell", json!(0)), step, r#"unwell is ["Room Kit"]"#);
    assert!(hint(&kit("licenses", person()), "Look at all licences").contains("an administrator's role"));
}

#[test]
fn a_rate_limit_goes_red_where_it_never_ends() {
    let mut setup = Setup::default();
    setup.faults.push(Fault::RateLimit(3));
    // The sandbox's clock stands still here, so its window never opens again.
    let ran = kit("rate-limit", setup).failed();
    let failed = ran.steps.iter().find(|step| step.outcome == wxflow::event::Outcome::Failed).unwrap();
    let reply = failed.exchanges.last().unwrap().reply.as_ref().unwrap();
    assert_eq!(reply.status, 429);
    assert!(reply.hint.as_ref().unwrap().contains("Retry-After said 1 s"), "{:?}", reply.hint);
}
