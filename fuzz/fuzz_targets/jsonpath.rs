//! A path, a line end, a document. What our engine accepts and finds is what serde_json_path accepts and finds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wxflow::jsonpath::JsonPath;

fuzz_target!(|text: &str| {
    let (path, document) = text.split_once('\n').unwrap_or((text, r#"{"a":[{"b":1,"c":"x"},{"b":[2,"x"]}],"d":null}"#));
    // The judge has no budget, and recurses without end.
    if path.len() > 60 || document.len() > 400 {
        return;
    }
    let ours = match JsonPath::parse(path) {
        Ok(path) => Some(path),
        Err(error) => {
            assert!(path.is_char_boundary(error.position), "{path}: {error:?}");
            None
        }
    };
    let theirs = serde_json_path::JsonPath::parse(path).ok();
    assert_eq!(ours.is_some(), theirs.is_some(), "{path}");
    let (Some(ours), Some(theirs), Ok(document)) = (ours, theirs, serde_json::from_str::<Value>(document)) else { return };
    let Ok(found) = ours.query(&document) else { return };
    assert_eq!(ours.first(&document).ok().flatten(), found.first().copied(), "{path}");
    let pointers = ours.pointers(&document).unwrap_or_default();
    assert!(found.iter().all(|value| pointers.iter().any(|p| document.pointer(p) == Some(value))), "{path}");
    if path.matches('*').count() + path.matches("..").count() < 5 {
        assert_eq!(found, theirs.query(&document).all(), "{path} in {document}");
    }
});
