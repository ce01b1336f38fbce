//! The targets of `fuzz/`, driven without libFuzzer: known inputs, cut, joined and changed at random by a fixed seed.
//!
//! `WXFLOW_FUZZ=20000` runs that many inputs for each target instead of a few, `WXFLOW_FUZZ_SEED` others.
//! `WXFLOW_FUZZ_CORPUS=fuzz/corpus` writes the known inputs there, a folder for each target: what libFuzzer begins with.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

use std::fs;
use std::path::Path;

#[path = "../fuzz/targets/mod.rs"]
mod targets;

/// A linear congruential generator (Knuth's MMIX): all that is asked of it is to be the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }

    fn pick<'t>(&mut self, from: &'t [Vec<u8>]) -> &'t [u8] {
        &from[self.roll(from.len())]
    }

    /// One of `seeds` with a few changes.
    fn input(&mut self, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut out = self.pick(seeds).to_vec();
        for _ in 0..=self.roll(4) {
            let at = self.roll(out.len() + 1);
            let end = (at + self.roll(12)).min(out.len());
            match self.roll(6) {
                0 => drop(out.drain(at..end)),
                1 => out.splice(at..at, words[self.roll(words.len())].bytes()).for_each(drop),
                2 => out.splice(at..end, words[self.roll(words.len())].bytes()).for_each(drop),
                3 => {
                    let other = self.pick(seeds);
                    let from = self.roll(other.len() + 1);
                    let to = (from + self.roll(60)).min(other.len());
                    out.splice(at..end, other[from..to].to_vec()).for_each(drop);
                }
                4 => {
                    let again = out[at..end].repeat(self.roll(20));
                    out.splice(at..at, again).for_each(drop);
                }
                _ => out.splice(at..at, [u8::try_from(self.roll(256)).unwrap()]).for_each(drop),
            }
        }
        out
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn drive(target: &str, few: u64, seeds: &[Vec<u8>], words: &[&str], run: fn(&[u8])) {
    assert!(!seeds.is_empty());
    if let Some(folder) = std::env::var_os("WXFLOW_FUZZ_CORPUS") {
        let folder = Path::new(&folder).join(target);
        fs::create_dir_all(&folder).unwrap();
        seeds.iter().enumerate().for_each(|(n, seed)| fs::write(folder.join(format!("seed-{n}")), seed).unwrap());
    }
    seeds.iter().for_each(|seed| run(seed));
    let mut dice = Dice(number("WXFLOW_FUZZ_SEED", 7));
    for _ in 0..number("WXFLOW_FUZZ", few) {
        let input = dice.input(seeds, words);
        // Shown where the target panics.
        let shown = Shown(&input);
        run(&input);
        std::mem::forget(shown);
    }
}

struct Shown<'i>(&'i [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        panic_input(self.0);
    }
}

#[allow(clippy::print_stderr, reason = "the input is what a failure is about")]
fn panic_input(input: &[u8]) {
    eprintln!("the input: {:?}", String::from_utf8_lossy(input));
}

fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(ending));
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn texts(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const YAML: &[&str] = &[
    "{{",
    "}}",
    "{{ a }}",
    ": ",
    "\n  ",
    "- ",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "[",
    "]",
    "{",
    "}",
    "#",
    "\t",
    "\r\n",
    "é",
    "\u{feff}",
    "!!x ",
    "<<: ",
    "---\n",
    "null",
    "0x1F",
    "1e999",
    "use: ./x.yaml\n",
    "expect: ",
    "json: ",
    "$..[?@.a]",
    "{%",
    "~",
];

#[test]
fn flows() {
    let mut seeds = files("tests/corpus/valid", ".flow.yaml");
    seeds.extend(files("tests/corpus/invalid", ".flow.yaml"));
    drive("flow", 300, &seeds, YAML, targets::flow::run);
}

#[test]
fn templates() {
    let seeds = texts(&[
        "a {{ a | upper }} b",
        "{{ b | map('string') | join(',') }}",
        "{{ c.deep.er[0] }}",
        "{{ b[1:-1] | length }}",
        "a if n < 0 else s | sha256",
        "b | select('number') | sum",
        "'%s' | format(a)",
        "{{ a | regex_replace('(.)', '$1$1') }}",
        "c | jsonpath('$..k') | tojson",
        "[1, 2] + b",
        "{'x': a}.x ~ a[::-1]",
        "range(5) | batch(2) | list",
        "n ** 3 // 2 % 7",
        "a | base64_encode | base64_decode",
        "random_string(3) ~ uuid()",
        "'2026' | parse_date('%Y')",
        "b | dictsort",
        "omit",
    ]);
    let words = [
        "{{",
        "}}",
        "|",
        "(",
        ")",
        "[",
        "]",
        ".",
        "~",
        "'",
        "\\",
        " if ",
        " else ",
        " in ",
        " not ",
        " is defined",
        "a",
        "b",
        "c",
        "n",
        "s",
        "9223372036854775807",
        "1e308",
        "-",
        "**",
        "//",
        "%",
        "==",
        "| default(omit)",
        "| tojson",
        "é",
        "{%",
        "loop",
        "range(9999)",
    ];
    drive("template", 1500, &seeds, &words, targets::template::run);
}

#[test]
fn jsonpaths() {
    let seeds = texts(&[
        "$.a[0].b",
        "$..[?@.b == 1]",
        "$.a[?search(@.c, 'x|y')].b",
        "$['a'][-1:0:-1]",
        "$[?length(@) > 1 && !(@.c)]",
        "$..*\n[[1,{\"a\":[null,true]}],\"x\"]",
        "$[?count(@..*) != 2 || value(@..b) == 'x']",
        "$.d",
        "$[?match(@.c, $.d)]",
        "$[\"\\u00e9\\ud83d\\ude00\"]\n{\"é😀\":1}",
        "$[?@.a == -1.5e3]",
    ]);
    let words = [
        "$",
        "@",
        "..",
        "[",
        "]",
        "?",
        "*",
        ",",
        ":",
        "-1",
        "0",
        "'a'",
        "\"",
        "(",
        ")",
        "!",
        "&&",
        "||",
        "==",
        "<=",
        "length(",
        "null",
        " ",
        "\n",
        "\\u",
        "é",
        ".a",
        "9007199254740991",
        "true",
        "1e9",
        "match(@, '[",
    ];
    drive("jsonpath", 3000, &seeds, &words, targets::jsonpath::run);
}

#[test]
fn predicates() {
    let seeds = texts(&[
        "json: { $.a: { length: 3 } }",
        "json:\n  $.a[*]: { any: { eq: x }, none: 5 }",
        "body: { matches: '^\\{' }\nstatus: 2xx",
        "schema: { type: object, required: [a] }",
        "that: [\"response.json.a | length == 3\"]",
        "xpath: { //a: { exists: false } }",
        "json: { $.a[2]: { like: { b: null } } }\n---\n{\"a\":[1,2,{\"b\":null,\"c\":1}]}",
        "duration: { lt: 2s }",
        "json: { $.t: { gt: 2026-11-21T04:00:00Z } }\n---\n{\"t\":\"2026-11-22T04:00:00+01:00\"}",
    ]);
    let words = [
        "not: ",
        "all: ",
        "in: [",
        "{ eq: ",
        "}",
        "]",
        "exists: true",
        "type: list",
        "empty: true",
        "1.0",
        "'1'",
        "{{ a }}",
        "{{ n }}",
        "$..*",
        "[]",
        "\n---\n",
        "null",
        "le: 5",
        "contains: ",
        "length: { lt: 3 }",
        "\"2s\"",
    ];
    drive("predicate", 1000, &seeds, &words, targets::predicate::run);
}

#[test]
fn redaction() {
    let seeds = texts(&[
        "\u{1}\u{3}\0secret-value\0other value\0x secret-value y other%20value c2VjcmV0LXZhbHVl",
        "\u{7}\0aaaaaaaa\0aaaaaab\0aaaaaaaaaaaaaaaaaaab",
        "\u{2}\u{2}\0a\"b<c>&d\0\\u0041bcdef\0a\\\"b&lt;c&gt;&amp;d 61226",
        "\u{1}\0p\u{e9}ss w\u{f6}rd\0abcabcabc\0p%C3%A9ss%20w%c3%b6rd abcabcabcabc",
    ]);
    let words =
        ["\0", "secret-value", "aaaaaa", "%20", "%2", "\\u00", "&lt;", "c2Vj", "3d", "***", "\n", "\"", "\u{1}"];
    drive("redactor", 3000, &seeds, &words, targets::redactor::run);
}

#[test]
fn replies() {
    let seeds = texts(&[
        "\0l<https://a.example/x?p=2>; rel=\"next\"\ncs=1; Path=/; Domain=a.example; Max-Age=9\nr120\nttext/html; charset=latin1\n\n<p>a<table><b>",
        "\u{1}rWed, 21 Oct 2037 07:28:00 GMT\ntapplication/xml\n\n<?xml version='1.0'?><a b='c'>&amp;<![CDATA[x]]></a>",
        "\u{2}r2.5\nl</y>; title=\"a,;\\\"\"; REL=next, <z>\n\n{\"a\": [1]}",
    ]);
    let words = [
        "\n",
        "\n\n",
        ";",
        ",",
        "<",
        ">",
        "\"",
        "\\",
        "rel=next",
        "Domain=example",
        "Domain=.a.example",
        "Path=",
        "Expires=",
        "99999999999999999999",
        "-1",
        "Fri, 31 Feb 2026",
        "<a>",
        "</b>",
        "<!--",
        "<!DOCTYPE",
        "&#0;",
        "<svg>",
        "\u{fffd}",
    ];
    drive("reply", 1500, &seeds, &words, targets::reply::run);
}

#[test]
fn imports() {
    let mut seeds = files("tests/data/postman", ".json");
    seeds.retain(|seed| seed.len() < 20_000);
    seeds.extend(texts(&[
        "curl -X POST https://a.example/x?y=1 -H 'Content-Type: application/json' -d '{\"a\": \"$B\"}' -u u:p",
        "curl \"https://a.example/${X}\" --data-urlencode a=b -F f=@x -b c=d; curl -I b.example -k -L",
        r#"{"log":{"entries":[{"request":{"method":"GET","url":"https://a.example/","headers":[{"name":"a","value":"b"}]},"response":{"status":200,"content":{"text":"{}"}}}]}}"#,
        r#"{"info":{"name":"x","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[{"name":"a","request":{"method":"GET","url":"{{u}}/a"},"event":[{"listen":"test","script":{"exec":["pm.test('a', () => pm.response.to.have.status(200)); pm.environment.set('x', pm.response.json().a[0])"]}}]}]}"#,
    ]));
    let words = [
        "{{x}}", "{{", "\\", "'", "\"", " -H ", " -d @", "$(x)", "`", "\n", "pm.", "=>", "(", ")", "{", "}", "null",
        "[]", "é", "%", "&&", "|",
    ];
    drive("import", 500, &seeds, &words, targets::import::run);
}
