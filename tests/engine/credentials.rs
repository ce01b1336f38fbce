//! Redirects against a small model of their own: no credential reaches another origin, or comes back after leaving one.
//!
//! The model walks a generated graph of replies and says for each request where it goes and whether the credential is
//! in it. It shares no code with the engine. `WXFLOW_CASES` sets how many graphs are tried (2,000).

use std::cell::RefCell;
use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use wxflow::event::Outcome;
use wxflow::http::{Request, Transport};
use wxflow::redact::Secret;
use wxflow::run::{AccessToken, Getting, TokenSource};

use crate::harness::{Ran, Scripted, Setup};

const SECRET: &str = "s3cr3t-cr3d/+=&x";
/// What is left of it in URLs, forms and bodies alike.
const MARK: &str = "s3cr3t-cr3d";
const HOPS: usize = 10;

/// How a credential is given, as YAML of a flow whose step ends with `REQUEST`.
const KINDS: [(&str, Kind); 16] = [
    ("steps:\n  - auth: { bearer: \"{{ secret }}\" }\n", Kind::Authorization),
    ("steps:\n  - auth: { bearer: s3cr3t-cr3d-literal }\n", Kind::Authorization),
    ("steps:\n  - auth: { basic: { username: me, password: \"{{ secret }}\" } }\n", Kind::Authorization),
    ("steps:\n  - auth: { oauth: webex }\n", Kind::Authorization),
    (
        "defaults: { base_url: http://a.example, auth: { bearer: \"{{ secret }}\" } }\nsteps:\n  - timeout: 5s\n",
        Kind::Authorization,
    ),
    ("steps:\n  - headers: { Authorization: Custom literal }\n", Kind::Authorization),
    ("steps:\n  - auth: { digest: { username: me, password: \"{{ secret }}\" } }\n", Kind::Digest),
    ("steps:\n  - headers: { X-Key: \"key {{ secret }}\" }\n", Kind::Header),
    ("steps:\n  - headers: { X-Key: \"{{ secret | base64_encode }}\" }\n", Kind::Header),
    (
        "defaults: { base_url: http://a.example, headers: { X-Key: \"{{ secret }}\" } }\nsteps:\n  - timeout: 5s\n",
        Kind::Header,
    ),
    ("steps:\n  - cookies: { mine: tasty }\n", Kind::Header),
    ("steps:\n  - query: { key: \"{{ secret }}\" }\n", Kind::Query),
    ("steps:\n  - json: { a: [{ b: \"{{ secret }}\" }] }\n", Kind::Body),
    ("steps:\n  - form: { a: \"{{ secret }}\" }\n", Kind::Body),
    ("steps:\n  - text: \"x{{ secret }}y\"\n", Kind::Body),
    ("steps:\n  - multipart: { a: \"{{ secret }}\" }\n", Kind::Body),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Authorization,
    Digest,
    Header,
    Query,
    Body,
}

/// Scheme, host, port.
type Place = (&'static str, &'static str, u16);

const HOME: Place = ("http", "a.example", 80);

