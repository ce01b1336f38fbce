//! Mistakes on the command line itself: status 2, and what to type instead.

use crate::project::{PASSES, Project};

#[test]
fn an_unknown_option_suggests_one() {
    Project::new().run(&["run", "--tagz", "a"]).is(
        2,
        "",
        "
error: unexpected argument '--tagz' found

  tip: a similar argument exists: '--tags'

Usage: wxflow run --tags <TAG,…> [PATH]...

For more information, try '--help'.
",
    );
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in [&["--help"][..], &["run", "--help"], &["validate", "--help"], &["list", "--help"]]
        .into_iter()
        .chain([&["schema", "--help"][..], &["sandbox", "--help"], &["guest", "--help"]])
        .chain([&["guest", "create", "--help"][..], &["guest", "login", "--help"], &["guest", "quick", "--help"]])
        .chain([&["guest", "verify", "--help"][..]])
    {
        let done = Project::new().run(command);
        assert_eq!((done.status, done.stderr.as_str()), (0, ""));
        assert!(done.stdout.contains("Example"), "{command:?}\n{}", done.stdout);
    }
}

#[test]
fn a_bad_value_is_explained() {
    for (arguments, expected) in [
        (["run", "--report=junit"], "write FORMAT=FILE, like junit=report.xml"),
        (["run", "--report=junti=x"], "unknown report format `junti`: did you mean `junit`?"),
        (["run", "--max-body=many"], "write a number of bytes, or like 500k, 64m, 1g"),
        (["run", "--var=a-b=1"], "`a-b` cannot be the name of an input"),
        (["run", "--repeat=0"], "write how often every flow runs, from 1"),
        (["run", "--jobs=0"], "write how many flows may run at once, from 1"),
        (["run", "--allow-host=https://x/"], "is not a host: write only the name, `x`"),
        (["run", "--fault=latency=1"], "--sandbox"),
    ] {
        let done = Project::new().run(&arguments);
        assert_eq!(done.status, 2);
        assert!(done.stderr.contains(expected), "{arguments:?}\n{}", done.stderr);
    }
}

#[test]
fn without_flows_there_is_nothing_to_run() {
    Project::new().run(&["run"]).is(
        2,
        "",
        "error: flows: it does not exist\n  name a flow or a folder: wxflow run PATH\n",
    );
    Project::new().file("empty/x.yaml", "").run(&["run", "empty"]).is(
        2,
        "",
        "error: empty: no flow in this folder\n  flow files are named *.flow.yaml\n",
    );
    Project::new().file("flows/smoke.flow.yaml", PASSES).run(&["run", "flows/smoke"]).is(
        2,
        "",
        "error: flows/smoke: it does not exist\n  did you mean `smoke.flow.yaml`?\n",
    );
    Project::new().file("flows/_part.flow.yaml", PASSES).run(&["run"]).is(
        2,
        "",
        "error: nothing to run: every flow here is a part (its name begins with `_`)\n  name the file itself to run it\n",
    );
}

#[test]
fn the_home_folder_is_no_root() {
    let project = Project::new().file("home/a.flow.yaml", PASSES);
    let done = project.run(&["run", "home/a.flow.yaml", "--root", "home"]);
    done.is(
        2,
        "",
        "error: --root home would let flows read everything in your home folder\n  put the flows into a folder of their own and name that one\n",
    );
}

#[test]
fn two_reports_cannot_share_stdout() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES);
    let done = project.run(&["run", "--report", "json=-", "--report", "junit=-"]);
    done.is(2, "", "error: only one report can go to stdout\n  write the others to files: FORMAT=FILE\n");
}
