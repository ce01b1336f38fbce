//! Lines of a shell as words, with the quoting of POSIX shells and bash here, and that of Windows beside it.
//!
//! Nothing is expanded: a variable becomes a piece of its own.

use std::iter::Peekable;
use std::str::Chars;

use super::windows::{Dialect, cmd, powershell};

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text.
    Text(String),
    /// A variable: `$NAME`, `${NAME}`, `%NAME%`, `$env:NAME`.
    Variable(String),
}

/// A word and the line it begins in, from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) pieces: Vec<Piece>,
    pub(super) line: usize,
}

/// A command: its words, and the comment right above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) words: Vec<Word>,
    pub(super) comment: Option<String>,
}

impl Word {
    /// Its text, where nothing in it is a variable.
    pub(super) fn text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub(super) fn push(&mut self, c: char) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => self.pieces.push(Piece::Text(c.to_string())),
        }
    }
}

/// The commands of a text. Which shell it is for shows in how it joins and quotes its lines.
///
/// # Errors
/// A quote that never ends: the line it begins in, and what is wrong.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, (usize, String)> {
    let text = text.replace("\r\n", "\n");
    match Dialect::of(&text) {
        Dialect::Posix => posix(&text),
        Dialect::Cmd => Ok(cmd(&text)),
        Dialect::PowerShell => powershell(&text),
    }
}

pub(super) struct Reader<'a> {
    pub(super) chars: Peekable<Chars<'a>>,
    pub(super) line: usize,
    lines: Vec<Line>,
    current: Line,
    word: Option<Word>,
    comment: Option<String>,
}

impl Reader<'_> {
    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    pub(super) fn word(&mut self) -> &mut Word {
        let line = self.line;
        self.word.get_or_insert_with(|| Word { pieces: Vec::new(), line })
    }

    pub(super) fn end_word(&mut self) {
        if self.current.words.is_empty() {
            self.current.comment = self.comment.take().or(self.current.comment.take());
        }
        self.current.words.extend(self.word.take());
    }

    /// What no quoting has to do with, as all shells but `cmd.exe` have it: a comment, the end of a word or of a command,
    /// or a character of one.
    pub(super) fn plain(&mut self, c: char) {
        match c {
            '#' if self.word.is_none() => comment(self),
            ' ' | '\t' => self.end_word(),
            '\n' | ';' | '|' | '&' => self.end_line(),
            c => self.word().push(c),
        }
    }

    /// All commands.
    pub(super) fn done(mut self) -> Vec<Line> {
        self.end_line();
        self.lines
    }

    pub(super) fn end_line(&mut self) {
        self.end_word();
        let line = std::mem::take(&mut self.current);
        if !line.words.is_empty() {
            self.lines.push(line);
        } else {
            // A comment counts for what stands right below it.
            self.comment = line.comment;
        }
    }
}

pub(super) fn reader(text: &str) -> Reader<'_> {
    Reader {
        chars: text.chars().peekable(),
        line: 1,
        lines: Vec::new(),
        current: Line::default(),
        word: None,
        comment: None,
    }
}

fn posix(text: &str) -> Result<Vec<Line>, (usize, String)> {
    let mut r = reader(text);
    while let Some(c) = r.next() {
        match c {
            '\\' => match r.next() {
                Some('\n') | None => {}
                Some(c) => r.word().push(c),
            },
            '\'' => single(&mut r)?,
            '"' => double(&mut r)?,
            '$' if r.chars.peek() == Some(&'\'') => {
                r.next();
                ansi(&mut r)?;
            }
            '$' => variable(&mut r),
            c => r.plain(c),
        }
    }
    Ok(r.done())
}

fn comment(r: &mut Reader<'_>) {
    let mut text = String::new();
    while let Some(c) = r.chars.next_if(|c| *c != '\n') {
        text.push(c);
    }
    if r.current.words.is_empty() {
        let text = text.trim_start_matches(['#', '!']).trim().to_owned();
        r.comment = Some(text).filter(|text| !text.is_empty());
        // The line break that follows does not end what it stands above.
        r.next();
    }
}

pub(super) fn unended(line: usize, quote: &str) -> (usize, String) {
    (line, format!("the quote {quote} never ends"))
}

fn single(r: &mut Reader<'_>) -> Result<(), (usize, String)> {
    let line = r.line;
    r.word();
    loop {
        match r.next() {
            Some('\'') => return Ok(()),
            Some(c) => r.word().push(c),
            None => return Err(unended(line, "'")),
        }
    }
}

