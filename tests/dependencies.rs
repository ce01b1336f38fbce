//! What may not come in through a dependency, as far as cargo tells it without a network;
//! `cargo deny check` reads the same `deny.toml` and looks at licences and advisories too.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What stands in quotes after `key` in each line.
fn quoted<'t>(text: &'t str, key: &str) -> BTreeSet<&'t str> {
    let after = |line: &'t str| line.split_once(key)?.1.split_once('"')?.1.split_once('"').map(|(name, _)| name);
    text.lines().filter_map(after).collect()
}

/// What is built for this machine, a crate a line with its features. `Cargo.lock` names more: what could be asked for.
fn graph() -> String {
    let tree = ["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} {f}"];
    let out = Command::new(env!("CARGO")).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn nothing_that_is_banned_is_built() {
    let (graph, deny) = (graph(), read("deny.toml"));
    let built: BTreeSet<_> = graph.lines().filter_map(|line| line.split(' ').next()).collect();
    let banned = quoted(&deny, "{ crate = ");
    assert!(built.contains("rustls") && banned.contains("openssl"), "both are read as they are written");
    let both: Vec<_> = built.intersection(&banned).collect();
    assert!(both.is_empty(), "{both:?} is banned in deny.toml");
    // It turns numbers into maps inside minijinja.
    let serde_json = graph.lines().find(|line| line.starts_with("serde_json ")).unwrap();
    assert!(!serde_json.contains("arbitrary_precision"), "{serde_json}");
}

#[test]
fn every_crate_comes_from_crates_io_with_a_checksum() {
    let lock = read("Cargo.lock");
    for package in lock.split("[[package]]").skip(1).filter(|package| !package.contains("name = \"wxflow\"")) {
        assert!(package.contains("source = \"registry+https://github.com/rust-lang/crates.io-index\""), "{package}");
        assert!(package.contains("checksum = \""), "{package}");
    }
}

#[test]
fn every_dependency_is_used() {
    let manifest = read("Cargo.toml");
    let sections = manifest.split("\n[").filter(|part| {
        part.starts_with("dependencies]")
            || part.starts_with("dev-dependencies]")
            || part.starts_with("build-dependencies]")
    });
    let mut code = String::new();
    for folder in ["src", "tests", "benches"] {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut code);
    }
    for line in sections.flat_map(|section| section.lines().skip(1)) {
        let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else { continue };
        // Here for that feature alone.
        if line.contains("max_level_off") {
            continue;
        }
        // The one library that is not called as its package is.
        let name = if name == "md-5" { "md5".to_owned() } else { name.replace('-', "_") };
        let used = code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
        assert!(used, "`{name}` stands in Cargo.toml and nothing uses it");
    }
}

fn gather(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
