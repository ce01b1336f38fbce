//! What no chunking, embedding or encoding may let through.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn knowing(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for secret in secrets {
        redactor.learn("s", secret, None);
    }
    redactor
}

fn hosts(patterns: &[&str]) -> Vec<HostPattern> {
    patterns.iter().map(|p| HostPattern::parse(p).unwrap()).collect()
}

#[test]
fn nothing_known_or_nothing_found_borrows() {
    assert!(matches!(Redactor::new().mask("any text"), Cow::Borrowed("any text")));
    assert!(matches!(knowing(&["s3cr3t-1"]).mask("any text"), Cow::Borrowed("any text")));
}

#[test]
fn overlaps_and_neighbours_become_one_mask() {
    let redactor = knowing(&["abcdefgh", "efghijkl", "abcdefghijklmnop"]);
    assert_eq!(redactor.mask("<abcdefghijkl>"), "<***>");
    assert_eq!(redactor.mask("<abcdefghijklmnop>"), "<***>");
    assert_eq!(redactor.mask("<abcdefghabcdefgh>"), "<***>");
    assert_eq!(redactor.mask("<abcdefgh abcdefgh>"), "<*** ***>");
}

#[test]
fn each_form_is_masked() {
    let secret = "Stève \"a/b\" <1>";
    let redactor = knowing(&[secret]);
    for form in [
        secret.to_owned(),
        serde_json::to_string(secret).unwrap().trim_matches('"').to_owned() + "\"",
        "St\\u00e8ve \\\"a\\/b\\\" <1>".to_owned(),
        "St%C3%A8ve%20%22a%2Fb%22%20%3C1%3E".to_owned(),
        "St%c3%a8ve+%22a%2fb%22+%3c1%3e".to_owned(),
        "Stève &quot;a/b&quot; &lt;1&gt;".to_owned(),
        "Stève &#34;a/b&#34; &lt;1&gt;".to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ] {
        let masked = redactor.mask(&form);
        assert!(masked == "***" || masked == "***\"", "{form} -> {masked}");
    }
    assert_eq!(redactor.mask(&STANDARD.encode(format!("user:{secret}"))), "dXNlcjp***");
}

#[test]
fn a_trimmed_secret_is_masked_too() {
    assert_eq!(knowing(&[" s3cr3t-1\n"]).mask("token=s3cr3t-1;"), "token=***;");
}

#[test]
fn short_secrets_only_as_a_whole_field() {
    let redactor = Redactor::new();
    assert_eq!(redactor.learn("pin", "1234", None), Learned::TooShort);
    assert_eq!(redactor.learn("empty", " \n", None), Learned::Empty);
    assert_eq!(redactor.learn("pin", "1234", None), Learned::AlreadyKnown);
    assert_eq!(redactor.mask("1234"), "***");
    assert_eq!(redactor.mask("in 1234 out"), "in 1234 out");
    let mut value = json!({"pin": 1234, "text": "1234", "longer": 12345, "1234": [true, "x1234"]});
    redactor.mask_value(&mut value);
    assert_eq!(value, json!({"pin": "***", "text": "***", "longer": 12345, "***": [true, "x1234"]}));
}

#[test]
fn short_secrets_in_the_fields_of_a_text() {
    let redactor = knowing(&["1234", "a b"]);
    let masked = |text: &str| redactor.mask_fields(text).into_owned();
    assert_eq!(masked("https://x.example/r/1234?t=1234&u=12345#1234"), "https://x.example/r/***?t=***&u=12345#***");
    assert_eq!(masked("https://1234.example/?t=a%20b"), "https://1234.example/?t=***");
    assert_eq!(
        masked("{\"pin\": 1234, \"t\":\"1234\",\"u\": \"x1234\"}"),
        "{\"pin\": \"***\", \"t\":\"***\",\"u\": \"x1234\"}"
    );
    assert_eq!(masked("pin=1234&x=1"), "pin=***&x=1");
    assert_eq!(masked("id=1234; Path=/"), "id=***; Path=/");
    assert_eq!(masked("Bearer 1234"), "Bearer ***");
    assert_eq!(redactor.mask_message("it is \"1234\", wanted: `a b`"), "it is \"***\", wanted: `***`");
    assert!(redactor.carries_secret(b"{\"pin\":\"1234\"}") && !redactor.carries_secret(b"{\"pin\":\"12345\"}"));
}

