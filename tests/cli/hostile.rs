//! Servers and flows that write for terminals, CI systems and browsers: what they say is shown and does nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use crate::project::Project;

/// What somebody would have a terminal, a CI system or a browser do.
const ATTACKS: [&str; 25] = [
    "::error file=x::pwned",
    "  ::set-output name=x::pwned",
    "\t::add-mask::pwned",
    "\u{feff}::warning::pwned",
    ":\u{200b}:error::pwned",
    "##[error]pwned",
    "x ##[group]pwned",
    "##vso[task.setvariable variable=x]pwned",
    "#\u{200b}#vso[task.complete]pwned",
    "##teamcity[buildStop comment='pwned']",
    "\u{1b}[0Ksection_start:1:x\r\u{1b}[0Kpwned",
    "\u{1b}]0;pwned\u{7}",
    "\u{1b}[2J\u{1b}[1;1Hpwned",
    "\u{9b}31mpwned\u{90}q\u{9c}",
    "gone\rpwned",
    "gone\u{8}\u{8}\u{8}\u{8}pwned",
    "a\u{202e}denwp\u{202c}\u{2066}\u{2069}\u{200f}\u{61c}",
    "a\u{2028}::error::pwned\u{85}::error::pwned\u{b}::error::pwned\u{c}::error::pwned",
    "<script>document.title='pwned'</script>",
    "\"><img src=x onerror=\"document.title='pwned'\">",
    "]]><script>pwned</script><![CDATA[",
    "</pre></style></script><!--<svg onload=pwned>&#x1b;",
    "a\n```\n<script>pwned</script>\n~~~\n````\n<img src=pwned>",
    "`a`` <img src=pwned> ``` | pwned | [pwned](javascript:pwned) @pwned `",
    "\n\n# pwned\n\n| pwned |\n|---|\n</code></summary></details><b>pwned",
];

/// A server that says all of it wherever a reply has room.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(&stream);
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let line = |text: &str| text.replace(|c: char| c.is_control(), "");
            let headers: String =
                ATTACKS.iter().enumerate().map(|(n, text)| format!("x-{n}: {}\r\n", line(text))).collect();
            let kind = if head.contains("/json") { "application/json" } else { "text/html; charset=utf-8" };
            let body = match head.contains("/json") {
                true => serde_json::json!({ "message": ATTACKS.join("\n"), "list": ATTACKS }).to_string(),
                false => ATTACKS.join("\n"),
            };
            let reply = format!(
                "HTTP/1.1 200 {}\r\ncontent-type: {kind}\r\nset-cookie: a={}\r\ntrackingid: ::error::pwned\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
                line(ATTACKS[0]),
                line(ATTACKS[18]).replace(';', ""),
                body.len()
            );
            stream.write_all(reply.as_bytes()).ok();
        }
    });
    url
}

/// In double quotes, as YAML and JSON read it; all but ASCII escaped, as YAML wants it of control characters.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in serde_json::to_string(text).unwrap().chars() {
        match c {
            ' '..='~' => out.push(c),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out
}

