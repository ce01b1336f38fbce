//! Bad ends: disks that are full, readers that leave, processes that are killed. Files are whole or absent.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::project::{PASSES, Project};

const REPORTS: [&str; 7] = ["junit", "json", "html", "markdown", "tap", "events", "har"];

/// The status of a command whose stdout and stderr go where they are sent.
fn status(command: &mut Command) -> Option<i32> {
    command.status().unwrap().code()
}

#[test]
fn a_full_disk_is_3_for_every_report_and_result() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES);
    for format in REPORTS {
        let done = project.run(&["run", "--report", &format!("{format}=/dev/full")]);
        assert_eq!(done.status, 3, "{format}: {}{}", done.stdout, done.stderr);
        assert!(done.stderr.contains("could not write /dev/full: "), "{format}: {}", done.stderr);
        let report = format!("{format}=-");
        let mut command = project.command(&["run", "--report", &report]);
        assert_eq!(status(command.stdout(File::options().write(true).open("/dev/full").unwrap())), Some(3), "{format}");
    }
    for arguments in [&["run"][..], &["run", "-vv"], &["list"], &["schema", "flow"], &["run", "--dry-run"]] {
        let mut command = project.command(arguments);
        assert_eq!(
            status(command.stdout(File::options().write(true).open("/dev/full").unwrap())),
            Some(3),
            "{arguments:?}"
        );
    }
    // There is no one to tell, and nothing of the result is lost.
    let mut command = project.command(&["run"]);
    assert_eq!(
        status(command.stderr(File::options().write(true).open("/dev/full").unwrap()).stdout(Stdio::null())),
        Some(0)
    );
}

#[test]
fn a_report_that_cannot_be_written_leaves_nothing_and_the_others_stand() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("taken", "").file("folder/x", "");
    for bad in ["taken/report", "folder"] {
        let bad = format!("html={bad}");
        let done = project.run(&["run", "--report", &bad, "--report", "json=good/report.json"]);
        assert_eq!(done.status, 3, "{}", done.stderr);
        let report = std::fs::read(project.path("good/report.json")).unwrap();
        serde_json::from_slice::<serde_json::Value>(&report).unwrap();
    }
    assert_eq!(std::fs::read_dir(project.path("folder")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(project.path("good")).unwrap().count(), 1);
}

/// A server whose tokens end at once, so that every run asks for one and keeps it.
fn token_server() -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU32::new(0));
    let given = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(&stream);
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let length =
                head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            reader.read_exact(&mut vec![0; length.unwrap_or(0)]).ok();
            let n = given.fetch_add(1, Ordering::SeqCst);
            let token = format!("token-{n}-{}", "x".repeat(20_000));
            let body = format!(r#"{{"access_token":"{token}","refresh_token":"refresh-{n}","expires_in":1}}"#);
            let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(reply.as_bytes()).ok();
        }
    });
    (url, count)
}

/// Watches a run until so much has changed: what it asked the server for, and the names, sizes and times of its files.
/// Gives back how much did, at most until its end.
fn changes(child: &mut Child, project: &Project, count: &AtomicU32, most: u64) -> u64 {
    let state = || {
        let folders = ["home/.local/state/wxflow/tokens", "out"].map(|folder| project.path(folder));
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let files = entries.filter_map(|entry| {
            let about = entry.metadata().ok()?;
            Some((entry.path(), about.len(), about.modified().ok()?))
        });
        (count.load(Ordering::SeqCst), files.collect::<BTreeSet<_>>())
    };
    let (mut seen, mut last) = (0, state());
    while seen < most && child.try_wait().unwrap().is_none() {
        let now = state();
        seen += u64::from(now != last);
        last = now;
        std::thread::yield_now();
    }
    seen
}

