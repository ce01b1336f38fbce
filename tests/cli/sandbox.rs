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
