//! `/_wxflow/digest`: a page behind Digest authentication (RFC 7616), as the query wants it.

use serde_json::json;

use crate::http::HeaderMap;
use crate::http::digest::{Hash, Question, strongest};
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::call::{Call, header};

const REALM: &str = "sandbox";

/// `?user=…&password=…&algorithm=SHA-256&qop=auth&stale=1`: answers `{user, nc}` to a right answer and a challenge to
/// any other. Left out: `guest`, `secret`, SHA-256, `auth`. With `stale` the first nonce is refused as too old once it
/// was answered.
pub(in crate::sandbox) fn digest(call: &mut Call) -> Outcome {
    let user = call.query("user").unwrap_or_else(|| "guest".to_owned());
    let password = call.query("password").unwrap_or_else(|| "secret".to_owned());
    let algorithm = call.query("algorithm").unwrap_or_else(|| "SHA-256".to_owned());
    let qop = call.query("qop").unwrap_or_else(|| "auth".to_owned());
    let stale = call.query("stale").is_some();
    if Hash::of(&algorithm).is_none() {
        return Err(Refusal::bad_request(format!("algorithm {algorithm} is not known")));
    }
    let challenge = |nonce: &str, more: &str| {
        format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", qop=\"{qop}\", algorithm={algorithm}, opaque=\"o\"{more}")
    };
    let refuse = |line: String| {
        Err(Refusal::unauthorized()
            .header(::http::header::WWW_AUTHENTICATE, "Basic realm=\"sandbox\"")
            .header(::http::header::WWW_AUTHENTICATE, line))
    };
    let Some(given) = header(&call.request.headers, "authorization") else { return refuse(challenge("first", "")) };
    let (nonce, count, cnonce) = (value(given, "nonce"), value(given, "nc"), value(given, "cnonce"));
    let count = u32::from_str_radix(&count.unwrap_or_default(), 16).unwrap_or(0);
    let target = &call.request.url[url::Position::BeforePath..url::Position::AfterQuery];
    let nonce = nonce.unwrap_or_default();
    let mut asked = HeaderMap::new();
    asked.extend(challenge(&nonce, "").parse().ok().map(|line| (::http::header::WWW_AUTHENTICATE, line)));
    let Ok(Some(asked)) = strongest(&asked) else { return refuse(challenge("first", "")) };
    let expected = asked.response(&Question {
        username: &user,
        password: &password,
        method: call.request.method.as_str(),
        uri: target,
        body: &call.request.body,
        cnonce: &cnonce.unwrap_or_default(),
        count,
    });
    let right = value(given, "response").as_deref() == Some(&expected)
        && value(given, "uri").as_deref() == Some(target)
        && value(given, "username").as_deref() == Some(&user);
    match (right, nonce.as_str()) {
        (true, "first") if stale => refuse(challenge("second", ", stale=true")),
        (true, "first" | "second") => Ok(Answer::json(&json!({ "user": user, "nc": count }))),
        _ => refuse(challenge("first", "")),
    }
}

/// A parameter of an `Authorization` line.
fn value(line: &str, name: &str) -> Option<String> {
    let parameters = line.split_once(' ')?.1;
    let found = parameters.split(", ").find_map(|p| p.split_once('=').filter(|(n, _)| *n == name))?;
    Some(found.1.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::testing::Lab;

    fn answer(lab: &Lab, target: &str, password: &str) -> (u16, String) {
        let refused = lab.get(target).send();
        let challenge = strongest(&refused.answer.headers).unwrap().unwrap();
        let question =
            Question { username: "guest", password, method: "GET", uri: target, body: b"", cnonce: "c", count: 1 };
        let reply = lab.get(target).header("authorization", &challenge.answer(&question)).send();
        let lines = reply.answer.headers.get_all("www-authenticate").iter();
        (reply.status, lines.map(|v| v.to_str().unwrap()).collect())
    }

    #[test]
    fn the_right_answer_opens_and_others_are_challenged() {
        let lab = Lab::new();
        for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"] {
            let target = format!("/_wxflow/digest?algorithm={algorithm}&qop=auth-int");
            assert_eq!(answer(&lab, &target, "secret").0, 200, "{algorithm}");
            assert_eq!(answer(&lab, &target, "wrong").0, 401, "{algorithm}");
        }
        let (status, lines) = answer(&lab, "/_wxflow/digest?stale=1", "secret");
        assert!(status == 401 && lines.contains("stale=true"), "{lines}");
        assert_eq!(lab.get("/_wxflow/digest?algorithm=ROT13").send().status, 400);
    }
}
