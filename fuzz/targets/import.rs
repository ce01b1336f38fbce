//! Any text as a curl command, a HAR file and a Postman collection: what comes out is a valid flow.

use wxflow::diagnostic::render;
use wxflow::import::{Import, curl, har, postman};

fn holds(import: &Import) {
    for (path, draft) in &import.flows {
        let text = draft.to_yaml();
        if let Err(problems) = super::scene::parsed(&text) {
            // What a flow misses of its files is not the importer's mistake.
            let drawn: String = problems.iter().map(|problem| render(problem, false, 100)).collect();
            assert!(drawn.contains("there is no file"), "{path}\n{text}\n{drawn}");
        }
    }
}

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(import) = curl::text(text, None, "x") {
        holds(&import);
    }
    if let Ok(import) = har::har(text.as_bytes(), "x", "x.har", &har::Choice::default()) {
        holds(&import);
    }
    let collection = postman::Collection::File("x".to_owned(), text.to_owned());
    if let Ok(import) = postman::import(&collection, &[]) {
        holds(&import);
    }
}
