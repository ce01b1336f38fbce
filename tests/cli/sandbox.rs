//! `wxflow sandbox` and `run --sandbox`.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;

use crate::project::Project;

const GUEST: &str = "\
inputs:
  webex_url: { default: https://webexapis.com/v1, env: WEBEX_URL }
  token: { env: WEBEX_BOT_TOKEN, secret: true }
defaults: { base_url: \"{{ webex_url }}\" }
steps:
  - request: GET /people/me
    auth: { bearer: \"{{ token }}\" }
    expect: { status: 200 }
  - request: GET https://webexapis.com/v1/people/me
    auth: { bearer: \"{{ token }}\" }
    expect: { status: 200 }
";

#[test]
fn flows_run_without_account_and_network() {
    // A real token in the process is not looked at.
    let project = Project::new().file("flows/a.flow.yaml", GUEST).variable("WEBEX_BOT_TOKEN", "real");
    let done = project.run(&["run", "--sandbox"]);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{}", done.stdout);
}

#[test]
fn other_hosts_are_refused() {
    let flow = "steps:\n  - request: GET https://example.com/\n";
    let done = Project::new().file("flows/a.flow.yaml", flow).run(&["run", "--sandbox"]);
    assert_eq!(done.status, 1);
    assert!(done.stdout.contains("example.com is not reached under --sandbox"), "{}", done.stdout);
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let done = Project::new().run(&["sandbox", "--port", &port]);
    let expected = format!(
        "error: the sandbox cannot listen on port {port}: another program listens there\n  leave --port out to take a free one\n"
    );
    done.is(2, "", &expected);
}

#[test]
fn its_variables_point_a_run_at_it() {
    let mut server = Project::new().command(&["sandbox", "--seed", "1"]).spawn().unwrap();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    let bound = GUEST.replace("secret: true", "secret: true, hosts: [webexapis.com]");
    let own = bound.split("  - request: GET https").next().unwrap_or_default();
    let mut project = Project::new().file("flows/a.flow.yaml", own);
    for _ in 0..12 {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let (name, value) = line.trim().strip_prefix("export ").unwrap().split_once('=').unwrap();
        project = project.variable(name, value.trim_matches('\''));
    }
    let done = project.run(&["run"]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{}", done.stdout);
}

const FORBIDDEN: &str = "\
inputs:
  token: { env: WEBEX_BOT_TOKEN, secret: true }
steps:
  - request: GET https://webexapis.com/v1/licenses
    headers: { TrackingID: MINE_1 }
    auth: { bearer: \"{{ token }}\" }
";

#[test]
fn a_refusal_of_webex_is_explained_in_the_view_and_in_every_report() {
    let project = Project::new().file("flows/a.flow.yaml", FORBIDDEN);
    let reports = ["--report", "junit=r.xml", "--report", "json=r.json", "--report", "events=r.ndjson"];
    let hint = "Webex's 403 usually means: the token is good, but its owner may not do this: a scope, an administrator's \
                role or a licence is missing, or it is for moderators (trackingId MINE_1)";
    let done = project.run(&[&["run", "--sandbox"][..], &reports].concat());
    let expected =
        format!("    GET https://webexapis.com/v1/licenses\n    403 Forbidden\n    hint: {hint}\n    │ {{\n");
    assert!(done.status == 1 && done.stdout.contains(&expected), "{}", done.stdout);
    for (report, escaped) in [("r.json", "'"), ("r.ndjson", "'"), ("r.xml", "&apos;")] {
        let text = std::fs::read_to_string(project.path(report)).unwrap();
        let escaped = hint.replace('\'', escaped);
        assert!(text.contains(hint) || text.contains(&escaped), "{report}: {text}");
    }
}

/// A 403 of anybody else is not explained, nor one that the flow asks for.
#[test]
fn only_what_fails_is_explained() {
    let flow = FORBIDDEN.replace("    auth", "    expect: { status: 403 }\n    auth");
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let done = project.run(&["run", "--sandbox", "--report", "json=-", "-v"]);
    assert_eq!((done.status, done.stdout.contains("usually means")), (0, false), "{}", done.stdout);
}

/// A token that dies is refreshed, as in the real service: that is what the fault is for.
#[test]
fn a_client_refreshes_a_token_that_the_sandbox_lets_die() {
    let flow = "\
steps:
  - name: Ask
    for_each: { n: \"{{ range(12) }}\" }
    request: GET https://webexapis.com/v1/people/me
    auth: { oauth: webex }
    expect: { json: { $.displayName: Ada Example } }
";
    let environment = "oauth:\n  webex:\n    grant: refresh_token\n    token_url: https://webexapis.com/v1/access_token\n    client_id: C1\n    client_secret: { env: S }\n    refresh_token: { env: R }\n";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("environments/ci.yaml", environment);
    let arguments = ["run", "--sandbox", "-e", "ci", "--fault", "expire-tokens", "--seed", "4"];
    let done = project.run(&arguments);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{}", done.stdout);
    assert!(done.stdout.contains("  1 login\n"), "{}", done.stdout);
}
