//! What the page says, and that no text gets out of its place in it.

use std::collections::BTreeSet;

use base64::Engine as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::event::*;
use crate::report::FormatName;
use crate::report::fixture::*;
use crate::report::terminal::Verbosity;

fn html(flows: &[Flow]) -> String {
    let text = run(options(Verbosity::Quiet, false), Some(FormatName::Html), flows).1;
    conforms(&text);
    text
}

/// Elements that have no end.
const VOID: [&str; 3] = ["meta", "input", "rect"];
/// All that the page is made of. A script is not among them.
const ELEMENTS: &str = "html head meta title style body header h1 h2 h3 h4 span dl div dt dd nav ol li a input label main section \
    details summary i b code p pre svg rect footer del ins";

/// Every tag is one of ours, closed in its order, ids are unique, links lead to them, and the policy allows the style.
pub(in crate::report) fn conforms(page: &str) {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (style, body) = rest.split_once("</style>").unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style.as_bytes()));
    assert!(head.contains(&format!("style-src 'sha256-{hash}'")), "{head}");
    let known: BTreeSet<&str> = ELEMENTS.split_whitespace().collect();
    let (mut open, mut ids, mut links) = (vec!["html", "head"], BTreeSet::new(), Vec::new());
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("<{piece}"));
        assert!(!text.contains('>'), "{text}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(known.contains(name), "<{tag}>");
        for attribute in [" style=", " on", "javascript:"] {
            assert!(!tag.contains(attribute), "<{tag}>");
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        let attribute =
            |name: &str| tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split('"').next());
        if let Some(id) = attribute("id") {
            assert!(ids.insert(id.to_owned()), "twice: {id}");
        }
        links.extend(attribute("href").map(str::to_owned));
    }
    assert_eq!(open, Vec::<&str>::new());
    for link in links {
        assert!(ids.contains(link.strip_prefix('#').unwrap()), "{link}");
    }
}

fn everything() -> Vec<Flow> {
    let rooms = "https://webexapis.com/v1/rooms";
    let wait = Wait { reason: Reason::RateLimit, status: Some(429), wait_ms: 1000, attempt: 2 };
    let mut failed = failing("Invite", detailed("POST", rooms, 200, r#"{"a":[1]}"#), json!("Stève"), json!("<Steve>"));
    failed.captures = vec![Capture { name: "room".into(), value: json!("abc"), secret: false }];
    failed.warnings = vec!["the body is not UTF-8".into()];
    let problem = Problem {
        message: "unknown key `nmae`".into(),
        help: Some("did you mean `name`?".into()),
        code: None,
        at: None,
    };
    vec![
        Flow::of_row("flows/rooms.flow.yaml", "Rooms", Some(2))
            .waiting(&[wait], request("List", vec![exchange("GET", rooms, 429), exchange("GET", rooms, 200)]))
            .item(1, failed)
            .used("flows/_parts/login.flow.yaml", step("Log in"))
            .step(step("List"))
            .step(skipped("Rest", "an earlier step failed"))
            .step(cleanup(request("Leave", vec![exchange("DELETE", rooms, 204)])))
            .end(),
        Flow::new("flows/broken.flow.yaml", "broken").end_as(Outcome::Failed, vec![problem]),
    ]
}

#[test]
fn everything_is_in_it() {
    let page = html(&everything());
    for text in [
        "<title>wxflow: 2 of 2 flows failed</title>",
        "<a href=\"#flows/rooms.flow.yaml.row-2:invite.1\">flows/rooms.flow.yaml [row 2] › Invite [1]</a>: $.displayName equals",
        "<a href=\"#flows/broken.flow.yaml\">flows/broken.flow.yaml</a>: unknown key `nmae`",
        "<b>help</b> did you mean `name`?",
        "⧗ waiting 1s: rate limited (429)",
        "<h4>expected</h4><pre>\n&quot;Stève&quot;</pre>",
        "<h4>actual</h4><pre>\n&quot;&lt;Steve&gt;&quot;</pre>",
        "38 |         $.displayName: &quot;{{ guest_name }}&quot;\n   |                        ^^^^",
        "{\n  &quot;a&quot;: [\n    1\n  ]\n}</pre>",
        "trackingid: ROUTER_65",
        "→ room = &quot;abc&quot;",
        "warning: the body is not UTF-8",
        "skipped: </span>",
        "id=\"flows/rooms.flow.yaml.row-2:flows/_parts/login.flow.yaml:log-in\"",
        "id=\"flows/rooms.flow.yaml.row-2:list:2\"",
        "<h3>Cleanup</h3>",
        "<rect class=\"w\"",
        "<input type=\"checkbox\" id=\"only\">",
        "Started 2026-11-21 04:15:35 UTC with wxflow 0.1.0",
    ] {
        assert!(
            page.contains(&text.replace("skipped: </span>", "skipped: an earlier step failed</span>")),
            "{text}\n{page}"
        );
    }
}

#[test]
fn a_run_without_failures_has_nothing_to_filter() {
    let page = html(&[Flow::new("flows/a.flow.yaml", "a").step(step("One")).end()]);
    assert!(page.contains("1 flow passed") && !page.contains("<input") && !page.contains("<nav"), "{page}");
    assert!(html(&[]).contains("nothing ran"));
}

#[test]
fn a_flow_that_was_torn_off_is_told() {
    let mut flow = Flow::new("flows/a.flow.yaml", "a").step(step("One")).end();
    flow.events.pop();
    assert!(html(&[flow]).contains("the flow did not end"));
}

#[test]
fn hostile_text_stays_text() {
    let evil = "</pre><script>alert(1)</script><!--\u{202e}\u{0}\"'&amp;\n::error::x";
    let mut failed = failing(evil, detailed(evil, evil, 200, evil), json!(evil), json!({ evil: evil }));
    failed.warnings = vec![evil.into()];
    failed.id = Some(evil.into());
    failed.exchanges.iter_mut().filter_map(|e| e.reply.as_mut()).for_each(|reply| reply.remote_ip = Some(evil.into()));
    let page = html(&[Flow::new("flows/\"><b>.flow.yaml", evil).step(failed).used(evil, skipped(evil, evil)).end()]);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--\\u{202e}\\u{0}&quot;&#39;&amp;amp;"), "{page}");
}
