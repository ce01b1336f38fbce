//! `wxflow guest`: what stands alone on stdout, what is said on stderr, and the status.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use wxflow::sandbox::{RunningServer, Sandbox, Server};

use crate::project::{Done, Project};

/// Ends in 2100; signed with `SECRET`.
const FAR: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjMiLCJuYW1lIjoiU3TDqHZlIiwiaXNzIjoiWTJselkyOXpjR0Z5YXpv\
    dkwzVnpMMDlTUjBGT1NWcEJWRWxQVGk4ek9URTRPR00zTWkwd01ESTVMVFEzWVRRdFlqQXlOUzAxT0dFd1kyRTNORFZrTURZIiwiZXhwI\
    jo0MTAyNDQ0ODAwfQ.xdDVk8y7lBN9PJhLJVWm-jEcHl2H3IoyENxbAfHwzYM";
const SECRET: &str = "d2ViZXgtc2FuZGJveC1ndWVzdC1zZWNyZXQtMzJieXRl";
/// Ended in 1970; signed with `SECRET`.
const OLD: &str =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwiZXhwIjo2MH0.26gQl4z5LCEP4QcLVhvmws-T4Yq4TYeB5ZjMAICB3O8";

/// A local Webex, and a project that is pointed at it as `wxflow sandbox` says.
struct Lab {
    project: Project,
    server: RunningServer,
    variables: Vec<(&'static str, String)>,
}

impl Lab {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::new(7, Box::new(jiff::Timestamp::now)));
        let server = Server::start(Arc::clone(&sandbox), 0).unwrap();
        let variables = sandbox.variables(&server.base_url());
        let project = variables.iter().fold(Project::new(), |project, (name, value)| project.variable(name, value));
        Self { project, server, variables }
    }

    fn variable(&self, name: &str) -> &str {
        &self.variables.iter().find(|(n, _)| *n == name).unwrap().1
    }

    fn run(&self, arguments: &[&str]) -> Done {
        self.masked(self.project.run(arguments))
    }

    fn feed(&self, stdin: &str, arguments: &[&str]) -> Done {
        self.masked(feed(&self.project, stdin, arguments))
    }

    fn masked(&self, done: Done) -> Done {
        let address = self.server.addr().to_string();
        let mask = |text: String| masked(&text).replace(&address, "SANDBOX");
        Done { stdout: mask(done.stdout), stderr: mask(done.stderr), ..done }
    }
}

fn feed(project: &Project, stdin: &str, arguments: &[&str]) -> Done {
    let mut child = project.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    Done::of(child.wait_with_output().unwrap())
}

/// Tokens, ids and dates are new in every run.
fn masked(text: &str) -> String {
    let changing = [
        (r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", "JWT"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "DATE"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "DATE"),
        (r"ROUTERGW_[\w-]+", "TRACKING"),
        (r"[\w-]{60,}", "TOKEN"),
        (r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID"),
    ];
    changing.iter().fold(text.to_owned(), |text, (pattern, word)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned()
    })
}

#[test]
fn a_token_is_alone_on_stdout() {
    let lab = Lab::new();
    lab.run(&["guest", "create", "visitor-1", "Stève"]).is(
        0,
        "JWT\n",
        "guest token for Stève, valid for 1h 30m, until DATE\n",
    );
    lab.run(&["guest", "create", "visitor-1", "Stève", "-d", "60"]).is(
        0,
        "JWT\n",
        "guest token for Stève, valid for 1m, until DATE\n",
    );
    lab.run(&["guest", "quick", "visitor-1", "Stève"]).is(
        0,
        "TOKEN\n",
        "access token of Stève, valid for 6h, until DATE\n",
    );
    lab.run(&["guest", "create", "visitor-1", "Stève", "--service-app"]).is(
        0,
        "TOKEN\n",
        "access token of Stève, a guest of the Service App, valid for 17h 59m, until DATE\n",
    );
}

#[test]
fn the_tools_make_a_chain() {
    let lab = Lab::new();
    let jwt = lab.project.run(&["guest", "create", "visitor-1", "Stève"]).stdout;
    let access = feed(&lab.project, &jwt, &["guest", "login", "-"]);
    lab.feed(&jwt, &["guest", "login", "-"]).is(0, "TOKEN\n", "access token, valid for 6h, until DATE\n");
    lab.feed(&access.stdout, &["guest", "verify", "--access", "-"]).is(
        0,
        "
id           TOKEN
emails       visitor-1@UUID
displayName  Stève
avatar       https://avatar.example.com/UUID
orgId        TOKEN
created      DATE
type         appuser
",
        "",
    );
    let secret = lab.project.path("secret.txt");
    std::fs::write(&secret, lab.variable("WEBEX_GUEST_SECRET")).unwrap();
    let checked = lab.feed(&jwt, &["guest", "verify", "-", "-s", "@secret.txt"]);
    assert!(checked.stdout.ends_with("signature\n  made with this secret\n"), "{}", checked.stdout);
    assert_eq!((checked.status, checked.stderr.as_str()), (0, ""));
}

#[test]
fn json_has_the_token_and_its_end() {
    let lab = Lab::new();
    lab.run(&["guest", "create", "1", "Ann", "--json"]).is(
        0,
        "
{
  \"token\": \"JWT\",
  \"expires_in\": 5400,
  \"expires_at\": \"DATE\"
}
",
        "",
    );
    lab.run(&["guest", "quick", "1", "Ann", "--json"]).is(
        0,
        "
{
  \"access_token\": \"TOKEN\",
  \"expires_in\": 21600,
  \"expires_at\": \"DATE\"
}
",
        "",
    );
    lab.run(&["guest", "create", "1", "Ann", "--service-app", "--json"]).is(
        0,
        "
{
  \"access_token\": \"TOKEN\",
  \"expires_in\": 64799,
  \"expires_at\": \"DATE\",
  \"guest\": {
    \"id\": \"TOKEN\",
    \"subject\": \"1\",
    \"displayName\": \"Ann\",
    \"email\": \"UUID@appid.ciscospark.com\"
  }
}
",
        "",
    );
}

