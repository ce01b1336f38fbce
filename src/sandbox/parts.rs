//! The parts of a `multipart/form-data` body (RFC 7578), as servers read them.

use super::answer::Refusal;
use super::call::header;
use crate::http::{HeaderMap, HeaderName, HeaderValue};

/// One part; what it does not say is `None`.
pub(super) struct Part<'a> {
    pub(super) name: Option<String>,
    pub(super) filename: Option<String>,
    /// Its content type.
    pub(super) kind: Option<String>,
    pub(super) bytes: &'a [u8],
}

/// The boundary that a multipart content type names.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    if !content_type.to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameter(content_type, "boundary")
}

/// A parameter of `a; name="value"`.
fn parameter(text: &str, name: &str) -> Option<String> {
    let value = text.split(';').skip(1).find_map(|p| {
        let (n, value) = p.split_once('=')?;
        n.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })?;
    Some(value.trim_matches('"').replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

/// The parts between the boundaries.
///
/// # Errors
/// 400 where the body is cut, or no such body at all.
pub(super) fn read<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, Refusal> {
    split(body, boundary).ok_or_else(|| Refusal::bad_request("The multipart body does not end with its boundary."))
}

fn split<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("\r\n--{boundary}");
    let opening = format!("--{boundary}");
    let mut rest = body.strip_prefix(opening.as_bytes())?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let end = find(rest, delimiter.as_bytes())?;
        let part = rest.get(..end)?.strip_prefix(b"\r\n")?;
        parts.push(part_of(part)?);
        rest = rest.get(end + delimiter.len()..)?;
    }
    Some(parts)
}

fn part_of(part: &[u8]) -> Option<Part<'_>> {
    // A part without a head begins with the empty line.
    let (head, bytes) = match part.strip_prefix(b"\r\n") {
        Some(bytes) => (&b""[..], bytes),
        None => {
            let end = find(part, b"\r\n\r\n")?;
            (part.get(..end)?, part.get(end + 4..)?)
        }
    };
    let mut headers = HeaderMap::new();
    for line in head.split(|b| *b == b'\n') {
        let line = String::from_utf8_lossy(line).into_owned();
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).ok()?);
    }
    let disposition = headers.get("content-disposition").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let disposition = disposition.unwrap_or_default();
    let kind = header(&headers, "content-type").map(str::to_owned);
    let (name, filename) = (parameter(&disposition, "name"), parameter(&disposition, "filename"));
    Some(Part { name, filename, kind, bytes })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
