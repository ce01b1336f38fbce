//! Routes that tell what they were sent.

use serde_json::json;

use crate::http::HeaderMap;
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;
use crate::value::{Map, Value};

/// `/_wxflow/echo`: the request as JSON: `method`, `url`, `path`, `query` (lists by name), `headers` (lower-case
/// names, lines joined with `, `), `body` as text, and `json`, which is null where the body is none.
pub(in crate::sandbox) fn echo(call: &mut Call) -> Outcome {
    let request = call.request;
    let mut query = Map::new();
    for (name, value) in request.url.query_pairs() {
        let values = query.entry(name.into_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(value.into_owned().into());
        }
    }
    Ok(Answer::json(&json!({
        "method": request.method.as_str(),
        "url": request.url.as_str(),
        "path": request.url.path(),
        "query": query,
        "headers": headers(&request.headers),
        "body": String::from_utf8_lossy(&request.body),
        "json": serde_json::from_slice::<Value>(&request.body).unwrap_or_default(),
    })))
}

pub(super) fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let joined = |name| {
        let lines: Vec<_> = headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
        Value::String(lines.join(", "))
    };
    headers.keys().map(|name| (name.as_str().to_owned(), joined(name))).collect()
}

/// `/_wxflow/cookies`: the cookies that came, by name.
pub(in crate::sandbox) fn cookies(call: &mut Call) -> Outcome {
    let lines = call.request.headers.get_all(::http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookies: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(Answer::json(&json!({"cookies": cookies})))
}

/// `/_wxflow/cookies/set?name=value&…`: sets each, for the whole host.
pub(in crate::sandbox) fn set_cookies(call: &mut Call) -> Outcome {
    let pairs: Vec<_> = call.request.url.query_pairs().collect();
    let set: Map<String, Value> = pairs.iter().map(|(n, v)| (n.to_string(), v.to_string().into())).collect();
    let answer = Answer::json(&json!({"set": set}));
    Ok(pairs.iter().fold(answer, |answer, (name, value)| {
        answer.header(::http::header::SET_COOKIE, &format!("{name}={value}; Path=/"))
    }))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::Lab;
    use serde_json::json;

    #[test]
    fn echo_tells_every_part() {
        let lab = Lab::new();
        let request =
            lab.request("PURGE", "/v1/_wxflow/echo?a=1&b=x%20y&a=2").header("X-One", "1").header("x-one", "2");
        let reply = request.body("{\"k\": [1]}").send();
        assert_eq!(reply.json["method"], "PURGE");
        assert_eq!(reply.json["url"], "http://127.0.0.1:4000/v1/_wxflow/echo?a=1&b=x%20y&a=2");
        assert_eq!(reply.json["path"], "/v1/_wxflow/echo");
        assert_eq!(reply.json["query"], json!({"a": ["1", "2"], "b": ["x y"]}));
        assert_eq!(reply.json["headers"], json!({"x-one": "1, 2"}));
        assert_eq!(reply.json["body"], "{\"k\": [1]}");
        assert_eq!(reply.json["json"], json!({"k": [1]}));
        assert_eq!(lab.post("/_wxflow/echo").body("a=b").send().json["json"], json!(null));
    }

    #[test]
    fn cookies_are_set_and_told() {
        let lab = Lab::new();
        let set = lab.get("/_wxflow/cookies/set?session=abc&theme=dark").send();
        let lines: Vec<_> = set.answer.headers.get_all("set-cookie").iter().collect();
        assert_eq!(lines, ["session=abc; Path=/", "theme=dark; Path=/"]);
        let told = lab.get("/_wxflow/cookies").header("cookie", "session=abc; theme=dark").send();
        assert_eq!(told.json, json!({"cookies": {"session": "abc", "theme": "dark"}}));
    }
}
