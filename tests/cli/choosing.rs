//! What runs, how often, and how far: rows, repeats, shards, tags, steps, time, and nothing at all.

use crate::project::{FAILS, PASSES, Project};

const ROWS: &str = "\
inputs:
  name: null
  age: { type: integer, default: 3 }
steps:
  - name: One
    check: [\"age < 40\"]
  - name: Two
    id: second
    check: [\"name != ''\"]
";

#[test]
fn each_row_is_a_result_of_its_own() {
    let project = Project::new().file("flows/a.flow.yaml", ROWS).file("rows.csv", "name,age\nAnn,7\nBob,41\nCid,x\n");
    let done = project.run(&["run", "--data", "rows.csv", "--jobs", "1", "--report", "json=r.json"]);
    done.is(
        2,
        "
flows/a.flow.yaml [row 1]
  ✓ One [time]
  ✓ Two [time]

flows/a.flow.yaml [row 2]
  ✗ One [time]
    failed: age < 40
     --> flows/a.flow.yaml:6:14
      |
    6 |     check: [\"age < 40\"]
      |              ^^^^^^^^
    age is 41

  ○ Two                         skipped: an earlier step failed

flows/a.flow.yaml [row 3]
  ✗ invalid: 1 mistake, nothing was sent

failures
  ✗ flows/a.flow.yaml [row 2] › One
    flows/a.flow.yaml:6:14: age < 40 (age is 41)
  ✗ flows/a.flow.yaml [row 3]
    invalid: 1 mistake, nothing was sent

flows 1 passed, 1 failed, 1 invalid · steps 2 passed, 1 failed, 1 skipped · assertions 2 held, 1 failed · requests 0 · [time]
FAILED
",
        "
error[invalid-input]: input `age` is `x`, from row 3 of rows.csv, which is not an integer
 --> flows/a.flow.yaml:3:3
  |
3 |   age: { type: integer, default: 3 }
  |   ^^^
  |
  = help: write it like `5`

",
    );
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(project.path("r.json")).unwrap()).unwrap();
    let rows: Vec<_> = report["flows"].as_array().unwrap().iter().map(|f| (&f["row"], &f["outcome"])).collect();
    assert_eq!(
        format!("{rows:?}"),
        "[(Number(1), String(\"passed\")), (Number(2), String(\"failed\")), (Number(3), String(\"failed\"))]"
    );
}

#[test]
fn rows_may_be_json_or_yaml_and_give_way_to_var() {
    let project = Project::new().file("flows/a.flow.yaml", ROWS);
    let project = project.file("rows.json", r#"[{"name": "Ann", "age": 50}]"#).file("rows.yaml", "- { name: Ann }\n");
    assert_eq!(project.run(&["run", "--data", "rows.json"]).status, 1);
    assert_eq!(project.run(&["run", "--data", "rows.json", "--var", "age=5"]).status, 0);
    assert_eq!(
        project.run(&["run", "--data", "rows.yaml"]).status,
        0,
        "a column may be missing where there is a default"
    );
}

#[test]
fn what_is_no_data_is_told() {
    let project = Project::new().file("flows/a.flow.yaml", ROWS);
    let project = project.file("typo.csv", "nmae\nAnn\n").file("none.csv", "name\n").file("one.json", "{}");
    let project = project.file("row.yaml", "- Ann\n").file("rows.txt", "name\n");
    let told = |file: &str| project.run(&["run", "--data", file]).stderr;
    assert_eq!(told("typo.csv"), "error: --data typo.csv: no flow has an input `nmae`\n  did you mean `name`?\n");
    assert_eq!(
        told("none.csv"),
        "error: --data: none.csv has no rows\n  without rows no flow runs, and nothing is tested\n"
    );
    assert_eq!(
        told("one.json"),
        "error: --data: one.json holds one value of type object, not a list of rows\n  a row is an object of input names and values\n"
    );
    assert_eq!(
        told("row.yaml"),
        "error: --data: row.yaml has a value of type string as row 1\n  a row is an object of input names and values\n"
    );
    assert_eq!(told("rows.txt"), "error: --data: rows.txt is no .csv, .json or .yaml file\n  only those hold data\n");
    assert_eq!(told("gone.csv"), "error: --data: gone.csv: the file cannot be read: it does not exist\n");
}

#[test]
fn a_secret_in_a_row_is_masked() {
    let flow = "inputs: { token: { secret: true } }\nsteps:\n  - check: [\"token == 'x'\"]\n";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("rows.csv", "token\nhunter22\n");
    let done = project.run(&["run", "--data", "rows.csv", "--report", "events=e.ndjson"]);
    assert_eq!(done.status, 1);
    let events = std::fs::read_to_string(project.path("e.ndjson")).unwrap();
    assert!(![done.stdout, done.stderr, events].iter().any(|text| text.contains("hunter22")));
}

#[test]
fn values_from_files() {
    let flow = "inputs: { people: { type: list }, n: { type: integer, default: 0 } }\nsteps:\n  - check: [\"people[1].name == 'Bob'\", \"n == 2\"]\n";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let project = project.file("people.csv", "name\nAnn\nBob\n").file("values.yaml", "n: 2\npeople: []\n");
    let people = ["run", "--var", "people=@people.csv"];
    assert_eq!(project.run(&[&people[..], &["--var", "n=2"]].concat()).status, 0);
    assert_eq!(project.run(&[&people[..], &["--var-file", "values.yaml"]].concat()).status, 0, "--var comes first");
    let project = project.file("list.json", "[1]").file("typo.yaml", "m: 2\n");
    project.run(&["run", "--var", "people=@people.txt", "--var-file", "list.json"]).is(
        2,
        "",
        "error: --var people: people.txt is no .csv, .json or .yaml file
  people=@FILE reads a .csv, .json or .yaml file; put a text that begins with @ into --var-file
error: --var-file: list.json holds a value of type list, not names and values
  write `name: value` lines
",
    );
    let done = project.run(&[&people[..], &["--var-file", "typo.yaml"]].concat());
    assert_eq!(
        done.stderr,
        "error: --var-file typo.yaml: no flow has an input `m`\n  `wxflow list` shows the inputs of each flow\n"
    );
}

#[test]
fn shards_share_rows_and_repeats() {
    let project = Project::new().file("flows/a.flow.yaml", ROWS).file("flows/b.flow.yaml", PASSES);
    let project = project.file("rows.csv", "name\nAnn\nBob\n");
    let mut seen = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let done = project.run(&["run", "--data", "rows.csv", "--repeat", "2", "--shard", shard, "-j1"]);
        assert_eq!((done.status, done.stderr.as_str()), (0, ""));
        seen.extend(done.stdout.lines().filter(|l| l.starts_with("flows/")).map(str::to_owned));
    }
    seen.sort();
    let expected = ["a.flow.yaml", "b.flow.yaml — Passes"].iter().flat_map(|flow| {
        [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(row, repeat)| {
            let (file, name) = flow.split_once(" — ").map_or((*flow, String::new()), |(f, n)| (f, format!(" — {n}")));
            format!("flows/{file} [row {row}, repeat {repeat}]{name}")
        })
    });
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

#[test]
fn ci_says_which_shard_and_an_empty_one_is_no_failure() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES);
    let project = project.variable("CI_NODE_INDEX", "2").variable("CI_NODE_TOTAL", "2");
    project.run(&["run", "--shard", "auto", "--report", "junit=r.xml"]).is(
        0,
        "flows 0 · steps 0 · assertions 0 · requests 0 · [time]\nNOTHING RAN\n",
        "shard 2 of 2 is empty: there are fewer flow runs than shards\n",
    );
    assert!(project.path("r.xml").exists(), "its reports are written all the same");
    let project = Project::new().file("flows/a.flow.yaml", PASSES);
    project.run(&["run", "--shard", "auto"]).is(
        2,
        "",
        "error: --shard auto: neither CI_NODE_INDEX nor JOB_COMPLETION_INDEX is set\n  say which part this is: --shard I/N\n",
    );
}

#[test]
fn tags_left_out() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("flows/b.flow.yaml", FAILS);
    assert_eq!(project.run(&["run", "--exclude-tags", "slow"]).status, 0);
    project.run(&["run", "--tags", "slow", "--exclude-tags", "slow,smoke"]).is(
        2,
        "",
        "error: nothing to run: every flow has the tag slow or smoke\n  leave out less with --exclude-tags\n",
    );
    let done = project.run(&["run", "--exclude-tags", "slwo"]);
    assert_eq!(done.stderr, "warning: --exclude-tags slwo: no flow here has it; did you mean `slow`?\n");
    let listed = project.run(&["list", "--exclude-tags", "smoke"]).stdout;
    assert!(listed.contains("b.flow.yaml") && !listed.contains("a.flow.yaml"), "{listed}");
}

