//! `/_wxflow/upload`: what arrived, part by part, with the digest of each.

use std::io::{self, Read};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::http::encoding::codings;
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::call::{Call, header};
use crate::sandbox::parts::{self, Part};
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
    let mut answer = match kind.and_then(parts::boundary) {
        Some(boundary) => {
            let parts = parts::read(&body, &boundary)?;
            json!({ "parts": parts.iter().map(part).collect::<Vec<_>>() })
        }
        None => described(&body, kind),
    };
    if let (Value::Object(answer), false) = (&mut answer, codings.is_empty()) {
        answer.insert("encoding".to_owned(), codings.into());
    }
    Ok(Answer::json(&answer))
}

fn part(part: &Part) -> Value {
    let mut described = described(part.bytes, part.kind.as_deref());
    if let Value::Object(members) = &mut described {
        members.insert("name".to_owned(), part.name.as_deref().into());
        members.insert("filename".to_owned(), part.filename.as_deref().into());
    }
    described
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
