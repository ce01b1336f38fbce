//! One send, and the redirects that its replies ask for: cookies, hosts and origins as RFC 6265 and the flow want them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::digest::Digest;
use super::learn::{learn_code, learn_tokens};
use super::oauth::OAuth;
use super::record::{Log, Sent};
use super::request::Rendered;
use super::waiting::Waiting;
use super::{Context, Stop};
use crate::check::Hop;
use crate::event::{Problem, Reason, Wait};
use crate::http::cookies::CookieJar;
use crate::http::redirect::{self, RedirectError, next_hop, without_credentials};
use crate::http::{
    Delivery, HeaderValue, Method, Origin, Request, Response, TransportError, TransportErrorKind, encoding,
};

/// How the replies of one step are taken.
pub(super) struct Rules {
    /// How many redirects are followed; at 0 a 3xx is the reply.
    redirects: u32,
    /// How long the server may make the step wait in all; `None` takes a 429 as it is.
    pub(super) max_wait: Option<Duration>,
    /// `name=value` pairs of the step's own `cookies`.
    cookies: Vec<(String, String)>,
    /// Who answers a Digest challenge.
    digest: Option<Digest>,
    /// Who brings a token.
    oauth: Option<OAuth>,
    /// The body is in its `content-encoding` already.
    packed: bool,
    /// How the request is sent again.
    pub(super) waiting: Waiting,
}

impl Rules {
    pub(super) fn of(rendered: &Rendered, waiting: Waiting) -> Self {
        let Rendered { redirects, max_wait, packed, ref cookies, ref digest, ref oauth, .. } = *rendered;
        Self {
            redirects,
            max_wait,
            cookies: cookies.clone(),
            digest: digest.clone(),
            oauth: oauth.clone(),
            packed,
            waiting,
        }
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
}

/// A reply that stands.
pub(super) struct Received {
    pub(super) response: Arc<Response>,
    /// What it answers, which redirects may have changed.
    pub(super) request: Arc<Request>,
    /// Each followed redirect.
    pub(super) hops: Vec<Hop>,
    /// How long the last send took.
    pub(super) took: Duration,
    /// How many sends it took in all: resends, polls and pages, redirects not counted.
    pub(super) attempts: u32,
}

/// One request on its way through redirects. A resend goes on from where it stands: what was redirected was carried out.
pub(super) struct Chain {
    /// What is sent next, or was sent last; what was sent is in the log too.
    pub(super) current: Arc<Request>,
    /// Why it is sent.
    pub(super) because: Reason,
    /// It has left its origin, so it never gets its credentials back.
    strayed: bool,
    hops: Vec<Hop>,
}

impl Chain {
    pub(super) fn new(request: Arc<Request>, because: Reason) -> Self {
        Self { current: request, because, strayed: false, hops: Vec::new() }
    }
}

/// Why a chain has no reply.
pub(super) enum Failed {
    /// The transport gave none.
    Unanswered(TransportError),
    /// Nothing that a resend would mend.
    Stop(Stop),
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl Failed {
    /// The problem, after this many sends with this method.
    pub(super) fn into_stop(self, sends: u32, method: &Method) -> Stop {
        let error = match self {
            Self::Stop(stop) => return stop,
            Self::Unanswered(error) => error,
        };
        let again = match *method {
            Method::POST | Method::PATCH if error.delivery != Delivery::NotSent => {
                "the server may have carried it out, so it is not sent again; `retry: { on: [network], unsafe: true }` does that"
            }
            _ => "the server, or something before it, gave up: `retry: { on: [network] }` sends it again",
        };
        let (message, help) = match sends {
            1 if error.kind == TransportErrorKind::Interrupted => {
                let help = error.help.map_or_else(|| again.to_owned(), |help| format!("{help}; {again}"));
                (error.message, Some(help))
            }
            1 => (error.message, error.help),
            sends => (format!("{} (the last of {sends} sends)", error.message), error.help),
        };
        Stop::Problem(Box::new(Problem { message, help, code: None, at: None }))
    }
}

/// When nothing of the run goes on.
pub(super) enum Pause {
    /// A wait of its own.
    Wait(Wait),
    /// A request is on its way.
    Reply,
}

pub(super) struct Sender<'a, 'c> {
    pub(super) context: &'a Context<'c>,
    pub(super) jar: &'a mut CookieJar,
    pub(super) log: &'a mut Log,
    /// When the step began.
    pub(super) began: Duration,
    /// When, on the same clock, `poll` gives up: no send and no wait lasts longer.
    pub(super) deadline: Option<Duration>,
    /// Told as each begins.
    pub(super) on_pause: &'a mut dyn FnMut(Pause),
}

impl Sender<'_, '_> {
    /// Sends what `chain` stands at and follows redirects, to the first reply that is none.
    ///
    /// # Errors
    /// No reply, a refused host, too many redirects, or the person's interrupt.
    pub(super) async fn advance(&mut self, chain: &mut Chain, rules: &Rules) -> Result<Received, Failed> {
        loop {
            let current = &mut chain.current;
            let oauth = rules.oauth.as_ref().filter(|_| !chain.strayed);
            if let Some(oauth) = oauth {
                (self.on_pause)(Pause::Reply);
                oauth.sign(Arc::make_mut(current), self.context, &mut self.log.tokens).await?;
            }
            let digest = self.prepare(current, rules, chain.strayed)?;
            let (response, took) = self.answered(current, rules, chain.because).await?;
            self.jar.store(&current.url, &response.headers);
            if let Some(digest) = digest
                && digest.challenged(&response)?
            {
                chain.because = Reason::Auth;
                continue;
            }
            // A 401 that the step asks for is its answer.
            if let Some(oauth) = oauth.filter(|_| !rules.waiting.names(401))
                && oauth.renewed(&response, self.context, &mut self.log.tokens).await?
            {
                chain.because = Reason::Auth;
                continue;
            }
            let hop = self.hop(current, &response, rules, chain.strayed).map_err(refused)?;
            let Some(hop) = hop else {
                let (request, hops) = (Arc::clone(current), chain.hops.clone());
                return Ok(Received { response, request, hops, took, attempts: self.log.attempts() });
            };
            if chain.hops.len() as u32 >= rules.redirects {
                let message =
                    format!("more than {} redirects; the last one led to {}", rules.redirects, hop.request.url);
                let help = "raise `redirects`, or set it to `false` to look at the 3xx itself";
                return Err(Stop::problem(message, Some(help)).into());
            }
            let (url, location) = (current.url.to_string(), hop.request.url.to_string());
            chain.hops.push(Hop { status: response.status, url, location });
            chain.strayed |= hop.cross_origin;
            *current = Arc::new(hop.request);
            chain.because = Reason::Redirect;
        }
    }

