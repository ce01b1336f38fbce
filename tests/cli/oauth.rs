//! `oauth` in environments: tokens refreshed and kept, one client for many flows, the sandbox's token instead.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use crate::project::Project;

const FLOW: &str = "steps:\n  - request: GET URL/me\n    auth: { oauth: webex }\n";

/// A server that gives out `fresh-token` at `/token` and takes that one only; it tells what it was asked.
pub(crate) fn server() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(&mut stream);
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let length =
                head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let known = head.contains("Bearer fresh-token");
            let (status, reply) = match head.split(' ').nth(1) {
                Some("/token") if body.contains("refresh_token=used-up") => ("400 Bad", r#"{"error":"invalid_grant"}"#),
                Some("/token") => {
                    ("200 OK", r#"{"access_token":"fresh-token","expires_in":3600,"refresh_token":"next-one"}"#)
                }
                _ if known => ("200 OK", "{}"),
                _ => ("401 Unauthorized", "{}"),
            };
            tell.send(format!("{} {body}", head.lines().next().unwrap())).ok();
            let length = reply.len();
            let reply = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{reply}");
            stream.write_all(reply.as_bytes()).ok();
        }
    });
    (url, heard)
}

fn environment(url: &str) -> String {
    format!(
        "oauth:\n  webex:\n    grant: refresh_token\n    token_url: {url}/token\n    client_id: C1\n    client_secret: {{ env: CLIENT_SECRET }}\n    refresh_token: {{ env: REFRESH_TOKEN }}\n"
    )
}

pub(crate) fn project(url: &str) -> Project {
    let flow = FLOW.replace("URL", url);
    Project::new()
        .file("flows/a.flow.yaml", &flow)
        .file("flows/b.flow.yaml", &flow)
        .file("environments/ci.yaml", environment(url))
        .variable("CLIENT_SECRET", "hunter22")
}

#[test]
fn many_flows_make_one_refresh_and_the_next_run_none() {
    let (url, heard) = server();
    let project = project(&url).variable("REFRESH_TOKEN", "from-ci");
    let done = project.run(&["run", "-e", "ci", "-j", "2", "-vv"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(!done.stdout.contains("fresh-token") && !done.stdout.contains("hunter22"), "{}", done.stdout);
    let asked: Vec<_> = heard.try_iter().filter(|line| line.starts_with("POST")).collect();
    let expected =
        "POST /token HTTP/1.1 grant_type=refresh_token&refresh_token=from-ci&client_id=C1&client_secret=hunter22";
    assert_eq!(asked, [expected]);
    assert_eq!(project.run(&["run", "-e", "ci"]).status, 0);
    assert_eq!(heard.try_iter().filter(|line| line.starts_with("POST")).count(), 0);
}

#[test]
fn fifty_flows_in_five_processes_make_one_refresh() {
    let (url, heard) = server();
    let flow = FLOW.replace("URL", &url);
    let project = Project::new()
        .file("environments/ci.yaml", environment(&url))
        .variable("CLIENT_SECRET", "hunter22")
        .variable("REFRESH_TOKEN", "from-ci");
    // What was kept has ended; its refresh token is still good.
    assert_eq!(project.run(&["token", "refresh", "-e", "ci"]).status, 0);
    let folder = project.path("home/.local/state/wxflow/tokens");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "json")).unwrap();
    let ended = r#"{"access_token": "old", "expires": "2020-01-01T00:00:00Z", "refresh_token": "kept"}"#;
    std::fs::write(file, ended).unwrap();
    let project = (0..10).fold(project, |project, n| project.file(&format!("flows/{n}.flow.yaml"), &flow));
    let children: Vec<_> = (0..5).map(|_| project.command(&["run", "-e", "ci", "-j", "2"]).spawn().unwrap()).collect();
    for child in children {
        let done = crate::project::Done::of(child.wait_with_output().unwrap());
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    }
    let asked: Vec<_> = heard.try_iter().filter(|line| line.contains("grant_type")).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].contains("refresh_token=kept"), "{asked:?}");
}

#[test]
fn what_is_missing_is_told_before_anything_is_sent() {
    let (url, heard) = server();
    let project = Project::new().file("flows/a.flow.yaml", FLOW.replace("URL", &url));
    let done = project.run(&["run"]);
    assert_eq!(done.status, 2);
    assert!(
        done.stderr.contains("`webex` is an OAuth client of an environment, and none is chosen"),
        "{}",
        done.stderr
    );
    let project = project.file("environments/ci.yaml", environment(&url));
    let done = project.run(&["run", "-e", "ci"]);
    assert_eq!(done.status, 2);
    let expected = "the OAuth client `webex` takes its `client_secret` from CLIENT_SECRET, which is not set or empty";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
    assert_eq!(heard.try_iter().count(), 0);
}

#[test]
fn a_refusal_is_explained() {
    let (url, _heard) = server();
    let done = project(&url).variable("REFRESH_TOKEN", "used-up").run(&["run", "-e", "ci", "flows/a.flow.yaml"]);
    assert_eq!(done.status, 1);
    let said = format!("{}{}", done.stdout, done.stderr);
    assert!(said.contains("the token request was refused: invalid_grant"), "{said}");
    assert!(said.contains("give `refresh_token` of `webex` in the environment `ci` a new one"), "{said}");
}

#[test]
fn the_sandbox_brings_its_own_token() {
    let flow = "steps:\n  - request: GET https://webexapis.com/v1/people/me\n    auth: { oauth: webex }\n";
    let done = Project::new().file("flows/a.flow.yaml", flow).run(&["run", "--sandbox"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
}
