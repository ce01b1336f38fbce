//! The sandbox as a `Transport`: no socket, and every host is the sandbox.

use std::sync::Arc;
use std::time::Instant;

use super::{Answer, Sandbox};
use crate::http::{Delivery, Method, Request, Response, Sending, Transport, TransportError, TransportErrorKind};

/// Sends requests into a sandbox of this process. Its delays are slept on the runtime's clock, so it needs tokio's time.
pub struct SandboxTransport {
    sandbox: Arc<Sandbox>,
}

impl SandboxTransport {
    /// A transport into this sandbox; it may be shared with a server and other transports.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox }
    }

    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        let started = Instant::now();
        let mut answer = self.sandbox.handle(request);
        wait(&answer, request).await?;
        if answer.body.len() as u64 > request.max_body {
            let message =
                format!("the reply is {} bytes, more than the limit of {}", answer.body.len(), request.max_body);
            return Err(error(TransportErrorKind::TooLarge, message));
        }
        if request.method == Method::HEAD {
            answer.body.clear();
            answer.encoding = None;
        }
        let mut response = answer.into_response();
        response.version = request.version.unwrap_or(response.version);
        response.timing.total = started.elapsed();
        response.timing.first_byte = Some(response.timing.total);
        Ok(response)
    }
}

impl Transport for SandboxTransport {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        Box::pin(self.exchange(request))
    }
}

async fn wait(answer: &Answer, request: &Request) -> Result<(), TransportError> {
    if answer.delay.is_zero() {
        return Ok(());
    }
    tokio::time::sleep(answer.delay.min(request.timeout)).await;
    if answer.delay < request.timeout {
        return Ok(());
    }
    let host = request.url.host_str().unwrap_or("the sandbox");
    Err(error(TransportErrorKind::Timeout, format!("no reply from {host} within {:?}", request.timeout)))
}

fn error(kind: TransportErrorKind, message: String) -> TransportError {
    TransportError { kind, delivery: Delivery::MayHaveArrived, message, help: None }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;
    use std::time::Duration;

    fn send(lab: &Lab, request: &Request) -> Result<Response, TransportError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(SandboxTransport::new(Arc::clone(&lab.sandbox)).send(request))
    }

    #[test]
    fn replies_come_decoded_with_their_size_on_the_wire() {
        let lab = Lab::new();
        let reply = send(&lab, &lab.get("/_wxflow/encoded/gzip").build()).unwrap();
        assert_eq!(reply.json().unwrap()["encoding"], "gzip");
        assert!(reply.wire_size < reply.body.len() as u64);
    }

    #[test]
    fn timeout_and_body_limit_hold() {
        let lab = Lab::new();
        assert!(send(&lab, &lab.get("/_wxflow/slow?ms=1").build()).is_ok());
        let mut slow = lab.get("/_wxflow/slow?ms=600000").build();
        slow.timeout = Duration::from_millis(1);
        assert_eq!(send(&lab, &slow).unwrap_err().kind, TransportErrorKind::Timeout);
        let mut large = lab.get("/_wxflow/bytes/11").build();
        large.max_body = 10;
        assert_eq!(send(&lab, &large).unwrap_err().kind, TransportErrorKind::TooLarge);
    }

    #[test]
    fn head_has_no_body() {
        let lab = Lab::new();
        let reply = send(&lab, &lab.request("HEAD", "/_wxflow/xml").build()).unwrap();
        assert_eq!((reply.status, reply.body.len()), (200, 0));
    }
}
