//! No secret in anything that is written: every source, position, encoding and output, searched for canaries.
//!
//! A canary has a core of letters and digits that any of the encodings leaves readable, so that the search knows nothing
//! of how secrets are masked. The server proves that the true values were sent, and writes them back in every encoding.
//!
//! Each shape of secret has its test. By default it takes one of the sources to every position, another one for
//! each shape; `WXFLOW_CANARY=all` takes them all (minutes).

mod elsewhere;
mod encoding;
mod flow;
mod secret;
mod server;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::project::Project;
use secret::{Canary, SHAPES, Search, Shape};
use server::{Seen, Server};

/// The reports that a run can write.
const REPORTS: [&str; 7] = ["har", "junit", "json", "html", "markdown", "tap", "events"];

struct Case {
    turn: usize,
    canaries: Vec<Canary>,
    search: Search,
    server: Server,
    project: Project,
}

impl Case {
    fn new(shape: Shape, turn: usize) -> Self {
        let new = |(number, name): (usize, &&'static str)| {
            let mut canary = Canary::new(shape, name, number);
            // What a server or a client's registration gives can always stand in a header.
            if ["given_access", "given_refresh", "client_secret"].contains(name) && !canary.fits_header() {
                canary.value = canary.core.clone();
            }
            canary
        };
        let canaries: Vec<_> = flow::GIVEN.iter().enumerate().map(new).collect();
        let server = Server::start(canaries.clone());
        let project = flow::project(&canaries, &server.url, turn);
        Self { turn, search: Search::new(&canaries), canaries, server, project }
    }

    fn value(&self, name: &str) -> &str {
        &self.canaries.iter().find(|c| c.name == name).unwrap().value
    }

    /// Runs a command that works, and searches everything that it wrote. Gives back its status.
    #[track_caller]
    fn quiet(&self, arguments: &[&str]) -> i32 {
        let (status, told) = self.searched(arguments);
        assert!(status < 2, "{arguments:?} ended with {status}:\n{told}");
        status
    }

