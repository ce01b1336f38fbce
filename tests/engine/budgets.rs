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
    assert_eq!(wrong, says, "{step}");
}

/// What loading says.
#[track_caller]
fn refused(flow: &str, says: &str) {
    let Err(problems) = load(flow) else { panic!("{flow:.80} was accepted") };
    let told: Vec<_> = problems.iter().map(|d| d.message.clone()).collect();
    assert_eq!(told.first().map(String::as_str), Some(says), "{flow:.80}");
}

/// What one assertion about a reply says.
#[track_caller]
fn answers(body: Scripted, expect: &str, says: &str) {
    let flow = format!("steps:\n  - request: GET https://a.test/\n    expect: {expect}\n");
    let ran = Setup { script: Some(vec![body]), ..Setup::default() }.run(&flow).failed();
    let wrong = ran.wrong().join("\n");
    assert_eq!(wrong, says, "{expect}");
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
    let grows = "the value grows over 16 MiB, the most one may hold";
    for (expression, says) in [
        ("range(1000000000) | length", "range gives 1000000000 items; the most is 10000"),
        ("'x' * 1000000000", grows),
        ("range(9999) | map('upper') | join(x * 100000)", &format!("`join`: {grows}")),
        ("x | replace('', x * 1000000)", &format!("`replace`: {grows}")),
        ("'%1000000000d' | format(1)", &format!("`format`: {grows}")),
        ("[0] * 1000000000", grows),
        ("10 ** 1000000000", "10 ** 1000000000 does not fit into a 64-bit integer"),
    ] {
        fails(&format!("set: {{ y: \"{{{{ {expression} }}}}\" }}"), says);
    }
    let doubling: String = (0..40).map(|_| "      x: \"{{ x ~ x }}\"\n").collect::<String>();
    assert!(doubling.len() > 40);
    let steps: String = (0..40).map(|_| "  - set: { y: \"{{ y ~ y }}\" }\n").collect();
    let ran = run(&format!("steps:\n  - set: {{ y: abcdefgh }}\n{steps}")).failed();
    assert_eq!(ran.wrong(), [grows]);
}

#[test]
fn templates_nest_and_grow_only_so_far() {
    for (open, close) in [("(", ")"), ("[", "]"), ("not ", ""), ("x[", "]"), ("-", "")] {
        let expression = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
        refused(
            &format!("vars: {{ x: 1 }}\nsteps:\n  - set: {{ y: \"{{{{ {expression} }}}}\" }}\n"),
            "the expression is too long",
        );
    }
    let long = vec!["x"; 100_000].join(" ~ ");
    refused(
        &format!("vars: {{ x: 1 }}\nsteps:\n  - set: {{ y: \"{{{{ {long} }}}}\" }}\n"),
        "the expression is too long",
    );
}

#[test]
fn regular_expressions_have_a_size() {
    refused(
        "steps:\n  - request: GET https://a.test/\n    expect: { body: { matches: '(?:a{1000}){1000}{1000}' } }\n",
        "this is not a regular expression: Compiled regex exceeds size limit of 10485760 bytes.",
    );
    fails(
        "set: { y: \"{{ 'a' | regex_find(x ~ '{1000}{1000}{1000}') }}\" }",
        "`regex_find`: `abcdefgh{1000}{1000}{1000}` is no regular expression: Compiled regex exceeds size limit of 10485760 bytes.",
    );
    let nested = "(".repeat(100_000) + &")".repeat(100_000);
    let says = format!(
        "`regex_find`: `abcdefgh{nested}` is no regular expression: \
         exceed the maximum number of nested parentheses/brackets (250)"
    );
    fails(&format!("set: {{ y: \"{{{{ x | regex_find(x ~ '{nested}') }}}}\" }}"), &says);
    // What makes others backtrack for ever is answered at once.
    let hostile = text("text/plain", "a".repeat(100_000) + "!");
    answers(hostile, "{ body: { matches: '^(a+)+$' } }", "body matches \"^(a+)+$\": ");
}

#[test]
fn yaml_is_neither_deep_nor_a_bomb() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        (0..2_000).map(|i| " ".repeat(i) + "a:\n").collect(),
    ] {
        refused(&text, "this is nested too deeply");
    }
    let bomb: String = (1..12).map(|i| format!("x-{i}: &x{i} [{}]\n", format!("*x{}, ", i - 1).repeat(9))).collect();
    refused(&format!("x-0: &x0 [a, a]\n{bomb}steps: *x11\n"), "aliases expand to more than 100000 values");
}