    /// The redirect that is followed, without credentials where it leaves the origin, or has left it: what a foreign server
    /// knows of a secret goes no way that we are sent. A code in its location is meant for whom it leads to, so that it
    /// becomes a secret only then.
    fn hop(
        &self,
        request: &Request,
        response: &Response,
        rules: &Rules,
        strayed: bool,
    ) -> Result<Option<redirect::Hop>, RedirectError> {
        let mut hop = if rules.redirects > 0 { next_hop(request, response) } else { Ok(None) };
        if let Ok(Some(next)) = &mut hop
            && (strayed || next.cross_origin)
        {
            let carries = |bytes: &[u8]| self.context.redactor.carries_secret(bytes);
            if let Err(refused) = without_credentials(&mut next.request, &[], carries) {
                hop = Err(refused);
            }
        }
        learn_code(response, self.context);
        hop
    }

    /// What belongs to each send: cookies, the guard, and the answer to a challenge. Gives back who answers the next one.
    fn prepare<'r>(
        &self,
        request: &mut Arc<Request>,
        rules: &'r Rules,
        strayed: bool,
    ) -> Result<Option<&'r Digest>, Stop> {
        self.add_cookies(request, if strayed { &[] } else { &rules.cookies });
        let digest = rules.digest.as_ref().filter(|_| !strayed);
        self.guard(request, digest)?;
        if let Some(digest) = digest {
            let body = rules.wire(request)?.body.clone();
            digest.sign(Arc::make_mut(request), &body, self.context.redactor);
        }
        Ok(digest)
    }

    /// Sends a request, and once more where that is no second try: the server was closing the kept connection as an
    /// idempotent one came (RFC 9112 section 9.3.1), or says that it did not look at it (RFC 9113 section 8.7).
    async fn answered(
        &mut self,
        request: &mut Arc<Request>,
        rules: &Rules,
        because: Reason,
    ) -> Result<(Arc<Response>, Duration), Failed> {
        match self.once(request, rules, because).await {
            Err(Failed::Unanswered(error)) if unseen(&error, request) => self.once(request, rules, Reason::Retry).await,
            answer => answer,
        }
    }

