//! The flows that are shipped, in process.

use std::fs;
use std::path::Path;

use crate::harness::run_file;

#[test]
fn every_shipped_flow_passes() {
    let mut ran = 0;
    for folder in ["", "recipes", "webex"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("flows").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".flow.yaml") && !name.starts_with('_') {
                let _ = run_file(&path).passed();
                ran += 1;
            }
        }
    }
    assert!(ran >= 8, "{ran} flows");
}