#[test]
fn short_secrets_keep_to_their_hosts_too() {
    let redactor = Redactor::new();
    redactor.learn("pin", "1234", Some(&[HostPattern::parse("a.example").unwrap()]));
    let refused = |part: &str| redactor.misdirected("b.example", 443, &[], &[part.as_bytes()]).is_some();
    for part in ["1234", "https://b.example/?t=1234", "{\"pin\":1234}", "c=1234; d=2", "Bearer 1234", "pin=1234"] {
        assert!(refused(part), "{part}");
    }
    assert!(!refused("in 12345"));
    assert!(redactor.misdirected("a.example", 443, &[], &[b"1234"]).is_none());
}

#[test]
fn a_secret_that_was_cut_short_is_masked() {
    let redactor = knowing(&["s3cr3t-1234", "pa/ss+word"]);
    assert_eq!(redactor.mask("it is s3cr3t-…"), "it is ***…");
    assert_eq!(redactor.mask("it is pa%2Fss…"), "it is ***…");
    assert_eq!(redactor.mask("`s3cr3t-…` and \"pa/ss+w\"… are cut"), "`***…` and \"***\"… are cut");
    assert_eq!(redactor.mask("it is s3c…"), "it is s3c…", "three bytes tell nothing");
    assert_eq!(redactor.mask("it is s3cr3t-"), "it is s3cr3t-");
    assert_eq!(redactor.mask("…"), "…");
}

#[test]
fn a_short_secret_inside_a_long_one_does_not_hide_it() {
    let redactor = knowing(&["a", "x a y-t0ken"]);
    assert_eq!(redactor.mask_fields("x a y-t0ken"), "***");
    assert_eq!(redactor.mask_fields("key=x a y-t0ken; b=a"), "key=***; b=***");
}

#[test]
fn masked_keys_stay_apart() {
    let mut value = json!({"token-aaaa": 1, "x": 2, "token-bbbb": 3});
    knowing(&["token-aaaa", "token-bbbb"]).mask_value(&mut value);
    assert_eq!(value, json!({"***": 1, "x": 2, "*** (2)": 3}));
}