    /// Runs a command and searches everything that it wrote. Gives back its status, and what it said on stderr.
    #[track_caller]
    fn searched(&self, arguments: &[&str]) -> (i32, String) {
        let before = files(&self.project.path(""));
        let mut command = self.project.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // Not every command reads it.
        child.stdin.take().unwrap().write_all(format!("{}\n", self.value("s_stdin")).as_bytes()).ok();
        let output = child.wait_with_output().unwrap();
        self.search("stdout", arguments, &output.stdout);
        self.search("stderr", arguments, &output.stderr);
        for (path, bytes) in files(&self.project.path("")) {
            // The token store holds tokens.
            let kept = path.components().any(|part| part.as_os_str() == ".local");
            if !kept && before.get(&path) != Some(&bytes) {
                self.search(&path.display().to_string(), arguments, &bytes);
            }
        }
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[track_caller]
    fn search(&self, sink: &str, arguments: &[&str], bytes: &[u8]) {
        if let Some(found) = self.search.found(bytes) {
            panic!("`wxflow {}`, in {sink}: {found}", arguments.join(" "));
        }
    }

    /// A command with every input given.
    #[track_caller]
    fn given(&self, command: &[&str], inputs: bool) -> i32 {
        let literal = format!("s_literal={}", self.value("s_literal"));
        let mut arguments = command.to_vec();
        arguments.extend(["-e", "e"]);
        if inputs {
            arguments.extend(["--secret", "s_file=@given/s_file", "--secret", "s_stdin=-", "--secret", &literal]);
            arguments.extend(["--var-file", "given/vars.json", "--data", "given/rows.json"]);
        }
        self.quiet(&arguments)
    }

    /// That each position of each source got the true value.
    #[track_caller]
    fn received(&self, seen: &[Seen]) {
        for (name, source) in flow::sent(self.turn) {
            let canary = self.canaries.iter().find(|c| c.name == source).unwrap();
            let about: Vec<_> = seen.iter().filter(|s| s.path().get(1).is_some_and(|n| n == name)).collect();
            positions(canary, name, &about);
        }
        let object = seen.iter().find(|s| s.target.starts_with("/json/s_object/")).unwrap();
        assert_eq!(object.path()[2], self.value("s_object"), "a part of an object in the path");
        let whole = serde_json::json!({ "deep": [{ "x": self.value("s_object") }] });
        let body: serde_json::Value = serde_json::from_slice(&object.body).unwrap();
        assert_eq!(body, serde_json::json!({ "whole": whole, "again": whole.to_string() }), "an object in JSON");
        let minted = seen.iter().find(|s| s.target == "/json/minted").unwrap();
        let token = std::str::from_utf8(minted.header("authorization").unwrap()).unwrap().trim_start_matches("Bearer ");
        assert_eq!(token.matches('.').count(), 2, "{token}");
        let bearer = format!("Bearer {}", self.value("given_access").trim_end());
        assert!(seen.iter().any(|s| s.header("authorization") == Some(bearer.as_bytes())), "the OAuth token was sent");
    }
}

/// That the token was asked for with the true secret; later runs find it in the store.
#[track_caller]
fn asked(case: &Case, seen: &[Seen]) {
    let request = seen.iter().find(|s| s.target == "/token").unwrap();
    let sent: Vec<_> = url::form_urlencoded::parse(&request.body).collect();
    assert!(sent.iter().any(|(n, v)| n == "client_secret" && v == case.value("client_secret")), "{sent:?}");
}

/// Compares what stood in each position with the value.
#[track_caller]
fn positions(canary: &Canary, name: &str, about: &[&Seen]) {
    let value = canary.value.as_str();
    // A header's value has no space at its ends.
    let line = value.trim_matches([' ', '\t']).as_bytes();
    let request = |kind: &str| {
        let of = |s: &&&Seen| s.path()[0] == kind && (s.method == "POST" || kind == "go");
        about.iter().find(of).unwrap_or_else(|| panic!("{name}: no request {kind}"))
    };
    for kind in ["json", "html", "text", "xml", "long"] {
        let seen = request(kind);
        assert_eq!(seen.path()[2], value, "{name}: in the path");
        assert_eq!(seen.query("q"), [value], "{name}: in the query");
        assert_eq!(seen.query("l"), ["a", value], "{name}: in the query's list");
        if canary.fits_header() {
            assert_eq!(seen.header("x-key"), Some(line), "{name}: in a header");
            assert_eq!(seen.header("x-mixed"), Some(format!("id={value};v=1").as_bytes()), "{name}: inside a header");
        }
        if canary.fits_cookie() {
            let cookie = seen.header("cookie").unwrap_or_else(|| panic!("{name}: no cookie"));
            let own = format!("mine={value}");
            let own = own.trim_end_matches([' ', '\t']).as_bytes();
            assert!(cookie.starts_with(own), "{name}: in a cookie: {}", String::from_utf8_lossy(cookie));
        }
    }
    let json: serde_json::Value = serde_json::from_slice(&request("json").body).unwrap();
    let expected = serde_json::json!({
        "a": [{ "b": value }], "t": format!("x{value}y"), "o": { "k": value }, "e": STANDARD.encode(value),
    });
    assert_eq!(json, expected, "{name}: in JSON");
    let form: Vec<_> = url::form_urlencoded::parse(&request("html").body).into_owned().collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(form, [pair("a", value), pair("l", value), pair("l", "b")], "{name}: in a form");
    let parts = String::from_utf8(request("text").body.clone()).unwrap();
    assert_eq!(parts.matches(&format!("\r\n\r\n{value}\r\n--")).count(), 2, "{name}: in a multipart body: {parts}");
    assert_eq!(request("xml").body, format!("<a>{value}</a>").as_bytes(), "{name}: in text");
    assert_eq!(request("go").path()[2], value, "{name}: before the redirect");
    let header = |path: &str| {
        let of = |s: &&&Seen| s.path().get(2).is_some_and(|p| p == path) && s.header("authorization").is_some();
        let seen = about.iter().find(of).unwrap_or_else(|| panic!("{name}: no {path}"));
        String::from_utf8_lossy(seen.header("authorization").unwrap()).into_owned()
    };
    assert_eq!(header("basic"), format!("Basic {}", STANDARD.encode(format!("me:{value}"))), "{name}");
    if canary.fits_header() {
        assert_eq!(
            header("bearer").as_bytes(),
            [b"Bearer ", value.trim_end_matches([' ', '\t']).as_bytes()].concat(),
            "{name}"
        );
    }
    let proof = header("x");
    assert_eq!(
        field(&proof, "response"),
        digest(value, name, &field(&proof, "cnonce"), &field(&proof, "nc")),
        "{name}: {proof}"
    );
}

fn field(header: &str, name: &str) -> String {
    let rest = header.split_once(&format!("{name}=")).unwrap().1.trim_start_matches('"');
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The proof that RFC 7616 asks for.
fn digest(password: &str, name: &str, cnonce: &str, count: &str) -> String {
    let hash = |text: String| Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let (secret, request) = (hash(format!("me:canary:{password}")), hash(format!("GET:/digest/{name}/x?y=1")));
    hash(format!("{secret}:n0nce:{count}:{cnonce}:auth:{request}"))
}

/// Every file below `folder`, with what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.append(&mut files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            all.insert(path, bytes);
        }
    }
    all
}

