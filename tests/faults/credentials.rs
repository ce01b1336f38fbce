//! Each kind of credential over a redirect to another origin and back: it never goes there, and never comes back.

use crate::fault::{Fault, SECRET};
use crate::server::{Peer, always, reply};

/// Leads with `status` to the URL that the request's `x-to` header names, and answers what has none.
fn leads(status: u16) -> impl Fn(&mut Peer) + Send + Sync + 'static {
    move |peer| {
        while let Some(request) = peer.request() {
            let to = request.lines().find_map(|line| line.strip_prefix("x-to: "));
            match to.filter(|_| request.contains(" /x")) {
                Some(to) => peer.send(reply(&format!("{status} Found\r\nlocation: {to}"), "")),
                None => peer.send(reply("200 OK", "")),
            };
        }
    }
}

/// A GET with these keys, led to another origin and from there back to where it began.
fn there_and_back(keys: &str) {
    let back = |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            let to = request.lines().find_map(|line| line.strip_prefix("x-back: ")).unwrap();
            peer.send(reply(&format!("302 Found\r\nlocation: {to}"), ""));
        }
    };
    Fault::plain(leads(302))
        .other(back)
        .steps("- request: GET {url}/x")
        .with(keys)
        .with("headers: { X-To: '{other}/y', X-Back: '{url}/z', X-Key: '{secret}' }")
        .passes(&[])
        .asked(2)
        .other_asked(1)
        .secret_in(&[1]);
}

/// A POST with this body, led on with `status`: to another origin only without it.
fn body(status: u16, keys: &str) -> Fault {
    Fault::plain(leads(status))
        .other(always(reply("200 OK", "")))
        .steps("- request: POST {url}/x\n  headers: { X-To: '{other}/y' }")
        .with(keys)
}

/// A client of the environment, whose tokens the server itself gives out: `reply` is its answer.
pub(crate) fn oauth(serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Fault {
    let environment = "oauth:
  own:
    grant: client_credentials
    token_url: '{url}/token'
    client_id: { env: WEBEX_SECRET }
    client_secret: { env: WEBEX_SECRET }
";
    Fault::plain(serve).file("environments/e.yaml", environment).arguments(&["-e", "e"]).with("auth: { oauth: own }")
}

/// What a token endpoint answers.
pub(crate) fn token() -> Vec<u8> {
    reply("200 OK", format!(r#"{{"access_token": "{SECRET}-token", "token_type": "Bearer", "expires_in": 3600}}"#))
}

const REFUSED: &str = "too, and it holds a secret: nothing was sent there";
const ITSELF: &str = "send the request to it yourself";

/// Asks for Digest, then leads away whoever has answered.
fn digest(peer: &mut Peer) {
    while let Some(request) = peer.request() {
        let to = request.lines().find_map(|line| line.strip_prefix("x-to: ")).unwrap();
        let reply = match request.contains("Digest username") {
            true => reply(&format!("302 Found\r\nlocation: {to}"), ""),
            false => reply("401 Unauthorized\r\nwww-authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", ""),
        };
        peer.send(reply);
    }
}

rows! {
    a_header => there_and_back("timeout: 20s");
    a_bearer_token => there_and_back("auth: { bearer: '{secret}' }");
    basic => there_and_back("auth: { basic: { username: guest, password: '{secret}' } }");
    a_cookie_of_the_step => there_and_back("cookies: { own: '{secret}' }");
    a_query => there_and_back("query: { token: '{secret}' }");
    an_authorization_header_without_a_secret => there_and_back("auth: { bearer: abc }");
    an_oauth_token => oauth(|peer| {
        while let Some(request) = peer.request() {
            let to = request.lines().find_map(|line| line.strip_prefix("x-to: "));
            peer.send(to.map_or_else(token, |to| reply(&format!("302 Found\r\nlocation: {to}"), "")));
        }
    }).other(always(reply("200 OK", ""))).with("headers: { X-To: '{other}/y' }")
        .passes(&[]).asked(2).other_asked(1).secret_in(&[1, 2]);
    digest_proof => Fault::plain(digest).other(always(reply("401 Unauthorized\r\nwww-authenticate: Digest realm=\"r\", nonce=\"n\"", "")))
        .steps("- request: GET {url}/x\n  headers: { X-To: '{other}/y' }\n  auth: { digest: { username: guest, password: '{secret}' } }")
        .fails(&["401 Unauthorized"]).asked(2).other_asked(1).secret_in(&[2]);

    json_with_307 => body(307, "json: { token: '{secret}' }").fails(&[REFUSED, ITSELF]).asked(1).other_asked(0);
    json_with_308 => body(308, "json: { token: '{secret}' }").fails(&[REFUSED, ITSELF]).asked(1).other_asked(0);
    a_form_with_307 => body(307, "form: { token: '{secret}' }").fails(&[REFUSED, ITSELF]).asked(1).other_asked(0);
    text_with_308 => body(308, "text: 'it is {secret}'").fails(&[REFUSED, ITSELF]).asked(1).other_asked(0);
    multipart_with_307 => body(307, "multipart: { token: '{secret}' }").fails(&[REFUSED, ITSELF]).asked(1).other_asked(0);
    a_packed_body_with_307 => body(307, "text: 'it is {secret}'").steps(
        "- request: POST {url}/x\n  headers: { X-To: '{other}/y', Content-Encoding: gzip }\n  text: 'it is {secret}'",
    ).fails(&[REFUSED, ITSELF]).asked(1).other_asked(0);
    a_body_with_302_stays_behind => body(302, "json: { token: '{secret}' }").passes(&[]).asked(1).other_asked(1);
    a_body_without_a_secret_with_307_goes_along => body(307, "json: { a: 1 }\nauth: { bearer: '{secret}' }")
        .passes(&[]).asked(1).other_asked(1);
    a_location_with_the_secret_in_it => Fault::plain(|peer| {
        while let Some(request) = peer.request() {
            let to = request.lines().find_map(|line| line.strip_prefix("x-to: ")).unwrap();
            let query = request.split([' ', '?']).nth(2).unwrap();
            peer.send(reply(&format!("302 Found\r\nlocation: {to}?{query}"), ""));
        }
    }).other(always(reply("200 OK", "")))
        .steps("- request: GET {url}/x\n  headers: { X-To: '{other}/y' }\n  query: { token: '{secret}' }")
        .fails(&["has a secret in its location: nothing was sent there", ITSELF]).asked(1).other_asked(0);

    the_same_origin_keeps_them => Fault::plain(leads(302))
        .steps("- request: GET {url}/x\n  headers: { X-To: /y, X-Key: '{secret}' }\n  auth: { bearer: '{secret}' }\n  cookies: { own: '{secret}' }")
        .passes(&[]).asked(2).secret_in(&[1, 2]);
    a_cookie_for_another_host_is_not_kept => Fault::answer(reply("200 OK\r\nset-cookie: own=1; domain=example.com", ""))
        .other(always(reply("200 OK", "")))
        .steps("- request: GET {url}/x\n- request: GET {other}/y").passes(&[]).asked(1).other_asked(1);
}
