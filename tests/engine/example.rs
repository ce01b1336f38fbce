//! The flows that are shipped, in process.

use crate::harness::run;

#[test]
fn every_shipped_flow_passes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".flow.yaml") {
            let _ = run(&std::fs::read_to_string(&path).unwrap()).passed();
            ran += 1;
        }
    }
    assert!(ran >= 6, "{ran} flows");
}
