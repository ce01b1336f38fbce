//! Untrusted text made fit to be shown, and numbers made fit to be read.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One line that cannot steer what shows it: control characters (line breaks too), bidirectional overrides and the
/// beginnings of CI systems' commands stand as `\u{1b}`.
///
/// GitHub's runner takes `::` after any white space at a line's start for a command, and `##[` anywhere in it; it
/// compares by culture, which may skip characters that show nothing. So indenting alone does not help.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| (b' '..0x7f).contains(&b) && b != b'#';
    if text.bytes().all(plain) && !text.trim_start().starts_with("::") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut commands, mut begun) = (Commands::default(), false);
    for c in text.chars() {
        let command = commands.ends_with(c) && (c == '[' || !begun);
        if c == '\n' {
            out.push_str("\\n");
        } else if c == '\r' {
            out.push_str("\\r");
        } else if c == '\t' {
            out.push_str("  ");
        } else if command || steers(c) {
            write!(out, "\\u{{{:x}}}", u32::from(c)).ok();
        } else {
            out.push(c);
        }
        begun |= !matches!(c, ':') && !c.is_whitespace() && c.width().unwrap_or(0) > 0;
    }
    Cow::Owned(out)
}

/// Watches for the beginnings of commands, over characters that show nothing: `::` and `##[` (GitHub), `##vso[` and
/// `##[` (Azure), `##teamcity[`.
#[derive(Default)]
pub(super) struct Commands {
    last: Option<char>,
    /// How many `#` stood last.
    hashes: u8,
    /// `##` and letters stood last.
    word: bool,
}

impl Commands {
    /// Whether `c`, the next character, makes the beginning whole.
    pub(super) fn ends_with(&mut self, c: char) -> bool {
        let whole = match c {
            '[' => self.word || self.hashes >= 2,
            ':' => self.last == Some(':'),
            _ => false,
        };
        if c.width().unwrap_or(0) > 0 {
            self.word = c.is_alphanumeric() && (self.word || self.hashes >= 2);
            self.hashes = if c == '#' { self.hashes.saturating_add(1) } else { 0 };
            self.last = Some(c);
        }
        whole
    }
}

/// A drawing of several lines in which no `##…[` can command: a backslash stands before its bracket. Its colours stay.
pub(crate) fn drawn(text: &str) -> Cow<'_, str> {
    if !text.contains('#') && !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut commands, mut color) = (Commands::default(), false);
    for c in text.chars() {
        color |= c == '\u{1b}';
        if !color && commands.ends_with(c) && c == '[' {
            out.push('\\');
        }
        color &= !c.is_ascii_alphabetic();
        // What the drawing did not replace by itself.
        out.push(if steers(c) && !matches!(c, '\n' | '\t' | '\u{1b}') { char::REPLACEMENT_CHARACTER } else { c });
    }
    Cow::Owned(out)
}

/// Control characters, and those that reorder or break lines without being one: the marks, embeddings, overrides and
/// isolates of the bidirectional algorithm (UAX 9 section 2).
pub(super) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A value as JSON on one line that steers nothing either, and that is YAML too (which knows no U+FFFE). Only in strings is
/// there anything to escape, and there the escapes mean the same.
pub(super) fn json<T: Serialize>(value: &T) -> io::Result<String> {
    Ok(json_text(serde_json::to_string(value)?))
}

/// As [`json`], of what is JSON already.
pub(crate) fn json_text(text: String) -> String {
    let kept = |c: char| c == '\n' || (!steers(c) && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    if text.chars().all(|c| c != '#' && kept(c)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut commands = Commands::default();
    for c in text.chars() {
        if (commands.ends_with(c) && c == '[') || !kept(c) {
            write!(out, "\\u{:04x}", u32::from(c)).ok();
        } else {
            out.push(c);
        }
    }
    out
}

/// Columns that `text` takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// `text` cut to `columns`, with `…` where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(columns + 3);
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    // A joiner would pull the `…` into the emoji before it, and one `…` is enough.
    out.truncate(out.trim_end_matches(['\u{200d}', '\u{fe0f}', '…']).len());
    out.push('…');
    Cow::Owned(out)
}

/// Appends `text` and spaces up to `columns`.
pub(super) fn pad(out: &mut String, text: &str, columns: usize) {
    out.push_str(text);
    spaces(out, columns.saturating_sub(width(text)));
}

/// Appends `count` spaces.
pub(super) fn spaces(out: &mut String, count: usize) {
    const SOME: &str = "                                                                ";
    for done in (0..count).step_by(SOME.len()) {
        out.push_str(SOME.get(..count - done).unwrap_or(SOME));
    }
}

/// Milliseconds for a person: `0.4 ms`, `83 ms`, `1.25 s`, `2 min 05 s`, `1 h 02 min`.
pub(super) fn duration(ms: f64) -> String {
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_995.0 {
        format!("{:.2} s", ms / 1000.0)
    } else {
        seconds((ms / 1000.0).round() as u64)
    }
}

/// Whole seconds for a person: `12 s`, `2 min 05 s`, `1 h 02 min`.
pub(super) fn seconds(n: u64) -> String {
    match n {
        0..60 => format!("{n} s"),
        60..3600 => format!("{} min {:02} s", n / 60, n % 60),
        _ => format!("{} h {:02} min", n / 3600, n % 3600 / 60),
    }
}

/// A wait as the language writes it, `500ms`, `2s`, `1.5s`; a long one as [`seconds`] does.
pub(super) fn wait(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms}ms"),
        1000..60_000 => format!("{}s", ms as f64 / 1000.0),
        _ => seconds(ms.div_ceil(1000)),
    }
}