/// What `Location` says before the path, and the scheme, the host and the port that it gives.
type Lead = (&'static str, Option<&'static str>, Option<(&'static str, Option<u16>)>);

/// `None` stays as it was.
const LEADS: [Lead; 15] = [
    ("http://a.example", Some("http"), Some(("a.example", None))),
    ("http://a.example:80", Some("http"), Some(("a.example", None))),
    ("HTTP://A.Example", Some("http"), Some(("a.example", None))),
    ("http://someone:else@a.example", Some("http"), Some(("a.example", None))),
    ("https://a.example", Some("https"), Some(("a.example", None))),
    ("http://a.example:8080", Some("http"), Some(("a.example", Some(8080)))),
    ("http://b.example", Some("http"), Some(("b.example", None))),
    ("https://b.example", Some("https"), Some(("b.example", None))),
    ("http://a.example@b.example", Some("http"), Some(("b.example", None))),
    ("http:\\\\b.example", Some("http"), Some(("b.example", None))),
    ("http://a.example.b.example", Some("http"), Some(("a.example.b.example", None))),
    ("http://[::1]:80", Some("http"), Some(("[::1]", None))),
    ("//b.example", None, Some(("b.example", None))),
    ("//a.example", None, Some(("a.example", None))),
    ("", None, None),
];

/// How a server sends the credential along in `Location`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Echo {
    No,
    Percent,
    Base64,
}

#[derive(Clone, Debug)]
struct Node {
    /// Status, lead and node of a redirect.
    to: Option<(u16, usize, usize)>,
    echo: Echo,
    /// The first request is answered with a 429.
    busy: bool,
    /// A request without credentials is answered with a 401.
    asks: bool,
}

/// One request: method, place, node, and whether the credential is in it.
type Send = (String, Place, usize, bool);

/// What must be sent, and whether the last redirect is refused.
fn model(graph: &[Node], kind: Kind, method: &str) -> (Vec<Send>, bool) {
    let (mut place, mut node, mut method) = (HOME, 0, method.to_owned());
    let (mut strayed, mut answered, mut body, mut in_url) = (false, false, kind == Kind::Body, kind == Kind::Query);
    let (mut sends, mut visited, mut hops) = (Vec::new(), HashSet::new(), 0);
    loop {
        let authorized = !strayed && (kind == Kind::Authorization || (kind == Kind::Digest && answered));
        let carried = authorized || (!strayed && kind == Kind::Header);
        sends.push((method.clone(), place, node, carried || body || in_url));
        let Node { to, echo, busy, asks } = &graph[node];
        if *busy && visited.insert(node) {
            continue;
        }
        if *asks && !authorized {
            if kind == Kind::Digest && !strayed && !answered {
                answered = true;
                continue;
            }
            return (sends, false);
        }
        let Some((status, lead, next)) = to else { return (sends, false) };
        let (_, scheme, host) = LEADS[*lead];
        let scheme = scheme.unwrap_or(place.0);
        let well_known = if scheme == "http" { 80 } else { 443 };
        let to = host.map_or(place, |(host, port)| (scheme, host, port.unwrap_or(well_known)));
        if hops == HOPS {
            return (sends, true);
        }
        hops += 1;
        if *status == 303 || (*status < 303 && method == "POST") {
            (method, body) = ("GET".to_owned(), false);
        }
        in_url = *echo != Echo::No;
        strayed |= to != place;
        if strayed && (body || in_url) {
            return (sends, true);
        }
        (place, node) = (to, *next);
    }
}

/// The servers of the graph: any host answers for any node, which the path names.
fn answer(graph: &[Node], visited: &RefCell<HashSet<usize>>, request: &Request) -> Scripted {
    let number = node(request);
    let Node { to, echo, busy, asks } = &graph[number];
    // Whoever sets a cookie says who they are.
    let own = ("set-cookie", format!("from-{}=1", request.url.host_str().unwrap().replace([':', '[', ']'], "")));
    if *busy && visited.borrow_mut().insert(number) {
        return Scripted::Reply(429, vec![own, ("retry-after", "1".to_owned())], String::new());
    }
    if *asks && !request.headers.contains_key("authorization") {
        let challenge = "Digest realm=\"x\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
        return Scripted::Reply(401, vec![own, ("www-authenticate", challenge.to_owned())], String::new());
    }
    let Some((status, lead, next)) = to else { return Scripted::Reply(200, vec![own], String::new()) };
    let echo = match echo {
        Echo::No => String::new(),
        Echo::Percent => "?stolen=s3cr3t-cr3d%2f%2b%3d%26x".to_owned(),
        Echo::Base64 => format!("?stolen={}", STANDARD.encode(SECRET)),
    };
    Scripted::Reply(*status, vec![own, ("location", format!("{}/{next}{echo}", LEADS[*lead].0))], String::new())
}

fn node(request: &Request) -> usize {
    request.url.path().trim_start_matches('/').parse().unwrap()
}

/// Whether the credential stands in a request, in any way it was written.
fn carries(request: &Request) -> bool {
    let headers = request.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let all = headers.chain([request.url.to_string(), body]).collect::<Vec<_>>().join("\n");
    let pair = STANDARD.encode(format!("me:{SECRET}"));
    let marks = [MARK, &pair, &STANDARD.encode(SECRET), "authorization:", "mine=tasty"];
    marks.iter().any(|mark| all.contains(mark))
}

fn place(request: &Request) -> (String, String, u16) {
    let url = &request.url;
    (url.scheme().to_owned(), url.host_str().unwrap().to_owned(), url.port_or_known_default().unwrap())
}

struct Token;

impl TokenSource for Token {
    fn token<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a Secret>,
        _: &'a dyn Transport,
        _: &'a dyn Fn() -> jiff::Timestamp,
    ) -> Getting<'a> {
        Box::pin(async { Ok(AccessToken { token: Secret::new(SECRET), hosts: None }) })
    }
}