#[test]
fn jsonpaths_look_at_so_much_and_no_more() {
    let rows: Vec<Value> = (0..3_000).map(|i| json!({ "id": i, "name": format!("n{i}") })).collect();
    let body = json!({ "items": rows });
    for path in ["$..[?count($..*) == 1]", "$..[?$..none]", "$.items[?$.items[?@.id == -1]]", "$..[?$ == $]"] {
        let says = format!(
            "{path} exists: null: `{path}` has to look at more than 5 million values: ask with a narrower path"
        );
        answers(reply(200, &body), &format!("{{ json: {{ \"{path}\": {{ exists: true }} }} }}"), &says);
    }
    let deep = "$[?(".to_owned() + &"(".repeat(100_000);
    let why = "` is not a JSONPath: filters stand in each other more than 64 deep";
    let says = format!("`{}…{}{why}", &deep[..1999], "(".repeat(2000 - why.len()));
    refused(&format!("steps:\n  - request: GET https://a.test/\n    capture: {{ a: \"{deep}\" }}\n"), &says);
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
    let fails = "schema matches null: the body does not match the schema:\n  the body: ";
    let backtracks = &format!("{fails}Error executing regex: Max limit for backtracking count exceeded");
    let type_error = &format!("{fails}{word} is not of type \"integer\"");
    answers(reply(200, &word), "{ schema: { pattern: '^(?:(a)|(?=a)a)*!!$' } }", backtracks);
    answers(reply(200, &word), "{ schema: { pattern: '^(a|a)*\\1$' } }", backtracks);
    refused(
        "steps:\n  - request: GET https://a.test/\n    expect: { schema: { pattern: '(?:a{1000}){1000}{1000}' } }\n",
        "this is no JSON Schema: at /pattern: \"(?:a{1000}){1000}{1000}\" is no regular expression",
    );
    let endless = "{ schema: { $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a', type: integer } }";
    answers(reply(200, &word), endless, type_error);
    let two = "{ schema: { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { allOf: [{ $ref: '#/$defs/a' }] } }, \
               $ref: '#/$defs/a', type: integer } }";
    answers(reply(200, &word), two, type_error);
}

#[test]
fn json_replies_are_so_deep_and_no_deeper() {
    for (begin, body, column) in [
        ("[", "[".repeat(1_000_000), 128),
        ("{\"a\":", "{\"a\":".repeat(100_000), 636),
        ("[", "[".repeat(200) + &"]".repeat(200), 128),
    ] {
        let begins: String = begin.repeat(60).chars().take(60).collect();
        let says = format!(
            "$.a equals null: the body is not JSON: it is nested more than 127 deep at line 1, column {column}; \
             it is application/json and begins with `{begins}…`"
        );
        answers(text("application/json", body), "{ json: { $.a: 1 } }", &says);
    }
}

#[test]
fn markup_has_no_entities_and_is_so_deep() {
    let begins = |body: &str| body.chars().take(60).collect::<String>();
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>".to_owned();
    let file = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".to_owned();
    for body in [bomb, file] {
        let says = format!(
            "//a equals null: the body cannot be read as XML: it has a DOCTYPE, and wxflow reads no DTD and no entities \
             (a DTD can make a parser read files and grow without bound; ask `body` about the text instead); \
             it is text/xml and begins with `{}…`",
            begins(&body)
        );
        answers(text("text/xml", body), "{ xpath: { //a: x } }", &says);
    }
    for (kind, name) in [("text/xml", "XML"), ("text/html", "HTML")] {
        for tag in ["a", "b", "div", "table"] {
            let body = format!("<{tag}>").repeat(100_000) + &format!("</{tag}>").repeat(100_000);
            let deep = format!(
                "//zzz equals null: the body cannot be read as {name}: its elements are nested more than 512 deep \
                 (use `body: {{ contains: … }}` or `matches` on its text); it is {kind} and begins with `{}…`",
                begins(&body)
            );
            // HTML ends an `a`, and a `table`, where the next one begins.
            let flat = name == "HTML" && (tag == "a" || tag == "table");
            let says = if flat { "//zzz equals \"x\": there is no //zzz" } else { &deep };
            answers(text(kind, body), "{ xpath: { //zzz: x } }", says);
        }
    }
    let wide = format!("<r>{}</r>", "<i/>".repeat(20_000));
    let path = "//i[count(//i) = count(//*)]";
    let says =
        format!("{path} equals null: `{path}` has to look at more than 5 million nodes: ask with a narrower path");
    answers(text("text/xml", wide), &format!("{{ xpath: {{ \"{path}\": x }} }}"), &says);
}

#[test]
fn the_parts_of_a_form_have_a_size() {
    let parts: String = (0..1_000).map(|n| format!("      p{n}: \"{{{{ y }}}}\"\n")).collect();
    let flow = format!(
        "vars: {{ y: \"{{{{ 'y' * 15000000 }}}}\" }}\nsteps:\n  - request: POST https://a.test/\n    multipart:\n{parts}"
    );
    let ran = Setup { script: Some(Vec::new()), ..Setup::default() }.run(&flow).failed();
    assert_eq!(ran.wrong(), ["the parts of `multipart` are larger than 128 MiB together"]);
    assert!(ran.sent.is_empty());
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
