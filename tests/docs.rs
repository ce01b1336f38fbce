//! README and docs against the program: every block runs, and the house plan is the one that the code is held to.
//!
//! A fence says what its block is: `yaml` a whole flow that passes under `run --sandbox`, `yaml fails` one that ends with
//! status 1, `yaml invalid` one that ends with 2, `yaml fragment` any YAML.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;

/// The fewest blocks of whole flows: fewer means that they are no longer found.
const FEWEST: usize = 25;

struct Block {
    /// `language-120`: the file and the line of the fence.
    name: String,
    kind: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README and everything in docs.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<_> = fs::read_dir(root().join("docs")).unwrap().map(|e| e.unwrap().path()).collect();
    pages.retain(|p| p.extension().is_some_and(|e| e == "md"));
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let stem = page.file_stem().unwrap().to_string_lossy().to_lowercase();
        let mut open: Option<Block> = None;
        for (index, line) in text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(kind)) => {
                    open = Some(Block {
                        name: format!("{stem}-{}", index + 1),
                        kind: kind.trim().to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => found.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a fence is never closed", page.display());
    }
    found
}

fn of_kind(kind: &str) -> Vec<Block> {
    blocks().into_iter().filter(|b| b.kind == kind).collect()
}

/// A project of its own with a file for each block.
fn project(blocks: &[Block]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("flows")).unwrap();
    for block in blocks {
        // A flow that others use says in its first line how it is called.
        let own = block.text.lines().next().and_then(|line| line.strip_prefix("# _")?.strip_suffix(".flow.yaml"));
        let name = own.map_or_else(|| block.name.clone(), |own| format!("_{own}"));
        fs::write(dir.path().join(format!("flows/{name}.flow.yaml")), &block.text).unwrap();
    }
    dir
}

fn wxflow(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wxflow"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The outcome of each flow of a JSON report, by the file's stem.
fn outcomes(report: &Path) -> BTreeMap<String, String> {
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let flows = report["flows"].as_array().unwrap();
    flows
        .iter()
        .map(|flow| {
            let path = text(&flow["path"]);
            let stem = path.rsplit('/').next().unwrap().trim_end_matches(".flow.yaml").to_owned();
            (stem, text(&flow["outcome"]))
        })
        .collect()
}

#[test]
fn whole_flows_in_the_docs_pass() {
    let blocks = of_kind("yaml");
    assert!(blocks.len() >= FEWEST, "only {} flows were found in the docs", blocks.len());
    let project = project(&blocks);
    let checked = wxflow(project.path(), &["validate", "flows"]);
    assert_eq!(checked.status.code(), Some(0), "{}", shown(&checked));
    let ran = wxflow(project.path(), &["run", "flows", "--sandbox", "--allow-write", "--quiet"]);
    assert_eq!(ran.status.code(), Some(0), "{}", shown(&ran));
}

#[test]
fn flows_that_are_said_to_fail_do() {
    let blocks = of_kind("yaml fails");
    assert!(!blocks.is_empty());
    let project = project(&blocks);
    let ran = wxflow(project.path(), &["run", "flows", "--sandbox", "--report", "json=report.json"]);
    assert_eq!(ran.status.code(), Some(1), "{}", shown(&ran));
    let outcomes = outcomes(&project.path().join("report.json"));
    for block in &blocks {
        assert_eq!(outcomes[&block.name], "failed", "{}\n{}", block.name, shown(&ran));
    }
}

#[test]
fn flows_that_are_said_to_be_invalid_are() {
    let blocks = of_kind("yaml invalid");
    assert!(!blocks.is_empty());
    let project = project(&blocks);
    for block in &blocks {
        let file = format!("flows/{}.flow.yaml", block.name);
        let checked = wxflow(project.path(), &["validate", &file]);
        assert_eq!(checked.status.code(), Some(2), "{}\n{}", block.name, shown(&checked));
    }
}

/// Every `$ wxflow …` of README with the output under it, from a project that holds README's flow.
#[test]
fn the_readme_shows_what_the_program_says() {
    let readme: Vec<_> = blocks().into_iter().filter(|b| b.name.starts_with("readme-")).collect();
    let hello = &readme.iter().find(|b| b.kind == "yaml").unwrap().text;
    let dir = project(&[]);
    fs::write(dir.path().join("flows/hello.flow.yaml"), hello).unwrap();
    let typo = hello.replace("{{ token }}", "{{ tokn }}").replace("expect:", "expects:");
    fs::write(dir.path().join("flows/typo.flow.yaml"), typo).unwrap();
    let consoles: Vec<_> = readme.iter().filter(|b| b.kind == "console").collect();
    assert!(!consoles.is_empty());
    for block in consoles {
        let (command, output) = block.text.split_once('\n').unwrap();
        let arguments: Vec<_> = command.strip_prefix("$ wxflow ").unwrap().split(' ').collect();
        let ran = wxflow(dir.path(), &arguments);
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stderr), String::from_utf8_lossy(&ran.stdout));
        assert_eq!(masked(&said), masked(output), "{command}");
    }
}

