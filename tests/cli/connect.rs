//! `--cacert`, `--cert`, `--insecure`, `--proxy`, `--resolve`, the environment's `tls` and `proxy`, and `--allow-write`.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;

use crate::project::{Done, Project};

/// A server on a thread of its own, which ends with the test's process; it tells what it was asked.
struct Server {
    address: SocketAddr,
    heard: Receiver<String>,
}

impl Server {
    fn start(serve: impl Fn(TcpStream, &Sender<String>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &tell);
            }
        });
        Self { address, heard }
    }

    /// Answers every request with `hi` and closes.
    fn plain() -> Self {
        Self::start(|mut stream, tell| answer(&mut stream, tell))
    }

    fn tls(config: rustls::ServerConfig) -> Self {
        let config = Arc::new(config);
        Self::start(move |stream, tell| {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(&mut rustls::StreamOwned::new(session, stream), tell);
        })
    }

    /// The first line of each request so far.
    fn heard(&self) -> Vec<String> {
        self.heard.try_iter().collect()
    }
}

fn answer(stream: &mut (impl Read + Write), tell: &Sender<String>) {
    let mut head = String::new();
    let mut reader = BufReader::new(&mut *stream);
    while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
    if head.is_empty() {
        return;
    }
    tell.send(head.lines().next().unwrap().to_owned()).ok();
    let reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
    stream.write_all(reply.as_bytes()).and_then(|()| stream.flush()).ok();
}

/// Joins two connections until one side is done.
fn tunnel(client: TcpStream, server: TcpStream) {
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let up = std::thread::spawn(move || {
        std::io::copy(&mut from, &mut to).ok();
        to.shutdown(Shutdown::Write).ok();
    });
    let (mut from, mut to) = (server, client);
    std::io::copy(&mut from, &mut to).ok();
    to.shutdown(Shutdown::Both).ok();
    up.join().unwrap();
}

/// A proxy for `CONNECT` whose every tunnel leads to `to`.
fn http_proxy(to: SocketAddr) -> Server {
    Server::start(move |mut stream, tell| {
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
        tell.send(head.lines().next().unwrap_or("").to_owned()).ok();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        tunnel(stream, TcpStream::connect(to).unwrap());
    })
}

/// A SOCKS5 proxy (RFC 1928) that is asked for names, and whose every connection leads to `to`.
fn socks_proxy(to: SocketAddr) -> Server {
    Server::start(move |mut stream, tell| {
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).unwrap();
        stream.read_exact(&mut vec![0; greeting[1].into()]).unwrap();
        stream.write_all(&[5, 0]).unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3], "a connection to a name");
        let mut name = vec![0; request[4].into()];
        stream.read_exact(&mut name).unwrap();
        stream.read_exact(&mut [0; 2]).unwrap();
        tell.send(String::from_utf8(name).unwrap()).unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        tunnel(stream, TcpStream::connect(to).unwrap());
    })
}

/// An authority with a server for `localhost` and a client of its own, as PEM.
struct Trust {
    authority: CertifiedIssuer<'static, KeyPair>,
    ca: String,
    client: String,
    client_key: String,
}

impl Trust {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let client = CertificateParams::new(["me".to_owned()]).unwrap().signed_by(&key, &authority).unwrap().pem();
        Self { ca: authority.pem(), authority, client, client_key: key.serialize_pem() }
    }

    /// A server that may ask for the client's certificate.
    fn server(&self, asks: bool) -> Server {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned(), "host.invalid".to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &self.authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let builder = match asks {
            true => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap(),
            ),
            false => builder.with_no_client_auth(),
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Server::tls(builder.with_single_cert(vec![leaf.der().clone()], key).unwrap())
    }
}

/// A project whose only flow asks for `url`.
fn asking(url: &str) -> Project {
    let flow = format!("steps:\n  - request: GET {url}\n    expect: {{ body: hi }}\n");
    Project::new().file("flows/ask.flow.yaml", flow)
}

#[track_caller]
fn passed(done: &Done) {
    assert_eq!(done.status, 0, "{}\n{}", done.stdout, done.stderr);
}

#[track_caller]
fn failed(done: &Done, status: i32, saying: &str) {
    let said = format!("{}\n{}", done.stdout, done.stderr);
    assert_eq!(done.status, status, "{said}");
    assert!(said.contains(saying), "{said}");
}

#[test]
fn an_authority_of_ones_own_is_trusted_when_named() {
    let trust = Trust::new();
    let server = trust.server(false);
    let project = asking(&format!("https://localhost:{}/", server.address.port()))
        .file("certs/ca.pem", &trust.ca)
        .file("environments/own.yaml", "tls: { ca: certs/ca.pem }\n");
    failed(&project.run(&["run"]), 1, "certificate");
    passed(&project.run(&["run", "--cacert", "certs/ca.pem"]));
    passed(&project.run(&["run", "-e", "own"]));
    assert_eq!(server.heard().len(), 2);
}

