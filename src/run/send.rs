//! Sending one request until its reply stands: cookies, redirects by origin, hosts, and waits the server asked for.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aho_corasick::AhoCorasick;

use super::digest::Digest;
use super::record::Sent;
use super::render::Renderer;
use super::request::Rendered;
use super::{Context, Stop, retry_after};
use crate::check::{Expect, Hop};
use crate::event::{Problem, Reason, Wait};
use crate::http::cookies::CookieJar;
use crate::http::redirect::{RedirectError, next_hop, without_credentials};
use crate::http::{HeaderValue, Method, Origin, Request, Response, Url, encoding};
use crate::value::Value;

/// The statuses that ask to wait, unless `expect` names them.
const WAITING: [u16; 3] = [423, 429, 503];

/// How the replies of one step are taken.
pub(super) struct Rules {
    /// How many redirects are followed; at 0 a 3xx is the reply.
    redirects: u32,
    /// How long the server may make the step wait in all; `None` takes a 429 as it is.
    max_wait: Option<Duration>,
    /// Which of [`WAITING`] `expect` names exactly: they are asked for, so never waited out.
    asked_for: [bool; 3],
    /// `name=value` pairs of the step's own `cookies`.
    cookies: Vec<(String, String)>,
    /// Who answers a Digest challenge.
    digest: Option<Digest>,
    /// The body is in its `content-encoding` already.
    packed: bool,
}

impl Rules {
    pub(super) fn of(rendered: &Rendered, asked_for: [bool; 3]) -> Self {
        let Rendered { redirects, max_wait, packed, ref cookies, ref digest, .. } = *rendered;
        Self { redirects, max_wait, asked_for, cookies: cookies.clone(), digest: digest.clone(), packed }
    }

    /// Which of the statuses that ask to wait `expect` names exactly.
    ///
    /// # Errors
    /// A template in `expect.status` failed.
    pub(super) fn asked_for(expect: &Expect, renderer: &Renderer<'_>) -> Result<[bool; 3], Stop> {
        let mut named = [false; 3];
        for (named, status) in named.iter_mut().zip(WAITING) {
            let asked = expect.names_exactly(status, renderer.names);
            *named = asked.map_err(|e| renderer.problem(e.span, e.message, None))?;
        }
        Ok(named)
    }

    /// The request as it goes out: its body packed where `content-encoding` asks for it. The plain one is what goes into
    /// reports and is searched for secrets.
    fn wire<'r>(&self, request: &'r Request) -> Result<Cow<'r, Request>, Stop> {
        if self.packed || !request.headers.contains_key(http::header::CONTENT_ENCODING) {
            return Ok(Cow::Borrowed(request));
        }
        let body = encoding::encode(&encoding::codings(&request.headers), request.body.clone());
        let body = body.map_err(|e| Stop::problem(format!("the body cannot be packed: {e}"), None))?;
        Ok(Cow::Owned(Request { body, ..request.clone() }))
    }

    fn names(&self, status: u16) -> bool {
        WAITING.iter().zip(self.asked_for).any(|(waiting, asked)| *waiting == status && asked)
    }
}

/// A reply that stands.
pub(super) struct Received {
    pub(super) response: Arc<Response>,
    pub(super) url: Url,
    /// Each followed redirect.
    pub(super) hops: Vec<Hop>,
    /// How long the last send took.
    pub(super) took: Duration,
    /// How many sends it took, redirects not counted.
    pub(super) attempts: u32,
}

/// What one step's sends leave behind, also when they fail.
#[derive(Default)]
pub(super) struct Log {
    pub(super) sent: Vec<Sent>,
    pub(super) waits: Vec<Wait>,
}

pub(super) struct Sender<'a, 'c> {
    pub(super) context: &'a Context<'c>,
    pub(super) jar: &'a mut CookieJar,
    pub(super) log: &'a mut Log,
    /// When the step began.
    pub(super) began: Duration,
    /// Told as each wait begins.
    pub(super) on_wait: &'a mut dyn FnMut(Wait),
}

