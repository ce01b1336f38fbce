//! Where inputs get their values: from the command line, the environment file, variables and `.env`.

use crate::project::Project;

const ASKS: &str = "\
inputs:
  name: null
  token: { env: WEBEX_BOT_TOKEN, secret: true }
  job: { env: CI_JOB_ID }
steps:
  - check: [\"name == 'Ann'\", \"token == 'hunter22'\", \"job == '7'\"]
";

#[test]
fn all_missing_inputs_are_told_at_once() {
    let project = Project::new().file("flows/a.flow.yaml", ASKS).variable("CI_JOB_ID", "7");
    let done = project.run(&["run"]);
    assert_eq!(done.status, 2);
    assert_eq!(
        done.stderr,
        "\
error[missing-input]: input `name` has no value
 --> flows/a.flow.yaml:2:3
  |
2 |   name: null
  |   ^^^^
  |
  = help: give it with --var name=…

error[missing-input]: input `token` has no value: WEBEX_BOT_TOKEN is not set
 --> flows/a.flow.yaml:3:3
  |
3 |   token: { env: WEBEX_BOT_TOKEN, secret: true }
  |   ^^^^^
  |
  = help: set WEBEX_BOT_TOKEN=…, in the process or in .env, or give it with --secret token=@FILE

error[missing-input]: input `job` has no value: the flow may not read CI_JOB_ID without your permission
 --> flows/a.flow.yaml:4:3
  |
4 |   job: { env: CI_JOB_ID }
  |   ^^^
  |
  = help: permit it with --allow-env CI_JOB_ID, or give the value with --var job=…

"
    );
}

#[test]
fn values_come_from_everywhere() {
    let project = Project::new().file("flows/a.flow.yaml", ASKS).variable("CI_JOB_ID", "7");
    let project = project.file(".env", "WEBEX_BOT_TOKEN=hunter22\n");
    let done = project.run(&["run", "--var", "name=Ann", "--allow-env", "CI_JOB_ID"]);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""));
    let environment = "vars: { name: Ann }\nsecrets: { token: { file: ~/.token } }\nallow_env: [CI_JOB_ID]\n";
    let project = project.file("environments/staging.yaml", environment).file("home/.token", "hunter22\n");
    assert_eq!(project.run(&["run", "-e", "staging"]).status, 0);
    project.run(&["run", "-e", "stagin"]).is(
        2,
        "",
        "error: there is no environment `stagin` in environments\n  did you mean `staging`?\n",
    );
}

#[test]
fn a_mistake_in_the_environment_stops_everything() {
    let project = Project::new().file("flows/a.flow.yaml", ASKS).file("environments/x.yaml", "var: {}\n");
    project.run(&["run", "-e", "x"]).is(
        2,
        "",
        "
error[unknown-key]: an environment has no key `var`
 --> environments/x.yaml:1:1
  |
1 | var: {}
  | ^^^
  |
  = help: did you mean `vars`?

",
    );
}

#[test]
fn a_secrets_file_that_is_not_there_is_told_with_the_place_that_names_it() {
    let project = Project::new()
        .file("flows/a.flow.yaml", "inputs: { token: { secret: true } }\nsteps: [{ check: [token] }]\n")
        .file("environments/x.yaml", "secrets:\n  token: { file: nowhere.txt }\n");
    let done = project.run(&["run", "-e", "x"]);
    assert_eq!(done.status, 2);
    let why = "input `token`: the secret's file nowhere.txt: it does not exist";
    let help = "the path stands at environments/x.yaml:2:3; a relative one begins in the project root";
    assert!(done.stderr.contains(why) && done.stderr.contains(help), "{}", done.stderr);
}

#[test]
fn a_name_that_no_flow_declares_is_an_error() {
    let project = Project::new().file("flows/a.flow.yaml", ASKS);
    project.run(&["run", "--var", "nmae=Ann"]).is(
        2,
        "",
        "error: --var nmae: no flow has an input `nmae`\n  did you mean `name`?\n",
    );
}

#[test]
fn secrets_are_masked_wherever_they_come_from() {
    let flow = "inputs: { token: { secret: true } }\nsteps:\n  - check: [\"token == 'x'\"]\n";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("token.txt", "hunter22\n");
    let done = project.run(&["run", "--secret", "token=@token.txt", "--report", "events=events.ndjson"]);
    assert_eq!(done.status, 1);
    let events = std::fs::read_to_string(project.path("events.ndjson")).unwrap();
    for text in [&done.stdout, &done.stderr, &events] {
        assert!(!text.contains("hunter22"), "{text}");
    }
    let done = project.run(&["run", "--secret", "token=hunter22"]);
    assert!(done.stderr.starts_with("warning: --secret token=…: other processes can see it"), "{}", done.stderr);
    project.run(&["run", "--secret", "token=@gone"]).is(
        2,
        "",
        "error: --secret token: the secret's file gone: it does not exist\n  name a file that you can read\n",
    );
}