#[test]
fn up_to_a_step() {
    let project = Project::new().file("flows/a.flow.yaml", ROWS);
    for name in ["One", "one"] {
        let done = project.run(&["run", "--var", "name=x", "--step", name]);
        if name == "One" {
            done.is(
                0,
                "
flows/a.flow.yaml
  ✓ One [time]
  ○ Two                         skipped: the run ends before it (--step)

flows 1 passed · steps 1 passed, 1 skipped · assertions 1 · requests 0 · [time]
PASSED
",
                "",
            );
        } else {
            done.is(2, "", "error: --step one: flows/a.flow.yaml has no such step\n  did you mean `One`?\n");
        }
    }
    assert_eq!(project.run(&["run", "--var", "name=x", "--step", "second"]).status, 0);
}

#[test]
fn time_is_over() {
    let flow = "steps:\n  - name: Waits\n    wait: 1h\n  - name: Adds\n    check: [\"true\"]\n";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let done = project.run(&["run", "--max-time", "50ms", "--report", "json=r.json"]);
    assert_eq!(done.status, 1);
    assert_eq!(
        done.stderr,
        "error: the run took longer than --max-time 50ms, so it stops here\n  cleanups run and reports are written; the rest is skipped\n"
    );
    assert!(done.stdout.contains("skipped: the time of the run is over (--max-time)"), "{}", done.stdout);
    assert!(std::fs::read_to_string(project.path("r.json")).unwrap().contains("\"failed\""));
    let done = project.run(&["run", "--max-time", "10"]);
    assert!(done.stderr.contains("add a unit: `10s` or `10ms`"), "{}", done.stderr);
}

