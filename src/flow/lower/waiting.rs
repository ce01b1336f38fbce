//! `retry`, `poll`, `paginate`.

use std::time::Duration;

use super::Reader;
use super::settings::is_template;
use crate::check::Expect;
use crate::diagnostic::Code;
use crate::flow::{DurationSetting, Paginate, Poll, Retry, RetryOn, Setting, Waiting, shape};
use crate::jsonpath::JsonPath;
use crate::source::Span;
use crate::value::Value;
use crate::yaml::{Data, Fields, Node};

/// The longest wait of `retry`.
const LONGEST: Duration = Duration::from_secs(30);
/// The most `attempts`, and the highest `backoff`.
const MOST: u32 = 100;
/// The most `max_pages`.
const MOST_PAGES: u32 = 100_000;

impl Reader<'_> {
    /// What sends a request again; `None` where nothing does.
    pub(super) fn waiting(&mut self, fields: &Fields<'_, '_>) -> Option<Box<Waiting>> {
        let with_key = |key| fields.get(key).zip(fields.key_span(key));
        let retry = with_key("retry").and_then(|(n, at)| self.retry(n, at));
        let poll = with_key("poll").and_then(|(n, at)| self.poll(n, at));
        let paginate = with_key("paginate").and_then(|(n, at)| self.paginate(n, at));
        if let (Some(first), Some(second)) = (fields.key_span("poll"), fields.key_span("paginate")) {
            self.diagnostics
                .error(Code::ConflictingKeys, second, "`poll` and `paginate` cannot stand together in a step")
                .related(first, "the other one")
                .help("poll in a step of its own until the list is ready, then page through it in the next step");
        }
        let any = retry.is_some() || poll.is_some() || paginate.is_some();
        any.then(|| Box::new(Waiting { retry, poll, paginate }))
    }

    fn retry(&mut self, node: &Node<'_>, span: Span) -> Option<Retry> {
        if node.scalar().is_some() {
            self.diagnostics
                .error(Code::WrongType, node.span, "`retry` must be a mapping")
                .help("write `retry: { attempts: 3 }`: three sends in all; to send once, remove the key");
            return None;
        }
        let fields = Fields::read(node, &shape::RETRY, self.diagnostics)?;
        Some(Retry {
            span,
            attempts: fields.get("attempts").and_then(|n| self.count(n, "`attempts`", MOST)),
            delay: fields.get("delay").and_then(|n| self.delay(n)),
            backoff: fields.get("backoff").and_then(|n| self.backoff(n)),
            on: fields.get("on").and_then(|n| self.retry_on(n)),
            resend_unsafe: fields.get("unsafe").and_then(|n| n.boolean("`unsafe`", self.diagnostics)).unwrap_or(false),
        })
    }

    /// A whole number from 1.
    fn count(&mut self, node: &Node<'_>, what: &str, most: u32) -> Option<Setting<u32>> {
        if is_template(node) {
            return Some(Setting::Rendered(Box::new(self.template(node, what)?)));
        }
        let count = node.integer(what, 1, self.diagnostics)?;
        match u32::try_from(count).ok().filter(|count| *count <= most) {
            Some(count) => Some(Setting::Fixed(count)),
            None => {
                self.diagnostics
                    .error(Code::InvalidValue, node.span, format!("{what} is {count}: {most} is the most"))
                    .help("write a smaller number");
                None
            }
        }
    }

    fn delay(&mut self, node: &Node<'_>) -> Option<DurationSetting> {
        let setting = self.duration(node, "`delay`")?;
        if matches!(setting, Setting::Fixed(delay) if delay > LONGEST) {
            self.diagnostics
                .error(Code::InvalidDuration, node.span, "`delay` is more than 30s, the longest wait of `retry`")
                .help("write 30s or less; to wait longer between two looks use `poll`");
            return None;
        }
        Some(setting)
    }

    fn backoff(&mut self, node: &Node<'_>) -> Option<Setting<f64>> {
        if is_template(node) {
            return Some(Setting::Rendered(Box::new(self.template(node, "`backoff`")?)));
        }
        let before = self.diagnostics.len();
        match node.scalar_value(self.diagnostics) {
            Some(Value::Number(n)) => {
                if let Some(n) = n.as_f64().filter(|n| (1.0..=f64::from(MOST)).contains(n)) {
                    return Some(Setting::Fixed(n));
                }
                self.diagnostics
                    .error(Code::InvalidValue, node.span, format!("`backoff` is a number from 1 to {MOST}, not {n}"))
                    .help("2 doubles each wait, 1 leaves them all the same");
                None
            }
            _ if self.diagnostics.len() > before => None,
            _ => node.mismatch("`backoff`", "a number", self.diagnostics),
        }
    }

    fn retry_on(&mut self, node: &Node<'_>) -> Option<Box<[RetryOn]>> {
        if let Some(text) = node.scalar() {
            self.diagnostics
                .error(Code::WrongType, node.span, "`on` must be a list")
                .help(format!("write `on: [{text}]`"));
            return None;
        }
        let items = node.list("`on`", self.diagnostics)?;
        if items.is_empty() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, "`on` is empty, so nothing is ever sent again")
                .help("remove it: [network, 5xx] is the default; or remove `retry`");
        }
        let on: Vec<_> = items.iter().map(|item| self.retry_cause(item)).collect();
        on.into_iter().collect()
    }

    fn retry_cause(&mut self, node: &Node<'_>) -> Option<RetryOn> {
        let Some(text) = node.scalar() else {
            return node.mismatch("an entry of `on`", "`network`, a class like `5xx`, or a status", self.diagnostics);
        };
        let (message, help) = match text.as_bytes() {
            b"network" => return Some(RetryOn::Network),
            [class @ (b'4' | b'5'), b'x', b'x'] => return Some(RetryOn::Class(class - b'0')),
            b"429" => (
                "429 is never `retry`'s: `rate_limit` handles it".to_owned(),
                "remove it: a 429 is waited for as the server asks, unless `rate_limit` says otherwise",
            ),
            _ => match text.parse::<u16>() {
                Ok(status @ 400..=599) => return Some(RetryOn::Status(status)),
                Ok(status @ 100..=399) => (
                    format!("`retry` is for failures, and {status} is none"),
                    "to send again until the reply is as wanted use `poll`",
                ),
                _ => (
                    format!("`{text}` is nothing to send again on"),
                    "write `network`, a class like `5xx`, or a status from 400 to 599",
                ),
            },
        };
        self.diagnostics.error(Code::InvalidStatus, node.span, message).help(help);
        None
    }

    fn poll(&mut self, node: &Node<'_>, span: Span) -> Option<Poll> {
        if node.scalar().is_some() {
            self.diagnostics
                .error(Code::WrongType, node.span, "`poll` must be a mapping")
                .help("write `poll: { until: { json: { $.status: done } } }`: what the reply must be");
            return None;
        }
        let fields = Fields::read(node, &shape::POLL, self.diagnostics)?;
        let until = fields.get("until").and_then(|n| self.condition(n, "`until`"));
        let fail_when = fields.get("fail_when").map(|n| self.condition(n, "`fail_when`"));
        let every = fields.get("every").and_then(|n| self.positive(n, "`every`"));
        let within = fields.get("within").and_then(|n| self.positive(n, "`within`"));
        let within_or_default = match &within {
            None => Some(crate::flow::POLL_WITHIN),
            Some(Setting::Fixed(within)) => Some(*within),
            Some(Setting::Rendered(_)) => None,
        };
        if let (Some(Setting::Fixed(every)), Some(within), Some(node)) =
            (&every, within_or_default, fields.get("every"))
            && *every > within
        {
            self.diagnostics
                .error(Code::InvalidDuration, node.span, "`every` is longer than `within`: it would look only once")
                .help("make `within` longer (left out it is 60s), or `every` shorter");
        }
        let fail_when = match fail_when {
            Some(None) => return None,
            Some(fail_when) => fail_when,
            None => None,
        };
        Some(Poll { span, until: until?, fail_when, every, within })
    }

    /// An `expect` that must say something.
    fn condition(&mut self, node: &Node<'_>, what: &str) -> Option<Expect> {
        let (code, message) = match &node.data {
            Data::Map(entries) if entries.is_empty() => (Code::MissingKey, format!("{what} asks nothing")),
            Data::Scalar(..) | Data::List(_) => (Code::WrongType, format!("{what} must be a mapping, as `expect` is")),
            Data::Map(_) | Data::Broken => return self.looked_at(node, what),
        };
        let help = "write what the reply must be: `{ json: { $.status: done } }`, or `{ status: 200 }`";
        self.diagnostics.error(code, node.span, message).help(help);
        None
    }

    /// A condition of `poll`: an `expect` that is asked at each look, so it keeps no snapshot.
    fn looked_at(&mut self, node: &Node<'_>, what: &str) -> Option<Expect> {
        let expect = Expect::lower(node, &mut self.checks())?;
        if let Some(rule) = expect.snapshot() {
            self.diagnostics
                .error(Code::InvalidValue, rule.span(), format!("{what} keeps no snapshot"))
                .help("it looks at every reply on the way; put the snapshot into `expect`, which judges the last one");
        }
        Some(expect)
    }

    fn paginate(&mut self, node: &Node<'_>, span: Span) -> Option<Paginate> {
        if let Some(text) = node.scalar().filter(|text| text.starts_with('$')) {
            self.diagnostics
                .error(Code::WrongType, node.span, "`paginate` must be a mapping")
                .help(format!("write `paginate: {{ items: {text} }}`"));
            return None;
        }
        let fields = Fields::read(node, &shape::PAGINATE, self.diagnostics)?;
        let items = fields.get("items").and_then(|n| self.items(n));
        let next = fields.get("next").map(|n| self.checks().json_path(n));
        let max_pages = fields.get("max_pages").and_then(|n| self.count(n, "`max_pages`", MOST_PAGES));
        let next = match next {
            Some(None) => return None,
            Some(next) => next,
            None => None,
        };
        Some(Paginate { span, items: items?, next, max_pages })
    }

    /// The path of the list: it must name one place, as the joined list is put there.
    fn items(&mut self, node: &Node<'_>) -> Option<JsonPath> {
        let path = self.checks().json_path(node)?;
        if !path.is_singular() {
            let whole = path.as_str().strip_suffix("[*]");
            let help = match whole {
                Some(list) => format!("write `{list}`: the list itself, not what is in it"),
                None => "write the path of the list itself, of names and indexes only, like `$.items`".to_owned(),
            };
            self.diagnostics
                .error(Code::InvalidJsonPath, node.span, "`items` must name one list, and this path can find several")
                .help(help);
            return None;
        }
        Some(path)
    }
}
