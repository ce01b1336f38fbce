//! Replies that ask to come back later, with every kind of `Retry-After`, and those that ask who is there.

use crate::credentials::{oauth, token};
use crate::fault::Fault;
use crate::server::{Peer, always, reply};

/// Every reply has this status, and `Retry-After` where it is not empty.
fn later(status: &str, retry_after: &str) -> Fault {
    Fault::answer(busy(status, retry_after)).with("rate_limit: { max_wait: 2s }")
}

fn busy(status: &str, retry_after: &str) -> Vec<u8> {
    let line = if retry_after.is_empty() { String::new() } else { format!("\r\nretry-after: {retry_after}") };
    reply(&format!("{status}{line}"), "{}")
}

/// The first reply asks to wait, the others are good.
fn once(status: &'static str, retry_after: &'static str) -> impl Fn(&mut Peer) + Send + Sync + 'static {
    move |peer| {
        peer.answer(busy(status, retry_after));
        always(reply("200 OK", "{}"))(peer);
    }
}

fn past() -> &'static str {
    "Sat, 21 Nov 2020 10:00:00 GMT"
}

const RAISE: &str = "raise `rate_limit: { max_wait: … }`, or slow the flow down";
const LIMITED: &str = "429 Too Many Requests";
const BUSY: &str = "503 Service Unavailable";

rows! {
    a_number => Fault::plain(once(LIMITED, "1")).passes(&["waiting 1s", "429"]).asked(2);
    zero => Fault::plain(once(LIMITED, "0")).passes(&["waiting 1s"]).asked(2);
    a_date_that_is_past => Fault::plain(once(LIMITED, past())).passes(&["waiting 1s"]).asked(2);
    a_date_that_is_far => later(LIMITED, "Sat, 21 Nov 2099 10:00:00 GMT").fails(&["the server asked to wait", RAISE]).asked(1);
    a_huge_number => later(LIMITED, "86400").fails(&["the server asked to wait 86400 s (429), and 2 s of waiting are left", RAISE]).asked(1);
    a_number_beyond_all_numbers => later(LIMITED, &"9".repeat(1000)).fails(&["the server asked to wait", RAISE]).asked(1);
    a_negative_number => later(LIMITED, "-5").fails(&["the server answered 429 with a `Retry-After` that is no time, which is taken as 5 s", RAISE]).asked(1);
    garbage => later(LIMITED, "soon").fails(&["the server answered 429 with a `Retry-After` that is no time, which is taken as 5 s", RAISE]).asked(1);
    none => later(LIMITED, "").fails(&["the server answered 429 without `Retry-After`, which is taken as 5 s", RAISE]).asked(1);
    a_fraction => later(LIMITED, "1.5e3").fails(&["the server answered 429 with a `Retry-After` that is no time, which is taken as 5 s", RAISE]).asked(1);
    again_and_again => later(LIMITED, "1").fails(&["the server asked to wait 1 s (429), and 0 s of waiting are left", RAISE]).asked(3);
    a_429_that_must_not_be_waited_for => Fault::answer(busy(LIMITED, "86400")).with("rate_limit: fail").fails(&[LIMITED]).asked(1);
    a_429_and_then_a_closed_door => Fault::plain(|peer| {
        if peer.number == 1 {
            peer.answer(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        } else {
            peer.request();
        }
    }).fails(&["HOST closed the connection before it replied"]).asked(2);

    busy_and_a_number => Fault::plain(once(BUSY, "1")).passes(&["waiting 1s", "503"]).asked(2);
    busy_and_a_huge_number => later(BUSY, "9999").fails(&["the server asked to wait 9999 s (503)", RAISE]).asked(1);
    busy_and_a_date_that_is_past => Fault::plain(once(BUSY, past())).passes(&["waiting 1s"]).asked(2);
    busy_and_garbage => later(BUSY, "soon").fails(&[BUSY]).asked(1);
    busy_and_a_negative_number => later(BUSY, "-1").fails(&[BUSY]).asked(1);
    busy_and_nothing => later(BUSY, "").fails(&[BUSY]).asked(1);
    a_post_is_not_sent_twice_for_503 => Fault::answer(busy(BUSY, "1")).steps("- request: POST {url}/x").fails(&[BUSY]).asked(1);
    locked_and_a_number => Fault::plain(once("423 Locked", "1")).passes(&["waiting 1s", "423"]).asked(2);
    locked_and_a_huge_number => later("423 Locked", "9999").fails(&["the server asked to wait 9999 s (423)", RAISE]).asked(1);
    locked_and_nothing => later("423 Locked", "").fails(&["423 Locked"]).asked(1);
    a_post_is_not_sent_twice_for_423 => Fault::answer(busy("423 Locked", "1")).steps("- request: POST {url}/x").fails(&["423 Locked"]).asked(1);

    unauthorized => Fault::answer(reply("401 Unauthorized\r\nwww-authenticate: Bearer error=\"invalid_token\"", ""))
        .with("auth: { bearer: '{secret}' }").fails(&["401 Unauthorized"]).asked(1);
    unauthorized_whatever_the_token => oauth(|peer| {
        while let Some(request) = peer.request() {
            peer.send(if request.starts_with("POST") { token() } else { reply("401 Unauthorized", "") });
        }
    }).fails(&["401 Unauthorized"]).asked(4);
    no_token_but_a_page => oauth(always(reply("200 OK\r\ncontent-type: text/html", "<html>Sign in</html>")))
        .fails(&["token"]).asked(1);
    no_token_but_an_error => oauth(always(reply("500 Internal Server Error", "{}"))).fails(&["token", "500"]).asked(1);
    no_token_but_a_closed_door => oauth(|peer| _ = peer.request())
        .fails(&["token", "HOST closed the connection before it replied"]).asked(1);
    no_token_but_a_way_out_of_http => oauth(always(reply("302 Found\r\nlocation: file:///etc/passwd", "")))
        .fails(&["token", "302"]).asked(1);
    unauthorized_whatever_digest_says => Fault::answer(reply(
        "401 Unauthorized\r\nwww-authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", "",
    )).with("auth: { digest: { username: guest, password: '{secret}' } }").fails(&["401 Unauthorized"]).asked(2);
    a_digest_challenge_of_garbage => Fault::answer(reply("401 Unauthorized\r\nwww-authenticate: Digest nonce=\"\", algorithm=tea, =,\"", ""))
        .with("auth: { digest: { username: guest, password: '{secret}' } }").fails(&["Digest"]).asked(1);
    a_digest_nonce_that_is_stale_for_ever => Fault::answer(reply(
        "401 Unauthorized\r\nwww-authenticate: Digest realm=\"r\", nonce=\"n\", stale=true, qop=\"auth\"", "",
    )).with("auth: { digest: { username: guest, password: '{secret}' } }").fails(&["401 Unauthorized"]);
    a_proxys_question_from_a_server => Fault::answer(reply("407 Proxy Authentication Required\r\nproxy-authenticate: Basic", ""))
        .with("auth: { bearer: '{secret}' }").fails(&["407 Proxy Authentication Required"]).asked(1);
    a_poll_that_never_holds => Fault::answer(reply("200 OK", r#"{"state": "busy"}"#))
        .with("poll: { until: { json: { $.state: done } }, every: 100ms, within: 1s }").fails(&["within"]);
}
