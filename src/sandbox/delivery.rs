//! Webhooks on their way: signed, posted to targets on this machine only, and switched off when they keep failing.

use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HOST};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use sha1::Sha1;
use tokio::net::TcpStream;
use uuid::Uuid;

use super::store::Webhook;
use super::{Sandbox, is_loopback};
use crate::http::{Bytes, Url};
use crate::value::Value;

/// So many failures within [`WINDOW`] switch a webhook off.
const MOST_FAILURES: usize = 100;

const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// How long a target may take; Webex's own limit is not documented.
const PATIENCE: Duration = Duration::from_secs(5);

/// One call of a webhook. No `Debug`: its target and body are the user's.
pub struct Delivery {
    webhook: Uuid,
    /// Where it goes.
    pub target_url: String,
    /// The envelope as JSON.
    pub body: Bytes,
    /// `X-Spark-Signature`: the HMAC-SHA1 of the body under the webhook's secret, in hexadecimal.
    pub signature: Option<String>,
}

impl Delivery {
    pub(super) fn new(webhook: &Webhook, envelope: &Value) -> Self {
        let body = Bytes::from(envelope.to_string());
        let signature = webhook.secret.as_ref().filter(|secret| !secret.is_empty());
        let signature = signature.and_then(|secret| sign(secret.as_bytes(), &body));
        Self { webhook: webhook.uuid, target_url: webhook.target_url.clone(), body, signature }
    }
}

/// Never `None`: HMAC takes keys of any length.
fn sign(secret: &[u8], body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(body);
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Webhook {
    /// Notes a failure. One that was reactivated within the window fails at once again, as in the real service.
    pub(super) fn failed(&mut self, now: Timestamp) {
        self.failures.retain(|then| now.duration_since(*then) < WINDOW);
        self.failures.push(now);
        self.is_active &= self.failures.len() < MOST_FAILURES;
    }
}

impl Sandbox {
    /// The calls of webhooks that nobody has made yet, oldest first. A running [`super::Server`] takes and makes them.
    #[must_use]
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        let mut state = self.state();
        let mut deliveries = std::mem::take(&mut state.store.deliveries);
        deliveries.retain(|delivery| state.store.webhooks.get(&delivery.webhook).is_some_and(|w| w.is_active));
        deliveries
    }

    /// Notes that the target of this call did not answer 2xx.
    pub fn delivery_failed(&self, delivery: &Delivery) {
        let now = (self.clock)();
        if let Some(webhook) = self.state().store.webhooks.get_mut(&delivery.webhook) {
            webhook.failed(now);
        }
    }
}

/// Makes calls as they come, one after the other, for ever.
pub(super) async fn courier(sandbox: Arc<Sandbox>) {
    loop {
        for delivery in sandbox.take_deliveries() {
            let done = tokio::time::timeout(PATIENCE, post(&delivery)).await;
            if !matches!(done, Ok(Some(true))) {
                sandbox.delivery_failed(&delivery);
            }
        }
        sandbox.queued.notified().await;
    }
}

/// True for a 2xx; `None` where there was no answer. A target that is not plain HTTP on this machine gets no call.
async fn post(delivery: &Delivery) -> Option<bool> {
    let url = Url::parse(&delivery.target_url).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?;
    let host = url.host_str()?;
    let port = url.port_or_known_default()?;
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = ::http::Request::post(format!("{}{query}", url.path()))
        .header(HOST, format!("{host}:{port}"))
        .header(CONTENT_TYPE, "application/json");
    if let Some(signature) = &delivery.signature {
        request = request.header("x-spark-signature", signature);
    }
    let request = request.body(Full::new(delivery.body.clone())).ok()?;
    tokio::select! {
        reply = sender.send_request(request) => reply.ok().map(|reply| reply.status().is_success()),
        // The connection ends before its reply only when it breaks.
        _ = connection => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Server;
    use super::super::testing::Lab;
    use super::*;
    use serde_json::json;
    use std::io::{Read as _, Write as _};

    #[test]
    fn the_signature_is_hmac_sha1_in_hexadecimal() {
        // RFC 2202, test case 2.
        let signature = sign(b"Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(signature, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }

    fn hook(lab: &Lab, target: &str) -> String {
        let body = json!({"name": "n", "targetUrl": target, "resource": "rooms", "event": "created", "secret": "s"});
        format!("/webhooks/{}", lab.post("/webhooks").token(&lab.person()).json(&body).send().id())
    }

    #[test]
    fn a_webhook_reaches_its_target_signed() {
        let lab = Lab::new();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        hook(&lab, &format!("http://{}/hook?k=v", listener.local_addr().unwrap()));
        let _server = Server::start(Arc::clone(&lab.sandbox), 0).unwrap();
        lab.room("Talk");
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            seen.push(byte[0]);
        }
        let head = String::from_utf8(seen).unwrap();
        assert!(head.starts_with("POST /hook?k=v HTTP/1.1\r\n"), "{head}");
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let mut body = vec![0; header("content-length:").parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        assert_eq!(header("x-spark-signature:"), sign(b"s", &body).unwrap());
        assert_eq!(header("content-type:"), "application/json");
        let envelope: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&envelope["event"], &envelope["data"]["title"]), (&json!("created"), &json!("Talk")));
    }

    #[test]
    fn only_this_machine_is_called() {
        let lab = Lab::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        hook(&lab, "http://hooks.example.com/");
        hook(&lab, "https://127.0.0.1/");
        lab.room("Talk");
        let deliveries = lab.sandbox.take_deliveries();
        assert_eq!(deliveries.len(), 2);
        for delivery in &deliveries {
            assert_eq!(runtime.block_on(post(delivery)), None);
        }
    }

    #[test]
    fn a_hundred_failures_in_five_minutes_switch_a_webhook_off() {
        let lab = Lab::new();
        let path = hook(&lab, "http://127.0.0.1:9/");
        let status = || lab.get(&path).token(&lab.person()).send().json["status"].clone();
        let fail = || {
            lab.room("Talk");
            lab.sandbox.take_deliveries().iter().for_each(|delivery| lab.sandbox.delivery_failed(delivery));
        };
        fail();
        lab.advance(300);
        (0..99).for_each(|_| fail());
        assert_eq!(status(), "active");
        fail();
        assert_eq!(status(), "inactive");
        lab.room("Unheard");
        assert_eq!(lab.sandbox.take_deliveries().len(), 0);
        let change = json!({"name": "n", "targetUrl": "http://127.0.0.1:9/", "status": "active"});
        let on = || lab.put(&path).token(&lab.person()).json(&change).send().json["status"].clone();
        assert_eq!(on(), "active");
        fail();
        assert_eq!(status(), "inactive");
        lab.advance(300);
        assert_eq!(on(), "active");
        fail();
        assert_eq!(status(), "active");
    }
}