fn flow(url: &str) -> String {
    let attacks = format!("[{}]", ATTACKS.map(quoted).join(", "));
    let name = quoted("::error::pwned ##vso[x]");
    format!(
        "name: {name}
vars: {{ attacks: {attacks} }}
defaults: {{ base_url: {url} }}
steps:
  - name: {name}
    continue_on_failure: true
    request: GET /text
    capture: {{ all: \"{{{{ response.text }}}}\", reason: \"{{{{ response.reason }}}}\" }}
    expect:
      status: 404
      body: {{ eq: nothing, matches: ^nothing$ }}
      headers: {{ x-0: nothing, x-5: {{ length: 1 }} }}
      cookies: {{ a: nothing }}
      that: [\"response.text == 'x'\", \"response.headers == 1\", \"attacks == 1\"]
  - name: JSON
    continue_on_failure: true
    request: GET /json
    expect: {{ json: {{ $.message: nothing, $.list: {{ all: {{ eq: x }} }} }}, schema: {{ type: array }} }}
  - for_each: {{ text: \"{{{{ attacks }}}}\" }}
    continue_on_failure: true
    check: [\"text == 'x'\"]
  - for_each: {{ text: \"{{{{ attacks }}}}\" }}
    continue_on_failure: true
    request: GET /text/{{{{ text }}}}
    query: {{ q: \"{{{{ text }}}}\" }}
  - for_each: {{ text: \"{{{{ attacks }}}}\" }}
    continue_on_failure: true
    request: GET {{{{ text | safe }}}}
  - for_each: {{ text: \"{{{{ attacks }}}}\" }}
    continue_on_failure: true
    wait: \"{{{{ text }}}}\"
"
    )
}

/// What no text may hold, wherever it is shown: `told` are lines that the program itself may write as commands.
#[track_caller]
fn harmless(what: &str, text: &str, told: &str) {
    let shows_nothing = |c: &char| matches!(c, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}');
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}']) {
        let seen: String = line.chars().filter(|c| !shows_nothing(c)).collect();
        let command = seen.trim_start().starts_with("::") && (told.is_empty() || !seen.starts_with(told));
        assert!(!command, "{what}: a command:\n{line}");
        for begin in ["##[", "##vso[", "##teamcity["] {
            assert!(!seen.contains(begin), "{what}: a command:\n{line}");
        }
    }
    for c in text.chars() {
        let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!bidi && (!c.is_control() || "\n\t".contains(c)), "{what}: {c:?} in:\n{text}");
    }
}

#[test]
fn nothing_that_is_written_is_a_command() {
    let project = Project::new().file("flows/a.flow.yaml", flow(&server()));
    for verbosity in ["-q", "-v", "-vv", "-j1"] {
        let done = project.run(&["run", verbosity]);
        assert_eq!(done.status, 1, "{}", done.stderr);
        assert!(done.stdout.contains("pwned"), "it is shown: {}", done.stdout);
        harmless(verbosity, &done.stdout, "");
        harmless(verbosity, &done.stderr, "");
    }
    for format in ["junit", "json", "html", "markdown", "tap", "events", "har"] {
        let done = project.run(&["run", "-vv", "--report", &format!("{format}=-")]);
        assert_eq!(done.status, 1, "{}", done.stderr);
        assert!(done.stdout.contains("pwned"), "it is reported: {}", done.stdout);
        harmless(format, &done.stdout, "");
        harmless(format, &done.stderr, "");
    }
    for arguments in [&["run", "--dry-run"][..], &["list"], &["validate"], &["explain", "flows/a.flow.yaml"]] {
        let done = project.run(arguments);
        harmless(arguments[0], &done.stdout, "");
        harmless(arguments[0], &done.stderr, "");
    }
    let github = project.variable("GITHUB_ACTIONS", "true");
    let done = github.run(&["run", "-vv"]);
    harmless("GitHub", &done.stdout, "::error file=flows/a.flow.yaml,");
}

#[test]
fn mistakes_in_a_flow_quote_it_harmlessly() {
    for attack in ATTACKS {
        let quoted = quoted(attack);
        for text in [
            format!("{attack}: {attack}\n"),
            format!("steps:\n  - {quoted}: 1\n"),
            format!("{quoted}: {quoted}\n# {attack}\n"),
        ] {
            let project = Project::new().file("flows/a.flow.yaml", text);
            for format in ["text", "json"] {
                let done = project.run(&["validate", "--format", format]);
                assert_eq!(done.status, 2);
                harmless(attack, &done.stdout, "");
                harmless(attack, &done.stderr, "");
            }
        }
    }
}

#[test]
fn pages_and_xml_survive_hostile_bytes() {
    let project = Project::new().file("flows/a.flow.yaml", flow(&server()));
    project.run(&["run", "--report", "html=a.html", "--report", "junit=a.xml", "--report", "markdown=a.md"]);
    let xml = std::fs::read_to_string(project.path("a.xml")).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    assert!(document.descendants().all(|n| !n.has_tag_name("script") && !n.has_tag_name("img")));
    assert!(document.descendants().any(|n| n.text().is_some_and(|t| t.contains("<script>"))));
    let html = std::fs::read_to_string(project.path("a.html")).unwrap();
    assert!(html.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "), "a policy");
    assert!(!html.contains("unsafe-inline") && !html.contains("unsafe-eval"));
    let page = wxflow::xpath::Document::read(&html, wxflow::xpath::Markup::of(Some("text/html"), &html)).ok().unwrap();
    let count = |query: &str| {
        let found = wxflow::xpath::XPath::parse(query).unwrap().query(&page).unwrap();
        found.and_then(|value| value.as_f64()).unwrap() as u64
    };
    assert_eq!(count("count(//img | //iframe | //object | //embed | //base | //a[starts-with(@href, 'http')])"), 0);
    assert_eq!(count("count(//@*[starts-with(name(), 'on')])"), 0);
    assert_eq!(count("count(//@*[starts-with(normalize-space(.), 'javascript:')])"), 0);
    // It has no script at all, and one style.
    assert_eq!((count("count(//script)"), count("count(//style)")), (0, 1));
}

/// What of a Markdown text is no code: neither in a fence nor in a span.
fn outside_code(markdown: &str) -> String {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let (mut out, mut fence) = (String::new(), 0);
    for line in markdown.lines() {
        let ticks = run(line.trim_start());
        let only = line.trim().chars().all(|c| c == '`');
        if fence > 0 {
            fence = if only && ticks >= fence { 0 } else { fence };
            continue;
        }
        if ticks >= 3 && !line.trim_start()[ticks..].contains('`') {
            fence = ticks;
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            let ticks = run(&rest[at..]);
            let after = &rest[at + ticks..];
            // A span ends with as many as it began with.
            let mut end = 0;
            while end < after.len() && (!after[end..].starts_with('`') || run(&after[end..]) != ticks) {
                end += run(&after[end..]).max(after[end..].chars().next().map_or(1, char::len_utf8));
            }
            assert!(end < after.len(), "a backtick opens nothing in:\n{line}");
            out.push_str(&rest[..at]);
            rest = &after[end + ticks..];
        }
        out.push_str(rest);
        out.push('\n');
    }
    assert_eq!(fence, 0, "every fence is closed");
    out
}

#[test]
fn markdown_shows_hostile_text_as_code_alone() {
    let project = Project::new().file("flows/a|b ``<b>@pwned`.flow.yaml", flow(&server()));
    project.run(&["run", "--report", "markdown=a.md"]);
    let markdown = std::fs::read_to_string(project.path("a.md")).unwrap();
    assert!(markdown.contains("<script>"), "it is there: {markdown}");
    let outside = outside_code(&markdown);
    let mut bare = outside.clone();
    for own in ["<details>", "<details open>", "</details>", "<summary>", "</summary>", "<code>", "</code>"] {
        bare = bare.replace(own, "");
    }
    assert!(!bare.contains(['<', '>']), "only the report's own tags: {bare}");
    assert_eq!(outside.matches("<code>").count(), outside.matches("</code>").count());
    // Where it stands in HTML's own code, nothing in it is a character of Markdown.
    for piece in outside.split("<code>").skip(1) {
        let code = piece.split("</code>").next().unwrap();
        assert!(!code.contains(['`', '*', '_', '[', ']', '|', '@', '\\', '<', '!', '$', '"']), "{code}");
    }
    let elsewhere: Vec<&str> = outside.split("<code>").map(|piece| piece.rsplit("</code>").next().unwrap()).collect();
    assert!(!elsewhere.concat().contains("pwned"), "{elsewhere:?}");
    // A bar would end a cell, in code too.
    let rows: Vec<&str> =
        markdown.lines().filter(|line| line.starts_with("| ✅ |") || line.starts_with("| ❌ |")).collect();
    assert_eq!(rows.len(), 1, "{markdown}");
    assert_eq!(rows[0].matches('|').count(), 8, "{}", rows[0]);
}
