//! Connections that are refused, cut, silent or stale.

use crate::fault::Fault;
use crate::server::{Peer, always, reply};

/// A port that nothing listens on: one that was free a moment ago may be another test's by now.
fn closed() -> String {
    "http://127.0.0.1:1".to_owned()
}

/// Answers the first request of the first connection, and closes upon the second without a word.
fn stale(peer: &mut Peer) {
    if peer.number == 1 {
        peer.answer(reply("200 OK", "one"));
        peer.request();
    } else {
        always(reply("200 OK", "two"))(peer);
    }
}

const SHORT: &str = "timeout: 1500ms";
const RETRY: &str = "`retry: { on: [network] }` sends it again";

rows! {
    refused => Fault::at(closed()).fails(&["refused the connection", "is the server running, and is the port right?"]);

    reset_before_the_request_is_read => Fault::plain(Peer::reset)
        .fails(&["HOST closed the connection before it replied", RETRY]);
    closed_before_a_byte_of_the_reply => Fault::plain(|peer| _ = peer.request())
        .fails(&["HOST closed the connection before it replied", RETRY]).asked(1);
    reset_in_the_head => Fault::plain(|peer| { peer.byte(); peer.send("HTTP/1.1 200 OK\r\nx-a: "); peer.reset() })
        .fails(&["HOST closed the connection before it replied"]);
    closed_in_the_head => Fault::answer_once("HTTP/1.1 200 OK\r\nx-a: 1\r\n")
        .fails(&["HOST closed the connection before it replied", RETRY]).asked(1);
    closed_in_the_body => Fault::answer_once("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
        .fails(&["HOST closed the connection before the whole body had come", RETRY]).asked(1);
    // So much that the client must have read the head to take it.
    reset_in_the_body => Fault::plain(|peer| {
        peer.byte();
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n");
        peer.send(vec![b'x'; 16 << 20]);
        peer.reset();
    }).arguments(&["--max-body", "200m"]).fails(&["HOST closed the connection before the whole body had come", RETRY]);
    closed_between_chunks => Fault::answer_once("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .fails(&["HOST closed the connection before the whole body had come", RETRY]);

    a_server_that_speaks_first => Fault::plain(|peer| { peer.send("220 mail.example ESMTP\r\n"); peer.hold() })
        .fails(&["what HOST sent back is not HTTP", "check the port"]);

    silence_instead_of_a_reply => Fault::plain(|peer| { peer.request(); peer.hold() }).with(SHORT)
        .fails(&["the timeout of 1.5s passed while waiting for the reply of HOST", "a longer `timeout` waits longer"]);
    a_head_that_drips => Fault::plain(|peer| {
        peer.answer("HTTP/1.1 200 OK\r\n");
        peer.drip("x-a: 1\r\n");
    }).with(SHORT).fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]);
    silence_in_the_body => Fault::plain(|peer| {
        peer.answer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
        peer.hold();
    }).with(SHORT).fails(&["the timeout of 1.5s passed while reading the reply's body from HOST"]);
    a_body_that_drips => Fault::plain(|peer| {
        peer.answer("HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n");
        peer.drip("x");
    }).with(SHORT).fails(&["the timeout of 1.5s passed while reading the reply's body from HOST"]);
    a_request_that_nobody_reads => Fault::plain(|peer| { peer.byte(); peer.ignore() })
        .steps("- request: PUT {url}/x\n  file: big.bin\n  timeout: 1500ms").file("big.bin", vec![b'x'; 16 << 20])
        .fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]);
    a_reply_before_the_whole_request => Fault::plain(|peer| {
        peer.read(200);
        peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
        peer.hold();
    }).steps("- request: PUT {url}/x\n  file: big.bin").file("big.bin", vec![b'x'; 16 << 20])
        .fails(&["413 Too Large"]);

    a_stale_connection_is_no_failure_of_a_get => Fault::plain(stale)
        .steps("- request: GET {url}/1\n- request: GET {url}/2\n  expect: { body: two }").passes(&[]);
    a_stale_connection_gets_a_post_once => Fault::plain(stale)
        .steps("- request: GET {url}/1\n- request: POST {url}/2")
        .fails(&["HOST closed the connection before it replied", "unsafe: true"]).asked(2);
    retry_does_not_send_a_post_twice => Fault::plain(|peer| _ = peer.request())
        .steps("- request: POST {url}/x\n  retry: { attempts: 3, delay: 1ms }")
        .fails(&["HOST closed the connection before it replied", "unsafe: true"]).asked(1);
    retry_sends_a_put_as_often_as_it_says => Fault::plain(|peer| _ = peer.request())
        .steps("- request: PUT {url}/x\n  retry: { attempts: 3, delay: 1ms }")
        .fails(&["(the last of 3 sends)"]).asked(3);
    a_connection_that_was_closed_in_between_is_not_used => Fault::plain(|peer| peer.answer(reply("200 OK", "one")))
        .steps("- request: GET {url}/1\n- wait: 500ms\n- request: POST {url}/2").passes(&[]).asked(2);
    a_connection_that_is_said_to_be_closed_is_not_used => Fault::plain(|peer| {
        peer.answer(reply("200 OK\r\nconnection: close", "one"));
        peer.hold();
    }).steps("- request: POST {url}/1\n- request: POST {url}/2\n- request: POST {url}/3").passes(&[]).asked(3);
    // The second reply was never asked for: it must not answer the next request.
    a_smuggled_reply_is_nobodys => Fault::plain(|peer| match peer.number {
        1 => {
            peer.answer([reply("200 OK", "one"), reply("200 OK", "poison")].concat());
            peer.hold();
        }
        _ => always(reply("200 OK", "two"))(peer),
    }).steps("- request: GET {url}/1\n- request: GET {url}/2\n  expect: { body: two }").passes(&[]);
}
