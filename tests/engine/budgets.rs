//! Flows and replies that would take hours or all memory: each meets a bound, and is told which.
//!
//! Without the bound a test here does not fail, it does not end: nothing is timed.

use serde_json::{Value, json};

use crate::harness::{Scripted, Setup, json as reply, load, run};

/// What running one step says went wrong.
#[track_caller]
fn fails(step: &str, says: &str) {
    let ran = run(&format!("vars: {{ x: abcdefgh }}\nsteps:\n  - {step}\n")).failed();
    let wrong = ran.wrong().join("\n");
    assert!(wrong.contains(says), "{step}: {wrong:.400}");
}

/// What loading says.
#[track_caller]
fn refused(flow: &str, says: &str) {
    let Err(problems) = load(flow) else { panic!("{flow:.80} was accepted") };
    let told: Vec<_> = problems.iter().map(|d| d.message.clone()).collect();
    assert!(told.iter().any(|message| message.contains(says)), "{flow:.80}: {told:.400?}");
}

/// What one assertion about a reply says.
#[track_caller]
fn answers(body: Scripted, expect: &str, says: &str) {
    let flow = format!("steps:\n  - request: GET https://a.test/\n    expect: {expect}\n");
    let ran = Setup { script: Some(vec![body]), ..Setup::default() }.run(&flow).failed();
    let wrong = ran.wrong().join("\n");
    assert!(wrong.contains(says), "{expect}: {wrong:.400}");
}

fn text(kind: &str, body: String) -> Scripted {
    Scripted::Reply(200, vec![("content-type", kind.to_owned())], body)
}

#[test]
fn misspelt_names_are_compared_with_all_others_only_so_often() {
    let vars: String = (0..300).map(|n| format!("  variable_{n}: 1\n")).collect();
    let steps: String = (0..300).map(|n| format!("  - set: {{ x: \"{{{{ varable_{n} }}}}\" }}\n")).collect();
    let Err(problems) = load(&format!("vars:\n{vars}steps:\n{steps}")) else { panic!("it was accepted") };
    let hints = problems.iter().filter(|d| d.help.as_ref().is_some_and(|help| help.starts_with("did you mean")));
    assert_eq!((problems.len(), hints.count()), (300, 100));
}

#[test]
fn templates_take_neither_time_nor_memory_without_end() {
    for (expression, says) in [
        ("range(1000000000) | length", "10000"),
        ("'x' * 1000000000", "16 MiB"),
        ("range(9999) | map('upper') | join(x * 100000)", "16 MiB"),
        ("x | replace('', x * 1000000)", "16 MiB"),
        ("'%1000000000d' | format(1)", "16 MiB"),
        ("[0] * 1000000000", "16 MiB"),
        ("10 ** 1000000000", ""),
    ] {
        fails(&format!("set: {{ y: \"{{{{ {expression} }}}}\" }}"), says);
    }
    let doubling: String = (0..40).map(|_| "      x: \"{{ x ~ x }}\"\n").collect::<String>();
    assert!(doubling.len() > 40);
    let steps: String = (0..40).map(|_| "  - set: { y: \"{{ y ~ y }}\" }\n").collect();
    let ran = run(&format!("steps:\n  - set: {{ y: abcdefgh }}\n{steps}")).failed();
    assert!(ran.wrong().join("\n").contains("16 MiB"), "{:.400}", ran.wrong().join("\n"));
}

#[test]
fn templates_nest_and_grow_only_so_far() {
    for (open, close) in [("(", ")"), ("[", "]"), ("not ", ""), ("x[", "]"), ("-", "")] {
        let expression = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
        refused(&format!("vars: {{ x: 1 }}\nsteps:\n  - set: {{ y: \"{{{{ {expression} }}}}\" }}\n"), "");
    }
    let long = vec!["x"; 100_000].join(" ~ ");
    refused(&format!("vars: {{ x: 1 }}\nsteps:\n  - set: {{ y: \"{{{{ {long} }}}}\" }}\n"), "");
}

#[test]
fn regular_expressions_have_a_size() {
    refused(
        "steps:\n  - request: GET https://a.test/\n    expect: { body: { matches: '(?:a{1000}){1000}{1000}' } }\n",
        "size limit",
    );
    fails("set: { y: \"{{ 'a' | regex_find(x ~ '{1000}{1000}{1000}') }}\" }", "size limit");
    let nested = "(".repeat(100_000) + &")".repeat(100_000);
    fails(&format!("set: {{ y: \"{{{{ x | regex_find(x ~ '{nested}') }}}}\" }}"), "no regular expression");
    // What makes others backtrack for ever is answered at once.
    let hostile = text("text/plain", "a".repeat(100_000) + "!");
    answers(hostile, "{ body: { matches: '^(a+)+$' } }", "matches");
}

