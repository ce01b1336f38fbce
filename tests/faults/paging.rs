//! Pages that go round, away, on for ever, or are none.

use crate::fault::Fault;
use crate::server::{Peer, always, reply};

/// A page with this head line, and one item.
fn page(head: &str) -> Vec<u8> {
    reply(&format!("200 OK{head}"), r#"{"items": [1]}"#)
}

fn next(link: &str) -> Vec<u8> {
    page(&format!("\r\nlink: <{link}>; rel=\"next\""))
}

/// The first page leads to a second one, which is this.
fn then(second: impl Into<Vec<u8>>) -> Fault {
    let second = second.into();
    Fault::plain(move |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            let first = request.contains(" /x");
            peer.send(if first { next("/2") } else { second.clone() });
        }
    })
    .with("paginate: { items: $.items }")
}

fn only(first: Vec<u8>) -> Fault {
    Fault::answer(first).with("paginate: { items: $.items, max_pages: 5 }")
}

rows! {
    to_itself => only(next("/x")).fails(&["page 1 leads to URL/x, which was fetched already: the pages go round in circles"]).asked(1);
    round_in_a_circle => then(next("/x")).fails(&["page 2 leads to URL/x, which was fetched already"]).asked(2);
    without_end => Fault::plain(|peer| {
        let mut number = 0;
        while peer.request().is_some() {
            number += 1;
            peer.send(next(&format!("/{number}")));
        }
    }).with("paginate: { items: $.items, max_pages: 5 }").fails(&["there is more to come after 5 pages", "raise `max_pages`"]).asked(5);
    to_another_origin => Fault::answer(next("http://localhost:1/y")).with("auth: { bearer: '{secret}' }\npaginate: { items: $.items }")
        .fails(&["the next page is on another origin, http://localhost:1", "credentials are not meant for it"]).asked(1);
    to_a_file => only(next("file:///etc/passwd")).fails(&["the next page is on another origin, file:///etc/passwd"]).asked(1);
    to_a_script => only(next("javascript:alert(1)")).fails(&["the next page is on another origin, javascript:alert(1)"]).asked(1);
    to_garbage => only(next("http://[")).fails(&["the next page's URL `http://[` cannot be read"]).asked(1);
    a_link_that_never_ends => only(page("\r\nlink: </2>; rel=\"next")).fails(&["URL/2"]);
    a_link_of_garbage => only(page("\r\nlink: ;;<<>>,\"\\,;rel=next=next")).passes(&[]).asked(1);
    a_link_in_the_body_that_is_no_url => Fault::answer(reply("200 OK", r#"{"items": [1], "next": 7}"#))
        .with("paginate: { items: $.items, next: $.next }").fails(&["`$.next` in page 1 is no URL: its type is `integer`"]).asked(1);

    no_list => only(reply("200 OK", r#"{"items": {}}"#)).fails(&["`$.items` in page 1 is no list: its type is `object`"]).asked(1);
    nothing => only(reply("200 OK", "{}")).fails(&["page 1 has nothing at `$.items`"]).asked(1);
    html => then(reply("200 OK", "<html>")).fails(&["page 2 is not JSON"]).asked(2);
    an_error => then(reply("500 Internal Server Error", "{}")).fails(&["page 2 was answered with 500 Internal Server Error"]).asked(2);
    a_closed_door => Fault::plain(|peer| match peer.number {
        1 => { peer.answer(next("/2")); }
        _ => _ = peer.request(),
    }).with("paginate: { items: $.items }").fails(&["HOST closed the connection before it replied"]);
    a_redirect_away => then(reply("302 Found\r\nlocation: http://localhost:1/", ""))
        .with("auth: { bearer: '{secret}' }").fails(&["localhost:1"]);
    the_secret_goes_to_each_page_and_no_further => Fault::plain(|peer| {
        while let Some(request) = peer.request() {
            let to = request.lines().find_map(|line| line.strip_prefix("x-to: ")).unwrap();
            peer.send(if request.contains(" /x") { next("/2") } else { next(to) });
        }
    }).other(always(next("/3")))
        .with("auth: { bearer: '{secret}' }\nheaders: { X-To: '{other}/y' }\npaginate: { items: $.items }")
        .fails(&["the next page is on another origin"]).asked(2).other_asked(0).secret_in(&[1, 2]);
}