/// Times, ports, dates and ids are new in every run.
fn masked(text: &str) -> String {
    let changing = [
        (r" +[\d.]+ m?s\b", " TIME"),
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "DATE"),
        (r"[A-Za-z0-9_-]{30,}", "ID"),
    ];
    changing.iter().fold(text.trim().to_owned(), |text, (pattern, word)| {
        Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned()
    })
}

/// Every `wxflow run` and `wxflow validate` that the Webex page shows, its CI jobs included: files, tags, environments,
/// inputs and options are there. What shows a failure ends with 1, and nothing with more.
#[test]
fn the_commands_of_the_webex_page_are_accepted() {
    let command = Regex::new(r"wxflow ((?:run|validate)\b[^)\n#]*)").unwrap();
    let reports = tempfile::tempdir().unwrap();
    let mut tried = BTreeSet::new();
    for block in blocks().iter().filter(|block| block.name.starts_with("webex-") && block.kind != "yaml") {
        for found in command.captures_iter(&block.text) {
            let line = found[1].replace("reports/", &format!("{}/", reports.path().display()));
            let mut arguments: Vec<_> = line.split_whitespace().collect();
            arguments.extend((arguments[0] == "run" && !line.contains("--sandbox")).then_some("--sandbox"));
            let done = wxflow(root(), &arguments);
            let fails = line.contains("most_") || line.contains("--fault");
            assert_eq!(done.status.code(), Some(i32::from(fails)), "{}: {line}\n{}", block.name, shown(&done));
            tried.insert(line);
        }
    }
    assert!(tried.len() >= 10, "{tried:?}");
}

#[test]
fn the_language_page_names_everything_there_is() {
    let text = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let prose: String = text.split("\n```").step_by(2).collect();
    let code = prose.split('`').skip(1).step_by(2).flat_map(|c| c.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let named: BTreeSet<&str> = code.collect();
    let printed = wxflow(root(), &["schema", "flow"]);
    let mut there = BTreeSet::new();
    properties(&serde_json::from_slice(&printed.stdout).unwrap(), &mut there);
    assert!(there.contains("for_each") && there.contains("starts_with"), "the schema's keys were not found");
    there.extend(wxflow::template::function_names().map(str::to_owned));
    there.extend(wxflow::template::filter_names().map(str::to_owned));
    there.retain(|name| !named.contains(name.as_str()));
    assert!(there.is_empty(), "docs/language.md does not name {there:?}");
}

/// The keys of all objects that a JSON Schema describes.
fn properties(schema: &serde_json::Value, out: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(map) => {
            if let Some(serde_json::Value::Object(keys)) = map.get("properties") {
                out.extend(keys.keys().cloned());
            }
            map.values().for_each(|value| properties(value, out));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| properties(item, out)),
        _ => {}
    }
}

