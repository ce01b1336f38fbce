//! Multipart, files, packed bodies, repeated keys and HTTP versions, as a server sees them.

use serde_json::{Value, json};
use wxflow::event::Outcome;
use wxflow::http::Version;

use crate::harness::{Ran, Setup, run};

const UPLOAD: &str = "http://sandbox.test/_wxflow/upload";

/// Runs one request step with `beside` under it, files beside the flow, and `told` captured from `from`.
fn sent(files: &[(&'static str, &'static [u8])], beside: &str, from: &str) -> Ran {
    let setup = Setup { files: files.to_vec(), seed: Some(1), ..Setup::default() };
    setup.run(&format!("steps:\n  - request: POST {UPLOAD}\n{beside}    capture: {{ told: {from} }}\n"))
}

fn pick(parts: &Value, keys: &[&str]) -> Vec<Value> {
    let of = |part: &Value| Value::Array(keys.iter().map(|key| part[*key].clone()).collect());
    parts.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn multipart_sends_texts_files_and_lists_in_order() {
    let beside = "    multipart:
      title: \"Stève {{ 1 + 1 }}\"
      gone: \"{{ omit }}\"
      tags: [a, \"{{ ['b', 'c'] }}\"]
      files:
        - { file: \"{{ 'photo' }}.png\" }
        - { file: deep/notes, type: text/markdown, filename: \"ü \\\"x\\\".md\" }
        - { file: \"{{ omit }}\" }
";
    let ran = sent(&[("photo.png", b"\x89PNG"), ("deep/notes", b"# a\n")], beside, "$.parts").passed();
    assert_eq!(
        pick(&ran.captured("told"), &["name", "filename", "type", "size"]),
        [
            json!(["title", null, null, 8]),
            json!(["tags", null, null, 1]),
            json!(["tags", null, null, 1]),
            json!(["tags", null, null, 1]),
            json!(["files", "photo.png", "image/png", 4]),
            json!(["files", "ü \"x\".md", "text/markdown", 4]),
        ]
    );
    let again = sent(&[("photo.png", b"\x89PNG"), ("deep/notes", b"# a\n")], beside, "$.parts");
    let kind = |ran: &Ran| ran.sent[0].headers["content-type"].to_str().unwrap().to_owned();
    assert!(kind(&ran).starts_with("multipart/form-data; boundary=wxflow-"), "{}", kind(&ran));
    assert_eq!(kind(&ran), kind(&again), "a seed fixes the boundary");
}

#[test]
fn another_kind_of_multipart_gets_the_boundary_and_no_other_type_goes() {
    let mixed = "    headers: { Content-Type: multipart/mixed }\n    multipart: { a: b }\n";
    let ran = sent(&[], mixed, "\"$.parts[0].text\"").passed();
    assert_eq!(ran.captured("told"), "b");
    let text = format!(
        "inputs: {{ kind: text/plain }}\nsteps:\n  - request: POST {UPLOAD}\n    headers: {{ content-type: \"{{{{ kind }}}}\" }}\n    multipart: {{ a: b }}\n"
    );
    let ran = run(&text).failed();
    assert!(ran.sent.is_empty() && ran.wrong()[0].contains("cannot be sent as `text/plain`"), "{:?}", ran.wrong());
}

#[test]
fn a_file_goes_out_as_it_is_with_its_type() {
    let file: (&str, &[u8]) = ("body.json", b"{\"a\": \"{{ x }}\"}\r\n");
    let ran = sent(&[file], "    file: body.json\n", "$").passed();
    assert_eq!(ran.captured("told")["type"], "application/json");
    assert_eq!(ran.sent[0].body, file.1);
    let ran = sent(&[("data", b"\x00")], "    file: data\n", "$.type").passed();
    assert_eq!(ran.captured("told"), "application/octet-stream");
    let own = "    headers: { content-type: text/csv }\n    file: data\n";
    assert_eq!(sent(&[("data", b"a,b")], own, "$.type").passed().captured("told"), "text/csv");
}

#[test]
fn a_file_that_is_missing_when_used_fails_the_step_before_sending() {
    let text =
        format!("inputs: {{ name: gone.bin }}\nsteps:\n  - request: POST {UPLOAD}\n    file: \"{{{{ name }}}}\"\n");
    let ran = run(&text).failed();
    assert!(ran.sent.is_empty());
    assert_eq!(ran.wrong().len(), 1);
    let at = ran.steps[0].problems[0].at.as_ref().unwrap();
    assert_eq!(at.line, 4);
}

#[test]
fn bodies_are_packed_as_the_header_asks() {
    let plain = "0123456789".repeat(50);
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
        let beside = format!("    headers: {{ content-encoding: \"{coding}\" }}\n    text: \"{plain}\"\n");
        let ran = sent(&[], &beside, "$").passed();
        assert!(ran.sent[0].body.len() < 100, "{coding}");
        assert_eq!(ran.captured("told")["text"], plain, "{coding}");
        let body = ran.steps[0].exchanges[0].body.as_ref().unwrap();
        assert_eq!(body.text, plain, "reports show what is inside");
    }
    let beside = "    headers: { content-encoding: gzip }\n    file: notes.txt.gz\n";
    let packed: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00";
    let ran = sent(&[("notes.txt.gz", packed)], beside, "$").passed();
    assert_eq!(ran.sent[0].body, packed, "a packed file is not packed again");
    assert_eq!(ran.captured("told")["text"], "a");
}

#[test]
fn a_packed_secret_is_still_seen_and_bound() {
    let setup = || Setup { inputs: vec![("token", json!("tok-123456789"), true)], ..Setup::default() };
    let text = format!(
        "inputs: {{ token: {{ secret: true }} }}\nsteps:\n  - request: POST {UPLOAD}\n    headers: {{ content-encoding: gzip }}\n    multipart: {{ t: \"x {{{{ token }}}}\" }}\n"
    );
    let ran = setup().run(&text).passed();
    assert!(!ran.json.contains("tok-123456789") && ran.json.contains("***"));
    let ran = Setup { hosts: vec![("token", "elsewhere.example")], ..setup() }.run(&text).failed();
    assert!(ran.sent.is_empty() && ran.wrong()[0].contains("may only go to elsewhere.example"), "{:?}", ran.wrong());
}

#[test]
fn lists_repeat_query_keys() {
    let text = "steps:\n  - request: GET http://sandbox.test/_wxflow/echo?a=0\n    query: { a: [1, \"x y\"], b: \"{{ ['c', 'd'] }}\" }\n    capture: { told: $.query }\n";
    assert_eq!(run(text).passed().captured("told"), json!({ "a": ["0", "1", "x y"], "b": ["c", "d"] }));
}

#[test]
fn the_version_is_insisted_on() {
    for (http, version, told) in [("1.1", Version::HTTP_11, "1.1"), ("2", Version::HTTP_2, "2")] {
        let text = format!(
            "steps:\n  - request: GET http://sandbox.test/_wxflow/echo\n    http: {http}\n    capture: {{ told: \"{{{{ response.http_version }}}}\" }}\n"
        );
        let ran = run(&text).passed();
        assert_eq!(ran.sent[0].version, Some(version));
        assert_eq!(ran.captured("told"), told);
    }
}

fn saving(allowed: bool, text: &str) -> Ran {
    let mut setup = Setup::default();
    setup.options.allow_write = allowed;
    setup.run(text)
}

#[test]
fn save_keeps_the_decoded_body_and_a_later_step_sends_it() {
    let text = format!(
        "steps:\n  - request: GET http://sandbox.test/_wxflow/encoded/gzip\n    save: out/reply.json\n  - request: POST {UPLOAD}\n    file: out/reply.json\n    capture: {{ told: $.text }}\n"
    );
    let ran = saving(true, &text).passed();
    let kept = std::str::from_utf8(&ran.written["out/reply.json"]).unwrap();
    assert!(kept.starts_with("{\"encoding\":\"gzip\""), "{kept}");
    assert_eq!(ran.captured("told"), kept);
}

#[test]
fn nothing_is_sent_where_saving_is_not_allowed() {
    let text = "steps:\n  - request: GET http://sandbox.test/_wxflow/echo\n    save: x.json\n";
    let ran = saving(false, text).failed();
    assert!(ran.sent.is_empty() && ran.written.is_empty());
    let problem = &ran.steps[0].problems[0];
    assert!(problem.help.as_ref().unwrap().contains("--allow-write"), "{problem:?}");
    let text =
        "inputs: { to: ../x }\nsteps:\n  - request: GET http://sandbox.test/_wxflow/echo\n    save: \"{{ to }}\"\n";
    let ran = saving(true, text).failed();
    assert!(ran.sent.is_empty() && ran.wrong()[0].contains("lies outside"));
}

#[test]
fn only_an_accepted_reply_is_saved_and_a_full_disk_fails_the_step() {
    let text = "steps:\n  - request: GET http://sandbox.test/_wxflow/status/404\n    save: x\n    continue_on_failure: true\n  - request: GET http://sandbox.test/_wxflow/status/404\n    expect: { status: 404 }\n    save: y\n  - name: full\n    request: GET http://sandbox.test/_wxflow/echo\n    save: full/z\n    capture: { method: $.method }\n";
    let ran = saving(true, text).failed();
    assert_eq!(ran.written.keys().collect::<Vec<_>>(), ["y"]);
    let full = ran.step("full");
    assert_eq!((full.outcome, full.captures.len()), (Outcome::Failed, 1));
    assert!(full.problems[0].message.contains("no space"));
    assert_eq!(full.problems[0].at.as_ref().unwrap().line, 10);
}

#[test]
fn a_cleanup_may_save_too() {
    let text = "steps:\n  - request: GET http://sandbox.test/_wxflow/echo\n    cleanup: { request: GET http://sandbox.test/_wxflow/xml, save: last.xml }\n";
    assert!(saving(true, text).passed().written["last.xml"].starts_with(b"<"));
}

#[test]
fn what_poll_waited_for_is_what_is_saved() {
    let text = "steps:\n  - request: POST http://sandbox.test/_wxflow/jobs\n    capture: { job: $.id }\n  - request: \"GET http://sandbox.test/_wxflow/jobs/{{ job }}\"\n    poll: { until: { json: { $.status: done } }, every: 1s }\n    save: job.json\n";
    let ran = saving(true, text).passed();
    let kept: Value = serde_json::from_slice(&ran.written["job.json"]).unwrap();
    assert_eq!(kept["status"], "done");
}

#[test]
fn all_pages_are_saved_as_one() {
    let text = "steps:\n  - request: GET http://sandbox.test/_wxflow/items?total=7&max=3\n    paginate: { items: $.items }\n    save: items.json\n";
    let ran = saving(true, text).passed();
    let kept: Value = serde_json::from_slice(&ran.written["items.json"]).unwrap();
    assert_eq!(kept["items"].as_array().unwrap().len(), 7);
}
