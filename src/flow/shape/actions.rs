//! The actions of a step, and the keys that go with one of them only.

/// The actions of a step: exactly one stands in each.
pub(crate) const ACTIONS: &[&str] = &["request", "jwt", "use", "set", "wait", "check"];
/// The keys that stand only beside `use`.
pub(crate) const USE_ONLY: &[&str] = &["with", "once"];
/// The keys that stand only beside `request`.
pub(crate) const REQUEST_ONLY: &[&str] = &[
    "query",
    "headers",
    "cookies",
    "auth",
    "json",
    "form",
    "multipart",
    "text",
    "file",
    "timeout",
    "redirects",
    "http",
    "save",
    "retry",
    "rate_limit",
    "poll",
    "paginate",
    "expect",
    "cleanup",
];