#[test]
fn a_certificate_that_is_not_checked_is_told_at_every_run() {
    let server = Trust::new().server(false);
    let project = asking(&format!("https://localhost:{}/", server.address.port()));
    let done = project.run(&["run", "--insecure", "localhost"]);
    passed(&done);
    assert_eq!(done.stderr, "warning: the certificate of localhost is not checked (--insecure)\n");
    failed(&project.run(&["run", "--insecure", "other.example"]), 1, "certificate");
}

#[test]
fn a_server_that_asks_who_we_are_is_told() {
    let trust = Trust::new();
    let server = trust.server(true);
    let environment = "tls: { ca: certs/ca.pem, cert: certs/me.pem, key: ~/me.key }\n";
    let project = asking(&format!("https://localhost:{}/", server.address.port()))
        .file("certs/ca.pem", &trust.ca)
        .file("certs/me.pem", &trust.client)
        .file("home/me.key", &trust.client_key)
        .file("both.pem", format!("{}{}", trust.client, trust.client_key))
        .file("environments/me.yaml", environment);
    failed(&project.run(&["run", "--cacert", "certs/ca.pem"]), 1, "client certificate");
    passed(&project.run(&["run", "--cacert", "certs/ca.pem", "--cert", "certs/me.pem", "--key", "home/me.key"]));
    passed(&project.run(&["run", "--cacert", "certs/ca.pem", "--cert", "both.pem"]));
    passed(&project.run(&["run", "-e", "me"]));
    let wrong = project.run(&["run", "-e", "me", "--cert", "certs/me.pem"]);
    failed(&wrong, 2, "error: --cert: no private key in the PEM text");
}

#[test]
fn a_proxy_gets_the_request_and_the_command_line_wins() {
    let (proxy, other) = (Server::plain(), Server::plain());
    let project = asking("http://host.invalid/x")
        .file("environments/via.yaml", format!("proxy: http://{}\n", proxy.address))
        .variable("HTTP_PROXY", &format!("http://{}", other.address));
    passed(&project.run(&["run"]));
    assert_eq!((proxy.heard().len(), other.heard().len()), (0, 1));
    passed(&project.run(&["run", "-e", "via"]));
    assert_eq!((proxy.heard(), other.heard().len()), (vec!["GET http://host.invalid/x HTTP/1.1".to_owned()], 0));
    passed(&project.run(&["run", "-e", "via", "--proxy", &format!("http://{}", other.address)]));
    assert_eq!((proxy.heard().len(), other.heard().len()), (0, 1));
    failed(&project.run(&["run", "-e", "via", "--proxy", "none"]), 1, "host.invalid");
}

#[test]
fn no_proxy_counts_for_every_proxy() {
    let (proxy, server) = (Server::plain(), Server::plain());
    let project = asking(&format!("http://{}/", server.address)).variable("NO_PROXY", "127.0.0.1");
    passed(&project.run(&["run", "--proxy", &format!("http://{}", proxy.address)]));
    assert_eq!((proxy.heard().len(), server.heard().len()), (0, 1));
}

#[test]
fn https_goes_through_a_tunnel() {
    let trust = Trust::new();
    let server = trust.server(false);
    let proxy = http_proxy(server.address);
    let project = asking("https://host.invalid/").file("ca.pem", &trust.ca);
    passed(&project.run(&["run", "--cacert", "ca.pem", "--proxy", &format!("http://{}", proxy.address)]));
    assert_eq!(proxy.heard(), ["CONNECT host.invalid:443 HTTP/1.1"]);
}

#[test]
fn socks5h_leaves_names_to_the_proxy() {
    let server = Server::plain();
    let proxy = socks_proxy(server.address);
    let project = asking("http://host.invalid/");
    passed(&project.run(&["run", "--proxy", &format!("socks5h://{}", proxy.address)]));
    assert_eq!((proxy.heard(), server.heard().len()), (vec!["host.invalid".to_owned()], 1));
}

#[test]
fn a_host_can_be_given_an_address() {
    let server = Server::plain();
    let port = server.address.port();
    let project = asking(&format!("http://host.invalid:{port}/"));
    passed(&project.run(&["run", "--resolve", &format!("host.invalid:{port}:127.0.0.1")]));
    let twice = project.run(&["run", "--resolve", "a:1:127.0.0.1", "--resolve", "a:2:127.0.0.2"]);
    failed(&twice, 2, "error: --resolve: a has two addresses");
}

