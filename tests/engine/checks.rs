//! XPath, redirects, the certificate and snapshots, as a flow asks them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use wxflow::check::Snapshots;
use wxflow::redact::Redacted;
use wxflow::run::Options;

use crate::harness::{Ran, Setup, run};

/// Snapshots that live in a table.
#[derive(Debug, Default)]
struct Kept(Mutex<BTreeMap<String, String>>);

impl Snapshots for Kept {
    fn read(&self, _: &Path, path: &str) -> Result<Option<String>, String> {
        Ok(self.0.lock().unwrap().get(path).cloned())
    }

    fn write(&self, _: &Path, path: &str, text: &Redacted<String>) -> Result<(), String> {
        self.0.lock().unwrap().insert(path.to_owned(), text.to_string());
        Ok(())
    }
}

impl Kept {
    fn run(self: &Arc<Self>, update: bool, yaml: &str) -> Ran {
        let options =
            Options { snapshots: Some(Arc::<Kept>::clone(self)), update_snapshots: update, ..Options::default() };
        let inputs = vec![("token", "s3cret-token-value".into(), true)];
        Setup { inputs, options, ..Setup::default() }.run(yaml)
    }

    fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

const ECHO: &str = r#"
steps:
  - id: echo
    request: POST http://a.test/_wxflow/echo
    json: { a: 1, list: [1, 2], time: "{{ now() }}" }
    expect: { snapshot: { ignore: [$.headers, $.body, $.json.time] } }
"#;

#[test]
fn a_snapshot_is_written_on_demand_and_compared_after() {
    let kept = Arc::new(Kept::default());
    let missing = kept.run(false, ECHO).failed();
    let path = "__snapshots__/test.flow.yaml/echo.json";
    assert!(
        missing.wrong()[0].contains(&format!("there is no snapshot `{path}` yet: run with --update-snapshots")),
        "{:?}",
        missing.wrong()
    );
    assert!(kept.paths().is_empty());
    let _ = kept.run(true, ECHO).passed();
    assert_eq!(kept.paths(), [path]);
    let text = kept.0.lock().unwrap()[path].clone();
    assert!(text.ends_with("}\n") && !text.contains("time") && !text.contains("headers"), "{text}");
    let _ = kept.run(false, ECHO).passed();
    let ran = kept.run(false, &ECHO.replace("a: 1", "a: 2")).failed();
    let wrong = &ran.wrong()[0];
    assert!(wrong.starts_with("snapshot equals 1: the body differs from"), "only what differs is shown: {wrong}");
    assert!(wrong.contains(" at $.json.a; where that is right, run with --update-snapshots"), "{wrong}");
    let ran = kept.run(false, &ECHO.replace("a: 1", "b: 1")).failed();
    assert!(ran.wrong()[0].contains(" at $.json.a, $.json.b; "), "{:?}", ran.wrong());
}

#[test]
fn a_secret_never_reaches_a_snapshot_and_the_mask_compares_equal() {
    let kept = Arc::new(Kept::default());
    let yaml = r#"
inputs: { token: { secret: true } }
steps:
  - name: Send the token, twice
    request: POST http://a.test/_wxflow/echo
    json: { token: "{{ token }}", text: "it is {{ token }}!" }
    expect: { snapshot: { ignore: [$.headers] } }
"#;
    let _ = kept.run(true, yaml).passed();
    assert_eq!(kept.paths(), ["__snapshots__/test.flow.yaml/send-the-token-twice.json"]);
    let text = kept.0.lock().unwrap().values().next().unwrap().clone();
    assert!(!text.contains("s3cret") && text.contains("***"), "{text}");
    let _ = kept.run(false, yaml).passed();
}

#[test]
fn items_have_their_own_and_a_failed_step_writes_none() {
    let kept = Arc::new(Kept::default());
    let yaml = r#"
steps:
  - id: each
    for_each: { n: [1, 2] }
    request: "GET http://a.test/_wxflow/status/20{{ n - 1 }}"
    expect: { snapshot: true }
"#;
    let _ = kept.run(true, yaml).passed();
    let file = |n: u32| format!("__snapshots__/test.flow.yaml/each.{n}.json");
    assert_eq!(kept.paths(), [file(1), file(2)]);

    let kept = Arc::new(Kept::default());
    let text = "steps:\n  - request: GET http://a.test/_wxflow/status/500\n    expect: { snapshot: true }\n";
    let ran = kept.run(true, text).failed();
    assert!(ran.wrong()[1].contains("was not written, since the step failed"), "{:?}", ran.wrong());
    assert!(kept.paths().is_empty());
}

#[test]
fn text_is_compared_as_text() {
    let kept = Arc::new(Kept::default());
    let yaml = "steps:\n  - id: doc\n    request: GET http://a.test/_wxflow/xml\n    expect: { snapshot: true }\n";
    let _ = kept.run(true, yaml).passed();
    let text = kept.0.lock().unwrap().values().next().unwrap().clone();
    assert!(serde_json::from_str::<String>(&text).unwrap().contains("<spaces total"), "{text}");
    let _ = kept.run(false, yaml).passed();
}

#[test]
fn xml_is_asked_and_captured() {
    let ran = run(r#"
steps:
  - request: GET http://a.test/_wxflow/xml
    expect:
      xpath:
        //title: [Plans & deeds, Chloé]
        sum(//members): 15
        //space[3]: { exists: false }
    capture:
      locked: { xpath: "//space[@locked = 'true']/title" }
      ids: { xpath: //space/@id }
      by_filter: "{{ response.text | xpath('number(//members[1])') }}"
"#)
    .passed();
    assert_eq!(ran.captured("locked"), json!("Chloé"));
    assert_eq!(ran.captured("ids"), json!(["1", "2"]));
    assert_eq!(ran.captured("by_filter"), json!(3));
}

#[test]
fn redirects_are_a_list_of_hops() {
    let _ = run(r#"
steps:
  - request: GET http://a.test/_wxflow/redirect?status=301&to=/_wxflow/redirect
    expect:
      redirects:
        length: 2
        any: { like: { status: 302, location: http://a.test/_wxflow/echo } }
        none: { like: { status: 307 } }
  - request: GET http://a.test/_wxflow/echo
    expect: { redirects: { empty: true } }
"#)
    .passed();
}

#[test]
fn there_is_no_certificate_over_plain_http() {
    let ran = run(r#"
steps:
  - request: GET http://a.test/_wxflow/echo
    expect: { certificate: { days_left: { gt: 14 } } }
"#)
    .failed();
    assert!(ran.wrong()[0].ends_with("the reply came over plain HTTP, where there is no certificate"));
}
