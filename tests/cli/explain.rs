//! `wxflow explain`.

use crate::project::{BROKEN, Project};

const PART: &str = "\
inputs: { url: https://id.example.com, password: { secret: true, env: ID_PASSWORD } }
steps:
  - name: Ask for a token
    request: \"POST {{ url }}/token\"
    auth: { basic: { username: me, password: \"{{ password }}\" } }
    capture: { token: { json: $.token, secret: true } }
outputs: { token: \"{{ token }}\" }
";

const FLOW: &str = "\
name: Teams
description: Makes teams.
tags: [smoke]
inputs:
  api: { default: https://api.example.com, env: API_URL }
  people: { type: list, default: [a, b] }
  key: { secret: true, env: WEBEX_KEY, hosts: [api.example.com], description: Of the tenant }
vars: { region: \"eu-1\" }
defaults: { base_url: \"{{ api }}/v1\", headers: { X-Key: \"{{ key }}\" } }
steps:
  - name: Log in
    use: ./_login.flow.yaml
    with: { url: \"https://{{ region }}.example.net\" }
    capture: { token: \"{{ outputs.token }}\" }
  - name: Make
    for_each: { person: \"{{ people }}\" }
    when: person != 'x'
    request: POST /teams
    auth: { bearer: \"{{ token }}\" }
    multipart: { logo: { file: ./logo.png }, who: \"{{ person }}\" }
    expect: { status: [200, 409], json: { $.id: { exists: true } } }
    capture: { id: $.id }
    cleanup: { name: Delete, request: \"DELETE /teams/{{ id }}\" }
  - name: Wait for it
    request: GET https://status.example.org/teams
    headers: { X-Key: \"{{ key }}\" }
    poll: { until: { json: { $.state: done } }, within: 30s }
    save: teams.json
";

fn project() -> Project {
    Project::new()
        .file("flows/a.flow.yaml", FLOW)
        .file("flows/_login.flow.yaml", PART)
        .file("flows/logo.png", "x")
        .file(".env", "WEBEX_KEY=in-the-file\n")
        .file(
            "environments/prod.yaml",
            "secrets: { password: { file: ~/password } }\nvars: { api: https://prod.example.com }\n",
        )
}

#[test]
fn text_is_about_this_machine() {
    let done = project().variable("API_URL", "https://other.example.com").run(&["explain", "flows/a.flow.yaml"]);
    done.is(
        0,
        "
flows/a.flow.yaml
  Teams
  Makes teams.
  tags smoke

Inputs
  api
      string, default `\"https://api.example.com\"`, asks for `API_URL`
      now from its default
  people
      list, default `[\"a\",\"b\"]`
      now from its default
  key
      string, required, secret, asks for `WEBEX_KEY`
      Of the tenant
      now from WEBEX_KEY

Inputs of the flows it uses
  password
      of `flows/_login.flow.yaml`
      string, required, secret, asks for `ID_PASSWORD`

Secrets, and where they go
  key
      an input
      bound to `api.example.com`: it is sent to no other host
      goes to `api.example.com` in `Delete`, `Make`
      goes to `status.example.org` in `Wait for it`: refused, as it is not bound to that host
  password
      an input of `flows/_login.flow.yaml`
      goes to `eu-1.example.net` in `Ask for a token`
  token
      captured in `Ask for a token`
      goes to `api.example.com` in `Make`

Environment variables
  API_URL
      for `api`; it is read only with `--allow-env API_URL`, or when you agree; is set in the process
  ID_PASSWORD
      for `password`; it is read only with `--allow-env ID_PASSWORD`, or when you agree; is not set
  WEBEX_KEY
      for `key`; it may be read; is set in .env

Files
  ./_login.flow.yaml
      flow that is run by `Log in`
  ./logo.png
      read and sent by `Make` (it is there)
  teams.json
      written by `Wait for it`; needs --allow-write

Steps
  1 Log in
      runs `flows/_login.flow.yaml`
      keeps `token` from `{{ outputs.token }}`, a secret
      1.1 Ask for a token
          `POST {{ url }}/token` at `eu-1.example.net`
          with basic: user name and password
          expects status below 400
          keeps `token` from `$.token`, a secret
  2 Make
      for each `person` of `{{ people }}`
      only when `person != 'x'`
      `POST {{ api }}/v1/teams` at `api.example.com`
      with bearer token, a multipart form
      expects status [200, 409], `$.id`
      cleaned up by `DELETE {{ api }}/v1/teams/{{ id }}` at `api.example.com`
      keeps `id` from `$.id`
  3 Wait for it
      GET https://status.example.org/teams
      poll: every 2s until $.state, for at most 30s
      expects status below 400

What it makes, and what is cleaned up
  1.1 Ask for a token
      POST {{ url }}/token
      nothing undoes it here
  2 Make
      POST {{ api }}/v1/teams
      undone at the end by `DELETE {{ api }}/v1/teams/{{ id }}`
",
        "",
    );
}

#[test]
fn an_environment_shows_what_it_opens() {
    let done = project().run(&["explain", "flows/a.flow.yaml", "-e", "prod"]);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""));
    for line in [
        "now `\"https://prod.example.com\"`, from the environment `prod`",
        "from the file `~/password`, which cannot be read (it does not exist)",
        "goes to `prod.example.com` in `Delete`, `Make`: refused, as it is not bound to that host",
    ] {
        assert!(done.stdout.contains(line), "{line}\n{}", done.stdout);
    }
    let there =
        project().file("home/password", "hunter2hunter2\n").run(&["explain", "flows/a.flow.yaml", "-e", "prod"]);
    assert!(there.stdout.contains("from the file `~/password`, which is there"), "{}", there.stdout);
    assert!(!there.stdout.contains("hunter2"), "{}", there.stdout);
}

/// A value that is no secret of the flow is masked where it equals one.
#[test]
fn no_secret_is_told() {
    let project = project()
        .variable("WEBEX_KEY", "https://eu-1.example.net")
        .variable("WXFLOW_VAR_api", "https://eu-1.example.net");
    let done = project.run(&["explain", "flows/a.flow.yaml"]);
    assert!(done.stdout.contains("now `\"***\"`, from WXFLOW_VAR_api"), "{}", done.stdout);
    assert!(!done.stdout.contains("https://eu-1.example.net"), "{}", done.stdout);
}

/// A name that is bound anew by the step that sends it: what is sent is still the old value.
#[test]
fn a_secret_under_other_names_is_followed() {
    let flow = "\
inputs: { old: { secret: true } }
vars: { token: \"{{ old }}\" }
steps:
  - name: Trade
    request: POST https://id.example.com/trade
    form: { refresh: \"{{ token | trim }}\" }
    capture: { token: $.public }
  - name: Tell
    request: GET https://other.example.com/{{ token }}
  - name: Sign
    jwt: { algorithm: HS256, secret: { text: \"{{ old }}\" }, claims: { a: 1, exp: 2000000000 } }
    capture: { signed: \"{{ jwt.token }}\" }
  - for_each: { one: [\"{{ signed }}\"] }
    name: Show
    request: GET https://signed.example.com/
    cookies: { c: \"{{ one }}\" }
";
    let done = Project::new().file("flows/a.flow.yaml", flow).run(&["explain", "flows/a.flow.yaml"]);
    let (_, secrets) = done.stdout.split_once("Secrets, and where they go\n").unwrap_or_else(|| panic!("{done:?}"));
    let expected = "  old
      an input
      signs the token of `Sign`
      goes to `id.example.com` in `Trade`
  signed
      signed in `Sign`
      goes to `signed.example.com` in `Show`

Steps
";
    assert!(secrets.starts_with(expected), "{secrets}");
}

#[test]
fn markdown_and_diagrams_say_the_same_on_every_machine() {
    for format in ["markdown", "mermaid"] {
        let arguments = ["explain", "flows/a.flow.yaml", "--format", format];
        let here = project().variable("WXFLOW_VAR_api", "https://here.example.com").run(&arguments);
        let there = project().run(&arguments);
        assert_eq!(here, there);
        assert_eq!(here.status, 0);
    }
}

#[test]
fn mermaid() {
    project().run(&["explain", "flows/a.flow.yaml", "--format", "mermaid"]).is(
        0,
        "
sequenceDiagram
  participant flow as Teams
  participant host1 as eu-1.example.net
  participant host2 as api.example.com
  participant host3 as status.example.org
  Note over flow: Log in#58; run flows/_login.flow.yaml
  flow->>host1: Ask for a token<br/>POST /token
  host1-->>flow: status below 400
  loop for each person of #123;#123; people #125;#125;
    opt person #33;= 'x'
      flow->>host2: Make<br/>POST /v1/teams
      host2-->>flow: status #91;200, 409#93;
    end
  end
  flow->>host3: Wait for it<br/>GET /teams
  host3-->>flow: status below 400
  Note over flow: cleanup, newest first
  flow->>host2: Delete<br/>DELETE /v1/teams/#123;#123; id #125;#125;
  host2-->>flow: status below 400
",
        "",
    );
}

#[test]
fn markdown_holds_no_markup_of_the_flow() {
    let flow = "name: '<b> *x*'\ndescription: '[a](b) | c'\nsteps:\n  - name: 'a `b`'\n    wait: 1ms\n";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    project.run(&["explain", "flows/a.flow.yaml", "--format", "markdown"]).is(
        0,
        "
# \\<b\\> \\*x\\*

`flows/a.flow.yaml`

\\[a\\](b) \\| c

## Steps

- 1 **a \\`b\\`**
  - waits `1ms`
",
        "",
    );
}

#[test]
fn what_cannot_be_explained_is_told() {
    let project = Project::new().file("flows/a.flow.yaml", BROKEN);
    let broken = project.run(&["explain", "flows/a.flow.yaml"]);
    assert_eq!((broken.status, broken.stdout.as_str()), (2, ""));
    assert!(broken.stderr.starts_with("error[unknown-key]: a step has no key `nmae`"), "{}", broken.stderr);
    let help = "name the flow's file; `wxflow list` shows those there are";
    let folder = format!("error: flows is a folder, and explain is about one flow\n  {help}\n");
    project.run(&["explain", "flows"]).is(2, "", &folder);
    let missing = project.run(&["explain", "flows/a.flow.yaml", "-e", "x"]);
    assert_eq!(missing.status, 2);
}