#[test]
fn yaml_is_neither_deep_nor_a_bomb() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        (0..2_000).map(|i| " ".repeat(i) + "a:\n").collect(),
    ] {
        refused(&text, "nested too deeply");
    }
    let bomb: String = (1..12).map(|i| format!("x-{i}: &x{i} [{}]\n", format!("*x{}, ", i - 1).repeat(9))).collect();
    refused(&format!("x-0: &x0 [a, a]\n{bomb}steps: *x11\n"), "aliases");
}

#[test]
fn jsonpaths_look_at_so_much_and_no_more() {
    let rows: Vec<Value> = (0..3_000).map(|i| json!({ "id": i, "name": format!("n{i}") })).collect();
    let body = json!({ "items": rows });
    for path in ["$..[?count($..*) == 1]", "$..[?$..none]", "$.items[?$.items[?@.id == -1]]", "$..[?$ == $]"] {
        let says = "has to look at more than 5 million values: ask with a narrower path";
        answers(reply(200, &body), &format!("{{ json: {{ \"{path}\": {{ exists: true }} }} }}"), says);
    }
    let deep = "$[?(".to_owned() + &"(".repeat(100_000);
    refused(&format!("steps:\n  - request: GET https://a.test/\n    capture: {{ a: \"{deep}\" }}\n"), "64 deep");
    let capture = "steps:\n  - request: GET https://a.test/\n    capture: { a: '$..[?$..none]' }\n";
    let ran = Setup { script: Some(vec![reply(200, &body)]), ..Setup::default() }.run(capture).failed();
    assert!(ran.wrong().join("\n").contains("5 million"), "{:?}", ran.wrong());
    let ignore = "steps:\n  - request: GET https://a.test/\n    expect: { snapshot: { ignore: ['$..[?$..none]'] } }\n";
    let ran = Setup { script: Some(vec![reply(200, &body)]), ..Setup::default() }.run(ignore).failed();
    assert!(!ran.wrong().is_empty());
}

#[test]
fn schemas_neither_backtrack_nor_recurse_without_end() {
    let word = json!("a".repeat(40) + "!");
    answers(reply(200, &word), "{ schema: { pattern: '^(?:(a)|(?=a)a)*!!$' } }", "limit");
    answers(reply(200, &word), "{ schema: { pattern: '^(a|a)*\\1$' } }", "");
    refused(
        "steps:\n  - request: GET https://a.test/\n    expect: { schema: { pattern: '(?:a{1000}){1000}{1000}' } }\n",
        "",
    );
    let endless = "{ schema: { $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a', type: integer } }";
    answers(reply(200, &word), endless, "");
    let two = "{ schema: { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { allOf: [{ $ref: '#/$defs/a' }] } }, \
               $ref: '#/$defs/a', type: integer } }";
    answers(reply(200, &word), two, "");
}

#[test]
fn json_replies_are_so_deep_and_no_deeper() {
    for body in ["[".repeat(1_000_000), "{\"a\":".repeat(100_000), "[".repeat(200) + &"]".repeat(200)] {
        answers(text("application/json", body), "{ json: { $.a: 1 } }", "deep");
    }
}

#[test]
fn markup_has_no_entities_and_is_so_deep() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>".to_owned();
    answers(text("text/xml", bomb), "{ xpath: { //a: x } }", "DOCTYPE");
    let file = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".to_owned();
    answers(text("text/xml", file), "{ xpath: { //a: x } }", "DOCTYPE");
    for kind in ["text/xml", "text/html"] {
        for tag in ["a", "b", "div", "table"] {
            let open = format!("<{tag}>").repeat(100_000);
            let close = format!("</{tag}>").repeat(100_000);
            answers(text(kind, open + &close), "{ xpath: { //zzz: x } }", "");
        }
    }
    let wide = format!("<r>{}</r>", "<i/>".repeat(20_000));
    answers(text("text/xml", wide), "{ xpath: { \"//i[count(//i) = count(//*)]\": x } }", "5 million");
}

#[test]
fn headers_are_read_in_one_pass() {
    let link = |value: String| Scripted::Reply(200, vec![("link", value)], "[]".to_owned());
    for value in [
        "<".repeat(100_000),
        "<a>; rel=\"".repeat(20_000),
        "\"\\".repeat(50_000),
        ",".repeat(200_000),
        "<https://a.test/>; rel=x, ".repeat(20_000),
    ] {
        let flow = "steps:\n  - request: GET https://a.test/\n    paginate: { items: $ }\n";
        Setup { script: Some(vec![link(value)]), ..Setup::default() }.run(flow).passed();
    }
    let cookies = (0..3_000).map(|i| ("set-cookie", format!("c{i}={}; Path=/", "v".repeat(1000)))).collect();
    let flow = "steps:\n  - request: GET https://a.test/\n  - request: GET https://a.test/\n";
    let script = vec![Scripted::Reply(200, cookies, String::new()), Scripted::Reply(200, Vec::new(), String::new())];
    let ran = Setup { script: Some(script), ..Setup::default() }.run(flow);
    let sent: usize = ran.sent.iter().flat_map(|r| r.headers.iter()).map(|(_, v)| v.len()).sum();
    assert!(sent < 1 << 20, "{sent} bytes of cookies went back");
}
