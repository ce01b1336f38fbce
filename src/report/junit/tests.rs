//! The whole text, and what the usual schemas allow.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::json;

use crate::event::*;
use crate::report::FormatName;
use crate::report::fixture::*;
use crate::report::terminal::Verbosity;

fn junit(flows: &[Flow]) -> String {
    let text = run(options(Verbosity::Quiet, false), Some(FormatName::Junit), flows).1;
    conforms(&text);
    text
}

fn everything() -> Vec<Flow> {
    let rooms = "https://webexapis.com/v1/rooms";
    let mut odd = request("GET /rooms", vec![exchange("GET", rooms, 200)]);
    odd.warnings = vec!["the body is not UTF-8".into()];
    let problem = Problem {
        message: "unknown key `nmae`".into(),
        help: Some("did you mean `name`?".into()),
        code: Some("unknown-key".into()),
        at: Some(snippet("  - nmae: x", "nmae")),
    };
    vec![
        Flow::of_row("flows/rooms.flow.yaml", "Rooms", Some(2))
            .step(request("GET /rooms", vec![exchange("GET", rooms, 200)]))
            .step(odd)
            .item(1, request("Invite", vec![exchange("POST", rooms, 200)]))
            .item(2, failing("Invite", detailed("POST", rooms, 200, "{}"), json!("Stève"), json!("<Steve>")))
            .used("flows/_parts/login.flow.yaml", step("Log in"))
            .step(skipped("Rest", "an earlier step failed"))
            .step(cleanup(request("Leave", vec![exchange("DELETE", rooms, 204)])))
            .end(),
        Flow::new("flows/broken.flow.yaml", "broken").end_as(Outcome::Failed, vec![problem]),
    ]
}

#[test]
fn a_run() {
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="wxflow" tests="8" failures="1" errors="1" skipped="1" time="0.420" timestamp="2026-11-21T04:15:35">
  <testsuite name="flows/broken.flow.yaml" tests="1" failures="0" errors="1" skipped="0" time="0.125" timestamp="2026-11-21T04:15:35">
    <properties>
      <property name="flow" value="broken"/>
    </properties>
    <testcase name="broken" classname="flows/broken.flow.yaml" file="flows/broken.flow.yaml" time="0.000">
      <error message="unknown key `nmae`" type="unknown-key">unknown key `nmae` [unknown-key]
  at flows/guest.flow.yaml:38:5
  | - nmae: x
  help: did you mean `name`?
</error>
    </testcase>
  </testsuite>
  <testsuite name="flows/rooms.flow.yaml [row 2]" tests="7" failures="1" errors="0" skipped="1" time="0.125" timestamp="2026-11-21T04:15:35">
    <properties>
      <property name="flow" value="Rooms"/>
    </properties>
    <testcase name="GET /rooms" classname="flows/rooms.flow.yaml [row 2]" file="flows/rooms.flow.yaml" time="0.083"/>
    <testcase name="GET /rooms (2)" classname="flows/rooms.flow.yaml [row 2]" file="flows/rooms.flow.yaml" time="0.083">
      <system-out>warning: the body is not UTF-8
</system-out>
    </testcase>
    <testcase name="Invite [1]" classname="flows/rooms.flow.yaml [row 2]" file="flows/rooms.flow.yaml" time="0.083"/>
    <testcase name="Invite [2]" classname="flows/rooms.flow.yaml [row 2]" file="flows/rooms.flow.yaml" time="0.083">
      <failure message="$.displayName equals &quot;Stève&quot;, was &quot;&lt;Steve&gt;&quot;" type="assertion">$.displayName equals &quot;Stève&quot;
  at flows/guest.flow.yaml:38:24
  | $.displayName: &quot;{{ guest_name }}&quot;
  expected: &quot;Stève&quot;
  actual: &quot;&lt;Steve&gt;&quot;
request: POST https://webexapis.com/v1/rooms
reply: 200 OK
trackingid: ROUTER_65
  {}
</failure>
    </testcase>
    <testcase name="Log in" classname="flows/_parts/login.flow.yaml [row 2]" file="flows/_parts/login.flow.yaml" time="0.000"/>
    <testcase name="Rest" classname="flows/rooms.flow.yaml [row 2]" file="flows/rooms.flow.yaml" time="0.000">
      <skipped message="an earlier step failed"/>
    </testcase>
    <testcase name="Leave (cleanup)" classname="flows/rooms.flow.yaml [row 2]" file="flows/rooms.flow.yaml" time="0.083"/>
  </testsuite>
</testsuites>
"#;
    assert_eq!(junit(&everything()), expected);
}

