//! A path, a line end, a document: what is found is found again, and stands where its pointer says.

use serde_json::Value;
use wxflow::jsonpath::JsonPath;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (path, document) = text.split_once('\n').unwrap_or((text, r#"{"a":[{"b":1,"c":"x"},{"b":[2,"x"]}],"d":null}"#));
    let path = match JsonPath::parse(path) {
        Ok(path) => path,
        Err(error) => {
            assert!(path.is_char_boundary(error.position), "{path}: {error:?}");
            return;
        }
    };
    let Ok(document) = serde_json::from_str::<Value>(document) else { return };
    let Ok(found) = path.query(&document) else { return };
    assert!(!path.is_singular() || found.len() < 2, "{path}");
    assert_eq!(path.first(&document).ok().flatten(), found.first().copied(), "{path}");
    let pointers = path.pointers(&document).unwrap_or_default();
    assert!(found.iter().all(|value| pointers.iter().any(|p| document.pointer(p) == Some(value))), "{path}");
}
