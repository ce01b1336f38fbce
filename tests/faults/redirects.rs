//! Redirects that go round, out of HTTP, or nowhere. What may go along stands in `credentials.rs`.

use crate::fault::{Fault, SECRET};
use crate::server::{always, reply};

const LOOK: &str = "`redirects: false` shows the reply itself, to be checked with `expect`";

fn leads(location: &str) -> Fault {
    Fault::answer(reply(&format!("302 Found\r\nlocation: {location}"), ""))
}

rows! {
    a_circle_of_one => leads("/x").fails(&["more than 10 redirects; the last one led to URL/x", "raise `redirects`"]).asked(11);
    an_empty_location => leads("").fails(&["more than 10 redirects"]).asked(11);
    a_chain_without_end => Fault::plain(|peer| {
        let mut number = 0;
        while peer.request().is_some() {
            number += 1;
            peer.send(reply(&format!("307 Temporary Redirect\r\nlocation: /{number}"), ""));
        }
    }).with("redirects: 3").fails(&["more than 3 redirects"]).asked(4);
    a_post_that_is_led_on_without_end => leads("/x").steps("- request: POST {url}/x\n  text: hi")
        .fails(&["more than 10 redirects"]).asked(11);

    to_a_file => leads("file:///etc/passwd").fails(&["the redirect leads out of HTTP, to `file:///etc/passwd`", LOOK]).asked(1);
    to_a_script => leads("javascript:alert(1)").fails(&["the redirect leads out of HTTP, to `javascript:alert(1)`", LOOK]).asked(1);
    to_data => leads("data:text/plain,hi").fails(&["the redirect leads out of HTTP", LOOK]).asked(1);
    to_another_protocol => leads("ftp://127.0.0.1/x").fails(&["the redirect leads out of HTTP", LOOK]).asked(1);
    to_garbage => leads("http://[").fails(&["the redirect's location `http://[` is no URL", LOOK]).asked(1);
    to_no_host => leads("http://").fails(&["is no URL", LOOK]).asked(1);
    to_bytes_that_are_no_text => Fault::answer(b"HTTP/1.1 302 Found\r\nlocation: http://\xff\xfe/\r\ncontent-length: 0\r\n\r\n".to_vec())
        .fails(&["is no URL", LOOK]).asked(1);
    to_a_very_long_url => leads(&format!("http://127.0.0.1:1/{}", "x".repeat(100_000)))
        .fails(&["the request to 127.0.0.1:1 cannot be put into HTTP: its URL is longer than 65534 bytes"]);
    to_two_places => Fault::answer(reply("302 Found\r\nlocation: http://127.0.0.1:1/\r\nlocation: /y", ""))
        .fails(&["two different locations", LOOK]).asked(1);
    to_nowhere => Fault::answer(reply("302 Found", "")).with("expect: { status: 302 }").passes(&[]).asked(1);
    to_a_closed_port => leads("http://127.0.0.1:1/").fails(&["127.0.0.1:1 refused the connection"]).asked(1);
    to_a_host_that_is_not_allowed => leads("http://localhost:1/").file("environments/e.yaml", "hosts: [127.0.0.1]")
        .arguments(&["-e", "e"]).fails(&["the environment's `hosts` do not include localhost:1, so nothing was sent"]).asked(1);

    down_to_plain_http => Fault::trusted(|peer| {
        let host = peer.request().unwrap().lines().find_map(|l| l.strip_prefix("x-other: ").map(str::to_owned)).unwrap();
        peer.send(reply(&format!("302 Found\r\nlocation: {host}/y"), ""));
    }).other(always(reply("200 OK", "")))
        .with("headers: { X-Other: '{other}' }\nauth: { bearer: '{secret}' }")
        .passes(&[]).asked(1).other_asked(1).secret_in(&[1]);
    the_secret_is_never_shown => leads("http://[").with("auth: { bearer: '{secret}' }").fails(&[]).hides(&[SECRET]);
}
