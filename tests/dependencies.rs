//! What may not come in through a dependency, as far as `Cargo.lock` and `Cargo.toml` tell it without a network;
//! `cargo deny check` reads the same `deny.toml` and looks at licences and advisories too.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What stands in quotes after `key` in each line.
fn quoted<'t>(text: &'t str, key: &str) -> BTreeSet<&'t str> {
    let after = |line: &'t str| line.split_once(key)?.1.split_once('"')?.1.split_once('"').map(|(name, _)| name);
    text.lines().filter_map(after).collect()
}

#[test]
fn no_banned_crate_is_locked() {
    let (lock, deny) = (read("Cargo.lock"), read("deny.toml"));
    let (locked, banned) = (quoted(&lock, "name = "), quoted(&deny, "{ crate = "));
    assert!(locked.contains("rustls") && banned.contains("openssl"), "the files are read as they are written");
    let both: Vec<_> = locked.intersection(&banned).collect();
    assert!(both.is_empty(), "{both:?} is banned in deny.toml");
}

#[test]
fn every_crate_comes_from_crates_io_with_a_checksum() {
    let lock = read("Cargo.lock");
    for package in lock.split("[[package]]").skip(1).filter(|package| !package.contains("name = \"wxflow\"")) {
        assert!(package.contains("source = \"registry+https://github.com/rust-lang/crates.io-index\""), "{package}");
        assert!(package.contains("checksum = \""), "{package}");
    }
}

/// With this feature of serde_json, any crate of the graph could turn numbers into maps. `cargo` knows the features
/// that are on; the crate that only this feature brings is not there to tell.
#[test]
fn numbers_stay_numbers() {
    let number = serde_json::to_value(serde_json::from_str::<serde_json::Number>("0.10000000000000000000001").unwrap());
    assert_eq!(number.unwrap().to_string(), "0.1");
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
        let name = name.trim_matches('"').replace('-', "_");
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
