//! How servers write back what they were sent: every encoding of the contract, by the usual libraries' own habits.
//! In a JSON reply each stands inside JSON once more.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// `encodeURIComponent`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// `value` in each encoding, all on lines of their own.
pub(super) fn all(value: &str) -> Vec<String> {
    let json = |text: &str| {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let mut all = vec![
        value.to_owned(),
        value.trim().to_owned(),
        json(value),
        json(value).replace('/', "\\/"),
        escaped(value, "<>&\u{2028}", false, false),
        escaped(value, "<>&'\"+`", true, true),
        escaped(value, "<>&'", true, true),
        escaped(value, "", true, false),
        percent.clone(),
        lower_hex(&percent),
        utf8_percent_encode(value, COMPONENT).to_string(),
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        value.bytes().map(|b| format!("{b:02x}")).collect(),
        value.bytes().map(|b| format!("{b:02X}")).collect(),
        quick_xml::escape::escape(value).into_owned(),
        quick_xml::escape::partial_escape(value).into_owned(),
        entities(value, "&<>\"'", false),
        entities(value, "&<>\"'+", false),
        entities(value, "&<>\"'+`=", true),
        value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#x27;"),
        value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&#34;")
            .replace('\'', "&#39;"),
    ];
    all.extend(mixed(value));
    // Parsers of URLs drop line breaks and tabs, which makes it another text.
    if !value.contains(['\n', '\r', '\t']) {
        let url = format!("http://a.example/?{}#", value.trim_matches(' ').replace('#', "%23"));
        all.push(url::Url::parse(&url).unwrap().query().unwrap_or("").to_owned());
    }
    for before in ["", "a", "ab"] {
        let whole = format!("{before}{value}and more");
        let bare = format!("{before}{value}");
        all.extend([STANDARD.encode(&whole), STANDARD.encode(&bare), STANDARD_NO_PAD.encode(&bare)]);
        all.extend([URL_SAFE.encode(&whole), URL_SAFE.encode(&bare), URL_SAFE_NO_PAD.encode(&bare)]);
    }
    all
}

/// Encoders that no usual library is: of any case, of some characters only, of all, one after the other.
fn mixed(value: &str) -> Vec<String> {
    let percent = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let component = utf8_percent_encode(value, COMPONENT).to_string();
    let every_other: String =
        percent(value).char_indices().map(|(at, c)| if at / 3 % 2 == 0 { c.to_ascii_lowercase() } else { c }).collect();
    let some = |n: usize| -> String {
        value
            .chars()
            .enumerate()
            .map(|(at, c)| if at % n == 0 { percent(c.encode_utf8(&mut [0; 4])) } else { c.to_string() })
            .collect()
    };
    // Of a long one a few are enough: each is several times as long.
    if value.len() > 500 {
        return vec![every_other, some(3)];
    }
    let units: String = value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let numbers: String = value.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    vec![
        every_other,
        some(2),
        some(3),
        utf8_percent_encode(&component, NON_ALPHANUMERIC).to_string(),
        percent(&percent(value)).to_ascii_lowercase(),
        serde_json::to_string(&units).unwrap(),
        units,
        quick_xml::escape::escape(&numbers).into_owned(),
        quick_xml::escape::escape(&component).into_owned(),
        numbers,
    ]
}

/// JSON text whose writer also escapes `more`, and all but ASCII where `ascii` says so.
fn escaped(value: &str, more: &str, ascii: bool, upper: bool) -> String {
    let mut out = String::new();
    for c in value.chars() {
        match c {
            _ if more.contains(c) || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    if upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") }.unwrap();
                }
            }
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' && upper => write!(out, "\\u{:04X}", u32::from(c)).unwrap(),
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c)).unwrap(),
            c => out.push(c),
        }
    }
    out
}

/// Markup whose writer gives each of `which` its number.
fn entities(value: &str, which: &str, hex: bool) -> String {
    let one = |c: char| match which.contains(c) {
        true if hex => format!("&#x{:X};", u32::from(c)),
        true => format!("&#{};", u32::from(c)),
        false => c.to_string(),
    };
    value.chars().map(one).collect()
}

fn lower_hex(text: &str) -> String {
    let mut out = String::new();
    let mut hex = 0;
    for c in text.chars() {
        hex = if c == '%' { 3_u8 } else { hex.saturating_sub(1) };
        out.push(if hex > 0 { c.to_ascii_lowercase() } else { c });
    }
    out
}
