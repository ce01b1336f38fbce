//! `--update-snapshots` and what it writes.

use crate::project::Project;

const FLOW: &str = "\
inputs: { webex_url: { default: https://webexapis.com/v1, env: WEBEX_URL } }
steps:
  - name: Ask for an echo
    request: \"GET {{ webex_url }}/_wxflow/echo?a=1\"
    expect: { snapshot: { ignore: [$.headers, $.url, $.path] } }
";

#[test]
fn a_snapshot_is_written_when_asked_for_and_missing_else() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW);
    let missing = project.run(&["run", "--sandbox"]);
    assert_eq!(missing.status, 1, "{}", missing.stdout);
    assert!(missing.stdout.contains("run with --update-snapshots"), "{}", missing.stdout);
    assert!(!project.path("flows/__snapshots__").exists());

    let written = project.run(&["run", "--sandbox", "--update-snapshots"]);
    assert_eq!(written.status, 0, "{}{}", written.stdout, written.stderr);
    let file = project.path("flows/__snapshots__/a.flow.yaml/ask-for-an-echo.json");
    assert!(std::fs::read_to_string(&file).unwrap().contains("\"method\": \"GET\""));
    assert_eq!(project.run(&["run", "--sandbox"]).status, 0);

    std::fs::write(&file, "{}").unwrap();
    let differs = project.run(&["run", "--sandbox"]);
    assert_eq!(differs.status, 1);
    assert!(
        differs.stdout.contains("the body differs from `__snapshots__/a.flow.yaml/ask-for-an-echo.json`"),
        "{}",
        differs.stdout
    );
}

#[test]
fn ci_writes_no_snapshots() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW).variable("CI", "true");
    let refused = project.run(&["run", "--sandbox", "--update-snapshots"]);
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--update-snapshots is refused in CI"), "{}", refused.stderr);
    assert!(!project.path("flows/__snapshots__").exists());
}
