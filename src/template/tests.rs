//! The language of templates, as tables.

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{OffsetMap, Source};
use crate::value::Value;

struct Names(Value);

impl Scope for Names {
    fn lookup(&self, name: &str) -> Option<Bound> {
        let value = to_template_value(self.0.get(name)?);
        Some(Bound { value, secret: name.starts_with("secret") })
    }

    fn is_secret(&self, path: &[&str]) -> bool {
        path.starts_with(&["steps", "login", "token"])
    }

    fn why_unbound(&self, name: &str) -> Option<String> {
        (name == "lost").then(|| "step `Log in` failed".to_owned())
    }
}

struct Fixed(Cell<u128>);

impl Ambient for Fixed {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn random(&self) -> u128 {
        self.0.set(self.0.get() + 0x1234_5678_9abc_def0_1122_3344_5566_7788);
        self.0.get()
    }
}

fn names() -> Names {
    Names(json!({
        "n": 5, "f": 5.0, "half": 0.5, "s": "text", "yes": true, "nothing": null, "big": u64::MAX, "empty": "",
        "list": [3, 1, 2], "words": ["a", "b"], "o": {"name": "Ann", "age": 3, "deep": {"x": [1, {"y": "z"}]}},
        "people": [{"name": "Bo", "age": 2}, {"name": "Al", "age": 1}], "secret": "hunter2", "secret_list": ["a"],
        "steps": {"login": {"token": "t0ken", "id": 7}}, "mixed": [1, "a"], "html": "<a href='x'>&",
    }))
}

fn try_compile(text: &str) -> (Option<Template>, Vec<Diagnostic>) {
    let mut diagnostics = Diagnostics::new(Source::new("t", text));
    let template = Template::compile(text, &OffsetMap::Plain(0), &mut diagnostics);
    assert_eq!(template.is_none(), diagnostics.has_errors(), "{text}");
    (template, diagnostics.into_sorted())
}

fn compile(text: &str) -> Template {
    let (template, diagnostics) = try_compile(text);
    template.unwrap_or_else(|| panic!("{text}: {diagnostics:?}"))
}

fn render(text: &str) -> Result<Value, RenderError> {
    let scope = names();
    let ambient = Fixed(Cell::new(0));
    compile(text).render_json(&Context::new(&scope, &ambient)).map(|r| r.value.unwrap_or_else(|| "OMITTED".into()))
}

fn eval(expression: &str) -> Result<Value, RenderError> {
    render(&format!("{{{{ {expression} }}}}"))
}

/// Expression and value, or expression and message.
fn table(rows: &[(&str, Value)]) {
    for (expression, expected) in rows {
        match eval(expression) {
            Ok(value) => assert_eq!(value, *expected, "{expression}"),
            Err(error) => panic!("{expression}: {error:?}"),
        }
    }
}

fn fails(rows: &[(&str, &str)]) {
    for (expression, message) in rows {
        match eval(expression) {
            Ok(value) => panic!("{expression} gave {value}"),
            Err(error) => assert_eq!(error.message, *message, "{expression}"),
        }
    }
}

#[test]
fn a_sole_hole_keeps_its_type_and_text_renders_scalars() {
    for (text, expected) in [
        ("{{ n }}", json!(5)),
        ("{{n}}", json!(5)),
        ("{{ f }}", json!(5.0)),
        ("{{ nothing }}", json!(null)),
        ("{{ o.deep }}", json!({"x": [1, {"y": "z"}]})),
        ("{{ big }}", json!(u64::MAX)),
        ("plain", json!("plain")),
        ("", json!("")),
        ("{# no comment #}", json!("{# no comment #}")),
        ("a {{ n }} b {{ f }} {{ half }} {{ yes }} {{ s }}", json!("a 5 b 5 0.5 true text")),
        (" {{ n }}", json!(" 5")),
        ("{{ big }}!", json!("18446744073709551615!")),
        ("{{ '{{' }} {{ '}}' }}", json!("{{ }}")),
        ("{{ '{%' }}x", json!("{%x")),
        ("{{ {'a': {'b': n}} }}", json!({"a": {"b": 5}})),
        ("é{{ s }}ü", json!("étextü")),
        ("{{ x | default(omit) }}", json!("OMITTED")),
        ("{{ s | default(omit) }}", json!("text")),
        ("}} {", json!("}} {")),
    ] {
        assert_eq!(render(text).unwrap(), expected, "{text}");
    }
    for (text, message) in [
        ("a {{ nothing }}", "null cannot stand inside text"),
        ("a {{ list }}", "a list cannot stand inside text"),
        ("a {{ o }}", "an object cannot stand inside text"),
        ("a {{ omit }}", "`omit` cannot stand inside longer text"),
    ] {
        assert_eq!(render(text).unwrap_err().message, message, "{text}");
    }
}