/// `WXFLOW_KILLS` sets how often (40).
#[test]
fn killed_at_any_point_the_token_store_and_the_report_are_whole() {
    let kills: u64 = std::env::var("WXFLOW_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let (url, count) = token_server();
    let environment = format!(
        "oauth:\n  webex:\n    grant: refresh_token\n    token_url: {url}/token\n    client_id: C1\n    client_secret: {{ env: CLIENT_SECRET }}\n    refresh_token: {{ env: REFRESH_TOKEN }}\n"
    );
    let flow =
        format!("steps:\n  - for_each: {{ n: [1, 2, 3] }}\n    request: GET {url}/me\n    auth: {{ oauth: webex }}\n");
    let project = Project::new()
        .file("flows/a.flow.yaml", &flow)
        .file("flows/b.flow.yaml", &flow)
        .file("environments/ci.yaml", environment)
        .variable("CLIENT_SECRET", "hunter22")
        .variable("REFRESH_TOKEN", "from-ci");
    let arguments = ["run", "-e", "ci", "--report", "json=out/report.json"];
    let folder = project.path("home/.local/state/wxflow/tokens");
    let spawn = || project.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert_eq!(project.run(&arguments).status, 0);
    let usual = changes(&mut spawn(), &project, &count, u64::MAX);
    assert!(usual > 3, "a run asks for tokens and writes files: {usual}");
    let mut ended = 0;
    for n in 0..kills {
        let mut child = spawn();
        // Spread over all that a run changes.
        changes(&mut child, &project, &count, n * 37 % usual);
        ended += u32::from(child.try_wait().unwrap().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "json") {
                let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                assert!(kept.to_string().contains("token-"), "{kept}");
            }
        }
        let report = std::fs::read(project.path("out/report.json")).unwrap();
        serde_json::from_slice::<serde_json::Value>(&report).unwrap();
    }
    assert!(u64::from(ended) < kills, "some were killed before their end");
    let before = count.load(Ordering::SeqCst);
    assert_eq!(project.run(&arguments).status, 0, "the lock of a killed run holds nobody");
    assert!(count.load(Ordering::SeqCst) > before);
}

/// A server that never answers `/slow`, and tells that it was asked.
fn silent_server() -> (String, std::sync::mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = String::new();
            let mut reader = BufReader::new(&stream);
            while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
            if head.starts_with("GET /slow ") {
                held.push(stream);
                tell.send(()).unwrap();
                continue;
            }
            let status = if head.starts_with("DELETE") { "204 No Content" } else { "200 OK" };
            let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(reply.as_bytes()).ok();
        }
    });
    (url, asked)
}

#[test]
fn a_signal_while_a_reply_is_awaited_ends_the_step_and_cleans_up() {
    let (url, asked) = silent_server();
    let flow = format!(
        "steps:
  - request: POST {url}/rooms
    cleanup: {{ name: Delete it, request: DELETE {url}/rooms, expect: {{ status: 204 }} }}
  - request: GET {url}/slow
    timeout: 90s
  - name: Never
    request: GET {url}/never
"
    );
    for (signal, expected) in [("-INT", 130), ("-TERM", 143)] {
        let project = Project::new().file("flows/a.flow.yaml", &flow);
        let reports = REPORTS.map(|format| format!("--report={format}=r.{format}"));
        let arguments: Vec<&str> = ["run"].into_iter().chain(reports.iter().map(String::as_str)).collect();
        let child = project.command(&arguments).spawn().unwrap();
        asked.recv().unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let done = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&done.stdout);
        assert_eq!(done.status.code(), Some(expected), "{text}");
        let read = |format: &str| std::fs::read_to_string(project.path(&format!("r.{format}"))).unwrap();
        let report: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
        assert_eq!(report["flows"][0]["cleanups"][0]["outcome"], "passed", "{report:#}");
        assert_eq!(report["flows"][0]["steps"][2]["outcome"], "skipped", "{report:#}");
        roxmltree::Document::parse(&read("junit")).unwrap();
        serde_json::from_str::<serde_json::Value>(&read("har")).unwrap();
        assert!(read("html").trim_end().ends_with("</html>"));
        assert!(read("events").lines().last().unwrap().contains("run_finished"));
        assert!(read("tap").contains("1.."));
    }
}