#[test]
fn what_cannot_be_used_is_told_before_anything_is_sent() {
    let server = Server::plain();
    let project = asking(&format!("http://{}/", server.address))
        .file("empty.pem", "")
        .file("environments/a.yaml", "tls: { ca: gone.pem }\n")
        .file("environments/b.yaml", "proxy: htp://u:hunter22@x\n");
    project.run(&["run", "--cacert", "gone.pem"]).is(2, "", "error: --cacert: the file gone.pem: it does not exist\n");
    project.run(&["run", "--cacert", "empty.pem"]).is(2, "", "error: --cacert: no certificate in the PEM text\n");
    project.run(&["run", "-e", "a"]).is(
        2,
        "",
        "
error[invalid-value]: the file gone.pem: it does not exist
 --> environments/a.yaml:1:12
  |
1 | tls: { ca: gone.pem }
  |            ^^^^^^^^
  |
  = help: paths here are relative to the project root

",
    );
    let mistyped = project.run(&["run", "-e", "b"]);
    failed(&mistyped, 2, "did you mean `http://`?");
    assert!(mistyped.stderr.contains("htp://u:***@x") && !mistyped.stderr.contains("hunter22"), "{}", mistyped.stderr);
    failed(&project.run(&["run", "--proxy", "x:1"]), 2, "error: --proxy: the proxy has no scheme");
    failed(&project.run(&["run", "--key", "k.pem"]), 2, "--cert");
    assert!(server.heard().is_empty());
}

#[test]
fn files_are_written_where_the_person_allows_it() {
    let server = Server::plain();
    let flow =
        format!("steps:\n  - name: Keep\n    request: GET http://{}/\n    save: ../out/reply.txt\n", server.address);
    let project = Project::new().file("flows/keep.flow.yaml", flow);
    std::fs::create_dir(project.path("environments")).unwrap();
    let refused = project.run(&["run"]);
    failed(&refused, 1, "run with --allow-write");
    assert!(server.heard().is_empty() && !project.path("out").exists());
    passed(&project.run(&["run", "--allow-write"]));
    assert_eq!(std::fs::read(project.path("out/reply.txt")).unwrap(), b"hi");
    let outside =
        Project::new().file("flows/x.flow.yaml", "steps:\n  - request: GET http://a.invalid/\n    save: ../../x\n");
    failed(&outside.run(&["run", "--allow-write"]), 2, "lies outside of the project");
}

#[test]
fn a_version_that_the_server_does_not_speak_is_told() {
    let trust = Trust::new();
    let (secure, plain) = (trust.server(false), Server::plain());
    for url in [format!("https://localhost:{}/", secure.address.port()), format!("http://{}/", plain.address)] {
        let flow = format!("steps:\n  - request: GET {url}\n    http: 2\n");
        let project = Project::new().file("flows/two.flow.yaml", flow).file("ca.pem", &trust.ca);
        failed(&project.run(&["run", "--cacert", "ca.pem"]), 1, "may not speak HTTP/2");
    }
}

#[test]
fn http2_and_packed_bodies_reach_a_real_server() {
    let now = || "2026-11-21T10:00:00Z".parse().unwrap();
    let sandbox = Arc::new(wxflow::sandbox::Sandbox::new(1, Box::new(now)));
    let server = wxflow::sandbox::Server::start(sandbox, 0).unwrap();
    let url = server.base_url();
    let flow = format!(
        "steps:
  - request: PUT {url}/_wxflow/upload
    http: 2
    headers: {{ Content-Encoding: zstd }}
    file: data.txt
    expect:
      json: {{ $.text: abcabcabc, $.encoding: {{ eq: [zstd] }} }}
      that: [\"response.http_version == '2'\"]
  - request: POST {url}/_wxflow/upload
    http: 1.1
    multipart: {{ a: [x, {{ file: data.txt }}] }}
    expect:
      json: {{ $.parts: {{ length: 2 }} }}
      that: [\"response.http_version == '1.1'\"]
  - request: GET {url}/_wxflow/digest
    auth: {{ digest: {{ username: guest, password: secret }} }}
"
    );
    let project = Project::new().file("flows/up.flow.yaml", flow).file("flows/data.txt", "abcabcabc");
    passed(&project.run(&["run"]));
}

#[test]
fn a_host_is_added_for_bound_secrets_by_option_or_variable() {
    let server = Server::plain();
    let port = server.address.port();
    let flow = format!(
        "inputs: {{ token: {{ secret: true, hosts: [example.com] }} }}\nsteps:\n  - request: GET http://{}/\n    auth: {{ bearer: \"{{{{ token }}}}\" }}\n",
        server.address
    );
    let project = || Project::new().file("flows/a.flow.yaml", &flow).file("token", "a-long-secret");
    let with = |project: Project, extra: &[&str]| project.run(&[&["run", "--secret", "token=@token"], extra].concat());
    for refused in [with(project(), &[]), with(project(), &["--allow-host", "127.0.0.1:1"])] {
        assert_eq!(refused.status, 1);
        let why = format!("secret `token` may only go to example.com; nothing was sent to 127.0.0.1:{port}");
        assert!(refused.stdout.contains(&why), "{}", refused.stdout);
    }
    assert!(server.heard().is_empty());
    let exact = format!("127.0.0.1:{port}");
    assert_eq!(with(project(), &["--allow-host", &exact]).status, 0);
    assert_eq!(with(project(), &["--allow-host", "127.0.0.1"]).status, 0);
    assert_eq!(with(project().variable("WXFLOW_ALLOW_HOST", &exact), &[]).status, 0);
    assert_eq!(server.heard().len(), 3);
}
