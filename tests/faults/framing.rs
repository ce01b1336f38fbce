//! Replies that are not HTTP, or not quite, and floods of what may come before a body.

use crate::fault::Fault;
use crate::server::{always, reply};

const NO_HTTP: &str = "what HOST sent back is not HTTP";
const PORT: &str = "if this port speaks TLS, write https://; otherwise check the port";
const SERVER: &str = "the server, or a proxy before it, is at fault";

/// A chunked reply whose chunks are these.
fn chunked(chunks: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")
}

/// Begins a reply and never ends its head.
fn endless_head(line: &'static str) -> Fault {
    Fault::plain(move |peer| {
        peer.answer("HTTP/1.1 200 OK\r\n");
        peer.flood(line.repeat(100));
    })
}

rows! {
    http_0_9 => Fault::answer_once("<html>hello</html>").fails(&[NO_HTTP, PORT]);
    another_protocol => Fault::answer_once("SSH-2.0-OpenSSH_9.6\r\n").fails(&[NO_HTTP, PORT]);
    tls_on_a_plain_port => Fault::answer_once(b"\x15\x03\x01\x00\x02\x02\x46").fails(&[NO_HTTP, PORT]);
    a_status_that_is_no_number => Fault::answer_once("HTTP/1.1 OK 200\r\n\r\n").fails(&[NO_HTTP, PORT]);
    a_status_of_two_digits => Fault::answer_once("HTTP/1.1 20 OK\r\n\r\n").fails(&[NO_HTTP, PORT]);
    a_version_that_does_not_exist => Fault::answer_once("HTTP/7.3 200 OK\r\n\r\n").fails(&[NO_HTTP]);
    a_status_that_nobody_knows => Fault::answer_once("HTTP/1.1 799 Hm\r\ncontent-length: 0\r\n\r\n").fails(&["799 Hm"]);
    no_reason => Fault::answer_once("HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nhi").with("expect: { body: hi }").passes(&[]);
    a_reason_with_control_characters => Fault::answer_once("HTTP/1.1 400 \x1b[2Jgone\r\ncontent-length: 0\r\n\r\n")
        .fails(&[]);
    http_1_0 => Fault::answer_once("HTTP/1.0 200 OK\r\n\r\nhi").with("expect: { body: hi }").passes(&[]);

    a_header_with_a_null => Fault::answer_once("HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n").fails(&[NO_HTTP, SERVER]);
    a_header_without_a_colon => Fault::answer_once("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n").fails(&[NO_HTTP, SERVER]);
    a_space_before_the_colon => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nhi")
        .fails(&[NO_HTTP, SERVER]);
    a_folded_header => Fault::answer_once("HTTP/1.1 200 OK\r\nx-a: 1\r\n folded\r\ncontent-length: 0\r\n\r\n")
        .fails(&[NO_HTTP, SERVER]);
    a_thousand_headers => Fault::answer_once(format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: 1\r\n".repeat(1000)))
        .fails(&["the head of the reply of HOST is too large", SERVER]);
    headers_without_end => endless_head("x-a: 1\r\n").fails(&["the head of the reply of HOST is too large", SERVER]);
    a_header_line_without_end => endless_head("xxxxxxxxxx").fails(&["the head of the reply of HOST is too large", SERVER]);
    interim_replies_without_end => Fault::plain(|peer| {
        peer.request();
        peer.drip("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
    }).with("timeout: 1500ms").fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]);
    many_interim_replies => Fault::plain(|peer| {
        peer.request();
        peer.send("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000));
        peer.send(reply("200 OK", "hi"));
    }).with("expect: { body: hi }").passes(&[]);
    a_switch_of_protocols_that_nobody_asked_for => Fault::answer_once(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tea\r\n\r\nhi",
    ).fails(&["HOST switched to another protocol, which nobody asked for", SERVER]);

    two_lengths => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi!")
        .fails(&[NO_HTTP, SERVER]);
    a_negative_length => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhi").fails(&[NO_HTTP, SERVER]);
    a_length_that_is_no_number => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nhi")
        .fails(&[NO_HTTP, SERVER]);
    a_length_beyond_all_bounds => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\nhi")
        .fails(&["the reply of HOST is larger than 67108864 bytes", "`--max-body SIZE` allows more"]);
    a_length_that_is_too_long => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi")
        .fails(&["HOST closed the connection before the whole body had come"]);
    // What stands behind the length is no reply to the next request.
    a_length_that_is_too_short => Fault::plain(|peer| match peer.number {
        1 => {
            peer.answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi, and HTTP/1.1 200 OK\r\n\r\n");
            peer.hold();
        }
        _ => always(reply("200 OK", "two"))(peer),
    }).steps("- request: GET {url}/1\n  expect: { body: hi }\n- request: GET {url}/2\n  expect: { body: two }").passes(&[]);
    a_length_beside_chunks => Fault::answer_once(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ).with("expect: { body: hello }").passes(&[]);
    a_transfer_encoding_that_nobody_knows => Fault::answer_once("HTTP/1.1 200 OK\r\ntransfer-encoding: tea\r\n\r\nhi")
        .with("expect: { body: hi }").passes(&[]);
    no_body_where_none_may_be => Fault::plain(|peer| match peer.number {
        1 => {
            peer.answer("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nhi");
            peer.hold();
        }
        _ => always(reply("200 OK", "two"))(peer),
    }).steps("- request: GET {url}/1\n  expect: { body: '' }\n- request: GET {url}/2\n  expect: { body: two }").passes(&[]);

    a_chunk_size_that_is_no_number => Fault::answer_once(chunked("zz\r\nhello\r\n0\r\n\r\n"))
        .fails(&["the reply's body from HOST broke", SERVER]);
    a_chunk_size_beyond_all_numbers => Fault::answer_once(chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"))
        .fails(&["the reply's body from HOST broke", SERVER]);
    a_chunk_longer_than_it_says => Fault::answer_once(chunked("2\r\nhello\r\n0\r\n\r\n"))
        .fails(&["the reply's body from HOST broke", SERVER]);
    a_chunk_extension_without_end => Fault::plain(|peer| {
        peer.answer(chunked("5;x="));
        peer.flood([b'x'; 4096]);
    }).fails(&["the reply's body from HOST broke", SERVER]);
    trailers_without_end => Fault::plain(|peer| {
        peer.answer(chunked("5\r\nhello\r\n0\r\n"));
        peer.flood("x-a: 1\r\n".repeat(100));
    }).fails(&["the reply's body from HOST broke", SERVER]);
    chunks_without_end => Fault::plain(|peer| {
        peer.answer(chunked(""));
        peer.flood(format!("1000\r\n{}\r\n", "x".repeat(4096)).repeat(16));
    }).fails(&["the reply of HOST is larger than 67108864 bytes", "`--max-body SIZE` allows more"]);
    chunks_of_one_byte_without_end => Fault::plain(|peer| {
        peer.answer(chunked(""));
        peer.flood("1\r\nx\r\n".repeat(4096));
    }).arguments(&["--max-body", "100k"]).fails(&["the reply of HOST is larger than 102400 bytes"]);
    a_body_without_end => Fault::plain(|peer| {
        peer.answer("HTTP/1.1 200 OK\r\n\r\n");
        peer.flood([b'x'; 1 << 16]);
    }).fails(&["the reply of HOST is larger than 67108864 bytes", "`--max-body SIZE` allows more"]);
}
