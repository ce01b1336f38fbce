//! Misbehaviour on purpose: `--fault rate-limit=N|latency=MS|error=RATE|expire-tokens`, fixed by the seed.
//!
//! Faults touch Webex's routes only; the routes under `/_wxflow/` stay reliable.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::answer::Refusal;
use super::call::Caller;
use super::ids::Generator;
use super::store::{Role, Store};

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// After this many requests a token gets 429 with `Retry-After: 1`; a second later it has as many again.
    RateLimit(u32),
    /// Every answer comes this much later.
    Latency(Duration),
    /// The part of requests, 0 to 1, answered 500, 502, 503 or 504 and not carried out.
    Error(f64),
    /// Every token but a bot's dies after a few requests (5 to 9), with 401 from then on.
    ExpireTokens,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v)));
        let wrong = |what: &str| format!("`{text}` is no fault: {what}");
        match (name, value) {
            ("rate-limit", Some(v)) => {
                v.parse().map(Self::RateLimit).map_err(|_| wrong("write rate-limit=10 for 10 requests"))
            }
            ("latency", Some(v)) => v
                .parse()
                .map(|ms| Self::Latency(Duration::from_millis(ms)))
                .map_err(|_| wrong("write latency=200 for 200 ms")),
            ("error", Some(v)) => match v.parse::<f64>() {
                Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(Self::Error(rate)),
                _ => Err(wrong("write error=0.1 for one request in ten; the rate is 0 to 1")),
            },
            ("expire-tokens", None) => Ok(Self::ExpireTokens),
            ("expire-tokens", Some(_)) => Err(wrong("expire-tokens has no value")),
            ("rate-limit" | "latency" | "error", None) => Err(wrong(&format!("write {name}=VALUE"))),
            _ => Err(wrong("the faults are rate-limit=N, latency=MS, error=RATE and expire-tokens")),
        }
    }
}

/// The faults that are on, and what each token has used up.
pub(super) struct Faults {
    rate_limit: Option<u32>,
    latency: Duration,
    error_rate: f64,
    expires_tokens: bool,
    generator: Generator,
    windows: HashMap<String, Window>,
    lives: HashMap<String, usize>,
}

#[derive(Default)]
struct Window {
    used: u32,
    closed_until: Option<Timestamp>,
}

impl Faults {
    pub(super) fn new(generator: Generator) -> Self {
        Self {
            rate_limit: None,
            latency: Duration::ZERO,
            error_rate: 0.0,
            expires_tokens: false,
            generator,
            windows: HashMap::new(),
            lives: HashMap::new(),
        }
    }

    pub(super) fn turn_on(&mut self, fault: Fault) {
        match fault {
            Fault::RateLimit(n) => self.rate_limit = Some(n),
            Fault::Latency(delay) => self.latency = delay,
            Fault::Error(rate) => self.error_rate = rate,
            Fault::ExpireTokens => self.expires_tokens = true,
        }
    }

    pub(super) fn latency(&self) -> Duration {
        self.latency
    }

    /// The failure that strikes before anything is looked at.
    pub(super) fn strike(&mut self) -> Result<(), Refusal> {
        if self.error_rate <= 0.0 || self.generator.unit() >= self.error_rate {
            return Ok(());
        }
        Err(match self.generator.below(4) {
            0 => Refusal::new(500, "Something went wrong on the server."),
            1 => Refusal::new(502, "The server received an invalid response from an upstream server."),
            2 => Refusal::new(503, "The server is overloaded with requests. Try again later."),
            _ => Refusal::new(504, "An upstream server failed to respond on time."),
        })
    }

    /// Counts one request of a known token.
    pub(super) fn count(
        &mut self,
        token: &str,
        caller: Caller,
        store: &mut Store,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(limit) = self.rate_limit {
            let window = self.windows.entry(token.to_owned()).or_default();
            match window.closed_until {
                Some(until) if now < until => return Err(too_many()),
                Some(_) => *window = Window::default(),
                None => {}
            }
            if window.used >= limit {
                window.closed_until = now.checked_add(SignedDuration::from_secs(1)).ok();
                return Err(too_many());
            }
            window.used += 1;
        }
        if self.expires_tokens && caller.role != Role::Bot {
            let left = self.lives.entry(token.to_owned()).or_insert_with(|| 5 + self.generator.below(5));
            if *left == 0 {
                store.tokens.remove(token);
                return Err(Refusal::unauthorized());
            }
            *left -= 1;
        }
        Ok(())
    }
}

