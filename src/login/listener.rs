//! The redirect URI's own port on 127.0.0.1: requests come in one by one, each with a place for its answer.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use ::http::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use ::http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::LoginError;
use crate::http::{Bytes, Url};

/// The largest form that is read: all known scopes together have 6 kB.
const MOST_BODY: usize = 64 << 10;
/// How long a request's head may take: a browser also opens connections that it never uses.
const HEAD: Duration = Duration::from_secs(10);
/// How long the end waits for answers under way.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// A request, as far as a login looks at it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// With the listener's own scheme, host and port.
    pub(super) url: Url,
    /// The `Host` that the browser named.
    host: Option<String>,
    /// The page that sent it, where the browser says so.
    origin: Option<String>,
    pub(super) body: Bytes,
}

/// What is sent back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

type Question = (Asked, oneshot::Sender<Answer>);

/// Listens on 127.0.0.1 until it is dropped.
pub struct Listener {
    redirect_uri: String,
    own: Url,
    questions: mpsc::Receiver<Question>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Takes the port of `redirect_uri`; port 0 takes a free one, for servers that accept any port of a loopback
    /// address (RFC 8252 section 7.3). It needs a tokio runtime with its network.
    ///
    /// # Errors
    /// The redirect URI is not plain HTTP to this machine, or another program has the port.
    pub async fn bind(redirect_uri: &str) -> Result<Self, LoginError> {
        let (mut own, port) = place(redirect_uri)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|e| taken(port, &e))?;
        let bound = listener.local_addr().map_err(|e| taken(port, &e))?.port();
        let mut redirect_uri = redirect_uri.to_owned();
        if port == 0 {
            own.set_port(Some(bound)).ok();
            redirect_uri = own.to_string();
        }
        let (send, questions) = mpsc::channel(16);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, own.clone(), send, stopped));
        Ok(Self { redirect_uri, own, questions, stop: Some(stop), task })
    }

    /// The redirect URI as it was given; where that was port 0, with the port that was taken.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The same, as an address to compare with.
    pub(super) fn own(&self) -> &Url {
        &self.own
    }

    /// The next request; whoever drops the sender leaves the browser without an answer.
    pub(super) async fn next(&mut self) -> Option<Question> {
        self.questions.recv().await
    }

    /// Lets answers under way reach the browser, and closes the port.
    pub async fn close(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        // It ends by itself within its own patience.
        (&mut self.task).await.ok();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Asked {
    /// Whether the browser came here on purpose: a name that was made to point to this machine (DNS rebinding) shows
    /// in `Host`, a form on another page in `Origin`.
    pub(super) fn is_ours(&self) -> bool {
        let port = self.url.port_or_known_default().unwrap_or_default();
        let names = ["127.0.0.1", "localhost"].map(|name| match port {
            80 => name.to_owned(),
            port => format!("{name}:{port}"),
        });
        let named = |host: &str| names.iter().any(|name| name.eq_ignore_ascii_case(host));
        let origin = self.origin.as_deref().map(|o| o.strip_prefix("http://").unwrap_or("other"));
        self.host.as_deref().is_some_and(named) && origin.is_none_or(named)
    }

    #[cfg(test)]
    pub(super) fn of(method: Method, url: &Url, host: &str, origin: Option<&str>, body: &str) -> Self {
        let (host, origin) = (Some(host.to_owned()), origin.map(str::to_owned));
        Self { method, url: url.clone(), host, origin, body: body.to_owned().into() }
    }
}

/// The redirect URI as an address and the port to listen on, where it leads to this machine.
fn place(redirect_uri: &str) -> Result<(Url, u16), LoginError> {
    let wrong = |why: &str| {
        let help = "register a redirect URI like http://127.0.0.1:8484/callback with the integration, and write the \
                    same as `redirect_uri`";
        LoginError::Setup(format!("`redirect_uri` is {redirect_uri}: {why}"), help.to_owned())
    };
    let url = Url::parse(redirect_uri).map_err(|_| wrong("it is no URL"))?;
    match url.host_str() {
        Some("127.0.0.1" | "localhost") => {}
        Some("[::1]") => return Err(wrong("wxflow listens on 127.0.0.1 only, which [::1] is not")),
        _ => return Err(wrong("the browser must come back to this machine, to 127.0.0.1 or localhost")),
    }
    match (url.scheme(), url.fragment()) {
        ("http", None) => {}
        (_, Some(_)) => return Err(wrong("a redirect URI has no `#`")),
        _ => return Err(wrong("the way inside this machine is plain http, and https has no certificate here")),
    }
    let port = url.port_or_known_default().ok_or_else(|| wrong("it has no port"))?;
    Ok((url, port))
}

fn taken(port: u16, error: &io::Error) -> LoginError {
    match error.kind() {
        io::ErrorKind::AddrInUse => LoginError::Setup(
            format!("another program listens on port {port} of 127.0.0.1, where the browser would come back"),
            "end it (perhaps another login waits), or register a redirect URI with another port".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => LoginError::Setup(
            format!("this person may not listen on port {port}"),
            "register a redirect URI with a port above 1023".to_owned(),
        ),
        _ => LoginError::Setup(format!("port {port} of 127.0.0.1 cannot be listened on: {error}"), String::new()),
    }
}

async fn accept(
    listener: TcpListener,
    own: Url,
    questions: mpsc::Sender<Question>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => _ = connections.spawn(serve(stream, own.clone(), questions.clone())),
                // Out of file descriptors, mostly: closing connections helps, and needs time to happen.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(LAST_ANSWERS, all).await.ok();
}

async fn serve(stream: TcpStream, own: Url, questions: mpsc::Sender<Question>) {
    let service = service_fn(move |request| answer(request, own.clone(), questions.clone()));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // A connection that breaks is the browser's affair.
    builder.serve_connection(TokioIo::new(stream), service).await.ok();
}

async fn answer(
    request: Request<Incoming>,
    own: Url,
    questions: mpsc::Sender<Question>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::to_owned);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    // Joined as text: `//host` at the start of a path must not become another host.
    let url = Url::parse(&format!("{}{target}", own.origin().ascii_serialization()));
    let body = Limited::new(body, MOST_BODY).collect().await;
    let (Ok(url), Ok(body)) = (url, body) else { return Ok(response(&refused(400))) };
    let asked = Asked { method: parts.method, url, host: header(HOST), origin: header(ORIGIN), body: body.to_bytes() };
    let (send, wait) = oneshot::channel();
    let sent = questions.send((asked, send)).await;
    let answer = if sent.is_ok() { wait.await.ok() } else { None };
    Ok(response(&answer.unwrap_or_else(|| refused(503))))
}

fn refused(status: u16) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Answer { status, headers, body: "wxflow does not answer this request.\n".to_owned() }
}

