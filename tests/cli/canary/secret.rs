//! The canaries: each a core of letters and digits that no output may hold, between characters that encoders change.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What stands around the core, with what is left out of a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    before: &'static str,
    after: &'static str,
    /// No core of its own: the few bytes are all of it.
    short: bool,
    repeat: usize,
}

pub(super) const SHAPES: [Shape; 16] = [
    shape("letters", "ab", "yz"),
    shape("quotes", "\"a'", "'b\""),
    shape("backslashes", "\\a\\n", "\\\\u0041\\"),
    shape("percents", "%41%", "%zz%25"),
    shape("plus and slash", "a+/b", "c+//d=="),
    shape("query", "?a=b&c=", "&d#e"),
    shape("markup", "<a b='&amp;'>", "</a>&lt;\"`"),
    shape("template", "{{ x }}{%", "%}{# y"),
    shape("unicode", "密码é", "ключ🔑"),
    shape("separators", "a:b,c|d@e", "~!$^*()[]{}-_."),
    shape("spaces", " a b  ", "  c "),
    shape("line end", "", "\n"),
    shape("lines", "a\nb\r\n", "\ttab\n\nc"),
    shape("control", "a\u{1}\u{7f}", "\u{85}\u{200b}\u{202e}b"),
    Shape { short: true, ..shape("six bytes", "", "") },
    Shape { repeat: 150, ..shape("long", "a/+", "=&") },
];

const fn shape(name: &'static str, before: &'static str, after: &'static str) -> Shape {
    Shape { name, before, after, short: false, repeat: 1 }
}

/// One secret on its way through the program.
#[derive(Clone, Debug)]
pub(super) struct Canary {
    /// The input or capture that holds it.
    pub(super) name: &'static str,
    pub(super) core: String,
    pub(super) value: String,
}

impl Canary {
    /// The canary of a source, which has this number among them.
    pub(super) fn new(shape: Shape, name: &'static str, number: usize) -> Self {
        if shape.short {
            let core = format!("Qz{number:02}Jx");
            return Self { name, value: core.clone(), core };
        }
        let core = format!("K7{number:02}vQzMx9Wp");
        let Shape { before, after, .. } = shape;
        let filling: String = (1..shape.repeat).map(|n| format!("{n:04}xY/+")).collect();
        Self { name, value: format!("{before}{core}{after}{filling}"), core }
    }

    /// Whether a header can hold it.
    pub(super) fn fits_header(&self) -> bool {
        !self.value.chars().any(|c| c < ' ' || c == '\u{7f}')
    }

    /// Whether it can be told apart as a cookie's value.
    pub(super) fn fits_cookie(&self) -> bool {
        self.fits_header() && !self.value.contains(';')
    }

    /// Every way in which what is left of the core could be read, and what it is called.
    pub(super) fn needles(&self) -> Vec<(&'static str, Vec<u8>)> {
        let hex = |upper: bool| {
            let one = |b: u8| if upper { format!("{b:02X}") } else { format!("{b:02x}") };
            self.core.bytes().map(one).collect::<String>().into_bytes()
        };
        let mut needles = vec![
            ("as it is", self.core.clone().into_bytes()),
            ("backwards-compatible hex", hex(false)),
            ("upper-case hex", hex(true)),
        ];
        for (before, name) in ["base64", "base64, one byte on", "base64, two bytes on"].into_iter().enumerate() {
            let bytes = [&vec![0; before][..], self.core.as_bytes()].concat();
            let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            needles.push((name, STANDARD_NO_PAD.encode(&bytes).as_bytes()[from..to].to_owned()));
        }
        needles
    }
}

/// The first canary that stands in `bytes`: its name, how it is written, and what is around it.
pub(super) fn found(canaries: &[Canary], bytes: &[u8]) -> Option<String> {
    for canary in canaries {
        for (how, needle) in canary.needles() {
            let Some(at) = find(bytes, &needle) else { continue };
            let around = &bytes[at.saturating_sub(160)..(at + needle.len() + 80).min(bytes.len())];
            let around = String::from_utf8_lossy(around).into_owned();
            return Some(format!("the secret `{}` {:?} stands there {how}:\n{around}", canary.name, canary.value));
        }
    }
    None
}

pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    aho_corasick::AhoCorasick::new([needle]).unwrap().find(bytes).map(|hit| hit.start())
}
