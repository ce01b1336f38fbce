//! The sandbox on a socket: HTTP/1.1 and HTTP/2 without TLS, on a thread of its own, on 127.0.0.1 only.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ::http::request::Parts;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Answer, Sandbox, delivery};
use crate::http::{Bytes, Request, Url};

/// The largest request body that is read: Webex's limit for a file is 100 MB.
const MOST_BODY: usize = 128 << 20;

/// How long a stop waits for replies under way.
const LAST_REPLIES: Duration = Duration::from_millis(500);

/// Starts servers.
pub struct Server;

/// A server that runs until it is stopped or dropped.
pub struct RunningServer {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on 127.0.0.1 at `port`, 0 for a free one, and serves from a thread of its own.
    ///
    /// # Errors
    /// The port is taken or not allowed, or the thread cannot be started.
    pub fn start(sandbox: Arc<Sandbox>, port: u16) -> io::Result<RunningServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _guard = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || runtime.block_on(accept(listener, sandbox, addr, stopped)))?;
        Ok(RunningServer { addr, stop, thread: Some(thread) })
    }
}

impl RunningServer {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`, without `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Lets replies under way end, for at most half a second, and closes the port.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic in there was printed by its own thread; there is nothing to add.
            let _ = thread.join();
        }
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    sandbox: Arc<Sandbox>,
    addr: SocketAddr,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    // Ends with the runtime, which ends with this function.
    tokio::spawn(delivery::courier(Arc::clone(&sandbox)));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&sandbox), addr, stopped.clone()));
                }
                // Out of file descriptors, mostly: closing connections helps, and needs time to happen.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_REPLIES, all).await;
}

async fn serve(stream: TcpStream, sandbox: Arc<Sandbox>, addr: SocketAddr, mut stopped: watch::Receiver<bool>) {
    // Replies are small and whole: waiting to fill a packet only costs 40 ms.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| reply(Arc::clone(&sandbox), addr, request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // A connection that breaks is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

type Reply = ::http::Response<Full<Bytes>>;

async fn reply(
    sandbox: Arc<Sandbox>,
    addr: SocketAddr,
    request: ::http::Request<Incoming>,
) -> Result<Reply, Infallible> {
    let (parts, body) = request.into_parts();
    let answer = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => match request_of(parts, addr, body.to_bytes()) {
            Some(request) => sandbox.handle(&request),
            None => Answer::empty(400),
        },
        Err(error) if error.is::<LengthLimitError>() => Answer::empty(413),
        Err(_) => Answer::empty(400),
    };
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    Ok(response_of(&answer))
}

/// The request with the URL that the client wrote; `None` where host or target make none.
fn request_of(parts: Parts, addr: SocketAddr, body: Bytes) -> Option<Request> {
    let target = parts.uri.path_and_query().map_or("/", |t| t.as_str());
    let authority = match parts.uri.authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => match parts.headers.get(::http::header::HOST) {
            Some(host) => host.to_str().ok()?.to_owned(),
            None => addr.to_string(),
        },
    };
    let url = Url::parse(&format!("http://{authority}{target}")).ok()?;
    let mut request = Request::new(parts.method, url);
    request.headers = parts.headers;
    request.version = Some(parts.version);
    request.body = body;
    Some(request)
}

fn response_of(answer: &Answer) -> Reply {
    let (status, body) = match answer.wire_body() {
        Ok(body) => (answer.status, body),
        Err(_) => (500, Bytes::new()),
    };
    let mut response = Reply::new(Full::new(body));
    *response.status_mut() = ::http::StatusCode::from_u16(status).unwrap_or(::http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().clone_from(&answer.headers);
    response
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;
    use std::io::{Read as _, Write as _};

    /// Reads one reply with a `content-length`: its head and its body.
    fn read_reply(stream: &mut std::net::TcpStream) -> (String, Vec<u8>) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        (head, body)
    }

    #[test]
    fn one_connection_carries_many_requests_and_a_stop_ends_it() {
        let server = Server::start(Lab::new().sandbox, 0).unwrap();
        let mut stream = std::net::TcpStream::connect(server.addr()).unwrap();
        stream.write_all(b"GET /v1/people/me HTTP/1.1\r\nHost: x.example\r\n\r\n").unwrap();
        let (head, _) = read_reply(&mut stream);
        assert!(head.starts_with("http/1.1 401"), "{head}");
        assert!(head.contains("trackingid: routergw_"), "{head}");
        stream.write_all(b"POST /_wxflow/echo?a=1 HTTP/1.1\r\nHost: x.example\r\nContent-Length: 2\r\n\r\nhi").unwrap();
        let (head, body) = read_reply(&mut stream);
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let echo: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&echo["url"], &echo["body"]), (&"http://x.example/_wxflow/echo?a=1".into(), &"hi".into()));
        let addr = server.addr();
        server.stop();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        assert!(std::net::TcpStream::connect(addr).is_err());
    }

    #[test]
    fn http2_is_spoken_without_tls() {
        let server = Server::start(Lab::new().sandbox, 0).unwrap();
        let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = format!("{}/_wxflow/encoded/zstd", server.base_url());
        let (version, bytes) = runtime.block_on(async {
            let reply = client.get(url).send().await.unwrap();
            (reply.version(), reply.bytes().await.unwrap())
        });
        assert_eq!(version, ::http::Version::HTTP_2);
        assert!(zstd::decode_all(&bytes[..]).unwrap().starts_with(b"{\"encoding\":\"zstd\""));
    }
}
