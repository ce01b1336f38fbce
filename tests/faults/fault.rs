//! One row: a flow that has made something, meets the fault, and must undo it.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::server::{Authority, Peer, Server, always, reply};

/// No row comes near it; what does hangs.
const WATCHDOG: Duration = Duration::from_secs(90);
/// The address space that the program may take, in KiB: what reads without a bound dies of it.
const ADDRESS_SPACE: u32 = 1 << 20;
/// What no other origin may see.
pub(crate) const SECRET: &str = "s3cr3t-of-the-first-origin";

/// A fault, and the steps that meet it.
///
/// In the steps `{url}` is the server's address, `{other}` that of the second server, `{secret}` the secret input.
pub(crate) struct Fault {
    url: String,
    steps: String,
    files: Vec<(&'static str, Vec<u8>)>,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// The one with the fault, then others.
    servers: Vec<Server>,
}

/// What came of it.
pub(crate) struct Ended {
    /// All that was shown, its spaces made one.
    pub(crate) shown: String,
    servers: Vec<Server>,
}

impl Fault {
    /// At this URL; the step is a GET.
    pub(crate) fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            steps: "- request: GET {url}/x".to_owned(),
            files: Vec::new(),
            arguments: Vec::new(),
            variables: Vec::new(),
            servers: Vec::new(),
        }
    }

    pub(crate) fn plain(serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let server = Server::plain(serve);
        Self { servers: vec![server], ..Self::at("") }.addressed("http", "127.0.0.1")
    }

    /// A server that answers every request the same.
    pub(crate) fn answer(bytes: impl Into<Vec<u8>>) -> Self {
        Self::plain(always(bytes))
    }

    /// A server that answers one request of each connection and closes it.
    pub(crate) fn answer_once(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::plain(move |peer| peer.answer(&bytes))
    }

    /// A server with a certificate that the program is told to trust.
    pub(crate) fn trusted(serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let config = authority.server(|_| ());
        Self::tls(config, serve).trusting(&authority)
    }

    pub(crate) fn tls(config: rustls::ServerConfig, serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let server = Server::tls(config, serve);
        Self { servers: vec![server], ..Self::at("") }.addressed("https", "localhost")
    }

    pub(crate) fn trusting(self, authority: &Authority) -> Self {
        self.file("ca.pem", authority.pem()).arguments(&["--cacert", "ca.pem"])
    }

    /// Names the server's scheme and host anew.
    pub(crate) fn addressed(mut self, scheme: &str, host: &str) -> Self {
        self.url = format!("{scheme}://{host}:{}", self.servers[0].address.port());
        self
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A second server, `{other}`.
    pub(crate) fn other(mut self, serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        self.servers.push(Server::plain(serve));
        self
    }

    /// The steps instead of a GET.
    pub(crate) fn steps(mut self, steps: &str) -> Self {
        steps.clone_into(&mut self.steps);
        self
    }

    /// More keys for the last step.
    pub(crate) fn with(mut self, keys: &str) -> Self {
        self.steps.push_str(&format!("\n{keys}").replace('\n', "\n  "));
        self
    }

    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// A file in the project; `{url}` in a text file is the server's address.
    pub(crate) fn file(mut self, path: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path, content.into()));
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The flow fails, and shows each of `texts`.
    #[track_caller]
    pub(crate) fn fails(self, texts: &[&str]) -> Ended {
        self.ends(1, texts)
    }

    /// The flow passes, and shows each of `texts`.
    #[track_caller]
    pub(crate) fn passes(self, texts: &[&str]) -> Ended {
        self.ends(0, texts)
    }

    #[track_caller]
    fn ends(self, status: i32, texts: &[&str]) -> Ended {
        let calm = Server::plain(always(reply("200 OK", "{}")));
        let project = self.project(&calm);
        let folder = project.path().to_owned();
        let (code, shown) = self.run(&folder);
        assert_eq!(code, Some(status), "the exit status, after\n{shown}");
        let told = shown.split_whitespace().collect::<Vec<_>>().join(" ").replace(&self.url, "URL");
        let told = self.servers.iter().fold(told, |text, server| text.replace(&server.address.to_string(), "HOST"));
        let told = self
            .servers
            .iter()
            .fold(told, |text, server| text.replace(&format!("localhost:{}", server.address.port()), "HOST"));
        for text in texts {
            assert!(told.contains(text), "`{text}` is not shown:\n{shown}");
        }
        assert!(!shown.contains("panicked") && !shown.contains('\u{1b}'), "a panic, or a control character:\n{shown}");
        let calls: Vec<_> = calm.heard().iter().filter_map(|r| r.split(' ').next().map(str::to_owned)).collect();
        assert_eq!(calls, ["POST", "DELETE"], "the cleanup runs, once:\n{shown}");
        reports(&folder, status == 0);
        Ended { shown: told, servers: self.servers }
    }

    fn project(&self, calm: &Server) -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        let other = self.servers.get(1).map(|other| format!("http://{}", other.address));
        let steps = self.steps.replace("{url}", &self.url).replace("{other}", &other.unwrap_or_default());
        let steps = steps.replace("{secret}", "{{ secret }}");
        let flow = format!(
            "inputs: {{ secret: {{ env: WEBEX_SECRET, secret: true }} }}
defaults: {{ timeout: 20s }}
steps:
- name: Make
  request: POST http://{address}/made
  cleanup: {{ name: Undo, request: DELETE http://{address}/made }}
{steps}
",
            address = calm.address
        );
        std::fs::write(project.path().join("fault.flow.yaml"), flow).unwrap();
        for (path, content) in &self.files {
            let path = project.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            match std::str::from_utf8(content) {
                Ok(text) => std::fs::write(path, text.replace("{url}", &self.url)).unwrap(),
                Err(_) => std::fs::write(path, content).unwrap(),
            }
        }
        project
    }

    /// The exit status, and all that was shown.
    fn run(&self, folder: &Path) -> (Option<i32>, String) {
        let mut command = Command::new("/bin/sh");
        let bound = format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" \"$@\" 2>&1");
        command.args(["-c", &bound, env!("CARGO_BIN_EXE_wxflow"), "run", "fault.flow.yaml", "-j", "1"]);
        for report in
            ["junit=r/junit.xml", "json=r/report.json", "events=r/events.ndjson", "html=r/report.html", "har=r/run.har"]
        {
            command.args(["--report", report]);
        }
        command.args(&self.arguments).current_dir(folder).env_clear().env("HOME", folder.join("home"));
        command.env("WEBEX_SECRET", SECRET).envs(self.variables.iter().map(|(n, v)| (n, v)));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut shown = String::new();
            stdout.read_to_string(&mut shown).unwrap();
            tell.send(shown)
        });
        // The output ends with the program.
        let Ok(shown) = told.recv_timeout(WATCHDOG) else {
            child.kill().unwrap();
            child.wait().unwrap();
            return (None, told.recv().unwrap());
        };
        (child.wait().unwrap().code(), shown)
    }
}