#[test]
fn operators_are_typed() {
    table(&[
        ("1 == true", json!(false)),
        ("1 == 1.0", json!(true)),
        ("'1' == 1", json!(false)),
        ("none == false", json!(false)),
        ("[1, 2] == [1.0, 2]", json!(true)),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", json!(true)),
        ("{'a': 1} == {'a': true}", json!(false)),
        ("n != f", json!(false)),
        ("big == 18446744073709551615", json!(true)),
        ("1 < 2 <= 2.0", json!(true)),
        ("1 < 2 < 2", json!(false)),
        ("'a' < 'b'", json!(true)),
        ("1 in list and 9 not in list", json!(true)),
        ("true in [1]", json!(false)),
        ("'ex' in s", json!(true)),
        ("'name' in o", json!(true)),
        ("not yes or n == 5", json!(true)),
        ("2 + 3 * 4 - 1", json!(13)),
        ("7 // 2", json!(3)),
        ("-7 // 2", json!(-4)),
        ("-7 % 3", json!(2)),
        ("7 / 2", json!(3.5)),
        ("2 ** 10", json!(1024)),
        ("-n", json!(-5)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("'a' + 'b'", json!("ab")),
        ("'a' ~ 1 ~ true ~ 2.0", json!("a1true2")),
        ("[1] + [2]", json!([1, 2])),
        ("'ab' * 2", json!("abab")),
        ("[0] * 3", json!([0, 0, 0])),
        ("'a' if n > 3 else 'b'", json!("a")),
        ("list[0]", json!(3)),
        ("list[-1]", json!(2)),
        ("o['name']", json!("Ann")),
        ("o.deep.x[1].y", json!("z")),
        ("list[1:]", json!([1, 2])),
        ("list[::-1]", json!([2, 1, 3])),
        ("s[1:3]", json!("ex")),
        ("s[-2:]", json!("xt")),
        ("s is string and n is number and not s is number", json!(true)),
        ("n is eq 5", json!(true)),
        ("n is in list", json!(false)),
        ("n is divisibleby 5", json!(true)),
        ("(1, 2)", json!([1, 2])),
    ]);
    fails(&[
        ("1 < 'a'", "cannot order a number and a string"),
        ("true < false", "a boolean has no order"),
        ("none >= 1", "cannot order null and a number"),
        ("1 is lt 'a'", "cannot order a number and a string"),
        ("1 in 's'", "a number cannot be `in` a string"),
        ("1 in 5", "nothing can be `in` a number"),
        ("1 / 0", "division by zero: 1 / 0"),
        ("1 + 'a'", "`+` cannot be used on a number and a string"),
        ("'a' ~ none", "null cannot stand inside text"),
        ("9223372036854775807 * 3", "9223372036854775807 * 3 does not fit into a 64-bit integer"),
        ("list | sort | first + 'a'", "`+` cannot be used on a number and a string"),
        ("mixed | sort", "`sort`: cannot order a number and a string"),
        ("mixed | max", "`max`: cannot order a number and a string"),
        ("['a', 1] | select('lt', 3) | list", "`select`: cannot order a string and a number"),
        ("n[0]", "`n` has no such item"),
        ("s[1.5:]", "a slice needs whole numbers, not a number"),
        ("n[1:]", "a number cannot be sliced"),
        ("1 if n == 4", "the condition is false and there is no `else`"),
    ]);
}

#[test]
fn undefined_is_an_error_everywhere_but_where_it_is_asked_for() {
    fails(&[
        ("x", "`x` is not bound"),
        ("lost", "`lost` is not bound: step `Log in` failed"),
        ("lost.token", "`lost` is not bound: step `Log in` failed"),
        ("o.nam", "`o` has no `nam`"),
        ("o.deep.z.y", "`o.deep` has no `z`"),
        ("s.upper", "`s` is a string, so it has no `upper`"),
        ("people.name", "`people` is a list, so it has no `name`"),
        ("list[7]", "`list` has 3 items, and none at this index"),
        ("o.nam | upper", "`o` has no `nam`"),
        ("[o.nam]", "`o` has no `nam`"),
        ("x == 1", "`x` is not bound"),
        ("not x", "`x` is not bound"),
        ("'a' if x else 'b'", "`x` is not bound"),
        ("[] | first", "`first` found nothing"),
        ("s | regex_find('\\d')", "`regex_find` found no match"),
        ("o | jsonpath('$.nope')", "`$.nope` found nothing"),
        ("'<a/>' | xpath('//b')", "`//b` found nothing"),
        ("'nope' | xpath('//b')", "the text is neither XML nor HTML: it does not begin with `<`"),
        ("(o.nam | upper) | default('x')", "`o` has no `nam`"),
        ("x | default(y)", "`y` is not bound"),
    ]);
    table(&[
        ("x is defined", json!(false)),
        ("o.nam is undefined", json!(true)),
        ("o.nam.deeper is defined", json!(false)),
        ("o.name is defined", json!(true)),
        ("x | default('d')", json!("d")),
        ("x | d", json!("")),
        ("o.a.b.c | default(1)", json!(1)),
        ("empty | default('d')", json!("")),
        ("empty | default('d', true)", json!("d")),
        ("nothing | default('d', boolean=true)", json!("d")),
        ("s | regex_find('\\d') | default('none')", json!("none")),
        ("o | jsonpath('$.nope') is defined", json!(false)),
        ("[] | first | default(none)", json!(null)),
    ]);
    assert_eq!(eval("o.nam").unwrap_err().help.as_deref(), Some("did you mean `name`?"));
}

#[test]
fn an_error_points_at_the_very_place() {
    for (text, caret) in [
        ("{{ o.nam }}", "o.nam"),
        ("a {{ n }} é{{ o.name.first.second }}", "o.name.first"),
        ("{{ 1 + (x ~ 'a') }}", "x"),
        ("{{ n < 'a' }}", "n < 'a'"),
        ("{{ [1, n + s] }}", "n + s"),
        ("{{ n | base64_encode }}", "n | base64_encode"),
        ("{{ a.b | default(s.c) }}", "s.c"),
    ] {
        let error = render(text).unwrap_err();
        assert_eq!(&text[error.span.range()], caret, "{error:?}");
    }
}

#[test]
fn what_can_be_seen_at_load_is_said_at_load() {
    for (text, code, caret, message) in [
        ("a {{ n", Code::TemplateSyntax, "{{", "`{{` is never closed"),
        ("{{ 'a }}", Code::TemplateSyntax, "'", "the text that begins here is never closed"),
        (
            "{{ o | jsonpath('$.a[') }}",
            Code::InvalidJsonPath,
            "'",
            "`$.a[` is no JSONPath: it ends where a name in quotes, an index, a slice, `*` or `?` must follow",
        ),
        ("{{ }}", Code::TemplateSyntax, "{{ }}", "the expression is empty"),
        ("{% if x %}", Code::TemplateSyntax, "{%", "`{%` is reserved: templates have no statements"),
        ("{{- n }}", Code::TemplateSyntax, "{{-", "`{{-` trims spaces in Jinja; wxflow does not trim"),
        ("{{ n -}}", Code::TemplateSyntax, "-}}", "`-}}` trims spaces in Jinja; wxflow does not trim"),
        ("{{ n | uper }}", Code::UnknownFilter, "uper", "unknown filter `uper`"),
        ("{{ n is strin }}", Code::UnknownTest, "strin", "unknown test `strin`"),
        ("{{ now }}", Code::UndefinedName, "now", "`now` is a function"),
        ("{{ s == null }}", Code::UndefinedName, "null", "`null` is not a value in expressions"),
        ("{{ uid() }}", Code::UnknownFunction, "uid", "unknown function `uid`"),
        ("{{ debug() }}", Code::UnknownFunction, "debug", "unknown function `debug`"),
        ("{{ dict(a=1) }}", Code::UnknownFunction, "dict", "unknown function `dict`"),
        ("{{ upper(s) }}", Code::UnknownFunction, "upper", "`upper` is a filter, not a function"),
        (
            "{{ s.upper() }}",
            Code::UnknownFunction,
            "s.upper()",
            "values have no methods, so `.upper()` cannot be called",
        ),
        ("{{ random_int(1) }}", Code::TemplateSyntax, "random_int(1)", "`random_int` takes other arguments"),
        ("{{ o | jsonpath('a') }}", Code::InvalidJsonPath, "a", "`a` is no JSONPath: a JSONPath begins with `$`"),
        ("{{ s | regex_find('(') }}", Code::InvalidRegex, "'('", "`(` is no regular expression: unclosed group"),
        ("{{ s | xpath('//a:b') }}", Code::InvalidXPath, "a", "`//a:b` is no XPath: nothing binds the prefix `a`"),
        ("{{ list | map('uper') }}", Code::UnknownFilter, "'uper'", "unknown filter `uper`"),
        ("{{ list | select('od') }}", Code::UnknownTest, "'od'", "unknown test `od`"),
        ("{{ s | replace(*a) }}", Code::TemplateSyntax, "a", "`*` and `**` arguments are not supported"),
        ("é {{ 1 + }}", Code::TemplateSyntax, "}", "syntax error: unexpected end of input, expected expression"),
        (
            "{{ 99999999999999999999 }}",
            Code::TemplateSyntax,
            "99999999999999999999",
            "the number 99999999999999999999 does not fit into 64 bits",
        ),
    ] {
        let (template, diagnostics) = try_compile(text);
        assert!(template.is_none(), "{text}");
        let found = &diagnostics[0];
        assert_eq!((found.code, found.message.as_str()), (code, message), "{text}");
        if !message.starts_with("syntax error") {
            assert_eq!(&text[found.span.range()], caret, "{text}");
        }
        assert!(
            found.help.is_some()
                || code == Code::InvalidJsonPath
                || code == Code::InvalidRegex
                || message.starts_with("syntax"),
            "{text}"
        );
    }
    let (_, all) = try_compile("{{ n | uper }} {{ s is nope }} {{ foo() }}");
    assert_eq!(all.len(), 3);
    let (_, help) = try_compile("{{ a && b }}");
    assert_eq!(help[0].help.as_deref(), Some("write `and`, `or` and `not`"));
    assert!(try_compile("{{ now() | format_date('%E') }}").0.is_none());
}

#[test]
fn carets_are_right_in_quoted_scalars() {
    // In the file: "a\t{{ x | nope }}", where `\t` is two bytes and one in the text.
    let file = r#"k: "a\t{{ x | nope }}""#;
    let text = "a\t{{ x | nope }}";
    let map = OffsetMap::Pieces(vec![(0, 4), (1, 5), (2, 7)]);
    let source = Source::new("t", file);
    let mut diagnostics = Diagnostics::new(std::sync::Arc::clone(&source));
    assert!(Template::compile(text, &map, &mut diagnostics).is_none());
    assert_eq!(source.slice(diagnostics.into_sorted()[0].span), "nope");
}

#[test]
fn functions_take_time_and_chance_from_outside() {
    table(&[
        ("now()", json!(1_700_000_000)),
        ("now() + 60", json!(1_700_000_060)),
        ("random_int(3, 3)", json!(3)),
        ("random_string(0)", json!("")),
        ("range(3)", json!([0, 1, 2])),
        ("range(1, 6, 2)", json!([1, 3, 5])),
        ("range(3, 0, -1)", json!([3, 2, 1])),
        ("range(3, 0)", json!([])),
    ]);
    fails(&[
        ("random_int(3, 2)", "random_int(3, 2) has nothing to choose from"),
        ("random_int('a', 2)", "argument 1 must be an integer, not a string"),
        ("random_string(-1)", "random_string(-1) cannot have a negative length"),
        ("range(0, 9, 0)", "range: the step cannot be 0"),
        ("range(10001)", "range gives 10001 items; the most is 10000"),
    ]);
    let id = eval("uuid()").unwrap();
    let id = id.as_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4);
    assert_ne!(eval("uuid() ~ uuid()").unwrap(), json!(format!("{id}{id}")));
    let text = eval("random_string(40)").unwrap();
    assert!(text.as_str().unwrap().len() == 40 && text.as_str().unwrap().bytes().all(|b| b.is_ascii_alphanumeric()));
    for _ in 0..50 {
        let n = eval("random_int(-2, 2)").unwrap().as_i64().unwrap();
        assert!((-2..=2).contains(&n));
    }
}

