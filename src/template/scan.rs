//! Finds the `{{ }}` of a text.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::OffsetMap;

/// A piece of a template, as a byte range of its text.
pub(super) enum Piece {
    Text(Range<usize>),
    /// What stands between the braces.
    Hole(Range<usize>),
}

/// Splits `text`; `None` where it was wrong, which `diagnostics` then says.
pub(super) fn pieces(text: &str, map: &OffsetMap, diagnostics: &mut Diagnostics) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut sound = true;
    loop {
        let hole = find(text, at, "{{");
        let end = hole.unwrap_or(text.len());
        sound &= no_statement(text, at..end, map, diagnostics);
        if end > at {
            pieces.push(Piece::Text(at..end));
        }
        let Some(open) = hole else { break };
        let close = match closing(text, open + 2) {
            Ok(close) => close,
            Err(quote) => {
                unclosed(open, quote, map, diagnostics);
                return None;
            }
        };
        sound &= untrimmed(text, open, close, map, diagnostics);
        pieces.push(Piece::Hole(open + 2..close));
        at = close + 2;
    }
    sound.then_some(pieces)
}

fn unclosed(open: usize, quote: Option<usize>, map: &OffsetMap, diagnostics: &mut Diagnostics) {
    match quote {
        Some(quote) => diagnostics
            .error(Code::TemplateSyntax, map.span(quote..quote + 1), "the text that begins here is never closed")
            .help("close it with the same quotation mark"),
        None => diagnostics
            .error(Code::TemplateSyntax, map.span(open..open + 2), "`{{` is never closed")
            .help("close it with `}}`; literal braces are written `{{ '{{' }}`"),
    };
}

/// The byte of the `}}` that ends an expression, strings and nested brackets respected; or the quotation mark that is
/// still open at the end, where there is one and `}}` follows it.
fn closing(text: &str, from: usize) -> Result<usize, Option<usize>> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut quote = None;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some((q, _)), _) if q == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some((byte, at)),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Ok(at),
            (None, _) => {}
        }
        at += 1;
    }
    Err(quote.map(|(_, at)| at).filter(|at| text.get(*at..).is_some_and(|rest| rest.contains("}}"))))
}

/// The first byte of a `{{` or `}}` in a bare expression, outside of strings. `}}` may also end two mappings, so only
/// one that nothing opened counts.
pub(super) fn braces(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') if previous == '{' => return Some(at - 1),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
        previous = c;
    }
    None
}

/// How many bytes of an expression are neither spaces nor inside of quotes.
pub(super) fn weight(expression: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    let mut weight = 0;
    for byte in expression.bytes() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(q), _) if q == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                weight += 1;
            }
            (None, _) => weight += usize::from(!byte.is_ascii_whitespace()),
        }
    }
    weight
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

fn no_statement(text: &str, range: Range<usize>, map: &OffsetMap, diagnostics: &mut Diagnostics) -> bool {
    let Some(at) = text.get(range.clone()).and_then(|part| part.find("{%")).map(|at| range.start + at) else {
        return true;
    };
    diagnostics
        .error(Code::TemplateSyntax, map.span(at..at + 2), "`{%` is reserved: templates have no statements")
        .help("use the step keys `when` and `for_each`; a literal is written `{{ '{%' }}`");
    false
}

fn untrimmed(text: &str, open: usize, close: usize, map: &OffsetMap, diagnostics: &mut Diagnostics) -> bool {
    let inside = text.get(open + 2..close).unwrap_or("");
    // `{{-1}}` is trimming in Jinja, not a negative number.
    let place = if inside.starts_with(['-', '+']) {
        open..open + 3
    } else if inside.ends_with(['-', '+']) {
        close - 1..close + 2
    } else {
        return true;
    };
    let what = text.get(place.clone()).unwrap_or("");
    diagnostics
        .error(Code::TemplateSyntax, map.span(place), format!("`{what}` trims spaces in Jinja; wxflow does not trim"))
        .help("write plain `{{ … }}`; a negative number needs a space before it: `{{ -1 }}`");
    false
}
