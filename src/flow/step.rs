//! One step: exactly one action, and what stands around it.

use std::sync::Arc;

use super::{Binding, DurationSetting, RequestTemplate, Waiting};
use crate::check::{Capture, Expect};
use crate::jwt::Algorithm;
use crate::source::Span;
use crate::template::{Expression, Template, ValueTemplate};

/// One step of a flow, or one cleanup.
#[derive(Debug)]
pub struct Step {
    /// Where its first key stands.
    pub span: Span,
    /// How it is called: its `name`, else its action in words (`GET /people/me`).
    pub label: Arc<str>,
    /// Its `id`.
    pub id: Option<Arc<str>>,
    /// Where the `id` stands, else where the step does.
    pub id_span: Span,
    /// Runs only where this is true.
    pub when: Option<Box<Expression>>,
    /// Runs once per item.
    pub for_each: Option<Box<ForEach>>,
    /// Whether the flow goes on after it failed.
    pub continue_on_failure: bool,
    /// Whether a later template reads `steps.<id>.response`, so that the reply must be kept.
    pub keep_response: bool,
    /// What it does.
    pub action: Action,
    /// What it binds from its result, in the file's order.
    pub captures: Vec<NamedCapture>,
}

impl Step {
    /// What files of this step are called: its `id`, else its label in small letters with `-` between the words.
    #[must_use]
    pub fn slug(&self) -> String {
        if let Some(id) = &self.id {
            return id.to_string();
        }
        const LONGEST: usize = 80;
        let lower = self.label.to_lowercase();
        let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let slug: String = words.join("-").chars().take(LONGEST).collect();
        if slug.is_empty() { "step".to_owned() } else { slug }
    }
}

/// `capture: { name: source }`.
#[derive(Debug)]
pub struct NamedCapture {
    /// The name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub span: Span,
    /// Where the value comes from.
    pub capture: Capture,
}

/// `for_each: { name: list }`.
#[derive(Debug)]
pub struct ForEach {
    /// The item's name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub span: Span,
    /// What gives the list.
    pub items: ValueTemplate,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// `request`.
    Request(Box<RequestStep>),
    /// `jwt`.
    Jwt(Box<JwtStep>),
    /// `set`.
    Set(Vec<Binding>),
    /// `wait`.
    Wait(DurationSetting),
    /// `check`.
    Check(Vec<Expression>),
}

/// A request, what is expected of its reply, and what undoes it.
#[derive(Debug)]
pub struct RequestStep {
    /// What is sent.
    pub request: RequestTemplate,
    /// What the reply must be.
    pub expect: Expect,
    /// `retry`, `poll`, `paginate`.
    pub waiting: Option<Box<Waiting>>,
    /// Request steps that are registered once the reply was accepted.
    pub cleanup: Vec<Step>,
}

/// `jwt: …`: a JSON Web Token to sign (RFC 7519).
#[derive(Debug)]
pub struct JwtStep {
    /// The signature algorithm.
    pub algorithm: Algorithm,
    /// What it is signed with.
    pub key: Key,
    /// Header parameters besides `alg` and `typ`: an object.
    pub header: Option<ValueTemplate>,
    /// The claims: an object.
    pub claims: ValueTemplate,
    /// How long from now `exp` is.
    pub expires_in: Option<DurationSetting>,
}

/// The key of a [`JwtStep`], as written.
#[derive(Debug)]
pub enum Key {
    /// An HMAC secret in base64, either alphabet, padded or not.
    Base64(Template),
    /// An HMAC secret as UTF-8 text.
    Text(Template),
    /// An HMAC secret in hex.
    Hex(Template),
    /// A private key in PEM.
    Pem(Template),
}
