//! A request that is sent more than once: `retry`, `poll`, `paginate`.

use super::{DurationSetting, Setting};
use crate::check::Expect;
use crate::jsonpath::JsonPath;
use crate::source::Span;

/// What stands beside a request to send it again; one box, as most requests have none of it.
#[derive(Debug, Default)]
pub struct Waiting {
    /// `retry`.
    pub retry: Option<Retry>,
    /// `poll`; never together with `paginate`.
    pub poll: Option<Poll>,
    /// `paginate`.
    pub paginate: Option<Paginate>,
}

/// `retry`: each `None` is the language's own default.
#[derive(Debug)]
pub struct Retry {
    /// Where its key stands.
    pub span: Span,
    /// How many sends in all.
    pub attempts: Option<Setting<u32>>,
    /// The first wait.
    pub delay: Option<DurationSetting>,
    /// The factor of each further wait.
    pub backoff: Option<Setting<f64>>,
    /// What is sent again; never empty.
    pub on: Option<Box<[RetryOn]>>,
    /// `unsafe`: also POST and PATCH.
    pub resend_unsafe: bool,
}

/// One entry of `retry.on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// No reply came.
    Network,
    /// The first digit of `5xx`.
    Class(u8),
    /// A status.
    Status(u16),
}

impl RetryOn {
    /// Where `retry` has no `on`.
    pub const DEFAULT: [RetryOn; 2] = [RetryOn::Network, RetryOn::Class(5)];
}

/// `poll`.
#[derive(Debug)]
pub struct Poll {
    /// Where its key stands.
    pub span: Span,
    /// What the reply must be.
    pub until: Expect,
    /// What the reply is when waiting longer is of no use.
    pub fail_when: Option<Expect>,
    /// The wait between two sends.
    pub every: Option<DurationSetting>,
    /// The bound on everything.
    pub within: Option<DurationSetting>,
}

/// `paginate`.
#[derive(Debug)]
pub struct Paginate {
    /// Where its key stands.
    pub span: Span,
    /// Where the list is in a page; a singular path.
    pub items: JsonPath,
    /// Where the next page's URL is; `None` looks at the `Link` header (RFC 8288).
    pub next: Option<JsonPath>,
    /// The most pages.
    pub max_pages: Option<Setting<u32>>,
}
