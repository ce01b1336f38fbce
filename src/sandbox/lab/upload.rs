//! `/_wxflow/upload`: what arrived, part by part, with the digest of each.

use std::io::{self, Read};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::http::HeaderMap;
use crate::http::encoding::codings;
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::call::{Call, header};
use crate::value::Value;

/// The most that a packed body may unpack to.
const MOST: u64 = 128 << 20;

/// Answers `{parts: [{name, filename, type, size, sha256, text}]}` for `multipart/form-data`, else
/// `{size, sha256, type, text}`. `text` is null where the bytes are not UTF-8. `encoding` lists what was unpacked.
pub(in crate::sandbox) fn upload(call: &mut Call) -> Outcome {
    let headers = &call.request.headers;
    let codings = codings(headers);
    let body = unpack(&codings, &call.request.body)
        .map_err(|_| Refusal::bad_request("The body is not what its Content-Encoding says."))?;
    let kind = header(headers, "content-type");
    let mut answer = match kind.and_then(boundary) {
        Some(boundary) => {
            let parts = parts(&body, &boundary)
                .ok_or_else(|| Refusal::bad_request("The multipart body does not end with its boundary."))?;
            json!({ "parts": parts })
        }
        None => described(&body, kind),
    };
    if let (Value::Object(answer), false) = (&mut answer, codings.is_empty()) {
        answer.insert("encoding".to_owned(), codings.into());
    }
    Ok(Answer::json(&answer))
}

fn described(bytes: &[u8], kind: Option<&str>) -> Value {
    let digest = Sha256::digest(bytes);
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({ "type": kind, "size": bytes.len(), "sha256": hex, "text": std::str::from_utf8(bytes).ok() })
}

fn unpack(codings: &[String], body: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = body.to_vec();
    for coding in codings.iter().rev() {
        let mut out = Vec::new();
        let packed = body.as_slice();
        match coding.as_str() {
            "gzip" | "x-gzip" => flate2::read::MultiGzDecoder::new(packed).take(MOST).read_to_end(&mut out)?,
            "deflate" => flate2::read::ZlibDecoder::new(packed).take(MOST).read_to_end(&mut out)?,
            "br" => brotli::Decompressor::new(packed, 4096).take(MOST).read_to_end(&mut out)?,
            "zstd" => zstd::stream::read::Decoder::new(packed)?.take(MOST).read_to_end(&mut out)?,
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        body = out;
    }
    Ok(body)
}

fn boundary(content_type: &str) -> Option<String> {
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

/// The parts between the boundaries; `None` where the body is cut.
fn parts(body: &[u8], boundary: &str) -> Option<Vec<Value>> {
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

fn part_of(part: &[u8]) -> Option<Value> {
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
        let name = crate::http::HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        headers.append(name, crate::http::HeaderValue::from_bytes(value.trim().as_bytes()).ok()?);
    }
    let disposition = headers.get("content-disposition").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let disposition = disposition.unwrap_or_default();
    let mut described = described(bytes, header(&headers, "content-type"));
    if let Value::Object(members) = &mut described {
        members.insert("name".to_owned(), parameter(&disposition, "name").into());
        members.insert("filename".to_owned(), parameter(&disposition, "filename").into());
    }
    Some(described)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use crate::http::Bytes;
    use crate::http::encoding::encode;
    use crate::http::multipart::Multipart;
    use crate::sandbox::testing::Lab;
    use serde_json::json;

    #[test]
    fn parts_are_told_one_by_one() {
        let mut form = Multipart::new(1);
        form.text("title", "Stève");
        form.file("files", "a \"b\".png", "image/png", b"\x89\r\n--x");
        let kind = format!("multipart/form-data; boundary={}", form.boundary());
        let lab = Lab::new();
        let mut request = lab.post("/_wxflow/upload").header("content-type", &kind).build();
        request.body = form.finish();
        let answer = lab.sandbox.handle(&request);
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let parts = answer["parts"].as_array().unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((&parts[0]["name"], &parts[0]["text"]), (&json!("title"), &json!("Stève")));
        assert_eq!((&parts[0]["filename"], &parts[0]["type"]), (&json!(null), &json!(null)));
        assert_eq!((&parts[1]["filename"], &parts[1]["type"]), (&json!("a \"b\".png"), &json!("image/png")));
        assert_eq!((&parts[1]["size"], &parts[1]["text"]), (&json!(6), &json!(null)));
        request.body = request.body.slice(..request.body.len() - 10);
        assert_eq!(lab.sandbox.handle(&request).status, 400);
    }

    #[test]
    fn a_raw_body_is_one_thing_and_packed_ones_are_unpacked() {
        let lab = Lab::new();
        let told = lab.post("/_wxflow/upload").header("content-type", "text/plain").body("abc").send().json;
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(told, json!({ "type": "text/plain", "size": 3, "sha256": sha256, "text": "abc" }));
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let mut request = lab.post("/_wxflow/upload").header("content-encoding", coding).build();
            request.body = encode(&[coding.to_owned()], Bytes::from_static(b"abc")).unwrap();
            let answer = lab.sandbox.handle(&request);
            let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!((&answer["sha256"], &answer["encoding"]), (&json!(sha256), &json!([coding])));
        }
        assert_eq!(lab.post("/_wxflow/upload").header("content-encoding", "gzip").body("abc").send().status, 400);
    }
}
