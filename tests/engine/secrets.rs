//! Nothing that leaves the engine holds a secret, in any form; nothing that holds one goes where it may not.

use base64::Engine as _;
use wxflow::redact::HostPattern;
use wxflow::run::Options;

use crate::harness::{Ran, Scripted, Setup};

const SECRET: &str = "pässw0rd/with+odd \"chars\"";

fn run(yaml: &str) -> Ran {
    Setup { inputs: vec![("secret", SECRET.into(), true)], ..Setup::default() }.run(yaml)
}

/// Every form that the contract lists, and that an event could hold.
fn forms(secret: &str) -> Vec<String> {
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let percent: String = secret
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    vec![secret.to_owned(), json.trim_matches('"').to_owned(), percent, encode(secret.as_bytes()), hex]
}

#[test]
fn a_secret_is_masked_in_every_event_in_every_form() {
    let ran = run(r#"
inputs: { secret: { secret: true } }
vars: { derived: "x-{{ secret }}-y" }
steps:
  - name: Everywhere
    request: "POST http://sandbox.test/_wxflow/echo?q={{ secret }}"
    headers: { X-B64: "{{ secret | base64_encode }}", X-Hex: "{{ secret | sha256 }}", X-Part: "a {{ derived | urlencode }} b" }
    json: { raw: "{{ secret }}", deep: [{ "in": "{{ derived }}" }] }
    capture: { copy: $.json.raw, plain: $.method, tainted: "{{ secret | length }}" }
    expect:
      json: { $.json.raw: wrong, $.json.deep: { eq: [] } }
      that: ["secret == 'wrong'"]
    continue_on_failure: true
  - name: Broken
    request: POST http://sandbox.test/_wxflow/echo
    json: { n: "{{ secret | from_json }}" }
"#)
    .failed();
    assert!(ran.sent[0].url.as_str().contains("p%C3%A4ssw0rd"), "it really was sent");
    for form in forms(SECRET) {
        assert!(!ran.json.contains(&form), "`{form}` is in the events");
    }
    assert!(ran.json.contains("***"));
    // What its template names is masked whole, also where masking the value alone would show something.
    assert!(!ran.json.contains("x-***"), "{}", ran.json);
    assert_eq!(ran.captured("copy"), "***");
    assert_eq!(ran.captured("plain"), "POST");
    assert_eq!(ran.captured("tainted"), "***");
}

#[test]
fn only_what_names_a_secret_becomes_one() {
    let ran = run(r#"
inputs: { secret: { secret: true } }
steps:
  - request: POST http://sandbox.test/_wxflow/echo?plain-one=1
    query: { l: [plain-one, "{{ secret }}"], m: "{{ [secret, 'in-a-list'] }}" }
    headers: { X-L: [plain-two, "{{ secret | sha256 }}"] }
    cookies: { c: plain-three }
    form: { l: ["{{ secret }}", plain-four] }
    expect: { status: 500 }
"#)
    .failed();
    for plain in ["plain-one", "plain-two", "plain-four"] {
        assert!(ran.json.contains(plain), "`{plain}` is masked: {}", ran.json);
    }
    assert!(!ran.json.contains("in-a-list"), "its template names a secret: {}", ran.json);
}

#[test]
fn tokens_are_secret_from_the_moment_they_arrive() {
    let ran = Setup::default()
        .run(
            r#"
inputs:
  issuer: { env: WEBEX_GUEST_ISSUER }
  key: { env: WEBEX_GUEST_SECRET, secret: true }
steps:
  - jwt: { algorithm: HS256, secret: { base64: "{{ key }}" }, expires_in: 5m, claims: { sub: a, name: A, iss: "{{ issuer }}" } }
    capture: { guest: "{{ jwt.token }}" }
  - request: POST http://sandbox.test/v1/jwt/login
    headers: { Authorization: "Bearer {{ guest }}" }
    capture: { token: $.token }
"#,
        )
        .passed();
    let authorization = ran.sent[0].headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    assert!(authorization.starts_with("eyJ") && !ran.json.contains(&authorization), "{}", ran.json);
    assert_eq!(ran.captured("guest"), "***");
    assert_eq!(ran.captured("token"), "***", "not marked secret, and yet a token");
}

#[test]
fn a_bound_secret_goes_to_its_hosts_only() {
    let flow = |host: &str, header: &str| {
        format!(
            "inputs: {{ secret: {{ secret: true }} }}\nsteps:\n  - request: GET http://{host}/_wxflow/echo\n    headers: {{ X-K: \"{header}\" }}\n"
        )
    };
    let setup = || Setup {
        inputs: vec![("secret", "bound-secret-value".into(), true)],
        hosts: vec![("secret", "good.test")],
        ..Setup::default()
    };
    let _ = setup().run(&flow("good.test", "{{ secret }}")).passed();
    let _ = setup().run(&flow("evil.test", "nothing")).passed();
    for header in ["{{ secret }}", "{{ secret | base64_encode }}", "x{{ secret | url_encode }}"] {
        let ran = setup().run(&flow("evil.test", header)).failed();
        assert!(ran.sent.is_empty(), "{header}");
        assert_eq!(ran.wrong(), ["secret `secret` may only go to good.test; nothing was sent to evil.test:80"]);
    }
    let mut allowed = setup();
    allowed.options = Options { allow_hosts: vec![HostPattern::parse("evil.test").unwrap()], ..Options::default() };
    assert_eq!(allowed.run(&flow("evil.test", "{{ secret }}")).passed().sent.len(), 1);
}

#[test]
fn what_is_made_of_a_bound_secret_is_bound_as_well_and_masked_in_urls() {
    let flow = |url: &str| {
        format!(
            "inputs: {{ secret: {{ secret: true }} }}\nvars: {{ loud: \"{{{{ secret | upper }}}}\" }}\nsteps:\n  - request: \"GET {url}\"\n"
        )
    };
    let setup = || Setup {
        inputs: vec![("secret", "bound-secret-value".into(), true)],
        hosts: vec![("secret", "good.test")],
        ..Setup::default()
    };
    for value in
        ["{{ secret[:9] }}", "{{ secret | upper }}", "{{ loud }}", "{{ loud | reverse }}", "{{ secret | sha256 }}"]
    {
        for place in ["/_wxflow/echo?a=", "/_wxflow/echo?b=x"] {
            let ran = setup().run(&flow(&format!("http://evil.test{place}{value}"))).failed();
            assert!(ran.sent.is_empty(), "{value}");
            let ran = setup().run(&flow(&format!("http://good.test{place}{value}"))).passed();
            let query = ran.sent[0].url.query().unwrap().split_once('=').unwrap().1.to_owned();
            let value = query.trim_start_matches('x');
            assert!(!ran.json.contains(value), "{value} is in the events");
        }
    }
}

#[test]
fn a_redirect_does_not_carry_a_bound_secret_in_its_url() {
    let ran = Setup {
        inputs: vec![("secret", "bound-secret-value".into(), true)],
        hosts: vec![("secret", "good.test")],
        ..Setup::default()
    }
    .run("inputs: { secret: { secret: true } }\nsteps:\n  - request: \"GET http://good.test/_wxflow/redirect?to=http://evil.test/_wxflow/echo?{{ secret }}\"\n")
    .failed();
    assert_eq!(ran.sent.len(), 1);
    assert!(
        ran.wrong()[0].contains("evil.test has a secret in its location: nothing was sent there"),
        "{:?}",
        ran.wrong()
    );
}

#[test]
fn no_request_leaves_the_environments_hosts() {
    let options = Options { hosts: Some(vec![HostPattern::parse("a.test").unwrap()]), ..Options::default() };
    let ran = Setup { options, ..Setup::default() }
        .run("steps:\n  - request: GET http://a.test/_wxflow/redirect?to=http://b.test/_wxflow/echo\n")
        .failed();
    assert_eq!(ran.sent.len(), 1);
    assert_eq!(ran.wrong(), ["the environment's `hosts` do not include b.test:80, so nothing was sent"]);
}

#[test]
fn the_code_of_an_authorizations_redirect_is_secret() {
    let to = "https://app.test/back?state=abc&code=Zm9vYmFyLWNvZGU%3D".to_owned();
    let reply = Scripted::Reply(302, vec![("location", to)], String::new());
    let ran = Setup { script: Some(vec![reply]), ..Setup::default() }
        .run(
            r#"
steps:
  - request: GET http://a.test/authorize
    redirects: false
    capture: { to: { header: location } }
  - check: ["'state=abc' in to"]
"#,
        )
        .passed();
    assert!(ran.json.contains("state=abc") && !ran.json.contains("Zm9vYmFy"), "{}", ran.json);
}

#[test]
fn the_code_goes_to_the_application_it_is_for() {
    let to = "https://app.test/back?state=abc&code=Zm9vYmFyLWNvZGU%3D".to_owned();
    let script = vec![
        Scripted::Reply(302, vec![("location", to)], String::new()),
        Scripted::Reply(200, vec![], "{}".to_owned()),
    ];
    let ran = Setup { script: Some(script), ..Setup::default() }
        .run("steps:\n  - request: GET http://a.test/authorize\n")
        .passed();
    assert_eq!(ran.sent.len(), 2);
    assert!(!ran.json.contains("Zm9vYmFy"), "{}", ran.json);
}
