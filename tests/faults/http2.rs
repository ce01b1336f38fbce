//! HTTP/2 spoken badly: frames written by hand (RFC 9113), headers as HPACK literals (RFC 7541).

use crate::fault::Fault;
use crate::server::Peer;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200`, from the static table.
const OK: u8 = 0x88;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header that is in no table; its name and value are short.
fn literal(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

/// Greets, and reads up to the end of the first request; its stream.
fn greet(peer: &mut Peer) -> Option<u32> {
    peer.read(24)?;
    // And takes what the client has said of itself.
    peer.send([frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, 1, 0, &[])].concat());
    request(peer)
}

/// Reads up to the end of the next request, and keeps that it came; its stream.
fn request(peer: &mut Peer) -> Option<u32> {
    loop {
        let head = peer.read(9)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        peer.read(length as usize)?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if head[3] == HEADERS {
            peer.keep("request");
        }
        if matches!(head[3], HEADERS | DATA) && head[4] & END_STREAM != 0 {
            return Some(stream);
        }
    }
}

/// A server that greets, reads a request, and then does this with it.
fn then(act: impl Fn(&mut Peer, u32) + Send + Sync + 'static) -> Fault {
    let serve = move |peer: &mut Peer| {
        if let Some(stream) = greet(peer) {
            act(peer, stream);
        }
    };
    Fault::plain(serve).with("http: 2")
}

/// The same, and then silence: what it sent must be enough.
fn sends(bytes: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static) -> Fault {
    then(move |peer, stream| {
        peer.send(bytes(stream));
        peer.hold();
    })
}

/// A reply's head, with more headers.
fn head(stream: u32, more: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &[&[OK], more].concat())
}

const BROKE: &str = "HOST broke the rules of HTTP/2";
const HTTP_1: &str = "`http: 1.1` may work";
const SHORT: &str = "timeout: 1500ms";

rows! {
    closed_before_the_reply => then(|_, _| ()).fails(&["HOST closed the connection before it replied", "may not speak HTTP/2"]).asked(1);
    closed_in_the_body => then(|peer, stream| _ = peer.send([head(stream, &[]), frame(DATA, 0, stream, b"half")].concat()))
        .fails(&["HOST closed the connection before the whole body had come"]).asked(1);
    silence => then(|peer, _| peer.hold()).with(SHORT)
        .fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]).asked(1);
    silence_instead_of_a_greeting => Fault::plain(Peer::hold).with("http: 2").with(SHORT)
        .fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]);

    sent_away => sends(|_| go_away(0, 0)).fails(&["HOST is closing its connections, and did not look at the request"]).asked(2);
    sent_away_to_calm_down => sends(|_| go_away(0, 11)).fails(&["HOST ended the connection: too many requests or frames (ENHANCE_YOUR_CALM)"]);
    sent_away_for_an_error => then(|peer, _| _ = peer.send(go_away(0, 2))).fails(&["HOST ended the connection: an error of its own (INTERNAL_ERROR)"]);
    a_post_that_is_sent_away_goes_out_once => then(|peer, stream| _ = peer.send(go_away(stream, 0)))
        .steps("- request: POST {url}/x\n  text: hi\n  http: 2").fails(&["HOST closed the connection before it replied"]).asked(1);
    sent_away_between_requests_is_no_failure => then(|peer, stream| {
        peer.send([frame(HEADERS, END_HEADERS | END_STREAM, stream, &[OK]), go_away(stream, 0)].concat());
        peer.hold();
    }).steps("- request: GET {url}/1\n  http: 2\n- request: POST {url}/2\n  http: 2").passes(&[]).asked(2);

    the_request_is_reset => sends(|stream| reset(stream, 2)).fails(&["HOST ended the request: an error of its own (INTERNAL_ERROR)"]).asked(1);
    the_request_is_cancelled => sends(|stream| reset(stream, 8)).fails(&["HOST ended the request: it cancelled it (CANCEL)"]).asked(1);
    the_request_is_refused => then(|peer, stream| {
        peer.send(reset(stream, 7));
        while let Some(stream) = request(peer) {
            peer.send(reset(stream, 7));
        }
    }).fails(&["HOST refused the request before it looked at it"]).asked(2);
    a_refused_post_is_sent_again => then(|peer, stream| {
        peer.send(match peer.number {
            1 => reset(stream, 7),
            _ => frame(HEADERS, END_HEADERS | END_STREAM, stream, &[OK]),
        });
        if let Some(stream) = request(peer) {
            peer.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, &[OK]));
        }
        peer.hold();
    }).steps("- request: POST {url}/x\n  text: hi\n  http: 2").passes(&[]).asked(2);
    http_1_is_wanted => sends(|stream| reset(stream, 13))
        .fails(&["HOST wants this request over HTTP/1.1 (HTTP_1_1_REQUIRED)", "write `http: 1.1`"]).asked(1);
    reset_in_the_body => sends(|stream| [head(stream, &[]), frame(DATA, 0, stream, b"half"), reset(stream, 2)].concat())
        .fails(&["HOST ended the reply's body: an error of its own (INTERNAL_ERROR)"]).asked(1);

    headers_without_end => then(|peer, stream| {
        peer.send(frame(HEADERS, 0, stream, &[OK]));
        peer.flood(frame(CONTINUATION, 0, stream, &literal("x-a", "1")).repeat(100));
    }).fails(&[BROKE, HTTP_1]).asked(1);
    empty_continuations_without_end => then(|peer, stream| {
        peer.send(frame(HEADERS, 0, stream, &[OK]));
        peer.flood(frame(CONTINUATION, 0, stream, &[]).repeat(1000));
    }).fails(&[BROKE, HTTP_1]).asked(1);
    headers_that_are_too_large => sends(|stream| {
        let lines = literal("x-a", &"x".repeat(120)).repeat(130);
        let mut frames = frame(HEADERS, 0, stream, &[&[OK], &lines[..]].concat());
        frames.extend(frame(CONTINUATION, 0, stream, &lines).repeat(14));
        frames.extend(frame(CONTINUATION, END_HEADERS, stream, &lines));
        frames
    })
        .fails(&[BROKE, HTTP_1]).asked(1);
    headers_that_are_large_and_honest => sends(|stream| {
        let lines = literal("x-a", &"x".repeat(120)).repeat(100);
        let mut frames = frame(HEADERS, END_STREAM, stream, &[&[OK], &lines[..]].concat());
        frames.extend(frame(CONTINUATION, END_HEADERS, stream, &lines).repeat(1));
        frames
    }).passes(&[]).asked(1);
    // One header put into the table, and then named by one byte a thousand times.
    a_bomb_of_headers => sends(|stream| {
        let mut block = literal("x-a", &"x".repeat(120));
        block[0] = 0x40;
        block.extend([0xbe; 16_000]);
        head(stream, &block)
    }).fails(&["the head of the reply of HOST is too large"]).asked(1);
    headers_of_garbage => sends(|stream| head(stream, &[0xff; 40])).fails(&[BROKE, HTTP_1]).asked(1);
    no_status => sends(|stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &literal("x-a", "1"))).fails(&[BROKE, HTTP_1]).asked(1);
    interim_replies_without_end => then(|peer, stream| {
        peer.flood(frame(HEADERS, END_HEADERS, stream, &literal(":status", "103")).repeat(20));
    }).with(SHORT).fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]).asked(1);

    settings_without_end => then(|peer, _| peer.flood(frame(SETTINGS, 0, 0, &[]).repeat(1000))).with(SHORT)
        .fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]).asked(1);
    pings_without_end => then(|peer, _| peer.flood(frame(PING, 0, 0, &[0; 8]).repeat(1000))).with(SHORT)
        .fails(&["the timeout of 1.5s passed while waiting for the reply of HOST"]).asked(1);
    empty_data_without_end => then(|peer, stream| {
        peer.send(head(stream, &[]));
        peer.flood(frame(DATA, 0, stream, &[]).repeat(1000));
    }).fails(&[BROKE, HTTP_1]).asked(1);
    a_body_beyond_all_bounds => sends(|stream| {
        [head(stream, &[]), frame(DATA, 0, stream, &[b'x'; 16 << 10]).repeat(20)].concat()
    }).arguments(&["--max-body", "100k"]).fails(&["the reply of HOST is larger than 102400 bytes", "`--max-body SIZE` allows more"]);

    data_before_the_head => sends(|stream| frame(DATA, END_STREAM, stream, b"hi")).fails(&[BROKE, HTTP_1]).asked(1);
    data_for_nobody => sends(|_| frame(DATA, 0, 0, b"hi")).fails(&[BROKE, HTTP_1]).asked(1);
    a_frame_beyond_all_bounds => sends(|stream| [&[0xff, 0xff, 0xff, DATA, 0], &stream.to_be_bytes()[..]].concat())
        .fails(&[BROKE, HTTP_1]).asked(1);
    a_window_beyond_all_bounds => sends(|_| frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes())).fails(&[BROKE, HTTP_1]).asked(1);
    settings_of_garbage => sends(|_| frame(SETTINGS, 0, 0, &[1, 2, 3])).fails(&[BROKE, HTTP_1]).asked(1);
    a_push_that_nobody_asked_for => sends(|stream| frame(PUSH_PROMISE, END_HEADERS, stream, &[0, 0, 0, 2, 0x82]))
        .fails(&[BROKE, HTTP_1]).asked(1);
    a_reply_to_a_request_that_was_never_sent => sends(|stream| head(stream + 98, &[])).fails(&[BROKE, HTTP_1]).asked(1);
    more_body_than_was_said => sends(|stream| {
        [head(stream, &literal("content-length", "2")), frame(DATA, END_STREAM, stream, b"hello")].concat()
    }).fails(&[BROKE, HTTP_1]).asked(1);
    less_body_than_was_said => sends(|stream| {
        [head(stream, &literal("content-length", "9")), frame(DATA, END_STREAM, stream, b"hello")].concat()
    }).fails(&[BROKE, HTTP_1]).asked(1);
    http_1_instead_of_it => Fault::plain(|peer| { peer.read(24); peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); peer.hold() }).with("http: 2")
        .fails(&[BROKE, "may not speak HTTP/2"]);
}
