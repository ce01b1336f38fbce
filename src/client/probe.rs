//! When the phases of making a connection began and ended, for one send.
//!
//! reqwest shows none of this, but lets us stand at three points: around its connector (a tower layer), as its resolver,
//! and as the session store of rustls, which is asked for a hint when the TLS handshake begins. The send's own probe is
//! found through a task-local, so that nothing is shared between sends. A reused connection passes none of the points.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::NamedGroup;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use crate::http::Timing;

tokio::task_local! {
    static PROBE: Probe;
}

/// The instants of one send; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe(Arc<Mutex<Marks>>);

#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    began: Option<Instant>,
    resolving: Option<Instant>,
    resolved: Option<Instant>,
    hello: Option<Instant>,
    connected: Option<Instant>,
}

impl Probe {
    /// Runs `send` so that the points below find this probe.
    pub(super) fn watch<F: Future>(&self, send: F) -> impl Future<Output = F::Output> {
        PROBE.scope(self.clone(), send)
    }

    /// Whether a connection was begun and is not there yet: then nothing of the request was sent.
    pub(super) fn is_connecting(&self) -> bool {
        let marks = self.marks();
        marks.began.is_some() && marks.connected.is_none()
    }

    /// Whether what [`Probe::is_connecting`] waits for is TLS.
    pub(super) fn is_in_handshake(&self) -> bool {
        let marks = self.marks();
        marks.hello.is_some() && marks.connected.is_none()
    }

    /// The phases that happened, of a send that was answered.
    pub(super) fn timing(&self) -> Timing {
        let marks = self.marks();
        let between = |from: Option<Instant>, to: Option<Instant>| Some(to?.saturating_duration_since(from?));
        let mut timing = Timing { reused: marks.connected.is_none(), ..Timing::default() };
        if marks.connected.is_some() {
            timing.dns = between(marks.resolving, marks.resolved);
            timing.connect = between(marks.resolved.or(marks.began), marks.hello.or(marks.connected));
            timing.tls = between(marks.hello, marks.connected);
        }
        timing
    }

    fn marks(&self) -> Marks {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self, set: impl FnOnce(&mut Marks, Instant)) {
        set(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
    }
}

/// Wraps reqwest's connector.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectLayer;

impl<S> Layer<S> for ConnectLayer {
    type Service = Connect<S>;

    fn layer(&self, inner: S) -> Connect<S> {
        Connect(inner)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Connect<S>(S);

impl<T, S: Service<T>> Service<T> for Connect<S>
where
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: T) -> Self::Future {
        let connecting = self.0.call(target);
        let Ok(probe) = PROBE.try_with(Probe::clone) else { return Box::pin(connecting) };
        probe.mark(|marks, now| marks.began = Some(now));
        // The connection may be finished by another task when the request found an idle one meanwhile.
        Box::pin(PROBE.scope(probe.clone(), async move {
            let connection = connecting.await;
            if connection.is_ok() {
                probe.mark(|marks, now| marks.connected = Some(now));
            }
            connection
        }))
    }
}

/// The system's resolver.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let probe = PROBE.try_with(Probe::clone).unwrap_or_default();
        Box::pin(async move {
            probe.mark(|marks, now| marks.resolving = Some(now));
            // Port 0: reqwest puts the URL's in.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            probe.mark(|marks, now| marks.resolved = Some(now));
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The memory store of rustls; see `kx_hint`.
#[derive(Debug)]
pub(super) struct Sessions(ClientSessionMemoryCache);

impl Sessions {
    pub(super) fn new() -> Self {
        // As many servers as rustls' own default.
        Self(ClientSessionMemoryCache::new(256))
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(server, group);
    }

    /// rustls asks when it writes the first message of a handshake, and only then.
    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        PROBE.try_with(|probe| probe.mark(|marks, now| marks.hello = Some(now))).ok();
        self.0.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(server, value);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(server)
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.0.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(server, value);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(server)
    }
}
