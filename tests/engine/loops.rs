//! `for_each`: items, captures as lists, failures per item.

use serde_json::json;

use crate::harness::run;

#[test]
fn captures_are_values_inside_and_lists_afterwards() {
    let ran = run(r#"
vars: { last: none }
steps:
  - name: Each
    for_each: { word: [a, b, c] }
    request: POST http://sandbox.test/_wxflow/echo
    headers: { X-Last: "{{ last }}" }
    json: { word: "{{ word }}", index: "{{ loop.index }}", end: "{{ loop.last }}" }
    capture: { last: $.json.word, index: $.json.index }
    expect: { that: [last == word, index == loop.index] }
  - check:
      - last == ['a', 'b', 'c']
      - index == [1, 2, 3]
"#)
    .passed();
    let seen: Vec<_> = ran.sent.iter().map(|r| r.headers["x-last"].to_str().unwrap()).collect();
    assert_eq!(seen, ["none", "a", "b"], "a capture carries over to the next item");
}

#[test]
fn skipped_and_failed_items_give_null() {
    let ran = run(r#"
steps:
  - name: Each
    for_each: { n: [1, 2, 3, 4] }
    when: n != 2
    continue_on_failure: true
    request: POST http://sandbox.test/_wxflow/echo
    json: { n: "{{ n }}" }
    capture: { got: $.json.n }
    expect: { json: { $.json.n: { not: 3 } } }
  - name: After
    check: ["got == [1, none, none, 4]"]
"#)
    .failed();
    assert_eq!(ran.outline(), ["Each passed", "Each skipped", "Each failed", "Each passed", "After passed"]);
}

#[test]
fn a_failed_item_ends_the_loop_and_the_flow() {
    let ran = run(r#"
steps:
  - name: Each
    for_each: { n: [1, 2, 3] }
    request: POST http://sandbox.test/_wxflow/echo
    json: { n: "{{ n }}" }
    expect: { json: { $.json.n: { lt: 2 } } }
  - name: After
    set: { x: 1 }
"#)
    .failed();
    assert_eq!(ran.outline(), ["Each passed", "Each failed", "Each skipped", "After skipped"]);
    assert_eq!(ran.sent.len(), 2);
}

#[test]
fn an_empty_list_is_a_visible_skip_with_empty_captures() {
    let ran = run(r#"
vars: { nobody: [] }
steps:
  - name: Each
    for_each: { n: "{{ nobody }}" }
    request: GET http://sandbox.test/_wxflow/echo
    capture: { got: $.method }
  - name: After
    check: ["got == []"]
"#)
    .passed();
    assert_eq!(ran.outline(), ["Each skipped", "After passed"]);
    assert!(ran.step("Each").skipped.as_deref().unwrap().contains("the list is empty"));
}

#[test]
fn something_else_than_a_list_fails() {
    let ran = run("vars: { n: 5 }\nsteps:\n  - for_each: { i: \"{{ n }}\" }\n    set: { a: 1 }\n").failed();
    assert_eq!(ran.wrong(), ["`for_each` needs a list, and this is integer"]);
    assert_eq!(json!(ran.sent.len()), json!(0));
}
