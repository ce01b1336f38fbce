//! A project folder that a test fills, and `wxflow` run in it with nothing of this machine around it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A flow that passes without sending anything.
pub(crate) const PASSES: &str = "name: Passes\ntags: [smoke]\nsteps:\n  - name: Adds\n    check: [\"1 + 1 == 2\"]\n";
/// A flow that fails without sending anything.
pub(crate) const FAILS: &str = "name: Fails\ntags: [slow]\nsteps:\n  - name: Adds\n    check: [\"1 + 1 == 3\"]\n";
/// A flow that is not valid.
pub(crate) const BROKEN: &str = "steps:\n  - nmae: x\n    check: [\"true\"]\n";

pub(crate) struct Project {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a command left behind; times are masked.
#[derive(Debug, PartialEq)]
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// An empty one; `home/` in it is the person's home folder.
    pub(crate) fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        std::fs::create_dir(project.path("home")).unwrap();
        project
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxflow"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("HOME", self.path("home")).envs(self.variables.iter().map(|(n, v)| (n, v)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        Done::of(self.command(arguments).output().unwrap())
    }
}

impl Done {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: masked(&String::from_utf8(output.stdout).unwrap()),
            stderr: masked(&String::from_utf8(output.stderr).unwrap()),
        }
    }

    /// Compares all three; texts are written with a line break before their first line.
    #[track_caller]
    pub(crate) fn is(&self, status: i32, stdout: &str, stderr: &str) {
        let text = |t: &str| t.strip_prefix('\n').unwrap_or(t).to_owned();
        pretty(&self.stdout, &text(stdout), "stdout");
        pretty(&self.stderr, &text(stderr), "stderr");
        assert_eq!(self.status, status);
    }
}

#[track_caller]
fn pretty(found: &str, expected: &str, which: &str) {
    assert!(found == expected, "{which} differs, found:\n{found}\nexpected:\n{expected}");
}

/// Times become `[time]`, with the spaces that align them.
fn masked(text: &str) -> String {
    let times = regex::Regex::new(r" +\d+(\.\d+)? (ms|s)\b").unwrap();
    times.replace_all(text, " [time]").into_owned()
}