impl Sender<'_, '_> {
    /// Sends `request` and follows what its replies ask for, by `rules`.
    ///
    /// # Errors
    /// No reply, a refused host, too many redirects, a wait that does not fit, or the person's interrupt.
    pub(super) async fn send(&mut self, request: Request, rules: &Rules) -> Result<Received, Stop> {
        let mut current = request;
        let mut because = Reason::Step;
        let mut hops = Vec::new();
        let mut attempts = 1;
        let mut waited = Duration::ZERO;
        // What has left its origin never gets its credentials back.
        let mut strayed = false;
        loop {
            self.add_cookies(&mut current, if strayed { &[] } else { &rules.cookies });
            let digest = rules.digest.as_ref().filter(|_| !strayed);
            self.guard(&current, digest)?;
            if let Some(digest) = digest {
                let body = rules.wire(&current)?.body.clone();
                digest.sign(&mut current, &body, self.context.redactor);
            }
            let (response, took) = self.once(&current, rules, because).await?;
            self.jar.store(&current.url, &response.headers);
            if let Some(digest) = digest
                && digest.challenged(&response)?
            {
                because = Reason::Auth;
                continue;
            }
            if let Some(wait) = self.wait_for(&current, &response, waited, rules)? {
                waited += wait;
                attempts += 1;
                because = Reason::RateLimit;
                self.wait(Wait {
                    reason: because,
                    status: Some(response.status),
                    wait_ms: wait.as_millis() as u64,
                    attempt: attempts,
                })
                .await?;
                continue;
            }
            let done =
                |hops| Received { response: Arc::clone(&response), url: current.url.clone(), hops, took, attempts };
            if rules.redirects == 0 {
                return Ok(done(hops));
            }
            let hop = next_hop(&current, &response).map_err(refused)?;
            let Some(hop) = hop else { return Ok(done(hops)) };
            if hops.len() as u32 >= rules.redirects {
                let message =
                    format!("more than {} redirects; the last one led to {}", rules.redirects, hop.request.url);
                return Err(Stop::problem(
                    message,
                    Some("raise `redirects`, or set it to `false` to look at the 3xx itself"),
                ));
            }
            let (url, location) = (current.url.to_string(), hop.request.url.to_string());
            hops.push(Hop { status: response.status, url, location });
            current = hop.request;
            if hop.cross_origin {
                strayed = true;
                let carries = |bytes: &[u8]| self.context.redactor.carries_secret(bytes);
                without_credentials(&mut current, &[], carries).map_err(refused)?;
            }
            because = Reason::Redirect;
        }
    }

    async fn once(
        &mut self,
        request: &Request,
        rules: &Rules,
        because: Reason,
    ) -> Result<(Arc<Response>, Duration), Stop> {
        let clock = self.context.clock;
        let wire = rules.wire(request)?;
        let start = clock.elapsed();
        let reply = tokio::select! {
            biased;
            reply = self.context.transport.send(&wire) => reply.map(Arc::new),
            () = self.context.cancel.cancelled() => return Err(Stop::Cancelled),
        };
        let took = clock.elapsed().saturating_sub(start);
        let answer = reply.as_ref().map(Arc::clone).map_err(Clone::clone);
        let start = start.saturating_sub(self.began);
        self.log.sent.push(Sent { because, request: request.clone(), reply, start, took });
        match answer {
            Ok(response) => {
                learn_tokens(&response, self.context);
                Ok((response, took))
            }
            Err(error) => {
                Err(Stop::Problem(Box::new(Problem { message: error.message, help: error.help, code: None, at: None })))
            }
        }
    }

    /// How long to wait before the same request goes out again; `None` where the reply stands.
    fn wait_for(
        &self,
        request: &Request,
        reply: &Response,
        waited: Duration,
        rules: &Rules,
    ) -> Result<Option<Duration>, Stop> {
        let (Some(max), Some(wait)) = (rules.max_wait, retry_after::asked(reply, self.context.clock.now())) else {
            return Ok(None);
        };
        // 423 and 503 do not say that nothing happened: a POST is not sent twice on their word.
        let resend = reply.status == 429 || !matches!(request.method, Method::POST | Method::PATCH);
        if !resend || rules.names(reply.status) {
            return Ok(None);
        }
        if waited.saturating_add(wait) > max {
            let message = format!(
                "the server asked to wait {} s ({}), and {} s of waiting are left to this step",
                wait.as_secs(),
                reply.status,
                max.saturating_sub(waited).as_secs(),
            );
            return Err(Stop::problem(message, Some("raise `rate_limit: { max_wait: … }`, or slow the flow down")));
        }
        Ok(Some(wait))
    }