#[test]
fn our_filters() {
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.AAAA";
    table(&[
        ("'Stève?>' | base64_encode", json!("U3TDqHZlPz4=")),
        ("'U3TDqHZlPz4=' | base64_decode", json!("Stève?>")),
        ("'U3TDqHZlPz4' | base64_decode", json!("Stève?>")),
        ("'a?>~' | base64url_encode", json!("YT8-fg")),
        ("'YT8-fg==' | base64url_decode", json!("a?>~")),
        ("'a b/é&~' | url_encode", json!("a%20b%2F%C3%A9%26~")),
        ("5 | url_encode", json!("5")),
        ("'a%20b%2F+' | url_decode", json!("a b/+")),
        ("'abc' | sha256", json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ("'abc' | md5", json!("900150983cd24fb0d6963f7d28e17f72")),
        // RFC 2202 section 3 and RFC 4231 section 4.3, case 2.
        ("'what do ya want for nothing?' | hmac_sha1('Jefe')", json!("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")),
        (
            "'what do ya want for nothing?' | hmac_sha256('SmVmZQ==', encoding='base64')",
            json!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        ("'x' | hmac_sha1('4a656665', encoding='hex') == ('x' | hmac_sha1('Jefe'))", json!(true)),
        (&format!("'{token}' | jwt_claims"), json!({"sub": "1"})),
        (&format!("('{token}' | jwt_header).alg"), json!("HS256")),
        ("o | jsonpath('$.deep.x[1].y')", json!("z")),
        ("'<a><b>1</b><b>2</b></a>' | xpath('//b')", json!(["1", "2"])),
        ("'<a><b>1</b><b>2</b></a>' | xpath('count(//' ~ 'b)')", json!(2)),
        ("'<!doctype html><P>x' | xpath('//p')", json!("x")),
        ("'<a/>' | xpath('//b') | default('none')", json!("none")),
        ("people | jsonpath('$[*].name')", json!(["Bo", "Al"])),
        ("o | jsonpath('$.' ~ 'name')", json!("Ann")),
        ("people | map('jsonpath', '$.age') | list", json!([2, 1])),
        ("'{\"a\": [18446744073709551615, 1.0]}' | from_json", json!({"a": [u64::MAX, 1.0]})),
        ("'id-42-x' | regex_find('\\d+')", json!("42")),
        ("'id-42-x' | regex_find('-(\\d+)-')", json!("42")),
        ("'id-42' | regex_find('[' ~ 'a-z]+')", json!("id")),
        ("'a1b22' | regex_replace('(\\d+)', '<$1>')", json!("a<1>b<22>")),
        ("'aXb' | regex_replace('x' | upper, '-')", json!("a-b")),
        ("0 | format_date('%Y-%m-%dT%H:%M:%SZ')", json!("1970-01-01T00:00:00Z")),
        ("1700000000.5 | format_date('%s')", json!("1700000000")),
        ("'2023-11-14T22:13:20+00:00' | format_date('%d.%m.%Y')", json!("14.11.2023")),
        ("'2023-11-14T22:13:20Z' | parse_date", json!(1_700_000_000)),
        ("'2023-11-14T22:13:20.250Z' | parse_date", json!(1_700_000_000.25)),
        ("'Tue, 14 Nov 2023 23:13:20 +0100' | parse_date", json!(1_700_000_000)),
        ("'Tue, 14 Nov 2023 22:13:20 GMT' | parse_date", json!(1_700_000_000)),
        ("'Tuesday, 14-Nov-23 22:13:20 GMT' | parse_date", json!(1_700_000_000)),
        ("'Tue Nov 14 22:13:20 2023' | parse_date", json!(1_700_000_000)),
        ("'14.11.2023' | parse_date('%d.%m.%Y')", json!(1_699_920_000)),
        ("'14.11.2023 01:00' | parse_date('%d.%m.%Y %H:%M')", json!(1_699_923_600)),
        (
            "'Y2lzY29zcGFyazovL3VzL1BFT1BMRS9mNWIz' | webex_id",
            json!({"cluster": "us", "type": "PEOPLE", "uuid": "f5b3"}),
        ),
        (
            "('ciscospark://urn:TEAM:us-west-2_r/ROOM/ab-c' | base64url_encode | webex_id).cluster",
            json!("urn:TEAM:us-west-2_r"),
        ),
        ("o.deep | tojson", json!("{\"x\":[1,{\"y\":\"z\"}]}")),
        ("html | tojson", json!("\"<a href='x'>&\"")),
        ("nothing | tojson", json!("null")),
        ("[1] | tojson(indent=2)", json!("[\n  1\n]")),
        ("f | tojson", json!("5.0")),
    ]);
    fails(&[
        ("5 | base64_encode", "`base64_encode`: needs a string, not a number"),
        ("'-_' | base64_decode", "`base64_decode`: the text is not base64"),
        ("'/w==' | base64_decode", "`base64_decode`: the decoded bytes are not UTF-8 text"),
        ("'%ff' | url_decode", "`url_decode`: the decoded bytes are not UTF-8 text"),
        ("'a' | hmac_sha1('?', encoding='base64')", "`hmac_sha1`: the key is not base64"),
        ("'a' | hmac_sha1('k', encoding='rot13')", "`hmac_sha1`: unknown encoding `rot13` of the key"),
        ("'a.b' | jwt_claims", "`jwt_claims`: not a JSON Web Token: it has 2 parts where 3 are due"),
        ("'{' | from_json", "`from_json`: the text is not JSON (at its line 1, column 1)"),
        ("n | regex_find('a')", "`regex_find`: needs a string, not a number"),
        ("s | regex_find('(' ~ '')", "`regex_find`: `(` is no regular expression: unclosed group"),
        ("'soon' | parse_date", "`parse_date`: the text is neither an RFC 3339, an RFC 2822 nor an HTTP date"),
        ("1700000000000000 | format_date('%Y')", "`format_date`: the number of seconds is out of range"),
        ("'hello' | webex_id", "`webex_id`: the text is not a Webex id"),
        ("s | tojson(indent=99)", "`tojson`: `indent` must be 0 to 16, not a number"),
    ]);
}

#[test]
fn minijinjas_filters_are_there_and_strict() {
    table(&[
        ("s | upper", json!("TEXT")),
        ("list | sort", json!([1, 2, 3])),
        ("people | sort(attribute='age') | map(attribute='name') | list", json!(["Al", "Bo"])),
        ("people | selectattr('age', 'gt', 1) | map(attribute='name') | join(', ')", json!("Bo")),
        ("list | join('-')", json!("3-1-2")),
        ("[true, 1.0, 'a'] | join", json!("true1a")),
        ("people | join(',', attribute='name')", json!("Bo,Al")),
        ("words | map('upper') | list", json!(["A", "B"])),
        ("list | select('eq', 1) | list", json!([1])),
        ("[1, true] | select('eq', 1) | list", json!([1])),
        ("list | length", json!(3)),
        ("list | first", json!(3)),
        ("o | items | list | length", json!(3)),
        ("'a,b' | split(',')", json!(["a", "b"])),
        ("'4' | int + 1", json!(5)),
        ("'%05d' | format(42)", json!("00042")),
        ("2.6 | round", json!(3.0)),
        ("'%s-%s' | format(true, 'x')", json!("true-x")),
        ("true | string ~ (5.0 | string)", json!("true5")),
        ("[1, 2, 3, 4, 5] | batch(2) | list", json!([[1, 2], [3, 4], [5]])),
        ("s | replace('t', 'T')", json!("TexT")),
        ("list | reverse", json!([2, 1, 3])),
    ]);
    fails(&[
        ("n | join", "`join`: needs a list, not a number"),
        ("none | string", "`string`: null cannot stand inside text"),
        ("'%% %(é)s' | format(1)", "`format`: `%(é)` can only have letters of ASCII"),
        ("'%s' | format(list)", "`format`: a list cannot stand inside text"),
        ("(people + [{'age': 'x', 'name': 1}]) | sort(attribute='age')", "`sort`: cannot order a number and a string"),
        ("s | sha256(1)", "`sha256`: too many arguments"),
        ("s | hmac_sha1", "`hmac_sha1`: an argument is missing"),
        ("5 is divisibleby 0", "`divisibleby`: division by zero: 5 % 0"),
        ("list | map(attribute='x') | list", "`map`: an item has no such attribute"),
        ("s | int", "`int`: the text is not a number"),
        ("list | join(1)", "`join`: needs a string, not a number"),
        ("[none] | join", "`join`: null cannot stand inside text"),
        ("n | map('upper')", "`map` needs a list, not a number"),
        ("list | map('ma' ~ 'p')", "`map` cannot apply a filter `map`"),
    ]);
}

#[test]
fn every_listed_filter_and_test_exists() {
    let mut state = filter::state();
    for name in filter_names() {
        let error = state.apply_filter(name, &[]).err();
        assert!(error.is_none_or(|e| e.kind() != minijinja::ErrorKind::UnknownFilter), "{name}");
    }
    for name in test_names() {
        let error = state.perform_test(name, &[]).err();
        assert!(error.is_none_or(|e| e.kind() != minijinja::ErrorKind::UnknownTest), "{name}");
    }
    assert!(filter_names().is_sorted() && test_names().is_sorted());
    for name in function_names() {
        assert!(function::Function::named(name).is_some());
    }
}

/// MiniJinja's filters and tests are called with whatever a flow or a server gives.
#[test]
fn no_filter_or_test_panics() {
    let values: Vec<TemplateValue> = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(3),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(""),
        json!("é%s,"),
        json!("name"),
        json!([]),
        json!([1, "a", null]),
        json!([{"name": 1}]),
        json!({}),
        json!({"name": 2}),
    ]
    .iter()
    .map(to_template_value)
    .collect();
    let mut state = filter::state();
    let mut calls = 0;
    let mut call = |args: &[TemplateValue]| {
        for name in filter_names() {
            // A lazy result does its work when it is read.
            if let Ok(value) = state.apply_filter(name, args) {
                let _ = from_template_value(&value);
            }
            calls += 1;
        }
        for name in test_names() {
            let _ = state.perform_test(name, args);
        }
    };
    for a in &values {
        call(std::slice::from_ref(a));
        for b in &values {
            call(&[a.clone(), b.clone()]);
            for c in [&values[4], &values[9]] {
                call(&[a.clone(), b.clone(), c.clone()]);
            }
        }
    }
    assert!(calls > 10_000);
}

#[test]
fn work_and_size_are_bounded() {
    let large = "the value grows over 16 MiB, the most one may hold";
    fails(&[
        ("'x' * 16777217", large),
        ("[1] * 1000000", large),
        ("'x' | indent(100000000, true)", "`indent`: the value grows over 16 MiB, the most one may hold"),
        ("('x' * 10000) | replace('x', 'y' * 10000)", "`replace`: the value grows over 16 MiB, the most one may hold"),
        ("range(10000) | join('y' * 10000)", "`join`: the value grows over 16 MiB, the most one may hold"),
        ("'%099999999d' | format(1)", "`format`: the value grows over 16 MiB, the most one may hold"),
        ("('x' * 10000) | regex_replace('x', 'y' * 10000)", large),
        ("('x' * 16777216) ~ 'y'", large),
        (
            "range(10000) | map('replace', 'x', 'y') | map('string') | list | sort | map('indent', 9) | reverse | list | map('string') | list | map('string') | list | map('string') | list | map('string') | list",
            "the template takes more than 100000 steps",
        ),
        ("(['x' * 100000] * 10000) | map('indent', 4)", "the template takes more than 100000 steps"),
    ]);
    assert_eq!(eval("('x' * 16777216) | length").unwrap(), json!(16_777_216));
    // Found by fuzzing: nothing, a million million times over.
    assert_eq!(eval("(9922337203071 * []) | length").unwrap(), json!(0));
    assert_eq!(eval("('' * 9922337203071) | length").unwrap(), json!(0));
    let text = "{{ 'x' * 9000000 }}".repeat(2);
    assert_eq!(render(&text).unwrap_err().message, large);
}

#[test]
fn secrets_taint_by_name() {
    let scope = names();
    let ambient = Fixed(Cell::new(0));
    let context = Context::new(&scope, &ambient);
    for (text, secret) in [
        ("{{ s }}", false),
        ("{{ secret }}", true),
        ("Bearer {{ secret }}", true),
        ("{{ secret | sha256 }}", true),
        ("{{ s if yes else secret }}", true),
        ("{{ yes or secret }}", true),
        ("{{ s | default(secret) }}", true),
        ("{{ s }} {{ n }}", false),
        ("{{ secret_list[0] }}", true),
        ("{{ steps.login.token }}", true),
        ("{{ steps['login'].token }}", true),
        ("{{ steps.login.id }}", false),
        ("{{ omit if yes else secret }}", true),
        ("{{ list | map('string') | list }}", false),
    ] {
        assert_eq!(compile(text).render(&context).unwrap().secret, secret, "{text}");
    }
    assert_eq!(format!("{:?}", compile("{{ secret }}").render_text(&context).unwrap()), "Rendered(***)");
}

#[test]
fn names_are_told_with_paths_places_and_guards() {
    let text = "{{ steps.login.outputs['t'] }} {{ a[i].b | default(c) }} {{ x is defined and y }} {{ omit }}";
    let found: Vec<_> = compile(text)
        .names()
        .into_iter()
        .map(|n| (n.path.join("."), text[n.span.range()].to_owned(), text[n.path_span.range()].to_owned(), n.guarded))
        .collect();
    let expected = [
        ("steps.login.outputs.t", "steps", "steps.login.outputs['t']", false),
        ("a", "a", "a", true),
        ("i", "i", "i", false),
        ("c", "c", "c", false),
        ("x", "x", "x", true),
        ("y", "y", "y", false),
    ]
    .map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d));
    assert_eq!(found, expected);
}