/// All reports are there, whole, and tell the same.
#[track_caller]
fn reports(folder: &Path, passed: bool) {
    let read = |name: &str| std::fs::read_to_string(folder.join("r").join(name)).unwrap();
    let junit = read("junit.xml");
    let document = roxmltree::Document::parse(&junit).unwrap();
    let failures = document.descendants().filter(|node| node.has_tag_name("failure")).count();
    assert_eq!(failures == 0, passed, "the JUnit report");
    let events: Vec<Value> = read("events.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.first().unwrap()["type"], "run_started");
    assert_eq!(events.last().unwrap()["type"], "run_finished");
    let html = read("report.html");
    assert!(html.trim_end().ends_with("</html>") && html.contains("Undo"), "the HTML report");
    let har: Value = serde_json::from_str(&read("run.har")).unwrap();
    assert!(har["log"]["entries"].as_array().is_some_and(|entries| entries.len() >= 2), "the HAR report");
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let flow = &report["flows"][0];
    assert_eq!(flow["outcome"], if passed { "passed" } else { "failed" });
    assert_eq!(flow["cleanups"][0]["outcome"], "passed", "the cleanup, as the report has it");
    let failed = |step: &&Value| step["outcome"] == "failed";
    let reasons = |step: &Value| {
        step["problems"].as_array().map_or(0, Vec::len) + step["assertions"].as_array().map_or(0, Vec::len)
    };
    let unexplained = flow["steps"].as_array().unwrap().iter().filter(failed).find(|step| reasons(step) == 0);
    assert!(unexplained.is_none(), "{unexplained:#?}");
}

impl Ended {
    /// The server with the fault got as many requests.
    #[track_caller]
    pub(crate) fn asked(self, times: usize) -> Self {
        assert_eq!(self.servers[0].heard().len(), times, "{:#?}", self.servers[0].heard());
        self
    }

    /// So did the second one, and never the secret, in any form that one can read.
    #[track_caller]
    pub(crate) fn other_asked(self, times: usize) -> Self {
        let heard = self.servers[1].heard();
        assert_eq!(heard.len(), times, "{heard:#?}");
        heard.iter().for_each(|request| keeps_out(request));
        self
    }

    /// The secret came to the first server with the requests of these numbers, from 1, and no others.
    #[track_caller]
    pub(crate) fn secret_in(self, numbers: &[usize]) -> Self {
        for (index, request) in self.servers[0].heard().iter().enumerate() {
            match numbers.contains(&(index + 1)) {
                true => assert!(holds_secret(request), "no secret in {request}"),
                false => keeps_out(request),
            }
        }
        self
    }

    /// No request to the server was larger than this many bytes.
    #[track_caller]
    pub(crate) fn largest_request(self, bytes: usize) -> Self {
        let largest = self.servers[0].heard().iter().map(String::len).max().unwrap();
        assert!(largest <= bytes, "a request of {largest} bytes");
        self
    }

    /// None of `texts` is shown.
    #[track_caller]
    pub(crate) fn hides(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(!self.shown.contains(text), "`{text}` is shown");
        }
        self
    }
}

#[track_caller]
fn keeps_out(request: &str) {
    assert!(!holds_secret(request), "the secret is in {request}");
    let head = request.to_lowercase();
    for name in ["authorization:", "cookie: own", "x-key"] {
        assert!(!head.contains(name), "a credential is in {request}");
    }
}

fn holds_secret(request: &str) -> bool {
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("guest:{SECRET}"));
    request.contains(SECRET) || request.contains(&basic) || request.contains("Digest username")
}