#[test]
fn a_dry_run_shows_and_sends_nothing() {
    let flow = "\
inputs:
  url: { default: http://127.0.0.1:1/v1 }
  token: { default: hunter22, secret: true }
  pin: { default: '1234', secret: true }
  emails: { default: [a@x.example, b@x.example] }
vars: { run: 'r-{{ uuid() }}' }
defaults: { base_url: '{{ url }}', auth: { bearer: '{{ token }}' } }
steps:
  - name: Open
    request: POST /rooms
    json: { title: 'Run {{ run }}', pin: '{{ pin }}' }
    capture: { room: $.id }
    cleanup: { request: 'DELETE /rooms/{{ room }}' }
  - name: Add
    for_each: { email: '{{ emails }}' }
    request: 'PUT /rooms/{{ room }}/{{ email }}'
    query: { t: '{{ pin }}', n: '{{ loop.index }}' }
    headers: { X-Run: '{{ run }}', Authorization: 'Token {{ token }}' }
  - name: Later
    when: room != ''
    set: { n: '{{ emails | length }}' }
  - name: Never
    when: n > 2
    wait: 2s
  - check: [\"n == 2\"]
";
    let project = Project::new().file("flows/a.flow.yaml", flow);
    let done = project.run(&["run", "--dry-run"]);
    let shown = "
flows/a.flow.yaml
  Open
    POST http://127.0.0.1:1/v1/rooms
    authorization: Bearer ***
    content-type: application/json

    {
      \"title\": \"Run {{ run }}\",
      \"pin\": \"***\"
    }

    cleanup: DELETE http://127.0.0.1:1/v1/rooms/{{ room }}

  Add [1]
    PUT http://127.0.0.1:1/v1/rooms/{{ room }}/a%40x.example?t=***&n=1
    x-run: {{ run }}
    authorization: ***

  Add [2]
    PUT http://127.0.0.1:1/v1/rooms/{{ room }}/b%40x.example?t=***&n=2
    x-run: {{ run }}
    authorization: ***

  Later
    when room != '':
    set n = 2

  Never
    skipped: `when: n > 2` is false

  check
    check n == 2

nothing was sent (--dry-run)
";
    assert_eq!(done.stdout, shown.trim_start_matches('\n'));
    assert_eq!(done.status, 0);
    let done = project.run(&["run", "--dry-run", "--step", "Open", "--repeat", "2"]);
    assert_eq!(done.stdout.matches("POST").count(), 2);
    assert!(done.stdout.contains("flows/a.flow.yaml [repeat 2]") && !done.stdout.contains("PUT"), "{}", done.stdout);
}

#[test]
fn a_short_secret_is_masked_in_fields() {
    let flow = "\
inputs:
  webex_url: { default: x, env: WEBEX_URL }
  pin: { secret: true }
defaults: { base_url: '{{ webex_url }}' }
steps:
  - request: POST /_wxflow/echo
    query: { t: '{{ pin }}' }
    json: { pin: '{{ pin }}', n: 12345 }
    cookies: { c: '{{ pin }}' }
    capture: { back: $.json.pin }
";
    let project = Project::new().file("flows/a.flow.yaml", flow).file("pin.txt", "1234\n");
    let arguments = ["run", "--sandbox", "--secret", "pin=@pin.txt", "-vv", "--report", "json=r.json"];
    let done = project.run(&arguments);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert_eq!(done.stderr.matches("the value of `pin` has fewer than 6 bytes").count(), 1, "{}", done.stderr);
    let report = std::fs::read_to_string(project.path("r.json")).unwrap();
    let sent: String = done.stdout.lines().filter(|line| line.contains(" > ")).collect();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let exchange = &report["flows"][0]["steps"][0]["exchanges"][0];
    for text in [&sent, &format!("{}{}", exchange["url"], exchange["body"])] {
        assert!(text.contains("?t=***") && text.contains("12345"), "only whole fields are masked: {text}");
        assert!(!text.replace("12345", "").contains("1234"), "{text}");
    }
    assert!(exchange["reply"]["body"]["text"].as_str().unwrap().contains("\"json\":{\"pin\":\"***\",\"n\":12345}"));
    assert_eq!(report["flows"][0]["steps"][0]["captures"][0]["value"], "***");
}
