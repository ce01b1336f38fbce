//! The value of `-F`: pieces with `;` between them, some of them in quotes.

/// The pieces between `;`, but not inside of quotes.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        if c == '"' && !escaped {
            inside = !inside;
        }
        escaped = c == '\\' && !escaped;
        match pieces.last_mut() {
            Some(piece) if c != ';' || inside => piece.push(c),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}

pub(super) fn unquoted(text: &str) -> String {
    match text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => text.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    }
}
