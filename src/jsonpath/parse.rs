//! From text to a query: the grammar of RFC 9535, and which values and nodes its functions take (section 2.4).

use super::JsonPathError;
use super::query::{Query, Segment, Selector};

/// How deep filters, parentheses and calls may stand in each other.
const MAX_NESTING: usize = 64;
/// The integers that JSON keeps exactly (RFC 7493).
const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Reads a whole path.
pub(super) fn path(text: &str) -> Result<Query, JsonPathError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    if !parser.eat("$") {
        return Err(parser.error("a JSONPath begins with `$`"));
    }
    let segments = parser.segments()?;
    if parser.rest().is_empty() {
        return Ok(Query { from_root: true, segments });
    }
    let blank = parser.rest().trim_start_matches(BLANK).is_empty();
    Err(parser.unexpected(if blank { "nothing after it, not even a space" } else { "`.name`, `[…]` or the end" }))
}

const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

pub(super) type Parsed<T> = Result<T, JsonPathError>;

pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(BLANK).len();
    }

    /// Takes what is next as long as `wanted` holds.
    pub(super) fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    pub(super) fn error(&self, message: impl Into<String>) -> JsonPathError {
        self.error_at(self.at, message)
    }

    pub(super) fn error_at(&self, position: usize, message: impl Into<String>) -> JsonPathError {
        JsonPathError { message: message.into(), position: position.min(self.text.len()) }
    }

    /// `wanted` is what the grammar allows here, in words.
    pub(super) fn unexpected(&self, wanted: &str) -> JsonPathError {
        let message = match self.peek() {
            None => format!("it ends where {wanted} must follow"),
            Some(_) => {
                let found: String = self.rest().chars().take(10).collect();
                format!("expected {wanted}, not `{found}`")
            }
        };
        self.error(message)
    }

    pub(super) fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(&format!("`{token}`"))) }
    }

    /// Reads something that can hold its like.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.error(format!("filters stand in each other more than {MAX_NESTING} deep")));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// What follows `$` or `@`.
    pub(super) fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.blanks();
            let segment = if self.eat("..") {
                let selectors = if self.eat("[") { self.bracketed()? } else { self.shorthand("..")? };
                Segment { deep: true, selectors }
            } else if self.eat(".") {
                Segment { deep: false, selectors: self.shorthand(".")? }
            } else if self.eat("[") {
                Segment { deep: false, selectors: self.bracketed()? }
            } else {
                // Blanks before no segment are not the path's.
                self.at = before;
                segments.shrink_to_fit();
                return Ok(segments);
            };
            segments.push(segment);
        }
    }

    /// `*` or a name without quotes.
    fn shorthand(&mut self, dots: &str) -> Parsed<Vec<Selector>> {
        if self.eat("*") {
            return Ok(vec![Selector::Wildcard]);
        }
        let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        if !self.peek().is_some_and(begins) {
            let brackets = if dots == ".." { ", `*` or `[`" } else { " or `*`" };
            return Err(self.unexpected(&format!("a name{brackets} after `{dots}`")));
        }
        Ok(vec![Selector::Name(self.take(|c| begins(c) || c.is_ascii_digit()).into())])
    }

    fn bracketed(&mut self) -> Parsed<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.blanks();
            selectors.push(self.selector()?);
            self.blanks();
            if self.eat("]") {
                selectors.shrink_to_fit();
                return Ok(selectors);
            }
            if !self.eat(",") {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('\'' | '"') => Ok(Selector::Name(self.string()?.into())),
            Some('?') => {
                self.at += 1;
                self.blanks();
                self.nested(Self::logical).map(|logical| Selector::Filter(Box::new(logical)))
            }
            Some('-' | ':' | '0'..='9') => self.index_or_slice(),
            _ => Err(self.unexpected("a name in quotes, an index, a slice, `*` or `?`")),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        let after = self.at;
        self.blanks();
        if !self.eat(":") {
            self.at = after;
            return start.map(Selector::Index).ok_or_else(|| self.unexpected("an index"));
        }
        self.blanks();
        let end = self.integer()?;
        let after = self.at;
        self.blanks();
        let mut step = None;
        if self.eat(":") {
            self.blanks();
            step = self.integer()?;
        } else {
            self.at = after;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        let negative = self.eat("-");
        let digits = self.take(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return if negative { Err(self.unexpected("a digit")) } else { Ok(None) };
        }
        if digits.starts_with('0') && (digits.len() > 1 || negative) {
            let message = "an index has neither leading zeros nor a negative zero";
            return Err(self.error_at(start, message));
        }
        match digits.parse::<i64>() {
            Ok(number) if number <= MAX_INTEGER => Ok(Some(if negative { -number } else { number })),
            _ => Err(self.error_at(start, format!("an index is at most {MAX_INTEGER}"))),
        }
    }

    /// Text in single or double quotes.
    pub(super) fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        let quote = if self.eat("'") { '\'' } else { '"' };
        if quote == '"' {
            self.expect("\"")?;
        }
        let mut out = String::new();
        loop {
            out.push_str(self.take(|c| c != quote && c != '\\' && c >= ' '));
            match self.peek() {
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(out);
                }
                Some('\\') => {
                    self.at += 1;
                    out.push(self.escape(quote)?);
                }
                Some(_) => return Err(self.error("a control character inside quotes is written as `\\u…`")),
                None => return Err(self.error_at(start, format!("nothing closes this `{quote}`"))),
            }
        }
    }

    fn escape(&mut self, quote: char) -> Parsed<char> {
        let found = self.peek();
        self.at += found.map_or(0, char::len_utf8);
        match found {
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(c @ ('/' | '\\')) => Ok(c),
            Some(c) if c == quote => Ok(c),
            Some('u') => self.unicode(),
            _ => {
                self.at -= found.map_or(0, char::len_utf8);
                Err(self.unexpected("one of b f n r t / \\ u or the quote after `\\`"))
            }
        }
    }

    fn unicode(&mut self) -> Parsed<char> {
        let start = self.at;
        let high = self.four_hex()?;
        let wrong = "`\\u` is followed by four hex digits, and a surrogate by its other half";
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.error_at(start, wrong));
        }
        if !self.eat("\\u") {
            return Err(self.error_at(start, wrong));
        }
        let low = self.four_hex()?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(self.error_at(start, wrong));
        }
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).ok_or_else(|| self.error_at(start, wrong))
    }

    fn four_hex(&mut self) -> Parsed<u32> {
        let digits = self.rest().get(..4).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let number = number.ok_or_else(|| self.unexpected("four hex digits"))?;
        self.at += 4;
        Ok(number)
    }
}