#[test]
fn a_secret_object_gives_its_strings_and_long_numbers() {
    let redactor = Redactor::new();
    redactor.learn_value("reply", &json!({"a": ["token-1234"], "b": {"c": 12_345_678, "d": 1}}), None);
    assert_eq!(redactor.mask("token-1234 12345678"), "*** ***");
    assert_eq!(redactor.mask("1"), "1");
    redactor.learn_value("login", &json!({"user": "me", "pin": 4711, "tries": 999, "on": true}), None);
    let sent = r#"{"u":"me","p":4711,"t":999,"on":true,"x":"some 4711"}"#;
    assert_eq!(redactor.mask_fields(sent), r#"{"u":"***","p":"***","t":999,"on":true,"x":"some 4711"}"#);
    redactor.learn_value("pin", &json!(42), None);
    assert_eq!(redactor.mask("42"), "***");
}

#[test]
fn what_is_learned_later_is_masked_and_the_first_stays() {
    let redactor = Redactor::new();
    let all: Vec<_> = (0..300).map(|n| format!("token-{n:05}-{}", "x".repeat(n))).collect();
    for secret in &all {
        assert_eq!(redactor.learn("t", secret, None), Learned::Masked);
        assert_eq!(redactor.mask(secret), "***");
    }
    assert!(all.iter().all(|secret| redactor.mask(secret) == "***"));
    let tiers = redactor.snapshot().unwrap().tiers.len();
    assert!(tiers <= 8, "{tiers} tiers");
}

#[test]
fn a_bound_secret_goes_only_to_its_hosts() {
    let redactor = Redactor::new();
    redactor.learn("bot_token", "b0t-t0ken", Some(&hosts(&["webexapis.com", "*.webex.com"])));
    redactor.learn("free", "fr33-t0ken", None);
    let header: &[u8] = b"Bearer b0t-t0ken";
    assert_eq!(redactor.misdirected("webexapis.com", 443, &[], &[header]), None);
    assert_eq!(redactor.misdirected("api.webex.com", 443, &[], &[header]), None);
    assert_eq!(
        redactor.misdirected("evil.example", 443, &[], &[b"x", header]),
        Some(Misdirected {
            secret: "bot_token".to_owned(),
            hosts: vec!["webexapis.com".to_owned(), "*.webex.com".to_owned()]
        })
    );
    let encoded = STANDARD.encode("me:b0t-t0ken");
    assert!(redactor.misdirected("evil.example", 443, &[], &[encoded.as_bytes()]).is_some());
    assert_eq!(redactor.misdirected("127.0.0.1", 80, &hosts(&["127.0.0.1:80"]), &[header]), None);
    assert_eq!(redactor.misdirected("evil.example", 443, &[], &[b"fr33-t0ken"]), None);
}

#[test]
fn every_binding_of_a_value_counts() {
    let redactor = Redactor::new();
    redactor.learn("a", "s3cr3t-1", None);
    assert!(redactor.misdirected("b.example", 80, &[], &[b"s3cr3t-1"]).is_none());
    redactor.learn("b", "s3cr3t-1", Some(&hosts(&["a.example"])));
    redactor.learn("c", "s3cr3t-1", None);
    assert_eq!(redactor.misdirected("b.example", 80, &[], &[b"s3cr3t-1"]).unwrap().secret, "b");
}

#[test]
fn redacted_values_and_secrets_print_no_secret() {
    let redactor = knowing(&["s3cr3t-1"]);
    let redacted = redactor.redact(vec![Some("a s3cr3t-1".to_owned()), None]);
    assert_eq!(redacted[0].as_deref(), Some("a ***"));
    assert_eq!(serde_json::to_string(&redacted).unwrap(), r#"["a ***",null]"#);
    assert_eq!(format!("{:?}", Secret::new("s3cr3t-1")), "***");
}

#[test]
fn flush_holds_back_only_the_start_of_a_secret() {
    let redactor = knowing(&["s3cr3t-1"]);
    let mut seen = Vec::new();
    let mut writer = redactor.writer(&mut seen);
    writer.write_all(b"hello s3cr").unwrap();
    writer.flush().unwrap();
    assert_eq!(**writer.inner.as_ref().unwrap(), b"hello ");
    writer.write_all(b"3t-1s3cr3t-1 bye\n").unwrap();
    writer.flush().unwrap();
    assert_eq!(**writer.inner.as_ref().unwrap(), b"hello *** bye\n");
    writer.write_all(b"s3cr").unwrap();
    drop(writer);
    assert_eq!(seen, b"hello *** bye\ns3cr");
}

fn encodings(secret: &str, before: &str, after: &str) -> Vec<String> {
    let inside = format!("{before}{secret}{after}");
    vec![
        inside.clone(),
        serde_json::to_string(&inside).unwrap(),
        percent_encoding::utf8_percent_encode(&inside, percent_encoding::NON_ALPHANUMERIC).to_string(),
        url::form_urlencoded::byte_serialize(inside.as_bytes()).collect(),
        STANDARD.encode(&inside),
        STANDARD_NO_PAD.encode(&inside),
        URL_SAFE.encode(&inside),
        URL_SAFE_NO_PAD.encode(&inside),
        inside.bytes().map(|b| format!("{b:02x}")).collect(),
        inside.bytes().map(|b| format!("{b:02X}")).collect(),
        quick_xml::escape::escape(inside.as_str()).into_owned(),
        quick_xml::escape::minimal_escape(inside.as_str()).into_owned(),
    ]
}

fn in_chunks(redactor: &Redactor, text: &str, cuts: &[usize]) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut writer = redactor.writer(&mut seen);
    let mut rest = text.as_bytes();
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((*cut).min(rest.len()));
        writer.write_all(now).unwrap();
        writer.flush().unwrap();
        rest = later;
    }
    drop(writer);
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_form_survives(
        secret in prop_oneof!["[^*\\p{C}]{6,40}", "[ -)+-~\n]{6,40}", "[\"'/<>&%+ \\\\a-c]{6,12}"],
        before in "[^*\\p{C}]{0,7}",
        after in "[^*\\p{C}]{0,7}",
        cuts in prop::collection::vec(1_usize..9, 1..6),
    ) {
        prop_assume!(secret.trim().len() >= SHORTEST);
        let redactor = knowing(&[&secret]);
        let around = encodings("", &before, &after);
        for (text, around) in encodings(&secret, &before, &after).iter().zip(around) {
            let masked = redactor.mask(text);
            prop_assert!(masked.contains(MASK), "{text}");
            // What is left is the neighbours, and the characters of base64 that hold bits of both.
            prop_assert!(masked.replace(MASK, "").len() <= around.len() + 8, "{text} -> {masked}");
            prop_assert!(!redactor.carries_secret(masked.as_bytes()), "{text} -> {masked}");
            prop_assert_eq!(in_chunks(&redactor, text, &cuts), masked.as_bytes());
        }
    }

    #[test]
    fn chunking_changes_nothing(text in "[ab*]{0,60}", secrets in prop::collection::vec("[ab]{6,9}", 1..4), cuts in prop::collection::vec(1_usize..9, 1..6)) {
        let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
        let redactor = knowing(&secrets);
        let masked = redactor.mask(&text);
        prop_assert_eq!(in_chunks(&redactor, &text, &cuts), masked.as_bytes());
    }
}

