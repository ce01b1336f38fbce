//! JavaScript text to tokens: enough to see the shape of the statements that people write in Postman.

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    Number(f64),
    Text(String),
    /// A template literal: texts, and between them the source of each `${ }`.
    Template(Vec<String>, Vec<String>),
    /// Source and flags.
    Regex(String, String),
    Sign(&'static str),
    End,
}

/// A token with its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) token: Token,
    /// Its bytes in the script.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its line, from 1.
    pub(super) line: usize,
    /// Whether a line break stands before it: there a statement may end without `;`.
    pub(super) fresh_line: bool,
}

/// Longest first, so that the first that fits is the right one.
const SIGNS: &[&str] = &[
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=", ">=", "&&",
    "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**", "{", "}", "(", ")",
    "[", "]", ";", ",", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~", "?", ":", "=", ".", "@", "#",
];

/// All tokens, with an `End`; or the line and what is wrong there.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, (usize, &'static str)> {
    let mut lexer = Lexer { text, at: 0, line: 1, out: Vec::new() };
    lexer.run()?;
    Ok(lexer.out)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    out: Vec<Placed>,
}

type Wrong = (usize, &'static str);

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Wrong> {
        loop {
            let fresh_line = self.space()?;
            let (start, line) = (self.at, self.line);
            let token = self.token()?;
            let end = token == Token::End;
            self.out.push(Placed { token, start, end: self.at, line, fresh_line });
            if end {
                return Ok(());
            }
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    /// Skips spaces and comments; whether there was a line break.
    fn space(&mut self) -> Result<bool, Wrong> {
        let before = self.line;
        loop {
            if self.rest().starts_with("//") {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.next();
                }
            } else if self.rest().starts_with("/*") {
                let line = self.line;
                let Some(length) = self.rest().find("*/") else { return Err((line, "a comment is never closed")) };
                let end = self.at + length + 2;
                while self.at < end {
                    self.next();
                }
            } else if self.peek().is_some_and(|c| c.is_whitespace() || c == '\u{feff}') {
                self.next();
            } else {
                return Ok(self.line > before);
            }
        }
    }

    fn token(&mut self) -> Result<Token, Wrong> {
        let Some(c) = self.peek() else { return Ok(Token::End) };
        if c.is_alphabetic() || c == '_' || c == '$' {
            let rest = self.rest();
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or("").to_owned();
            self.at += end;
            return Ok(Token::Word(word));
        }
        let digit_follows = self.rest().get(1..2).is_some_and(|d| d.starts_with(|c: char| c.is_ascii_digit()));
        if c.is_ascii_digit() || (c == '.' && digit_follows) {
            return self.number();
        }
        match c {
            '"' | '\'' => return self.quoted(c),
            '`' => return self.template(),
            '/' if self.regex_may_begin() => return self.regex(),
            _ => {}
        }
        match SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok(Token::Sign(sign))
            }
            None => Err((self.line, "a character that JavaScript does not know")),
        }
    }

    fn number(&mut self) -> Result<Token, Wrong> {
        let rest = self.rest();
        let mut previous = ' ';
        let end = rest
            .find(|c: char| {
                let sign_of_exponent =
                    matches!(c, '+' | '-') && matches!(previous, 'e' | 'E') && !rest.starts_with("0x");
                previous = c;
                !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || sign_of_exponent)
            })
            .unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or("").replace('_', "");
        self.at += end;
        let radix = |prefix: &str, radix| Some(u32::from_str_radix(text.strip_prefix(prefix)?, radix).ok()?.into());
        let number = radix("0x", 16).or_else(|| radix("0b", 2)).or_else(|| radix("0o", 8));
        number.or_else(|| text.parse().ok()).map(Token::Number).ok_or((self.line, "a number that cannot be read"))
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Wrong> {
        let line = self.line;
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some(c) if c == quote => return Ok(Token::Text(text)),
                Some('\\') => self.escape(&mut text),
                None | Some('\n') => return Err((line, "a text is never closed")),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) {
        match self.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('v') => text.push('\u{b}'),
            Some('0') => text.push('\0'),
            Some('x') => self.hex(2, text),
            Some('u') if self.peek() == Some('{') => {
                let rest = self.rest();
                let end = rest.find('}').filter(|end| *end < 8).unwrap_or(0);
                let code = rest.get(1..end).and_then(|d| u32::from_str_radix(d, 16).ok());
                text.extend(code.and_then(char::from_u32));
                self.at += end + 1;
            }
            Some('u') => self.hex(4, text),
            Some('\n') | None => {}
            Some(c) => text.push(c),
        }
    }

    /// `\xNN` or `\uNNNN`, also two of them that make one character.
    fn hex(&mut self, digits: usize, text: &mut String) {
        let read = |rest: &str| rest.get(..digits).and_then(|d| u32::from_str_radix(d, 16).ok());
        let Some(code) = read(self.rest()) else { return };
        self.at += digits;
        let low = self.rest().strip_prefix("\\u").and_then(read);
        if let (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) = (code, low) {
            self.at += 6;
            text.extend(char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)));
        } else {
            text.extend(char::from_u32(code));
        }
    }

    fn template(&mut self) -> Result<Token, Wrong> {
        let line = self.line;
        self.next();
        let (mut texts, mut holes, mut text) = (Vec::new(), Vec::new(), String::new());
        loop {
            match self.next() {
                Some('`') => {
                    texts.push(text);
                    return Ok(Token::Template(texts, holes));
                }
                Some('\\') => self.escape(&mut text),
                Some('$') if self.peek() == Some('{') => {
                    self.next();
                    let start = self.at;
                    let mut depth = 1_usize;
                    while depth > 0 {
                        match self.next() {
                            Some('{') => depth += 1,
                            Some('}') => depth -= 1,
                            Some(_) => {}
                            None => return Err((line, "a template literal is never closed")),
                        }
                    }
                    holes.push(self.text.get(start..self.at - 1).unwrap_or("").to_owned());
                    texts.push(std::mem::take(&mut text));
                }
                Some(c) => text.push(c),
                None => return Err((line, "a template literal is never closed")),
            }
        }
    }

    /// A `/` begins a regular expression where no value stands before it.
    fn regex_may_begin(&self) -> bool {
        match self.out.last().map(|placed| &placed.token) {
            None | Some(Token::End) => true,
            Some(Token::Word(word)) => matches!(word.as_str(), "return" | "typeof" | "in" | "of" | "case" | "else"),
            Some(Token::Sign(sign)) => !matches!(*sign, ")" | "]" | "}"),
            Some(_) => false,
        }
    }

    fn regex(&mut self) -> Result<Token, Wrong> {
        let line = self.line;
        self.next();
        let start = self.at;
        let mut in_class = false;
        loop {
            match self.next() {
                Some('\\') => {
                    self.next();
                }
                Some('[') => in_class = true,
                Some(']') => in_class = false,
                Some('/') if !in_class => break,
                None | Some('\n') => return Err((line, "a regular expression is never closed")),
                Some(_) => {}
            }
        }
        let source = self.text.get(start..self.at - 1).unwrap_or("").to_owned();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let flags = rest.get(..end).unwrap_or("").to_owned();
        self.at += end;
        Ok(Token::Regex(source, flags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Token> {
        tokens(text).unwrap_or_default().into_iter().map(|placed| placed.token).collect()
    }

    #[test]
    fn words_numbers_and_texts() {
        let text = |t: &str| Token::Text(t.to_owned());
        assert_eq!(kinds(r#"'a\'b' "\u0041\n" "\ud83d\ude80""#), [text("a'b"), text("A\n"), text("🚀"), Token::End]);
        assert_eq!(
            kinds("0x1F 1e3 .5"),
            [31.0, 1000.0, 0.5].map(Token::Number).into_iter().chain([Token::End]).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_slash_is_a_regex_or_a_division() {
        assert_eq!(kinds("/a[/]b/i.test(x)")[0], Token::Regex("a[/]b".to_owned(), "i".to_owned()));
        assert_eq!(kinds("a / b / c").iter().filter(|t| **t == Token::Sign("/")).count(), 2);
    }

    #[test]
    fn template_literals_keep_their_holes() {
        let token = Token::Template(vec!["id ".to_owned(), "!".to_owned()], vec!["a + {b:1}.b".to_owned()]);
        assert_eq!(kinds("`id ${a + {b:1}.b}!`")[0], token);
    }

    #[test]
    fn what_is_never_closed_names_its_line() {
        assert_eq!(tokens("a\n\"b").unwrap_err(), (2, "a text is never closed"));
        assert_eq!(tokens("/* a\n\n").unwrap_err(), (1, "a comment is never closed"));
    }
}
