//! Routes that answer as they are told to: a status, a redirect, an encoding, a size, a delay.

use std::time::Duration;

use serde_json::json;

use crate::sandbox::answer::{Answer, Encoding, Outcome, Refusal};
use crate::sandbox::call::Call;

/// The most `/_wxflow/bytes` gives: more than the language's default body limit, so that the limit can be tested.
const MOST_BYTES: usize = 256 << 20;

/// The longest `/_wxflow/slow` waits.
const LONGEST: Duration = Duration::from_secs(600);

pub(super) const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<spaces total="2">
  <space id="1" locked="false"><title>Plans &amp; deeds</title><members>3</members></space>
  <space id="2" locked="true"><title>Chloé</title><members>12</members></space>
</spaces>
"#;

/// `/_wxflow/status/{code}`: that code, from 200 to 599, with `{status}`; `?retry_after=N` adds `Retry-After`.
pub(in crate::sandbox) fn status(call: &mut Call) -> Outcome {
    let code = call.param.parse().ok().filter(|code| (200..600).contains(code));
    let code: u16 = code.ok_or_else(|| Refusal::bad_request("The status must be from 200 to 599."))?;
    let answer = match code {
        204 | 205 | 304 => Answer::empty(code),
        _ => Answer::json_with(code, &json!({"status": code})),
    };
    Ok(match call.query("retry_after") {
        Some(wait) => answer.header(::http::header::RETRY_AFTER, &wait),
        None => answer,
    })
}

/// `/_wxflow/redirect?to=URL&status=302`; without `to`, to the echo.
pub(in crate::sandbox) fn redirect(call: &mut Call) -> Outcome {
    let to = call.query("to").unwrap_or_else(|| "/_wxflow/echo".to_owned());
    let code = call.query("status").map_or(Some(302), |code| code.parse().ok().filter(|c| (300..400).contains(c)));
    let code = code.ok_or_else(|| Refusal::bad_request("The status of a redirect must be from 300 to 399."))?;
    Ok(Answer::empty(code).header(::http::header::LOCATION, &to))
}

/// `/_wxflow/encoded/{gzip|deflate|br|zstd}`: JSON, encoded whatever `Accept-Encoding` says.
pub(in crate::sandbox) fn encoded(call: &mut Call) -> Outcome {
    let encoding = match call.param.as_ref() {
        "gzip" => Encoding::Gzip,
        "deflate" => Encoding::Deflate,
        "br" => Encoding::Brotli,
        "zstd" => Encoding::Zstd,
        _ => return Err(Refusal::bad_request("The encodings are gzip, deflate, br and zstd.")),
    };
    let body = json!({"encoding": call.param, "text": "sandbox ".repeat(64)});
    let mut answer = Answer::json(&body).header(::http::header::CONTENT_ENCODING, &call.param);
    answer.encoding = Some(encoding);
    Ok(answer)
}

/// `/_wxflow/slow?ms=N`: the answer comes that much later.
pub(in crate::sandbox) fn slow(call: &mut Call) -> Outcome {
    let wait = call.query("ms").and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
    let wait = wait.filter(|wait| *wait <= LONGEST);
    let wait = wait.ok_or_else(|| Refusal::bad_request("ms must be a whole number up to 600000."))?;
    let mut answer = Answer::json(&json!({"ms": wait.as_millis() as u64}));
    answer.delay = wait;
    Ok(answer)
}

/// `/_wxflow/bytes/{n}`: n bytes, counting 0 to 255 over and over.
pub(in crate::sandbox) fn bytes(call: &mut Call) -> Outcome {
    let count = call.param.parse().ok().filter(|n| *n <= MOST_BYTES);
    let count: usize =
        count.ok_or_else(|| Refusal::bad_request(format!("The number must be from 0 to {MOST_BYTES}.")))?;
    let body: Vec<u8> = (0..=u8::MAX).cycle().take(count).collect();
    Ok(Answer::with_body(200, "application/octet-stream", body))
}

/// `/_wxflow/xml`: a small document.
pub(in crate::sandbox) fn xml(_: &mut Call) -> Outcome {
    Ok(Answer::with_body(200, "application/xml", DOCUMENT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::testing::Lab;

    #[test]
    fn a_status_is_answered() {
        let lab = Lab::new();
        let reply = lab.get("/_wxflow/status/503?retry_after=2").send();
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")));
        assert_eq!(lab.get("/_wxflow/status/204").send().answer.body.len(), 0);
        assert_eq!(lab.get("/_wxflow/status/700").send().status, 400);
    }

    #[test]
    fn a_redirect_goes_where_told() {
        let lab = Lab::new();
        let reply = lab.post("/_wxflow/redirect?to=https://other.example/x%3Fa=1&status=307").send();
        assert_eq!((reply.status, reply.header("location")), (307, Some("https://other.example/x?a=1")));
        assert_eq!(lab.get("/_wxflow/redirect").send().header("location"), Some("/_wxflow/echo"));
        assert_eq!(lab.get("/_wxflow/redirect?status=200").send().status, 400);
    }

    #[test]
    fn encodings_delays_and_sizes_are_set() {
        let lab = Lab::new();
        let reply = lab.get("/_wxflow/encoded/br").send();
        assert_eq!((reply.header("content-encoding"), reply.answer.encoding), (Some("br"), Some(Encoding::Brotli)));
        assert_eq!(lab.get("/_wxflow/encoded/lzw").send().status, 400);
        assert_eq!(lab.get("/_wxflow/slow?ms=150").send().answer.delay, Duration::from_millis(150));
        let body = lab.get("/_wxflow/bytes/300").send().answer.body;
        assert_eq!((body.len(), body[255], body[256]), (300, 255, 0));
        assert_eq!(lab.get("/_wxflow/bytes/-1").send().status, 400);
        assert_eq!(lab.get("/_wxflow/xml").send().header("content-type"), Some("application/xml"));
    }
}