#[test]
fn the_variables_are_those_of_guestissuer() {
    let project = Project::new().variable("ISSUER", "an-issuer").variable("SECRET", SECRET).variable("EXPIRES", "120");
    // The issuer of flows comes second.
    let project = project.variable("WEBEX_GUEST_ISSUER", "another");
    let made = project.run(&["guest", "create", "1", "Ann"]);
    assert!(made.stderr.starts_with("guest token for Ann, valid for 2m, until "), "{}", made.stderr);
    let read = feed(&project, &made.stdout, &["guest", "verify", "--json", "-"]);
    let read: serde_json::Value = serde_json::from_str(&read.stdout).unwrap();
    let keys: Vec<_> = read["claims"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["sub", "name", "iss", "exp"]);
    assert_eq!(read["claims"]["iss"], "an-issuer");
}

#[test]
fn a_literal_secret_works_and_warns() {
    let lab = Lab::new();
    let secret = lab.variable("WEBEX_GUEST_SECRET").to_owned();
    let done = lab.run(&["guest", "quick", "1", "Ann", "-s", &secret]);
    done.is(
        0,
        "TOKEN\n",
        "
warning: -s with the Guest Issuer secret itself: other processes can see it; write -s @FILE or -s -
access token of Ann, valid for 6h, until DATE
",
    );
    let done = lab.feed(&secret, &["guest", "quick", "1", "Ann", "-s", "-"]);
    assert_eq!((done.status, done.stderr.as_str()), (0, "access token of Ann, valid for 6h, until DATE\n"));
}

#[test]
fn a_token_is_shown_so_that_a_person_can_read_it() {
    let done = Project::new().run(&["guest", "verify", "--jwt", FAR, "-s", SECRET]);
    let left = regex::Regex::new(r"in \d+d.*").unwrap().replace(&done.stdout, "in LEFT").into_owned();
    Done { stdout: left, ..done }.is(
        0,
        "
header
  alg  HS256
  typ  JWT
claims
  sub   123
  name  Stève
  iss   Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8zOTE4OGM3Mi0wMDI5LTQ3YTQtYjAyNS01OGEwY2E3NDVkMDY
  exp   4102444800, 2100-01-01 00:00:00 UTC, in LEFT
signature
  made with this secret
",
        "warning: -s with the Guest Issuer secret itself: other processes can see it; write -s @FILE or -s -\n",
    );
}

#[test]
fn what_speaks_against_a_token_is_status_1() {
    let project = Project::new().file("wrong.txt", "b3RoZXI=\n").file("token.txt", format!("{FAR}\n"));
    let done = project.run(&["guest", "verify", "@token.txt", "-s", "@wrong.txt"]);
    assert!(done.stdout.ends_with("signature\n  wrong\n"), "{}", done.stdout);
    let wrong = "error: the signature does not match: the token was signed with another key, or changed\n";
    assert_eq!((done.status, done.stderr.as_str()), (1, wrong));

    let done = project.run(&["guest", "verify", OLD]);
    let ago = regex::Regex::new(r"\d+d( \d+h)?").unwrap();
    Done {
        stdout: ago.replace_all(&done.stdout, "LONG").into(),
        stderr: ago.replace_all(&done.stderr, "LONG").into(),
        ..done
    }
    .is(
        1,
        "
header
  alg  HS256
  typ  JWT
claims
  sub  1
  exp  60, 1970-01-01 00:01:00 UTC, LONG ago
signature
  not checked: give the Guest Issuer's secret with -s
",
        "error: the token expired LONG ago, at 1970-01-01 00:01:00 UTC\n",
    );

    let rs256 = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";
    project.run(&["guest", "verify", rs256, "--json"]).is(
        1,
        "
{
  \"valid\": false,
  \"problems\": [
    \"the header says `alg` is \\\"RS256\\\", and guest tokens are signed with \\\"HS256\\\"\"
  ],
  \"signature\": \"unchecked\",
  \"expires_at\": null,
  \"expires_in\": null,
  \"header\": {
    \"alg\": \"RS256\"
  },
  \"claims\": {}
}
",
        "
