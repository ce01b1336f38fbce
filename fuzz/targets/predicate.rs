//! An `expect` in YAML, a line with `---`, a body: verdicts, and none that both passed and complains.

use wxflow::check::Reply;
use wxflow::flow::Action;
use wxflow::http::{Bytes, HeaderMap, Response};
use wxflow::source::Span;
use wxflow::template::Context;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (expect, body) = text.split_once("\n---\n").unwrap_or((text, r#"{"a": [1, "x", {"b": null}]}"#));
    let indented: String = expect.lines().map(|line| format!("      {line}\n")).collect();
    let flow =
        format!("inputs: {{ a: x, n: 5 }}\nsteps:\n  - request: GET https://a.example/\n    expect:\n{indented}");
    let Ok((flow, _)) = super::scene::parsed(&flow) else { return };
    let names = super::scene::Names::new();
    let context = Context::new(&names, &names);
    let response = Response::new(200, HeaderMap::new(), Bytes::from(body.to_owned()));
    for step in &flow.steps {
        let Action::Request(request) = &step.action else { continue };
        let verdicts = request.expect.evaluate(&Reply::new(&response, "https://a.example/"), &context, Span::default());
        assert!(verdicts.iter().all(|v| !v.passed || !v.pending && !v.broken), "{verdicts:?}");
    }
}