#[test]
fn every_fence_is_of_a_known_kind() {
    const KINDS: &[&str] =
        &["yaml", "yaml fails", "yaml invalid", "yaml fragment", "console", "text", "sh", "js", "json", "lua", "toml"];
    for block in blocks() {
        assert!(KINDS.contains(&block.kind.as_str()), "{}: a fence of the kind `{}`", block.name, block.kind);
        if block.kind == "yaml fragment" {
            let read = serde_yaml::from_str::<serde_json::Value>(&block.text);
            assert!(read.is_ok(), "{}: {read:?}", block.name);
        }
        if block.kind == "json" {
            let read = serde_json::from_str::<serde_json::Value>(&block.text);
            assert!(read.is_ok(), "{}: {read:?}", block.name);
        }
    }
}

/// Every command with its `--help`, found through that of the command above it.
fn commands() -> Vec<(Vec<String>, String)> {
    let (mut found, mut next) = (Vec::new(), vec![Vec::new()]);
    while let Some(command) = next.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = String::from_utf8_lossy(&wxflow(root(), &arguments).stdout).into_owned();
        let inner = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        let inner =
            inner.lines().take_while(|l| !l.is_empty()).filter(|l| l.starts_with("  ") && !l.starts_with("   "));
        let names = inner.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
        next.extend(names.map(|name| [command.clone(), vec![name.to_owned()]].concat()));
        found.push((command, help));
    }
    found
}

/// docs/cli.md with the pages that it links to.
fn command_line_pages() -> String {
    let page = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let linked =
        page.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()).filter(|l| l.ends_with(".md"));
    let linked: BTreeSet<_> = linked.filter(|l| !l.contains('/')).collect();
    let pages = linked.iter().map(|l| fs::read_to_string(root().join("docs").join(l)).unwrap());
    pages.fold(page.clone(), |all, page| all + &page)
}