    /// Waits, told and interruptible.
    pub(super) async fn wait(&mut self, wait: Wait) -> Result<(), Stop> {
        self.log.waits.push(wait);
        (self.on_wait)(wait);
        tokio::select! {
            biased;
            () = self.context.cancel.cancelled() => Err(Stop::Cancelled),
            () = self.context.clock.sleep(Duration::from_millis(wait.wait_ms)) => Ok(()),
        }
    }

    fn add_cookies(&self, request: &mut Request, own: &[(String, String)]) {
        let stored = self.jar.header_for(&request.url);
        let stored = stored.as_ref().and_then(|v| v.to_str().ok()).unwrap_or("");
        let kept = stored.split("; ").filter(|pair| {
            let name = pair.split('=').next().unwrap_or("");
            !pair.is_empty() && !own.iter().any(|(own, _)| own == name)
        });
        let own = own.iter().map(|(name, value)| format!("{name}={value}"));
        let line: Vec<String> = own.chain(kept.map(str::to_owned)).collect();
        match HeaderValue::from_str(&line.join("; ")) {
            Ok(value) if !line.is_empty() => _ = request.headers.insert(http::header::COOKIE, value),
            _ => _ = request.headers.remove(http::header::COOKIE),
        }
    }

    /// No request leaves for a host that the environment or a secret's `hosts` do not allow.
    fn guard(&self, request: &Request, digest: Option<&Digest>) -> Result<(), Stop> {
        let options = self.context.options;
        let Some(origin) = Origin::of(&request.url) else { return Ok(()) };
        let (host, port) = (origin.host.as_str(), origin.port);
        let extra = &options.allow_hosts;
        if let Some(hosts) = &options.hosts
            && !hosts.iter().chain(extra).any(|h| h.allows(host, port))
        {
            let message = format!("the environment's `hosts` do not include {host}:{port}, so nothing was sent");
            return Err(Stop::problem(message, Some("add it to `hosts` in the environment, or use --allow-host")));
        }
        if !options.bind_secrets {
            return Ok(());
        }
        let values = request.headers.values().map(HeaderValue::as_bytes);
        let parts = [request.url.as_str().as_bytes(), &request.body].into_iter().chain(values);
        let parts: Vec<&[u8]> = parts.chain(digest.map(Digest::password)).collect();
        match self.context.redactor.misdirected(host, port, extra, &parts) {
            None => Ok(()),
            Some(found) => {
                let allowed = found.hosts.join(", ");
                let message =
                    format!("secret `{}` may only go to {allowed}; nothing was sent to {host}:{port}", found.secret);
                Err(Stop::problem(message, Some("correct the URL, or extend the secret's `hosts` with --allow-host")))
            }
        }
    }
}

fn refused(error: RedirectError) -> Stop {
    Stop::problem(error.to_string(), Some(error.help()))
}

/// Tokens of OAuth-like replies are secret from the moment they arrive (RFC 6749 section 5.1, `/jwt/login`, `/guests/token`).
fn learn_tokens(response: &Response, context: &Context<'_>) {
    const LARGEST: usize = 64 << 10;
    const NAMES: [&str; 7] =
        ["access_token", "refresh_token", "id_token", "device_code", "accessToken", "refreshToken", "expiresIn"];
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(NAMES).ok());
    let body: &[u8] = &response.body;
    if body.len() > LARGEST || !FINDER.as_ref().is_some_and(|finder| finder.is_match(body)) {
        return;
    }
    let Ok(Value::Object(reply)) = response.json() else { return };
    let login = reply.contains_key("expiresIn").then_some("token");
    for name in NAMES.into_iter().chain(login) {
        if let Some(Value::String(token)) = reply.get(name) {
            context.redactor.learn(name, token, None);
        }
    }
}