/// `1 step`, `2 steps`.
pub(super) fn count(n: u64, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// The path of a URL, and that it has a query: `/v1/people?…`. Long segments (Webex ids) are cut in the middle.
pub(super) fn path(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find(['/', '?', '#']).map_or("/", |at| rest.get(at..).unwrap_or_default());
    let path = path.split('#').next().unwrap_or(path);
    let (path, query) = path.split_once('?').map_or((path, false), |(path, _)| (path, true));
    let mut out = String::with_capacity(path.len().min(80));
    for (i, segment) in path.split('/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        middle_cut(&mut out, segment);
    }
    if query {
        out.push_str("?…");
    }
    match line(&out) {
        Cow::Owned(shown) => shown,
        Cow::Borrowed(_) => out,
    }
}

fn middle_cut(out: &mut String, segment: &str) {
    const KEPT: (usize, usize) = (10, 5);
    if segment.len() <= 24 || segment.chars().count() <= 24 {
        out.push_str(segment);
        return;
    }
    out.extend(segment.chars().take(KEPT.0));
    out.push('…');
    let tail: Vec<char> = segment.chars().rev().take(KEPT.1).collect();
    out.extend(tail.iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(line("Stève 你好 👋 ok"), "Stève 你好 👋 ok");
        assert_eq!(line("a\u{1b}[2Jb\u{7}\rc\nd\te\u{9b}1m"), "a\\u{1b}[2Jb\\u{7}\\rc\\nd  e\\u{9b}1m");
        assert_eq!(line("\u{202e}evil\u{2028}\u{200f}"), "\\u{202e}evil\\u{2028}\\u{200f}");
    }

    #[test]
    fn nothing_commands_github() {
        for text in ["::error::x", "  ::error::x", "\u{feff}::error::x", ":\u{200b}:error::x", "\u{a0}::error::x"] {
            let shown: String = line(text).chars().filter(|c| c.width().unwrap_or(0) > 0).collect();
            assert!(!shown.trim_start().starts_with("::"), "{shown}");
        }
        assert_eq!(line("a ##[error]b"), "a ##\\u{5b}error]b");
        assert_eq!(line("a #\u{200d}#[error]"), "a #\u{200d}#\\u{5b}error]");
        for text in ["std::fmt", "a: ::b", "[::1]:80", "#[test]", ":: "] {
            assert_eq!(line(text).starts_with("\\") || line(text).contains("\\u"), text == ":: ", "{text}");
        }
    }

    #[test]
    fn widths_are_columns() {
        assert_eq!(cut("你好你好", 5), "你好…");
        assert_eq!(cut("abc…def", 5), "abc…");
        // An emoji of several characters is never torn so that more than its columns are taken.
        for text in ["👩‍💻 works here", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "🇨🇭🇨🇭🇨🇭🇨🇭"]
        {
            for columns in 1..8 {
                assert!(width(&cut(text, columns)) <= columns, "{text} {columns}");
            }
        }
        assert_eq!(cut("👩‍💻 works here", 4), "👩…");
        let mut out = String::new();
        pad(&mut out, "你好", 6);
        assert_eq!(out, "你好  ");
    }

    #[test]
    fn times_are_readable() {
        let shown = [0.0, 0.44, 9.96, 83.4, 999.6, 1254.0, 59_999.0, 125_000.0, 3_720_000.0].map(duration);
        assert_eq!(
            shown,
            ["0.0 ms", "0.4 ms", "10 ms", "83 ms", "1.00 s", "1.25 s", "1 min 00 s", "2 min 05 s", "1 h 02 min"]
        );
        assert_eq!([500, 1000, 1500, 60_000, 90_500].map(wait), ["500ms", "1s", "1.5s", "1 min 00 s", "1 min 31 s"]);
    }

    #[test]
    fn paths_are_short() {
        assert_eq!(path("https://webexapis.com/v1/people/me"), "/v1/people/me");
        assert_eq!(path("http://[::1]:80"), "/");
        assert_eq!(path("https://x/rooms?max=2&a=b/c#f"), "/rooms?…");
        assert_eq!(path("https://x/rooms/Y2lzY29zcGFyazovL3VzL1JPT00vYWJjZGVm/y"), "/rooms/Y2lzY29zcG…jZGVm/y");
    }
}