/// One character as one of the ways in which encoders write it, by `way`; `None` where that one has no way of its own.
fn written(c: char, way: u8) -> Option<String> {
    let percent = |upper: bool, percent: &str| -> String {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).bytes();
        bytes.map(|b| if upper { format!("{percent}{b:02X}") } else { format!("{percent}{b:02x}") }).collect()
    };
    let units = |backslash: &str, upper: bool| -> String {
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        units.map(|u| if upper { format!("{backslash}u{u:04X}") } else { format!("{backslash}u{u:04x}") }).collect()
    };
    let json = || serde_json::to_string(&c).unwrap().trim_matches('"').to_owned();
    let code = u32::from(c);
    Some(match way {
        0 => percent(true, "%"),
        1 => percent(false, "%"),
        2 => percent(true, "%25"),
        3 => percent(false, "%").bytes().map(|b| format!("%{b:02x}")).collect(),
        4 if c == ' ' => "+".to_owned(),
        5 => units("\\", true),
        6 => units("\\", false),
        7 => units("\\\\", false),
        8 if c != '"' && c != '\\' => json(),
        8 if c == '"' => "\\\"".to_owned(),
        9 if c == '/' => "\\/".to_owned(),
        10 => format!("&#{code};"),
        11 => format!("&#x{code:x};"),
        12 => format!("&amp;#x{code:X};"),
        13 => quick_xml::escape::escape(c.to_string()).into_owned(),
        14 => quick_xml::escape::escape(quick_xml::escape::escape(c.to_string())).into_owned(),
        15 => percent(false, "\\u0025"),
        _ => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each character in an encoding of its own, cut anywhere, among text that looks like escapes: masked to the last byte.
    #[test]
    fn no_mix_of_encodings_survives(
        secret in prop_oneof!["[!-)+-~]{6,40}", "[^*\\p{C} ]{6,20}", "[%&+/\\\\\"<;2F5 ]{6,12}", "[a-zA-Z0-9_-]{6,40}"],
        ways in prop::collection::vec(prop::option::of(0_u8..16), 1..40),
        before in prop_oneof!["[%&\\\\a-f0-9;#u]{0,6}", "[^*\\p{C}]{0,7}"],
        after in prop_oneof!["[%&\\\\a-f0-9;#u]{0,6}", "[^*\\p{C}]{0,7}"],
        cuts in prop::collection::vec(1_usize..9, 1..6),
    ) {
        let secret = secret.trim();
        prop_assume!(secret.len() >= SHORTEST);
        let mut text = before.clone();
        for (c, way) in secret.chars().zip(ways.iter().cycle()) {
            match way.and_then(|way| written(c, way)) {
                Some(written) => text.push_str(&written),
                None => text.push(c),
            }
        }
        let place = before.len()..text.len();
        text.push_str(&after);
        let redactor = knowing(&[secret, "another-secret"]);
        let masked = redactor.mask(&text);
        // Nothing but what stood around it is left; some of that may be part of what was found.
        let (left, right) = masked.split_once(MASK).unwrap_or_else(|| panic!("{text} -> {masked}"));
        prop_assert!(before.starts_with(left), "{text} -> {masked}");
        let right = right.rsplit(MASK).next().unwrap_or(right);
        prop_assert!(after.ends_with(right), "{text} -> {masked}");
        prop_assert!(redactor.carries_secret(&text.as_bytes()[place]));
        prop_assert!(!redactor.carries_secret(masked.as_bytes()), "{text} -> {masked}");
        prop_assert_eq!(in_chunks(&redactor, &text, &cuts), masked.as_bytes());
    }

    /// What looks like escapes and means nothing: cut anywhere, the same.
    #[test]
    fn chunking_changes_no_escapes(
        text in prop::collection::vec(prop::sample::select(&["%", "25", "2f", "&", "amp;", "#x2f;", "\\", "u002f", "/", "a", "b", "+", " "][..]), 0..30),
        secrets in prop::collection::vec("[ab/%\\\\& ]{6,9}", 1..4),
        cuts in prop::collection::vec(1_usize..9, 1..6),
    ) {
        let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
        let redactor = knowing(&secrets);
        let text = text.concat();
        let masked = redactor.mask(&text);
        prop_assert_eq!(in_chunks(&redactor, &text, &cuts), masked.as_bytes());
    }
}

#[test]
fn runs_of_backslashes_are_bounded_and_masked() {
    for count in [6, 20, 200] {
        let secret = format!("{}end", "\\".repeat(count));
        let redactor = knowing(&[&secret]);
        assert_eq!(redactor.mask(&secret), "***");
        let once = serde_json::to_string(&secret).unwrap();
        assert_eq!(redactor.mask(&once), "\"***\"", "{count}");
        let twice = serde_json::to_string(&once).unwrap();
        assert_eq!(redactor.mask(&twice), "\"\\\"***\\\"\"", "{count}");
    }
    let redactor = knowing(&[&"\\".repeat(50)]);
    assert_eq!(redactor.mask(&"\\".repeat(20_000)), "***");
}

#[test]
fn what_only_looks_encoded_stays() {
    let redactor = knowing(&["pass/word", "another secret"]);
    for text in [
        "100% of it & more\\n",
        "a=1&b=2&c=%41",
        "&lt;p&gt;&amp;nbsp;",
        "\\\"quoted\\\"",
        "pass%2word",
        "pass&#47word",
        "pass\\word",
    ] {
        assert!(matches!(redactor.mask(text), Cow::Borrowed(_)), "{text}");
    }
    assert_eq!(redactor.mask("a=1&t=pass%2fword&u=another+secret"), "a=1&t=***&u=***");
}

#[test]
fn a_recording_tells_secrets_apart_in_every_form() {
    use base64::Engine as _;
    let redactor = Redactor::new();
    for secret in ["first-secret/+\"x", "second secret", "4711"] {
        redactor.learn("s", secret, None);
    }
    let recording = redactor.for_recording();
    let encoded = base64::engine::general_purpose::STANDARD.encode("first-secret/+\"x");
    let text = format!("a first-secret/+\"x b {encoded} c second%20secret d first-secret/+\\\"x");
    let one = "wxflow-secret-00000";
    let expected = format!("a {one} b {one} c wxflow-secret-00001 d {one}");
    assert_eq!(recording.mask(&text), expected);
    assert_eq!(recording.mask_fields(r#"{"pin":4711}"#), r#"{"pin":"wxflow-secret-00002"}"#);
    assert_eq!(redactor.mask(&text), "a *** b *** c *** d ***");
    // What is learned later is known to both.
    redactor.learn("t", "third-secret", None);
    assert_eq!(recording.mask("third-secret"), "wxflow-secret-00003");
}

#[test]
fn a_number_that_is_or_holds_a_secret_becomes_a_text_so_that_json_stays_json() {
    let redactor = knowing(&["123456"]);
    assert_eq!(redactor.mask_fields(r#"{"a": 123456, "b": [1, -91234567, 2]}"#), r#"{"a": "***", "b": [1, "***", 2]}"#);
    assert_eq!(redactor.mask_fields(r#"{"a": "x123456"}"#), r#"{"a": "x***"}"#);
    assert_eq!(redactor.mask_fields("a=123456&b=1234567"), "a=***&b=***7");
    let digits = format!("[{}123456]", "9".repeat(80));
    assert_eq!(redactor.mask_fields(&digits), r#"["***"]"#);
    let kept = redactor.for_recording();
    assert_eq!(kept.mask_fields("[123456]"), r#"["wxflow-secret-00000"]"#);
}

#[test]
fn a_placeholder_is_not_masked_again() {
    let redactor = knowing(&["secret", "-secret-0", "00000x"]).for_recording();
    let once = redactor.mask("a secret b").into_owned();
    assert_eq!(once, "a wxflow-secret-00000 b");
    assert_eq!(redactor.mask(&once), once);
    assert_eq!(redactor.mask_fields(&once), once);
}
