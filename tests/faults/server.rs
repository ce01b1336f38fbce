//! A server whose connections are served by a closure, plain or through TLS; it keeps what it was asked.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;

/// Bytes both ways.
trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// A listener on a free port; its threads end with the test's process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

/// One connection, as the server sees it.
pub(crate) struct Peer {
    wire: Box<dyn Wire>,
    /// Below TLS, where there is TLS.
    pub(crate) socket: TcpStream,
    heard: Arc<Mutex<Vec<String>>>,
    /// Which connection of its server it is, from 1.
    pub(crate) number: usize,
}

impl Server {
    pub(crate) fn plain(serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        Self::start(|socket| Some(Box::new(socket)), serve)
    }

    /// Serves what is left of a connection once TLS stands.
    pub(crate) fn tls(config: rustls::ServerConfig, serve: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let config = Arc::new(config);
        let wrap = move |mut socket: TcpStream| -> Option<Box<dyn Wire>> {
            let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            while session.is_handshaking() {
                session.complete_io(&mut socket).ok()?;
            }
            Some(Box::new(rustls::StreamOwned::new(session, socket)))
        };
        Self::start(wrap, serve)
    }

    fn start(
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Wire>> + Send + Sync + 'static,
        serve: impl Fn(&mut Peer) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        let (wrap, serve) = (Arc::new(wrap), Arc::new(serve));
        std::thread::spawn(move || {
            for (index, socket) in listener.incoming().enumerate() {
                let socket = socket.unwrap();
                socket.set_nodelay(true).unwrap();
                let (wrap, serve, heard) = (Arc::clone(&wrap), Arc::clone(&serve), Arc::clone(&log));
                std::thread::spawn(move || {
                    if let Some(wire) = wrap(socket.try_clone().unwrap()) {
                        serve(&mut Peer { wire, socket, heard, number: index + 1 });
                    }
                });
            }
        });
        Self { address, heard }
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Peer {
    /// Reads one request and keeps it. `None` where the client has closed.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            text.push(self.byte()?);
        }
        let head = String::from_utf8_lossy(&text).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        text.extend(self.read(length.map_or(0, |n| n.parse().unwrap()))?);
        let text = String::from_utf8_lossy(&text).into_owned();
        self.keep(&text);
        Some(text)
    }

    /// Keeps what was asked, for a protocol that [`Peer::request`] does not read.
    pub(crate) fn keep(&self, text: &str) {
        self.heard.lock().unwrap().push(text.to_owned());
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.read(1)?.pop()
    }

    pub(crate) fn read(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.wire.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// False once the client is gone.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.wire.write_all(bytes.as_ref()).and_then(|()| self.wire.flush()).is_ok()
    }

    /// Reads one request and answers it with these bytes.
    pub(crate) fn answer(&mut self, bytes: impl AsRef<[u8]>) {
        if self.request().is_some() {
            self.send(bytes);
        }
    }

    /// Sends the same again and again, until the client is gone.
    pub(crate) fn flood(&mut self, bytes: impl AsRef<[u8]>) {
        while self.send(bytes.as_ref()) {}
    }

    /// As [`Peer::flood`], but between two sends it listens for a while whether the client has gone.
    pub(crate) fn drip(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
        let silent = |error: std::io::Error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        while self.send(bytes.as_ref()) && self.socket.peek(&mut [0]).is_err_and(silent) {}
    }

    /// Reads nothing and keeps the connection, for as long as the test's process lives.
    pub(crate) fn ignore(&mut self) -> ! {
        loop {
            std::thread::park();
        }
    }

    /// Says no more, and waits until the client is gone.
    pub(crate) fn hold(&mut self) {
        while self.byte().is_some() {}
    }

    /// Ends the connection without TLS's own goodbye.
    pub(crate) fn cut(&mut self) {
        self.socket.shutdown(Shutdown::Both).ok();
    }

    /// Ends the connection with a reset: that is what the kernel does where bytes of the client were never read.
    pub(crate) fn reset(self: &mut Peer) {
        let mut one = [0];
        self.socket.peek(&mut one).ok();
    }
}

/// A reply with the length of its body, after which the connection is kept.
pub(crate) fn reply(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// Answers every request the same.
pub(crate) fn always(bytes: impl Into<Vec<u8>>) -> impl Fn(&mut Peer) + Send + Sync + 'static {
    let bytes = bytes.into();
    move |peer| {
        while peer.request().is_some() {
            peer.send(&bytes);
        }
    }
}

/// An authority, and what it signs.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's side of TLS, its certificate for `localhost` changed by `change`.
    pub(crate) fn server(&self, change: impl FnOnce(&mut CertificateParams)) -> rustls::ServerConfig {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        config(leaf, &key)
    }
}

/// A server whose certificate nobody but itself has signed.
pub(crate) fn self_signed() -> rustls::ServerConfig {
    let key = KeyPair::generate().unwrap();
    config(CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap(), &key)
}

fn config(leaf: rcgen::Certificate, key: &KeyPair) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    builder.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).unwrap()
}
