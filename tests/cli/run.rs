//! `wxflow run`: what is shown, what is written, how it ends.

use std::io::{BufRead as _, BufReader};

use crate::project::{BROKEN, Done, FAILS, PASSES, Project};

#[test]
fn a_flow_that_passes_is_0() {
    Project::new().file("flows/a.flow.yaml", PASSES).run(&["run"]).is(
        0,
        "
flows/a.flow.yaml — Passes
  ✓ Adds [time]

flows 1 passed · steps 1 passed · assertions 1 · requests 0 · [time]
PASSED
",
        "",
    );
}

#[test]
fn a_flow_that_fails_is_1() {
    let done = Project::new().file("flows/a.flow.yaml", FAILS).run(&["run", "-q"]);
    done.is(
        1,
        "
flows/a.flow.yaml — Fails
  ✗ Adds [time]
    failed: 1 + 1 == 3
     --> flows/a.flow.yaml:5:14
      |
    5 |     check: [\"1 + 1 == 3\"]
      |              ^^^^^^^^^^
    1 + 1 is 2

flows 1 failed · steps 1 failed · assertions 1 failed · requests 0 · [time]
FAILED
",
        "",
    );
}

#[test]
fn a_broken_flow_does_not_stop_the_others_and_is_2() {
    let project = Project::new().file("flows/a.flow.yaml", BROKEN).file("flows/b.flow.yaml", FAILS);
    let done = project.file("flows/c.flow.yaml", PASSES).run(&["run", "-j", "1"]);
    assert_eq!(done.status, 2);
    assert!(done.stdout.contains("flows 1 passed, 1 failed, 1 invalid"), "{}", done.stdout);
    assert_eq!(
        done.stderr,
        "error[unknown-key]: a step has no key `nmae`\n --> flows/a.flow.yaml:2:5\n  |\n2 |   - nmae: x\n  |     ^^^^\n  |\n  = help: did you mean `name`?\n\n"
    );
}

#[test]
fn a_part_is_checked_but_not_run() {
    let project = Project::new().file("flows/_part.flow.yaml", FAILS).file("flows/a.flow.yaml", PASSES);
    let done = project.run(&["run"]);
    assert_eq!(done.status, 0);
    assert!(!done.stdout.contains("_part"), "{}", done.stdout);
    assert_eq!(project.run(&["run", "flows/_part.flow.yaml"]).status, 1, "a part that is named runs");
    let project = project.file("flows/_broken.flow.yaml", BROKEN);
    assert_eq!(project.run(&["run"]).status, 2, "a broken part is told");
}

#[test]
fn a_file_that_is_not_utf8_is_told_with_its_place() {
    let done = Project::new().file("flows/a.flow.yaml", b"name: St\xE8ve\n").run(&["run"]);
    assert_eq!(done.status, 2);
    assert!(
        done.stderr.contains("the file is not UTF-8: byte 0xE8 at offset 8\n --> flows/a.flow.yaml:1:9"),
        "{}",
        done.stderr
    );
}

#[test]
fn tags_choose_flows() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("flows/b.flow.yaml", FAILS);
    assert_eq!(project.run(&["run", "--tags", "smoke,other"]).status, 0);
    assert_eq!(project.run(&["run", "--tags", "slow"]).status, 1);
    project.run(&["run", "--tags", "smok"]).is(2, "", "error: no flow has the tag smok\n  did you mean `smoke`?\n");
}

#[test]
fn fail_fast_starts_no_new_flow() {
    let project = Project::new().file("flows/a.flow.yaml", FAILS).file("flows/b.flow.yaml", PASSES);
    let done = project.run(&["run", "-j1", "--fail-fast"]);
    assert_eq!(done.status, 1);
    assert!(done.stdout.contains("not started: another flow failed (--fail-fast)"), "{}", done.stdout);
    assert!(done.stdout.contains("flows 1 failed, 1 skipped"), "{}", done.stdout);
}

