//! Interruption: cleanups run, reports are written, the status names the signal.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};

use crate::project::Project;

const SLOW: &str = "\
inputs: { token: { env: WEBEX_BOT_TOKEN, secret: true } }
defaults: { base_url: https://webexapis.com, auth: { bearer: \"{{ token }}\" } }
steps:
  - name: Make a room
    request: POST /v1/rooms
    json: { title: x }
    capture: { room: $.id }
    cleanup:
      name: Delete it
      request: DELETE /v1/rooms/{{ room }}
      expect: { status: 204 }
  - name: Wait for someone
    wait: 60s
";

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn interrupted(name: &str) -> (i32, String, serde_json::Value) {
    let project = Project::new().file("flows/a.flow.yaml", SLOW);
    let mut child = project.command(&["run", "--sandbox", "--report", "json=report.json"]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    // The wait is told before it begins, so the room is there by then.
    while !text.contains("waiting") {
        assert_ne!(stdout.read_line(&mut text).unwrap(), 0, "{text}");
    }
    signal(&child, name);
    stdout.read_to_string(&mut text).unwrap();
    let status = child.wait().unwrap().code().unwrap();
    let report = std::fs::read_to_string(project.path("report.json")).unwrap();
    (status, text, serde_json::from_str(&report).unwrap())
}

#[test]
fn cleanups_run_and_reports_are_written() {
    for (name, expected) in [("-INT", 130), ("-TERM", 143)] {
        let (status, text, report) = interrupted(name);
        assert_eq!(status, expected, "{text}");
        assert!(text.contains("✓ Delete it"), "{text}");
        assert_eq!(report["flows"][0]["cleanups"][0]["outcome"], "passed", "{report:#}");
    }
}

#[test]
fn the_sandbox_serves_until_a_signal() {
    let mut child = Project::new().command(&["sandbox"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("export WEBEX_URL='http://127.0.0.1:"), "{line}");
    let mut told = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut told).unwrap();
    assert!(told.contains("Ctrl-C stops it"), "{told}");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let flow = SLOW.replace("DELETE /v1/rooms/{{ room }}", "GET /_wxflow/slow?ms=60000");
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let mut child = project.command(&["run", "--sandbox", "--report", "json=report.json"]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("waiting") {
        assert_ne!(stdout.read_line(&mut text).unwrap(), 0, "{text}");
    }
    signal(&child, "-INT");
    let mut told = String::new();
    while !told.contains("stopping") {
        assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
    }
    signal(&child, "-INT");
    stderr.read_to_string(&mut told).unwrap();
    assert!(told.contains("stopped at once: cleanups did not run, reports are not written"), "{told}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!project.path("report.json").exists());
}