fn holds(turn: usize) {
    let shape = SHAPES[turn];
    let case = Case::new(shape, turn);
    let reports: Vec<String> = REPORTS.iter().map(|format| format!("--report={format}=out/{format}")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let run = |rest: &[&str]| case.given(&[&["run"], rest, &reports[..]].concat(), true);
    assert_eq!(
        run(&["flows/passes.flow.yaml", "-vv", "--record", "out/recording.json"]),
        0,
        "{}: it passes",
        shape.name
    );
    let seen = case.server.seen();
    case.received(&seen);
    asked(&case, &seen);
    elsewhere::replayed(&case, &reports);
    assert_eq!(run(&["flows/fails.flow.yaml", "-vv"]), 1, "{}: it fails", shape.name);
    case.received(&case.server.seen());
    elsewhere::merged(&case);
    elsewhere::typed(&case);
    elsewhere::imported(&case);
    elsewhere::guest(&case);
    let mistakes = [
        "run",
        "mistakes",
        "-vv",
        "--var",
        &format!("url={}", case.server.url),
        "--secret",
        "s_file=@given/s_file",
        "--allow-write",
    ];
    assert_eq!(case.quiet(&[&mistakes[..], &reports[..]].concat()), 1);
    assert_eq!(case.given(&["run", "flows/passes.flow.yaml", "--dry-run"], true), 0);
    case.quiet(&["validate"]);
    case.quiet(&["validate", "--format=json"]);
    case.quiet(&["list", "--format=json"]);
    for format in ["curl", "postman", "bundle"] {
        case.quiet(&["export", format, "flows/fails.flow.yaml"]);
    }
    for format in ["text", "markdown", "mermaid"] {
        case.given(&["explain", "flows/fails.flow.yaml", "--format", format], false);
    }
}

macro_rules! shapes {
    ($($name:ident: $number:literal),* $(,)?) => {
        $(#[test] fn $name() { holds($number); })*
        #[test]
        fn every_shape_has_a_test() {
            assert_eq!([$($number),*].len(), SHAPES.len());
        }
    };
}

shapes! {
    letters: 0, quotes: 1, backslashes: 2, percents: 3, plus_and_slash: 4, query: 5, markup: 6, template: 7,
    unicode: 8, separators: 9, spaces: 10, line_end: 11, lines: 12, control: 13, six_bytes: 14, long: 15,
}
