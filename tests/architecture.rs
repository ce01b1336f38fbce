//! The house plan against the code: a module imports only what its floor allows, and pure modules stay pure.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and what of ours it may import. `docs/architecture.md` says what each is.
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("value", &[]),
    ("diagnostic", &["source"]),
    ("redact", &["value"]),
    ("jwt", &["value"]),
    ("jsonpath", &["value"]),
    ("xpath", &["diagnostic", "value"]),
    ("yaml", &["source", "diagnostic", "value"]),
    ("http", &["value", "redact"]),
    ("webex", &["value", "http"]),
    ("template", &["source", "diagnostic", "value", "jwt", "jsonpath", "xpath", "yaml"]),
    ("oauth", &["value", "redact", "http"]),
    ("check", &["source", "diagnostic", "value", "redact", "jsonpath", "xpath", "yaml", "http", "template"]),
    ("environment", &["source", "diagnostic", "value", "redact", "yaml", "http", "oauth"]),
    (
        "flow",
        &[
            "source",
            "diagnostic",
            "value",
            "redact",
            "jwt",
            "jsonpath",
            "yaml",
            "http",
            "template",
            "check",
            "environment",
        ],
    ),
    ("explain", &["source", "redact", "value", "http", "template", "check", "flow"]),
    ("event", &["source", "diagnostic", "value", "redact", "http", "check"]),
    (
        "run",
        &[
            "source",
            "diagnostic",
            "value",
            "redact",
            "jwt",
            "jsonpath",
            "http",
            "oauth",
            "template",
            "check",
            "environment",
            "flow",
            "event",
            "webex",
        ],
    ),
    ("load", &["source", "diagnostic", "value", "redact", "yaml", "oauth", "template", "check", "environment", "flow"]),
    ("import", &["source", "diagnostic", "value", "jsonpath", "yaml", "http", "template", "check", "flow"]),
    ("schema", &["yaml", "environment", "flow"]),
    ("client", &["http", "redact"]),
    ("guest", &["value", "jwt", "http"]),
    ("login", &["redact", "http", "oauth"]),
    ("report", &["source", "diagnostic", "value", "redact", "http", "check", "event"]),
    ("sandbox", &["value", "http"]),
    (
        "export",
        &["source", "diagnostic", "value", "redact", "yaml", "http", "template", "check", "environment", "flow", "run"],
    ),
    (
        "cli",
        &[
            "source",
            "diagnostic",
            "value",
            "redact",
            "jwt",
            "jsonpath",
            "yaml",
            "http",
            "oauth",
            "template",
            "check",
            "environment",
            "flow",
            "event",
            "run",
            "load",
            "schema",
            "explain",
            "client",
            "report",
            "guest",
            "import",
            "login",
            "sandbox",
            "export",
            "webex",
        ],
    ),
];

/// Modules that read no clock, disk, network or environment, and what that looks like.
const PURE: &[&str] = &[
    "value",
    "diagnostic",
    "redact",
    "jwt",
    "jsonpath",
    "xpath",
    "yaml",
    "http",
    "template",
    "oauth",
    "check",
    "flow",
    "event",
    "explain",
    "guest",
    "export",
    "webex",
    "import",
];
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::env",
    "std::process",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::fs",
    "tokio::net",
    "hyper_util",
    "Uuid::new_v4",
];

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Each source file with its module and its lines up to its unit tests, comments dropped.
fn sources() -> Vec<(String, PathBuf, Vec<String>)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let mut found = Vec::new();
    for path in all {
        let inside = path.strip_prefix(&src).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        let is_test = inside.components().any(|c| c.as_os_str() == "tests.rs" || c.as_os_str() == "tests");
        if is_test || module == "lib" || module == "main" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().take_while(|l| l.trim() != "#[cfg(test)]");
        let code = lines.filter(|l| !l.trim_start().starts_with("//")).map(str::to_owned).collect();
        found.push((module, inside.to_path_buf(), code));
    }
    found
}

#[test]
fn modules_import_only_from_lower_floors() {
    let rooms: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (module, path, lines) in sources() {
        let Some(allowed) = rooms.get(module.as_str()) else {
            wrong.push(format!("{}: module `{module}` is not in the house plan", path.display()));
            continue;
        };
        for (number, line) in lines.iter().enumerate() {
            for piece in line.split("crate::").skip(1) {
                let names: Vec<String> = match piece.strip_prefix('{') {
                    Some(group) => group
                        .split(',')
                        .map(|n| n.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
                        .collect(),
                    None => vec![piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()],
                };
                for name in names.into_iter().filter(|n| rooms.contains_key(n.as_str())) {
                    if name != module && !allowed.contains(&name.as_str()) {
                        wrong.push(format!(
                            "{} (code line {}): `{module}` may not import `{name}`",
                            path.display(),
                            number + 1
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn pure_modules_touch_nothing_outside() {
    let mut wrong = Vec::new();
    for (module, path, lines) in sources() {
        if !PURE.contains(&module.as_str()) {
            continue;
        }
        for line in &lines {
            for word in IMPURE.iter().filter(|w| line.contains(**w)) {
                wrong.push(format!("{}: `{word}` in a pure module", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_prints_below_the_command_line() {
    let mut wrong = Vec::new();
    for (module, path, lines) in sources() {
        for line in lines.iter().filter(|_| module != "cli" && module != "report") {
            if line.contains("println!(")
                || line.contains("eprint")
                || line.contains("io::stdout")
                || line.contains("io::stderr")
            {
                wrong.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    let mut wrong = Vec::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//!") {
            wrong.push(format!("{}: no `//!` line", path.display()));
        }
        let lines = text.lines().take_while(|l| l.trim() != "#[cfg(test)]").count();
        let is_test = path.file_name().is_some_and(|n| n == "tests.rs");
        // A table may be long.
        let is_table = path.file_name().is_some_and(|n| n == "shape.rs");
        if lines > 400 && !is_test && !is_table {
            wrong.push(format!("{}: {lines} lines before its tests", path.display()));
        }
    }
    let forbidden = ["util", "utils", "helpers", "common", "misc", "core", "manager", "types"];
    let mut all = Vec::new();
    files(&src, &mut all);
    for path in all {
        let inside = path.strip_prefix(&src).unwrap();
        if inside.components().any(|c| forbidden.contains(&c.as_os_str().to_string_lossy().trim_end_matches(".rs"))) {
            wrong.push(format!("{}: a name that says nothing", path.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
