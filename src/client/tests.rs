//! Against real sockets on 127.0.0.1: a thread that answers canned bytes, plain or through TLS.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

use super::*;
use crate::http::{Certificate, Method, Url};
use decode::tests::pack;

/// Serves one canned reply per request; a connection is kept while `keep`. Gives the requests' text back.
struct Server {
    address: SocketAddr,
    thread: JoinHandle<Vec<String>>,
}

impl Server {
    fn start(connections: Vec<Vec<Vec<u8>>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for replies in connections {
                let (mut stream, _) = listener.accept().unwrap();
                converse(&mut stream, &replies, &mut requests);
            }
            requests
        });
        Self { address, thread }
    }

    fn one(reply: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![vec![reply.into()]])
    }

    fn request(&self) -> Request {
        Request::new(Method::GET, Url::parse(&format!("http://{}/a?b=c#d", self.address)).unwrap())
    }
}

fn converse(stream: &mut (impl Read + Write), replies: &[Vec<u8>], requests: &mut Vec<String>) {
    for reply in replies {
        let mut reader = BufReader::new(&mut *stream);
        let mut request = String::new();
        while reader.read_line(&mut request).is_ok_and(|n| n > 2) {}
        if request.is_empty() {
            return;
        }
        let length = request.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        requests.push(request + &String::from_utf8_lossy(&body));
        if stream.write_all(reply).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

fn client() -> Client {
    Client::new(ClientOptions { proxy: Proxy::Direct, ..ClientOptions::default() })
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn send(request: &Request) -> Result<Response, TransportError> {
    block(client().send(request))
}

fn fails(request: &Request, kind: Kind, delivery: Delivery) -> TransportError {
    let error = send(request).unwrap_err();
    assert_eq!((error.kind, error.delivery), (kind, delivery), "{error}");
    error
}

#[test]
fn a_request_goes_out_as_it_is_and_the_reply_comes_back_whole() {
    let server = Server::one(reply("299 Strange\r\nx-a: caf\u{e9}\r\nset-cookie: a=1\r\nset-cookie: b=2", b"hello"));
    let mut request = server.request();
    request.method = Method::POST;
    request.headers.insert("x-name", crate::http::HeaderValue::from_bytes("Stève".as_bytes()).unwrap());
    request.body = Bytes::from_static(b"body");
    let response = send(&request).unwrap();
    assert_eq!((response.status, response.reason.as_str(), response.version_text()), (299, "Strange", "1.1"));
    assert_eq!(response.body, "hello");
    assert_eq!(response.wire_size, 5);
    assert_eq!(response.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(response.remote_addr, Some(server.address));
    assert!(response.timing.first_byte.unwrap() <= response.timing.total);
    let seen = server.thread.join().unwrap().remove(0);
    let mut lines: Vec<_> = seen.lines().collect();
    assert_eq!(lines.remove(0), "POST /a?b=c HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = concat!("user-agent: wxflow/", env!("CARGO_PKG_VERSION"));
    let expected = [
        "",
        "accept-encoding: gzip, deflate, br, zstd",
        "accept: */*",
        "body",
        "content-length: 4",
        &host,
        agent,
        "x-name: Stève",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn headers_that_are_set_win() {
    let server = Server::one(reply("200 OK", b""));
    let mut request = server.request();
    for (name, value) in [("accept", "text/plain"), ("accept-encoding", "identity"), ("user-agent", "me")] {
        request.headers.insert(name, value.parse().unwrap());
    }
    send(&request).unwrap();
    let seen = server.thread.join().unwrap().remove(0);
    for line in ["accept: text/plain", "accept-encoding: identity", "user-agent: me"] {
        assert_eq!(seen.lines().filter(|l| l.split(':').next() == line.split(':').next()).collect::<Vec<_>>(), [line]);
    }
    assert!(!seen.contains("content-length"));
}

#[test]
fn credentials_in_the_url_become_a_header() {
    let server = Server::one(reply("200 OK", b""));
    let mut request = server.request();
    request.url.set_username("me").unwrap();
    request.url.set_password(Some("p@ss")).unwrap();
    send(&request).unwrap();
    let seen = server.thread.join().unwrap().remove(0);
    assert!(seen.starts_with("GET /a?b=c HTTP/1.1"), "{seen}");
    assert!(seen.contains("authorization: Basic bWU6cEBzcw=="), "{seen}");
    assert!(seen.contains(&format!("host: {}\r\n", server.address)), "{seen}");
}

#[test]
fn packed_replies_are_unpacked_and_both_sizes_told() {
    let plain = "Stève ".repeat(500).into_bytes();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let packed = pack(coding, &plain);
        let server = Server::one(reply(&format!("200 OK\r\ncontent-encoding: {coding}"), &packed));
        let response = send(&server.request()).unwrap();
        assert_eq!(response.body, plain, "{coding}");
        assert_eq!(response.wire_size, packed.len() as u64);
        assert_eq!(response.header("content-encoding").as_deref(), Some(coding));
    }
}

#[test]
fn bodies_over_the_bound_are_refused() {
    let big = vec![b'x'; 2000];
    let chunked =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{}\r\n0\r\n\r\n", "x".repeat(2000));
    for canned in
        [reply("200 OK", &big), chunked.into_bytes(), reply("200 OK\r\ncontent-encoding: gzip", &pack("gzip", &big))]
    {
        let server = Server::one(canned);
        let mut request = server.request();
        request.max_body = 1999;
        let error = fails(&request, Kind::TooLarge, Delivery::MayHaveArrived);
        assert_eq!(error.message, format!("the reply of {} is larger than 1999 bytes", server.address));
    }
}

#[test]
fn replies_without_a_body_have_none() {
    let server = Server::one("HTTP/1.1 200 OK\r\ncontent-length: 99999\r\ncontent-encoding: gzip\r\n\r\n");
    let mut request = server.request();
    request.method = Method::HEAD;
    request.max_body = 10;
    assert_eq!(send(&request).unwrap().body, "");
    for status in ["204 No Content", "304 Not Modified"] {
        let server = Server::one(format!("HTTP/1.1 {status}\r\n\r\n"));
        assert_eq!(send(&server.request()).unwrap().body, "");
    }
}

#[test]
fn timeouts_name_what_was_waited_for() {
    for (canned, doing) in [
        ("", "waiting for the reply of"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe", "reading the reply's body from"),
    ] {
        // The second reply is never asked for, so the server waits with the connection open.
        let server = Server::start(vec![vec![canned.into(), Vec::new()]]);
        let mut request = server.request();
        // Long enough for a busy machine to get as far as the phase that never ends.
        request.timeout = Duration::from_millis(700);
        let error = fails(&request, Kind::Timeout, Delivery::MayHaveArrived);
        assert_eq!(error.message, format!("the timeout of 700ms passed while {doing} {}", server.address));
    }
}

#[test]
fn a_timeout_while_connecting_sent_nothing() {
    // The kernel accepts, nobody answers the handshake. Long enough for a busy machine to get as far as that.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut request = get(listener.local_addr().unwrap().port());
    request.timeout = Duration::from_millis(700);
    let error = fails(&request, Kind::Timeout, Delivery::NotSent);
    assert!(
        error.message.starts_with("the timeout of 700ms passed during the TLS handshake with localhost:"),
        "{error}"
    );
    let options =
        ClientOptions { connect_timeout: Duration::from_millis(700), proxy: Proxy::Direct, ..ClientOptions::default() };
    request.timeout = Duration::from_secs(30);
    let error = block(Client::new(options).send(&request)).unwrap_err();
    assert_eq!((error.kind, error.delivery), (Kind::Connect, Delivery::NotSent), "{error}");
    assert!(error.message.ends_with("did not finish the TLS handshake within 700ms"), "{error}");
}

#[test]
fn no_connection_is_not_sent() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for scheme in ["http", "https"] {
        let request = Request::new(Method::POST, Url::parse(&format!("{scheme}://{free}/")).unwrap());
        let error = fails(&request, Kind::Connect, Delivery::NotSent);
        assert_eq!(error.message, format!("{free} refused the connection"));
    }
    let request = Request::new(Method::GET, Url::parse("http://nowhere.invalid/").unwrap());
    let error = fails(&request, Kind::Resolve, Delivery::NotSent);
    assert!(error.message.starts_with("the host name `nowhere.invalid` has no address ("), "{error}");
}

#[test]
fn broken_replies_are_told_apart() {
    let server = Server::one("SSH-2.0-OpenSSH_9.9\r\n");
    let error = fails(&server.request(), Kind::Protocol, Delivery::MayHaveArrived);
    assert!(error.message.starts_with(&format!("what {} sent back is not HTTP", server.address)), "{error}");
    assert!(error.help.unwrap().contains("https://"));

    let server = Server::one("");
    let error = fails(&server.request(), Kind::Interrupted, Delivery::MayHaveArrived);
    assert_eq!(error.message, format!("{} closed the connection before it replied", server.address));

    let server = Server::one("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe");
    let error = fails(&server.request(), Kind::Interrupted, Delivery::MayHaveArrived);
    assert_eq!(error.message, format!("{} closed the connection before the whole body had come", server.address));

    let server = Server::one("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
    let error = fails(&server.request(), Kind::Protocol, Delivery::MayHaveArrived);
    assert!(error.message.contains("the reply's body from"), "{error}");

    let server = Server::one(reply("200 OK\r\ncontent-encoding: gzip", b"not gzip"));
    let error = fails(&server.request(), Kind::Protocol, Delivery::MayHaveArrived);
    assert!(error.message.contains("`content-encoding: gzip`, and is not that"), "{error}");
}

#[test]
fn redirects_and_cookies_are_left_alone() {
    let server = Server::one(reply("302 Found\r\nlocation: /b\r\nset-cookie: a=1", b""));
    assert_eq!(send(&server.request()).unwrap().status, 302);
    assert_eq!(server.thread.join().unwrap().len(), 1);
}

#[test]
fn connections_are_kept_and_replaced_when_the_server_closed_them() {
    let ok = || reply("200 OK", b"x");
    // Told, so that the third request cannot meet a connection that is about to close.
    let last = reply("200 OK\r\nconnection: close", b"x");
    let server = Server::start(vec![vec![ok(), last], vec![ok()]]);
    block(async {
        let client = client();
        let request = server.request();
        for new in [true, false, true] {
            let timing = client.send(&request).await.unwrap().timing;
            assert_eq!((timing.connect.is_some(), timing.reused), (new, !new));
            assert!(timing.dns.is_none() && timing.tls.is_none());
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(server.thread.join().unwrap().len(), 3);
}

#[test]
fn a_connection_that_closes_unanswered_is_told_apart_from_a_new_one() {
    // The second reply is empty: the server reads the request and closes.
    let server = Server::start(vec![vec![reply("200 OK", b"x"), Vec::new()]]);
    block(async {
        let client = client();
        let request = server.request();
        assert_eq!(client.send(&request).await.unwrap().status, 200);
        let error = client.send(&request).await.unwrap_err();
        assert_eq!((error.kind, error.delivery), (Kind::Interrupted, Delivery::OnClosingConnection), "{error}");
    });
}

#[test]
fn a_forced_version_is_kept() {
    let server = Server::one("HTTP/1.1 200 OK\r\n\r\n");
    let mut request = server.request();
    request.version = Some(Version::HTTP_2);
    let error = send(&request).unwrap_err();
    assert_ne!(error.kind, Kind::Timeout, "{error}");
    assert!(server.thread.join().unwrap().remove(0).starts_with("PRI * HTTP/2.0"));
}

#[test]
fn pem_text_gives_certificates_or_says_why_not() {
    let (authority, _) = authority_and_key();
    assert_eq!(certificates_from_pem(authority.pem().as_bytes()).unwrap(), [authority.der().clone()]);
    assert_eq!(certificates_from_pem(b"nothing").unwrap_err(), "no certificate in the PEM text");
    let key = KeyPair::generate().unwrap().serialize_pem();
    assert!(Identity::from_pem(authority.pem().as_bytes(), key.as_bytes()).is_ok());
    assert!(Identity::from_pem(authority.pem().as_bytes(), b"").unwrap_err().starts_with("no private key"));
}

#[test]
fn the_certificate_stands_in_the_reply_also_on_a_kept_connection() {
    let (config, authority) = tls_server("localhost", 2100, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        converse(&mut stream, &[reply("200 OK", b"one"), reply("200 OK", b"two"), Vec::new()], &mut Vec::new());
    });
    let client = trusting(Some(authority));
    let replies = block(async {
        let first = client.send(&get(port)).await.unwrap();
        (first, client.send(&get(port)).await.unwrap())
    });
    for reply in [replies.0, replies.1] {
        let shown = Certificate::from_der(&reply.certificate.unwrap()).unwrap();
        assert_eq!(shown.not_after.to_string(), "2100-01-01T00:00:00Z");
        assert!(shown.subject.starts_with("CN=") && shown.issuer.starts_with("CN="), "{shown:?}");
    }
}

fn authority_and_key() -> (CertifiedIssuer<'static, KeyPair>, KeyPair) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    (authority, KeyPair::generate().unwrap())
}

/// The server's side of TLS, with a certificate for `name` that a fresh authority signed, and that authority.
fn tls_server(name: &str, until: i32, alpn: &[&[u8]]) -> (rustls::ServerConfig, CertificateDer<'static>) {
    let (authority, key) = authority_and_key();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let leaf = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).unwrap();
    config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
    (config, authority.der().clone())
}

/// Serves one TLS connection; handshakes that the client breaks off are its own business.
fn serve_tls(config: rustls::ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        converse(&mut stream, &[reply("200 OK", b"over TLS"), Vec::new()], &mut Vec::new());
    });
    address
}

fn trusting(root: Option<CertificateDer<'static>>) -> Client {
    let mut options = ClientOptions { proxy: Proxy::Direct, ..ClientOptions::default() };
    options.extra_roots.extend(root);
    Client::new(options)
}

fn get(port: u16) -> Request {
    Request::new(Method::GET, Url::parse(&format!("https://localhost:{port}/")).unwrap())
}

#[test]
fn tls_with_an_authority_of_ones_own() {
    let (config, root) = tls_server("localhost", 2999, &[]);
    let request = get(serve_tls(config).port());
    let response = block(trusting(Some(root)).send(&request)).unwrap();
    assert_eq!(response.body, "over TLS");
    let Timing { dns, connect, tls, first_byte, total, reused } = response.timing;
    assert!(!reused);
    assert!(dns.unwrap() + connect.unwrap() + tls.unwrap() <= first_byte.unwrap());
    assert!(first_byte.unwrap() <= total && tls.unwrap() > Duration::ZERO);
}

#[test]
fn bad_certificates_are_explained() {
    let fails = |name, until, trust: bool| {
        let (config, root) = tls_server(name, until, &[]);
        let port = serve_tls(config).port();
        let error = block(trusting(trust.then_some(root)).send(&get(port))).unwrap_err();
        assert_eq!((error.kind, error.delivery), (Kind::Tls, Delivery::NotSent), "{error}");
        (error.message.replace(&port.to_string(), "PORT"), error.help.unwrap())
    };
    let (message, help) = fails("localhost", 2999, false);
    assert_eq!(message, "the certificate of localhost:PORT is signed by an authority that this machine does not trust");
    assert!(help.contains("--cacert") && help.contains("tls: { ca: FILE }"), "{help}");
    let (message, _) = fails("localhost", 2020, true);
    assert_eq!(message, "the certificate of localhost:PORT expired on 2020-01-01T00:00:00Z");
    let (message, _) = fails("other.example", 2999, true);
    assert_eq!(message, "the certificate of localhost:PORT is not for `localhost`: it is for `other.example`");
}

#[test]
fn insecure_hosts_are_not_checked_and_others_are() {
    let (config, _) = tls_server("other.example", 2020, &[]);
    let request = get(serve_tls(config).port());
    let with = |host: &str| {
        let insecure_hosts = vec![host.to_owned()];
        Client::new(ClientOptions { proxy: Proxy::Direct, insecure_hosts, ..ClientOptions::default() })
    };
    assert_eq!(block(with("localhost").send(&request)).unwrap().status, 200);
    let (config, _) = tls_server("localhost", 2999, &[]);
    let request = get(serve_tls(config).port());
    assert_eq!(block(with("127.0.0.1").send(&request)).unwrap_err().kind, Kind::Tls);
}

#[test]
fn plain_http_on_a_tls_port_and_the_other_way_round() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        // Waits for the handshake's first bytes; a reply with unread bytes left would become a reset.
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let error = block(trusting(None).send(&get(port))).unwrap_err();
    assert_eq!((error.kind, error.delivery), (Kind::Tls, Delivery::NotSent), "{error}");
    assert!(error.message.contains("does not speak TLS"), "{error}");
    let (config, _) = tls_server("localhost", 2999, &[]);
    let url = Url::parse(&format!("http://{}/", serve_tls(config))).unwrap();
    let error = fails(&Request::new(Method::GET, url), Kind::Protocol, Delivery::MayHaveArrived);
    assert!(error.help.unwrap().contains("https://"));
}

#[test]
fn http2_is_chosen_over_tls_and_can_be_forced_away() {
    use http_body_util::Full;
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let (config, root) = tls_server("localhost", 2999, &[b"h2", b"http/1.1"]);
    block(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let stream = TokioIo::new(acceptor.accept(socket).await.unwrap());
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(|_| async {
                        Ok::<_, std::convert::Infallible>(::http::Response::new(Full::new(Bytes::from_static(b"hi"))))
                    });
                    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    builder.serve_connection(stream, service).await.ok();
                });
            }
        });
        let client = trusting(Some(root));
        for (forced, got) in [(None, "2"), (Some(Version::HTTP_11), "1.1"), (Some(Version::HTTP_2), "2")] {
            let mut request = get(port);
            request.version = forced;
            let response = client.send(&request).await.unwrap();
            assert_eq!((response.version_text(), &*response.body), (got, &b"hi"[..]));
        }
    });
}

