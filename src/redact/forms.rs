//! Every way a secret may stand in text: the forms that are masked.
//!
//! Base64 is the odd one: inside a larger encoded text the secret may begin at any of three alignments, and its
//! first and last characters then hold bits of the neighbours. What depends on the secret alone is the stable part.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One way to write a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    /// The whole form, with what follows the stable part where the text ends there (base64's last character, padding).
    pub(super) bytes: Box<[u8]>,
    /// How many of `bytes` must stand in a text for it to be a match.
    pub(super) stable: usize,
}

/// A line of a multi-line secret (PEM) is masked on its own from this length: printers indent and prefix lines.
const LINE: usize = 16;

/// All distinct forms of `secret`, which the caller knows to be long enough.
pub(super) fn of(secret: &str) -> Vec<Form> {
    let mut forms = BTreeSet::new();
    of_text(secret, &mut forms);
    let trimmed = secret.trim();
    if trimmed != secret {
        of_text(trimmed, &mut forms);
    }
    if trimmed.contains('\n') {
        for line in trimmed.lines().map(str::trim).filter(|l| l.len() >= LINE && !l.starts_with("-----")) {
            of_text(line, &mut forms);
        }
    }
    forms.into_iter().collect()
}

fn of_text(text: &str, forms: &mut BTreeSet<Form>) {
    let mut written = BTreeSet::from([text.to_owned()]);
    // Most secrets are letters, digits, `-`, `_` and `.`: no escaping changes those, but for one that changes all.
    if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        percent(text, &mut written);
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)) {
            json(text, &mut written);
            markup(text, &mut written);
        }
        // Any of them may stand as text in JSON, as logs and audit services write it.
        let special = |form: &&String| form.chars().any(|c| c < ' ' || c == '"' || c == '\\');
        let again: Vec<_> = written.iter().filter(special).map(|form| quoted(form)).collect();
        written.extend(again);
    }
    written.insert(hex(text, |out, b| write!(out, "{b:02x}")));
    written.insert(hex(text, |out, b| write!(out, "{b:02X}")));
    forms.extend(written.into_iter().map(|form| Form { stable: form.len(), bytes: form.into_bytes().into() }));
    base64(text, forms);
}

/// As the inside of a JSON string.
fn quoted(text: &str) -> String {
    let whole = serde_json::Value::from(text).to_string();
    whole.get(1..whole.len() - 1).unwrap_or_default().to_owned()
}

fn hex(text: &str, put: impl Fn(&mut String, u8) -> std::fmt::Result) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut out, b| {
        put(&mut out, b).ok();
        out
    })
}

/// What writers of JSON escape by number beside what must be escaped: nothing; Go; Go and `'`; Gson; PHP; .NET.
const NUMBERED: [&str; 6] = ["", "<>&\u{2028}\u{2029}", "<>&'", "<>&='", "<>&'\"", "<>&'\"+`\u{7f}"];

/// JSON strings: what must be escaped, and what some writers escape too (`/`, all but ASCII, the characters of markup).
fn json(text: &str, written: &mut BTreeSet<String>) {
    for (numbered, choice) in NUMBERED.iter().flat_map(|set| (0..8_u8).map(move |choice| (set, choice))) {
        let (ascii, slash, upper) = (choice & 1 != 0, choice & 2 != 0, choice & 4 != 0);
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            let by_number = numbered.contains(c) || (ascii && !c.is_ascii());
            let short = match c {
                _ if by_number => "",
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\u{8}' => "\\b",
                '\u{c}' => "\\f",
                '/' if slash => "\\/",
                _ => "",
            };
            if !short.is_empty() {
                out.push_str(short);
            } else if by_number || c < ' ' {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    if upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") }.ok();
                }
            } else {
                out.push(c);
            }
        }
        written.insert(out);
    }
}

