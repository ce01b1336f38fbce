//! The canaries: each a core of letters and digits that no output may hold, between characters that encoders change.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
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
    Shape { repeat: 30, ..shape("long", "a/+", "=&") },
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
    fn needles(&self) -> Vec<(&'static str, Vec<u8>)> {
        let hex = |upper: bool| {
            let one = |b: u8| if upper { format!("{b:02X}") } else { format!("{b:02x}") };
            self.core.bytes().map(one).collect::<String>().into_bytes()
        };
        let mut needles = vec![
            ("as it is", self.core.clone().into_bytes()),
            ("backwards-compatible hex", hex(false)),
            ("upper-case hex", hex(true)),
        ];
        let each = |write: &dyn Fn(u8) -> String| self.core.bytes().map(write).collect::<String>().into_bytes();
        needles.extend([
            ("percent-encoded", each(&|b| format!("%{b:02X}"))),
            ("percent-encoded in lower case", each(&|b| format!("%{b:02x}"))),
            ("percent-encoded twice", each(&|b| format!("%25{b:02X}"))),
            ("as numbers of JSON", each(&|b| format!("\\u{b:04x}"))),
            ("as numbers of markup", each(&|b| format!("&#{b};"))),
        ]);
        for (before, name) in ["base64", "base64, one byte on", "base64, two bytes on"].into_iter().enumerate() {
            let bytes = [&vec![0; before][..], self.core.as_bytes()].concat();
            let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            needles.push((name, STANDARD_NO_PAD.encode(&bytes).as_bytes()[from..to].to_owned()));
        }
        needles
    }
}

/// Looks for all canaries at once.
pub(super) struct Search {
    automaton: AhoCorasick,
    /// By the automaton's pattern: the canary's number, and how it is written.
    patterns: Vec<(usize, &'static str)>,
    canaries: Vec<Canary>,
}

impl Search {
    pub(super) fn new(canaries: &[Canary]) -> Self {
        let (mut patterns, mut needles) = (Vec::new(), Vec::new());
        for (number, canary) in canaries.iter().enumerate() {
            for (how, needle) in canary.needles() {
                patterns.push((number, how));
                needles.push(needle);
            }
        }
        Self { automaton: AhoCorasick::new(needles).unwrap(), patterns, canaries: canaries.to_vec() }
    }

    /// The numbers of the canaries that stand in `bytes`.
    pub(super) fn known(&self, bytes: &[u8]) -> BTreeSet<usize> {
        self.automaton.find_overlapping_iter(bytes).map(|hit| self.patterns[hit.pattern().as_usize()].0).collect()
    }

    /// The first canary that stands in `bytes`: its name, how it is written, and what is around it.
    pub(super) fn found(&self, bytes: &[u8]) -> Option<String> {
        let hit = self.automaton.find(bytes)?;
        let (number, how) = self.patterns[hit.pattern().as_usize()];
        let canary = &self.canaries[number];
        let around = &bytes[hit.start().saturating_sub(160)..(hit.end() + 80).min(bytes.len())];
        let around = String::from_utf8_lossy(around);
        Some(format!("the secret `{}` {:?} stands there {how}:\n{around}", canary.name, canary.value))
    }
}
