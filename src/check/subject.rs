//! What a predicate of `expect` is asked about: one part of the reply.

use super::missing::nothing_at;
use super::predicate::{About, Actual, Domain, Operator, Predicate};
use super::reply::Reply;
use super::verdict::Verdict;
use crate::jsonpath::JsonPath;
use crate::template::Context;
use crate::value::Value;
use crate::xpath::{Gives, XPath};

/// A part of the reply.
#[derive(Debug)]
pub(super) enum Subject {
    /// A header by its lower-case name.
    Header(Box<str>),
    Json(Box<JsonPath>),
    XPath(Box<XPath>),
    Body,
    Sha256,
    Cookie(Box<str>),
    Duration,
    Url,
    Redirects,
    DaysLeft,
    /// Of the certificate.
    Owner,
    /// Of the certificate.
    Issuer,
}

/// The one header whose lines cannot be joined (RFC 6265 section 3).
pub(super) const SET_COOKIE: &str = "set-cookie";

impl Subject {
    /// What its predicate will look at.
    pub(super) fn domain(&self) -> Domain {
        match self {
            Subject::Header(name) if &**name == SET_COOKIE => Domain::List,
            Subject::Header(_) => Domain::Header,
            Subject::Json(path) if path.is_singular() => Domain::Any,
            Subject::Json(_) | Subject::Redirects => Domain::List,
            Subject::XPath(path) => match path.gives() {
                Gives::Nodes => Domain::Nodes,
                Gives::Text => Domain::Text,
                Gives::Number | Gives::Boolean => Domain::Any,
            },
            Subject::DaysLeft => Domain::Any,
            Subject::Owner | Subject::Issuer => Domain::Text,
            Subject::Body | Subject::Url | Subject::Cookie(_) => Domain::Text,
            Subject::Sha256 => Domain::Digest,
            Subject::Duration => Domain::Duration,
        }
    }

    /// Asks `predicate` about this part of `reply`.
    pub(super) fn judge(
        &self,
        predicate: &Predicate,
        reply: &Reply<'_>,
        context: &Context<'_>,
        out: &mut Vec<Verdict>,
    ) {
        let name = self.name();
        let missing = || self.missing(reply);
        let about = About { subject: &name, missing: &missing };
        let mut unknown = false;
        if context.is_replay() {
            predicate.names(&mut |used| unknown = unknown || context.is_unknown(&used));
        }
        let mut ask = |actual: Actual<'_>| {
            let first = out.len();
            predicate.judge(&about, actual, context, out);
            let hidden = self.is_hidden(actual, reply, context);
            for verdict in out.iter_mut().skip(first) {
                // That something is there is known of what is hidden, too.
                verdict.hidden = unknown || hidden && verdict.predicate != Operator::Exists.words();
            }
        };
        match self {
            Subject::Header(header) if &**header == SET_COOKIE => {
                let lines = header_lines(reply, header);
                let nodes: Vec<_> = lines.iter().collect();
                ask(if nodes.is_empty() { Actual::Missing } else { Actual::Nodes(&nodes) });
            }
            Subject::Header(header) => match reply.response.header(header) {
                Some(text) => ask(Actual::Header(&text)),
                None => ask(Actual::Missing),
            },
            Subject::Json(path) => match reply.json() {
                Ok(body) => match path.query(body) {
                    Ok(nodes) if path.is_singular() => {
                        ask(nodes.first().copied().map_or(Actual::Missing, Actual::Value));
                    }
                    Ok(nodes) => ask(if nodes.is_empty() { Actual::NoNodes } else { Actual::Nodes(&nodes) }),
                    Err(error) => out.push(predicate.unanswered(&name, format!("`{path}` {error}"))),
                },
                Err(message) => out.push(predicate.unanswered(&name, message)),
            },
            Subject::XPath(path) => match reply.xpath(path) {
                Ok(found) => ask(found.as_ref().map_or(Actual::Missing, Actual::Value)),
                Err(message) => out.push(predicate.unanswered(&name, message)),
            },
            Subject::Body => ask(Actual::Text(reply.response.text())),
            Subject::Sha256 => ask(Actual::Text(reply.sha256())),
            Subject::Cookie(cookie) => ask(reply.cookie(cookie).map_or(Actual::Missing, Actual::Text)),
            Subject::Duration => ask(Actual::Text(&reply.duration_text())),
            Subject::Url => ask(Actual::Text(reply.url)),
            Subject::DaysLeft | Subject::Owner | Subject::Issuer => match reply.certificate() {
                Ok(shown) => {
                    let days = Value::from(shown.days_left(context.ambient().now()));
                    ask(match self {
                        Subject::Owner => Actual::Text(&shown.subject),
                        Subject::Issuer => Actual::Text(&shown.issuer),
                        _ => Actual::Value(&days),
                    });
                }
                Err(message) => out.push(predicate.unanswered(&name, message)),
            },
            Subject::Redirects => ask(Actual::Value(&reply.redirects_value())),
        }
    }

    /// In a replay: whether the recording hides what is looked at, or a part of it.
    fn is_hidden(&self, actual: Actual<'_>, reply: &Reply<'_>, context: &Context<'_>) -> bool {
        match (self, actual) {
            (Subject::DaysLeft | Subject::Owner | Subject::Issuer, _) => context.is_replay(),
            (Subject::Sha256, _) => context.hides(reply.response.text()),
            (_, Actual::Value(value)) => context.is_replay() && context.hides(&value.to_string()),
            (_, Actual::Nodes(nodes)) => context.is_replay() && nodes.iter().any(|v| context.hides(&v.to_string())),
            (_, Actual::Text(text) | Actual::Header(text)) => context.hides(text),
            (_, Actual::Missing | Actual::NoNodes) => false,
        }
    }

    /// As reports and messages name it.
    pub(super) fn name(&self) -> String {
        match self {
            Subject::Header(name) => format!("header {name}"),
            Subject::Json(path) => path.to_string(),
            Subject::XPath(path) => path.to_string(),
            Subject::Body => "body".to_owned(),
            Subject::Sha256 => "sha256".to_owned(),
            Subject::Cookie(name) => format!("cookie {name}"),
            Subject::Duration => "duration".to_owned(),
            Subject::Url => "url".to_owned(),
            Subject::Redirects => "redirects".to_owned(),
            Subject::DaysLeft => "certificate days_left".to_owned(),
            Subject::Owner => "certificate subject".to_owned(),
            Subject::Issuer => "certificate issuer".to_owned(),
        }
    }

    fn missing(&self, reply: &Reply<'_>) -> String {
        match self {
            Subject::Json(path) => reply.json().map_or_else(|why| why, |body| nothing_at(path, body)),
            Subject::Header(name) => format!("the reply has no header `{name}`"),
            Subject::Cookie(name) => format!("the reply sets no cookie `{name}`"),
            other => format!("there is no {}", other.name()),
        }
    }
}

/// A header's lines, each for itself.
pub(super) fn header_lines(reply: &Reply<'_>, name: &str) -> Vec<Value> {
    let lines = reply.response.headers.get_all(name).iter();
    lines.map(|line| Value::from(String::from_utf8_lossy(line.as_bytes()))).collect()
}