fn run(graph: &[Node], flow: &str, method: &str) -> Ran {
    let (graph, visited) = (graph.to_owned(), RefCell::default());
    let setup = Setup {
        inputs: vec![("secret", SECRET.into(), true)],
        answer: Some(Box::new(move |request| answer(&graph, &visited, request))),
        oauth: Some(Box::new(Token)),
        ..Setup::default()
    };
    let request = format!("    request: {method} http://a.example/0\n    expect: {{ status: any }}\n");
    setup.run(&format!("inputs: {{ secret: {{ secret: true }} }}\n{flow}{request}"))
}

fn graphs() -> impl Strategy<Value = Vec<Node>> {
    let status = prop::sample::select(vec![301_u16, 302, 303, 307, 308]);
    // Most nodes redirect, and half of those stay at home, so that chains get long and come back.
    let lead = prop_oneof![3 => Just(14_usize), 3 => 0_usize..4, 4 => 4_usize..14];
    let to = prop::option::weighted(0.85, (status, lead, 0_usize..7));
    let echo = prop_oneof![8 => Just(Echo::No), 1 => Just(Echo::Percent), 1 => Just(Echo::Base64)];
    let node = (to, echo, prop::bool::weighted(0.15), prop::bool::weighted(0.15));
    prop::collection::vec(node.prop_map(|(to, echo, busy, asks)| Node { to, echo, busy, asks }), 7)
}

fn cases() -> u32 {
    std::env::var("WXFLOW_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn credentials_stay_at_the_origin_they_were_written_for(
        graph in graphs(),
        (flow, kind) in prop::sample::select(KINDS.to_vec()),
        post in any::<bool>(),
    ) {
        let method = if post || kind == Kind::Body { "POST" } else { "GET" };
        let (expected, refused) = model(&graph, kind, method);
        let ran = run(&graph, flow, method);
        let sent: Vec<_> = ran.sent.iter().map(|r| (r.method.to_string(), place(r), node(r), carries(r))).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(method, (scheme, host, port), node, has)| (method, (scheme.to_owned(), host.to_owned(), port), node, has))
            .collect();
        prop_assert_eq!(&sent, &expected, "{}{:?}", flow, ran.wrong());
        prop_assert_eq!(ran.flow.outcome == Outcome::Failed, refused, "{:?}", ran.wrong());
        // The promise itself, without the model's help: at home until the first step away, and never again.
        let home = (HOME.0.to_owned(), HOME.1.to_owned(), HOME.2);
        let away = ran.sent.iter().position(|r| place(r) != home).unwrap_or(ran.sent.len());
        prop_assert!(!ran.sent[away..].iter().any(carries));
        for request in &ran.sent {
            let own = format!("from-{}", request.url.host_str().unwrap().replace([':', '[', ']'], ""));
            let cookies = request.headers.get("cookie").map_or("", |c| c.to_str().unwrap());
            let foreign = cookies.split("; ").filter(|c| c.starts_with("from-") && c.split('=').next() != Some(&own));
            prop_assert_eq!(foreign.count(), 0, "{}", cookies);
        }
        prop_assert!(!ran.json.contains(MARK) && !ran.json.contains(&STANDARD.encode(SECRET)), "{}", ran.json);
    }
}