fn response(answer: &Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body.clone())));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().clone_from(&answer.headers);
    // The command may end after any answer: no connection is kept open for another.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        match place(text) {
            Err(LoginError::Setup(message, help)) => {
                assert!(help.contains("http://127.0.0.1:8484/callback"));
                message
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn redirect_uris_lead_to_this_machine() {
        let good = |text: &str| place(text).unwrap().1;
        assert_eq!(good("http://127.0.0.1:8484/callback"), 8484);
        assert_eq!(good("http://localhost/a"), 80);
        assert_eq!(good("http://localhost:80"), 80);
        assert!(wrong("localhost").contains("no URL"));
        assert!(wrong("https://app.example/callback").contains("come back to this machine"));
        assert!(wrong("http://127.0.0.1.evil.example/").contains("come back to this machine"));
        assert!(wrong("https://127.0.0.1:8484/callback").contains("plain http"));
        assert!(wrong("http://[::1]:8484/").contains("[::1]"));
        assert!(wrong("http://localhost:1/#x").contains("has no `#`"));
    }

    #[test]
    fn other_hosts_and_other_pages_are_told_apart() {
        let url = Url::parse("http://localhost:8484/x").unwrap();
        let ours = |host: &str, origin: Option<&str>| Asked::of(Method::POST, &url, host, origin, "").is_ours();
        assert!(ours("localhost:8484", None) && ours("127.0.0.1:8484", Some("http://localhost:8484")));
        assert!(!ours("evil.example:8484", None) && !ours("localhost", None) && !ours("localhost:8485", None));
        assert!(!ours("localhost:8484", Some("https://evil.example")) && !ours("localhost:8484", Some("null")));
        assert!(!ours("localhost:8484", Some("localhost:8484")), "an origin has a scheme");
    }

    #[test]
    fn a_taken_port_is_told_and_port_0_takes_a_free_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let first = Listener::bind("http://127.0.0.1:0/callback").await.unwrap();
            assert!(first.own().port().is_some_and(|port| port > 0));
            assert_eq!(first.redirect_uri(), first.own().as_str());
            let Err(error) = Listener::bind(first.redirect_uri()).await else { panic!("the port is taken") };
            assert!(error.to_string().starts_with("another program listens on port "), "{error}");
            let bare = format!("http://localhost:{}", first.own().port().unwrap());
            first.close().await;
            let second = Listener::bind(&bare).await.unwrap();
            assert_eq!(second.redirect_uri(), bare, "as it is registered, without a final `/`");
            assert_eq!(second.own().path(), "/");
        });
    }
}