#[test]
fn urls_are_encoded_hole_by_hole() {
    let scope = Names(json!({"base": "https://x.org/v1", "id": "a/b?c&d é", "dots": "..", "q": "1+1"}));
    let ambient = Fixed(Cell::new(0));
    let context = Context::new(&scope, &ambient);
    for (text, expected) in [
        ("{{ base }}/rooms/{{ id }}", "https://x.org/v1/rooms/a%2Fb%3Fc%26d%20%C3%A9"),
        ("/rooms?x={{ q }}&y={{ dots }}", "/rooms?x=1%2B1&y=.."),
        ("/{{ id | safe }}", "/a/b?c&d é"),
        ("{{ base }}", "https://x.org/v1"),
        ("/v{{ dots }}", "/v.."),
        ("{{ none_ | default('') }}{{ id }}", "a%2Fb%3Fc%26d%20%C3%A9"),
    ] {
        assert_eq!(compile(text).render_url(&context, &mut Vec::new()).unwrap().value.unwrap(), expected, "{text}");
    }
    for text in ["/rooms/{{ dots }}", "/rooms/{{ dots }}?x=1", "/{{ '.' }}{{ '.' }}/a", "/.{{ '.' }}/a"] {
        let error = compile(text).render_url(&context, &mut Vec::new()).unwrap_err();
        assert_eq!(error.message, "a path segment cannot be `..`: it would lead to another path");
    }
}

