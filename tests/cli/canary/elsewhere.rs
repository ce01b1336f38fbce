//! The commands beside a run: replays, merged reports, imports, guest tokens, and a secret that a person types.

use super::Case;

/// A replay of what the run recorded, which is given no secret.
#[track_caller]
pub(super) fn replayed(case: &Case, reports: &[&str]) {
    let replay = ["run", "flows/passes.flow.yaml", "-e", "e", "-vv", "--data", "given/rows.json"];
    let status = case.quiet(&[&replay[..], &["--replay", "out/recording.json"], reports].concat());
    assert_eq!(status, 0, "the replay passes");
}

/// The reports of a run, joined with another set of reports from them.
#[track_caller]
pub(super) fn merged(case: &Case) {
    let merge = ["report", "merge", "out/json"];
    let formats = ["junit", "json", "html", "markdown", "tap", "events"];
    let reports: Vec<String> = formats.iter().map(|format| format!("--report={format}=merged/{format}")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    assert_eq!(case.quiet(&[&merge[..], &reports].concat()), 1);
}

/// A person at a terminal types a secret, of the kind that a line can hold.
#[track_caller]
#[cfg(target_os = "linux")]
pub(super) fn typed(case: &Case) {
    let canary = case.canaries.iter().find(|c| c.name == "s_typed").unwrap();
    if !canary.fits_header() {
        return;
    }
    let arguments = format!("run asking -vv --report json=out/asked.json --var url={}", case.server.url);
    let mut session = crate::prompts::Session::new(&case.project, &arguments);
    session.answer("s_typed, not shown: ", &canary.value);
    let (status, screen) = session.end();
    assert_eq!(status, 1, "{screen}");
    case.search("the terminal", &[&arguments], screen.as_bytes());
    case.search("a report", &[&arguments], &std::fs::read(case.project.path("out/asked.json")).unwrap());
    let seen = case.server.seen();
    assert_eq!(seen.first().unwrap().path()[2].trim(), canary.value.trim(), "what was typed was sent");
}

#[cfg(not(target_os = "linux"))]
pub(super) fn typed(_: &Case) {}

/// What other programs saved, secrets and all.
#[track_caller]
pub(super) fn imported(case: &Case) {
    let value = |name: &str| {
        let canary = case.canaries.iter().find(|c| c.name == name).unwrap();
        // To Postman, `{{ x }}` in a value is a variable and no secret.
        let plain = canary.fits_header() && !canary.value.contains("{{");
        if plain { canary.value.trim() } else { canary.core.as_str() }
    };
    let (token, cookie, password) = (value("s_file"), value("s_env"), value("s_stdin"));
    let shell = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let percent =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let body = serde_json::json!({ "password": password, "plain": 1 }).to_string();
    let curl = format!(
        "curl -X POST 'https://a.example/x?access_token={}' -H {} -b {} -u {} -d {}\n",
        percent(token),
        shell(&format!("X-Api-Key: {token}")),
        shell(&format!("sid={}", cookie.replace(';', ""))),
        shell(&format!("me:{password}")),
        shell(&body),
    );
    let header = |name: &str, value: String| serde_json::json!({ "name": name, "value": value });
    let har = serde_json::json!({ "log": { "version": "1.2", "creator": { "name": "browser", "version": "1" }, "entries": [{
        "startedDateTime": "2026-01-01T00:00:00Z", "time": 1,
        "request": {
            "method": "POST", "url": format!("https://a.example/x?access_token={}", percent(token)), "httpVersion": "HTTP/1.1",
            "headers": [header("Authorization", format!("Bearer {token}")), header("Cookie", format!("sid={}", cookie.replace(';', "")))],
            "queryString": [], "cookies": [], "headersSize": -1, "bodySize": -1,
            "postData": { "mimeType": "application/json", "text": body },
        },
        "response": {
            "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "redirectURL": "",
            "headers": [header("Content-Type", "application/json".into())], "headersSize": -1, "bodySize": -1,
            "content": { "size": 1, "mimeType": "application/json", "text": serde_json::json!({ "access_token": token }).to_string() },
        },
        "cache": {}, "timings": { "send": 1, "wait": 1, "receive": 1 },
    }] } });
    let postman = serde_json::json!({
        "info": { "name": "P", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": token }] },
        "item": [{ "name": "One", "request": {
            "method": "POST", "url": "https://a.example/x",
            "header": [{ "key": "X-Api-Key", "value": token }, { "key": "Cookie", "value": format!("sid={cookie}") }],
            "body": { "mode": "raw", "raw": body },
        } }],
        "variable": [{ "key": "client_secret", "value": password }],
    });
    for (name, text) in [("call.sh", curl), ("saved.har", har.to_string()), ("c.json", postman.to_string())] {
        std::fs::write(case.project.path("given").join(name), text).unwrap();
    }
    for (kind, file) in
        [("curl", "given/call.sh"), ("har", "given/saved.har"), ("postman", "given/c.json"), ("har", "out/har")]
    {
        case.quiet(&["import", kind, file, "--out", &format!("imported/{kind}"), "--force"]);
    }
}

/// Guest tokens: the secret that signs them, and a Service App's token that is refused.
#[track_caller]
pub(super) fn guest(case: &Case) {
    let file = ["-i", "aXNzdWVy", "-s", "@given/s_file"];
    for command in [
        &["guest", "create", "visitor-1", "Ann"][..],
        &["guest", "quick", "visitor-1", "Ann"],
        &["guest", "verify", "a.b.c"],
    ] {
        let rest: &[&str] = if command.contains(&"verify") { &file[2..] } else { &file };
        case.searched(&[command, rest].concat());
    }
}
