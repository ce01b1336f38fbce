//! Bodies that are not what they claim to be.

use crate::fault::Fault;
use crate::server::reply;

/// A reply of this type, of which the step wants `$.a` to be 1.
fn json(content_type: &str, body: impl AsRef<[u8]>) -> Fault {
    Fault::answer(reply(&format!("200 OK\r\ncontent-type: {content_type}"), body)).with("expect: { json: { $.a: 1 } }")
}

fn text(content_type: &str, body: impl AsRef<[u8]>) -> Fault {
    Fault::answer(reply(&format!("200 OK\r\ncontent-type: {content_type}"), body))
}

/// Little-endian, without a mark.
fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

rows! {
    nothing_instead_of_json => json("application/json", "").fails(&["the body is empty"]);
    html_instead_of_json => json("application/json", "<!doctype html>\n<title>Sign in</title>")
        .fails(&["not JSON", "line 1, column 1", "<title>Sign in</title>"]);
    half_of_json => json("application/json", r#"{"a": 1, "b"#).fails(&["not JSON", "EOF"]);
    two_values_instead_of_one => json("application/json", "{\"a\": 1}\n{\"a\": 2}").fails(&["not JSON", "trailing characters"]);
    json_that_is_very_deep => json("application/json", "[".repeat(1 << 20)).fails(&["not JSON", "nested more than 127 deep"]);
    json_with_bytes_that_are_no_text => json("application/json", b"{\"a\": \"\xFF\"}").fails(&["not JSON"]);
    json_of_another_type => json("text/plain", r#"{"a": 1}"#).passes(&[]);
    json_behind_a_byte_order_mark => json("application/json", "\u{feff}{\"a\": 1}").passes(&[]);
    json_in_utf_16 => json("application/json; charset=utf-16le", utf_16(r#"{"a": 1}"#))
        .fails(&["not JSON"]);
    a_number_beyond_all_bounds => json("application/json", format!("{{\"a\": {}}}", "9".repeat(100_000)))
        .fails(&["not JSON", "number out of range"]);

    text_that_is_not_utf_8 => text("text/plain; charset=utf-8", b"caf\xE9").with("expect: { body: { starts_with: caf } }")
        .passes(&["the body has bytes that its charset does not have; they were read as U+FFFD"]);
    a_charset_that_nobody_knows => text("text/plain; charset=klingon", "Stève").with("expect: { body: Stève }")
        .passes(&[]);
    a_charset_of_garbage => text("text/plain; charset=\"\"; charset=;;;=", "hi").with("expect: { body: hi }").passes(&[]);
    control_characters => text("text/plain", "\x1b[2J\x1b]0;title\x07\u{202e}gone").with("expect: { body: hi }")
        .fails(&["gone"]).hides(&["\x07", "\u{202e}"]);
    xml_with_a_bomb_of_entities => text(
        "application/xml",
        "<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;'>]><a>&d;</a>",
    ).with("expect: { xpath: { //a: b } }").fails(&["DTD"]);
    xml_that_is_very_deep => text("application/xml", "<a>".repeat(1 << 18)).with("expect: { xpath: { //b: b } }")
        .fails(&["XML"]);
    html_that_is_very_deep => text("text/html", "<div>".repeat(1 << 16)).with("expect: { xpath: { //b: b } }")
        .fails(&["//b"]);

    cookies_without_end => Fault::plain(|peer| {
        let mut number = 0;
        while peer.request().is_some() {
            let cookie = |n| format!("set-cookie: c{number}-{n}={}\r\n", "x".repeat(1000));
            let cookies: String = (0..80).map(cookie).collect();
            number += 1;
            peer.send(format!("HTTP/1.1 200 OK\r\n{cookies}content-length: 0\r\n\r\n"));
        }
    }).steps("- for_each: { n: '{{ range(12) }}' }\n  request: GET {url}/{{ n }}").passes(&[]).largest_request(256 << 10);
    garbage_instead_of_cookies => Fault::answer(reply(
        "200 OK\r\nset-cookie: \r\nset-cookie: =\r\nset-cookie: ;;;\r\nset-cookie: a=\"b\r\nset-cookie: b=\u{e9}\r\nset-cookie: ok=1; expires=never; max-age=soon; domain=",
        "",
    )).steps("- request: GET {url}/1\n- request: GET {url}/2\n  expect: { status: 200 }").passes(&[]).asked(2);
}
