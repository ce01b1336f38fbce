//! `run --watch`: a real process and real changes. Every wait is for a line, never for a time.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command};

use crate::project::{BROKEN, FAILS, PASSES, Project};

struct Watch {
    project: Project,
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Watch {
    fn start(project: Project, arguments: &[&str]) -> Self {
        let mut child = project.command(&[&["run", "--watch"], arguments].concat()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { project, child, stdout, stderr }
    }

    /// What is written until the run has ended and the wait for a change begins: stdout up to the verdict, and stderr.
    #[track_caller]
    fn run(&mut self) -> (String, String) {
        let mut told = String::new();
        while !told.contains("Ctrl-C ends") {
            assert_ne!(self.stderr.read_line(&mut told).unwrap(), 0, "{told}");
        }
        let mut text = String::new();
        while !text.ends_with("PASSED\n") && !text.ends_with("FAILED\n") {
            assert_ne!(self.stdout.read_line(&mut text).unwrap(), 0, "{text}");
        }
        (text, told)
    }

    /// In one step, so that it is one change however busy the machine is.
    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.project.path("home/new"), text).unwrap();
        std::fs::rename(self.project.path("home/new"), self.project.path(path)).unwrap();
    }

    fn end(mut self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_changed_flow_runs_again_and_a_broken_one_does_not_end_the_watch() {
    let mut watch = Watch::start(Project::new().file("flows/a.flow.yaml", PASSES), &[]);
    let (text, _) = watch.run();
    assert!(text.starts_with("flows/a.flow.yaml — Passes\n  ✓ Adds"), "{text}");
    watch.write("flows/a.flow.yaml", FAILS);
    let (text, _) = watch.run();
    assert!(
        text.starts_with("\n──── run 2: flows/a.flow.yaml changed ────\n\nflows/a.flow.yaml — Fails\n  ✗ Adds"),
        "{text}"
    );
    watch.write("flows/a.flow.yaml", BROKEN);
    let (text, told) = watch.run();
    assert!(text.contains("run 3") && told.contains("a step has no key `nmae`"), "{text}{told}");
    watch.write("flows/a.flow.yaml", PASSES);
    assert!(watch.run().0.ends_with("PASSED\n"));
    watch.end();
}

#[test]
fn a_flow_that_appears_counts() {
    let mut watch = Watch::start(Project::new().file("flows/a.flow.yaml", PASSES), &["flows"]);
    watch.run();
    watch.write("flows/notes.txt", "no flow");
    std::fs::create_dir(watch.project.path("elsewhere")).unwrap();
    watch.write("elsewhere/b.flow.yaml", PASSES);
    // Written elsewhere, then moved in, as editors do it.
    std::fs::rename(watch.project.path("elsewhere/b.flow.yaml"), watch.project.path("flows/b.flow.yaml")).unwrap();
    let (text, _) = watch.run();
    assert!(text.contains("run 2: flows/b.flow.yaml changed"), "{text}");
    assert!(text.contains("flows 2 passed"), "{text}");
    watch.end();
}

#[test]
fn everything_that_a_run_reads_counts() {
    let flow = "\
inputs: { who: x, row: x }
steps:
  - use: ../parts/part.flow.yaml
  - request: POST https://webexapis.com/_wxflow/echo
    file: ../parts/body.txt
    expect: { schema: ../parts/schema.json }
";
    let project = Project::new()
        .file("flows/a.flow.yaml", flow)
        .file("parts/part.flow.yaml", PASSES)
        .file("parts/body.txt", "a")
        .file("parts/schema.json", "{}")
        .file("data/rows.json", "[{\"row\": \"1\"}]")
        .file("environments/e.yaml", "vars: { who: y }");
    let options = ["flows/a.flow.yaml", "--sandbox", "-e", "e", "--data", "data/rows.json"];
    let mut watch = Watch::start(project, &options);
    assert!(watch.run().0.ends_with("PASSED\n"));
    for (path, text) in [
        ("parts/part.flow.yaml", "steps: [{ wait: 1ms }]\n"),
        ("parts/body.txt", "b"),
        ("parts/schema.json", "{\"type\": \"object\"}"),
        ("data/rows.json", "[{\"row\": \"2\"}]"),
        ("environments/e.yaml", "vars: { who: z }"),
        ("flows/a.flow.yaml", flow),
    ] {
        watch.write(path, text);
        let (view, told) = watch.run();
        assert!(view.contains(&format!(": {path} changed")), "{path}\n{view}{told}");
        assert!(view.ends_with("PASSED\n"), "{view}{told}");
    }
    watch.end();
}

/// Each run has a sandbox of its own, and what a flow itself writes starts no run.
#[test]
fn every_run_is_fresh() {
    let flow = "\
defaults: { base_url: https://webexapis.com/v1, auth: { bearer: \"{{ token }}\" } }
inputs: { token: { env: WEBEX_BOT_TOKEN, secret: true } }
steps:
  - request: POST /rooms
    json: { title: left behind }
  - request: GET /rooms
    expect: { json: { \"$.items[?@.title == 'left behind']\": { length: 1 } } }
    save: rooms.json
  - request: POST /messages
    multipart: { toPersonEmail: ada.example@sandbox.example.com, files: { file: ./rooms.json } }
";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("flows/rooms.json", "{}");
    let mut watch = Watch::start(project, &["--sandbox", "--allow-write"]);
    for round in 1..4 {
        let (text, told) = watch.run();
        assert!(text.ends_with("PASSED\n"), "{text}{told}");
        assert!(round == 1 || text.contains(&format!("run {round}: flows/a.flow.yaml changed")), "{text}");
        watch.write("flows/a.flow.yaml", &format!("{flow}# {round}\n"));
    }
    watch.run();
    watch.end();
}

#[test]
fn ctrl_c_in_a_run_cleans_up() {
    let flow = "\
steps:
  - request: POST https://webexapis.com/_wxflow/echo
    cleanup: { name: Undo, request: GET https://webexapis.com/_wxflow/echo }
  - wait: 60s
";
    let mut watch = Watch::start(Project::new().file("flows/a.flow.yaml", flow), &["--sandbox"]);
    let mut text = String::new();
    while !text.contains("waiting") {
        assert_ne!(watch.stdout.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert!(Command::new("kill").args(["-INT", &watch.child.id().to_string()]).status().unwrap().success());
    while !text.contains("FAILED") {
        assert_ne!(watch.stdout.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert!(text.contains("✓ Undo"), "{text}");
    assert_eq!(watch.child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_secret_on_stdin_is_read_once() {
    let flow = "inputs: { key: { secret: true } }\nsteps:\n  - check: [\"key == 'from-stdin'\"]\n";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let mut command = project.command(&["run", "--watch", "--secret", "key=-"]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"from-stdin\n").unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut watch = Watch { project, child, stdout, stderr };
    assert!(watch.run().0.ends_with("PASSED\n"));
    watch.write("flows/a.flow.yaml", &format!("{flow}\n"));
    assert!(watch.run().0.ends_with("PASSED\n"));
    watch.end();
}

#[test]
fn a_path_that_is_not_there_is_told_at_once() {
    let done = Project::new().file("flows/a.flow.yaml", PASSES).run(&["run", "--watch", "flows/b.flow.yaml"]);
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("did you mean"), "{}", done.stderr);
}
