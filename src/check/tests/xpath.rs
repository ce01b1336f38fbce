//! XPath in `expect` and `capture`: what a body of markup answers, and what one that is none says.

use serde_json::{Value, json};

use super::*;

const PAGE: &str = "<html><body><ul><li>Ann<li>Ben</ul><p id=total>2</p></body></html>";

fn judged(yaml: &str, kind: &str, body: &str) -> Vec<String> {
    let response = response(200, &[("content-type", kind)], body);
    evaluate(&expect(yaml), &Reply::new(&response, "")).iter().skip(1).map(line).collect()
}

fn captured(yaml: &str, body: &str) -> Result<Value, String> {
    let (captures, messages) = captures(yaml);
    assert_eq!(messages, Vec::<String>::new());
    let response = response(200, &[], body);
    let names = names();
    let capture = &captures.first().expect("one").2;
    let captured = capture.evaluate(&Reply::new(&response, ""), &Context::new(&names, &names));
    captured.map(|c| c.value).map_err(|e| e.message)
}

#[test]
fn one_node_is_its_text_several_the_list_and_none_is_missing() {
    let yaml = "{ xpath: { //LI: [Ann, Ben], //p: '2', count(//li): 2, //table: { exists: false }, \
                '//li[1]': { starts_with: A }, number(//p): { gt: 1.5 }, //li | //p: { length: 3 }, not(//table): true } }";
    assert_eq!(judged(yaml, "text/html", PAGE), ["passed"; 8]);
    assert_eq!(
        judged("{ xpath: { //table: x, //p: '3' } }", "text/html", PAGE),
        ["pending: there is no //table", "failed"]
    );
}

#[test]
fn a_body_that_is_no_markup_says_so() {
    assert_eq!(
        judged("{ xpath: { //a: x } }", "application/json", "{\"a\": 1}"),
        [
            "pending: the body cannot be read as XML: it does not begin with `<` (`json` asks a JSON body, `body` any text); \
          it is application/json and begins with `{\"a\": 1}`"
        ]
    );
    assert_eq!(
        judged("{ xpath: { //a: x } }", "text/xml", ""),
        ["pending: the body is empty, so there is no XML or HTML in it (status 200)"]
    );
    let doctype = judged("{ xpath: { //a: x } }", "application/xml", "<!DOCTYPE a><a/>").concat();
    assert!(doctype.contains("it has a DOCTYPE, and wxflow reads no DTD and no entities"), "{doctype}");
}

#[test]
fn captures_take_text_a_list_or_a_number() {
    assert_eq!(captured("{ a: { xpath: //li } }", PAGE), Ok(json!(["Ann", "Ben"])));
    assert_eq!(captured("{ a: { xpath: //p/@id } }", PAGE), Ok(json!("total")));
    assert_eq!(captured("{ a: { xpath: number(//p) + 1 } }", PAGE), Ok(json!(3)));
    assert_eq!(captured("{ a: { xpath: //b, default: none } }", PAGE), Ok(json!("none")));
    assert_eq!(captured("{ a: { xpath: //b } }", PAGE), Err("`//b` finds nothing in the body".to_owned()));
    // A broken document is no missing value.
    let broken = captured("{ a: { xpath: //b, default: none } }", "<a>").expect_err("broken");
    assert!(broken.starts_with("the body cannot be read as XML: it is not well-formed"), "{broken}");
}

#[test]
fn a_node_is_never_compared_with_a_number() {
    assert_eq!(
        expect_problem("{ xpath: { //p: 2 } }"),
        "1:17 wrong-type: a node is its text, which never equals a number | quote it: \"2\", or ask `number(…)`, `count(…)`"
    );
    assert_eq!(
        expect_problem("{ xpath: { //p: { not: { ge: 2 } } } }"),
        "1:30 wrong-type: a node is its text, which has no order with numbers | compare a number: `number(…): { ge: 2 }`, or `count(…)`"
    );
    assert_eq!(
        expect_problems("{ xpath: { //p: { all: { contains: x } }, //q: { lt: 2026-01-01T00:00:00Z } } }"),
        [""; 0]
    );
}