#[test]
fn a_report_that_cannot_be_written_is_3() {
    let project = Project::new().file("flows/a.flow.yaml", FAILS).file("taken", "");
    let done = project.run(&["run", "--report", "junit=taken/report.xml"]);
    assert_eq!(done.status, 3);
    assert!(done.stderr.starts_with("error: could not write taken/report.xml: "), "{}", done.stderr);
}

#[test]
fn a_report_on_stdout_moves_the_view_to_stderr() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("flows/b.flow.yaml", BROKEN);
    let done = project.run(&["run", "--report", "json=-", "--report", "junit=out/deep/report.xml"]);
    assert_eq!(done.status, 2);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["flows"][0]["path"], "flows/a.flow.yaml");
    assert_eq!(report["flows"][1]["outcome"], "failed");
    assert!(done.stderr.contains("flows 1 passed, 1 invalid"), "{}", done.stderr);
    let junit = std::fs::read_to_string(project.path("out/deep/report.xml")).unwrap();
    assert!(junit.contains("unknown-key"), "{junit}");
}

#[test]
fn many_flows_at_the_same_time_are_printed_whole() {
    let names: Vec<_> = (0..40).map(|n| format!("flows/{n:02}.flow.yaml")).collect();
    let project = names.iter().fold(Project::new(), |project, name| project.file(name, PASSES));
    let done = project.run(&["run", "-j", "4"]);
    assert_eq!(done.status, 0);
    for name in names {
        assert!(done.stdout.contains(&format!("{name} — Passes\n  ✓ Adds [time]\n")), "{}", done.stdout);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let names: Vec<_> = (0..200).map(|n| format!("flows/{n:03}.flow.yaml")).collect();
    let project = names.iter().fold(Project::new(), |project, name| project.file(name, PASSES));
    for arguments in [&["run", "-j1"][..], &["list"], &["schema", "event"]] {
        let mut child = project.command(arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_file_outside_of_the_project_is_refused() {
    let flow = "steps:\n  - request: GET https://webexapis.com/v1/people\n    expect: { schema: ../../outside.json }\n";
    let project = Project::new().file("outside.json", "{}").file("project/flows/a.flow.yaml", flow);
    let done = project.run(&["run", "--sandbox", "project", "--root", "project"]);
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("`../../outside.json` lies outside of the project"), "{}", done.stderr);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let project = Project::new().file("flows/a.flow.yaml", FAILS);
    assert!(!project.run(&["run"]).stdout.contains('\u{1b}'));
    assert!(project.run(&["run", "--color", "always"]).stdout.contains('\u{1b}'));
}

#[test]
fn flows_of_two_projects_keep_their_names_apart() {
    let project = Project::new().file("a/environments/x.yaml", "").file("b/environments/x.yaml", "");
    let project = project.file("a/flows/x.flow.yaml", PASSES).file("b/flows/x.flow.yaml", PASSES);
    let done = project.run(&["run", "a", "b", "-j1"]);
    assert_eq!(done.status, 0);
    assert!(done.stdout.contains("a/flows/x.flow.yaml — Passes"), "{}", done.stdout);
    assert!(done.stdout.contains("b/flows/x.flow.yaml — Passes"), "{}", done.stdout);
}

#[test]
fn what_has_no_name_is_called_by_what_was_sent() {
    let flow = "defaults: { base_url: https://webexapis.com/_wxflow }\nvars: { code: 201 }\nsteps:\n  \
                - request: GET /status/{{ code }}\n    cleanup: { request: \"DELETE /status/20{{ 1 + 3 }}\" }\n";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let done = project.run(&["run", "--sandbox", "--report", "junit=r.xml"]);
    assert!(done.stdout.contains("✓ GET /_wxflow/status/201 "), "{}", done.stdout);
    assert!(done.stdout.contains("✓ DELETE /_wxflow/status/204 "), "{}", done.stdout);
    // Reports keep the name that is the same in every run.
    let junit = std::fs::read_to_string(project.path("r.xml")).unwrap();
    assert!(junit.contains("name=\"GET /status/{{ code }}\""), "{junit}");
}