    async fn once(
        &mut self,
        request: &mut Arc<Request>,
        rules: &Rules,
        because: Reason,
    ) -> Result<(Arc<Response>, Duration), Failed> {
        let clock = self.context.clock;
        if let Some(deadline) = self.deadline {
            // A send of no time at all would not even fail the right way; messages show whole milliseconds.
            let left = deadline.saturating_sub(clock.elapsed()).as_millis().max(1);
            let left = Duration::from_millis(left as u64);
            if left < request.timeout {
                Arc::make_mut(request).timeout = left;
            }
        }
        let wire = rules.wire(request)?;
        let start = clock.elapsed();
        let Self { context, on_pause, .. } = self;
        let interrupted = async {
            // A transport looks at its connection at first; one turn later the request is out.
            tokio::task::yield_now().await;
            on_pause(Pause::Reply);
            context.cancel.cancelled().await;
        };
        let reply = tokio::select! {
            biased;
            reply = context.transport.send(&wire) => reply.map(Arc::new),
            () = interrupted => Err(TransportError {
                kind: TransportErrorKind::Interrupted,
                delivery: Delivery::MayHaveArrived,
                message: "interrupted before the reply came".to_owned(),
                help: None,
            }),
        };
        let took = clock.elapsed().saturating_sub(start);
        let answer = reply.as_ref().map(Arc::clone).map_err(Clone::clone);
        let start = start.saturating_sub(self.began);
        self.log.sent.push(Sent { because, request: Arc::clone(request), reply, let_go: None, start, took });
        let response = match answer {
            // Told as the interrupt that it is, also where the connection broke at the same moment: no resend follows.
            Err(_) if self.context.cancel.is_cancelled() => return Err(Stop::Cancelled.into()),
            answer => answer.map_err(Failed::Unanswered)?,
        };
        learn_tokens(&response, self.context);
        Ok((response, took))
    }

    /// Whether a wait ends before the deadline.
    pub(super) fn fits(&self, wait: Duration) -> bool {
        let end = self.context.clock.elapsed().saturating_add(wait);
        self.deadline.is_none_or(|deadline| end < deadline)
    }

    /// Waits, told and interruptible.
    pub(super) async fn wait(&mut self, wait: Wait) -> Result<(), Stop> {
        self.log.waits.push(wait);
        (self.on_pause)(Pause::Wait(wait));
        tokio::select! {
            biased;
            () = self.context.cancel.cancelled() => Err(Stop::Cancelled),
            () = self.context.clock.sleep(Duration::from_millis(wait.wait_ms)) => Ok(()),
        }
    }

    fn add_cookies(&self, request: &mut Arc<Request>, own: &[(String, String)]) {
        let stored = self.jar.header_for(&request.url);
        if stored.is_none() && own.is_empty() && !request.headers.contains_key(http::header::COOKIE) {
            return;
        }
        let headers = &mut Arc::make_mut(request).headers;
        let stored = stored.as_ref().and_then(|v| std::str::from_utf8(v.as_bytes()).ok()).unwrap_or("");
        let kept = stored.split("; ").filter(|pair| {
            let name = pair.split('=').next().unwrap_or("");
            !pair.is_empty() && !own.iter().any(|(own, _)| own == name)
        });
        let own = own.iter().map(|(name, value)| format!("{name}={value}"));
        let line: Vec<String> = own.chain(kept.map(str::to_owned)).collect();
        match HeaderValue::from_bytes(line.join("; ").as_bytes()) {
            Ok(value) if !line.is_empty() => _ = headers.insert(http::header::COOKIE, value),
            _ => _ = headers.remove(http::header::COOKIE),
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

/// Whether the server has most likely, or by its own word, done nothing with a request that came to it.
fn unseen(error: &TransportError, request: &Request) -> bool {
    match error.delivery {
        Delivery::OnClosingConnection => request.method.is_idempotent(),
        Delivery::NotSent => error.kind == TransportErrorKind::Interrupted,
        Delivery::MayHaveArrived => false,
    }
}

fn refused(error: RedirectError) -> Stop {
    Stop::problem(error.to_string(), Some(error.help()))
}