#[test]
fn a_proxy_is_used_where_one_is_given() {
    let proxy = Server::one(reply("200 OK", b"from the proxy"));
    let through = Url::parse(&format!("http://{}", proxy.address)).unwrap();
    let client = Client::new(ClientOptions { proxy: Proxy::Through(through), ..ClientOptions::default() });
    let request = Request::new(Method::GET, Url::parse("http://host.invalid/x").unwrap());
    assert_eq!(block(client.send(&request)).unwrap().body, "from the proxy");
    assert!(proxy.thread.join().unwrap().remove(0).starts_with("GET http://host.invalid/x HTTP/1.1"));
}

#[test]
fn a_proxy_is_told_who_we_are_and_the_host_is_not() {
    for (target, line) in [
        ("http://host.invalid/x", "GET http://host.invalid/x "),
        ("https://host.invalid/x", "CONNECT host.invalid:443 "),
    ] {
        let proxy = Server::one(reply("407 Proxy Authentication Required", b""));
        let through = Url::parse(&format!("http://me:p%40ss@{}", proxy.address)).unwrap();
        let client = Client::new(ClientOptions { proxy: Proxy::Through(through), ..ClientOptions::default() });
        let request = Request::new(Method::GET, Url::parse(target).unwrap());
        assert_eq!(block(client.send(&request)).is_ok(), target.starts_with("http:"));
        let seen = proxy.thread.join().unwrap().remove(0).to_ascii_lowercase();
        assert!(seen.starts_with(&line.to_ascii_lowercase()), "{seen}");
        assert!(seen.contains("\r\nproxy-authorization: basic bwu6cebzcw==\r\n"), "{seen}");
        assert!(!seen.contains("\r\nauthorization:"), "{seen}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let through = Url::parse(&format!("http://{free}")).unwrap();
    let client = Client::new(ClientOptions { proxy: Proxy::Through(through), ..ClientOptions::default() });
    let request = Request::new(Method::GET, Url::parse("https://proxy.invalid/x").unwrap());
    let error = block(client.send(&request)).unwrap_err();
    assert_eq!((error.kind, error.delivery), (Kind::Connect, Delivery::NotSent), "{error}");
    let message = format!("no connection to proxy.invalid:443: the proxy {free} refused the connection");
    assert_eq!(error.message, message);
}

#[test]
fn a_name_can_be_given_an_address() {
    let server = Server::one(reply("200 OK", b"here"));
    let resolve = vec![("host.invalid".to_owned(), server.address)];
    let client = Client::new(ClientOptions { resolve, proxy: Proxy::Direct, ..ClientOptions::default() });
    let url = Url::parse(&format!("http://host.invalid:{}/", server.address.port())).unwrap();
    assert_eq!(block(client.send(&Request::new(Method::GET, url))).unwrap().body, "here");
    assert!(server.thread.join().unwrap().remove(0).contains("host: host.invalid:"));
}

#[test]
fn a_server_that_asks_who_we_are_is_shown_it_or_its_wish_is_told() {
    let (authority, key) = authority_and_key();
    let chain = CertificateParams::new(["me".to_owned()]).unwrap().signed_by(&key, &authority).unwrap().pem();
    let key = key.serialize_pem();
    let identity = || Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    for (identity, accepted) in [(Some(identity()), true), (None, false)] {
        let (server_key, mut roots) = (KeyPair::generate().unwrap(), rustls::RootCertStore::empty());
        roots.add(authority.der().clone()).unwrap();
        let leaf =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&server_key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(server_key.serialize_der()).unwrap());
        let request = get(serve_tls(config.unwrap()).port());
        let extra_roots = vec![authority.der().clone()];
        let client =
            Client::new(ClientOptions { identity, extra_roots, proxy: Proxy::Direct, ..ClientOptions::default() });
        match block(client.send(&request)) {
            Ok(response) => assert!(accepted && response.body == "over TLS"),
            Err(error) => {
                assert!(!accepted && error.kind == Kind::Tls, "{error}");
                assert!(error.message.ends_with("wants a client certificate"), "{error}");
            }
        }
    }
}
