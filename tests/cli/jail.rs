//! Every key of a flow that takes a file, against every way out of the project.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::project::Project;

/// What stands in the files that no flow may have.
const HIDDEN: &str = "{\"kept\": \"c4n4ry-0f-the-j4il\"}";

/// A step for each key, with `PATH` where its path stands. The first half reads, the second writes.
const READERS: [(&str, &str); 8] = [
    ("file", "request: POST URL\n    file: PATH"),
    ("file, templated", "request: POST URL\n    file: \"{{ 'PATH' | trim }}\""),
    ("multipart", "request: POST URL\n    multipart: { a: { file: PATH } }"),
    ("multipart, templated", "request: POST URL\n    multipart: { a: [{ file: \"{{ 'PATH' }}\" }] }"),
    ("schema", "request: GET URL\n    expect: { schema: PATH }"),
    ("$ref of a schema", "request: GET URL\n    expect: { schema: { $ref: PATH } }"),
    ("use", "use: PATH"),
    ("use in a loop", "for_each: { a: [1] }\n    use: PATH"),
];
const WRITERS: [(&str, &str); 2] =
    [("save", "request: GET URL\n    save: PATH"), ("save, templated", "request: GET URL\n    save: \"{{ 'PATH' }}\"")];

/// Paths that must not be opened, as a flow in `project/flows` writes them.
const OUT: [&str; 15] = [
    "../../outside.json",
    "up/../../../outside.json",
    "./../flows/../../outside.json",
    "/proc/self/environ",
    "~/outside.json",
    "link.json",
    "chain.json",
    "up/outside.json",
    "hidden.json",
    "../.env.json",
    "../.git/config.json",
    "../environments/prod.json",
    "../ENVIRONMENTS/prod.json",
    "into/prod.json",
    ".secret/a.json",
];
/// What is no file: it must be refused at once, not waited for.
const NO_FILES: [&str; 4] = ["pipe.json", "null.json", "socket.json", "folder.json"];

fn project(step: &str, path: &str) -> Project {
    let step = step.replace("PATH", path).replace("URL", "http://127.0.0.1:9/");
    let project = Project::new()
        .file("outside.json", HIDDEN)
        .file("home/outside.json", HIDDEN)
        .file("project/.env.json", HIDDEN)
        .file("project/.git/config.json", HIDDEN)
        .file("project/environments/prod.json", HIDDEN)
        .file("project/ENVIRONMENTS/prod.json", HIDDEN)
        .file("project/flows/.secret/a.json", HIDDEN)
        .file("project/flows/folder.json/x", "")
        .file("project/flows/a.flow.yaml", format!("steps:\n  - name: Step\n    {step}\n"));
    let flows = project.path("project/flows");
    for (to, name) in [
        ("../../outside.json", "link.json"),
        ("link.json", "chain.json"),
        ("../..", "up"),
        ("../.env.json", "hidden.json"),
        ("../environments", "into"),
        ("/dev/null", "null.json"),
    ] {
        symlink(to, flows.join(name)).unwrap();
    }
    assert!(Command::new("mkfifo").arg(flows.join("pipe.json")).status().unwrap().success());
    drop(std::os::unix::net::UnixListener::bind(flows.join("socket.json")).unwrap());
    project
}

/// Every file below the project that holds what none may have, and how many there are at all.
fn inventory(project: &Project) -> Vec<String> {
    let found = Command::new("find").arg(project.path("")).args(["-type", "f", "-size", "-9k"]).output().unwrap();
    let mut files: Vec<_> = String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect();
    files.sort();
    files
}

#[track_caller]
fn refused(key: &str, step: &str, path: &str) {
    let project = project(step, path);
    let before = inventory(&project);
    let mut command = project.command(&["run", "project", "--allow-write", "-vv", "--report", "json=report.json"]);
    // A pipe that was opened would hold the test.
    let done = crate::project::Done::of(within(&mut command));
    let shown = format!("{key}: {path}\n{}\n{}", done.stdout, done.stderr);
    assert!(matches!(done.status, 1 | 2), "{shown}");
    let report = std::fs::read_to_string(project.path("report.json")).unwrap_or_default();
    for text in [&done.stdout, &done.stderr, &report] {
        assert!(!text.contains("c4n4ry"), "{shown}");
        assert!(!text.contains("could not connect") && !text.contains("refused the connection"), "sent: {shown}");
    }
    let reason = ["lies outside of the project", "is refused", "is not a relative path", "is not a regular file"];
    let reason = reason.iter().chain(&["is a folder", "paths are relative", "cannot be written", "dot-files"]);
    assert!(reason.clone().any(|r| shown.contains(r)), "{shown}");
    let after: Vec<_> = inventory(&project).into_iter().filter(|f| !f.ends_with("report.json")).collect();
    assert_eq!(before, after, "{shown}");
    assert_eq!(std::fs::read_to_string(project.path("outside.json")).unwrap(), HIDDEN, "{shown}");
}

