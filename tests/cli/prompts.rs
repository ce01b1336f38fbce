//! Questions at a terminal: `script` of util-linux gives the command one of its own, and the test types.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::project::Project;

/// `wxflow` at a terminal.
pub(crate) struct Session {
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Session {
    pub(crate) fn new(project: &Project, arguments: &str) -> Self {
        let wxflow = project.command(&[]);
        let line = format!("'{}' {arguments}", wxflow.get_program().to_str().unwrap());
        let mut command = std::process::Command::new("script");
        command.args(["-q", "-e", "-c", &line, "/dev/null"]).env_clear().env("TERM", "xterm").env("SHELL", "/bin/sh");
        command.envs(wxflow.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(project.path("")).stdin(Stdio::piped()).stdout(Stdio::piped());
        // `script` of util-linux gives the test its terminal.
        let mut child = command.spawn().unwrap();
        let (keyboard, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, keyboard, screen, seen: String::new() }
    }

    /// Waits until `prompt` is the last on the screen, and types after it.
    pub(crate) fn answer(&mut self, prompt: &str, text: &str) {
        let mut byte = [0];
        while !self.seen.ends_with(prompt) {
            assert_eq!(self.screen.read(&mut byte).unwrap(), 1, "no `{prompt}` in {:?}", self.seen);
            self.seen.push(char::from(byte[0]));
        }
        writeln!(self.keyboard, "{text}").unwrap();
    }

    /// The status, and all that was on the screen.
    pub(crate) fn end(mut self) -> (i32, String) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        let status = self.child.wait().unwrap().code().unwrap();
        (status, self.seen + &String::from_utf8_lossy(&rest))
    }
}

const FLOW: &str = "inputs:
  zone: { description: Where it runs }
  token: { secret: true }
  known: here
  count: { type: integer }
  job: { env: JOB, secret: true, hosts: [a.example] }
steps:
  - check: [\"zone == 'eu'\", \"token | length == 8\", \"count == 3\", \"job == 'j1'\", \"known == 'here'\"]
";

#[test]
fn what_is_missing_is_asked_for_in_the_order_of_the_flow() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW).variable("JOB", "j1");
    let mut session = Session::new(&project, "run --color never");
    session.answer("zone (Where it runs): ", "eu");
    session.answer("token, not shown: ", "hunter22");
    session.answer("count: ", "3");
    session.answer("asks for the variable JOB, to send it to a.example. Let it? [y/N] ", "y");
    let (status, screen) = session.end();
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("PASSED"), "{screen}");
    assert!(!screen.contains("hunter22"), "it is not shown while it is typed: {screen}");
}

#[test]
fn nothing_typed_is_no_value_and_no_answer_no_permission() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW).variable("JOB", "j1");
    let mut session = Session::new(&project, "run --color never --var zone=eu --var count=3");
    session.answer("token, not shown: ", "");
    session.answer("Let it? [y/N] ", "");
    // It may not be read, so it is missing like any other.
    session.answer("job, not shown: ", "");
    let (status, screen) = session.end();
    assert_eq!(status, 2, "{screen}");
    assert!(screen.contains("input `token` has no value") && screen.contains("input `job`"), "{screen}");
    assert!(!screen.contains("zone ("), "what is given is not asked for: {screen}");
}