/// The punctuation that the usual encoders leave as it is. `None` for the space means `+` (forms).
const KEPT: [(&str, bool); 9] = [
    ("-._~", false),                         // RFC 3986 section 2.3
    ("", false),                             // letters and digits only
    ("-._~/", false),                        // template engines
    ("-._~!'()*", false),                    // encodeURIComponent
    ("-._*", true),                          // application/x-www-form-urlencoded
    ("-._~!$&'()*+,;=:@|\\[]^%", false),     // a path segment, percent sign kept
    ("-._~!$&'()*+,;=:@|\\[]", false),       // a path segment
    ("-._~!$&()*+,;=:@/?|\\[]^`{}%", false), // a query, as the URL standard has it
    ("-._~!$&'()*+,;=:@/?#[]", false),       // encodeURI
];

fn percent(text: &str, written: &mut BTreeSet<String>) {
    for (kept, plus) in KEPT {
        for upper in [true, false] {
            let mut out = String::with_capacity(text.len() + 8);
            for b in text.bytes() {
                if b.is_ascii_alphanumeric() || kept.as_bytes().contains(&b) {
                    out.push(char::from(b));
                } else if b == b' ' && plus {
                    out.push('+');
                } else {
                    if upper { write!(out, "%{b:02X}") } else { write!(out, "%{b:02x}") }.ok();
                }
            }
            written.insert(out);
        }
    }
}

/// HTML and XML: each special character as one of its writers writes it. Styles mix freely, so this is the product
/// over the characters that occur.
fn markup(text: &str, written: &mut BTreeSet<String>) {
    const WRITTEN: [(char, &[&str]); 8] = [
        ('&', &["&amp;"]),
        ('<', &["&lt;"]),
        ('>', &["&gt;", ">"]),
        ('"', &["&quot;", "\"", "&#34;", "&#x22;"]),
        ('\'', &["&apos;", "'", "&#39;", "&#x27;", "&#039;"]),
        ('/', &["/", "&#x2f;", "&#x2F;"]),
        ('\n', &["\n", "&#10;", "&#xA;"]),
        ('\r', &["\r", "&#13;", "&#xD;"]),
    ];
    let mut variants: Vec<Vec<(char, &str)>> = vec![Vec::new()];
    for (c, ways) in WRITTEN.iter().filter(|(c, _)| text.contains(*c)) {
        variants =
            variants.iter().flat_map(|v| ways.iter().map(|way| [v.as_slice(), &[(*c, *way)]].concat())).collect();
    }
    for style in STYLES {
        written.insert(in_style(text, style));
    }
    for variant in variants.iter().filter(|v| !v.is_empty()) {
        let mut out = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match variant.iter().find(|(special, _)| *special == c) {
                Some((_, way)) => out.push_str(way),
                None => out.push(c),
            }
        }
        written.insert(out);
    }
}

/// A writer of markup that also numbers what needs none.
struct Style {
    named: &'static [(char, &'static str)],
    /// Written by their numbers.
    numbered: &'static str,
    /// All but ASCII too.
    ascii: bool,
    number: fn(u32) -> String,
}

const NAMED: &[(char, &str)] = &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;")];
const NAMED_BUT_QUOTES: &[(char, &str)] = &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")];

const STYLES: [Style; 10] = [
    // Go
    Style { named: NAMED_BUT_QUOTES, numbered: "\"'+", ascii: false, number: decimal },
    // .NET
    Style { named: NAMED, numbered: "'+`", ascii: true, number: upper },
    Style { named: NAMED, numbered: "'", ascii: true, number: decimal },
    // Handlebars, Mustache
    Style { named: NAMED, numbered: "'`=", ascii: false, number: upper },
    Style {
        named: &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")],
        numbered: "/`=",
        ascii: false,
        number: upper,
    },
    // All by number
    Style { named: &[], numbered: "&<>\"'", ascii: false, number: decimal },
    Style { named: &[], numbered: "&<>\"'", ascii: false, number: lower },
    Style { named: &[], numbered: "&<>\"'+", ascii: false, number: decimal },
    Style { named: &[], numbered: "&<>\"'+`=", ascii: false, number: upper },
    Style { named: &[], numbered: "&<>\"'+`=", ascii: true, number: lower },
];

fn decimal(c: u32) -> String {
    format!("&#{c};")
}

fn lower(c: u32) -> String {
    format!("&#x{c:x};")
}

fn upper(c: u32) -> String {
    format!("&#x{c:X};")
}

