//! The shape, against the fields that HAR 1.2 asks for.

use serde_json::{Value, json};

use crate::event::{Body, Encoding, Failure, Header, Reason, Times};
use crate::http::{Delivery, TransportErrorKind};
use crate::report::FormatName;
use crate::report::fixture::*;
use crate::report::terminal::Verbosity;

fn written(flows: &[Flow]) -> Value {
    serde_json::from_str(&run(options(Verbosity::Quiet, false), Some(FormatName::Har), flows).1).unwrap()
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

#[test]
fn flows_are_pages_and_sends_are_entries() {
    let rooms = "https://webexapis.com/v1/rooms";
    let mut unanswered = exchange("GET", rooms, 200);
    (unanswered.reply, unanswered.error, unanswered.because) = (None, Some("refused".into()), Reason::Retry);
    let (kind, delivery) = (TransportErrorKind::Connect, Delivery::NotSent);
    unanswered.failure = Some(Failure { kind, delivery, help: None });
    let har = written(&[
        Flow::new("flows/broken.flow.yaml", "broken").end_as(crate::event::Outcome::Failed, Vec::new()),
        Flow::of_row("flows/a.flow.yaml", "A", Some(2))
            .step(request("List", vec![exchange("GET", rooms, 503), unanswered]))
            .item(1, request("Add", vec![exchange("POST", rooms, 200)]))
            .step(cleanup(request("Leave", vec![exchange("DELETE", rooms, 204)])))
            .end(),
        Flow::new("flows/empty.flow.yaml", "empty").step(step("Bind")).end(),
    ]);
    let log = &har["log"];
    assert_eq!((&log["version"], &log["creator"]), (&json!("1.2"), &json!({ "name": "wxflow", "version": "0.1.0" })));
    let pages: Vec<_> = log["pages"].as_array().unwrap().iter().map(|page| (&page["id"], &page["title"])).collect();
    let page = json!("flows/a.flow.yaml [row 2]");
    assert_eq!(pages[0], (&page, &json!("A")));
    assert_eq!((pages.len(), pages[2].1), (3, &json!("empty")));
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    let told: Vec<_> = entries
        .iter()
        .map(|e| json!([e["_name"], e["_step"], e["_item"], e["_phase"], e["_because"], e["response"]["status"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["List", 1, null, "step", "step", 503]),
            json!(["List", 1, null, "step", "retry", 0]),
            json!(["Add", 2, 1, "step", "step", 200]),
            json!(["Leave", 3, null, "cleanup", "step", 204]),
        ]
    );
    assert!(entries.iter().all(|e| e["pageref"] == page));
    assert_eq!(entries[1]["_error"], json!({ "kind": "connect", "delivery": "not-sent", "message": "refused" }));
    // The step ended at :35 and took 83.4 ms; the send began 0.1 ms after the step.
    assert_eq!(entries[0]["startedDateTime"], "2026-11-21T04:15:34.916Z");
}

#[test]
fn every_field_that_the_format_asks_for() {
    let mut sent = exchange("POST", "https://webexapis.com/v1/messages?a=1&b=x%20y&a=", 302);
    sent.headers = vec![header("cookie", "k=v; l=w"), header("content-type", "application/octet-stream")];
    sent.body = Some(Body { text: "AAE=".into(), encoding: Encoding::Base64, size: 2, cut: false });
    sent.times = Times {
        dns_ms: Some(2.0),
        connect_ms: Some(3.0),
        tls_ms: Some(5.0),
        first_byte_ms: Some(60.0),
        body_ms: Some(20.0),
        total_ms: 80.0,
        reused: false,
    };
    let reply = sent.reply.as_mut().unwrap();
    reply.headers = vec![
        header("location", "/v1/elsewhere"),
        header("set-cookie", "s=1; Path=/; HttpOnly; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
        header("content-type", "text/plain"),
    ];
    reply.body = Some(Body { text: "ab".into(), encoding: Encoding::Text, size: 20, cut: true });
    (reply.wire_size, reply.remote_ip) = (12, Some("127.0.0.1".into()));
    let har = written(&[Flow::new("flows/a.flow.yaml", "A").step(request("Post", vec![sent])).end()]);
    let entry = &har["log"]["entries"][0];
    let expected = json!({
        "blocked": -1, "dns": 2.0, "connect": 8.0, "ssl": 5.0, "send": 0, "wait": 50.0, "receive": 20.0,
    });
    assert_eq!((&entry["timings"], &entry["time"]), (&expected, &json!(80.0)));
    assert_eq!((&entry["cache"], &entry["serverIPAddress"]), (&json!({}), &json!("127.0.0.1")));
    let expected = json!({
        "method": "POST",
        "url": "https://webexapis.com/v1/messages?a=1&b=x%20y&a=",
        "httpVersion": "HTTP/1.1",
        "cookies": [{ "name": "k", "value": "v" }, { "name": "l", "value": "w" }],
        "headers": [
            { "name": "cookie", "value": "k=v; l=w" },
            { "name": "content-type", "value": "application/octet-stream" },
        ],
        "queryString": [
            { "name": "a", "value": "1" }, { "name": "b", "value": "x y" }, { "name": "a", "value": "" },
        ],
        "headersSize": -1,
        "bodySize": 2,
        "postData": { "mimeType": "application/octet-stream", "text": "AAE=", "_encoding": "base64" },
    });
    assert_eq!(entry["request"], expected);
    let response = &entry["response"];
    let cookie = json!({
        "name": "s", "value": "1", "path": "/", "httpOnly": true, "secure": true, "expires": "2026-10-21T07:28:00Z",
    });
    assert_eq!((&response["cookies"], &response["redirectURL"]), (&json!([cookie]), &json!("/v1/elsewhere")));
    let expected = json!({
        "size": 20, "mimeType": "text/plain", "compression": 8, "text": "ab", "comment": "cut, 20 bytes in all",
    });
    assert_eq!((&response["content"], &response["bodySize"]), (&expected, &json!(12)));
}

#[test]
fn a_reused_connection_and_an_address_have_no_phases() {
    let mut sent = exchange("GET", "http://127.0.0.1:1/", 200);
    sent.times =
        Times { first_byte_ms: Some(60.0), body_ms: Some(20.0), total_ms: 80.0, reused: true, ..Times::default() };
    let har = written(&[Flow::new("flows/a.flow.yaml", "A").step(request("Get", vec![sent])).end()]);
    let entry = &har["log"]["entries"][0];
    let expected = json!({
        "blocked": -1, "dns": -1.0, "connect": -1.0, "ssl": -1.0, "send": 0, "wait": 60.0, "receive": 20.0,
    });
    assert_eq!((&entry["timings"], &entry["_reused"]), (&expected, &json!(true)));
}
