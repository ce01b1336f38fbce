//! `wxflow completions` and the `wxflow __complete` that its scripts ask; `wxflow man`.

use std::process::Command;

use crate::project::{BROKEN, PASSES, Project};

const ASKS: &str = "\
tags: [smoke, \"area:slow\"]
inputs: { who: x, key: { secret: true } }
steps:
  - name: First step
    wait: 1ms
";

fn project() -> Project {
    Project::new()
        .file("flows/my flows/a b.flow.yaml", ASKS)
        .file("flows/my flows/it's $x.flow.yaml", PASSES)
        .file("flows/plain.flow.yaml", BROKEN)
        .file("flows/notes.txt", "")
        .file("rows.csv", "a\n1\n")
        .file("environments/staging.yaml", "")
        .file("environments/two words.yaml", "")
}

/// The candidates for the last word, without their help.
#[track_caller]
fn candidates(words: &[&str]) -> Vec<String> {
    let done = project().run(&[&["__complete", "zsh", "--", "wxflow"], words].concat());
    assert_eq!(done.status, 0);
    done.stdout.lines().map(|line| line.split('\t').next().unwrap_or(line).to_owned()).collect()
}

#[test]
fn flows_environments_tags_steps_and_inputs_are_known() {
    assert_eq!(candidates(&["run", "flows/"]), ["flows/my flows/", "flows/plain.flow.yaml"]);
    assert_eq!(candidates(&["run", "flows/my flows/a"]), ["flows/my flows/a b.flow.yaml"]);
    assert_eq!(candidates(&["explain", "flows/p"]), ["flows/plain.flow.yaml"]);
    assert_eq!(candidates(&["run", "-e", ""]), ["staging", "two words"]);
    assert_eq!(candidates(&["run", "--env=st"]), ["--env=staging"]);
    assert_eq!(candidates(&["list", "--tags", ""]), ["area:slow", "smoke"]);
    assert_eq!(candidates(&["run", "--exclude-tags", "smoke,a"]), ["smoke,area:slow"]);
    assert_eq!(candidates(&["run", "--step", "F"]), ["First step"]);
    assert_eq!(candidates(&["run", "--var", "w"]), ["who="]);
    assert_eq!(candidates(&["run", "--secret", ""]), ["key="]);
    assert_eq!(candidates(&["run", "--report", "ju"]), ["junit="]);
    assert_eq!(candidates(&["run", "--data", "ro"]), ["rows.csv"]);
    assert_eq!(candidates(&["completions", "f"]), ["fish"]);
    assert_eq!(candidates(&["run", "--wat"]), ["--watch"]);
    assert!(!candidates(&[""]).contains(&"__complete".to_owned()));
}

/// Steps and inputs are those of the flow that stands in the line.
#[test]
fn the_flow_in_the_line_counts() {
    assert_eq!(candidates(&["run", "flows/my flows/it's $x.flow.yaml", "--step", ""]), ["Adds"]);
    assert_eq!(candidates(&["run", "flows/my flows/a b.flow.yaml", "--step", ""]), ["First step"]);
}

/// The script itself, in bash, as readline calls it.
#[test]
fn bash() {
    let project = project();
    std::fs::write(project.path("wxflow.bash"), project.run(&["completions", "bash"]).stdout).unwrap();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_wxflow")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    for (line, expected) in [
        ("wxflow ru", "run"),
        ("wxflow run flows/my", r"flows/my\ flows/ nospace"),
        (r"wxflow run flows/my\ flows/a", r"flows/my\ flows/a\ b.flow.yaml"),
        ("wxflow run 'flows/my flows/a", "flows/my flows/a b.flow.yaml"),
        ("wxflow run \"flows/my flows/it", "flows/my flows/it's \\$x.flow.yaml"),
        ("wxflow run --env=tw", r"two\ words"),
        ("wxflow run --tags area:", "slow"),
        ("wxflow run --var w", "who= nospace"),
    ] {
        let script = "source ./wxflow.bash; COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'; COMP_LINE=$1; COMP_POINT=${#1}
            compopt() { echo -n ' nospace'; }; hint=$(_wxflow wxflow); _wxflow wxflow >/dev/null; echo \"${COMPREPLY[*]}$hint\"";
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script, "bash", line]).current_dir(project.path("")).env("PATH", &path);
        let done = bash.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&done.stdout).trim_end(), expected, "{line}: {done:?}");
    }
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let done = project().run(&["completions", shell]);
        assert!(done.status == 0 && done.stdout.contains("__complete"), "{shell}");
    }
}

#[test]
fn manual_pages_are_of_each_command() {
    let whole = project().run(&["man"]);
    assert!(whole.stdout.contains(".TH wxflow 1 \"\" \"wxflow "), "{}", whole.stdout);
    let page = project().run(&["man", "guest", "create"]).stdout;
    assert!(page.contains(".TH wxflow-guest-create 1 ") && page.contains("service\\-app"), "{page}");
    let help = "error: `wxflow` has no command `rn`\n  did you mean `run`?\n";
    project().run(&["man", "rn"]).is(2, "", help);
}