error: the header says `alg` is \"RS256\", and guest tokens are signed with \"HS256\"
  if it is an access token, ask whose it is: wxflow guest verify --access
",
    );
}

#[test]
fn what_is_missing_or_malformed_is_status_2() {
    let project = Project::new();
    project.run(&["guest", "quick", "1", "Ann"]).is(
        2,
        "",
        "
error: the Guest Issuer's id is missing
  give it with -i, or set ISSUER
error: the Guest Issuer's secret is missing
  give it with -s @FILE or -s -, or set SECRET
",
    );
    project.run(&["guest", "create", "1", "Ann", "--service-app"]).is(
        2,
        "",
        "
error: the Service App's access token is missing
  give it with -t @FILE or -t -, or set WEBEX_SERVICE_APP_TOKEN
",
    );
    project.run(&["guest", "login", "abc"]).is(
        2,
        "",
        "
error: not a JSON Web Token: it has 1 part where 3 are due
  a token looks like `eyJ….eyJ….signature`, without `Bearer` before it
",
    );
    project.run(&["guest", "login", FAR, "--base-url", "webexapis.com"]).is(
        2,
        "",
        "
error: the base URL is not a URL: relative URL without a base
  write one like https://webexapis.com/v1
",
    );
    feed(&project, "x", &["guest", "verify", "-", "-s", "-"]).is(
        2,
        "",
        "error: only one value can come from stdin\n  put the other into a file: @FILE\n",
    );
    feed(&project, "\n", &["guest", "verify", "-"]).is(2, "", "error: TOKEN: the token is empty\n");

    let project = project.variable("ISSUER", "i").variable("SECRET", "hunter2 hunter2").variable("EXPIRES", "soon");
    project.run(&["guest", "quick", "1", "Ann"]).is(
        2,
        "",
        "
error: the Guest Issuer's secret cannot be used: the secret is not base64
  copy it whole from the app's page on developer.webex.com, without quotes
",
    );
    let project = project.file("s", SECRET);
    project.run(&["guest", "create", "1", "Ann", "-s", "@s"]).is(
        2,
        "",
        "error: the variable EXPIRES is no lifetime\n  write a number of seconds, or like 90m, 6h\n",
    );
    project.run(&["guest", "create", "1", "Ann", "-s", "@s", "-d", "9223372036854775807"]).is(
        2,
        "",
        "error: the token cannot live that long\n  give fewer seconds with -d\n",
    );
    project.run(&["guest", "create", "1", " ", "-s", "@s", "-d", "9"]).is(2, "", "error: the guest's name is empty\n");
}

#[test]
fn a_refusal_prints_nothing_on_stdout() {
    let lab = Lab::new();
    let secret = lab.project.path("secret.txt");
    std::fs::write(secret, SECRET).unwrap();
    lab.run(&["guest", "quick", "1", "Ann", "-s", "@secret.txt"]).is(
        1,
        "",
        "
error: SANDBOX refused the guest token: 401 Unauthorized: The guest token was refused: its signature does not match the guest issuer's secret (trackingId TRACKING)
  check that the issuer and the secret belong together, and this machine's clock
",
    );
    lab.run(&["guest", "verify", "--access", "nobody"]).is(
        1,
        "",
        "
error: SANDBOX refused the access token: 401 Unauthorized: The request requires a valid access token set in the Authorization request header (trackingId TRACKING)
  it has expired, was revoked, or is no access token: get a new one
",
    );
}

#[test]
fn without_a_network_there_is_no_token() {
    let project = Project::new();
    project.run(&["guest", "login", FAR, "--base-url", "http://127.0.0.1:1/v1"]).is(
        1,
        "",
        "
error: 127.0.0.1:1 refused the connection
  nothing listens there: is the server running, and is the port right?
",
    );
    let resolve = ["--resolve", "webex.test:1:127.0.0.1"];
    let done = project.run(&[&["guest", "login", FAR, "--base-url", "http://webex.test:1/v1"], &resolve[..]].concat());
    done.is(
        1,
        "",
        "
warning: webex.test:1 is spoken to without encryption: others on the way can read the token
error: webex.test:1 refused the connection
  nothing listens there: is the server running, and is the port right?
",
    );
}

#[test]
fn options_that_exclude_each_other_are_told() {
    for arguments in [
        &["create", "1", "Ann", "--service-app", "-i", "x"][..],
        &["create", "1", "Ann", "-t", "x"],
        &["verify", "x", "--access", "--jwt"],
        &["verify", "x", "--access", "-s", "x"],
        &["create", "1", "Ann", "-d", "0"],
    ] {
        let done = Project::new().run(&[&["guest"], arguments].concat());
        assert_eq!((done.status, done.stdout.as_str()), (2, ""), "{arguments:?}\n{}", done.stderr);
    }
}
