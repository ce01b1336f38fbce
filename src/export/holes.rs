//! A text of a preview in its pieces: what is known, and the holes that stay open: `{{ room_id }}`.

/// One piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Known.
    Text(&'a str),
    /// The expression of a hole.
    Hole(&'a str),
}

/// The pieces of `text`, in order; no text is empty.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest.get(open + 2..).and_then(|inside| inside.find("}}")) else { break };
        let (Some(before), Some(inside), Some(after)) =
            (rest.get(..open), rest.get(open + 2..open + 2 + length), rest.get(open + length + 4..))
        else {
            break;
        };
        if !before.is_empty() {
            out.push(Piece::Text(before));
        }
        out.push(Piece::Hole(inside.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    out
}

/// Whether the expression is one name.
pub(super) fn is_name(expression: &str) -> bool {
    expression.starts_with(|c: char| c.is_ascii_alphabetic())
        && expression.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_holes_take_turns() {
        assert_eq!(
            pieces("/a/{{ id }}?x={{b}}"),
            [Piece::Text("/a/"), Piece::Hole("id"), Piece::Text("?x="), Piece::Hole("b")]
        );
        assert_eq!(pieces("{{ open"), [Piece::Text("{{ open")]);
        assert_eq!(pieces(""), []);
        assert!(is_name("room_id") && !is_name("uuid()") && !is_name("a.b") && !is_name(""));
    }
}
