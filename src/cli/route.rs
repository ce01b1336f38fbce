//! `run --sandbox`: every request to Webex is answered here, and no other host is reached.

use std::sync::Arc;

use crate::http::{Delivery, Request, Sending, Transport, TransportError, TransportErrorKind, Url};
use crate::sandbox::{Sandbox, SandboxTransport};
use crate::webex;

/// The closed network of `--sandbox`. URLs stay as they are, so that replies and reports show what a real run would.
pub(super) struct SandboxRoute {
    sandbox: SandboxTransport,
    /// The sandbox's own port on 127.0.0.1.
    port: u16,
}

impl SandboxRoute {
    /// Routes into `sandbox`, which also listens at `port`.
    pub(super) fn new(sandbox: Arc<Sandbox>, port: u16) -> Self {
        Self { sandbox: SandboxTransport::new(sandbox), port }
    }

    fn leads_here(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or("");
        let own = matches!(host, "127.0.0.1" | "localhost") && url.port_or_known_default() == Some(self.port);
        own || webex::is_host(host)
    }
}

impl Transport for SandboxRoute {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        if self.leads_here(&request.url) {
            return self.sandbox.send(request);
        }
        let host = request.url.host_str().unwrap_or("this URL");
        let error = TransportError {
            kind: TransportErrorKind::Refused,
            delivery: Delivery::NotSent,
            message: format!("{host} is not reached under --sandbox, which has no network"),
            help: Some("only Webex hosts are answered; run without --sandbox to reach others".to_owned()),
        };
        Box::pin(std::future::ready(Err(error)))
    }
}