/// Runs a command that must end by itself within ten seconds.
fn within(command: &mut Command) -> std::process::Output {
    let child = command.spawn().unwrap();
    let id = child.id();
    let (done, wait) = std::sync::mpsc::channel();
    let guard = std::thread::spawn(move || {
        if wait.recv_timeout(std::time::Duration::from_secs(10)).is_err() {
            Command::new("kill").args(["-KILL", &id.to_string()]).status().ok();
        }
    });
    let output = child.wait_with_output().unwrap();
    done.send(()).ok();
    guard.join().unwrap();
    output
}

#[test]
fn no_key_reads_what_lies_outside_or_is_hidden() {
    for (key, step) in READERS {
        for path in OUT {
            refused(key, step, path);
        }
    }
}

#[test]
fn no_key_writes_what_lies_outside_or_is_hidden() {
    for (key, step) in WRITERS {
        for path in OUT {
            refused(key, step, path);
        }
    }
}

#[test]
fn devices_pipes_sockets_and_folders_are_no_files_and_nobody_waits_for_them() {
    for (key, step) in READERS.into_iter().chain(WRITERS) {
        for path in NO_FILES {
            refused(key, step, path);
        }
    }
}

#[test]
fn the_keys_work_where_nothing_is_in_the_way() {
    // The negative tests above would pass if a key read nothing at all.
    for (key, step) in READERS {
        let step = if key.starts_with("use") { step.replace("PATH", "_ok.flow.yaml") } else { step.to_owned() };
        let done = project(&step, "ok.json")
            .file("project/flows/ok.json", "{}")
            .file("project/flows/_ok.flow.yaml", "steps: [{ check: [\"true\"] }]\n");
        let done = done.run(&["run", "project/flows/a.flow.yaml"]);
        let sent = done.stdout.contains("127.0.0.1:9");
        assert!(sent || done.status == 0, "{key}: {}\n{}", done.stdout, done.stderr);
    }
}

#[test]
fn a_pipe_among_the_flows_is_left_out() {
    let project = Project::new().file("flows/a.flow.yaml", crate::project::PASSES);
    assert!(Command::new("mkfifo").arg(project.path("flows/b.flow.yaml")).status().unwrap().success());
    let done = crate::project::Done::of(within(&mut project.command(&["run"])));
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stderr.contains("flows/b.flow.yaml is not taken: it is not a regular file"), "{}", done.stderr);
}

#[test]
fn snapshots_are_kept_by_the_same_rules() {
    let flow =
        "steps:\n  - name: Look\n    request: GET https://webexapis.com/_wxflow/echo\n    expect: { snapshot: true }\n";
    for (to, reason) in [("../..", "outside of the project"), ("../environments", "under environments/")] {
        let project = Project::new()
            .file("project/flows/a.flow.yaml", flow)
            .file("project/environments/a.flow.yaml/look.json", HIDDEN)
            .file("a.flow.yaml/look.json", HIDDEN);
        symlink(to, project.path("project/flows/__snapshots__")).unwrap();
        for arguments in [&["run", "project", "--sandbox"][..], &["run", "project", "--sandbox", "--update-snapshots"]]
        {
            let done = project.run(arguments);
            assert_eq!(done.status, 1, "{}", done.stdout);
            assert!(done.stdout.contains(reason) && !done.stdout.contains("c4n4ry"), "{}", done.stdout);
        }
        for file in ["project/environments/a.flow.yaml/look.json", "a.flow.yaml/look.json"] {
            assert_eq!(std::fs::read_to_string(project.path(file)).unwrap(), HIDDEN);
        }
    }
}

#[test]
fn without_allow_write_nothing_is_sent_or_written() {
    let project =
        Project::new().file("flows/a.flow.yaml", "steps: [{ request: GET http://127.0.0.1:9/, save: x.json }]\n");
    let done = project.run(&["run"]);
    assert_eq!(done.status, 1);
    assert!(done.stdout.contains("flows may not write; nothing was sent"), "{}", done.stdout);
    assert!(!project.path("flows/x.json").exists());
}

#[test]
fn a_swapped_link_never_wins_the_race() {
    let flow = "steps:\n  - for_each: { a: \"{{ range(400) | list }}\" }\n    continue_on_failure: true\n    request: POST https://webexapis.com/_wxflow/echo\n    file: race.json\n    expect: { body: { contains: harmless } }\n";
    let project = Project::new()
        .file("outside.json", HIDDEN)
        .file("project/environments/x.yaml", "{}")
        .file("project/flows/harmless.json", "{\"harmless\": 1}")
        .file("project/flows/a.flow.yaml", flow);
    let flows = project.path("project/flows");
    std::fs::copy(flows.join("harmless.json"), flows.join("race.json")).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::hard_link(flows.join("harmless.json"), flows.join("next")).unwrap();
                std::fs::rename(flows.join("next"), flows.join("race.json")).unwrap();
                symlink("../../outside.json", flows.join("next")).unwrap();
                std::fs::rename(flows.join("next"), flows.join("race.json")).unwrap();
            }
        });
        let done = project.run(&["run", "project", "--sandbox", "-vv", "--report", "json=report.json"]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let report = std::fs::read_to_string(project.path("report.json")).unwrap();
        for text in [&done.stdout, &done.stderr, &report] {
            assert!(!text.contains("c4n4ry"), "the link was followed");
        }
    });
}