/// `--help`, the manual pages and docs/cli.md, with the pages that it links to, know the same options.
#[test]
fn every_option_is_documented() {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|w| w.starts_with("--"));
        words.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let documented = words(&command_line_pages());
    let mut seen = 0;
    for (command, help) in commands() {
        let (_, options) = help.split_once("Options:").unwrap();
        let own: BTreeSet<_> = options
            .lines()
            .filter(|line| line.trim_start().starts_with('-') && line.starts_with("  "))
            .flat_map(|line| words(line.split("  ").find(|part| part.trim_start().starts_with('-')).unwrap()))
            .collect();
        seen += own.len();
        let missing: Vec<_> = own.difference(&documented).collect();
        assert!(missing.is_empty(), "docs/cli.md does not name {missing:?} of `wxflow {}`", command.join(" "));
        let arguments = [&["man".to_owned()], command.as_slice()].concat();
        let man = wxflow(root(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let man = words(&String::from_utf8_lossy(&man.stdout).replace("\\-", "-").replace("\\fB", " "));
        let missing: Vec<_> = own.difference(&man).collect();
        assert!(missing.is_empty(), "the manual page of `wxflow {}` does not name {missing:?}", command.join(" "));
    }
    assert!(seen > 60, "only {seen} options were found");
}

/// What an option may be, and what it is where it is left out, is the same in `--help` and in the pages.
#[test]
fn every_value_and_default_is_documented() {
    let value = Regex::new(r"(?m)^ +- ([a-z]+): ").unwrap();
    let option = Regex::new(r"^ {2,6}(?:-\w, )?--([a-z-]+)").unwrap();
    let default = Regex::new(r"\[default: (\w+)\]").unwrap();
    let pages = command_line_pages();
    // A table's row or a sentence: the option, and near it the value.
    let near = |option: &str, value: &str| {
        let value = Regex::new(&format!(r"\b{value}\b")).unwrap();
        pages.match_indices(&format!("--{option}")).any(|(at, _)| {
            let end = (at..=at + 400).rev().find(|end| pages.is_char_boundary(*end)).unwrap_or(at);
            value.is_match(pages.get(at..end).unwrap_or_default())
        })
    };
    let mut seen = 0;
    for (command, help) in commands() {
        let command = command.join(" ");
        for found in value.captures_iter(&help) {
            seen += 1;
            let word = Regex::new(&format!(r"(?i)\b{}\b", &found[1])).unwrap();
            assert!(word.is_match(&pages), "docs/cli.md does not name `{}` of `wxflow {command}`", &found[1]);
        }
        let mut last = String::new();
        for line in help.lines() {
            if let Some(found) = option.captures(line) {
                last = found[1].to_owned();
            }
            let Some(found) = default.captures(line) else { continue };
            seen += 1;
            assert!(
                near(&last, &found[1]),
                "docs/cli.md does not say that --{last} of `wxflow {command}` is {}",
                &found[1]
            );
        }
    }
    assert!(seen > 30, "only {seen} values were found");
}

/// The example flows and how many steps they have, so that one that silently does nothing is seen.
#[test]
fn the_example_flows_pass_against_the_sandbox() {
    let checked = wxflow(root(), &["validate", "flows"]);
    assert_eq!(checked.status.code(), Some(0), "{}", shown(&checked));
    let reports = tempfile::tempdir().unwrap();
    let report = reports.path().join("report.json");
    let wanted = format!("json={}", report.display());
    let ran = wxflow(root(), &["run", "flows", "--sandbox", "--report", &wanted]);
    assert_eq!(ran.status.code(), Some(0), "{}", shown(&ran));
    let outcomes = outcomes(&report);
    let mut files = Vec::new();
    below(&root().join("flows"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        let stem = file.file_name().unwrap().to_string_lossy().trim_end_matches(".flow.yaml").to_owned();
        assert_eq!(outcomes.get(&stem).map(String::as_str), Some("passed"), "{}", file.display());
    }
}

fn below(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            below(&path, out);
        } else if name.ends_with(".flow.yaml") && !name.starts_with('_') {
            out.push(path);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in pages().into_iter().chain(["SECURITY.md", "CHANGELOG.md"].map(|f| root().join(f))) {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(f, a)| (f, Some(a)));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let known = target.exists() && anchor.is_none_or(|anchor| anchors(&target).contains(anchor));
            if !known {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|l| l.starts_with('#')).map(|l| l.trim_start_matches('#').trim().to_lowercase());
    let kept = |h: String| h.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    headings.map(|h| kept(h).replace(' ', "-")).collect()
}

type Plan = BTreeMap<String, BTreeSet<String>>;

/// `ROOMS` of tests/architecture.rs: a module's name, then the list of what it may import.
fn plan_of_the_test() -> Plan {
    let text = fs::read_to_string(root().join("tests/architecture.rs")).unwrap();
    let (_, table) = text.split_once("const ROOMS: &[(&str, &[&str])] = &[").unwrap();
    let (table, _) = table.split_once("\n];").unwrap();
    let words = |text: &str| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let entries = table.split("&[").collect::<Vec<_>>();
    let names = entries.iter().map(|e| e.rsplit('(').next().unwrap_or(""));
    names
        .zip(entries.iter().skip(1))
        .map(|(name, list)| (words(name).pop_first().unwrap(), words(list.split(']').next().unwrap())))
        .collect()
}

/// The table of docs/architecture.md, `| floor | module | is | may import |`: the plan, and each module's floor.
fn plan_of_the_docs() -> (Plan, BTreeMap<String, u8>) {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let (mut plan, mut floors) = (Plan::new(), BTreeMap::new());
    for line in text.lines().filter(|l| l.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [floor, module, _, imports] = cells.as_slice() else { continue };
        if let Ok(floor) = floor.parse::<u8>() {
            let module = words(module).pop_first().unwrap();
            floors.insert(module.clone(), floor);
            plan.insert(module, words(imports));
        }
    }
    (plan, floors)
}

#[test]
fn the_house_plan_is_the_one_that_is_tested() {
    let ((docs, floors), test) = (plan_of_the_docs(), plan_of_the_test());
    assert!(docs.len() > 10, "the table of docs/architecture.md was not found");
    assert_eq!(docs, test);
    for (module, imports) in &docs {
        for import in imports {
            assert!(floors[import] < floors[module], "`{module}` may import `{import}`, which is not on a lower floor");
        }
    }
}