fn double(r: &mut Reader<'_>) -> Result<(), (usize, String)> {
    let line = r.line;
    r.word();
    loop {
        match r.next() {
            Some('"') => return Ok(()),
            Some('\\') => match r.next() {
                Some('\n') => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => r.word().push(c),
                // bash writes `!` so where a line was taken from its history.
                Some('!') => r.word().push('!'),
                Some(c) => {
                    r.word().push('\\');
                    r.word().push(c);
                }
                None => return Err(unended(line, "\"")),
            },
            Some('$') => variable(r),
            Some(c) => r.word().push(c),
            None => return Err(unended(line, "\"")),
        }
    }
}

/// `$'…'` of bash.
fn ansi(r: &mut Reader<'_>) -> Result<(), (usize, String)> {
    let line = r.line;
    r.word();
    loop {
        let c = match r.next() {
            Some('\'') => return Ok(()),
            Some('\\') => match r.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('0') => '\0',
                Some('a') => '\u{7}',
                Some('b') => '\u{8}',
                Some('e' | 'E') => '\u{1b}',
                Some('x') => code(r, 2),
                Some('u') => unicode(r),
                Some('U') => code(r, 8),
                Some(c) => c,
                None => return Err(unended(line, "$'")),
            },
            Some(c) => c,
            None => return Err(unended(line, "$'")),
        };
        r.word().push(c);
    }
}

fn digits(r: &mut Reader<'_>, most: usize) -> u32 {
    let mut value = 0_u32;
    for _ in 0..most {
        let Some(digit) = r.chars.peek().and_then(|c| c.to_digit(16)) else { break };
        r.chars.next();
        value = value.wrapping_mul(16).wrapping_add(digit);
    }
    value
}

fn code(r: &mut Reader<'_>, most: usize) -> char {
    char::from_u32(digits(r, most)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Four hex digits; browsers write what lies above as two of them.
fn unicode(r: &mut Reader<'_>) -> char {
    let high = digits(r, 4);
    if !(0xD800..0xDC00).contains(&high) {
        return char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    let mut ahead = r.chars.clone();
    if ahead.next() != Some('\\') || ahead.next() != Some('u') {
        return char::REPLACEMENT_CHARACTER;
    }
    r.chars.next();
    r.chars.next();
    let low = digits(r, 4).wrapping_sub(0xDC00);
    char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low & 0x3FF)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// What follows a `$`.
pub(super) fn variable(r: &mut Reader<'_>) {
    let first = |c: &char| c.is_ascii_alphabetic() || *c == '_';
    let braces = r.chars.peek() == Some(&'{');
    let mut ahead = r.chars.clone();
    if braces {
        ahead.next();
    }
    let mut name = String::new();
    while let Some(c) =
        ahead.next_if(|c| if name.is_empty() { first(c) } else { c.is_ascii_alphanumeric() || *c == '_' })
    {
        name.push(c);
    }
    if name.is_empty() || (braces && ahead.next() != Some('}')) {
        r.word().push('$');
        return;
    }
    r.chars = ahead;
    r.word().pieces.push(Piece::Variable(name));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::import::curl) fn words(text: &str) -> Vec<Vec<String>> {
        let shown = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Variable(name) => format!("<{name}>"),
        };
        let word = |word: &Word| word.pieces.iter().map(shown).collect::<String>();
        lines(text).unwrap().iter().map(|line| line.words.iter().map(word).collect()).collect()
    }

    #[test]
    fn posix_quotes() {
        assert_eq!(words(r#"curl 'a b' "c\"$X ${Y}" d\ e ''"#), [["curl", "a b", "c\"<X> <Y>", "d e", ""]]);
        assert_eq!(words("curl \\\n  a\ncurl b; curl c"), [vec!["curl", "a"], vec!["curl", "b"], vec!["curl", "c"]]);
        assert_eq!(words(r"curl $'a\n\x41\u00e9\ud83d\ude80\'' $5 $"), [["curl", "a\nAé🚀'", "$5", "$"]]);
        assert_eq!(words("curl a#b # rest\n"), [["curl", "a#b"]]);
        assert_eq!(lines("curl a\ncurl 'b").unwrap_err(), (2, "the quote ' never ends".to_owned()));
    }

    #[test]
    fn a_comment_names_what_stands_below_it() {
        let lines = lines("# Who am I\ncurl a\n\n# Rooms\n\ncurl b\ncurl c").unwrap();
        let comments: Vec<_> = lines.iter().map(|line| line.comment.as_deref()).collect();
        assert_eq!(comments, [Some("Who am I"), Some("Rooms"), None]);
    }
}