fn in_style(text: &str, style: Style) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if let Some((_, name)) = style.named.iter().find(|(named, _)| *named == c) {
            out.push_str(name);
        } else if style.numbered.contains(c) || (style.ascii && !c.is_ascii()) {
            out.push_str(&(style.number)(u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

fn base64(text: &str, forms: &mut BTreeSet<Form>) {
    for before in 0..3_usize {
        let mut bytes = vec![0_u8; before];
        bytes.extend_from_slice(text.as_bytes());
        let encoded = STANDARD.encode(&bytes);
        // The first character whose six bits are all the secret's, and one past the last.
        let from = (before * 8).div_ceil(6);
        let to = bytes.len() * 8 / 6;
        let (Some(part), Some(stable)) = (encoded.get(from..), encoded.get(from..to)) else { continue };
        for (plus, slash) in [("+", "/"), ("-", "_"), ("%2B", "%2F"), ("%2b", "%2f"), ("+", "\\/")] {
            let write = |text: &str| text.replace('+', plus).replace('/', slash);
            forms.insert(Form { stable: write(stable).len(), bytes: write(part).into_bytes().into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, form: &str) -> bool {
        of(secret)
            .iter()
            .any(|f| form.as_bytes().starts_with(&f.bytes[..f.stable]) && f.bytes.starts_with(form.as_bytes()))
    }

    #[test]
    fn json_forms() {
        for form in [r#"St\u00e8ve \"a\/b\""#, r#"St\u00E8ve \"a/b\""#, r#"Stève \"a/b\""#, r#"Stève \"a\/b\""#] {
            assert!(has("Stève \"a/b\"", form), "{form}");
        }
        assert!(has("12\n34\u{1}56", r"12\n34\u000156"));
        assert!(has("key <&> 😀", r"key \u003c\u0026\u003e 😀"));
        assert!(has("key <&> 😀", r"key <&> \ud83d\ude00"));
    }

    #[test]
    fn percent_forms() {
        for form in ["a%20b%2Fc%2Bd", "a%20b%2fc%2bd", "a+b%2Fc%2Bd", "a%20b/c%2Bd", "a%20b/c+d", "a%20b%2Fc+d"] {
            assert!(has("a b/c+d", form), "{form}");
        }
        assert!(has("Stève-x", "St%C3%A8ve-x"));
        assert!(has("Stève-x", "St%c3%a8ve%2dx"));
    }

    #[test]
    fn markup_forms() {
        for form in [
            "a&lt;b&gt;&amp;&quot;c&apos;",
            "a&lt;b>&amp;\"c'",
            "a&lt;b&gt;&amp;&#34;c&#39;",
            "a&lt;b&gt;&amp;&#x22;c&#x27;",
        ] {
            assert!(has("a<b>&\"c'", form), "{form}");
        }
        assert!(has("a/b/c/d", "a&#x2f;b&#x2f;c&#x2f;d"));
    }

    #[test]
    fn base64_is_found_at_any_alignment() {
        let forms = of("s3cr3t");
        for (text, stable) in [("s3cr3t", "czNjcjN0"), ("_s3cr3t", "MzY3Izd"), ("__s3cr3t", "zM2NyM3")] {
            let encoded = STANDARD.encode(text);
            assert!(encoded.contains(stable), "{encoded}");
            assert!(forms.iter().any(|f| encoded.ends_with(std::str::from_utf8(&f.bytes).unwrap())), "{encoded}");
        }
        assert!(has("~~~???", "fn5-Pz8_"));
        assert!(has("~~~???", "fn5+Pz8/"));
        assert!(has("~~~???", "fn5%2BPz8%2F"));
    }

    #[test]
    fn plain_tokens_have_few_forms() {
        assert_eq!(of("abcdefghijkl").len(), 6);
        assert!(has("s3cr3t", "733363723374"));
        assert!(has("~~~???", "7E7E7E3F3F3F"));
    }

    #[test]
    fn lines_of_a_key_stand_alone() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nshort\n-----END PRIVATE KEY-----\n";
        assert!(has(pem, "MIIEvQIBADANBgkqhkiG9w0"));
        assert!(!has(pem, "short"));
        assert!(!has(pem, "-----BEGIN PRIVATE KEY-----"));
    }
}