#[test]
fn what_xml_cannot_hold_is_left_out() {
    let evil = "a\u{1b}[31mred\u{1b}[0m\u{0}\u{8}\u{fffe}]]><&\"'\nb";
    let mut failed = failing(evil, detailed("GET", evil, 200, evil), json!(evil), json!(1));
    failed.assertions[1].message = Some(evil.into());
    failed.warnings = vec![evil.into()];
    let text = junit(&[Flow::new("flows/a.flow.yaml", evil).step(failed).step(skipped("b", evil)).end()]);
    assert!(text.contains(r#"testcase name="ared]]&gt;&lt;&amp;&quot;&apos; b""#), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn a_flow_that_was_torn_off_is_an_error() {
    let mut flow = Flow::new("flows/a.flow.yaml", "a").step(step("One")).end();
    flow.events.pop();
    let text = junit(&[flow]);
    assert!(text.contains(r#"tests="2" failures="0" errors="1""#), "{text}");
}

#[test]
fn a_flow_of_which_nothing_ran_is_no_success() {
    let skips = Flow::new("flows/a.flow.yaml", "a").step(skipped("One", "`when` is false")).end();
    let text = junit(&[skips]);
    assert!(text.contains(r#"tests="2" failures="1" errors="0" skipped="1""#), "{text}");
    assert!(
        text.contains(r#"<failure message="every step was skipped, which is not success" type="problem">"#),
        "{text}"
    );
    let mut left = Flow::new("flows/a.flow.yaml", "a").end();
    if let Some(EventKind::FlowFinished(flow)) = left.events.last_mut().map(|e| &mut e.kind) {
        flow.warnings = vec!["not started: another flow failed (--fail-fast)".into()];
    }
    let text = junit(&[left]);
    assert!(text.contains(r#"<skipped message="not started: another flow failed (--fail-fast)"/>"#), "{text}");
}

#[derive(Default)]
struct Element {
    /// Name → required.
    attributes: BTreeMap<String, bool>,
    children: Vec<String>,
    text: bool,
}

fn get(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).unwrap()?;
    Some(String::from_utf8(attribute.value.to_vec()).unwrap())
}

fn schema() -> BTreeMap<String, Element> {
    let mut elements = BTreeMap::<String, Element>::new();
    let mut current = String::new();
    let mut reader = Reader::from_str(include_str!("../../../tests/data/junit.xsd"));
    loop {
        let tag = match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => tag,
            Event::Eof => return elements,
            _ => continue,
        };
        match (tag.name().as_ref(), get(&tag, "name"), get(&tag, "ref")) {
            (b"xs:element", Some(name), _) => current = name,
            (b"xs:element", _, Some(child)) => elements.entry(current.clone()).or_default().children.push(child),
            (b"xs:attribute", Some(name), _) => {
                let required = get(&tag, "use").is_some();
                elements.entry(current.clone()).or_default().attributes.insert(name, required);
            }
            (b"xs:complexType", ..) => {
                elements.entry(current.clone()).or_default().text = get(&tag, "mixed").is_some();
            }
            _ => {}
        }
    }
}

/// Checks elements, their order, and attributes against the schema in `tests/data`.
pub(in crate::report) fn conforms(text: &str) {
    let schema = schema();
    let mut reader = Reader::from_str(text);
    // Each open element, and how far in its sequence it is.
    let mut open: Vec<(String, usize)> = Vec::new();
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = String::from_utf8(tag.name().as_ref().to_vec()).unwrap();
                match open.last_mut() {
                    None => assert_eq!(name, "testsuites"),
                    Some((parent, at)) => {
                        let children = &schema[parent].children;
                        let place = children.iter().position(|c| *c == name);
                        let place = place.unwrap_or_else(|| panic!("<{name}> in <{parent}>"));
                        assert!(place >= *at, "<{name}> is out of order in <{parent}>");
                        *at = place;
                    }
                }
                let allowed = &schema[&name].attributes;
                let given: Vec<String> =
                    tag.attributes().map(|a| String::from_utf8(a.unwrap().key.as_ref().to_vec()).unwrap()).collect();
                assert!(given.iter().all(|a| allowed.contains_key(a)), "<{name}> has {given:?}");
                assert!(allowed.iter().all(|(a, required)| !required || given.contains(a)), "<{name}> has {given:?}");
                if matches!(event, Event::Start(_)) {
                    open.push((name, 0));
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) if !text.iter().all(u8::is_ascii_whitespace) => {
                let (name, _) = open.last().unwrap();
                assert!(schema[name].text, "text in <{name}>");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, []);
}

#[test]
fn waits_stand_beside_the_verdict_with_their_reason() {
    let wait = |reason, status, attempt| Wait { reason, status, wait_ms: 2000, attempt };
    let waits = [
        wait(Reason::RateLimit, Some(429), 2),
        wait(Reason::Retry, None, 3),
        wait(Reason::Poll, Some(200), 4),
        wait(Reason::Poll, Some(200), 5),
    ];
    let step = request("List", vec![exchange("GET", "https://webexapis.com/v1/rooms", 200)]);
    let text = junit(&[Flow::new("flows/wait.flow.yaml", "Wait").waiting(&waits, step).end()]);
    let out = "<system-out>waiting 2s: rate limited (429)\nwaiting 2s before send 3: no reply\n\
               not yet (200): looking again every 2s\n</system-out>";
    assert!(text.contains(out), "{text}");
}
