//! Commands as people of Windows have them: what `cmd.exe` makes of carets and quotes, and PowerShell of its backticks.

use super::words::{Line, Piece, Reader, reader, unended, variable};

/// Who a text was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Posix,
    Cmd,
    PowerShell,
}

impl Dialect {
    pub(super) fn of(text: &str) -> Self {
        let exe = text.trim_start().starts_with("curl.exe");
        if text.contains(" `\n") || text.to_ascii_lowercase().contains("$env:") || (exe && text.contains(" '")) {
            Self::PowerShell
        } else if text.contains("^\n") || text.contains(" ^\"") || exe {
            Self::Cmd
        } else {
            Self::Posix
        }
    }
}

/// First the carets of `cmd.exe`, then the quotes as C programs of Windows read them.
pub(super) fn cmd(text: &str) -> Vec<Line> {
    let mut r = reader(text);
    // Whether `cmd.exe` is inside quotes, where carets are text, and whether the program is.
    let (mut outer, mut inner) = (false, false);
    while let Some(c) = r.next() {
        let (c, caret) = match c {
            '^' if !outer => match r.next() {
                // A caret at the end of a line joins the next one; with an empty line between them it is a line break.
                Some('\n') if r.chars.peek() == Some(&'\n') && inner => {
                    r.next();
                    ('\n', true)
                }
                Some('\n') | None => continue,
                Some(c) => (c, true),
            },
            c => (c, false),
        };
        match c {
            '"' if inner && r.chars.peek() == Some(&'"') && !caret => {
                r.next();
                r.word().push('"');
            }
            '"' => {
                if !caret {
                    outer = !outer;
                }
                inner = !inner;
                r.word();
            }
            '\\' => backslash(&mut r, outer),
            '%' if !caret => percent(&mut r),
            ' ' | '\t' if !inner => r.end_word(),
            '\n' | '&' | '|' if !inner && !caret => r.end_line(),
            c => r.word().push(c),
        }
    }
    r.done()
}

/// A backslash is text, but before a quote, which it makes text.
fn backslash(r: &mut Reader<'_>, outer: bool) {
    let mut ahead = r.chars.clone();
    let caret = !outer && ahead.peek() == Some(&'^');
    if caret {
        ahead.next();
    }
    match ahead.next() {
        Some(c @ ('"' | '\\')) => {
            // `\\` is two where no quote follows them; browsers write it only before a quote or for one.
            r.chars = ahead;
            r.word().push(c);
        }
        _ => r.word().push('\\'),
    }
}

/// `%NAME%`. In a URL `%C3%A9` is none.
fn percent(r: &mut Reader<'_>) {
    let mut ahead = r.chars.clone();
    let mut name = String::new();
    while let Some(c) = ahead.next_if(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_') {
        name.push(c);
    }
    let is_name = !name.starts_with(|c: char| c.is_ascii_digit()) && !name.chars().all(|c| c.is_ascii_hexdigit());
    if is_name && ahead.next() == Some('%') {
        r.chars = ahead;
        r.word().pieces.push(Piece::Variable(name));
    } else {
        r.word().push('%');
    }
}

/// The commands of a text for PowerShell.
///
/// # Errors
/// As `words::lines`.
pub(super) fn powershell(text: &str) -> Result<Vec<Line>, (usize, String)> {
    let mut r = reader(text);
    while let Some(c) = r.next() {
        match c {
            '`' => backtick(&mut r),
            '\'' | '"' => quoted(&mut r, c)?,
            '$' => environment(&mut r),
            c => r.plain(c),
        }
    }
    Ok(r.done())
}

/// What follows a backtick is text; a line break is joined.
fn backtick(r: &mut Reader<'_>) {
    match r.next() {
        Some('\n') | None => {}
        Some('n') => r.word().push('\n'),
        Some('r') => r.word().push('\r'),
        Some('t') => r.word().push('\t'),
        Some(c) => r.word().push(c),
    }
}

/// A text in quotes. Two of them are one; `\"` is what older ones need to hand a `"` on to a program.
fn quoted(r: &mut Reader<'_>, quote: char) -> Result<(), (usize, String)> {
    let line = r.line;
    r.word();
    loop {
        match r.next() {
            Some(c) if c == quote && r.chars.peek() == Some(&quote) => {
                r.next();
                r.word().push(quote);
            }
            Some(c) if c == quote => return Ok(()),
            Some('\\') if r.chars.peek() == Some(&'"') => {
                r.next();
                r.word().push('"');
            }
            Some('`') if quote == '"' => backtick(r),
            Some('$') if quote == '"' => environment(r),
            Some(c) => r.word().push(c),
            None => return Err(unended(line, if quote == '"' { "\"" } else { "'" })),
        }
    }
}

/// `$env:NAME`, `${env:NAME}` and `$NAME`.
fn environment(r: &mut Reader<'_>) {
    let ahead: String = r.chars.clone().take(5).collect::<String>().to_ascii_lowercase();
    let braces = ahead == "{env:";
    if braces || ahead.starts_with("env:") {
        // Up to the colon.
        r.chars.nth(if braces { 4 } else { 3 });
    }
    variable(r);
    if braces {
        r.chars.next_if_eq(&'}');
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::words;

    #[test]
    fn windows_quotes() {
        let new = "curl ^\"https://a.example/?x=1^&y=%^20^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"";
        assert_eq!(
            words(new),
            [["curl", "https://a.example/?x=1&y=%20", "-H", "accept: */*", "--data-raw", "{\"a\":1}"]]
        );
        let old = "curl \"https://a.example/\" ^\n --data-binary \"{\\\"a\\\": \\\"b\\\"}\" -H \"x: \"\"y\"\"\"";
        assert_eq!(words(old), [["curl", "https://a.example/", "--data-binary", "{\"a\": \"b\"}", "-H", "x: \"y\""]]);
    }

    #[test]
    fn variables_of_cmd_are_no_percent_encoding() {
        let text = "curl.exe -H \"a: %WEBEX_ACCESS_TOKEN%\" https://a.example/%C3%A9%20%AB%3D?p=100%";
        assert_eq!(
            words(text),
            [["curl.exe", "-H", "a: <WEBEX_ACCESS_TOKEN>", "https://a.example/%C3%A9%20%AB%3D?p=100%"]]
        );
    }

    #[test]
    fn quotes_of_powershell() {
        let text =
            "curl.exe \"https://a.example/\" `\r\n  -H \"a: Bearer $env:TOKEN\" `\n  -d '{\"it''s\": \"$5\"}'; curl b";
        assert_eq!(
            words(text),
            [
                vec!["curl.exe", "https://a.example/", "-H", "a: Bearer <TOKEN>", "-d", "{\"it's\": \"$5\"}"],
                vec!["curl", "b"]
            ]
        );
        assert_eq!(words("curl.exe -d '{\\\"a\\\": 1}' x"), [["curl.exe", "-d", "{\"a\": 1}", "x"]]);
        assert_eq!(words("curl \"a`\"b`$c${env:D}e\"\"\" `\n f"), [["curl", "a\"b$c<D>e\"", "f"]]);
    }
}
