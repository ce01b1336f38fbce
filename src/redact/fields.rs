//! The whole fields of a text: where a secret is masked that is too short to be looked for inside other text.
//!
//! A field is a JSON string or number, a query or form value, a path segment, a cookie, a token behind its scheme, or a
//! line of its own (a multipart value). None of this runs unless a short secret is known.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::percent_decode_str;
use serde::de::IgnoredAny;

/// Longer texts hold no short secret.
const LONGEST: usize = 64;

/// A field's place in its text, and what it says.
pub(super) struct Field<'t> {
    pub(super) place: Range<usize>,
    pub(super) text: Cow<'t, str>,
    /// True where the place is a number that stands without quotes.
    pub(super) bare: bool,
}

/// Calls `visit` with every field of `text`, whatever it is: a URL, a header's value, a body.
pub(super) fn each<'t>(text: &'t str, visit: &mut dyn FnMut(Field<'t>)) {
    if is_json(text) {
        json(text, visit);
    } else if text.starts_with("http://") || text.starts_with("https://") {
        url(text, visit);
    } else if text.contains('\n') {
        pieces(text, 0, &['\n'], visit);
    } else {
        pairs(text, 0, visit);
    }
}

/// Calls `visit` with every piece of a message that stands in quotes or backticks.
pub(super) fn quoted<'t>(text: &'t str, visit: &mut dyn FnMut(Field<'t>)) {
    let mut open: Option<(char, usize)> = None;
    for (at, c) in text.char_indices().filter(|(_, c)| matches!(c, '"' | '`' | '\'')) {
        match open {
            Some((quote, start)) if quote == c => {
                field(text, start..at, false, visit);
                open = None;
            }
            Some(_) => {}
            None => open = Some((c, at + c.len_utf8())),
        }
    }
    pieces(text, 0, &[' ', ','], visit);
}

fn is_json(text: &str) -> bool {
    let begins = text.trim_start().as_bytes().first();
    begins.is_some_and(|b| b"{[\"-0123456789".contains(b)) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The strings and numbers of sound JSON, in place: the text around them stays as it was written.
fn json<'t>(text: &'t str, visit: &mut dyn FnMut(Field<'t>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if byte == b'"' {
            let length = string(rest);
            let inside = at + 1..(at + length).saturating_sub(1);
            let raw = text.get(inside.clone()).unwrap_or_default();
            if raw.len() <= LONGEST * 6 {
                let decoded = text.get(at..at + length).and_then(|quoted| serde_json::from_str::<String>(quoted).ok());
                visit(Field { place: inside, text: decoded.map_or(Cow::Borrowed(raw), Cow::Owned), bare: false });
            }
            at += length;
        } else if byte == b'-' || byte.is_ascii_digit() {
            let length = rest.iter().take_while(|b| b.is_ascii_digit() || b"+-.eE".contains(b)).count();
            field(text, at..at + length, true, visit);
            at += length;
        } else {
            at += 1;
        }
    }
}

/// The length of the string that begins here, quotes included.
fn string(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let end = bytes.iter().skip(1).position(|b| {
        let closes = *b == b'"' && !escaped;
        escaped = *b == b'\\' && !escaped;
        closes
    });
    end.map_or(bytes.len(), |end| end + 2)
}

fn url<'t>(text: &'t str, visit: &mut dyn FnMut(Field<'t>)) {
    let path = text.find("://").map_or(0, |scheme| scheme + 3);
    let path = text.get(path..).and_then(|rest| rest.find('/')).map_or(text.len(), |slash| path + slash);
    let query = text.find(['?', '#']).unwrap_or(text.len());
    pieces(text.get(..query).unwrap_or_default(), path, &['/'], visit);
    pairs(text, query, visit);
}

/// `a=1&b=2`, `a=1; b=2`, `Bearer x`: each piece, and what stands behind its first `=`.
fn pairs<'t>(text: &'t str, from: usize, visit: &mut dyn FnMut(Field<'t>)) {
    pieces(text, from, &['&', ';', ' ', '?', '#'], &mut |piece| {
        let value = text.get(piece.place.clone()).and_then(|t| t.find('=')).map(|eq| piece.place.start + eq + 1);
        match value {
            Some(start) => field(text, start..piece.place.end, false, visit),
            None => visit(piece),
        }
    });
}

fn pieces<'t>(text: &'t str, from: usize, between: &[char], visit: &mut dyn FnMut(Field<'t>)) {
    let mut start = from;
    for piece in text.get(from..).unwrap_or_default().split(between) {
        field(text, start..start + piece.len(), false, visit);
        start += piece.len() + 1;
    }
}

fn field<'t>(text: &'t str, place: Range<usize>, bare: bool, visit: &mut dyn FnMut(Field<'t>)) {
    let Some(raw) = text.get(place.clone()).filter(|raw| bare || raw.len() <= LONGEST) else { return };
    let start = place.start + (raw.len() - raw.trim_start().len());
    let raw = raw.trim();
    if raw.is_empty() {
        return;
    }
    let decoded = percent_decode_str(raw).decode_utf8().unwrap_or(Cow::Borrowed(raw));
    visit(Field { place: start..start + raw.len(), text: decoded, bare });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(text, &mut |f| found.push(f.text.into_owned()));
        found
    }

    #[test]
    fn json_leaves_in_place() {
        let text = r#" {"a": "x\"y", "n": [1234, -1.5], "b": true}"#;
        assert_eq!(all(text), ["a", "x\"y", "n", "1234", "-1.5", "b"]);
        each(text, &mut |f| assert!(f.bare != text[..f.place.start].ends_with('"'), "{:?}", f.text));
    }

    #[test]
    fn urls_pairs_and_lines() {
        assert_eq!(all("https://a.example/rooms/12?t=1%3234&u=x#f"), ["rooms", "12", "1234", "x", "f"]);
        assert_eq!(all("pin=1234; lang=de"), ["1234", "de"]);
        assert_eq!(all("Bearer 1234"), ["Bearer", "1234"]);
        assert_eq!(
            all("--b\r\nContent-Disposition: x\r\n\r\n1234\r\n--b--"),
            ["--b", "Content-Disposition: x", "1234", "--b--"]
        );
    }

    #[test]
    fn messages_name_values_in_quotes() {
        let mut found = Vec::new();
        quoted("is \"1 2\", not `ab`", &mut |f| found.push(f.text.into_owned()));
        assert_eq!(found[..2], ["1 2", "ab"]);
    }
}
