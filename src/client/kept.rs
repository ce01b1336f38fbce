//! Connections that are there: sending on them, and keeping them for the next request.
//!
//! An HTTP/1.1 connection is driven by the send that uses it, so that a request costs no change of task. One of HTTP/2 has a
//! task of its own, as the server may speak at any time.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant as StdInstant};

use ::http::Response;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::connect::{Connected, Forward, Stream};
use super::{LARGEST_HEAD, Protocol};
use crate::http::Bytes;

/// How many connections one worker keeps: a flow that goes to more hosts than this connects anew to the oldest.
const MOST_KEPT: usize = 64;

/// As long as this a reply is waited for without sleep, where the one before came as fast: to fall asleep and be woken costs
/// as much as such a reply (docs/performance.md).
const SOON: Duration = Duration::from_micros(250);

pub(super) type Wire = ::http::Request<Full<Bytes>>;

/// A connection with what is known of its other end.
pub(super) struct Connection {
    sender: Sender,
    /// What it was made for.
    origin: Box<str>,
    protocol: Protocol,
    pub(super) remote: Option<SocketAddr>,
    pub(super) certificate: Option<Bytes>,
    pub(super) forward: Option<Forward>,
    /// It has had a request before this one.
    pub(super) reused: bool,
    /// The last reply on it came within [`SOON`].
    fast: bool,
}

enum Sender {
    Http1 {
        sender: http1::SendRequest<Full<Bytes>>,
        /// `None` where it has ended.
        driver: Option<Driver>,
    },
    Http2(http2::SendRequest<Full<Bytes>>),
}

type Driver = Pin<Box<http1::Connection<Stream, Full<Bytes>>>>;

impl Connection {
    /// Speaks first, where HTTP/2 wants that.
    ///
    /// # Errors
    /// hyper's.
    pub(super) async fn open(connected: Connected, origin: &str, protocol: Protocol) -> Result<Self, hyper::Error> {
        let Connected { stream, http2, remote, certificate, forward } = connected;
        let sender = if http2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.timer(TokioTimer::new()).max_header_list_size(LARGEST_HEAD);
            let (sender, driver) = Box::pin(builder.handshake(stream)).await?;
            tokio::spawn(driver);
            Sender::Http2(sender)
        } else {
            let (sender, driver) = http1::handshake(stream).await?;
            Sender::Http1 { sender, driver: Some(Box::pin(driver)) }
        };
        Ok(Self { sender, origin: origin.into(), protocol, remote, certificate, forward, reused: false, fast: false })
    }

    pub(super) fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// Sends a request and waits for the head of its reply. A request that was not begun to be sent comes back.
    pub(super) async fn send(&mut self, wire: Wire) -> Result<Response<Incoming>, TrySendError<Wire>> {
        let patience = if self.fast { SOON } else { Duration::ZERO };
        let began = StdInstant::now();
        let reply = match &mut self.sender {
            Sender::Http1 { sender, driver } => awake(patience, drive(driver, sender.try_send_request(wire))).await,
            Sender::Http2(sender) => awake(patience, sender.try_send_request(wire)).await,
        };
        self.fast = began.elapsed() < SOON;
        reply
    }

    /// Waits for what only goes on while the connection does.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        match &mut self.sender {
            Sender::Http1 { driver, .. } => drive(driver, work).await,
            Sender::Http2(_) => work.await,
        }
    }

    /// Whether the next request can go here: the server has not closed it, nor said what nobody asked for. The runtime is
    /// told such things while it has nothing else to do, and a flow goes from one request to the next without a pause.
    async fn is_usable(&mut self) -> bool {
        tokio::task::yield_now().await;
        match &mut self.sender {
            Sender::Http1 { sender, driver } => {
                let look = |context: &mut Context<'_>| {
                    poll_driver(driver, context);
                    Poll::Ready(())
                };
                std::future::poll_fn(look).await;
                sender.is_ready()
            }
            Sender::Http2(sender) => {
                // The second runs the connection's task, which the first woke.
                tokio::task::yield_now().await;
                sender.is_ready()
            }
        }
    }
}

/// Polls `work`, and the connection that it needs.
async fn drive<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        // What ends a connection is told to the request on it.
        poll_driver(driver, context);
        work.as_mut().poll(context)
    })
    .await
}

/// Waits for `work`, at first without sleep. Who else can run may do so in between. The clock is the system's, as tokio's may
/// stand still in tests.
async fn awake<T>(patience: Duration, work: impl Future<Output = T>) -> T {
    let began = StdInstant::now();
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        let turn = work.as_mut().poll(context);
        if turn.is_pending() && began.elapsed() < patience {
            context.waker().wake_by_ref();
            std::thread::yield_now();
        }
        turn
    })
    .await
}

fn poll_driver(driver: &mut Option<Driver>, context: &mut Context<'_>) {
    if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
        *driver = None;
    }
}

/// Connections that wait for their next request, and since when.
#[derive(Default)]
pub(super) struct Pool(RefCell<Vec<(Connection, Instant)>>);

impl Pool {
    /// The connection to `origin` that was used last, if one can be used and has not waited for longer than `idle`.
    pub(super) async fn take(&self, origin: &str, protocol: Protocol, idle: Duration) -> Option<Connection> {
        loop {
            let (mut connection, since) = {
                let mut all = self.0.borrow_mut();
                let at = all.iter().rposition(|(kept, _)| *kept.origin == *origin && kept.protocol == protocol)?;
                all.remove(at)
            };
            if since.elapsed() < idle && connection.is_usable().await {
                connection.reused = true;
                return Some(connection);
            }
        }
    }

    pub(super) fn keep(&self, connection: Connection) {
        let mut all = self.0.borrow_mut();
        if all.len() == MOST_KEPT {
            all.remove(0);
        }
        all.push((connection, Instant::now()));
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
