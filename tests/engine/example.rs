//! The flows that are shipped, in process.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::run;

#[test]
fn every_shipped_flow_passes() {
    let mut flows = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flows"), &mut flows);
    for path in &flows {
        let _ = run(&fs::read_to_string(path).unwrap()).passed();
    }
    assert!(flows.len() >= 8, "{} flows", flows.len());
}

/// The flows of a folder and its folders, but no parts.
fn collect(folder: &Path, flows: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, flows);
        } else if name.ends_with(".flow.yaml") && !name.starts_with('_') {
            flows.push(path);
        }
    }
}
