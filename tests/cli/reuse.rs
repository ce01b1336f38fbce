//! `use` from outside: one `once` login for many flows, and mistakes around used flows.

use crate::project::Project;

const PART: &str = include_str!("../../flows/_login-guest.flow.yaml");
const FLOW: &str = include_str!("../../flows/recipes/log-in-once.flow.yaml");

#[test]
fn one_login_for_twenty_flows_on_four_threads() {
    let flow = FLOW.replace("../_login-guest", "./_login-guest");
    let mut project = Project::new().file("flows/_login-guest.flow.yaml", PART);
    for n in 1..=20 {
        project = project.file(&format!("flows/f{n}.flow.yaml"), &flow);
    }
    let done = project.run(&["run", "flows", "--sandbox", "-j", "4", "--report", "events=events.ndjson"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let events = std::fs::read_to_string(project.path("events.ndjson")).unwrap();
    assert_eq!(events.matches("/jwt/login\"").count(), 1);
    assert_eq!(events.matches("\"reused\":true").count(), 19);
}

#[test]
fn an_input_that_nothing_gives_is_told_at_the_use_and_nothing_is_sent() {
    let project = Project::new()
        .file("flows/_part.flow.yaml", "inputs: { user: null }\nsteps: [{ wait: 0s }]\n")
        .file("flows/a.flow.yaml", "steps:\n  - use: ./_part.flow.yaml\n");
    let done = project.run(&["run", "flows"]);
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("`flows/_part.flow.yaml`: input `user` has no value"), "{}", done.stderr);
    assert!(done.stderr.contains("flows/a.flow.yaml:2:10"), "{}", done.stderr);
    assert!(done.stderr.contains("give it here: `with: { user: … }`"), "{}", done.stderr);
}

#[test]
fn one_output_is_printed_raw_and_the_view_moves_aside() {
    let flow = "inputs: { token: { secret: true } }\nvars: { n: [1, 2] }\nsteps: [{ wait: 0s }]\noutputs: { token: \"{{ token }}\", n: \"{{ n }}\" }\n";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("secret", "a-long-secret\n");
    let ask = |name| project.run(&["run", "flows", "--secret", "token=@secret", "--output", name]);
    let done = ask("token");
    assert_eq!((done.status, done.stdout.as_str()), (0, "a-long-secret\n"), "{}", done.stderr);
    assert!(done.stderr.contains("PASSED") && !done.stderr.contains("a-long-secret"), "{}", done.stderr);
    assert_eq!(ask("n").stdout, "[1,2]\n");
    let done = ask("tokn");
    assert_eq!((done.status, done.stdout.as_str()), (2, ""));
    assert!(
        done.stderr.contains("flows/a.flow.yaml has no output `tokn`") && done.stderr.contains("did you mean `token`?")
    );
}

#[test]
fn a_failed_flow_prints_no_output() {
    let flow = "vars: { n: 1 }\nsteps: [{ check: [n == 2] }]\noutputs: { n: \"{{ n }}\" }\n";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let done = project.run(&["run", "flows", "--output", "n"]);
    assert_eq!((done.status, done.stdout.as_str()), (1, ""));
}

#[test]
fn what_a_once_flow_made_is_undone_once_when_all_flows_have_ended() {
    let part = "inputs: { status: { type: string } }\ndefaults: { base_url: https://webexapis.com/_wxflow }\nsteps:\n  \
                - request: POST /echo\n    cleanup: { name: Undo, request: \"DELETE /status/{{ status }}\" }\n";
    let flow = |status: &str| {
        format!("steps:\n  - use: ./_part.flow.yaml\n    once: true\n    with: {{ status: \"{status}\" }}\n")
    };
    for (status, expected) in [("204", 0), ("500", 1)] {
        let project = Project::new()
            .file("flows/_part.flow.yaml", part)
            .file("flows/a.flow.yaml", flow(status))
            .file("flows/b.flow.yaml", flow(status));
        let done = project.run(&["run", "--sandbox", "-j", "2", "--report", "json=report.json"]);
        assert_eq!(done.status, expected, "{}{}", done.stdout, done.stderr);
        let (view, undo) = (done.stdout.find("flows/b.flow.yaml").unwrap(), done.stdout.find("Undo").unwrap());
        assert!(view < undo, "{}", done.stdout);
        let report: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(project.path("report.json")).unwrap()).unwrap();
        let flows = report["flows"].as_array().unwrap();
        let cleaned = |path: &str| {
            let of = flows.iter().filter(|flow| flow["path"] == path);
            of.map(|flow| flow["cleanups"].as_array().unwrap().len()).sum::<usize>()
        };
        let cleaned = ["flows/_part.flow.yaml", "flows/a.flow.yaml", "flows/b.flow.yaml"].map(cleaned);
        assert_eq!(cleaned, [1, 0, 0], "{report:#}");
    }
}