#[test]
fn expressions_are_bare_and_boolean_where_it_matters() {
    let scope = names();
    let ambient = Fixed(Cell::new(0));
    let context = Context::new(&scope, &ambient);
    let compile = |text: &str| {
        let mut diagnostics = Diagnostics::new(Source::new("t", text));
        let expression = Expression::compile(text, &OffsetMap::Plain(0), &mut diagnostics);
        expression.ok_or_else(|| Box::new(diagnostics.into_sorted().remove(0)))
    };
    let wrong = compile("{{ n == 1 }}").unwrap_err();
    assert_eq!(wrong.code, Code::BracesInExpression);
    assert_eq!(wrong.help.as_deref(), Some("write `n == 1`, without braces"));
    assert_eq!(compile("n == {{ n }}").unwrap_err().help.as_deref(), Some("write `n == n`, without braces"));
    assert!(compile("{'a': {'b': 1}} == o or s == '{{'").is_ok());
    assert!(compile("n ==").is_err() && compile("").is_err() && compile("a }} b").is_err());
    assert!(compile("n == 5").unwrap().evaluate_bool(&context).unwrap());
    let error = compile("list").unwrap().evaluate_bool(&context).unwrap_err();
    assert_eq!(error.message, "the expression must give a boolean, not a list");
    let that = compile("o.age > n and secret == s and o.age == x.y").unwrap();
    assert_eq!(that.source(), "o.age > n and secret == s and o.age == x.y");
    let shown = that.explain(&context);
    let shown: Vec<_> = shown.into_iter().map(|s| (s.text, s.value, s.secret)).collect();
    let expected = [
        ("o.age", Some(json!(3)), false),
        ("n", Some(json!(5)), false),
        ("secret", Some(json!("hunter2")), true),
        ("s", Some(json!("text")), false),
        ("x.y", None, false),
    ]
    .map(|(path, value, secret)| (path.to_owned(), value, secret));
    assert_eq!(shown, expected);
    let sides = |text: &str| {
        let shown = compile(text).unwrap().explain(&context);
        let line =
            |s: Shown| format!("{} {}{}", s.text, s.value.unwrap_or_default(), if s.secret { " secret" } else { "" });
        shown.into_iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(sides("list | length == 3 and n + 1 < 2"), ["list | length 3", "n + 1 6", "list [3,1,2]", "n 5"]);
    assert_eq!(
        sides("not (secret | upper == 'A')"),
        ["secret | upper \"HUNTER2\" secret", "secret \"hunter2\" secret"]
    );
    assert_eq!(sides("(n + 1) is odd or list[0] * 2 == 3"), ["n + 1 6", "list[0] * 2 6", "n 5", "list [3,1,2]"]);
    assert_eq!(sides("random_int(1, 9) == 0"), Vec::<String>::new(), "it would not be the same number again");
}

#[test]
fn trees_render_leave_out_and_tell_secrets() {
    let scope = names();
    let ambient = Fixed(Cell::new(0));
    let context = Context::new(&scope, &ambient);
    let leaf = |text: &str| ValueTemplate::text(compile(text));
    let tree = ValueTemplate::object(vec![
        ("a".into(), leaf("{{ n }}")),
        ("gone".into(), leaf("{{ x | default(omit) }}")),
        ("list".into(), ValueTemplate::list(vec![leaf("x"), leaf("{{ omit }}"), leaf("Bearer {{ secret }}")])),
        ("null".into(), ValueTemplate::Literal(Value::Null)),
    ]);
    let mut secrets = Vec::new();
    let rendered = tree.render(&context, &mut secrets).unwrap();
    assert_eq!(rendered.value, Some(json!({"a": 5, "list": ["x", "Bearer hunter2"], "null": null})));
    assert_eq!((rendered.secret, secrets), (true, vec![json!("Bearer hunter2")]));
    assert_eq!(tree.names().len(), 3);
    let plain = ValueTemplate::object(vec![("k".into(), ValueTemplate::list(vec![leaf("v")]))]);
    assert_eq!(plain.literal(), Some(&json!({"k": ["v"]})));
}

#[test]
fn a_shared_document_reads_like_its_copy() {
    let document = json!({"items": [{"id": "a", "n": 1}, {"id": "b", "n": u64::MAX}], "deep": {"x": null}, "t": true});
    struct Shared(TemplateValue);
    impl Scope for Shared {
        fn lookup(&self, name: &str) -> Option<Bound> {
            let broken = || failing_value("the body is not JSON", Some("look at `response.text`"));
            match name {
                "d" => Some(Bound { value: self.0.clone(), secret: false }),
                "r" => Some(Bound { value: TemplateValue::from_pairs([("json", broken())]), secret: false }),
                _ => None,
            }
        }
    }
    let ambient = Fixed(Cell::new(0));
    let shared = Shared(shared_json(std::sync::Arc::new(document.clone())));
    let copied = Shared(to_template_value(&document));
    for expression in [
        "d",
        "d.items",
        "d.items[1].n",
        "d.items[-1].id",
        "d.deep.x",
        "d.t",
        "d == d",
        "d.items | length",
        "d.items | map(attribute='id') | list",
        "d.items | selectattr('n', 'eq', 1) | list",
        "d.items[0] in d.items",
        "d | jsonpath('$.items[*].id')",
        "d.items | jsonpath('$[0].n')",
        "d.items | tojson",
        "d.items[1:]",
        "d | items | list",
        "'deep' in d",
        "d.deep == {'x': none}",
        "d.items | first",
        "d.items is sequence",
        "d is mapping",
        "d.items | sort(attribute='id', reverse=true) | list",
        "d.none_ is defined",
        "d.items + [1]",
    ] {
        let text = format!("{{{{ {expression} }}}}");
        let render = |scope: &Shared| compile(&text).render_json(&Context::new(scope, &ambient)).unwrap().value;
        assert_eq!(render(&shared), render(&copied), "{expression}");
    }
    let render = |text: &str| compile(text).render(&Context::new(&shared, &ambient)).unwrap_err();
    assert_eq!(render("{{ d.itms }}").help.as_deref(), Some("did you mean `items`?"));
    assert_eq!(render("{{ d.items.length }}").help.as_deref(), Some("use the filter: `| length`"));
    let error = render("{{ r.json.id }}");
    assert_eq!(
        (error.message.as_str(), error.help.as_deref()),
        ("the body is not JSON", Some("look at `response.text`"))
    );
}

#[test]
fn values_go_both_ways_exactly() {
    for value in [json!(i64::MIN), json!(u64::MAX), json!(1.0), json!(0.1), json!({"b": 1, "a": [null, true, "x"]})] {
        let back = from_template_value(&to_template_value(&value)).unwrap();
        assert_eq!(back.to_string(), value.to_string());
    }
    assert!(from_template_value(&TemplateValue::UNDEFINED).is_err());
    assert!(from_template_value(&TemplateValue::from(f64::NAN)).is_err());
    assert!(from_template_value(&omit()).is_err());
}

#[test]
fn deep_expressions_are_refused_and_not_overflowed() {
    for (left, right, count) in [
        ("-", "1", 100_000),
        ("not ", "1", 100_000),
        ("(", "", 1000),
        ("[", "", 1000),
        ("1+", "1", 50_000),
        ("1+", "1", 300),
        ("a.", "a", 50_000),
        ("a|string|", "string", 300),
        ("1 if 1 else ", "1", 1000),
        ("{1:", "1", 900),
        ("- ", "1", 900),
        ("not ", "1", 600),
    ] {
        let (template, diagnostics) = try_compile(&format!("{{{{ {}{right} }}}}", left.repeat(count)));
        assert!(template.is_none() && diagnostics[0].code == Code::TemplateSyntax, "{left}");
    }
    let long = format!("{{{{ '{}' | length }}}}", "x".repeat(100_000));
    assert_eq!(render(&long).unwrap(), json!(100_000));
    assert_eq!(eval(&format!("{}1", "1+".repeat(100))).unwrap(), json!(101));
}

#[test]
fn a_plain_name_costs_tens_of_bytes() {
    assert!(size_of::<Node>() <= 40, "{}", size_of::<Node>());
    assert!(size_of::<Template>() <= 24, "{}", size_of::<Template>());
}

proptest! {
    #[test]
    fn compiling_never_panics(text in "(\\{\\{|\\}\\}|\\{%|[ a-z0-9.|()\\[\\]'\"+*~<=é\\\\{}-]|is|default|map){0,24}") {
        let (template, _) = try_compile(&text);
        if let Some(template) = template {
            let scope = names();
            let ambient = Fixed(Cell::new(0));
            let _ = template.render_json(&Context::new(&scope, &ambient));
        }
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        try_compile(&text);
        try_compile(&format!("{{{{{text}}}}}"));
        let mut diagnostics = Diagnostics::new(Source::new("t", text.as_str()));
        let _ = Expression::compile(&text, &OffsetMap::Plain(0), &mut diagnostics);
    }
}