fn too_many() -> Refusal {
    Refusal::new(
        429,
        "Too many requests have been sent in a given amount of time and the request has been rate limited.",
    )
    .header(::http::header::RETRY_AFTER, "1")
}

#[cfg(test)]
mod tests {
    use super::super::testing::Lab;
    use super::*;

    #[test]
    fn faults_are_read_and_mistakes_explained() {
        assert_eq!("rate-limit=5".parse(), Ok(Fault::RateLimit(5)));
        assert_eq!("latency=200".parse(), Ok(Fault::Latency(Duration::from_millis(200))));
        assert_eq!("error=0.25".parse(), Ok(Fault::Error(0.25)));
        assert_eq!("expire-tokens".parse(), Ok(Fault::ExpireTokens));
        for (text, help) in [
            ("rate-limit", "write rate-limit=VALUE"),
            ("rate-limit=x", "rate-limit=10"),
            ("error=2", "0 to 1"),
            ("error=NaN", "0 to 1"),
            ("expire-tokens=1", "no value"),
            ("lag=1", "the faults are"),
        ] {
            let message = text.parse::<Fault>().unwrap_err();
            assert!(message.contains(help), "{message}");
        }
    }

    #[test]
    fn a_rate_limit_counts_each_token_and_recovers_after_the_wait() {
        let lab = Lab::with_faults(&[Fault::RateLimit(2)]);
        let me = |token: &str| lab.get("/people/me").token(token).send();
        let (person, bot) = (lab.person(), lab.variable("WEBEX_BOT_TOKEN"));
        assert_eq!((me(&person).status, me(&person).status), (200, 200));
        let refused = me(&person);
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
        assert!(refused.json["trackingId"].is_string());
        assert_eq!((me(&person).status, me(&bot).status), (429, 200));
        lab.advance(1);
        assert_eq!((me(&person).status, me(&person).status, me(&person).status), (200, 200, 429));
    }

    #[test]
    fn errors_strike_at_their_rate_and_change_nothing() {
        let lab = Lab::with_faults(&[Fault::Error(0.5)]);
        let body = serde_json::json!({"title": "x"});
        let statuses: Vec<_> =
            (0..200).map(|_| lab.post("/rooms").token(&lab.person()).json(&body).send().status).collect();
        let made = statuses.iter().filter(|s| **s == 200).count();
        assert!((70..130).contains(&made), "{made}");
        assert!(statuses.iter().all(|s| matches!(s, 200 | 500 | 502 | 503 | 504)));
        let list = loop {
            let reply = lab.get("/rooms?max=1000").token(&lab.person()).send();
            if reply.status == 200 {
                break reply;
            }
        };
        assert_eq!(list.items(), made);
        assert_eq!(lab.get("/_wxflow/echo").send().status, 200);
    }

    #[test]
    fn tokens_expire_after_some_requests_but_a_bots() {
        let lab = Lab::with_faults(&[Fault::ExpireTokens]);
        let lived = |token: &str| (0..20).filter(|_| lab.get("/people/me").token(token).send().status == 200).count();
        assert!((5..10).contains(&lived(&lab.person())));
        assert_eq!(lived(&lab.variable("WEBEX_BOT_TOKEN")), 20);
    }

    #[test]
    fn latency_delays_webex_routes_only() {
        let lab = Lab::with_faults(&[Fault::Latency(Duration::from_millis(40))]);
        let me = lab.get("/people/me").token(&lab.person()).send();
        assert_eq!(me.answer.delay, Duration::from_millis(40));
        assert_eq!(lab.get("/_wxflow/echo").send().answer.delay, Duration::ZERO);
        // A refusal comes as late as any other answer.
        assert_eq!(lab.get("/people/me").send().answer.delay, Duration::from_millis(40));
    }
}
