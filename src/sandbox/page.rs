//! Lists in pages: `max`, an opaque cursor, and the `Link` header that leads on (RFC 8288).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::answer::{Answer, Outcome, Refusal};
use super::call::Call;
use crate::http::Url;
use crate::value::Value;

/// How many items a page has when `max` is absent, and at most: more is capped silently, as in Webex.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) default: usize,
    pub(super) cap: usize,
}

/// Rooms, memberships, people, webhooks. The real cap of memberships is not known; 1000 is that of rooms.
pub(super) const USUAL: Limits = Limits { default: 100, cap: 1000 };

const CURSOR: &str = "cursor";

/// One page of `rows` as `{items}`. A row is known by its `seq`, so that what was added or deleted between two
/// pages neither repeats nor hides another row.
pub(super) fn page<T: Copy>(
    call: &Call,
    rows: &[T],
    limits: Limits,
    seq: impl Fn(T) -> u64,
    render: impl Fn(T) -> Value,
) -> Outcome {
    page_with(call, rows, limits, seq, render, &[])
}

/// As [`page`], with more members beside `items`.
pub(super) fn page_with<T: Copy>(
    call: &Call,
    rows: &[T],
    limits: Limits,
    seq: impl Fn(T) -> u64,
    render: impl Fn(T) -> Value,
    more: &[(&str, Value)],
) -> Outcome {
    let start = match call.query(CURSOR) {
        None => 0,
        Some(cursor) => {
            let (last, offset) = parse_cursor(&cursor).ok_or_else(|| Refusal::bad_request("Invalid cursor."))?;
            rows.iter().position(|&row| seq(row) == last).map_or(offset, |at| at + 1)
        }
    };
    let max = max(call, limits)?;
    let rest = rows.get(start..).unwrap_or_default();
    let shown = rest.get(..max).unwrap_or(rest);
    let items: Vec<Value> = shown.iter().map(|&row| render(row)).collect();
    let mut body = json!({"items": items});
    for (name, value) in more {
        body[*name] = value.clone();
    }
    let answer = Answer::json(&body);
    Ok(match shown.last() {
        Some(&last) if rest.len() > shown.len() => {
            // The offset is where to go on when the row itself is gone by then.
            let cursor = URL_SAFE_NO_PAD.encode(format!("{}:{}", seq(last), start + shown.len() - 1));
            answer.header(::http::header::LINK, &format!("<{}>; rel=\"next\"", next_url(&call.request.url, &cursor)))
        }
        _ => answer,
    })
}

fn max(call: &Call, limits: Limits) -> Result<usize, Refusal> {
    match call.query("max") {
        None => Ok(limits.default),
        Some(text) => match text.parse::<usize>() {
            Ok(n) if n > 0 => Ok(n.min(limits.cap)),
            _ => Err(Refusal::bad_request(format!("max must be a whole number from 1 to {}", limits.cap))),
        },
    }
}

fn parse_cursor(cursor: &str) -> Option<(u64, usize)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (seq, offset) = text.split_once(':')?;
    Some((seq.parse().ok()?, offset.parse().ok()?))
}

/// The URL as the client wrote it, with the new cursor last.
fn next_url(url: &Url, cursor: &str) -> Url {
    let mut next = url.clone();
    next.set_fragment(None);
    next.query_pairs_mut()
        .clear()
        .extend_pairs(url.query_pairs().filter(|(k, _)| k != CURSOR))
        .append_pair(CURSOR, cursor);
    next
}
