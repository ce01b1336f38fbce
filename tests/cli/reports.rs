//! `--report`, GitHub Actions, and `report merge`.

use std::fs;

use crate::project::{BROKEN, FAILS, PASSES, Project};

const ALL: [&str; 6] = ["junit", "json", "html", "markdown", "tap", "events"];

fn reports(folder: &str) -> Vec<String> {
    ALL.iter().flat_map(|format| ["--report".to_owned(), format!("{format}={folder}/{format}")]).collect()
}

fn arguments<'a>(first: &[&'a str], rest: &'a [String]) -> Vec<&'a str> {
    first.iter().copied().chain(rest.iter().map(String::as_str)).collect()
}

/// Inputs, captures and what a server sends back: no report of a failed run has a secret, in any form it travels in.
#[test]
fn no_report_holds_a_secret() {
    const SECRET: &str = "hush-hush-\"quoted\"-0123456789/+&";
    let flow = "\
inputs: { token: { secret: true } }
defaults: { base_url: https://webexapis.com }
steps:
  - name: Sends it everywhere
    request: POST /_wxflow/echo
    auth: { basic: { username: me, password: \"{{ token }}\" } }
    query: { t: \"{{ token }}\" }
    headers: { x-hash: \"{{ token | base64_encode }}\" }
    json: { token: \"{{ token }}\", list: [\"{{ token }}\"] }
    capture: { again: $.json.token }
    continue_on_failure: true
    expect: { json: { $.json: { eq: { token: \"not {{ token }}\" } }, $.json.token: { length: 3 } } }
  - name: Fails with it
    check: [\"again == 'x' and token == 'y'\"]
";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("token.txt", SECRET);
    let summary = project.path("summary.md");
    let project = project.variable("GITHUB_ACTIONS", "true").variable("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let wanted = reports("out");
    let done = project.run(&arguments(&["run", "--sandbox", "--secret", "token=@token.txt", "-vv"], &wanted));
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    let mut texts = vec![("view".to_owned(), done.stdout + &done.stderr)];
    texts.push(("summary".to_owned(), fs::read_to_string(summary).unwrap()));
    texts.extend(ALL.map(|format| (format.to_owned(), fs::read_to_string(project.path("out").join(format)).unwrap())));
    for (name, text) in texts {
        assert!(text.contains("***") && text.contains("Fails with it"), "{name}: {text}");
        // Plain or quoted, percent-encoded, in base64 (the middle is the same at every offset of its own).
        for form in ["hush-hush", "0123456789/+", "0123456789%2F", "aHVzaC1odXNo", "h1c2gtaHVza", "odXNoLWh1c2"] {
            assert!(!text.contains(form), "{name} holds {form}: {text}");
        }
    }
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let project = Project::new().file("api/flows/a.flow.yaml", FAILS).file("api/flows/b.flow.yaml", PASSES);
    let (root, summary) = (project.path("."), project.path("summary.md"));
    fs::write(&summary, "before\n").unwrap();
    let project = project
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITHUB_WORKSPACE", root.to_str().unwrap())
        .variable("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let run = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.current_dir(project.path("api"));
        let done = crate::project::Done::of(command.output().unwrap());
        (done.status, done.stdout, done.stderr)
    };
    let (status, stdout, stderr) = run(&["run", "-q"]);
    let last = "::error file=api/flows/a.flow.yaml,line=5,col=14,title=Adds::1 + 1 == 3%0A  1 + 1 is 2\n";
    assert_eq!((status, stderr.as_str()), (1, ""));
    assert!(stdout.ends_with(&format!("FAILED\n{last}")), "{stdout}");
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n## wxflow: ❌ 1 of 2 flows failed\n"), "{text}");
    // Where stdout is a report's, the annotations go with the view.
    let (_, stdout, stderr) = run(&["run", "-q", "--report", "tap=-"]);
    assert!(stdout.starts_with("TAP version 14\n") && stderr.ends_with(last), "{stdout}{stderr}");
}

/// Nobody asked for the summary by name: a run does not fail for it.
#[test]
fn a_summary_that_cannot_be_written_is_told() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).variable("GITHUB_ACTIONS", "true");
    let full = project.path("summary.md");
    fs::write(&full, vec![b'x'; 1 << 20]).unwrap();
    let project = project.variable("GITHUB_STEP_SUMMARY", full.to_str().unwrap());
    let done = project.run(&["run", "-q"]);
    let warning = "warning: the step summary is full, so this run is not in it\n";
    assert_eq!((done.status, done.stderr.as_str()), (0, warning));
    let done = project.variable("GITHUB_STEP_SUMMARY", "no/such/folder.md").run(&["run", "-q"]);
    assert_eq!(done.status, 0);
    assert!(done.stderr.starts_with("warning: the step summary cannot be written: "), "{}", done.stderr);
}

/// Flows of every outcome, in two shards.
fn sharded() -> Project {
    let mut project = Project::new().file("flows/b.flow.yaml", BROKEN);
    for (name, flow) in [("a", FAILS), ("c", PASSES), ("d", PASSES)] {
        project = project.file(&format!("flows/{name}.flow.yaml"), flow);
    }
    for shard in ["1/2", "2/2"] {
        let report = format!("json=shards/{}.json", shard.replace('/', "of"));
        project.run(&["run", "--shard", shard, "--report", &report]);
    }
    project
}

#[test]
fn shards_are_joined_as_if_there_were_one_run() {
    let project = sharded();
    let wanted = reports("merged");
    let merged = project.run(&arguments(&["report", "merge", "shards/1of2.json", "shards/2of2.json"], &wanted));
    let wanted = reports("whole");
    let whole = project.run(&arguments(&["run", "-q"], &wanted));
    assert_eq!((merged.status, whole.status), (2, 2), "{}", merged.stderr);
    assert!(
        merged.stdout.contains("flows 2 passed, 1 failed, 1 invalid · steps 2 passed, 1 failed"),
        "{}",
        merged.stdout
    );
    assert!(merged.stdout.ends_with("FAILED\n"), "{}", merged.stdout);
    let masked = |folder: &str, format: &str| {
        let text = fs::read_to_string(project.path(folder).join(format)).unwrap();
        let changing = [
            (r"\d{4}-\d\d-\d\d[T ][\d:.]+( UTC|Z)?", "DATE"),
            (r#"(duration_ms"?: ?)[\d.]+"#, "$1 N"),
            (r#"time="[\d.]+""#, "TIME"),
            (r"[\d.]+ m?s\b", "TIME"),
        ];
        changing.iter().fold(text, |text, (pattern, word)| {
            regex::Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned()
        })
    };
    for format in ALL {
        assert_eq!(masked("merged", format), masked("whole", format), "{format}");
    }
}

#[test]
fn what_cannot_be_joined_is_told() {
    let project = sharded();
    let merge = |files: &[&str]| {
        project.run(&arguments(
            &["report", "merge", "--report", "json=out.json"],
            &files.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>(),
        ))
    };
    let done = merge(&["shards/2of2.json"]);
    assert_eq!(
        (done.status, done.stderr.as_str()),
        (2, "error: shard 1/2 has no report: what ran there is not known\n")
    );
    assert!(project.path("out.json").exists());
    fs::remove_file(project.path("out.json")).unwrap();
    let done = merge(&["shards/1of2.json", "shards/1of2.json"]);
    assert_eq!(done.status, 2);
    let expected = "error: shards/1of2.json: shard 1/2 is in shards/1of2.json too: was a report named twice, or one of another run? at line ";
    assert!(done.stderr.starts_with(expected), "{}", done.stderr);
    let done = merge(&["flows/a.flow.yaml", "none.json"]);
    assert!(done.stderr.starts_with("error: flows/a.flow.yaml: expected ident at line 1"), "{}", done.stderr);
    assert!(!project.path("out.json").exists(), "nothing is written where a file is refused");
    assert_eq!(merge(&["none.json"]).status, 2);
}
